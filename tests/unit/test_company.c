/* Several maps that read one stream: its rows are made once a frame, and everybody gets the same
 * as alone. The nodes are the test's own, since a real one does not tell how often it was asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "support/folder.h"

#include <rise/rise.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { N_FRAMES = 9, N_ATOMS = 150, N_COLUMNS = 5 };
static char folder[] = "/tmp/rise-company-XXXXXX";
static atomic_size_t rows_made;

/* ---- rows: [frame, atom, 5], row a of frame f is a + (0..4) + the x of its first atom ---------
 */
static const rise_port frames_in[] = {
    {.name = "input", .kinds = RISE_KINDS(RISE_FRAMES), .mode = RISE_EACH, .help = "frames"}, {0}};
static const rise_port rows_out[] = {{.name = "rows",
                                      .kinds = RISE_KINDS(RISE_TENSOR),
                                      .mode = RISE_STREAM,
                                      .shape = "[frame, atom, feature]",
                                      .help = "rows"},
                                     {0}};
static const rise_param no_params[] = {{0}};

static rise_status rows_map(rise_ctx *ctx, void *state, rise_error *err) {
    (void)state;
    const rise_frame *frame = &rise_value_frames(rise_input(ctx, "input"))->frame[0];
    enum { ROWS = 40, STRIDE = 8 };
    double *block = rise_scratch(ctx, ROWS * STRIDE * sizeof *block);
    if (!block)
        return rise_fail_nomem(err, "rows");
    for (size_t first = 0; first < frame->n_atoms; first += ROWS) {
        size_t n = frame->n_atoms - first < ROWS ? frame->n_atoms - first : ROWS;
        for (size_t r = 0; r < n; r++)
            for (size_t c = 0; c < N_COLUMNS; c++)
                block[r * STRIDE + c] = (double)(first + r + c) + frame->positions[0][0];
        rise_tile tile = {first, n, N_COLUMNS, STRIDE, RISE_F64, block};
        rise_status s = rise_tile_put(ctx, "rows", &tile, err);
        if (s != RISE_OK)
            return s;
        atomic_fetch_add(&rows_made, n);
    }
    return RISE_OK;
}

static const rise_node_type rows_type = {.abi = RISE_NODE_ABI,
                                         .size = sizeof(rise_node_type),
                                         .name = "rows",
                                         .brief = "a stream",
                                         .version = 1,
                                         .in = frames_in,
                                         .out = rows_out,
                                         .params = no_params,
                                         .map = rows_map};

/* ---- total: factor times the sum of all rows; fails where asked --------------------------------
 */
static const rise_port total_in[] = {{.name = "input",
                                      .kinds = RISE_KINDS(RISE_TENSOR),
                                      .mode = RISE_STREAM,
                                      .shape = "[frame, atom, feature]",
                                      .help = "rows"},
                                     {.name = "after",
                                      .kinds = RISE_ANY_KIND,
                                      .mode = RISE_WHOLE,
                                      .flags = RISE_PORT_OPTIONAL,
                                      .help = "waited for"},
                                     {0}};
static const rise_port total_out[] = {{.name = "total",
                                       .kinds = RISE_KINDS(RISE_TENSOR),
                                       .mode = RISE_EACH,
                                       .dtype = RISE_F64,
                                       .shape = "[frame]",
                                       .help = "factor times the sum"},
                                      {0}};
static const rise_param total_params[] = {
    {.name = "factor", .type = RISE_P_REAL, .def = "1", .help = "of the sum"},
    {.name = "fail_at", .type = RISE_P_INT, .def = "-1", .help = "frame that fails"},
    {.name = "fail_row", .type = RISE_P_INT, .def = "-1", .help = "row at which every frame fails"},
    {0}};

typedef struct adding {
    double sum;
    int64_t fail_row;
} adding;

static rise_status add_tile(void *user, const rise_tile *tile, rise_error *err) {
    adding *a = user;
    if (((uintptr_t)tile->rows & 63) != 0)
        return rise_fail(err, RISE_E_BUG, "a tile that is not aligned");
    if (a->fail_row >= 0 && tile->first_row + tile->n_rows > (size_t)a->fail_row)
        return rise_fail(err, RISE_E_DATA, "asked to fail at a row");
    for (size_t r = 0; r < tile->n_rows; r++)
        for (size_t c = 0; c < tile->n_columns; c++)
            a->sum += ((const double *)tile->rows)[r * tile->stride + c];
    return RISE_OK;
}

static rise_status total_map(rise_ctx *ctx, void *state, rise_error *err) {
    (void)state;
    adding a = {0, rise_param_int(ctx, "fail_row")};
    if ((int64_t)rise_frame_index(ctx) == rise_param_int(ctx, "fail_at"))
        return rise_fail(err, RISE_E_DATA, "asked to fail");
    rise_status s = rise_stream_pull(ctx, "input", add_tile, &a, err);
    rise_value *value = NULL;
    void *data = NULL;
    if (s == RISE_OK)
        s = rise_tensor_new(RISE_F64, 0, NULL, "", &value, &data, err);
    if (s != RISE_OK)
        return s;
    *(double *)data = rise_param_real(ctx, "factor") * a.sum;
    return rise_output(ctx, "total", value, err);
}

static const rise_node_type total_type = {.abi = RISE_NODE_ABI,
                                          .size = sizeof(rise_node_type),
                                          .name = "total",
                                          .brief = "reads a stream",
                                          .version = 1,
                                          .in = total_in,
                                          .out = total_out,
                                          .params = total_params,
                                          .map = total_map};

/* ---- running
 * ------------------------------------------------------------------------------------- */
static rise_host *host;

typedef struct outcome {
    rise_status status;
    rise_error error;
    size_t n_rows;   /* made by `rows` in this run */
    size_t n_failed; /* instances */
    double total[8][N_FRAMES];
    bool there[8];
} outcome;

static void write_text(const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static double sum_of(size_t frame) { /* x of the first atom: frame / 8, exact */
    double sum = 0;
    for (size_t a = 0; a < N_ATOMS; a++)
        for (size_t c = 0; c < N_COLUMNS; c++)
            sum += (double)(a + c) + (double)frame / 8;
    return sum;
}

/* `names[]`: instances whose totals are fetched. */
static outcome run_graph(const char *nodes, const char *cache, rise_run_options options,
                         const char *const *names, size_t n_names) {
    char path[128], cache_path[128], out[128];
    outcome result = {0};
    rise_graph *graph = NULL;
    rise_error error[4] = {0};
    size_t n = 0;
    write_text("graph.yaml", nodes);
    snprintf(path, sizeof path, "%s/graph.yaml", folder);
    snprintf(cache_path, sizeof cache_path, "%s/%s", folder, cache);
    snprintf(out, sizeof out, "%s/out", folder);
    if (rise_graph_load(host, path, NULL, 0, &graph, error, 4, &n) != RISE_OK)
        fail_msg("%s", error[0].message);
    options.cache = cache_path;
    options.out = out;
    rise_run *run = NULL;
    atomic_store(&rows_made, 0);
    assert_int_equal(rise_run_start(host, graph, &options, &run, &error[0]), RISE_OK);
    result.status = rise_run_wait(run, &result.error);
    result.n_rows = atomic_load(&rows_made);
    for (size_t i = 0; i < rise_run_instances(run); i++) {
        rise_instance seen;
        rise_run_instance(run, i, &seen);
        result.n_failed += seen.status == RISE_NODE_FAILED;
    }
    for (size_t i = 0; i < n_names; i++) {
        rise_value *value = NULL;
        result.there[i] = rise_run_value(run, names[i], &value, &error[0]) == RISE_OK;
        if (result.there[i])
            memcpy(result.total[i], rise_value_tensor(value)->data, sizeof result.total[i]);
        rise_value_release(value);
    }
    rise_run_free(run);
    rise_graph_free(graph);
    return result;
}

#define GLASS                                                                                      \
    "  glass: {type: reader, paths: [frames.extxyz]}\n"                                            \
    "  rows: {type: rows, input: glass}\n"

static const char three[] = "rise: 1\naxes: {factor: [1, 2, 4]}\nnodes:\n" GLASS
                            "  all: {type: total, input: rows, factor: $factor}\n";
static const char *const three_names[] = {"all[factor=1]", "all[factor=2]", "all[factor=4]"};
enum { ALL_ROWS = N_FRAMES * N_ATOMS };

static void check_three(const outcome *o) {
    for (size_t i = 0; i < 3; i++)
        for (size_t f = 0; f < N_FRAMES; f++)
            assert_true(o->there[i] && o->total[i][f] == (double)(1 << i) * sum_of(f));
}

static void rows_are_made_once(void **unused) {
    (void)unused;
    for (unsigned jobs = 1; jobs <= 3; jobs++) {
        char cache[16];
        snprintf(cache, sizeof cache, "once%u", jobs);
        outcome o = run_graph(three, cache, (rise_run_options){.jobs = jobs}, three_names, 3);
        assert_int_equal(o.status, RISE_OK);
        check_three(&o);
        assert_int_equal(o.n_rows, ALL_ROWS);
    }
}

/* A tape may take an eighth of the memory, shared by the threads: 4 kB hold no frame of 9.6 kB. */
static void a_long_frame_is_made_for_each(void **unused) {
    (void)unused;
    outcome o = run_graph(three, "long", (rise_run_options){.jobs = 2, .memory = 64 * 1024},
                          three_names, 3);
    assert_int_equal(o.status, RISE_OK);
    check_three(&o);
    assert_int_equal(o.n_rows, 3 * ALL_ROWS);
}

/* Each fits into the memory, no two do: they go one after the other, each with rows of its own. */
static void who_does_not_fit_goes_alone(void **unused) {
    (void)unused;
    const char text[] = "rise: 1\naxes: {factor: [1, 2, 4]}\nnodes:\n" GLASS
                        "  all: {type: total, input: rows, factor: $factor, memory: 1 GiB}\n";
    outcome o = run_graph(text, "alone", (rise_run_options){.jobs = 2, .memory = (uint64_t)3 << 29},
                          three_names, 3);
    assert_int_equal(o.status, RISE_OK);
    check_three(&o);
    assert_int_equal(o.n_rows, 3 * ALL_ROWS);
}

static void only_what_is_new_is_read(void **unused) {
    (void)unused;
    const char two[] = "rise: 1\naxes: {factor: [1, 2]}\nnodes:\n" GLASS
                       "  all: {type: total, input: rows, factor: $factor}\n";
    outcome o = run_graph(two, "new", (rise_run_options){.jobs = 2}, three_names, 2);
    assert_int_equal(o.n_rows, ALL_ROWS);
    o = run_graph(three, "new", (rise_run_options){.jobs = 2}, three_names, 3);
    assert_int_equal(o.status, RISE_OK);
    check_three(&o);
    assert_int_equal(o.n_rows, ALL_ROWS); /* for factor 4 alone */
    o = run_graph(three, "new", (rise_run_options){.jobs = 2}, three_names, 3);
    assert_int_equal(o.n_rows, 0);
}

static void a_failure_is_its_own(void **unused) {
    (void)unused;
    const char text[] = "rise: 1\nnodes:\n" GLASS "  good: {type: total, input: rows}\n"
                        "  bad: {type: total, input: rows, fail_at: 4}\n"
                        "  fine: {type: total, input: rows, factor: 2}\n";
    const char *const names[] = {"good", "fine", "bad"};
    outcome o = run_graph(text, "bad", (rise_run_options){.jobs = 2, .keep_going = true}, names, 3);
    assert_int_equal(o.status, RISE_E_DATA);
    assert_non_null(strstr(o.error.message, "asked to fail"));
    assert_non_null(strstr(o.error.message, "frames.extxyz:4"));
    assert_int_equal(o.n_failed, 1);
    assert_true(o.there[0] && o.there[1] && !o.there[2]);
    for (size_t f = 0; f < N_FRAMES; f++)
        assert_true(o.total[0][f] == sum_of(f) && o.total[1][f] == 2 * sum_of(f));
}

/* Whoever fails in the middle of a frame leaves a torn tape, which nobody may read. */
static void a_torn_tape_is_not_read(void **unused) {
    (void)unused;
    const char text[] =
        "rise: 1\nnodes:\n" GLASS "  first: {type: total, input: rows, fail_row: 60}\n"
        "  good: {type: total, input: rows}\n"
        "  last: {type: total, input: rows, fail_row: 60}\n";
    const char *const names[] = {"good"};
    for (unsigned jobs = 1; jobs <= 3; jobs++) {
        char cache[16];
        snprintf(cache, sizeof cache, "torn%u", jobs);
        outcome o =
            run_graph(text, cache, (rise_run_options){.jobs = jobs, .keep_going = true}, names, 1);
        assert_int_equal(o.status, RISE_E_DATA);
        const char *named = strstr(o.error.message, "(frame");
        assert_true(named && !strstr(named + 1, "(frame")); /* once */
        assert_int_equal(o.n_failed, 2);
        assert_true(o.there[0]);
        for (size_t f = 0; f < N_FRAMES; f++)
            assert_true(o.total[0][f] == sum_of(f));
    }
}

/* `late` can start only after `early` is over, so the two cannot share: nobody waits for ever. */
static void who_depends_on_another_reads_later(void **unused) {
    (void)unused;
    const char text[] = "rise: 1\nnodes:\n" GLASS "  early: {type: total, input: rows}\n"
                        "  late: {type: total, input: rows, after: early, factor: 2}\n"
                        "  lost: {type: total, input: rows, after: bad, factor: 3}\n"
                        "  bad: {type: total, input: rows, fail_at: 0}\n";
    const char *const names[] = {"early", "late", "lost"};
    outcome o =
        run_graph(text, "late", (rise_run_options){.jobs = 3, .keep_going = true}, names, 3);
    assert_int_equal(o.n_failed, 1);
    assert_true(o.there[0] && o.there[1] && !o.there[2]);
    for (size_t f = 0; f < N_FRAMES; f++)
        assert_true(o.total[0][f] == sum_of(f) && o.total[1][f] == 2 * sum_of(f));
}

/* `second` waits for a node in between; `first` waits for `second`, and both read once. */
static void who_is_ready_waits_for_the_others(void **unused) {
    (void)unused;
    const char text[] = "rise: 1\nnodes:\n"
                        "  glass: {type: reader, paths: [frames.extxyz], labels: {x: x}}\n"
                        "  rows: {type: rows, input: glass}\n"
                        "  first: {type: total, input: rows}\n"
                        "  table: {type: collect, input: glass.x}\n"
                        "  second: {type: total, input: rows, after: table, factor: 2}\n";
    const char *const names[] = {"first", "second"};
    outcome o = run_graph(text, "wait", (rise_run_options){.jobs = 1}, names, 2);
    assert_int_equal(o.status, RISE_OK);
    for (size_t f = 0; f < N_FRAMES; f++)
        assert_true(o.total[0][f] == sum_of(f) && o.total[1][f] == 2 * sum_of(f));
    assert_int_equal(o.n_rows, ALL_ROWS);
}

/* ---- the folder
 * ---------------------------------------------------------------------------------- */
static int start(void **unused) {
    (void)unused;
    static const rise_node_type *const mine[] = {&rows_type, &total_type};
    rise_error err = {0};
    if (!mkdtemp(folder) || rise_host_new(&host, &err) != RISE_OK ||
        rise_host_add(host, rise_builtin_nodes, rise_builtin_count, &err) != RISE_OK ||
        rise_host_add(host, mine, 2, &err) != RISE_OK)
        return -1;
    char path[128];
    snprintf(path, sizeof path, "%s/frames.extxyz", folder);
    FILE *f = fopen(path, "w");
    for (int frame = 0; f && frame < N_FRAMES; frame++) {
        fprintf(f, "%d\nLattice=\"20 0 0 0 20 0 0 0 20\" Properties=species:S:1:pos:R:3 x=%d\n",
                N_ATOMS, frame);
        for (int a = 0; a < N_ATOMS; a++)
            fprintf(f, "Cu %g %g %g\n", a ? 1.0 : frame / 8.0, 0.125 * a, 0.5 + frame);
    }
    return f ? fclose(f) : -1;
}

static int stop(void **unused) {
    (void)unused;
    rise_host_free(host);
    return folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_made_once),
        cmocka_unit_test(a_long_frame_is_made_for_each),
        cmocka_unit_test(who_does_not_fit_goes_alone),
        cmocka_unit_test(only_what_is_new_is_read),
        cmocka_unit_test(a_failure_is_its_own),
        cmocka_unit_test(a_torn_tape_is_not_read),
        cmocka_unit_test(who_depends_on_another_reads_later),
        cmocka_unit_test(who_is_ready_waits_for_the_others),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

/* The nodes ule-cluster and histogram behind a host made for this test: ports, parameters, splits,
 * what travels from one to the other, errors. The mathematics is tested in prop/test_leaders. */
#include <rise/node.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

extern const rise_node_type rise_node_ule_cluster, rise_node_histogram;

/* ---- the host -------------------------------------------------------------------------------- */
enum { N_FRAMES = 6, N_ATOMS = 70, N_COLUMNS = 12, TILE = 32, MAX_OUT = 4, MAX_SCRATCH = 16 };

struct rise_ctx {
    const rise_node_type *type;
    rise_value *split, *leaders;
    const char *order, *unmatched, *unwanted, *made;
    double fraction, threshold;
    bool threshold_given;
    size_t n_columns, frame;
    int n_warnings;
    rise_value *out[MAX_OUT]; /* by port */
    void *scratch[MAX_SCRATCH];
    size_t n_scratch;
};

static float rows[N_FRAMES][N_ATOMS][N_COLUMNS];
static rise_id ids[N_FRAMES];

/* A few directions with noise; frame 5 holds other ones only. */
static void make_rows(void) {
    uint32_t state = 12345;
    for (size_t f = 0; f < N_FRAMES; f++) {
        ids[f].byte[0] = (uint8_t)(f + 1);
        for (size_t i = 0; i < N_ATOMS; i++) {
            for (size_t k = 0; k < N_COLUMNS; k++) {
                state = state * 1664525u + 1013904223u;
                rows[f][i][k] = 0.04f * ((float)(state >> 8) / 8388608.0f - 1);
            }
            state = state * 1664525u + 1013904223u;
            rows[f][i][f == 5 ? 8 + (state >> 16) % 4 : (state >> 16) % 7] += 1;
        }
    }
}

static size_t port_of(const rise_node_type *type, const char *name) {
    size_t i = 0;
    while (type->out[i].name && strcmp(type->out[i].name, name) != 0) {
        i++;
    }
    assert_non_null(type->out[i].name);
    return i;
}

double rise_param_real(rise_ctx *ctx, const char *name) {
    return strcmp(name, "fraction") == 0 ? ctx->fraction : ctx->threshold;
}

int64_t rise_param_int(rise_ctx *ctx, const char *name) {
    (void)ctx;
    assert_string_equal(name, "seed");
    return 3;
}

const char *rise_param_text(rise_ctx *ctx, const char *name) {
    return strcmp(name, "order") == 0 ? ctx->order : ctx->unmatched;
}

bool rise_param_set(rise_ctx *ctx, const char *name) {
    assert_string_equal(name, "threshold");
    return ctx->threshold_given;
}

rise_status rise_fail_param(rise_ctx *ctx, rise_error *err, const char *name, const char *fmt,
                            ...) {
    (void)ctx;
    return rise_fail(err, RISE_E_GRAPH, "%s: %s", name, fmt);
}

bool rise_connected(rise_ctx *ctx, const char *port) {
    return strcmp(port, "split") != 0 || ctx->split;
}

const rise_value *rise_input(rise_ctx *ctx, const char *port) {
    return strcmp(port, "split") == 0 ? ctx->split : ctx->leaders;
}

size_t rise_frame_count(rise_ctx *ctx) {
    (void)ctx;
    return N_FRAMES;
}

const rise_id *rise_frame_ids(rise_ctx *ctx) {
    (void)ctx;
    return ids;
}

const char *rise_frame_name(rise_ctx *ctx, size_t frame) {
    static const char *const names[] = {"a:0", "a:1", "a:2", "b:0", "b:1", "b:2"};
    (void)ctx;
    return names[frame];
}

size_t rise_frame_index(rise_ctx *ctx) {
    return ctx->frame;
}

typedef struct pulled {
    rise_tile_fn fn;
    void *user;
} pulled;

static rise_status draw_frame(rise_ctx *ctx, size_t frame, size_t slot, rise_frame_tile_fn fn,
                              void *user, rise_error *err) {
    rise_status status = RISE_OK;
    for (size_t at = 0; at < N_ATOMS && status == RISE_OK; at += TILE) {
        const rise_tile tile = {.first_row = at,
                                .n_rows = N_ATOMS - at < TILE ? N_ATOMS - at : TILE,
                                .n_columns = ctx->n_columns,
                                .stride = N_COLUMNS,
                                .dtype = RISE_F32,
                                .rows = rows[frame][at]};
        status = fn(user, slot, &tile, err);
    }
    return status;
}

static rise_status hand_on(void *user, size_t slot, const rise_tile *tile, rise_error *err) {
    const pulled *p = user;
    (void)slot;
    return p->fn(p->user, tile, err);
}

rise_status rise_stream_pull(rise_ctx *ctx, const char *port, rise_tile_fn fn, void *user,
                             rise_error *err) {
    pulled p = {fn, user};
    assert_string_equal(port, "input");
    return draw_frame(ctx, ctx->frame, 0, hand_on, &p, err);
}

rise_status rise_stream_frames(rise_ctx *ctx, const char *port, const size_t *frame, size_t n,
                               rise_frame_tile_fn fn, void *user, rise_error *err) {
    rise_status status = RISE_OK;
    assert_string_equal(port, "input");
    for (size_t i = 0; i < n && status == RISE_OK; i++) {
        status = draw_frame(ctx, frame[i], i, fn, user, err);
    }
    return status;
}

bool rise_wanted(rise_ctx *ctx, const char *port) {
    return !ctx->unwanted || strcmp(ctx->unwanted, port) != 0;
}

rise_status rise_output(rise_ctx *ctx, const char *port, rise_value *value, rise_error *err) {
    (void)err;
    size_t i = port_of(ctx->type, port);
    const rise_tensor *t = rise_value_tensor(value);
    assert_null(ctx->out[i]);
    assert_true(ctx->type->out[i].kinds & RISE_KINDS(rise_value_kind(value)));
    assert_true(!ctx->type->out[i].dtype || (t && t->dtype == ctx->type->out[i].dtype));
    ctx->out[i] = value;
    return RISE_OK;
}

void *rise_scratch(rise_ctx *ctx, size_t bytes) {
    assert_true(ctx->n_scratch < MAX_SCRATCH);
    void *memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
    assert_non_null(memory);
    memset(memory, 0, bytes);
    return ctx->scratch[ctx->n_scratch++] = memory;
}

bool rise_cancelled(rise_ctx *ctx) {
    (void)ctx;
    return false;
}

void rise_progress(rise_ctx *ctx, double done, double total, const char *fmt, ...) {
    (void)ctx;
    (void)fmt;
    assert_true(done <= total);
}

const char *rise_made(rise_ctx *ctx, const char *port) {
    assert_string_equal(port, "input");
    return ctx->made ? ctx->made : "";
}

void rise_warn(rise_ctx *ctx, const char *fmt, ...) {
    (void)fmt;
    ctx->n_warnings++;
}

static void clear_outputs(rise_ctx *ctx) {
    for (size_t i = 0; i < MAX_OUT; i++) {
        rise_value_release(ctx->out[i]);
        ctx->out[i] = NULL;
    }
    while (ctx->n_scratch > 0) {
        free(ctx->scratch[--ctx->n_scratch]);
    }
}

static rise_ctx host_for(const rise_node_type *type) {
    return (rise_ctx){.type = type,
                      .order = "shuffled",
                      .unmatched = "drop",
                      .fraction = 1,
                      .threshold = 0.83,
                      .n_columns = N_COLUMNS};
}

static const rise_tensor *tensor_out(const rise_ctx *ctx, const char *port) {
    const rise_tensor *t = rise_value_tensor(ctx->out[port_of(ctx->type, port)]);
    assert_non_null(t);
    return t;
}

static rise_value *split_in(const char *unit, rise_dtype dtype, size_t n, const int *part) {
    const rise_dim dim = {.name = "frame", .size = n};
    rise_value *value;
    void *data;
    rise_error err;
    assert_int_equal(rise_tensor_new(dtype, 1, &dim, unit, &value, &data, &err), RISE_OK);
    for (size_t f = 0; f < n; f++) {
        if (dtype == RISE_I64) {
            ((int64_t *)data)[f] = part[f];
        } else if (dtype == RISE_I32) {
            ((int32_t *)data)[f] = part[f];
        } else if (dtype == RISE_U8) {
            ((uint8_t *)data)[f] = (uint8_t)part[f];
        }
    }
    return value;
}

static rise_value *split_of(rise_dtype dtype, size_t n, const int *part) {
    return split_in("", dtype, n, part);
}

/* ---- ule-cluster ----------------------------------------------------------------------------- */
static void check_origins(const rise_ctx *ctx, const int *part) {
    const rise_tensor *t = tensor_out(ctx, "leaders");
    const rise_table *table = rise_value_table(ctx->out[1]);
    assert_int_equal(t->dtype, RISE_F32);
    assert_int_equal(t->rank, 2);
    assert_int_equal(t->dim[1].size, N_COLUMNS);
    assert_int_equal(table->n_rows, t->dim[0].size);
    assert_int_equal(table->n_columns, 3); /* and no names: files may be renamed */
    size_t searched = 0;                   /* all that may be: the fraction is 1 */
    for (size_t f = 0; f < N_FRAMES; f++) {
        searched += !part || part[f] == 0;
    }
    const rise_table *summary = rise_value_table(ctx->out[2]);
    assert_int_equal(rise_table_find(summary, "leaders")->i64[0], t->dim[0].size);
    assert_int_equal(rise_table_find(summary, "frames")->i64[0], searched);
    for (size_t i = 0; i < table->n_rows; i++) {
        size_t f = (size_t)rise_table_find(table, "frame")->i64[i];
        size_t atom = (size_t)rise_table_find(table, "atom")->i64[i];
        assert_int_equal(rise_table_find(table, "leader")->i64[i], i);
        assert_memory_equal((const float *)t->data + i * N_COLUMNS, rows[f][atom],
                            N_COLUMNS * sizeof(float));
        assert_true(!part || part[f] == 0);
        assert_true(t->dim[0].coords[i] >= 0.83 && t->dim[0].coords[i] <= 0.83);
    }
}

static void leaders_come_from_training_frames(void **state) {
    (void)state;
    static const rise_dtype dtypes[] = {RISE_I32, RISE_I64, RISE_U8};
    static const int part[N_FRAMES] = {1, 0, 2, 0, 0, 1};
    rise_ctx ctx = host_for(&rise_node_ule_cluster);
    rise_error err = {0};
    assert_int_equal(ctx.type->whole(&ctx, &err), RISE_OK);
    assert_int_equal(tensor_out(&ctx, "leaders")->dim[0].size, 11); /* seven kinds and four */
    check_origins(&ctx, NULL);
    clear_outputs(&ctx);
    for (size_t i = 0; i < 3; i++) {
        ctx.split = split_of(dtypes[i], N_FRAMES, part);
        assert_int_equal(ctx.type->whole(&ctx, &err), RISE_OK);
        assert_int_equal(tensor_out(&ctx, "leaders")->dim[0].size, 7);
        check_origins(&ctx, part);
        rise_value_release(ctx.split);
        clear_outputs(&ctx);
    }
}

static void given_order_starts_at_the_first_atom(void **state) {
    (void)state;
    rise_ctx ctx = host_for(&rise_node_ule_cluster);
    rise_error err = {0};
    ctx.order = "given";
    ctx.fraction = 0.01; /* ceil(0.06): one frame */
    assert_int_equal(ctx.type->whole(&ctx, &err), RISE_OK);
    const rise_table *table = rise_value_table(ctx.out[1]);
    assert_int_equal(rise_table_find(table, "atom")->i64[0], 0);
    for (size_t i = 0; i < table->n_rows; i++) {
        assert_int_equal(rise_table_find(table, "frame")->i64[i], 0);
    }
    clear_outputs(&ctx);
}

static void useless_splits_are_refused(void **state) {
    (void)state;
    static const int none[N_FRAMES] = {1, 1, 2, 1, 1, 1};
    rise_ctx ctx = host_for(&rise_node_ule_cluster);
    rise_error err = {0};
    ctx.split = split_of(RISE_I32, N_FRAMES, none);
    assert_int_equal(ctx.type->whole(&ctx, &err), RISE_E_DATA);
    assert_non_null(strstr(err.message, "training"));
    rise_value_release(ctx.split);
    ctx.split = split_of(RISE_F64, N_FRAMES, none);
    assert_int_equal(ctx.type->whole(&ctx, &err), RISE_E_DATA);
    assert_non_null(strstr(err.message, "f64"));
    rise_value_release(ctx.split);
    clear_outputs(&ctx);
}

/* Fold 0 is no training part, however much its number looks like one. */
static void folds_are_refused(void **state) {
    (void)state;
    static const int fold[N_FRAMES] = {0, 1, 2, 0, 1, 2};
    rise_ctx ctx = host_for(&rise_node_ule_cluster);
    rise_error err = {0};
    ctx.split = split_in("fold", RISE_I32, N_FRAMES, fold);
    assert_int_equal(ctx.type->whole(&ctx, &err), RISE_E_DATA);
    assert_non_null(strstr(err.message, "folds"));
    assert_non_null(strstr(err.hint, "leave `split` out"));
    rise_value_release(ctx.split);
    clear_outputs(&ctx);
}

/* ---- histogram ------------------------------------------------------------------------------- */
/* Leaders of the first five frames, as ule-cluster gives them. */
static rise_value *find_leaders(void) {
    static const int part[N_FRAMES] = {0, 0, 0, 0, 0, 1};
    rise_ctx ctx = host_for(&rise_node_ule_cluster);
    rise_error err;
    ctx.split = split_of(RISE_I32, N_FRAMES, part);
    assert_int_equal(ctx.type->whole(&ctx, &err), RISE_OK);
    rise_value *leaders = rise_value_retain(ctx.out[0]);
    rise_value_release(ctx.split);
    clear_outputs(&ctx);
    return leaders;
}

static rise_value *without_coords(const rise_value *leaders) {
    const rise_tensor *t = rise_value_tensor(leaders);
    rise_dim dim[2] = {t->dim[0], t->dim[1]};
    rise_value *value;
    void *data;
    rise_error err;
    dim[0].coords = NULL;
    assert_int_equal(rise_tensor_new(t->dtype, 2, dim, "", &value, &data, &err), RISE_OK);
    memcpy(data, t->data, rise_tensor_count(t) * sizeof(float));
    return value;
}

static void check_frame(const rise_ctx *ctx, bool nearest) {
    const rise_tensor *f = tensor_out(ctx, "frequencies"), *l = tensor_out(ctx, "labels");
    const rise_tensor *s = tensor_out(ctx, "similarity");
    const double *frequency = f->data;
    const int32_t *label = l->data;
    double sum = 0;
    int64_t n_unmatched = 0;
    size_t count[64] = {0};
    assert_int_equal(l->dim[0].size, N_ATOMS);
    for (size_t i = 0; i < N_ATOMS; i++) {
        double m = (double)((const float *)s->data)[i];
        assert_true(label[i] >= -1 && label[i] < (int32_t)f->dim[0].size);
        assert_true(nearest ? label[i] >= 0 : (m > 0.83) == (label[i] >= 0));
        n_unmatched += label[i] < 0;
        if (label[i] >= 0) {
            count[label[i]]++;
        }
    }
    for (size_t j = 0; j < f->dim[0].size; j++) {
        double n_assigned = (double)(N_ATOMS - n_unmatched);
        sum += frequency[j];
        assert_true(fabs(frequency[j] * n_assigned - (double)count[j]) < 1e-9);
    }
    assert_true(fabs(sum - (n_unmatched < N_ATOMS ? 1 : 0)) < 1e-12);
    assert_int_equal(*(const int64_t *)tensor_out(ctx, "unmatched")->data, n_unmatched);
}

static void every_atom_is_counted(void **state) {
    (void)state;
    rise_ctx ctx = host_for(&rise_node_histogram);
    rise_error err = {0};
    void *shared;
    ctx.leaders = find_leaders();
    for (int nearest = 0; nearest < 2; nearest++) {
        ctx.unmatched = nearest ? "nearest" : "drop";
        ctx.n_warnings = 0;
        assert_int_equal(ctx.type->open(&ctx, &shared, &err), RISE_OK);
        for (ctx.frame = 0; ctx.frame < N_FRAMES; ctx.frame++) {
            int32_t label[N_ATOMS];
            assert_int_equal(ctx.type->map(&ctx, shared, &err), RISE_OK);
            check_frame(&ctx, nearest);
            memcpy(label, tensor_out(&ctx, "labels")->data, sizeof label);
            clear_outputs(&ctx);
            ctx.unwanted = "similarity"; /* found by another way, the same */
            assert_int_equal(ctx.type->map(&ctx, shared, &err), RISE_OK);
            assert_memory_equal(label, tensor_out(&ctx, "labels")->data, sizeof label);
            assert_null(ctx.out[port_of(ctx.type, "similarity")]);
            ctx.unwanted = NULL;
            clear_outputs(&ctx);
        }
        assert_int_equal(ctx.n_warnings, nearest ? 0 : 2); /* frame 5, twice: none assigned */
        ctx.type->close(shared);
    }
    rise_value_release(ctx.leaders);
}

static void threshold_travels_with_the_leaders(void **state) {
    (void)state;
    rise_ctx ctx = host_for(&rise_node_histogram);
    rise_error err = {0};
    void *shared;
    rise_value *leaders = find_leaders();
    ctx.threshold = 0.5; /* not given, so not looked at */
    ctx.leaders = leaders;
    assert_int_equal(ctx.type->open(&ctx, &shared, &err), RISE_OK);
    assert_int_equal(ctx.type->map(&ctx, shared, &err), RISE_OK);
    check_frame(&ctx, false);
    ctx.type->close(shared);
    clear_outputs(&ctx);
    ctx.leaders = without_coords(leaders);
    assert_int_equal(ctx.type->open(&ctx, &shared, &err), RISE_E_GRAPH);
    assert_non_null(strstr(err.hint, "threshold"));
    ctx.threshold = 0.83;
    ctx.threshold_given = true;
    assert_int_equal(ctx.type->open(&ctx, &shared, &err), RISE_OK);
    assert_int_equal(ctx.type->map(&ctx, shared, &err), RISE_OK);
    check_frame(&ctx, false);
    ctx.type->close(shared);
    clear_outputs(&ctx);
    rise_value_release(ctx.leaders);
    rise_value_release(leaders);
}

static void other_vectors_are_refused(void **state) {
    (void)state;
    rise_ctx ctx = host_for(&rise_node_histogram);
    rise_error err = {0};
    void *shared;
    ctx.leaders = find_leaders();
    assert_int_equal(ctx.type->open(&ctx, &shared, &err), RISE_OK);
    ctx.n_columns = N_COLUMNS - 1;
    assert_int_equal(ctx.type->map(&ctx, shared, &err), RISE_E_DATA);
    assert_non_null(strstr(err.message, "11 features"));
    ctx.type->close(shared);
    clear_outputs(&ctx);
    rise_value_release(ctx.leaders);
}

/* What the leaders were found in goes with them; vectors that were made otherwise are refused. */
static void leaders_know_how_vectors_were_made(void **state) {
    (void)state;
    static const char made[] = "soap version 2\nsoap r_cut 5\nsoap species [Cu, Zr]\n";
    rise_ctx cluster = host_for(&rise_node_ule_cluster), ctx = host_for(&rise_node_histogram);
    rise_error err = {0};
    void *shared;
    cluster.made = made;
    assert_int_equal(cluster.type->whole(&cluster, &err), RISE_OK);
    assert_string_equal(tensor_out(&cluster, "leaders")->note, made);
    ctx.leaders = cluster.out[0];
    ctx.made = made;
    assert_int_equal(ctx.type->open(&ctx, &shared, &err), RISE_OK);
    ctx.type->close(shared);
    ctx.made = "soap version 2\nsoap r_cut 4\nsoap species [Cu, Zr]\n";
    assert_int_equal(ctx.type->open(&ctx, &shared, &err), RISE_E_DATA);
    assert_string_equal(err.message, "input: made with soap r_cut 4, but the leaders with 5");
    assert_string_equal(err.hint, "give the soap that leads here `r_cut: 5`");
    ctx.made = ""; /* imported numbers */
    assert_int_equal(ctx.type->open(&ctx, &shared, &err), RISE_OK);
    assert_int_equal(ctx.n_warnings, 1);
    ctx.type->close(shared);
    clear_outputs(&ctx);
    clear_outputs(&cluster);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(leaders_come_from_training_frames),
                                       cmocka_unit_test(given_order_starts_at_the_first_atom),
                                       cmocka_unit_test(useless_splits_are_refused),
                                       cmocka_unit_test(folds_are_refused),
                                       cmocka_unit_test(every_atom_is_counted),
                                       cmocka_unit_test(threshold_travels_with_the_leaders),
                                       cmocka_unit_test(other_vectors_are_refused),
                                       cmocka_unit_test(leaders_know_how_vectors_were_made)};
    make_rows();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

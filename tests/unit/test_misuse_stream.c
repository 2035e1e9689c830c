/* Tiles that are not what a stream may hold, and frames that are not there: told as bugs of the
 * node. */
#include "numbers_at_work.h"

enum { COLUMNS = 3, ROWS = 70 };

/* ---- tiles: rows of every frame, the first tile as `rows`, `first`, `columns`, `stride` say
 * ------ */
static const rise_port tiles_in[] = {
    {.name = "input", .kinds = RISE_KINDS(RISE_FRAMES), .mode = RISE_EACH, .help = "frames"}, {0}};
static const rise_port tiles_out[] = {{.name = "rows",
                                       .kinds = RISE_KINDS(RISE_TENSOR),
                                       .mode = RISE_STREAM,
                                       .shape = "[frame, atom, feature]",
                                       .help = "rows"},
                                      {0}};
static const rise_param tiles_params[] = {
    {.name = "first", .type = RISE_P_INT, .def = "0", .help = "row"},
    {.name = "rows", .type = RISE_P_INT, .def = "1", .help = "of the tile"},
    {.name = "columns", .type = RISE_P_INT, .def = "3", .help = "of the tile"},
    {.name = "stride", .type = RISE_P_INT, .def = "3", .help = "from row to row"},
    {.name = "double", .type = RISE_P_BOOL, .def = "true", .help = "type of the numbers"},
    {.name = "real", .type = RISE_P_BOOL, .def = "true", .help = "type of the numbers"},
    {0}};

static rise_status tiles_map(rise_ctx *ctx, void *state, rise_error *e) {
    (void)state;
    static const _Alignas(64) double zeros[ROWS * COLUMNS];
    rise_dtype real = rise_param_bool(ctx, "double") ? RISE_F64 : RISE_F32;
    rise_tile tile = {.first_row = (size_t)rise_param_int(ctx, "first"),
                      .n_rows = (size_t)rise_param_int(ctx, "rows"),
                      .n_columns = (size_t)rise_param_int(ctx, "columns"),
                      .stride = (size_t)rise_param_int(ctx, "stride"),
                      .dtype = rise_param_bool(ctx, "real") ? real : RISE_I32,
                      .rows = zeros};
    if (rise_over_count(ctx, "input") != 1)
        return rise_fail(e, RISE_E_FAILED, "one input");
    return rise_tile_put(ctx, "rows", &tile, e);
}

static const rise_node_type tiles = {.abi = RISE_NODE_ABI,
                                     .size = sizeof(rise_node_type),
                                     .name = "tiles",
                                     .brief = "a stream",
                                     .version = 1,
                                     .in = tiles_in,
                                     .out = tiles_out,
                                     .params = tiles_params,
                                     .map = tiles_map};

/* ---- fold: counts the rows of one frame
 * ----------------------------------------------------------- */
static const rise_port fold_in[] = {{.name = "input",
                                     .kinds = RISE_KINDS(RISE_TENSOR),
                                     .mode = RISE_STREAM,
                                     .shape = "[frame, atom, feature]",
                                     .help = "rows"},
                                    {0}};
static const rise_port fold_out[] = {{.name = "rows",
                                      .kinds = RISE_KINDS(RISE_TENSOR),
                                      .mode = RISE_WHOLE,
                                      .dtype = RISE_F64,
                                      .shape = "[]",
                                      .help = "how many"},
                                     {0}};
static const rise_param fold_params[] = {
    {.name = "frame", .type = RISE_P_INT, .def = "0", .help = "which"},
    {.name = "how",
     .type = RISE_P_CHOICE,
     .def = "fold",
     .choices = "fold|pull|value",
     .help = "."},
    {0}};

static rise_status count_slot(void *user, size_t slot, const rise_tile *tile, rise_error *e) {
    (void)slot, (void)e;
    *(double *)user += (double)tile->n_rows;
    return RISE_OK;
}

static rise_status count_tile(void *user, const rise_tile *tile, rise_error *e) {
    return count_slot(user, 0, tile, e);
}

static rise_status fold_whole(rise_ctx *ctx, rise_error *e) {
    const char *how = rise_param_text(ctx, "how");
    size_t frame = (size_t)rise_param_int(ctx, "frame");
    rise_value *value = NULL;
    void *data = NULL;
    rise_status s = rise_tensor_new(RISE_F64, 0, NULL, "", &value, &data, e);
    if (s == RISE_OK && strcmp(how, "pull") == 0)
        s = rise_stream_pull(ctx, "input", count_tile, data, e);
    else if (s == RISE_OK && strcmp(how, "value") == 0)
        rise_input(ctx, "input");
    else if (s == RISE_OK)
        s = rise_stream_frames(ctx, "input", &frame, 1, count_slot, data, e);
    if (s == RISE_OK)
        return rise_output(ctx, "rows", value, e);
    rise_value_release(value);
    return s;
}

static const rise_node_type fold = {.abi = RISE_NODE_ABI,
                                    .size = sizeof(rise_node_type),
                                    .name = "fold",
                                    .brief = "reads a stream",
                                    .version = 1,
                                    .in = fold_in,
                                    .out = fold_out,
                                    .params = fold_params,
                                    .whole = fold_whole};

static const struct {
    const char *tile, *fold, *says; /* says NULL: it is all right */
} cases[] = {
    {"rows: 1", "frame: 0", NULL},
    {"rows: 64", "frame: 1", NULL},
    {"stride: 5, rows: 2, double: false", "frame: 0", NULL},
    {"rows: 0", "frame: 0", "a tile of rows 0..+0, 3 columns is out of order"},
    {"rows: 65", "frame: 0", "a tile of rows 0..+65"},
    {"first: 1", "frame: 0", "a tile of rows 1..+1"},
    {"columns: 0", "frame: 0", "0 columns"},
    {"stride: 2", "frame: 0", "is out of order"},
    {"real: false", "frame: 0", "is out of order"},
    {"rows: 1", "frame: 2", "there is no frame 2"},
    {"rows: 1", "how: pull", "`input` is no stream to pull in map"},
    {"rows: 1", "how: value", "input value of port `input`"},
};

static void tiles_are_looked_at(void **unused) {
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[400];
        snprintf(text, sizeof text,
                 "nodes:\n  two: {type: reader, paths: [two.xyz]}\n"
                 "  rows: {type: tiles, input: two, %s}\n  it: {type: fold, input: rows, %s}\n",
                 cases[i].tile, cases[i].fold);
        rise_graph *graph = load(text);
        rise_run *run = start(graph, (rise_run_options){0});
        err = (rise_error){0};
        rise_status status = rise_run_wait(run, &err);
        if (status != (cases[i].says ? RISE_E_BUG : RISE_OK))
            fail_msg("case %zu: status %d, %s", i, (int)status, err.message);
        if (cases[i].says && !strstr(err.message, cases[i].says))
            fail_msg("case %zu: `%s` does not say `%s`", i, err.message, cases[i].says);
        if (!cases[i].says)
            assert_true(value_of(run, "it") >= 1);
        rise_run_free(run);
        rise_graph_free(graph);
    }
}

static int add_streams(void **state) {
    static const rise_node_type *const mine[] = {&tiles, &fold};
    FILE *f = set_up(state) == 0 ? fopen("two.xyz", "w") : NULL;
    if (!f)
        return -1;
    for (int i = 0; i < 2; i++)
        fprintf(f, "1\nframe\nCu %d 0 0\n", i);
    bool added = rise_host_add(host, rise_builtin_nodes, rise_builtin_count, &err) == RISE_OK &&
                 rise_host_add(host, mine, 2, &err) == RISE_OK;
    return fclose(f) == 0 && added ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(tiles_are_looked_at)};
    return cmocka_run_group_tests(tests, add_streams, tear_down);
}

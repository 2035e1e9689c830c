/* What sources and maps do wrong is told as a bug of their type, and what they may do has the
 * result that the headers say. */
#include "numbers_at_work.h"

enum { FRAMES = 3 };

/* ---- items: three frames of one atom each ---------------------------------------------------- */
static const rise_port items_out[] = {
    {.name = "frames", .kinds = RISE_KINDS(RISE_FRAMES), .mode = RISE_EACH, .help = "frames"}, {0}};
static const rise_param items_params[] = {
    {.name = "paths", .type = RISE_P_FILES, .help = "any file"},
    {.name = "does", .type = RISE_P_INT, .def = "0", .help = "which mistake"},
    {0}};

static rise_status give_frame(rise_ctx *ctx, double x, rise_error *e) {
    const uint8_t species = 29;
    const double at[1][3] = {{x, 0, 0}};
    const rise_frame frame = {.n_atoms = 1, .positions = at, .species = &species};
    rise_value *value = NULL;
    rise_status s = rise_frames_new(&frame, 1, &value, e);
    return s == RISE_OK ? rise_output(ctx, "frames", value, e) : s;
}

static rise_status items_source(rise_ctx *ctx, const rise_file *file, rise_error *e) {
    int64_t does = rise_param_int(ctx, "does");
    rise_status s = RISE_OK;
    if (file && does == 1) /* belongs to no item */
        s = give_frame(ctx, 77, e);
    for (size_t i = 0; file && s == RISE_OK && i < FRAMES; i++) {
        char name[8];
        snprintf(name, sizeof name, "%zu", i);
        if (!rise_item(ctx, &i, sizeof i, name) || (does == 2 && i == 1))
            continue;
        s = give_frame(ctx, (double)i, e);
        if (s == RISE_OK && does == 3) /* the first stands */
            s = give_frame(ctx, 99, e);
    }
    return s;
}

static const rise_node_type items = {.abi = RISE_NODE_ABI,
                                     .size = sizeof(rise_node_type),
                                     .name = "items",
                                     .brief = "three frames",
                                     .version = 1,
                                     .out = items_out,
                                     .params = items_params,
                                     .source = items_source};

/* ---- odd: a map with one mistake for each value of `does` ------------------------------------ */
static const rise_port odd_in[] = {
    {.name = "input", .kinds = RISE_KINDS(RISE_FRAMES), .mode = RISE_EACH, .help = "frames"},
    {.name = "rows",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_STREAM,
     .flags = RISE_PORT_OPTIONAL,
     .help = "rows"},
    {.name = "extra",
     .kinds = RISE_ANY_KIND,
     .mode = RISE_WHOLE,
     .flags = RISE_PORT_OPTIONAL,
     .help = "any"},
    {0}};
static const rise_port odd_out[] = {{.name = "number",
                                     .kinds = RISE_KINDS(RISE_TENSOR),
                                     .mode = RISE_EACH,
                                     .dtype = RISE_F64,
                                     .shape = "[frame]",
                                     .help = "a number"},
                                    {.name = "unread",
                                     .kinds = RISE_KINDS(RISE_TENSOR),
                                     .mode = RISE_EACH,
                                     .shape = "[frame]",
                                     .help = "nobody reads it"},
                                    {0}};
static const rise_param odd_params[] = {
    {.name = "does", .type = RISE_P_INT, .help = "which mistake"}, {0}};

static rise_status take_tile(void *user, const rise_tile *tile, rise_error *e) {
    (void)user, (void)tile, (void)e;
    return RISE_OK;
}

static rise_status take_slot(void *user, size_t slot, const rise_tile *tile, rise_error *e) {
    (void)slot;
    return take_tile(user, tile, e);
}

static rise_status give(rise_ctx *ctx, const char *port, double x, rise_error *e) {
    rise_value *value = NULL;
    void *data = NULL;
    rise_status s = rise_tensor_new(RISE_F64, 0, NULL, "", &value, &data, e);
    if (s != RISE_OK)
        return s;
    *(double *)data = x;
    return rise_output(ctx, port, value, e);
}

static rise_status odd_open(rise_ctx *ctx, void **state, rise_error *e) {
    (void)state, (void)e;
    if (rise_param_int(ctx, "does") == 1)
        rise_input(ctx, "input");
    return RISE_OK;
}

static bool odd_keep(rise_ctx *ctx, void *state, size_t frame, size_t n, const rise_id *id) {
    (void)state, (void)frame, (void)n, (void)id;
    int64_t does = rise_param_int(ctx, "does");
    if (does == 2)
        rise_input(ctx, "input");
    return does != 3;
}

/* Ten kinds of warnings in every frame, one in a single one. */
static void warn_often(rise_ctx *ctx) {
    static const char *const kinds[] = {"a in %zu", "b in %zu", "c in %zu", "d in %zu", "e in %zu",
                                        "f in %zu", "g in %zu", "h in %zu", "i in %zu", "j in %zu"};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        if (k != 1 || rise_frame_index(ctx) == 2)
            rise_warn(ctx, kinds[k], rise_frame_index(ctx));
}

static bool frames_as_told(rise_ctx *ctx) {
    char name[32];
    size_t i = rise_frame_index(ctx);
    snprintf(name, sizeof name, "one.txt:%zu", i);
    rise_id none = {{0}}, digest = rise_input_digest(ctx, "extra");
    return rise_frame_count(ctx) == FRAMES && i < FRAMES &&
           strcmp(rise_frame_name(ctx, i), name) == 0 && !rise_frame_name(ctx, FRAMES)[0] &&
           memcmp(&rise_frame_ids(ctx)[i], &rise_frame_ids(ctx)[(i + 1) % FRAMES], sizeof none) !=
               0 &&
           memcmp(&digest, &none, sizeof none) == 0 && rise_over_count(ctx, "extra") == 0 &&
           !rise_input(ctx, "extra") && !rise_connected(ctx, "extra");
}

static rise_status odd_map(rise_ctx *ctx, void *state, rise_error *e) {
    const rise_id *ids = NULL;
    const size_t frame = 0;
    rise_tile tile = {0};
    (void)state;
    switch (rise_param_int(ctx, "does")) {
    case 4:
        return RISE_OK; /* and gives nothing */
    case 5:
        rise_over_count(ctx, "nothing");
        rise_over_count(ctx, "nobody"); /* the first is told */
        break;
    case 6:
        rise_over_input(ctx, "nothing", 0);
        break;
    case 7:
        rise_over_point(ctx, "nothing", 0);
        break;
    case 8:
        rise_over_frames(ctx, "nothing", 0, &ids);
        break;
    case 9:
        rise_input_digest(ctx, "nothing");
        break;
    case 10:
        return rise_stream_pull(ctx, "nothing", take_tile, NULL, e);
    case 11:
        return rise_stream_pull(ctx, "rows", take_tile, NULL, e); /* not connected */
    case 12:
        return rise_stream_pull(ctx, "input", take_tile, NULL, e);
    case 13:
        return rise_stream_frames(ctx, "nothing", &frame, 1, take_slot, NULL, e);
    case 14:
        return rise_stream_frames(ctx, "input", &frame, 1, take_slot, NULL, e);
    case 15:
        return rise_tile_put(ctx, "nothing", &tile, e);
    case 16:
        return rise_tile_put(ctx, "number", &tile, e);
    case 17:
        rise_item(ctx, "x", 1, "x");
        break;
    case 18:
        if (!frames_as_told(ctx))
            return rise_fail(e, RISE_E_FAILED, "frames are not as told");
        break;
    case 19:
        warn_often(ctx);
        break;
    default:
        break;
    }
    rise_status s = give(ctx, "unread", 1, e);
    return s == RISE_OK ? give(ctx, "number", 5, e) : s;
}

static const rise_node_type odd = {.abi = RISE_NODE_ABI,
                                   .size = sizeof(rise_node_type),
                                   .name = "odd",
                                   .brief = "makes a mistake",
                                   .version = 1,
                                   .in = odd_in,
                                   .out = odd_out,
                                   .params = odd_params,
                                   .open = odd_open,
                                   .keep = odd_keep,
                                   .map = odd_map};

/* ---- at work --------------------------------------------------------------------------------- */
typedef struct told {
    char text[20][80];
    size_t n;
} told;

static void on_warned(void *user, const char *text) {
    told *t = user;
    if (t->n < 20)
        snprintf(t->text[t->n++], sizeof t->text[0], "%s", text);
}

static void mistakes_are_told(void **unused) {
    (void)unused;
    static const struct {
        int source, map;
        rise_status status;
        const char *says;
    } cases[] = {
        {0, 0, RISE_OK, ""},
        {1, 0, RISE_OK, ""},
        {3, 0, RISE_OK, ""},
        {2, 0, RISE_E_BUG, "it: item one.txt:1 has no `frames`"},
        {0, 1, RISE_E_BUG, "input of one frame outside map: `input`"},
        {0, 2, RISE_E_BUG, "input of one frame outside map: `input`"},
        {0, 3, RISE_E_DATA, "to: none of 3 frames is chosen"},
        {0, 4, RISE_E_BUG, "to: it did not give `number` (frame one.txt:"},
        {0, 5, RISE_E_BUG, "to: node type `odd` asked for an input `nothing`"},
        {0, 6, RISE_E_BUG, "input `nothing`"},
        {0, 7, RISE_E_BUG, "input `nothing`"},
        {0, 8, RISE_E_BUG, "input `nothing`"},
        {0, 9, RISE_E_BUG, "input `nothing`"},
        {0, 10, RISE_E_BUG, "input `nothing`"},
        {0, 11, RISE_E_BUG, "to: `rows` is no stream to pull in map"},
        {0, 12, RISE_E_BUG, "to: `input` is no stream to pull in map"},
        {0, 13, RISE_E_BUG, "input `nothing`"},
        {0, 14, RISE_E_BUG, "to: `input` is no stream to fold"},
        {0, 15, RISE_E_BUG, "to has no stream output `nothing`"},
        {0, 16, RISE_E_BUG, "to has no stream output `number`"},
        {0, 17, RISE_E_BUG, "item outside source: `x`"},
        {0, 18, RISE_OK, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[300];
        snprintf(text, sizeof text,
                 "nodes:\n  it: {type: items, paths: one.txt, does: %d}\n"
                 "  to: {type: odd, input: it, does: %d}\n"
                 "  sum: {type: number, input: to.number}\n",
                 cases[i].source, cases[i].map);
        rise_graph *graph = load(text);
        rise_run *run = start(graph, (rise_run_options){0});
        err = (rise_error){0};
        rise_status status = rise_run_wait(run, &err);
        if (status != cases[i].status || !strstr(err.message, cases[i].says))
            fail_msg("case %zu: status %d, `%s`, expected `%s`", i, (int)status, err.message,
                     cases[i].says);
        if (status == RISE_OK)
            assert_true(value_of(run, "to.number") == 5 && value_of(run, "sum") == 5);
        rise_run_free(run);
        rise_graph_free(graph);
    }
}

static bool was_told(const told *t, const char *text) {
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->text[i], text) == 0)
            return true;
    return false;
}

/* Of warnings that frames have in common one is told, of the first frame; beyond eight kinds every
 * one. */
static void warnings_of_frames(void **unused) {
    (void)unused;
    static const char *const expected[] = {"to: a in 0; 2 other frames likewise",
                                           "to: b in 2",
                                           "to: c in 0; 2 other frames likewise",
                                           "to: d in 0; 2 other frames likewise",
                                           "to: e in 0; 2 other frames likewise",
                                           "to: f in 0; 2 other frames likewise",
                                           "to: g in 0; 2 other frames likewise",
                                           "to: h in 0; 2 other frames likewise",
                                           "to: i in 0; 2 other frames likewise",
                                           "to: j in 0",
                                           "to: j in 1",
                                           "to: j in 2"};
    told t = {.n = 0};
    rise_graph *graph = load("nodes:\n  it: {type: items, paths: one.txt}\n"
                             "  to: {type: odd, input: it, does: 19}\n");
    rise_run_options options = {.cache = cache,
                                .out = out,
                                .jobs = 1, /* frames come in order */
                                .events = {.warned = on_warned, .user = &t}};
    rise_run *run = NULL;
    assert_int_equal(rise_run_start(host, graph, &options, &run, &err), RISE_OK);
    assert_int_equal(rise_run_wait(run, &err), RISE_OK);
    size_t n_expected = sizeof expected / sizeof *expected;
    for (size_t i = 0; i < n_expected; i++)
        if (!was_told(&t, expected[i]))
            fail_msg("not told: %s", expected[i]);
    assert_int_equal(t.n, n_expected);
    rise_run_free(run);
    rise_graph_free(graph);
}

static int add_types(void **state) {
    static const rise_node_type *const mine[] = {&items, &odd};
    FILE *f = set_up(state) == 0 ? fopen("one.txt", "w") : NULL;
    return f && fclose(f) == 0 && rise_host_add(host, mine, 2, &err) == RISE_OK ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_told),
        cmocka_unit_test(warnings_of_frames),
    };
    return cmocka_run_group_tests(tests, add_types, tear_down);
}

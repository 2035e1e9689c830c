/* Numbers that a node gives beside frames belong to these frames, whoever reads only some of them.
 */
#include "numbers_at_work.h"

enum { N = 3 };

/* ---- maker: three frames and a number for each ----------------------------------------------- */
static const rise_port maker_out[] = {
    {.name = "frames", .kinds = RISE_KINDS(RISE_FRAMES), .mode = RISE_WHOLE, .help = "three atoms"},
    {.name = "tens",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_WHOLE,
     .dtype = RISE_F64,
     .shape = "[frame]",
     .help = "10, 20, 30"},
    {0}};

static rise_status put_tens(rise_ctx *ctx, rise_error *e) {
    const rise_dim dim = {.name = "frame", .size = N};
    rise_value *value = NULL;
    void *data = NULL;
    rise_status s = rise_tensor_new(RISE_F64, 1, &dim, "", &value, &data, e);
    if (s != RISE_OK)
        return s;
    for (size_t i = 0; i < N; i++)
        ((double *)data)[i] = 10 * (double)(i + 1);
    return rise_output(ctx, "tens", value, e);
}

static rise_status maker_whole(rise_ctx *ctx, rise_error *e) {
    static const double at[N][1][3] = {{{1, 0, 0}}, {{2, 0, 0}}, {{3, 0, 0}}};
    static const uint8_t hydrogen[1] = {1};
    rise_frame frame[N];
    rise_value *value = NULL;
    for (size_t i = 0; i < N; i++)
        frame[i] = (rise_frame){.cell = {.vector = {{9, 0, 0}, {0, 9, 0}, {0, 0, 9}}},
                                .n_atoms = 1,
                                .positions = at[i],
                                .species = hydrogen};
    rise_status s = rise_frames_new(frame, N, &value, e);
    if (s == RISE_OK)
        s = rise_output(ctx, "frames", value, e);
    return s == RISE_OK ? put_tens(ctx, e) : s;
}

static const rise_node_type maker = {.abi = RISE_NODE_ABI,
                                     .size = sizeof(rise_node_type),
                                     .name = "maker",
                                     .brief = "frames and numbers",
                                     .version = 1,
                                     .out = maker_out,
                                     .params = (const rise_param[]){{0}},
                                     .whole = maker_whole};

/* ---- later: where the atom is, of all frames but the first ----------------------------------- */
static const rise_port later_in[] = {
    {.name = "input", .kinds = RISE_KINDS(RISE_FRAMES), .mode = RISE_EACH, .help = "frames"}, {0}};
static const rise_port later_out[] = {{.name = "x",
                                       .kinds = RISE_KINDS(RISE_TENSOR),
                                       .mode = RISE_EACH,
                                       .dtype = RISE_F64,
                                       .shape = "[frame]",
                                       .help = "of the first atom"},
                                      {0}};

static bool later_keep(rise_ctx *ctx, void *state, size_t frame, size_t n, const rise_id *id) {
    (void)ctx, (void)state, (void)n, (void)id;
    return frame > 0;
}

static rise_status later_map(rise_ctx *ctx, void *state, rise_error *e) {
    (void)state;
    rise_value *value = NULL;
    void *data = NULL;
    rise_status s = rise_tensor_new(RISE_F64, 0, NULL, "", &value, &data, e);
    if (s != RISE_OK)
        return s;
    *(double *)data = rise_value_frames(rise_input(ctx, "input"))->frame[0].positions[0][0];
    return rise_output(ctx, "x", value, e);
}

static const rise_node_type later = {.abi = RISE_NODE_ABI,
                                     .size = sizeof(rise_node_type),
                                     .name = "later",
                                     .brief = "some frames",
                                     .version = 1,
                                     .in = later_in,
                                     .out = later_out,
                                     .params = (const rise_param[]){{0}},
                                     .keep = later_keep,
                                     .map = later_map};

/* ---- pair: the sums a + b of all frames, two digits each ------------------------------------- */
static const rise_port pair_in[] = {{.name = "a",
                                     .kinds = RISE_KINDS(RISE_TENSOR),
                                     .mode = RISE_WHOLE,
                                     .shape = "[frame]",
                                     .help = "of some frames"},
                                    {.name = "b",
                                     .kinds = RISE_KINDS(RISE_TENSOR),
                                     .mode = RISE_WHOLE,
                                     .shape = "[frame]",
                                     .help = "of all"},
                                    {0}};

static rise_status pair_whole(rise_ctx *ctx, rise_error *e) {
    const rise_tensor *a = rise_value_tensor(rise_input(ctx, "a"));
    const rise_tensor *b = rise_value_tensor(rise_input(ctx, "b"));
    rise_value *value = NULL;
    void *data = NULL;
    rise_status s = rise_tensor_new(RISE_F64, 0, NULL, "", &value, &data, e);
    if (s != RISE_OK)
        return s;
    for (size_t i = 0; i < rise_frame_count(ctx); i++)
        *(double *)data =
            100 * *(double *)data + rise_tensor_number(a, i) + rise_tensor_number(b, i);
    return rise_output(ctx, "number", value, e);
}

static const rise_node_type pair = {.abi = RISE_NODE_ABI,
                                    .size = sizeof(rise_node_type),
                                    .name = "pair",
                                    .brief = "sums",
                                    .version = 1,
                                    .in = pair_in,
                                    .out = number_out,
                                    .params = (const rise_param[]){{0}},
                                    .whole = pair_whole};

/* ---- the test: 22 and 33, computed and remembered -------------------------------------------- */
static void numbers_stay_with_their_frames(void **unused) {
    (void)unused;
    for (int again = 0; again < 2; again++) {
        rise_graph *graph =
            load("nodes:\n  made: {type: maker}\n  some: {type: later, input: made}\n"
                 "  sum: {type: pair, a: some, b: made.tens}\n");
        rise_run *run = start(graph, (rise_run_options){0});
        if (rise_run_wait(run, &err) != RISE_OK)
            fail_msg("%s", err.message);
        expect_status(run, "sum", again ? "cached" : "ran");
        assert_true(value_of(run, "sum") == 2233);
        rise_run_free(run);
        rise_graph_free(graph);
    }
}

static int add_types(void **state) {
    static const rise_node_type *const mine[] = {&maker, &later, &pair};
    return set_up(state) == 0 && rise_host_add(host, mine, 3, &err) == RISE_OK ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_stay_with_their_frames)};
    return cmocka_run_group_tests(tests, add_types, tear_down);
}

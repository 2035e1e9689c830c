/* What a node does wrong is told as a bug of its type, by name, and nothing of it is kept. */
#include "numbers_at_work.h"

#include <math.h>

/* ---- wrong: a whole node with one mistake for each value of `does` -----------------------------
 */
static const rise_port wrong_in[] = {{.name = "some",
                                      .kinds = RISE_KINDS(RISE_TENSOR),
                                      .mode = RISE_WHOLE,
                                      .flags = RISE_PORT_OPTIONAL | RISE_PORT_MANY,
                                      .help = "any"},
                                     {0}};
static const rise_port wrong_out[] = {{.name = "row",
                                       .kinds = RISE_KINDS(RISE_TENSOR),
                                       .mode = RISE_WHOLE,
                                       .dtype = RISE_F64,
                                       .shape = "[place]",
                                       .help = "three numbers"},
                                      {0}};
static const rise_param fields[] = {
    {.name = "here", .type = RISE_P_TEXT, .flags = RISE_PARAM_OPTIONAL, .help = "a field"}, {0}};
static const rise_param wrong_params[] = {
    {.name = "does", .type = RISE_P_INT, .help = "which mistake"},
    {.name = "list", .type = RISE_P_REALS, .def = "[1, 2]", .help = "numbers"},
    {.name = "map", .type = RISE_P_MAP, .def = "{a: {here: b}}", .fields = fields, .help = "a map"},
    {0}};

static rise_status give(rise_ctx *ctx, const char *port, rise_dtype type, int rank, double first,
                        rise_error *e) {
    rise_value *value = NULL;
    void *data = NULL;
    rise_dim dim[2] = {{.name = "place", .size = 3}, {.name = "column", .size = 1}};
    rise_status s = rise_tensor_new(type, rank, dim, "", &value, &data, e);
    if (s != RISE_OK)
        return s;
    if (type == RISE_F64)
        *(double *)data = first;
    return rise_output(ctx, port, value, e);
}

static rise_status give_text(rise_ctx *ctx, rise_error *e) {
    rise_value *value = NULL;
    rise_status s = rise_blob_new(RISE_DOCUMENT, "txt", "x", 1, &value, e);
    return s == RISE_OK ? rise_output(ctx, "row", value, e) : s;
}

static rise_status take_tile(void *user, const rise_tile *tile, rise_error *e) {
    (void)user, (void)tile, (void)e;
    return RISE_OK;
}

static rise_status take_slot(void *user, size_t slot, const rise_tile *tile, rise_error *e) {
    (void)user, (void)slot, (void)tile, (void)e;
    return RISE_OK;
}

static const struct {
    const char *says;
    rise_status status;
} mistakes[] = {
    {"no mistake", RISE_OK},
    {"asked for an input `nothing`", RISE_E_BUG},
    {"input value of port `some`", RISE_E_BUG},
    {"input past the end of port `some`", RISE_E_BUG},
    {"input past the end of port `some`", RISE_E_BUG},
    {"input past the end of port `some`", RISE_E_BUG},
    {"`some` is no stream to pull in map", RISE_E_BUG},
    {"`some` is no stream to fold", RISE_E_BUG},
    {"output `nothing`", RISE_E_BUG},
    {"has no output `nothing`", RISE_E_BUG},
    {"output `row` may not be a document", RISE_E_BUG},
    {"output `row` is i32, declared f64", RISE_E_BUG},
    {"output `row`: ", RISE_E_BUG},
    {"output `row` is not finite at element 0", RISE_E_FAILED},
    {"item outside source: `x`", RISE_E_BUG},
    {"has no stream output `row`", RISE_E_BUG},
    {"it stopped without being asked to", RISE_E_BUG},
    {"`nothing`", RISE_E_BUG},
    {"`list`", RISE_E_BUG},
    {"parameter `list` of wrong is asked for beyond its end", RISE_E_BUG},
    {"field `nothing` is not among the rows of `map`", RISE_E_BUG},
    {"did not give an output that is wanted", RISE_E_BUG},
    {"is narrowed outside of check", RISE_E_BUG},
    {"output path `../x` leaves the output folder", RISE_E_OUTPUT},
    {"output path `/x` leaves the output folder", RISE_E_OUTPUT},
};

static rise_status wrong_whole(rise_ctx *ctx, rise_error *e) {
    const rise_id *ids = NULL;
    rise_tile tile = {0};
    size_t frame = 0;
    rise_status first = RISE_OK;
    switch (rise_param_int(ctx, "does")) {
    case 1:
        rise_input(ctx, "nothing");
        break;
    case 2:
        rise_input(ctx, "some");
        break;
    case 3:
        rise_over_input(ctx, "some", 1);
        break;
    case 4:
        rise_over_point(ctx, "some", 1);
        break;
    case 5:
        rise_over_frames(ctx, "some", 1, &ids);
        break;
    case 6:
        return rise_stream_pull(ctx, "some", take_tile, NULL, e);
    case 7:
        return rise_stream_frames(ctx, "some", &frame, 1, take_slot, NULL, e);
    case 8:
        rise_wanted(ctx, "nothing");
        break;
    case 9:
        return give(ctx, "nothing", RISE_F64, 1, 0, e);
    case 10:
        return give_text(ctx, e);
    case 11:
        return give(ctx, "row", RISE_I32, 1, 0, e);
    case 12:
        return give(ctx, "row", RISE_F64, 2, 0, e);
    case 13:
        return give(ctx, "row", RISE_F64, 1, NAN, e);
    case 14:
        rise_item(ctx, "x", 1, "x");
        break;
    case 15:
        return rise_tile_put(ctx, "row", &tile, e);
    case 16:
        return rise_fail(e, RISE_E_INTERRUPTED, "interrupted");
    case 17:
        rise_param_real(ctx, "nothing");
        break;
    case 18:
        rise_param_text(ctx, "list");
        break;
    case 19:
        rise_param_real_at(ctx, "list", 2);
        break;
    case 20:
        rise_param_field(ctx, "map", 0, "nothing");
        break;
    case 21:
        return RISE_OK; /* and gives nothing */
    case 22:
        rise_check_output(ctx, "row", RISE_TENSOR);
        break;
    case 23:
        return rise_write_file(ctx, "../x", "x", 1, e);
    case 24:
        return rise_write_file(ctx, "/x", "x", 1, e);
    default: /* what is given once more is not taken */
        first = give(ctx, "row", RISE_F64, 1, 7, e);
    }
    if (first != RISE_OK)
        return first;
    return give(ctx, "row", RISE_F64, 1, 8, e);
}

static const rise_node_type wrong = {.abi = RISE_NODE_ABI,
                                     .size = sizeof(rise_node_type),
                                     .name = "wrong",
                                     .brief = "makes a mistake",
                                     .version = 1,
                                     .in = wrong_in,
                                     .out = wrong_out,
                                     .params = wrong_params,
                                     .whole = wrong_whole};

static void mistakes_are_told(void **unused) {
    (void)unused;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++)
        for (int again = 0; again < 2; again++) { /* nothing of it was kept */
            char text[200];
            snprintf(text, sizeof text,
                     "nodes:\n  one: {type: number, value: 1}\n"
                     "  it: {type: wrong, does: %zu, some: one}\n",
                     i);
            rise_graph *graph = load(text);
            rise_run *run = start(graph, (rise_run_options){0});
            err = (rise_error){0};
            rise_status status = rise_run_wait(run, &err);
            if (status != mistakes[i].status)
                fail_msg("mistake %zu: status %d, %s", i, (int)status, err.message);
            if (status != RISE_OK && !strstr(err.message, mistakes[i].says))
                fail_msg("mistake %zu: `%s` does not say `%s`", i, err.message, mistakes[i].says);
            expect_status(run, "it", status ? "failed" : again ? "cached" : "ran");
            if (status == RISE_OK)
                assert_true(value_of(run, "it") == 7);
            rise_run_free(run);
            rise_graph_free(graph);
        }
}

static int add_wrong(void **state) {
    static const rise_node_type *const mine[] = {&wrong};
    return set_up(state) == 0 && rise_host_add(host, mine, 1, &err) == RISE_OK ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(mistakes_are_told)};
    return cmocka_run_group_tests(tests, add_wrong, tear_down);
}

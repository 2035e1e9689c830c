/* Which outputs fit which inputs before any data move: kinds, modes, shapes, types and units. */
#include "graph_at_work.h"

#define TENSOR RISE_KINDS(RISE_TENSOR)
#define TABLE RISE_KINDS(RISE_TABLE)
#define FRAMES RISE_KINDS(RISE_FRAMES)

static rise_status whole(rise_ctx *ctx, rise_error *err) {
    (void)ctx;
    return rise_fail(err, RISE_E_BUG, "never called");
}

static rise_status map(rise_ctx *ctx, void *state, rise_error *err) {
    (void)state;
    return whole(ctx, err);
}

static rise_kind narrow; /* what `give` says in check, 0: nothing */

static rise_status give_check(rise_ctx *ctx, rise_error *err) {
    (void)err;
    if (narrow)
        rise_check_output(ctx, "out", narrow);
    return RISE_OK;
}

/* What is said of give.out at the port `in` of another node; "" where it fits. */
static void expect(const rise_port *out, const rise_port *in, const char *expected) {
    static const char text[] =
        "rise: 1\nnodes:\n  give: {type: give}\n  take: {type: take, in: give.out}\n";
    rise_port outs[] = {*out, {.name = "page", .kinds = RISE_KINDS(RISE_DOCUMENT), .mode = 2}, {0}};
    rise_port ins[] = {*in, {0}};
    outs[0].name = "out";
    ins[0].name = "in";
    rise_node_type give = {.abi = RISE_NODE_ABI,
                           .size = sizeof give,
                           .name = "give",
                           .brief = "gives",
                           .out = outs,
                           .check = give_check,
                           .whole = whole};
    rise_node_type take = {.abi = RISE_NODE_ABI,
                           .size = sizeof take,
                           .name = "take",
                           .brief = "takes",
                           .in = ins,
                           .map = in->mode == RISE_EACH ? map : NULL,
                           .whole = in->mode == RISE_EACH ? NULL : whole};
    type_set types = {0};
    error_list errors = {0};
    rise_error err = {0};
    graph *g = NULL;
    assert_int_equal(type_set_add(&types, &give, NULL, &err), RISE_OK);
    assert_int_equal(type_set_add(&types, &take, NULL, &err), RISE_OK);
    (void)!graph_parse(text, strlen(text), "g.yaml", &types, NULL, 0, &g, &errors);
    assert_true(errors.n <= 1);
    assert_string_equal(errors.n ? errors.item[0].message : "", expected);
    if (errors.n) {
        assert_int_equal(errors.item[0].line, 4);
        assert_int_equal(errors.item[0].col, 26);
    }
    graph_free(g);
    error_list_free(&errors);
    type_set_free(&types);
}

static void shapes(void **state) {
    (void)state;
    static const struct {
        const char *out, *in;
        bool fits;
    } cases[] = {
        {"[frame]", "[frame]", true},
        {"[frame]", "[atom]", false},
        {"[frame]", "[fram]", false},
        {"[]", "[]", true},
        {"[]", "[frame]", false},
        {"[frame]", "[]", false},
        {"[frame, atom]", "[frame]", false},
        {"[frame]", "[frame, atom]", false},
        {"[frame, *]", "[frame, atom]", true},
        {"[frame, atom]", "[*, *]", true},
        {"[frame]", "[*, *]", false},
        {"[...]", "[]", true},
        {"[...]", "[frame, atom, feature]", true},
        {"[]", "[...]", true},
        {"[frame, atom]", "[...]", true},
        {"[frame, atom]", "[..., atom]", true},
        {"[frame, atom]", "[..., feature]", false},
        {"[frame, ...]", "[frame]", true},
        {"[frame, ...]", "[frame, atom, feature]", true},
        {"[frame, ...]", "[atom]", false},
        {"[..., atom]", "[frame, atom]", true},
        {"[..., atom]", "[frame, feature]", false},
        {"[..., atom]", "[]", false},
        {"[...]", "[...]", true},
        {"[..., atom]", "[frame, ...]", true},
        {"[frame, ..., feature]", "[frame, feature]", true},
        {"[frame, feature]", "[frame, ..., feature]", true},
        {"[frame, atom, atom]", "[frame, ..., feature]", false},
        {NULL, "[frame]", true},
        {"[frame]", NULL, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char says[200];
        rise_port out = {.kinds = TENSOR, .mode = RISE_WHOLE, .shape = cases[i].out};
        rise_port in = {.kinds = TENSOR, .mode = RISE_WHOLE, .shape = cases[i].in};
        snprintf(says, sizeof says, "take.in: takes %s, `give.out` is %s", cases[i].in,
                 cases[i].out);
        expect(&out, &in, cases[i].fits ? "" : says);
    }
}

static void what_else_must_fit(void **state) {
    (void)state;
    static const struct {
        rise_port out, in;
        rise_kind narrow;
        const char *says;
    } cases[] = {
        {{.kinds = TENSOR, .mode = 2, .dtype = RISE_F64},
         {.kinds = TENSOR, .mode = 2, .dtype = RISE_F64},
         0,
         ""},
        {{.kinds = TENSOR, .mode = 2, .dtype = RISE_F64},
         {.kinds = TENSOR, .mode = 2, .dtype = RISE_I32},
         0,
         "take.in: takes i32, `give.out` is f64"},
        {{.kinds = TENSOR, .mode = 2}, {.kinds = TENSOR, .mode = 2, .dtype = RISE_I32}, 0, ""},
        {{.kinds = TENSOR | TABLE, .mode = 2, .dtype = RISE_F64}, /* may be a table */
         {.kinds = TENSOR | TABLE, .mode = 2, .dtype = RISE_I32},
         0,
         ""},
        {{.kinds = TENSOR, .mode = 2, .unit = "eV"},
         {.kinds = TENSOR, .mode = 2, .unit = "eV"},
         0,
         ""},
        {{.kinds = TENSOR, .mode = 2, .unit = "meV"},
         {.kinds = TENSOR, .mode = 2, .unit = "eV"},
         0,
         "take.in: takes values in eV, `give.out` is in meV"},
        {{.kinds = TENSOR, .mode = 2}, {.kinds = TENSOR, .mode = 2, .unit = "eV"}, 0, ""},
        {{.kinds = TENSOR | TABLE, .mode = 2},
         {.kinds = RISE_KINDS(RISE_MODEL) | FRAMES, .mode = 2},
         0,
         "take.in: takes frames or a model, `give.out` is a tensor or a table"},
        {{.kinds = TENSOR | TABLE, .mode = 2}, {.kinds = TABLE, .mode = 2}, 0, ""},
        {{.kinds = TENSOR | TABLE, .mode = 2}, {.kinds = TENSOR, .mode = 2}, RISE_TENSOR, ""},
        {{.kinds = TENSOR | TABLE, .mode = 2},
         {.kinds = TENSOR, .mode = 2},
         RISE_TABLE,
         "take.in: takes a tensor, `give.out` is a table"},
        {{.kinds = TENSOR, .mode = 2},
         {.kinds = TENSOR, .mode = RISE_STREAM},
         0,
         "take.in: takes a stream, `give.out` is not one"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        narrow = cases[i].narrow;
        expect(&cases[i].out, &cases[i].in, cases[i].says);
    }
    narrow = 0;
}

/* A map wants one value for each frame: frames, or a tensor whose first dimension they can be. */
static void frame_by_frame(void **state) {
    (void)state;
    static const char no[] = "take.in: takes one value per frame, `give.out` is one value for all "
                             "frames";
    static const struct {
        unsigned kinds;
        rise_mode mode;
        const char *shape;
        rise_kind narrow;
        bool fits;
    } cases[] = {
        {FRAMES, RISE_WHOLE, NULL, 0, true},
        {TENSOR, RISE_WHOLE, NULL, 0, true},
        {TENSOR, RISE_WHOLE, "[frame]", 0, true},
        {TENSOR, RISE_WHOLE, "[*, atom]", 0, true},
        {TENSOR, RISE_WHOLE, "[...]", 0, true},
        {TENSOR, RISE_WHOLE, "[atom]", 0, false},
        {TENSOR, RISE_WHOLE, "[]", 0, false},
        {TABLE, RISE_WHOLE, NULL, 0, false},
        {TABLE, RISE_EACH, NULL, 0, true},
        {TENSOR | TABLE, RISE_WHOLE, NULL, 0, true},
        {TENSOR | TABLE, RISE_WHOLE, "[leader]", 0, false},
        {TENSOR | TABLE, RISE_WHOLE, NULL, RISE_TENSOR, true},
        {TENSOR | TABLE, RISE_WHOLE, NULL, RISE_TABLE, false},
        {FRAMES | TABLE, RISE_WHOLE, NULL, RISE_FRAMES, true},
        {FRAMES | TABLE, RISE_WHOLE, NULL, RISE_TABLE, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rise_port out = {.kinds = cases[i].kinds, .mode = cases[i].mode, .shape = cases[i].shape};
        rise_port in = {.kinds = RISE_ANY_KIND, .mode = RISE_EACH};
        narrow = cases[i].narrow;
        expect(&out, &in, cases[i].fits ? "" : no);
    }
    narrow = 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes),
        cmocka_unit_test(what_else_must_fit),
        cmocka_unit_test(frame_by_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

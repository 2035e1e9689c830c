/* What the author of a node type is told: rows and ports that contradict themselves, and what a
 * check function does wrong. */
#include "graph_at_work.h"

#include <math.h>

static rise_status whole(rise_ctx *ctx, rise_error *err) {
    (void)ctx;
    return rise_fail(err, RISE_E_BUG, "never called");
}

static rise_status map(rise_ctx *ctx, void *state, rise_error *err) {
    (void)state;
    return whole(ctx, err);
}

#define ANY .kinds = RISE_ANY_KIND
#define TYPE(type, ...)                                                                            \
    {                                                                                              \
        .abi = RISE_NODE_ABI, .size = sizeof(rise_node_type), .name = type, .brief = "a test",     \
        .whole = whole, __VA_ARGS__                                                                \
    }

static void refused(const rise_node_type *type, rise_status status, const char *message) {
    type_set set = {0};
    rise_error err = {0};
    toy_types(&set);
    size_t n = set.n;
    assert_int_equal(type_set_add(&set, type, NULL, &err), status);
    assert_string_equal(err.message, message);
    assert_int_equal(set.n, n);
    type_set_free(&set);
}

/* ---- ports ----------------------------------------------------------------------------------- */
static void ports_that_contradict_themselves(void **state) {
    (void)state;
    static const char place[] = "this cannot name a port", set[] = "kinds or mode are not set";
    static const char meaningless[] = "a flag that means nothing here";
    static const char keyed[] = "an output per key needs a map parameter of its name";
    static const struct {
        rise_port port;
        bool out;
        const char *says;
    } cases[] = {
        {{.name = "two words", ANY, .mode = RISE_WHOLE}, false, place},
        {{.name = "two words", ANY, .mode = RISE_WHOLE}, true, place},
        {{.name = "type", ANY, .mode = RISE_WHOLE}, false, place},
        {{.name = "p", .mode = RISE_WHOLE}, false, set},
        {{.name = "p", .kinds = 1u << 30, .mode = RISE_WHOLE}, false, set},
        {{.name = "p", ANY}, true, set},
        {{.name = "p", ANY, .mode = RISE_STREAM + 1}, true, set},
        {{.name = "p", ANY, .mode = RISE_WHOLE, .flags = RISE_PORT_PER_KEY}, false, meaningless},
        {{.name = "p", ANY, .mode = RISE_WHOLE, .flags = RISE_PORT_MANY}, true, meaningless},
        {{.name = "p", ANY, .mode = RISE_WHOLE, .flags = RISE_PORT_PER_KEY}, true, keyed},
        {{.name = "x", ANY, .mode = RISE_WHOLE, .flags = RISE_PORT_PER_KEY}, true, keyed},
    };
    static const rise_param rows[] = {{.name = "x", .type = RISE_P_INT, .def = "1"}, {0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char message[200];
        rise_port ports[] = {cases[i].port, {0}};
        rise_node_type t = TYPE("t", .params = rows);
        *(cases[i].out ? &t.out : &t.in) = ports;
        snprintf(message, sizeof message, "node type t, %s: %s", ports[0].name, cases[i].says);
        refused(&t, RISE_E_BUG, message);
    }
    rise_port twice[] = {{.name = "p", ANY, .mode = RISE_WHOLE},
                         {.name = "q", ANY, .mode = RISE_WHOLE},
                         {.name = "p", ANY, .mode = RISE_WHOLE},
                         {0}};
    rise_node_type t = TYPE("t", .in = twice);
    refused(&t, RISE_E_BUG, "node type t, p: two ports have this name");
    twice[2].name = "x";
    t.params = rows;
    refused(&t, RISE_E_BUG, "node type t, x: a port and a parameter have this name");
}

/* ---- rows ------------------------------------------------------------------------------------ */
static void rows_that_contradict_themselves(void **state) {
    (void)state;
    static const rise_param plain[] = {{.name = "f", .type = RISE_P_INT, .def = "1"}, {0}};
    static const rise_param deep[] = {{.name = "f", .type = RISE_P_INT, .fields = plain}, {0}};
    static const rise_param lists[] = {{.name = "f", .type = RISE_P_INTS}, {0}};
    static const rise_param outputs[] = {{.name = "f", .type = RISE_P_OUTPUT}, {0}};
    static const rise_param slices[] = {{.name = "f", .type = RISE_P_SLICE, .def = "a"}, {0}};
    static const rise_param cache[] = {{.name = "cache", .type = RISE_P_INT, .def = "b"}, {0}};
    rise_param many[66] = {{0}};
    char names[65][8];
    for (int i = 0; i < 65; i++) {
        snprintf(names[i], sizeof names[i], "f%d", i);
        many[i] = (rise_param){.name = names[i], .type = RISE_P_INT};
    }
    const struct {
        rise_param row;
        const char *says;
    } cases[] = {
        {{.name = "cache", .type = RISE_P_INT}, "cache: this cannot name a parameter"},
        {{.name = "a b", .type = RISE_P_INT}, "a b: this cannot name a parameter"},
        {{.name = "x"}, "x: the type is not set"},
        {{.name = "x", .type = RISE_P_MAP + 1}, "x: the type is not set"},
        {{.name = "x", .type = RISE_P_CHOICE}, "x: a choice without choices"},
        {{.name = "x", .type = RISE_P_CHOICE, .choices = ""}, "x: a choice without choices"},
        {{.name = "x", .type = RISE_P_CHOICE, .choices = "a|b", .def = "c"},
         "x: t.x: expected one of a and b, found `c`"},
        {{.name = "x", .type = RISE_P_REAL, .min = 3, .max = 1}, "x: min is above max"},
        {{.name = "x", .type = RISE_P_REAL, .min = NAN, .max = 1}, "x: min is above max"},
        {{.name = "x", .type = RISE_P_REAL, .max = NAN}, "x: min is above max"},
        {{.name = "x", .type = RISE_P_REAL, .def = "2", .min = 0, .max = 1, .unit = "Å"},
         "x: t.x: 2 Å is out of range: expected at least 0 and at most 1 Å"},
        {{.name = "x", .type = RISE_P_REALS, .def = "[1"},
         "x: did not find expected ',' or ']' (while parsing a flow sequence)"},
        {{.name = "x", .type = RISE_P_FILES}, "x: only sources take lists of files"},
        {{.name = "x", .type = RISE_P_MAP, .fields = deep}, "f: fields of fields, or more than 64"},
        {{.name = "x", .type = RISE_P_MAP, .fields = many}, "x: fields of fields, or more than 64"},
        {{.name = "x", .type = RISE_P_MAP, .fields = lists}, "f: a field must be a scalar"},
        {{.name = "x", .type = RISE_P_MAP, .fields = outputs}, "f: a field must be a scalar"},
        {{.name = "x", .type = RISE_P_MAP, .fields = slices},
         "f: t.f: expected START:STOP:STEP, found `a`"},
        {{.name = "x", .type = RISE_P_MAP, .fields = cache}, /* no node's key */
         "cache: t.cache: expected an integer, found `b`"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char message[200];
        rise_param rows[] = {cases[i].row, {0}};
        rise_node_type t = TYPE("t", .params = rows);
        snprintf(message, sizeof message, "node type t, %s", cases[i].says);
        refused(&t, RISE_E_BUG, message);
    }
    rise_param twice[] = {{.name = "x", .type = RISE_P_INT},
                          {.name = "y", .type = RISE_P_INT},
                          {.name = "x", .type = RISE_P_INT},
                          {0}};
    rise_node_type t = TYPE("t", .params = twice);
    refused(&t, RISE_E_BUG, "node type t, x: two parameters have this name");
}

/* ---- types ----------------------------------------------------------------------------------- */
static void types_that_contradict_themselves(void **state) {
    (void)state;
    static const rise_port whole_in[] = {{.name = "input", ANY, .mode = RISE_WHOLE}, {0}};
    rise_node_type t = TYPE("t", .in = whole_in);
    char message[128];
    t.abi = RISE_NODE_ABI + 1;
    snprintf(message, sizeof message,
             "a node type of ABI %u (%zu bytes), expected ABI %u (%zu bytes)", RISE_NODE_ABI + 1,
             sizeof t, RISE_NODE_ABI, sizeof t);
    refused(&t, RISE_E_USAGE, message);
    t.abi = RISE_NODE_ABI;
    t.name = "scale";
    refused(&t, RISE_E_USAGE, "node type `scale` is there already");
    t.name = NULL;
    refused(&t, RISE_E_BUG, "a node type without a valid name");
    t.name = "1t";
    refused(&t, RISE_E_BUG, "a node type without a valid name");
    t.name = "t";
    t.brief = NULL;
    refused(&t, RISE_E_BUG, "node type t: `brief` is missing");
    t.brief = "a test";
    t.map = map;
    refused(&t, RISE_E_BUG, "node type t: exactly one of source, map and whole must be set");
    t.whole = NULL;
    refused(&t, RISE_E_BUG, "node type t: a map needs an input that comes frame by frame");
    t.map = NULL;
    refused(&t, RISE_E_BUG, "node type t: exactly one of source, map and whole must be set");
}

/* More than the set has room for at first. */
static void many_types(void **state) {
    (void)state;
    enum { N = 100 };
    static rise_node_type type[N];
    static char name[N][8];
    type_set set = {0};
    for (size_t i = 0; i < N; i++) {
        rise_error err = {0};
        snprintf(name[i], sizeof name[i], "t%zu", i);
        type[i] = (rise_node_type)TYPE(name[i], .version = 1);
        assert_int_equal(type_set_add(&set, &type[i], i % 2 ? "plug-in" : NULL, &err), RISE_OK);
    }
    for (size_t i = 0; i < N; i++)
        assert_ptr_equal(type_set_find(&set, name[i]), &type[i]);
    assert_null(type_set_find(&set, "t100"));
    assert_string_equal(set.plugin[99], "plug-in");
    type_set_free(&set);
}

/* ---- what check does ------------------------------------------------------------------------- */
static const rise_port told_out[] = {
    {.name = "o", .kinds = RISE_KINDS(RISE_TENSOR) | RISE_KINDS(RISE_TABLE), .mode = RISE_WHOLE},
    {0}};
static const rise_param told_params[] = {{.name = "does", .type = RISE_P_INT, .def = "0"},
                                         {.name = "file", .type = RISE_P_FILE, .def = "x.txt"},
                                         {.name = "on", .type = RISE_P_BOOL, .def = "false"},
                                         {0}};

static rise_status told_check(rise_ctx *ctx, rise_error *err) {
    switch (rise_param_int(ctx, "does")) {
    case 1:
        return RISE_E_DATA; /* and does not say why */
    case 2:
    case 10:
        return rise_fail(err, RISE_E_DATA, "it says why");
    case 3:
        rise_param_int(ctx, "dose");
        rise_param_real(ctx, "file"); /* the first is told */
        return RISE_OK;
    case 4:
        return rise_fail(err, RISE_E_BUG, "a bug that it noticed");
    case 5:
        rise_check_output(ctx, "o", RISE_MODEL);
        return RISE_OK;
    case 6:
        rise_check_output(ctx, "p", RISE_TABLE);
        return RISE_OK;
    case 7: /* a file is a path here, and what is false is not set */
        return strcmp(rise_param_file(ctx, "file")->path, "x.txt") || rise_param_bool(ctx, "on")
                   ? rise_fail(err, RISE_E_DATA, "another file")
                   : RISE_OK;
    case 8:
        return rise_fail_param(ctx, NULL, "does", "nobody listens");
    case 9:
        return rise_fail_param(ctx, err, "dose", "no such row");
    default:
        rise_check_output(ctx, "o", rise_param_bool(ctx, "on") ? RISE_TABLE : RISE_TENSOR);
        return RISE_OK;
    }
}

static const rise_node_type told =
    TYPE("told", .out = told_out, .params = told_params, .check = told_check);

/* "line:col: message", one line each; "" where the graph is good. */
static void told_of(const char *text, const char *expected) {
    type_set types = {0};
    error_list errors = {0};
    buffer out = {0};
    graph *g = NULL;
    rise_error err = {0};
    assert_int_equal(type_set_add(&types, &told, NULL, &err), RISE_OK);
    rise_status status = graph_parse(text, strlen(text), "g.yaml", &types, NULL, 0, &g, &errors);
    for (size_t i = 0; i < errors.n; i++) {
        const rise_error *e = &errors.item[i];
        buffer_format(&out, "%s:%ld:%ld: %s\n", e->file, e->line, e->col, e->message);
    }
    buffer_u8(&out, 0);
    assert_string_equal((const char *)out.bytes, expected);
    assert_true((status == RISE_OK) == !expected[0]);
    graph_free(g);
    buffer_free(&out);
    error_list_free(&errors);
    type_set_free(&types);
}

static void what_check_does(void **state) {
    (void)state;
    static const struct {
        const char *does, *expected;
    } cases[] = {
        {"does: 1", "g.yaml:3:3: a: bad input data\n"},
        {"does: 2", "g.yaml:3:3: it says why\n"},
        {"does: 3", "g.yaml:3:3: a: parameter `dose` is not among the rows of told\n"},
        {"does: 4", "g.yaml:3:3: a bug that it noticed\n"},
        {"does: 5", "g.yaml:3:3: a: output `o` of told is not there, or has not this kind\n"},
        {"does: 6", "g.yaml:3:3: a: output `p` of told is not there, or has not this kind\n"},
        {"does: 7", ""},
        {"does: 8", "g.yaml:3:3: a: graph error\n"},
        {"does: 9", "g.yaml:3:3: a: parameter `dose` is not among the rows of told\n"},
        {"does: 0", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        snprintf(text, sizeof text, "rise: 1\nnodes:\n  a: {type: told, %s}\n", cases[i].does);
        told_of(text, cases[i].expected);
    }
    /* once for all points of an axis that say the same */
    static const char axis[] =
        "rise: 1\naxes: {n: [2, 1, 10, 0]}\nnodes:\n  a: {type: told, does: $n}\n";
    told_of(axis, "g.yaml:4:3: it says why\ng.yaml:4:3: a: bad input data\n");
    told_of("rise: 1\naxes: {t: [true, false]}\nnodes:\n  a: {type: told, on: $t}\n",
            "g.yaml:4:3: a: output `o` is of another kind at other values of its axes\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ports_that_contradict_themselves),
        cmocka_unit_test(rows_that_contradict_themselves),
        cmocka_unit_test(types_that_contradict_themselves),
        cmocka_unit_test(many_types),
        cmocka_unit_test(what_check_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Graphs that are right: typing by rows, defaults, texts, canonical values, and what a node sees of
 * its parameters. */
#include "graph_at_work.h"

#include <locale.h>
#include <math.h>

/* ---- typing ---------------------------------------------------------------------------------- */
static void values_by_row(void **state) {
    (void)state;
    graph *g = load(HEAD "  a:\n"
                         "    type: scale\n"
                         "    input: glass\n"
                         "    factor: 1e-3\n"
                         "    count: 1e1\n"
                         "    seed: -9007199254740993\n"
                         "    sharp: true\n"
                         "    method: cubic\n"
                         "    label: No\n"
                         "    sizes: [0, 7.0, +3]\n"
                         "    weights: [.5, 5., -0, 2.5e+2]\n"
                         "    tags: [on, 08, \"\", 1_000, ~]\n"
                         "    species: [U, No, Cu]\n"
                         "    names: {yes: no, Zr: \"40\"}\n",
                    NULL, 0);
    rise_ctx c = at(g, "a", 0);
    assert_true(rise_param_real(&c, "factor") == 1e-3);
    assert_int_equal(rise_param_int(&c, "count"), 10);
    assert_true(rise_param_real(&c, "count") == 10.0);
    assert_true(rise_param_int(&c, "seed") == -9007199254740993);
    assert_true(rise_param_bool(&c, "sharp"));
    assert_string_equal(rise_param_text(&c, "method"), "cubic");
    assert_string_equal(rise_param_text(&c, "label"), "No");
    assert_int_equal(rise_param_count(&c, "sizes"), 3);
    assert_int_equal(rise_param_int_at(&c, "sizes", 1), 7);
    assert_int_equal(rise_param_int_at(&c, "sizes", 2), 3);
    assert_true(rise_param_real_at(&c, "weights", 0) == 0.5);
    assert_true(rise_param_real_at(&c, "weights", 1) == 5.0);
    assert_false(signbit(rise_param_real_at(&c, "weights", 2)));
    assert_true(rise_param_real_at(&c, "weights", 3) == 250.0);
    static const char *const tags[] = {"on", "08", "", "1_000", "~"};
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(rise_param_text_at(&c, "tags", i), tags[i]);
    }
    static const char *const species[] = {"Cu", "U", "No"}; /* by atomic number */
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(rise_param_text_at(&c, "species", i), species[i]);
    }
    assert_string_equal(rise_param_text_at(&c, "names", 0), "40"); /* by key */
    assert_string_equal(rise_param_key_at(&c, "names", 1), "yes");
    assert_string_equal(rise_param_text_at(&c, "names", 1), "no");
    assert_int_equal(c.bug, RISE_OK);
    graph_free(g);
}

static void defaults(void **state) {
    (void)state;
    graph *g = load(HEAD "  a: {type: scale, input: glass}\n", NULL, 0);
    rise_ctx c = at(g, "a", 0);
    assert_true(rise_param_real(&c, "factor") == 1.0);
    assert_int_equal(rise_param_int(&c, "count"), 3);
    assert_false(rise_param_bool(&c, "sharp"));
    assert_string_equal(rise_param_text(&c, "method"), "linear");
    assert_string_equal(rise_param_text(&c, "label"), "");
    assert_int_equal(rise_param_count(&c, "sizes"), 3);
    assert_int_equal(rise_param_int_at(&c, "sizes", 0), 3);
    assert_true(rise_param_set(&c, "tags"));
    assert_int_equal(rise_param_count(&c, "tags"), 0);
    assert_false(rise_param_set(&c, "weights"));
    assert_int_equal(rise_param_count(&c, "weights"), 0);
    assert_false(rise_param_set(&c, "species"));
    assert_false(rise_param_set(&c, "mask"));
    assert_null(rise_param_file(&c, "mask"));
    assert_true(rise_connected(&c, "input"));
    assert_int_equal(c.bug, RISE_OK);
    const graph_node *a = node_of(g, "a");
    for (size_t p = 0; p < a->n_params; p++) {
        assert_false(a->param[p].given);
        assert_int_equal(a->param[p].place.line, 4); /* the node */
    }
    assert_int_equal(a->cache, CACHE_AUTO);
    assert_int_equal(a->memory, 0);
    graph_free(g);
}

static void reserved_keys(void **state) {
    (void)state;
    graph *g = load(
        HEAD "  a: {type: scale, input: glass, cache: never, memory: 1.5 GiB, timeout: 2 min}\n"
             "  b: {type: scale, input: glass, cache: always, memory: 4096, timeout: 1.5}\n",
        NULL, 0);
    const graph_node *a = node_of(g, "a"), *b = node_of(g, "b");
    assert_int_equal(a->cache, CACHE_NEVER);
    assert_int_equal(a->memory, 1610612736);
    assert_true(a->timeout_s == 120.0);
    assert_int_equal(b->cache, CACHE_ALWAYS);
    assert_int_equal(b->memory, 4096);
    assert_true(b->timeout_s == 1.5);
    graph_free(g);
}

static void map_of_fields(void **state) {
    (void)state;
    graph *g = load("rise: 1\nnodes:\n"
                    "  glass: {type: reader, paths: x, labels: {e: E, f: {column: 2, file: e.csv}, "
                    "g: {file: g.csv}}}\n"
                    "  p: {type: sheet, input: [glass.e, glass.f, glass]}\n",
                    NULL, 0);
    rise_ctx c = at(g, "glass", 0);
    assert_int_equal(rise_param_count(&c, "labels"), 3);
    assert_string_equal(rise_param_text_at(&c, "labels", 0), "E");
    assert_null(rise_param_field(&c, "labels", 0, "file"));
    assert_null(rise_param_text_at(&c, "labels", 1));
    assert_string_equal(rise_param_field(&c, "labels", 1, "file"), "e.csv");
    assert_string_equal(rise_param_field(&c, "labels", 1, "column"), "2");
    assert_string_equal(rise_param_field(&c, "labels", 2, "column"), "1"); /* default */
    assert_int_equal(c.bug, RISE_OK);
    static const char *const outputs[] = {"frames", "e", "f", "g", "group"};
    const graph_node *glass = node_of(g, "glass");
    assert_int_equal(glass->n_outputs, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(glass->output[i].name, outputs[i]);
        assert_int_equal(glass->output[i].used, i < 3);
    }
    assert_int_equal(glass->output[0].kind, RISE_FRAMES);
    assert_string_equal(glass->output[2].port->name, "labels");
    graph_free(g);
}

static void slices(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t n, start, step, count;
    } cases[] = {{"'::'", 10, 0, 1, 10},   {"0:10:2", 10, 0, 2, 5}, {"0:9:2", 10, 0, 2, 5},
                 {"'-3:'", 10, 7, 1, 3},   {"':-3'", 10, 0, 1, 7},  {"5:3", 10, 5, 1, 0},
                 {"2:100:3", 10, 2, 3, 3}, {"'20:'", 10, 10, 1, 0}, {"' 1 : 4 '", 10, 1, 1, 3},
                 {"'-20:2'", 10, 0, 1, 2}, {"'0:'", 0, 0, 1, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "rise: 1\nnodes:\n  glass:\n    type: reader\n    paths: x\n    frames: %s\n",
                 cases[i].text);
        graph *g = load(text, NULL, 0);
        rise_ctx c = at(g, "glass", 0);
        size_t start = 99, step = 99, count = 99;
        rise_param_slice(&c, "frames", cases[i].n, &start, &step, &count);
        assert_int_equal(start, cases[i].start);
        assert_int_equal(step, cases[i].step);
        assert_int_equal(count, cases[i].count);
        graph_free(g);
    }
}

static void bugs_of_nodes(void **state) {
    (void)state;
    graph *g = load(HEAD "  a: {type: scale, input: glass, sizes: [1]}\n", NULL, 0);
    rise_ctx c = at(g, "a", 0);
    assert_true(rise_param_real(&c, "facter") == 0);
    assert_int_equal(c.bug, RISE_E_BUG);
    assert_string_equal(c.bug_text, "parameter `facter` is not among the rows of scale");
    c = at(g, "a", 0);
    assert_null(rise_param_text(&c, "factor"));
    assert_string_equal(c.bug_text, "parameter `factor` of scale is asked for as another type");
    c = at(g, "a", 0);
    assert_int_equal(rise_param_int_at(&c, "sizes", 1), 0);
    assert_string_equal(c.bug_text, "parameter `sizes` of scale is asked for beyond its end");
    c = at(g, "a", 0);
    assert_false(rise_connected(&c, "output"));
    assert_int_equal(c.bug, RISE_E_BUG);
    c = at(g, "a", 0);
    rise_check_output(&c, "value", RISE_TENSOR); /* at work, not while checking */
    assert_int_equal(c.bug, RISE_E_BUG);
    graph_free(g);
}

/* What is asked wrongly gives nothing, and the first mistake is the one that is told. */
static void nothing_comes_of_bugs(void **state) {
    (void)state;
    graph *g = load(HEAD "  a: {type: scale, input: glass, names: {k: v}}\n"
                         "  b: {type: reader, paths: x, labels: {e: {file: f}, w: E}}\n"
                         "  c: {type: sink, input: glass, path: x}\n",
                    NULL, 0);
    rise_ctx c = at(g, "a", 0);
    assert_false(rise_param_bool(&c, "shrap"));
    assert_int_equal(rise_param_int(&c, "cuont"), 0);
    assert_null(rise_param_file(&c, "label"));
    assert_string_equal(c.bug_text, "parameter `shrap` is not among the rows of scale");
    c = at(g, "a", 0);
    assert_true(rise_param_real_at(&c, "weights", 0) == 0); /* not set, and no bug */
    assert_null(rise_param_file(&c, "mask"));
    assert_int_equal(c.bug, RISE_OK);
    assert_null(rise_param_key_at(&c, "names", 1));
    assert_string_equal(c.bug_text, "parameter `names` of scale is asked for beyond its end");
    c = at(g, "a", 0);
    assert_null(rise_param_field(&c, "names", 0, "file")); /* its entries are texts */
    assert_string_equal(c.bug_text, "field `file` is not among the rows of `names`");
    c = at(g, "b", 0);
    assert_string_equal(rise_param_field(&c, "labels", 0, "file"), "f");
    assert_string_equal(rise_param_field(&c, "labels", 0, "column"), "1");
    assert_null(rise_param_field(&c, "labels", 1, "file"));
    assert_int_equal(c.bug, RISE_OK);
    assert_null(rise_param_field(&c, "labels", 2, "file"));
    assert_string_equal(c.bug_text, "parameter `labels` of reader is asked for beyond its end");
    c = at(g, "b", 0);
    assert_null(rise_param_field(&c, "labels", 0, "row"));
    assert_string_equal(c.bug_text, "field `row` is not among the rows of `labels`");
    c = at(g, "b", 0);
    size_t start = 9, step = 9, count = 9;
    rise_param_slice(&c, "slice", 5, &start, &step, &count); /* no such row: all of them */
    assert_true(start == 0 && step == 1 && count == 5);
    assert_int_equal(c.bug, RISE_E_BUG);
    c = at(g, "c", 0);
    rise_check_output(&c, "value", RISE_TENSOR);
    assert_string_equal(c.bug_text, "output `value` of sink is not there, or has not this kind");
    graph_free(g);
}

static void errors_of_parameters(void **state) {
    (void)state;
    static const char *const set[] = {"b.count=5"};
    graph *g = load("rise: 1\naxes:\n  n: [4, 5]\nnodes:\n  glass: {type: reader, paths: x}\n"
                    "  a: {type: scale, input: glass, count: $n}\n"
                    "  b: {type: scale, input: glass}\n",
                    set, 1);
    rise_error err = {0};
    rise_ctx c = at(g, "a", 1);
    assert_int_equal(rise_fail_param(&c, &err, "count", "%d is odd", 5), RISE_E_GRAPH);
    assert_string_equal(err.file, "folder/g.yaml");
    assert_int_equal(err.line, 3);
    assert_int_equal(err.col, 10);
    assert_string_equal(err.message, "a: 5 is odd");
    c = at(g, "a", 0);
    (void)rise_fail_param(&c, &err, "factor", "too small");
    assert_int_equal(err.line, 6); /* a default stands at its node */
    c = at(g, "b", 0);
    (void)rise_fail_param(&c, &err, "count", "odd");
    assert_string_equal(err.file, "--set b.count");
    assert_int_equal(err.line, 0);
    graph_free(g);
    static const char *const axis[] = {"axes.n=[6, 7]"};
    g = load("rise: 1\naxes:\n  n: [4, 5]\nnodes:\n  glass: {type: reader, paths: x}\n"
             "  a: {type: scale, input: glass, count: $n}\n",
             axis, 1);
    c = at(g, "a", 1);
    (void)rise_fail_param(&c, &err, "count", "odd");
    assert_string_equal(err.file, "--set axes.n");
    graph_free(g);
}

/* ---- canonical values ------------------------------------------------------------------------ */
/* Canonical text of every parameter of node `a` in a graph with this line for it. */
static char *canonical(const char *line, arena *a) {
    buffer text = {0}, out = {0};
    buffer_format(&text, HEAD "  a: {type: scale, input: glass, %s}\n", line);
    buffer_u8(&text, 0);
    graph *g = load((const char *)text.bytes, NULL, 0);
    const graph_node *node = node_of(g, "a");
    for (size_t p = 0; p < node->n_params; p++) {
        graph_value_canonical(graph_param_at(g, node, p, 0), &out);
        buffer_text(&out, ";");
    }
    char *copy = arena_bytes(a, out.bytes, out.size);
    assert_non_null(copy);
    graph_free(g);
    buffer_free(&out);
    buffer_free(&text);
    return copy;
}

static void equal_meaning_equal_text(void **state) {
    (void)state;
    static const char *const same[][2] = {
        {"factor: 5", "factor: 5.0"},
        {"factor: 5", "factor: 5e0"},
        {"factor: 0.5", "factor: .50"},
        {"factor: 0.1", "factor: 1e-1"},
        {"weights: [0]", "weights: [-0.0]"},
        {"weights: 5", "weights: [5.]"},
        {"weights: [4.9e-324]", "weights: [5e-324]"},
        {"count: 3", "factor: 1"}, /* defaults written out */
        {"count: 4", "count: 4.0"},
        {"count: 4, factor: 2", "factor: 2, count: 4"},
        {"species: [Zr, Cu]", "species: [Cu, Zr]"},
        {"tags: x", "tags: [\"x\"]"},
        {"names: {a: b, c: d}", "names: {c: d, a: b}"},
        {"label: 'a b'", "label: a b"},
        {"sizes: [1, 2]", "sizes: [1.0, 2e0], # why\n"},
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        arena a = {0};
        assert_string_equal(canonical(same[i][0], &a), canonical(same[i][1], &a));
        arena_free(&a);
    }
}

static void different_meaning_different_text(void **state) {
    (void)state;
    static const char *const line[] = {
        "factor: 5",
        "factor: 5.000000000000001",
        "count: 5",
        "seed: 9007199254740993",
        "seed: 9007199254740992",
        "label: \"5\"",
        "label: true",
        "sharp: true",
        "tags: [a, b]",
        "tags: [\"a,b\"]",
        "tags: [\"a\\\",1\\\"b\"]",
        "tags: [ab]",
        "tags: [a, \"\", b]",
        "names: {a: b}",
        "names: {a: b, c: d}",
        "label: \"unset\"",
        "weights: [1]",
        "weights: []",
        "tags: \"\"",
        "species: [Cu]",
    };
    arena a = {0};
    enum { N = sizeof line / sizeof *line };
    const char *text[N];
    for (size_t i = 0; i < N; i++) {
        text[i] = canonical(line[i], &a);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(text[i], text[j]) == 0) {
                fail_msg("`%s` and `%s` are both %s", line[i], line[j], text[i]);
            }
        }
    }
    arena_free(&a);
}

static void locale_does_not_matter(void **state) {
    (void)state;
    arena a = {0};
    char *before = canonical("factor: 0.25, weights: [1e-3, 2.5]", &a);
    static const char *const comma[] = {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8"};
    for (size_t i = 0; i < 3; i++) { /* where none is installed the two runs are the same */
        if (setlocale(LC_ALL, comma[i])) {
            break;
        }
    }
    char *after = canonical("factor: 0.25, weights: [1e-3, 2.5]", &a);
    setlocale(LC_ALL, "C");
    assert_string_equal(before, after);
    assert_non_null(strstr(before, "0.25"));
    arena_free(&a);
}

/* ---- files and bytes ------------------------------------------------------------------------- */
static void byte_order_mark_and_crlf(void **state) {
    (void)state;
    graph *g = load("\xef\xbb\xbfrise: 1\r\ntitle: \"Zr\xc3\xa5\"\r\nnodes:\r\n"
                    "  glass:\r\n    type: reader\r\n    paths: x\r\n",
                    NULL, 0);
    assert_string_equal(g->title, "Zr\xc3\xa5");
    assert_string_equal(g->path, "folder/g.yaml");
    assert_string_equal(g->folder, "folder");
    rise_ctx c = at(g, "glass", 0);
    assert_int_equal(c.node->place.line, 4);
    graph_free(g);
}

static void missing_file(void **state) {
    (void)state;
    type_set types = {0};
    error_list errors = {0};
    graph *g = NULL;
    assert_int_equal(graph_load("tests/no such file.yaml", &types, NULL, 0, &g, &errors),
                     RISE_E_NOINPUT);
    assert_int_equal(errors.n, 1);
    assert_string_equal(errors.item[0].file, "tests/no such file.yaml");
    assert_null(g);
    error_list_free(&errors);
    assert_int_equal(graph_load("tests", &types, NULL, 0, &g, &errors), RISE_E_NOINPUT);
    assert_int_equal(errors.n, 1);
    error_list_free(&errors);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_by_row),
        cmocka_unit_test(defaults),
        cmocka_unit_test(reserved_keys),
        cmocka_unit_test(map_of_fields),
        cmocka_unit_test(slices),
        cmocka_unit_test(bugs_of_nodes),
        cmocka_unit_test(nothing_comes_of_bugs),
        cmocka_unit_test(errors_of_parameters),
        cmocka_unit_test(equal_meaning_equal_text),
        cmocka_unit_test(different_meaning_different_text),
        cmocka_unit_test(locale_does_not_matter),
        cmocka_unit_test(byte_order_mark_and_crlf),
        cmocka_unit_test(missing_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

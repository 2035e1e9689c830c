/* Graphs that are right: typing by rows, defaults, axes, zip, over, references, texts, canonical
 * values, and what a node sees of its parameters. */
#include "support/toy_nodes.h"

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* ---- loading --------------------------------------------------------------------------------- */
static graph *load(const char *text, const char *const *set, size_t n_set) {
    type_set types = {0};
    error_list errors = {0};
    graph *g = NULL;
    toy_types(&types);
    rise_status status =
        graph_parse(text, strlen(text), "folder/g.yaml", &types, set, n_set, &g, &errors);
    for (size_t i = 0; i < errors.n && i < 100; i++) {
        char line[1200];
        rise_error_format(&errors.item[i], line, sizeof line);
        print_error("%s\n", line);
    }
    assert_int_equal(errors.n, 0);
    assert_int_equal(status, RISE_OK);
    error_list_free(&errors);
    type_set_free(&types);
    return g;
}

static const graph_node *node_of(const graph *g, const char *name) {
    size_t i = graph_find_node(g, name);
    assert_true(i < g->n_nodes);
    return &g->node[i];
}

/* What a node sees at one of its instances. */
static rise_ctx at(const graph *g, const char *name, size_t instance) {
    const graph_node *node = node_of(g, name);
    return (rise_ctx){.graph = g, .node = (graph_node *)(uintptr_t)node, .instance = instance};
}

static size_t input_of(const graph_node *node, const char *port) {
    for (size_t i = 0; i < node->n_inputs; i++) {
        if (strcmp(node->input[i].port->name, port) == 0) {
            return i;
        }
    }
    fail_msg("no input %s", port);
    return 0;
}

static void expect_name(const graph *g, const char *node, size_t instance, const char *expected) {
    arena a = {0};
    char *name = graph_instance_name(g, node_of(g, node), instance, &a);
    assert_string_equal(name, expected);
    arena_free(&a);
}

#define HEAD                                                                                       \
    "rise: 1\nnodes:\n  glass: {type: reader, paths: [b.xyz, 'a*.xyz'], labels: {energy: E}}\n"

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
}

/* ---- axes ------------------------------------------------------------------------------------ */
#define STUDY                                                                                      \
    "rise: 1\n"                                                                                    \
    "axes:\n"                                                                                      \
    "  r: [3.0, 3.50, 4]\n"                                                                        \
    "  s: [1, 2]\n"                                                                                \
    "nodes:\n"                                                                                     \
    "  all: {type: gather, input: m.metrics}\n"                                                    \
    "  one: {type: gather, input: m.metrics, over: r}\n"                                           \
    "  two: {type: gather, input: \"m.metrics[r=3.5]\"}\n"                                         \
    "  w: {type: sink, input: h, path: \"x/{r}_{s}.npy\"}\n"                                       \
    "  m: {type: fit, input: h, target: glass.energy, seed: $s}\n"                                 \
    "  h: {type: match, input: v, leaders: u}\n"                                                   \
    "  u: {type: leaders, input: v, seed: $s}\n"                                                   \
    "  v: {type: vectors, input: glass, r_cut: $r}\n"                                              \
    "  p: {type: sheet, input: [u, one, \"m[s=2]\"], over: [s], title: \"r {r} {x} {\"}\n"         \
    "  glass: {type: reader, paths: x, labels: {energy: E}}\n"

static void order_is_topological(void **state) {
    (void)state;
    graph *g = load(STUDY, NULL, 0);
    static const char *const expected[] = {"glass", "v",   "u",   "h",   "w",
                                           "m",     "all", "one", "two", "p"};
    assert_int_equal(g->n_nodes, 10);
    for (size_t i = 0; i < g->n_nodes; i++) {
        assert_string_equal(g->node[i].name, expected[i]);
        assert_int_equal(graph_find_node(g, expected[i]), i);
        for (size_t j = 0; j < g->node[i].n_inputs; j++) {
            for (size_t k = 0; k < g->node[i].input[j].n_refs; k++) {
                assert_true(g->node[i].input[j].ref[k].node < i);
            }
        }
    }
    assert_true(graph_find_node(g, "nobody") == SIZE_MAX);
    graph_free(g);
}

static void axes_multiply_and_reduce(void **state) {
    (void)state;
    graph *g = load(STUDY, NULL, 0);
    static const struct {
        const char *node;
        size_t n;
    } sizes[] = {{"glass", 1}, {"v", 3},   {"u", 6},   {"h", 6}, {"m", 6},
                 {"all", 1},   {"one", 2}, {"two", 1}, {"w", 6}, {"p", 3}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_int_equal(node_of(g, sizes[i].node)->n_instances, sizes[i].n);
    }
    expect_name(g, "glass", 0, "glass");
    expect_name(g, "v", 1, "v[r=3.5]");
    expect_name(g, "u", 0, "u[r=3,s=1]");
    expect_name(g, "u", 1, "u[r=3,s=2]"); /* the last axis runs fastest */
    expect_name(g, "u", 5, "u[r=4,s=2]");
    expect_name(g, "one", 1, "one[s=2]");

    const graph_node *u = node_of(g, "u"), *one = node_of(g, "one"), *p = node_of(g, "p");
    assert_int_equal(graph_source_count(g, u, 0, 0), 1);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(graph_source(g, u, i, 0, 0, 0), i / 2);
    }
    assert_int_equal(graph_source_count(g, one, 0, 0), 3);
    for (size_t k = 0; k < 3; k++) { /* one[s=2] gathers m[r=*,s=2] */
        assert_int_equal(graph_source(g, one, 1, 0, 0, k), 2 * k + 1);
    }
    const graph_node *all = node_of(g, "all");
    assert_int_equal(graph_source_count(g, all, 0, 0), 6);
    for (size_t k = 0; k < 6; k++) {
        assert_int_equal(graph_source(g, all, 0, 0, 0, k), k);
    }
    const graph_node *two = node_of(g, "two"); /* m[r=3.5] over s */
    assert_int_equal(graph_source_count(g, two, 0, 0), 2);
    assert_int_equal(graph_source(g, two, 0, 0, 0, 0), 2);
    assert_int_equal(graph_source(g, two, 0, 0, 0, 1), 3);
    size_t i = input_of(p, "input"); /* p has r; u and one are reduced over s, m is fixed at s=2 */
    assert_int_equal(graph_source_count(g, p, i, 0), 2);
    assert_int_equal(graph_source(g, p, 2, i, 0, 1), 5);
    assert_int_equal(graph_source_count(g, p, i, 1), 2);
    assert_int_equal(graph_source(g, p, 2, i, 1, 1), 1);
    assert_int_equal(graph_source_count(g, p, i, 2), 1);
    assert_int_equal(graph_source(g, p, 2, i, 2, 0), 5);
    assert_string_equal(p->input[i].ref[2].text, "m[s=2]");
    graph_free(g);
}

static void parameters_follow_axes(void **state) {
    (void)state;
    graph *g = load(STUDY, NULL, 0);
    static const double r[] = {3.0, 3.5, 4.0};
    for (size_t i = 0; i < 3; i++) {
        rise_ctx c = at(g, "v", i);
        assert_true(rise_param_real(&c, "r_cut") == r[i]);
        assert_true(rise_param_real(&c, "sigma") == 0.5);
    }
    const graph_node *v = node_of(g, "v");
    assert_int_equal(v->param[0].n_values, 3);
    assert_int_equal(v->param[0].axis, 0);
    assert_int_equal(v->param[0].place.line, 13);
    assert_int_equal(v->param[0].value[1].place.line, 3);
    for (size_t i = 0; i < 6; i++) {
        rise_ctx c = at(g, "u", i);
        assert_int_equal(rise_param_int(&c, "seed"), 1 + i % 2);
    }
    graph_free(g);
}

static void axes_in_texts(void **state) {
    (void)state;
    graph *g = load(STUDY, NULL, 0);
    rise_ctx c = at(g, "w", 3);
    assert_string_equal(rise_param_text(&c, "path"), "x/3.5_2.npy");
    arena_free(&c.texts);
    c = at(g, "p", 2); /* braces around anything else are plain text */
    assert_string_equal(rise_param_text(&c, "title"), "r 4 {x} {");
    arena_free(&c.texts);
    graph_free(g);
}

static void zipped_axes(void **state) {
    (void)state;
    graph *g = load("rise: 1\n"
                    "axes: {a: [1, 2], b: [x, y, z], c: [3, 5], d: [7, 8, 9]}\n"
                    "zip: [[a, c], [d, b]]\n"
                    "nodes:\n"
                    "  glass: {type: reader, paths: x, labels: {energy: E}}\n"
                    "  v: {type: vectors, input: glass, r_cut: $c, sigma: $a}\n"
                    "  u: {type: leaders, input: v, seed: $d}\n"
                    "  g: {type: gather, input: u.origins, over: b}\n"
                    "  f: {type: sheet, input: \"u[b=y]\"}\n",
                    NULL, 0);
    assert_int_equal(g->n_dims, 2);
    assert_int_equal(node_of(g, "v")->n_instances, 2);
    assert_int_equal(node_of(g, "u")->n_instances, 6);
    assert_int_equal(node_of(g, "g")->n_instances, 2);
    expect_name(g, "u", 4, "u[a=2,b=y,c=5,d=8]");
    rise_ctx c = at(g, "u", 5);
    assert_int_equal(rise_param_int(&c, "seed"), 9);
    c = at(g, "v", 1);
    assert_true(rise_param_real(&c, "r_cut") == 5 && rise_param_real(&c, "sigma") == 2);
    const graph_node *gather = node_of(g, "g"), *f = node_of(g, "f");
    assert_int_equal(graph_source_count(g, gather, 0, 0), 3);
    assert_int_equal(graph_source(g, gather, 1, 0, 0, 2), 5);
    assert_int_equal(graph_source(g, f, 0, 0, 0, 1), 4); /* y is the second of its axis */
    graph_free(g);
}

static void axes_of_maps(void **state) {
    (void)state;
    graph *g = load("rise: 1\n"
                    "axes:\n"
                    "  alloy:\n"
                    "    - {name: ZrCu, path: [a, b], cut: 4, species: [Zr, Cu]}\n"
                    "    - {name: PdSi, path: c, cut: 5.5, species: [Si, Pd]}\n"
                    "nodes:\n"
                    "  glass: {type: reader, paths: $alloy.path, labels: {energy: {file: "
                    "\"{alloy}_{alloy.cut}.csv\"}}}\n"
                    "  s: {type: scale, input: glass, factor: $alloy.cut, species: $alloy.species, "
                    "sizes: [1, $alloy.cut2]}\n",
                    (const char *const[]){"axes.alloy=[{name: ZrCu, path: [a, b], cut: 4, cut2: 1, "
                                          "species: [Zr, Cu]}, {name: PdSi, path: c, cut: 5.5, "
                                          "cut2: 2, species: [Si, Pd]}]"},
                    1);
    expect_name(g, "s", 1, "s[alloy=PdSi]");
    rise_ctx c = at(g, "s", 1);
    assert_true(rise_param_real(&c, "factor") == 5.5);
    assert_string_equal(rise_param_text_at(&c, "species", 0), "Si");
    assert_int_equal(rise_param_int_at(&c, "sizes", 1), 2);
    c = at(g, "glass", 1);
    assert_string_equal(rise_param_field(&c, "labels", 0, "file"), "PdSi_5.5.csv");
    arena_free(&c.texts);
    const graph_node *glass = node_of(g, "glass");
    assert_int_equal(graph_param_at(g, glass, 0, 0)->n, 2);
    assert_int_equal(graph_param_at(g, glass, 0, 1)->n, 1);
    assert_true(isnan(g->axis[0].number[0]));
    graph_free(g);
}

static void narrowing(void **state) {
    (void)state;
    graph *g = load(HEAD "  a: {type: gather, input: glass.energy}\n"
                         "  b: {type: gather, input: glass.energy, form: tensor}\n"
                         "  p: {type: sheet, input: b, beside: a}\n",
                    NULL, 0);
    assert_int_equal(node_of(g, "a")->output[0].kind, RISE_TABLE);
    assert_int_equal(node_of(g, "b")->output[0].kind, RISE_TENSOR);
    graph_free(g);
}

/* ---- --set ----------------------------------------------------------------------------------- */
static void assignments(void **state) {
    (void)state;
    static const char *const set[] = {"axes.r=[3.5, 6]", "v.sigma=0.25",        "u.cache=never",
                                      "m.seed=7",        "glass.labels.spin=S", "p.title=\"a=b\""};
    graph *g = load(STUDY, set, 6);
    assert_int_equal(g->dim_size[0], 2);
    expect_name(g, "v", 1, "v[r=6]");
    rise_ctx c = at(g, "v", 1);
    assert_true(rise_param_real(&c, "sigma") == 0.25);
    const graph_node *v = node_of(g, "v");
    assert_true(v->param[1].given && v->param[1].place.line == 0 && v->param[1].place.col == 0);
    assert_int_equal(node_of(g, "u")->cache, CACHE_NEVER);
    c = at(g, "m", 0);
    assert_int_equal(rise_param_int(&c, "seed"), 7);
    assert_int_equal(node_of(g, "glass")->n_outputs, 4);
    c = at(g, "p", 0);
    assert_string_equal(rise_param_text(&c, "title"), "a=b");
    graph_free(g);
    static const char *const fresh[] = {"axes.t=[1, 2, 3]", "m.rounds=$t"};
    g = load(STUDY, fresh, 2); /* a new axis is fine when somebody uses it */
    assert_int_equal(node_of(g, "m")->n_instances, 18);
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

/* ---- node types ------------------------------------------------------------------------------ */
static rise_status whole(rise_ctx *ctx, rise_error *err) {
    (void)ctx;
    return rise_fail(err, RISE_E_BUG, "never called");
}

static void refused(const rise_node_type *type, rise_status status, const char *message) {
    type_set set = {0};
    rise_error err = {0};
    toy_types(&set);
    assert_int_equal(type_set_add(&set, type, &err), status);
    assert_string_equal(err.message, message);
    type_set_free(&set);
}

static void contradictory_types(void **state) {
    (void)state;
    rise_param rows[] = {
        {.name = "x", .type = RISE_P_REAL, .def = "2", .min = 0, .max = 1, .unit = "Å"}, {0}};
    rise_port in[] = {{.name = "input", .kinds = RISE_ANY_KIND, .mode = RISE_WHOLE}, {0}};
    rise_node_type t = {.abi = RISE_NODE_ABI,
                        .size = sizeof t,
                        .name = "t",
                        .brief = "a test",
                        .params = rows,
                        .in = in,
                        .whole = whole};
    refused(&t, RISE_E_BUG,
            "node type t, x: t.x: 2 Å is out of range: expected at least 0 and at most 1 Å");
    rows[0].def = "1";
    rows[0].name = "cache";
    refused(&t, RISE_E_BUG, "node type t, cache: this cannot name a parameter");
    rows[0].name = "input";
    refused(&t, RISE_E_BUG, "node type t, input: a port and a parameter have this name");
    rows[0].name = "x";
    rows[0].min = 3;
    refused(&t, RISE_E_BUG, "node type t, x: min is above max");
    rows[0] = (rise_param){.name = "x", .type = RISE_P_FILES};
    refused(&t, RISE_E_BUG, "node type t, x: only sources take lists of files");
    rows[0] = (rise_param){.name = "x", .type = RISE_P_CHOICE, .choices = "a|b", .def = "c"};
    refused(&t, RISE_E_BUG, "node type t, x: t.x: expected one of a and b, found `c`");
    rows[0].def = "a";
    in[0].flags = RISE_PORT_PER_KEY;
    refused(&t, RISE_E_BUG, "node type t, input: a flag that means nothing here");
    in[0].flags = 0;
    t.abi = RISE_NODE_ABI + 1;
    char message[128];
    snprintf(message, sizeof message,
             "a node type of ABI %u (%zu bytes), expected ABI %u (%zu bytes)", RISE_NODE_ABI + 1,
             sizeof t, RISE_NODE_ABI, sizeof t);
    refused(&t, RISE_E_USAGE, message);
    t.abi = RISE_NODE_ABI;
    t.name = "scale";
    refused(&t, RISE_E_USAGE, "node type `scale` is there already");
    t.name = "t";
    t.whole = NULL;
    refused(&t, RISE_E_BUG, "node type t: exactly one of source, map and whole must be set");
}

/* ---- many ------------------------------------------------------------------------------------ */
static void many_nodes(void **state) {
    (void)state;
    enum { N = 20000 };
    buffer text = {0};
    buffer_text(&text, "rise: 1\nnodes:\n");
    for (size_t i = N; i-- > 1;) { /* consumers first: the order of the file is the worst one */
        buffer_format(&text, "  n%zu: {type: sheet, input: n%zu}\n", i, i - 1);
    }
    buffer_text(&text, "  n0: {type: reader, paths: x}\n");
    buffer_u8(&text, 0);
    graph *g = load((const char *)text.bytes, NULL, 0);
    assert_int_equal(g->n_nodes, N);
    for (size_t i = 0; i < N; i++) {
        char name[24];
        snprintf(name, sizeof name, "n%zu", i);
        assert_int_equal(graph_find_node(g, name), i);
    }
    graph_free(g);
    buffer_free(&text);
}

static void many_instances(void **state) {
    (void)state;
    enum { N = 90000 };
    buffer text = {0};
    buffer_text(&text, "rise: 1\naxes:\n  n: [0");
    for (size_t i = 1; i < N; i++) {
        buffer_format(&text, ",%zu", i);
    }
    buffer_text(&text, "]\nnodes:\n  glass: {type: reader, paths: x, labels: {energy: E}}\n"
                       "  a: {type: scale, input: glass, seed: $n}\n"
                       "  w: {type: sink, input: a, path: \"{n}.npy\"}\n"
                       "  g: {type: gather, input: a}\n");
    buffer_u8(&text, 0);
    graph *g = load((const char *)text.bytes, NULL, 0);
    assert_int_equal(node_of(g, "w")->n_instances, N);
    const graph_node *gather = node_of(g, "g");
    assert_int_equal(graph_source_count(g, gather, 0, 0), N);
    assert_int_equal(graph_source(g, gather, 0, 0, 0, N - 1), N - 1);
    rise_ctx c = at(g, "a", 77777);
    assert_int_equal(rise_param_int(&c, "seed"), 77777);
    graph_free(g);
    buffer_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_by_row),
        cmocka_unit_test(defaults),
        cmocka_unit_test(reserved_keys),
        cmocka_unit_test(map_of_fields),
        cmocka_unit_test(slices),
        cmocka_unit_test(bugs_of_nodes),
        cmocka_unit_test(errors_of_parameters),
        cmocka_unit_test(order_is_topological),
        cmocka_unit_test(axes_multiply_and_reduce),
        cmocka_unit_test(parameters_follow_axes),
        cmocka_unit_test(axes_in_texts),
        cmocka_unit_test(zipped_axes),
        cmocka_unit_test(axes_of_maps),
        cmocka_unit_test(narrowing),
        cmocka_unit_test(assignments),
        cmocka_unit_test(equal_meaning_equal_text),
        cmocka_unit_test(different_meaning_different_text),
        cmocka_unit_test(locale_does_not_matter),
        cmocka_unit_test(byte_order_mark_and_crlf),
        cmocka_unit_test(missing_file),
        cmocka_unit_test(contradictory_types),
        cmocka_unit_test(many_nodes),
        cmocka_unit_test(many_instances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

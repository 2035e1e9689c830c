/* Graphs with many instances: axes, zip, over, references to points, --set, and sizes that users do
 * not reach. */
#include "graph_at_work.h"

#include <math.h>

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

/* What names a point may be a number, with what belongs to it: a figure is drawn over it. */
static void axes_of_numbered_maps(void **state) {
    (void)state;
    graph *g = load("rise: 1\n"
                    "axes:\n"
                    "  size: [{percent: 10, factor: 2}, {percent: 2.5e1, factor: 3}]\n"
                    "nodes:\n"
                    "  glass: {type: reader, paths: a, labels: {energy: e}}\n"
                    "  s: {type: scale, input: glass, factor: $size.factor}\n",
                    NULL, 0);
    expect_name(g, "s", 1, "s[size=25]");
    assert_true(g->axis[0].number[0] == 10 && g->axis[0].number[1] == 25);
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
        cmocka_unit_test(order_is_topological),
        cmocka_unit_test(axes_multiply_and_reduce),
        cmocka_unit_test(parameters_follow_axes),
        cmocka_unit_test(axes_in_texts),
        cmocka_unit_test(zipped_axes),
        cmocka_unit_test(axes_of_maps),
        cmocka_unit_test(axes_of_numbered_maps),
        cmocka_unit_test(narrowing),
        cmocka_unit_test(assignments),
        cmocka_unit_test(many_nodes),
        cmocka_unit_test(many_instances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

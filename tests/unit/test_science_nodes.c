/* The nodes entropy, rdf, statistics and select in graphs: which numbers meet which groups, what is
 * left out, and what each says about input that it cannot use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "support/folder.h"

#include <rise/rise.h>

#include "kit/bytes.h"
#include "kit/npy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/rise-science-XXXXXX";
static rise_host *host;

static void write_bytes(const char *name, const void *bytes, size_t size) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

static void write_text(const char *name, const char *text) {
    write_bytes(name, text, strlen(text));
}

static void write_npy(const char *name, rise_dtype dtype, int rank, const size_t *shape,
                      const void *data) {
    byte_buffer b = {0};
    npy_add(&b, dtype, rank, shape, data);
    assert_false(b.failed);
    write_bytes(name, b.data, b.size);
    bytes_free(&b);
}

/* ---- a run ----------------------------------------------------------------------------------- */
typedef struct session {
    rise_graph *graph;
    rise_run *run;
    rise_status status; /* of loading, else of the run */
    rise_error error;
} session;

static session run(const char *nodes) {
    char path[128], cache[128], out[128], text[4096];
    session s = {0};
    rise_error errors[4] = {0};
    size_t n = 0;
    bool axes = strncmp(nodes, "axes:", 5) == 0;
    snprintf(text, sizeof text, "rise: 1\n%s%s", axes ? "" : "nodes:\n", nodes);
    write_text("graph.yaml", text);
    snprintf(path, sizeof path, "%s/graph.yaml", folder);
    snprintf(cache, sizeof cache, "%s/cache", folder);
    snprintf(out, sizeof out, "%s/out", folder);
    s.status = rise_graph_load(host, path, NULL, 0, &s.graph, errors, 4, &n);
    s.error = errors[0];
    if (s.status == RISE_OK) {
        rise_run_options options = {.cache = cache, .out = out, .jobs = 2};
        assert_int_equal(rise_run_start(host, s.graph, &options, &s.run, &s.error), RISE_OK);
        s.status = rise_run_wait(s.run, &s.error);
    }
    return s;
}

static void end(session *s) {
    rise_run_free(s->run);
    rise_graph_free(s->graph);
}

static session run_well(const char *nodes) {
    session s = run(nodes);
    if (s.status != RISE_OK) {
        fail_msg("%s (%s)", s.error.message, s.error.hint);
    }
    return s;
}

static void refused(const char *nodes, const char *message, const char *hint) {
    session s = run(nodes);
    assert_int_not_equal(s.status, RISE_OK);
    if (!strstr(s.error.message, message) || !strstr(s.error.hint, hint)) {
        fail_msg("'%s' (%s) lacks '%s' (%s)", s.error.message, s.error.hint, message, hint);
    }
    end(&s);
}

static rise_value *value_of(session *s, const char *reference) {
    rise_value *value = NULL;
    rise_error err = {0};
    if (rise_run_value(s->run, reference, &value, &err) != RISE_OK) {
        fail_msg("%s: %s", reference, err.message);
    }
    return value;
}

static double cell_of(const rise_value *table, const char *column, size_t row) {
    const rise_column *c = rise_table_find(rise_value_table(table), column);
    assert_non_null(c);
    assert_true(row < rise_value_table(table)->n_rows && c->dtype != RISE_TEXT);
    return c->f64 ? c->f64[row] : (double)c->i64[row];
}

static void near(double found, double wanted) {
    if (!(fabs(found - wanted) <= 1e-12 * fmax(1, fabs(wanted)))) {
        fail_msg("%.17g, expected %.17g", found, wanted);
    }
}

/* ---- statistics ------------------------------------------------------------------------------ */
/* numpy: mean, std(ddof=1), quantile([0.25, 0.5, 0.75]) of 5 1 4 2 and of 7. */
static void by_label_of_each_number(void **unused) {
    (void)unused;
    const double x[8] = {5, 100, 1, 7, 4, -3, 2, 1000};
    const int32_t by[8] = {2, -1, 2, 9, 2, -1, 2, -5};
    write_npy("x.npy", RISE_F64, 2, (const size_t[]){2, 4}, x);
    write_npy("by.npy", RISE_I32, 2, (const size_t[]){2, 4}, by);
    session s = run_well("  x: {type: import, path: x.npy, dims: [frame, atom]}\n"
                         "  by: {type: import, path: by.npy, dims: [frame, atom]}\n"
                         "  s: {type: statistics, input: x, by: by}\n"
                         "  again: {type: statistics, input: s, column: mean}\n");
    static const char *const names[] = {"group", "n",      "mean", "std", "min",
                                        "q1",    "median", "q3",   "max", "range"};
    const double wanted[2][10] = {{2, 4, 3, sqrt(10.0 / 3), 1, 1.75, 3, 4.25, 5, 4},
                                  {9, 1, 7, 0, 7, 7, 7, 7, 7, 0}};
    rise_value *t = value_of(&s, "s"), *all = value_of(&s, "again");
    assert_int_equal(rise_value_table(t)->n_rows, 2);
    for (size_t row = 0; row < 2; row++) {
        for (size_t c = 0; c < 10; c++) {
            near(cell_of(t, names[c], row), wanted[row][c]);
        }
    }
    assert_int_equal(rise_value_table(all)->n_rows, 1);
    assert_string_equal(rise_table_find(rise_value_table(all), "group")->text[0], "all");
    near(cell_of(all, "mean", 0), 5);
    near(cell_of(all, "std", 0), sqrt(8));
    rise_value_release(t);
    rise_value_release(all);
    end(&s);
}

/* Frames of 1, 3 and 2 atoms, far apart: S2 of an atom is 0; made distinct by the global density of
 * cubes of different sides. Labels are per frame. */
static void by_label_of_each_frame(void **unused) {
    (void)unused;
    write_text("a.xyz", "1\nLattice=\"30 0 0 0 30 0 0 0 30\" Properties=species:S:1:pos:R:3 "
                        "time=0.5 pbc=\"F F F\"\nCu 1 1 1\n"
                        "3\nLattice=\"30 0 0 0 30 0 0 0 30\" Properties=species:S:1:pos:R:3 "
                        "time=2 pbc=\"F F F\"\nCu 1 1 1\nCu 11 1 1\nZr 1 11 1\n");
    write_text("b.xyz", "2\nLattice=\"30 0 0 0 30 0 0 0 30\" Properties=species:S:1:pos:R:3 "
                        "time=3 pbc=\"F F F\"\nCu 1 1 1\nCu 1 1 11\n");
    session s = run_well(
        "  f: {type: reader, paths: [a.xyz, b.xyz], group: '*.xyz', labels: {time: time}}\n"
        "  s2: {type: entropy, input: f, density: global}\n"
        "  g: {type: statistics, input: s2, by: f.group}\n"
        "  t: {type: statistics, input: s2, by: f.time, edges: [0, 1, 3]}\n"
        "  few: {type: statistics, input: f.time, by: f.time, edges: [1, 2.5]}\n"
        "  local: {type: statistics, input: s2_local}\n"
        "  s2_local: {type: entropy, input: f}\n");
    double sphere = 0;
    for (int k = 1; k <= 23; k++) {
        sphere += (k == 23 ? 0.5 : 1) * 0.3 * pow(0.3 * k, 2);
    }
    double one = -2 * M_PI * sphere / 27000; /* of one atom in the cube */
    rise_value *g = value_of(&s, "g"), *t = value_of(&s, "t"), *few = value_of(&s, "few"),
               *local = value_of(&s, "local");
    assert_string_equal(rise_table_find(rise_value_table(g), "group")->text[0], "a");
    assert_string_equal(rise_table_find(rise_value_table(g), "group")->text[1], "b");
    near(cell_of(g, "n", 0), 4);
    near(cell_of(g, "mean", 0), (one + 3 * 3 * one) / 4);
    near(cell_of(g, "min", 0), 3 * one);
    near(cell_of(g, "mean", 1), 2 * one);
    assert_string_equal(rise_table_find(rise_value_table(t), "group")->text[0], "0 to 1");
    near(cell_of(t, "n", 1), 5); /* the last bin is closed: time = 3 is in it */
    near(cell_of(t, "mean", 1), (3 * 3 * one + 2 * 2 * one) / 5);
    assert_int_equal(rise_value_table(few)->n_rows, 1);
    near(cell_of(few, "n", 0), 1);
    near(cell_of(few, "mean", 0), 2);
    assert_int_equal(rise_run_warnings(s.run), 1);
    assert_non_null(strstr(rise_run_warning(s.run, 0), "2 of 3 numbers lie beyond the edges"));
    near(cell_of(local, "min", 0), 0);
    near(cell_of(local, "max", 0), 0);
    rise_value_release(g);
    rise_value_release(t);
    rise_value_release(few);
    rise_value_release(local);
    end(&s);
}

#define TABLES                                                                                     \
    "  t: {type: import, path: t.csv}\n"                                                           \
    "  x: {type: import, path: x3.npy, dims: [frame]}\n"                                           \
    "  k: {type: import, path: k3.npy, dims: [frame]}\n"                                           \
    "  m: {type: import, path: m.npy, dims: [frame, a]}\n"

static void statistics_refuses(void **unused) {
    (void)unused;
    const double x[4] = {1, 2, 3, 4};
    const int64_t none[3] = {-1, -1, -1};
    write_text("t.csv", "part,rmse\ntrain,1.5\ntest,2.5\ntest,4.5\n");
    write_text("words.csv", "part\ntrain\n");
    write_npy("x3.npy", RISE_F64, 1, (const size_t[]){3}, x);
    write_npy("k3.npy", RISE_I64, 1, (const size_t[]){3}, none);
    write_npy("m.npy", RISE_F64, 2, (const size_t[]){2, 2}, x);
    refused(TABLES "  s: {type: statistics, input: t, column: rsme}\n", "no column `rsme`",
            "it has rmse");
    refused(TABLES "  s: {type: statistics, input: t, column: part}\n", "holds texts", "rmse");
    refused("  w: {type: import, path: words.csv}\n  s: {type: statistics, input: w}\n",
            "no column of numbers; it has part", "column of numbers");
    refused(TABLES "  s: {type: statistics, input: t, by: x}\n", "f64 numbers are no labels",
            "edges");
    refused(TABLES "  s: {type: statistics, input: t, by: k}\n", "none of 3 numbers", "below 0");
    refused(TABLES "  s: {type: statistics, input: m, by: t}\n", "3 labels in 3 rows for 4 numbers",
            "one for each frame");
    refused(TABLES "  s: {type: statistics, input: t, by: t, edges: [1, 2]}\n", "holds texts",
            "leave `edges` out");
    refused(TABLES "  s: {type: statistics, input: x, by: x, edges: [2, 1]}\n", "2 is not below 1",
            "lowest");
    refused(TABLES "  s: {type: statistics, input: x, by: x, edges: [2]}\n", "no bin",
            "two or more");
    refused(TABLES "  s: {type: statistics, input: x, edges: [1, 2]}\n", "edges are for", "by");
    refused(TABLES "  s: {type: statistics, input: x, column: rmse}\n", "`input` is a tensor",
            "leave `column` out");
    refused(TABLES "  s: {type: statistics, input: t, by: k, by_column: part}\n",
            "`by` is a tensor", "leave `by_column` out");
    refused(TABLES "  s: {type: statistics, input: t, by_column: part}\n", "a column of `by`",
            "connect `by`");
    session s = run_well(TABLES "  s: {type: statistics, input: t, by: t, by_column: part}\n");
    rise_value *t = value_of(&s, "s");
    assert_string_equal(rise_table_find(rise_value_table(t), "group")->text[0], "test");
    near(cell_of(t, "mean", 0), 3.5);
    near(cell_of(t, "mean", 1), 1.5);
    rise_value_release(t);
    end(&s);
}

/* ---- split -----------------------------------------------------------------------------------
 */
/* Six frames in the group 0, written as 0 and as -0: one group of three and three, where two groups
 * would each give the odd one to training. */
static void zeros_are_one_group(void **unused) {
    (void)unused;
    char text[1024] = "", *end_of = text;
    for (int f = 0; f < 6; f++) {
        end_of += sprintf(end_of, "1\nnumber=%d\nCu 0 0 %d\n", f, f);
    }
    write_text("six.xyz", text);
    write_text("zeros.csv", "group\n0.0\n-0.0\n0.0\n-0.0\n0.0\n-0.0\n");
    session s = run_well("  f: {type: reader, paths: [six.xyz]}\n"
                         "  g: {type: import, path: zeros.csv}\n"
                         "  s: {type: split, input: f, group: g, ratio: [1, 1, 0]}\n");
    rise_value *v = value_of(&s, "s");
    int n[3] = {0};
    for (size_t f = 0; f < 6; f++) {
        n[((const int32_t *)rise_value_tensor(v)->data)[f]]++;
    }
    assert_int_equal(n[0], 3);
    assert_int_equal(n[1], 3);
    rise_value_release(v);
    end(&s);
    refused(
        "  f: {type: reader, paths: [six.xyz]}\n  s: {type: split, input: f, ratio: [0, 0, 0]}\n",
        "sum to 0", "[3, 1, 1]");
}

/* ---- select ---------------------------------------------------------------------------------- */
static void the_top_share(void **unused) {
    (void)unused;
    static const struct {
        const char *fraction;
        size_t n, column[5];
    } cases[] = {{"0.01", 1, {1}},      {"0.2", 1, {1}},          {"0.21", 2, {1, 3}},
                 {"0.6", 3, {1, 3, 4}}, {"0.8", 4, {0, 1, 3, 4}}, {"1", 5, {0, 1, 2, 3, 4}}};
    const double m[10] = {0, 1, 2, 3, 4, 10, 11, 12, 13, 14}, rank[5] = {2, 9, -1, 5, 5};
    write_npy("mat.npy", RISE_F64, 2, (const size_t[]){2, 5}, m);
    write_npy("rank.npy", RISE_F64, 1, (const size_t[]){5}, rank);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char nodes[512];
        snprintf(nodes, sizeof nodes,
                 "  m: {type: import, path: mat.npy, dims: [frame, leader]}\n"
                 "  r: {type: import, path: rank.npy, dims: [feature]}\n"
                 "  s: {type: select, input: m, rank: r, fraction: %s}\n",
                 cases[k].fraction);
        session s = run_well(nodes);
        rise_value *v = value_of(&s, "s");
        const rise_tensor *t = rise_value_tensor(v);
        assert_int_equal(t->rank, 2);
        assert_int_equal(t->dim[1].size, cases[k].n);
        assert_string_equal(t->dim[1].name, "leader");
        for (size_t i = 0; i < cases[k].n; i++) {
            double column = (double)cases[k].column[i];
            near(t->dim[1].coords[i], column);
            near(rise_tensor_number(t, i), column);
            near(rise_tensor_number(t, cases[k].n + i), 10 + column);
        }
        rise_value_release(v);
        end(&s);
    }
    refused("  m: {type: import, path: mat.npy, dims: [frame, leader]}\n"
            "  r: {type: import, path: x3.npy, dims: [feature]}\n"
            "  s: {type: select, input: m, rank: r, fraction: 0.5}\n",
            "5 columns, rank has 3", "these very columns");
}

/* ---- entropy and rdf ------------------------------------------------------------------------- */
static void frames_without_a_cell(void **unused) {
    (void)unused;
    write_text("mol.xyz", "2\nno cell\nCu 0 0 0\nCu 2 0 0\n");
    write_text("flat.xyz", "1\nLattice=\"9 0 0 0 9 0 0 0 9\" Properties=species:S:1:pos:R:3 "
                           "pbc=\"T T F\"\nCu 0 0 0\n");
    refused("  f: {type: reader, paths: [mol.xyz]}\n"
            "  s: {type: entropy, input: f, density: global}\n",
            "no volume", "density: local");
    refused("  f: {type: reader, paths: [flat.xyz]}\n  s: {type: rdf, input: f}\n",
            "flat.xyz:0 is not periodic along all axes", "pbc");
    refused("  f: {type: reader, paths: [mol.xyz]}\n  s: {type: entropy, input: f, r_max: 0.2}\n",
            "no point", "sigma");
    refused("  f: {type: reader, paths: [mol.xyz]}\n  s: {type: entropy, input: f, sigma: 1e-9}\n",
            "points", "0.3");
    refused("  f: {type: reader, paths: [mol.xyz]}\n"
            "  s: {type: entropy, input: f, r_max: 1e200, sigma: 1e199}\n",
            "beyond all numbers", "several");
}

/* A lone atom in a small cell: its images at the shells of a simple cubic lattice, beyond half of
 * the box; Zr is there in the second frame only. */
static void a_lattice_of_images(void **unused) {
    (void)unused;
    write_text("sc.xyz", "1\nLattice=\"3 0 0 0 3 0 0 0 3\" Properties=species:S:1:pos:R:3 "
                         "pbc=\"T T T\"\nCu 0.5 0.5 0.5\n"
                         "1\nLattice=\"3 0 0 0 3 0 0 0 3\" Properties=species:S:1:pos:R:3 "
                         "pbc=\"T T T\"\nZr 0.5 0.5 0.5\n");
    session s = run_well("  f: {type: reader, paths: [sc.xyz]}\n"
                         "  s: {type: rdf, input: f, r_max: 7.7, bins: 11}\n");
    static const double shell[11] = {0, 0, 0, 0, 6, 0, 12, 8, 6, 24, 24};
    rise_value *v = value_of(&s, "s.g"), *c = value_of(&s, "s.curve");
    const rise_tensor *t = rise_value_tensor(v);
    assert_int_equal(t->dim[0].size, 4); /* total, Cu-Cu, Cu-Zr, Zr-Zr */
    for (size_t k = 0; k < 11; k++) {
        double low = 0.7 * (double)k, high = low + 0.7;
        double g = 27 * shell[k] / (4.0 / 3 * M_PI * (pow(high, 3) - pow(low, 3)));
        near(rise_tensor_number(t, k), g);
        near(rise_tensor_number(t, 11 + k), g); /* mean over the frames that have the pair */
        near(rise_tensor_number(t, 22 + k), 0);
        near(cell_of(c, "Zr-Zr", k), g);
        near(cell_of(c, "r", k), low + 0.35);
        near(t->dim[1].coords[k], low + 0.35);
    }
    rise_value_release(v);
    rise_value_release(c);
    end(&s);
}

/* ---- the verdict on S2 ------------------------------------------------------------------------
 */
/* Ranges 1, 3 and 2 at three cutoffs; a group without members and the atoms of no group do not
 * count. */
static void where_the_range_is_widest(void **unused) {
    (void)unused;
    static const char *const predictions[] = {"a_3.csv", "a_4.csv", "a_5.csv",
                                              "b_4.csv", "b_8.csv", "b_16.csv"};
    for (size_t i = 0; i < sizeof predictions / sizeof *predictions; i++) {
        write_text(predictions[i], "frame,part,target,predicted\n0,test,1.5,1.6\n1,test,2.5,2.4\n"
                                   "2,test,3.5,3.8\n3,train,4.5,4.5\n");
    }
    write_text("s2_3.csv", "group,n,mean\n0,5,-3.0\n1,2,-2.0\n-1,9,40.5\n");
    write_text("s2_4.csv", "group,n,mean\n0,5,-4.0\n1,2,-2.0\n2,2,-1.0\n");
    write_text("s2_5.csv", "group,n,mean\n0,5,-4.0\n1,2,-2.0\n2,0,50.5\n");
    /* `dims` means nothing for a table: it gives the node its axis */
    session s = run_well("axes: {r_cut: [3, 4, 5], comm: [4, 8, 16]}\n"
                         "nodes:\n"
                         "  a: {type: import, path: 'a_{r_cut}.csv', dims: [$r_cut]}\n"
                         "  b: {type: import, path: 'b_{comm}.csv', dims: [$comm]}\n"
                         "  s2: {type: import, path: 's2_{r_cut}.csv', dims: [$r_cut]}\n"
                         "  rise: {type: rise, reductionist: a, emergentist: b, s2: s2}\n");
    rise_value *v = value_of(&s, "rise.verdict"), *text = value_of(&s, "rise.text");
    near(cell_of(v, "s2_peak", 0), 4);
    const rise_blob *blob = rise_value_blob(text);
    char *words = strndup((const char *)blob->bytes, blob->size);
    assert_non_null(strstr(words, "range of S2 over environments is widest, 3, at 4 Å"));
    free(words);
    rise_value_release(v);
    rise_value_release(text);
    end(&s);
}

/* ---- host ------------------------------------------------------------------------------------ */
static int start(void **unused) {
    rise_error err = {0};
    (void)unused;
    return mkdtemp(folder) && rise_host_new(&host, &err) == RISE_OK &&
                   rise_host_add(host, rise_builtin_nodes, rise_builtin_count, &err) == RISE_OK
               ? 0
               : -1;
}

static int stop(void **unused) {
    (void)unused;
    rise_host_free(host);
    return folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_label_of_each_number), cmocka_unit_test(by_label_of_each_frame),
        cmocka_unit_test(statistics_refuses),      cmocka_unit_test(the_top_share),
        cmocka_unit_test(frames_without_a_cell),   cmocka_unit_test(a_lattice_of_images),
        cmocka_unit_test(zeros_are_one_group),     cmocka_unit_test(where_the_range_is_widest),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

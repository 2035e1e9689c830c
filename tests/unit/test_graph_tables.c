/* What a graph holds, as tables: nodes, links and parameters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "support/folder.h"

#include <rise/rise.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char folder[] = "/tmp/rise-tables-XXXXXX";
static rise_host *host;

static const char study[] =
    "rise: 1\n"
    "axes: {r_cut: [3, 4.5], sigma: [0.4, 0.5], seed: [1, 2, 3]}\n"
    "zip: [[r_cut, sigma]]\n"
    "nodes:\n"
    "  table: {type: export, input: \"ule.origins[seed=2]\", path: \"{r_cut}/o.csv\"}\n"
    "  ule: {type: ule-cluster, input: soap, split: parts, fraction: 0.25}\n"
    "  soap: {type: soap, input: glass, r_cut: $r_cut, sigma: $sigma}\n"
    "  parts: {type: split, input: glass, seed: $seed}\n"
    "  glass: {type: reader, paths: [a.xyz, b.xyz], labels: {energy: E}}\n";

static rise_graph *load_text(const char *text, const char *set) {
    char path[64];
    rise_graph *graph = NULL;
    rise_error error[4] = {0};
    size_t n = 0;
    snprintf(path, sizeof path, "%s/graph.yaml", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    if (rise_graph_load(host, path, &set, set != NULL, &graph, error, 4, &n) != RISE_OK)
        fail_msg("%s", error[0].message);
    return graph;
}

static rise_graph *load(void) {
    return load_text(study, "ule.threshold=0.9");
}

static const char *text_at(const rise_value *value, const char *column, size_t row) {
    const rise_column *c = rise_table_find(rise_value_table(value), column);
    assert_non_null(c);
    assert_int_equal(c->dtype, RISE_TEXT);
    return c->text[row];
}

static int64_t number_at(const rise_value *value, const char *column, size_t row) {
    const rise_column *c = rise_table_find(rise_value_table(value), column);
    assert_non_null(c);
    assert_int_equal(c->dtype, RISE_I64);
    return c->i64[row];
}

static void nodes_with_their_axes(void **state) {
    (void)state;
    static const struct {
        const char *node, *type, *axes;
        int64_t instances, line;
    } expected[] = {
        {"glass", "reader", "", 1, 9},
        {"soap", "soap", "r_cut + sigma × 2", 2, 7},
        {"parts", "split", "seed × 3", 3, 8},
        {"ule", "ule-cluster", "r_cut + sigma × 2, seed × 3", 6, 6},
        {"table", "export", "r_cut + sigma × 2", 2, 5},
    };
    rise_graph *graph = load();
    rise_value *t = NULL;
    assert_int_equal(rise_graph_node_table(graph, &t, NULL), RISE_OK);
    assert_int_equal(rise_value_table(t)->n_rows, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(text_at(t, "node", i), expected[i].node);
        assert_string_equal(text_at(t, "type", i), expected[i].type);
        assert_string_equal(text_at(t, "axes", i), expected[i].axes);
        assert_int_equal(number_at(t, "instances", i), expected[i].instances);
        assert_int_equal(number_at(t, "line", i), expected[i].line);
    }
    rise_value_release(t);
    rise_graph_free(graph);
}

/* A class has from `executor` what it does not say itself. */
static void pilots_of_the_executor(void **state) {
    (void)state;
    rise_graph *graph = load_text(
        "rise: 1\n"
        "executor: {kind: slurm, partition: short, time: 90, nodes: 4, memory: 2 GiB,\n"
        "  max_jobs: 50, poll: 60, options: [--qos=low],\n"
        "  classes: {gpu: {partition: gpu, time: 1-02:03:04, nodes: 1, cpus: 8}}}\n"
        "nodes:\n"
        "  glass: {type: reader, paths: a.xyz}\n"
        "  soap: {type: soap, input: glass, r_cut: 3, pilot: gpu}\n",
        "executor.time=2 h");
    assert_int_equal(rise_graph_pilots(graph), 2);
    const rise_pilot *first = rise_graph_pilot(graph, 0), *gpu = rise_graph_pilot(graph, 1);
    assert_true(first->slurm && gpu->slurm);
    assert_string_equal(first->name, "");
    assert_string_equal(first->partition, "short");
    assert_true(first->time_s == 7200 && first->poll_s == 60);
    assert_int_equal(first->memory, (uint64_t)2 << 30);
    assert_int_equal(first->nodes, 4);
    assert_int_equal(first->max_jobs, 50);
    assert_int_equal(first->cpus, 0);
    assert_null(first->account);
    assert_string_equal(gpu->name, "gpu");
    assert_string_equal(gpu->partition, "gpu");
    assert_true(gpu->time_s == 93784);
    assert_int_equal(gpu->nodes, 1);
    assert_int_equal(gpu->cpus, 8);
    assert_int_equal(gpu->memory, (uint64_t)2 << 30);
    assert_int_equal(gpu->n_options, 1);
    assert_string_equal(gpu->options[0], "--qos=low");
    assert_null(rise_graph_pilot(graph, 2));
    rise_value *t = NULL;
    assert_int_equal(rise_graph_node_table(graph, &t, NULL), RISE_OK);
    assert_string_equal(text_at(t, "pilot", 0), "");
    assert_string_equal(text_at(t, "pilot", 1), "gpu");
    rise_value_release(t);
    rise_graph_free(graph);
}

static void text_as_it_was_read(void **state) {
    (void)state;
    size_t size = 0;
    rise_graph *graph = load(); /* with an assignment, which is none of it */
    const char *text = rise_graph_text(graph, &size);
    assert_int_equal(size, strlen(study));
    assert_memory_equal(text, study, size);
    rise_graph_free(graph);
}

static void links_with_their_ports(void **state) {
    (void)state;
    static const struct {
        const char *from, *output, *to, *input, *point;
        int64_t first_output, first_input, from_row, to_row;
    } expected[] = {
        {"glass", "frames", "soap", "input", "", 1, 1, 0, 1},
        {"glass", "frames", "parts", "input", "", 1, 1, 0, 2},
        {"soap", "vectors", "ule", "input", "", 1, 1, 1, 3},
        {"parts", "parts", "ule", "split", "", 1, 0, 2, 3},
        {"ule", "origins", "table", "input", "[seed=2]", 0, 1, 3, 4},
    };
    rise_graph *graph = load();
    rise_value *t = NULL;
    assert_int_equal(rise_graph_link_table(graph, &t, NULL), RISE_OK);
    assert_int_equal(rise_value_table(t)->n_rows, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(text_at(t, "from", i), expected[i].from);
        assert_string_equal(text_at(t, "output", i), expected[i].output);
        assert_string_equal(text_at(t, "to", i), expected[i].to);
        assert_string_equal(text_at(t, "input", i), expected[i].input);
        assert_string_equal(text_at(t, "point", i), expected[i].point);
        assert_int_equal(number_at(t, "first_output", i), expected[i].first_output);
        assert_int_equal(number_at(t, "first_input", i), expected[i].first_input);
        assert_int_equal(number_at(t, "from_row", i), expected[i].from_row);
        assert_int_equal(number_at(t, "to_row", i), expected[i].to_row);
    }
    rise_value_release(t);
    rise_graph_free(graph);
}

/* Each node of the study is one line. */
static int64_t line_of(const char *node) {
    char start[64];
    int64_t line = 1;
    snprintf(start, sizeof start, "  %s: {", node);
    for (const char *p = study, *at = strstr(study, start); p < at; p++)
        line += *p == '\n';
    return line;
}

static void expect_param(const rise_value *t, const char *node, const char *name, const char *value,
                         const char *unit, const char *axis, const char *source,
                         int64_t output_file) {
    size_t n = rise_value_table(t)->n_rows, i = 0;
    while (i < n && (strcmp(text_at(t, "node", i), node) != 0 ||
                     strcmp(text_at(t, "parameter", i), name) != 0))
        i++;
    if (i == n)
        fail_msg("%s.%s is not there", node, name);
    assert_string_equal(text_at(t, "value", i), value);
    assert_string_equal(text_at(t, "unit", i), unit);
    assert_string_equal(text_at(t, "axis", i), axis);
    assert_string_equal(text_at(t, "source", i), source);
    assert_int_equal(number_at(t, "output_file", i), output_file);
    assert_int_equal(number_at(t, "line", i), strcmp(source, "graph") == 0 ? line_of(node) : 0);
}

static void parameters_and_where_they_come_from(void **state) {
    (void)state;
    rise_graph *graph = load();
    rise_value *t = NULL;
    assert_int_equal(rise_graph_param_table(graph, &t, NULL), RISE_OK);
    expect_param(t, "glass", "paths", "a.xyz, b.xyz", "", "", "graph", 0);
    expect_param(t, "glass", "labels", "energy: E", "", "", "graph", 0);
    expect_param(t, "soap", "r_cut", "3, 4.5", "Å", "r_cut", "graph", 0);
    expect_param(t, "soap", "n_max", "11", "", "", "default", 0);
    expect_param(t, "ule", "threshold", "0.9", "", "", "set", 0);
    expect_param(t, "ule", "fraction", "0.25", "", "", "graph", 0);
    expect_param(t, "parts", "seed", "1, 2, 3", "", "seed", "graph", 0);
    expect_param(t, "table", "path", "{r_cut}/o.csv", "", "", "graph", 1);
    for (size_t i = 0; i < rise_value_table(t)->n_rows; i++) /* unset ones are left out */
        assert_false(strcmp(text_at(t, "node", i), "soap") == 0 &&
                     strcmp(text_at(t, "parameter", i), "species") == 0);
    rise_value_release(t);
    rise_graph_free(graph);
}

static void write_file(const char *name) {
    char path[64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fclose(f), 0);
}

/* `path` is within the folder. */
static void expect_file(const rise_value *t, size_t row, const char *node, const char *path) {
    assert_string_equal(text_at(t, "node", row), node);
    const char *found = text_at(t, "path", row);
    size_t n = strlen(found), m = strlen(path);
    assert_true(n > m && found[n - m - 1] == '/');
    assert_string_equal(found + n - m, path);
}

static void files_as_they_are_found(void **state) {
    (void)state;
    rise_value *t = NULL;
    write_file("b1.xyz");
    write_file("b2.xyz");
    rise_graph *graph = load_text(
        "rise: 1\n"
        "axes: {set: [{name: a, xyz: b1.xyz, npy: 1.npy}, {name: b, xyz: b3.xyz, npy: 2.npy}]}\n"
        "nodes:\n"
        "  one: {type: reader, paths: [\"b*.xyz\", $set.xyz],\n"
        "        labels: {a: {file: a.csv, column: x}, b: {file: a.csv, column: y}, c: key}}\n"
        "  two: {type: import, path: $set.npy}\n",
        NULL);
    assert_int_equal(rise_graph_file_table(graph, &t, NULL), RISE_OK);
    assert_int_equal(rise_value_table(t)->n_rows, 6);
    static const char *const expected[6][2] = {
        {"one", "b1.xyz"}, {"one", "b2.xyz"}, {"one", "b3.xyz"}, /* not there */
        {"one", "a.csv"},  {"two", "1.npy"},  {"two", "2.npy"}};
    for (size_t i = 0; i < 6; i++)
        expect_file(t, i, expected[i][0], expected[i][1]);
    rise_value_release(t);
    rise_graph_free(graph);
}

static void outline_of_a_graph_with_errors(void **state) {
    (void)state;
    char path[64];
    rise_value *t = NULL;
    rise_error err = {0};
    snprintf(path, sizeof path, "%s/wrong.yaml", folder);
    assert_int_equal(rise_graph_outline(path, &t, &err), RISE_E_NOINPUT);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("rise: 2\nnodes:\n  a: {type: nothing}\n  b: {input: a}\n  c: 3\n", f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(rise_graph_outline(path, &t, &err), RISE_OK);
    assert_int_equal(rise_value_table(t)->n_rows, 3);
    assert_string_equal(text_at(t, "node", 0), "a");
    assert_string_equal(text_at(t, "type", 0), "nothing");
    assert_string_equal(text_at(t, "node", 2), "c");
    assert_string_equal(text_at(t, "type", 1), "");
    rise_value_release(t);
}

static int set_up(void **state) {
    (void)state;
    rise_error err;
    return mkdtemp(folder) && rise_host_new(&host, &err) == RISE_OK &&
                   rise_host_add(host, rise_builtin_nodes, rise_builtin_count, &err) == RISE_OK
               ? 0
               : -1;
}

static int tear_down(void **state) {
    (void)state;
    rise_host_free(host);
    return folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_with_their_axes),
        cmocka_unit_test(pilots_of_the_executor),
        cmocka_unit_test(text_as_it_was_read),
        cmocka_unit_test(links_with_their_ports),
        cmocka_unit_test(parameters_and_where_they_come_from),
        cmocka_unit_test(files_as_they_are_found),
        cmocka_unit_test(outline_of_a_graph_with_errors),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

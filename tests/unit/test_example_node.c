/* The node of docs/write-a-node.md at work: added to a host, loaded from a graph, and right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "support/folder.h"

#include <rise/rise.h>

#include "../../examples/density/node.c"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/rise-example-XXXXXX";

static rise_graph *load(rise_host *host, const char *frames, const char *more) {
    char path[128], here[1024];
    rise_graph *graph = NULL;
    rise_error error[4] = {0};
    size_t n = 0;
    assert_non_null(getcwd(here, sizeof here));
    snprintf(path, sizeof path, "%s/graph.yaml", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    bool inside = frames[0] == '/';
    fprintf(f,
            "rise: 1\nnodes:\n  glass: {type: reader, paths: [\"%s%s%s\"]}\n"
            "  all: {type: density, input: glass}\n%s",
            inside ? "" : here, inside ? "" : "/", frames, more);
    assert_int_equal(fclose(f), 0);
    rise_status s = rise_graph_load(host, path, NULL, 0, &graph, error, 4, &n);
    if (s != RISE_OK)
        fail_msg("%s", error[0].message);
    return graph;
}

static rise_host *host_with_density(void) {
    static const rise_node_type *const mine[] = {&rise_node_density};
    rise_host *host = NULL;
    rise_error err = {0};
    assert_int_equal(rise_host_new(&host, &err), RISE_OK);
    assert_int_equal(rise_host_add(host, rise_builtin_nodes, rise_builtin_count, &err), RISE_OK);
    assert_int_equal(rise_host_add(host, mine, 1, &err), RISE_OK);
    return host;
}

static rise_run *start(rise_host *host, rise_graph *graph) {
    char cache[128], out[128];
    rise_run *run = NULL;
    rise_error err = {0};
    snprintf(cache, sizeof cache, "%s/cache", folder);
    snprintf(out, sizeof out, "%s/out", folder);
    rise_run_options options = {.cache = cache, .out = out, .jobs = 2};
    assert_int_equal(rise_run_start(host, graph, &options, &run, &err), RISE_OK);
    return run;
}

static rise_value *value_of(rise_run *run, const char *name, size_t n_frames) {
    rise_value *value = NULL;
    rise_error err = {0};
    if (rise_run_value(run, name, &value, &err) != RISE_OK)
        fail_msg("%s: %s", name, err.message);
    const rise_tensor *t = rise_value_tensor(value);
    assert_non_null(t);
    assert_int_equal(t->rank, 1);
    assert_int_equal(t->dim[0].size, n_frames);
    assert_string_equal(t->unit, "1/Å^3");
    return value;
}

/* 2000 atoms, 880 of them Zr, in (32.43 Å)^3: examples/zrcu/README.md. */
static void densities_are_those_of_the_data(void **unused) {
    (void)unused;
    rise_host *host = host_with_density();
    rise_graph *graph = load(host, "examples/zrcu/zrcu_00.extxyz.zst",
                             "  zr: {type: density, input: glass, species: [Zr]}\n");
    rise_run *run = start(host, graph);
    rise_error err = {0};
    if (rise_run_wait(run, &err) != RISE_OK)
        fail_msg("%s", err.message);
    rise_value *all = value_of(run, "all", 50), *zr = value_of(run, "zr.density", 50);
    const double *a = rise_value_tensor(all)->data, *z = rise_value_tensor(zr)->data;
    for (size_t f = 0; f < 50; f++) {
        assert_true(fabs(a[f] - 2000 / (32.43 * 32.43 * 32.43)) < 1e-4 * a[f]);
        assert_true(fabs(z[f] / a[f] - 0.44) < 1e-12);
    }
    rise_value_release(all);
    rise_value_release(zr);
    rise_run_free(run);
    rise_graph_free(graph);
    rise_host_free(host);
}

static void a_frame_without_volume_is_bad_data(void **unused) {
    (void)unused;
    char path[128];
    snprintf(path, sizeof path, "%s/flat.xyz", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("1\nno cell\nCu 0 0 0\n", f);
    assert_int_equal(fclose(f), 0);
    rise_host *host = host_with_density();
    rise_graph *graph = load(host, path, "");
    rise_run *run = start(host, graph);
    rise_error err = {0};
    assert_int_equal(rise_run_wait(run, &err), RISE_E_DATA);
    assert_non_null(strstr(err.message, "no volume"));
    assert_non_null(strstr(err.message, "flat.xyz:0"));
    rise_run_free(run);
    rise_graph_free(graph);
    rise_host_free(host);
}

static int make_folder(void **unused) {
    (void)unused;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **unused) {
    (void)unused;
    return folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(densities_are_those_of_the_data),
        cmocka_unit_test(a_frame_without_volume_is_bad_data),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

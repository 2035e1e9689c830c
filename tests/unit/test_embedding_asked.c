/* rise within another program: what is asked too early, past the end, or without anywhere to put
 * the answer. */
#include "numbers_at_work.h"

#include <sys/stat.h>

#define TWO "nodes:\n  one: {type: number, value: 1}\n  two: {type: number, value: 2, input: one}\n"

static void asked_before_the_end(void **unused) {
    (void)unused;
    rise_value *value = NULL;
    rise_estimate estimate;
    rise_id key;
    rise_graph *graph = load(TWO);
    rise_run *run = start(graph, (rise_run_options){.plan_only = true});
    assert_int_equal(rise_run_inputs(run, &value, &err), RISE_E_MISS);
    assert_string_equal(err.message, "what was read is known after the end of the run");
    assert_int_equal(rise_run_estimate_all(run, &estimate, &err), RISE_E_MISS);
    assert_string_equal(err.message, "what would run is known after the end of the plan");
    assert_false(rise_run_estimate(run, 0, &estimate));
    assert_int_equal(rise_run_parts(run, 0, &value, &err), RISE_E_MISS);
    assert_false(rise_run_key(run, 0, &key));
    assert_int_equal(rise_run_wait(run, &err), RISE_OK);
    assert_true(rise_run_estimate(run, 0, &estimate));
    assert_true(rise_run_key(run, 0, &key));
    rise_run_free(run);
    rise_graph_free(graph);
    assert_null(value);
}

static void asked_past_the_end(void **unused) {
    (void)unused;
    rise_value *value = NULL;
    rise_estimate estimate;
    rise_instance it;
    rise_id key;
    rise_graph *graph = load(TWO);
    rise_run *run = start(graph, (rise_run_options){0});
    assert_int_equal(rise_run_wait(run, &err), RISE_OK);
    size_t n = rise_run_instances(run);
    assert_int_equal(n, 2);
    assert_false(rise_run_estimate(run, n, &estimate));
    assert_false(rise_run_key(run, n, &key));
    assert_int_equal(rise_run_parts(run, n, &value, &err), RISE_E_MISS);
    assert_int_equal(rise_run_kept(run, n, &value, &err), RISE_E_MISS);
    assert_int_equal(rise_run_at_hand(run, n, "number", 1000, &value, &err), RISE_E_MISS);
    assert_int_equal(rise_run_at_hand(run, 0, "nothing", 1000, &value, &err), RISE_E_MISS);
    assert_string_equal(err.message, "`nothing` is not at hand");
    assert_int_equal(rise_run_at_hand(run, 0, "number", 1, &value, &err), RISE_E_MISS);
    assert_null(value);
    rise_run_instance(run, 1, &it);
    assert_int_equal(rise_run_at_hand(run, 1, "number", 1000, &value, &err), RISE_OK);
    assert_true(rise_tensor_number(rise_value_tensor(value), 0) == 3);
    rise_value_release(value);
    assert_string_equal(rise_instance_status_text((rise_instance_status)99), "?");
    assert_string_equal(rise_instance_status_text((rise_instance_status)-1), "?");
    assert_null(rise_host_type(host, rise_host_count(host)));
    assert_non_null(rise_host_type(host, 0));
    rise_run_free(run);
    rise_graph_free(graph);
    rise_run_free(NULL);
    rise_graph_free(NULL);
}

/* The status is the same without an error to fill. */
static void nobody_wants_to_know_why(void **unused) {
    (void)unused;
    rise_node_type old = number;
    const rise_node_type *const types[] = {&old};
    old.abi = RISE_NODE_ABI + 1;
    assert_int_equal(rise_host_add(host, types, 1, &err), RISE_E_USAGE);
    assert_int_equal(rise_host_add(host, types, 1, NULL), RISE_E_USAGE);
    assert_int_equal(rise_host_add_plugin(host, "nothing.so", NULL), RISE_E_NOINPUT);
    assert_int_equal(rise_host_add_plugin_path(host, "nowhere", NULL), RISE_E_NOINPUT);
    setenv("RISE_NO_PLUGINS", "1", 1);
    assert_int_equal(rise_host_add_plugin(host, "nothing.so", NULL), RISE_E_USAGE);
    unsetenv("RISE_NO_PLUGINS");
}

/* Nobody wants the errors, their number, or the folder that was used. */
static void nowhere_to_put_the_answer(void **unused) {
    (void)unused;
    char path[128], text[300];
    rise_cache_stats stats;
    rise_graph *graph = NULL;
    snprintf(path, sizeof path, "%s/broken", folder); /* without an ending */
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs("rise: 2\n", f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(rise_graph_load(host, path, NULL, 0, &graph, NULL, 0, NULL), RISE_E_GRAPH);
    assert_null(graph);
    assert_int_equal(rise_cache_stat(cache, &stats, NULL, 0, &err), RISE_OK);
    assert_int_equal(rise_cache_folder(cache, text, sizeof text, &err), RISE_OK);
    assert_string_equal(text, cache);
    assert_int_equal(rise_cache_folder(cache, text, strlen(cache) + 1, &err), RISE_OK);
    assert_int_equal(rise_cache_folder(cache, text, strlen(cache), &err), RISE_E_USAGE);
    snprintf(text, sizeof text, "cache folder: a path of more than %zu bytes", strlen(cache) - 1);
    assert_string_equal(err.message, text);
}

/* Nothing is said of a run but the graph: the folders are those of the environment. */
static void nothing_is_said(void **unused) {
    (void)unused;
    static const char *const names[][2] = {
        {"study", "out/study"}, {"study.v2.yaml", "out/study.v2"}, {".yaml", "out/.yaml"}};
    rise_graph *graph = load(TWO);
    rise_graph_free(graph);
    setenv("RISE_CACHE", cache, 1);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        rise_run *run = NULL;
        size_t n = 0;
        assert_int_equal(rename("graph.yaml", names[i][0]), 0);
        assert_int_equal(rise_graph_load(host, names[i][0], NULL, 0, &graph, &err, 1, &n), RISE_OK);
        assert_int_equal(rise_run_start(host, graph, NULL, &run, &err), RISE_OK);
        assert_int_equal(rise_run_wait(run, &err), RISE_OK);
        assert_string_equal(rise_run_out_folder(run), names[i][1]);
        assert_string_equal(rise_run_cache_folder(run), cache);
        assert_true(rise_run_jobs(run) >= 1);
        rise_run_free(run);
        rise_graph_free(graph);
        assert_int_equal(rename(names[i][0], "graph.yaml"), 0);
    }
    unsetenv("RISE_CACHE");
    char text[100];
    setenv("XDG_CACHE_HOME", "", 1);
    setenv("HOME", "", 1);
    assert_int_equal(rise_cache_folder(NULL, text, sizeof text, &err), RISE_OK);
    assert_string_equal(text, "/tmp/.cache/rise");
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    assert_int_equal(rise_cache_folder(NULL, text, sizeof text, &err), RISE_OK);
    assert_string_equal(text, "/tmp/.cache/rise");
}

/* Folders of plug-ins, and the switch that turns them off. */
static void folders_of_plugins(void **unused) {
    (void)unused;
    char path[128], list[300];
    rise_plugin_info info;
    snprintf(path, sizeof path, "%s/plug-ins", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    static const char *const others[] = {".hidden.so", "so", ".so", "a.soo", "readme"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char name[200];
        snprintf(name, sizeof name, "%s/%s", path, others[i]);
        FILE *f = fopen(name, "w");
        assert_true(f && fclose(f) == 0);
    }
    snprintf(list, sizeof list, ":%s::%s:", path, path); /* none of these names is a plug-in's */
    assert_int_equal(rise_host_add_plugin_path(host, list, &err), RISE_OK);
    assert_int_equal(rise_host_plugins(host), 0);
    rise_host_plugin(host, 0, &info);
    assert_string_equal(info.path, "");
    assert_int_equal(rise_host_add_plugin_path(host, "", &err), RISE_OK);
    snprintf(list, sizeof list, "%s:%s/nowhere", path, folder);
    assert_int_equal(rise_host_add_plugin_path(host, list, &err), RISE_E_NOINPUT);
    assert_string_equal(err.message, "cannot be read: No such file or directory");
    static const char *const on[] = {"", "0"};
    snprintf(path, sizeof path, "%s/nothing.so", folder);
    for (size_t i = 0; i < 2; i++) {
        setenv("RISE_NO_PLUGINS", on[i], 1);
        assert_int_equal(rise_host_add_plugin(host, path, &err), RISE_E_NOINPUT);
        assert_string_equal(err.file, path);
    }
    setenv("RISE_NO_PLUGINS", "1", 1);
    assert_int_equal(rise_host_add_plugin(host, path, NULL), RISE_E_USAGE);
    assert_int_equal(rise_host_add_plugin_path(host, list, &err), RISE_OK); /* not looked at */
    unsetenv("RISE_NO_PLUGINS");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asked_before_the_end),     cmocka_unit_test(asked_past_the_end),
        cmocka_unit_test(nobody_wants_to_know_why), cmocka_unit_test(nowhere_to_put_the_answer),
        cmocka_unit_test(nothing_is_said),          cmocka_unit_test(folders_of_plugins),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

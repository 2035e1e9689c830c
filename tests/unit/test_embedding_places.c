/* rise within another program: values by reference, folders that nobody named, files, the cache. */
#include "numbers_at_work.h"

/* ---- references
 * ---------------------------------------------------------------------------------- */
static void values_by_reference(void **unused) {
    (void)unused;
    enum { LONG = 600 };
    static char text[2 * LONG], reference[2 * LONG], letters[LONG + 1];
    memset(letters, 'x', LONG);
    snprintf(text, sizeof text,
             "axes: {a: [1, 2], b: [short, %s]}\nnodes:\n"
             "  one: {type: number, value: $a}\n  far: {type: number, name: $b, value: 5}\n"
             "  all: {type: number, input: one, over: a}\n  not: {type: number, value: 9}\n",
             letters);
    rise_graph *graph = load(text);
    rise_run *run = start(graph, (rise_run_options){0});
    refused(run, "all", RISE_E_MISS, "was not computed");
    assert_int_equal(rise_run_wait(run, &err), RISE_OK);
    assert_true(value_of(run, "one[a=2]") == 2 && value_of(run, "one.number[a=1]") == 1);
    assert_true(value_of(run, "all") == 3 && value_of(run, "all.number") == 3);
    snprintf(reference, sizeof reference, "far[b=%s]", letters); /* however long the point is */
    assert_true(value_of(run, reference) == 5);
    static const char *const nothing[] = {"one",   "one[a=3]", "one[",    "al",      "alll",
                                          "[a=1]", "",         ".number", "all[a=1]"};
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        refused(run, nothing[i], RISE_E_USAGE, "no such node or point");
    refused(run, "all.", RISE_E_USAGE, "no such output");
    refused(run, "all.numbers", RISE_E_USAGE, "no such output");
    snprintf(reference, sizeof reference, "all.%s", letters);
    refused(run, reference, RISE_E_USAGE, "no such output");
    rise_run_free(run);
    run = start(graph, (rise_run_options){.only = "all"});
    assert_int_equal(rise_run_wait(run, &err), RISE_OK);
    refused(run, "not", RISE_E_MISS, "was not computed");
    expect_status(run, "not", "not-needed");
    rise_run_free(run);
    rise_graph_free(graph);
}

/* ---- folders, files, the cache
 * -------------------------------------------------------------------- */
static void cache_is_in(const rise_graph *graph, const char *wanted) {
    rise_run *run = NULL;
    rise_run_options options = {.plan_only = true};
    if (rise_run_start(host, graph, &options, &run, &err) != RISE_OK)
        fail_msg("%s", err.message);
    assert_string_equal(rise_run_cache_folder(run), wanted);
    assert_string_equal(rise_run_out_folder(run), "out/graph");
    rise_run_free(run); /* nobody waited for it */
}

static void folders_that_nobody_named(void **unused) {
    (void)unused;
    char path[256];
    rise_graph *graph = load(CHAIN);
    setenv("HOME", folder, 1);
    unsetenv("XDG_CACHE_HOME");
    setenv("RISE_CACHE", "", 1); /* as if it were not there */
    snprintf(path, sizeof path, "%s/.cache/rise", folder);
    cache_is_in(graph, path);
    setenv("XDG_CACHE_HOME", folder, 1);
    snprintf(path, sizeof path, "%s/rise", folder);
    cache_is_in(graph, path);
    snprintf(path, sizeof path, "%s/third", folder);
    setenv("RISE_CACHE", path, 1);
    cache_is_in(graph, path);
    unsetenv("RISE_CACHE");
    rise_graph_free(graph);
}

static void refused_to_start(const rise_graph *graph, rise_run_options options, rise_status status,
                             const char *says) {
    rise_run *run = NULL;
    options.cache = cache;
    assert_int_equal(rise_run_start(host, graph, &options, &run, &err), status);
    assert_null(run);
    if (!strstr(err.message, says) && !strstr(err.hint, says))
        fail_msg("nothing says %s: %s", says, err.message);
}

static void what_cannot_begin_is_told_before(void **unused) {
    (void)unused;
    char path[160];
    rise_graph *graph = load(CHAIN);
    refused_to_start(graph, (rise_run_options){.only = "tow"}, RISE_E_USAGE, "did you mean `two`?");
    refused_to_start(graph, (rise_run_options){.only = "???"}, RISE_E_USAGE,
                     "no node of that name");
    snprintf(path, sizeof path, "%s/graph.yaml/out", folder); /* below a file */
    refused_to_start(graph, (rise_run_options){.out = path}, RISE_E_OUTPUT, "--out DIR");
    refused_to_start(graph, (rise_run_options){.out = path, .only = "two", .out_used = true},
                     RISE_E_OUTPUT, "--out DIR");
    rise_run *run = NULL; /* one that writes no file asks for no folder */
    rise_run_options options = {.out = path, .only = "two", .cache = cache};
    assert_int_equal(rise_run_start(host, graph, &options, &run, &err), RISE_OK);
    assert_int_equal(rise_run_wait(run, &err), RISE_OK);
    rise_run_free(run);
    rise_graph_free(graph);
}

static void files_and_the_cache(void **unused) {
    (void)unused;
    rise_output_file file;
    rise_cache_stats stats;
    uint64_t checked = 0, damaged = 0;
    char used[8];
    rise_graph *graph = load(CHAIN);
    rise_run *run = start(graph, (rise_run_options){.durable = true, .paranoid = true});
    assert_int_equal(rise_run_wait(run, &err), RISE_OK);
    assert_int_equal(rise_run_files(run), 1);
    rise_run_file(run, 0, &file);
    assert_string_equal(file.name, "six");
    assert_int_equal(access(file.path, R_OK), 0);
    rise_run_file(run, 1, &file);
    assert_string_equal(file.path, "");
    assert_string_equal(rise_run_warning(run, rise_run_warnings(run)), "");
    rise_run_free(run);
    assert_int_equal(rise_cache_stat(cache, &stats, used, sizeof used, &err), RISE_OK);
    assert_memory_equal(used, cache, sizeof used - 1); /* cut, and ended */
    assert_int_equal(used[sizeof used - 1], 0);
    assert_true(stats.n_records >= 3);
    assert_int_equal(rise_cache_verify(cache, true, NULL, NULL, &checked, &damaged, &err), RISE_OK);
    assert_true(checked > 0 && damaged == 0);
    const rise_graph *keep[] = {graph};
    rise_gc_result gone;
    rise_gc_options options = {.max_bytes = 1, .keep = keep, .n_keep = 1, .dry_run = true};
    assert_int_equal(rise_cache_gc(host, cache, &options, &gone, &err), RISE_OK);
    assert_int_equal(gone.n_pinned, 4); /* three numbers and the file */
    rise_graph_free(graph);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_by_reference),
        cmocka_unit_test(folders_that_nobody_named),
        cmocka_unit_test(what_cannot_begin_is_told_before),
        cmocka_unit_test(files_and_the_cache),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

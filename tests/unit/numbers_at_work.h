/* tests/unit/numbers_at_work.h: rise within a test, with one node type of the test's own. */
#ifndef RISE_TEST_NUMBERS_AT_WORK_H
#define RISE_TEST_NUMBERS_AT_WORK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "support/folder.h"

#include <rise/rise.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

static char folder[] = "/tmp/rise-embedding-XXXXXX";

/* ---- number: `value` plus the sum of what it reads; waits, fails or warns where asked ----------
 */
static const rise_port number_in[] = {
    {.name = "input",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_WHOLE,
     .flags = RISE_PORT_OPTIONAL | RISE_PORT_MANY | RISE_PORT_OVER,
     .help = "added"},
    {0}};
static const rise_port number_out[] = {{.name = "number",
                                        .kinds = RISE_KINDS(RISE_TENSOR),
                                        .mode = RISE_WHOLE,
                                        .dtype = RISE_F64,
                                        .shape = "[]",
                                        .help = "the sum"},
                                       {0}};
static const rise_param number_params[] = {
    {.name = "value", .type = RISE_P_REAL, .def = "0", .help = "added"},
    {.name = "name", .type = RISE_P_TEXT, .def = "", .help = "only in the key"},
    {.name = "does",
     .type = RISE_P_CHOICE,
     .def = "add",
     .choices = "add|wait|fail|warn",
     .help = "what"},
    {.name = "path", .type = RISE_P_OUTPUT, .flags = RISE_PARAM_OPTIONAL, .help = "a file"},
    {0}};
static atomic_bool waits;

static inline rise_status number_whole(rise_ctx *ctx, rise_error *err) {
    const char *does = rise_param_text(ctx, "does");
    rise_progress(ctx, 0, 2, "begun");
    if (strcmp(does, "fail") == 0)
        return rise_fail(err, RISE_E_DATA, "asked to fail");
    if (strcmp(does, "warn") == 0)
        rise_warn(ctx, "asked to warn");
    atomic_store(&waits, strcmp(does, "wait") == 0);
    while (strcmp(does, "wait") == 0) {
        if (rise_cancelled(ctx))
            return rise_fail(err, RISE_E_INTERRUPTED, "interrupted");
        uv_sleep(1);
    }
    rise_value *value = NULL;
    void *data = NULL;
    rise_status s = rise_tensor_new(RISE_F64, 0, NULL, "", &value, &data, err);
    if (s != RISE_OK)
        return s;
    *(double *)data = rise_param_real(ctx, "value");
    for (size_t i = 0; i < rise_over_count(ctx, "input"); i++)
        *(double *)data +=
            rise_tensor_number(rise_value_tensor(rise_over_input(ctx, "input", i)), 0);
    if (rise_param_set(ctx, "path"))
        s = rise_write_file(ctx, rise_param_text(ctx, "path"), data, sizeof(double), err);
    if (s == RISE_OK)
        return rise_output(ctx, "number", value, err);
    rise_value_release(value);
    return s;
}

static const rise_node_type number = {.abi = RISE_NODE_ABI,
                                      .size = sizeof(rise_node_type),
                                      .name = "number",
                                      .brief = "a sum",
                                      .version = 1,
                                      .in = number_in,
                                      .out = number_out,
                                      .params = number_params,
                                      .whole = number_whole};

/* ---- running -----------------------------------------------------------------------------------
 */
static rise_host *host;
static rise_error err;
static char cache[128], out[128];

static inline rise_graph *load(const char *text) {
    char path[128];
    rise_graph *graph = NULL;
    size_t n = 0;
    snprintf(path, sizeof path, "%s/graph.yaml", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "rise: 1\n%s", text);
    assert_int_equal(fclose(f), 0);
    if (rise_graph_load(host, path, NULL, 0, &graph, &err, 1, &n) != RISE_OK)
        fail_msg("%s", err.message);
    return graph;
}

static inline rise_run *start(const rise_graph *graph, rise_run_options options) {
    rise_run *run = NULL;
    options.cache = cache;
    options.out = out;
    options.jobs = 2;
    if (rise_run_start(host, graph, &options, &run, &err) != RISE_OK)
        fail_msg("%s", err.message);
    return run;
}

static inline double value_of(rise_run *run, const char *reference) {
    rise_value *value = NULL;
    if (rise_run_value(run, reference, &value, &err) != RISE_OK)
        fail_msg("%s: %s", reference, err.message);
    double x = rise_tensor_number(rise_value_tensor(value), 0);
    rise_value_release(value);
    return x;
}

static inline rise_instance named(rise_run *run, const char *name) {
    rise_instance it;
    for (size_t i = 0; i < rise_run_instances(run); i++) {
        rise_run_instance(run, i, &it);
        if (strcmp(it.name, name) == 0)
            return it;
    }
    fail_msg("no instance %s", name);
    return it;
}

static inline void expect_status(rise_run *run, const char *name, const char *status) {
    assert_string_equal(rise_instance_status_text(named(run, name).status), status);
}

#define CHAIN                                                                                      \
    "nodes:\n  one: {type: number, value: 1}\n"                                                    \
    "  two: {type: number, value: 2, input: one}\n"                                                \
    "  six: {type: number, input: [one, two, two.number], value: -1, path: six.bin}\n"

static inline void refused(rise_run *run, const char *reference, rise_status status,
                           const char *says) {
    rise_value *value = NULL;
    assert_int_equal(rise_run_value(run, reference, &value, &err), status);
    assert_non_null(strstr(err.message, says));
    assert_null(value);
}

static inline int set_up(void **unused) {
    (void)unused;
    static const rise_node_type *const mine[] = {&number};
    if (!mkdtemp(folder) || chdir(folder) != 0)
        return -1;
    snprintf(cache, sizeof cache, "%s/cache", folder);
    snprintf(out, sizeof out, "%s/results", folder);
    return rise_host_new(&host, &err) == RISE_OK && rise_host_add(host, mine, 1, &err) == RISE_OK
               ? 0
               : -1;
}

static inline int tear_down(void **unused) {
    (void)unused;
    rise_host_free(host);
    return folder_remove(folder);
}

#endif

/* fault/shapes_at_work: see shapes_at_work.h. */
#include "fault/shapes_at_work.h"

#include "support/cases.h"
#include "support/folder.h"
#include "support/shapes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double expected;     /* what the last node gives */
static char reference[512]; /* the folder of a run that nothing disturbed */

paths paths_in(const char *folder) {
    paths p;
    snprintf(p.graph, sizeof p.graph, "%s/graph.yaml", folder);
    snprintf(p.cache, sizeof p.cache, "%s/cache", folder);
    snprintf(p.out, sizeof p.out, "%s/out", folder);
    return p;
}

rise_status shapes_there(const char *folder, rise_error *err) {
    return shapes_write(folder) ? RISE_OK : rise_fail(err, RISE_E_OUTPUT, "graph not written");
}

/* ---- acts ------------------------------------------------------------------------------------ */
rise_status make_host(rise_host **out, rise_error *err) {
    rise_status s = rise_host_new(out, err);
    return s == RISE_OK ? rise_host_add(*out, shape_types, n_shape_types, err) : s;
}

rise_status load(const char *path, rise_host **host, rise_graph **graph, rise_error *err) {
    size_t n = 0;
    rise_status s = make_host(host, err);
    return s == RISE_OK ? rise_graph_load(*host, path, NULL, 0, graph, err, 1, &n) : s;
}

rise_status right(rise_run *run, rise_error *err) {
    rise_value *value = NULL;
    rise_status s = rise_run_value(run, SHAPES_LAST, &value, err);
    double number = s == RISE_OK ? rise_value_table(value)->column[0].f64[0] : 0;
    rise_value_release(value);
    if (s != RISE_OK)
        return s;
    if (expected == 0)
        expected = number; /* of the first run, that nothing disturbed */
    return number == expected ? RISE_OK : rise_fail(err, RISE_E_BUG, "%g is wrong", number);
}

rise_status run_right(const char *folder, unsigned jobs, rise_error *err) {
    return run_right_with(folder, (rise_run_options){.jobs = jobs}, err);
}

rise_status run_right_with(const char *folder, rise_run_options options, rise_error *err) {
    rise_host *host = NULL;
    rise_graph *graph = NULL;
    rise_run *run = NULL;
    paths p = paths_in(folder);
    options.cache = p.cache;
    options.out = p.out;
    options.memory = 1 << 26;
    rise_status s = load(p.graph, &host, &graph, err);
    if (s == RISE_OK)
        s = rise_run_start(host, graph, &options, &run, err);
    if (s == RISE_OK)
        s = rise_run_wait(run, err);
    if (s == RISE_OK)
        s = right(run, err);
    rise_run_free(run);
    rise_graph_free(graph);
    rise_host_free(host);
    return s;
}

rise_status before_warm(const char *folder, rise_error *err) {
    rise_status s = shapes_there(folder, err);
    return s == RISE_OK ? run_right(folder, 2, err) : s;
}

static rise_status look_at_instances(rise_run *run, rise_error *err) {
    rise_status s = RISE_OK;
    for (size_t i = 0; s == RISE_OK && i < rise_run_instances(run); i++) {
        rise_value *parts = NULL, *kept = NULL;
        rise_id key;
        s = rise_run_parts(run, i, &parts, err);
        if (s == RISE_OK)
            s = rise_run_kept(run, i, &kept, err);
        if (s == RISE_OK && !rise_run_key(run, i, &key))
            s = rise_fail(err, RISE_E_BUG, "no key");
        rise_value_release(parts);
        rise_value_release(kept);
    }
    return s;
}

/* What is asked of any run that is over. */
static rise_status look_back(rise_run *run, rise_error *err) {
    rise_value *inputs = NULL;
    rise_estimate all;
    rise_status s = rise_run_inputs(run, &inputs, err);
    rise_value_release(inputs);
    return s == RISE_OK ? rise_run_estimate_all(run, &all, err) : s;
}

rise_status act_plan(const char *folder, rise_error *err) {
    rise_host *host = NULL;
    rise_graph *graph = NULL;
    rise_run *run = NULL;
    paths p = paths_in(folder);
    rise_run_options options = {.cache = p.cache, .plan_only = true, .jobs = 1};
    rise_status s = load(p.graph, &host, &graph, err);
    if (s == RISE_OK)
        s = rise_run_start(host, graph, &options, &run, err);
    if (s == RISE_OK)
        s = rise_run_wait(run, err);
    rise_instance last;
    if (s == RISE_OK)
        rise_run_instance(run, rise_run_instances(run) - 1, &last);
    if (s == RISE_OK && last.status == RISE_CACHED) /* of a warm cache */
        s = look_at_instances(run, err);
    if (s == RISE_OK)
        s = look_back(run, err);
    rise_run_free(run);
    rise_graph_free(graph);
    rise_host_free(host);
    return s;
}

/* Outputs are whole or not there; the next run gives the same bytes; the cache is sound. */
const char *after_run(const char *folder, rise_status status) {
    char same[256];
    uint64_t checked = 0, damaged = 0;
    rise_error err = {0};
    paths p = paths_in(folder);
    snprintf(same, sizeof same, "%s/out", reference);
    if (!folder_part_of(p.out, same))
        return "half an output";
    if (status == RISE_OK && !folder_part_of(same, p.out))
        return "an output is not there";
    if (run_right(folder, 2, &err) != RISE_OK)
        return "the next run fails";
    if (!folder_part_of(same, p.out) || !folder_part_of(p.out, same))
        return "the next run gives other outputs";
    if (rise_cache_verify(p.cache, true, NULL, NULL, &checked, &damaged, &err) != RISE_OK)
        return "the cache cannot be verified";
    return damaged ? "the cache is damaged" : NULL;
}

static int start(void **state) {
    rise_error err = {0};
    (void)state;
    snprintf(reference, sizeof reference, "/tmp/rise-memory-reference-XXXXXX");
    return !mkdtemp(reference) || shapes_there(reference, &err) != RISE_OK ||
                   run_right(reference, 1, &err) != RISE_OK || expected == 0
               ? -1
               : 0;
}

static int stop(void **state) {
    (void)state;
    return folder_remove(reference);
}

int sweep_all(const sweep *sweeps, size_t n) {
    const char *only = getenv("RISE_SWEEP_OF");
    for (size_t i = 0; i < n; i++)
        if (!only || strcmp(only, sweeps[i].name) == 0)
            cases_add(sweeps[i].name, "memory", sweep_test, (void *)(uintptr_t)&sweeps[i]);
    return cases_run("memory", start, stop);
}

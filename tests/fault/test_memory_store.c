/* Memory that runs out, at each request in turn, while a cache is looked after. */
#include "fault/shapes_at_work.h"

static uint64_t n_checked; /* by the last that succeeded */

static rise_status act_verify(const char *folder, rise_error *err) {
    uint64_t damaged = 0;
    rise_cache_stats stats;
    paths p = paths_in(folder);
    rise_status s = rise_cache_stat(p.cache, &stats, NULL, 0, err);
    if (s == RISE_OK)
        s = rise_cache_verify(p.cache, true, NULL, NULL, &n_checked, &damaged, err);
    if (s == RISE_OK && damaged)
        s = rise_fail(err, RISE_E_BUG, "%llu called damaged", (unsigned long long)damaged);
    return s;
}

/* With all the memory there is it looks at as much. */
static const char *after_verify(const char *folder, rise_status status) {
    uint64_t before = n_checked;
    rise_error err = {0};
    if (status == RISE_OK && (act_verify(folder, &err) != RISE_OK || n_checked != before))
        return "it looked at less than there is";
    return after_run(folder, status);
}

static rise_status act_gc(const char *folder, rise_error *err) {
    rise_host *host = NULL;
    rise_graph *graph = NULL;
    rise_gc_result result;
    paths p = paths_in(folder);
    rise_status s = load(p.graph, &host, &graph, err);
    const rise_graph *keep = graph;
    rise_gc_options options = {.max_bytes = 1, .keep = &keep, .n_keep = 1};
    if (s == RISE_OK)
        s = rise_cache_gc(host, p.cache, &options, &result, err);
    rise_graph_free(graph);
    rise_host_free(host);
    return s;
}

/* What --keep needs is there: nothing has to run. */
static const char *after_gc(const char *folder, rise_status status) {
    rise_error err = {0};
    return act_plan(folder, &err) == RISE_OK ? after_run(folder, status) : "it cannot be planned";
}

static const sweep sweeps[] = {
    {"cache verify", before_warm, act_verify, after_verify, false},
    {"cache gc", before_warm, act_gc, after_gc, false},
    {"cache verify, by piece", before_warm, act_verify, after_verify, true},
    {"cache gc, by piece", before_warm, act_gc, after_gc, true},
};

int main(void) {
    return sweep_all(sweeps, sizeof sweeps / sizeof *sweeps);
}

/* Memory that runs out, at each request in turn, while a cache is looked after. */
#include "fault/shapes_at_work.h"

static rise_status act_verify(const char *folder, rise_error *err) {
    uint64_t checked = 0, damaged = 0;
    rise_cache_stats stats;
    paths p = paths_in(folder);
    rise_status s = rise_cache_stat(p.cache, &stats, NULL, 0, err);
    if (s == RISE_OK)
        s = rise_cache_verify(p.cache, true, NULL, NULL, &checked, &damaged, err);
    static uint64_t all; /* how much there is to look at, known from the first time */
    all = all ? all : checked;
    if (s == RISE_OK && (damaged || checked != all))
        s = rise_fail(err, RISE_E_BUG, "%llu of %llu checked, %llu called damaged",
                      (unsigned long long)checked, (unsigned long long)all,
                      (unsigned long long)damaged);
    return s;
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
    {"cache verify", before_warm, act_verify, after_run},
    {"cache gc", before_warm, act_gc, after_gc},
};

int main(void) {
    return sweep_all(sweeps, sizeof sweeps / sizeof *sweeps);
}

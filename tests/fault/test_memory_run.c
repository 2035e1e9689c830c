/* Memory that runs out, at each request in turn, while a graph runs. */
#include "fault/shapes_at_work.h"

#include "support/folder.h"

#include <uv.h>

static rise_status act_run(const char *folder, rise_error *err) {
    return run_right(folder, 1, err);
}

static rise_status act_run_threads(const char *folder, rise_error *err) {
    return run_right(folder, 3, err);
}

/* One of several that share the cache; it is alone here. */
static rise_status act_worker(const char *folder, rise_error *err) {
    return run_right_with(folder, (rise_run_options){.jobs = 2, .worker = true, .job = "1"}, err);
}

/* It writes no outputs: the run after it does. */
static const char *after_worker(const char *folder, rise_status status) {
    (void)status;
    return after_run(folder, RISE_E_NOMEM);
}

/* As a warm run, but values and outputs are gone: what records tell of is computed again. */
static rise_status before_again(const char *folder, rise_error *err) {
    rise_gc_result result;
    rise_gc_options options = {.max_bytes = 1};
    paths p = paths_in(folder);
    rise_status s = before_warm(folder, err);
    if (s == RISE_OK)
        s = rise_cache_gc(NULL, p.cache, &options, &result, err);
    return s == RISE_OK && folder_remove(p.out) != 0 ? RISE_E_OUTPUT : s;
}

/* In a loop of the caller's, with all events. */
typedef struct seen {
    rise_run *run;
    rise_status status;
    size_t n_ended;
} seen;

static void on_ended(void *user, const rise_instance *it) {
    seen *s = user;
    s->n_ended += it->name[0] != 0;
}

static void on_warned(void *user, const char *text) {
    (void)user, (void)text;
}

static void on_finished(void *user, rise_run *run, rise_status status) {
    seen *s = user;
    s->status = status;
    s->run = run;
}

static rise_status run_in_loop(rise_host *host, const rise_graph *graph, rise_run_options *options,
                               rise_error *err) {
    uv_loop_t loop;
    seen s = {0};
    rise_run *run = NULL;
    if (uv_loop_init(&loop))
        return rise_fail_nomem(err, "a loop");
    options->loop = &loop;
    options->events =
        (rise_events){.ended = on_ended, .warned = on_warned, .finished = on_finished, .user = &s};
    rise_status status = rise_run_start(host, graph, options, &run, err);
    if (status == RISE_OK)
        uv_run(&loop, UV_RUN_DEFAULT);
    if (status == RISE_OK && s.status != RISE_OK)
        status = rise_fail(err, s.status, "the run did not go through");
    if (status == RISE_OK)
        status = s.n_ended ? right(run, err) : rise_fail(err, RISE_E_BUG, "nothing ended");
    rise_run_free(run);
    uv_run(&loop, UV_RUN_DEFAULT);
    return uv_loop_close(&loop) ? rise_fail(err, RISE_E_BUG, "the loop is busy") : status;
}

static rise_status act_loop(const char *folder, rise_error *err) {
    rise_host *host = NULL;
    rise_graph *graph = NULL;
    paths p = paths_in(folder);
    rise_run_options options = {.cache = p.cache, .out = p.out, .jobs = 2, .memory = 1 << 26};
    rise_status s = load(p.graph, &host, &graph, err);
    if (s == RISE_OK)
        s = run_in_loop(host, graph, &options, err);
    rise_graph_free(graph);
    rise_host_free(host);
    return s;
}

static const sweep sweeps[] = {
    {"a run from nothing", shapes_there, act_run, after_run, false},
    {"a run from nothing on three threads", shapes_there, act_run_threads, after_run, false},
    {"a worker", shapes_there, act_worker, after_worker, false},
    {"a run that has nothing to do", before_warm, act_run, after_run, false},
    {"a run that makes values again", before_again, act_run, after_run, false},
    {"a run in the host's own loop", shapes_there, act_loop, after_run, false},
    {"a run from nothing, by piece", shapes_there, act_run, after_run, true},
    {"a run that makes values again, by piece", before_again, act_run, after_run, true},
};

int main(void) {
    return sweep_all(sweeps, sizeof sweeps / sizeof *sweeps);
}

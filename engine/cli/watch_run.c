/* cli/watch_run: the runs of a watch, one after the other. */
#include "watch.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- telling --------------------------------------------------------------------------------- */
bool watch_is_quiet(const watch *w) {
    return w->o->progress == PROGRESS_NONE || w->o->progress == PROGRESS_JSON;
}

void watch_tell_waiting(const watch *w) {
    if (w->o->progress == PROGRESS_JSON)
        json_watching(w->seen.n);
    else if (!watch_is_quiet(w))
        fprintf(stderr, "watching %zu file%s; Ctrl-C ends it\n", w->seen.n,
                w->seen.n == 1 ? "" : "s");
}

/* ---- the end --------------------------------------------------------------------------------- */
void watch_close(watch *w) {
    uv_close((uv_handle_t *)&w->quiet, NULL);
    uv_close((uv_handle_t *)&w->look, NULL);
    for (size_t i = 0; i < 3; i++)
        uv_close((uv_handle_t *)&w->signal[i], NULL);
    folders_close(&w->folders);
}

void watch_begin_afresh(watch *w) {
    fflush(NULL);
    execv("/proc/self/exe", w->o->words);
    fputs("rise-run: a plug-in was edited, and this program cannot be started again\n", stderr);
    w->ending = RISE_E_SYSTEM;
    watch_close(w);
}

/* ---- a run ----------------------------------------------------------------------------------- */
static void start(watch *w);

void watch_go_on(watch *w) {
    if (w->ending != RISE_OK) {
        watch_close(w);
    } else if (w->afresh) {
        watch_begin_afresh(w);
    } else if (w->next) {
        rise_graph_free(w->graph);
        w->graph = w->next;
        w->next = NULL;
        start(w);
    } else {
        watch_tell_waiting(w);
    }
}

static void on_ended(void *user, const rise_instance *it) {
    progress_ended(((watch *)user)->progress, it);
}

static void on_warned(void *user, const char *text) {
    progress_warned(((watch *)user)->progress, text);
}

static void on_ticked(void *user, rise_run *run) {
    progress_tick(((watch *)user)->progress, run);
}

static void on_finished(void *user, rise_run *run, rise_status status) {
    watch *w = user;
    rise_status s = run_tell(w->host, w->graph, w->o, run, w->progress, status);
    progress_free(w->progress, true, rise_status_exit(s));
    w->progress = NULL;
    rise_run_free(run);
    w->run = NULL;
    watch_go_on(w);
}

static void start(watch *w) {
    rise_error err = {0};
    rise_run_options options = w->o->run;
    options.out_used = true; /* run.json */
    options.loop = &w->loop;
    options.events = (rise_events){.ended = on_ended,
                                   .warned = on_warned,
                                   .ticked = on_ticked,
                                   .finished = on_finished,
                                   .user = w};
    process_restart();
    w->progress = progress_new(w->o->progress);
    rise_status s = rise_run_start(w->host, w->graph, &options, &w->run, &err);
    if (s == RISE_OK) {
        progress_started(w->progress, w->run, w->graph, w->o->operand[0]);
        return;
    }
    tell_error(&err);
    progress_free(w->progress, false, rise_status_exit(s));
    w->progress = NULL;
    watch_tell_waiting(w);
}

/* ---- making way --------------------------------------------------------------------------------
 */
/* Instances come node by node, in the order of the table of nodes. */
static bool *keep_of(rise_run *run, const bool *same) {
    size_t n = rise_run_instances(run), node = 0;
    bool *keep = calloc(n + 1, sizeof *keep);
    const char *last = NULL;
    for (size_t i = 0; keep && i < n; i++) {
        rise_instance it;
        rise_run_instance(run, i, &it);
        node += last && it.node != last;
        last = it.node;
        keep[i] = same[node];
    }
    return keep;
}

void watch_make_way(watch *w, rise_graph *next) {
    bool *same = calloc(rise_graph_nodes(w->graph) + 1, sizeof *same), all = false;
    rise_error err = {0};
    rise_status s = same ? same_nodes(w->graph, next, w->edited, w->n_edited, same, &all, &err)
                         : rise_fail_nomem(&err, "what was edited");
    bool *keep = s == RISE_OK ? keep_of(w->run, same) : NULL;
    if (all && !w->next) {
        rise_graph_free(next);
    } else {
        rise_graph_free(w->next);
        w->next = next;
        if (keep)
            rise_run_wind_down(w->run, keep);
        else
            rise_run_cancel(w->run, RISE_E_INTERRUPTED);
    }
    free(keep);
    free(same);
}

/* cli/worker: one of several processes that do the work of a graph together. It keeps a file about
 * itself in the cache (worker_file.c), for who asks how far things are. */
#include "worker.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const double GRACE_S = 60; /* for nodes at work, once it was asked to leave soon */
static const double TELL_S = 15;

static rise_run *_Atomic running;
static atomic_int asked; /* the number of a signal */

/* SIGUSR1 says that time will be up soon, as sbatch --signal does; the others, that it is. */
static void on_signal(int number) {
    rise_run *run = atomic_load(&running);
    if (number != SIGUSR1 && atomic_exchange(&asked, number) == number)
        _Exit(rise_status_exit(RISE_E_TERMINATED));
    atomic_store(&asked, number);
    if (number != SIGUSR1 && run)
        rise_run_cancel(run, RISE_E_TERMINATED);
}

static void catch_signals(rise_run *run) {
    static const int numbers[] = {SIGUSR1, SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    atomic_store(&running, run);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaction(numbers[i], &action, NULL);
    if (atomic_load(&asked) && atomic_load(&asked) != SIGUSR1)
        rise_run_cancel(run, RISE_E_TERMINATED);
}

/* Frames stop after the one at hand, as they are kept one by one; other nodes have some time. */
static void leave_soon(worker *w, rise_run *run) {
    size_t n = rise_run_instances(run);
    bool *keep = calloc(n + 1, sizeof *keep);
    for (size_t i = 0; keep && i < n; i++) {
        rise_instance it;
        rise_run_instance(run, i, &it);
        const rise_node_type *type = rise_host_find(w->host, it.type);
        keep[i] = it.status == RISE_RUNNING && type && !type->map;
    }
    if (keep)
        rise_run_wind_down(run, keep);
    free(keep);
}

static void on_tick(void *user, rise_run *run) {
    worker *w = user;
    double now = process_seconds();
    stuck_tick(w->progress, run);
    if (atomic_load(&asked) == SIGUSR1 && w->leave_at <= 0) {
        w->leave_at = now + GRACE_S;
        leave_soon(w, run);
    }
    if (w->leave_at > 0 && now > w->leave_at)
        rise_run_cancel(run, RISE_E_TERMINATED);
    if (now - w->told >= TELL_S) {
        w->told = now;
        worker_file_write(w, run, "working", "");
    }
}

static void on_ended(void *user, const rise_instance *it) {
    progress_ended(((worker *)user)->progress, it);
}

static void on_warned(void *user, const char *text) {
    progress_warned(((worker *)user)->progress, text);
}

static void on_stuck(void *user, const rise_instance *it, double seconds) {
    stuck_told(((worker *)user)->progress, it, seconds);
}

static rise_status finish(worker *w, rise_run *run, rise_status s) {
    const char *state = "done", *why = "nothing is left to do";
    rise_share share;
    rise_run_share(run, &share);
    progress_stop(w->progress, run);
    if (s == RISE_E_INTERRUPTED || s == RISE_E_TERMINATED) {
        state = "left";
        why = atomic_load(&asked) == SIGUSR1 ? "its time was nearly up" : "it was told to stop";
        s = RISE_OK;
    } else if (s != RISE_OK) {
        tell_failures(run);
        state = "failed";
        why = "a node failed";
    } else if (share.idle) {
        state = "left";
        why = "others are at all that is left";
    }
    worker_file_write(w, run, state, why);
    if (w->progress)
        fprintf(stderr, "%s: %zu units, %zu frames, %llu operations on names; %s\n", state,
                share.units, share.frames, share.n_metadata, why);
    return s;
}

static int run_worker(worker *w, bool *started) {
    int code = 0;
    rise_error err = {0};
    rise_run *run = NULL;
    w->graph = load_graph(w->host, w->o->operand[0], w->o, &code);
    if (!w->graph)
        return code;
    rise_run_options options = w->o->run;
    options.worker = true;
    options.job = getenv("RISE_JOB");
    options.events = (rise_events){
        .ended = on_ended, .warned = on_warned, .ticked = on_tick, .stuck = on_stuck, .user = w};
    rise_status s = rise_run_start(w->host, w->graph, &options, &run, &err);
    *started = s == RISE_OK;
    if (s == RISE_OK) {
        progress_started(w->progress, run, w->graph, w->o->operand[0]);
        worker_file_begin(w, run);
        catch_signals(run);
        s = finish(w, run, rise_run_wait(run, &err));
        atomic_store(&running, NULL);
    } else {
        tell_error(&err);
    }
    rise_run_free(run);
    rise_graph_free(w->graph);
    return rise_status_exit(s);
}

int command_worker(rise_host *host, const cli_options *o) {
    bool started = false;
    process_seconds();
    if (o->progress == PROGRESS_JSON)
        tell_in_json();
    worker *w = calloc(1, sizeof *w);
    if (!w)
        return rise_status_exit(RISE_E_NOMEM);
    w->host = host;
    w->o = o;
    w->progress = progress_new(o->progress);
    int code = run_worker(w, &started);
    progress_free(w->progress, started, code);
    free(w);
    return code;
}

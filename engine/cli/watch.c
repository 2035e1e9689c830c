/* cli/watch: run, wait for an edit, load again, run again. One loop, of libuv, turns the run, the
 * clocks and what the system tells of folders. */
#include "watch.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { QUIET_MS = 100, LOOK_MS = 1000 };
static const double PATIENCE_S = 2; /* a file that never rests is taken as it is */

static void on_quiet(uv_timer_t *timer);
static void on_event(uv_fs_event_t *handle, const char *name, int events, int status);

/* ---- an edit --------------------------------------------------------------------------------- */
static void take_edited(void *user, const seen_file *file) {
    watch *w = user;
    w->edited[w->n_edited++] = file->node;
    size_t n = strlen(file->path);
    bool is_graph = strcmp(file->path, w->o->operand[0]) == 0;
    w->afresh = w->afresh ||
                (!file->node[0] && !is_graph && n > 3 && strcmp(file->path + n - 3, ".so") == 0);
    if (w->o->progress == PROGRESS_JSON)
        json_edited(file->path);
    else if (!watch_is_quiet(w)) {
        terminal_text(stderr, file->path);
        fputs(" changed\n", stderr);
    }
}

static void add_extra(watch *w, const char *path) {
    for (size_t i = 0; i < w->n_extra; i++)
        if (strcmp(w->extra[i], path) == 0)
            return;
    if (path[0])
        w->extra[w->n_extra++] = path;
}

/* Looks at everything once more, after the graph was loaded or was not. `graph` is the state of its
 * file before: what was edited meanwhile is an edit. */
static void see(watch *w, const rise_graph *graph, uint64_t before) {
    rise_error err = {0};
    seen now = {0};
    for (size_t i = 0; i < w->n_errors && i < MOST_ERRORS; i++)
        add_extra(w, w->errors[i].file);
    if (seen_take(w->host, graph, w->extra, w->n_extra, &now, &err) != RISE_OK) {
        tell_error(&err);
        return;
    }
    for (size_t i = 0; i < now.n; i++)
        if (strcmp(now.file[i].path, w->o->operand[0]) == 0 && !now.file[i].node[0])
            now.file[i].state = before;
    seen_free(&w->seen);
    w->seen = now;
}

static rise_graph *load(watch *w) {
    uint64_t before = file_state(w->o->operand[0]);
    rise_graph *graph = NULL;
    w->n_errors = 0;
    w->n_extra = 0;
    add_extra(w, w->o->operand[0]);
    for (size_t i = 0; i < w->o->n_plugins; i++)
        add_extra(w, w->o->plugin[i]);
    rise_status s = w->plugins_added ? RISE_OK : add_plugins(w->host, w->o, &w->errors[0]);
    w->plugins_added = s == RISE_OK;
    if (s == RISE_OK)
        s = rise_graph_load(w->host, w->o->operand[0], w->o->set, w->o->n_set, &graph, w->errors,
                            MOST_ERRORS, &w->n_errors);
    else
        w->n_errors = 1;
    if (s != RISE_OK)
        tell_errors(w->errors, w->n_errors);
    see(w, graph ? graph : w->graph, before);
    return graph;
}

static void react(watch *w) {
    const char **room = realloc(w->edited, (w->seen.n + w->lately.n + 1) * sizeof *room);
    if (!room)
        return; /* the next look finds it again */
    w->edited = room;
    w->n_edited = 0;
    seen_compare(&w->seen, &w->lately, take_edited, w);
    if (w->afresh && w->run) {
        rise_run_cancel(w->run, RISE_E_INTERRUPTED);
    } else if (w->afresh) {
        watch_begin_afresh(w);
    } else {
        rise_graph *graph = load(w);
        if (graph && w->run) {
            watch_make_way(w, graph);
        } else if (graph) {
            w->next = graph;
            watch_go_on(w);
        } else if (!w->run) {
            watch_tell_waiting(w);
        }
    }
    seen_free(&w->lately);
    folders_watch(&w->folders, &w->loop, &w->seen, on_event, w);
}

/* Editors write twice, or write a file beside and rename it: an edit is over when what is seen
 * rests. */
static void look(watch *w) {
    rise_error ignored;
    seen now = {0};
    if (w->ending != RISE_OK || w->afresh ||
        seen_take(w->host, w->next ? w->next : w->graph, w->extra, w->n_extra, &now, &ignored) !=
            RISE_OK)
        return;
    double time = (double)uv_hrtime() * 1e-9;
    bool edited = seen_compare(&w->seen, &now, NULL, NULL) > 0;
    bool rests = w->lately.n > 0 && seen_compare(&w->lately, &now, NULL, NULL) == 0;
    if (w->lately.n == 0)
        w->since = time;
    seen_free(&w->lately);
    if (!edited) {
        seen_free(&now);
        return;
    }
    w->lately = now;
    if (rests || time - w->since > PATIENCE_S)
        react(w);
    else
        uv_timer_start(&w->quiet, on_quiet, QUIET_MS, 0);
}

static void on_quiet(uv_timer_t *timer) {
    look(timer->data);
}

static void on_event(uv_fs_event_t *handle, const char *name, int events, int status) {
    watch *w = handle->data;
    (void)name;
    (void)events;
    (void)status;
    if (!uv_is_active((uv_handle_t *)&w->quiet))
        uv_timer_start(&w->quiet, on_quiet, QUIET_MS, 0);
}

/* A graph with errors may be mended in a place that nobody could name: a plug-in that it did not
 * come to load. */
static void try_again(watch *w) {
    rise_graph *graph = NULL;
    rise_error err = {0};
    size_t n = 0;
    rise_status s =
        rise_graph_load(w->host, w->o->operand[0], w->o->set, w->o->n_set, &graph, &err, 1, &n);
    rise_graph_free(graph);
    if (s != RISE_OK && n == w->n_errors && strcmp(err.message, w->errors[0].message) == 0)
        return;
    w->next = load(w);
    folders_watch(&w->folders, &w->loop, &w->seen, on_event, w);
    watch_go_on(w);
}

/* The system does not tell of everything: files behind links, file systems of other machines. */
static void on_look(uv_timer_t *timer) {
    watch *w = timer->data;
    uint64_t start_ns = uv_hrtime();
    look(w);
    if (w->n_errors > 0 && w->plugins_added && !w->run && w->lately.n == 0 && w->ending == RISE_OK)
        try_again(w);
    uint64_t took_ms = (uv_hrtime() - start_ns) / 1000000;
    uv_timer_set_repeat(timer, LOOK_MS + 20 * took_ms);
}

/* ---- the loop -------------------------------------------------------------------------------- */
static void on_signal(uv_signal_t *handle, int number) {
    watch *w = handle->data;
    rise_status why = number == SIGINT ? RISE_E_INTERRUPTED : RISE_E_TERMINATED;
    if (w->ending != RISE_OK)
        _exit(rise_status_exit(why));
    w->ending = why;
    if (w->run)
        rise_run_cancel(w->run, why);
    else
        watch_close(w);
}

static bool open_loop(watch *w, rise_error *err) {
    static const int number[] = {SIGINT, SIGTERM, SIGHUP};
    bool open = uv_loop_init(&w->loop) == 0 && uv_timer_init(&w->loop, &w->quiet) == 0 &&
                uv_timer_init(&w->loop, &w->look) == 0;
    w->quiet.data = w->look.data = w;
    for (size_t i = 0; open && i < 3; i++) {
        open = uv_signal_init(&w->loop, &w->signal[i]) == 0 &&
               uv_signal_start(&w->signal[i], on_signal, number[i]) == 0;
        w->signal[i].data = w;
    }
    if (!open)
        rise_fail(err, RISE_E_SYSTEM, "no event loop: too many open files?");
    return open && uv_timer_start(&w->look, on_look, LOOK_MS, LOOK_MS) == 0;
}

static void free_watch(watch *w) {
    rise_graph_free(w->graph);
    rise_graph_free(w->next);
    seen_free(&w->seen);
    seen_free(&w->lately);
    free(w->edited);
    free(w->extra);
    free(w);
}

int command_watch(rise_host *host, const cli_options *o) {
    rise_error err = {0};
    watch *w = calloc(1, sizeof *w);
    if (o->progress == PROGRESS_JSON)
        tell_in_json();
    if (w)
        w->extra = calloc(o->n_plugins + MOST_ERRORS + 1, sizeof *w->extra);
    if (!w || !w->extra)
        rise_fail_nomem(&err, "the watch");
    else if (open_loop(w, &err)) {
        w->host = host;
        w->o = o;
        w->next = load(w);
        folders_watch(&w->folders, &w->loop, &w->seen, on_event, w);
        watch_go_on(w);
        uv_run(&w->loop, UV_RUN_DEFAULT);
        uv_loop_close(&w->loop);
        err.status = w->ending;
    }
    if (err.message[0])
        tell_error(&err);
    if (w)
        free_watch(w);
    return rise_status_exit(err.status);
}

/* cli/watch.h: running a graph again whenever something that it is made of is edited. */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include "progress.h"

#include <uv.h>

/* ---- what is looked at (watch_files.c) ------------------------------------------------------- */
typedef struct seen_file {
    const char *path;
    const char *node; /* that reads it; "" for the graph and for plug-ins */
    uint64_t state;   /* changes when the file does; 0: it is not there */
} seen_file;

typedef struct seen {
    seen_file *file; /* by path, then by node */
    size_t n;
    rise_value *table; /* paths and nodes are in here, or outlive this */
} seen;                /* zero-initialised is empty */

uint64_t file_state(const char *path);
/* The graph file and `extra`, the plug-ins of the host, and what the graph (NULL: none) reads. */
rise_status seen_take(rise_host *host, const rise_graph *graph, const char *const *extra,
                      size_t n_extra, seen *out, rise_error *err) RISE_MUST_USE;
void seen_free(seen *s);
/* Tells of each file that is not in both as it is in the other; returns how many. */
size_t seen_compare(const seen *a, const seen *b,
                    void (*tell)(void *user, const seen_file *changed), void *user);

/* ---- where an edit is told by the system (watch_folders.c) ----------------------------------- */
enum { MOST_FOLDERS = 128 }; /* what is in others is found by looking now and then */

typedef struct folders {
    uv_fs_event_t *handle[MOST_FOLDERS];
    size_t n;
} folders;

/* All folders of these files; `on_event` is called with `user` as data of the handle. */
void folders_watch(folders *f, uv_loop_t *loop, const seen *s, uv_fs_event_cb on_event, void *user);
void folders_close(folders *f);

/* ---- what an edit left as it was (watch_same.c) ---------------------------------------------- */
/* same[i], for each node of `before` in the order of its table: the node, its inputs and all that
 * leads to it are the same in `after`, and none of these reads a file of `edited`. *all: and
 * nothing was added. */
rise_status same_nodes(const rise_graph *before, const rise_graph *after,
                       const char *const *edited_nodes, size_t n_edited, bool *same, bool *all,
                       rise_error *err) RISE_MUST_USE;

/* ---- the watch ------------------------------------------------------------------------------- */
typedef struct watch {
    rise_host *host;
    const cli_options *o;
    const char **extra; /* files that are looked at whatever the graph says */
    size_t n_extra;
    rise_error errors[MOST_ERRORS]; /* of the graph as it is now; the files they name are watched */
    size_t n_errors;
    uv_loop_t loop;
    uv_timer_t quiet, look;
    uv_signal_t signal[3];
    folders folders;
    seen seen;   /* as the graph was loaded */
    seen lately; /* as it is since the edit that is being waited for */
    double since;
    progress *progress;
    rise_graph *graph;   /* of the run at work; the last that had no errors */
    rise_graph *next;    /* runs when the run at work is over */
    rise_run *run;       /* NULL: none is at work */
    const char **edited; /* nodes whose files were edited */
    size_t n_edited;
    bool plugins_added;
    bool afresh;        /* a plug-in was edited: what it was stays in this process */
    rise_status ending; /* RISE_OK: not yet */
} watch;

/* watch_run.c */
bool watch_is_quiet(const watch *w); /* nothing is told in words */
void watch_tell_waiting(const watch *w);
void watch_close(watch *w); /* then the loop ends */
/* No run is at work: the end, the next graph, or waiting. */
void watch_go_on(watch *w);
/* The run at work makes way for the next graph, which is taken over; where that is the same, it
 * goes on. */
void watch_make_way(watch *w, rise_graph *next);
/* This program once more, with the words it was given. */
void watch_begin_afresh(watch *w);

#endif

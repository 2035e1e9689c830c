/* cli/progress, for the room alone: what a run looks like at one moment, and three ways to tell it.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "cli.h"

enum { MAX_RUNNING = 64, MAX_LINES = 8 };

/* How far an instance was when it was first seen: what it did since then, by the time since then,
 * is its rate. A training that goes on from a stored epoch would else look fast. */
typedef struct watched {
    size_t instance;
    double done, at_s;
} watched;

typedef struct running {
    rise_instance it;
    double per_s;  /* 0: not known */
    double left_s; /* < 0: not known */
} running;

typedef struct moment {
    size_t total, settled, running, cached, ran, failed, skipped; /* instances */
    double memory;                                                /* bytes in use */
    double wall_s;
    size_t n_shown;
    struct running shown[MAX_RUNNING]; /* those that began, in the order of the graph */
} moment;

/* Live lines, and how wide each is. */
typedef struct live_frame {
    char *text;
    size_t size, n_lines, columns[MAX_LINES + 1];
} live_frame;

struct progress {
    progress_mode mode;
    bool live, colour, utf8;
    double next; /* s: when the next line is due */
    size_t n_watched;
    watched watched[MAX_RUNNING];
    moment now;
    live_frame drawn; /* what stands on the screen */
};

void moment_take(progress *p, rise_run *run);

void live_show(progress *p);                    /* draws the lines anew, in one write */
void live_print(progress *p, const char *text); /* a line that stays, above the live ones */
void live_clear(progress *p);

void json_started(rise_run *run, const rise_graph *graph, const char *path);
void json_progress(const moment *now);
void json_ended(const rise_instance *it);
void json_warning(const char *text);
void json_watching(size_t n_files);
void json_edited(const char *path);
void json_finished(const moment *now, int exit_code); /* NULL: the run did not start */

#endif

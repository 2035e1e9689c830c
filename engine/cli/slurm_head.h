/* cli/slurm_head.h: what the files of the head share. */
#ifndef CLI_SLURM_HEAD_H
#define CLI_SLURM_HEAD_H

#include "slurm.h"
#include "workers_seen.h"

typedef struct head {
    rise_host *host;
    const rise_graph *graph;
    const cli_options *o;
    char cache[4096];
    executor e;
    jobs j;
    workers w;    /* of this graph, also of other jobs */
    size_t done;  /* units that pilots of these jobs tell of, when last looked */
    size_t ended; /* pilots that found nothing left for them, and jobs that are over */
    double next_look, next_plan, next_line; /* s, of process_seconds() */
    size_t done_planned, ended_planned;     /* when last planned */
    unsigned silent;                        /* looks in a row that Slurm did not answer */
    char line[400];                         /* last told */
} head;

bool head_owns(const head *h, const worker *w); /* one of these jobs */

/* ---- slurm_tell.c ---------------------------------------------------------------------------- */
void head_tell_submitted(const head *h, const pilot_class *c);
void head_tell_attached(const head *h);
void head_tell_follow(const head *h); /* how to see, to wait for and to end the jobs */
void head_tell_state(head *h);        /* how far the pilots are, when that is due */
void head_warn(const head *h, const char *text);
bool head_tell_failures(const head *h, rise_status *status); /* false: there are none */

/* ---- slurm_rounds.c -------------------------------------------------------------------------- */
/* Submits each class that has work and no job that waits or runs: for the first time, again, or it
 * is said why not. */
rise_status head_submit(head *h, rise_error *err) RISE_MUST_USE;

#endif

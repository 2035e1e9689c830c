/* cli/slurm.h: a graph in jobs of Slurm. This process, the head, submits arrays of identical pilots
 * (`rise-run worker`), which share the work through the cache; it looks at the queue now and then,
 * and may be ended at any moment: what there is to know stands in the cache, in
 *
 *     jobs/<id>.json    what was submitted (id: of the graph and of what --set and --only say)
 *     jobs/<id>/        the script and what the pilots printed
 *     workers/<pilot>.json  what each pilot does, written by itself (workers_seen.h)
 *
 * Nothing here needs the accounting of Slurm. */
#ifndef CLI_SLURM_H
#define CLI_SLURM_H

#include "cli.h"
#include "outside.h"

struct json_t;

enum { MAX_CLASSES = 64, ID_LENGTH = 40 };

/* ---- executor.c: what is asked for ----------------------------------------------------------- */
typedef struct pilot_class {
    char name[RISE_NAME_MAX];
    rise_pilot ask;     /* with defaults in place of what is not said */
    size_t left;        /* instances of its nodes that would run, */
    size_t ready;       /* and of these, how many wait for no other */
    size_t left_before; /* when it was submitted last */
    unsigned fruitless; /* submissions since the last that did something */
    unsigned doubled;   /* times that the memory was */
} pilot_class;

typedef struct executor {
    pilot_class item[MAX_CLASSES]; /* the first has no name */
    size_t n;
    size_t left, ready; /* in all classes */
    unsigned max_jobs;
    double poll_s;
} executor;
/* RISE_E_GRAPH: more classes than can be. */
rise_status executor_of(const rise_graph *graph, executor *out, rise_error *err) RISE_MUST_USE;
/* A plan: counts what would run, by class. */
rise_status executor_plan(rise_host *host, const rise_graph *graph, const cli_options *o,
                          executor *e, rise_error *err) RISE_MUST_USE;

/* ---- jobs.c: what was submitted -------------------------------------------------------------- */
typedef struct job {
    char number[24]; /* as Slurm names it */
    char class[RISE_NAME_MAX];
    unsigned elements;    /* of the array */
    unsigned at_once;     /* at most so many run */
    uint64_t memory;      /* bytes asked for, 0: not said */
    bool over;            /* nothing of it waits or runs any more */
    unsigned waits, runs; /* elements, when last looked at */
    unsigned short_of_memory, too_long, lost, failed, cancelled; /* elements that ended so */
    char reason[64];                                             /* why it waits */
} job;

typedef struct jobs {
    char id[ID_LENGTH + 1];
    char path[4300], folder[4300]; /* jobs/<id>.json, jobs/<id> */
    char graph[4100], graph_id[17], host[256], began[32];
    uint64_t text; /* digest of the graph's file when it was submitted */
    job *item;
    size_t n;
} jobs;
/* Where the jobs of this graph are told of; nothing is read yet. */
rise_status jobs_place(const cli_options *o, jobs *out, rise_error *err) RISE_MUST_USE;
/* RISE_E_MISS: there is none, or it is damaged. */
rise_status jobs_load(jobs *j, rise_error *err) RISE_MUST_USE;
rise_status jobs_save(jobs *j, rise_error *err) RISE_MUST_USE;
job *jobs_add(jobs *j); /* NULL: memory is short */
bool jobs_over(const jobs *j);
job *jobs_of_class(const jobs *j, const char *class); /* the last one; NULL: there is none */
/* "12,13"; all: also those that are over. */
void jobs_numbers(const jobs *j, bool all, const char *between, char *text, size_t size);
void jobs_drop_over(jobs *j);
void jobs_free(jobs *j);
uint64_t file_digest(const char *path); /* 0: it cannot be read */

/* ---- slurm_call.c ---------------------------------------------------------------------------- */
/* Runs a program of Slurm. `tries`: so often where the controller is busy, with growing pauses
 * between them. `again` (may be NULL) is asked after each pause: false ends it. What Slurm said is
 * in the error where it failed; `busy` (may be NULL): for lack of an answer. */
rise_status slurm_call(const char *const *argv, unsigned tries, bool (*again)(void *user),
                       void *user, outside *result, bool *busy, rise_error *err) RISE_MUST_USE;
double slurm_poll_s(double asked); /* $RISE_SLURM_POLL, for tests, comes before it */
bool slurm_interrupted(void);      /* by a signal that slurm_head catches */
void slurm_rest(double seconds);   /* shorter when interrupted */

/* ---- slurm_script.c, slurm_submit.c ---------------------------------------------------------- */
rise_status script_write(const jobs *j, const pilot_class *c, const cli_options *o, char path[4400],
                         rise_error *err) RISE_MUST_USE;
/* One sbatch, in place of the jobs of that class, which are over. A job that a head submitted and
 * could not note is found. */
rise_status slurm_submit(const cli_options *o, const executor *e, const pilot_class *c, jobs *j,
                         rise_error *err) RISE_MUST_USE;
void slurm_cancel(jobs *j); /* what waits or runs, where Slurm answers */

/* ---- slurm_poll.c ---------------------------------------------------------------------------- */
/* Looks once at all jobs that are not over. *answered false: Slurm said nothing. */
rise_status slurm_look(jobs *j, bool *answered, rise_error *err) RISE_MUST_USE;

/* ---- slurm_head.c ---------------------------------------------------------------------------- */
/* RISE_OK and *done: all that the graph needs is in the cache. RISE_OK without: it was asked not to
 * wait. */
rise_status slurm_run(rise_host *host, const rise_graph *graph, const cli_options *o, bool *done,
                      rise_error *err) RISE_MUST_USE;

#endif

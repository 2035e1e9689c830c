/* cli/workers_seen.h: what pilots tell of themselves: files workers/<id>.json of the cache. A file
 * that is damaged or being replaced is passed over: the next look finds it. */
#ifndef CLI_WORKERS_SEEN_H
#define CLI_WORKERS_SEEN_H

#include "cli.h"

struct json_t;

typedef struct worker {
    struct json_t *said;                                 /* all of it */
    const char *host, *job, *task, *pilot, *state, *why; /* of `said`; never NULL */
    double behind_s; /* its file is so much older than the newest one in the folder */
} worker;

typedef struct workers {
    worker *item;
    size_t n;
} workers; /* zero-initialised is empty */

/* Those of this graph (digest of its path) in the cache, by job and task. */
rise_status workers_read(const char *cache, const char *graph, workers *out,
                         rise_error *err) RISE_MUST_USE;
void workers_free(workers *w);
size_t worker_units(const worker *w);        /* that it did: nodes, slices of frames */
const char *worker_running(const worker *w); /* one that it is at, or "" */

/* ---- failures that they tell of -------------------------------------------------------------- */
size_t worker_failures(const worker *w);
/* The status has the exit code that the worker ended with. */
void worker_failure(const worker *w, size_t i, rise_error *err, const char **instance);

#endif

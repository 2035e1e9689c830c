/* sched/pool: the engine's own compute threads. Knows nothing of graphs.
 *
 * Two kinds of work: jobs (queued, highest priority first) and groups (fork-join loops inside a
 * job). A free thread helps an open group before it takes a job; the thread that opened a group
 * works in it too, so a group always ends, however few threads there are. */
#ifndef SCHED_POOL_H
#define SCHED_POOL_H

#include "base/base.h"

typedef struct pool pool;
typedef void (*pool_job_fn)(void *arg);
typedef rise_status (*pool_item_fn)(void *user, size_t i, rise_error *err);

/* Starts up to `n` threads; fewer when the system refuses, RISE_E_SYSTEM when it gives none. */
rise_status pool_new(unsigned n, pool **out, rise_error *err) RISE_MUST_USE;
void pool_free(pool *p); /* waits for running jobs; queued ones are dropped */
unsigned pool_size(const pool *p);
unsigned pool_idle(pool *p); /* threads that wait for something to do, just now */
unsigned pool_slot(void);    /* of this thread in its pool, from 1; 0: it belongs to none */
typedef struct pool_job {
    double priority;
    pool_job_fn fn;
    void *arg;
} pool_job;
/* A thread calls it when no job is there for it: before it waits or helps a group. */
void pool_on_rest(pool *p, pool_job_fn fn, void *arg);
bool pool_submit(pool *p, const pool_job *jobs, size_t n); /* false, and none is: memory is short */
/* fn(user, 0..n-1), each once; returns the failure of the lowest i that failed, after which no
 * further items are started. Only from a thread of the pool or with nothing else running. */
rise_status pool_group(pool *p, size_t n, pool_item_fn fn, void *user,
                       rise_error *err) RISE_MUST_USE;

#endif

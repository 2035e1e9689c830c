/* sched/work: what a worker does with an instance, from the queue until the loop has it back. */
#include "sched/run.h"

#include <stdio.h>
#include <stdlib.h>

enum { TOGETHER = 256 };

/* The loop takes all that came at once, so it is told of the first only. */
void run_hand_over(run *r) {
    worker *w = &r->worker[pool_slot()];
    if (w->n_settled == 0)
        return;
    atomic_fetch_add(&r->n_handing, 1); /* so long the handle stays open */
    instance *before = atomic_load(&r->done);
    do
        w->first->handed = before;
    while (!atomic_compare_exchange_weak(&r->done, &before, w->settled));
    w->settled = w->first = NULL;
    w->n_settled = 0;
    if (!before)
        uv_async_send(&r->async);
    atomic_fetch_sub(&r->n_handing, 1);
}

void run_rest(void *r) {
    run_hand_over(r);
}

/* Other threads need not wait for what follows in the row. */
void run_before_long(run *r) {
    worker *w = &r->worker[pool_slot()];
    pool_job job = {w->rest ? w->rest->priority : 0, instance_work, w->rest};
    if (w->rest && pool_submit(r->pool, &job, 1))
        w->rest = NULL; /* else this thread does it afterwards */
    run_hand_over(r);
}

/* Some are handed over together, where they follow each other fast: waking the loop takes longer
 * than settling an instance that is known. */
void instance_hand_back(instance *it) {
    worker *w = &it->run->worker[pool_slot()];
    it->settled = clock_wall();
    it->handed = w->settled;
    w->settled = it;
    if (w->n_settled++ == 0)
        w->first = it;
    if (w->n_settled == TOGETHER)
        run_hand_over(it->run);
}

/* All that came, the first one first. */
instance *run_take_done(run *r) {
    instance *first = NULL;
    for (instance *it = atomic_exchange(&r->done, NULL), *before; it; it = before) {
        before = it->handed;
        it->handed = first;
        first = it;
    }
    return first;
}

static void set_error(instance *it, const rise_error *err) {
    rise_error *copy = malloc(sizeof *copy);
    if (copy)
        *copy = *err;
    uv_mutex_lock(&it->run->lock);
    it->error = copy ? copy : &it->run->no_room;
    uv_mutex_unlock(&it->run->lock);
}

/* What a user can mend and the node gave no place for is told at the node. */
static void place_error(const instance *it, rise_error *err) {
    bool theirs = err->status == RISE_E_DATA || err->status == RISE_E_GRAPH;
    if (!theirs || err->file[0] || err->line)
        return;
    snprintf(err->file, sizeof err->file, "%s", it->run->graph->path);
    text_cut(err->file, sizeof err->file - 1);
    err->line = it->node->place.line;
    err->col = it->node->place.col;
}

static void end(instance *it, rise_status status, rise_error *err) {
    if (status != RISE_OK && err->status == RISE_OK)
        rise_fail(err, RISE_E_BUG, "%s failed without saying why", it->name);
    place_error(it, err);
    if (status != RISE_OK)
        set_error(it, err);
    instance_hand_back(it);
}

/* The run stopped while they stood in the queue. */
static void leave(instance *first) {
    for (instance *it = first, *next; it; it = next) {
        next = it->with;
        it->left = true;
        instance_hand_back(it);
    }
}

static void work(instance *it) {
    rise_error err = {0};
    if (it->node->type->source)
        run_hand_over(it->run);
    if (atomic_load_explicit(&it->run->stopping, memory_order_relaxed))
        leave(it);
    else if (it->node->type->map)
        company_settle(it, end);
    else if (instance_cancelled(it))
        end(it, rise_fail(&err, RISE_E_INTERRUPTED, "interrupted"), &err);
    else
        end(it, instance_settle(it, &err), &err);
}

void instance_work(void *first) {
    run *r = ((instance *)first)->run;
    worker *w = &r->worker[pool_slot()];
    w->rest = first;
    while (w->rest) {
        instance *it = w->rest;
        w->rest = it->behind;
        it->behind = NULL;
        work(it);
    }
}

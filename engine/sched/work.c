/* sched/work: what a worker does with an instance, from the queue until the loop has it back. */
#include "sched/run.h"

#include <stdlib.h>

/* The loop takes all that came at once, so it is told of the first only. */
void instance_hand_back(instance *it) {
    run *r = it->run;
    it->settled = clock_wall();
    atomic_fetch_add(&r->n_handing, 1); /* so long the handle stays open */
    instance *before = atomic_load(&r->done);
    do
        it->handed = before;
    while (!atomic_compare_exchange_weak(&r->done, &before, it));
    if (!before)
        uv_async_send(&r->async);
    atomic_fetch_sub(&r->n_handing, 1);
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

static void end(instance *it, rise_status status, rise_error *err) {
    if (status != RISE_OK && err->status == RISE_OK)
        rise_fail(err, RISE_E_BUG, "%s failed without saying why", it->name);
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

void instance_work(void *arg) {
    instance *it = arg;
    rise_error err = {0};
    if (atomic_load_explicit(&it->run->stopping, memory_order_relaxed))
        leave(it);
    else if (it->node->type->map)
        company_settle(it, end);
    else if (instance_cancelled(it))
        end(it, rise_fail(&err, RISE_E_INTERRUPTED, "interrupted"), &err);
    else
        end(it, instance_settle(it, &err), &err);
}

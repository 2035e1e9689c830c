/* sched/ready: what waits for a thread and for memory, the longest path first. For the loop's
 * thread. */
#include "sched/run.h"

static uint64_t memory_of(const instance *it) {
    if (it->node->memory)
        return it->node->memory;
    uint64_t bytes = 0;
    for (size_t k = 0; k < it->node->n_inputs; k++)
        for (size_t i = 0; i < it->inlet[k].n; i++)
            if (it->inlet[k].port->mode == RISE_WHOLE)
                bytes += it->inlet[k].feed[i].from->out[it->inlet[k].feed[i].output].bytes;
    return 2 * bytes;
}

uint64_t ready_memory(const instance *first) {
    uint64_t bytes = 0;
    for (const instance *it = first; it; it = it->with)
        bytes += it->memory;
    return bytes;
}

static bool equal(double a, double b) {
    return !(a < b) && !(a > b);
}

/* Those of one priority that come one after the other stand in a line, and the heap knows the first
 * of it: a hundred thousand equal ones are taken in the order in which they lie in memory. */
static void put_ready(run *r, instance *it) {
    r->n_ready++;
    if (r->last_ready && equal(r->last_ready->priority, it->priority)) {
        r->last_ready->behind = it;
        r->last_ready = it;
        return;
    }
    size_t i = r->n_lines++;
    for (; i > 0 && r->ready[(i - 1) / 2]->priority < it->priority; i = (i - 1) / 2)
        r->ready[i] = r->ready[(i - 1) / 2];
    r->ready[i] = r->last_ready = it;
}

/* `first` and those with it: together as far as they fit into the memory, the rest after them. */
static void ready_put(run *r, instance *first) {
    for (instance *rest; first; first = rest) {
        instance *last = first;
        uint64_t bytes = first->memory;
        while (last->with && bytes + last->with->memory <= r->options.memory) {
            last = last->with;
            bytes += last->memory;
        }
        rest = last->with;
        last->with = NULL;
        put_ready(r, first);
    }
}

void ready_add(run *r, instance *it) {
    it->memory = memory_of(it);
    ready_put(r, gather_ready(r, it));
}

instance *ready_take(run *r) {
    instance *first = r->ready[0];
    r->n_ready--;
    if (first == r->last_ready)
        r->last_ready = NULL;
    if (first->behind) {
        r->ready[0] = first->behind;
        first->behind = NULL;
        return first;
    }
    instance *last = r->ready[--r->n_lines];
    size_t i = 0;
    for (size_t k = 1; k < r->n_lines; k = 2 * i + 1) {
        if (k + 1 < r->n_lines && r->ready[k + 1]->priority > r->ready[k]->priority)
            k++;
        if (r->ready[k]->priority <= last->priority)
            break;
        r->ready[i] = r->ready[k];
        i = k;
    }
    r->ready[i] = last;
    return first;
}

/* Where a thread would be idle, those who wait for company need not. */
bool ready_any(run *r) {
    instance *idle = NULL;
    if (r->n_ready == 0 && r->n_jobs < pool_size(r->pool))
        idle = gather_idle(r);
    ready_put(r, idle);
    return r->n_ready > 0;
}

/* sched/calls: which calls of nodes are under way on the threads, and which do not come back. */
#include "sched/run.h"

/* Beyond `timeout`, at which rise_cancelled begins to say so. */
static const double LATE_S = 10;

void call_begin(job *j) {
    worker *w = &j->it->run->worker[pool_slot()];
    j->outer = atomic_load(&w->calls);
    j->outer_since = atomic_load(&w->since);
    atomic_store(&w->since, j->started);
    atomic_store(&w->calls, j->it);
}

void call_end(const job *j) {
    worker *w = &j->it->run->worker[pool_slot()];
    atomic_store(&w->calls, j->outer);
    atomic_store(&w->since, j->outer_since);
}

/* Node and time are two fields: they belong together if both are what they were a tick ago. */
static bool same_call(worker *w, const instance *it, double since) {
    bool same = it == w->seen && since == w->seen_since;
    w->told = w->told && same;
    w->seen = it;
    w->seen_since = since;
    return it && same;
}

void calls_check(run *r) {
    double now = clock_wall();
    for (unsigned i = 1; i < r->n_workers; i++) {
        worker *w = &r->worker[i];
        instance *it = atomic_load(&w->calls);
        double since = atomic_load(&w->since);
        if (!same_call(w, it, since) || w->told || it->node->timeout_s <= 0 ||
            now - since < it->node->timeout_s + LATE_S)
            continue;
        w->told = true;
        rise_instance seen;
        instance_look(it, &seen);
        if (r->options.events.stuck)
            r->options.events.stuck(r->options.events.user, &seen, now - since);
    }
}

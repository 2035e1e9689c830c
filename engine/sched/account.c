/* sched/account: processor time goes to whichever instance is at work on this thread, so that nodes
 * fused through a stream, or computed again inside another's job, still have their own figure. */
#include "sched/run.h"

static _Thread_local instance *at_work;
static _Thread_local double since;

static void charge(double now) {
    if (at_work && now > since)
        atomic_fetch_add_explicit(&at_work->act->cpu_ns, (uint_fast64_t)((now - since) * 1e9),
                                  memory_order_relaxed);
}

instance *account_enter(instance *it) {
    instance *before = at_work;
    if (before == it)
        return before;
    double now = clock_thread();
    charge(now);
    if (it)
        atomic_store_explicit(&it->active, true, memory_order_relaxed);
    at_work = it;
    since = now;
    return before;
}

void account_leave(instance *before) {
    account_enter(before);
}

void account_bytes(instance *it, uint64_t live) {
    uint_fast64_t peak = atomic_load(&it->act->peak_bytes);
    while (live > peak && !atomic_compare_exchange_weak(&it->act->peak_bytes, &peak, live)) {
    }
}

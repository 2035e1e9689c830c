/* sched/runner: the loop's thread. It alone decides what starts, what is skipped and when the run
 * is over; workers hand back finished instances through one async handle. */
#include "sched/run.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TICK_MS = 100 };
enum { QUEUED = 64 }; /* jobs for each thread that it may find without asking the loop */
static const double FLUSH_S = 0.2;
static const double UNKNOWN_COST_S = 0.1;
static const double WORTH_REMEMBERING_S = 0.05;

bool run_cancelled(const run *r) {
    return atomic_load_explicit(&r->cancel, memory_order_relaxed) != 0;
}

bool instance_cancelled(const instance *it) {
    return run_cancelled(it->run) || atomic_load_explicit(&it->dropped, memory_order_relaxed);
}

/* ---- told by workers ------------------------------------------------------------------------- */
void run_warn(run *r, const char *fmt, ...) {
    char text[640];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    uv_mutex_lock(&r->lock);
    uint64_t at = 0;
    bool there = text_map_get(&r->warned, text, &at);
    if (!there && r->n_warnings == r->warning_capacity) {
        size_t capacity = r->warning_capacity ? 2 * r->warning_capacity : 16;
        char **grown = realloc(r->warning, capacity * sizeof *grown);
        if (grown) {
            r->warning = grown;
            r->warning_capacity = capacity;
        }
    }
    char *copy = there ? NULL : arena_text(&r->texts, text);
    if (copy && r->n_warnings < r->warning_capacity && text_map_set(&r->warned, copy, 1))
        r->warning[r->n_warnings++] = copy;
    uv_mutex_unlock(&r->lock);
}

/* The loop takes all that came at once, so it is told of the first only. */
static void hand_back(instance *it) {
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
static instance *take_done(run *r) {
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
    hand_back(it);
}

/* The run stopped while they stood in the queue. */
static void leave(instance *first) {
    for (instance *it = first, *next; it; it = next) {
        next = it->with;
        it->left = true;
        hand_back(it);
    }
}

static void work(void *arg) {
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

/* ---- cost and order -------------------------------------------------------------------------- */
void cost_name(const char *what, const instance *it, const char *name, rise_id *out) {
    char text[512];
    snprintf(text, sizeof text, "%s %s %s", what, it->node->type->name, name);
    id_of(text, strlen(text), out);
}

static double known_cost(const instance *it) {
    rise_id name;
    size_t size = 0;
    cost_name("cost", it, it->name, &name);
    const uint8_t *bytes = store_name_get(it->run->store, &name, &size);
    cursor c = {bytes, bytes ? bytes + size : NULL, false};
    double cost = bytes ? cursor_f64(&c) : UNKNOWN_COST_S;
    return c.failed || !(cost >= 0) ? UNKNOWN_COST_S : cost;
}

/* Many nodes have a hundred thousand instances and no cost worth remembering: whether any of them
 * has one stands under a name of the node. */
static bool costs_known(const instance *it) {
    rise_id name;
    size_t size = 0;
    cost_name("costs", it, it->node->name, &name);
    return store_name_get(it->run->store, &name, &size) != NULL;
}

static void remember_cost(const instance *it) {
    bool ran = atomic_load(&it->status) == RISE_RAN && it->started > 0;
    double cost = it->ended - it->started;
    if (!ran || (cost < WORTH_REMEMBERING_S && !gives_rows_only(it)))
        return;
    rise_id name;
    buffer b = {0};
    cost_name("cost", it, it->name, &name);
    cost_write(it, &b);
    if (!b.failed)
        store_name_set(it->run->store, &name, b.bytes, b.size);
    buffer_free(&b);
    if (costs_known(it))
        return;
    cost_name("costs", it, it->node->name, &name);
    store_name_set(it->run->store, &name, "", 1);
}

static void set_priorities(run *r) {
    bool known = false;
    for (size_t i = r->n_instances; i-- > 0;) {
        instance *it = &r->instance[i];
        double longest = 0;
        for (size_t k = 0; k < it->n_next; k++)
            longest = fmax(longest, it->next[k]->priority);
        if (it->index + 1 == it->node->n_instances) /* the first that is seen of its node */
            known = costs_known(it);
        it->priority = longest + (known ? known_cost(it) : UNKNOWN_COST_S);
    }
}

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

/* ---- the loop's thread ----------------------------------------------------------------------- */
static void put_ready(run *r, instance *it) {
    size_t i = r->n_ready++;
    for (; i > 0 && r->ready[(i - 1) / 2]->priority < it->priority; i = (i - 1) / 2)
        r->ready[i] = r->ready[(i - 1) / 2];
    r->ready[i] = it;
}

/* `first` and those with it: together as far as they fit into the memory, the rest after them. */
static void put_company(run *r, instance *first) {
    for (instance *rest; first; first = rest) {
        instance *last = first;
        uint64_t bytes = memory_of(first);
        while (last->with && bytes + memory_of(last->with) <= r->options.memory) {
            last = last->with;
            bytes += memory_of(last);
        }
        rest = last->with;
        last->with = NULL;
        put_ready(r, first);
    }
}

static void make_ready(run *r, instance *it) {
    put_company(r, gather_ready(r, it));
}

static instance *take_ready(run *r) {
    instance *first = r->ready[0], *last = r->ready[--r->n_ready];
    size_t i = 0;
    for (size_t k = 1; k < r->n_ready; k = 2 * i + 1) {
        if (k + 1 < r->n_ready && r->ready[k + 1]->priority > r->ready[k]->priority)
            k++;
        if (r->ready[k]->priority <= last->priority)
            break;
        r->ready[i] = r->ready[k];
        i = k;
    }
    r->ready[i] = last;
    return first;
}

/* Counts `first` and those with it as started; they are one job. */
static void admit(run *r, instance *first) {
    for (instance *it = first; it; it = it->with) {
        it->submitted = true;
        it->admitted = memory_of(it);
        r->memory_used += it->admitted;
        r->n_live++;
    }
    r->n_jobs++;
}

static uint64_t memory_of_all(const instance *first) {
    uint64_t bytes = 0;
    for (const instance *it = first; it; it = it->with)
        bytes += memory_of(it);
    return bytes;
}

static void refuse(instance *first) {
    for (instance *it = first, *next; it; it = next) {
        next = it->with;
        it->error = &it->run->no_room;
        hand_back(it);
    }
}

/* Where a thread would be idle, those who wait for company need not. */
static bool have_ready(run *r) {
    instance *idle = NULL;
    if (r->n_ready == 0 && r->n_jobs < pool_size(r->pool))
        idle = gather_idle(r);
    put_company(r, idle);
    return r->n_ready > 0;
}

/* Takes what may start, up to n; returns how many. */
static size_t admit_some(run *r, pool_job *jobs, size_t n) {
    size_t taken = 0;
    while (taken < n && have_ready(r)) {
        if (r->n_live > 0 && r->memory_used + memory_of_all(r->ready[0]) > r->options.memory)
            break;
        instance *it = take_ready(r);
        admit(r, it);
        jobs[taken++] = (pool_job){it->priority, work, it};
    }
    return taken;
}

static void start_ready(run *r) {
    size_t most = QUEUED * (size_t)pool_size(r->pool);
    while (!r->stopping && r->n_jobs < most) {
        pool_job jobs[QUEUED];
        size_t n = admit_some(r, jobs, most - r->n_jobs < QUEUED ? most - r->n_jobs : QUEUED);
        if (n == 0)
            return;
        if (!pool_submit(r->pool, jobs, n))
            for (size_t i = 0; i < n; i++)
                refuse(jobs[i].arg);
    }
}

static void skip_after(run *r, instance *it) {
    for (size_t i = 0; i < it->n_next; i++) {
        instance *next = it->next[i];
        if (!next->needed || atomic_load(&next->status) == RISE_SKIPPED)
            continue;
        atomic_store(&next->status, RISE_SKIPPED);
        next->over = true;
        r->n_settled++;
        skip_after(r, next);
    }
}

static void tell_ended(run *r, const instance *it) {
    if (!r->options.events.ended)
        return;
    rise_instance seen;
    rise_run_instance(r, it->number, &seen);
    r->options.events.ended(r->options.events.user, &seen);
}

static void settle_failure(run *r, instance *it) {
    bool stopped = it->error->status == RISE_E_INTERRUPTED && instance_cancelled(it);
    atomic_store(&it->status, stopped ? RISE_SKIPPED : RISE_NODE_FAILED);
    skip_after(r, it);
    if (stopped)
        return;
    if (r->status == RISE_OK) {
        r->status = it->error->status;
        r->first_error = *it->error;
    }
    if (!r->options.keep_going)
        atomic_store(&r->stopping, true);
}

static void take_back(run *r, instance *it) {
    r->n_live--;
    if (!it->with) /* one of each job: the last of those who went together */
        r->n_jobs--;
    r->n_settled++;
    it->over = true;
    r->memory_used -= it->admitted;
    if (it->left) {
        atomic_store(&it->status, RISE_SKIPPED);
        skip_after(r, it);
        return;
    }
    if (it->error)
        settle_failure(r, it);
    else
        remember_cost(it);
    tell_ended(r, it);
    for (size_t i = 0; i < it->n_next && !it->error; i++) {
        instance *next = it->next[i];
        if (--next->waiting == 0 && next->needed && atomic_load(&next->status) == RISE_WAITING)
            make_ready(r, next);
    }
}

static void tell_warnings(run *r) {
    for (;;) {
        uv_mutex_lock(&r->lock);
        const char *text = r->n_told < r->n_warnings ? r->warning[r->n_told++] : NULL;
        uv_mutex_unlock(&r->lock);
        if (!text)
            return;
        if (r->options.events.warned)
            r->options.events.warned(r->options.events.user, text);
    }
}

static void on_closed(uv_handle_t *handle) {
    run *r = handle->data;
    if (--r->open_handles > 0)
        return;
    r->finished = true;
    if (r->options.events.finished)
        r->options.events.finished(r->options.events.user, r, r->status);
}

static void finish(run *r) {
    if (uv_is_closing((uv_handle_t *)&r->async))
        return;
    for (size_t i = 0; i < r->n_instances; i++) {
        instance *it = &r->instance[i];
        if (atomic_load(&it->status) == RISE_WAITING)
            atomic_store(&it->status, it->needed ? RISE_SKIPPED : RISE_NOT_NEEDED);
        instance_tell_warnings(it); /* of frames pulled through a stream */
        if (gives_rows_only(it))
            remember_cost(it); /* it ran after it was settled, inside its readers */
    }
    int why = atomic_load(&r->cancel);
    why = !why && r->winding_down ? RISE_E_INTERRUPTED : why;
    if (why) {
        r->status = (rise_status)why;
        rise_fail(&r->first_error, r->status, "%s; finished work is kept",
                  rise_status_text(r->status));
    }
    tell_warnings(r);
    store_flush(r->store);
    while (atomic_load(&r->n_handing) > 0)
        sched_yield();
    uv_close((uv_handle_t *)&r->async, on_closed);
    uv_close((uv_handle_t *)&r->timer, on_closed);
}

static void advance(run *r) {
    if (run_cancelled(r))
        atomic_store(&r->stopping, true);
    start_ready(r);
    if (r->n_live == 0 && (r->stopping || r->n_settled >= r->n_needed || r->n_ready == 0))
        finish(r);
}

static void on_async(uv_async_t *handle) {
    run *r = handle->data;
    for (instance *it = take_done(r), *next; it; it = next) {
        next = it->handed;
        take_back(r, it);
    }
    tell_warnings(r);
    advance(r);
}

static void on_timer(uv_timer_t *handle) {
    run *r = handle->data;
    double now = clock_wall();
    if (now - r->flushed > FLUSH_S) {
        store_flush(r->store);
        r->flushed = now;
    }
    tell_warnings(r);
    if (r->options.events.ticked)
        r->options.events.ticked(r->options.events.user, r);
}

rise_status runner_start(run *r, rise_error *err) {
    r->ready = calloc(r->n_instances + 1, sizeof(instance *));
    if (!r->ready)
        return rise_fail_nomem(err, "the run");
    rise_fail_nomem(&r->no_room, "a job");
    r->owns_loop = !r->options.loop;
    if (r->owns_loop && uv_loop_init(&r->own_loop))
        return rise_fail(err, RISE_E_SYSTEM, "no event loop: too many open files?");
    r->loop = r->owns_loop ? &r->own_loop : r->options.loop;
    if (uv_timer_init(r->loop, &r->timer) || uv_async_init(r->loop, &r->async, on_async))
        return rise_fail(err, RISE_E_SYSTEM, "no event loop: too many open files?");
    r->timer.data = r->async.data = r;
    r->open_handles = 2;
    uv_timer_start(&r->timer, on_timer, TICK_MS, TICK_MS);
    set_priorities(r);
    gather_init(r);
    for (size_t i = 0; i < r->n_instances; i++)
        if (r->instance[i].needed && r->instance[i].waiting == 0)
            make_ready(r, &r->instance[i]);
    uv_async_send(&r->async);
    return RISE_OK;
}

void runner_wait(run *r) {
    while (!r->finished)
        uv_run(r->loop, UV_RUN_DEFAULT);
}

bool runner_free(run *r) {
    if (r->open_handles > 0)
        return false;
    if (r->owns_loop && r->loop)
        uv_loop_close(r->loop);
    free(r->ready);
    return true;
}

void rise_run_wind_down(rise_run *r, const bool *keep) {
    r->winding_down = true;
    atomic_store(&r->stopping, true);
    for (size_t i = 0; i < r->n_instances; i++)
        if (!keep[i])
            atomic_store(&r->instance[i].dropped, true);
    uv_async_send(&r->async);
}

void rise_run_cancel(rise_run *r, rise_status why) {
    atomic_store(&r->cancel, why);
    uv_async_send(&r->async);
}

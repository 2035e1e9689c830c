/* sched/runner: the loop's thread. It alone decides what starts, what is skipped and when the run
 * is over; workers hand back finished instances through one async handle. */
#include "sched/run.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

enum { TICK_MS = 100 };
enum { QUEUED = 1024 }; /* instances for each thread that it may find without asking the loop */
enum { ROW = 16 };      /* of these, at most so many are one job */
static const double FLUSH_S = 0.2;

bool run_cancelled(const run *r) {
    return atomic_load_explicit(&r->cancel, memory_order_relaxed) != 0;
}

bool instance_cancelled(const instance *it) {
    return run_cancelled(it->run) || atomic_load_explicit(&it->dropped, memory_order_relaxed);
}

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

/* Counts `first` and those with it as started; they are one job. */
static void admit(run *r, instance *first) {
    for (instance *it = first; it; it = it->with) {
        it->submitted = true;
        r->memory_used += it->memory;
        r->n_live++;
    }
    r->n_jobs++;
}

static void refuse(instance *row) {
    run *r = row->run;
    for (instance *it = row, *next; it; it = next) {
        next = it->with ? it->with : it->behind; /* never both */
        it->behind = NULL;
        it->error = &r->no_room;
        instance_hand_back(it);
    }
    run_hand_over(r);
}

/* The next one that may start; NULL: none. */
static instance *admit_next(run *r) {
    if (!ready_any(r) ||
        (r->n_live > 0 && r->memory_used + ready_memory(r->ready[0]) > r->options.memory))
        return NULL;
    instance *it = ready_take(r);
    admit(r, it);
    return it;
}

/* Whole nodes of one priority, as a row: as a rule they are known, and settled sooner than a job is
 * handed over. `length`: so that there is something for every thread. */
static instance *admit_row(run *r, size_t length) {
    instance *first = admit_next(r), *last = first;
    for (size_t n = 1; first && first->node->type->whole && n < length && n < ROW; n++) {
        if (r->n_ready == 0 || !r->ready[0]->node->type->whole ||
            r->ready[0]->priority < first->priority)
            break;
        last->behind = admit_next(r);
        if (!last->behind)
            break;
        last = last->behind;
    }
    return first;
}

static void start_ready(run *r) {
    enum { JOBS = 64 };
    unsigned threads = pool_size(r->pool);
    for (bool more = true; more && !r->stopping;) {
        pool_job jobs[JOBS];
        size_t n = 0;
        while (n < JOBS && r->n_jobs < QUEUED * (size_t)threads) {
            instance *it = admit_row(r, 1 + r->n_ready / (8 * (size_t)threads));
            if (!it)
                break;
            jobs[n++] = (pool_job){it->priority, instance_work, it};
        }
        more = n == JOBS;
        if (n > 0 && !pool_submit(r->pool, jobs, n))
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

static void tell_ended(run *r, instance *it) {
    if (!r->options.events.ended)
        return;
    rise_instance seen;
    instance_look(it, &seen);
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

/* Others are at it: see look_again. Or they may be, as long as there is enough to do here. */
static void put_off(run *r, instance *it) {
    instance **list = it->held_back ? &r->held : &r->put_off;
    *(it->held_back ? &r->n_held : &r->n_put_off) += 1;
    it->put_off = it->held_back = it->submitted = false;
    it->with = NULL;
    it->later = *list;
    *list = it;
}

/* The first n of a list are ready once more. */
static void take_up(run *r, instance **list, size_t *n_list, size_t n) {
    instance *first = *list, *end = first;
    n = n < *n_list ? n : *n_list;
    for (size_t i = 0; i < n; i++, end = end->later)
        gather_expect(end);
    *list = end;
    *n_list -= n;
    for (instance *it = first, *next; it != end; it = next) {
        next = it->later;
        it->later = NULL;
        ready_add(r, it);
    }
}

static void take_back(run *r, instance *it) {
    r->n_live--;
    if (!it->with) /* one of each job: the last of those who went together */
        r->n_jobs--;
    r->memory_used -= it->memory;
    if (it->put_off && !it->error) {
        put_off(r, it);
        return;
    }
    r->useful_s = clock_wall();
    r->look_pause = 0; /* what others are at may be near its end, too */
    r->n_settled++;
    it->over = true;
    if (it->left) {
        atomic_store(&it->status, RISE_SKIPPED);
        skip_after(r, it);
        return;
    }
    if (it->error)
        settle_failure(r, it);
    else
        instance_remember_cost(it);
    tell_ended(r, it);
    for (size_t i = 0; i < it->n_next && !it->error; i++) {
        instance *next = it->next[i];
        if (--next->waiting == 0 && next->needed && atomic_load(&next->status) == RISE_WAITING)
            ready_add(r, next);
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
        if (atomic_load(&it->active))
            instance_tell_warnings(it); /* of frames pulled through a stream */
        if (gives_rows_only(it))
            instance_remember_cost(it); /* it ran after it was settled, inside its readers */
    }
    int why = atomic_load(&r->cancel);
    why = !why && r->winding_down ? RISE_E_INTERRUPTED : why;
    if (why && !r->in_vain) {
        r->status = (rise_status)why;
        rise_fail(&r->first_error, r->status, "%s; finished work is kept",
                  rise_status_text(r->status));
    }
    tell_warnings(r);
    if (!r->options.plan_only)
        run_remember(r);
    store_flush(r->store);
    if (r->leases && r->status == RISE_OK && r->n_settled >= r->n_needed)
        leases_tidy(r->leases);
    while (atomic_load(&r->n_handing) > 0)
        sched_yield();
    uv_close((uv_handle_t *)&r->async, on_closed);
    uv_close((uv_handle_t *)&r->timer, on_closed);
}

static void advance(run *r) {
    if (run_cancelled(r))
        atomic_store(&r->stopping, true);
    if (r->n_held > 0 && share_has_room(r))
        take_up(r, &r->held, &r->n_held, pool_size(r->pool));
    start_ready(r);
    bool nothing = r->n_settled >= r->n_needed || r->n_ready + r->n_put_off + r->n_held == 0;
    if (r->n_live == 0 && (r->stopping || nothing))
        finish(r);
}

/* What a worker cannot keep is of no use to others. */
static void stop_in_vain(run *r) {
    if (!r->options.worker || store_writing(r->store) || r->in_vain)
        return;
    r->in_vain = true;
    r->status = rise_fail(&r->first_error, RISE_E_OUTPUT,
                          "the cache cannot be written: a worker that keeps nothing helps nobody");
    rise_run_cancel(r, RISE_E_INTERRUPTED);
}

/* What was put off is tried again, at first soon, then less often as long as others are at it. A
 * worker that had nothing to do for long leaves. */
static void look_again(run *r, double now) {
    if (leases_held(r->leases) || r->n_put_off == 0)
        r->useful_s = now;
    if (r->n_put_off == 0 || now < r->look_s)
        return;
    if (r->options.worker && r->n_ready == 0 && now - r->useful_s > share_patience(r, now)) {
        r->idle = true;
        atomic_store(&r->stopping, true);
        return;
    }
    r->look_pause = share_pause(r, r->look_pause);
    r->look_s = now + r->look_pause;
    atomic_store(&r->news_due, true);
    take_up(r, &r->put_off, &r->n_put_off, SIZE_MAX);
}

static void on_async(uv_async_t *handle) {
    run *r = handle->data;
    for (instance *it = run_take_done(r), *next; it; it = next) {
        next = it->handed;
        take_back(r, it);
    }
    tell_warnings(r);
    advance(r);
}

static void on_timer(uv_timer_t *handle) {
    run *r = handle->data;
    double now = clock_wall();
    if (r->leases)
        leases_beat(r->leases, now); /* first: what follows may wait for the disk */
    if (now - r->flushed > FLUSH_S) {
        store_flush(r->store);
        r->flushed = now;
    }
    if (r->leases) {
        stop_in_vain(r);
        share_see_threads(r);
        look_again(r, now);
        advance(r);
    }
    tell_warnings(r);
    calls_check(r);
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
    run_set_priorities(r);
    if (r->leases)
        share_mix(r);
    gather_init(r);
    for (size_t i = 0; i < r->n_instances; i++)
        if (r->instance[i].needed && r->instance[i].waiting == 0)
            ready_add(r, &r->instance[i]);
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

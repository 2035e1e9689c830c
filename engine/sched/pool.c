/* sched/pool: see pool.h. One mutex guards the queue and the list of open groups; items of a group
 * are handed out by an atomic counter, so the lock is taken once per thread and group, not per
 * item. */
#include "sched/pool.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { STACK_BYTES = 8 << 20 };

typedef struct job {
    pool_job what;
    uint64_t order; /* equal priorities: first come, first served */
} job;

typedef struct group {
    pool_item_fn fn;
    void *user;
    size_t n;
    atomic_size_t next;
    atomic_bool stop;
    unsigned helpers; /* threads inside, beside the opener; guarded by pool.lock */
    struct group *link;
    size_t failed; /* lowest item that failed; guarded by pool.lock */
    rise_status status;
    rise_error error;
} group;

struct pool {
    uv_mutex_t lock;
    uv_cond_t work;  /* something to do, or `closing` */
    unsigned n_idle; /* threads that wait for it */
    uv_cond_t left;  /* a helper left its group */
    job *heap;
    size_t n_jobs, capacity;
    uint64_t order;
    group *groups; /* newest first: inner loops before outer ones */
    pool_job_fn rest;
    void *rest_arg;
    bool closing;
    unsigned n_threads, n_slots;
    uv_thread_t *thread;
};

static bool before(const job *a, const job *b) {
    double first = a->what.priority, second = b->what.priority;
    return first != second ? first > second : a->order < b->order;
}

static void sift_up(job *heap, size_t i) {
    while (i > 0 && before(&heap[i], &heap[(i - 1) / 2])) {
        job t = heap[i];
        heap[i] = heap[(i - 1) / 2];
        heap[(i - 1) / 2] = t;
        i = (i - 1) / 2;
    }
}

static job take_first(pool *p) {
    job first = p->heap[0];
    p->heap[0] = p->heap[--p->n_jobs];
    for (size_t i = 0;;) {
        size_t best = i;
        for (size_t k = 2 * i + 1; k <= 2 * i + 2; k++)
            if (k < p->n_jobs && before(&p->heap[k], &p->heap[best]))
                best = k;
        if (best == i)
            return first;
        job t = p->heap[i];
        p->heap[i] = p->heap[best];
        p->heap[best] = t;
        i = best;
    }
}

static void work_in(pool *p, group *g) {
    rise_error err;
    while (!atomic_load_explicit(&g->stop, memory_order_relaxed)) {
        size_t i = atomic_fetch_add_explicit(&g->next, 1, memory_order_relaxed);
        if (i >= g->n)
            return;
        memset(&err, 0, sizeof err);
        rise_status s = g->fn(g->user, i, &err);
        if (s == RISE_OK)
            continue;
        uv_mutex_lock(&p->lock);
        if (g->status == RISE_OK || i < g->failed) {
            g->failed = i;
            g->status = s;
            g->error = err;
        }
        uv_mutex_unlock(&p->lock);
        atomic_store(&g->stop, true);
    }
}

static group *open_group(pool *p) {
    for (group *g = p->groups; g; g = g->link)
        if (!atomic_load(&g->stop) && atomic_load(&g->next) < g->n)
            return g;
    return NULL;
}

static _Thread_local unsigned slot;

unsigned pool_slot(void) {
    return slot;
}

void pool_on_rest(pool *p, pool_job_fn fn, void *arg) {
    uv_mutex_lock(&p->lock);
    p->rest = fn;
    p->rest_arg = arg;
    uv_mutex_unlock(&p->lock);
}

static void rest(pool *p) {
    uv_mutex_unlock(&p->lock);
    p->rest(p->rest_arg);
    uv_mutex_lock(&p->lock);
}

static void thread_main(void *arg) {
    pool *p = arg;
    bool worked = false; /* since it rested */
    uv_mutex_lock(&p->lock);
    slot = ++p->n_slots;
    for (;;) {
        group *g = open_group(p);
        if (worked && p->rest && (g || p->n_jobs == 0)) {
            worked = false;
            rest(p);
        } else if (g) {
            g->helpers++;
            uv_mutex_unlock(&p->lock);
            work_in(p, g);
            uv_mutex_lock(&p->lock);
            if (--g->helpers == 0)
                uv_cond_broadcast(&p->left);
        } else if (p->closing) {
            break;
        } else if (p->n_jobs > 0) {
            job j = take_first(p);
            uv_mutex_unlock(&p->lock);
            j.what.fn(j.what.arg);
            uv_mutex_lock(&p->lock);
            worked = true;
        } else {
            p->n_idle++;
            uv_cond_wait(&p->work, &p->lock);
            p->n_idle--;
        }
    }
    uv_mutex_unlock(&p->lock);
}

rise_status pool_new(unsigned n, pool **out, rise_error *err) {
    pool *p = calloc(1, sizeof *p);
    if (!p)
        return rise_fail_nomem(err, "the thread pool");
    p->thread = calloc(n, sizeof *p->thread);
    if (!p->thread || uv_mutex_init(&p->lock) || uv_cond_init(&p->work) || uv_cond_init(&p->left)) {
        free(p->thread);
        free(p);
        return rise_fail_nomem(err, "the thread pool");
    }
    uv_thread_options_t options = {.flags = UV_THREAD_HAS_STACK_SIZE, .stack_size = STACK_BYTES};
    int rc = 0;
    while (p->n_threads < n && rc == 0) {
        rc = uv_thread_create_ex(&p->thread[p->n_threads], &options, thread_main, p);
        if (rc == 0)
            p->n_threads++;
    }
    if (p->n_threads == 0) {
        pool_free(p);
        return rise_fail(err, RISE_E_SYSTEM, "no thread could be started: %s", uv_strerror(rc));
    }
    *out = p;
    return RISE_OK;
}

void pool_free(pool *p) {
    if (!p)
        return;
    uv_mutex_lock(&p->lock);
    p->closing = true;
    uv_cond_broadcast(&p->work);
    uv_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->n_threads; i++)
        uv_thread_join(&p->thread[i]);
    uv_cond_destroy(&p->work);
    uv_cond_destroy(&p->left);
    uv_mutex_destroy(&p->lock);
    free(p->thread);
    free(p->heap);
    free(p);
}

unsigned pool_size(const pool *p) {
    return p->n_threads;
}

unsigned pool_idle(pool *p) {
    uv_mutex_lock(&p->lock);
    unsigned n = p->n_idle;
    uv_mutex_unlock(&p->lock);
    return n;
}

static bool have_room(pool *p, size_t n) {
    if (n <= p->capacity)
        return true;
    size_t capacity = n < 64 ? 64 : 2 * n;
    job *heap = realloc(p->heap, capacity * sizeof *heap);
    if (heap) {
        p->heap = heap;
        p->capacity = capacity;
    }
    return heap != NULL;
}

bool pool_submit(pool *p, const pool_job *jobs, size_t n) {
    uv_mutex_lock(&p->lock);
    bool ok = have_room(p, p->n_jobs + n);
    for (size_t i = 0; ok && i < n; i++) {
        p->heap[p->n_jobs] = (job){jobs[i], p->order++};
        sift_up(p->heap, p->n_jobs++);
    }
    if (ok && n > 1 && p->n_idle > 1)
        uv_cond_broadcast(&p->work);
    else if (ok && p->n_idle > 0)
        uv_cond_signal(&p->work);
    uv_mutex_unlock(&p->lock);
    return ok;
}

rise_status pool_group(pool *p, size_t n, pool_item_fn fn, void *user, rise_error *err) {
    group g = {.fn = fn, .user = user, .n = n, .failed = SIZE_MAX};
    bool shared = n > 1 && p->n_threads > 1;
    if (shared) {
        uv_mutex_lock(&p->lock);
        g.link = p->groups;
        p->groups = &g;
        uv_cond_broadcast(&p->work);
        uv_mutex_unlock(&p->lock);
    }
    work_in(p, &g);
    if (shared) {
        uv_mutex_lock(&p->lock);
        group **at = &p->groups;
        while (*at != &g)
            at = &(*at)->link;
        *at = g.link;
        while (g.helpers > 0)
            uv_cond_wait(&p->left, &p->lock);
        uv_mutex_unlock(&p->lock);
    }
    if (g.status != RISE_OK && err)
        *err = g.error;
    return g.status;
}

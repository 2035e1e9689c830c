/* The thread pool: every item once, nested groups end however few threads there are, the lowest
 * failure wins. */
#include "sched/pool.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ITEMS = 1000 };

static rise_status count_item(void *user, size_t i, rise_error *err) {
    (void)err;
    atomic_fetch_add(&((atomic_int *)user)[i], 1);
    return RISE_OK;
}

static rise_status fail_from_300(void *user, size_t i, rise_error *err) {
    (void)user;
    return i < 300 ? RISE_OK : rise_fail(err, RISE_E_FAILED, "item %zu", i);
}

typedef struct nest {
    pool *pool;
    atomic_int count[ITEMS];
} nest;

static rise_status open_inner(void *user, size_t i, rise_error *err) {
    nest *n = user;
    (void)i;
    return pool_group(n->pool, ITEMS, count_item, n->count, err);
}

static void every_item_once(void **state) {
    (void)state;
    for (unsigned threads = 1; threads <= 4; threads++) {
        atomic_int count[ITEMS] = {0};
        rise_error err = {0};
        pool *p = NULL;
        assert_int_equal(pool_new(threads, &p, &err), RISE_OK);
        assert_int_equal(pool_size(p), threads);
        assert_int_equal(pool_group(p, ITEMS, count_item, count, &err), RISE_OK);
        for (int i = 0; i < ITEMS; i++)
            assert_int_equal(atomic_load(&count[i]), 1);
        pool_free(p);
    }
}

static void lowest_failure_wins(void **state) {
    (void)state;
    for (int round = 0; round < 50; round++) {
        rise_error err = {0};
        pool *p = NULL;
        assert_int_equal(pool_new(3, &p, &err), RISE_OK);
        assert_int_equal(pool_group(p, ITEMS, fail_from_300, NULL, &err), RISE_E_FAILED);
        assert_string_equal(err.message, "item 300");
        pool_free(p);
    }
}

static void nested_groups_end(void **state) {
    (void)state;
    for (unsigned threads = 1; threads <= 3; threads++) {
        nest *n = calloc(1, sizeof *n);
        rise_error err = {0};
        assert_non_null(n);
        assert_int_equal(pool_new(threads, &n->pool, &err), RISE_OK);
        assert_int_equal(pool_group(n->pool, 20, open_inner, n, &err), RISE_OK);
        for (int i = 0; i < ITEMS; i++)
            assert_int_equal(atomic_load(&n->count[i]), 20);
        pool_free(n->pool);
        free(n);
    }
}

/* The first job holds the only thread until the others are queued. */
typedef struct queue {
    atomic_int started, next;
    atomic_bool go;
    int seen[8];
} queue;

typedef struct task {
    queue *q;
    int number;
} task;

static void hold(void *arg) {
    queue *q = arg;
    atomic_store(&q->started, 1);
    while (!atomic_load(&q->go)) {
    }
}

static void note(void *arg) {
    task *t = arg;
    t->q->seen[atomic_load(&t->q->next)] = t->number;
    atomic_fetch_add(&t->q->next, 1);
}

static void jobs_by_priority(void **state) {
    (void)state;
    static const double priority[] = {1, 5, 3, 5};
    static const int expected[] = {1, 3, 2, 0};
    rise_error err = {0};
    pool *p = NULL;
    queue q = {0};
    task t[4];
    assert_int_equal(pool_new(1, &p, &err), RISE_OK);
    assert_true(pool_submit(p, &(pool_job){0, hold, &q}, 1));
    while (!atomic_load(&q.started)) {
    }
    for (int i = 0; i < 4; i++) {
        t[i] = (task){&q, i};
        assert_true(pool_submit(p, &(pool_job){priority[i], note, &t[i]}, 1));
    }
    atomic_store(&q.go, true);
    while (atomic_load(&q.next) < 4) {
    }
    pool_free(p);
    assert_memory_equal(q.seen, expected, sizeof expected);
}

static void count_job(void *arg) {
    atomic_fetch_add((atomic_int *)arg, 1);
}

typedef struct resting {
    atomic_int jobs, rests, seen; /* seen: jobs done when the thread rested */
} resting;

static void rest(void *arg) {
    resting *r = arg;
    atomic_store(&r->seen, atomic_load(&r->jobs));
    atomic_fetch_add(&r->rests, 1);
}

static void await(atomic_int *value, int wanted) {
    while (atomic_load(value) < wanted) {
    }
}

/* Once after many jobs, not after each. */
static void threads_rest_after_jobs(void **state) {
    (void)state;
    enum { JOBS = 100 };
    resting r = {0};
    queue q = {0};
    rise_error err = {0};
    pool *p = NULL;
    pool_job jobs[JOBS];
    for (int i = 0; i < JOBS; i++)
        jobs[i] = (pool_job){0, count_job, &r.jobs};
    assert_int_equal(pool_new(1, &p, &err), RISE_OK);
    pool_on_rest(p, rest, &r);
    assert_true(pool_submit(p, &(pool_job){1, hold, &q}, 1));
    await(&q.started, 1);
    assert_true(pool_submit(p, jobs, JOBS));
    atomic_store(&q.go, true);
    await(&r.rests, 1);
    assert_int_equal(atomic_load(&r.seen), JOBS);
    assert_int_equal(atomic_load(&r.rests), 1);
    pool_free(p);
    assert_int_equal(atomic_load(&r.rests), 1);
}

/* The locks of an instance are in memory that is only zeroed. */
static void zeros_are_an_open_lock(void **state) {
    (void)state;
    static const pthread_mutex_t zeros, open = PTHREAD_MUTEX_INITIALIZER;
    assert_memory_equal(&zeros, &open, sizeof open);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_once),         cmocka_unit_test(lowest_failure_wins),
        cmocka_unit_test(nested_groups_end),       cmocka_unit_test(jobs_by_priority),
        cmocka_unit_test(threads_rest_after_jobs), cmocka_unit_test(zeros_are_an_open_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

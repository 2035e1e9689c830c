/* tests/prop/test_vit_pool.c: as many workspaces as the memory allows and no more, the first in any
 * case; tasks that find none wait. */
#include "vit/pool.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

enum { THREADS = 4, ROUNDS = 25 };

static const vit_shape shape = {1, {8, 8, 8}, 2, 8, 2, 2, 2};

typedef struct crowd {
    vit_pool *pool;
    atomic_int inside, most, failed;
} crowd;

static void *visit(void *user) {
    crowd *c = user;
    for (int i = 0; i < ROUNDS; i++) {
        vit_place *place;
        if (vit_pool_take(c->pool, NULL, NULL, &place, NULL) != RISE_OK) {
            atomic_store(&c->failed, 1);
            break;
        }
        int now = atomic_fetch_add(&c->inside, 1) + 1, most = atomic_load(&c->most);
        while (now > most && !atomic_compare_exchange_weak(&c->most, &most, now))
            ;
        usleep(500);
        atomic_fetch_sub(&c->inside, 1);
        vit_pool_give(c->pool, place);
    }
    return NULL;
}

/* The most tasks that were at work at one time. */
static int most_at_once(const vit_net *net, size_t n_places, size_t memory) {
    const vit_pool_plan plan = {
        .net = net, .n_places = n_places, .n_samples = 2, .backward = true, .memory = memory};
    crowd c = {.pool = NULL};
    rise_error err = {0};
    assert_int_equal(vit_pool_new(&plan, &c.pool, &err), RISE_OK);
    pthread_t thread[THREADS];
    for (size_t t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&thread[t], NULL, visit, &c), 0);
    for (size_t t = 0; t < THREADS; t++)
        pthread_join(thread[t], NULL);
    vit_pool_free(c.pool);
    assert_int_equal(atomic_load(&c.failed), 0);
    return atomic_load(&c.most);
}

static void test_budget(void **state) {
    (void)state;
    vit_net net;
    assert_int_equal(vit_net_init(&net, &shape, NULL), RISE_OK);
    const vit_pool_plan plan = {.net = &net, .n_places = 1, .n_samples = 2, .backward = true};
    size_t one = vit_place_bytes(&plan);
    assert_int_equal(most_at_once(&net, THREADS, 0), 1);
    assert_int_equal(most_at_once(&net, THREADS, 2 * one - 1), 1);
    assert_true(most_at_once(&net, THREADS, 2 * one) <= 2);
    assert_true(most_at_once(&net, 3, (size_t)1 << 30) <= 3);
}

/* What is kept takes more than what is made again, and both grow with the samples. */
static void test_bytes(void **state) {
    (void)state;
    vit_net net;
    vit_shape s = shape;
    for (s.block = 1; s.block <= 4; s.block++) {
        assert_int_equal(vit_net_init(&net, &s, NULL), RISE_OK);
        size_t forward = vit_work_bytes(&net, 2, VIT_FORWARD);
        size_t again = vit_work_bytes(&net, 2, VIT_AGAIN);
        assert_true(forward < again && again <= vit_work_bytes(&net, 2, VIT_KEEP));
        assert_true(again < vit_work_bytes(&net, 4, VIT_AGAIN));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_budget), cmocka_unit_test(test_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

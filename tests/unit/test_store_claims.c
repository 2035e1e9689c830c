/* Claims on keys: one computes, others may wait. Two handles of this process stand for two
 * processes: a claim belongs to an opened store. */
#include "store_place.h"

#include <signal.h>
#include <time.h>

static void finish(store *s, unsigned i) {
    rise_id key = key_of(i);
    assert_int_equal(store_claim(s, &key), CLAIM_OURS);
    add(s, i, i + 1000, false, true);
    store_unclaim(s, &key);
}

static void test_one_has_it(void **state) {
    place *p = *state;
    store *s = open_store(p), *t = open_store(p);
    rise_id a = key_of(1), b = key_of(2);
    assert_int_equal(store_claim(s, &a), CLAIM_OURS);
    assert_int_equal(store_claim(t, &a), CLAIM_BUSY);
    assert_int_equal(store_claim(t, &b), CLAIM_OURS); /* another key is free */
    assert_int_equal(store_claim(s, &b), CLAIM_BUSY);
    store_unclaim(t, &a); /* not theirs: nothing */
    assert_int_equal(store_claim(t, &a), CLAIM_BUSY);
    store_unclaim(s, &a);
    assert_int_equal(store_claim(t, &a), CLAIM_OURS);
    store_close(t); /* gives back what it has */
    assert_int_equal(store_claim(s, &a), CLAIM_OURS);
    assert_int_equal(store_claim(s, &b), CLAIM_OURS);
    store_close(s);
    assert_int_equal(p->n_told, 0);
}

/* Who gets a claim knows what others have finished, before or while it waited. */
static void test_what_others_finished(void **state) {
    place *p = *state;
    store *s = open_store(p), *t = open_store(p);
    rise_id one = key_of(1), two = key_of(2);
    rise_value *v = make(20, 1, true);
    put(s, v);
    finish(s, 1);
    assert_null(store_find(t, &one));
    assert_int_equal(store_claim(t, &one), CLAIM_OURS);
    expect_record(t, 1, 1001);
    expect(t, v);
    store_unclaim(t, &one);

    assert_int_equal(store_claim(s, &two), CLAIM_OURS);
    assert_int_equal(store_claim(t, &two), CLAIM_BUSY);
    add(s, 2, 1002, false, true);
    assert_null(store_find(t, &two));
    store_unclaim(s, &two);
    assert_int_equal(store_claim(t, &two), CLAIM_OURS);
    expect_record(t, 2, 1002);
    for (unsigned i = 3; i < 40; i++)
        finish(i % 2 ? s : t, i);
    finish(s, 40);
    finish(t, 41);
    for (unsigned i = 1; i < 41; i++)
        expect_record(t, i, i + 1000);
    store_close(s);
    store_close(t);
    rise_value_release(v);
    assert_int_equal(p->n_told, 0);
}

static void test_dead_holder(void **state) {
    place *p = *state;
    rise_id key = key_of(1);
    store *s = open_store(p);
    int pipes[2];
    char byte;
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        store *t = open_store(p);
        if (store_claim(t, &key) != CLAIM_OURS)
            _exit(1);
        (void)!write(pipes[1], "x", 1);
        for (;;)
            pause();
    }
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    assert_int_equal(store_claim(s, &key), CLAIM_BUSY);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(store_claim(s, &key), CLAIM_OURS); /* at once */
    store_close(s);
    close(pipes[0]);
    close(pipes[1]);
}

/* Each flush of the holder is a sign of life; without any there is none. */
static void test_sign_of_life(void **state) {
    place *p = *state;
    rise_id key = key_of(1);
    store *s = open_store(p), *t = open_store(p);
    assert_int_equal(store_claim(s, &key), CLAIM_OURS);
    assert_int_equal(store_claim(t, &key), CLAIM_BUSY);
    uint64_t first = store_claim_beat(t, &key);
    assert_true(first != 0);
    assert_true(store_claim_beat(t, &key) == first);
    store_flush(t); /* not of those who wait */
    assert_true(store_claim_beat(t, &key) == first);
    store_flush(s);
    assert_true(store_claim_beat(t, &key) != first);
    store_close(s);
    store_close(t);
}

/* Places without claims: everything is granted, nothing is told. */
static void test_no_claims(void **state) {
    place *p = *state;
    rise_id key = key_of(1);
    char path[128];
    store *s = open_with(p, (store_options){.read_only = true});
    assert_int_equal(store_claim(s, &key), CLAIM_NONE);
    store_unclaim(s, &key);
    store_close(s);
    snprintf(path, sizeof path, "%s/claims", p->folder);
    assert_int_equal(mkdir(path, 0777), 0);
    s = open_store(p);
    assert_int_equal(store_claim(s, &key), CLAIM_NONE);
    add(s, 1, 2, false, true);
    store_close(s);
    assert_int_equal(rmdir(path), 0);
    s = open_store(p);
    assert_int_equal(store_claim(s, &key), CLAIM_OURS);
    assert_int_equal(run("rm -rf %s", p->folder), 0); /* deleted under us */
    add(s, 3, 4, false, true);
    store_unclaim(s, &key);
    expect_record(s, 3, 4);
    store_close(s);
    assert_int_equal(p->n_told, 0);
}

static void test_many(void **state) {
    place *p = *state;
    store *s = open_store(p), *t = open_store(p);
    unsigned n = 0;
    for (unsigned i = 0; i < 300; i++) {
        rise_id key = key_of(i);
        claim_state state_of = store_claim(s, &key);
        assert_int_not_equal(state_of, CLAIM_BUSY);
        n += state_of == CLAIM_OURS;
    }
    assert_true(n >= 256); /* more are not held: then without */
    for (unsigned i = 0; i < 300; i++) {
        rise_id key = key_of(i);
        store_unclaim(s, &key);
        assert_int_equal(store_claim(t, &key), CLAIM_OURS);
        store_unclaim(t, &key);
    }
    store_close(s);
    store_close(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_one_has_it),  TEST(test_what_others_finished),
        TEST(test_dead_holder), TEST(test_sign_of_life),
        TEST(test_no_claims),   TEST(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Leases of units among processes that share a folder: two opened `leases` stand for two processes,
 * and the clock is ours. */
#include "support/folder.h"

#include "store/lease.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { N_ITEMS = 1000 };

typedef struct room {
    char folder[64];
    atomic_ullong n_metadata;
    size_t missing[N_ITEMS];
    char text[LEASE_TEXT];
} room;

static int begin(void **state) {
    room *r = calloc(1, sizeof *r);
    snprintf(r->folder, sizeof r->folder, "/tmp/rise-leases-XXXXXX");
    if (!mkdtemp(r->folder))
        return -1;
    for (size_t i = 0; i < N_ITEMS; i++)
        r->missing[i] = i;
    *state = r;
    return 0;
}

static int end(void **state) {
    room *r = *state;
    folder_remove(r->folder);
    free(r);
    return 0;
}

static leases *process(room *r, uint64_t job) {
    lease_options options = {
        .patience_s = 10, .job = job, .who = "host 1", .n_metadata = &r->n_metadata};
    leases *l = leases_open(r->folder, &options);
    assert_non_null(l);
    return l;
}

static rise_id key_of(unsigned i) {
    rise_id id;
    id_of(&i, sizeof i, &id);
    return id;
}

static lease_answer whole(room *r, leases *l, unsigned key, double now, lease **out) {
    rise_id id = key_of(key);
    return lease_whole(l, &id, LEASE_AGAIN, now, out, r->text);
}

static lease_answer slice(room *r, leases *l, unsigned level, double now, lease **out,
                          lease_range *range) {
    rise_id id = key_of(0);
    return lease_slice(l, &id, r->missing, N_ITEMS, level, SIZE_MAX, now, out, range, r->text);
}

static void test_one_has_it(void **state) {
    room *r = *state;
    leases *a = process(r, 0), *b = process(r, 0);
    lease *x, *y;
    assert_false(leases_there("/nowhere"));
    assert_int_equal(whole(r, a, 1, 0, &x), LEASE_OURS);
    assert_true(leases_there(r->folder));
    assert_int_equal(whole(r, b, 1, 0, &y), LEASE_BUSY);
    assert_int_equal(whole(r, b, 2, 0, &y), LEASE_OURS);
    assert_int_equal(whole(r, a, 2, 0, &x), LEASE_BUSY);
    leases_close(a);
    leases_close(b);
}

/* Over, but what it gave is known only after a look at the records. */
static void test_over(void **state) {
    room *r = *state;
    leases *a = process(r, 0), *b = process(r, 0);
    rise_id key = key_of(1);
    lease *x, *y;
    assert_int_equal(whole(r, a, 1, 0, &x), LEASE_OURS);
    assert_int_equal(whole(r, b, 1, 0, &y), LEASE_BUSY);
    lease_end(a, x, LEASE_DONE, "");
    assert_int_equal(lease_whole(b, &key, 0, 3, &y, r->text), LEASE_BUSY);
    leases_fresh(b, leases_look(b));
    assert_int_equal(lease_whole(b, &key, 0, 3, &y, r->text), LEASE_OVER);
    assert_int_equal(lease_whole(b, &key, LEASE_AGAIN, 3, &y, r->text),
                     LEASE_OURS); /* it was lost */
    assert_int_equal(whole(r, a, 1, 3, &x), LEASE_BUSY);
    leases_close(a);
    leases_close(b);
}

/* As long as there are signs of life nobody takes it; then the next generation does, once. */
static void test_signs_of_life(void **state) {
    room *r = *state;
    leases *a = process(r, 0), *b = process(r, 0), *c = process(r, 0);
    lease *x, *y, *z;
    assert_int_equal(whole(r, a, 1, 0, &x), LEASE_OURS);
    double now = 0;
    for (; now < 100; now += 1) {
        leases_beat(a, now);
        assert_int_equal(whole(r, b, 1, now, &y), LEASE_BUSY);
        assert_int_equal(whole(r, c, 1, now, &z), LEASE_BUSY);
    }
    /* a is stopped */
    while (whole(r, b, 1, now, &y) == LEASE_BUSY)
        now += 1;
    assert_true(now > 108 && now < 114);
    assert_int_equal(whole(r, c, 1, now + 2, &z), LEASE_BUSY);
    leases_beat(a, now + 3); /* and goes on: done twice */
    lease_end(a, x, LEASE_DONE, "");
    leases_beat(b, now + 9);
    assert_int_equal(whole(r, c, 1, now + 11, &z), LEASE_BUSY);
    leases_close(a);
    leases_close(b);
    leases_close(c);
}

/* A worker that has enough to do only looks, and so knows at once what it may take when it has not.
 */
static void test_only_looking(void **state) {
    room *r = *state;
    leases *a = process(r, 0), *b = process(r, 0);
    lease *x, *y;
    rise_id one = key_of(1), two = key_of(2);
    unsigned how = LEASE_AGAIN | LEASE_LOOK;
    assert_int_equal(lease_whole(b, &one, how, 0, &y, r->text), LEASE_FREE);
    assert_int_equal(whole(r, a, 1, 0, &x), LEASE_OURS);
    assert_int_equal(whole(r, b, 1, 0, &y), LEASE_BUSY);
    double now = 0;
    for (; now < 20; now += 1) {
        leases_beat(a, now);
        assert_int_equal(lease_whole(b, &one, how, now, &y, r->text), LEASE_BUSY);
    }
    lease_answer answer = LEASE_BUSY;
    for (; answer == LEASE_BUSY && now < 60; now += 1)
        answer = lease_whole(b, &one, how, now, &y, r->text);
    assert_int_equal(answer, LEASE_FREE);
    assert_int_equal(whole(r, b, 1, now, &y), LEASE_OURS);
    assert_int_equal(lease_whole(b, &two, how, now, &y, r->text), LEASE_FREE);
    leases_close(a);
    leases_close(b);
}

/* Of many workers a few watch each of many wholes: what they look at does not grow with their
 * number, and what one died at is found soon all the same. */
static void test_a_crowd(void **state) {
    enum { WHOLES = 64, WATCHERS = 32, DEAD = 7 };
    room *r = *state;
    leases *owner = process(r, 0), *dead = process(r, 0), *l[WATCHERS];
    lease *x;
    for (unsigned i = 0; i < WHOLES; i++)
        assert_int_equal(whole(r, i == DEAD ? dead : owner, i, 0, &x), LEASE_OURS);
    for (size_t k = 0; k < WATCHERS; k++)
        l[k] = process(r, 0);
    double found = 0, now = 0;
    atomic_store(&r->n_metadata, 0);
    for (; now < 200; now += 1) {
        leases_beat(owner, now);
        for (size_t k = 0; k < WATCHERS; k++) {
            leases_fresh(l[k], leases_look(l[k]));
            for (unsigned i = 0; i < WHOLES; i++) {
                lease_answer answer = whole(r, l[k], i, now, &x);
                assert_int_equal(answer, answer == LEASE_OURS ? LEASE_OURS : LEASE_BUSY);
                assert_true(answer == LEASE_BUSY || i == DEAD);
                if (answer == LEASE_OURS && found == 0)
                    found = now;
            }
            leases_beat(l[k], now);
        }
    }
    assert_true(found > 10 && found < 60);
    /* all of them, all the time: 200 / (10 / 3) looks of each at each */
    double all = 200 / (10.0 / 3) * (double)(WATCHERS * WHOLES);
    assert_true((double)atomic_load(&r->n_metadata) < all / 2);
    for (size_t k = 0; k < WATCHERS; k++)
        leases_close(l[k]);
    leases_close(owner);
    leases_close(dead);
}

/* Clocks of machines need not agree. */
static void test_clocks_apart(void **state) {
    room *r = *state;
    leases *a = process(r, 0), *b = process(r, 0);
    lease *x, *y;
    assert_int_equal(whole(r, a, 1, 1e6, &x), LEASE_OURS);
    for (double t = 0; t < 60; t += 1) {
        leases_beat(a, 1e6 + t);
        assert_int_equal(whole(r, b, 1, t, &y), LEASE_BUSY);
    }
    leases_close(a);
    leases_close(b);
}

static void test_three_deaths(void **state) {
    room *r = *state;
    lease *x;
    double now = 0;
    lease_answer answer = LEASE_BUSY;
    leases *l[LEASE_DEATHS + 1];
    for (int i = 0; i < LEASE_DEATHS; i++) { /* each takes it after the one before, and is killed */
        l[i] = process(r, 7);
        while ((answer = whole(r, l[i], 1, now, &x)) == LEASE_BUSY)
            now += 1;
        assert_int_equal(answer, LEASE_OURS);
    }
    l[LEASE_DEATHS] = process(r, 7);
    while ((answer = whole(r, l[LEASE_DEATHS], 1, now, &x)) == LEASE_BUSY)
        now += 1;
    assert_int_equal(answer, LEASE_DEADLY);
    assert_string_equal(r->text, "host 1");
    leases *other = process(r, 8); /* another job has more memory, perhaps */
    while ((answer = whole(r, other, 1, now, &x)) == LEASE_BUSY)
        now += 1;
    assert_int_equal(answer, LEASE_OURS);
    leases_close(other);
    for (int i = 0; i <= LEASE_DEATHS; i++)
        leases_close(l[i]);
}

static void test_failures_of_a_job(void **state) {
    room *r = *state;
    leases *a = process(r, 7), *b = process(r, 7), *c = process(r, 8);
    lease *x, *y;
    assert_int_equal(whole(r, a, 1, 0, &x), LEASE_OURS);
    lease_end(a, x, LEASE_BROKEN, "no such column");
    assert_int_equal(whole(r, b, 1, 0, &y), LEASE_FAILED);
    assert_string_equal(r->text, "no such column");
    assert_int_equal(whole(r, c, 1, 0, &y), LEASE_BUSY);
    leases_fresh(c, leases_look(c));
    assert_int_equal(whole(r, c, 1, 2, &y), LEASE_OURS); /* another job tries again */
    leases_close(a);
    leases_close(b);
    leases_close(c);
}

/* Two processes take slices of any size: together all items, none twice. */
static void test_slices(void **state) {
    room *r = *state;
    leases *l[2] = {process(r, 0), process(r, 0)};
    unsigned char seen[N_ITEMS] = {0}, by[N_ITEMS] = {0};
    size_t n_units = 0, n_seen = 0;
    rise_id key = key_of(0);
    for (unsigned turn = 0;; turn++) {
        lease *x;
        lease_range range;
        size_t missing[N_ITEMS], n = 0; /* it knows what it did itself */
        for (size_t i = 0; i < N_ITEMS; i++)
            if (!seen[i] || by[i] != turn % 2)
                missing[n++] = i;
        lease_answer answer = lease_slice(l[turn % 2], &key, missing, n, turn % 6, SIZE_MAX, turn,
                                          &x, &range, r->text);
        if (answer == LEASE_BUSY)
            break;
        assert_int_equal(answer, LEASE_OURS);
        assert_true(range.n <= (size_t)1 << (turn % 6) && range.first % range.n == 0);
        for (size_t i = range.first; i < range.first + range.n && i < N_ITEMS; i++) {
            if (seen[i] && by[i] == turn % 2)
                continue; /* not missing here */
            assert_int_equal(seen[i]++, 0);
            by[i] = turn % 2;
            n_seen++;
        }
        n_units++;
        lease_end(l[turn % 2], x, LEASE_DONE, "");
    }
    assert_int_equal(n_seen, N_ITEMS);
    assert_true(r->n_metadata <= 3 * n_units + 8);
    leases_tidy(l[0]);
    leases_tidy(l[1]);
    char hex[65], path[4096];
    id_hex(&key, hex);
    snprintf(path, sizeof path, "%s/leases/%.1s/%s", r->folder, hex, hex);
    assert_int_not_equal(access(path, F_OK), 0); /* nothing is left */
    leases_close(l[0]);
    leases_close(l[1]);
}

/* What somebody died at is taken in smaller pieces, down to single items. */
static void test_smaller_pieces(void **state) {
    room *r = *state;
    rise_id key = key_of(0);
    leases *l[8];
    lease *x;
    lease_range range;
    double now = 0;
    static const size_t size[] = {8, 4, 2, 1, 1, 1};
    for (size_t i = 0; i < 7; i++) { /* each is killed at item 5: it beats no more */
        static const size_t missing[] = {5};
        lease_answer answer;
        l[i] = process(r, 7);
        do
            answer =
                lease_slice(l[i], &key, missing, 1, 3, SIZE_MAX, now += 1, &x, &range, r->text);
        while (answer == LEASE_BUSY);
        assert_int_equal(answer, i < 6 ? LEASE_OURS : LEASE_DEADLY);
        if (i < 6)
            assert_int_equal(range.n, size[i]);
    }
    assert_string_equal(r->text, "item 5");
    for (size_t i = 0; i < 7; i++)
        leases_close(l[i]);
}

static void test_near(void **state) {
    room *r = *state;
    leases *a = process(r, 0), *b = process(r, 0);
    rise_id key = key_of(0);
    lease *x, *y;
    lease_range range;
    assert_int_equal(lease_slice(a, &key, r->missing, N_ITEMS, 3, 21, 0, &x, &range, r->text),
                     LEASE_OURS);
    assert_int_equal(range.first, 16);
    assert_int_equal(range.n, 8);
    assert_int_equal(lease_slice(b, &key, r->missing, N_ITEMS, 3, 21, 0, &y, &range, r->text),
                     LEASE_BUSY);
    assert_int_equal(lease_slice(b, &key, r->missing, N_ITEMS, 4, 24, 0, &y, &range, r->text),
                     LEASE_OURS);
    assert_int_equal(range.first, 24); /* half of what was asked for is free */
    assert_int_equal(range.n, 8);
    leases_close(a);
    leases_close(b);
}

/* Garbage, torn and foreign files in the folder harm nobody. */
static void test_garbage(void **state) {
    room *r = *state;
    leases *a = process(r, 0);
    lease *x;
    lease_range range;
    assert_int_equal(slice(r, a, 0, 0, &x, &range), LEASE_OURS);
    rise_id key = key_of(0);
    char hex[65], path[4096];
    static const char *const names[] = {"9.0.0",  "x",   "3.99999999999999999999.0",
                                        "60.0.0", "1.2", "0.999.7"};
    id_hex(&key, hex);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/leases/%.1s/%s/%s", r->folder, hex, hex, names[i]);
        int fd = open(path, O_WRONLY | O_CREAT, 0666);
        assert_true(fd >= 0 && write(fd, "garbage", 7) == 7);
        close(fd);
    }
    leases *b = process(r, 0);
    double now = 0;
    size_t n = 0;
    lease_answer answer;
    for (; n < 2 * N_ITEMS && now < 1000; now += 0.5) {
        lease *y;
        answer = slice(r, b, 0, now, &y, &range);
        assert_true(answer == LEASE_OURS || answer == LEASE_BUSY);
        n += answer == LEASE_OURS;
    }
    assert_true(n >= N_ITEMS);
    leases_close(a);
    leases_close(b);
}

static void test_read_only(void **state) {
    room *r = *state;
    lease_options options = {.patience_s = 1};
    leases *l = leases_open("/proc/nowhere", &options);
    lease *x;
    assert_int_equal(whole(r, l, 1, 0, &x), LEASE_OFF);
    leases_close(l);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
        T(test_one_has_it),    T(test_over),
        T(test_signs_of_life), T(test_only_looking),
        T(test_a_crowd),       T(test_clocks_apart),
        T(test_three_deaths),  T(test_failures_of_a_job),
        T(test_slices),        T(test_smaller_pieces),
        T(test_near),          T(test_garbage),
        T(test_read_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

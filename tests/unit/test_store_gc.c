/* Making room in the store: what goes, what stays, and that nobody at work is disturbed. */
#include "store_place.h"

#include <signal.h>
#include <sys/file.h>
#include <time.h>

enum { LARGE = 2600, SMALL = 20 }; /* numbers: a file of its own, an entry of a pack */

/* A value with a record that says what it cost. */
static rise_value *put_costly(store *s, size_t n, unsigned seed, double cost_s) {
    rise_value *v = make(n, seed, true);
    put(s, v);
    store_output output = {.digest = digest_of(v), .bytes = 8 * n};
    store_record record = {
        .key = key_of(seed), .cost_s = cost_s, .n_outputs = 1, .output = &output};
    assert_true(store_add(s, &record, false));
    return v;
}

static store_gc_result collect(place *p, store_gc_options options) {
    store_gc_result result;
    rise_error err = {0};
    store *s = open_store(p);
    if (store_gc(s, &options, &result, &err) != RISE_OK)
        fail_msg("%s", err.message);
    store_close(s);
    return result;
}

static void grow_old(const char *path, int days) {
    struct timespec t[2] = {{.tv_sec = time(NULL) - days * 24 * 3600}};
    t[1] = t[0];
    assert_int_equal(utimensat(AT_FDCWD, path, t, 0), 0);
}

static void expect_found(place *p, rise_value *const *v, size_t n, unsigned there) {
    store *s = open_store(p);
    for (size_t i = 0; i < n; i++) {
        rise_id key;
        assert_int_equal(harmless(s, v[i]), there >> i & 1);
        key = key_of((unsigned)i + 1);
        assert_non_null(store_find(s, &key)); /* records stay */
    }
    store_close(s);
}

static void release(rise_value **v, size_t n) {
    for (size_t i = 0; i < n; i++)
        rise_value_release(v[i]);
}

static uint64_t bytes_of(place *p) {
    store *s = open_with(p, (store_options){.read_only = true});
    store_stats st;
    store_stat(s, &st);
    store_close(s);
    return st.object_bytes + st.packed_bytes + st.record_bytes;
}

/* ---- what goes ------------------------------------------------------------------------------- */

static void test_cheapest_first(void **state) {
    place *p = *state;
    const double cost[6] = {5, 0.1, 9, 0.3, 0.2, 7};
    rise_value *v[6];
    store *s = open_store(p);
    for (unsigned i = 0; i < 6; i++)
        v[i] = put_costly(s, LARGE, i + 1, cost[i]);
    store_close(s);
    uint64_t all = bytes_of(p), one = 8 * LARGE;
    store_gc_result r = collect(p, (store_gc_options){.max_bytes = all});
    assert_int_equal(r.n_evicted, 0);
    assert_int_equal(r.n_kept, 6);
    r = collect(p, (store_gc_options){.max_bytes = all - 2 * one, .dry_run = true});
    assert_int_equal(r.n_evicted, 2);
    expect_found(p, v, 6, 077);
    r = collect(p, (store_gc_options){.max_bytes = all - 2 * one});
    assert_int_equal(r.n_evicted, 2);
    assert_int_equal(r.n_kept, 4);
    assert_true(r.evicted_bytes > 2 * one && bytes_of(p) <= all - 2 * one);
    expect_found(p, v, 6, 055); /* 0.1 and 0.2 s went */

    /* unless somebody needs them */
    id_map pinned = {0};
    rise_id digest = digest_of(v[3]);
    assert_true(id_map_set(&pinned, &digest, 1));
    r = collect(p, (store_gc_options){.max_bytes = 1, .pinned = &pinned});
    assert_int_equal(r.n_kept, 1);
    assert_int_equal(r.n_pinned, 1);
    expect_found(p, v, 6, 010);
    id_map_free(&pinned);
    release(v, 6);
}

/* Per byte, and the less the longer it was not used. */
static void test_bytes_and_age(void **state) {
    place *p = *state;
    rise_value *v[3];
    char path[256];
    store *s = open_store(p);
    v[0] = put_costly(s, 4 * LARGE, 1, 3); /* less than v[1] for its bytes */
    v[1] = put_costly(s, LARGE, 2, 1);
    v[2] = put_costly(s, LARGE, 3, 2); /* more than v[1], but old */
    store_close(s);
    grow_old(object_file(p, v[2], path), 9);
    uint64_t all = bytes_of(p);
    collect(p, (store_gc_options){.max_bytes = all - 1000});
    expect_found(p, v, 3, 03);
    collect(p, (store_gc_options){.max_bytes = all - 8 * LARGE - 2000});
    expect_found(p, v, 3, 02);
    release(v, 3);
}

static void test_age(void **state) {
    place *p = *state;
    rise_value *v[4];
    char path[512];
    store *s = open_store(p);
    for (unsigned i = 0; i < 3; i++)
        v[i] = put_costly(s, LARGE, i + 1, 1);
    store_close(s);
    s = open_store(p);
    v[3] = put_costly(s, SMALL, 4, 1);
    store_close(s);
    grow_old(object_file(p, v[0], path), 5);
    grow_old(object_file(p, v[1], path), 5);
    grow_old(object_file(p, v[2], path), -400); /* a clock that went wrong */
    grow_old(only_file(p, "packs", path), 5);
    store_gc_options old = {.max_age_s = 4 * 24 * 3600};
    s = open_store(p);
    expect(s, v[0]); /* using it makes it young */
    store_close(s);
    store_gc_result r = collect(p, old);
    assert_int_equal(r.n_evicted, 2);
    expect_found(p, v, 4, 05);
    assert_int_equal(count_files(p, "packs"), 0);
    struct stat st;
    assert_int_equal(stat(object_file(p, v[2], path), &st), 0);
    assert_true(st.st_mtime <= time(NULL)); /* expect_found has read it: today's date */
    release(v, 4);
}

/* A read-only store never changes a date. */
static void test_read_only_use(void **state) {
    place *p = *state;
    char path[256];
    struct stat before, after;
    store *s = open_store(p);
    rise_value *v = put_costly(s, LARGE, 1, 1);
    store_close(s);
    grow_old(object_file(p, v, path), 5);
    assert_int_equal(stat(path, &before), 0);
    s = open_with(p, (store_options){.read_only = true});
    expect(s, v);
    store_gc_result r;
    rise_error err = {0};
    assert_int_equal(store_gc(s, &(store_gc_options){.max_bytes = 1}, &r, &err), RISE_E_OUTPUT);
    store_close(s);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_mtime, after.st_mtime);
    rise_value_release(v);
}

/* ---- packs ----------------------------------------------------------------------------------- */

static void test_pack(void **state) {
    place *p = *state;
    enum { N = 30 };
    rise_value *v[N];
    unsigned there = 0;
    char path[512];
    store *s = open_store(p);
    for (unsigned i = 0; i < N; i++)
        v[i] = put_costly(s, SMALL, i + 1, i % 3 ? 5 : 0);
    store_close(s);
    struct stat before, after;
    assert_int_equal(stat(only_file(p, "packs", path), &before), 0);
    uint64_t room = (uint64_t)(before.st_size - 16) / N * 10; /* of those that cost nothing */
    store *early = open_store(p), *late = open_store(p);
    expect(early, v[1]); /* has the pack open; the other has only read its log */
    store_gc_result r = collect(p, (store_gc_options){.max_bytes = bytes_of(p) - room});
    assert_int_equal(r.n_evicted, 10);
    assert_int_equal(r.n_kept, 20);
    for (unsigned i = 0; i < N; i++)
        there |= (i % 3 ? 1u : 0u) << i;
    expect_found(p, v, N, there);
    assert_int_equal(stat(only_file(p, "packs", path), &after), 0);
    assert_true(after.st_size < before.st_size);
    /* whoever was there before is not disturbed */
    for (unsigned i = 0; i < N; i++) {
        expect(early, v[i]);
        assert_int_equal(harmless(late, v[i]), there >> i & 1);
    }
    store_close(early);
    store_close(late);
    assert_int_equal(p->n_told, 0); /* nothing of it is damage */
    expect_found(p, v, N, there);
    r = collect(p, (store_gc_options){0});
    assert_int_equal(r.n_evicted + r.dead_bytes + r.n_swept, 0);
    assert_int_equal(r.n_kept, 20);
    s = open_store(p);
    put(s, v[0]); /* and it can come back */
    store_close(s);
    expect_found(p, v, N, there | 1);
    uint64_t n_checked, n_damaged;
    s = open_store(p);
    OK(store_verify(s, true, warn, p, &n_checked, &n_damaged, NULL));
    assert_int_equal(n_damaged, 0);
    store_close(s);
    release(v, N);
}

static void test_writer_at_work(void **state) {
    place *p = *state;
    rise_value *v[3];
    store *s = open_store(p);
    v[0] = put_costly(s, SMALL, 1, 0);
    v[1] = put_costly(s, SMALL, 2, 0);
    store_flush(s);
    store_gc_result r = collect(p, (store_gc_options){.max_bytes = 1});
    assert_int_equal(r.n_evicted, 0);
    v[2] = put_costly(s, SMALL, 3, 0);
    for (unsigned i = 0; i < 3; i++)
        expect(s, v[i]);
    store_close(s);
    expect_found(p, v, 3, 07);
    r = collect(p, (store_gc_options){.max_bytes = 1});
    assert_int_equal(r.n_evicted, 3);
    expect_found(p, v, 3, 0);
    assert_int_equal(count_files(p, "packs"), 0);
    release(v, 3);
}

/* A pack with a damaged entry, one that is cut short, and one that no log knows. */
static void test_odd_packs(void **state) {
    place *p = *state;
    rise_value *v[4];
    char path[512], orphan[512];
    store *s = open_store(p);
    for (unsigned i = 0; i < 4; i++)
        v[i] = put_costly(s, SMALL, i + 1, i == 0 ? 0 : 1);
    store_close(s);
    buffer b = read_file(only_file(p, "packs", path));
    b.bytes[b.size / 2] ^= 1;              /* in the second or third */
    write_file(path, b.bytes, b.size - 1); /* the last is torn */
    snprintf(orphan, sizeof orphan, "%s/packs/%032d.pack", p->folder, 7);
    write_file(orphan, b.bytes, b.size);
    buffer_free(&b);
    store_gc_result r = collect(p, (store_gc_options){0});
    assert_int_equal(r.dead_bytes, 0); /* too young to be nobody's */
    grow_old(orphan, 1);
    r = collect(p, (store_gc_options){0});
    assert_true(r.dead_bytes > 0);
    assert_int_not_equal(access(orphan, F_OK), 0);
    s = open_store(p);
    int n = 0;
    for (unsigned i = 0; i < 4; i++)
        n += harmless(s, v[i]);
    assert_int_equal(n, 2);
    store_close(s);
    release(v, 4);
}

static void test_sweep(void **state) {
    place *p = *state;
    char young[512], old[512], temporary[512];
    store *s = open_store(p);
    rise_value *v = put_costly(s, SMALL, 1, 1);
    store_close(s);
    snprintf(young, sizeof young, "%s/quarantine/young", p->folder);
    snprintf(old, sizeof old, "%s/quarantine/old", p->folder);
    snprintf(temporary, sizeof temporary, "%s/records/.%032d.tmp", p->folder, 1);
    write_file(young, (const uint8_t *)"x", 1);
    write_file(old, (const uint8_t *)"xy", 2);
    write_file(temporary, (const uint8_t *)"xyz", 3);
    grow_old(old, 1);
    grow_old(temporary, 1);
    store_gc_result r = collect(p, (store_gc_options){.dry_run = true});
    assert_int_equal(r.n_swept, 2);
    assert_int_equal(r.swept_bytes, 5);
    assert_int_equal(access(old, F_OK), 0);
    /* one that is old, but whose writer lives */
    char held[512];
    snprintf(held, sizeof held, "%s/records/.%032d.tmp", p->folder, 2);
    int fd = open(held, O_RDWR | O_CREAT, 0666);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    grow_old(held, 1);
    r = collect(p, (store_gc_options){0});
    assert_int_equal(r.n_swept, 2);
    assert_int_equal(access(held, F_OK), 0);
    close(fd);
    r = collect(p, (store_gc_options){0});
    assert_int_equal(r.n_swept, 1);
    assert_int_equal(access(young, F_OK), 0);
    assert_int_not_equal(access(old, F_OK), 0);
    assert_int_not_equal(access(temporary, F_OK), 0);
    rise_value_release(v);
}

/* ---- faults ---------------------------------------------------------------------------------- */

/* Packs that cannot be written anew stay as they are. */
static void test_no_room(void **state) {
    place *p = *state;
    rise_value *v[20];
    store *s = open_store(p);
    for (unsigned i = 0; i < 20; i++)
        v[i] = put_costly(s, SMALL, i + 1, i == 0 ? 0 : 1);
    store_close(s);
    uint64_t all = bytes_of(p);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit limit = {1000, 1000};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        store_gc_result r;
        store *t = open_store(p);
        rise_status status = store_gc(t, &(store_gc_options){.max_bytes = all - 1}, &r, NULL);
        store_close(t);
        _exit(status == RISE_E_OUTPUT ? 0 : 1);
    }
    int code = 1;
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
    expect_found(p, v, 20, (1u << 20) - 1);
    release(v, 20);
}

/* Killed at any moment: what was to stay is there. */
static void test_killed(void **state) {
    place *p = *state;
    enum { N = 24, ROUNDS = 60 };
    rise_value *v[N];
    store *s = NULL;
    for (unsigned i = 0; i < N; i++) {
        if (i % 6 == 0)
            s = open_store(p);
        v[i] = put_costly(s, i % 6 == 5 ? LARGE : SMALL, i + 1, 1);
        if (i % 6 == 5)
            store_close(s);
    }
    id_map pinned = {0};
    for (unsigned i = 0; i < N; i += 2) {
        rise_id digest = digest_of(v[i]);
        assert_true(id_map_set(&pinned, &digest, 1));
    }
    int n_killed = 0;
    for (int round = 0; round < ROUNDS; round++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            store_gc_result r;
            store *t = open_store(p);
            bool ok = store_gc(t, &(store_gc_options){.max_bytes = 1, .pinned = &pinned}, &r,
                               NULL) == RISE_OK;
            store_close(t);
            _exit(ok ? 0 : 1);
        }
        struct timespec wait = {.tv_nsec = round * 40000};
        nanosleep(&wait, NULL);
        kill(child, SIGKILL);
        int code = 1;
        assert_int_equal(waitpid(child, &code, 0), child);
        n_killed += WIFSIGNALED(code) != 0;
        s = open_store(p);
        for (unsigned i = 0; i < N; i++) {
            if (i % 2 == 0)
                expect(s, v[i]);
            else
                put(s, v[i]); /* something to do for the next round */
        }
        store_close(s);
    }
    assert_true(n_killed > 3);
    id_map_free(&pinned);
    release(v, N);
    assert_int_equal(p->n_told, 0);
}

/* ---- beside others --------------------------------------------------------------------------- */

static int write_and_read(place *p, unsigned seed) {
    for (unsigned round = 0; round < 12; round++) {
        store *s = open_store(p);
        for (unsigned i = 0; i < 12; i++) {
            unsigned which = (i * 5 + seed + round) % 24;
            rise_value *v = make(which % 4 == 3 ? LARGE : SMALL, which, true), *w = NULL;
            rise_id digest = digest_of(v), found;
            if (!store_put(s, v, NULL))
                return 1;
            rise_status status = store_get(s, &digest, &w, NULL);
            if (status == RISE_OK)
                value_hash(w, &found);
            if (status == RISE_OK ? !id_equal(&found, &digest) : status != RISE_E_MISS)
                return 2;
            store_output output = {.digest = digest};
            store_record record = {.key = digest, .n_outputs = 1, .output = &output};
            if (!store_add(s, &record, false))
                return 3;
            rise_value_release(v);
            rise_value_release(w);
        }
        store_close(s);
    }
    return p->n_told ? 4 : 0;
}

static int collect_all_the_time(place *p) {
    for (int round = 0; round < 60; round++) {
        store_gc_result r;
        store *s = open_store(p);
        store_gc_options options = {.max_bytes = round % 2 ? 1 : 30000};
        if (store_gc(s, &options, &r, NULL) != RISE_OK)
            return 1;
        store_close(s);
    }
    return p->n_told ? 2 : 0;
}

static void test_beside_runs(void **state) {
    place *p = *state;
    pid_t child[5];
    for (unsigned i = 0; i < 5; i++) {
        child[i] = fork();
        assert_true(child[i] >= 0);
        if (child[i] == 0)
            _exit(i < 3 ? write_and_read(p, i * 7) : collect_all_the_time(p));
    }
    for (unsigned i = 0; i < 5; i++) {
        int code = 1;
        assert_int_equal(waitpid(child[i], &code, 0), child[i]);
        assert_int_equal(code, 0);
    }
    uint64_t n_checked, n_damaged;
    store *s = open_store(p);
    OK(store_verify(s, true, warn, p, &n_checked, &n_damaged, NULL));
    assert_int_equal(n_damaged, 0);
    store_close(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_cheapest_first), TEST(test_bytes_and_age), TEST(test_age),
        TEST(test_read_only_use),  TEST(test_pack),          TEST(test_writer_at_work),
        TEST(test_odd_packs),      TEST(test_sweep),         TEST(test_no_room),
        TEST(test_killed),         TEST(test_beside_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

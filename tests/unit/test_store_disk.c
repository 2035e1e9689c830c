/* The store: a disk that cannot be read or written, is full, or is emptied, costs no more than
 * time.
 */
#include "store_place.h"

/* Runs fn in a child that is not root; 0 when it was content. */
static int as_nobody(int (*fn)(place *p), place *p) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (geteuid() == 0 && seteuid(65534) != 0)
            _exit(90);
        _exit(fn(p));
    }
    int code = 0;
    assert_int_equal(waitpid(child, &code, 0), child);
    return WIFEXITED(code) ? WEXITSTATUS(code) : 91;
}

static int use_locked(place *p) {
    store_options options = {.warn = warn, .user = p};
    store *s = NULL;
    if (store_open(p->folder, &options, &s, NULL) != RISE_OK)
        return 1;
    if (p->n_told != 1 || store_writing(s))
        return 2;
    rise_value *v = make(8, 1, true), *w = make(8, 2, true), *out = NULL;
    rise_id digest = rise_value_digest(v);
    if (store_get(s, &digest, &out, NULL) != RISE_OK)
        return 3;
    if (store_put(s, w, NULL))
        return 4;
    rise_id key = key_of(5);
    store_record record = {.key = key};
    if (!store_add(s, &record, false) || !store_find(s, &key))
        return 5; /* in this run */
    store_flush(s);
    store_close(s);
    return p->n_told == 1 ? 0 : 6;
}

static void test_read_only_folder(void **state) {
    place *p = *state;
    rise_value *v = make(8, 1, true);
    store *s = open_store(p);
    put(s, v);
    store_close(s);
    assert_int_equal(run("chmod 755 %s; chmod -R a-w %s", p->folder), 0);
    assert_int_equal(as_nobody(use_locked, p), 0);
    rise_value_release(v);
}

static int use_hidden(place *p) {
    store_options options = {.warn = warn, .user = p};
    store *s = NULL;
    if (store_open(p->folder, &options, &s, NULL) != RISE_OK)
        return 1;
    rise_value *v = make(8, 1, true);
    rise_id digest = rise_value_digest(v);
    if (store_has(s, &digest) || store_put(s, v, NULL))
        return 2;
    store_close(s);
    rise_value_release(v);
    return p->n_told > 0 ? 0 : 3;
}

static void test_unreadable_folder(void **state) {
    place *p = *state;
    assert_int_equal(run("chmod 000 %s", p->folder), 0);
    assert_int_equal(as_nobody(use_hidden, p), 0);
    assert_int_equal(run("chmod 755 %s", p->folder), 0);
    /* a file where the cache should be */
    place q = *p;
    snprintf(q.folder, sizeof q.folder, "%.50s/file", p->folder);
    write_file(q.folder, (const uint8_t *)"x", 1);
    q.n_told = 0;
    assert_int_equal(use_hidden(&q), 0);
}

static void test_full_disk(void **state) {
    place *p = *state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        /* files may have 4 KiB, as on a full disk */
        struct rlimit limit = {4096, 4096};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        store *s = open_store(p);
        rise_value *small = make(8, 1, true), *large = make(3000, 2, true),
                   *next = make(8, 3, true);
        if (!store_put(s, small, NULL))
            _exit(1);
        store_flush(s);
        if (store_put(s, large, NULL))
            _exit(2);
        if (p->n_told != 1 || store_writing(s))
            _exit(3);
        if (store_put(s, next, NULL))
            _exit(4);
        store_close(s);
        _exit(p->n_told == 1 && strstr(p->told, "cannot be written") ? 0 : 5);
    }
    int code = 1;
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
    rise_value *small = make(8, 1, true), *large = make(3000, 2, true);
    store *s = open_store(p);
    expect(s, small);
    expect_miss(s, large);
    put(s, large);
    expect(s, large);
    assert_int_equal(run("test -z \"$(find %s -name '*.tmp')\"", p->folder), 0);

    /* packs and logs that outgrow the disk while they are written */
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit limit = {2000, 2000};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        store *t = open_store(p);
        for (unsigned i = 0; i < 40; i++) {
            rise_value *v = make(20, 100 + i, true);
            rise_id digest = rise_value_digest(v);
            store_put(t, v, NULL);
            if (i % 4 == 0)
                store_flush(t);
            rise_value *w = NULL;
            /* what was taken can be had back, written or not */
            if (store_has(t, &digest) && store_get(t, &digest, &w, NULL) != RISE_OK)
                _exit(1);
            rise_value_release(w);
            rise_value_release(v);
        }
        store_close(t);
        _exit(p->n_told == 1 ? 0 : 2);
    }
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
    store_close(s);
    s = open_store(p);
    for (unsigned i = 0; i < 40; i++) {
        rise_value *v = make(20, 100 + i, true);
        harmless(s, v);
        rise_value_release(v);
    }
    uint64_t n_checked, n_damaged;
    OK(store_verify(s, true, NULL, NULL, &n_checked, &n_damaged, NULL));
    assert_int_equal(n_damaged, 0);
    store_close(s);
    rise_value_release(small);
    rise_value_release(large);
}

static void test_deleted_meanwhile(void **state) {
    place *p = *state;
    rise_value *v[4] = {make(8, 1, true), make(2200, 2, true), make(9, 3, true),
                        make(2300, 4, true)};
    store *s = open_store(p);
    put(s, v[0]);
    put(s, v[1]);
    add(s, 1, 2, false, true);
    store_flush(s);
    assert_int_equal(run("rm -rf %s", p->folder), 0);
    for (int i = 0; i < 2; i++)
        harmless(s, v[i]);
    expect_record(s, 1, 2);
    put(s, v[2]); /* the folders come back */
    put(s, v[3]);
    add(s, 3, 4, false, true);
    store_flush(s);
    expect(s, v[2]);
    expect(s, v[3]);
    assert_true(store_writing(s));
    store_close(s);
    s = open_store(p);
    expect(s, v[2]);
    expect(s, v[3]);
    expect_record(s, 3, 4);
    expect_miss(s, v[0]);
    store_close(s);
    for (int i = 0; i < 4; i++)
        rise_value_release(v[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_read_only_folder),
        TEST(test_unreadable_folder),
        TEST(test_full_disk),
        TEST(test_deleted_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The store: whatever happens to its bytes, by decay or by a torn write, is at worst a miss. */
#include "store_place.h"

static void test_damaged_object(void **state) {
    place *p = *state;
    rise_value *v = make(2200, 1, true);
    char path[256];
    store *s = open_store(p);
    put(s, v);
    store_close(s);
    buffer good = read_file(object_file(p, v, path));
    size_t n = 0;
    s = open_store(p);
    /* every bit of header and trailer, some of the body; every length near the ends, some between
     */
    for (size_t at = 0; at < good.size; at++) {
        if (at > 200 && at + 100 < good.size && at % 97)
            continue;
        for (int bit = 0; bit<8; bit += at> 90 && at + 20 < good.size ? 3 : 1) {
            good.bytes[at] ^= (uint8_t)(1 << bit);
            write_file(path, good.bytes, good.size);
            good.bytes[at] ^= (uint8_t)(1 << bit);
            expect_miss(s, v);
            assert_int_not_equal(access(path, F_OK), 0); /* moved away */
            n++;
        }
    }
    for (size_t size = 0; size < good.size; size += size < 200 || size + 100 > good.size ? 1 : 61) {
        write_file(path, good.bytes, size);
        expect_miss(s, v);
        n++;
    }
    write_file(path, good.bytes, good.size);
    expect(s, v);
    store_stats stats;
    store_stat(s, &stats);
    assert_int_equal(stats.n_misses_damaged, n);
    assert_int_equal(stats.n_quarantined, n);
    assert_true(p->n_told > 0 && p->n_told < 10); /* not one line each */

    /* what is damaged is put anew; a torn file also when nobody has tried to read it */
    write_file(path, good.bytes, 50);
    store *t = open_store(p);
    put(t, v);
    expect(t, v);
    /* a good entry under the name of another */
    rise_value *w = make(2200, 2, true);
    char other[256];
    put(t, w);
    expect(t, w);
    write_file(object_file(p, w, other), good.bytes, good.size);
    expect_miss(t, w);
    put(t, w);
    expect(t, w);
    /* a folder, a pipe's worth of nothing */
    unlink(other);
    assert_int_equal(mkdir(other, 0777), 0);
    expect_miss(t, w);
    put(t, w);
    expect(t, w);
    store_close(s);
    store_close(t);
    rise_value_release(v);
    rise_value_release(w);
    buffer_free(&good);
}

static void test_damaged_pack(void **state) {
    place *p = *state;
    rise_value *v[3] = {make(8, 1, true), make(9, 2, false), make(10, 3, true)};
    char pack[512], log[512];
    store *s = open_store(p);
    for (int i = 0; i < 3; i++)
        put(s, v[i]);
    store_close(s);
    buffer good = read_file(only_file(p, "packs", pack));
    only_file(p, "records", log);
    store_options quiet = {.read_only = true};
    for (size_t at = 16; at < good.size; at++) {
        good.bytes[at] ^= (uint8_t)(1 << at % 8);
        write_file(pack, good.bytes, good.size);
        good.bytes[at] ^= (uint8_t)(1 << at % 8);
        s = open_with(p, quiet);
        int n_good = 0;
        for (int i = 0; i < 3; i++)
            n_good += harmless(s, v[i]);
        assert_int_equal(n_good, 2); /* the others do not suffer */
        store_close(s);
    }
    for (size_t size = 0; size < good.size; size++) {
        write_file(pack, good.bytes, size);
        s = open_with(p, quiet);
        for (int i = 0; i < 3; i++)
            harmless(s, v[i]);
        expect_miss(s, v[2]);
        store_close(s);
    }
    unlink(pack);
    s = open_with(p, quiet);
    for (int i = 0; i < 3; i++)
        expect_miss(s, v[i]);
    store_close(s);

    /* a damaged one is put anew and stays good */
    good.bytes[100] ^= 1;
    write_file(pack, good.bytes, good.size);
    s = open_store(p);
    expect_miss(s, v[0]);
    assert_int_equal(count_files(p, "quarantine"), 1);
    rise_id digest = digest_of(v[0]);
    assert_false(store_has(s, &digest));
    put(s, v[0]);
    store_close(s);
    s = open_store(p);
    for (int i = 0; i < 3; i++)
        expect(s, v[i]);
    uint64_t n_checked, n_damaged;
    OK(store_verify(s, true, NULL, NULL, &n_checked, &n_damaged, NULL));
    assert_int_equal(n_damaged, 0);
    store_close(s);
    for (int i = 0; i < 3; i++)
        rise_value_release(v[i]);
    buffer_free(&good);
}

/* Whatever a log has suffered: what is found is right. */
static void test_damaged_log(void **state) {
    place *p = *state;
    rise_value *v = make(8, 1, true);
    char log[512];
    store *s = open_store(p);
    put(s, v);
    for (unsigned i = 0; i < 4; i++)
        add(s, i, i + 10, false, true);
    rise_id name = key_of(70);
    store_name_set(s, &name, "seventy", 7);
    store_close(s);
    buffer good = read_file(only_file(p, "records", log));
    store_options quiet = {.read_only = true};
    for (size_t at = 0; at < 2 * good.size; at++) {
        bool flip = at < good.size; /* first every byte, then every length */
        size_t size = flip ? good.size : at - good.size;
        if (flip)
            good.bytes[at] ^= (uint8_t)(1 << at % 8);
        write_file(log, good.bytes, size);
        if (flip)
            good.bytes[at] ^= (uint8_t)(1 << at % 8);
        s = open_with(p, quiet);
        harmless(s, v);
        int n_found = 0;
        for (unsigned i = 0; i < 4; i++) {
            rise_id key = key_of(i);
            if (!store_find(s, &key))
                continue;
            expect_record(s, i, i + 10);
            n_found++;
        }
        size_t n;
        const uint8_t *bytes = store_name_get(s, &name, &n);
        if (bytes)
            expect_name(s, 70, "seventy");
        assert_true(n_found + (bytes != NULL) <= 5);
        if (!flip)
            assert_null(bytes); /* it was the last line */
        store_close(s);
    }
    /* a torn end does not hide what other writers add */
    write_file(log, good.bytes, good.size - 3);
    p->n_told = 0;
    s = open_store(p);
    add(s, 40, 50, false, true);
    store_close(s);
    s = open_store(p);
    expect_record(s, 3, 13);
    expect_record(s, 40, 50);
    store_close(s);
    assert_int_equal(p->n_told, 0); /* and is nothing to speak of */
    rise_value_release(v);
    buffer_free(&good);
}

static void test_verify(void **state) {
    place *p = *state;
    rise_value *v[4] = {make(2200, 1, true), make(2200, 2, true), make(8, 3, true),
                        make(8, 4, true)};
    char path[512];
    store *s = open_store(p);
    for (int i = 0; i < 4; i++)
        put(s, v[i]);
    store_close(s);
    buffer b = read_file(object_file(p, v[1], path));
    b.bytes[b.size / 2] ^= 4;
    write_file(path, b.bytes, b.size);
    buffer_free(&b);
    b = read_file(only_file(p, "packs", path));
    b.bytes[b.size - 5] ^= 4;
    write_file(path, b.bytes, b.size);
    buffer_free(&b);
    s = open_store(p);
    uint64_t n_checked = 0, n_damaged = 0;
    OK(store_verify(s, true, warn, p, &n_checked, &n_damaged, NULL));
    assert_int_equal(n_checked, 5);
    assert_int_equal(n_damaged, 2);
    OK(store_verify(s, true, warn, p, &n_checked, &n_damaged, NULL));
    assert_int_equal(n_damaged, 0); /* both are in quarantine */
    expect(s, v[0]);
    expect(s, v[2]);
    expect_miss(s, v[1]);
    expect_miss(s, v[3]);

    /* left by a killed process: swept when old and free */
    char orphan[512], fresh[512];
    object_file(p, v[0], path);
    *strrchr(path, '/') = '\0';
    snprintf(orphan, sizeof orphan, "%.400s/.%032d.tmp", path, 1);
    snprintf(fresh, sizeof fresh, "%.400s/.%032d.tmp", path, 2);
    write_file(orphan, (const uint8_t *)"x", 1);
    write_file(fresh, (const uint8_t *)"x", 1);
    struct timespec old[2] = {{.tv_sec = time(NULL) - 7200}, {.tv_sec = time(NULL) - 7200}};
    assert_int_equal(utimensat(AT_FDCWD, orphan, old, 0), 0);
    OK(store_verify(s, true, NULL, NULL, &n_checked, &n_damaged, NULL));
    assert_int_not_equal(access(orphan, F_OK), 0);
    assert_int_equal(access(fresh, F_OK), 0);
    store_close(s);
    for (int i = 0; i < 4; i++)
        rise_value_release(v[i]);
}

/* Without reading the data: what a glance can tell. */
static void test_verify_structure(void **state) {
    place *p = *state;
    rise_value *v[3] = {make(2200, 1, true), make(2200, 2, true), make(8, 3, true)};
    char path[512];
    uint64_t n_checked, n_damaged;
    store *s = open_store(p);
    for (int i = 0; i < 3; i++)
        put(s, v[i]);
    store_close(s);
    buffer b = read_file(object_file(p, v[0], path));
    b.bytes[b.size / 2] ^= 4; /* only the data can tell */
    write_file(path, b.bytes, b.size);
    s = open_store(p);
    OK(store_verify(s, false, NULL, NULL, &n_checked, &n_damaged, NULL));
    assert_int_equal(n_checked, 4);
    assert_int_equal(n_damaged, 0);
    for (size_t at = 8; at < 72; at += 8) { /* fields of the head */
        bool seen = at != 8 && at != 56;    /* another version; where the payload starts */
        b.bytes[at] ^= 1;
        write_file(path, b.bytes, b.size);
        b.bytes[at] ^= 1;
        OK(store_verify(s, false, NULL, NULL, &n_checked, &n_damaged, NULL));
        assert_int_equal(n_damaged, seen);
        assert_int_equal(access(path, F_OK) == 0, !seen);
    }
    write_file(path, b.bytes, b.size - 1);
    OK(store_verify(s, false, NULL, NULL, &n_checked, &n_damaged, NULL));
    assert_int_equal(n_damaged, 1);
    buffer_free(&b);
    b = read_file(only_file(p, "packs", path));
    write_file(path, b.bytes, 40); /* in the head of the only entry */
    OK(store_verify(s, false, NULL, NULL, &n_checked, &n_damaged, NULL));
    assert_int_equal(n_damaged, 1);
    buffer_free(&b);
    store_close(s);
    for (int i = 0; i < 3; i++)
        rise_value_release(v[i]);
}

/* Every length, and 100,000 flipped bits anywhere: seen by a store that may not write, so that each
 * costs no more than a reading. RISE_TEST_LONG=1: a million bits. */
static void test_every_length_many_bits(void **state) {
    place *p = *state;
    long n_bits = getenv("RISE_TEST_LONG") ? 1000000 : 100000;
    rise_value *v = make(2080, 1, true), *w = NULL;
    char path[256];
    store *s = open_store(p);
    put(s, v);
    store_close(s);
    buffer good = read_file(object_file(p, v, path));
    rise_id digest = digest_of(v);
    store_options quiet = {.read_only = true};
    s = open_with(p, quiet);
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    uint64_t x = 88172645463325252u;
    for (long i = 0; i < n_bits; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        off_t at = (off_t)(x % good.size);
        uint8_t byte = good.bytes[at] ^ (uint8_t)(1 << (x >> 40) % 8);
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        assert_int_equal(store_get(s, &digest, &w, NULL), RISE_E_MISS);
        assert_int_equal(pwrite(fd, &good.bytes[at], 1, at), 1);
    }
    OK(store_get(s, &digest, &w, NULL));
    rise_value_release(w);
    for (size_t size = good.size; size-- > 0;) {
        assert_int_equal(ftruncate(fd, (off_t)size), 0);
        assert_int_equal(store_get(s, &digest, &w, NULL), RISE_E_MISS);
    }
    close(fd);
    store_close(s);
    buffer_free(&good);
    rise_value_release(v);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_damaged_object), TEST(test_damaged_pack),     TEST(test_damaged_log),
        TEST(test_verify),         TEST(test_verify_structure), TEST(test_every_length_many_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

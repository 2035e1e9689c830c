/* The store: whatever happens to the disk is at worst a miss. */
#include "store_place.h"

#include "support/sanitized.h"

/* ---- damage ---------------------------------------------------------------------------------- */

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

/* Entries that are sealed and lie: sizes that would take all memory, a frame that says otherwise.
 * The seal is made anew, so the checks behind it have to hold. */
static void write_sealed(const char *path, buffer *b) {
    XXH128_canonical_t seal;
    XXH128_canonicalFromHash(&seal, XXH3_128bits(b->bytes, b->size - 16));
    memcpy(b->bytes + b->size - 16, seal.digest, 16);
    write_file(path, b->bytes, b->size);
}

static void test_hostile_entry(void **state) {
    place *p = *state;
    rise_value *v = make(100000, 1, false);
    char path[256];
    store *s = open_store(p);
    put(s, v);
    buffer good = read_file(object_file(p, v, path));
    const uint64_t hostile[] = {UINT64_MAX, UINT64_C(1) << 45, 0, 71, 799999, 800192, 1 << 30};
    for (size_t field = 48; field <= 64; field += 8)
        for (size_t k = 0; k < sizeof hostile / sizeof *hostile; k++) {
            buffer b = {0};
            buffer_add(&b, good.bytes, good.size);
            assert_memory_not_equal(b.bytes + field, &hostile[k], 8);
            memcpy(b.bytes + field, &hostile[k], 8);
            write_sealed(path, &b);
            expect_miss(s, v);
            assert_int_not_equal(access(path, F_OK), 0);
            buffer_free(&b);
        }
    for (size_t at = 0; at < good.size - 16; at += at < 200 ? 1 : good.size / 200) {
        buffer b = {0};
        buffer_add(&b, good.bytes, good.size);
        b.bytes[at] ^= (uint8_t)(1 << at % 8);
        write_sealed(path, &b);
        rise_id digest = digest_of(v), found;
        rise_value *w = NULL;
        bool read = store_get(s, &digest, &w, NULL) == RISE_OK;
        if (at == 7 || (at >= 8 && at < 12)) /* another version: not ours to touch */
            assert_int_equal(access(path, F_OK), 0);
        buffer_free(&b);
        if (!read)
            continue;
        /* what a forger has sealed is found out when everything is read in full */
        uint64_t n_checked, n_damaged;
        value_hash(w, &found);
        rise_value_release(w);
        store *t = open_store(p);
        OK(store_verify(t, true, NULL, NULL, &n_checked, &n_damaged, NULL));
        assert_int_equal(n_damaged, id_equal(&digest, &found) ? 0 : 1);
        store_close(t);
    }
    store_close(s);
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

/* A sealed entry whose frame and head agree on a size that would take all memory: `n_blocks` runs
 * of zeros, 128 KiB each. */
static void make_bomb(const rise_id *digest, uint64_t size, size_t n_blocks, buffer *b) {
    static const uint8_t frame[] = {0x28, 0xb5, 0x2f, 0xfd,
                                    0xe0}; /* 8 bytes of size, no checksum */
    buffer_add(b, "RISEOBJ1", 8);
    buffer_u32(b, 1);
    buffer_add(b, "\1\10\0\0", 4);
    buffer_add(b, digest->byte, 32);
    buffer_u64(b, size);
    buffer_u64(b, 64);
    buffer_u64(b, sizeof frame + 8 + 4 * n_blocks);
    buffer_add(b, frame, sizeof frame);
    buffer_u64(b, size);
    for (size_t i = 0; i < n_blocks; i++) {
        uint32_t block = (128u << 10) << 3 | 1 << 1 | (i + 1 == n_blocks);
        buffer_add(b, &block, 3);
        buffer_u8(b, 0);
    }
    buffer_add(b, "0123456789abcdef", 16);
}

static int meet_bombs(place *p) {
    struct rlimit limit = {UINT64_C(3) << 30, UINT64_C(3) << 30};
    rise_value *v = make(100000, 1, false), *w = NULL;
    rise_id digest = rise_value_digest(v);
    char path[256];
    object_file(p, v, path);
    const struct {
        uint64_t size;
        size_t n_blocks;
    } bomb[] = {{UINT64_C(1) << 45, 4},
                {UINT64_C(1) << 62, 30000},
                {UINT64_C(8) << 30, 65536},
                {UINT64_C(128) << 20, 1024},
                {UINT64_C(1) << 30, 3}};
    if (!sanitized)
        setrlimit(RLIMIT_AS, &limit);
    for (size_t i = 0; i < sizeof bomb / sizeof *bomb; i++) {
        buffer b = {0};
        make_bomb(&digest, bomb[i].size, bomb[i].n_blocks, &b);
        store *s = open_store(p);
        write_sealed(path, &b);
        rise_status status = store_get(s, &digest, &w, NULL);
        if (status != RISE_E_MISS && status != RISE_E_NOMEM)
            return (int)i + 1;
        store_close(s);
        buffer_free(&b);
    }
    return 0;
}

static void test_bombs(void **state) {
    place *p = *state;
    char path[256];
    rise_value *v = make(100000, 1, false);
    store *s = open_store(p);
    put(s, v);
    store_close(s);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(meet_bombs(p));
    int code = 1;
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
    unlink(object_file(p, v, path));
    s = open_store(p);
    put(s, v);
    expect(s, v);
    store_close(s);
    rise_value_release(v);
}

/* ---- places that cannot be written ----------------------------------------------------------- */

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
        TEST(test_damaged_object),         TEST(test_damaged_pack), TEST(test_damaged_log),
        TEST(test_hostile_entry),          TEST(test_verify),       TEST(test_verify_structure),
        TEST(test_every_length_many_bits), TEST(test_bombs),        TEST(test_read_only_folder),
        TEST(test_unreadable_folder),      TEST(test_full_disk),    TEST(test_deleted_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The store: entries whose seal is right and that lie are at worst a miss. */
#include "store_place.h"

#include "support/sanitized.h"

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

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_hostile_entry),
        TEST(test_bombs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

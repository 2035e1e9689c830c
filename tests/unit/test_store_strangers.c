/* Files in the folders of a store that are not the store's, or cannot be put aside: they are left
 * alone, counted as nothing, and disturb nobody. */
#include "store_place.h"

static const char *const strangers[] = {
    "objects/README",
    "objects/ab/notes.txt",
    "objects/ab/.hidden",
    "objects/xy",
    "packs/README",
    "packs/00112233445566778899aabbccddeeff.txt",
    "packs/zz112233445566778899aabbccddeeff.pack",
    "records/README",
    "records/00112233445566778899aabbccddeef.llog",
    "records/zz112233445566778899aabbccddeeff.log",
    "quarantine/.hidden",
};
enum { N = sizeof strangers / sizeof *strangers };

static char *below(const place *p, const char *name, char path[256]) {
    snprintf(path, 256, "%s/%s", p->folder, name);
    return path;
}

static void put_stranger(const place *p, const char *name, const void *bytes, size_t size) {
    char path[256];
    arena a = {0};
    OK(path_make_folders(path_folder(&a, below(p, name, path)), NULL));
    arena_free(&a);
    write_file(path, bytes, size);
}

static void verify_says(place *p, bool read_only, uint64_t damaged, const char *says) {
    uint64_t n_checked, n_damaged;
    store *s = open_with(p, (store_options){.read_only = read_only});
    p->told[0] = 0;
    for (int deep = 0; deep < 2; deep++) {
        OK(store_verify(s, deep, warn, p, &n_checked, &n_damaged, NULL));
        if (deep == 0 || read_only)
            assert_int_equal(n_damaged, damaged);
        if (damaged == 0) /* and without anybody to tell */
            OK(store_verify(s, deep, NULL, NULL, &n_checked, &n_damaged, NULL));
    }
    if (says ? !strstr(p->told, says) : p->told[0] != 0)
        fail_msg("told `%s`, expected `%s`", p->told, says ? says : "");
    store_close(s);
}

static void test_strangers(void **state) {
    place *p = *state;
    rise_value *v[2] = {make(20, 1, true), make(3000, 2, true)};
    store *s = open_store(p);
    for (int i = 0; i < 2; i++)
        put(s, v[i]);
    store_close(s);
    store_stats before, after;
    s = open_store(p);
    store_stat(s, &before);
    store_close(s);
    for (size_t i = 0; i < N; i++)
        put_stranger(p, strangers[i], "hello", 5);
    s = open_store(p);
    store_stat(s, &after);
    assert_int_equal(after.n_objects, before.n_objects);
    assert_int_equal(after.n_packed, before.n_packed);
    assert_int_equal(after.n_quarantined, 0);
    store_gc_result gone;
    store_gc_options options = {.max_bytes = 1};
    OK(store_gc(s, &options, &gone, NULL));
    for (int i = 0; i < 2; i++)
        put(s, v[i]);
    store_close(s);
    for (size_t i = 0; i < N; i++) {
        char path[256];
        bool log = strcmp(strangers[i], "records/zz112233445566778899aabbccddeeff.log") == 0;
        if (!log) /* that one could be a log */
            assert_int_equal(access(below(p, strangers[i], path), F_OK), 0);
    }
    s = open_store(p);
    for (int i = 0; i < 2; i++) {
        expect(s, v[i]);
        rise_value_release(v[i]);
    }
    store_close(s);
}

/* A sound entry in the folder of others is never looked up there; nor is it damage. */
static void test_entry_elsewhere(void **state) {
    place *p = *state;
    rise_value *v = make(3000, 1, true);
    char from[256], hex[65], name[128];
    store *s = open_store(p);
    put(s, v);
    store_close(s);
    rise_id digest = digest_of(v);
    id_hex(&digest, hex);
    buffer good = read_file(object_file(p, v, from));
    snprintf(name, sizeof name, "objects/%s/%s", strncmp(hex, "00", 2) == 0 ? "11" : "00", hex);
    put_stranger(p, name, good.bytes, good.size);
    assert_int_equal(unlink(from), 0);
    verify_says(p, false, 0, NULL);
    s = open_store(p);
    expect_miss(s, v);
    put(s, v);
    expect(s, v);
    store_close(s);
    verify_says(p, false, 0, NULL);
    buffer_free(&good);
    rise_value_release(v);
}

/* What may not be written is only told. */
static void test_read_only(void **state) {
    place *p = *state;
    rise_value *v = make(3000, 1, true);
    char path[256];
    store *s = open_store(p);
    put(s, v);
    store_close(s);
    buffer good = read_file(object_file(p, v, path));
    good.bytes[66] ^= 1; /* how long the body is */
    write_file(path, good.bytes, good.size);
    put_stranger(p, "records/00112233445566778899aabbccddeeff.log", "no log of ours, but so named",
                 28);
    verify_says(p, true, 2, ": damaged\n");
    assert_non_null(strstr(p->told, ".log: not a log, ignored\n"));
    assert_int_equal(access(path, F_OK), 0);
    verify_says(p, false, 2, ": damaged, moved to quarantine\n");
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(count_files(p, "quarantine"), 2);
    verify_says(p, false, 0, NULL);
    buffer_free(&good);
    rise_value_release(v);
}

/* Where the quarantine should be is a file: what is damaged goes all the same, and comes again. */
static void test_no_quarantine(void **state) {
    place *p = *state;
    rise_value *v[2] = {make(20, 1, true), make(3000, 2, true)};
    char object[256], pack[512], path[256];
    store *s = open_store(p);
    for (int i = 0; i < 2; i++)
        put(s, v[i]);
    store_close(s);
    buffer good = read_file(object_file(p, v[1], object));
    good.bytes[100] ^= 1;
    write_file(object, good.bytes, good.size);
    buffer packed = read_file(only_file(p, "packs", pack));
    packed.bytes[100] ^= 1;
    write_file(pack, packed.bytes, packed.size);
    s = open_store(p);
    assert_int_equal(run("rmdir %s/quarantine", p->folder), 0);
    put_stranger(p, "quarantine", "in the way", 10);
    for (int i = 0; i < 2; i++) {
        expect_miss(s, v[i]);
        put(s, v[i]);
        expect(s, v[i]);
    }
    store_close(s);
    assert_int_equal(access(below(p, "quarantine", path), F_OK), 0);
    for (int i = 0; i < 2; i++)
        rise_value_release(v[i]);
    buffer_free(&good);
    buffer_free(&packed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_strangers),
        TEST(test_entry_elsewhere),
        TEST(test_read_only),
        TEST(test_no_quarantine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

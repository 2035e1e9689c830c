/* The store: what is put comes back, from this handle and from others. */
#include "store_place.h"

/* ---- values in and out ----------------------------------------------------------------------- */

static void test_put_get(void **state) {
    place *p = *state;
    /* packed and compressed, packed as it is, a file compressed, a file as it is, nothing at all */
    rise_value *v[] = {make(50, 1, false),  make(50, 2, true), make(300000, 3, false),
                       make(5000, 4, true), make(0, 5, false), make(1, 6, false)};
    const size_t n = sizeof v / sizeof *v;
    store *s = open_store(p);
    for (size_t i = 0; i < n; i++) {
        rise_id digest = digest_of(v[i]);
        assert_false(store_has(s, &digest));
        expect_miss(s, v[i]);
        put(s, v[i]);
        put(s, v[i]);
        expect(s, v[i]); /* also before it is flushed */
    }
    store_flush(s);
    for (size_t i = 0; i < n; i++)
        expect(s, v[i]);
    store_stats stats;
    store_stat(s, &stats);
    assert_int_equal(stats.n_objects, 2);
    assert_int_equal(stats.n_packed, 4);
    assert_int_equal(stats.n_misses_damaged, 0);
    assert_true(stats.object_bytes < 300000 * 8 + 5000 * 8); /* smooth numbers shrink */
    assert_true(stats.object_bytes > 5000 * 8);              /* noise does not */
    assert_int_equal(stats.bytes_written, stats.object_bytes + stats.packed_bytes);
    store_close(s);

    s = open_store(p);
    uint64_t n_checked = 0, n_damaged = 0;
    for (size_t i = 0; i < n; i++)
        expect(s, v[i]);
    OK(store_verify(s, true, warn, p, &n_checked, &n_damaged, NULL));
    assert_int_equal(n_checked, n + 1); /* and one log */
    assert_int_equal(n_damaged, 0);
    store_close(s);
    store_close(NULL);

    s = open_with(p, (store_options){.durable = true});
    rise_value *more = make(7, 70, true), *large = make(4000, 71, true);
    put(s, more);
    put(s, large);
    store_close(s);
    s = open_with(p, (store_options){.read_only = true});
    expect(s, more);
    expect(s, large);
    rise_value *other = make(7, 72, true);
    assert_false(store_put(s, other, NULL));
    assert_true(store_put(s, more, NULL)); /* it is there */
    assert_false(store_writing(s));
    store_close(s);
    assert_int_equal(p->n_told, 0);
    rise_value_release(more);
    rise_value_release(large);
    rise_value_release(other);
    for (size_t i = 0; i < n; i++)
        rise_value_release(v[i]);
}

static rise_value *large_tensor(rise_dtype dtype, size_t n, bool noise) {
    rise_dim dim = {.name = "bin", .size = n};
    rise_value *v = NULL;
    void *data = NULL;
    OK(rise_tensor_new(dtype, 1, &dim, "", &v, &data, NULL));
    uint64_t x = 88172645463325252u;
    for (size_t i = 0; i < n; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        float wave = (float)sin((double)i * 0.01);
        if (dtype == RISE_U8)
            ((uint8_t *)data)[i] = noise ? (uint8_t)(x >> 20) : (uint8_t)(i / 100);
        else if (noise)
            memcpy((float *)data + i, &x, 4);
        else
            ((float *)data)[i] = wave;
    }
    return v;
}

/* More than fits the caches: written by pieces, raw ones from where they lie. */
static void test_large(void **state) {
    place *p = *state;
    rise_value *v[8] = {make(200000, 1, false), make(200001, 2, true)};
    for (size_t i = 2; i < 6; i++)
        v[i] = large_tensor(i < 4 ? RISE_F32 : RISE_U8, 3000000 + i, i % 2);
    rise_value *noise = large_tensor(RISE_U8, 2 << 20, true);
    const uint8_t *bytes = rise_value_tensor(noise)->data;
    OK(rise_blob_new(RISE_MODEL, "text", bytes, 1500001, &v[6], NULL));
    OK(rise_blob_new(RISE_DOCUMENT, "text", bytes, 0, &v[7], NULL));
    store *s = open_store(p);
    for (size_t i = 0; i < 8; i++) {
        uint64_t stored = 0;
        assert_true(store_put(s, v[i], &stored));
        bool is_noise = i % 2 == 1 || i == 6;
        if (i < 7)
            assert_true(is_noise ? stored > rise_value_bytes(v[i]) - 400
                                 : stored < rise_value_bytes(v[i]) * 8 / 10);
        expect(s, v[i]);
    }
    uint64_t n_checked, n_damaged;
    OK(store_verify(s, true, warn, p, &n_checked, &n_damaged, NULL));
    assert_int_equal(n_damaged, 0);
    store_close(s);
    s = open_store(p);
    for (size_t i = 0; i < 8; i++) {
        expect(s, v[i]);
        rise_value_release(v[i]);
    }
    store_close(s);
    rise_value_release(noise);
}

static void test_umask(void **state) {
    place *p = *state;
    mode_t mask = umask(002);
    rise_value *v = make(5000, 1, true), *w = make(5, 1, true);
    store *s = open_store(p);
    put(s, v);
    put(s, w);
    store_close(s);
    umask(mask);
    struct stat st;
    char path[512];
    assert_int_equal(stat(object_file(p, v, path), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0664);
    assert_int_equal(stat(only_file(p, "packs", path), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0664);
    snprintf(path, sizeof path, "%s/objects", p->folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0775);
    rise_value_release(v);
    rise_value_release(w);
}

/* ---- records and names ----------------------------------------------------------------------- */

static void test_records(void **state) {
    place *p = *state;
    store *s = open_store(p);
    rise_id missing = key_of(99999);
    assert_null(store_find(s, &missing));
    for (unsigned i = 0; i < 500; i++)
        add(s, i, i + 1000, false, true);
    add(s, 7, 1007, false, true);  /* the same again */
    add(s, 7, 2007, false, false); /* the first stands */
    expect_record(s, 7, 1007);
    add(s, 8, 2008, true, true);
    expect_record(s, 8, 2008);
    store_close(s);
    for (int round = 0; round < 2; round++) {
        s = open_store(p);
        for (unsigned i = 0; i < 500; i++)
            expect_record(s, i, i == 8 ? 2008 : i + 1000);
        assert_null(store_find(s, &missing));
        store_close(s);
    }
    assert_int_equal(count_files(p, "records"), 1); /* reading leaves no log behind */

    /* outputs that were not wanted at first are completed */
    s = open_store(p);
    rise_id key = key_of(5000);
    store_output output[2] = {{.digest = key_of(1)}, {.bytes = 0}};
    store_record record = {.key = key, .n_outputs = 2, .output = output};
    assert_true(store_add(s, &record, false));
    output[0] = (store_output){.bytes = 0};
    output[1].digest = key_of(2);
    assert_true(store_add(s, &record, false));
    const store_record *r = store_find(s, &key);
    assert_true(id_equal(&r->output[0].digest, &(rise_id){{0}}) == false);
    assert_true(id_equal(&r->output[1].digest, &output[1].digest));
    record.n_outputs = 1;
    assert_false(store_add(s, &record, false));
    store_close(s);
    s = open_store(p);
    r = store_find(s, &key);
    assert_non_null(r);
    assert_false(id_is_zero(&r->output[0].digest));
    assert_false(id_is_zero(&r->output[1].digest));
    store_close(s);
    assert_int_equal(p->n_told, 0);
}

static void test_names(void **state) {
    place *p = *state;
    rise_id a = key_of(1), b = key_of(2);
    size_t size;
    store *s = open_store(p), *t = open_store(p);
    assert_null(store_name_get(s, &a, &size));
    store_name_set(s, &a, "first", 5);
    store_name_set(t, &a, "second", 6); /* another writer, later */
    store_name_set(s, &b, "", 0);
    expect_name(s, 1, "first");
    expect_name(s, 2, "");
    store_close(t); /* flushed in the other order */
    store_close(s);
    s = open_store(p);
    expect_name(s, 1, "second");
    store_name_set(s, &a, "third", 5);
    store_name_set(s, &a, "third", 5);
    expect_name(s, 1, "third");
    store_close(s);
    s = open_store(p);
    expect_name(s, 1, "third");
    expect_name(s, 2, "");
    store_name_set(s, &a, "third", 5); /* nothing new: no log */
    store_close(s);
    assert_int_equal(count_files(p, "records"), 3);
}

/* Records and names that lie in a log are found again after a kill, but for what was not flushed.
 */
static void test_flush(void **state) {
    place *p = *state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        store *s = open_store(p);
        rise_value *v = make(20, 1, true);
        store_put(s, v, NULL);
        add(s, 1, 2, false, true);
        store_flush(s);
        add(s, 3, 4, false, true);
        _exit(0); /* no close */
    }
    int code = 0;
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
    store *s = open_store(p);
    rise_value *v = make(20, 1, true);
    expect(s, v);
    expect_record(s, 1, 2);
    rise_id lost = key_of(3);
    assert_null(store_find(s, &lost));
    store_close(s);
    rise_value_release(v);
}

static void test_many_writers_compact(void **state) {
    place *p = *state;
    store *alive = open_store(p); /* a writer that lives through all of it */
    add(alive, 900, 901, false, true);
    store_flush(alive);
    rise_value *v[70];
    for (unsigned i = 0; i < 70; i++) {
        v[i] = make(20, i, true);
        store *s = open_store(p);
        put(s, v[i]);
        add(s, i, i + 1000, false, true);
        add(s, 500, 2000 + i, i > 0, true); /* the last replacement stands */
        rise_id name = key_of(600);
        store_name_set(s, &name, &i, sizeof i);
        store_close(s);
        if (i == 20) {
            char path[256];
            snprintf(path, sizeof path, "%s/records/%032d.log", p->folder, 0);
            write_file(path, (const uint8_t *)"RISELOG2\2\0\0\0\0\0\0\0later", 21);
        }
    }
    assert_true(count_files(p, "records") < 20);
    add(alive, 902, 903, false, true);
    store_close(alive);
    for (int round = 0; round < 2; round++) {
        store *s = open_store(p);
        for (unsigned i = 0; i < 70; i++) {
            expect(s, v[i]);
            expect_record(s, i, i + 1000);
        }
        expect_record(s, 500, 2069);
        expect_record(s, 900, 901);
        expect_record(s, 902, 903);
        rise_id name = key_of(600);
        size_t size = 0;
        unsigned last = 0;
        const uint8_t *bytes = store_name_get(s, &name, &size);
        assert_non_null(bytes);
        memcpy(&last, bytes, sizeof last);
        assert_int_equal(last, 69);
        store_close(s);
    }
    char path[256];
    snprintf(path, sizeof path, "%s/records/%032d.log", p->folder, 0);
    assert_int_equal(access(path, R_OK), 0); /* of a later format: not ours to touch */
    assert_int_equal(p->n_told, 0);
    for (unsigned i = 0; i < 70; i++)
        rise_value_release(v[i]);
}

/* ---- several at once ------------------------------------------------------------------------- */

enum { N_SHARED = 60 };

static void work(store *s, unsigned seed) {
    for (unsigned i = 0; i < N_SHARED; i++) {
        rise_value *v = make(i % 4 == 3 ? 2500 : 12, (i * 7 + seed * 13) % N_SHARED, true);
        rise_id digest = rise_value_digest(v);
        store_put(s, v, NULL);
        rise_value *w = NULL;
        if (store_get(s, &digest, &w, NULL) == RISE_OK) {
            rise_id found;
            value_hash(w, &found);
            if (!id_equal(&found, &digest))
                abort();
        }
        rise_value_release(w);
        store_output output = {.digest = digest};
        store_record record = {.key = digest, .n_outputs = 1, .output = &output};
        if (!store_add(s, &record, false))
            abort();
        if (!store_find(s, &digest))
            abort();
        store_name_set(s, &digest, &i, sizeof i);
        if (i % 10 == seed)
            store_flush(s);
        rise_value_release(v);
    }
}

typedef struct worker {
    pthread_t thread;
    store *s;
    unsigned seed;
} worker;

static void *thread_main(void *user) {
    worker *w = user;
    work(w->s, w->seed);
    return NULL;
}

static void expect_all(place *p) {
    store *s = open_store(p);
    for (unsigned k = 0; k < 4; k++)
        for (unsigned i = 0; i < N_SHARED; i++) {
            rise_value *v = make(i % 4 == 3 ? 2500 : 12, (i * 7 + k * 13) % N_SHARED, true);
            rise_id digest = rise_value_digest(v);
            expect(s, v);
            assert_non_null(store_find(s, &digest));
            rise_value_release(v);
        }
    uint64_t n_checked, n_damaged;
    OK(store_verify(s, true, warn, p, &n_checked, &n_damaged, NULL));
    assert_int_equal(n_damaged, 0);
    store_close(s);
    assert_int_equal(p->n_told, 0);
}

static void test_two_handles(void **state) {
    place *p = *state;
    store *s[2] = {open_store(p), open_store(p)};
    worker w[4];
    for (unsigned i = 0; i < 4; i++) {
        w[i] = (worker){.s = s[i % 2], .seed = i};
        assert_int_equal(pthread_create(&w[i].thread, NULL, thread_main, &w[i]), 0);
    }
    for (unsigned i = 0; i < 4; i++)
        pthread_join(w[i].thread, NULL);
    store_close(s[0]);
    store_close(s[1]);
    expect_all(p);
}

static void test_two_processes(void **state) {
    place *p = *state;
    pid_t child[4];
    for (unsigned i = 0; i < 4; i++) {
        child[i] = fork();
        assert_true(child[i] >= 0);
        if (child[i] == 0) {
            store *s = open_store(p);
            work(s, i);
            store_close(s);
            _exit(p->n_told ? 1 : 0);
        }
    }
    for (unsigned i = 0; i < 4; i++) {
        int code = 1;
        assert_int_equal(waitpid(child[i], &code, 0), child[i]);
        assert_int_equal(code, 0);
    }
    expect_all(p);
}

/* ---- zstd files ------------------------------------------------------------------------------ */

static void test_expand(void **state) {
    (void)state;
    const char *path = "examples/zrcu/zrcu_00.extxyz.zst";
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("%s is not there: run from the root of the repository", path);
    buffer in = {0}, out = {0}, twice = {0};
    assert_true(buffer_reserve(&in, 8 << 20));
    in.size = fread(in.bytes, 1, in.capacity, f);
    fclose(f);
    assert_true(in.size < in.capacity);
    assert_true(codec_is_zstd(in.bytes, in.size));
    assert_false(codec_is_zstd(in.bytes, 3));
    assert_false(codec_is_zstd((const uint8_t *)"Lattice=", 8));
    rise_error err;
    OK(codec_expand(in.bytes, in.size, SIZE_MAX / 4, &out, &err));
    assert_true(out.size > in.size && memchr(out.bytes, '\n', out.size));
    /* any number of frames */
    buffer_add(&in, in.bytes, 0);
    size_t one = in.size;
    assert_true(buffer_reserve(&in, one));
    memcpy(in.bytes + one, in.bytes, one);
    OK(codec_expand(in.bytes, 2 * one, SIZE_MAX / 4, &twice, &err));
    assert_int_equal(twice.size, 2 * out.size);
    assert_memory_equal(twice.bytes + out.size, out.bytes, out.size);
    twice.size = 0;
    assert_int_equal(codec_expand(in.bytes, one, out.size - 1, &twice, &err), RISE_E_DATA);
    twice.size = 0;
    OK(codec_expand(in.bytes, one, out.size, &twice, &err));
    for (size_t cut = 1; cut < one; cut += cut < 50 ? 1 : one / 23) {
        twice.size = 0;
        assert_int_equal(codec_expand(in.bytes, cut, SIZE_MAX / 4, &twice, &err), RISE_E_DATA);
        in.bytes[cut] ^= 0x10;
        twice.size = 0;
        /* flipped: an error, or it was in bytes that mean nothing */
        if (codec_expand(in.bytes, one, 64 << 20, &twice, &err) == RISE_OK)
            assert_int_equal(twice.size, out.size);
        in.bytes[cut] ^= 0x10;
    }
    twice.size = 0;
    OK(codec_expand(NULL, 0, 10, &twice, &err));
    assert_int_equal(twice.size, 0);
    /* a window of 2 GiB */
    const uint8_t wide[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00};
    assert_int_equal(codec_expand(wide, sizeof wide, SIZE_MAX / 4, &twice, &err), RISE_E_DATA);
    buffer_free(&in);
    buffer_free(&out);
    buffer_free(&twice);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_put_get),
        TEST(test_large),
        TEST(test_umask),
        TEST(test_records),
        TEST(test_names),
        TEST(test_flush),
        TEST(test_many_writers_compact),
        TEST(test_two_handles),
        TEST(test_two_processes),
        cmocka_unit_test(test_expand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

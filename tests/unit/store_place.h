/* tests/unit/store_place.h: a folder for each test of the store, values to put there, and what must
 * hold of what comes back. */
#ifndef RISE_TEST_STORE_PLACE_H
#define RISE_TEST_STORE_PLACE_H

#include "store/store.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xxhash.h>

#include <setjmp.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), RISE_OK)

/* ---- a fresh folder for each test ------------------------------------------------------------ */

typedef struct place {
    char folder[64];
    char told[4096]; /* warnings, one after the other */
    int n_told;
    pthread_mutex_t lock;
} place;

static inline int set_up(void **state) {
    place *p = calloc(1, sizeof *p);
    if (!p)
        return -1;
    /* in memory where there is such a place: syncs cost nothing there */
    const char *root = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(p->folder, sizeof p->folder, "%s/rise_store_XXXXXX", root);
    pthread_mutex_init(&p->lock, NULL);
    *state = p;
    return mkdtemp(p->folder) ? 0 : -1;
}

static inline int run(const char *fmt, const char *folder) {
    char command[512];
    snprintf(command, sizeof command, fmt, folder, folder, folder);
    return system(command);
}

static inline int tear_down(void **state) {
    place *p = *state;
    int code = run("chmod -R u+w %s; rm -rf %s", p->folder);
    pthread_mutex_destroy(&p->lock);
    free(p);
    return code;
}

static inline void warn(void *user, const char *text) {
    place *p = user;
    pthread_mutex_lock(&p->lock);
    p->n_told++;
    size_t n = strlen(p->told);
    snprintf(p->told + n, sizeof p->told - n, "%s\n", text);
    pthread_mutex_unlock(&p->lock);
}

static inline store *open_with(place *p, store_options options) {
    store *s = NULL;
    options.warn = warn;
    options.user = p;
    OK(store_open(p->folder, &options, &s, NULL));
    return s;
}

static inline store *open_store(place *p) {
    return open_with(p, (store_options){0});
}

/* ---- values ---------------------------------------------------------------------------------- */

/* A tensor of n numbers that depend on `seed`; smooth ones compress, noise does not. */
static inline rise_value *make(size_t n, unsigned seed, bool noise) {
    rise_dim dim = {.name = "bin", .size = n};
    rise_value *v = NULL;
    void *data = NULL;
    OK(rise_tensor_new(RISE_F64, 1, &dim, "", &v, &data, NULL));
    uint64_t x = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    for (size_t i = 0; i < n; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        if (noise)
            memcpy((double *)data + i, &x, 8);
        else
            ((double *)data)[i] = seed + sin((double)i * 0.01);
    }
    return v;
}

static inline rise_id digest_of(const rise_value *v) {
    return rise_value_digest(v);
}

static inline void put(store *s, const rise_value *v) {
    uint64_t bytes = 0;
    assert_true(store_put(s, v, &bytes));
    assert_true(bytes > 0);
}

/* It is there, and bit for bit what was put. */
static inline void expect(store *s, const rise_value *v) {
    rise_id digest = digest_of(v), found;
    rise_value *w = NULL;
    rise_error err = {0};
    assert_true(store_has(s, &digest));
    if (store_get(s, &digest, &w, &err) != RISE_OK)
        fail_msg("%s", err.message);
    value_hash(w, &found); /* not the digest that the store has set */
    assert_true(id_equal(&digest, &found));
    found = digest_of(w);
    assert_true(id_equal(&digest, &found));
    rise_value_release(w);
}

/* A miss or the right value, never anything else. */
static inline bool harmless(store *s, const rise_value *v) {
    rise_id digest = digest_of(v), found;
    rise_value *w = NULL;
    rise_status status = store_get(s, &digest, &w, NULL);
    if (status != RISE_OK) {
        assert_int_equal(status, RISE_E_MISS);
        assert_null(w);
        return false;
    }
    value_hash(w, &found);
    assert_true(id_equal(&digest, &found));
    rise_value_release(w);
    return true;
}

static inline void expect_miss(store *s, const rise_value *v) {
    assert_false(harmless(s, v));
}

/* ---- files ----------------------------------------------------------------------------------- */

static inline char *object_file(const place *p, const rise_value *v, char path[256]) {
    char hex[65];
    rise_id digest = digest_of(v);
    id_hex(&digest, hex);
    snprintf(path, 256, "%s/objects/%.2s/%s", p->folder, hex, hex);
    return path;
}

/* The only file of a folder. */
static inline char *only_file(const place *p, const char *sub, char path[512]) {
    char folder[128];
    snprintf(folder, sizeof folder, "%s/%s", p->folder, sub);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    path[0] = '\0';
    for (struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] == '.')
            continue;
        assert_int_equal(path[0], '\0');
        snprintf(path, 512, "%s/%s", folder, e->d_name);
    }
    closedir(dir);
    assert_true(path[0] != '\0');
    return path;
}

static inline size_t count_files(const place *p, const char *sub) {
    char folder[128];
    snprintf(folder, sizeof folder, "%s/%s", p->folder, sub);
    DIR *dir = opendir(folder);
    size_t n = 0;
    for (struct dirent *e; dir && (e = readdir(dir));)
        n += e->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return n;
}

static inline buffer read_file(const char *path) {
    buffer b = {0};
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_true(buffer_reserve(&b, 1 << 20));
    b.size = fread(b.bytes, 1, b.capacity, f);
    fclose(f);
    return b;
}

static inline void write_file(const char *path, const uint8_t *bytes, size_t size) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

/* ---- records --------------------------------------------------------------------------------- */

static inline rise_id key_of(unsigned i) {
    rise_id id;
    id_of(&i, sizeof i, &id);
    return id;
}

static inline void add(store *s, unsigned key, unsigned digest, bool replace, bool expected) {
    store_output output[2] = {{.digest = key_of(digest), .bytes = 10, .facts_n = 3, .species = {9}},
                              {.bytes = 0}};
    store_record record = {.key = key_of(key),
                           .cost_s = key,
                           .n_outputs = 2,
                           .output = output,
                           .n_note = 4,
                           .note = (const uint8_t *)"note"};
    assert_int_equal(store_add(s, &record, replace), expected);
}

static inline void expect_record(store *s, unsigned key, unsigned digest) {
    rise_id id = key_of(key), expected = key_of(digest);
    const store_record *r = store_find(s, &id);
    assert_non_null(r);
    assert_ptr_equal(r, store_find(s, &id));
    assert_true(id_equal(&r->key, &id));
    assert_true(r->cost_s == key);
    assert_int_equal(r->n_outputs, 2);
    assert_true(id_equal(&r->output[0].digest, &expected));
    assert_int_equal(r->output[0].facts_n, 3);
    assert_int_equal(r->output[0].species[0], 9);
    assert_int_equal(r->n_note, 4);
    assert_memory_equal(r->note, "note", 4);
}

static inline void expect_name(store *s, unsigned name, const char *text) {
    rise_id id = key_of(name);
    size_t size = 0;
    const uint8_t *bytes = store_name_get(s, &id, &size);
    assert_non_null(bytes);
    assert_int_equal(size, strlen(text));
    assert_memory_equal(bytes, text, size);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif

/* Memory that runs out, at each piece, while input files are found, read and expanded, and while
 * values go into a store and come back. */
#include "fault/shapes_at_work.h"

#include "files/files.h"

#include <lzma.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

enum { TEXT = 3000, ROOM = 8192, LARGE = 200000 };

/* ---- input files ----------------------------------------------------------------------------- */
static bool write_bytes(const char *folder, const char *name, const void *bytes, size_t size) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    bool sound = f && fwrite(bytes, 1, size, f) == size;
    return (!f || fclose(f) == 0) && sound;
}

static size_t gz(const uint8_t *text, uint8_t *out) {
    z_stream z;
    memset(&z, 0, sizeof z);
    if (deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        return 0;
    z.next_in = (Bytef *)(uintptr_t)text;
    z.avail_in = TEXT;
    z.next_out = out;
    z.avail_out = ROOM;
    bool done = deflate(&z, Z_FINISH) == Z_STREAM_END;
    deflateEnd(&z);
    return done ? z.total_out : 0;
}

static rise_status input_files(const char *folder, rise_error *err) {
    uint8_t text[TEXT], packed[ROOM];
    size_t n = 0;
    char sub[256];
    for (size_t i = 0; i < TEXT; i++)
        text[i] = (uint8_t)('a' + i * i % 23);
    bool sound = write_bytes(folder, "a.txt", text, TEXT);
    sound = sound && write_bytes(folder, "b.txt", packed, gz(text, packed));
    sound = sound && lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL, text, TEXT, packed, &n,
                                             ROOM) == LZMA_OK;
    sound = sound && write_bytes(folder, "c.txt", packed, n);
    n = ZSTD_compress(packed, ROOM, text, TEXT, 3);
    sound = sound && write_bytes(folder, "d.txt", packed, n);
    snprintf(sub, sizeof sub, "%s/sub", folder);
    sound = sound && mkdir(sub, 0777) == 0 && write_bytes(sub, "e.txt", text, TEXT);
    return sound ? RISE_OK : rise_fail(err, RISE_E_OUTPUT, "no input files");
}

static rise_status read_one(const char *path, rise_error *err) {
    rise_file file = {0};
    rise_id digest, again;
    rise_status s = files_load(path, &file, &digest, err);
    if (s == RISE_OK && file.size != TEXT)
        s = rise_fail(err, RISE_E_BUG, "%s has %zu bytes", path, file.size);
    if (s == RISE_OK)
        s = files_digest(NULL, path, false, &again, err);
    if (s == RISE_OK && !id_equal(&digest, &again))
        s = rise_fail(err, RISE_E_BUG, "another digest");
    files_unload(&file);
    return s;
}

static rise_status act_read(const char *folder, rise_error *err) {
    static const char *const patterns[] = {"[ab].txt", "**/*.txt", "sub", "./c.txt", "s*"};
    const char *const *path = NULL;
    size_t n = 0;
    arena a = {0};
    rise_status s = files_expand(folder, patterns, 5, &a, &path, &n, err);
    if (s == RISE_OK && n != 5)
        s = rise_fail(err, RISE_E_BUG, "%zu files", n);
    for (size_t i = 0; s == RISE_OK && i < n; i++)
        s = read_one(path[i], err);
    arena_free(&a);
    return s;
}

/* What is not there is told, or that memory was short. */
static rise_status act_miss(const char *folder, rise_error *err) {
    static const char *const patterns[] = {"sub/f.txt", "sbu/e.txt", "a.txt/x", "sub/*.xyz"};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        const char *const *path = NULL;
        size_t n = 0;
        arena a = {0};
        rise_status s = files_expand(folder, &patterns[i], 1, &a, &path, &n, err);
        arena_free(&a);
        if (s != RISE_E_NOINPUT)
            return s == RISE_OK ? rise_fail(err, RISE_E_BUG, "it is there") : s;
    }
    return RISE_OK;
}

/* ---- values and a store ---------------------------------------------------------------------- */
static rise_status make_tensor(size_t n, bool noise, rise_value **out, rise_error *err) {
    rise_dim dim = {.name = "bin", .size = n};
    void *data = NULL;
    rise_status s = rise_tensor_new(RISE_F64, 1, &dim, "eV", out, &data, err);
    uint64_t x = 1;
    for (size_t i = 0; s == RISE_OK && i < n; i++) {
        x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
        ((double *)data)[i] = noise ? (double)(x >> 11) : sin((double)i * 0.01);
    }
    return s;
}

static rise_status make_table(rise_value **out, rise_error *err) {
    static const rise_column column[] = {{.name = "word", .dtype = RISE_TEXT},
                                         {.name = "n", .dtype = RISE_I64}};
    rise_value *table = NULL;
    rise_status s = rise_table_new(column, 2, 40, &table, err);
    for (size_t i = 0; s == RISE_OK && i < 40; i++)
        s = rise_table_set_text(table, 0, i, i % 2 ? "odd" : "even", err);
    if (s == RISE_OK)
        *out = table;
    else
        rise_value_release(table);
    return s;
}

static rise_status make_value(size_t i, rise_value **out, rise_error *err) {
    static const double at[2][3] = {{0, 0, 0}, {1, 2, 3}};
    static const uint8_t species[2] = {29, 40};
    const rise_frame frame[2] = {{.n_atoms = 2, .positions = at, .species = species},
                                 {.n_atoms = 1, .positions = at, .species = species}};
    switch (i) {
    case 0:
        return make_tensor(LARGE, false, out, err);
    case 1:
        return make_tensor(LARGE, true, out, err);
    case 2:
        return make_tensor(10, false, out, err);
    case 3:
        return make_table(out, err);
    case 4:
        return rise_frames_new(frame, 2, out, err);
    default:
        return rise_blob_new(RISE_DOCUMENT, "text", "a page", 6, out, err);
    }
}

enum { VALUES = 6 };

static rise_status put_all(store *s, rise_id digest[VALUES], rise_error *err) {
    rise_status status = RISE_OK;
    for (size_t i = 0; status == RISE_OK && i < VALUES; i++) {
        rise_value *v = NULL;
        uint64_t bytes = 0;
        status = make_value(i, &v, err);
        if (status == RISE_OK && !store_put(s, v, &bytes))
            status = rise_fail_nomem(err, "a value in the store");
        if (status == RISE_OK)
            digest[i] = rise_value_digest(v);
        rise_value_release(v);
    }
    return status;
}

/* What the store gives is what was put, whole. */
static rise_status get_all(store *s, const rise_id digest[VALUES], rise_error *err) {
    rise_status status = RISE_OK;
    for (size_t i = 0; status == RISE_OK && i < VALUES; i++) {
        rise_value *v = NULL;
        rise_id found;
        status = store_get(s, &digest[i], &v, err);
        if (status == RISE_OK) {
            value_hash(v, &found);
            if (!id_equal(&found, &digest[i]))
                status = rise_fail(err, RISE_E_BUG, "value %zu is another", i);
        } else if (status == RISE_E_MISS) { /* it was put; only memory can be the reason */
            status = rise_fail_nomem(err, "a value of the store");
        }
        rise_value_release(v);
    }
    return status;
}

static rise_status act_store(const char *folder, rise_error *err) {
    char path[256];
    store *s = NULL;
    rise_id digest[VALUES], name;
    store_options options = {0};
    snprintf(path, sizeof path, "%s/store", folder);
    id_of("a name", 6, &name);
    rise_status status = store_open(path, &options, &s, err);
    if (status == RISE_OK)
        status = put_all(s, digest, err);
    if (status == RISE_OK)
        status = get_all(s, digest, err); /* small ones still wait to be written */
    if (status == RISE_OK)
        store_name_set(s, &name, "said", 4);
    store_close(s);
    s = NULL;
    if (status == RISE_OK)
        status = store_open(path, &options, &s, err);
    if (status == RISE_OK)
        status = get_all(s, digest, err);
    store_close(s);
    return status;
}

static const char *after_store(const char *folder, rise_status status) {
    char path[256];
    uint64_t checked = 0, damaged = 0;
    rise_error err = {0};
    store_options options = {0};
    store *s = NULL;
    (void)status;
    snprintf(path, sizeof path, "%s/store", folder);
    if (store_open(path, &options, &s, &err) != RISE_OK)
        return "the store cannot be opened";
    rise_status sound = store_verify(s, true, NULL, NULL, &checked, &damaged, &err);
    store_close(s);
    if (sound != RISE_OK)
        return "the store cannot be verified";
    return damaged ? "the store is damaged" : NULL;
}

static const sweep sweeps[] = {
    {"finding and reading input files", input_files, act_read, NULL, false},
    {"finding and reading input files, by piece", input_files, act_read, NULL, true},
    {"input files that are not there, by piece", input_files, act_miss, NULL, true},
    {"values of every kind into a store and back", NULL, act_store, after_store, false},
    {"values of every kind into a store and back, by piece", NULL, act_store, after_store, true},
};

int main(void) {
    return sweep_all(sweeps, sizeof sweeps / sizeof *sweeps);
}

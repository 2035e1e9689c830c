/* kit/safetensors.c: reads and writes the format of safetensors.h. Knows no network. */
#include "kit/safetensors.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct safetensors {
    json_t *json; /* owns the names and the metadata */
    size_t n;
    safetensors_entry *entry;
};

static const struct {
    const char *type;
    rise_dtype dtype;
    size_t bytes;
} types[] = {{"F32", RISE_F32, 4}, {"F64", RISE_F64, 8}, {"I32", RISE_I32, 4}, {"I64", RISE_I64, 8},
             {"U8", RISE_U8, 1},   {"BOOL", 0, 1},       {"I8", 0, 1},         {"U16", 0, 2},
             {"I16", 0, 2},        {"F16", 0, 2},        {"BF16", 0, 2},       {"U32", 0, 4},
             {"U64", 0, 8},        {"F8_E4M3", 0, 1},    {"F8_E5M2", 0, 1}};
#define COPY_AGAIN "copy the file again from where it came"
#define N_TYPES (sizeof types / sizeof *types)

static rise_status bad(rise_error *err, const char *name, const char *what) {
    return rise_fail(err, RISE_E_DATA, "safetensors: tensor \"%.100s\" %s", name, what);
}

/* A non-negative JSON integer that fits. */
static bool get_size(const json_t *value, size_t *out) {
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *out = (size_t)json_integer_value(value);
    return true;
}

/* ---- reading --------------------------------------------------------------------------------- */

static rise_status read_entry(const char *name, const json_t *json, const uint8_t *data,
                              size_t n_data, safetensors_entry *e, rise_error *err) {
    const char *type = json_string_value(json_object_get(json, "dtype"));
    const json_t *shape = json_object_get(json, "shape");
    const json_t *offsets = json_object_get(json, "data_offsets");
    if (type == NULL || !json_is_array(shape) || !json_is_array(offsets) ||
        json_array_size(offsets) != 2)
        return bad(err, name, "lacks one of dtype, shape, data_offsets");
    size_t t = 0;
    while (t < N_TYPES && strcmp(types[t].type, type) != 0)
        t++;
    if (t == N_TYPES)
        return bad(err, name, "has a dtype that the format does not know");
    *e = (safetensors_entry){.name = name, .dtype = types[t].dtype, .type = types[t].type};
    e->rank = json_array_size(shape);
    if (e->rank > SAFETENSORS_RANK)
        return bad(err, name, "has more than 8 dimensions");
    e->bytes = types[t].bytes;
    for (size_t d = 0; d < e->rank; d++) {
        if (!get_size(json_array_get(shape, d), &e->shape[d]))
            return bad(err, name, "has a shape that is not made of sizes");
        if (__builtin_mul_overflow(e->bytes, e->shape[d], &e->bytes))
            return bad(err, name, "has a shape too large to be real");
    }
    size_t begin, end;
    if (!get_size(json_array_get(offsets, 0), &begin) ||
        !get_size(json_array_get(offsets, 1), &end) || begin > end)
        return bad(err, name, "has data_offsets that are not [begin, end]");
    if (end > n_data) {
        rise_fail(err, RISE_E_DATA,
                  "safetensors: tensor \"%.100s\" ends at byte %zu of the data, but only %zu are "
                  "there: the file is truncated",
                  name, end, n_data);
        return rise_hint(err, COPY_AGAIN);
    }
    if (end - begin != e->bytes)
        return rise_fail(err, RISE_E_DATA,
                         "safetensors: tensor \"%.100s\" needs %zu bytes by its shape, but its "
                         "data_offsets hold %zu",
                         name, e->bytes, end - begin);
    e->data = data + begin;
    return RISE_OK;
}

static int by_place(const void *a, const void *b) {
    const safetensors_entry *x = a, *y = b;
    const uint8_t *p = x->data, *q = y->data;
    if (p != q)
        return p < q ? -1 : 1;
    return x->bytes < y->bytes ? -1 : x->bytes > y->bytes; /* empty ones first */
}

static rise_status read_entries(safetensors *f, const uint8_t *data, size_t n_data,
                                rise_error *err) {
    f->entry = calloc(json_object_size(f->json) + 1, sizeof *f->entry);
    if (f->entry == NULL)
        return rise_fail_nomem(err, "the list of tensors");
    const char *name;
    json_t *value;
    json_object_foreach(f->json, name, value) {
        if (strcmp(name, "__metadata__") == 0)
            continue;
        rise_status status = read_entry(name, value, data, n_data, &f->entry[f->n], err);
        if (status != RISE_OK)
            return status;
        f->n++;
    }
    qsort(f->entry, f->n, sizeof *f->entry, by_place);
    const uint8_t *next = data;
    for (size_t i = 0; i < f->n; i++) {
        if (f->entry[i].data != next)
            return bad(err, f->entry[i].name, "overlaps its neighbour or leaves a hole before it");
        next += f->entry[i].bytes;
    }
    if (next != data + n_data)
        return rise_fail(err, RISE_E_DATA, "safetensors: %zu bytes after the last tensor",
                         (size_t)(data + n_data - next));
    return RISE_OK;
}

static rise_status check_metadata(const json_t *metadata, rise_error *err) {
    if (metadata == NULL)
        return RISE_OK;
    const char *key;
    json_t *value;
    bool ok = json_is_object(metadata);
    json_object_foreach((json_t *)(uintptr_t)metadata, key, value) {
        ok = ok && json_is_string(value);
    }
    return ok ? RISE_OK
              : rise_fail(err, RISE_E_DATA, "safetensors: __metadata__ is not a map of texts");
}

rise_status safetensors_parse(const void *bytes, size_t size, safetensors **out, rise_error *err) {
    const uint8_t *p = bytes;
    if (size < 8) {
        rise_fail(err, RISE_E_DATA, "safetensors: %zu bytes are too few for a header", size);
        return rise_hint(err, COPY_AGAIN);
    }
    uint64_t header = 0;
    for (int i = 7; i >= 0; i--)
        header = header << 8 | p[i];
    if (header > SAFETENSORS_HEADER_MAX) {
        rise_fail(err, RISE_E_DATA, "safetensors: header of %llu bytes; more than %u is refused",
                  (unsigned long long)header, SAFETENSORS_HEADER_MAX);
        return rise_hint(err,
                         "is this a safetensors file? It begins with the length of its header");
    }
    if (header > size - 8) {
        rise_fail(err, RISE_E_DATA,
                  "safetensors: header of %llu bytes in a file of %zu: it is truncated",
                  (unsigned long long)header, size);
        return rise_hint(err, COPY_AGAIN);
    }
    safetensors *f = calloc(1, sizeof *f);
    if (f == NULL)
        return rise_fail_nomem(err, "a safetensors file");
    json_error_t why;
    f->json = json_loadb((const char *)p + 8, (size_t)header, JSON_REJECT_DUPLICATES, &why);
    rise_status status;
    if (f->json == NULL)
        status = rise_fail(err, RISE_E_DATA, "safetensors: header is not JSON: %s", why.text);
    else if (!json_is_object(f->json))
        status = rise_fail(err, RISE_E_DATA, "safetensors: header is not a JSON object");
    else
        status = check_metadata(json_object_get(f->json, "__metadata__"), err);
    if (status == RISE_OK)
        status = read_entries(f, p + 8 + header, size - 8 - (size_t)header, err);
    if (status != RISE_OK) {
        safetensors_free(f);
        return status;
    }
    *out = f;
    return RISE_OK;
}

void safetensors_free(safetensors *file) {
    if (file == NULL)
        return;
    json_decref(file->json);
    free(file->entry);
    free(file);
}

size_t safetensors_count(const safetensors *file) {
    return file->n;
}

const safetensors_entry *safetensors_at(const safetensors *file, size_t i) {
    return &file->entry[i];
}

const safetensors_entry *safetensors_find(const safetensors *file, const char *name) {
    for (size_t i = 0; i < file->n; i++)
        if (strcmp(file->entry[i].name, name) == 0)
            return &file->entry[i];
    return NULL;
}

const char *safetensors_metadata(const safetensors *file, const char *key) {
    return json_string_value(json_object_get(json_object_get(file->json, "__metadata__"), key));
}

/* ---- writing --------------------------------------------------------------------------------- */

static bool add_entry(json_t *root, const safetensors_entry *e, size_t *offset) {
    size_t t = 0;
    while (t < N_TYPES && (types[t].dtype == 0 || types[t].dtype != e->dtype))
        t++;
    if (t == N_TYPES || e->rank > SAFETENSORS_RANK)
        return false;
    size_t bytes = types[t].bytes;
    json_t *shape = json_array();
    bool ok = shape != NULL;
    for (size_t d = 0; d < e->rank; d++) {
        bytes *= e->shape[d];
        ok = ok && json_array_append_new(shape, json_integer((json_int_t)e->shape[d])) == 0;
    }
    size_t end = *offset + bytes;
    json_t *item = json_pack("{s:s, s:o?, s:[I, I]}", "dtype", types[t].type, "shape", shape,
                             "data_offsets", (json_int_t)*offset, (json_int_t)end);
    *offset = end;
    return json_object_set_new(root, e->name, item) == 0 && ok;
}

static char *header_text(const safetensors_entry *entry, size_t n, const safetensors_pair *metadata,
                         size_t n_metadata, size_t *n_data) {
    json_t *root = json_object();
    bool ok = root != NULL;
    if (n_metadata > 0) {
        json_t *map = json_object();
        for (size_t i = 0; i < n_metadata; i++)
            ok =
                json_object_set_new(map, metadata[i].key, json_string(metadata[i].text)) == 0 && ok;
        ok = json_object_set_new(root, "__metadata__", map) == 0 && ok;
    }
    *n_data = 0;
    for (size_t i = 0; i < n && ok; i++)
        ok = add_entry(root, &entry[i], n_data);
    char *text = ok ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    return text;
}

rise_status safetensors_write(const safetensors_entry *entry, size_t n,
                              const safetensors_pair *metadata, size_t n_metadata, void **bytes,
                              size_t *size, rise_error *err) {
    size_t n_data;
    char *text = header_text(entry, n, metadata, n_metadata, &n_data);
    if (text == NULL)
        return rise_fail_nomem(err, "a safetensors header");
    size_t length = strlen(text);
    size_t header = (length + 7) / 8 * 8; /* padded with blanks so that the data are aligned */
    uint8_t *p = malloc(8 + header + n_data);
    if (p == NULL) {
        free(text);
        return rise_fail_nomem(err, "a safetensors file");
    }
    for (size_t i = 0; i < 8; i++)
        p[i] = (uint8_t)(header >> (8 * i));
    memset(p + 8, ' ', header);
    memcpy(p + 8, text, length);
    free(text);
    uint8_t *at = p + 8 + header;
    for (size_t i = 0; i < n; i++) {
        size_t count = rise_dtype_size(entry[i].dtype);
        for (size_t d = 0; d < entry[i].rank; d++)
            count *= entry[i].shape[d];
        if (count > 0)
            memcpy(at, entry[i].data, count);
        at += count;
    }
    *bytes = p;
    *size = 8 + header + n_data;
    return RISE_OK;
}

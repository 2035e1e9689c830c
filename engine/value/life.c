/* Birth, sharing and end of values, their digest, and the views on them. */
#include "value/inside.h"

#include <stdlib.h>
#include <string.h>

rise_value *value_new(rise_kind kind) {
    rise_value *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    v->kind = kind;
    atomic_init(&v->references, 1);
    atomic_init(&v->digest_state, DIGEST_NONE);
    return v;
}

void *value_array(rise_value *v, size_t n, size_t size) {
    return arena_array(&v->memory, n, size, 64);
}

rise_status value_name(char name[RISE_NAME_MAX], const char *text, const char *what,
                       rise_error *err) {
    if (!text)
        text = "";
    size_t n = strnlen(text, RISE_NAME_MAX);
    if (n == RISE_NAME_MAX)
        return rise_fail(err, RISE_E_BUG, "the name of a %s is longer than %d bytes: '%.30s...'",
                         what, RISE_NAME_MAX - 1, text);
    if (!text_is_utf8(text, n))
        return rise_fail(err, RISE_E_BUG, "the name of a %s is not UTF-8", what);
    memset(name, 0, RISE_NAME_MAX);
    memcpy(name, text, n);
    return RISE_OK;
}

rise_value *rise_value_retain(const rise_value *value) {
    rise_value *v = (rise_value *)value; /* counting references changes nothing that is seen */
    atomic_fetch_add_explicit(&v->references, 1, memory_order_relaxed);
    return v;
}

void rise_value_release(const rise_value *value) {
    rise_value *v = (rise_value *)value;
    if (!v || atomic_fetch_sub_explicit(&v->references, 1, memory_order_acq_rel) != 1)
        return;
    arena_free(&v->memory);
    free(v);
}

rise_kind rise_value_kind(const rise_value *value) {
    return value->kind;
}

size_t rise_value_bytes(const rise_value *value) {
    return sizeof *value + value->memory.used;
}

void value_set_digest(rise_value *value, const rise_id *digest) {
    int none = DIGEST_NONE;
    if (!atomic_compare_exchange_strong(&value->digest_state, &none, DIGEST_BUSY))
        return;
    value->digest = *digest;
    atomic_store_explicit(&value->digest_state, DIGEST_READY, memory_order_release);
}

rise_id rise_value_digest(const rise_value *value) {
    rise_value *v = (rise_value *)value; /* the digest is a cache */
    if (atomic_load_explicit(&v->digest_state, memory_order_acquire) == DIGEST_READY)
        return v->digest;
    rise_id digest;
    value_hash(v, &digest);
    value_set_digest(v, &digest);
    return digest;
}

const char *rise_kind_name(rise_kind kind) {
    switch (kind) {
    case RISE_FRAMES:
        return "frames";
    case RISE_TENSOR:
        return "tensor";
    case RISE_TABLE:
        return "table";
    case RISE_MODEL:
        return "model";
    case RISE_DOCUMENT:
        return "document";
    }
    return "unknown kind";
}

const char *rise_dtype_name(rise_dtype dtype) {
    switch (dtype) {
    case RISE_F32:
        return "f32";
    case RISE_F64:
        return "f64";
    case RISE_I32:
        return "i32";
    case RISE_I64:
        return "i64";
    case RISE_U8:
        return "u8";
    case RISE_TEXT:
        return "text";
    }
    return "unknown dtype";
}

size_t rise_dtype_size(rise_dtype dtype) {
    switch (dtype) {
    case RISE_F32:
    case RISE_I32:
        return 4;
    case RISE_F64:
    case RISE_I64:
        return 8;
    case RISE_U8:
        return 1;
    case RISE_TEXT:
        return 0;
    }
    return 0;
}

const rise_frames *rise_value_frames(const rise_value *value) {
    return value && value->kind == RISE_FRAMES ? &value->as.frames : NULL;
}

const rise_tensor *rise_value_tensor(const rise_value *value) {
    return value && value->kind == RISE_TENSOR ? &value->as.tensor : NULL;
}

const rise_table *rise_value_table(const rise_value *value) {
    return value && value->kind == RISE_TABLE ? &value->as.table : NULL;
}

const rise_blob *rise_value_blob(const rise_value *value) {
    bool blob = value && (value->kind == RISE_MODEL || value->kind == RISE_DOCUMENT);
    return blob ? &value->as.blob : NULL;
}

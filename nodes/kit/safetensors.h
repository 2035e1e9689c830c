/* kit/safetensors.h: named arrays in one file, readable by every tensor library.
 *
 *   8 bytes   length n of the header, little-endian
 *   n bytes   JSON: {"__metadata__": {text: text}, name: {"dtype", "shape", "data_offsets"}, ...}
 *   the rest  the arrays, little-endian, row-major, at [begin, end) from here
 *
 * Nothing in a file is believed: the header is bounded before it is parsed; every array must lie
 * inside the file with the size that its shape and dtype say, and the arrays must cover the data
 * without holes or overlaps (as the format demands). */
#ifndef KIT_SAFETENSORS_H
#define KIT_SAFETENSORS_H

#include <rise/value.h>

#define SAFETENSORS_RANK 8
#define SAFETENSORS_HEADER_MAX 100000000u /* bytes; the format's own limit */

typedef struct safetensors_entry {
    const char *name;
    rise_dtype dtype; /* 0: a type of the format that rise does not use; see `type` */
    const char *type; /* as in the file: "F32", "BF16", ...; ignored when writing */
    size_t rank;      /* 0: a scalar */
    size_t shape[SAFETENSORS_RANK];
    const void *data; /* may be unaligned */
    size_t bytes;     /* ignored when writing */
} safetensors_entry;

typedef struct safetensors_pair {
    const char *key;
    const char *text;
} safetensors_pair;

typedef struct safetensors safetensors;

/* `bytes` must outlive the result. Damage is RISE_E_DATA and the message says what is wrong. */
rise_status safetensors_parse(const void *bytes, size_t size, safetensors **out,
                              rise_error *err) RISE_MUST_USE;
void safetensors_free(safetensors *file); /* NULL is fine */
size_t safetensors_count(const safetensors *file);
const safetensors_entry *safetensors_at(const safetensors *file, size_t i); /* in file order */
const safetensors_entry *safetensors_find(const safetensors *file, const char *name); /* or NULL */
const char *safetensors_metadata(const safetensors *file, const char *key);           /* or NULL */

/* The arrays in the given order, the metadata likewise. `*bytes` is malloc'ed and the caller's. */
rise_status safetensors_write(const safetensors_entry *entry, size_t n,
                              const safetensors_pair *metadata, size_t n_metadata, void **bytes,
                              size_t *size, rise_error *err) RISE_MUST_USE;

#endif

/* kit/bytes.h: bytes being written, for the formats that nodes put out.
 *
 * Start from a zeroed `byte_buffer`. When memory runs short `failed` is set and stays set, and what
 * is added from then on is dropped: check once, at the end. */
#ifndef KIT_BYTES_H
#define KIT_BYTES_H

#include <rise/value.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct byte_buffer {
    uint8_t *data;
    size_t size;
    size_t capacity;
    bool failed;
} byte_buffer;

/* Room for `n` more bytes, or NULL; they belong to the buffer only after `size` is raised. */
void *bytes_reserve(byte_buffer *b, size_t n);
void bytes_add(byte_buffer *b, const void *data, size_t n);
void bytes_add_text(byte_buffer *b, const char *text);
void bytes_add_f64(byte_buffer *b, double value);  /* text, reads back bit for bit */
void bytes_add_f32(byte_buffer *b, float value);   /* text */
void bytes_add_i64(byte_buffer *b, int64_t value); /* text */
/* Element i of numbers of that type as text. */
void bytes_add_number(byte_buffer *b, rise_dtype dtype, const void *data, size_t i);
void bytes_add_le(byte_buffer *b, uint64_t value, size_t n); /* the low n bytes, little-endian */
void bytes_free(byte_buffer *b);

#endif

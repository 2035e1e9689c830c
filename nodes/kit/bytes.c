/* kit/bytes.c: a growing buffer. Knows nothing of formats. */
#include "kit/bytes.h"
#include "kit/scan.h"

#include <stdlib.h>
#include <string.h>

void *bytes_reserve(byte_buffer *b, size_t n) {
    if (b->failed)
        return NULL;
    if (n <= b->capacity - b->size)
        return b->data + b->size;
    size_t need, capacity = b->capacity < 4096 ? 4096 : b->capacity;
    if (__builtin_add_overflow(b->size, n, &need)) {
        b->failed = true;
        return NULL;
    }
    while (capacity < need)
        if (__builtin_mul_overflow(capacity, (size_t)2, &capacity))
            capacity = need;
    uint8_t *data = realloc(b->data, capacity);
    if (data == NULL) {
        b->failed = true;
        return NULL;
    }
    b->data = data;
    b->capacity = capacity;
    return b->data + b->size;
}

void bytes_add(byte_buffer *b, const void *data, size_t n) {
    if (n == 0)
        return;
    void *room = bytes_reserve(b, n);
    if (room == NULL)
        return;
    memcpy(room, data, n);
    b->size += n;
}

void bytes_add_text(byte_buffer *b, const char *text) {
    bytes_add(b, text, strlen(text));
}

void bytes_add_f64(byte_buffer *b, double value) {
    char *room = bytes_reserve(b, SCAN_NUMBER_MAX);
    if (room != NULL)
        b->size += scan_write_f64(room, value);
}

void bytes_add_f32(byte_buffer *b, float value) {
    char *room = bytes_reserve(b, SCAN_NUMBER_MAX);
    if (room != NULL)
        b->size += scan_write_f32(room, value);
}

void bytes_add_i64(byte_buffer *b, int64_t value) {
    char *room = bytes_reserve(b, SCAN_NUMBER_MAX);
    if (room != NULL)
        b->size += scan_write_i64(room, value);
}

void bytes_add_le(byte_buffer *b, uint64_t value, size_t n) {
    uint8_t *room = bytes_reserve(b, n);
    if (room == NULL)
        return;
    for (size_t i = 0; i < n; i++)
        room[i] = (uint8_t)(value >> (8 * i));
    b->size += n;
}

void bytes_free(byte_buffer *b) {
    free(b->data);
    *b = (byte_buffer){0};
}

void bytes_add_number(byte_buffer *b, rise_dtype dtype, const void *data, size_t i) {
    switch (dtype) {
    case RISE_F32:
        bytes_add_f32(b, ((const float *)data)[i]);
        break;
    case RISE_F64:
        bytes_add_f64(b, ((const double *)data)[i]);
        break;
    case RISE_I32:
        bytes_add_i64(b, ((const int32_t *)data)[i]);
        break;
    case RISE_I64:
        bytes_add_i64(b, ((const int64_t *)data)[i]);
        break;
    case RISE_U8:
        bytes_add_i64(b, ((const uint8_t *)data)[i]);
        break;
    case RISE_TEXT:
        break; /* no number */
    }
}

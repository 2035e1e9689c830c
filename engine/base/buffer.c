/* Growing bytes and the reader over bytes: the little-endian alphabet of all our formats. The first
 * failure sticks, so that a writer or reader checks once, at the end. */
#include "base/base.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool buffer_reserve(buffer *b, size_t more) {
    if (b->failed)
        return false;
    if (more <= b->capacity - b->size)
        return true;
    size_t wanted;
    if (__builtin_add_overflow(b->size, more, &wanted) || wanted > SIZE_MAX / 2) {
        b->failed = true;
        return false;
    }
    size_t capacity = b->capacity + b->capacity / 2;
    if (capacity < 64)
        capacity = 64;
    if (capacity < wanted)
        capacity = wanted;
    uint8_t *bytes = realloc(b->bytes, capacity);
    if (!bytes) {
        b->failed = true;
        return false;
    }
    b->bytes = bytes;
    b->capacity = capacity;
    return true;
}

void buffer_add(buffer *b, const void *bytes, size_t size) {
    if (!size || !buffer_reserve(b, size))
        return;
    memcpy(b->bytes + b->size, bytes, size);
    b->size += size;
}

void buffer_text(buffer *b, const char *text) {
    buffer_add(b, text, strlen(text));
}

void buffer_format(buffer *b, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    int length = text_vformat(NULL, 0, fmt, args);
    va_end(args);
    if (length < 0)
        b->failed = true;
    if (length < 0 || !buffer_reserve(b, (size_t)length + 1))
        return;
    va_start(args, fmt);
    text_vformat((char *)b->bytes + b->size, (size_t)length + 1, fmt, args);
    va_end(args);
    b->size += (size_t)length;
}

void buffer_int(buffer *b, int64_t value) {
    char text[24];
    buffer_add(b, text, text_of_int(value, text));
}

void buffer_u8(buffer *b, uint8_t v) {
    buffer_add(b, &v, 1);
}

void buffer_u32(buffer *b, uint32_t v) {
    uint8_t le[4];
    for (int i = 0; i < 4; i++)
        le[i] = (uint8_t)(v >> (8 * i));
    buffer_add(b, le, sizeof le);
}

void buffer_u64(buffer *b, uint64_t v) {
    uint8_t le[8];
    for (int i = 0; i < 8; i++)
        le[i] = (uint8_t)(v >> (8 * i));
    buffer_add(b, le, sizeof le);
}

double f64_canonical(double v) {
    if (v == 0.0)
        return 0.0;
    return isnan(v) ? (double)NAN : v;
}

void buffer_f64(buffer *b, double v) {
    uint64_t bits;
    v = f64_canonical(v);
    memcpy(&bits, &v, sizeof bits);
    buffer_u64(b, isnan(v) ? UINT64_C(0x7ff8000000000000) : bits);
}

void buffer_string(buffer *b, const char *text) {
    size_t size = strlen(text);
    if (size > UINT32_MAX) {
        b->failed = true;
        return;
    }
    buffer_u32(b, (uint32_t)size);
    buffer_add(b, text, size);
}

void buffer_free(buffer *b) {
    free(b->bytes);
    *b = (buffer){0};
}

const uint8_t *cursor_bytes(cursor *c, size_t size) {
    if (c->failed || size > (size_t)(c->end - c->at)) {
        c->failed = true;
        return NULL;
    }
    const uint8_t *at = c->at;
    c->at += size;
    return at;
}

uint8_t cursor_u8(cursor *c) {
    const uint8_t *b = cursor_bytes(c, 1);
    return b ? b[0] : 0;
}

uint32_t cursor_u32(cursor *c) {
    const uint8_t *b = cursor_bytes(c, 4);
    uint32_t v = 0;
    for (int i = 0; b && i < 4; i++)
        v |= (uint32_t)b[i] << (8 * i);
    return v;
}

uint64_t cursor_u64(cursor *c) {
    const uint8_t *b = cursor_bytes(c, 8);
    uint64_t v = 0;
    for (int i = 0; b && i < 8; i++)
        v |= (uint64_t)b[i] << (8 * i);
    return v;
}

double cursor_f64(cursor *c) {
    uint64_t bits = cursor_u64(c);
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

const char *cursor_string(cursor *c, arena *a, size_t limit) {
    size_t size = cursor_u32(c);
    if (size > limit)
        c->failed = true;
    const uint8_t *bytes = cursor_bytes(c, size);
    const char *text = bytes ? arena_bytes(a, bytes, size) : NULL;
    if (!text)
        c->failed = true;
    return text;
}

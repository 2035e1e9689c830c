/* What lies in arenas: arrays, copies and texts. Every one asks for memory through arena_alloc. */
#include "base/base.h"

#include <string.h>

void *arena_array(arena *a, size_t n, size_t size, size_t align) {
    size_t total;
    return __builtin_mul_overflow(n, size, &total) ? NULL : arena_alloc(a, total, align);
}

char *arena_bytes(arena *a, const void *bytes, size_t size) {
    if (size == SIZE_MAX)
        return NULL;
    char *copy = arena_alloc(a, size + 1, 1);
    if (copy && size)
        memcpy(copy, bytes, size);
    return copy;
}

char *arena_text(arena *a, const char *text) {
    return text ? arena_bytes(a, text, strlen(text)) : NULL;
}

char *arena_format(arena *a, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    int length = text_vformat(NULL, 0, fmt, args);
    va_end(args);
    if (length < 0)
        return NULL;
    char *text = arena_alloc(a, (size_t)length + 1, 1);
    if (!text)
        return NULL;
    va_start(args, fmt);
    text_vformat(text, (size_t)length + 1, fmt, args);
    va_end(args);
    return text;
}

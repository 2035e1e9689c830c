/* Checks texts; sorts them and finds each among the distinct ones. Knows nothing of tables. */
#include "kit/texts.h"

#include <stdlib.h>
#include <string.h>

/* Bytes of the character at `s`, of which `left` are there; 0 where there is none. */
static size_t character(const unsigned char *s, size_t left) {
    static const uint32_t least[5] = {0, 1, 0x80, 0x800, 0x10000};
    size_t n = s[0] < 0x80 ? 1 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
    if ((s[0] >= 0x80 && s[0] < 0xC2) || s[0] > 0xF4 || n > left) {
        return 0;
    }
    uint32_t code = n == 1 ? s[0] : s[0] & (0xFFu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            return 0;
        }
        code = code << 6 | (s[i] & 0x3Fu);
    }
    bool surrogate = code >= 0xD800 && code < 0xE000;
    return code < least[n] || code > 0x10FFFF || surrogate ? 0 : n;
}

bool texts_sound(const char *text, size_t size) {
    for (size_t n = 0; size > 0; text += n, size -= n) {
        n = character((const unsigned char *)text, size);
        if (n == 0) {
            return false;
        }
    }
    return true;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t texts_rank(const char *const *text, size_t n, const char **different, int64_t *place) {
    size_t n_different = 0;
    if (n == 0) {
        return 0;
    }
    memcpy(different, text, n * sizeof *different);
    qsort(different, n, sizeof *different, by_text);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || strcmp(different[i], different[n_different - 1]) != 0) {
            different[n_different++] = different[i];
        }
    }
    for (size_t i = 0; i < n; i++) {
        const char **found = bsearch(&text[i], different, n_different, sizeof *different, by_text);
        place[i] = found - different;
    }
    return n_different;
}

/* kit/scan.h: numbers in text, both ways, whatever the locale of the program is.
 *
 * Reading is exact (the double nearest to the decimal text, ties to even, as strtod gives it);
 * writing gives a short text that reads back to the same bits. */
#ifndef KIT_SCAN_H
#define KIT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCAN_NUMBER_MAX 40  /* room for any number that scan_write_f64 writes, NUL included */
#define SCAN_EXCERPT_MAX 64 /* room for an excerpt, NUL included */

/* The number that starts at `p`: [+-] digits [. digits] [eEdD [+-] digits], or nan, inf, infinity
 * in any case. Returns the first byte after it, NULL when there is none (or when it is longer than
 * 1000 characters). The caller checks what follows. Too large a number gives an infinity. */
const char *scan_number(const char *p, const char *end, double *value);

/* The same for [+-] digits; NULL also when it does not fit 64 bits. */
const char *scan_integer(const char *p, const char *end, int64_t *value);

/* The whole of [p, end) is one number (one integer). */
bool scan_is_number(const char *p, const char *end, double *value);
bool scan_is_integer(const char *p, const char *end, int64_t *value);

/* Writes `value` so that it reads back bit for bit, NUL-terminated; returns the length. */
size_t scan_write_f64(char text[SCAN_NUMBER_MAX], double value);
/* Nine significant digits: enough for a float, and as short as it goes. */
size_t scan_write_f32(char text[SCAN_NUMBER_MAX], float value);
size_t scan_write_i64(char text[SCAN_NUMBER_MAX], int64_t value);

/* [p, end) for a message: at most 40 bytes, control characters shown as '?', "..." where it was
 * cut. Returns `out`. */
const char *scan_excerpt(char out[SCAN_EXCERPT_MAX], const char *p, const char *end);

static inline bool scan_is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

static inline bool scan_is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* First byte that is not a blank; first byte that is. Lines are cut before. */
static inline const char *scan_skip(const char *p, const char *end) {
    while (p < end && scan_is_blank(*p))
        p++;
    return p;
}

static inline const char *scan_token_end(const char *p, const char *end) {
    while (p < end && !scan_is_blank(*p))
        p++;
    return p;
}

#endif

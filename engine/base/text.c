/* Text: numbers without the locale, suggestions, natural order, UTF-8. */
#include "base/base.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The C libraries that we know keep the "C" locale in static memory: this takes no memory. */
static locale_t c_locale(void) {
    return newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

int text_vformat(char *text, size_t size, const char *fmt, va_list args) {
    locale_t c = c_locale();
    locale_t before = c ? uselocale(c) : (locale_t)0;
    int length = vsnprintf(text, size, fmt, args);
    if (before)
        uselocale(before);
    if (c)
        freelocale(c);
    return length;
}

static void format_double(char text[32], int digits, double value) {
    char wide[64] = {0}; /* 17 digits, sign, point and exponent take 24: text has room */
    locale_t c = c_locale();
    locale_t before = c ? uselocale(c) : (locale_t)0;
    snprintf(wide, sizeof wide, "%.*g", digits, value);
    wide[31] = '\0';
    memcpy(text, wide, 32);
    if (before)
        uselocale(before);
    if (c)
        freelocale(c);
}

static double read_double(const char *text) {
    locale_t c = c_locale();
    double value = c ? strtod_l(text, NULL, c) : strtod(text, NULL);
    if (c)
        freelocale(c);
    return value;
}

size_t text_of_int(int64_t value, char text[24]) {
    char digits[24], *end = digits + sizeof digits, *p = end;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        *--p = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (value < 0)
        *--p = '-';
    memcpy(text, p, (size_t)(end - p));
    text[end - p] = '\0';
    return (size_t)(end - p);
}

void text_of_double(double value, char text[32]) {
    if (value == 0)
        value = 0; /* -0 */
    if (!isfinite(value)) {
        snprintf(text, 32, "%s", isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
        return;
    }
    /* A normal double keeps any decimal of 15 digits, so %.15g finds all shorter ones; below the
     * normal range precision is lost and the search starts at one digit. */
    int digits = fabs(value) < 2.2250738585072014e-308 ? 1 : 15;
    for (; digits <= 17; digits++) {
        format_double(text, digits, value);
        if (read_double(text) == value)
            return;
    }
}

/* [+-] digits [. digits] [e [+-] digits], at least one digit before the exponent. */
static bool is_decimal(const char *p) {
    size_t n = 0;
    if (*p == '+' || *p == '-')
        p++;
    for (; *p >= '0' && *p <= '9'; p++)
        n++;
    if (*p == '.')
        for (p++; *p >= '0' && *p <= '9'; p++)
            n++;
    if (!n)
        return false;
    if (*p == 'e' || *p == 'E') {
        p++;
        if (*p == '+' || *p == '-')
            p++;
        if (*p < '0' || *p > '9')
            return false;
        while (*p >= '0' && *p <= '9')
            p++;
    }
    return *p == '\0';
}

bool text_to_double(const char *text, double *value) {
    if (!is_decimal(text))
        return false;
    double v = read_double(text);
    if (!isfinite(v))
        return false; /* too large */
    *value = v;
    return true;
}

bool text_to_int(const char *text, int64_t *value) {
    const char *p = text;
    bool negative = *p == '-';
    if (*p == '+' || *p == '-')
        p++;
    if (!*p)
        return false;
    int64_t v = 0; /* grows downwards: the negative side reaches one further */
    for (; *p; p++) {
        if (*p < '0' || *p > '9')
            return false;
        if (__builtin_mul_overflow(v, (int64_t)10, &v))
            return false;
        if (__builtin_sub_overflow(v, (int64_t)(*p - '0'), &v))
            return false;
    }
    if (!negative && __builtin_sub_overflow((int64_t)0, v, &v))
        return false;
    *value = v;
    return true;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

int text_natural_compare(const char *a, const char *b) {
    const char *p = a, *q = b;
    while (*p && *q) {
        if (is_digit(*p) && is_digit(*q)) {
            while (*p == '0')
                p++;
            while (*q == '0')
                q++;
            size_t n = 0, m = 0;
            while (is_digit(p[n]))
                n++;
            while (is_digit(q[m]))
                m++;
            if (n != m)
                return n < m ? -1 : 1;
            int order = n ? memcmp(p, q, n) : 0;
            if (order)
                return order < 0 ? -1 : 1;
            p += n;
            q += n;
        } else {
            if (*p != *q)
                return (unsigned char)*p < (unsigned char)*q ? -1 : 1;
            p++;
            q++;
        }
    }
    if (*p || *q)
        return *p ? 1 : -1;
    int order = strcmp(a, b); /* equal but for leading zeros: still a total order */
    return (order > 0) - (order < 0);
}

enum { WORD_MAX = 64 };

/* Letters compare without case, and '-' as '_': the slips that hands make most. */
static char folded(char c) {
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c == '-' ? '_' : c;
}

/* Edits (insert, delete, replace, swap neighbours) from a to b; both at most WORD_MAX long. */
static size_t edit_distance(const char *a, size_t n, const char *b, size_t m) {
    size_t row[3][WORD_MAX + 1];
    for (size_t j = 0; j <= m; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            char x = folded(a[i - 1]), y = folded(b[j - 1]);
            size_t best = last[j - 1] + (x != y);
            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && x == folded(b[j - 2]) && folded(a[i - 2]) == y &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
    }
    return row[n % 3][m];
}

const char *text_suggest(const char *word, const char *const *candidates, size_t n) {
    size_t length = strlen(word);
    if (!length || length > WORD_MAX)
        return NULL;
    const char *best = NULL;
    size_t best_distance = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        size_t m = candidates[i] ? strlen(candidates[i]) : 0;
        if (!m || m > WORD_MAX)
            continue;
        size_t longer = length > m ? length : m;
        size_t allowed = longer <= 2 ? 0 : longer <= 4 ? 1 : longer / 3;
        size_t distance = edit_distance(word, length, candidates[i], m);
        /* "r_c" for "r_cut": a beginning of the name is meant as the name */
        if (length >= 3 && length < m && strncmp(word, candidates[i], length) == 0)
            distance = 1;
        if (distance <= allowed && distance < best_distance) {
            best = candidates[i];
            best_distance = distance;
        }
    }
    return best;
}

/* Bytes of the well-formed character at p; 0: none stands there. */
static size_t utf8_length(const unsigned char *p, const unsigned char *end) {
    unsigned char c = *p;
    if (c < 0x80)
        return c != 0;
    size_t more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
    if (c < 0xc2 || c > 0xf4 || (size_t)(end - p) <= more)
        return 0;
    uint32_t point = c & (0x3fu >> more);
    for (size_t i = 1; i <= more; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (p[i] & 0x3fu);
    }
    if (more == 2 && (point < 0x800 || (point >= 0xd800 && point < 0xe000)))
        return 0;
    if (more == 3 && (point < 0x10000 || point > 0x10ffff))
        return 0;
    return more + 1;
}

bool text_is_utf8(const char *text, size_t size) {
    const unsigned char *p = (const unsigned char *)text, *end = p + size;
    while (p < end) {
        size_t length = utf8_length(p, end);
        if (length == 0)
            return false;
        p += length;
    }
    return true;
}

void text_cut(char *text, size_t max) {
    size_t n = strnlen(text, max);
    if (n < max)
        return;
    text[n] = '\0';  /* where it ended, or inside */
    size_t lead = n; /* behind the last byte that begins a character */
    while (lead > 0 && n - lead < 3 && ((unsigned char)text[lead - 1] & 0xc0) == 0x80)
        lead--;
    if (lead == 0)
        return;
    unsigned char c = (unsigned char)text[lead - 1];
    size_t length = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
    if (lead - 1 + length > n)
        text[lead - 1] = '\0';
}

void text_mend(char *text) {
    const unsigned char *from = (const unsigned char *)text, *end = from + strlen(text);
    char *to = text;
    while (from < end) {
        size_t length = utf8_length(from, end);
        memmove(to, from, length);
        to += length;
        from += length ? length : 1;
    }
    *to = '\0';
}

/* Numbers and code points as text. A host application may have set any locale: the decimal sign is
 * always a point here. Knows nothing of figures. */
#include "number.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The locale's decimal sign may be several bytes: whatever is no digit, sign or exponent. */
static void point_in_place(char *text) {
    char *to = text;
    bool in_sign = false;
    for (const char *from = text; *from; from++) {
        bool plain = (*from >= '0' && *from <= '9') || strchr("+-e", *from) != NULL;
        if (plain)
            *to++ = *from;
        else if (!in_sign)
            *to++ = '.';
        in_sign = !plain;
    }
    *to = '\0';
}

static void drop_minus_zero(char *text) {
    if (text[0] == '-' && !strpbrk(text, "123456789"))
        memmove(text, text + 1, strlen(text));
}

void draw_number_fixed(char text[DRAW_NUMBER_MAX], double value, int decimals) {
    if (!isfinite(value) || fabs(value) >= 1e15) {
        draw_number_general(text, value, 6);
        return;
    }
    if (decimals > 15)
        decimals = 15;
    snprintf(text, DRAW_NUMBER_MAX, "%.*f", decimals < 0 ? 0 : decimals, value);
    point_in_place(text);
    drop_minus_zero(text);
}

void draw_number_general(char text[DRAW_NUMBER_MAX], double value, int significant) {
    if (!isfinite(value)) {
        strcpy(text, isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
        return;
    }
    if (significant < 1)
        significant = 1;
    snprintf(text, DRAW_NUMBER_MAX, "%.*g", significant > 17 ? 17 : significant, value);
    point_in_place(text);
    drop_minus_zero(text);
}

void draw_number_minus(char text[DRAW_NUMBER_MAX]) {
    static const char minus[] = "−";
    size_t n = strlen(text), m = sizeof minus - 1;
    if (text[0] != '-' || n + m > DRAW_NUMBER_MAX)
        return;
    memmove(text + m, text + 1, n);
    memcpy(text, minus, m);
}

int draw_number_decimals(double low, double high) {
    double most = fmax(fabs(low), fabs(high));
    if (most == 0)
        return 0;
    if (!isfinite(most) || most >= 1e9 || most < 1e-3)
        return -1;
    double spread = high - low > most * 1e-9 ? high - low : most;
    int decimals = 3 - (int)floor(log10(spread));
    return decimals < 0 ? 0 : decimals > 6 ? 6 : decimals;
}

size_t draw_utf8_next(const char *text, uint32_t *code) {
    const unsigned char *s = (const unsigned char *)text;
    if (s[0] == 0)
        return 0;
    *code = 0xFFFD;
    if (s[0] < 0x80) {
        if (s[0] >= 0x20 ? s[0] != 0x7F : s[0] == '\t' || s[0] == '\n')
            *code = s[0];
        return 1;
    }
    size_t n = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
    if (s[0] < 0xC2 || s[0] > 0xF4)
        return 1;
    uint32_t value = s[0] & (0xFFu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 1;
        value = value << 6 | (s[i] & 0x3Fu);
    }
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    bool noncharacter = (value & 0xFFFE) == 0xFFFE;
    if (value < least[n] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000) ||
        noncharacter || (value >= 0x80 && value < 0xA0))
        return 1;
    *code = value;
    return n;
}

size_t draw_utf8_put(uint32_t code, char out[4]) {
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; code >>= 6)
        out[i] = (char)(0x80u | (code & 0x3F));
    out[0] = (char)((0xF00u >> n & 0xFFu) | code);
    return n;
}

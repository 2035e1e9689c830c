/* cli/json: see json.h. */
#include "json.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- text ------------------------------------------------------------------------------------ */
/* Bytes of the UTF-8 character at `p`, which ends with a NUL; 0: none stands there. */
static size_t character(const unsigned char *p) {
    unsigned char c = p[0];
    size_t size = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    if ((c >= 0x80 && c < 0xc2) || c > 0xf4)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (c == 0xe0 && p[1] < 0xa0) || (c == 0xf0 && p[1] < 0x90);
    bool surrogate = c == 0xed && p[1] >= 0xa0, beyond = c == 0xf4 && p[1] >= 0x90;
    return overlong || surrogate || beyond ? 0 : size;
}

json_t *json_text(const char *text) {
    size_t n = text ? strlen(text) : 0;
    unsigned char *copy = malloc(n + 1);
    if (!copy)
        return NULL;
    if (n > 0)
        memcpy(copy, text, n);
    copy[n] = 0;
    for (size_t i = 0; i < n;) {
        size_t size = character(copy + i);
        if (size == 0)
            copy[i] = '?';
        i += size ? size : 1;
    }
    json_t *out = json_stringn((const char *)copy, n);
    free(copy);
    return out;
}

/* ---- pieces ---------------------------------------------------------------------------------- */
static void add(json_out *o, const char *bytes, size_t size) {
    if (o->capacity - o->size < size && !o->failed) {
        size_t capacity = 2 * o->capacity + size + 4096;
        char *grown = realloc(o->text, capacity);
        o->failed = grown == NULL;
        if (grown) {
            o->text = grown;
            o->capacity = capacity;
        }
    }
    if (o->failed)
        return;
    memcpy(o->text + o->size, bytes, size);
    o->size += size;
}

static void begin(json_out *o) {
    if (o->after)
        add(o, ",", 1);
    o->after = true;
}

void json_open(json_out *o, char bracket) {
    begin(o);
    add(o, &bracket, 1);
    o->after = false;
}

void json_close(json_out *o, char bracket) {
    add(o, &bracket, 1);
    o->after = true;
}

void json_line(json_out *o) {
    begin(o);
    add(o, "\n", 1);
    o->after = false;
}

static void escaped(json_out *o, const unsigned char *p) {
    while (*p) {
        size_t plain = 0, size = 0;
        while (p[plain] >= 0x20 && p[plain] < 0x80 && p[plain] != '"' && p[plain] != '\\')
            plain++;
        add(o, (const char *)p, plain);
        p += plain;
        char code[8];
        if (*p == '"' || *p == '\\')
            size = (size_t)snprintf(code, sizeof code, "\\%c", *p);
        else if (*p && *p < 0x20)
            size = (size_t)snprintf(code, sizeof code, "\\u%04x", *p);
        if (size > 0) {
            add(o, code, size);
            p++;
        } else if (*p) {
            size_t n = character(p);
            add(o, n ? (const char *)p : "?", n ? n : 1);
            p += n ? n : 1;
        }
    }
}

static void quoted(json_out *o, const char *text) {
    add(o, "\"", 1);
    escaped(o, (const unsigned char *)(text ? text : ""));
    add(o, "\"", 1);
}

void json_put_text(json_out *o, const char *text) {
    begin(o);
    quoted(o, text);
}

void json_key(json_out *o, const char *key) {
    begin(o);
    quoted(o, key);
    add(o, ":", 1);
    o->after = false;
}

void json_put_int(json_out *o, int64_t value) {
    char text[24], *p = text + sizeof text;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        *--p = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (value < 0)
        *--p = '-';
    begin(o);
    add(o, p, (size_t)(text + sizeof text - p));
}

/* rise-run never sets a locale, so the point is a point. */
void json_put_real(json_out *o, double value) {
    char text[40];
    if (value == 0 || !isfinite(value))
        snprintf(text, sizeof text, "%s", value == 0 ? "0.0" : "null");
    else
        snprintf(text, sizeof text, "%.17g", value);
    if (isfinite(value) && !strpbrk(text, ".e"))
        strcat(text, ".0");
    begin(o);
    add(o, text, strlen(text));
}

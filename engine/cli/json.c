/* cli/json: see json.h. */
#include "json.h"

#include "cli.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 256 << 10 }; /* goes to the file at once */

/* Who closes the file learns whether it went well. */
static void hand_on(json_out *o, FILE *to) {
    if (o->size > 0)
        fwrite(o->text, 1, o->size, to);
    o->size = 0;
}

static bool grow(json_out *o, size_t size) {
    if (o->to && o->size > PIECE)
        hand_on(o, o->to);
    if (o->capacity - o->size >= size)
        return true;
    size_t capacity = 2 * o->capacity + size + 4096;
    char *grown = o->failed ? NULL : realloc(o->text, capacity);
    o->failed = grown == NULL;
    if (grown) {
        o->text = grown;
        o->capacity = capacity;
    }
    return !o->failed;
}

static inline void add(json_out *o, const char *bytes, size_t size) {
    if (o->capacity - o->size < size && !grow(o, size))
        return;
    memcpy(o->text + o->size, bytes, size);
    o->size += size;
}

bool json_end(json_out *o) {
    if (o->to && !o->failed)
        hand_on(o, o->to);
    free(o->text);
    o->text = NULL;
    return !o->failed;
}

void json_pass(json_out *part, json_out *o) {
    hand_on(o, o->to);
    hand_on(part, o->to);
    o->failed = o->failed || part->failed;
    o->after = part->after;
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

void json_newline(json_out *o) {
    begin(o);
    add(o, "\n", 1);
    o->after = false;
}

/* Is one of eight bytes a control character, " or \, or not ASCII? Less a blank, or less one, a
 * smaller byte has its highest bit set. */
static inline bool odd_byte(const char *p) {
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t x;
    memcpy(&x, p, sizeof x);
    uint64_t quote = x ^ each * '"', slash = x ^ each * '\\';
    return ((x - each * ' ') | (quote - each) | (slash - each) | x) & each * 0x80;
}

/* How many bytes stand as they are. */
static size_t plain(const char *p, size_t size) {
    size_t n = 0;
    while (size - n >= 8 && !odd_byte(p + n))
        n += 8;
    while (n < size && (unsigned char)p[n] >= ' ' && (unsigned char)p[n] < 0x80 && p[n] != '"' &&
           p[n] != '\\')
        n++;
    return n;
}

static void escaped(json_out *o, const char *p, size_t size) {
    for (const char *end = p + size; p < end;) {
        size_t n = plain(p, (size_t)(end - p));
        add(o, p, n);
        p += n;
        if (p == end)
            return;
        char code[8];
        size_t character = utf8_size(p);
        if (character == 0)
            add(o, "?", 1);
        else if (*p == '"' || *p == '\\')
            add(o, code, (size_t)snprintf(code, sizeof code, "\\%c", *p));
        else if (character == 1)
            add(o, code, (size_t)snprintf(code, sizeof code, "\\u%04x", *p));
        else
            add(o, p, character);
        p += character ? character : 1;
    }
}

static void quoted(json_out *o, const char *text) {
    add(o, "\"", 1);
    escaped(o, text ? text : "", text ? strlen(text) : 0);
    add(o, "\"", 1);
}

void json_put_text(json_out *o, const char *text) {
    begin(o);
    quoted(o, text);
}

void json_put_uri(json_out *o, const char *before, const char *path) {
    begin(o);
    add(o, "\"", 1);
    add(o, before, strlen(before));
    for (; *path; path++) {
        char code[4];
        bool letter = (*path >= 'a' && *path <= 'z') || (*path >= 'A' && *path <= 'Z');
        bool plain = letter || (*path >= '0' && *path <= '9') || strchr("-._~/", *path);
        int n = snprintf(code, sizeof code, plain ? "%c" : "%%%02X", (unsigned char)*path);
        add(o, code, (size_t)n);
    }
    add(o, "\"", 1);
}

void json_key(json_out *o, const char *key) {
    begin(o);
    quoted(o, key);
    add(o, ":", 1);
    o->after = false;
}

void json_name(json_out *o, const char *name) {
    begin(o);
    add(o, name, strlen(name));
    o->after = false;
}

/* Decimal digits before `end`, at least so many; returns where they begin. */
static char *digits(char *end, uint64_t value, int least) {
    for (; value > 0 || least > 0; value /= 10, least--)
        *--end = (char)('0' + value % 10);
    return end;
}

void json_put_int(json_out *o, int64_t value) {
    char text[24], *end = text + sizeof text;
    char *p = digits(end, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 1);
    if (value < 0)
        *--p = '-';
    begin(o);
    add(o, p, (size_t)(end - p));
}

/* rise-run never sets a locale, so the point is a point. */
static void put_real(json_out *o, double value) {
    char text[40];
    if (value == 0 || !isfinite(value))
        snprintf(text, sizeof text, "%s", value == 0 ? "0.0" : "null");
    else
        snprintf(text, sizeof text, "%.17g", value);
    if (isfinite(value) && !strpbrk(text, ".e"))
        strcat(text, ".0");
    add(o, text, strlen(text));
}

void json_put_real(json_out *o, double value) {
    begin(o);
    put_real(o, value);
}

void json_put_seconds(json_out *o, double value) {
    begin(o);
    if (value == 0) {
        add(o, "0.0", 3);
        return;
    }
    if (!(value > 0 && value < 1e12)) {
        put_real(o, value);
        return;
    }
    uint64_t whole = (uint64_t)(value * 1e6 + 0.5);
    char text[32], *end = text + sizeof text;
    char *p = digits(end, whole % 1000000, 6);
    *--p = '.';
    p = digits(p, whole / 1000000, 1);
    add(o, p, (size_t)(end - p));
}

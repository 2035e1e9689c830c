/* Text that grows, and what makes foreign text harmless inside a page. */
#include "report.h"
#include "kit/draw/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void report_bytes(report_text *t, const char *bytes, size_t n) {
    if (t->short_of)
        return;
    if (n >= t->room - t->size) { /* room for the final 0, too */
        size_t room = t->room ? t->room : 1 << 14;
        while (room <= t->size + n)
            room *= 2;
        char *grown = realloc(t->bytes, room);
        if (!grown) {
            t->short_of = true;
            return;
        }
        t->bytes = grown;
        t->room = room;
    }
    memcpy(t->bytes + t->size, bytes, n);
    t->size += n;
    t->bytes[t->size] = '\0';
}

void report_put(report_text *t, const char *html) {
    report_bytes(t, html, strlen(html));
}

void report_escape(report_text *t, const char *text) {
    uint32_t code;
    for (size_t n; (n = draw_utf8_next(text, &code)) > 0; text += n) {
        char out[4];
        const char *entity = code == '<'    ? "&lt;"
                             : code == '>'  ? "&gt;"
                             : code == '&'  ? "&amp;"
                             : code == '"'  ? "&quot;"
                             : code == '\'' ? "&#39;"
                                            : NULL;
        if (entity)
            report_put(t, entity);
        else
            report_bytes(t, out, draw_utf8_put(code, out));
    }
}

void report_escape_bytes(report_text *t, const uint8_t *bytes, size_t size) {
    char *copy = malloc(size + 1);
    if (!copy) {
        t->short_of = true;
        return;
    }
    memcpy(copy, bytes, size);
    copy[size] = '\0';
    report_escape(t, copy);
    free(copy);
}

void report_size(report_text *t, size_t number) {
    char text[24];
    snprintf(text, sizeof text, "%zu", number);
    report_put(t, text);
}

void report_base64(report_text *t, const uint8_t *b, size_t size) {
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        uint32_t v = (uint32_t)b[i] << 16;
        v |= i + 1 < size ? (uint32_t)b[i + 1] << 8 : 0;
        v |= i + 2 < size ? b[i + 2] : 0;
        char out[4] = {digit[v >> 18], digit[v >> 12 & 63], digit[v >> 6 & 63], digit[v & 63]};
        if (i + 1 >= size)
            out[2] = '=';
        if (i + 2 >= size)
            out[3] = '=';
        report_bytes(t, out, 4);
    }
}

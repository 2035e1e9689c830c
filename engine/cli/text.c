/* cli/text: texts that others chose (names, paths, comments), as JSON, markup and a terminal can
 * hold them. */
#include "cli.h"

#include <jansson.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

size_t utf8_size(const char *text) {
    const unsigned char *p = (const unsigned char *)text;
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
    char *copy = malloc(n + 1);
    if (!copy)
        return NULL;
    if (n > 0)
        memcpy(copy, text, n);
    copy[n] = 0;
    for (size_t i = 0; i < n;) {
        size_t size = utf8_size(copy + i);
        if (size == 0)
            copy[i] = '?';
        i += size ? size : 1;
    }
    json_t *out = json_stringn(copy, n);
    free(copy);
    return out;
}

bool json_print(json_t *value) {
    bool written = value && json_dumpf(value, stdout, JSON_INDENT(1)) == 0 && putchar('\n') != EOF;
    json_decref(value);
    return written;
}

static const char *entity(char c) {
    switch (c) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return (unsigned char)c < 0x20 && c != '\n' && c != '\t' ? "&#xfffd;" : NULL;
    }
}

void markup_text(FILE *f, const char *text) {
    while (*text) {
        size_t size = utf8_size(text);
        const char *as = size == 0 ? "&#xfffd;" : size == 1 ? entity(*text) : NULL;
        if (as)
            fputs(as, f);
        else
            fwrite(text, 1, size, f);
        text += size ? size : 1;
    }
}

void markup_link(FILE *f, const char *path) {
    for (; *path; path++) {
        bool plain = (*path >= 'a' && *path <= 'z') || (*path >= 'A' && *path <= 'Z') ||
                     (*path >= '0' && *path <= '9') || strchr("/._-~,=+", *path);
        if (plain)
            fputc(*path, f);
        else
            fprintf(f, "%%%02X", (unsigned char)*path);
    }
}

/* Would move the cursor, or change how the terminal shows what follows: C0, DEL, C1. */
static bool is_control(const char *text, size_t size) {
    const unsigned char *p = (const unsigned char *)text;
    return size == 1 ? p[0] < 0x20 || p[0] == 0x7f : size == 2 && p[0] == 0xc2 && p[1] < 0xa0;
}

void terminal_text(FILE *f, const char *text) {
    while (*text) {
        size_t size = utf8_size(text);
        if (size == 0 || (is_control(text, size) && *text != '\t'))
            fputc('?', f);
        else
            fwrite(text, 1, size, f);
        text += size ? size : 1;
    }
}

/* Columns of one character, by the tables of the C library, whatever the locale of this process;
 * what it does not know counts as one. */
static size_t character_columns(const char *text, size_t size) {
    static locale_t utf8;
    if (size <= 1)
        return 1;
    if (!utf8)
        utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!utf8)
        return 1;
    locale_t before = uselocale(utf8);
    wchar_t wide = 0;
    mbstate_t state = {0};
    int columns = mbrtowc(&wide, text, size, &state) == size ? wcwidth(wide) : 1;
    uselocale(before);
    return columns < 0 ? 1 : (size_t)columns;
}

size_t text_columns(const char *text) {
    size_t columns = 0;
    while (*text) {
        size_t size = utf8_size(text);
        columns += character_columns(text, size);
        text += size ? size : 1;
    }
    return columns;
}

void terminal_padded(FILE *f, const char *text, size_t columns) {
    size_t n = text_columns(text);
    terminal_text(f, text);
    fprintf(f, "%*s", n < columns ? (int)(columns - n) : 0, "");
}

size_t text_fit(char *text, size_t columns) {
    size_t used = 0, at = 0;
    while (text[at]) {
        size_t size = utf8_size(text + at);
        bool odd = size == 0 || is_control(text + at, size); /* each byte becomes a column */
        size_t wide = !odd ? character_columns(text + at, size) : size ? size : 1;
        if (used + wide > columns)
            break;
        if (odd)
            memset(text + at, '?', wide);
        used += wide;
        at += size ? size : 1;
    }
    text[at] = 0;
    return used;
}

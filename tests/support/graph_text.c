/* support/graph_text: one changed line, and values that a row must refuse. */
#include "support/graph_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *graph_text_read(const char *path) {
    FILE *f = fopen(path, "rb");
    char *text = NULL;
    long size = -1;
    if (f && fseek(f, 0, SEEK_END) == 0) {
        size = ftell(f);
    }
    if (size >= 0 && fseek(f, 0, SEEK_SET) == 0) {
        text = calloc((size_t)size + 1, 1);
    }
    if (text && fread(text, 1, (size_t)size, f) != (size_t)size) {
        free(text);
        text = NULL;
    }
    if (f) {
        fclose(f);
    }
    return text;
}

bool graph_text_write(const char *path, const char *text) {
    FILE *f = fopen(path, "wb");
    bool written = f && fputs(text, f) >= 0;
    return f && fclose(f) == 0 && written;
}

/* ---- the block of the subject ---------------------------------------------------------------- */
static const char *block_of(const char *text) {
    const char *at = strstr(text, "\n  subject:\n");
    return at ? at + strlen("\n  subject:\n") : NULL;
}

/* The line of the block that gives `key`, or NULL. */
static const char *line_of(const char *text, const char *key) {
    const char *line = block_of(text);
    size_t n = strlen(key);
    for (; line && strncmp(line, "    ", 4) == 0; line = strchr(line, '\n') + 1) {
        if (strncmp(line + 4, key, n) == 0 && line[4 + n] == ':') {
            return line;
        }
    }
    return NULL;
}

bool graph_text_has(const char *text, const char *key) {
    return line_of(text, key) != NULL;
}

char *graph_text_with(const char *text, const char *key, const char *value, long *line) {
    const char *from = line_of(text, key), *to = from ? strchr(from, '\n') + 1 : NULL;
    if (!from) {
        from = to = block_of(text);
    }
    if (!from) {
        return NULL;
    }
    long number = 1;
    for (const char *s = text; s < from; s++) {
        number += *s == '\n';
    }
    size_t size = strlen(text) + strlen(key) + (value ? strlen(value) : 0) + 16;
    char *out = calloc(size, 1);
    if (out && value) {
        snprintf(out, size, "%.*s    %s: %s\n%s", (int)(from - text), text, key, value, to);
    } else if (out) {
        snprintf(out, size, "%.*s%s", (int)(from - text), text, to);
    }
    if (line) {
        *line = value ? number : 0;
    }
    return out;
}

/* ---- what a row must refuse ------------------------------------------------------------------ */
typedef struct collection {
    char (*bad)[BAD_TEXT];
    size_t n;
} collection;

static void add(collection *c, const char *text) {
    if (c->n < BAD_VALUES) {
        snprintf(c->bad[c->n++], BAD_TEXT, "%s", text);
    }
}

static void add_number(collection *c, double value, bool list) {
    char text[64];
    snprintf(text, sizeof text, list ? "[%.17g]" : "%.17g", value);
    add(c, text);
}

static void add_bounds(collection *c, const rise_param *row, bool list) {
    bool whole = row->type == RISE_P_INT || row->type == RISE_P_INTS;
    if (row->min == 0 && row->max == 0) {
        return;
    }
    if (isfinite(row->min)) {
        bool open = row->flags & RISE_PARAM_OPEN_MIN;
        double below = row->min - (whole ? 1 : 1e-3) - 1e-9 * fabs(row->min);
        add_number(c, open ? row->min : whole ? floor(below) : below, list);
    }
    if (isfinite(row->max)) {
        bool open = row->flags & RISE_PARAM_OPEN_MAX;
        double above = row->max + (whole ? 1 : 1e-3) + 1e-9 * fabs(row->max);
        add_number(c, open ? row->max : whole ? ceil(above) : above, list);
    }
}

static void add_numbers(collection *c, const rise_param *row) {
    bool whole = row->type == RISE_P_INT || row->type == RISE_P_INTS;
    bool list = row->type == RISE_P_INTS || row->type == RISE_P_REALS;
    add_bounds(c, row, list);
    add(c, list ? "[many]" : "many");
    add(c, list ? "[[1]]" : "[1]");
    add(c, "{a: 1}");
    add(c, list ? "[1, .inf]" : "1e999");
    add(c, "1_000");
    add(c, "1 Å");
    add(c, "0x10");
    if (whole) {
        add(c, list ? "[1.5]" : "1.5");
    }
}

static void add_fields(collection *c, const rise_param *fields) {
    add(c, "{name: {no_such_field: 1}}");
    for (const rise_param *f = fields; f && f->name; f++) {
        char text[BAD_TEXT];
        snprintf(text, sizeof text, "{name: {%s: [a, b]}}", f->name);
        add(c, text);
    }
}

static void add_all(collection *c, const char *const *text) {
    for (; *text; text++) {
        add(c, *text);
    }
}

size_t graph_text_bad(const rise_param *row, char bad[BAD_VALUES][BAD_TEXT]) {
    static const char *const yes_no[] = {"maybe", "yes", "1", "[true]", "\"true\"", NULL};
    static const char *const text[] = {"[a, b]", "{a: b}", "", NULL};
    static const char *const choice[] = {"no-such-choice", "[a]", "{a: b}", "", NULL};
    static const char *const texts[] = {"{a: b}", "[[a]]", "", NULL};
    static const char *const file[] = {"[a, b]", "{a: b}", "\"\"", "", NULL};
    static const char *const files[] = {"{a: b}", "[]", "[\"\"]", "[[a]]", "", NULL};
    static const char *const output[] = {"../a.svg", "/tmp/a.svg", "a/../../b.svg", "a/", "[a]",
                                         "\"\"",     NULL};
    static const char *const species[] = {"[Qq]", "[]", "[Zr, Zr]", "zr", "{Zr: 1}", NULL};
    static const char *const slice[] = {"5", "a:b", "1:2:3:4", "::0", "::-1", "[1]", NULL};
    static const char *const map[] = {"[1]", "word", "{a: [1]}", "", NULL};
    collection c = {bad, 0};
    switch (row->type) {
    case RISE_P_BOOL:
        add_all(&c, yes_no);
        break;
    case RISE_P_INT:
    case RISE_P_REAL:
    case RISE_P_INTS:
    case RISE_P_REALS:
        add_numbers(&c, row);
        break;
    case RISE_P_TEXT:
        add_all(&c, text);
        break;
    case RISE_P_CHOICE:
        add_all(&c, choice);
        break;
    case RISE_P_TEXTS:
        add_all(&c, texts);
        break;
    case RISE_P_FILE:
        add_all(&c, file);
        break;
    case RISE_P_FILES:
        add_all(&c, files);
        break;
    case RISE_P_OUTPUT:
        add_all(&c, output);
        break;
    case RISE_P_SPECIES:
        add_all(&c, species);
        break;
    case RISE_P_SLICE:
        add_all(&c, slice);
        break;
    case RISE_P_MAP:
        add_all(&c, map);
        if (row->fields) {
            add_fields(&c, row->fields);
        }
        break;
    }
    return c.n;
}

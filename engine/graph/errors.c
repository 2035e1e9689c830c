/* graph/errors.c: all errors at once, each with its place and, where it helps, a hint. */
#include "graph/load.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

enum { KEPT = 100 };

bool error_list_keep(error_list *list, const rise_error *err) {
    if (list->n >= KEPT) {
        list->n++;
        return true;
    }
    if (list->n == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 8;
        rise_error *item = realloc(list->item, capacity * sizeof *item);
        if (!item) {
            return false;
        }
        list->item = item;
        list->capacity = capacity;
    }
    list->item[list->n++] = *err;
    return true;
}

void error_list_add(error_list *list, const rise_error *err) {
    (void)error_list_keep(list, err);
}

void error_list_free(error_list *list) {
    free(list->item);
    *list = (error_list){0};
}

void *load_alloc(loader *L, size_t size, size_t align) {
    void *p = arena_alloc(L->a, size ? size : 1, align);
    if (!p) {
        L->nomem = true;
    }
    return p;
}

const char *load_text(loader *L, const char *fmt, ...) {
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    char *copy = arena_text(L->a, text);
    if (!copy) {
        L->nomem = true;
        return "";
    }
    return copy;
}

void load_error(loader *L, spot at, const char *hint, const char *fmt, ...) {
    char message[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    rise_error err = {0};
    if (at.set) {
        at.place = (graph_place){0, 0};
    }
    rise_fail_at(&err, RISE_E_GRAPH, at.set ? at.set : L->path, at.place.line, at.place.col, "%s",
                 message);
    if (hint && hint[0]) {
        rise_hint(&err, "%s", hint);
    }
    if (!error_list_keep(L->errors, &err)) {
        L->nomem = true; /* a lost error must not look like success */
    }
}

const char *load_suggest(loader *L, const char *word, const char *const *name, size_t n) {
    if (L->errors->n >= KEPT) {
        return NULL; /* nobody will read it, and looking for it in a large graph takes long */
    }
    const char *close = n ? text_suggest(word, name, n) : NULL;
    if (close) {
        return load_text(L, "did you mean `%s`?", close);
    }
    char text[240];
    size_t used = (size_t)snprintf(text, sizeof text, "known: ");
    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(name[i]) + (i ? 2 : 0);
        if (used + length + 6 > sizeof text) {
            used += (size_t)snprintf(text + used, sizeof text - used, ", ...");
            break;
        }
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? ", " : "", name[i]);
    }
    return n ? load_text(L, "%s", text) : NULL;
}

bool name_valid(const char *name) {
    const char *s = name;
    for (; *s; s++) {
        bool letter = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || *s == '_';
        bool later = (*s >= '0' && *s <= '9') || *s == '-';
        if (!letter && !(later && s > name)) {
            return false;
        }
    }
    return s > name && s - name < RISE_NAME_MAX;
}

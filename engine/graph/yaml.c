/* graph/yaml.c: YAML events -> located tree. The one file that includes yaml.h.
 *
 * Refuses what a graph has no use for (anchors, aliases, tags, a second document) and whatever
 * would make libyaml slow or leave a text ambiguous: bytes are checked before libyaml sees them,
 * depth and events while they come. Must not know what the keys mean. */
#include "graph/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

typedef struct frame {
    tree *t;
    const char *key; /* maps: waiting for its value; NULL: a key comes next */
    spot key_at;
    bool skip; /* the value belongs to a key that was refused */
    text_map seen;
} frame;

typedef struct reader {
    arena *a;
    const char *text;
    size_t size;
    const char *path, *set;
    error_list *errors;
    bool *nomem;
    frame stack[TREE_MAX_DEPTH + 1];
    size_t depth;
    tree *root;
    bool fatal;
} reader;

static void refuse(reader *r, spot at, const char *hint, const char *message) {
    rise_error err = {0};
    rise_fail_at(&err, RISE_E_GRAPH, r->set ? r->set : r->path, at.place.line, at.place.col, "%s",
                 message);
    if (hint) {
        rise_hint(&err, "%s", hint);
    }
    if (!error_list_keep(r->errors, &err)) {
        *r->nomem = true;
    }
}

static spot spot_of(const reader *r, yaml_mark_t mark) {
    spot at = {{(long)mark.line + 1, (long)mark.column + 1}, r->set};
    if (r->set) {
        at.place = (graph_place){0, 0};
    }
    return at;
}

/* Length of the UTF-8 character at `s`, 0 where it is none (overlong, surrogate, cut short). */
static size_t character(const unsigned char *s, size_t left, uint32_t *code) {
    if (s[0] < 0x80) {
        *code = s[0];
        return 1;
    }
    size_t n = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
    if (s[0] < 0xC2 || s[0] > 0xF4 || n > left) {
        return 0;
    }
    *code = s[0] & (0xFFu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            return 0;
        }
        *code = *code << 6 | (s[i] & 0x3Fu);
    }
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    bool surrogate = *code >= 0xD800 && *code < 0xE000;
    return *code < least[n] || *code > 0x10FFFF || surrogate ? 0 : n;
}

/* All bytes are text that YAML allows; else the place and why. */
static bool bytes_sound(reader *r) {
    yaml_mark_t mark = {0, 0, 0};
    char message[96];
    for (size_t i = 0; i < r->size;) {
        const unsigned char *s = (const unsigned char *)r->text + i;
        uint32_t code = 0;
        size_t n = character(s, r->size - i, &code);
        if (!n) {
            snprintf(message, sizeof message, "byte 0x%02X is not valid UTF-8", s[0]);
            refuse(r, spot_of(r, mark), "save the file as UTF-8", message);
            return false;
        }
        bool control = (code < 0x20 && code != '\t' && code != '\n' && code != '\r') ||
                       (code >= 0x7F && code < 0xA0 && code != 0x85) || code == 0xFFFE ||
                       code == 0xFFFF;
        if (control) {
            snprintf(message, sizeof message, "control character 0x%02X in the text",
                     (unsigned)code);
            refuse(r, spot_of(r, mark), code ? "remove it" : "is this a text file?", message);
            return false;
        }
        if (code == '\n') {
            mark.line++;
            mark.column = 0;
        } else {
            mark.column++;
        }
        i += n;
    }
    return true;
}

/* The character at libyaml's mark (its columns count characters, its lines as we do). */
static char at_mark(const reader *r, yaml_mark_t mark) {
    const char *s = r->text, *end = r->text + r->size;
    for (size_t line = 0; line < mark.line && s < end; s++) {
        line += *s == '\n';
    }
    for (size_t column = 0; column < mark.column && s < end; column++) {
        s++;
        while (s < end && ((unsigned char)*s & 0xC0) == 0x80) {
            s++;
        }
    }
    return s < end ? *s : '\0';
}

static void syntax_error(reader *r, const yaml_parser_t *parser) {
    if (parser->error == YAML_MEMORY_ERROR) {
        *r->nomem = true;
        return;
    }
    const char *problem = parser->problem ? parser->problem : "this is not YAML";
    char message[320];
    if (at_mark(r, parser->problem_mark) == '\t') {
        refuse(r, spot_of(r, parser->problem_mark), "indent with spaces",
               "a tab cannot indent YAML");
        return;
    }
    bool context = parser->context && parser->context_mark.line != parser->problem_mark.line;
    if (context && !r->set) {
        snprintf(message, sizeof message, "%s (%s that began in line %zu)", problem,
                 parser->context, parser->context_mark.line + 1);
    } else {
        snprintf(message, sizeof message, "%s%s%s%s", problem, parser->context ? " (" : "",
                 parser->context ? parser->context : "", parser->context ? ")" : "");
    }
    char at = at_mark(r, parser->problem_mark);
    const char *hint = NULL;
    if (at == '[') {
        hint = "inside {...} put a reference with [axis=value] in quotes";
    } else if (at == ':') {
        hint = "a blank follows the `:` of a key; a text that begins or ends with `:` needs quotes";
    } else if (at && strchr("@`%|>,*&", at)) {
        hint = "put texts with special characters in quotes";
    }
    refuse(r, spot_of(r, parser->problem_mark), hint, message);
}

/* ---- building -------------------------------------------------------------------------------- */
static bool duplicate(reader *r, frame *f, const char *key, spot at) {
    uint64_t first = 0;
    enum { FEW = 12 }; /* below this, looking through them all is quicker than a map */
    bool found = false;
    if (f->t->n < FEW) {
        size_t i = tree_find(f->t, key);
        found = i != SIZE_MAX;
        first = i;
    } else {
        for (size_t i = f->seen.n; i < f->t->n; i++) {
            if (!text_map_set(&f->seen, f->t->key[i], i)) {
                *r->nomem = true;
                return false;
            }
        }
        found = text_map_get(&f->seen, key, &first);
    }
    if (found) {
        char message[256];
        if (r->set) {
            snprintf(message, sizeof message, "duplicate key `%.100s`", key);
        } else {
            snprintf(message, sizeof message, "duplicate key `%.100s`, first in line %ld", key,
                     f->t->key_at[first].place.line);
        }
        refuse(r, at, "keep one of them", message);
    }
    return found;
}

static void take_key(reader *r, frame *f, const tree *t) {
    f->key = t->text;
    f->key_at = t->at;
    f->skip = false;
    if (t->kind != TREE_SCALAR) {
        if (t->kind != TREE_BAD) {
            refuse(r, t->at, NULL, "a key must be a plain text");
        }
        f->key = "";
        f->skip = true;
    } else if (!t->quoted && strcmp(t->text, "<<") == 0) {
        refuse(r, t->at, "write the keys out",
               "merge keys (`<<`) are not part of the graph language");
        f->skip = true;
    } else {
        f->skip = duplicate(r, f, t->text, t->at);
    }
}

/* A complete node of the document goes where it belongs. */
static void deliver(reader *r, tree *t) {
    if (!r->depth) {
        r->root = t;
        return;
    }
    frame *f = &r->stack[r->depth - 1];
    if (f->t->kind == TREE_MAP && !f->key) {
        take_key(r, f, t);
        return;
    }
    if (!f->skip && !tree_add(r->a, f->t, f->key, f->key_at, t)) {
        *r->nomem = true;
    }
    f->key = NULL;
    f->skip = false;
}

static void open_collection(reader *r, tree_kind kind, spot at) {
    if (r->depth == TREE_MAX_DEPTH) {
        refuse(r, at, NULL, "nested deeper than 64 levels");
        r->fatal = true;
        return;
    }
    tree *t = tree_new(r->a, kind, at);
    if (!t) {
        *r->nomem = true;
        return;
    }
    r->stack[r->depth++] = (frame){.t = t};
}

static void close_collection(reader *r) {
    frame *f = &r->stack[--r->depth];
    text_map_free(&f->seen);
    deliver(r, f->t);
}

static void scalar(reader *r, const yaml_event_t *event, spot at) {
    const char *value = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    tree *t = tree_new(r->a, TREE_SCALAR, at);
    char *text = arena_bytes(r->a, value, length);
    if (!t || !text) {
        *r->nomem = true;
        return;
    }
    t->text = text;
    t->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (strlen(text) != length) {
        refuse(r, at, "remove the \\0", "a text cannot hold a NUL character");
        t->kind = TREE_BAD;
    }
    deliver(r, t);
}

static void refuse_anchor(reader *r, const unsigned char *anchor, const unsigned char *tag,
                          spot at) {
    char message[160];
    if (anchor) {
        snprintf(message, sizeof message, "anchors (`&%.60s`) are not part of the graph language",
                 (const char *)anchor);
        refuse(r, at, "write the value out, or make it an axis", message);
    }
    if (tag) {
        snprintf(message, sizeof message, "tags (`%.60s`) are not part of the graph language",
                 (const char *)tag);
        refuse(r, at, "leave it out: the type of a value is known from its key", message);
    }
}

static void alias(reader *r, const yaml_event_t *event, spot at) {
    char message[160];
    snprintf(message, sizeof message, "aliases (`*%.60s`) are not part of the graph language",
             (const char *)event->data.alias.anchor);
    refuse(r, at, "write the value out, or put a text that begins with * in quotes", message);
    tree *t = tree_new(r->a, TREE_BAD, at);
    if (!t) {
        *r->nomem = true;
        return;
    }
    t->text = "";
    deliver(r, t);
}

/* False: nothing more is to be read. */
static bool take_event(reader *r, const yaml_event_t *event) {
    spot at = spot_of(r, event->start_mark);
    switch (event->type) {
    case YAML_STREAM_END_EVENT:
        return false;
    case YAML_DOCUMENT_START_EVENT:
        if (r->root) {
            refuse(r, at, "one file is one graph", "a second document begins here");
            return false;
        }
        break;
    case YAML_SCALAR_EVENT:
        refuse_anchor(r, event->data.scalar.anchor, event->data.scalar.tag, at);
        scalar(r, event, at);
        break;
    case YAML_SEQUENCE_START_EVENT:
        refuse_anchor(r, event->data.sequence_start.anchor, event->data.sequence_start.tag, at);
        open_collection(r, TREE_LIST, at);
        break;
    case YAML_MAPPING_START_EVENT:
        refuse_anchor(r, event->data.mapping_start.anchor, event->data.mapping_start.tag, at);
        open_collection(r, TREE_MAP, at);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        close_collection(r);
        break;
    case YAML_ALIAS_EVENT:
        alias(r, event, at);
        break;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
    return !r->fatal && !*r->nomem;
}

static void read_events(reader *r, yaml_parser_t *parser) {
    bool more = true;
    for (size_t n = 0; more; n++) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            syntax_error(r, parser);
            r->fatal = true;
            return;
        }
        if (n >= TREE_MAX_EVENTS) {
            refuse(r, spot_of(r, event.start_mark), "let axes make the copies",
                   "more than 200000 YAML events: the graph is too large");
            r->fatal = true;
            more = false;
        } else {
            more = take_event(r, &event);
        }
        yaml_event_delete(&event);
    }
}

tree *tree_parse(arena *a, const char *text, size_t size, const char *path, const char *set,
                 error_list *errors, bool *nomem) {
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3; /* a byte order mark says nothing about UTF-8 */
        size -= 3;
    }
    reader *r = calloc(1, sizeof *r);
    if (!r) {
        *nomem = true;
        return NULL;
    }
    *r = (reader){.a = a,
                  .text = text,
                  .size = size,
                  .path = path,
                  .set = set,
                  .errors = errors,
                  .nomem = nomem};
    tree *root = NULL;
    if (size > TREE_MAX_BYTES) {
        refuse(r, (spot){{0, 0}, set}, "let axes make the copies", "larger than 1 MiB");
    } else if (bytes_sound(r)) {
        yaml_parser_t parser;
        if (yaml_parser_initialize(&parser)) {
            yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
            yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
            read_events(r, &parser);
            yaml_parser_delete(&parser);
        } else {
            *nomem = true;
        }
        if (!r->fatal && !*nomem) {
            root = r->root ? r->root : tree_scalar(a, "", (spot){{1, 1}, set});
            *nomem = !root;
        }
    }
    while (r->depth) {
        text_map_free(&r->stack[--r->depth].seen);
    }
    free(r);
    return root;
}

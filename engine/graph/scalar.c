/* graph/scalar.c: one scalar by the row of its parameter, never by YAML's implicit rules: `No` is a
 * text where a text is wanted and an error where a boolean is wanted. */
#include "graph/schema.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *wanted_name(const wanted *w) {
    if (w->outer && w->row) {
        return load_text(w->L, "%s.%s.%s.%s", w->owner, w->outer, w->entry, w->row->name);
    }
    if (w->outer) {
        return load_text(w->L, "%s.%s.%s", w->owner, w->outer, w->entry);
    }
    return load_text(w->L, "%s.%s", w->owner, w->row->name);
}

static const char *found(const wanted *w, const tree *t) {
    if (t->kind != TREE_SCALAR || (!t->quoted && !t->text[0])) {
        return tree_kind_name(t);
    }
    return load_text(w->L, t->quoted ? "the text \"%.60s\"" : "`%.60s`", t->text);
}

bool wanted_mistyped(const wanted *w, const tree *t, const char *expected, const char *hint) {
    if (t->kind != TREE_BAD) {
        load_error(w->L, t->at, hint, "%s: expected %s, found %s", wanted_name(w), expected,
                   found(w, t));
    }
    return false;
}

static bool is_plain(const tree *t) {
    return t->kind == TREE_SCALAR && !t->quoted && t->text[0];
}

/* ---- scalars --------------------------------------------------------------------------------- */
bool scalar_bool(const wanted *w, const tree *t, graph_value *out) {
    bool yes = is_plain(t) && strcmp(t->text, "true") == 0;
    if (!yes && !(is_plain(t) && strcmp(t->text, "false") == 0)) {
        return wanted_mistyped(w, t, "true or false", NULL);
    }
    out->kind = GV_BOOL;
    out->boolean = yes;
    return true;
}

static const char *bounds_text(const wanted *w) {
    const rise_param *row = w->row;
    char low[48] = "", high[48] = "", number[32];
    if (row->min > -INFINITY) {
        text_of_double(row->min, number);
        snprintf(low, sizeof low, "%s %s",
                 row->flags & RISE_PARAM_OPEN_MIN ? "more than" : "at least", number);
    }
    if (row->max < INFINITY) {
        text_of_double(row->max, number);
        snprintf(high, sizeof high, "%s %s",
                 row->flags & RISE_PARAM_OPEN_MAX ? "less than" : "at most", number);
    }
    return load_text(w->L, "%s%s%s%s%s", low, low[0] && high[0] ? " and " : "", high,
                     row->unit ? " " : "", row->unit ? row->unit : "");
}

static bool within(const wanted *w, const tree *t, double value) {
    const rise_param *row = w->row;
    if (row->min == 0 && row->max == 0) {
        return true;
    }
    bool low = row->flags & RISE_PARAM_OPEN_MIN ? value > row->min : value >= row->min;
    bool high = row->flags & RISE_PARAM_OPEN_MAX ? value < row->max : value <= row->max;
    if (low && high) {
        return true;
    }
    load_error(w->L, t->at, NULL, "%s: %s%s%s is out of range: expected %s", wanted_name(w),
               t->text, row->unit ? " " : "", row->unit ? row->unit : "", bounds_text(w));
    return false;
}

bool scalar_number(const wanted *w, const tree *t, bool whole, graph_value *out) {
    const char *expected = whole ? "an integer" : "a number", *hint = NULL;
    double value = 0;
    bool integral = false;
    int64_t integer = 0;
    if (!is_plain(t) || !number_parse(t->text, &value, &integral, &integer, w->L->a, &hint)) {
        if (t->kind == TREE_SCALAR && t->quoted &&
            number_parse(t->text, &value, &integral, &integer, w->L->a, &hint)) {
            hint = "remove the quotes";
        }
        return wanted_mistyped(w, t, expected, hint);
    }
    if (whole && !integral) {
        return wanted_mistyped(w, t, expected, NULL);
    }
    if (!within(w, t, value)) {
        return false;
    }
    out->kind = whole ? GV_INT : GV_REAL;
    out->integer = integer;
    out->real = value + 0.0; /* -0 -> 0 */
    return true;
}

bool scalar_text(const wanted *w, const tree *t, const char *expected, graph_value *out) {
    if (t->kind != TREE_SCALAR || (!t->quoted && !t->text[0])) {
        return wanted_mistyped(w, t, expected,
                               t->kind == TREE_SCALAR ? "write \"\" for an empty text" : NULL);
    }
    out->kind = GV_TEXT;
    out->text = t->text;
    return true;
}

bool scalar_path(const wanted *w, const tree *t, graph_value *out) {
    if (!scalar_text(w, t, "a path", out)) {
        return false;
    }
    if (!out->text[0]) {
        load_error(w->L, t->at, NULL, "%s: the path is empty", wanted_name(w));
        return false;
    }
    return true;
}

/* Files that a node writes stay under --out. */
bool scalar_output(const wanted *w, const tree *t, graph_value *out) {
    if (!scalar_path(w, t, out)) {
        return false;
    }
    bool leaves = out->text[0] == '/';
    for (const char *s = out->text; *s && !leaves; s += strcspn(s, "/"), s += *s == '/') {
        leaves = s[0] == '.' && s[1] == '.' && (s[2] == '/' || !s[2]);
    }
    if (leaves) {
        load_error(w->L, t->at, "give a path below the output folder",
                   "%s: `%.100s` leaves the output folder", wanted_name(w), out->text);
        return false;
    }
    if (out->text[strlen(out->text) - 1] == '/') {
        load_error(w->L, t->at, NULL, "%s: `%.100s` names a folder, expected a file",
                   wanted_name(w), out->text);
        return false;
    }
    return true;
}

static size_t choice_count(const char *choices) {
    size_t n = 1;
    for (; *choices; choices++) {
        n += *choices == '|';
    }
    return n;
}

static const char *choice_at(loader *L, const char *choices, size_t i) {
    for (; i; i--) {
        choices = strchr(choices, '|') + 1;
    }
    size_t n = strcspn(choices, "|");
    const char *copy = arena_bytes(L->a, choices, n);
    if (!copy) {
        L->nomem = true;
        return "";
    }
    return copy;
}

/* "one of a, b and c" */
static const char *choices_text(loader *L, const char *const *name, size_t n) {
    char text[256] = "one of ";
    size_t used = strlen(text);
    for (size_t i = 0; i < n && used < sizeof text; i++) {
        const char *separator = i + 1 < n ? ", " : " and ";
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? separator : "", name[i]);
    }
    return load_text(L, "%s", text);
}

bool scalar_choice(const wanted *w, const tree *t, graph_value *out) {
    size_t n = choice_count(w->row->choices);
    const char **name = LOAD_NEW(w->L, const char *, n);
    for (size_t i = 0; name && i < n; i++) {
        name[i] = choice_at(w->L, w->row->choices, i);
    }
    if (!name || !scalar_text(w, t, choices_text(w->L, name, n), out)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (strcmp(name[i], out->text) == 0) {
            return true;
        }
    }
    const char *close = text_suggest(out->text, name, n);
    return wanted_mistyped(w, t, choices_text(w->L, name, n),
                           close ? load_text(w->L, "did you mean `%s`?", close) : NULL);
}

bool scalar_slice(const wanted *w, const tree *t, graph_value *out) {
    int64_t part[3];
    if (t->kind != TREE_SCALAR || !t->text[0] || !slice_parse(t->text, part)) {
        return wanted_mistyped(w, t, "START:STOP:STEP",
                               "the first ten: 0:10, every second one: ::2, the last five: -5:");
    }
    char stop[24] = "";
    if (part[1] != INT64_MIN) {
        snprintf(stop, sizeof stop, "%lld", (long long)part[1]);
    }
    out->kind = GV_TEXT; /* one spelling for equal slices */
    out->text = load_text(w->L, "%lld:%s:%lld", part[0] == INT64_MIN ? 0LL : (long long)part[0],
                          stop, part[2] == INT64_MIN ? 1LL : (long long)part[2]);
    return true;
}

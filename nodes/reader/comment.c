/* reader/comment.c: key=value pairs of one line. Knows nothing of frames or of what keys mean.
 *
 * Bare values are taken more widely than the specification has it (commas and brackets inside a
 * word do no harm): ASE reads and writes them so. */
#include "comment.h"

#include "kit/scan.h"

#include <string.h>

static bool fault(comment_cursor *c, const char *at, const char *why) {
    c->fault = at;
    c->why = why;
    return false;
}

static bool is_bare(char c) {
    return !scan_is_blank(c) && c != '=' && c != '"';
}

/* p stands on the opening delimiter; the closing one, or NULL. Backslash escapes one character. */
static const char *find_close(const char *p, const char *end, char close) {
    for (p++; p < end && *p != close; p++)
        if (*p == '\\' && p + 1 < end)
            p++;
    return p < end ? p : NULL;
}

/* The ']' that belongs to the '[' at p, or NULL; quoted texts inside may hold brackets. */
static const char *find_bracket(const char *p, const char *end) {
    int depth = 0;
    for (; p < end; p++) {
        if (*p == '[')
            depth++;
        else if (*p == ']' && --depth == 0)
            return p;
        else if (*p == '"' && (p = find_close(p, end, '"')) == NULL)
            return NULL;
    }
    return NULL;
}

static bool take_value(comment_cursor *c, comment_pair *pair) {
    const char *p = c->at, *close;
    if (p >= c->end)
        return fault(c, p, "no value after '='");
    pair->delimiter = *p == '"' || *p == '\'' || *p == '{' || *p == '[' ? *p : '\0';
    if (pair->delimiter == '\0') {
        pair->value = p;
        while (p < c->end && is_bare(*p))
            p++;
        pair->value_end = p;
        if (p == pair->value)
            return fault(c, p, "no value after '='");
    } else {
        close = *p == '[' ? find_bracket(p, c->end) : find_close(p, c->end, *p == '{' ? '}' : *p);
        if (close == NULL)
            return fault(c, p,
                         *p == '[' || *p == '{' ? "a bracket is never closed"
                                                : "a quote is never closed");
        pair->value = p + 1;
        pair->value_end = close;
        p = close + 1;
    }
    if (p < c->end && !scan_is_blank(*p))
        return fault(c, p, "no blank after a value");
    c->at = p;
    return true;
}

bool comment_next(comment_cursor *c, comment_pair *pair) {
    *pair = (comment_pair){0};
    const char *p = c->at = scan_skip(c->at, c->end);
    if (c->fault != NULL || p >= c->end)
        return false;
    if (*p == '"') {
        const char *close = find_close(p, c->end, '"');
        if (close == NULL)
            return fault(c, p, "a quote is never closed");
        pair->quoted_key = true;
        pair->key = p + 1;
        pair->key_end = close;
        p = close + 1;
    } else {
        pair->key = p;
        while (p < c->end && is_bare(*p))
            p++;
        pair->key_end = p;
        if (p == pair->key)
            return fault(c, p, "no key before '='");
    }
    c->at = scan_skip(p, c->end);
    if (c->at >= c->end || *c->at != '=')
        return c->at > p || c->at >= c->end || fault(c, p, "no blank after a word");
    c->at = scan_skip(c->at + 1, c->end);
    return take_value(c, pair);
}

bool comment_key_is(const comment_pair *pair, const char *key) {
    const char *p = pair->key;
    for (; p < pair->key_end && *key != '\0'; p++, key++) {
        if (pair->quoted_key && *p == '\\' && p + 1 < pair->key_end)
            p++;
        if (*p != *key)
            return false;
    }
    return p == pair->key_end && *key == '\0';
}

bool comment_find(const char *line, const char *end, const char *key, comment_pair *pair,
                  size_t *count) {
    comment_cursor c = {.at = line, .end = end};
    comment_pair next;
    size_t n = 0;
    while (comment_next(&c, &next))
        if (next.value != NULL && comment_key_is(&next, key)) {
            *pair = next;
            n++;
        }
    if (count != NULL)
        *count = n;
    return n > 0;
}

static bool is_separator(char c) {
    return scan_is_blank(c) || c == ',';
}

size_t comment_numbers(const comment_pair *pair, double *out, size_t max, size_t *n_rows) {
    const char *p = pair->value, *end = pair->value_end;
    size_t n = 0, row_start = 0, width = 0, rows = 0;
    int depth = 0;
    while (p < end) {
        if (is_separator(*p)) {
            p++;
        } else if (pair->delimiter == '[' && *p == '[' && depth == 0 && row_start == n) {
            depth = 1;
            p++;
        } else if (*p == ']' && depth == 1) {
            depth = 0;
            if (n == row_start || (rows > 0 && n - row_start != width))
                return 0;
            width = n - row_start;
            row_start = n;
            rows++;
            p++;
        } else {
            double value;
            p = scan_number(p, end, &value);
            if (p == NULL || (p < end && !is_separator(*p) && *p != ']'))
                return 0;
            if (n < max)
                out[n] = value;
            n++;
        }
    }
    if (depth != 0 || (rows > 0 && row_start != n))
        return 0; /* numbers outside the rows */
    if (n_rows != NULL)
        *n_rows = rows;
    return n;
}

static bool read_logical(const char *p, const char *end, bool *out) {
    static const char *const words[] = {"F", "False", "false", "FALSE", "0",
                                        "T", "True",  "true",  "TRUE",  "1"};
    for (size_t i = 0; i < 10; i++)
        if (strlen(words[i]) == (size_t)(end - p) && memcmp(words[i], p, (size_t)(end - p)) == 0) {
            *out = i >= 5;
            return true;
        }
    return false;
}

size_t comment_logicals(const comment_pair *pair, bool *out, size_t max) {
    const char *p = pair->value, *end = pair->value_end;
    size_t n = 0;
    while (p < end) {
        if (is_separator(*p)) {
            p++;
            continue;
        }
        const char *q = p;
        while (q < end && !is_separator(*q))
            q++;
        bool value;
        if (!read_logical(p, q, &value))
            return 0;
        if (n < max)
            out[n] = value;
        n++;
        p = q;
    }
    return n;
}

const char *comment_keys(const char *line, const char *end, char *out, size_t size) {
    comment_cursor c = {.at = line, .end = end};
    comment_pair pair;
    size_t used = 0;
    out[0] = '\0';
    while (comment_next(&c, &pair)) {
        char key[SCAN_EXCERPT_MAX];
        if (pair.value == NULL)
            continue;
        scan_excerpt(key, pair.key, pair.key_end);
        size_t n = strlen(key), lead = used > 0 ? 2 : 0;
        if (used + lead + n + 6 > size) {
            memcpy(out + used, ", ...", 6);
            return out;
        }
        memcpy(out + used, ", ", lead);
        memcpy(out + used + lead, key, n + 1);
        used += lead + n;
    }
    return out;
}

/* reader/extxyz_header.c: what the second line of a frame says: box, periodicity, columns, labels.
 * Knows nothing of rows. */
#include "extxyz_inner.h"

#include "cell.h"
#include "comment.h"
#include "kit/scan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static long column_of(const extxyz_frame *f, const char *p) {
    return (long)(p - f->comment) + 1;
}

static bool word_is(const char *p, const char *end, const char *word) {
    size_t n = strlen(word);
    return (size_t)(end - p) == n && memcmp(p, word, n) == 0;
}

/* Does the line mean to be extended XYZ? `word =` somewhere in it, whatever else is wrong. */
static const char *find_intent(const extxyz_frame *f) {
    static const char *const words[] = {"Properties", "Lattice"};
    for (size_t i = 0; i < 2; i++) {
        size_t n = strlen(words[i]);
        for (const char *p = f->comment; f->comment_end - p >= (ptrdiff_t)n; p++) {
            const char *q = scan_skip(p + n, f->comment_end);
            if (memcmp(p, words[i], n) == 0 && q < f->comment_end && *q == '=')
                return words[i];
        }
    }
    return NULL;
}

/* Walks the pairs once: counts them, finds the fault, and keys that differ from ours by case. */
static rise_status check_pairs(const extxyz_reader *xyz, extxyz_frame *f, rise_error *err) {
    static const char *const ours[] = {"Lattice", "Properties", "pbc"};
    comment_cursor c = {.at = f->comment, .end = f->comment_end};
    comment_pair pair;
    size_t seen[3] = {0};
    while (comment_next(&c, &pair)) {
        f->has_pairs |= pair.value != NULL;
        for (size_t i = 0; i < 3 && pair.value != NULL; i++) {
            size_t n = (size_t)(pair.key_end - pair.key);
            if (n != strlen(ours[i]) || strncasecmp(pair.key, ours[i], n) != 0)
                continue;
            if (memcmp(pair.key, ours[i], n) != 0)
                return rise_fail_at(err, RISE_E_DATA, xyz->path, f->line + 1,
                                    column_of(f, pair.key),
                                    "frame %zu: key '%.*s' must be spelled '%s'", f->index, (int)n,
                                    pair.key, ours[i]);
            if (++seen[i] > 1)
                return rise_fail_at(err, RISE_E_DATA, xyz->path, f->line + 1,
                                    column_of(f, pair.key), "frame %zu: '%s' is given twice",
                                    f->index, ours[i]);
        }
    }
    if (c.fault == NULL)
        return RISE_OK;
    f->has_pairs = false;
    const char *intent = find_intent(f);
    if (intent == NULL)
        return RISE_OK; /* a plain comment */
    char shown[SCAN_EXCERPT_MAX];
    rise_fail_at(err, RISE_E_DATA, xyz->path, f->line + 1, column_of(f, c.fault),
                 "frame %zu: the comment line has %s but is broken: %s, at '%s'", f->index, intent,
                 c.why, scan_excerpt(shown, c.fault, f->comment_end));
    return rise_hint(err, "expected key=value pairs, values with blanks in double quotes");
}

static rise_status take_lattice(const extxyz_reader *xyz, extxyz_frame *f, bool *found,
                                rise_error *err) {
    comment_pair pair;
    *found = comment_find(f->comment, f->comment_end, "Lattice", &pair, NULL);
    if (!*found)
        return RISE_OK;
    double v[9];
    size_t rows = 0, n = comment_numbers(&pair, v, 9, &rows);
    if (!((n == 9 && (rows == 0 || rows == 3)) || (n == 3 && rows == 0))) {
        char shown[SCAN_EXCERPT_MAX];
        rise_fail_at(err, RISE_E_DATA, xyz->path, f->line + 1, column_of(f, pair.value),
                     "frame %zu: expected nine numbers in Lattice, found '%s'", f->index,
                     scan_excerpt(shown, pair.value, pair.value_end));
        return rise_hint(err, "Lattice=\"ax ay az bx by bz cx cy cz\"");
    }
    for (size_t i = 0; i < 9; i++)
        f->cell.vector[i / 3][i % 3] = n == 9 ? v[i] : i % 4 == 0 ? v[i / 4] : 0.0;
    return RISE_OK;
}

static rise_status take_cell(const extxyz_reader *xyz, extxyz_frame *f, rise_error *err) {
    bool has_lattice = false;
    rise_status status = take_lattice(xyz, f, &has_lattice, err);
    if (status != RISE_OK)
        return status;
    bool pbc[3] = {has_lattice, has_lattice, has_lattice};
    comment_pair pair;
    if (comment_find(f->comment, f->comment_end, "pbc", &pair, NULL)) {
        size_t n = comment_logicals(&pair, pbc, 3);
        if (n != 1 && n != 3) {
            char shown[SCAN_EXCERPT_MAX];
            rise_fail_at(err, RISE_E_DATA, xyz->path, f->line + 1, column_of(f, pair.value),
                         "frame %zu: expected three of T and F in pbc, found '%s'", f->index,
                         scan_excerpt(shown, pair.value, pair.value_end));
            return rise_hint(err, "pbc=\"T T F\"");
        }
        if (n == 1)
            pbc[1] = pbc[2] = pbc[0];
        if (!has_lattice && (pbc[0] || pbc[1] || pbc[2])) {
            rise_fail_at(err, RISE_E_DATA, xyz->path, f->line + 1, column_of(f, pair.key),
                         "frame %zu: pbc says periodic, but there is no Lattice", f->index);
            return rise_hint(err, "add Lattice=\"ax ay az bx by bz cx cy cz\"");
        }
    }
    memcpy(f->cell.periodic, pbc, sizeof pbc);
    return cell_check(xyz->path, f->line + 1, f->index, &f->cell, err);
}

typedef struct property {
    const char *name, *name_end;
    char type;
    size_t n_columns;
} property;

/* The next name:TYPE:COUNT at p; names may hold "::". NULL where there is none. */
static const char *take_property(const char *p, const char *end, property *out) {
    const char *q = p;
    while (q < end && (*q != ':' || (q + 1 < end && q[1] == ':')))
        q += *q == ':' ? 2 : 1;
    int64_t n;
    if (q == p || end - q < 4 || memchr("SIRL", q[1], 4) == NULL || q[2] != ':')
        return NULL;
    const char *stop = scan_integer(q + 3, end, &n);
    if (stop == NULL || (stop < end && *stop != ':') || n < 1 || n > EXTXYZ_COLUMNS_MAX)
        return NULL;
    *out = (property){p, q, q[1], (size_t)n};
    return stop < end ? stop + 1 : stop;
}

static rise_status bad_properties(const extxyz_reader *xyz, const extxyz_frame *f, const char *at,
                                  const char *end, const char *what, rise_error *err) {
    char shown[SCAN_EXCERPT_MAX];
    rise_fail_at(err, RISE_E_DATA, xyz->path, f->line + 1, column_of(f, at),
                 "frame %zu: Properties %s: '%s'", f->index, what, scan_excerpt(shown, at, end));
    return rise_hint(err, "Properties=species:S:1:pos:R:3, with further name:TYPE:COUNT; TYPE is "
                          "one of S I R L");
}

static rise_status take_columns(const extxyz_reader *xyz, extxyz_frame *f, const comment_pair *pair,
                                rise_error *err) {
    const char *p = pair->value, *end = pair->value_end;
    bool has_species = false, has_z = false, has_position = false;
    size_t z_column = 0;
    while (p < end) {
        property next;
        const char *stop = take_property(p, end, &next);
        if (stop == NULL)
            return bad_properties(xyz, f, p, end, "is not name:TYPE:COUNT", err);
        if (word_is(next.name, next.name_end, "pos")) {
            if (has_position || next.type != 'R' || next.n_columns != 3)
                return bad_properties(xyz, f, p, end, "must have pos:R:3 once", err);
            has_position = true;
            f->position_column = f->n_columns;
        } else if (word_is(next.name, next.name_end, "species")) {
            if (has_species || next.n_columns != 1 || (next.type != 'S' && next.type != 'I'))
                return bad_properties(xyz, f, p, end, "must have species:S:1 once", err);
            has_species = true;
            f->species_is_number = next.type == 'I';
            f->species_column = f->n_columns;
        } else if (word_is(next.name, next.name_end, "Z") && next.n_columns == 1 &&
                   next.type == 'I') {
            has_z = true;
            z_column = f->n_columns;
        }
        f->n_columns += next.n_columns;
        if (f->n_columns > EXTXYZ_COLUMNS_MAX)
            return bad_properties(xyz, f, p, end, "names too many columns", err);
        p = stop;
    }
    if (!has_species && has_z) {
        f->species_column = z_column;
        f->species_is_number = true;
    }
    if (!has_position)
        return bad_properties(xyz, f, pair->value, end, "has no pos:R:3", err);
    if (!has_species && !has_z)
        return bad_properties(xyz, f, pair->value, end, "has no species:S:1 and no Z:I:1", err);
    return RISE_OK;
}

rise_status extxyz_header(const extxyz_reader *xyz, extxyz_frame *f, rise_error *err) {
    rise_status status = check_pairs(xyz, f, err);
    if (status != RISE_OK)
        return status;
    comment_pair pair;
    f->plain =
        !f->has_pairs || !comment_find(f->comment, f->comment_end, "Properties", &pair, NULL);
    if (f->plain) {
        f->n_columns = 4;
        f->position_column = 1;
    } else {
        status = take_columns(xyz, f, &pair, err);
    }
    if (status == RISE_OK && f->has_pairs)
        status = take_cell(xyz, f, err);
    return status;
}

rise_status extxyz_label(const extxyz_reader *xyz, const extxyz_frame *f, const char *key,
                         double *value, rise_error *err) {
    comment_pair pair;
    size_t count = 0;
    char keys[200], shown[SCAN_EXCERPT_MAX];
    if (!f->has_pairs || !comment_find(f->comment, f->comment_end, key, &pair, &count)) {
        if (!f->has_pairs)
            keys[0] = '\0';
        else
            comment_keys(f->comment, f->comment_end, keys, sizeof keys);
        rise_fail_at(err, RISE_E_DATA, xyz->path, f->line + 1, 1,
                     "frame %zu has no key '%s' in its comment line; it has %s", f->index, key,
                     keys[0] != '\0' ? keys : "none");
        return rise_hint(err,
                         "labels: {NAME: KEY} with a key that every frame has, or {NAME: {file: "
                         "..., column: ...}}");
    }
    if (count > 1)
        return rise_fail_at(err, RISE_E_DATA, xyz->path, f->line + 1, column_of(f, pair.key),
                            "frame %zu: key '%s' is given %zu times", f->index, key, count);
    double v;
    size_t n = comment_numbers(&pair, &v, 1, NULL);
    if (n != 1 || !isfinite(v)) {
        rise_fail_at(err, RISE_E_DATA, xyz->path, f->line + 1, column_of(f, pair.value),
                     n > 1 ? "frame %zu: label '%s' is %s, not one number: '%s'"
                           : "frame %zu: label '%s' is not %s: '%s'",
                     f->index, key,
                     n > 1    ? "an array"
                     : n == 1 ? "a finite number"
                              : "a number",
                     scan_excerpt(shown, pair.value, pair.value_end));
        return rise_hint(err, "mend the label, or leave the frame out (`frames`)");
    }
    *value = v;
    return RISE_OK;
}

bool extxyz_text(const extxyz_frame *f, const char *key, char *out, size_t size) {
    comment_pair pair;
    size_t count = 0;
    if (!f->has_pairs || !comment_find(f->comment, f->comment_end, key, &pair, &count) ||
        count != 1 || pair.value == NULL || (size_t)(pair.value_end - pair.value) >= size)
        return false;
    memcpy(out, pair.value, (size_t)(pair.value_end - pair.value));
    out[pair.value_end - pair.value] = '\0';
    return true;
}

/* reader/lammps_atoms.c: rows of the Atoms section. Nothing is guessed: where two readings are
 * possible the user is asked. */
#include "lammps_inner.h"

#include "kit/scan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* docs.lammps.org/read_data.html, "Atoms section": columns up to and after x y z */
static const lammps_style styles[] = {
    {"atomic", 5, 1, 2},     {"charge", 6, 1, 3},    {"bond", 6, 2, 3},     {"angle", 6, 2, 3},
    {"molecular", 6, 2, 3},  {"full", 7, 2, 4},      {"dipole", 9, 1, 3},   {"sphere", 7, 1, 4},
    {"bpm/sphere", 8, 2, 5}, {"ellipsoid", 7, 1, 4}, {"peri", 7, 1, 4},     {"dpd", 6, 1, 3},
    {"mdpd", 6, 1, 3},       {"edpd", 7, 1, 4},      {"electron", 8, 1, 5}, {"spin", 9, 1, 2},
    {"line", 8, 2, 5},       {"tri", 8, 2, 5},       {"body", 7, 1, 4},     {"hybrid", 0, 1, 2}};

static const char lammps_atom_styles[] =
    "auto|atomic|charge|bond|angle|molecular|full|dipole|sphere|bpm/"
    "sphere|ellipsoid|peri|dpd|mdpd|edpd|electron|spin|line|tri|body|"
    "hybrid";

const lammps_style *lammps_style_find(const char *name, size_t size) {
    for (size_t i = 0; i < sizeof styles / sizeof styles[0]; i++)
        if (strlen(styles[i].name) == size && memcmp(styles[i].name, name, size) == 0)
            return &styles[i];
    return NULL;
}

rise_status lammps_choose_style(const text_lines *text, const text_line *title,
                                const char *atom_style, const lammps_style **style,
                                rise_error *err) {
    const char *hint = title->comment;
    const char *hint_end = scan_token_end(hint, title->comment_end);
    *style = NULL;
    if (atom_style != NULL) {
        *style = lammps_style_find(atom_style, strlen(atom_style));
        return *style != NULL
                   ? RISE_OK
                   : rise_fail(err, RISE_E_BUG, "atom style '%s' is unknown", atom_style);
    }
    if (hint == hint_end)
        return RISE_OK;
    *style = lammps_style_find(hint, (size_t)(hint_end - hint));
    if (*style != NULL)
        return RISE_OK;
    char shown[SCAN_EXCERPT_MAX];
    rise_fail_at(err, RISE_E_DATA, text->path, title->number, line_column(title, hint),
                 "atom style '%s' after 'Atoms #' is not known",
                 scan_excerpt(shown, hint, hint_end));
    return rise_hint(err, "say which columns the rows have: atom_style: %.200s",
                     lammps_atom_styles + 5);
}

static bool are_integers(const text_line *line, size_t first, size_t n) {
    int64_t v;
    for (size_t i = first; i < first + n; i++)
        if (!scan_is_integer(line->words[i].p, line->words[i].end, &v))
            return false;
    return true;
}

/* Only the style atomic has five columns; eight of which three integers come last are the same with
 * image flags. Every other number of columns has several readings. */
static rise_status style_of_row(const text_lines *text, const text_line *line,
                                const lammps_style **style, rise_error *err) {
    size_t n = line->n_words;
    if (n == 5 || (n == 8 && are_integers(line, 5, 3))) {
        *style = &styles[0];
        return RISE_OK;
    }
    char may_be[200] = "";
    size_t used = 0;
    for (size_t i = 0; i < sizeof styles / sizeof styles[0]; i++) {
        size_t columns = (size_t)styles[i].n_columns;
        if ((columns == n || columns + 3 == n) && used + 16 < sizeof may_be)
            used += (size_t)snprintf(may_be + used, sizeof may_be - used, "%s%s",
                                     used > 0 ? ", " : "", styles[i].name);
    }
    rise_fail_at(err, RISE_E_DATA, text->path, line->number, 1,
                 "the atom style is not clear: %zu columns may be %s", n,
                 used > 0 ? may_be : "hybrid");
    return rise_hint(err, "say which: atom_style: charge (or write 'Atoms # charge' in the file)");
}

static rise_status bad_word(const text_lines *text, const text_line *line, const word *w,
                            const char *what, rise_error *err) {
    char shown[SCAN_EXCERPT_MAX];
    return rise_fail_at(err, RISE_E_DATA, text->path, line->number, line_column(line, w->p),
                        "expected %s, found '%s'", what, scan_excerpt(shown, w->p, w->end));
}

size_t lammps_find_type(const word *w, const lammps_type *type, size_t n_types) {
    int64_t n;
    if (scan_is_integer(w->p, w->end, &n))
        return n >= 1 && (uint64_t)n <= n_types ? (size_t)n : 0;
    size_t size = (size_t)(w->end - w->p);
    for (size_t t = 0; t < n_types; t++)
        if (type[t].label.p != NULL && (size_t)(type[t].label.end - type[t].label.p) == size &&
            memcmp(type[t].label.p, w->p, size) == 0)
            return t + 1;
    return 0;
}

static rise_status check_columns(const text_lines *text, const text_line *line,
                                 const lammps_style *style, rise_error *err) {
    size_t n = (size_t)style->n_columns, found = line->n_words;
    bool fits = n == 0 ? found >= 6 : found == n || (found == n + 3 && are_integers(line, n, 3));
    if (fits && found <= LINE_WORDS_MAX)
        return RISE_OK;
    if (line->end == text->end && found < n) /* no line end */
        return rise_fail_at(err, RISE_E_DATA, text->path, line->number, 1,
                            "the file is truncated: it ends within this row (byte offset %zu)",
                            (size_t)(text->end - text->begin));
    if (n == 0)
        return rise_fail_at(err, RISE_E_DATA, text->path, line->number, 1,
                            "expected id type x y z and more for style hybrid, found %zu columns",
                            found);
    rise_fail_at(err, RISE_E_DATA, text->path, line->number, 1,
                 "expected %zu columns for style %s, or %zu with image flags, found %zu%s", n,
                 style->name, n + 3, found,
                 found == n + 3 ? " but the last three are no integers" : "");
    return rise_hint(err, "does atom_style name the style that the file was written with?");
}

rise_status lammps_take_atom(const text_lines *text, const text_line *line, lammps_atoms *atoms,
                             lammps_atom *out, rise_error *err) {
    rise_status status = RISE_OK;
    if (atoms->style == NULL)
        status = style_of_row(text, line, &atoms->style, err);
    if (status == RISE_OK)
        status = check_columns(text, line, atoms->style, err);
    if (status != RISE_OK)
        return status;
    const word *w = line->words, *type = &w[atoms->style->type];
    if (!scan_is_integer(w->p, w->end, &out->id) || out->id < 1)
        return bad_word(text, line, w, "an atom id", err);
    size_t t = lammps_find_type(type, atoms->type, atoms->n_types);
    if (t == 0) {
        char what[64];
        snprintf(what, sizeof what, "an atom type of 1..%zu or a type label", atoms->n_types);
        bad_word(text, line, type, what, err);
        return rise_hint(err, "the rows are read as atom_style %s", atoms->style->name);
    }
    out->type = (uint32_t)t;
    out->line = line->number;
    for (int k = 0; k < 3; k++) {
        const word *x = &w[atoms->style->x + k];
        double value;
        if (!scan_is_number(x->p, x->end, &value))
            return bad_word(text, line, x, "a coordinate", err);
        if (!isfinite(value))
            return bad_word(text, line, x, "a finite coordinate", err);
        out->x[k] = value - atoms->origin[k];
    }
    return RISE_OK;
}

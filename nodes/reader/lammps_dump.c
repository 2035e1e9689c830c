/* reader/lammps_dump.c: where the frames of a dump begin and end, their boxes and their columns.
 * Knows nothing of rows, nodes or parameters. */
#include "lammps_dump.h"
#include "lammps_dump_inner.h"
#include "lines.h"

#include "cell.h"
#include "kit/scan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void lammps_dump_open(lammps_dump *dump, const char *path, const void *bytes, size_t size) {
    const char *text = bytes;
    *dump = (lammps_dump){.path = path, .begin = text, .at = text, .line = 1};
    dump->end = size > 0 ? text + size : text;
}

bool lammps_dump_looks_like(const void *bytes, size_t size) {
    static const char item[] = "ITEM: ";
    return size >= sizeof item - 1 && memcmp(bytes, item, sizeof item - 1) == 0;
}

/* A frame while it is found: the text from its first line on. */
typedef struct finder {
    text_lines text;
    text_line line;
    dump_frame *frame;
    bool has_count, has_box;
    bool cut; /* the file ends within it */
} finder;

static rise_status cut_short(finder *f, rise_error *err) {
    f->cut = true;
    rise_fail_at(err, RISE_E_DATA, f->text.path, f->frame->line, 1,
                 "frame %zu is not complete: the file ends within it (byte offset %zu)",
                 f->frame->index, (size_t)(f->text.end - f->text.begin));
    return rise_hint(err, "LAMMPS was stopped while it wrote: incomplete: leave-out takes the "
                          "frames before it");
}

static bool next_line(finder *f) {
    return lines_next(&f->text, &f->line);
}

/* Titles are upper case words after "ITEM:". Returns the first word that is not of the title. */
static bool item_is(const text_line *line, const char *title, size_t *rest) {
    size_t n = 1;
    if (line->n_words == 0 || !word_is(&line->words[0], "ITEM:"))
        return false;
    for (const char *p = title; *p; n++) {
        size_t size = strcspn(p, " ");
        if (n >= line->n_words || n >= LINE_WORDS_MAX)
            return false;
        const word *w = &line->words[n];
        if ((size_t)(w->end - w->p) != size || memcmp(w->p, p, size) != 0)
            return false;
        p += size + (p[size] == ' ');
    }
    *rest = n;
    return true;
}

static rise_status unexpected(const finder *f, const char *expected, rise_error *err) {
    char shown[SCAN_EXCERPT_MAX];
    const char *p = f->line.n_words > 0 ? f->line.words[0].p : f->line.begin;
    return rise_fail_at(err, RISE_E_DATA, f->text.path, f->line.number, line_column(&f->line, p),
                        "frame %zu: expected %s, found '%s'", f->frame->index, expected,
                        scan_excerpt(shown, p, f->line.end));
}

/* ---- the box --------------------------------------------------------------------------------- */
static rise_status take_bounds(finder *f, size_t n, double out[3][4], rise_error *err) {
    for (int i = 0; i < 3; i++) {
        if (!next_line(f))
            return cut_short(f, err);
        if (f->line.n_words != n && f->text.at >= f->text.end)
            return cut_short(f, err);
        if (f->line.n_words != n)
            return unexpected(f,
                              n == 2   ? "two bounds of the box"
                              : n == 3 ? "two bounds of the box and a tilt"
                                       : "a vector of the cell and a coordinate of its origin",
                              err);
        if (!line_numbers(&f->line, 0, n, out[i]))
            return unexpected(f, "finite numbers", err);
    }
    return RISE_OK;
}

static double least(double a, double b, double c, double d) {
    return fmin(fmin(a, b), fmin(c, d));
}

static double most(double a, double b, double c, double d) {
    return fmax(fmax(a, b), fmax(c, d));
}

/* Bounds of a tilted box are those of the upright box around it. */
static void upright_box(double b[3][4], bool tilted, dump_frame *out) {
    double xy = tilted ? b[0][2] : 0, xz = tilted ? b[1][2] : 0, yz = tilted ? b[2][2] : 0;
    double low[3] = {b[0][0] - least(0, xy, xz, xy + xz), b[1][0] - fmin(0, yz), b[2][0]};
    double high[3] = {b[0][1] - most(0, xy, xz, xy + xz), b[1][1] - fmax(0, yz), b[2][1]};
    double(*v)[3] = out->cell.vector;
    for (int i = 0; i < 3; i++) {
        out->origin[i] = low[i];
        v[i][i] = high[i] - low[i];
    }
    v[1][0] = xy;
    v[2][0] = xz;
    v[2][1] = yz;
}

static void general_box(double b[3][4], dump_frame *out) {
    for (int i = 0; i < 3; i++) {
        memcpy(out->cell.vector[i], b[i], sizeof out->cell.vector[i]);
        out->origin[i] = b[i][3];
    }
}

static bool take_flags(const text_line *line, size_t first, dump_frame *out) {
    out->says_periodic = line->n_words == first + 3;
    for (size_t i = 0; i < 3; i++) {
        const word *w = &line->words[first + i];
        if (out->says_periodic && w->end - w->p != 2)
            return false;
        out->cell.periodic[i] = !out->says_periodic || memcmp(w->p, "pp", 2) == 0;
    }
    return out->says_periodic || line->n_words == first;
}

static rise_status take_box(finder *f, size_t rest, rise_error *err) {
    size_t tilts, vectors;
    long line = f->line.number;
    double bounds[3][4] = {{0}};
    bool tilted = item_is(&f->line, "BOX BOUNDS xy xz yz", &tilts);
    bool general = item_is(&f->line, "BOX BOUNDS abc origin", &vectors);
    if (!take_flags(&f->line, tilted ? tilts : general ? vectors : rest, f->frame))
        return unexpected(f,
                          "ITEM: BOX BOUNDS, xy xz yz for a tilted box, and pp, ff, ... for x, "
                          "y and z",
                          err);
    rise_status s = take_bounds(f, tilted ? 3 : general ? 4 : 2, bounds, err);
    if (s != RISE_OK)
        return s;
    if (general)
        general_box(bounds, f->frame);
    else
        upright_box(bounds, tilted, f->frame);
    for (int i = 0; i < 3; i++)
        if (!general && !(f->frame->cell.vector[i][i] > 0))
            return rise_fail_at(err, RISE_E_DATA, f->text.path, line + 1 + i, 1,
                                "frame %zu: the box has no extent along %c", f->frame->index,
                                'x' + i);
    f->has_box = true;
    return cell_check(f->text.path, line, f->frame->index, &f->frame->cell, err);
}

/* ---- the columns ----------------------------------------------------------------------------- */
static const char *const positions[][3] = {
    {"x", "y", "z"}, {"xs", "ys", "zs"}, {"xu", "yu", "zu"}, {"xsu", "ysu", "zsu"}};
enum { N_POSITIONS = sizeof positions / sizeof positions[0] };

typedef struct columns {
    size_t n;
    size_t position[N_POSITIONS][3]; /* SIZE_MAX: not there */
    bool knows_species;
} columns;

static bool name_is(const char *p, const char *end, const char *name) {
    return (size_t)(end - p) == strlen(name) && memcmp(p, name, strlen(name)) == 0;
}

static void take_column(columns *c, const char *p, const char *end, dump_frame *out) {
    for (size_t k = 0; k < N_POSITIONS; k++)
        for (size_t i = 0; i < 3; i++)
            if (name_is(p, end, positions[k][i]))
                c->position[k][i] = c->n;
    uint8_t role = name_is(p, end, "id")        ? DUMP_ID
                   : name_is(p, end, "type")    ? DUMP_TYPE
                   : name_is(p, end, "element") ? DUMP_ELEMENT
                                                : DUMP_OTHER;
    c->knows_species = c->knows_species || role == DUMP_TYPE || role == DUMP_ELEMENT;
    if (c->n < DUMP_COLUMNS_MAX)
        out->role[c->n] = role;
    c->n++;
}

static bool choose_position(const columns *c, dump_frame *out) {
    for (size_t k = 0; k < N_POSITIONS; k++) {
        const size_t *at = c->position[k];
        if (at[0] >= DUMP_COLUMNS_MAX || at[1] >= DUMP_COLUMNS_MAX || at[2] >= DUMP_COLUMNS_MAX)
            continue;
        for (int i = 0; i < 3; i++)
            out->role[at[i]] = (uint8_t)(DUMP_X + i);
        out->scaled = k == 1 || k == 3;
        return true;
    }
    return false;
}

static rise_status lacks(const finder *f, const char *what, rise_error *err) {
    rise_fail_at(err, RISE_E_DATA, f->text.path, f->line.number, 1, "frame %zu has no %s",
                 f->frame->index, what);
    return rise_hint(err, "dump ID GROUP custom N FILE id type element x y z");
}

static rise_status take_columns(finder *f, rise_error *err) {
    columns c;
    memset(&c, 0xff, sizeof c);
    c.n = 0;
    c.knows_species = false;
    const char *end = f->line.end, *p = scan_skip(f->line.words[1].end, end);
    while (p < end) {
        const char *q = scan_token_end(p, end);
        take_column(&c, p, q, f->frame);
        p = scan_skip(q, end);
    }
    f->frame->n_columns = c.n;
    if (!choose_position(&c, f->frame))
        return lacks(f, "columns x y z, xs ys zs, xu yu zu or xsu ysu zsu", err);
    return c.knows_species ? RISE_OK : lacks(f, "column type or element", err);
}

/* ---- the frame ------------------------------------------------------------------------------- */
static rise_status take_count(finder *f, rise_error *err) {
    int64_t n = 0;
    if (!next_line(f))
        return cut_short(f, err);
    const word *w = &f->line.words[0];
    if (f->line.n_words != 1 || !scan_is_integer(w->p, w->end, &n) || n < 0)
        return unexpected(f, "a number of atoms", err);
    if (n == 0)
        return rise_fail_at(err, RISE_E_DATA, f->text.path, f->line.number, 1,
                            "frame %zu has no atoms", f->frame->index);
    f->frame->n_atoms = (size_t)n;
    f->has_count = true;
    return RISE_OK;
}

/* Past the rows; a file that ends within the last of them lacks its line end. */
static rise_status take_rows(finder *f, rise_error *err) {
    dump_frame *out = f->frame;
    out->rows = f->text.at;
    out->rows_line = f->text.line;
    const char *p = out->rows;
    for (size_t i = 0; i < out->n_atoms; i++) {
        const char *stop = p < f->text.end ? memchr(p, '\n', (size_t)(f->text.end - p)) : NULL;
        if (stop == NULL)
            return cut_short(f, err);
        p = stop + 1;
    }
    out->end = f->text.at = p;
    f->text.line += (long)out->n_atoms;
    return RISE_OK;
}

static rise_status take_units(finder *f, lammps_dump *dump, rise_error *err) {
    if (!next_line(f))
        return cut_short(f, err);
    const word *w = &f->line.words[0];
    size_t n = f->line.n_words == 1 ? (size_t)(w->end - w->p) : 0;
    if (n == 0 || n >= sizeof dump->units)
        return unexpected(f, "a style of units", err);
    memcpy(dump->units, w->p, n);
    dump->units[n] = 0;
    return RISE_OK;
}

/* Its items up to the rows, in whatever order. */
static rise_status take_items(finder *f, lammps_dump *dump, rise_error *err) {
    size_t rest;
    for (;;) {
        rise_status s = RISE_OK;
        if (!next_line(f))
            return cut_short(f, err);
        if (item_is(&f->line, "NUMBER OF ATOMS", &rest)) {
            s = take_count(f, err);
        } else if (item_is(&f->line, "BOX BOUNDS", &rest)) {
            s = take_box(f, rest, err);
        } else if (item_is(&f->line, "UNITS", &rest)) {
            s = take_units(f, dump, err);
        } else if (item_is(&f->line, "TIMESTEP", &rest) || item_is(&f->line, "TIME", &rest)) {
            if (!next_line(f))
                return cut_short(f, err);
        } else if (item_is(&f->line, "ATOMS", &rest)) {
            if (!f->has_count || !f->has_box)
                return unexpected(f, f->has_count ? "ITEM: BOX BOUNDS" : "ITEM: NUMBER OF ATOMS",
                                  err);
            s = take_columns(f, err);
            return s == RISE_OK ? take_rows(f, err) : s;
        } else {
            s = unexpected(f, "an ITEM of a dump of atoms", err);
            if (f->frame->index > 0)
                rise_hint(err, "does the frame before it have more rows than it announces?");
        }
        if (s != RISE_OK)
            return s;
    }
}

/* The line that was looked at last has no end: it was being written. */
static bool is_torn(const finder *f) {
    return f->text.at >= f->text.end && f->line.end == f->text.end;
}

static bool only_blanks(const char *p, const char *end) {
    while (p < end && (scan_is_blank(*p) || *p == '\n'))
        p++;
    return p == end;
}

rise_status lammps_dump_next(lammps_dump *dump, dump_frame *out, bool *more, rise_error *err) {
    *more = !only_blanks(dump->at, dump->end);
    if (!*more)
        return RISE_OK;
    *out = (dump_frame){.index = dump->n_frames, .line = dump->line, .begin = dump->at};
    finder f = {.text = {dump->path, dump->begin, dump->at, dump->end, dump->line}, .frame = out};
    rise_status s = take_items(&f, dump, err);
    if (s != RISE_OK && !f.cut && is_torn(&f))
        s = cut_short(&f, err);
    if (s != RISE_OK && dump->leave_out && f.cut) {
        *err = (rise_error){0};
        dump->cut = true;
        *more = false;
        return RISE_OK;
    }
    if (s != RISE_OK)
        return s;
    memcpy(out->units, dump->units, sizeof out->units);
    dump->at = f.text.at;
    dump->line = f.text.line;
    dump->n_frames++;
    return RISE_OK;
}

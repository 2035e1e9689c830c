/* reader/extxyz.c: where frames begin and end, what their second line says, and their rows. Knows
 * nothing of nodes, ports or parameters. */
#include "extxyz.h"
#include "extxyz_inner.h"

#include "comment.h"
#include "kit/scan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void extxyz_open(extxyz_reader *xyz, const char *path, const void *bytes, size_t size) {
    const char *text = bytes;
    *xyz = (extxyz_reader){.path = path, .begin = text, .at = text, .line = 1};
    xyz->end = size > 0 ? text + size : text;
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) /* byte order mark */
        xyz->at += 3;
}

static const char *line_end(const char *p, const char *end) {
    const char *stop = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
    return stop != NULL ? stop : end;
}

/* Past blank lines; they may stand only at the end. */
static rise_status skip_blank_lines(extxyz_reader *xyz, rise_error *err) {
    long first = xyz->line;
    const char *p = xyz->at;
    while (p < xyz->end) {
        const char *stop = line_end(p, xyz->end);
        if (scan_skip(p, stop) != stop)
            break;
        p = stop < xyz->end ? stop + 1 : stop;
        xyz->line++;
    }
    if (p < xyz->end && xyz->line != first) {
        rise_fail_at(err, RISE_E_DATA, xyz->path, first, 1,
                     "frame %zu: expected a number of atoms, found a blank line", xyz->n_frames);
        return rise_hint(err, "blank lines may stand only at the end of the file");
    }
    xyz->at = p;
    return RISE_OK;
}

static rise_status take_count(extxyz_reader *xyz, extxyz_frame *f, rise_error *err) {
    const char *stop = line_end(xyz->at, xyz->end), *p = scan_skip(xyz->at, stop);
    int64_t n = 0;
    const char *q = scan_integer(p, stop, &n);
    if (q == NULL || n < 0 || scan_skip(q, stop) != stop) {
        char shown[SCAN_EXCERPT_MAX];
        rise_fail_at(err, RISE_E_DATA, xyz->path, xyz->line, (long)(p - xyz->at) + 1,
                     "frame %zu: expected a number of atoms alone on its line, found '%s'",
                     xyz->n_frames, scan_excerpt(shown, p, stop));
        return xyz->n_frames == 0
                   ? rise_hint(
                         err,
                         "extended XYZ, XYZ, LAMMPS data files and dumps, POSCAR and XDATCAR are "
                         "read; convert others (CIF), for example with `ase convert`")
                   : rise_hint(err, "does the frame before it have more rows than it announces?");
    }
    if (n == 0)
        return rise_fail_at(err, RISE_E_DATA, xyz->path, xyz->line, (long)(p - xyz->at) + 1,
                            "frame %zu has no atoms", xyz->n_frames);
    f->n_atoms = (size_t)n;
    xyz->at = stop;
    return RISE_OK;
}

static rise_status truncated(extxyz_reader *xyz, const extxyz_frame *f, size_t n_rows,
                             rise_error *err) {
    xyz->cut = true;
    rise_fail_at(err, RISE_E_DATA, xyz->path, f->line, 1,
                 "frame %zu is truncated: %zu atoms are announced, the file ends after %zu (byte "
                 "offset %zu)",
                 f->index, f->n_atoms, n_rows, (size_t)(xyz->end - xyz->begin));
    return rise_hint(err, "whatever wrote the file did not finish: incomplete: leave-out takes the "
                          "frames before it");
}

/* Finds the text of the frame; xyz->at moves behind it only when all of it is there. */
static rise_status take_extent(extxyz_reader *xyz, extxyz_frame *f, rise_error *err) {
    if (xyz->at >= xyz->end || xyz->at + 1 >= xyz->end)
        return truncated(xyz, f, 0, err);
    f->comment = xyz->at + 1;
    f->comment_end = line_end(f->comment, xyz->end);
    if (f->comment_end - f->comment > EXTXYZ_LINE_MAX)
        return rise_fail_at(err, RISE_E_DATA, xyz->path, f->line + 1, 1,
                            "frame %zu: the comment line is longer than %d bytes", f->index,
                            EXTXYZ_LINE_MAX);
    const char *p = f->comment_end < xyz->end ? f->comment_end + 1 : xyz->end;
    f->atoms = p;
    if (f->comment_end > f->comment && f->comment_end[-1] == '\r')
        f->comment_end--;
    for (size_t i = 0; i < f->n_atoms; i++) {
        if (p >= xyz->end)
            return truncated(xyz, f, i, err);
        const char *stop = line_end(p, xyz->end);
        p = stop < xyz->end ? stop + 1 : stop;
    }
    f->end = p;
    bool torn = p == xyz->end && p[-1] != '\n'; /* perhaps: the last number may lack digits */
    return torn && xyz->leave_out ? truncated(xyz, f, f->n_atoms - 1, err) : RISE_OK;
}

rise_status extxyz_next(extxyz_reader *xyz, extxyz_frame *out, bool *more, rise_error *err) {
    rise_status status = skip_blank_lines(xyz, err);
    if (status != RISE_OK)
        return status;
    *more = xyz->at < xyz->end;
    if (!*more)
        return RISE_OK;
    extxyz_frame f = {.index = xyz->n_frames, .line = xyz->line, .begin = xyz->at};
    status = take_count(xyz, &f, err);
    if (status == RISE_OK)
        status = take_extent(xyz, &f, err);
    if (status != RISE_OK && xyz->cut && xyz->leave_out) {
        *err = (rise_error){0};
        *more = false;
        return RISE_OK;
    }
    if (status == RISE_OK)
        status = extxyz_header(xyz, &f, err);
    if (status != RISE_OK)
        return status;
    xyz->at = f.end;
    xyz->line += 2 + (long)f.n_atoms;
    xyz->n_frames++;
    *out = f;
    return RISE_OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* Symbols met last: a frame has few. Names are packed into eight bytes. */
typedef struct name_cache {
    size_t n;
    uint64_t name[16];
    uint8_t number[16];
} name_cache;

typedef struct row_reader {
    const extxyz_reader *xyz;
    extxyz_frame *frame;
    const species_map *map;
    name_cache cache;
    size_t atom;
    const char *row; /* start of the row */
} row_reader;

static long row_line(const row_reader *r) {
    return r->frame->line + 2 + (long)r->atom;
}

static rise_status unknown_species(const row_reader *r, const char *p, const char *end,
                                   rise_error *err) {
    char shown[SCAN_EXCERPT_MAX], symbol[4] = "";
    scan_excerpt(shown, p, end);
    rise_fail_at(err, RISE_E_DATA, r->xyz->path, row_line(r), (long)(p - r->row) + 1,
                 "frame %zu, atom %zu: unknown species '%s'", r->frame->index, r->atom, shown);
    size_t n = (size_t)(end - p);
    for (size_t i = 0; n < sizeof symbol && i < n; i++)
        symbol[i] = (char)(i == 0 && p[i] >= 'a' && p[i] <= 'z'  ? p[i] - 'a' + 'A'
                           : i > 0 && p[i] >= 'A' && p[i] <= 'Z' ? p[i] - 'A' + 'a'
                                                                 : p[i]);
    if (rise_element_number(symbol) > 0)
        return rise_hint(err, "did you mean %s? then add species: {%s: %s}", symbol, shown, symbol);
    return rise_hint(err, "say which element it is: species: {%s: ELEMENT}", shown);
}

static rise_status take_species(row_reader *r, const char *p, const char *end, uint8_t *number,
                                rise_error *err) {
    size_t n = (size_t)(end - p);
    uint64_t name = 0;
    if (n <= sizeof name) {
        memcpy(&name, p, n);
        for (size_t i = 0; i < r->cache.n; i++)
            if (r->cache.name[i] == name) {
                *number = r->cache.number[i];
                return RISE_OK;
            }
    }
    bool known = species_map_find(r->map, p, n, number);
    if (!known && !r->frame->species_is_number)
        known = species_symbol(p, n, number);
    if (!known) {
        known = species_number(p, n, number);
        r->frame->saw_numbers |= known && !r->frame->species_is_number;
    }
    if (!known)
        return unknown_species(r, p, end, err);
    if (n <= sizeof name && r->cache.n < 16) {
        r->cache.name[r->cache.n] = name;
        r->cache.number[r->cache.n++] = *number;
    }
    return RISE_OK;
}

static rise_status bad_number(const row_reader *r, const char *p, const char *what,
                              rise_error *err) {
    const char *stop = p;
    while (stop < r->frame->end && *stop != '\n' && !scan_is_blank(*stop))
        stop++;
    char shown[SCAN_EXCERPT_MAX];
    return rise_fail_at(err, RISE_E_DATA, r->xyz->path, row_line(r), (long)(p - r->row) + 1,
                        "frame %zu, atom %zu: expected %s, found '%s'", r->frame->index, r->atom,
                        what, scan_excerpt(shown, p, stop));
}

static rise_status bad_columns(const row_reader *r, const char *p, size_t n_found,
                               rise_error *err) {
    const extxyz_frame *f = r->frame;
    char more[64] = "";
    size_t offset = (size_t)(p - r->xyz->begin);
    if (p >= r->xyz->end)
        snprintf(more, sizeof more, "; the file ends here (byte offset %zu)", offset);
    rise_fail_at(err, RISE_E_DATA, r->xyz->path, row_line(r), (long)(p - r->row) + 1,
                 "frame %zu, atom %zu: expected %s%zu columns, found %s%zu%s", f->index, r->atom,
                 f->plain ? "at least " : "", f->n_columns,
                 n_found > f->n_columns ? "more than " : "",
                 n_found > f->n_columns ? f->n_columns : n_found, more);
    if (n_found == 1)
        return rise_hint(err, "does frame %zu have fewer rows than the %zu it announces?", f->index,
                         f->n_atoms);
    return f->plain ? RISE_E_DATA : rise_hint(err, "the columns are those that Properties names");
}

static const char *skip_token(const char *p, const char *end) {
    while (p < end && !scan_is_blank(*p) && *p != '\n')
        p++;
    return p;
}

/* One row from *at; *at moves behind its line. */
static rise_status take_row(row_reader *r, const char **at, double position[3], uint8_t *species,
                            rise_error *err) {
    const extxyz_frame *f = r->frame;
    const char *p = *at, *end = f->end;
    r->row = p;
    for (size_t column = 0; column < f->n_columns; column++) {
        p = scan_skip(p, end);
        if (p >= end || *p == '\n')
            return bad_columns(r, p, column, err);
        if (column - f->position_column < 3) { /* unsigned: also false before that column */
            double *x = &position[column - f->position_column];
            const char *q = scan_number(p, end, x);
            if (q == NULL || (q < end && !scan_is_blank(*q) && *q != '\n'))
                return bad_number(r, p, "a coordinate", err);
            if (!isfinite(*x))
                return bad_number(r, p, "a finite coordinate", err);
            p = q;
        } else {
            const char *q = skip_token(p, end);
            if (column == f->species_column) {
                rise_status status = take_species(r, p, q, species, err);
                if (status != RISE_OK)
                    return status;
            }
            p = q;
        }
    }
    p = scan_skip(p, end);
    if (p < end && *p != '\n') {
        if (!f->plain)
            return bad_columns(r, p, f->n_columns + 1, err);
        p = line_end(p, end);
    }
    *at = p < end ? p + 1 : p;
    return RISE_OK;
}

rise_status extxyz_atoms(const extxyz_reader *xyz, extxyz_frame *frame, const species_map *map,
                         double (*positions)[3], uint8_t *species, rise_error *err) {
    row_reader r = {.xyz = xyz, .frame = frame, .map = map};
    const char *p = frame->atoms;
    for (r.atom = 0; r.atom < frame->n_atoms; r.atom++) {
        rise_status status = take_row(&r, &p, positions[r.atom], &species[r.atom], err);
        if (status != RISE_OK)
            return status;
    }
    return RISE_OK;
}

/* reader/lammps_data.c: the sections of a LAMMPS data file, in whatever order they come. Knows
 * nothing of nodes, ports or parameters. */
#include "lammps_data.h"
#include "lammps_inner.h"

#include "kit/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Titles of sections; only the first three are read. */
static const char *const sections[] = {"Atoms",
                                       "Masses",
                                       "Atom Type Labels",
                                       "Velocities",
                                       "Ellipsoids",
                                       "Lines",
                                       "Triangles",
                                       "Bodies",
                                       "Bonds",
                                       "Angles",
                                       "Dihedrals",
                                       "Impropers",
                                       "Bond Type Labels",
                                       "Angle Type Labels",
                                       "Dihedral Type Labels",
                                       "Improper Type Labels",
                                       "Pair Coeffs",
                                       "PairIJ Coeffs",
                                       "Bond Coeffs",
                                       "Angle Coeffs",
                                       "Dihedral Coeffs",
                                       "Improper Coeffs",
                                       "BondBond Coeffs",
                                       "BondAngle Coeffs",
                                       "MiddleBondTorsion Coeffs",
                                       "EndBondTorsion Coeffs",
                                       "AngleTorsion Coeffs",
                                       "AngleAngleTorsion Coeffs",
                                       "BondBond13 Coeffs",
                                       "AngleAngle Coeffs"};

enum { ATOMS = 0, MASSES = 1, LABELS = 2, N_SECTIONS = sizeof sections / sizeof sections[0] };

typedef struct parser {
    text_lines text;
    text_line line;
    lammps_header header;
    const char *atom_style;
    int section;        /* -1: header */
    bool expects_blank; /* a section title was just read */
    bool has_box, has_atoms_section;
    lammps_type *type; /* [header.n_types] */
    lammps_atoms reading;
    lammps_atom *atom; /* [header.n_atoms] */
    size_t n_atoms;    /* read so far */
    rise_cell cell;
} parser;

/* Which section the line opens, -1: none. Words between single blanks. */
static int find_section(const text_line *line) {
    char title[64];
    size_t used = 0;
    if (line->n_words == 0 || line->n_words > 3 || scan_is_digit(*line->words[0].p))
        return -1;
    for (size_t i = 0; i < line->n_words; i++) {
        size_t n = (size_t)(line->words[i].end - line->words[i].p);
        if (used + n + 2 > sizeof title)
            return -1;
        if (i > 0)
            title[used++] = ' ';
        memcpy(title + used, line->words[i].p, n);
        used += n;
    }
    title[used] = '\0';
    for (int s = 0; s < N_SECTIONS; s++)
        if (strcmp(title, sections[s]) == 0)
            return s;
    return -1;
}

/* Room for types and atoms, once the header is complete; no large count is believed that the rest
 * of the file could not hold (a row of Atoms has at least 9 bytes, a mass 4). */
static rise_status end_header(parser *p, rise_error *err) {
    const lammps_header *h = &p->header;
    size_t left = (size_t)(p->text.end - p->text.at);
    if (!h->has_atoms || !h->has_types) {
        rise_fail_at(err, RISE_E_DATA, p->text.path, p->line.number, 1,
                     "the header has no '%s' line", h->has_atoms ? "N atom types" : "N atoms");
        return rise_hint(err, "the first line of a data file is a title and never read: does the "
                              "header start there?");
    }
    if (h->n_atoms > left / 9 + 1 || (h->n_types > 10000 && h->n_types > left / 4))
        return rise_fail_at(err, RISE_E_DATA, p->text.path, p->line.number, 1,
                            "the file is truncated: %zu atoms of %zu types are announced, only %zu "
                            "bytes follow (byte offset %zu)",
                            h->n_atoms, h->n_types, left, (size_t)(p->text.end - p->text.begin));
    rise_status status = lammps_box(&p->text, p->line.number, h, &p->cell, p->reading.origin, err);
    if (status != RISE_OK)
        return status;
    p->type = calloc(h->n_types, sizeof *p->type);
    p->atom = calloc(h->n_atoms, sizeof *p->atom);
    if (p->type == NULL || p->atom == NULL)
        return rise_fail_nomem(err, "the atoms of a LAMMPS data file");
    p->reading.type = p->type;
    p->reading.n_types = h->n_types;
    p->has_box = true;
    return RISE_OK;
}

static rise_status short_section(const parser *p, rise_error *err) {
    rise_fail_at(err, RISE_E_DATA, p->text.path, p->line.number, 0,
                 "Atoms has %zu rows, the header announces %zu atoms (byte offset %zu)", p->n_atoms,
                 p->header.n_atoms, (size_t)(p->text.at - p->text.begin));
    return p->text.at >= p->text.end
               ? rise_hint(err, "the file is truncated: whatever wrote it did not finish")
               : RISE_E_DATA;
}

static rise_status open_section(parser *p, int section, rise_error *err) {
    if (p->section == ATOMS && p->n_atoms < p->header.n_atoms)
        return short_section(p, err);
    if (!p->has_box) {
        rise_status status = end_header(p, err);
        if (status != RISE_OK)
            return status;
    }
    p->section = section;
    p->expects_blank = true;
    if (section != ATOMS)
        return RISE_OK;
    if (p->has_atoms_section)
        return rise_fail_at(err, RISE_E_DATA, p->text.path, p->line.number, 1,
                            "a second Atoms section");
    p->has_atoms_section = true;
    return lammps_choose_style(&p->text, &p->line, p->atom_style, &p->reading.style, err);
}

static rise_status unknown_type(const parser *p, rise_error *err) {
    const word *w = &p->line.words[0];
    char shown[SCAN_EXCERPT_MAX];
    return rise_fail_at(err, RISE_E_DATA, p->text.path, p->line.number, line_column(&p->line, w->p),
                        "%s: expected an atom type of 1..%zu, found '%s'", sections[p->section],
                        p->header.n_types, scan_excerpt(shown, w->p, w->end));
}

static rise_status take_row(parser *p, rise_error *err) {
    const text_line *line = &p->line;
    if (p->section == ATOMS) {
        if (p->n_atoms == p->header.n_atoms)
            return rise_fail_at(err, RISE_E_DATA, p->text.path, line->number, 1,
                                "more rows in Atoms than the %zu atoms of the header", p->n_atoms);
        rise_status status =
            lammps_take_atom(&p->text, line, &p->reading, &p->atom[p->n_atoms], err);
        p->n_atoms += status == RISE_OK;
        return status;
    }
    if (p->section == MASSES) {
        size_t t = lammps_find_type(&line->words[0], p->type, p->header.n_types);
        if (t == 0)
            return unknown_type(p, err);
        if (line->n_words > 1)
            scan_is_number(line->words[1].p, line->words[1].end, &p->type[t - 1].mass);
        if (line->comment < line->comment_end)
            p->type[t - 1].comment =
                (word){line->comment, scan_token_end(line->comment, line->comment_end)};
    } else if (p->section == LABELS) {
        int64_t t;
        if (line->n_words != 2 || !scan_is_integer(line->words[0].p, line->words[0].end, &t) ||
            t < 1 || (uint64_t)t > p->header.n_types)
            return unknown_type(p, err);
        p->type[t - 1].label = line->words[1];
    }
    return RISE_OK;
}

static rise_status take_line(parser *p, rise_error *err) {
    const text_line *line = &p->line;
    char shown[SCAN_EXCERPT_MAX];
    if (p->expects_blank) {
        p->expects_blank = false;
        if (line->n_words == 0)
            return RISE_OK;
        rise_fail_at(err, RISE_E_DATA, p->text.path, line->number, 1,
                     "expected a blank line after '%s', found '%s'", sections[p->section],
                     scan_excerpt(shown, line->begin, line->end));
        return rise_hint(err, "LAMMPS itself skips that line unread: a row would be lost");
    }
    if (line->n_words == 0)
        return RISE_OK;
    int section = find_section(line);
    if (section >= 0)
        return open_section(p, section, err);
    if (p->section >= 0)
        return take_row(p, err);
    const word *w = &line->words[0];
    double number;
    if (!scan_is_number(w->p, w->end, &number)) {
        rise_fail_at(err, RISE_E_DATA, p->text.path, line->number, line_column(line, w->p),
                     "neither a header line nor a section: '%s'",
                     scan_excerpt(shown, w->p, line->end));
        return rise_hint(err, "titles are spelled as in LAMMPS' read_data, 'Atoms' for one");
    }
    return lammps_take_header(&p->text, line, &p->header, err);
}

static int by_id(const void *a, const void *b) {
    int64_t x = ((const lammps_atom *)a)->id, y = ((const lammps_atom *)b)->id;
    return x < y ? -1 : x > y;
}

/* As most programs write them. */
static bool in_order(const parser *p) {
    for (size_t i = 1; i < p->n_atoms; i++)
        if (p->atom[i].id <= p->atom[i - 1].id)
            return false;
    return true;
}

static rise_status sort_atoms(parser *p, rise_error *err) {
    if (in_order(p))
        return RISE_OK;
    qsort(p->atom, p->n_atoms, sizeof *p->atom, by_id);
    for (size_t i = 1; i < p->n_atoms; i++) {
        const lammps_atom *a = &p->atom[i];
        if (a->id != a[-1].id)
            continue;
        long later = a->line > a[-1].line ? a->line : a[-1].line;
        return rise_fail_at(err, RISE_E_DATA, p->text.path, later, 1,
                            "atom id %lld is given twice, also in line %ld", (long long)a->id,
                            a->line + a[-1].line - later);
    }
    return RISE_OK;
}

static rise_status fill(const parser *p, const species_map *map, lammps_data *out,
                        rise_error *err) {
    size_t n = p->header.n_atoms;
    out->positions = malloc(n * sizeof *out->positions);
    out->species = malloc(n);
    uint8_t *element = calloc(p->header.n_types, 1); /* 0: not asked yet */
    rise_status status = RISE_OK;
    if (out->positions == NULL || out->species == NULL || element == NULL)
        status = rise_fail_nomem(err, "the atoms of a LAMMPS data file");
    for (size_t i = 0; i < n && status == RISE_OK; i++) {
        const lammps_atom *a = &p->atom[i];
        uint8_t *z = &element[a->type - 1];
        if (*z == 0)
            status =
                lammps_element(&p->text, a->line, p->type, p->header.n_types, a->type, map, z, err);
        memcpy(out->positions[i], a->x, sizeof a->x);
        out->species[i] = *z;
    }
    free(element);
    out->n_atoms = n;
    out->cell = p->cell;
    return status;
}

/* "units = metal" in the title line that write_data leaves. */
static void take_units(const text_line *title, lammps_data *out) {
    static const char key[] = "units = ";
    size_t n = sizeof key - 1;
    for (const char *p = title->begin; (size_t)(title->end - p) > n; p++)
        if (memcmp(p, key, n) == 0) {
            const char *q = p + n;
            for (size_t i = 0;
                 i + 1 < sizeof out->units && q < title->end && *q >= 'a' && *q <= 'z'; i++)
                out->units[i] = *q++;
            return;
        }
}

rise_status lammps_data_parse(const char *path, const void *bytes, size_t size,
                              const char *atom_style, const species_map *map, lammps_data *out,
                              rise_error *err) {
    const char *begin = bytes;
    parser p = {.text = {path, begin, begin, size > 0 ? begin + size : begin, 1},
                .atom_style = atom_style,
                .section = -1};
    lammps_data data = {0};
    rise_status status = RISE_OK;
    if (lines_next(&p.text, &p.line))
        take_units(&p.line, &data);
    while (status == RISE_OK && lines_next(&p.text, &p.line))
        status = take_line(&p, err);
    if (status == RISE_OK && !p.has_atoms_section) {
        status =
            rise_fail_at(err, RISE_E_DATA, path, p.line.number, 0, "there is no Atoms section");
        if (!p.header.has_atoms)
            status = rise_hint(err, "is this a LAMMPS data file? the first line is a title, then "
                                    "comes 'N atoms'");
    } else if (status == RISE_OK && p.n_atoms < p.header.n_atoms) {
        status = short_section(&p, err);
    }
    if (status == RISE_OK) {
        status = sort_atoms(&p, err);
        if (status == RISE_OK)
            status = fill(&p, map, &data, err);
    }
    free(p.atom);
    free(p.type);
    if (status != RISE_OK) {
        lammps_data_free(&data);
        return status;
    }
    *out = data;
    return RISE_OK;
}

void lammps_data_free(lammps_data *data) {
    free(data->positions);
    free(data->species);
    *data = (lammps_data){0};
}

bool lammps_data_looks_like(const void *bytes, size_t size) {
    const char *begin = bytes;
    text_lines text = {"", begin, begin, size > 0 ? begin + size : begin, 1};
    text_line line;
    int64_t n;
    if (!lines_next(&text, &line))
        return false;
    for (int i = 0; i < 50 && lines_next(&text, &line); i++)
        if (line.n_words == 2 && word_is(&line.words[1], "atoms") &&
            scan_is_integer(line.words[0].p, line.words[0].end, &n))
            return true;
    return false;
}

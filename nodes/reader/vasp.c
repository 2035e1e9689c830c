/* reader/vasp.c: configurations of POSCAR and XDATCAR, and their rows. Knows nothing of nodes,
 * ports or parameters. */
#include "vasp.h"
#include "vasp_inner.h"

#include "kit/scan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void vasp_open(vasp_reader *vasp, const char *path, const void *bytes, size_t size) {
    const char *text = bytes;
    *vasp = (vasp_reader){.path = path, .begin = text, .at = text, .line = 1};
    vasp->end = size > 0 ? text + size : text;
}

static text_lines lines_of(const vasp_reader *vasp) {
    return (text_lines){vasp->path, vasp->begin, vasp->at, vasp->end, vasp->line};
}

bool vasp_looks_like(const void *bytes, size_t size) {
    const char *begin = bytes;
    text_lines text = {"", begin, begin, size > 0 ? begin + size : begin, 1};
    text_line line;
    double number[3];
    bool so = lines_next(&text, &line) && lines_next(&text, &line) &&
              line_numbers(&line, 0, 1, number) && (line.n_words == 1 || line.n_words == 3);
    for (int i = 0; so && i < 3; i++)
        so = lines_next(&text, &line) && line_numbers(&line, 0, 3, number) && line.n_words == 3;
    return so;
}

/* ---- where a configuration begins ------------------------------------------------------------ */
/* "Direct configuration=     1" */
static bool is_configuration(const text_line *line) {
    static const char word_begins[] = "configuration=";
    return line->n_words >= 2 &&
           (size_t)(line->words[1].end - line->words[1].p) >= sizeof word_begins - 1 &&
           memcmp(line->words[1].p, word_begins, sizeof word_begins - 1) == 0;
}

static char first_letter(const text_line *line) {
    return line->n_words > 0 ? *line->words[0].p : '\0';
}

/* As VASP reads it: the first letter decides, whatever follows. */
static bool is_cartesian(const text_line *line) {
    return strchr("CcKk", first_letter(line)) != NULL && first_letter(line) != '\0';
}

/* The line before the rows; text->at moves behind it. */
static rise_status take_mode(text_lines *text, vasp_reader *vasp, vasp_frame *out,
                             rise_error *err) {
    text_line line;
    bool there = lines_next(text, &line);
    if (there && (first_letter(&line) == 'S' || first_letter(&line) == 's'))
        there = lines_next(text, &line);
    if (!there)
        return rise_fail_at(err, RISE_E_DATA, vasp->path, text->line, 0,
                            "frame %zu: the file ends before the positions", vasp->n_frames);
    char shown[SCAN_EXCERPT_MAX];
    double number;
    if (line.n_words == 0 || line_numbers(&line, 0, 1, &number)) {
        rise_fail_at(err, RISE_E_DATA, vasp->path, line.number, 1,
                     "frame %zu: expected Direct or Cartesian, found '%s'", vasp->n_frames,
                     scan_excerpt(shown, line.begin, line.end));
        return rise_hint(err, "one number of atoms for each symbol, then Direct or Cartesian");
    }
    vasp->trajectory = is_configuration(&line);
    out->cartesian = is_cartesian(&line);
    return RISE_OK;
}

static rise_status cut_short(vasp_reader *vasp, rise_error *err) {
    vasp->cut = true;
    rise_fail_at(err, RISE_E_DATA, vasp->path, vasp->line, 0,
                 "frame %zu is not complete: the file ends within it (byte offset %zu)",
                 vasp->n_frames, (size_t)(vasp->end - vasp->begin));
    return rise_hint(err, "VASP was stopped while it wrote: incomplete: leave-out takes the frames "
                          "before it");
}

static rise_status take_rows(text_lines *text, vasp_reader *vasp, vasp_frame *out,
                             rise_error *err) {
    out->rows = text->at;
    out->rows_line = text->line;
    const char *p = text->at;
    for (size_t i = 0; i < vasp->head.n_atoms; i++) {
        const char *stop = p < text->end ? memchr(p, '\n', (size_t)(text->end - p)) : NULL;
        bool last = i + 1 == vasp->head.n_atoms && p < text->end;
        if (stop == NULL && (vasp->trajectory || !last)) /* the last number may be torn */
            return cut_short(vasp, err);
        p = stop ? stop + 1 : text->end;
    }
    out->end = text->at = p;
    text->line += (long)vasp->head.n_atoms;
    return RISE_OK;
}

/* A new head, where the lattice changes. */
static rise_status take_frame(text_lines *text, vasp_reader *vasp, vasp_frame *out,
                              rise_error *err) {
    text_lines ahead = *text;
    text_line line;
    bool goes_on = vasp->head.begin && lines_next(&ahead, &line) && is_configuration(&line);
    rise_status s = RISE_OK;
    if (!goes_on)
        s = vasp_take_head(text, vasp->n_frames, &vasp->head, err);
    out->begin = text->at;
    if (s == RISE_OK)
        s = take_mode(text, vasp, out, err);
    return s == RISE_OK ? take_rows(text, vasp, out, err) : s;
}

/* What follows the rows of a POSCAR is none of ours. */
static bool another(const vasp_reader *vasp) {
    const char *p = vasp->at;
    if (vasp->n_frames == 0 || !vasp->trajectory)
        return vasp->n_frames == 0;
    while (p < vasp->end && (scan_is_blank(*p) || *p == '\n'))
        p++;
    return p < vasp->end;
}

rise_status vasp_next(vasp_reader *vasp, vasp_frame *out, bool *more, rise_error *err) {
    *more = another(vasp);
    if (!*more)
        return RISE_OK;
    *out = (vasp_frame){.index = vasp->n_frames};
    text_lines text = lines_of(vasp);
    rise_status s = take_frame(&text, vasp, out, err);
    if (s != RISE_OK && vasp->n_frames > 0 && !vasp->cut && text.at >= text.end)
        s = cut_short(vasp, err);
    if (s != RISE_OK && vasp->cut && vasp->leave_out) {
        *err = (rise_error){0};
        *more = false;
        return RISE_OK;
    }
    if (s != RISE_OK)
        return s;
    vasp->at = text.at;
    vasp->line = text.line;
    vasp->n_frames++;
    return RISE_OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */
static rise_status no_element(const vasp_reader *vasp, size_t k, rise_error *err) {
    const vasp_kind *kind = &vasp->head.kind[k];
    char shown[SCAN_EXCERPT_MAX];
    if (kind->name == NULL) {
        rise_fail_at(err, RISE_E_DATA, vasp->path, vasp->head.names_line, 1,
                     "frame %zu: the file does not say which elements its %zu kinds of atoms are "
                     "(the format of VASP 4)",
                     vasp->n_frames - 1, vasp->head.n_kinds);
        return rise_hint(err, "species: {1: ELEMENT, 2: ELEMENT}, in the order of the numbers");
    }
    scan_excerpt(shown, kind->name, kind->name_end);
    rise_fail_at(err, RISE_E_DATA, vasp->path, vasp->head.names_line, 0,
                 "frame %zu: '%s' is no element", vasp->n_frames - 1, shown);
    return rise_hint(err, "species: {%s: ELEMENT}", shown);
}

/* Without symbols what the user says of its number; else of its name, then the symbol before _ or
 * /.
 */
static rise_status find_element(const vasp_reader *vasp, size_t k, const species_map *map,
                                uint8_t *number, rise_error *err) {
    const vasp_kind *kind = &vasp->head.kind[k];
    char place[24];
    int digits = snprintf(place, sizeof place, "%zu", k + 1);
    if (kind->name == NULL)
        return species_map_find(map, place, (size_t)digits, number) ? RISE_OK
                                                                    : no_element(vasp, k, err);
    size_t size = (size_t)(kind->name_end - kind->name), plain = 0;
    while (plain < size && kind->name[plain] != '_' && kind->name[plain] != '/')
        plain++;
    if (species_map_find(map, kind->name, size, number) ||
        species_symbol(kind->name, plain, number))
        return RISE_OK;
    return no_element(vasp, k, err);
}

static rise_status take_row(const vasp_reader *vasp, const vasp_frame *frame, size_t atom,
                            const char **at, double x[3], rise_error *err) {
    const char *p = *at, *end = frame->end;
    for (int i = 0; i < 3; i++) {
        p = scan_skip(p, end);
        const char *q = p < end ? scan_number(p, end, &x[i]) : NULL;
        if (q == NULL || (q < end && !scan_is_blank(*q) && *q != '\n') || !isfinite(x[i])) {
            char shown[SCAN_EXCERPT_MAX];
            const char *stop = p;
            while (stop < end && *stop != '\n' && !scan_is_blank(*stop))
                stop++;
            return rise_fail_at(err, RISE_E_DATA, vasp->path, frame->rows_line + (long)atom,
                                (long)(p - *at) + 1,
                                "frame %zu: expected a finite coordinate, found '%s'", frame->index,
                                scan_excerpt(shown, p, stop));
        }
        p = q;
    }
    const char *stop = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
    *at = stop ? stop + 1 : end;
    return RISE_OK;
}

static void place(const vasp_head *head, bool cartesian, double position[3]) {
    double x[3];
    memcpy(x, position, sizeof x);
    for (int i = 0; i < 3; i++)
        position[i] = cartesian ? x[i] * head->scale[i]
                                : x[0] * head->cell.vector[0][i] + x[1] * head->cell.vector[1][i] +
                                      x[2] * head->cell.vector[2][i];
}

rise_status vasp_atoms(const vasp_reader *vasp, const vasp_frame *frame, const species_map *map,
                       double (*positions)[3], uint8_t *species, rise_error *err) {
    const char *p = frame->rows;
    size_t atom = 0;
    for (size_t k = 0; k < vasp->head.n_kinds; k++) {
        uint8_t number = 0;
        rise_status s = vasp->head.kind[k].n ? find_element(vasp, k, map, &number, err) : RISE_OK;
        for (size_t i = 0; s == RISE_OK && i < vasp->head.kind[k].n; i++, atom++) {
            s = take_row(vasp, frame, atom, &p, positions[atom], err);
            place(&vasp->head, frame->cartesian, positions[atom]);
            species[atom] = number;
        }
        if (s != RISE_OK)
            return s;
    }
    return RISE_OK;
}

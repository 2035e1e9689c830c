/* reader/lammps_header.c: the header of a LAMMPS data file, and its box. */
#include "lammps_inner.h"

#include "cell.h"
#include "kit/scan.h"

#include <math.h>
#include <string.h>

static bool words_are(const text_line *line, size_t first, const char *const *words, size_t n) {
    if (line->n_words != first + n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!word_is(&line->words[first + i], words[i]))
            return false;
    return true;
}

static rise_status take_numbers(const text_lines *text, const text_line *line, size_t n,
                                double *out, rise_error *err) {
    for (size_t i = 0; i < n; i++) {
        const word *w = &line->words[i];
        char shown[SCAN_EXCERPT_MAX];
        if (!scan_is_number(w->p, w->end, &out[i]) || !isfinite(out[i]))
            return rise_fail_at(err, RISE_E_DATA, text->path, line->number, line_column(line, w->p),
                                "expected a finite number in the header, found '%s'",
                                scan_excerpt(shown, w->p, w->end));
    }
    return RISE_OK;
}

static rise_status take_count(const text_lines *text, const text_line *line, size_t *out, bool *has,
                              rise_error *err) {
    const word *w = &line->words[0];
    int64_t n;
    char shown[SCAN_EXCERPT_MAX];
    if (!scan_is_integer(w->p, w->end, &n) || n < 1)
        return rise_fail_at(err, RISE_E_DATA, text->path, line->number, line_column(line, w->p),
                            "expected a count of at least 1, found '%s'",
                            scan_excerpt(shown, w->p, w->end));
    *out = (size_t)n;
    *has = true;
    return RISE_OK;
}

rise_status lammps_take_header(const text_lines *text, const text_line *line, lammps_header *h,
                               rise_error *err) {
    static const char *const bounds[3][2] = {{"xlo", "xhi"}, {"ylo", "yhi"}, {"zlo", "zhi"}};
    static const char *const vectors[3] = {"avec", "bvec", "cvec"};
    static const char *const tilt[3] = {"xy", "xz", "yz"};
    static const char *const origin[2] = {"abc", "origin"};
    static const char *const atoms[1] = {"atoms"}, *const types[2] = {"atom", "types"};
    if (words_are(line, 1, atoms, 1))
        return take_count(text, line, &h->n_atoms, &h->has_atoms, err);
    if (words_are(line, 1, types, 2))
        return take_count(text, line, &h->n_types, &h->has_types, err);
    for (int i = 0; i < 3; i++) {
        if (words_are(line, 2, bounds[i], 2)) {
            double v[2];
            rise_status status = take_numbers(text, line, 2, v, err);
            if (status != RISE_OK)
                return status;
            h->low[i] = v[0];
            h->high[i] = v[1];
            h->has_bounds[i] = true;
            if (!(v[1] > v[0]))
                return rise_fail_at(err, RISE_E_DATA, text->path, line->number, 1,
                                    "%s %g is not above %s %g", bounds[i][1], v[1], bounds[i][0],
                                    v[0]);
            return RISE_OK;
        }
        if (words_are(line, 3, &vectors[i], 1)) {
            h->has_vector[i] = true;
            return take_numbers(text, line, 3, h->vector[i], err);
        }
    }
    if (words_are(line, 3, tilt, 3)) {
        h->has_tilt = true;
        return take_numbers(text, line, 3, h->tilt, err);
    }
    if (words_are(line, 3, origin, 2)) {
        h->has_origin = true;
        return take_numbers(text, line, 3, h->origin, err);
    }
    return RISE_OK;
}

rise_status lammps_box(const text_lines *text, long line, const lammps_header *h, rise_cell *cell,
                       double origin[3], rise_error *err) {
    static const char axis[] = "xyz";
    bool general = h->has_vector[0] || h->has_vector[1] || h->has_vector[2];
    for (int i = 0; i < 3; i++) {
        if (general ? h->has_vector[i] : h->has_bounds[i])
            continue;
        rise_fail_at(err, RISE_E_DATA, text->path, line, 0,
                     general ? "the header has no %cvec line" : "the header has no %clo %chi line",
                     general ? 'a' + i : axis[i], axis[i]);
        return rise_hint(err, "the first line of a data file is a title and never read");
    }
    *cell = (rise_cell){.periodic = {true, true, true}};
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++)
            cell->vector[i][k] = general ? h->vector[i][k] : 0.0;
        if (!general)
            cell->vector[i][i] = h->high[i] - h->low[i];
        origin[i] = general ? (h->has_origin ? h->origin[i] : 0.0) : h->low[i];
    }
    if (!general && h->has_tilt) {
        cell->vector[1][0] = h->tilt[0];
        cell->vector[2][0] = h->tilt[1];
        cell->vector[2][1] = h->tilt[2];
    }
    return cell_check(text->path, line, 0, cell, err);
}

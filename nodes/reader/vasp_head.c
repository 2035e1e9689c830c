/* reader/vasp_head.c: lattice, kinds and numbers of atoms. */
#include "vasp_inner.h"

#include "cell.h"
#include "kit/scan.h"

#include <math.h>
#include <string.h>

typedef struct taker {
    text_lines *text;
    text_line line;
    vasp_head *head;
    size_t frame;
} taker;

static rise_status ends_early(const taker *t, const char *before, rise_error *err) {
    return rise_fail_at(err, RISE_E_DATA, t->text->path, t->text->line, 0,
                        "frame %zu: the file ends before %s", t->frame, before);
}

static rise_status unexpected(const taker *t, const char *expected, rise_error *err) {
    char shown[SCAN_EXCERPT_MAX];
    const char *p = t->line.n_words > 0 ? t->line.words[0].p : t->line.begin;
    return rise_fail_at(err, RISE_E_DATA, t->text->path, t->line.number, line_column(&t->line, p),
                        "frame %zu: expected %s, found '%s'", t->frame, expected,
                        scan_excerpt(shown, p, t->line.end));
}

static double volume(const rise_cell *cell) {
    const double(*v)[3] = cell->vector;
    return v[0][0] * (v[1][1] * v[2][2] - v[1][2] * v[2][1]) -
           v[0][1] * (v[1][0] * v[2][2] - v[1][2] * v[2][0]) +
           v[0][2] * (v[1][0] * v[2][1] - v[1][1] * v[2][0]);
}

/* One factor, three, or minus the volume of the cell. */
static rise_status take_lattice(taker *t, rise_error *err) {
    double scale[3], *factor = t->head->scale;
    long scale_line;
    if (!lines_next(t->text, &t->line))
        return ends_early(t, "the scale", err);
    bool three = line_numbers(&t->line, 0, 3, scale);
    if (!three && !line_numbers(&t->line, 0, 1, scale))
        return unexpected(t, "a scale, or three", err);
    if (three && !(scale[0] > 0 && scale[1] > 0 && scale[2] > 0))
        return unexpected(t, "three scales above 0", err);
    if (!three && scale[0] == 0)
        return unexpected(t, "a scale above 0, or minus a volume", err);
    scale_line = t->line.number;
    for (int i = 0; i < 3; i++) {
        if (!lines_next(t->text, &t->line))
            return ends_early(t, "the end of the lattice", err);
        if (!line_numbers(&t->line, 0, 3, t->head->cell.vector[i]))
            return unexpected(t, "a lattice vector", err);
        t->head->cell.periodic[i] = true;
    }
    double one = scale[0] > 0 ? scale[0] : cbrt(-scale[0] / fabs(volume(&t->head->cell)));
    for (int k = 0; k < 3; k++)
        factor[k] = three ? scale[k] : one;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            t->head->cell.vector[i][k] *= factor[k];
    return cell_check(t->text->path, scale_line, t->frame, &t->head->cell, err);
}

static bool is_count(const word *w, int64_t *n) {
    return scan_is_integer(w->p, w->end, n);
}

static rise_status take_names(taker *t, rise_error *err) {
    int64_t n;
    if (!lines_next(t->text, &t->line))
        return ends_early(t, "the symbols", err);
    t->head->names_line = t->line.number;
    if (t->line.n_words == 0)
        return unexpected(t, "the symbols of the atoms", err);
    if (is_count(&t->line.words[0], &n))
        return RISE_OK; /* VASP 4 */
    if (t->line.n_words > VASP_KINDS_MAX)
        return unexpected(t, "at most 64 kinds of atoms", err);
    for (size_t i = 0; i < t->line.n_words; i++) {
        t->head->kind[i].name = t->line.words[i].p;
        t->head->kind[i].name_end = t->line.words[i].end;
    }
    t->head->n_kinds = t->line.n_words;
    if (!lines_next(t->text, &t->line))
        return ends_early(t, "the numbers of atoms", err);
    return RISE_OK;
}

/* What follows the numbers on their line is a remark. */
static rise_status take_counts(taker *t, rise_error *err) {
    vasp_head *h = t->head;
    size_t n = 0, most = h->n_kinds ? h->n_kinds : VASP_KINDS_MAX;
    int64_t count = 0;
    for (; n < most && n < t->line.n_words && is_count(&t->line.words[n], &count); n++) {
        if (count < 0 || count > INT32_MAX)
            return unexpected(t, "numbers of atoms", err);
        h->kind[n].n = (size_t)count;
        h->n_atoms += (size_t)count;
    }
    if (n == 0 || (h->n_kinds && n != h->n_kinds))
        return rise_fail_at(err, RISE_E_DATA, t->text->path, t->line.number, 1,
                            "frame %zu: %zu numbers of atoms for %zu symbols", t->frame, n,
                            h->n_kinds);
    if (h->n_atoms == 0)
        return rise_fail_at(err, RISE_E_DATA, t->text->path, t->line.number, 1,
                            "frame %zu has no atoms", t->frame);
    h->n_kinds = n;
    return RISE_OK;
}

rise_status vasp_take_head(text_lines *text, size_t frame, vasp_head *head, rise_error *err) {
    *head = (vasp_head){.begin = text->at, .line = text->line};
    taker t = {.text = text, .head = head, .frame = frame};
    if (!lines_next(text, &t.line))
        return ends_early(&t, "the lattice", err);
    rise_status s = take_lattice(&t, err);
    if (s == RISE_OK)
        s = take_names(&t, err);
    if (s == RISE_OK)
        s = take_counts(&t, err);
    head->end = text->at;
    return s;
}

/* reader/lammps_dump_rows.c: the rows of a dump's frame. */
#include "lammps_dump.h"
#include "lammps_dump_inner.h"

#include "kit/scan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What stands in the columns that tell what an atom is; SIZE 0: no such column. */
typedef struct kind {
    const char *type, *element;
    size_t type_size, element_size;
} kind;

/* Kinds met so far: a frame has few. Names are packed into eight bytes; longer ones are not kept.
 */
typedef struct kinds {
    size_t n;
    uint64_t type[32], element[32];
    uint8_t number[32];
    bool by_element[32]; /* the column element alone told */
} kinds;

typedef struct rows {
    const lammps_dump *dump;
    const dump_frame *frame;
    const species_map *map;
    kinds seen;
    size_t atom;
    const char *row; /* its start */
} rows;

static rise_status fail_here(const rows *r, const char *p, const char *what, rise_error *err) {
    const char *stop = p;
    while (stop < r->frame->end && *stop != '\n' && !scan_is_blank(*stop))
        stop++;
    char shown[SCAN_EXCERPT_MAX];
    return rise_fail_at(err, RISE_E_DATA, r->dump->path, r->frame->rows_line + (long)r->atom,
                        (long)(p - r->row) + 1, "frame %zu: expected %s, found '%s'",
                        r->frame->index, what, scan_excerpt(shown, p, stop));
}

/* ---- species --------------------------------------------------------------------------------- */
static rise_status no_element(const rows *r, const kind *k, rise_error *err) {
    char shown[SCAN_EXCERPT_MAX];
    if (k->element_size > 0) {
        fail_here(r, k->element, "an element", err);
        return k->type_size > 0
                   ? rise_hint(err, "say which element it is: species: {%s: ELEMENT}",
                               scan_excerpt(shown, k->type, k->type + k->type_size))
                   : rise_hint(err, "say which element it is: species: {%s: ELEMENT}",
                               scan_excerpt(shown, k->element, k->element + k->element_size));
    }
    scan_excerpt(shown, k->type, k->type + k->type_size);
    rise_fail_at(err, RISE_E_DATA, r->dump->path, r->frame->rows_line + (long)r->atom,
                 (long)(k->type - r->row) + 1,
                 "which element is atom type %s? The dump has no column element", shown);
    return rise_hint(err, "species: {%s: ELEMENT}, for each type of the file", shown);
}

/* LAMMPS writes C for every type where dump_modify did not say which element it is. */
enum { CARBON = 6 };

static rise_status disagree(const rows *r, const kind *k, uint8_t said, rise_error *err) {
    char type[SCAN_EXCERPT_MAX], name[SCAN_EXCERPT_MAX];
    rise_fail_at(err, RISE_E_DATA, r->dump->path, r->frame->rows_line + (long)r->atom,
                 (long)(k->element - r->row) + 1,
                 "frame %zu: the column element says %s, the parameter species says %s for type %s",
                 r->frame->index, scan_excerpt(name, k->element, k->element + k->element_size),
                 rise_element_symbol(said), scan_excerpt(type, k->type, k->type + k->type_size));
    return rise_hint(err, "leave type %s out of species, or say there what %s is", type, name);
}

/* What the user says of the name, then the symbol; what the user says of the type must not speak
 * against it. A type that is no number is a label, and may be a symbol too. */
static rise_status find_element(const rows *r, const kind *k, uint8_t *number, bool *by_element,
                                rise_error *err) {
    uint8_t by_type = 0;
    bool typed = k->type_size > 0 && species_map_find(r->map, k->type, k->type_size, &by_type);
    bool mapped =
        k->element_size > 0 && species_map_find(r->map, k->element, k->element_size, number);
    bool named =
        mapped || (k->element_size > 0 && species_symbol(k->element, k->element_size, number));
    if (named && typed && *number != by_type && (mapped || *number != CARBON))
        return disagree(r, k, by_type, err);
    *by_element = named && !typed;
    if (typed)
        *number = by_type;
    return typed || named || (k->element_size == 0 && species_symbol(k->type, k->type_size, number))
               ? RISE_OK
               : no_element(r, k, err);
}

static bool all_carbon(const kinds *seen, size_t now) {
    bool other = false;
    for (size_t i = 0; i < seen->n; i++) {
        if (!seen->by_element[i] || seen->number[i] != CARBON)
            return false;
        other = other || seen->type[i] != seen->type[now];
    }
    return other;
}

static rise_status take_kind(rows *r, const kind *k, uint8_t *number, rise_error *err) {
    kinds *seen = &r->seen;
    uint64_t type = 0, element = 0;
    bool small = k->type_size <= sizeof type && k->element_size <= sizeof element;
    bool by_element = false;
    if (small) {
        memcpy(&type, k->type, k->type_size);
        memcpy(&element, k->element, k->element_size);
        for (size_t i = 0; i < seen->n; i++)
            if (seen->type[i] == type && seen->element[i] == element) {
                *number = seen->number[i];
                return RISE_OK;
            }
    }
    rise_status s = find_element(r, k, number, &by_element, err);
    if (s != RISE_OK)
        return s;
    if (small && seen->n < sizeof seen->number) {
        seen->type[seen->n] = type;
        seen->element[seen->n] = element;
        seen->by_element[seen->n] = by_element;
        seen->number[seen->n++] = *number;
    }
    return RISE_OK;
}

static rise_status check_elements(const rows *r, rise_error *err) {
    if (r->seen.n < 2 || !all_carbon(&r->seen, 0))
        return RISE_OK;
    rise_fail_at(
        err, RISE_E_DATA, r->dump->path, r->frame->rows_line, 1,
        "frame %zu: the column element says C for every type, which LAMMPS also does where "
        "it was not told the elements",
        r->frame->index);
    return rise_hint(err, "say which they are: species: {1: ELEMENT, 2: ELEMENT}");
}

/* ---- a row ----------------------------------------------------------------------------------- */
static rise_status bad_columns(const rows *r, const char *p, bool more, rise_error *err) {
    rise_fail_at(err, RISE_E_DATA, r->dump->path, r->frame->rows_line + (long)r->atom,
                 (long)(p - r->row) + 1, "frame %zu: expected %zu columns, found %s",
                 r->frame->index, r->frame->n_columns, more ? "more" : "fewer");
    return rise_hint(err, "the columns are those that ITEM: ATOMS names");
}

static const char *token_end(const char *p) {
    while (!scan_is_blank(*p) && *p != '\n')
        p++;
    return p;
}

/* One row from *at; *at moves behind its line. Every row ends with a line end. */
static rise_status take_row(rows *r, const char **at, double position[3], int64_t *id, kind *what,
                            rise_error *err) {
    const dump_frame *f = r->frame;
    const char *p = *at, *end = f->end;
    r->row = p;
    for (size_t column = 0; column < f->n_columns; column++) {
        p = scan_skip(p, end);
        if (*p == '\n')
            return bad_columns(r, p, false, err);
        uint8_t role = column < DUMP_COLUMNS_MAX ? f->role[column] : DUMP_OTHER;
        const char *q;
        if (role >= DUMP_X) {
            double *x = &position[role - DUMP_X];
            q = scan_number(p, end, x);
            if (q == NULL || (!scan_is_blank(*q) && *q != '\n') || !isfinite(*x))
                return fail_here(r, p, "a finite coordinate", err);
        } else if (role == DUMP_ID) {
            q = scan_integer(p, end, id);
            if (q == NULL || (!scan_is_blank(*q) && *q != '\n'))
                return fail_here(r, p, "an atom id", err);
        } else {
            q = token_end(p);
            if (role == DUMP_TYPE)
                *what = (kind){p, what->element, (size_t)(q - p), what->element_size};
            else if (role == DUMP_ELEMENT)
                *what = (kind){what->type, p, what->type_size, (size_t)(q - p)};
        }
        p = q;
    }
    p = scan_skip(p, end);
    if (*p != '\n')
        return bad_columns(r, p, true, err);
    *at = p + 1;
    return RISE_OK;
}

static void place(const dump_frame *f, double position[3]) {
    double x[3];
    memcpy(x, position, sizeof x);
    for (int i = 0; i < 3; i++)
        position[i] = f->scaled ? x[0] * f->cell.vector[0][i] + x[1] * f->cell.vector[1][i] +
                                      x[2] * f->cell.vector[2][i]
                                : x[i] - f->origin[i];
}

/* ---- by id ----------------------------------------------------------------------------------- */
typedef struct numbered {
    int64_t id;
    size_t row;
} numbered;

static int by_id(const void *a, const void *b) {
    const numbered *p = a, *q = b;
    return p->id != q->id ? (p->id < q->id ? -1 : 1) : (p->row < q->row ? -1 : p->row > q->row);
}

static bool in_order(const numbered *atom, size_t n) {
    for (size_t i = 1; i < n; i++)
        if (atom[i].id <= atom[i - 1].id)
            return false;
    return true;
}

static rise_status twice(const rows *r, const numbered *a, rise_error *err) {
    return rise_fail_at(err, RISE_E_DATA, r->dump->path, r->frame->rows_line + (long)a[1].row, 1,
                        "frame %zu: atom id %lld is given twice, also in line %ld", r->frame->index,
                        (long long)a->id, r->frame->rows_line + (long)a->row);
}

static rise_status sort_atoms(const rows *r, numbered *atom, double (*positions)[3],
                              uint8_t *species, rise_error *err) {
    size_t n = r->frame->n_atoms;
    if (in_order(atom, n))
        return RISE_OK;
    qsort(atom, n, sizeof *atom, by_id);
    for (size_t i = 1; i < n; i++)
        if (atom[i].id == atom[i - 1].id)
            return twice(r, &atom[i - 1], err);
    double(*x)[3] = malloc(n * sizeof *x);
    uint8_t *z = malloc(n);
    if (x && z) {
        memcpy(x, positions, n * sizeof *x);
        memcpy(z, species, n);
        for (size_t i = 0; i < n; i++) {
            memcpy(positions[i], x[atom[i].row], sizeof positions[i]);
            species[i] = z[atom[i].row];
        }
    }
    rise_status s = x && z ? RISE_OK : rise_fail_nomem(err, "the atoms of a dump");
    free(x);
    free(z);
    return s;
}

static bool has_id(const dump_frame *f) {
    return memchr(f->role, DUMP_ID, sizeof f->role) != NULL;
}

rise_status lammps_dump_atoms(const lammps_dump *dump, const dump_frame *frame,
                              const species_map *map, double (*positions)[3], uint8_t *species,
                              rise_error *err) {
    rows r = {.dump = dump, .frame = frame, .map = map};
    bool sorts = has_id(frame);
    numbered *atom = sorts ? malloc(frame->n_atoms * sizeof *atom) : NULL;
    rise_status s = sorts && !atom ? rise_fail_nomem(err, "the atoms of a dump") : RISE_OK;
    const char *p = frame->rows;
    for (; s == RISE_OK && r.atom < frame->n_atoms; r.atom++) {
        kind what = {"", "", 0, 0};
        int64_t id = 0;
        s = take_row(&r, &p, positions[r.atom], &id, &what, err);
        if (s == RISE_OK)
            s = take_kind(&r, &what, &species[r.atom], err);
        if (s != RISE_OK)
            break;
        place(frame, positions[r.atom]);
        if (sorts)
            atom[r.atom] = (numbered){id, r.atom};
    }
    if (s == RISE_OK)
        s = check_elements(&r, err);
    if (s == RISE_OK && sorts)
        s = sort_atoms(&r, atom, positions, species, err);
    free(atom);
    return s;
}

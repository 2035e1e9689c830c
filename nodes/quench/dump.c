/* quench/dump.c: the minimised structure, as the script has LAMMPS write it. */
#include "quench.h"

#include "kit/scan.h"

#include <string.h>

typedef struct rows {
    const char *at, *stop; /* of the file */
    const char *p, *end;   /* of the line */
    long line;
} rows;

static bool next(rows *r) {
    if (r->at >= r->stop)
        return false;
    const char *end = memchr(r->at, '\n', (size_t)(r->stop - r->at));
    r->p = r->at;
    r->end = end ? end : r->stop;
    r->at = end ? end + 1 : r->stop;
    r->line++;
    return true;
}

static bool is_text(rows *r, const char *text) {
    return next(r) && (size_t)(r->end - r->p) >= strlen(text) &&
           memcmp(r->p, text, strlen(text)) == 0;
}

static bool number(rows *r, double *value) {
    const char *p = scan_skip(r->p, r->end);
    r->p = scan_token_end(p, r->end);
    return scan_is_number(p, r->p, value);
}

static bool read_box(rows *r, double low[3], double cell[3]) {
    double high;
    if (!is_text(r, "ITEM: BOX BOUNDS pp pp pp"))
        return false;
    for (int k = 0; k < 3; k++) {
        if (!next(r) || !number(r, &low[k]) || !number(r, &high) || !(high > low[k]))
            return false;
        cell[k] = high - low[k];
    }
    return true;
}

static bool read_atoms(rows *r, const quench_mix *mix, const double low[3], double (*position)[3]) {
    size_t a = 0;
    for (size_t t = 0; t < mix->n; t++)
        for (size_t i = 0; i < mix->count[t]; i++, a++) {
            double id, type;
            if (!next(r) || !number(r, &id) || !number(r, &type) || id != (double)(a + 1) ||
                type != (double)(t + 1))
                return false;
            for (int k = 0; k < 3; k++) {
                if (!number(r, &position[a][k]))
                    return false;
                position[a][k] -= low[k];
            }
        }
    return !next(r);
}

rise_status quench_read_dump(const rise_file *file, const quench_mix *mix, double cell[3],
                             double (*position)[3], rise_error *err) {
    rows r = {(const char *)file->bytes, (const char *)file->bytes + file->size, NULL, NULL, 0};
    double n = 0, low[3], atoms = 0;
    for (size_t t = 0; t < mix->n; t++)
        atoms += (double)mix->count[t];
    bool ok = is_text(&r, "ITEM: TIMESTEP") && next(&r) && is_text(&r, "ITEM: NUMBER OF ATOMS") &&
              next(&r) && number(&r, &n) && n == atoms && read_box(&r, low, cell) &&
              is_text(&r, "ITEM: ATOMS id type x y z") && read_atoms(&r, mix, low, position);
    return ok ? RISE_OK
              : rise_fail(err, RISE_E_DATA, "line %ld of its dump is not as expected", r.line);
}

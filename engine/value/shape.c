/* Checks on sealed values: finite numbers, and shapes against the symbols of a port. */
#include "value/inside.h"

#include <stdio.h>
#include <string.h>

/* An exponent of all ones is an infinity or a NaN. Whole blocks are tested first, without a branch
 * for each number, so that the compiler can use vectors. */
enum { BLOCK = 1024 };

#define FINITE_SCAN(name, type, bits, exponent)                                                    \
    static size_t name(const type *x, size_t n) {                                                  \
        for (size_t start = 0; start < n; start += BLOCK) {                                        \
            size_t end = n - start < BLOCK ? n : start + BLOCK;                                    \
            bits odd = 0;                                                                          \
            for (size_t i = start; i < end; i++) {                                                 \
                bits b;                                                                            \
                memcpy(&b, &x[i], sizeof b);                                                       \
                odd |= (b & (exponent)) == (exponent);                                             \
            }                                                                                      \
            for (size_t i = start; odd && i < end; i++) {                                          \
                bits b;                                                                            \
                memcpy(&b, &x[i], sizeof b);                                                       \
                if ((b & (exponent)) == (exponent))                                                \
                    return i;                                                                      \
            }                                                                                      \
        }                                                                                          \
        return n;                                                                                  \
    }

/* Index of the first number that is not finite, n if there is none. */
FINITE_SCAN(scan_f32, float, uint32_t, UINT32_C(0x7f800000))
FINITE_SCAN(scan_f64, double, uint64_t, UINT64_C(0x7ff0000000000000))

bool value_finite(const rise_value *value, size_t *where) {
    size_t before = 0; /* numbers in front of the array at hand */
    if (value->kind == RISE_TENSOR) {
        const rise_tensor *t = &value->as.tensor;
        size_t n = rise_tensor_count(t), i = n;
        if (t->dtype == RISE_F32)
            i = scan_f32(t->data, n);
        if (t->dtype == RISE_F64)
            i = scan_f64(t->data, n);
        if (i < n && where)
            *where = i;
        return i == n;
    }
    for (size_t f = 0; value->kind == RISE_FRAMES && f < value->as.frames.n_frames; f++) {
        const rise_frame *frame = &value->as.frames.frame[f];
        size_t n = 3 * frame->n_atoms, i = scan_f64((const double *)frame->positions, n);
        if (i < n && where)
            *where = before + i;
        if (i < n || scan_f64(&frame->cell.vector[0][0], 9) < 9) {
            if (i == n && where)
                *where = before;
            return false;
        }
        before += n;
    }
    for (size_t c = 0; value->kind == RISE_TABLE && c < value->as.table.n_columns; c++) {
        const rise_column *column = &value->as.table.column[c];
        size_t n = value->as.table.n_rows, i = column->f64 ? scan_f64(column->f64, n) : n;
        if (i < n && where)
            *where = before + i;
        if (i < n)
            return false;
        before += n;
    }
    return true;
}

/* Symbols of "[a, b, c]". */
typedef struct symbols {
    char name[2 * RISE_MAX_RANK][RISE_NAME_MAX];
    int n;
    bool good;
} symbols;

static symbols parse_symbols(const char *shape) {
    symbols s = {0};
    const char *p = shape + strspn(shape, " ");
    if (*p++ != '[')
        return s;
    p += strspn(p, " ");
    while (*p && *p != ']') {
        size_t n = strcspn(p, ", ]");
        if (n == 0 || n >= RISE_NAME_MAX || s.n == 2 * RISE_MAX_RANK)
            return s;
        memcpy(s.name[s.n++], p, n);
        p += n;
        p += strspn(p, " ");
        if (*p == ',')
            p += 1 + strspn(p + 1, " ");
    }
    s.good = *p == ']';
    return s;
}

/* Do the symbols s.. match the dimensions d..? Recurses at "..." only. */
static bool matches(const symbols *s, int i, const rise_tensor *t, int d) {
    for (; i < s->n; i++, d++) {
        if (strcmp(s->name[i], "...") == 0) {
            for (int skip = d; skip <= t->rank; skip++)
                if (matches(s, i + 1, t, skip))
                    return true;
            return false;
        }
        if (d >= t->rank)
            return false;
        if (strcmp(s->name[i], "*") != 0 && strcmp(s->name[i], t->dim[d].name) != 0)
            return false;
    }
    return d == t->rank;
}

static void shape_text(const rise_tensor *t, char *text, size_t size) {
    size_t n = (size_t)snprintf(text, size, "[");
    for (int d = 0; d < t->rank && n < size; d++) {
        const char *comma = d ? ", " : "";
        if (t->offsets && d == 1)
            n += (size_t)snprintf(text + n, size - n, "%s%s: varying", comma, t->dim[d].name);
        else
            n += (size_t)snprintf(text + n, size - n, "%s%s: %zu", comma, t->dim[d].name,
                                  t->dim[d].size);
    }
    if (n < size)
        snprintf(text + n, size - n, "]");
}

const char *value_shape_mismatch(const rise_value *value, const char *shape, bool each,
                                 char why[256]) {
    const rise_tensor *t = rise_value_tensor(value);
    if (!shape || !t)
        return NULL;
    symbols s = parse_symbols(shape);
    if (!s.good) {
        snprintf(why, 256, "the port's shape \"%.80s\" is not of the form \"[a, b, ...]\"", shape);
        return why;
    }
    int first = each && s.n && strcmp(s.name[0], "frame") == 0 ? 1 : 0;
    if (matches(&s, first, t, 0))
        return NULL;
    char found[160];
    shape_text(t, found, sizeof found);
    snprintf(why, 256, "expected %.60s%s, found %s", shape, first ? " without frame" : "", found);
    return why;
}

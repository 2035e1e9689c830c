/* Shared by kit/leaders*.c: layout of the set, and the kernels. Nobody else includes this. */
#ifndef RISE_KIT_LEADERS_INNER_H
#define RISE_KIT_LEADERS_INNER_H

#include "leaders.h"

enum {
    LEADERS_ROWS = 6,        /* most rows of one kernel call */
    LEADERS_GROUP = 24,      /* rows screened together: a block of directions serves them all */
    LEADERS_PANEL = 16,      /* columns of one kernel call: directions, or leaders */
    LEADERS_FEW = 16,        /* directions of the quick look; a multiple of the panel */
    LEADERS_DIRECTIONS = 64, /* at most; a multiple of the panel */
    LEADERS_BLOCK = 64,      /* features summed in registers before they join the total */
    LEADERS_LANES = 16,      /* partial sums of S; vectors are padded with zeros to a multiple */
    LEADERS_SQUARES = 32     /* partial sums of `square` */
};

typedef struct leaders_kernels {
    /* c[r][j] += sum_k a[r][at[k]] b[k][j]; n_rows (4..6) rows a, b (k, 16) aligned, c (n_rows, 16)
     * with row length ldc. Rows of a may be given twice. */
    void (*panel)(size_t n_rows, size_t n_k, const float *const *a, const uint32_t *at,
                  const float *b, float *c, size_t ldc);
    /* S(x, y); n a multiple of 16, both 64-byte aligned */
    double (*dot)(size_t n, const double *x, const double *y);
    void (*widen)(size_t n, const float *x, double *wide);
    /* sum of x^2 in LEADERS_SQUARES partial sums, fused or not */
    float (*square)(size_t n, const float *x);
    /* Index of the largest, the lowest of equals, and the largest of the others; n > 0 a multiple
     * of 16, x 64-byte aligned, no NaN. */
    size_t (*largest)(size_t n, const float *x, float *second);
} leaders_kernels;

const leaders_kernels *leaders_kernels_reference(void);
const leaders_kernels *leaders_kernels_avx2(void); /* NULL where it was not built in */
const leaders_kernels *leaders_kernels_pick(void); /* the fastest that this processor has */

/* Directions, and what leaders look like along them. */
typedef struct leaders_level {
    /* Directions: 0 or a multiple of LEADERS_PANEL, columns of zeros fill it up. They are zero
     * outside some features, those that hold next to all there is. */
    size_t n, n_kept;
    uint32_t *kept;   /* [n_kept] ascending */
    float *direction; /* [n/16][n_kept][16] */
    double error;     /* rho of leaders_screen.c */
    double margin;    /* what a computed bound may be wrong by */
    float *screen;    /* [capacity/16][n + 1][16]: projection, then e */
    float *residual;  /* [capacity]: e, once more by leader */
} leaders_level;

struct leaders {
    size_t n_features;
    size_t n_padded; /* n_features up to a multiple of LEADERS_LANES */
    double limit;
    const leaders_kernels *kernel;

    size_t count, capacity; /* capacity: a multiple of LEADERS_PANEL */
    double *vector;         /* [capacity][n_padded], as given, zeros behind n_features */
    double *norm;           /* [capacity] |x| */

    leaders_level few; /* a quick look, enough to see that some leader is near */
    leaders_level all;
    size_t refined_at; /* count when the directions were made */
};

/* Scratch of one thread, carved from `work`. */
typedef struct leaders_work {
    double *wide;     /* [n_padded] one row in float64, zeros behind n_features */
    double *norm;     /* [64] |x| of the rows of a tile */
    bool *exact;      /* [64] is it that of the definition, or good to rounding of float32? */
    float *unit;      /* [24][n_features] kept features of rows that cannot be summed as they are */
    float *projected; /* [24][n + 1] Px, then e_x, so that one sum gives the bound */
    float *upper;     /* [24][leaders_columns] Px.Py + e_x e_y as computed; -inf: no such leader */
} leaders_work;

leaders_work leaders_work_carve(const leaders *set, void *work);
size_t leaders_columns(const leaders *set); /* count up to a multiple of LEADERS_PANEL */

void leaders_widen(const leaders *set, const rise_tile *tile, size_t row, double *wide);
/* Fills w->norm of all rows, as exact as screening needs. Index of the first bad one, or n_rows. */
size_t leaders_measure(const leaders *set, const rise_tile *tile, leaders_work *w);
/* |x| of the definition, by way of w->wide. */
double leaders_norm(const leaders *set, const rise_tile *tile, size_t row, leaders_work *w);
bool leaders_norm_is_good(double norm); /* no product of two overflows or vanishes */

/* w->projected[i] of row[i] of the tile, i < n <= 24; w->norm. */
void leaders_project(const leaders *set, const leaders_level *level, const rise_tile *tile,
                     const size_t *row, size_t n, leaders_work *w);
/* w->upper[i] of what was just projected, for the leaders first..count-1. */
void leaders_bound(const leaders *set, const leaders_level *level, size_t first, size_t n,
                   leaders_work *w);
/* Screening data of the leaders first..first+n-1, whose vectors and norms are in place. */
void leaders_screen(leaders *set, size_t first, size_t n, leaders_work *w);
void leaders_level_free(leaders_level *level);

#endif

/* Shared by kit/leaders*.c: layout of the set, and the kernels. Nobody else includes this. */
#ifndef RISE_KIT_LEADERS_INNER_H
#define RISE_KIT_LEADERS_INNER_H

#include "leaders.h"

enum {
    LEADERS_ROWS = 6,        /* rows of one kernel call */
    LEADERS_GROUP = 12,      /* rows screened together: a block of directions serves them all */
    LEADERS_PANEL = 16,      /* columns of one kernel call: directions, or leaders */
    LEADERS_DIRECTIONS = 32, /* at most; a multiple of the panel */
    LEADERS_BLOCK = 64,      /* features summed in registers before they join the total */
    LEADERS_LANES = 16       /* partial sums of S; vectors are padded with zeros to a multiple */
};

typedef struct leaders_kernels {
    /* c[r][j] += sum_k a[r][k] b[k][j]; six rows a (k), b (k, 16) aligned, c (6, 16) with row
     * length ldc. Rows may be given twice. */
    void (*panel)(size_t n_k, const float *const a[6], const float *b, float *c, size_t ldc);
    /* S(x, y); n a multiple of 16, both 64-byte aligned */
    double (*dot)(size_t n, const double *x, const double *y);
    void (*widen)(size_t n, const float *x, double *wide);
} leaders_kernels;

const leaders_kernels *leaders_kernels_reference(void);
const leaders_kernels *leaders_kernels_avx2(void); /* NULL where it was not built in */
const leaders_kernels *leaders_kernels_pick(void); /* the fastest that this processor has */

struct leaders {
    size_t n_features;
    size_t n_padded; /* n_features up to a multiple of LEADERS_LANES */
    double limit;
    const leaders_kernels *kernel;

    size_t count, capacity; /* capacity: a multiple of LEADERS_PANEL */
    double *vector;         /* [capacity][n_padded], as given, zeros behind n_features */
    double *norm;           /* [capacity] |x| */

    /* 0 (no screening yet) or a multiple of LEADERS_PANEL; columns of zeros fill it up */
    size_t n_directions;
    float *direction;     /* [n_directions/16][n_features][16] */
    double project_error; /* rho of leaders_screen.c */
    double margin;        /* what a computed bound may be wrong by */
    float *screen;        /* [capacity/16][n_directions + 1][16]: projection, then e */
    float *residual;      /* [capacity]: e, once more by leader */
    size_t refined_at;    /* count when the directions were made */
};

/* Scratch of one thread, carved from `work`. */
typedef struct leaders_work {
    double *wide;     /* [n_padded] one row in float64, zeros behind n_features */
    double *norm;     /* [64] |x| of the rows of a tile */
    float *unit;      /* [12][n_features] unit vectors of rows that cannot be summed as they are */
    float *projected; /* [12][n_directions + 1] Px, then e_x, so that one sum gives the bound */
    float *upper;     /* [12][leaders_columns] Px.Py + e_x e_y as computed */
} leaders_work;

leaders_work leaders_work_carve(const leaders *set, void *work);
size_t leaders_columns(const leaders *set); /* count up to a multiple of LEADERS_PANEL */

void leaders_widen(const leaders *set, const rise_tile *tile, size_t row, double *wide);
/* w->projected of rows first..first+n-1 of the tile, 1 <= n <= 12; norm[row of the tile]. */
void leaders_project(const leaders *set, const rise_tile *tile, const double *norm, size_t first,
                     size_t n, leaders_work *w);
/* w->upper of the n rows just projected, for the leaders from panel `first_panel` on. */
void leaders_bound(const leaders *set, size_t first_panel, size_t n, leaders_work *w);
/* Screening data of one leader, whose vector and norm are in place. */
void leaders_screen_one(leaders *set, size_t leader, leaders_work *w);

#endif

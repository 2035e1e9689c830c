/* Screening of kit/leaders: projections in float32 and how wrong they may be. Makes no decision.
 *
 * Error bound. eps = 2^-24, g(h) = h eps / (1 - h eps); u, v exact unit vectors of n features; R
 * the stored float32 directions, d of them, zero outside k features; delta >= |R R^T - 1|_F,
 * delta <= 1/4; Q = (R R^T)^(-1/2) R exactly orthonormal.
 *  1. c = R u is summed over x (as it is in float32, or |x|^-1 x rounded to it), scaled by |x|^-1
 *     and rounded: of relative error 2.1 eps. The sums run in blocks of 64, fused or not, whose
 *     totals are added: |error| <= g(64 + k/64 + 4) |row of R| |u| for each. Where |x| is a sum of
 *     squares in float32, in 32 parts, it is off by less than g(n/32 + 8) |x| (by half of that, the
 *     rest covers products of errors). Together
 *     |c - R u| <= tau = (sqrt(d) g(64 + k/64 + 4) + g(n/32 + 8) + 2.1 eps) (1 + delta).
 *  2. |Q u - R u| <= delta (1 + delta), so |c - Q u| <= rho = tau + delta (1 + delta).
 *  3. What is left of u outside the directions has the length sqrt(1 - |Qu|^2), and
 *     |Qu| >= |c| - rho; e is sqrt(1 - |c|^2 + 2 rho |c|), rounded up.
 *  4. |c_u.c_v - Qu.Qv| <= 2 rho (1 + rho) + rho^2; the float32 sum over d + 1 terms, which are
 *     at most 1 + 2 rho in all, adds less than 2 g(d + 4).
 *  5. S and the norms in float64 are themselves off by less than n 2^-52.
 * margin = 4 + 5: typically 1e-4, where e_x e_y is 1e-3 on metallic glasses. */
#include "leaders_inner.h"

#include <math.h>
#include <string.h>

/* Norms of float32 vectors whose sums of products neither overflow nor lose anything that the
 * bound above would notice. */
static const double plain_min = 1e-12, plain_max = 1e12;

static size_t round_up(size_t n, size_t unit) {
    return (n + unit - 1) / unit * unit;
}

size_t leaders_columns(const leaders *set) {
    return round_up(set->count, LEADERS_PANEL);
}

enum { PIECES = 6 };

/* Bytes of each piece in the order of leaders_work. `upper` comes last: the others do not move
 * when leaders_absorb adds up to a tile of leaders. */
static void work_sizes(const leaders *set, size_t bytes[PIECES]) {
    size_t n_leaders = round_up(set->count + LEADERS_TILE_ROWS, LEADERS_PANEL);
    bytes[0] = set->n_padded * sizeof(double);
    bytes[1] = LEADERS_TILE_ROWS * sizeof(double);
    bytes[2] = LEADERS_TILE_ROWS * sizeof(bool);
    bytes[3] = LEADERS_GROUP * set->n_features * sizeof(float);
    bytes[4] =
        LEADERS_GROUP * ((set->all.n > set->few.n ? set->all.n : set->few.n) + 1) * sizeof(float);
    bytes[5] = LEADERS_GROUP * n_leaders * sizeof(float);
    for (int i = 0; i < PIECES; i++) {
        bytes[i] = round_up(bytes[i], 64);
    }
}

size_t leaders_work_bytes(const leaders *set) {
    size_t bytes[PIECES], sum = 0;
    work_sizes(set, bytes);
    for (int i = 0; i < PIECES; i++) {
        sum += bytes[i];
    }
    return sum;
}

leaders_work leaders_work_carve(const leaders *set, void *work) {
    size_t bytes[PIECES];
    work_sizes(set, bytes);
    char *at[PIECES], *next = work;
    for (int i = 0; i < PIECES; i++) {
        at[i] = next;
        next += bytes[i];
    }
    return (leaders_work){(void *)at[0], (void *)at[1], (void *)at[2],
                          (void *)at[3], (void *)at[4], (void *)at[5]};
}

void leaders_widen(const leaders *set, const rise_tile *tile, size_t row, double *wide) {
    size_t n = set->n_features;
    if (tile->dtype == RISE_F32) {
        set->kernel->widen(n, (const float *)tile->rows + row * tile->stride, wide);
    } else {
        memcpy(wide, (const double *)tile->rows + row * tile->stride, n * sizeof *wide);
    }
    memset(wide + n, 0, (set->n_padded - n) * sizeof *wide);
}

/* ---- lengths --------------------------------------------------------------------------------- */
bool leaders_norm_is_good(double norm) {
    return norm > 1e-150 && norm < 1e150;
}

double leaders_norm(const leaders *set, const rise_tile *tile, size_t row, leaders_work *w) {
    leaders_widen(set, tile, row, w->wide);
    w->exact[row] = true;
    return w->norm[row] = sqrt(set->kernel->dot(set->n_padded, w->wide, w->wide));
}

size_t leaders_measure(const leaders *set, const rise_tile *tile, leaders_work *w) {
    for (size_t r = 0; r < tile->n_rows; r++) {
        if (tile->dtype == RISE_F32) {
            const float *x = (const float *)tile->rows + r * tile->stride;
            double square = (double)set->kernel->square(set->n_features, x);
            w->norm[r] = sqrt(square);
            w->exact[r] = false;
            if (w->norm[r] > plain_min && w->norm[r] < plain_max) {
                continue;
            }
        }
        if (!leaders_norm_is_good(leaders_norm(set, tile, r, w))) {
            return r;
        }
    }
    return tile->n_rows;
}

/* ---- projections ----------------------------------------------------------------------------- */
/* The row as float32, at least its kept features, and what sums over it are to be multiplied with.
 */
static const float *float_row(const leaders_level *level, const rise_tile *tile, size_t row,
                              double norm, float *unit, double *scale) {
    const float *x = (const float *)tile->rows + row * tile->stride;
    const double *wide = (const double *)tile->rows + row * tile->stride;
    if (tile->dtype == RISE_F32 && norm > plain_min && norm < plain_max) {
        *scale = 1 / norm;
        return x;
    }
    for (size_t i = 0; i < level->n_kept; i++) {
        size_t k = level->kept[i];
        unit[k] = (float)((tile->dtype == RISE_F32 ? (double)x[k] : wide[k]) / norm);
    }
    *scale = 1;
    return unit;
}

/* Scales the sums of one row and puts e behind them (step 3). */
static void finish_row(const leaders_level *level, float *projected, double scale) {
    double square = 0;
    for (size_t j = 0; j < level->n; j++) {
        projected[j] = (float)((double)projected[j] * scale);
        square += (double)projected[j] * (double)projected[j];
    }
    double left = 1 - square + 2 * level->error * sqrt(square);
    projected[level->n] = nextafterf((float)sqrt(left > 0 ? left : 0), INFINITY);
}

/* The next rows for a kernel: n of them are left. In equal parts, so that none runs nearly empty.
 */
static size_t kernel_rows(size_t n) {
    size_t n_calls = (n + LEADERS_ROWS - 1) / LEADERS_ROWS;
    return (n + n_calls - 1) / n_calls;
}

/* One to six rows; kernels want at least four, so the last is given more than once. */
static void call_panel(const leaders *set, size_t n_rows, size_t n_k, const float *const *a,
                       const uint32_t *at, const float *b, float *c, size_t ldc) {
    enum { FEWEST = 4 };
    if (n_rows >= FEWEST) {
        set->kernel->panel(n_rows, n_k, a, at, b, c, ldc);
        return;
    }
    const float *row[LEADERS_ROWS];
    for (size_t r = 0; r < FEWEST; r++) {
        row[r] = a[r < n_rows ? r : n_rows - 1];
    }
    float sum[FEWEST * LEADERS_PANEL] = {0};
    set->kernel->panel(FEWEST, n_k, row, at, b, sum, LEADERS_PANEL);
    for (size_t r = 0; r < n_rows; r++) {
        for (size_t j = 0; j < LEADERS_PANEL; j++) {
            c[r * ldc + j] += sum[r * LEADERS_PANEL + j];
        }
    }
}

void leaders_project(const leaders *set, const leaders_level *level, const rise_tile *tile,
                     const size_t *row, size_t n, leaders_work *w) {
    size_t length = level->n + 1;
    const float *x[LEADERS_GROUP];
    double scale[LEADERS_GROUP];
    for (size_t r = 0; r < n && level->n > 0; r++) {
        x[r] = float_row(level, tile, row[r], w->norm[row[r]], w->unit + r * set->n_features,
                         &scale[r]);
    }
    memset(w->projected, 0, n * length * sizeof *w->projected);
    for (size_t k0 = 0; level->n > 0 && k0 < level->n_kept; k0 += LEADERS_BLOCK) {
        size_t left = level->n_kept - k0;
        size_t n_k = left < LEADERS_BLOCK ? left : LEADERS_BLOCK;
        for (size_t p = 0; p < level->n; p += LEADERS_PANEL) {
            const float *b = level->direction + p * level->n_kept + k0 * LEADERS_PANEL;
            for (size_t r0 = 0, part; r0 < n; r0 += part) {
                part = kernel_rows(n - r0);
                call_panel(set, part, n_k, x + r0, level->kept + k0, b,
                           w->projected + r0 * length + p, length);
            }
        }
    }
    for (size_t r = 0; r < n; r++) {
        finish_row(level, w->projected + r * length, level->n > 0 ? scale[r] : 1);
    }
}

static const uint32_t in_order[LEADERS_DIRECTIONS + 1] = {
    0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
    22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
    44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64};

void leaders_bound(const leaders *set, const leaders_level *level, size_t first, size_t n,
                   leaders_work *w) {
    size_t length = level->n + 1, columns = leaders_columns(set);
    size_t begin = first / LEADERS_PANEL * LEADERS_PANEL;
    const float *x[LEADERS_GROUP];
    for (size_t r = 0; r < n; r++) {
        x[r] = w->projected + r * length;
        memset(w->upper + r * columns, 0, columns * sizeof *w->upper);
    }
    for (size_t p = begin; p < columns; p += LEADERS_PANEL) {
        for (size_t r0 = 0, part; r0 < n; r0 += part) {
            part = kernel_rows(n - r0);
            call_panel(set, part, length, x + r0, in_order, level->screen + p * length,
                       w->upper + r0 * columns + p, columns);
        }
    }
    for (size_t r = 0; r < n; r++) {
        float *upper = w->upper + r * columns;
        for (size_t j = 0; j < first; j++) {
            upper[j] = -INFINITY;
        }
        for (size_t j = set->count; j < columns; j++) {
            upper[j] = -INFINITY;
        }
    }
}

/* ---- leaders --------------------------------------------------------------------------------- */
static void put_screen(leaders_level *level, size_t leader, const float *projected) {
    size_t length = level->n + 1;
    float *panel = level->screen + leader / LEADERS_PANEL * LEADERS_PANEL * length;
    for (size_t j = 0; j < length; j++) {
        panel[j * LEADERS_PANEL + leader % LEADERS_PANEL] = projected[j];
    }
    level->residual[leader] = projected[level->n];
}

static void screen_group(leaders *set, size_t first, size_t n, leaders_work *w) {
    const rise_tile tile = {.n_rows = n,
                            .n_columns = set->n_features,
                            .stride = set->n_padded,
                            .dtype = RISE_F64,
                            .rows = set->vector + first * set->n_padded};
    leaders_level *level[] = {&set->few, &set->all};
    double kept[LEADERS_GROUP];
    size_t row[LEADERS_GROUP];
    for (size_t r = 0; r < n; r++) {
        row[r] = r;
    }
    /* The norms in the scratch are those of a tile that is still at work. */
    memcpy(kept, w->norm, n * sizeof *kept);
    memcpy(w->norm, set->norm + first, n * sizeof *kept);
    for (size_t i = 0; i < 2; i++) {
        leaders_project(set, level[i], &tile, row, n, w);
        for (size_t r = 0; r < n; r++) {
            put_screen(level[i], first + r, w->projected + r * (level[i]->n + 1));
        }
    }
    memcpy(w->norm, kept, n * sizeof *kept);
}

void leaders_screen(leaders *set, size_t first, size_t n, leaders_work *w) {
    for (size_t at = 0; at < n; at += LEADERS_GROUP) {
        screen_group(set, first + at, n - at < LEADERS_GROUP ? n - at : LEADERS_GROUP, w);
    }
}

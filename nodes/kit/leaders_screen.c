/* Screening of kit/leaders: projections in float32 and how wrong they may be. Makes no decision.
 *
 * Error bound. eps = 2^-24, g(h) = h eps / (1 - h eps); u, v exact unit vectors of n features; R
 * the stored float32 directions, d of them, delta >= |R R^T - 1|_F, delta <= 1/4;
 * Q = (R R^T)^(-1/2) R exactly orthonormal.
 *  1. c = R u is summed over x (as it is in float32, or |x|^-1 x rounded to it), scaled by |x|^-1
 *     and rounded: of relative error 2.1 eps. The sums run in blocks of 64, fused or not, whose
 *     totals are added: |error| <= g(64 + n/64 + 4) |row of R| |u| for each. Together
 *     |c - R u| <= tau = (sqrt(d) g + 2.1 eps) (1 + delta).
 *  2. |Q u - R u| <= delta (1 + delta), so |c - Q u| <= rho = tau + delta (1 + delta).
 *  3. What is left of u outside the directions has the length sqrt(1 - |Qu|^2), and
 *     |Qu| >= |c| - rho; e is sqrt(1 - |c|^2 + 2 rho |c|), rounded up.
 *  4. |c_u.c_v - Qu.Qv| <= 2 rho (1 + rho) + rho^2; the float32 sum over d + 1 terms, which are
 *     at most 1 + 2 rho in all, adds less than 2 g(d + 4).
 *  5. S and the norms in float64 are themselves off by less than n 2^-52.
 * margin = 4 + 5: typically 1e-4, where e_x e_y is 4e-4 on metallic glasses. */
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

enum { PIECES = 5 };

/* Bytes of each piece in the order of leaders_work. `upper` comes last: the others do not move
 * when leaders_absorb adds up to a tile of leaders. */
static void work_sizes(const leaders *set, size_t bytes[PIECES]) {
    size_t n_leaders = round_up(set->count + LEADERS_TILE_ROWS, LEADERS_PANEL);
    bytes[0] = set->n_padded * sizeof(double);
    bytes[1] = LEADERS_TILE_ROWS * sizeof(double);
    bytes[2] = LEADERS_GROUP * set->n_features * sizeof(float);
    bytes[3] = LEADERS_GROUP * (set->n_directions + 1) * sizeof(float);
    bytes[4] = LEADERS_GROUP * n_leaders * sizeof(float);
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
    return (leaders_work){(void *)at[0], (void *)at[1], (void *)at[2], (void *)at[3],
                          (void *)at[4]};
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

/* The row as float32, and what the sums over it are to be multiplied with. */
static const float *float_row(const leaders *set, const rise_tile *tile, size_t row, double norm,
                              float *unit, double *scale) {
    if (tile->dtype == RISE_F32) {
        const float *x = (const float *)tile->rows + row * tile->stride;
        if (norm > plain_min && norm < plain_max) {
            *scale = 1 / norm;
            return x;
        }
        for (size_t k = 0; k < set->n_features; k++) {
            unit[k] = (float)((double)x[k] / norm);
        }
    } else {
        const double *x = (const double *)tile->rows + row * tile->stride;
        for (size_t k = 0; k < set->n_features; k++) {
            unit[k] = (float)(x[k] / norm);
        }
    }
    *scale = 1;
    return unit;
}

/* Scales the sums of one row and puts e behind them (step 3). */
static void finish_row(const leaders *set, float *projected, double scale) {
    double square = 0;
    for (size_t j = 0; j < set->n_directions; j++) {
        projected[j] = (float)((double)projected[j] * scale);
        square += (double)projected[j] * (double)projected[j];
    }
    double left = 1 - square + 2 * set->project_error * sqrt(square);
    projected[set->n_directions] = nextafterf((float)sqrt(left > 0 ? left : 0), INFINITY);
}

void leaders_project(const leaders *set, const rise_tile *tile, const double *norm, size_t first,
                     size_t n, leaders_work *w) {
    size_t d = set->n_directions, length = d + 1;
    const float *row[LEADERS_GROUP];
    double scale[LEADERS_GROUP];
    for (size_t r = 0; r < n && d > 0; r++) {
        row[r] = float_row(set, tile, first + r, norm[first + r], w->unit + r * set->n_features,
                           &scale[r]);
    }
    memset(w->projected, 0, LEADERS_GROUP * length * sizeof *w->projected);
    for (size_t k0 = 0; d > 0 && k0 < set->n_features; k0 += LEADERS_BLOCK) {
        size_t left = set->n_features - k0;
        size_t n_k = left < LEADERS_BLOCK ? left : LEADERS_BLOCK;
        for (size_t p = 0; p < d; p += LEADERS_PANEL) {
            const float *b = set->direction + p * set->n_features + k0 * LEADERS_PANEL;
            for (size_t r0 = 0; r0 < n; r0 += LEADERS_ROWS) {
                const float *a[LEADERS_ROWS];
                for (size_t r = 0; r < LEADERS_ROWS; r++) {
                    a[r] = row[r0 + r < n ? r0 + r : n - 1] + k0;
                }
                set->kernel->panel(n_k, a, b, w->projected + r0 * length + p, length);
            }
        }
    }
    for (size_t r = 0; r < n; r++) {
        finish_row(set, w->projected + r * length, d > 0 ? scale[r] : 1);
    }
}

void leaders_bound(const leaders *set, size_t first_panel, size_t n, leaders_work *w) {
    size_t length = set->n_directions + 1, columns = leaders_columns(set);
    for (size_t r0 = 0; r0 < n; r0 += LEADERS_ROWS) {
        const float *a[LEADERS_ROWS];
        for (size_t r = 0; r < LEADERS_ROWS; r++) {
            a[r] = w->projected + (r0 + r) * length;
        }
        float *upper = w->upper + r0 * columns;
        memset(upper, 0, LEADERS_ROWS * columns * sizeof *upper);
        for (size_t p = first_panel * LEADERS_PANEL; p < columns; p += LEADERS_PANEL) {
            set->kernel->panel(length, a, set->screen + p * length, upper + p, columns);
        }
    }
}

void leaders_screen_one(leaders *set, size_t leader, leaders_work *w) {
    const rise_tile tile = {.n_rows = 1,
                            .n_columns = set->n_features,
                            .stride = set->n_padded,
                            .dtype = RISE_F64,
                            .rows = set->vector + leader * set->n_padded};
    leaders_project(set, &tile, &set->norm[leader], 0, 1, w);
    size_t length = set->n_directions + 1;
    float *panel = set->screen + leader / LEADERS_PANEL * LEADERS_PANEL * length;
    for (size_t j = 0; j < length; j++) {
        panel[j * LEADERS_PANEL + leader % LEADERS_PANEL] = w->projected[j];
    }
    set->residual[leader] = w->projected[length - 1];
}

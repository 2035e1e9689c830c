/* Directions of kit/leaders' screening: the leading uncentred principal directions of (a sample
 * of) the leaders, by subspace iteration on their Gram matrix. Decides speed only. */
#include "leaders_inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLE = 160, SWEEPS = 10 };

/* Gram-Schmidt, each vector twice, over the `n` rows v[i] of `length`; rows that hold next to
 * nothing new are dropped. Returns how many are left, in front. */
static size_t orthonormalise(double *v, size_t n, size_t length) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        double *x = v + kept * length;
        if (i != kept) {
            memcpy(x, v + i * length, length * sizeof *x);
        }
        double before = 0, after = 0;
        for (size_t k = 0; k < length; k++) {
            before += x[k] * x[k];
        }
        for (size_t j = 0; j < 2 * kept; j++) {
            const double *y = v + j % kept * length;
            double s = 0;
            for (size_t k = 0; k < length; k++) {
                s += x[k] * y[k];
            }
            for (size_t k = 0; k < length; k++) {
                x[k] -= s * y[k];
            }
        }
        for (size_t k = 0; k < length; k++) {
            after += x[k] * x[k];
        }
        if (!(after > 1e-16 * before && after > 0)) {
            continue;
        }
        for (size_t k = 0; k < length; k++) {
            x[k] /= sqrt(after);
        }
        kept++;
    }
    return kept;
}

static size_t sample_of(const leaders *set, size_t i, size_t m) {
    return i * set->count / m;
}

/* gram[a][b] of the sampled leaders as unit vectors. */
static void gram_of(const leaders *set, size_t m, double *gram) {
    for (size_t a = 0; a < m; a++) {
        size_t x = sample_of(set, a, m);
        for (size_t b = 0; b <= a; b++) {
            size_t y = sample_of(set, b, m);
            double dot =
                set->kernel->dot(set->n_padded, leaders_vector(set, x), leaders_vector(set, y));
            gram[a * m + b] = gram[b * m + a] = dot / (set->norm[x] * set->norm[y]);
        }
    }
}

/* v (n, m) -> v gram, n rows at a time; `next` is scratch of the same size. */
static void multiply(const double *gram, size_t m, double *v, double *next, size_t n) {
    memset(next, 0, n * m * sizeof *next);
    for (size_t i = 0; i < n; i++) {
        for (size_t a = 0; a < m; a++) {
            for (size_t b = 0; b < m; b++) {
                next[i * m + b] += v[i * m + a] * gram[a * m + b];
            }
        }
    }
    memcpy(v, next, n * m * sizeof *v);
}

/* Rows of v (n, m): weights of the sampled leaders. Starts from signs drawn by a fixed rule. */
static size_t leading_weights(const double *gram, size_t m, double *v, double *next, size_t n) {
    uint64_t state = 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < n * m; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        v[i] = state >> 63 ? 1.0 : -1.0;
    }
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        multiply(gram, m, v, next, n);
        n = orthonormalise(v, n, m);
    }
    return n;
}

/* delta of leaders_screen.c for the rounded directions in r (n, n_padded). */
static double lack_of_orthonormality(const leaders *set, const double *r, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            double g =
                set->kernel->dot(set->n_padded, r + i * set->n_padded, r + j * set->n_padded) -
                (i == j ? 1 : 0);
            sum += g * g;
        }
    }
    return sqrt(sum) + 1e-12;
}

static double rounding(double steps) {
    double eps = 0x1p-24;
    return steps * eps / (1 - steps * eps);
}

/* Takes the rows of r (n, n_padded) as directions, rounds them and bounds the errors. */
static void install(leaders *set, double *r, size_t n) {
    for (size_t j = 0; j < n; j++) {
        float *panel = set->direction + j / LEADERS_PANEL * LEADERS_PANEL * set->n_features;
        for (size_t k = 0; k < set->n_features; k++) {
            float x = (float)r[j * set->n_padded + k];
            panel[k * LEADERS_PANEL + j % LEADERS_PANEL] = x;
            r[j * set->n_padded + k] = (double)x;
        }
    }
    double features = (double)set->n_features, d = (double)n;
    double delta = lack_of_orthonormality(set, r, n);
    double block = LEADERS_BLOCK, each = rounding(block + features / block + 4);
    double tau = (sqrt(d) * each + 2.1 * 0x1p-24) * (1 + delta);
    double rho = tau + delta * (1 + delta);
    set->project_error = rho;
    set->margin = 2 * rho * (1 + rho) + rho * rho + 2 * rounding((double)set->n_directions + 4) +
                  features * 0x1p-52;
}

/* The directions in float64: r (n, n_padded), n <= limit. Memory: r, gram (m m), v and next (limit
 * m). */
static size_t directions_of(const leaders *set, size_t m, size_t limit, double *r, double *gram,
                            double *v, double *next) {
    size_t n = m;
    if (m > limit) {
        gram_of(set, m, gram);
        n = leading_weights(gram, m, v, next, limit);
    }
    memset(r, 0, n * set->n_padded * sizeof *r);
    for (size_t i = 0; i < n; i++) {
        for (size_t a = 0; a < m; a++) {
            size_t x = sample_of(set, a, m);
            double weight = (m > limit ? v[i * m + a] : i == a ? 1.0 : 0.0) / set->norm[x];
            const double *vector = leaders_vector(set, x);
            for (size_t k = 0; weight != 0 && k < set->n_padded; k++) {
                r[i * set->n_padded + k] += weight * vector[k];
            }
        }
    }
    return orthonormalise(r, n, set->n_padded);
}

/* Projects every leader anew. */
static rise_status screen_all(leaders *set, rise_error *err) {
    void *work = aligned_alloc(64, leaders_work_bytes(set));
    if (!work) {
        return rise_fail_nomem(err, "leaders");
    }
    leaders_work w = leaders_work_carve(set, work);
    for (size_t j = 0; j < set->count; j++) {
        leaders_screen_one(set, j, &w);
    }
    free(work);
    return RISE_OK;
}

rise_status leaders_refine(leaders *set, rise_error *err) {
    if (set->count < LEADERS_ROWS || set->count < 2 * set->refined_at) {
        return RISE_OK;
    }
    size_t m = set->count < SAMPLE ? set->count : SAMPLE;
    size_t limit = LEADERS_DIRECTIONS < m ? LEADERS_DIRECTIONS : m;
    size_t columns = (limit + LEADERS_PANEL - 1) / LEADERS_PANEL * LEADERS_PANEL;
    size_t row = set->n_padded;
    double *room = aligned_alloc(64, (limit * row + m * m + 2 * limit * m + 8) / 8 * 64);
    float *direction = aligned_alloc(64, columns * set->n_features * sizeof *direction);
    float *screen = aligned_alloc(64, set->capacity * (columns + 1) * sizeof *screen);
    if (!room || !direction || !screen) {
        free(room);
        free(direction);
        free(screen);
        return rise_fail_nomem(err, "directions of leaders");
    }
    double *gram = room + limit * row, *v = gram + m * m, *next = v + limit * m;
    size_t n = directions_of(set, m, limit, room, gram, v, next);
    memset(direction, 0, columns * set->n_features * sizeof *direction);
    memset(screen, 0, set->capacity * (columns + 1) * sizeof *screen);
    free(set->direction);
    free(set->screen);
    set->direction = direction;
    set->screen = screen;
    set->n_directions = columns;
    set->refined_at = set->count;
    install(set, room, n);
    free(room);
    return screen_all(set, err);
}

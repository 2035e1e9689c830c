/* Directions of kit/leaders' screening: the leading uncentred principal directions of (a sample
 * of) the leaders, by subspace iteration on their Gram matrix, within the features that hold next
 * to all of the leaders. Decides speed only. Matrices have rows padded with zeros to LANES. */
#include "leaders_inner.h"

#include "gemm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLE = 160, SWEEPS = 4 };

/* Features are left out as long as the mean square of what unit vectors lose stays below this. The
 * square of the residual e, which grows by as much, is about 5e-3 along few directions and 1e-3
 * along all on metallic glasses. */
static const double few_may_lose = 1e-3, all_may_lose = 2e-4;

typedef struct basis {
    const leaders_kernels *kernel;
    size_t n;                          /* directions */
    size_t m, m_padded;                /* sampled leaders */
    size_t n_kept, kept_padded;        /* features */
    uint32_t *kept;                    /* [n_features], the first n_kept count */
    double *sample;                    /* [m][kept_padded], parts of unit vectors */
    double *gram;                      /* [m][m_padded] */
    double *weight, *next, *direction; /* [n][m_padded] twice, [n][kept_padded] */
} basis;

static size_t padded(size_t n) {
    return (n + LEADERS_LANES - 1) / LEADERS_LANES * LEADERS_LANES;
}

static void basis_free(basis *b) {
    free(b->kept);
    free(b->sample);
    free(b->gram);
    free(b->weight);
    free(b->next);
    free(b->direction);
}

static double *zeros(size_t rows, size_t columns) {
    size_t bytes = rows * columns * sizeof(double);
    double *x = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (x) {
        memset(x, 0, bytes);
    }
    return x;
}

/* ---- which features -------------------------------------------------------------------------- */
typedef struct feature_share {
    double share;
    uint32_t feature;
} feature_share;

static int by_share(const void *pa, const void *pb) {
    const feature_share *a = pa, *b = pb;
    return a->share > b->share   ? -1
           : a->share < b->share ? 1
                                 : (a->feature > b->feature) - (a->feature < b->feature);
}

static int ascending(const void *pa, const void *pb) {
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
    return (a > b) - (a < b);
}

static size_t sample_of(const leaders *set, size_t i, size_t m) {
    return i * set->count / m;
}

static rise_status choose_features(const leaders *set, basis *b, double may_lose, rise_error *err) {
    feature_share *f = calloc(set->n_features, sizeof *f);
    b->kept = calloc(set->n_features, sizeof *b->kept);
    if (!f || !b->kept) {
        free(f);
        return rise_fail_nomem(err, "features of leaders");
    }
    for (size_t k = 0; k < set->n_features; k++) {
        f[k].feature = (uint32_t)k;
    }
    for (size_t a = 0; a < b->m; a++) {
        size_t leader = sample_of(set, a, b->m);
        const double *x = leaders_vector(set, leader);
        double scale = 1 / (set->norm[leader] * sqrt((double)b->m));
        for (size_t k = 0; k < set->n_features; k++) {
            f[k].share += (x[k] * scale) * (x[k] * scale);
        }
    }
    qsort(f, set->n_features, sizeof *f, by_share);
    double lost = 0;
    b->n_kept = set->n_features;
    while (b->n_kept > 1 && lost + f[b->n_kept - 1].share < may_lose) {
        lost += f[--b->n_kept].share;
    }
    for (size_t k = 0; k < b->n_kept; k++) {
        b->kept[k] = f[k].feature;
    }
    qsort(b->kept, b->n_kept, sizeof *b->kept, ascending);
    b->kept_padded = padded(b->n_kept);
    free(f);
    return RISE_OK;
}

/* ---- directions ------------------------------------------------------------------------------ */
static void remove_rows(const leaders_kernels *kernel, const double *v, size_t n, size_t length,
                        double *x) {
    for (size_t j = 0; j < n; j++) {
        const double *y = v + j * length;
        double s = kernel->dot(length, x, y);
        for (size_t k = 0; k < length; k++) {
            x[k] -= s * y[k];
        }
    }
}

/* Gram-Schmidt over the `n` rows v[i] of `length`, a second time where the first took much of a row
 * away; rows that hold next to nothing new are dropped. Returns how many are left, in front. */
static size_t orthonormalise(const leaders_kernels *kernel, double *v, size_t n, size_t length) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        double *x = v + kept * length;
        if (i != kept) {
            memcpy(x, v + i * length, length * sizeof *x);
        }
        double before = kernel->dot(length, x, x);
        remove_rows(kernel, v, kept, length, x);
        double after = kernel->dot(length, x, x);
        if (after < 0.9 * before) {
            remove_rows(kernel, v, kept, length, x);
            after = kernel->dot(length, x, x);
        }
        if (!(after > 1e-16 * before && after > 0)) {
            continue;
        }
        double norm = sqrt(after);
        for (size_t k = 0; k < length; k++) {
            x[k] /= norm;
        }
        kept++;
    }
    return kept;
}

static rise_status take_sample(const leaders *set, basis *b, rise_error *err) {
    for (size_t a = 0; a < b->m; a++) {
        size_t leader = sample_of(set, a, b->m);
        const double *x = leaders_vector(set, leader);
        for (size_t k = 0; k < b->n_kept; k++) {
            b->sample[a * b->kept_padded + k] = x[b->kept[k]] / set->norm[leader];
        }
    }
    return gemm_f64(b->m, b->m, b->n_kept, 1, b->sample, b->kept_padded, 1, b->sample, 1,
                    b->kept_padded, 0, b->gram, b->m_padded, 1, err);
}

/* Weights of the sampled leaders. Starts from signs drawn by a fixed rule. */
static rise_status leading_weights(basis *b, rise_error *err) {
    uint64_t state = 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < b->n; i++) {
        for (size_t a = 0; a < b->m; a++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            b->weight[i * b->m_padded + a] = state >> 63 ? 1.0 : -1.0;
        }
    }
    rise_status status = RISE_OK;
    for (int sweep = 0; sweep < SWEEPS && status == RISE_OK; sweep++) {
        status = gemm_f64(b->n, b->m, b->m, 1, b->weight, b->m_padded, 1, b->gram, b->m_padded, 1,
                          0, b->next, b->m_padded, 1, err);
        double *swap = b->weight;
        b->weight = b->next;
        b->next = swap;
        b->n = orthonormalise(b->kernel, b->weight, b->n, b->m_padded);
    }
    return status;
}

static rise_status find_directions(basis *b, rise_error *err) {
    rise_status status = leading_weights(b, err);
    if (status == RISE_OK) {
        status = gemm_f64(b->n, b->n_kept, b->m, 1, b->weight, b->m_padded, 1, b->sample,
                          b->kept_padded, 1, 0, b->direction, b->kept_padded, 1, err);
    }
    if (status == RISE_OK) {
        b->n = orthonormalise(b->kernel, b->direction, b->n, b->kept_padded);
    }
    return status;
}

static rise_status make_basis(const leaders *set, basis *b, size_t limit, double may_lose,
                              rise_error *err) {
    b->kernel = set->kernel;
    b->m = set->count < SAMPLE ? set->count : SAMPLE;
    b->m_padded = padded(b->m);
    b->n = limit < b->m ? limit : b->m;
    rise_status status = choose_features(set, b, may_lose, err);
    if (status != RISE_OK) {
        return status;
    }
    b->sample = zeros(b->m, b->kept_padded);
    b->gram = zeros(b->m, b->m_padded);
    b->weight = zeros(b->n, b->m_padded);
    b->next = zeros(b->n, b->m_padded);
    b->direction = zeros(b->n, b->kept_padded);
    if (!b->sample || !b->gram || !b->weight || !b->next || !b->direction) {
        return rise_fail_nomem(err, "directions of leaders");
    }
    status = take_sample(set, b, err);
    return status == RISE_OK ? find_directions(b, err) : status;
}

/* ---- taking them ----------------------------------------------------------------------------- */
/* delta of leaders_screen.c for the rounded directions. */
static double lack_of_orthonormality(const basis *b) {
    double sum = 0;
    for (size_t i = 0; i < b->n; i++) {
        for (size_t j = 0; j < b->n; j++) {
            double g = b->kernel->dot(b->kept_padded, b->direction + i * b->kept_padded,
                                      b->direction + j * b->kept_padded) -
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

/* Rounds the directions and bounds the errors. */
static void install(const leaders *set, basis *b, leaders_level *level) {
    for (size_t j = 0; j < b->n; j++) {
        float *panel = level->direction + j / LEADERS_PANEL * LEADERS_PANEL * b->n_kept;
        for (size_t k = 0; k < b->n_kept; k++) {
            float x = (float)b->direction[j * b->kept_padded + k];
            panel[k * LEADERS_PANEL + j % LEADERS_PANEL] = x;
            b->direction[j * b->kept_padded + k] = (double)x;
        }
    }
    double features = (double)set->n_features, kept = (double)b->n_kept, d = (double)b->n;
    double delta = lack_of_orthonormality(b), block = LEADERS_BLOCK;
    double each = rounding(block + kept / block + 4);
    double length = rounding(features / (double)LEADERS_SQUARES + 8);
    double tau = (sqrt(d) * each + length + 2.1 * 0x1p-24) * (1 + delta);
    double rho = tau + delta * (1 + delta);
    level->error = rho;
    level->margin =
        2 * rho * (1 + rho) + rho * rho + 2 * rounding((double)level->n + 4) + features * 0x1p-52;
}

static void *floats(size_t n) {
    size_t bytes = (n * sizeof(float) + 63) / 64 * 64;
    void *x = aligned_alloc(64, bytes);
    if (x) {
        memset(x, 0, bytes);
    }
    return x;
}

/* A level of at most `limit` directions, with room for what is seen along them. */
static rise_status make_level(const leaders *set, size_t limit, double may_lose,
                              leaders_level *level, rise_error *err) {
    basis b = {0};
    rise_status status = make_basis(set, &b, limit, may_lose, err);
    if (status == RISE_OK) {
        level->n = (b.n + LEADERS_PANEL - 1) / LEADERS_PANEL * LEADERS_PANEL;
        level->n_kept = b.n_kept;
        level->direction = floats(level->n * b.n_kept);
        level->screen = floats(set->capacity * (level->n + 1));
        level->residual = floats(set->capacity);
        if (level->direction && level->screen && level->residual) {
            install(set, &b, level);
            level->kept = b.kept;
            b.kept = NULL;
        } else {
            status = rise_fail_nomem(err, "directions of leaders");
        }
    }
    basis_free(&b);
    return status;
}

/* Projects every leader anew. */
static rise_status screen_all(leaders *set, rise_error *err) {
    void *work = aligned_alloc(64, leaders_work_bytes(set));
    if (!work) {
        return rise_fail_nomem(err, "leaders");
    }
    leaders_work w = leaders_work_carve(set, work);
    leaders_screen(set, 0, set->count, &w);
    free(work);
    return RISE_OK;
}

rise_status leaders_refine(leaders *set, rise_error *err) {
    if (set->count < LEADERS_ROWS || set->count < 2 * set->refined_at) {
        return RISE_OK;
    }
    leaders_level few = {0}, all = {0};
    rise_status status = make_level(set, LEADERS_FEW, few_may_lose, &few, err);
    if (status == RISE_OK) {
        status = make_level(set, LEADERS_DIRECTIONS, all_may_lose, &all, err);
    }
    if (status != RISE_OK) {
        leaders_level_free(&few);
        leaders_level_free(&all);
        return status;
    }
    leaders_level_free(&set->few);
    leaders_level_free(&set->all);
    set->few = few;
    set->all = all;
    set->refined_at = set->count;
    return screen_all(set, err);
}

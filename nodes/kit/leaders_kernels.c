/* Reference kernels of kit/leaders, and the choice of kernels. Knows no policy. */
#include "leaders_inner.h"

#include "cpu.h"

#include <math.h>

static void panel_reference(size_t n_rows, size_t n_k, const float *const *a, const uint32_t *at,
                            const float *b, float *c, size_t ldc) {
    float sum[LEADERS_ROWS][LEADERS_PANEL] = {{0}};
    for (size_t k = 0; k < n_k; k++) {
        for (size_t r = 0; r < n_rows; r++) {
            float x = a[r][at[k]];
            for (size_t j = 0; j < LEADERS_PANEL; j++) {
                sum[r][j] += x * b[k * LEADERS_PANEL + j];
            }
        }
    }
    for (size_t r = 0; r < n_rows; r++) {
        for (size_t j = 0; j < LEADERS_PANEL; j++) {
            c[r * ldc + j] += sum[r][j];
        }
    }
}

static double dot_reference(size_t n, const double *x, const double *y) {
    double lane[LEADERS_LANES] = {0};
    for (size_t i = 0; i < n; i += LEADERS_LANES) {
        for (size_t j = 0; j < LEADERS_LANES; j++) {
            double product = x[i + j] * y[i + j];
            lane[j] += product;
        }
    }
    /* The tree of the definition: halves folded onto each other, 16 -> 8 -> 4 -> 2 -> 1. */
    for (size_t half = LEADERS_LANES / 2; half > 0; half /= 2) {
        for (size_t j = 0; j < half; j++) {
            lane[j] += lane[j + half];
        }
    }
    return lane[0];
}

static void widen_reference(size_t n, const float *x, double *wide) {
    for (size_t i = 0; i < n; i++) {
        wide[i] = (double)x[i];
    }
}

static float square_reference(size_t n, const float *x) {
    float lane[LEADERS_SQUARES] = {0};
    for (size_t i = 0; i < n; i++) {
        lane[i % LEADERS_SQUARES] += x[i] * x[i];
    }
    for (size_t half = LEADERS_SQUARES / 2; half > 0; half /= 2) {
        for (size_t j = 0; j < half; j++) {
            lane[j] += lane[j + half];
        }
    }
    return lane[0];
}

static size_t largest_reference(size_t n, const float *x, float *second) {
    size_t best = 0;
    *second = -INFINITY;
    for (size_t j = 1; j < n; j++) {
        if (x[j] > x[best]) {
            *second = x[best];
            best = j;
        } else if (x[j] > *second) {
            *second = x[j];
        }
    }
    return best;
}

static const leaders_kernels reference = {panel_reference, dot_reference, widen_reference,
                                          square_reference, largest_reference};

const leaders_kernels *leaders_kernels_reference(void) {
    return &reference;
}

const leaders_kernels *leaders_kernels_pick(void) {
#if defined(__x86_64__)
    const leaders_kernels *avx2 = leaders_kernels_avx2();
    if (avx2 && cpu_best() >= CPU_AVX2) {
        return avx2;
    }
#endif
    return &reference;
}

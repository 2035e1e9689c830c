/* AVX2 overlay of kit/leaders' kernels; compiled with -mavx2 -mfma. Screening fuses its products
 * (its error bound allows it); S must not, so that its bits are those of the reference. */
#include "leaders_inner.h"

#if defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#include <string.h>

/* As many rows as leave their sums in registers: two of each row. */
#define ROWS4(X) X(0) X(1) X(2) X(3)
#define ROWS5(X) ROWS4(X) X(4)
#define ROWS6(X) ROWS5(X) X(5)
#define CLEAR(r)                                                                                   \
    const float *a##r = a[r];                                                                      \
    __m256 lo##r = _mm256_setzero_ps(), hi##r = lo##r;
#define ROW(r)                                                                                     \
    x = _mm256_broadcast_ss(a##r + i);                                                             \
    lo##r = _mm256_fmadd_ps(x, b0, lo##r);                                                         \
    hi##r = _mm256_fmadd_ps(x, b1, hi##r);
#define STORE(r)                                                                                   \
    _mm256_storeu_ps(c, _mm256_add_ps(_mm256_loadu_ps(c), lo##r));                                 \
    _mm256_storeu_ps(c + 8, _mm256_add_ps(_mm256_loadu_ps(c + 8), hi##r));                         \
    c += ldc;
#define PANEL(n)                                                                                   \
    static void panel_##n(size_t n_k, const float *const *a, const uint32_t *at, const float *b,   \
                          float *c, size_t ldc) {                                                  \
        ROWS##n(CLEAR) for (size_t k = 0; k < n_k; k++, b += LEADERS_PANEL) {                      \
            __m256 x, b0 = _mm256_load_ps(b), b1 = _mm256_load_ps(b + 8);                          \
            size_t i = at[k];                                                                      \
            ROWS##n(ROW)                                                                           \
        }                                                                                          \
        ROWS##n(STORE)                                                                             \
    }
PANEL(4)
PANEL(5)
PANEL(6)
#undef ROWS4
#undef ROWS5
#undef ROWS6
#undef CLEAR
#undef ROW
#undef STORE
#undef PANEL

static void panel_avx2(size_t n_rows, size_t n_k, const float *const *a, const uint32_t *at,
                       const float *b, float *c, size_t ldc) {
    (n_rows == 6 ? panel_6 : n_rows == 5 ? panel_5 : panel_4)(n_k, a, at, b, c, ldc);
}

#define LANES(s, at)                                                                               \
    s = _mm256_add_pd(s, _mm256_mul_pd(_mm256_load_pd(x + i + (at)), _mm256_load_pd(y + i + (at))))

static double dot_avx2(size_t n, const double *x, const double *y) {
    __m256d s0 = _mm256_setzero_pd(), s1 = s0, s2 = s0, s3 = s0;
    for (size_t i = 0; i < n; i += LEADERS_LANES) {
        LANES(s0, 0);
        LANES(s1, 4);
        LANES(s2, 8);
        LANES(s3, 12);
    }
    s0 = _mm256_add_pd(s0, s2);
    s1 = _mm256_add_pd(s1, s3);
    s0 = _mm256_add_pd(s0, s1);
    __m128d s = _mm_add_pd(_mm256_castpd256_pd128(s0), _mm256_extractf128_pd(s0, 1));
    return _mm_cvtsd_f64(_mm_add_sd(s, _mm_unpackhi_pd(s, s)));
}
#undef LANES

static void widen_avx2(size_t n, const float *x, double *wide) {
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        _mm256_storeu_pd(wide + i, _mm256_cvtps_pd(_mm_loadu_ps(x + i)));
    }
    for (; i < n; i++) {
        wide[i] = (double)x[i];
    }
}

static float sum_of(__m256 s) {
    __m128 t = _mm_add_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1));
    t = _mm_add_ps(t, _mm_movehl_ps(t, t));
    return _mm_cvtss_f32(_mm_add_ss(t, _mm_movehdup_ps(t)));
}

#define SQUARE(s, at)                                                                              \
    x8 = _mm256_loadu_ps(x + (at));                                                                \
    s = _mm256_fmadd_ps(x8, x8, s)

static float square_avx2(size_t n, const float *x) {
    __m256 s0 = _mm256_setzero_ps(), s1 = s0, s2 = s0, s3 = s0, x8;
    float rest[LEADERS_SQUARES] = {0};
    for (; n >= LEADERS_SQUARES; n -= LEADERS_SQUARES, x += LEADERS_SQUARES) {
        SQUARE(s0, 0);
        SQUARE(s1, 8);
        SQUARE(s2, 16);
        SQUARE(s3, 24);
    }
    memcpy(rest, x, n * sizeof *x);
    x = rest;
    SQUARE(s0, 0);
    SQUARE(s1, 8);
    SQUARE(s2, 16);
    SQUARE(s3, 24);
    return sum_of(_mm256_add_ps(_mm256_add_ps(s0, s1), _mm256_add_ps(s2, s3)));
}
#undef SQUARE

/* first, second <- the two largest of both pairs */
static inline void merge(__m256 *first, __m256 *second, __m256 other, __m256 other_second) {
    __m256 lower = _mm256_min_ps(*first, other);
    *first = _mm256_max_ps(*first, other);
    *second = _mm256_max_ps(_mm256_max_ps(*second, other_second), lower);
}

static size_t largest_avx2(size_t n, const float *x, float *second) {
    __m256 none = _mm256_set1_ps(-__builtin_inff()), a = none, a2 = none, b = none, b2 = none;
    for (size_t i = 0; i < n; i += 16) {
        merge(&a, &a2, _mm256_load_ps(x + i), none);
        merge(&b, &b2, _mm256_load_ps(x + i + 8), none);
    }
    merge(&a, &a2, b, b2);
    merge(&a, &a2, _mm256_permute2f128_ps(a, a, 1), _mm256_permute2f128_ps(a2, a2, 1));
    merge(&a, &a2, _mm256_permute_ps(a, 0x4e), _mm256_permute_ps(a2, 0x4e));
    merge(&a, &a2, _mm256_permute_ps(a, 0xb1), _mm256_permute_ps(a2, 0xb1));
    *second = _mm256_cvtss_f32(a2);
    size_t i = 0;
    int found;
    while ((found = _mm256_movemask_ps(_mm256_cmp_ps(_mm256_load_ps(x + i), a, _CMP_EQ_OQ))) == 0) {
        i += 8;
    }
    return i + (size_t)__builtin_ctz((unsigned)found);
}

static const leaders_kernels avx2 = {panel_avx2, dot_avx2, widen_avx2, square_avx2, largest_avx2};

const leaders_kernels *leaders_kernels_avx2(void) {
    return &avx2;
}
#else
const leaders_kernels *leaders_kernels_avx2(void) {
    return NULL;
}
#endif

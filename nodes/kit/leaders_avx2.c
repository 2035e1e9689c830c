/* AVX2 overlay of kit/leaders' kernels; compiled with -mavx2 -mfma. Screening fuses its products
 * (its error bound allows it); S must not, so that its bits are those of the reference. */
#include "leaders_inner.h"

#if defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>

#define ROWS(X) X(0) X(1) X(2) X(3) X(4) X(5) /* twelve sums, all in registers */
#define CLEAR(r)                                                                                   \
    const float *a##r = a[r];                                                                      \
    __m256 lo##r = _mm256_setzero_ps(), hi##r = lo##r;
#define ROW(r)                                                                                     \
    x = _mm256_broadcast_ss(a##r + k);                                                             \
    lo##r = _mm256_fmadd_ps(x, b0, lo##r);                                                         \
    hi##r = _mm256_fmadd_ps(x, b1, hi##r);
#define STORE(r)                                                                                   \
    _mm256_storeu_ps(c, _mm256_add_ps(_mm256_loadu_ps(c), lo##r));                                 \
    _mm256_storeu_ps(c + 8, _mm256_add_ps(_mm256_loadu_ps(c + 8), hi##r));                         \
    c += ldc;

static void panel_avx2(size_t n_k, const float *const a[6], const float *b, float *c, size_t ldc) {
    ROWS(CLEAR)
    for (size_t k = 0; k < n_k; k++, b += LEADERS_PANEL) {
        __m256 x, b0 = _mm256_load_ps(b), b1 = _mm256_load_ps(b + 8);
        ROWS(ROW)
    }
    ROWS(STORE)
}
#undef ROWS
#undef CLEAR
#undef ROW
#undef STORE

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

static const leaders_kernels avx2 = {panel_avx2, dot_avx2, widen_avx2};

const leaders_kernels *leaders_kernels_avx2(void) {
    return &avx2;
}
#else
const leaders_kernels *leaders_kernels_avx2(void) {
    return NULL;
}
#endif

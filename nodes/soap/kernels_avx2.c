/* soap/kernels_avx2.c: the float kernels with AVX2 and FMA; compiled with -mavx2 -mfma and only
 * called where kit/cpu.h allows. The same sums as the reference in the same order, but fused.
 *
 * Lanes are neighbours for the harmonics and radial channels n everywhere else. Loads and stores
 * may reach past the n of one species into the next columns (kernels.h says why that is harmless).
 */
#include "kernels.h"

#include <immintrin.h>

/* Loops over small constant bounds must vanish, or the accumulators live in memory. */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif
#define INLINE static inline __attribute__((always_inline))

static void radial_avx2(const soap_shape *shape, const soap_table *table, const soap_chunk *chunk,
                        void *out) {
    for (size_t j = 0; j < chunk->n; j++) {
        const float *knot = (const float *)table->rows + 2 * chunk->interval[j] * table->width;
        const float *slope = knot + table->width, *knot1 = slope + table->width;
        const float *slope1 = knot1 + table->width;
        __m256 w0 = _mm256_set1_ps((float)chunk->weight[j][0]);
        __m256 w1 = _mm256_set1_ps((float)chunk->weight[j][1]);
        __m256 w2 = _mm256_set1_ps((float)chunk->weight[j][2]);
        __m256 w3 = _mm256_set1_ps((float)chunk->weight[j][3]);
        float *row = (float *)out + j * shape->radial_stride;
        for (size_t i = 0; i < table->width; i += 8) {
            __m256 sum = _mm256_mul_ps(w0, _mm256_load_ps(knot + i));
            sum = _mm256_fmadd_ps(w1, _mm256_load_ps(slope + i), sum);
            sum = _mm256_fmadd_ps(w2, _mm256_load_ps(knot1 + i), sum);
            sum = _mm256_fmadd_ps(w3, _mm256_load_ps(slope1 + i), sum);
            _mm256_store_ps(row + i, sum);
        }
    }
}

INLINE __m256 load_narrow(const double *from) {
    __m128 low = _mm256_cvtpd_ps(_mm256_loadu_pd(from));
    __m128 high = _mm256_cvtpd_ps(_mm256_loadu_pd(from + 4));
    return _mm256_set_m128(high, low);
}

/* Eight neighbours; l outside so that the steps inside do not wait for one another. */
static void harmonic_eight(size_t l_max, const soap_harmonics *constants, __m256 x, __m256 y,
                           __m256 z, float *out) {
    __m256 re[SOAP_L_MAX + 1], im[SOAP_L_MAX + 1], now[SOAP_L_MAX + 1], before[SOAP_L_MAX + 1];
    re[0] = _mm256_set1_ps(1);
    im[0] = _mm256_setzero_ps();
    for (size_t m = 0; m < l_max; m++) {
        re[m + 1] = _mm256_fmsub_ps(re[m], x, _mm256_mul_ps(im[m], y));
        im[m + 1] = _mm256_fmadd_ps(re[m], y, _mm256_mul_ps(im[m], x));
    }
    for (size_t l = 0; l <= l_max; l++) {
        float *middle = out + (l * l + l) * SOAP_CHUNK;
        for (size_t m = 0; m < l; m++) {
            __m256 up = _mm256_mul_ps(_mm256_set1_ps(constants->up_single[l][m]), z);
            __m256 back = _mm256_set1_ps(constants->back_single[l][m]);
            __m256 next = _mm256_fmsub_ps(up, now[m], _mm256_mul_ps(back, before[m]));
            before[m] = now[m];
            now[m] = next;
            _mm256_store_ps(middle - m * SOAP_CHUNK, _mm256_mul_ps(next, im[m]));
            _mm256_store_ps(middle + m * SOAP_CHUNK, _mm256_mul_ps(next, re[m]));
        }
        before[l] = _mm256_setzero_ps();
        now[l] = _mm256_set1_ps(constants->diagonal_single[l]);
        _mm256_store_ps(middle - l * SOAP_CHUNK, _mm256_mul_ps(now[l], im[l]));
        _mm256_store_ps(middle + l * SOAP_CHUNK, _mm256_mul_ps(now[l], re[l]));
    }
}

static void harmonic_avx2(const soap_shape *shape, const soap_harmonics *constants,
                          const soap_chunk *chunk, void *out) {
    for (size_t j = 0; j < chunk->n; j += 8)
        harmonic_eight(shape->l_max, constants, load_narrow(chunk->x + j),
                       load_narrow(chunk->y + j), load_narrow(chunk->z + j), (float *)out + j);
}

/* M components m of one l times V vectors of n, over all neighbours of the chunk. */
INLINE void expand_block(const int M, const int V, size_t n, bool first, const float *radial,
                         size_t radial_stride, const float *harmonic, float *c, size_t c_stride) {
    __m256 sum[6][2];
    UNROLL
    for (int m = 0; m < M; m++) {
        UNROLL
        for (int v = 0; v < V; v++)
            sum[m][v] =
                first ? _mm256_setzero_ps() : _mm256_loadu_ps(c + (size_t)m * c_stride + 8 * v);
    }
    for (size_t j = 0; j < n; j++) {
        __m256 row[2];
        UNROLL
        for (int v = 0; v < V; v++)
            row[v] = _mm256_loadu_ps(radial + j * radial_stride + 8 * v);
        UNROLL
        for (int m = 0; m < M; m++) {
            __m256 y = _mm256_broadcast_ss(harmonic + (size_t)m * SOAP_CHUNK + j);
            UNROLL
            for (int v = 0; v < V; v++)
                sum[m][v] = _mm256_fmadd_ps(row[v], y, sum[m][v]);
        }
    }
    UNROLL
    for (int m = 0; m < M; m++) {
        UNROLL
        for (int v = 0; v < V; v++)
            _mm256_storeu_ps(c + (size_t)m * c_stride + 8 * v, sum[m][v]);
    }
}

#define EXPAND_CASES(V)                                                                            \
    switch (m) {                                                                                   \
    case 1:                                                                                        \
        expand_block(1, V, n, first, radial, radial_stride, harmonic, c, c_stride);                \
        break;                                                                                     \
    case 2:                                                                                        \
        expand_block(2, V, n, first, radial, radial_stride, harmonic, c, c_stride);                \
        break;                                                                                     \
    case 3:                                                                                        \
        expand_block(3, V, n, first, radial, radial_stride, harmonic, c, c_stride);                \
        break;                                                                                     \
    case 4:                                                                                        \
        expand_block(4, V, n, first, radial, radial_stride, harmonic, c, c_stride);                \
        break;                                                                                     \
    case 5:                                                                                        \
        expand_block(5, V, n, first, radial, radial_stride, harmonic, c, c_stride);                \
        break;                                                                                     \
    default:                                                                                       \
        expand_block(6, V, n, first, radial, radial_stride, harmonic, c, c_stride);                \
        break;                                                                                     \
    }

static void expand_two(size_t m, size_t n, bool first, const float *radial, size_t radial_stride,
                       const float *harmonic, float *c, size_t c_stride) {
    EXPAND_CASES(2)
}

static void expand_one(size_t m, size_t n, bool first, const float *radial, size_t radial_stride,
                       const float *harmonic, float *c, size_t c_stride) {
    EXPAND_CASES(1)
}

static void expand_avx2(const soap_shape *shape, size_t species, size_t n, bool first,
                        const void *radial_in, const void *harmonic_in, void *out) {
    size_t c_stride = shape->coefficient_stride, vectors = (shape->n_max + 7) / 8;
    /* rows ascend and a vector that sticks out of its species stays within its row */
    for (size_t l = 0; l <= shape->l_max; l++) {
        const float *radial = (const float *)radial_in + l * shape->n_max;
        size_t rows = 2 * l + 1, blocks = (rows + 5) / 6;
        for (size_t b = 0; b < blocks; b++) {
            size_t begin = b * rows / blocks, end = (b + 1) * rows / blocks;
            const float *harmonic = (const float *)harmonic_in + (l * l + begin) * SOAP_CHUNK;
            float *c = (float *)out + (l * l + begin) * c_stride + species * shape->n_max;
            size_t v = 0;
            for (; v + 2 <= vectors; v += 2)
                expand_two(end - begin, n, first, radial + 8 * v, shape->radial_stride, harmonic,
                           c + 8 * v, c_stride);
            if (v < vectors)
                expand_one(end - begin, n, first, radial + 8 * v, shape->radial_stride, harmonic,
                           c + 8 * v, c_stride);
        }
    }
}

/* Four rows by V vectors of gram = C^T C, over the n_m components of one l. */
INLINE void gram_block(const int V, size_t n_m, const float *rows, const float *columns,
                       size_t c_stride, float *gram, size_t gram_stride) {
    __m256 sum[4][3];
    UNROLL
    for (int i = 0; i < 4; i++) {
        UNROLL
        for (int v = 0; v < V; v++)
            sum[i][v] = _mm256_setzero_ps();
    }
    for (size_t m = 0; m < n_m; m++) {
        __m256 column[3];
        UNROLL
        for (int v = 0; v < V; v++)
            column[v] = _mm256_load_ps(columns + m * c_stride + 8 * v);
        UNROLL
        for (int i = 0; i < 4; i++) {
            __m256 row = _mm256_broadcast_ss(rows + m * c_stride + i);
            UNROLL
            for (int v = 0; v < V; v++)
                sum[i][v] = _mm256_fmadd_ps(row, column[v], sum[i][v]);
        }
    }
    UNROLL
    for (int i = 0; i < 4; i++) {
        UNROLL
        for (int v = 0; v < V; v++)
            _mm256_store_ps(gram + (size_t)i * gram_stride + 8 * v, sum[i][v]);
    }
}

/* Upper triangle of C_l^T C_l, in blocks that touch the diagonal or lie right of it. */
static void gram_avx2(const soap_shape *shape, size_t l, const float *coefficient, float *gram) {
    size_t c_stride = shape->coefficient_stride, stride = shape->gram_stride;
    const float *c = coefficient + l * l * c_stride;
    size_t n_m = 2 * l + 1, vectors = stride / 8;
    for (size_t i = 0; i < shape->n_channels; i += 4) {
        for (size_t v = i / 8; v < vectors; v += 3) {
            float *to = gram + i * stride + 8 * v;
            if (vectors - v >= 3)
                gram_block(3, n_m, c + i, c + 8 * v, c_stride, to, stride);
            else if (vectors - v == 2)
                gram_block(2, n_m, c + i, c + 8 * v, c_stride, to, stride);
            else
                gram_block(1, n_m, c + i, c + 8 * v, c_stride, to, stride);
        }
    }
}

/* n floats; the last vector overlaps the one before instead of reaching past the end. */
INLINE void copy_row(float *to, const float *from, size_t n) {
    if (n >= 8) {
        for (size_t i = 0; i + 8 < n; i += 8)
            _mm256_storeu_ps(to + i, _mm256_loadu_ps(from + i));
        _mm256_storeu_ps(to + n - 8, _mm256_loadu_ps(from + n - 8));
    } else if (n >= 4) {
        __m128 tail = _mm_loadu_ps(from + n - 4);
        _mm_storeu_ps(to, _mm_loadu_ps(from));
        _mm_storeu_ps(to + n - 4, tail);
    } else {
        for (size_t i = 0; i < n; i++)
            to[i] = from[i];
    }
}

static void power_avx2(const soap_shape *shape, const void *coefficient, void *room, void *out) {
    float *gram = room;
    size_t n = shape->n_max, stride = shape->gram_stride;
    for (size_t l = 0; l <= shape->l_max; l++) {
        gram_avx2(shape, l, coefficient, gram);
        for (size_t z = 0; z < shape->n_species; z++) {
            float *p = (float *)out + soap_block(shape, z, z) + l * (n * (n + 1) / 2);
            for (size_t i = 0; i < n; i++) {
                copy_row(p, gram + (z * n + i) * stride + z * n + i, n - i);
                p += n - i;
            }
            for (size_t z2 = z + 1; z2 < shape->n_species; z2++) {
                p = (float *)out + soap_block(shape, z, z2) + l * n * n;
                for (size_t i = 0; i < n; i++, p += n)
                    copy_row(p, gram + (z * n + i) * stride + z2 * n, n);
            }
        }
    }
}

const soap_kernels soap_kernels_float_avx2 = {"avx2",        sizeof(float), radial_avx2,
                                              harmonic_avx2, expand_avx2,   power_avx2};

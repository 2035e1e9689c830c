/* soap/kernels_avx2_float.c: the words of kernels_avx2.h for float, vectors of 8. Compiled for AVX2
 * and FMA, only called where kit/cpu.h allows. */
#include "kernels_place.h"

#include <immintrin.h>

#define REAL float
#define VECTOR __m256
#define HALF __m128
#define CONSTANT(name) name##_single
#define LANES 8u
#define LOAD _mm256_loadu_ps
#define STORE _mm256_storeu_ps
#define ZERO _mm256_setzero_ps
#define ADD _mm256_add_ps
#define MULTIPLY _mm256_mul_ps
#define MULTIPLY_ADD _mm256_fmadd_ps
#define MULTIPLY_SUBTRACT _mm256_fmsub_ps
#define MULTIPLY_TURN _mm256_fmaddsub_ps
#define HALF_ZERO _mm_setzero_ps
#define HALF_LOAD _mm_loadu_ps
#define HALF_STORE _mm_storeu_ps
#define HALF_ADD _mm_add_ps
#define HALF_MULTIPLY _mm_mul_ps
#define HALF_MULTIPLY_ADD _mm_fmadd_ps
#define LOWER _mm256_castps256_ps128
#define UPPER(v) _mm256_extractf128_ps(v, 1)
#define LOAD_ONE _mm256_broadcast_ss
#define LOAD_PAIR(p) _mm256_castpd_ps(_mm256_broadcast_sd((const double *)(const void *)(p)))
#define EXCHANGE(v) _mm256_permute_ps(v, 0xB1)
#define TWICE(h)                                                                                   \
    _mm256_permutevar8x32_ps(_mm256_castps128_ps256(h), _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3))
#define TWICE_EVEN(v) _mm256_unpacklo_ps(v, v)
#define TWICE_ODD(v) _mm256_unpackhi_ps(v, v)
#define FIRSTS(even, odd) _mm256_shuffle_ps(even, odd, 0x88)
#define SECONDS(even, odd) _mm256_shuffle_ps(even, odd, 0xDD)
#define PART(v) _mm256_permutevar8x32_ps(v, _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7))

#include "kernels_avx2.h"

const soap_kernels soap_kernels_float_avx2 = {"avx2", sizeof(REAL), room_avx2, expand_avx2,
                                              power_avx2};

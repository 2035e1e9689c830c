/* soap/kernels_avx2_double.c: the words of kernels_avx2.h for double, vectors of 4. Compiled for
 * AVX2 and FMA, only called where kit/cpu.h allows. */
#include "kernels_place.h"

#include <immintrin.h>

#define REAL double
#define VECTOR __m256d
#define HALF __m128d
#define CONSTANT(name) name
#define LANES 4u
#define LOAD _mm256_loadu_pd
#define STORE _mm256_storeu_pd
#define ZERO _mm256_setzero_pd
#define ADD _mm256_add_pd
#define MULTIPLY _mm256_mul_pd
#define MULTIPLY_ADD _mm256_fmadd_pd
#define MULTIPLY_SUBTRACT _mm256_fmsub_pd
#define MULTIPLY_TURN _mm256_fmaddsub_pd
#define HALF_ZERO _mm_setzero_pd
#define HALF_LOAD _mm_loadu_pd
#define HALF_STORE _mm_storeu_pd
#define HALF_ADD _mm_add_pd
#define HALF_MULTIPLY _mm_mul_pd
#define HALF_MULTIPLY_ADD _mm_fmadd_pd
#define LOWER _mm256_castpd256_pd128
#define UPPER(v) _mm256_extractf128_pd(v, 1)
#define LOAD_ONE _mm256_broadcast_sd
#define LOAD_PAIR(p) _mm256_broadcast_pd((const __m128d *)(const void *)(p))
#define EXCHANGE(v) _mm256_permute_pd(v, 0x5)
#define TWICE(h) _mm256_permute4x64_pd(_mm256_castpd128_pd256(h), 0x50)
#define TWICE_EVEN(v) _mm256_unpacklo_pd(v, v)
#define TWICE_ODD(v) _mm256_unpackhi_pd(v, v)
#define FIRSTS _mm256_unpacklo_pd
#define SECONDS _mm256_unpackhi_pd
#define PART(v) _mm256_permute4x64_pd(v, 0xD8)

#include "kernels_avx2.h"

const soap_kernels soap_kernels_double_avx2 = {"avx2", sizeof(REAL), room_avx2, expand_avx2,
                                               power_avx2};

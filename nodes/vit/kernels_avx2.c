/* vit/kernels_avx2.c: the same kernels for AVX2 and FMA. Fused multiplications make last bits
 * differ from the reference; the random multipliers are the same. */
#include "kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

/* Counters of eight lanes each; two sets at once keep the multipliers busy. */
enum { SETS = 2 };

/* 32 x 32 -> 64 bit products of eight lanes: upper and lower halves. */
static inline void multiply_lanes(__m256i x, __m256i factor, __m256i *high, __m256i *low) {
    __m256i even = _mm256_mul_epu32(x, factor);
    __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(x, 32), factor);
    *high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
    *low = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
}

static inline void philox_rounds(const vit_mask *k, __m256i c[SETS][4]) {
    const __m256i factor0 = _mm256_set1_epi32((int)0xD2511F53u);
    const __m256i factor1 = _mm256_set1_epi32((int)0xCD9E8D57u);
    uint32_t key0 = k->key[0], key1 = k->key[1];
    for (int round = 0; round < 10; round++) {
        __m256i k0 = _mm256_set1_epi32((int)key0), k1 = _mm256_set1_epi32((int)key1);
        for (int s = 0; s < SETS; s++) {
            __m256i high0, low0, high1, low1;
            multiply_lanes(c[s][0], factor0, &high0, &low0);
            multiply_lanes(c[s][2], factor1, &high1, &low1);
            c[s][0] = _mm256_xor_si256(_mm256_xor_si256(high1, c[s][1]), k0);
            c[s][2] = _mm256_xor_si256(_mm256_xor_si256(high0, c[s][3]), k1);
            c[s][1] = low1;
            c[s][3] = low0;
        }
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
}

static inline void store_multipliers(__m256i c[4], __m256i below, __m256 scale, float *m) {
    for (size_t w = 0; w < 4; w++) {
        __m256i low = _mm256_and_si256(c[w], _mm256_set1_epi32(0xFFFF));
        __m256i high = _mm256_srli_epi32(c[w], 16);
        __m256 keep_low = _mm256_castsi256_ps(_mm256_cmpgt_epi32(low, below));
        __m256 keep_high = _mm256_castsi256_ps(_mm256_cmpgt_epi32(high, below));
        _mm256_storeu_ps(m + 16 * w, _mm256_and_ps(keep_low, scale));
        _mm256_storeu_ps(m + 16 * w + 8, _mm256_and_ps(keep_high, scale));
    }
}

static void mask(size_t n, uint64_t first, const vit_mask *k, float *m) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i below = _mm256_set1_epi32((int)k->threshold - 1);
    const __m256 scale = _mm256_set1_ps(k->scale);
    for (size_t e = 0; e < n; e += 64 * SETS) {
        __m256i c[SETS][4];
        for (size_t s = 0; s < SETS; s++) {
            uint32_t counter = (uint32_t)((first + e) / 8 + 8 * s);
            c[s][0] = _mm256_add_epi32(_mm256_set1_epi32((int)counter), lane);
            for (size_t w = 0; w < 3; w++)
                c[s][w + 1] = _mm256_set1_epi32((int)k->id[w]);
        }
        philox_rounds(k, c);
        for (size_t s = 0; s < SETS && e + 64 * s < n; s++)
            store_multipliers(c[s], below, scale, m + e + 64 * s);
    }
}

#define VIT_KERNELS_MASK
#define VIT_KERNELS_NAME vit_kernels_avx2
#define VIT_KERNELS_TEXT "avx2"
#include "kernels_body.h"
#endif

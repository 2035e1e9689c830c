/* soap/kernels_avx2_common.h: what keeps a compiler from undoing the kernels of kernels_avx2.h. */
#ifndef RISE_SOAP_KERNELS_AVX2_COMMON_H
#define RISE_SOAP_KERNELS_AVX2_COMMON_H

/* Loops over small constant bounds must vanish, or the accumulators live in memory. */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif
/* The compiler forgets where a vector comes from: of a broadcast it would make the lower half by
 * another broadcast. */
#define KEEP(vector) __asm__("" : "+x"(vector))
/* No load from below moves above this sum; moved ahead, loads push accumulators out of registers.
 */
#define SETTLE(vector) __asm__ volatile("" : "+x"(vector)::"memory")
#define INLINE static inline __attribute__((always_inline))

#endif

/* vit/kernels_avx2.c: the same kernels compiled with -mavx2. No fused multiply-add: the bits stay
 * those of the reference. */
#include "kernels.h"

#if defined(__x86_64__)
#define VIT_KERNELS_NAME vit_kernels_avx2
#define VIT_KERNELS_TEXT "avx2"
#include "kernels_body.h"
#endif

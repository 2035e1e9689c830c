/* vit/kernels.c: chooses the overlay. */
#include "kernels.h"

#include "kit/cpu.h"

const vit_kernels *vit_kernels_best(void) {
#if defined(__x86_64__)
    if (cpu_best() >= CPU_AVX2)
        return &vit_kernels_avx2;
#endif
    return &vit_kernels_reference;
}

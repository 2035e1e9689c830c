/* vit/kernels.c: chooses the overlay, and says what last bits depend on. */
#include "kernels.h"

#include "kit/cpu.h"
#include "kit/gemm.h"
#include "net.h"

#include <pthread.h>
#include <stdio.h>

const vit_kernels *vit_kernels_best(void) {
#if defined(__x86_64__)
    if (cpu_best() >= CPU_AVX2)
        return &vit_kernels_avx2;
#endif
    return &vit_kernels_reference;
}

static char numerics[64];
static pthread_once_t numerics_once = PTHREAD_ONCE_INIT;

static void write_numerics(void) {
    snprintf(numerics, sizeof numerics, "%s, %s", gemm_architecture(), vit_kernels_best()->name);
}

const char *vit_numerics(void) {
    pthread_once(&numerics_once, write_numerics);
    return numerics;
}

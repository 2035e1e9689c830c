/* kit/cpu.c: asks the processor, and through it the operating system, what may be executed.
 *
 * By hand, since __builtin_cpu_supports wants a run-time library that not every C compiler that
 * builds us brings along. */
#include "cpu.h"

#include <stdatomic.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <stdbool.h>

#define LEAF1_ECX_FMA (1u << 12)
#define LEAF1_ECX_OSXSAVE (1u << 27)
#define LEAF1_ECX_AVX (1u << 28)
#define LEAF7_EBX_AVX2 (1u << 5)
#define XCR0_XMM_AND_YMM 6u

static bool runs_avx2(void) {
    unsigned a, b, c, d;
    unsigned needed = LEAF1_ECX_FMA | LEAF1_ECX_OSXSAVE | LEAF1_ECX_AVX;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & needed) != needed)
        return false;
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & XCR0_XMM_AND_YMM) != XCR0_XMM_AND_YMM)
        return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & LEAF7_EBX_AVX2) != 0;
}
#endif

static cpu_overlay ask(void) {
#if defined(__x86_64__)
    if (runs_avx2())
        return CPU_AVX2;
#endif
    return CPU_REFERENCE;
}

/* On a virtual machine the question takes microseconds, and every key of some nodes asks it. */
cpu_overlay cpu_best(void) {
    static atomic_int known; /* 0: not yet */
    int best = atomic_load_explicit(&known, memory_order_relaxed);
    if (best == 0) {
        best = 1 + (int)ask();
        atomic_store_explicit(&known, best, memory_order_relaxed);
    }
    return (cpu_overlay)(best - 1);
}

const char *cpu_overlay_name(cpu_overlay overlay) {
    return overlay == CPU_AVX2 ? "avx2" : "reference";
}

/* kit/cpu.h: which kernel overlay this processor can run.
 *
 * Kernels exist as plain C (reference) and, where it pays, as overlays compiled for more; the
 * choice is made at run time, here and nowhere else. Its name belongs in a node's fingerprint,
 * since overlays may differ in the last bits. */
#ifndef RISE_KIT_CPU_H
#define RISE_KIT_CPU_H

typedef enum cpu_overlay {
    CPU_REFERENCE = 0, /* the baseline of the target */
    CPU_AVX2 = 1       /* AVX2 and FMA */
} cpu_overlay;

cpu_overlay cpu_best(void); /* the highest overlay that runs here; each includes those below it */
const char *cpu_overlay_name(cpu_overlay overlay);

#endif

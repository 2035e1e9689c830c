/* bench/measure.h: what every benchmark program measures with.
 *
 * Seconds are those of a thread's processor time; on a machine that others use too, they vary less
 * than wall time. What is compared is run in turn, and the median of each is taken. */
#ifndef RISE_BENCH_MEASURE_H
#define RISE_BENCH_MEASURE_H

#include <stddef.h>

double measure_cpu(void);                        /* s, of this thread */
double measure_wall(void);                       /* s */
double measure_peak_memory(void);                /* MiB, the most this process has held so far */
double measure_median(double *sample, size_t n); /* sorts */

/* Fused multiply-adds that one core does at most, as Gflop/s (two flop each), over about 0.1 s.
 * 0 where the processor has no AVX2 and FMA. */
double measure_peak_float(void);
double measure_peak_double(void);

#endif

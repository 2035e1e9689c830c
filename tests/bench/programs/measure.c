/* bench/measure.c: clocks, medians, and the most multiply-adds that a core can do. */
#include "measure.h"

#include "kit/cpu.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

static double seconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double measure_cpu(void) {
    return seconds(CLOCK_THREAD_CPUTIME_ID);
}

double measure_wall(void) {
    return seconds(CLOCK_MONOTONIC);
}

double measure_peak_memory(void) {
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (double)use.ru_maxrss / 1024;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double measure_median(double *sample, size_t n) {
    qsort(sample, n, sizeof *sample, ascending);
    return n % 2 ? sample[n / 2] : (sample[n / 2 - 1] + sample[n / 2]) / 2;
}

#if defined(__x86_64__)
#define N_CHAINS 12 /* more than latency x units of any such processor */
#define N_STEPS 2000000

__attribute__((target("avx2,fma"), noinline)) static float float_chains(void) {
    __m256 x[N_CHAINS], factor = _mm256_set1_ps(0.999f), term = _mm256_set1_ps(1e-3f);
    for (int i = 0; i < N_CHAINS; i++)
        x[i] = _mm256_set1_ps((float)i);
    for (int step = 0; step < N_STEPS; step++)
        for (int i = 0; i < N_CHAINS; i++)
            x[i] = _mm256_fmadd_ps(x[i], factor, term);
    for (int i = 1; i < N_CHAINS; i++)
        x[0] = _mm256_add_ps(x[0], x[i]);
    return _mm256_cvtss_f32(x[0]);
}

__attribute__((target("avx2,fma"), noinline)) static double double_chains(void) {
    __m256d x[N_CHAINS], factor = _mm256_set1_pd(0.999), term = _mm256_set1_pd(1e-3);
    for (int i = 0; i < N_CHAINS; i++)
        x[i] = _mm256_set1_pd(i);
    for (int step = 0; step < N_STEPS; step++)
        for (int i = 0; i < N_CHAINS; i++)
            x[i] = _mm256_fmadd_pd(x[i], factor, term);
    for (int i = 1; i < N_CHAINS; i++)
        x[0] = _mm256_add_pd(x[0], x[i]);
    return _mm256_cvtsd_f64(x[0]);
}

static volatile double sink;

static double best_of(int doubles) {
    double best = 0;
    for (int repeat = 0; repeat < 7; repeat++) {
        double start = measure_cpu();
        sink = doubles ? double_chains() : (double)float_chains();
        double flops = 2.0 * N_CHAINS * N_STEPS * (doubles ? 4 : 8);
        double rate = flops / (measure_cpu() - start) * 1e-9;
        best = rate > best ? rate : best;
    }
    return best;
}

double measure_peak_float(void) {
    return cpu_best() >= CPU_AVX2 ? best_of(0) : 0;
}

double measure_peak_double(void) {
    return cpu_best() >= CPU_AVX2 ? best_of(1) : 0;
}
#else
double measure_peak_float(void) {
    return 0;
}

double measure_peak_double(void) {
    return 0;
}
#endif

/* Means, spreads, quantiles, errors of models, bootstrap draws. Knows arrays of float64 only. */
#include "kit/statistics.h"

#include "kit/rng.h"

#include <math.h>
#include <stdlib.h>

size_t statistics_share(double share, size_t n) {
    size_t taken = (size_t)ceil(share * (double)n * (1 - 1e-12));
    return taken < n ? taken : n;
}

void statistics_add(statistics_sum *s, double x) {
    double t = s->sum + x;
    s->lost += fabs(s->sum) >= fabs(x) ? (s->sum - t) + x : (x - t) + s->sum;
    s->sum = t;
}

double statistics_total(const statistics_sum *s) {
    return s->sum + s->lost;
}

double statistics_mean(const double *x, size_t n) {
    statistics_sum s = {0};
    for (size_t i = 0; i < n; i++) {
        statistics_add(&s, x[i]);
    }
    return n ? statistics_total(&s) / (double)n : 0;
}

/* sum (x - centre)^2 */
static double squares(const double *x, size_t n, double centre) {
    statistics_sum s = {0};
    for (size_t i = 0; i < n; i++) {
        statistics_add(&s, (x[i] - centre) * (x[i] - centre));
    }
    return statistics_total(&s);
}

double statistics_std(const double *x, size_t n, size_t ddof) {
    if (n <= ddof) {
        return 0;
    }
    return sqrt(squares(x, n, statistics_mean(x, n)) / (double)(n - ddof));
}

void statistics_range(const double *x, size_t n, double *min, double *max) {
    *min = *max = x[0];
    for (size_t i = 1; i < n; i++) {
        *min = x[i] < *min ? x[i] : *min;
        *max = x[i] > *max ? x[i] : *max;
    }
}

static int ascending(const void *pa, const void *pb) {
    double a = *(const double *)pa, b = *(const double *)pb;
    return (a > b) - (a < b);
}

void statistics_sort(double *x, size_t n) {
    if (n > 1) {
        qsort(x, n, sizeof *x, ascending);
    }
}

double statistics_quantile(const double *sorted, size_t n, double q) {
    double at = q * (double)(n - 1);
    size_t low = (size_t)floor(at);
    if (low + 1 >= n) {
        return sorted[n - 1];
    }
    double part = at - (double)low;
    return sorted[low] + part * (sorted[low + 1] - sorted[low]);
}

/* sum (t - p)^2 */
static double misses(const double *t, const double *p, size_t n) {
    statistics_sum s = {0};
    for (size_t i = 0; i < n; i++) {
        statistics_add(&s, (t[i] - p[i]) * (t[i] - p[i]));
    }
    return statistics_total(&s);
}

double statistics_rmse(const double *t, const double *p, size_t n) {
    return n ? sqrt(misses(t, p, n) / (double)n) : 0;
}

double statistics_mae(const double *t, const double *p, size_t n) {
    statistics_sum s = {0};
    for (size_t i = 0; i < n; i++) {
        statistics_add(&s, fabs(t[i] - p[i]));
    }
    return n ? statistics_total(&s) / (double)n : 0;
}

double statistics_r2(const double *t, const double *p, size_t n) {
    if (n < 2) {
        return NAN;
    }
    double min, max;
    statistics_range(t, n, &min, &max);
    return max > min ? 1 - misses(t, p, n) / squares(t, n, statistics_mean(t, n)) : NAN;
}

void statistics_bootstrap(uint64_t seed, uint32_t stream, uint32_t resample, size_t n,
                          size_t *index) {
    const rng_stream draw = {seed, {0x626f6f74u /* "boot" */, stream, resample}};
    for (size_t i = 0; i < n; i++) {
        index[i] = (size_t)rng_below(&draw, i, n);
    }
}

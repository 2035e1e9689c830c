/* kit/statistics.h: means, spreads, quantiles and errors of models, in float64.
 *
 * Every sum is compensated (Neumaier) and runs in the given order, so a result depends on the
 * numbers and their order alone. Functions of no numbers (n = 0) give 0 unless stated otherwise.
 * Inputs must be finite. */
#ifndef RISE_KIT_STATISTICS_H
#define RISE_KIT_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

/* How many of n things a share of them is, 0 < share <= 1: rounded up, so 1 at least where n > 0. A
 * product that only rounding puts above a whole number is that number: 0.07 of 100 is 7. */
size_t statistics_share(double share, size_t n);

/* Running compensated sum; start with {0}. */
typedef struct statistics_sum {
    double sum, lost;
} statistics_sum;
void statistics_add(statistics_sum *s, double x);
double statistics_total(const statistics_sum *s);

double statistics_mean(const double *x, size_t n);
/* Standard deviation about the mean, divided by n - ddof; 0 when n <= ddof. */
double statistics_std(const double *x, size_t n, size_t ddof);
void statistics_range(const double *x, size_t n, double *min, double *max); /* n >= 1 */

void statistics_sort(double *x, size_t n); /* ascending, in place */
/* q in [0, 1] of ascending numbers, n >= 1: linear between order statistics (position q (n-1)). */
double statistics_quantile(const double *sorted, size_t n, double q);

/* Of predictions p against targets t, in their unit. */
double statistics_rmse(const double *t, const double *p, size_t n);
double statistics_mae(const double *t, const double *p, size_t n);
/* 1 - sum (t-p)^2 / sum (t-<t>)^2, about the mean of these targets. NaN where that is undefined:
 * all targets equal, or fewer than two. */
double statistics_r2(const double *t, const double *p, size_t n);

/* Bootstrap: draw `resample` (0, 1, ...) of n indices out of 0..n-1 with replacement.
 * Counter-based: element i of a draw depends on (seed, stream, resample, i) and, through the bound,
 * on n; draws with different `stream` are independent. n <= 2^32. */
void statistics_bootstrap(uint64_t seed, uint32_t stream, uint32_t resample, size_t n,
                          size_t *index);

#endif

/* Means, spreads, quantiles, errors of models and bootstrap draws against numbers known by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kit/statistics.h"

static void near(double found, double expected, double bound, const char *what) {
    if (!(fabs(found - expected) <= bound)) {
        fail_msg("%s: %.17g, expected %.17g, difference %.3g", what, found, expected,
                 found - expected);
    }
}

static void means_and_spreads(void **unused) {
    (void)unused;
    const double x[] = {2, 4, 4, 4, 5, 5, 7, 9};
    double min, max;
    near(statistics_mean(x, 8), 5, 0, "mean");
    near(statistics_std(x, 8, 0), 2, 1e-15, "population");
    near(statistics_std(x, 8, 1), sqrt(32.0 / 7), 1e-15, "sample");
    near(statistics_std(x, 1, 1), 0, 0, "one number");
    near(statistics_mean(NULL, 0), 0, 0, "no numbers");
    statistics_range(x, 8, &min, &max);
    near(min, 2, 0, "min");
    near(max, 9, 0, "max");
}

/* A plain sum loses the ones altogether; spreads near 9300 eV must not drown either. */
static void sums_are_compensated(void **unused) {
    (void)unused;
    const double x[] = {1, 1e100, 1, -1e100};
    near(statistics_mean(x, 4), 0.5, 0, "mean of 1, 1e100, 1, -1e100");
    double *y = malloc(1000000 * sizeof *y);
    assert_non_null(y);
    for (size_t i = 0; i < 1000000; i++) {
        y[i] = 9300 + (i % 2 ? 1e-3 : -1e-3);
    }
    near(statistics_mean(y, 1000000), 9300, 1e-11, "mean near 9300");
    near(statistics_std(y, 1000000, 0), 1e-3, 1e-12, "spread near 9300");
    free(y);
}

/* 0.07 * 100 is 7.000000000000001 in floating point; seven are meant. */
static void shares_are_rounded_up(void **unused) {
    (void)unused;
    assert_int_equal(statistics_share(0.07, 100), 7);
    assert_int_equal(statistics_share(0.071, 100), 8);
    assert_int_equal(statistics_share(1e-300, 100), 1);
    assert_int_equal(statistics_share(1, 100), 100);
    assert_int_equal(statistics_share(0.333333, 54), 18);
    assert_int_equal(statistics_share(0.5, 0), 0);
}

static void quantiles_are_linear_between_numbers(void **unused) {
    (void)unused;
    double x[] = {9, 1, 5, 3};
    statistics_sort(x, 4);
    near(x[0], 1, 0, "sorted");
    near(x[3], 9, 0, "sorted");
    near(statistics_quantile(x, 4, 0), 1, 0, "q 0");
    near(statistics_quantile(x, 4, 1), 9, 0, "q 1");
    near(statistics_quantile(x, 4, 0.5), 4, 1e-15, "median");
    near(statistics_quantile(x, 4, 0.25), 2.5, 1e-15, "first quartile");
    near(statistics_quantile(x, 1, 0.7), 1, 0, "one number");
}

static void errors_of_models(void **unused) {
    (void)unused;
    const double t[] = {1, 2, 3, 4}, p[] = {1, 3, 3, 2};
    near(statistics_rmse(t, p, 4), sqrt(5.0 / 4), 1e-15, "rmse");
    near(statistics_mae(t, p, 4), 0.75, 1e-15, "mae");
    near(statistics_r2(t, p, 4), 1 - 5.0 / 5, 1e-15, "r2");
    near(statistics_r2(t, t, 4), 1, 0, "r2 of the truth");
    const double flat[] = {2, 2};
    assert_true(isnan(statistics_r2(flat, t, 2)));
    assert_true(isnan(statistics_r2(t, t, 1)));
}

static void draws_repeat_and_are_even(void **unused) {
    (void)unused;
    enum { N = 7, DRAWS = 3000 };
    size_t index[N], again[N], count[N] = {0}, same = 0;
    for (uint32_t r = 0; r < DRAWS; r++) {
        statistics_bootstrap(4, 1, r, N, index);
        statistics_bootstrap(4, 1, r, N, again);
        assert_memory_equal(index, again, sizeof index);
        for (size_t i = 0; i < N; i++) {
            assert_true(index[i] < N);
            count[index[i]]++;
        }
        statistics_bootstrap(4, 2, r, N, again);
        same += memcmp(index, again, sizeof index) == 0;
    }
    assert_true(same < 5); /* streams differ: 7^-7 of the draws agree by chance */
    for (size_t i = 0; i < N; i++) {
        /* mean 3000, standard deviation 51 */
        near((double)count[i], DRAWS, 250, "times drawn");
    }
}

/* Bootstrap of a mean: its standard error is std / sqrt(n). */
static void bootstrap_gives_the_standard_error(void **unused) {
    (void)unused;
    enum { N = 400, DRAWS = 2000 };
    double x[N], mean[DRAWS];
    size_t index[N];
    for (size_t i = 0; i < N; i++) {
        x[i] = sin(12.9898 * (double)i) * 3 + 1;
    }
    for (uint32_t r = 0; r < DRAWS; r++) {
        double sum = 0;
        statistics_bootstrap(1, 0, r, N, index);
        for (size_t i = 0; i < N; i++) {
            sum += x[index[i]];
        }
        mean[r] = sum / (double)N;
    }
    double expected = statistics_std(x, N, 0) / sqrt((double)N);
    near(statistics_std(mean, DRAWS, 1), expected, 0.08 * expected, "standard error");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(means_and_spreads),
        cmocka_unit_test(sums_are_compensated),
        cmocka_unit_test(shares_are_rounded_up),
        cmocka_unit_test(quantiles_are_linear_between_numbers),
        cmocka_unit_test(errors_of_models),
        cmocka_unit_test(draws_repeat_and_are_even),
        cmocka_unit_test(bootstrap_gives_the_standard_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

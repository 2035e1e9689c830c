/* Ridge regression against numbers of scikit-learn 1.9.1 (Ridge, solver svd) and NumPy 2.4.6
 * (lstsq), and against its own normal equations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "kit/lapack.h"
#include "ridge/ridge.h"

enum { N = 5, F = 3 };

/* The last feature never varies. */
static const double X[N][F] = {{1, 2, 0.5}, {2, 1, 0.5}, {3, 5, 0.5}, {4, 3, 0.5}, {6, 4, 0.5}};
static const double Y[N] = {-9300.1, -9299.4, -9296.2, -9297.7, -9295.9};

static void assert_near(double got, double want, double tolerance) {
    if (!(fabs(got - want) <= tolerance)) {
        fail_msg("%.17g, expected %.17g", got, want);
    }
}

static ridge *fit(bool standard) {
    ridge *r = NULL;
    rise_error err;
    if (ridge_new(&X[0][0], Y, N, F, standard, &r, &err) != RISE_OK) {
        fail_msg("%s", err.message);
    }
    return r;
}

static void weights_are_those_of_scikit_learn(void **unused) {
    (void)unused;
    static const struct {
        bool standard;
        double lambda, w[F], intercept;
    } known[] = {
        {false, 0, {0.4686868686870671, 0.7319191919189078, 0}, -9301.555555555557},
        {false, 0.1, {0.4690708444183638, 0.7244063454524753, 0}, -9301.534245738496},
        {false, 2, {0.4621231979031556, 0.6137614678897048, 0}, -9301.18007863696},
        {true, 2, {0.39256678281078256, 0.5608594657373619, 0}, -9300.798792102207},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        ridge *r = fit(known[i].standard);
        double w[F], intercept;
        ridge_solve(r, known[i].lambda, w, &intercept);
        for (int k = 0; k < F; k++) {
            assert_near(w[k], known[i].w[k], 1e-11);
        }
        assert_near(intercept, known[i].intercept, 1e-10);
        ridge_free(r);
    }
}

static void the_scale_is_the_largest_singular_value(void **unused) {
    (void)unused;
    ridge *r = fit(false);
    assert_near(ridge_scale(r), 4.44971909 * 4.44971909, 1e-6);
    ridge_free(r);
}

/* Uniform in [0, 1): a small generator of the test's own. */
static double uniform(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) * 0x1p-53;
}

/* At the minimum the gradient is zero: sum_i (y - b - x w) (x - mean) = lambda w, and the residuals
 * sum to zero. More features than samples, and each row sums to 1 as frequencies do. */
static void the_gradient_is_zero(void **unused) {
    (void)unused;
    enum { n = 20, m = 30 };
    static double x[n][m], y[n], w[m], predicted[n];
    double intercept;
    uint64_t state = 1;
    rise_error err;
    ridge *r = NULL;
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t k = 0; k < m; k++) {
            x[i][k] = uniform(&state);
            sum += x[i][k];
        }
        for (size_t k = 0; k < m; k++) {
            x[i][k] /= sum;
        }
        y[i] = -9300 + 5 * uniform(&state);
    }
    assert_int_equal(ridge_new(&x[0][0], y, n, m, false, &r, &err), RISE_OK);
    const double lambda = 0.01 * ridge_scale(r);
    ridge_solve(r, lambda, w, &intercept);
    ridge_predict(&x[0][0], n, m, w, intercept, predicted);
    double rest = 0;
    for (size_t i = 0; i < n; i++) {
        rest += y[i] - predicted[i];
    }
    assert_near(rest, 0, 1e-9);
    for (size_t k = 0; k < m; k++) {
        double mean = 0, pull = 0;
        for (size_t i = 0; i < n; i++) {
            mean += x[i][k] / (double)n;
        }
        for (size_t i = 0; i < n; i++) {
            pull += (y[i] - predicted[i]) * (x[i][k] - mean);
        }
        assert_near(pull, lambda * w[k], 1e-9);
    }
    /* Without a penalty, and with more features than samples, every target is met. */
    ridge_solve(r, 0, w, &intercept);
    ridge_predict(&x[0][0], n, m, w, intercept, predicted);
    for (size_t i = 0; i < n; i++) {
        assert_near(predicted[i], y[i], 1e-6);
    }
    ridge_free(r);
}

static void one_sample_gives_its_target(void **unused) {
    (void)unused;
    double w[F], intercept;
    ridge *r = NULL;
    rise_error err;
    assert_int_equal(ridge_new(&X[0][0], Y, 1, F, true, &r, &err), RISE_OK);
    ridge_solve(r, 0, w, &intercept);
    assert_near(intercept, Y[0], 0);
    for (int k = 0; k < F; k++) {
        assert_near(w[k], 0, 0);
    }
    ridge_free(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_are_those_of_scikit_learn),
        cmocka_unit_test(the_scale_is_the_largest_singular_value),
        cmocka_unit_test(the_gradient_is_zero),
        cmocka_unit_test(one_sample_gives_its_target),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

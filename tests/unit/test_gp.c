/* Gaussian processes and expected improvement against numbers of scikit-learn 1.9.1
 * (GaussianProcessRegressor, ConstantKernel * Matern(nu=2.5), alpha = amplitude * noise) and SciPy
 * 1.17.1 (norm), and the climbs in between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "kit/gp.h"
#include "kit/lapack.h"
#include "kit/maximize.h"

enum { N = 6, D = 3 };

static const double X[N][D] = {{0.1, 0.2, 0.9}, {0.4, 0.8, 0.3}, {0.7, 0.1, 0.5},
                               {0.9, 0.9, 0.2}, {0.3, 0.5, 0.6}, {0.6, 0.4, 0.1}};
static const double Y[N] = {-6.8, -6.1, -6.4, -7.2, -5.9, -6.6};

static void assert_near(double got, double want, double tolerance, const char *what) {
    if (!(fabs(got - want) <= tolerance)) {
        fail_msg("%s: %.17g, expected %.17g", what, got, want);
    }
}

static gp *process(gp_shape shape) {
    gp *g = NULL;
    rise_error err;
    if (gp_new(&X[0][0], Y, N, D, shape, &g, &err) != RISE_OK) {
        fail_msg("%s", err.message);
    }
    return g;
}

static void the_posterior_is_that_of_scikit_learn(void **unused) {
    (void)unused;
    static const double at[3][D] = {{0.5, 0.5, 0.5}, {0.1, 0.2, 0.9}, {0, 1, 1}};
    static const double mean[] = {1.0135792014889893, -0.6360453546320537, 0.5135438494072055};
    static const double deviation[] = {0.46610288002013767, 0.20714674161993674,
                                       1.3186071861261197};
    static const double gain[] = {0.05533977195630256, 1.4324268981932698e-24, 0.19999694216022232};
    gp *g = process((gp_shape){0.6, 0.02});
    assert_near(gp_amplitude(g), 2.2274536001413066, 1e-12, "amplitude");
    assert_near(gp_log_likelihood(g), -9.516125033601288, 1e-11, "log likelihood");
    for (int i = 0; i < 3; i++) {
        double m, s, work[N];
        gp_predict(g, at[i], work, &m, &s);
        assert_near(m, mean[i], 1e-12, "mean");
        assert_near(s, deviation[i], 1e-12, "deviation");
        double ei = gp_expected_improvement(m, s, gp_best(g), 1e-3);
        assert_near(ei, gain[i], 1e-12 * (gain[i] > 1e-3 ? 1 : 1e-12), "expected improvement");
    }
    gp_free(g);
}

/* SciPy's L-BFGS-B from twelve starts ends at length 0.1234, least noise, -8.51178489044212. */
static void the_shape_is_the_most_likely(void **unused) {
    (void)unused;
    gp *g = NULL;
    rise_error err;
    assert_int_equal(gp_fit(&X[0][0], Y, N, D, NULL, NULL, &g, &err), RISE_OK);
    assert_near(gp_log_likelihood(g), -8.51178489044212, 1e-5, "log likelihood");
    assert_near(gp_shape_of(g).length, 0.1234, 2e-3, "length");
    gp_free(g);
}

static bool after_a_few(void *user) {
    int *left = user;
    return --*left < 0;
}

/* Wherever it is stopped there is no process; asked to the end it is the same as never asked. */
static void a_fit_can_be_stopped(void **unused) {
    (void)unused;
    gp *g = NULL, *whole = NULL;
    rise_error err;
    for (int few = 0; few < 40; few += 13) {
        int left = few;
        assert_int_equal(gp_fit(&X[0][0], Y, N, D, after_a_few, &left, &g, &err),
                         RISE_E_INTERRUPTED);
        assert_null(g);
    }
    int many = 1 << 30;
    assert_int_equal(gp_fit(&X[0][0], Y, N, D, after_a_few, &many, &g, &err), RISE_OK);
    assert_int_equal(gp_fit(&X[0][0], Y, N, D, NULL, NULL, &whole, &err), RISE_OK);
    assert_true(gp_log_likelihood(g) == gp_log_likelihood(whole));
    assert_true((1 << 30) - many > 40);
    gp_free(g);
    gp_free(whole);
}

/* Without noise worth the name the process goes through what was observed. */
static void observations_are_met(void **unused) {
    (void)unused;
    gp *g = process((gp_shape){0.6, GP_NOISE_MIN});
    double best = -INFINITY;
    for (int i = 0; i < N; i++) {
        double m, s, work[N];
        gp_predict(g, X[i], work, &m, &s);
        assert_true(s < 2e-3 * sqrt(gp_amplitude(g)) && s >= 0);
        best = fmax(best, m);
    }
    assert_near(best, gp_best(g), 1e-3, "best");
    gp_free(g);
}

/* Of a normal variable about 0: max(0, f) has the mean 1/sqrt(2 pi). */
static void expected_improvement_by_hand(void **unused) {
    (void)unused;
    assert_near(gp_expected_improvement(2, 1, 2, 0), 0.3989422804014327, 1e-15, "at the best");
    assert_near(gp_expected_improvement(2, 3, 2, 0), 3 * 0.3989422804014327, 1e-15, "wider");
    assert_near(gp_expected_improvement(5, 0, 2, 0.5), 2.5, 0, "certain gain");
    assert_near(gp_expected_improvement(1, 0, 2, 0), 0, 0, "certain loss");
    assert_near(gp_expected_improvement(12, 1e-3, 2, 0), 10, 1e-12, "nearly certain gain");
    assert_true(gp_expected_improvement(-50, 1, 2, 0) >= 0);
}

/* Equal observations and one point twice: nothing to fit, no failure, finite numbers. */
static void degenerate_observations_are_borne(void **unused) {
    (void)unused;
    const double x[3][D] = {{0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}, {0.2, 0.1, 0.3}};
    const double equal[3] = {4, 4, 4}, twice[3] = {1, 2, 5};
    const double *const y[2] = {equal, twice};
    for (int i = 0; i < 2; i++) {
        gp *g = NULL;
        rise_error err;
        double m, s, work[3];
        assert_int_equal(gp_fit(&x[0][0], y[i], 3, D, NULL, NULL, &g, &err), RISE_OK);
        gp_predict(g, (const double[]){0.9, 0.1, 0.2}, work, &m, &s);
        assert_true(isfinite(m) && isfinite(s));
        assert_true(isfinite(gp_expected_improvement(m, s, gp_best(g), 1e-3)));
        gp_free(g);
    }
}

static double hill(void *user, const double *x) {
    (void)user;
    return 3 - (x[0] - 0.3) * (x[0] - 0.3) - 2 * (x[1] - 1.4) * (x[1] - 1.4);
}

/* The top of the hill is outside the box, so the highest point is on its side. */
static void a_climb_ends_at_the_top(void **unused) {
    (void)unused;
    const double low[2] = {0, 0}, high[2] = {1, 1};
    double x[2] = {0.9, 0.1}, value = 0;
    rise_error err;
    assert_int_equal(maximize_climb(hill, NULL, 2, low, high, x, &value, &err), RISE_OK);
    assert_near(x[0], 0.3, 1e-4, "x");
    assert_near(x[1], 1, 1e-6, "y");
    assert_near(value, 3 - 2 * 0.16, 1e-6, "height");
    assert_int_equal(maximize_climb(hill, NULL, 1, low, high, x, &value, &err), RISE_E_BUG);
}

static void cholesky_says_what_is_not_definite(void **unused) {
    (void)unused;
    double good[4] = {4, 99, 2, 5}, bad[4] = {1, 0, 2, 1}, b[2] = {8, 9};
    assert_true(lapack_cholesky(2, good));
    assert_near(good[0], 2, 0, "l00");
    assert_near(good[2], 1, 0, "l10");
    assert_near(good[3], 2, 1e-15, "l11");
    assert_near(good[1], 99, 0, "upper triangle");
    lapack_forward(2, good, b);
    assert_near(b[0], 4, 1e-15, "forward");
    assert_near(b[1], 2.5, 1e-15, "forward");
    lapack_backward(2, good, b);
    assert_near(b[0], 1.375, 1e-15, "backward");
    assert_near(b[1], 1.25, 1e-15, "backward");
    assert_false(lapack_cholesky(2, bad));
    assert_int_equal(strncmp(lapack_version(), "lapack ", 7), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_posterior_is_that_of_scikit_learn),
        cmocka_unit_test(the_shape_is_the_most_likely),
        cmocka_unit_test(a_fit_can_be_stopped),
        cmocka_unit_test(observations_are_met),
        cmocka_unit_test(expected_improvement_by_hand),
        cmocka_unit_test(degenerate_observations_are_borne),
        cmocka_unit_test(a_climb_ends_at_the_top),
        cmocka_unit_test(cholesky_says_what_is_not_definite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

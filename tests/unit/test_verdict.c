/* The verdict on synthetic curves whose truth is known, and its refusals to decide. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kit/rng.h"
#include "kit/statistics.h"
#include "rise/verdict.h"

enum { MAX_LENGTHS = 8, MAX_SEEDS = 5, MAX_SAMPLES = 400 };

static const double cutoffs[] = {3, 3.5, 4, 4.5, 5, 6, 7};
static const double blocks[] = {2, 4, 6, 8, 12, 16};
static const verdict_settings settings = {.resamples = 2000, .seed = 1};

typedef struct synthetic {
    verdict_curve curve;
    double square[MAX_LENGTHS * MAX_SEEDS * MAX_SAMPLES];
} synthetic;

/* Errors of size rmse[length], mostly shared by all lengths: hard samples stay hard. */
static synthetic *make(const double *length, const double *rmse, size_t n_lengths, size_t n_seeds,
                       size_t n_samples, uint32_t name) {
    synthetic *s = calloc(1, sizeof *s);
    assert_non_null(s);
    const rng_stream shared = {99, {0, 0, 0}}, own = {99, {1, name, 0}};
    for (size_t l = 0, at = 0; l < n_lengths; l++) {
        for (size_t k = 0; k < n_seeds; k++) {
            for (size_t i = 0; i < n_samples; i++, at++) {
                double z = (10 * rng_normal(&shared, i) + rng_normal(&own, at)) / sqrt(101);
                s->square[at] = rmse[l] * rmse[l] * z * z;
            }
        }
    }
    s->curve = (verdict_curve){n_lengths, n_seeds, length, s->square, 0};
    return s;
}

static verdict judge(const synthetic *a, const synthetic *b, size_t n,
                     const verdict_settings *how) {
    verdict v = {0};
    rise_error err = {0};
    if (verdict_find(&a->curve, &b->curve, n, how, NULL, NULL, &v, &err) != RISE_OK) {
        fail_msg("%s", err.message);
    }
    return v;
}

static void expect(const verdict *v, verdict_word word, const char *reason) {
    if (v->word != word || !strstr(v->reason, reason)) {
        fail_msg("%s: %s; expected %s: ..%s..", verdict_name(v->word), v->reason,
                 verdict_name(word), reason);
    }
}

static const double dip_at_5[] = {2.4, 1.9, 1.5, 1.15, 0.9, 1.2, 1.6};
static const double flat_from_8[] = {3, 2.2, 1.5, 0.92, 0.9, 0.9};

static void a_known_minimum_and_saturation_agree(void **unused) {
    (void)unused;
    synthetic *a = make(cutoffs, dip_at_5, 7, 5, 400, 1);
    synthetic *b = make(blocks, flat_from_8, 6, 1, 400, 2);
    verdict v = judge(a, b, 400, &settings);
    expect(&v, VERDICT_AGREE, "overlap");
    assert_true(cutoffs[v.r1.at] == 5);
    assert_true(blocks[v.r2.at] == 8);
    assert_true(v.r1.low_at <= v.r1.at && v.r1.at <= v.r1.high_at);
    assert_true(v.r2.low_at <= v.r2.at && v.r2.at <= v.r2.high_at);
    assert_true(fabs(v.r1.rmse[4] - 0.9) < 0.1);
    assert_true(v.r2.se > 0 && v.r2.se < 0.1);
    verdict_free(&v);
    free(a);
    free(b);
}

static void different_radii_disagree(void **unused) {
    (void)unused;
    const double dip_at_4[] = {1.9, 1.4, 0.9, 1.3, 1.7, 2.2, 2.6};
    const double flat_from_12[] = {3, 2.6, 2.2, 1.7, 0.9, 0.9};
    synthetic *a = make(cutoffs, dip_at_4, 7, 3, 400, 3);
    synthetic *b = make(blocks, flat_from_12, 6, 3, 400, 4);
    verdict v = judge(a, b, 400, &settings);
    expect(&v, VERDICT_DISAGREE, "do not overlap");
    assert_true(cutoffs[v.r1.at] == 4 && blocks[v.r2.at] == 12);
    verdict_free(&v);
    free(a);
    free(b);
}

/* The curves that agree, but the spread of the energies is no larger than the best error. */
static void a_model_that_learned_nothing_decides_nothing(void **unused) {
    (void)unused;
    synthetic *a = make(cutoffs, dip_at_5, 7, 5, 400, 1);
    synthetic *b = make(blocks, flat_from_8, 6, 1, 400, 2);
    a->curve.spread = b->curve.spread = 2.5;
    verdict v = judge(a, b, 400, &settings);
    expect(&v, VERDICT_AGREE, "overlap");
    verdict_free(&v);
    b->curve.spread = 0.9;
    v = judge(a, b, 400, &settings);
    expect(&v, VERDICT_UNDECIDED, "the emergentist model predicts no better than the mean");
    verdict_free(&v);
    free(a);
    free(b);
}

static void few_samples_decide_nothing(void **unused) {
    (void)unused;
    synthetic *a = make(cutoffs, dip_at_5, 7, 2, 49, 5);
    synthetic *b = make(blocks, flat_from_8, 6, 2, 49, 6);
    verdict v = judge(a, b, 49, &settings);
    expect(&v, VERDICT_UNDECIDED, "49 test samples, at least 50");
    verdict_free(&v);
    free(a);
    free(b);
}

static void a_minimum_at_the_edge_decides_nothing(void **unused) {
    (void)unused;
    const double falling[] = {2.4, 2.2, 2, 1.8, 1.6, 1.2, 0.8};
    const double rising[] = {0.8, 1.2, 1.6, 1.8, 2, 2.2, 2.4};
    const double flat[] = {0.9, 0.9, 0.9, 0.9, 0.9, 0.9};
    synthetic *b = make(blocks, flat_from_8, 6, 1, 400, 7);
    synthetic *a = make(cutoffs, falling, 7, 1, 400, 8);
    verdict v = judge(a, b, 400, &settings);
    expect(&v, VERDICT_UNDECIDED, "r_cut, 7 to 7 Å, touches the largest tested value");
    verdict_free(&v);
    free(a);
    a = make(cutoffs, rising, 7, 1, 400, 9);
    v = judge(a, b, 400, &settings);
    expect(&v, VERDICT_UNDECIDED, "r_cut, 3 to 3 Å, touches the smallest tested value");
    verdict_free(&v);
    free(b);
    b = make(blocks, flat, 6, 1, 400, 10);
    v = judge(a, b, 400, &settings);
    expect(&v, VERDICT_UNDECIDED, "the interval of l, 2 to");
    verdict_free(&v);
    free(a);
    free(b);
}

static void a_flat_curve_decides_nothing(void **unused) {
    (void)unused;
    const double flat[] = {3, 0.9, 0.9, 0.9, 0.9, 0.9, 3};
    synthetic *a = make(cutoffs, flat, 7, 1, 400, 11);
    synthetic *b = make(blocks, flat_from_8, 6, 1, 400, 12);
    verdict v = judge(a, b, 400, &settings);
    expect(&v, VERDICT_UNDECIDED, "grid steps");
    assert_null(strstr(v.reason, "touches"));
    verdict_free(&v);
    free(a);
    free(b);
}

/* SE of an RMSE of one seed: std(e^2) / (2 rmse sqrt(n)), by the delta method. */
static void the_standard_error_is_that_of_the_samples(void **unused) {
    (void)unused;
    synthetic *a = make(cutoffs, dip_at_5, 7, 1, 400, 13);
    synthetic *b = make(blocks, flat_from_8, 6, 1, 400, 14);
    verdict v = judge(a, b, 400, &settings);
    const double *square = b->square + v.r2.best_at * 400;
    double expected = statistics_std(square, 400, 1) / (2 * v.r2.rmse[v.r2.best_at] * sqrt(400));
    if (!(fabs(v.r2.se / expected - 1) < 0.08)) {
        fail_msg("standard error %.6g, expected about %.6g", v.r2.se, expected);
    }
    verdict_free(&v);
    free(a);
    free(b);
}

/* More seeds that differ widen the error of the mean over seeds; equal seeds do not. */
static void seeds_are_resampled_too(void **unused) {
    (void)unused;
    synthetic *a = make(cutoffs, dip_at_5, 7, 4, 200, 15);
    synthetic *b = make(blocks, flat_from_8, 6, 1, 200, 16);
    for (size_t l = 0; l < 7; l++) {
        for (size_t k = 1; k < 4; k++) {
            memcpy(a->square + (l * 4 + k) * 200, a->square + l * 4 * 200, 200 * sizeof *a->square);
        }
    }
    verdict same = judge(a, b, 200, &settings);
    for (size_t l = 0; l < 7; l++) {
        for (size_t k = 0; k < 4; k++) {
            for (size_t i = 0; i < 200; i++) {
                a->square[(l * 4 + k) * 200 + i] *= k < 2 ? 0.4 : 1.6;
            }
        }
    }
    verdict spread = judge(a, b, 200, &settings);
    assert_true(fabs(spread.r1.rmse[4] - same.r1.rmse[4]) < 1e-12);
    assert_true(spread.r1.se > 1.5 * same.r1.se);
    verdict_free(&same);
    verdict_free(&spread);
    free(a);
    free(b);
}

static void the_percent_criterion_counts_from_the_best(void **unused) {
    (void)unused;
    /* within 5 % of 0.9: 0.945; within 30 %: 1.17; within 80 %: 1.62 */
    const double slope[] = {3, 2.2, 1.5, 1.1, 0.9, 0.93};
    const struct { double percent, l; } cases[] = {{0, 12}, {5, 12}, {30, 8}, {80, 6}};
    synthetic *a = make(cutoffs, dip_at_5, 7, 1, 400, 17);
    synthetic *b = make(blocks, slope, 6, 1, 400, 18);
    for (size_t l = 0; l < 6; l++) { /* errors of one sign and size: the RMSE is exact */
        for (size_t i = 0; i < 400; i++) {
            b->square[l * 400 + i] = slope[l] * slope[l];
        }
    }
    for (size_t c = 0; c < 4; c++) {
        verdict_settings how = settings;
        how.by_percent = true;
        how.percent = cases[c].percent;
        verdict v = judge(a, b, 400, &how);
        if (blocks[v.r2.at] != cases[c].l) {
            fail_msg("within %g %%: l = %g, expected %g", cases[c].percent, blocks[v.r2.at],
                     cases[c].l);
        }
        verdict_free(&v);
    }
    free(a);
    free(b);
}

static void equal_seeds_give_equal_verdicts(void **unused) {
    (void)unused;
    synthetic *a = make(cutoffs, dip_at_5, 7, 5, 100, 19);
    synthetic *b = make(blocks, flat_from_8, 6, 2, 100, 20);
    verdict_settings other = settings;
    other.seed = 2;
    verdict v1 = judge(a, b, 100, &settings), v2 = judge(a, b, 100, &settings),
            v3 = judge(a, b, 100, &other);
    assert_true(v1.r2.se == v2.r2.se && v1.r1.se == v2.r1.se);
    assert_true(v1.r2.se != v3.r2.se);
    assert_string_equal(v1.reason, v2.reason);
    verdict_free(&v1);
    verdict_free(&v2);
    verdict_free(&v3);
    free(a);
    free(b);
}

static void the_sphere_has_the_volume_of_the_cube(void **unused) {
    (void)unused;
    double r = verdict_sphere(8);
    assert_true(fabs(4.0 / 3 * acos(-1) * r * r * r - 512) < 1e-9);
    assert_true(fabs(r - 0.6204 * 8) < 1e-3);
}

static bool stop(void *user, size_t done, size_t total) {
    (void)total;
    *(size_t *)user = done;
    return done < 7;
}

static void bad_curves_are_refused(void **unused) {
    (void)unused;
    const double twice[] = {3, 3.5, 3.5, 4.5, 5, 6, 7};
    size_t done = 0;
    verdict v = {0};
    rise_error err = {0};
    synthetic *a = make(twice, dip_at_5, 7, 1, 60, 21);
    synthetic *b = make(blocks, flat_from_8, 6, 1, 60, 22);
    assert_int_equal(verdict_find(&a->curve, &b->curve, 60, &settings, NULL, NULL, &v, &err),
                     RISE_E_DATA);
    assert_non_null(strstr(err.message, "ascending"));
    a->curve.length = cutoffs;
    assert_int_equal(verdict_find(&a->curve, &b->curve, 0, &settings, NULL, NULL, &v, &err),
                     RISE_E_DATA);
    assert_int_equal(verdict_find(&a->curve, &b->curve, 60, &settings, stop, &done, &v, &err),
                     RISE_E_INTERRUPTED);
    assert_int_equal(done, 7);
    assert_null(v.r1.rmse);
    free(a);
    free(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_minimum_and_saturation_agree),
        cmocka_unit_test(different_radii_disagree),
        cmocka_unit_test(a_model_that_learned_nothing_decides_nothing),
        cmocka_unit_test(few_samples_decide_nothing),
        cmocka_unit_test(a_minimum_at_the_edge_decides_nothing),
        cmocka_unit_test(a_flat_curve_decides_nothing),
        cmocka_unit_test(the_standard_error_is_that_of_the_samples),
        cmocka_unit_test(seeds_are_resampled_too),
        cmocka_unit_test(the_percent_criterion_counts_from_the_best),
        cmocka_unit_test(equal_seeds_give_equal_verdicts),
        cmocka_unit_test(the_sphere_has_the_volume_of_the_cube),
        cmocka_unit_test(bad_curves_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

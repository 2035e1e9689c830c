/* The booster on synthetic samples: it learns, stops early, repeats its bytes, keeps float64 means
 * and explains its predictions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/statistics.h"
#include "xgboost/booster.h"

enum { N = 300, F = 8 };

static const booster_settings defaults = {.max_depth = 4,
                                          .max_bin = 64,
                                          .seed = 3,
                                          .eta = 0.1,
                                          .min_child_weight = 1,
                                          .subsample = 0.8,
                                          .colsample_bytree = 0.8,
                                          .lambda = 1,
                                          .max_rounds = 2000,
                                          .early_stopping = 30};

typedef struct samples {
    float x[N][F];
    double y[N];
    booster_samples view;
} samples;

/* Uniform in [0, 1): a small generator of the test's own. */
static double uniform(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) * 0x1p-53;
}

/* y = offset + 3 x0 - 2 x1^2 + x2 x3 + noise; x4.. are idle. */
static void fill(samples *s, uint64_t seed, double offset, double noise) {
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < F; j++) {
            s->x[i][j] = (float)uniform(&seed);
        }
        const float *x = s->x[i];
        double clean = 3.0 * (double)x[0] - 2.0 * (double)(x[1] * x[1]) + (double)(x[2] * x[3]);
        s->y[i] = offset + clean + noise * (uniform(&seed) - 0.5);
    }
    s->view = (booster_samples){N, F, &s->x[0][0], s->y};
}

static booster *train(const booster_settings *settings, const samples *a, const samples *b) {
    booster *model = NULL;
    rise_error err = {0};
    if (booster_train(settings, &a->view, &b->view, NULL, NULL, &model, NULL, &err) != RISE_OK) {
        fail_msg("%s", err.message);
    }
    return model;
}

static double test_rmse(const booster *model, const samples *s, double *predicted) {
    rise_error err = {0};
    if (booster_predict(model, &s->view, predicted, &err) != RISE_OK) {
        fail_msg("%s", err.message);
    }
    return statistics_rmse(s->y, predicted, N);
}

static void it_learns_and_stops_early(void **unused) {
    (void)unused;
    samples a, b, c;
    double predicted[N];
    fill(&a, 1, 0, 0.2);
    fill(&b, 2, 0, 0.2);
    fill(&c, 3, 0, 0.2);
    booster *model = train(&defaults, &a, &b);
    double rmse = test_rmse(model, &c, predicted);
    double spread = statistics_std(c.y, N, 0);
    if (!(rmse < 0.25 * spread)) {
        fail_msg("test RMSE %g of a spread of %g", rmse, spread);
    }
    size_t best = booster_best_iteration(model);
    assert_true(best > 10);
    assert_true(best + 1 < defaults.max_rounds - defaults.early_stopping);
    booster_free(model);
}

typedef struct trace {
    double rmse[3000];
    size_t n;
} trace;

static bool note(void *user, size_t done, double rmse, double best) {
    trace *t = user;
    assert_int_equal(done, t->n + 1);
    t->rmse[t->n++] = rmse;
    assert_true(best <= rmse);
    return true;
}

/* The kept rounds are exactly those up to the best of the trace, and reproduce its RMSE. */
static void the_best_round_is_kept(void **unused) {
    (void)unused;
    samples a, b;
    trace t = {.n = 0};
    double predicted[N];
    rise_error err = {0};
    booster *model = NULL;
    fill(&a, 4, 0, 1);
    fill(&b, 5, 0, 1);
    assert_int_equal(booster_train(&defaults, &a.view, &b.view, note, &t, &model, NULL, &err),
                     RISE_OK);
    size_t best = 0;
    for (size_t i = 0; i < t.n; i++) {
        best = t.rmse[i] < t.rmse[best] ? i : best;
    }
    assert_int_equal(booster_best_iteration(model), best);
    assert_int_equal(t.n, best + 1 + defaults.early_stopping);
    double rmse = test_rmse(model, &b, predicted);
    if (!(fabs(rmse - t.rmse[best]) < 1e-6)) {
        fail_msg("RMSE %.9g when used, %.9g in training", rmse, t.rmse[best]);
    }
    booster_free(model);
}

static void same_input_same_bytes(void **unused) {
    (void)unused;
    samples a, b;
    char *bytes[3];
    size_t size[3];
    rise_error err = {0};
    fill(&a, 6, 100, 0.5);
    fill(&b, 7, 100, 0.5);
    for (int i = 0; i < 3; i++) {
        booster_settings settings = defaults;
        settings.seed = i < 2 ? 3 : 4;
        booster *model = train(&settings, &a, &b);
        assert_int_equal(booster_save(model, &bytes[i], &size[i], &err), RISE_OK);
        booster_free(model);
    }
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(bytes[0], bytes[1], size[0]);
    assert_true(size[0] != size[2] || memcmp(bytes[0], bytes[2], size[0]) != 0);
    for (int i = 0; i < 3; i++) {
        free(bytes[i]);
    }
}

static void contributions_sum_to_the_prediction(void **unused) {
    (void)unused;
    samples a, b;
    static float phi[N][F];
    double importance[F] = {0}, worst = 1;
    rise_error err = {0};
    fill(&a, 8, 9300, 0.1);
    fill(&b, 9, 9300, 0.1);
    booster_settings settings = defaults;
    settings.max_depth = 12;
    booster *model = train(&settings, &a, &b);
    double min, max;
    statistics_range(a.y, N, &min, &max);
    rise_status status =
        booster_contributions(model, &a.view, max - min, NULL, NULL, &phi[0][0], &worst, &err);
    if (status != RISE_OK) {
        fail_msg("%s", err.message);
    }
    assert_true(worst < 1e-4 * (max - min));
    /* Independently of the booster's own check: prediction - sum of phi is one constant. */
    double predicted[N], rest[N];
    test_rmse(model, &a, predicted);
    for (size_t i = 0; i < N; i++) {
        rest[i] = predicted[i];
        for (size_t j = 0; j < F; j++) {
            rest[i] -= (double)phi[i][j];
            importance[j] += fabs((double)phi[i][j]) / (double)N;
        }
    }
    statistics_range(rest, N, &min, &max);
    if (!(max - min < 1e-4)) {
        fail_msg("the bias is not one number: %.9g .. %.9g", min, max);
    }
    for (size_t j = 4; j < F; j++) {
        assert_true(importance[0] > 10 * importance[j]);
    }
    /* A spread that no float32 sum can honour is refused. */
    assert_int_equal(
        booster_contributions(model, &a.view, 1e-9, NULL, NULL, &phi[0][0], NULL, &err),
        RISE_E_BUG);
    booster_free(model);
}

/* Near 9300 eV float32 knows steps of 1e-3 eV; errors must stay those of the same problem at 0. */
static void the_mean_is_added_in_float64(void **unused) {
    (void)unused;
    samples a, b, a0, b0;
    double predicted[N], predicted0[N], worst = 0;
    const double offset = -9300.123456789;
    fill(&a, 10, offset, 0);
    fill(&b, 11, offset, 0);
    fill(&a0, 10, 0, 0);
    fill(&b0, 11, 0, 0);
    booster *model = train(&defaults, &a, &b), *model0 = train(&defaults, &a0, &b0);
    test_rmse(model, &b, predicted);
    test_rmse(model0, &b0, predicted0);
    for (size_t i = 0; i < N; i++) {
        worst = fmax(worst, fabs(predicted[i] - offset - predicted0[i]));
    }
    if (!(worst < 1e-4)) {
        fail_msg("an offset of %.9f moves predictions by %.3g", offset, worst);
    }
    assert_true(fabs(booster_mean(model) - statistics_mean(a.y, N)) < 1e-12 * fabs(offset));
    booster_free(model);
    booster_free(model0);
}

static void a_saved_model_predicts_the_same(void **unused) {
    (void)unused;
    samples a, b;
    double before[N], after[N];
    char *bytes = NULL, *again = NULL;
    size_t size = 0, size_again = 0;
    rise_error err = {0};
    booster *loaded = NULL;
    fill(&a, 12, 9300.1, 0.3);
    fill(&b, 13, 9300.1, 0.3);
    booster *model = train(&defaults, &a, &b);
    test_rmse(model, &b, before);
    assert_int_equal(booster_save(model, &bytes, &size, &err), RISE_OK);
    assert_non_null(memmem(bytes, size, "\"rise.mean\":\"9", 14));
    assert_int_equal(booster_load(bytes, size, &loaded, &err), RISE_OK);
    test_rmse(loaded, &b, after);
    assert_memory_equal(before, after, sizeof before);
    assert_int_equal(booster_best_iteration(loaded), booster_best_iteration(model));
    assert_int_equal(booster_save(loaded, &again, &size_again, &err), RISE_OK);
    assert_int_equal(size, size_again);
    assert_memory_equal(bytes, again, size);
    free(bytes);
    free(again);
    booster_free(loaded);
    booster_free(model);
}

static void deep_trees_and_odd_settings_work(void **unused) {
    (void)unused;
    samples a, b;
    fill(&a, 14, 0, 0.5);
    fill(&b, 15, 0, 0.5);
    booster_settings settings = defaults;
    settings.max_depth = 50;
    settings.gamma = 1e-4;
    settings.alpha = 0.01;
    settings.max_rounds = 60;
    booster_free(train(&settings, &a, &b));
    settings.max_rounds = 1;
    booster *model = train(&settings, &a, &b);
    assert_int_equal(booster_best_iteration(model), 0);
    booster_free(model);
}

static bool stop_at_five(void *user, size_t done, double rmse, double best) {
    (void)rmse, (void)best;
    *(size_t *)user = done;
    return done < 5;
}

static void bad_input_is_refused(void **unused) {
    (void)unused;
    samples a, b;
    rise_error err = {0};
    booster *model = NULL;
    size_t rounds = 0;
    fill(&a, 16, 0, 0.5);
    fill(&b, 17, 0, 0.5);
    assert_int_equal(
        booster_train(&defaults, &a.view, &b.view, stop_at_five, &rounds, &model, NULL, &err),
        RISE_E_INTERRUPTED);
    assert_int_equal(rounds, 5);
    booster_samples none = a.view, narrow = b.view;
    none.n_samples = 0;
    narrow.n_features = F - 1;
    assert_int_equal(booster_train(&defaults, &none, &b.view, NULL, NULL, &model, NULL, &err),
                     RISE_E_DATA);
    assert_int_equal(booster_train(&defaults, &a.view, &none, NULL, NULL, &model, NULL, &err),
                     RISE_E_DATA);
    assert_int_equal(booster_train(&defaults, &a.view, &narrow, NULL, NULL, &model, NULL, &err),
                     RISE_E_DATA);
    for (size_t i = 0; i < N; i++) {
        a.y[i] = 7;
    }
    assert_int_equal(booster_train(&defaults, &a.view, &b.view, NULL, NULL, &model, NULL, &err),
                     RISE_E_DATA);
    assert_non_null(strstr(err.message, "7"));
    a.y[0] = 8;
    booster_settings wrong = defaults;
    wrong.subsample = 2; /* XGBoost's own refusal comes through as one line */
    assert_int_equal(booster_train(&wrong, &a.view, &b.view, NULL, NULL, &model, NULL, &err),
                     RISE_E_FAILED);
    assert_non_null(strstr(err.message, "subsample"));
    assert_null(strchr(err.message, '\n'));
    assert_null(model);
    model = train(&defaults, &a, &b);
    double predicted[N];
    assert_int_equal(booster_predict(model, &narrow, predicted, &err), RISE_E_DATA);
    booster_free(model);
}

static void the_version_is_named(void **unused) {
    (void)unused;
    int a, b, c;
    assert_int_equal(sscanf(booster_version(), "xgboost %d.%d.%d", &a, &b, &c), 3);
}

int main(void) {
    setlocale(LC_ALL, ""); /* a decimal comma of the host must not matter */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_learns_and_stops_early),
        cmocka_unit_test(the_best_round_is_kept),
        cmocka_unit_test(same_input_same_bytes),
        cmocka_unit_test(contributions_sum_to_the_prediction),
        cmocka_unit_test(the_mean_is_added_in_float64),
        cmocka_unit_test(a_saved_model_predicts_the_same),
        cmocka_unit_test(deep_trees_and_odd_settings_work),
        cmocka_unit_test(bad_input_is_refused),
        cmocka_unit_test(the_version_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tuning of the node xgboost behind a host made for tests: which trials run, what they depend on,
 * in which box. */
#include "unit/energy_case.h"

extern const rise_node_type rise_node_xgboost;

static void tune(rise_ctx *c, const char *trials) {
    connect_samples(c, &rise_node_xgboost);
    set(c, "max_rounds", "300");
    set(c, "tune", "true");
    set(c, "trials", trials);
    set(c, "initial", "4");
    set(c, "folds", "3");
    set(c, "tune_rounds", "60");
    set(c, "early_stopping", "10");
}

static void more_trials_run_only_those(void **unused) {
    (void)unused;
    rise_ctx c = {0}, more = {0};
    forget();
    tune(&c, "6");
    works(&c);
    assert_int_equal(n_memos, 6 * 3);
    tune(&more, "9");
    works(&more);
    assert_int_equal(n_memos, 9 * 3);
    const rise_value *six = result(&c, "trials"), *nine = result(&more, "trials");
    assert_int_equal(rise_value_table(six)->n_rows, 6);
    assert_int_equal(rise_value_table(nine)->n_rows, 9);
    double best = INFINITY;
    for (size_t i = 0; i < 9; i++) {
        double rmse = column(nine, "rmse")->f64[i];
        best = fmin(best, rmse);
        assert_int_equal(column(nine, "trial")->i64[i], i + 1);
        assert_string_equal(column(nine, "kind")->text[i], i < 4 ? "random" : "guided");
        assert_true(column(nine, "best")->f64[i] == best);
        double depth = column(nine, "max_depth")->f64[i];
        assert_true(depth >= 1 && depth <= 4 && depth == floor(depth)); /* 12 samples train */
        if (i < 6) {
            assert_true(rmse == column(six, "rmse")->f64[i]);
            assert_true(column(six, "eta")->f64[i] == column(nine, "eta")->f64[i]);
        }
    }
    clean(&c);
    clean(&more);
    /* Nothing kept: the same again, by another order of work. */
    forget();
    tune(&c, "9");
    works(&c);
    assert_int_equal(n_memos, 9 * 3);
    tune(&more, "9");
    works(&more);
    assert_int_equal(n_memos, 9 * 3);
    rise_id a = rise_value_digest(result(&c, "trials"));
    rise_id b = rise_value_digest(result(&more, "trials"));
    assert_memory_equal(&a, &b, sizeof a);
    clean(&c);
    clean(&more);
}

/* The RMSE of a trial is that of the samples held out, and other seeds try other points. */
static void trials_depend_on_what_they_should(void **unused) {
    (void)unused;
    const char *const changes[][2] = {{"seed", "5"}, {"tune_rounds", "61"}, {"lambda", "2"}};
    rise_ctx c = {0};
    forget();
    tune(&c, "4");
    works(&c);
    clean(&c);
    for (size_t i = 0; i < 3; i++) {
        tune(&c, "4");
        (i == 1 ? reset : set)(&c, changes[i][0], changes[i][1]);
        works(&c);
        assert_int_equal(n_memos, (i + 2) * 4 * 3);
        clean(&c);
    }
    /* What comes after tuning does not: the trials stand. */
    tune(&c, "4");
    set(&c, "importance", "signed");
    works(&c);
    assert_int_equal(n_memos, 4 * 4 * 3);
    clean(&c);
}

static void each_fold_is_tuned_alone(void **unused) {
    (void)unused;
    rise_ctx c = {0};
    forget();
    tune(&c, "5");
    deal_folds(&c, 3);
    leave_out_single(&c);
    works(&c);
    assert_int_equal(n_memos, 5 * 3 * 3);
    const rise_value *t = result(&c, "trials");
    assert_int_equal(rise_value_table(t)->n_rows, 15);
    for (size_t i = 0; i < 15; i++) {
        assert_int_equal(column(t, "trial")->i64[i], i / 3 + 1);
        assert_int_equal(column(t, "fold")->i64[i], i % 3);
    }
    /* Other samples, other errors of the same random point. */
    assert_true(column(t, "rmse")->f64[0] != column(t, "rmse")->f64[1]);
    /* A target of the fold that tests has no part in its search. */
    rise_ctx moved = {0};
    tune(&moved, "5");
    deal_folds(&moved, 3);
    leave_out_single(&moved);
    double *y = (double *)(uintptr_t)rise_value_tensor(moved.in[1].value[0])->data;
    for (size_t f = 0; f < N; f += 3) {
        y[f] += wave(f);
    }
    works(&moved);
    const rise_value *u = result(&moved, "trials");
    assert_true(column(t, "rmse")->f64[12] == column(u, "rmse")->f64[12]);
    assert_true(column(t, "rmse")->f64[13] != column(u, "rmse")->f64[13]);
    clean(&moved);
    clean(&c);
    forget();
}

/* Interrupted among the guided trials, in the middle of fits and climbs: told as that, and what was
 * found before is kept. */
static void guided_trials_can_be_interrupted(void **unused) {
    (void)unused;
    rise_ctx c = {0};
    rise_error err;
    forget();
    tune(&c, "4");
    works(&c);
    clean(&c);
    for (size_t k = 1; k <= 4; k++) {
        tune(&c, "9");
        c.cancel_after = 500 * k; /* a fit and three climbs poll some thousand times */
        assert_int_equal(work(&c, &err), RISE_E_INTERRUPTED);
        assert_true(c.n_polls < 500 * k + 4000); /* what goes on is soon over */
        assert_int_equal(n_memos, 4 * 3);
        clean(&c);
    }
    forget();
}

/* One random point in two boxes: the same share of each range, of its logarithm for eta and gamma,
 * rounded for max_depth. 12 samples train a trial. */
static void ranges_are_what_they_say(void **unused) {
    (void)unused;
    static const char *const name[] = {"eta", "gamma", "min_child_weight", "subsample",
                                       "colsample_bytree"};
    static const double published[][2] = {{0.001, 0.05}, {1e-4, 10}, {0, 800}, {0.1, 1}, {0.1, 1}};
    const double *y = NULL;
    double mean = 0, high = 0;
    rise_ctx a = {0}, b = {0};
    forget();
    tune(&a, "4");
    works(&a);
    tune(&b, "4");
    set(&b, "ranges", "published");
    works(&b);
    y = rise_value_tensor(a.in[1].value[0])->data;
    for (size_t f = 0; f < N; f++) {
        mean += y[f] / (double)N;
    }
    for (size_t f = 0; f < N; f++) {
        high = fmax(high, fabs(y[f] - mean));
    }
    const rise_value *scaled = result(&a, "trials"), *other = result(&b, "trials");
    for (size_t i = 0; i < 4; i++) {
        double share[5];
        for (size_t k = 0; k < 5; k++) {
            double v = column(other, name[k])->f64[i];
            assert_true(v >= published[k][0] && v <= published[k][1]);
            share[k] = k < 2 ? log(v / published[k][0]) / log(published[k][1] / published[k][0])
                             : (v - published[k][0]) / (published[k][1] - published[k][0]);
        }
        assert_true(fabs(column(scaled, "eta")->f64[i] - 0.005 * pow(60, share[0])) < 1e-12);
        double variance = column(scaled, "gamma")->f64[i] / (1e-6 * pow(3e5, share[1]));
        assert_true(variance > 0.1 && variance < high * high);
        assert_true(fabs(column(scaled, "min_child_weight")->f64[i] - 3 * share[2]) < 1e-12);
        assert_true(fabs(column(scaled, "subsample")->f64[i] - (0.5 + 0.5 * share[3])) < 1e-12);
        assert_true(fabs(column(scaled, "colsample_bytree")->f64[i] -
                         column(other, "colsample_bytree")->f64[i]) < 1e-12);
        double depth = column(other, "max_depth")->f64[i];
        assert_true(depth >= 10 && depth <= 50 && depth == floor(depth));
        assert_true(fabs((depth - 10) / 40 - (column(scaled, "max_depth")->f64[i] - 1) / 3) < 0.18);
    }
    clean(&a);
    clean(&b);
    forget();
}

static void tuning_refuses(void **unused) {
    (void)unused;
    const char *const wrong[][2] = {
        {"depth: 2..8", "`depth` is not tuned"}, {"max_depth: 2-8", "not a range"},
        {"max_depth: 1...5", "not a range"},     {"max_depth: 8..2", "out of range"},
        {"max_depth: 1.5..3", "whole numbers"},  {"gamma: 0..1", "out of range"},
        {"subsample: 0.5..1.5", "out of range"}, {"eta: nan", "out of range"}};
    rise_ctx c = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        tune(&c, "5");
        set(&c, "bounds", wrong[i][0]);
        fails(&c, wrong[i][1]);
        clean(&c);
    }
    static const char *const beyond[][3] = {{"gamma: 0..1", "finite, ascending, above 0", " to "},
                                            {"eta: 0.1..2", "above 0, up to 1", "inf"},
                                            {"max_depth: 1.5..3", "as in {max_depth", "inf"}};
    for (size_t i = 0; i < 3; i++) {
        rise_error err;
        tune(&c, "5");
        set(&c, "bounds", beyond[i][0]);
        assert_int_not_equal(work(&c, &err), RISE_OK);
        assert_non_null(strstr(err.hint, beyond[i][1]));
        assert_null(strstr(err.hint, beyond[i][2]));
        clean(&c);
    }
    tune(&c, "5");
    reset(&c, "folds", "10"); /* of the 18 samples */
    fails(&c, "18 samples for 10 folds");
    clean(&c);
    tune(&c, "5");
    set(&c, "bounds", "max_depth: 3");
    works(&c);
    for (size_t i = 0; i < 5; i++) {
        assert_true(column(result(&c, "trials"), "max_depth")->f64[i] == 3);
    }
    clean(&c);
    forget();
}

int main(void) {
    name_frames();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_trials_run_only_those),
        cmocka_unit_test(trials_depend_on_what_they_should),
        cmocka_unit_test(each_fold_is_tuned_alone),
        cmocka_unit_test(guided_trials_can_be_interrupted),
        cmocka_unit_test(ranges_are_what_they_say),
        cmocka_unit_test(tuning_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

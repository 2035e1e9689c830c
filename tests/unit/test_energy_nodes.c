/* The nodes xgboost and ridge behind a host made for tests: parts and folds, tuning and what it
 * keeps, results, errors. Their mathematics has tests of its own. */
#include "unit/node_host.h"

extern const rise_node_type rise_node_xgboost, rise_node_ridge;

/* ---- xgboost --------------------------------------------------------------------------------- */
static void connect_samples(rise_ctx *c) {
    void *x, *y, *s;
    c->type = &rise_node_xgboost;
    c->n_frames = N;
    connect(c, "input", new_tensor(RISE_F64, "frame", N, "leader", FEATURES, &x));
    connect(c, "target", new_tensor(RISE_F64, "frame", N, NULL, 0, &y));
    connect(c, "split", new_tensor(RISE_I32, "frame", N, NULL, 0, &s));
    for (size_t f = 0; f < N; f++) {
        double *row = (double *)x + f * FEATURES;
        for (size_t k = 0; k < FEATURES; k++) {
            row[k] = wave(FEATURES * f + k);
        }
        ((double *)y)[f] = -9300 + 2 * row[1] + 0.3 * row[0];
        ((int32_t *)s)[f] = (int32_t)(f % 5 < 3 ? 0 : f % 5 - 2);
    }
    set(c, "max_rounds", "300");
}

static void xgboost_gives_all_its_outputs(void **unused) {
    (void)unused;
    rise_ctx c = {0};
    connect_samples(&c);
    works(&c);
    const rise_value *p = result(&c, "predictions"), *m = result(&c, "metrics");
    double square = 0, worst = 0;
    size_t n_test = 0;
    assert_int_equal(rise_value_table(p)->n_rows, N);
    for (size_t f = 0; f < N; f++) {
        const char *const parts[] = {"train", "train", "train", "validation", "test"};
        assert_int_equal(column(p, "frame")->i64[f], f);
        assert_string_equal(column(p, "part")->text[f], parts[f % 5]);
        double miss = column(p, "target")->f64[f] - column(p, "predicted")->f64[f];
        square += f % 5 == 4 ? miss * miss : 0;
        n_test += f % 5 == 4;
        worst = fmax(worst, fabs(miss));
    }
    assert_string_equal(column(p, "predicted")->unit, "eV");
    assert_true(worst < 2);
    assert_string_equal(column(m, "part")->text[2], "test");
    assert_int_equal(column(m, "n")->i64[2], n_test);
    assert_true(fabs(column(m, "rmse")->f64[2] - sqrt(square / (double)n_test)) < 1e-12);
    assert_true(column(m, "r2")->f64[2] > 0.7 && column(m, "r2")->f64[0] > 0.95);
    const rise_blob *model = rise_value_blob(result(&c, "model"));
    assert_string_equal(model->format, "xgboost-json");
    const rise_tensor *shap = rise_value_tensor(result(&c, "shap"));
    assert_int_equal(shap->dim[0].size, 54);
    assert_true(shap->dim[0].coords[3] == 5); /* frames 0, 1, 2, 5, ... train */
    const double *importance = rise_value_tensor(result(&c, "importance"))->data;
    assert_true(importance[1] > importance[0] && importance[0] > importance[2]);
    rise_id first = rise_value_digest(result(&c, "shap"));
    clean(&c);

    connect_samples(&c);
    c.unwanted[0] = "importance";
    works(&c);
    rise_id again = rise_value_digest(result(&c, "shap"));
    assert_memory_equal(&first, &again, sizeof first);
    assert_null(result(&c, "importance"));
    clean(&c);
}

static void xgboost_refuses(void **unused) {
    (void)unused;
    rise_ctx c = {0};
    connect_samples(&c);
    ((double *)(uintptr_t)rise_value_tensor(c.in[0].value[0])->data)[7] = NAN;
    fails(&c, "feature 1 of frame 2");
    clean(&c);
    connect_samples(&c);
    ((double *)(uintptr_t)rise_value_tensor(c.in[1].value[0])->data)[3] = INFINITY;
    fails(&c, "target of frame 3");
    clean(&c);
    connect_samples(&c);
    int32_t *split = (int32_t *)(uintptr_t)rise_value_tensor(c.in[2].value[0])->data;
    split[4] = 3;
    fails(&c, "frame 4 has part 3");
    clean(&c);
    connect_samples(&c);
    split = (int32_t *)(uintptr_t)rise_value_tensor(c.in[2].value[0])->data;
    for (size_t f = 0; f < N; f++) {
        split[f] = 0;
    }
    fails(&c, "no validation samples");
    clean(&c);
    connect_samples(&c);
    c.n_frames = N - 1;
    fails(&c, "89 frames");
    clean(&c);
}

/* Folds by the number of the frame: 0, 1, 2, 3, 0, ... */
static void deal_folds(rise_ctx *c, int32_t n_folds) {
    rise_dim dim = {.name = "frame", .size = N};
    rise_value *value = NULL;
    void *data = NULL;
    assert_int_equal(rise_tensor_new(RISE_I32, 1, &dim, "fold", &value, &data, NULL), RISE_OK);
    for (size_t f = 0; f < N; f++) {
        ((int32_t *)data)[f] = (int32_t)f % n_folds;
    }
    rise_value_release(c->in[2].value[0]);
    c->in[2].value[0] = value;
}

static void leave_out_single(rise_ctx *c) {
    c->unwanted[0] = "model";
    c->unwanted[1] = "shap";
}

/* Every frame by a model that never saw it: the same numbers as one model trained on the parts
 * that belong to that fold. */
static void folds_predict_every_frame(void **unused) {
    (void)unused;
    rise_ctx c = {0}, one = {0};
    connect_samples(&c);
    deal_folds(&c, 4);
    leave_out_single(&c);
    works(&c);
    const rise_value *p = result(&c, "predictions"), *m = result(&c, "metrics");
    assert_int_equal(rise_value_table(p)->n_rows, N);
    double importance[FEATURES] = {0}, rounds[4];
    for (int32_t fold = 0; fold < 4; fold++) {
        connect_samples(&one);
        int32_t *split = (int32_t *)(uintptr_t)rise_value_tensor(one.in[2].value[0])->data;
        for (int32_t f = 0; f < N; f++) {
            split[f] = f % 4 == fold ? 2 : f % 4 == (fold + 1) % 4 ? 1 : 0;
        }
        works(&one);
        const rise_value *alone = result(&one, "predictions");
        for (size_t f = (size_t)fold; f < N; f += 4) {
            assert_string_equal(column(p, "part")->text[f], "test");
            assert_true(column(p, "predicted")->f64[f] == column(alone, "predicted")->f64[f]);
        }
        rounds[fold] = (double)column(result(&one, "metrics"), "best_iteration")->i64[0];
        for (size_t k = 0; k < FEATURES; k++) {
            const double *mine = rise_value_tensor(result(&one, "importance"))->data;
            importance[k] += mine[k] / 4;
        }
        clean(&one);
    }
    const double *mean = rise_value_tensor(result(&c, "importance"))->data;
    for (size_t k = 0; k < FEATURES; k++) {
        assert_true(fabs(mean[k] - importance[k]) < 1e-12);
    }
    const int64_t n[] = {2 * N, N, N};
    size_t below = 0;
    for (size_t row = 0; row < 3; row++) {
        assert_int_equal(column(m, "n")->i64[row], n[row]);
    }
    for (size_t i = 0; i < 4; i++) {
        below += rounds[i] < (double)column(m, "best_iteration")->i64[0];
    }
    assert_true(below <= 1);
    assert_true(column(m, "r2")->f64[2] > 0.7);
    clean(&c);
}

static void folds_refuse_what_is_of_one_model(void **unused) {
    (void)unused;
    rise_ctx c = {0};
    connect_samples(&c);
    deal_folds(&c, 4);
    fails(&c, "output `model`: split is 4 folds");
    clean(&c);
    connect_samples(&c);
    deal_folds(&c, 4);
    c.unwanted[0] = "model";
    fails(&c, "output `shap`");
    clean(&c);
    connect_samples(&c);
    deal_folds(&c, 2);
    leave_out_single(&c);
    fails(&c, "2 folds, but one tests");
    clean(&c);
}

/* ---- tuning ----------------------------------------------------------------------------------*/
static void tune(rise_ctx *c, const char *trials) {
    connect_samples(c);
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
        set(&c, changes[i][0], changes[i][1]);
        if (i == 1) { /* the first text that is given counts */
            c.given[5][1] = "61";
        }
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
    tune(&c, "5");
    c.given[4][1] = "10"; /* folds of the 18 samples */
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

/* ---- ridge -----------------------------------------------------------------------------------*/
static void connect_ridge(rise_ctx *c) {
    connect_samples(c);
    c->type = &rise_node_ridge;
    c->n_given = 0;
}

/* The targets are 2 x1 + 0.3 x0 - 9300: a line that a small penalty finds. */
static void ridge_gives_all_its_outputs(void **unused) {
    (void)unused;
    rise_ctx c = {0};
    connect_ridge(&c);
    works(&c);
    const double *w = rise_value_tensor(result(&c, "coefficients"))->data;
    assert_true(fabs(w[0] - 0.3) < 1e-6 && fabs(w[1] - 2) < 1e-6 && fabs(w[2]) < 1e-6);
    const rise_value *m = result(&c, "metrics"), *model = result(&c, "model");
    assert_string_equal(column(m, "part")->text[2], "test");
    assert_true(column(m, "rmse")->f64[2] < 1e-6 && column(m, "r2")->f64[2] > 0.999999);
    assert_string_equal(column(model, "term")->text[0], "intercept");
    assert_string_equal(column(model, "term")->text[3], "2");
    assert_true(fabs(column(model, "coefficient")->f64[0] + 9300) < 1e-6);
    const rise_value *path = result(&c, "path");
    assert_int_equal(rise_value_table(path)->n_rows, 61);
    double best = INFINITY;
    for (size_t i = 0; i < 61; i++) {
        best = fmin(best, column(path, "rmse")->f64[i]);
    }
    assert_true(column(m, "rmse")->f64[1] == best);
    clean(&c);
    connect_ridge(&c);
    deal_folds(&c, 3);
    set(&c, "scale", "standard");
    set(&c, "lambda", "[1e3, 1e-6]");
    works(&c);
    const rise_value *p = result(&c, "predictions");
    for (size_t f = 0; f < N; f++) {
        assert_string_equal(column(p, "part")->text[f], "test");
        assert_true(fabs(column(p, "predicted")->f64[f] - column(p, "target")->f64[f]) < 1e-4);
    }
    assert_true(column(result(&c, "metrics"), "lambda")->f64[0] == 1e-6);
    assert_int_equal(rise_value_table(result(&c, "model"))->n_rows, 12);
    clean(&c);
}

int main(void) {
    name_frames();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xgboost_gives_all_its_outputs),
        cmocka_unit_test(xgboost_refuses),
        cmocka_unit_test(folds_predict_every_frame),
        cmocka_unit_test(folds_refuse_what_is_of_one_model),
        cmocka_unit_test(more_trials_run_only_those),
        cmocka_unit_test(trials_depend_on_what_they_should),
        cmocka_unit_test(each_fold_is_tuned_alone),
        cmocka_unit_test(tuning_refuses),
        cmocka_unit_test(ridge_gives_all_its_outputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

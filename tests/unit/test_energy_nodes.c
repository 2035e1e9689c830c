/* The nodes xgboost and ridge behind a host made for tests: parts and folds, results, errors. Their
 * mathematics has tests of its own, tuning is in test_tuning.c. */
#include "unit/energy_case.h"

extern const rise_node_type rise_node_xgboost, rise_node_ridge;

/* ---- xgboost ----------------------------------------------------------------------------------*/
static void connect_trees(rise_ctx *c) {
    connect_samples(c, &rise_node_xgboost);
    set(c, "max_rounds", "300");
}

static void xgboost_gives_all_its_outputs(void **unused) {
    (void)unused;
    rise_ctx c = {0};
    connect_trees(&c);
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

    connect_trees(&c);
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
    connect_trees(&c);
    ((double *)(uintptr_t)rise_value_tensor(c.in[0].value[0])->data)[7] = NAN;
    fails(&c, "feature 1 of frame 2");
    clean(&c);
    connect_trees(&c);
    ((double *)(uintptr_t)rise_value_tensor(c.in[1].value[0])->data)[3] = INFINITY;
    fails(&c, "target of frame 3");
    clean(&c);
    connect_trees(&c);
    int32_t *split = (int32_t *)(uintptr_t)rise_value_tensor(c.in[2].value[0])->data;
    split[4] = 3;
    fails(&c, "frame 4 has part 3");
    clean(&c);
    connect_trees(&c);
    split = (int32_t *)(uintptr_t)rise_value_tensor(c.in[2].value[0])->data;
    for (size_t f = 0; f < N; f++) {
        split[f] = 0;
    }
    fails(&c, "no validation samples");
    clean(&c);
    connect_trees(&c);
    c.n_frames = N - 1;
    fails(&c, "89 frames");
    clean(&c);
}

/* Every frame by a model that never saw it: the same numbers as one model trained on the parts
 * that belong to that fold. */
static void folds_predict_every_frame(void **unused) {
    (void)unused;
    rise_ctx c = {0}, one = {0};
    connect_trees(&c);
    deal_folds(&c, 4);
    leave_out_single(&c);
    works(&c);
    const rise_value *p = result(&c, "predictions"), *m = result(&c, "metrics");
    assert_int_equal(rise_value_table(p)->n_rows, N);
    double importance[FEATURES] = {0}, rounds[4];
    for (int32_t fold = 0; fold < 4; fold++) {
        connect_trees(&one);
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
    connect_trees(&c);
    deal_folds(&c, 4);
    fails(&c, "output `model`: split is 4 folds");
    clean(&c);
    connect_trees(&c);
    deal_folds(&c, 4);
    c.unwanted[0] = "model";
    fails(&c, "output `shap`");
    clean(&c);
    connect_trees(&c);
    deal_folds(&c, 2);
    leave_out_single(&c);
    fails(&c, "2 folds, but one tests");
    clean(&c);
}

/* ---- ridge -----------------------------------------------------------------------------------*/
/* The targets are 2 x1 + 0.3 x0 - 9300: a line that a small penalty finds. */
static void ridge_gives_all_its_outputs(void **unused) {
    (void)unused;
    rise_ctx c = {0};
    connect_samples(&c, &rise_node_ridge);
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
    connect_samples(&c, &rise_node_ridge);
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

/* Voxels have more dimensions than a frequency vector; together they are the features. */
static void more_dimensions_are_more_features(void **unused) {
    (void)unused;
    rise_ctx flat = {0}, deep = {0};
    connect_samples(&flat, &rise_node_ridge);
    works(&flat);
    connect_samples(&deep, &rise_node_ridge);
    const rise_dim dim[] = {{.name = "frame", .size = N},
                            {.name = "channel", .size = 1},
                            {.name = "x", .size = FEATURES}};
    rise_value *value = NULL;
    void *data = NULL;
    assert_int_equal(rise_tensor_new(RISE_F64, 3, dim, "", &value, &data, NULL), RISE_OK);
    memcpy(data, rise_value_tensor(deep.in[0].value[0])->data, N * FEATURES * sizeof(double));
    rise_value_release(deep.in[0].value[0]);
    deep.in[0].value[0] = value;
    works(&deep);
    rise_id one = rise_value_digest(result(&flat, "predictions"));
    rise_id other = rise_value_digest(result(&deep, "predictions"));
    assert_memory_equal(&one, &other, sizeof one);
    assert_int_equal(rise_value_tensor(result(&deep, "coefficients"))->dim[0].size, FEATURES);
    clean(&flat);
    clean(&deep);
}

int main(void) {
    name_frames();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xgboost_gives_all_its_outputs),
        cmocka_unit_test(xgboost_refuses),
        cmocka_unit_test(folds_predict_every_frame),
        cmocka_unit_test(folds_refuse_what_is_of_one_model),
        cmocka_unit_test(ridge_gives_all_its_outputs),
        cmocka_unit_test(more_dimensions_are_more_features),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

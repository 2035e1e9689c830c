/* Trains boosters. Knows arrays of samples; knows neither frames nor ports. */
#include "booster_inner.h"

#include "kit/scan.h"
#include "kit/statistics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static rise_status set_labels(DMatrixHandle matrix, const booster_samples *s, double mean,
                              rise_error *err) {
    float *label = malloc(s->n_samples * sizeof *label);
    if (!label) {
        return rise_fail_nomem(err, "targets");
    }
    for (size_t i = 0; i < s->n_samples; i++) {
        label[i] = (float)(s->target[i] - mean);
    }
    int code = xgb.XGDMatrixSetFloatInfo(matrix, "label", label, s->n_samples);
    free(label);
    return code == 0 ? RISE_OK : booster_failed(err, "taking the targets");
}

static rise_status set_parameters(BoosterHandle h, const booster_settings *s, rise_error *err) {
    const struct {
        const char *name, *value;
    } texts[] = {
        {"verbosity", "0"},
        {"nthread", "1"},
        {"booster", "gbtree"},
        {"tree_method", "hist"},
        {"objective", "reg:squarederror"},
        {"base_score", "0"},
        {"disable_default_eval_metric", "1"},
    };
    const struct {
        const char *name;
        int64_t value;
    } whole[] = {{"max_depth", s->max_depth}, {"max_bin", s->max_bin}, {"seed", s->seed}};
    const struct {
        const char *name;
        double value;
    } reals[] = {
        {"eta", s->eta},
        {"gamma", s->gamma},
        {"min_child_weight", s->min_child_weight},
        {"subsample", s->subsample},
        {"colsample_bytree", s->colsample_bytree},
        {"lambda", s->lambda},
        {"alpha", s->alpha},
    };
    char text[SCAN_NUMBER_MAX];
    rise_status status = RISE_OK;
    for (size_t i = 0; status == RISE_OK && i < sizeof texts / sizeof *texts; i++) {
        status = booster_set_text(h, texts[i].name, texts[i].value, err);
    }
    for (size_t i = 0; status == RISE_OK && i < sizeof whole / sizeof *whole; i++) {
        snprintf(text, sizeof text, "%lld", (long long)whole[i].value);
        status = booster_set_text(h, whole[i].name, text, err);
    }
    for (size_t i = 0; status == RISE_OK && i < sizeof reals / sizeof *reals; i++) {
        scan_write_f64(text, reals[i].value);
        status = booster_set_text(h, reals[i].name, text, err);
    }
    return status;
}

/* ---- training -------------------------------------------------------------------------------- */

static double validation_rmse(const booster_samples *s, double mean, const float *margin) {
    statistics_sum sum = {0};
    for (size_t i = 0; i < s->n_samples; i++) {
        double d = s->target[i] - (mean + (double)margin[i]);
        statistics_add(&sum, d * d);
    }
    return sqrt(statistics_total(&sum) / (double)s->n_samples);
}

/* found: the round with the lowest validation RMSE, the earlier one on a tie. */
static rise_status boost(BoosterHandle h, const booster_settings *settings,
                         const DMatrixHandle matrix[2], const booster_samples *validation,
                         double mean, booster_poll poll, void *user, booster_found *found,
                         rise_error *err) {
    *found = (booster_found){.rmse = INFINITY};
    for (size_t round = 0; round < settings->max_rounds; round++) {
        if (xgb.XGBoosterUpdateOneIter(h, (int)round, matrix[0]) != 0) {
            return booster_failed(err, "training");
        }
        /* The matrix is in the booster's cache: only the new tree is evaluated. */
        const float *margin = NULL;
        rise_status status =
            booster_ask(h, matrix[1], BOOSTER_MARGIN, validation->n_samples, &margin, err);
        if (status != RISE_OK) {
            return status;
        }
        double rmse = validation_rmse(validation, mean, margin);
        if (!isfinite(rmse)) {
            return rise_fail(err, RISE_E_FAILED, "training diverged in round %zu", round + 1);
        }
        if (rmse < found->rmse) {
            *found = (booster_found){round, rmse};
        }
        if (poll && !poll(user, round + 1, rmse, found->rmse)) {
            return rise_fail(err, RISE_E_INTERRUPTED, "interrupted in round %zu", round + 1);
        }
        if (round - found->best_iteration >= settings->early_stopping) {
            break;
        }
    }
    return RISE_OK;
}

/* A booster of its own with the rounds 0..best and what is needed to use it again. */
static rise_status keep_best(BoosterHandle h, size_t best, double mean, booster **out,
                             rise_error *err) {
    booster *b = calloc(1, sizeof *b);
    if (!b) {
        return rise_fail_nomem(err, "model");
    }
    b->mean = mean;
    b->best_iteration = best;
    if (xgb.XGBoosterSlice(h, 0, (int)best + 1, 1, &b->handle) != 0) {
        free(b);
        return booster_failed(err, "keeping the best rounds");
    }
    char mean_text[SCAN_NUMBER_MAX], best_text[24];
    scan_write_f64(mean_text, mean);
    snprintf(best_text, sizeof best_text, "%zu", best);
    if (xgb.XGBoosterSetAttr(b->handle, "rise.mean", mean_text) != 0 ||
        xgb.XGBoosterSetAttr(b->handle, "best_iteration", best_text) != 0) {
        booster_free(b);
        return booster_failed(err, "naming the mean");
    }
    *out = b;
    return RISE_OK;
}

static rise_status train_on(const booster_settings *settings, const DMatrixHandle matrix[2],
                            const booster_samples *validation, double mean, booster_poll poll,
                            void *user, booster **out, booster_found *found, rise_error *err) {
    BoosterHandle h = NULL;
    if (xgb.XGBoosterCreate(matrix, 2, &h) != 0) {
        return booster_failed(err, "starting");
    }
    booster_found best;
    rise_status status = set_parameters(h, settings, err);
    if (status == RISE_OK) {
        status = boost(h, settings, matrix, validation, mean, poll, user, &best, err);
    }
    if (status == RISE_OK && out) {
        status = keep_best(h, best.best_iteration, mean, out, err);
    }
    if (status == RISE_OK && found) {
        *found = best;
    }
    xgb.XGBoosterFree(h);
    return status;
}

static rise_status check_samples(const booster_samples *train, const booster_samples *validation,
                                 rise_error *err) {
    if (train->n_samples == 0 || validation->n_samples == 0) {
        return rise_fail(err, RISE_E_DATA, "%zu training and %zu validation samples: need both",
                         train->n_samples, validation->n_samples);
    }
    if (train->n_features == 0 || train->n_features != validation->n_features) {
        return rise_fail(err, RISE_E_DATA, "%zu features in training, %zu in validation",
                         train->n_features, validation->n_features);
    }
    double min = 0, max = 0;
    statistics_range(train->target, train->n_samples, &min, &max);
    if (!(max > min)) {
        rise_fail(err, RISE_E_DATA, "all %zu training targets are %.10g: nothing to learn",
                  train->n_samples, min);
        return rise_hint(err, "targets must differ: connect another label, or more frames");
    }
    return RISE_OK;
}

rise_status booster_train(const booster_settings *settings, const booster_samples *train,
                          const booster_samples *validation, booster_poll poll, void *user,
                          booster **out, booster_found *found, rise_error *err) {
    const booster_samples *samples[2] = {train, validation};
    DMatrixHandle matrix[2] = {NULL, NULL};
    rise_status status = check_samples(train, validation, err);
    if (status == RISE_OK) {
        status = xgb_load(err);
    }
    if (status != RISE_OK) {
        return status;
    }
    double mean = statistics_mean(train->target, train->n_samples);
    for (int i = 0; status == RISE_OK && i < 2; i++) {
        status = booster_matrix(samples[i], 0, samples[i]->n_samples, &matrix[i], err);
        if (status == RISE_OK) {
            status = set_labels(matrix[i], samples[i], mean, err);
        }
    }
    if (status == RISE_OK) {
        status = train_on(settings, matrix, validation, mean, poll, user, out, found, err);
    }
    for (int i = 0; i < 2; i++) {
        if (matrix[i]) {
            xgb.XGDMatrixFree(matrix[i]);
        }
    }
    return status;
}

void booster_free(booster *b) {
    if (b) {
        xgb.XGBoosterFree(b->handle);
        free(b);
    }
}

double booster_mean(const booster *b) {
    return b->mean;
}

size_t booster_best_iteration(const booster *b) {
    return b->best_iteration;
}

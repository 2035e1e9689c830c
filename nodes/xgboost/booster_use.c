/* Uses boosters: predictions, contributions, saved models. Knows arrays of samples; knows neither
 * frames nor ports. */
#include "booster_inner.h"

#include "kit/scan.h"
#include "kit/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Blocks between polls: TreeSHAP of 64 samples takes well under a second even for deep forests. */
enum { SHAP_BLOCK = 64 };

static rise_status check_features(const booster *b, const booster_samples *s, rise_error *err) {
    bst_ulong n = 0;
    if (xgb.XGBoosterGetNumFeature(b->handle, &n) != 0) {
        return booster_failed(err, "reading the model");
    }
    if (n != s->n_features) {
        return rise_fail(err, RISE_E_DATA, "the model has %zu features, the samples have %zu",
                         (size_t)n, s->n_features);
    }
    return RISE_OK;
}

rise_status booster_predict(const booster *b, const booster_samples *s, double *predicted,
                            rise_error *err) {
    rise_status status = check_features(b, s, err);
    if (status != RISE_OK || s->n_samples == 0) {
        return status;
    }
    DMatrixHandle matrix = NULL;
    status = booster_matrix(s, 0, s->n_samples, &matrix, err);
    if (status != RISE_OK) {
        return status;
    }
    const float *margin = NULL;
    status = booster_ask(b->handle, matrix, BOOSTER_MARGIN, s->n_samples, &margin, err);
    for (size_t i = 0; status == RISE_OK && i < s->n_samples; i++) {
        predicted[i] = b->mean + (double)margin[i];
    }
    xgb.XGDMatrixFree(matrix);
    return status;
}

/* Contributions of samples first .. first+n-1 (n <= SHAP_BLOCK); *worst grows. */
static rise_status explain_block(const booster *b, const booster_samples *s, size_t first, size_t n,
                                 float *phi, double *worst, rise_error *err) {
    double total[SHAP_BLOCK];
    size_t width = s->n_features + 1; /* the last column is the bias */
    DMatrixHandle matrix = NULL;
    const float *found = NULL;
    rise_status status = booster_matrix(s, first, n, &matrix, err);
    if (status != RISE_OK) {
        return status;
    }
    status = booster_ask(b->handle, matrix, BOOSTER_CONTRIBUTIONS, n * width, &found, err);
    for (size_t i = 0; status == RISE_OK && i < n; i++) {
        statistics_sum sum = {0};
        for (size_t j = 0; j < width; j++) {
            statistics_add(&sum, (double)found[i * width + j]);
        }
        total[i] = statistics_total(&sum);
        memcpy(phi + (first + i) * s->n_features, found + i * width, s->n_features * sizeof *phi);
    }
    const float *margin = NULL;
    if (status == RISE_OK) {
        status = booster_ask(b->handle, matrix, BOOSTER_MARGIN, n, &margin, err);
    }
    for (size_t i = 0; status == RISE_OK && i < n; i++) {
        *worst = fmax(*worst, fabs(total[i] - (double)margin[i]));
    }
    xgb.XGDMatrixFree(matrix);
    return status;
}

rise_status booster_contributions(const booster *b, const booster_samples *s, double spread,
                                  booster_poll poll, void *user, float *phi, double *worst,
                                  rise_error *err) {
    double difference = 0;
    rise_status status = check_features(b, s, err);
    for (size_t first = 0; status == RISE_OK && first < s->n_samples; first += SHAP_BLOCK) {
        size_t n = s->n_samples - first < SHAP_BLOCK ? s->n_samples - first : SHAP_BLOCK;
        status = explain_block(b, s, first, n, phi, &difference, err);
        if (status == RISE_OK && poll && !poll(user, first + n, 0, 0)) {
            status = rise_fail(err, RISE_E_INTERRUPTED, "interrupted at sample %zu", first + n);
        }
    }
    if (status == RISE_OK && !(difference < 1e-4 * spread)) {
        status = rise_fail(err, RISE_E_BUG,
                           "SHAP contributions miss the prediction by %.3g, allowed %.3g",
                           difference, 1e-4 * spread);
    }
    if (status == RISE_OK && worst) {
        *worst = difference;
    }
    return status;
}

/* ---- texts kept with a model ----------------------------------------------------------------- */

rise_status booster_note(booster *b, const char *name, const char *text, rise_error *err) {
    return xgb.XGBoosterSetAttr(b->handle, name, text) == 0 ? RISE_OK
                                                            : booster_failed(err, "naming things");
}

const char *booster_noted(const booster *b, const char *name) {
    const char *text = NULL;
    int found = 0;
    return xgb.XGBoosterGetAttr(b->handle, name, &text, &found) == 0 && found ? text : NULL;
}

/* ---- files ----------------------------------------------------------------------------------- */

rise_status booster_save(const booster *b, char **bytes, size_t *size, rise_error *err) {
    const char *found = NULL;
    bst_ulong n = 0;
    if (xgb.XGBoosterSaveModelToBuffer(b->handle, "{\"format\": \"json\"}", &n, &found) != 0) {
        return booster_failed(err, "writing the model");
    }
    char *copy = malloc(n ? n : 1);
    if (!copy) {
        return rise_fail_nomem(err, "model");
    }
    memcpy(copy, found, n);
    *bytes = copy;
    *size = n;
    return RISE_OK;
}

static rise_status read_attributes(booster *b, rise_error *err) {
    const char *text = NULL;
    int found = 0;
    if (xgb.XGBoosterGetAttr(b->handle, "rise.mean", &text, &found) != 0 || !found) {
        rise_fail(err, RISE_E_DATA, "model without the attribute rise.mean");
        return rise_hint(err, "only models trained by the node xgboost can be used here");
    }
    if (!scan_is_number(text, text + strlen(text), &b->mean) || !isfinite(b->mean)) {
        return rise_fail(err, RISE_E_DATA, "model: rise.mean is not a number: %.40s", text);
    }
    rise_status status = RISE_OK;
    int rounds = 0;
    if (xgb.XGBoosterBoostedRounds(b->handle, &rounds) != 0) {
        status = booster_failed(err, "reading the model");
    }
    if (status == RISE_OK && rounds < 1) {
        status = rise_fail(err, RISE_E_DATA, "model without trees");
    }
    b->best_iteration = (size_t)(rounds > 0 ? rounds - 1 : 0);
    return status;
}

rise_status booster_load(const char *bytes, size_t size, booster **out, rise_error *err) {
    rise_status status = xgb_load(err);
    if (status != RISE_OK) {
        return status;
    }
    booster *b = calloc(1, sizeof *b);
    if (!b) {
        return rise_fail_nomem(err, "model");
    }
    if (xgb.XGBoosterCreate(NULL, 0, &b->handle) != 0) {
        free(b);
        return booster_failed(err, "starting");
    }
    status = booster_set_text(b->handle, "verbosity", "0", err);
    if (status == RISE_OK && xgb.XGBoosterLoadModelFromBuffer(b->handle, bytes, size) != 0) {
        status = booster_failed(err, "reading the model");
    }
    if (status == RISE_OK) {
        status = booster_set_text(b->handle, "nthread", "1", err);
    }
    if (status == RISE_OK) {
        status = read_attributes(b, err);
    }
    if (status != RISE_OK) {
        booster_free(b);
        return status;
    }
    *out = b;
    return RISE_OK;
}

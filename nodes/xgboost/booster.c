/* The only file that talks to XGBoost. Knows arrays of samples; knows neither frames nor ports. */
#include "booster.h"

#include "kit/scan.h"
#include "kit/statistics.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xgboost/c_api.h>

struct booster {
    BoosterHandle handle;
    double mean;
    size_t best_iteration;
};

/* Blocks between polls: TreeSHAP of 64 samples takes well under a second even for deep forests. */
enum { SHAP_BLOCK = 64 };

static rise_status failed(rise_error *err, const char *doing) {
    const char *text = XGBGetLastError();
    /* XGBoost appends a stack trace; the first line says it all. It starts with "[hh:mm:ss] ". */
    if (text[0] == '[' && strchr(text, ']')) {
        text = strchr(text, ']') + 1;
        text += text[0] == ' ';
    }
    int length = (int)strcspn(text, "\n");
    return rise_fail(err, RISE_E_FAILED, "XGBoost, %s: %.*s", doing, length > 300 ? 300 : length,
                     text);
}

static char version_text[48];
static pthread_once_t version_once = PTHREAD_ONCE_INIT;

static void write_version(void) {
    int major = 0, minor = 0, patch = 0;
    XGBoostVersion(&major, &minor, &patch);
    snprintf(version_text, sizeof version_text, "xgboost %d.%d.%d", major, minor, patch);
}

const char *booster_version(void) {
    pthread_once(&version_once, write_version);
    return version_text;
}

/* ---- one handle, one matrix ------------------------------------------------------------------ */

static rise_status new_matrix(const booster_samples *s, size_t first, size_t n, DMatrixHandle *out,
                              rise_error *err) {
    const float *rows = s->features + first * s->n_features;
    if (XGDMatrixCreateFromMat_omp(rows, n, s->n_features, NAN, out, 1) != 0) {
        return failed(err, "reading the features");
    }
    return RISE_OK;
}

static rise_status set_labels(DMatrixHandle matrix, const booster_samples *s, double mean,
                              rise_error *err) {
    float *label = malloc(s->n_samples * sizeof *label);
    if (!label) {
        return rise_fail_nomem(err, "targets");
    }
    for (size_t i = 0; i < s->n_samples; i++) {
        label[i] = (float)(s->target[i] - mean);
    }
    int code = XGDMatrixSetFloatInfo(matrix, "label", label, s->n_samples);
    free(label);
    return code == 0 ? RISE_OK : failed(err, "taking the targets");
}

static rise_status set_text(BoosterHandle h, const char *name, const char *value, rise_error *err) {
    return XGBoosterSetParam(h, name, value) == 0 ? RISE_OK : failed(err, name);
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
        status = set_text(h, texts[i].name, texts[i].value, err);
    }
    for (size_t i = 0; status == RISE_OK && i < sizeof whole / sizeof *whole; i++) {
        snprintf(text, sizeof text, "%lld", (long long)whole[i].value);
        status = set_text(h, whole[i].name, text, err);
    }
    for (size_t i = 0; status == RISE_OK && i < sizeof reals / sizeof *reals; i++) {
        scan_write_f64(text, reals[i].value);
        status = set_text(h, reals[i].name, text, err);
    }
    return status;
}

/* `type` of XGBoost's prediction: 1 margin, 2 contributions. *out belongs to the handle. */
static rise_status ask(BoosterHandle h, DMatrixHandle matrix, int type, size_t expected,
                       const float **out, rise_error *err) {
    char config[128];
    snprintf(config, sizeof config,
             "{\"type\": %d, \"training\": false, \"iteration_begin\": 0, "
             "\"iteration_end\": 0, \"strict_shape\": false}",
             type);
    const bst_ulong *shape = NULL;
    bst_ulong rank = 0;
    if (XGBoosterPredictFromDMatrix(h, matrix, config, &shape, &rank, out) != 0) {
        return failed(err, "predicting");
    }
    size_t count = 1;
    for (bst_ulong i = 0; i < rank; i++) {
        count *= shape[i];
    }
    if (count != expected) {
        return rise_fail(err, RISE_E_BUG, "XGBoost returned %zu numbers, expected %zu", count,
                         expected);
    }
    return RISE_OK;
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

/* *best: 0-based round with the lowest validation RMSE, the earlier one on a tie. */
static rise_status boost(BoosterHandle h, const booster_settings *settings,
                         const DMatrixHandle matrix[2], const booster_samples *validation,
                         double mean, booster_poll poll, void *user, size_t *best,
                         rise_error *err) {
    double best_rmse = INFINITY;
    *best = 0;
    for (size_t round = 0; round < settings->max_rounds; round++) {
        if (XGBoosterUpdateOneIter(h, (int)round, matrix[0]) != 0) {
            return failed(err, "training");
        }
        /* The matrix is in the booster's cache: only the new tree is evaluated. */
        const float *margin = NULL;
        rise_status status = ask(h, matrix[1], 1, validation->n_samples, &margin, err);
        if (status != RISE_OK) {
            return status;
        }
        double rmse = validation_rmse(validation, mean, margin);
        if (!isfinite(rmse)) {
            return rise_fail(err, RISE_E_FAILED, "training diverged in round %zu", round + 1);
        }
        if (rmse < best_rmse) {
            best_rmse = rmse;
            *best = round;
        }
        if (poll && !poll(user, round + 1, rmse, best_rmse)) {
            return rise_fail(err, RISE_E_INTERRUPTED, "interrupted in round %zu", round + 1);
        }
        if (round - *best >= settings->early_stopping) {
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
    if (XGBoosterSlice(h, 0, (int)best + 1, 1, &b->handle) != 0) {
        free(b);
        return failed(err, "keeping the best rounds");
    }
    char mean_text[SCAN_NUMBER_MAX], best_text[24];
    scan_write_f64(mean_text, mean);
    snprintf(best_text, sizeof best_text, "%zu", best);
    if (XGBoosterSetAttr(b->handle, "rise.mean", mean_text) != 0 ||
        XGBoosterSetAttr(b->handle, "best_iteration", best_text) != 0) {
        booster_free(b);
        return failed(err, "naming the mean");
    }
    *out = b;
    return RISE_OK;
}

static rise_status train_on(const booster_settings *settings, const DMatrixHandle matrix[2],
                            const booster_samples *validation, double mean, booster_poll poll,
                            void *user, booster **out, rise_error *err) {
    BoosterHandle h = NULL;
    if (XGBoosterCreate(matrix, 2, &h) != 0) {
        return failed(err, "starting");
    }
    size_t best = 0;
    rise_status status = set_parameters(h, settings, err);
    if (status == RISE_OK) {
        status = boost(h, settings, matrix, validation, mean, poll, user, &best, err);
    }
    if (status == RISE_OK) {
        status = keep_best(h, best, mean, out, err);
    }
    XGBoosterFree(h);
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
        return rise_fail(err, RISE_E_DATA, "all %zu training targets are %.10g: nothing to learn",
                         train->n_samples, min);
    }
    return RISE_OK;
}

rise_status booster_train(const booster_settings *settings, const booster_samples *train,
                          const booster_samples *validation, booster_poll poll, void *user,
                          booster **out, rise_error *err) {
    const booster_samples *samples[2] = {train, validation};
    DMatrixHandle matrix[2] = {NULL, NULL};
    rise_status status = check_samples(train, validation, err);
    if (status != RISE_OK) {
        return status;
    }
    double mean = statistics_mean(train->target, train->n_samples);
    for (int i = 0; status == RISE_OK && i < 2; i++) {
        status = new_matrix(samples[i], 0, samples[i]->n_samples, &matrix[i], err);
        if (status == RISE_OK) {
            status = set_labels(matrix[i], samples[i], mean, err);
        }
    }
    if (status == RISE_OK) {
        status = train_on(settings, matrix, validation, mean, poll, user, out, err);
    }
    for (int i = 0; i < 2; i++) {
        if (matrix[i]) {
            XGDMatrixFree(matrix[i]);
        }
    }
    return status;
}

void booster_free(booster *b) {
    if (b) {
        XGBoosterFree(b->handle);
        free(b);
    }
}

double booster_mean(const booster *b) {
    return b->mean;
}

size_t booster_best_iteration(const booster *b) {
    return b->best_iteration;
}

/* ---- use ------------------------------------------------------------------------------------- */

static rise_status check_features(const booster *b, const booster_samples *s, rise_error *err) {
    bst_ulong n = 0;
    if (XGBoosterGetNumFeature(b->handle, &n) != 0) {
        return failed(err, "reading the model");
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
    status = new_matrix(s, 0, s->n_samples, &matrix, err);
    if (status != RISE_OK) {
        return status;
    }
    const float *margin = NULL;
    status = ask(b->handle, matrix, 1, s->n_samples, &margin, err);
    for (size_t i = 0; status == RISE_OK && i < s->n_samples; i++) {
        predicted[i] = b->mean + (double)margin[i];
    }
    XGDMatrixFree(matrix);
    return status;
}

/* Contributions of samples first .. first+n-1 (n <= SHAP_BLOCK); *worst grows. */
static rise_status explain_block(const booster *b, const booster_samples *s, size_t first, size_t n,
                                 float *phi, double *worst, rise_error *err) {
    double total[SHAP_BLOCK];
    size_t width = s->n_features + 1; /* the last column is the bias */
    DMatrixHandle matrix = NULL;
    const float *found = NULL;
    rise_status status = new_matrix(s, first, n, &matrix, err);
    if (status != RISE_OK) {
        return status;
    }
    status = ask(b->handle, matrix, 2, n * width, &found, err);
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
        status = ask(b->handle, matrix, 1, n, &margin, err);
    }
    for (size_t i = 0; status == RISE_OK && i < n; i++) {
        *worst = fmax(*worst, fabs(total[i] - (double)margin[i]));
    }
    XGDMatrixFree(matrix);
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

/* ---- files ----------------------------------------------------------------------------------- */

rise_status booster_save(const booster *b, char **bytes, size_t *size, rise_error *err) {
    const char *found = NULL;
    bst_ulong n = 0;
    if (XGBoosterSaveModelToBuffer(b->handle, "{\"format\": \"json\"}", &n, &found) != 0) {
        return failed(err, "writing the model");
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
    if (XGBoosterGetAttr(b->handle, "rise.mean", &text, &found) != 0 || !found) {
        rise_fail(err, RISE_E_DATA, "model without the attribute rise.mean");
        return rise_hint(err, "only models trained by the node xgboost can be used here");
    }
    if (!scan_is_number(text, text + strlen(text), &b->mean) || !isfinite(b->mean)) {
        return rise_fail(err, RISE_E_DATA, "model: rise.mean is not a number: %.40s", text);
    }
    rise_status status = RISE_OK;
    int rounds = 0;
    if (XGBoosterBoostedRounds(b->handle, &rounds) != 0) {
        status = failed(err, "reading the model");
    }
    if (status == RISE_OK && rounds < 1) {
        status = rise_fail(err, RISE_E_DATA, "model without trees");
    }
    b->best_iteration = (size_t)(rounds > 0 ? rounds - 1 : 0);
    return status;
}

rise_status booster_load(const char *bytes, size_t size, booster **out, rise_error *err) {
    booster *b = calloc(1, sizeof *b);
    if (!b) {
        return rise_fail_nomem(err, "model");
    }
    if (XGBoosterCreate(NULL, 0, &b->handle) != 0) {
        free(b);
        return failed(err, "starting");
    }
    rise_status status = set_text(b->handle, "verbosity", "0", err);
    if (status == RISE_OK && XGBoosterLoadModelFromBuffer(b->handle, bytes, size) != 0) {
        status = failed(err, "reading the model");
    }
    if (status == RISE_OK) {
        status = set_text(b->handle, "nthread", "1", err);
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

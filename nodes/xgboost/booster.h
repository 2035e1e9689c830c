/* xgboost/booster.h: gradient-boosted trees on plain arrays.
 *
 * A booster is trained on y minus the training mean with base_score 0; the mean is added back in
 * float64, since float32 is spaced 1e-3 eV near 9300 eV. It keeps the rounds up to the best one on
 * validation and no more. One thread, so equal input gives equal bytes.
 *
 * The saved form is XGBoost's own JSON model with the attributes `rise.mean` (decimal, exact),
 * `best_iteration` and what booster_note adds; XGBoost of any language reads it, its predictions
 * then lack the mean. */
#ifndef RISE_XGBOOST_BOOSTER_H
#define RISE_XGBOOST_BOOSTER_H

#include <rise/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct booster booster;

typedef struct booster_settings {
    int64_t max_depth, max_bin, seed;
    double eta, gamma, min_child_weight, subsample, colsample_bytree, lambda, alpha;
    size_t max_rounds;     /* >= 1 */
    size_t early_stopping; /* stop after so many rounds without a better validation RMSE, >= 1 */
} booster_settings;

typedef struct booster_found {
    size_t best_iteration; /* 0-based */
    double rmse;           /* on validation, of that round */
} booster_found;

/* Both arrays finite. target may be NULL where only predictions are asked for. */
typedef struct booster_samples {
    size_t n_samples, n_features;
    const float *features; /* (sample, feature) */
    const double *target;  /* (sample) */
} booster_samples;

/* Called after each round, and between blocks of attribution (rmse and best are 0 then). False
 * stops with RISE_E_INTERRUPTED. */
typedef bool (*booster_poll)(void *user, size_t done, double rmse, double best_rmse);

const char *booster_version(void); /* "xgboost 1.7.4" */

/* At least one sample of each kind, equal numbers of features, targets that differ. poll: or NULL.
 * out: the booster, NULL where only what was found is wanted; found: or NULL. */
rise_status booster_train(const booster_settings *settings, const booster_samples *train,
                          const booster_samples *validation, booster_poll poll, void *user,
                          booster **out, booster_found *found, rise_error *err) RISE_MUST_USE;
void booster_free(booster *b); /* NULL is fine */

double booster_mean(const booster *b);
size_t booster_best_iteration(const booster *b); /* 0-based; the booster has one round more */

/* predicted[sample], in the unit of the targets, mean included. */
rise_status booster_predict(const booster *b, const booster_samples *samples, double *predicted,
                            rise_error *err) RISE_MUST_USE;
/* TreeSHAP: phi (sample, feature). The mean and the trees' own bias are left out; with them the
 * contributions of a sample must sum to its prediction within 1e-4 * spread (> 0, the spread of the
 * targets), else RISE_E_BUG. *worst (may be NULL): the largest difference met. */
rise_status booster_contributions(const booster *b, const booster_samples *samples, double spread,
                                  booster_poll poll, void *user, float *phi, double *worst,
                                  rise_error *err) RISE_MUST_USE;

/* Texts that are kept with the model, as attributes of XGBoost: what it takes to use it again. */
#define BOOSTER_UNIT "rise.unit" /* of its predictions */
#define BOOSTER_MADE "rise.made" /* how its features were made from frames, as rise_made tells it  \
                                  */
rise_status booster_note(booster *b, const char *name, const char *text,
                         rise_error *err) RISE_MUST_USE;
/* NULL: it has none of that name. Valid until the next call on this thread. */
const char *booster_noted(const booster *b, const char *name);

/* *bytes: to be freed by the caller. */
rise_status booster_save(const booster *b, char **bytes, size_t *size,
                         rise_error *err) RISE_MUST_USE;
/* XGBoost crashes on damaged models: bytes must come from a value whose digest was verified. */
rise_status booster_load(const char *bytes, size_t size, booster **out,
                         rise_error *err) RISE_MUST_USE;

#endif

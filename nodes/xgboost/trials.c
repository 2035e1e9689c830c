/* Tries settings: one training per fold, kept as a sub-result under all that determines it; and the
 * table of what was tried. */
#include "tune.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t tune_held(const tuning *t, const search *of, size_t fold) {
    return (of->n - fold + t->n_folds - 1) / t->n_folds;
}

void tune_identify(tuning *t) {
    t->input = rise_input_digest(t->j->ctx, "input");
    t->target = rise_input_digest(t->j->ctx, "target");
    t->split = rise_input_digest(t->j->ctx, "split");
}

/* ---- sub-results ------------------------------------------------------------------------------*/

/* Numbers of eight bytes and digests only, so that nothing of it is padding. */
typedef struct fold_key {
    rise_id input, target, split;
    uint64_t model, n_samples, fold, n_folds, tuning_seed;
    int64_t max_depth, max_bin, seed;
    double eta, gamma, min_child_weight, subsample, colsample_bytree, lambda, alpha;
    uint64_t max_rounds, early_stopping;
} fold_key;

static fold_key key_of(const tuning *t, size_t model, size_t fold, const booster_settings *s) {
    return (fold_key){.input = t->input,
                      .target = t->target,
                      .split = t->split,
                      .model = model,
                      .n_samples = t->search[model].n,
                      .fold = fold,
                      .n_folds = t->n_folds,
                      .tuning_seed = t->seed,
                      .max_depth = s->max_depth,
                      .max_bin = s->max_bin,
                      .seed = s->seed,
                      .eta = s->eta,
                      .gamma = s->gamma,
                      .min_child_weight = s->min_child_weight,
                      .subsample = s->subsample,
                      .colsample_bytree = s->colsample_bytree,
                      .lambda = s->lambda,
                      .alpha = s->alpha,
                      .max_rounds = s->max_rounds,
                      .early_stopping = s->early_stopping};
}

static bool recall(rise_ctx *ctx, const fold_key *key, booster_found *found) {
    rise_value *value = NULL;
    if (rise_memo_get(ctx, key, sizeof *key, &value) != RISE_OK) {
        return false;
    }
    const rise_tensor *t = rise_value_tensor(value);
    bool fits = t && t->dtype == RISE_F64 && t->rank == 1 && t->dim[0].size == 2;
    if (fits) {
        const double *number = t->data;
        *found = (booster_found){(size_t)number[0], number[1]};
    }
    rise_value_release(value);
    return fits;
}

/* A sub-result that cannot be kept is found again when it is needed: no failure. */
static void keep(rise_ctx *ctx, const fold_key *key, const booster_found *found) {
    const rise_dim dim = {.name = "number", .size = 2};
    rise_value *value = NULL;
    void *data = NULL;
    if (rise_tensor_new(RISE_F64, 1, &dim, "", &value, &data, NULL) == RISE_OK) {
        memcpy(data, (double[2]){(double)found->best_iteration, found->rmse}, 2 * sizeof(double));
        rise_memo_put(ctx, key, sizeof *key, value);
    }
    rise_value_release(value);
}

/* ---- one fold ---------------------------------------------------------------------------------*/

static bool poll_fold(void *user, size_t done, double rmse, double best) {
    const tuning *t = user;
    (void)done, (void)rmse, (void)best;
    return !rise_cancelled(t->j->ctx);
}

/* Samples of the search that fold `fold` holds out, or the others. */
static rise_status gather(const tuning *t, const search *of, size_t fold, bool held,
                          booster_samples *out, float **row, double **target, rise_error *err) {
    const samples *s = &t->j->s;
    size_t n = 0, *frame = malloc(of->n * sizeof *frame);
    *row = malloc((of->n * s->n_features + 1) * sizeof **row);
    *target = malloc(of->n * sizeof **target);
    if (!frame || !*row || !*target) {
        free(frame);
        return rise_fail_nomem(err, "tuning");
    }
    for (size_t i = 0; i < of->n; i++) {
        if ((i % t->n_folds == fold) == held) {
            frame[n] = of->frame[i];
            (*target)[n++] = of->target[i];
        }
    }
    samples_rows_f32(s, frame, n, *row);
    free(frame);
    *out = (booster_samples){n, s->n_features, *row, *target};
    return RISE_OK;
}

static rise_status train_fold(tuning *t, const search *of, size_t fold,
                              const booster_settings *settings, booster_found *found,
                              rise_error *err) {
    booster_samples part[2];
    float *row[2] = {NULL, NULL};
    double *target[2] = {NULL, NULL};
    rise_status status = RISE_OK;
    for (size_t i = 0; status == RISE_OK && i < 2; i++) {
        status = gather(t, of, fold, i == 1, &part[i], &row[i], &target[i], err);
    }
    if (status == RISE_OK) {
        status = booster_train(settings, &part[0], &part[1], poll_fold, t, NULL, found, err);
    }
    for (size_t i = 0; i < 2; i++) {
        free(row[i]);
        free(target[i]);
    }
    return status;
}

rise_status tune_fold(void *user, size_t item, rise_error *err) {
    tuning *t = user;
    job *j = t->j;
    size_t fold = item % t->n_folds, model = item / t->n_folds % j->s.n_models;
    size_t trial = t->n_done + item / t->n_folds / j->s.n_models;
    search *of = &t->search[model];
    booster_found *found = &of->trial[trial].found[fold];
    booster_settings settings = j->settings[model];
    ranges_apply(of->trial[trial].value, &settings);
    settings.max_rounds = (size_t)rise_param_int(j->ctx, "tune_rounds");
    fold_key key = key_of(t, model, fold, &settings);
    rise_status status = RISE_OK;
    if (!recall(j->ctx, &key, found)) {
        status = train_fold(t, of, fold, &settings, found, err);
        if (status == RISE_OK) {
            keep(j->ctx, &key, found);
        }
    }
    size_t done = atomic_fetch_add(&t->n_folds_done, 1) + 1;
    if (status == RISE_OK) {
        double best = t->n_done ? of->trial[of->best].rmse : found->rmse;
        rise_progress(j->ctx, (double)done / (double)(t->n_folds * j->s.n_models),
                      (double)t->n_trials, "trial %zu of %zu, fold %zu: RMSE %.4g %s, best %.4g",
                      trial + 1, t->n_trials, fold, found->rmse, j->s.unit, best);
    }
    return status;
}

/* ---- the table --------------------------------------------------------------------------------*/

enum { BEFORE = 3, AFTER = BEFORE + RANGES, COLUMNS = AFTER + 3 };

static rise_status fill_row(const tuning *t, rise_value *table, size_t row, rise_error *err) {
    size_t trial = row / t->j->s.n_models, model = row % t->j->s.n_models;
    const tune_trial *from = &t->search[model].trial[trial];
    rise_table_i64(table, 0)[row] = (int64_t)trial + 1;
    rise_table_i64(table, 2)[row] = (int64_t)model;
    for (size_t k = 0; k < RANGES; k++) {
        rise_table_f64(table, BEFORE + k)[row] = from->value[k];
    }
    rise_table_f64(table, AFTER)[row] = from->rmse;
    rise_table_f64(table, AFTER + 1)[row] = from->best;
    rise_table_f64(table, AFTER + 2)[row] = from->best_iteration;
    return rise_table_set_text(table, 1, row, trial < t->n_random ? "random" : "guided", err);
}

rise_status tune_put_trials(tuning *t, rise_error *err) {
    rise_column column[COLUMNS] = {{.name = "trial", .dtype = RISE_I64},
                                   {.name = "kind", .dtype = RISE_TEXT},
                                   {.name = "fold", .dtype = RISE_I64}};
    static const char *const last[] = {"rmse", "best", "best_iteration"};
    for (size_t k = BEFORE; k < COLUMNS; k++) {
        column[k].dtype = RISE_F64;
        strcpy(column[k].name, k < AFTER ? ranges_name(k - BEFORE) : last[k - AFTER]);
    }
    strcpy(column[AFTER].unit, t->j->s.unit);
    strcpy(column[AFTER + 1].unit, t->j->s.unit);
    rise_value *table = NULL;
    size_t n_rows = t->n_trials * t->j->s.n_models;
    rise_status status = rise_table_new(column, COLUMNS, n_rows, &table, err);
    for (size_t row = 0; status == RISE_OK && row < n_rows; row++) {
        status = fill_row(t, table, row, err);
    }
    if (status != RISE_OK) {
        rise_value_release(table);
        return status;
    }
    return rise_output(t->j->ctx, "trials", table, err);
}

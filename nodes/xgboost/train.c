/* Trains the models of a job and asks them: predictions, contributions, their saved form. Folds run
 * side by side. How trees learn is the business of booster.c. */
#include "job.h"

#include "kit/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One model at work: its features by part. */
typedef struct work {
    job *j;
    size_t model;
    float *row[SAMPLES_PARTS];
    booster_samples view[SAMPLES_PARTS];
} work;

static bool poll_training(void *user, size_t done, double rmse, double best) {
    const work *w = user;
    const job *j = w->j;
    size_t most = j->settings[w->model].max_rounds;
    if (done % 100 == 0 && j->s.n_models == 1) {
        rise_progress(j->ctx, (double)done, (double)most,
                      "round %zu: validation RMSE %.4g %s, best %.4g", done, rmse, j->s.unit, best);
    } else if (done % 100 == 0) {
        rise_progress(j->ctx, (double)atomic_load(&j->n_done), (double)j->s.n_models,
                      "fold %zu, round %zu: validation RMSE %.4g %s, best %.4g", w->model, done,
                      rmse, j->s.unit, best);
    }
    return !rise_cancelled(j->ctx);
}

static bool poll_attribution(void *user, size_t done, double rmse, double best) {
    const work *w = user;
    (void)rmse, (void)best;
    if (w->j->s.n_models == 1) {
        rise_progress(w->j->ctx, (double)done, (double)w->view[SAMPLES_TRAIN].n_samples, "SHAP");
    }
    return !rise_cancelled(w->j->ctx);
}

static rise_status gather(work *w, rise_error *err) {
    const samples *s = &w->j->s;
    for (size_t p = 0; p < SAMPLES_PARTS; p++) {
        const samples_part *part = &w->j->part[w->model][p];
        w->row[p] = malloc((part->n * s->n_features + 1) * sizeof *w->row[p]);
        if (!w->row[p]) {
            return rise_fail_nomem(err, "samples");
        }
        samples_rows_f32(s, part->frame, part->n, w->row[p]);
        w->view[p] = (booster_samples){part->n, s->n_features, w->row[p], part->target};
    }
    return RISE_OK;
}

/* Mean over the training samples of |phi| or phi. */
static void average(const work *w, const float *phi, double *importance) {
    bool magnitude = strcmp(rise_param_text(w->j->ctx, "importance"), "absolute") == 0;
    size_t n = w->view[SAMPLES_TRAIN].n_samples, n_features = w->j->s.n_features;
    for (size_t k = 0; k < n_features; k++) {
        statistics_sum sum = {0};
        for (size_t i = 0; i < n; i++) {
            double p = (double)phi[i * n_features + k];
            statistics_add(&sum, magnitude ? fabs(p) : p);
        }
        importance[k] = statistics_total(&sum) / (double)n;
    }
}

static rise_status new_shap(const work *w, rise_value **out, void **phi, rise_error *err) {
    const samples *s = &w->j->s;
    const samples_part *train = &w->j->part[w->model][SAMPLES_TRAIN];
    double *frame = malloc((train->n + 1) * sizeof *frame);
    if (!frame) {
        return rise_fail_nomem(err, "SHAP");
    }
    for (size_t i = 0; i < train->n; i++) {
        frame[i] = (double)train->frame[i];
    }
    const rise_dim dim[2] = {{.name = "sample", .size = train->n, .coords = frame},
                             {.name = "feature", .size = s->n_features, .coords = s->coords}};
    rise_status status = rise_tensor_new(RISE_F32, 2, dim, s->unit, out, phi, err);
    free(frame);
    return status;
}

/* Attribution on training samples: the test set stays untouched. */
static rise_status attribute(work *w, const booster *b, rise_error *err) {
    job *j = w->j;
    bool keep = !j->s.folds && rise_wanted(j->ctx, "shap");
    if (!keep && !j->importance) {
        return RISE_OK;
    }
    rise_value *value = NULL;
    void *phi = NULL;
    rise_status status = new_shap(w, &value, &phi, err);
    if (status != RISE_OK) {
        return status;
    }
    const booster_samples *train = &w->view[SAMPLES_TRAIN];
    double min, max;
    statistics_range(train->target, train->n_samples, &min, &max);
    status = booster_contributions(b, train, max - min, poll_attribution, w, phi, NULL, err);
    if (status == RISE_OK && j->importance) {
        average(w, phi, j->importance + w->model * j->s.n_features);
    }
    if (status == RISE_OK && keep) {
        j->shap = value;
    } else {
        rise_value_release(value);
    }
    return status;
}

static rise_status save(work *w, booster *b, rise_error *err) {
    char *bytes = NULL;
    size_t size = 0;
    if (w->j->s.folds || !rise_wanted(w->j->ctx, "model")) {
        return RISE_OK;
    }
    rise_ctx *ctx = w->j->ctx;
    rise_status status = booster_note(b, BOOSTER_UNIT, w->j->s.unit, err);
    if (status == RISE_OK && rise_made(ctx, "input")[0]) {
        status = booster_note(b, BOOSTER_MADE, rise_made(ctx, "input"), err);
    }
    status = status == RISE_OK ? booster_save(b, &bytes, &size, err) : status;
    if (status == RISE_OK) {
        status = rise_blob_new(RISE_MODEL, "xgboost-json", bytes, size, &w->j->model, err);
        free(bytes);
    }
    return status;
}

static rise_status train_and_ask(work *w, rise_error *err) {
    job *j = w->j;
    booster *b = NULL;
    const booster_settings *settings = &j->settings[w->model];
    rise_status status =
        booster_train(settings, &w->view[SAMPLES_TRAIN], &w->view[SAMPLES_VALIDATION],
                      poll_training, w, &b, NULL, err);
    if (status != RISE_OK) {
        return status;
    }
    j->best_iteration[w->model] = (double)booster_best_iteration(b);
    if (booster_best_iteration(b) + 1 == settings->max_rounds) {
        rise_warn(j->ctx, "the best round is the last of max_rounds: more rounds may help");
    }
    for (size_t p = 0; status == RISE_OK && p < SAMPLES_PARTS; p++) {
        status = booster_predict(b, &w->view[p], j->part[w->model][p].predicted, err);
    }
    status = status == RISE_OK ? save(w, b, err) : status;
    status = status == RISE_OK ? attribute(w, b, err) : status;
    booster_free(b);
    return status;
}

static rise_status train_model(void *user, size_t model, rise_error *err) {
    job *j = user;
    work w = {.j = j, .model = model};
    rise_status status = gather(&w, err);
    status = status == RISE_OK ? train_and_ask(&w, err) : status;
    for (size_t p = 0; p < SAMPLES_PARTS; p++) {
        free(w.row[p]);
    }
    atomic_fetch_add(&j->n_done, 1);
    return status;
}

rise_status job_train(job *j, rise_error *err) {
    if (j->s.n_models == 1) {
        return train_model(j, 0, err);
    }
    return rise_parallel(j->ctx, j->s.n_models, train_model, j, err);
}

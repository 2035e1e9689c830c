/* Shapes what a trained booster says into tables, tensors and a model. Knows parts and units; how
 * trees predict is the business of booster.c. */
#include "job.h"

#include "kit/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool poll_attribution(void *user, size_t done, double rmse, double best) {
    const job *j = user;
    (void)rmse, (void)best;
    rise_progress(j->ctx, (double)done, (double)j->part[0].n_samples, "SHAP");
    return !rise_cancelled(j->ctx);
}

static rise_status put_predictions(job *j, rise_error *err) {
    rise_column column[] = {{.name = "frame", .dtype = RISE_I64},
                            {.name = "part", .dtype = RISE_TEXT},
                            {.name = "target", .dtype = RISE_F64},
                            {.name = "predicted", .dtype = RISE_F64}};
    strcpy(column[2].unit, j->unit);
    strcpy(column[3].unit, j->unit);
    rise_value *table = NULL;
    rise_status status = rise_table_new(column, 4, j->n_frames, &table, err);
    if (status != RISE_OK) {
        return status;
    }
    int64_t *frame = rise_table_i64(table, 0);
    double *target = rise_table_f64(table, 2), *predicted = rise_table_f64(table, 3);
    for (size_t p = 0; p < JOB_PARTS; p++) {
        for (size_t i = 0; i < j->part[p].n_samples; i++) {
            size_t f = j->frame[p][i];
            frame[f] = (int64_t)f;
            target[f] = j->target[f];
            predicted[f] = j->predicted[p][i];
            status = rise_table_set_text(table, 1, f, job_part_name(p), err);
            if (status != RISE_OK) {
                rise_value_release(table);
                return status;
            }
        }
    }
    return rise_output(j->ctx, "predictions", table, err);
}

static rise_status put_metrics(job *j, size_t best_iteration, rise_error *err) {
    rise_column column[] = {
        {.name = "part", .dtype = RISE_TEXT}, {.name = "n", .dtype = RISE_I64},
        {.name = "rmse", .dtype = RISE_F64},  {.name = "mae", .dtype = RISE_F64},
        {.name = "r2", .dtype = RISE_F64},    {.name = "best_iteration", .dtype = RISE_I64}};
    strcpy(column[2].unit, j->unit);
    strcpy(column[3].unit, j->unit);
    double r2[JOB_PARTS];
    size_t n_rows = 0;
    for (size_t p = 0; p < JOB_PARTS; p++) {
        const booster_samples *s = &j->part[p];
        r2[p] = statistics_r2(s->target, j->predicted[p], s->n_samples);
        n_rows += isfinite(r2[p]) ? 1 : 0;
        if (!isfinite(r2[p])) {
            rise_warn(j->ctx,
                      "metrics: %s left out, its %zu targets do not differ: R2 has no value",
                      job_part_name(p), s->n_samples);
        }
    }
    rise_value *table = NULL;
    rise_status status = rise_table_new(column, 6, n_rows, &table, err);
    for (size_t p = 0, row = 0; status == RISE_OK && p < JOB_PARTS; p++) {
        const booster_samples *s = &j->part[p];
        if (!isfinite(r2[p])) {
            continue;
        }
        rise_table_i64(table, 1)[row] = (int64_t)s->n_samples;
        rise_table_f64(table, 2)[row] = statistics_rmse(s->target, j->predicted[p], s->n_samples);
        rise_table_f64(table, 3)[row] = statistics_mae(s->target, j->predicted[p], s->n_samples);
        rise_table_f64(table, 4)[row] = r2[p];
        rise_table_i64(table, 5)[row] = (int64_t)best_iteration;
        status = rise_table_set_text(table, 0, row++, job_part_name(p), err);
    }
    if (status != RISE_OK) {
        rise_value_release(table);
        return status;
    }
    return rise_output(j->ctx, "metrics", table, err);
}

static rise_status put_model(job *j, const booster *b, rise_error *err) {
    char *bytes = NULL;
    size_t size = 0;
    rise_value *model = NULL;
    rise_status status = booster_save(b, &bytes, &size, err);
    if (status == RISE_OK) {
        status = rise_blob_new(RISE_MODEL, "xgboost-json", bytes, size, &model, err);
        free(bytes);
    }
    return status == RISE_OK ? rise_output(j->ctx, "model", model, err) : status;
}

static rise_status put_importance(job *j, const float *phi, rise_error *err) {
    const rise_tensor *x = rise_value_tensor(rise_input(j->ctx, "input"));
    bool magnitude = strcmp(rise_param_text(j->ctx, "importance"), "absolute") == 0;
    rise_dim dim = {.name = "feature", .size = j->n_features, .coords = x->dim[1].coords};
    rise_value *value = NULL;
    void *data = NULL;
    rise_status status = rise_tensor_new(RISE_F64, 1, &dim, j->unit, &value, &data, err);
    if (status != RISE_OK) {
        return status;
    }
    size_t n = j->part[0].n_samples;
    for (size_t k = 0; k < j->n_features; k++) {
        statistics_sum sum = {0};
        for (size_t i = 0; i < n; i++) {
            double p = (double)phi[i * j->n_features + k];
            statistics_add(&sum, magnitude ? fabs(p) : p);
        }
        ((double *)data)[k] = statistics_total(&sum) / (double)n;
    }
    return rise_output(j->ctx, "importance", value, err);
}

/* Attribution on training samples: the test set stays untouched. */
static rise_status put_attribution(job *j, const booster *b, rise_error *err) {
    if (!rise_wanted(j->ctx, "shap") && !rise_wanted(j->ctx, "importance")) {
        return RISE_OK;
    }
    const rise_tensor *x = rise_value_tensor(rise_input(j->ctx, "input"));
    const booster_samples *train = &j->part[0];
    double *frame = rise_scratch(j->ctx, train->n_samples * sizeof *frame);
    if (!frame) {
        return rise_fail_nomem(err, "SHAP");
    }
    for (size_t i = 0; i < train->n_samples; i++) {
        frame[i] = (double)j->frame[0][i];
    }
    const rise_dim dim[2] = {
        {.name = "sample", .size = train->n_samples, .coords = frame},
        {.name = "feature", .size = j->n_features, .coords = x->dim[1].coords}};
    rise_value *value = NULL;
    void *phi = NULL;
    rise_status status = rise_tensor_new(RISE_F32, 2, dim, j->unit, &value, &phi, err);
    if (status != RISE_OK) {
        return status;
    }
    double min, max;
    statistics_range(train->target, train->n_samples, &min, &max);
    status = booster_contributions(b, train, max - min, poll_attribution, j, phi, NULL, err);
    if (status == RISE_OK && rise_wanted(j->ctx, "importance")) {
        status = put_importance(j, phi, err);
    }
    if (status != RISE_OK || !rise_wanted(j->ctx, "shap")) {
        rise_value_release(value);
        return status;
    }
    return rise_output(j->ctx, "shap", value, err);
}

rise_status job_results(job *j, const booster *b, rise_error *err) {
    rise_status status = RISE_OK;
    for (size_t p = 0; status == RISE_OK && p < JOB_PARTS; p++) {
        status = booster_predict(b, &j->part[p], j->predicted[p], err);
    }
    if (status == RISE_OK) {
        status = put_predictions(j, err);
    }
    if (status == RISE_OK) {
        status = put_metrics(j, booster_best_iteration(b), err);
    }
    if (status == RISE_OK) {
        status = put_model(j, b, err);
    }
    return status == RISE_OK ? put_attribution(j, b, err) : status;
}

/* Puts what the models of a job found. */
#include "job.h"

/* Takes over *value; nothing where there is none. */
static rise_status put(rise_ctx *ctx, const char *port, rise_value **value, rise_error *err) {
    rise_value *mine = *value;
    *value = NULL;
    return mine ? rise_output(ctx, port, mine, err) : RISE_OK;
}

static rise_status put_importance(job *j, rise_error *err) {
    rise_dim dim = {.name = "feature", .size = j->s.n_features, .coords = j->s.coords};
    rise_value *value = NULL;
    void *data = NULL;
    rise_status status = rise_tensor_new(RISE_F64, 1, &dim, j->s.unit, &value, &data, err);
    if (status != RISE_OK) {
        return status;
    }
    samples_mean(j->importance, j->s.n_models, j->s.n_features, data);
    return rise_output(j->ctx, "importance", value, err);
}

rise_status job_results(job *j, rise_error *err) {
    const rise_column rounds = {.name = "best_iteration", .dtype = RISE_I64};
    rise_status status = samples_put_predictions(j->ctx, &j->s, j->part, err);
    if (status == RISE_OK) {
        double median = samples_median(j->best_iteration, j->s.n_models);
        status = samples_put_metrics(j->ctx, &j->s, j->part, &rounds, median, err);
    }
    status = status == RISE_OK ? put(j->ctx, "model", &j->model, err) : status;
    if (status == RISE_OK && j->importance) {
        status = put_importance(j, err);
    }
    return status == RISE_OK ? put(j->ctx, "shap", &j->shap, err) : status;
}

void job_free(job *j) {
    rise_value_release(j->model);
    rise_value_release(j->shap);
}

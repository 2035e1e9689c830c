/* ridge: energies of whole samples as a linear function of their features, the plain answer beside
 * boosted trees. The glue: ports, parameters, the choice of lambda; the mathematics is in ridge.c.
 */
#include <rise/node.h>

#include "ridge.h"

#include "kit/lapack.h"
#include "kit/samples.h"
#include "kit/statistics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where no lambda is given: s_max^2 * 10^e for e from the first to the last, five to a decade. */
enum { GRID_FIRST = -10, GRID_LAST = 2, GRID_STEPS = 5 };
enum { GRID = (GRID_LAST - GRID_FIRST) * GRID_STEPS + 1 };

static const rise_port inputs[] = {SAMPLES_INPUTS, {0}};

static const rise_port outputs[] = {
    SAMPLES_PREDICTIONS,
    {.name = "metrics",
     .kinds = RISE_KINDS(RISE_TABLE),
     .mode = RISE_WHOLE,
     .help = "part, n, rmse, mae, r2, lambda: one row per part; with folds pooled over the models, "
             "lambda their median"},
    {.name = "coefficients",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_WHOLE,
     .dtype = RISE_F64,
     .shape = "[feature]",
     .help = "change of the prediction per unit of each feature; with folds the mean over the "
             "models"},
    {.name = "model",
     .kinds = RISE_KINDS(RISE_TABLE),
     .mode = RISE_WHOLE,
     .help = "fold, term (`intercept`, then the numbers of the features), coefficient"},
    {.name = "path",
     .kinds = RISE_KINDS(RISE_TABLE),
     .mode = RISE_WHOLE,
     .help = "fold, lambda, rmse on validation: every lambda that was tried"},
    {0}};

static const rise_param params[] = {
    {.name = "lambda",
     .type = RISE_P_REALS,
     .flags = RISE_PARAM_OPTIONAL | RISE_PARAM_OPEN_MAX,
     .min = 0,
     .max = INFINITY,
     .help = "penalty on the squared coefficients, of the features as `scale` leaves them. Of "
             "several the one with the lowest validation RMSE, of equals the largest. Default: 61 "
             "from 1e-10 to 100 times the square of the largest singular value"},
    {.name = "scale",
     .type = RISE_P_CHOICE,
     .def = "none",
     .choices = "none|standard",
     .help = "standard: features divided by their standard deviation in training. They are centred "
             "always, and the intercept bears no penalty"},
    {0}};

/* What each model finds is kept by its number, so threads do not meet. */
typedef struct fit {
    rise_ctx *ctx;
    samples s;
    samples_part (*part)[SAMPLES_PARTS]; /* [model] */
    size_t n_lambdas;
    double *lambda, *rmse;      /* (model, lambda) */
    double *chosen, *intercept; /* [model] */
    double *weight;             /* (model, feature) */
} fit;

static rise_status prepare(fit *f, rise_error *err) {
    rise_status status = samples_read(f->ctx, &f->s, err);
    if (status != RISE_OK) {
        return status;
    }
    if (f->s.n_features == 0) {
        rise_fail(err, RISE_E_DATA, "input: no features, expected one at least");
        return rise_hint(err, "connect a node with columns, such as ule-cluster");
    }
    bool given = rise_param_set(f->ctx, "lambda");
    size_t n = f->s.n_models;
    f->n_lambdas = given ? rise_param_count(f->ctx, "lambda") : GRID;
    if (f->n_lambdas == 0) {
        rise_fail_param(f->ctx, err, "lambda", "no lambda to try, expected one at least");
        return rise_hint(err, "as in [0.01, 0.1, 1], or leave it out");
    }
    f->part = rise_scratch(f->ctx, n * sizeof *f->part);
    f->lambda = rise_scratch(f->ctx, n * f->n_lambdas * sizeof *f->lambda);
    f->rmse = rise_scratch(f->ctx, n * f->n_lambdas * sizeof *f->rmse);
    f->chosen = rise_scratch(f->ctx, n * sizeof *f->chosen);
    f->intercept = rise_scratch(f->ctx, n * sizeof *f->intercept);
    f->weight = rise_scratch(f->ctx, n * f->s.n_features * sizeof *f->weight);
    if (!f->part || !f->lambda || !f->rmse || !f->chosen || !f->intercept || !f->weight) {
        return rise_fail_nomem(err, "models");
    }
    for (size_t m = 0; status == RISE_OK && m < n; m++) {
        status = samples_parts(f->ctx, &f->s, m, f->part[m], err);
    }
    return status;
}

static double lambda_at(const fit *f, const ridge *r, size_t i) {
    if (rise_param_set(f->ctx, "lambda")) {
        return rise_param_real_at(f->ctx, "lambda", i);
    }
    return ridge_scale(r) * pow(10.0, (double)GRID_FIRST + (double)i / (double)GRID_STEPS);
}

/* Every lambda on validation; the weights of the best. */
static void choose(fit *f, size_t model, const ridge *r, const double *row) {
    const samples_part *validation = &f->part[model][SAMPLES_VALIDATION];
    size_t n_features = f->s.n_features, best = 0;
    double *lambda = f->lambda + model * f->n_lambdas, *rmse = f->rmse + model * f->n_lambdas;
    double *weight = f->weight + model * n_features, *intercept = &f->intercept[model];
    for (size_t i = 0; i < f->n_lambdas && !rise_cancelled(f->ctx); i++) {
        lambda[i] = lambda_at(f, r, i);
        ridge_solve(r, lambda[i], weight, intercept);
        ridge_predict(row, validation->n, n_features, weight, *intercept, validation->predicted);
        rmse[i] = statistics_rmse(validation->target, validation->predicted, validation->n);
        if (rmse[i] < rmse[best] || (rmse[i] <= rmse[best] && lambda[i] > lambda[best])) {
            best = i;
        }
    }
    f->chosen[model] = lambda[best];
    ridge_solve(r, lambda[best], weight, intercept);
}

static rise_status fit_on(fit *f, size_t model, double *const row[SAMPLES_PARTS], rise_error *err) {
    samples_part *part = f->part[model];
    bool standard = strcmp(rise_param_text(f->ctx, "scale"), "standard") == 0;
    ridge *r = NULL;
    rise_status status = ridge_new(row[SAMPLES_TRAIN], part[SAMPLES_TRAIN].target,
                                   part[SAMPLES_TRAIN].n, f->s.n_features, standard, &r, err);
    if (status != RISE_OK) {
        return status;
    }
    choose(f, model, r, row[SAMPLES_VALIDATION]);
    ridge_free(r);
    if (rise_cancelled(f->ctx)) {
        return rise_fail(err, RISE_E_INTERRUPTED, "interrupted");
    }
    for (size_t p = 0; p < SAMPLES_PARTS; p++) {
        ridge_predict(row[p], part[p].n, f->s.n_features, f->weight + model * f->s.n_features,
                      f->intercept[model], part[p].predicted);
    }
    return RISE_OK;
}

static rise_status fit_model(void *user, size_t model, rise_error *err) {
    fit *f = user;
    double *row[SAMPLES_PARTS] = {NULL};
    rise_status status = RISE_OK;
    for (size_t p = 0; status == RISE_OK && p < SAMPLES_PARTS; p++) {
        const samples_part *part = &f->part[model][p];
        row[p] = malloc((part->n * f->s.n_features + 1) * sizeof *row[p]);
        if (row[p]) {
            samples_rows_f64(&f->s, part->frame, part->n, row[p]);
        } else {
            status = rise_fail_nomem(err, "samples");
        }
    }
    status = status == RISE_OK ? fit_on(f, model, row, err) : status;
    for (size_t p = 0; p < SAMPLES_PARTS; p++) {
        free(row[p]);
    }
    return status;
}

/* ---- results ----------------------------------------------------------------------------------*/

static rise_status put_coefficients(fit *f, rise_error *err) {
    rise_dim dim = {.name = "feature", .size = f->s.n_features, .coords = f->s.coords};
    rise_value *value = NULL;
    void *data = NULL;
    rise_status status = rise_tensor_new(RISE_F64, 1, &dim, f->s.unit, &value, &data, err);
    if (status != RISE_OK) {
        return status;
    }
    samples_mean(f->weight, f->s.n_models, f->s.n_features, data);
    return rise_output(f->ctx, "coefficients", value, err);
}

static rise_status put_model(fit *f, rise_error *err) {
    rise_column column[] = {{.name = "fold", .dtype = RISE_I64},
                            {.name = "term", .dtype = RISE_TEXT},
                            {.name = "coefficient", .dtype = RISE_F64}};
    size_t per_model = f->s.n_features + 1;
    rise_value *table = NULL;
    strcpy(column[2].unit, f->s.unit);
    rise_status status = rise_table_new(column, 3, f->s.n_models * per_model, &table, err);
    for (size_t row = 0; status == RISE_OK && row < f->s.n_models * per_model; row++) {
        size_t model = row / per_model, term = row % per_model;
        char text[24] = "intercept";
        if (term > 0) {
            snprintf(text, sizeof text, "%zu", term - 1);
        }
        rise_table_i64(table, 0)[row] = (int64_t)model;
        rise_table_f64(table, 2)[row] =
            term > 0 ? f->weight[model * f->s.n_features + term - 1] : f->intercept[model];
        status = rise_table_set_text(table, 1, row, text, err);
    }
    if (status != RISE_OK) {
        rise_value_release(table);
        return status;
    }
    return rise_output(f->ctx, "model", table, err);
}

static rise_status put_path(fit *f, rise_error *err) {
    rise_column column[] = {{.name = "fold", .dtype = RISE_I64},
                            {.name = "lambda", .dtype = RISE_F64},
                            {.name = "rmse", .dtype = RISE_F64}};
    size_t n_rows = f->s.n_models * f->n_lambdas;
    rise_value *table = NULL;
    strcpy(column[2].unit, f->s.unit);
    rise_status status = rise_table_new(column, 3, n_rows, &table, err);
    if (status != RISE_OK) {
        return status;
    }
    for (size_t row = 0; row < n_rows; row++) {
        rise_table_i64(table, 0)[row] = (int64_t)(row / f->n_lambdas);
    }
    memcpy(rise_table_f64(table, 1), f->lambda, n_rows * sizeof *f->lambda);
    memcpy(rise_table_f64(table, 2), f->rmse, n_rows * sizeof *f->rmse);
    return rise_output(f->ctx, "path", table, err);
}

static rise_status ridge_whole(rise_ctx *ctx, rise_error *err) {
    const rise_column lambda = {.name = "lambda", .dtype = RISE_F64};
    fit f = {.ctx = ctx};
    rise_status status = prepare(&f, err);
    status = status == RISE_OK ? rise_parallel(ctx, f.s.n_models, fit_model, &f, err) : status;
    status = status == RISE_OK ? samples_put_predictions(ctx, &f.s, f.part, err) : status;
    if (status == RISE_OK) {
        double median = samples_median(f.chosen, f.s.n_models);
        status = samples_put_metrics(ctx, &f.s, f.part, &lambda, median, err);
    }
    status = status == RISE_OK ? put_coefficients(&f, err) : status;
    status = status == RISE_OK ? put_model(&f, err) : status;
    return status == RISE_OK ? put_path(&f, err) : status;
}

const rise_node_type rise_node_ridge = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "ridge",
    .brief = "energies as a linear function of feature vectors, the plain answer beside xgboost",
    .version = 1,
    .in = inputs,
    .out = outputs,
    .params = params,
    .fingerprint = lapack_version,
    .whole = ridge_whole,
};

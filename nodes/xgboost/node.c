/* xgboost: energies of whole samples from feature vectors. The glue: ports, parameters, the order
 * of work. Samples come from kit/samples, settings from tune.c, models from train.c, and results
 * are put in results.c; only handle.c, booster.c and booster_use.c know XGBoost. */
#include <rise/node.h>

#include "job.h"
#include "ranges.h"

#include "kit/lapack.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>

static const rise_port inputs[] = {SAMPLES_INPUTS, {0}};

static const rise_port outputs[] = {
    SAMPLES_PREDICTIONS,
    {.name = "metrics",
     .kinds = RISE_KINDS(RISE_TABLE),
     .mode = RISE_WHOLE,
     .help = "part, n, rmse, mae, r2, best_iteration (0-based round): one row per part; with folds "
             "pooled over the models, best_iteration their median"},
    {.name = "model",
     .kinds = RISE_KINDS(RISE_MODEL),
     .mode = RISE_WHOLE,
     .flags = RISE_PORT_ON_DEMAND,
     .help =
         "XGBoost's JSON, for `predict`; elsewhere the attribute rise.mean is to be added to its "
         "predictions. Not with folds"},
    {.name = "shap",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_WHOLE,
     .dtype = RISE_F32,
     .shape = "[sample, feature]",
     .flags = RISE_PORT_ON_DEMAND,
     .help = "TreeSHAP contributions of the training samples; coordinates: their frames. Not with "
             "folds"},
    {.name = "importance",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_WHOLE,
     .dtype = RISE_F64,
     .shape = "[feature]",
     .help = "mean contribution of each feature over the training samples; with folds the mean "
             "over the models"},
    {.name = "trials",
     .kinds = RISE_KINDS(RISE_TABLE),
     .mode = RISE_WHOLE,
     .help = "what tuning tried: trial, kind (random, guided), fold, the six settings, rmse of "
             "cross-validation, best so far, best_iteration (mean). No rows without `tune`"},
    {0}};

static const rise_param params[] = {
    {.name = "max_rounds",
     .type = RISE_P_INT,
     .def = "100000",
     .min = 1,
     .max = 10000000,
     .help = "most rounds of boosting"},
    {.name = "early_stopping",
     .type = RISE_P_INT,
     .def = "100",
     .min = 1,
     .max = 10000000,
     .help = "stop after so many rounds without a lower validation RMSE"},
    {.name = "importance",
     .type = RISE_P_CHOICE,
     .def = "absolute",
     .choices = "absolute|signed",
     .help = "mean of |phi| or of phi"},
    {.name = "seed",
     .type = RISE_P_INT,
     .def = "0",
     .min = 0,
     .max = 2147483647,
     .help = "of subsample and colsample_bytree, and of tuning"},
    {.name = "max_depth",
     .type = RISE_P_INT,
     .def = "6",
     .min = 1,
     .max = 64,
     .help = "deepest tree"},
    {.name = "eta",
     .type = RISE_P_REAL,
     .def = "0.05",
     .min = 0,
     .max = 1,
     .flags = RISE_PARAM_OPEN_MIN,
     .help = "learning rate"},
    {.name = "gamma",
     .type = RISE_P_REAL,
     .def = "0",
     .min = 0,
     .max = INFINITY,
     .flags = RISE_PARAM_OPEN_MAX,
     .help = "least loss reduction of a split (eV^2)"},
    {.name = "min_child_weight",
     .type = RISE_P_REAL,
     .def = "1",
     .min = 0,
     .max = INFINITY,
     .flags = RISE_PARAM_OPEN_MAX,
     .help = "fewest training samples in a leaf"},
    {.name = "subsample",
     .type = RISE_P_REAL,
     .def = "1",
     .min = 0,
     .max = 1,
     .flags = RISE_PARAM_OPEN_MIN,
     .help = "share of the training samples per round"},
    {.name = "colsample_bytree",
     .type = RISE_P_REAL,
     .def = "1",
     .min = 0,
     .max = 1,
     .flags = RISE_PARAM_OPEN_MIN,
     .help = "share of the features per round"},
    {.name = "max_bin",
     .type = RISE_P_INT,
     .def = "256",
     .min = 2,
     .max = 65536,
     .help = "bins per feature"},
    {.name = "lambda",
     .type = RISE_P_REAL,
     .def = "1",
     .min = 0,
     .max = INFINITY,
     .flags = RISE_PARAM_OPEN_MAX,
     .help = "L2 penalty on leaf weights"},
    {.name = "alpha",
     .type = RISE_P_REAL,
     .def = "0",
     .min = 0,
     .max = INFINITY,
     .flags = RISE_PARAM_OPEN_MAX,
     .help = "L1 penalty on leaf weights"},
    {.name = "tune",
     .type = RISE_P_BOOL,
     .def = "false",
     .help =
         "find max_depth, eta, gamma, min_child_weight, subsample and colsample_bytree by "
         "cross-validation on training samples, with folds on those of each fold. What is given "
         "for these six does not count then"},
    {.name = "trials",
     .type = RISE_P_INT,
     .def = "30",
     .min = 1,
     .max = 200,
     .help = "points tried in all. More of them later: only those are run"},
    {.name = "initial",
     .type = RISE_P_INT,
     .def = "10",
     .min = 1,
     .max = 200,
     .help = "random points before a Gaussian process (Matern 5/2, one length, shape of highest "
             "likelihood) guides by expected improvement (xi 1e-3)"},
    {.name = "folds",
     .type = RISE_P_INT,
     .def = "5",
     .min = 2,
     .max = 100,
     .help = "of cross-validation within the tuning samples"},
    {.name = "tune_share",
     .type = RISE_P_REAL,
     .def = "0.333333",
     .min = 0,
     .max = 1,
     .flags = RISE_PARAM_OPEN_MIN,
     .help = "share of the training samples that tuning uses, drawn by seed"},
    {.name = "tune_rounds",
     .type = RISE_P_INT,
     .def = "20000",
     .min = 1,
     .max = 10000000,
     .help = "most rounds of a trial, with the same early_stopping on the fold held out"},
    {.name = "ranges",
     .type = RISE_P_CHOICE,
     .def = "scaled",
     .choices = "scaled|published",
     .help = "published: max_depth 10..50, eta 0.001..0.05, gamma 1e-4..10, min_child_weight "
             "0..800, subsample and colsample_bytree 0.1..1, meant for 6000 training samples. "
             "scaled, with n samples to train a trial: max_depth 1..log2(n), 12 at most; eta "
             "0.005..0.3; gamma 1e-6..0.3 of the targets' variance; min_child_weight 0..n/4; "
             "subsample from 32/n, at least 0.1 and at most 0.5, to 1; colsample_bytree 0.1..1"},
    {.name = "bounds",
     .type = RISE_P_MAP,
     .flags = RISE_PARAM_OPTIONAL,
     .help = "ranges in place of these, as {max_depth: \"2..8\", gamma: \"0.001..1\"}"},
    {0}};

static booster_settings read_settings(rise_ctx *ctx) {
    return (booster_settings){
        .max_depth = rise_param_int(ctx, "max_depth"),
        .max_bin = rise_param_int(ctx, "max_bin"),
        .seed = rise_param_int(ctx, "seed"),
        .eta = rise_param_real(ctx, "eta"),
        .gamma = rise_param_real(ctx, "gamma"),
        .min_child_weight = rise_param_real(ctx, "min_child_weight"),
        .subsample = rise_param_real(ctx, "subsample"),
        .colsample_bytree = rise_param_real(ctx, "colsample_bytree"),
        .lambda = rise_param_real(ctx, "lambda"),
        .alpha = rise_param_real(ctx, "alpha"),
        .max_rounds = (size_t)rise_param_int(ctx, "max_rounds"),
        .early_stopping = (size_t)rise_param_int(ctx, "early_stopping"),
    };
}

static const struct {
    const char *port, *hint;
} of_one_model[] = {
    {"model", "with folds there is a model for each; train one on a split by ratio"},
    {"shap", "with folds `importance` is the mean over the models; or use a split by ratio"},
};

/* With folds there is no one model to give. */
static rise_status check_wanted(rise_ctx *ctx, const samples *s, rise_error *err) {
    for (size_t i = 0; s->folds && i < sizeof of_one_model / sizeof *of_one_model; i++) {
        if (rise_wanted(ctx, of_one_model[i].port)) {
            rise_fail(err, RISE_E_DATA, "output `%s`: split is %zu folds, one model was expected",
                      of_one_model[i].port, s->n_models);
            return rise_hint(err, "%s", of_one_model[i].hint);
        }
    }
    return RISE_OK;
}

static rise_status prepare(job *j, rise_error *err) {
    rise_status status = samples_read(j->ctx, &j->s, err);
    status = status == RISE_OK ? check_wanted(j->ctx, &j->s, err) : status;
    if (status != RISE_OK) {
        return status;
    }
    size_t n = j->s.n_models, n_features = j->s.n_features;
    j->part = rise_scratch(j->ctx, n * sizeof *j->part);
    j->settings = rise_scratch(j->ctx, n * sizeof *j->settings);
    j->best_iteration = rise_scratch(j->ctx, n * sizeof *j->best_iteration);
    if (rise_wanted(j->ctx, "importance")) {
        j->importance = rise_scratch(j->ctx, (n * n_features + 1) * sizeof *j->importance);
    }
    if (!j->part || !j->settings || !j->best_iteration ||
        (rise_wanted(j->ctx, "importance") && !j->importance)) {
        return rise_fail_nomem(err, "models");
    }
    for (size_t m = 0; status == RISE_OK && m < n; m++) {
        j->settings[m] = read_settings(j->ctx);
        status = samples_parts(j->ctx, &j->s, m, j->part[m], err);
    }
    return status;
}

static rise_status xgboost_whole(rise_ctx *ctx, rise_error *err) {
    job j = {.ctx = ctx};
    rise_status status = prepare(&j, err);
    status = status == RISE_OK ? job_tune(&j, err) : status;
    status = status == RISE_OK ? job_train(&j, err) : status;
    status = status == RISE_OK ? job_results(&j, err) : status;
    job_free(&j);
    return status;
}

static char numerics_text[128];
static pthread_once_t numerics_once = PTHREAD_ONCE_INIT;

static void write_numerics(void) {
    snprintf(numerics_text, sizeof numerics_text, "%s, %s", booster_version(), lapack_version());
}

static const char *numerics(void) {
    pthread_once(&numerics_once, write_numerics);
    return numerics_text;
}

const rise_node_type rise_node_xgboost = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "xgboost",
    .brief =
        "boosted trees from feature vectors to energies, tuned if wanted, with SHAP attribution",
    .version = 3,
    .in = inputs,
    .out = outputs,
    .params = params,
    .fingerprint = numerics,
    .check = ranges_check,
    .whole = xgboost_whole,
    .flags = RISE_NODE_SEES_MADE,
};

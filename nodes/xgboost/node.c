/* xgboost: energies of whole samples from feature vectors. The glue: ports, parameters, the order
 * of work. Samples are gathered in samples.c, results shaped in results.c; everything about XGBoost
 * is in booster.c. */
#include <rise/node.h>

#include "job.h"

#include <math.h>

static const rise_port inputs[] = {{.name = "input",
                                    .kinds = RISE_KINDS(RISE_TENSOR),
                                    .mode = RISE_WHOLE,
                                    .shape = "[frame, *]",
                                    .help = "features of each frame"},
                                   {.name = "target",
                                    .kinds = RISE_KINDS(RISE_TENSOR),
                                    .mode = RISE_WHOLE,
                                    .shape = "[frame]",
                                    .help = "what to predict: the energy of the whole frame (eV)"},
                                   {.name = "split",
                                    .kinds = RISE_KINDS(RISE_TENSOR),
                                    .mode = RISE_WHOLE,
                                    .dtype = RISE_I32,
                                    .shape = "[frame]",
                                    .help = "0 training, 1 validation, 2 test"},
                                   {0}};

static const rise_port outputs[] = {
    {.name = "predictions",
     .kinds = RISE_KINDS(RISE_TABLE),
     .mode = RISE_WHOLE,
     .help = "frame, part, target, predicted: one row per frame, in frame order"},
    {.name = "metrics",
     .kinds = RISE_KINDS(RISE_TABLE),
     .mode = RISE_WHOLE,
     .help = "part, n, rmse, mae, r2, best_iteration (0-based round): one row per part"},
    {.name = "model",
     .kinds = RISE_KINDS(RISE_MODEL),
     .mode = RISE_WHOLE,
     .help = "XGBoost's JSON; the attribute rise.mean is to be added to its predictions"},
    {.name = "shap",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_WHOLE,
     .dtype = RISE_F32,
     .shape = "[sample, feature]",
     .help = "TreeSHAP contributions of the training samples; coordinates: their frames"},
    {.name = "importance",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_WHOLE,
     .dtype = RISE_F64,
     .shape = "[feature]",
     .help = "mean contribution of each feature over the training samples"},
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
     .help = "of subsample and colsample_bytree"},
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

static bool poll_training(void *user, size_t done, double rmse, double best) {
    const job *j = user;
    if (done % 100 == 0) {
        rise_progress(j->ctx, (double)done, (double)j->max_rounds,
                      "round %zu: validation RMSE %.4g %s, best %.4g", done, rmse, j->unit, best);
    }
    return !rise_cancelled(j->ctx);
}

static rise_status xgboost_whole(rise_ctx *ctx, rise_error *err) {
    job j = {.ctx = ctx};
    rise_status status = job_prepare(&j, err);
    if (status != RISE_OK) {
        return status;
    }
    booster_settings settings = read_settings(ctx);
    j.max_rounds = settings.max_rounds;
    booster *b = NULL;
    status = booster_train(&settings, &j.part[JOB_TRAIN], &j.part[JOB_VALIDATION], poll_training,
                           &j, &b, err);
    if (status != RISE_OK) {
        return status;
    }
    if (booster_best_iteration(b) + 1 == settings.max_rounds) {
        rise_warn(ctx, "the best round is the last of max_rounds: more rounds may help");
    }
    status = job_results(&j, b, err);
    booster_free(b);
    return status;
}

const rise_node_type rise_node_xgboost = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "xgboost",
    .brief = "boosted trees from feature vectors to energies, with SHAP attribution",
    .version = 1,
    .in = inputs,
    .out = outputs,
    .params = params,
    .fingerprint = booster_version,
    .whole = xgboost_whole,
};

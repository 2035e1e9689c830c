/* predict: what a trained model says of new samples. The glue: which kind of model it is, whether
 * the samples were described as those it was trained on, one frame at a time. */
#include "predict.h"

#include "kit/made.h"
#include "vit/net.h"
#include "xgboost/booster.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const rise_port inputs[] = {
    {.name = "input",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_EACH,
     .shape = "[frame, *, ...]",
     .help = "features or voxels of each frame, made as those that the model was trained on"},
    {.name = "model",
     .kinds = RISE_KINDS(RISE_MODEL),
     .mode = RISE_WHOLE,
     .help = "of a node of type xgboost or vit, or of import"},
    {.name = "target",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_EACH,
     .shape = "[frame]",
     .flags = RISE_PORT_OPTIONAL,
     .help = "what would have been right, for `compared`"},
    {0}};

static const rise_port outputs[] = {
    {.name = "predictions",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_EACH,
     .dtype = RISE_F64,
     .shape = "[frame]",
     .help = "one number for each frame, in the unit of the model's target"},
    {.name = "compared",
     .kinds = RISE_KINDS(RISE_TABLE),
     .mode = RISE_EACH,
     .flags = RISE_PORT_ON_DEMAND,
     .help = "target, predicted: one row per frame, for plots of kind parity. Needs `target`"},
    {0}};

static const rise_param params[] = {{0}};

typedef struct state {
    const predictor_kind *kind;
    void *model;
    char unit[RISE_NAME_MAX];
} state;

static void close_predict(void *pointer) {
    state *s = pointer;
    if (s != NULL)
        s->kind->close(s->model);
    free(s);
}

static const predictor_kind *kind_of(const rise_blob *blob) {
    static const predictor_kind *const kinds[] = {&predict_trees, &predict_transformer};
    for (size_t i = 0; blob != NULL && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(blob->format, kinds[i]->format) == 0)
            return kinds[i];
    return NULL;
}

static rise_status open_predict(rise_ctx *ctx, void **out, rise_error *err) {
    const rise_blob *blob = rise_value_blob(rise_input(ctx, "model"));
    const predictor_kind *kind = kind_of(blob);
    const char *made = NULL, *unit = "";
    if (kind == NULL) {
        rise_fail(err, RISE_E_DATA, "model: cannot predict with a model of format %s",
                  blob != NULL ? blob->format : "none");
        return rise_hint(err, "models of the nodes xgboost and vit can be used");
    }
    state *s = calloc(1, sizeof *s);
    if (s == NULL)
        return rise_fail_nomem(err, "a model");
    s->kind = kind;
    rise_status status = kind->open(ctx, blob, &s->model, &made, &unit, err);
    snprintf(s->unit, sizeof s->unit, "%s", unit);
    if (status == RISE_OK)
        status = made_check(ctx, "input", "the model", made, err);
    if (status != RISE_OK) {
        close_predict(s);
        return status;
    }
    *out = s;
    return RISE_OK;
}

static rise_status put_prediction(rise_ctx *ctx, const state *s, double predicted,
                                  rise_error *err) {
    rise_value *value = NULL;
    void *data = NULL;
    rise_status status = rise_tensor_new(RISE_F64, 0, NULL, s->unit, &value, &data, err);
    if (status != RISE_OK)
        return status;
    *(double *)data = predicted;
    return rise_output(ctx, "predictions", value, err);
}

static rise_status put_compared(rise_ctx *ctx, const state *s, double predicted, rise_error *err) {
    if (!rise_wanted(ctx, "compared"))
        return RISE_OK;
    const rise_tensor *target = rise_value_tensor(rise_input(ctx, "target"));
    if (target == NULL) {
        rise_fail(err, RISE_E_GRAPH, "`compared` is read, but no target is connected");
        return rise_hint(err, "target: NODE, the label that the model predicts");
    }
    rise_column column[] = {{.name = "target", .dtype = RISE_F64},
                            {.name = "predicted", .dtype = RISE_F64}};
    for (size_t i = 0; i < 2; i++)
        snprintf(column[i].unit, sizeof column[i].unit, "%s", s->unit);
    rise_value *table = NULL;
    rise_status status = rise_table_new(column, 2, 1, &table, err);
    if (status != RISE_OK)
        return status;
    rise_table_f64(table, 0)[0] = rise_tensor_number(target, 0);
    rise_table_f64(table, 1)[0] = predicted;
    return rise_output(ctx, "compared", table, err);
}

static rise_status map_predict(rise_ctx *ctx, void *pointer, rise_error *err) {
    const state *s = pointer;
    const rise_tensor *row = rise_value_tensor(rise_input(ctx, "input"));
    double predicted = 0;
    if (row == NULL)
        return rise_fail(err, RISE_E_BUG, "predict: no row");
    rise_status status = s->kind->predict(ctx, s->model, row, &predicted, err);
    if (status != RISE_OK)
        return status;
    if (!isfinite(predicted))
        return rise_fail(err, RISE_E_FAILED, "the prediction is not finite");
    status = put_prediction(ctx, s, predicted, err);
    return status == RISE_OK ? put_compared(ctx, s, predicted, err) : status;
}

static char numerics_text[160];
static pthread_once_t numerics_once = PTHREAD_ONCE_INIT;

static void write_numerics(void) {
    snprintf(numerics_text, sizeof numerics_text, "%s, %s", booster_version(), vit_numerics());
}

static const char *numerics(void) {
    pthread_once(&numerics_once, write_numerics);
    return numerics_text;
}

const rise_node_type rise_node_predict = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "predict",
    .brief = "what a trained model says of new samples",
    .version = 1,
    .in = inputs,
    .out = outputs,
    .params = params,
    .fingerprint = numerics,
    .open = open_predict,
    .close = close_predict,
    .map = map_predict,
    .flags = RISE_NODE_SEES_MADE,
};

/* predict/trees.c: boosted trees of the node xgboost. */
#include "predict.h"

#include "xgboost/booster.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct trees {
    booster *booster;
    char *made;
    char unit[RISE_NAME_MAX];
} trees;

static void close_trees(void *model) {
    trees *p = model;
    if (p == NULL)
        return;
    booster_free(p->booster);
    free(p->made);
    free(p);
}

/* Attributes lie in memory that the next call takes. */
static rise_status read_notes(trees *p, rise_error *err) {
    const char *text = booster_noted(p->booster, BOOSTER_UNIT);
    snprintf(p->unit, sizeof p->unit, "%s", text != NULL ? text : "");
    text = booster_noted(p->booster, BOOSTER_MADE);
    size_t n = text != NULL ? strlen(text) + 1 : 1;
    p->made = calloc(n, 1);
    if (p->made == NULL)
        return rise_fail_nomem(err, "a model");
    if (text != NULL)
        memcpy(p->made, text, n);
    return RISE_OK;
}

static rise_status open_trees(rise_ctx *ctx, const rise_blob *blob, void **out, const char **made,
                              const char **unit, rise_error *err) {
    (void)ctx;
    trees *p = calloc(1, sizeof *p);
    if (p == NULL)
        return rise_fail_nomem(err, "a model");
    rise_status status = booster_load((const char *)blob->bytes, blob->size, &p->booster, err);
    if (status == RISE_OK)
        status = read_notes(p, err);
    if (status != RISE_OK) {
        close_trees(p);
        return status;
    }
    *out = p;
    *made = p->made;
    *unit = p->unit;
    return RISE_OK;
}

static rise_status predict_row(rise_ctx *ctx, void *model, const rise_tensor *row, double *out,
                               rise_error *err) {
    const trees *p = model;
    size_t n = rise_tensor_count(row);
    float *features = rise_scratch(ctx, (n + 1) * sizeof *features);
    if (features == NULL)
        return rise_fail_nomem(err, "features");
    for (size_t i = 0; i < n; i++) {
        features[i] = (float)rise_tensor_number(row, i);
        if (!isfinite(features[i]))
            return rise_fail(err, RISE_E_DATA, "input: feature %zu is not finite", i);
    }
    const booster_samples samples = {.n_samples = 1, .n_features = n, .features = features};
    return booster_predict(p->booster, &samples, out, err);
}

const predictor_kind predict_trees = {"xgboost-json", open_trees, close_trees, predict_row};

/* predict/predict.h: trained models, each kind behind the same three functions. */
#ifndef PREDICT_PREDICT_H
#define PREDICT_PREDICT_H

#include <rise/node.h>

/* What a kind of model does; the first that knows the format of a blob opens it. */
typedef struct predictor_kind {
    const char *format; /* of the blob */
    /* *made: how the rows it was trained on were made, NULL: it does not say; *unit: of what it
     * predicts. Both live as long as the model. */
    rise_status (*open)(rise_ctx *ctx, const rise_blob *blob, void **out, const char **made,
                        const char **unit, rise_error *err);
    void (*close)(void *model);
    /* One frame; may run on several threads at a time. */
    rise_status (*predict)(rise_ctx *ctx, void *model, const rise_tensor *row, double *out,
                           rise_error *err);
} predictor_kind;

extern const predictor_kind predict_trees;       /* of the node xgboost */
extern const predictor_kind predict_transformer; /* of the node vit */

#endif

/* kit/samples.h: what models of whole frames share: features, targets, and which frame is for what.
 *
 * The ports are `input` [frame, feature] (more dimensions, as voxels have, count as one), `target`
 * [frame] and `split` [frame] from a node of type split. Parts make one model: 0 trains, 1
 * validates, 2 tests. K folds (unit `fold`, K >= 3) make K models: for model k fold k is the test
 * set, fold (k + 1) mod K validates, the others train, so every frame is predicted once by a model
 * that never saw it. */
#ifndef KIT_SAMPLES_H
#define KIT_SAMPLES_H

#include <rise/node.h>

enum { SAMPLES_TRAIN, SAMPLES_VALIDATION, SAMPLES_TEST, SAMPLES_PARTS };

typedef struct samples {
    size_t n_frames, n_features;
    size_t n_models; /* 1, or the number of folds */
    bool folds;
    const rise_tensor *x; /* [frame, feature, ...] */
    const double *coords; /* [feature] of x, or NULL */
    const int32_t *split; /* [frame] */
    const double *target; /* [frame], finite */
    const char *unit;     /* of the target */
} samples;

/* Rows of the ports that these nodes have in common. */
#define SAMPLES_INPUTS                                                                             \
    {.name = "input",                                                                              \
     .kinds = RISE_KINDS(RISE_TENSOR),                                                             \
     .mode = RISE_WHOLE,                                                                           \
     .shape = "[frame, *, ...]",                                                                   \
     .help = "features of each frame; further dimensions count as more features"},                 \
        {.name = "target",                                                                         \
         .kinds = RISE_KINDS(RISE_TENSOR),                                                         \
         .mode = RISE_WHOLE,                                                                       \
         .shape = "[frame]",                                                                       \
         .help = "what to predict: the energy of the whole frame (eV)"},                           \
    {                                                                                              \
        .name = "split", .kinds = RISE_KINDS(RISE_TENSOR), .mode = RISE_WHOLE, .dtype = RISE_I32,  \
        .shape = "[frame]",                                                                        \
        .help = "0 training, 1 validation, 2 test; or folds: one model for each, and out-of-fold " \
                "predictions of every frame"                                                       \
    }
#define SAMPLES_PREDICTIONS                                                                        \
    {                                                                                              \
        .name = "predictions", .kinds = RISE_KINDS(RISE_TABLE), .mode = RISE_WHOLE,                \
        .help = "frame, part, target, predicted: one row per frame, in frame order; with folds "   \
                "out of fold, part test"                                                           \
    }

/* One part as one model sees it, in frame order. */
typedef struct samples_part {
    size_t n;
    size_t *frame;     /* [n] */
    double *target;    /* [n] */
    double *predicted; /* [n], for the caller to fill */
} samples_part;

/* "train", "validation", "test" */
const char *samples_part_name(size_t part);

/* Reads and checks the inputs: every number finite, no training or validation part empty. Memory is
 * scratch of the call. */
rise_status samples_read(rise_ctx *ctx, samples *s, rise_error *err) RISE_MUST_USE;
rise_status samples_parts(rise_ctx *ctx, const samples *s, size_t model,
                          samples_part part[SAMPLES_PARTS], rise_error *err) RISE_MUST_USE;

/* row (n, feature) of the frames named. */
void samples_rows_f32(const samples *s, const size_t *frame, size_t n, float *row);
void samples_rows_f64(const samples *s, const size_t *frame, size_t n, double *row);

/* ---- results (samples_results.c) --------------------------------------------------------------*/
/* part[model][SAMPLES_PARTS] with `predicted` filled. Table frame, part, target, predicted: one row
 * per frame; with folds each frame as its own model predicts it, all of them `test`. */
rise_status samples_put_predictions(rise_ctx *ctx, const samples *s,
                                    samples_part (*part)[SAMPLES_PARTS],
                                    rise_error *err) RISE_MUST_USE;
/* Table part, n, rmse, mae, r2 and one column more, the same in every row. With folds each part is
 * pooled over the models. Only name, unit and dtype (I64 or F64) of `more` are read. */
rise_status samples_put_metrics(rise_ctx *ctx, const samples *s,
                                samples_part (*part)[SAMPLES_PARTS], const rise_column *more,
                                double value, rise_error *err) RISE_MUST_USE;

/* Lower median of one number per model: with one model that number. Sorts `x`. */
double samples_median(double *x, size_t n);

/* mean[i] over the models of x (model, i). */
void samples_mean(const double *x, size_t n_models, size_t n, double *mean);

#endif

/* xgboost/job.h: inner header of the node `xgboost`: its models, their samples, their results. */
#ifndef RISE_XGBOOST_JOB_H
#define RISE_XGBOOST_JOB_H

#include "booster.h"

#include "kit/samples.h"

#include <stdatomic.h>

/* One model, or one for each fold. What each finds is kept by its number, so threads do not meet.
 */
typedef struct job {
    rise_ctx *ctx;
    samples s;
    samples_part (*part)[SAMPLES_PARTS]; /* [model] */
    booster_settings *settings;          /* [model] */
    double *best_iteration;              /* [model] */
    double *importance;                  /* (model, feature), NULL where nobody reads it */
    rise_value *shap, *model;            /* of the only model, where somebody reads them */
    atomic_size_t n_done;
} job;

/* Trains all models, each on its own samples, and asks each what the outputs need. job_free
 * releases what it made, also after a failure. */
rise_status job_train(job *j, rise_error *err) RISE_MUST_USE;
/* Puts every output that is wanted. */
rise_status job_results(job *j, rise_error *err) RISE_MUST_USE;
void job_free(job *j);

/* Finds the settings of each model by cross-validation on its training samples (tune.c) and puts
 * the output `trials`: an empty table where `tune` is false. */
rise_status job_tune(job *j, rise_error *err) RISE_MUST_USE;

#endif

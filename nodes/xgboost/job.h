/* xgboost/job.h: inner header of the node `xgboost`: one training, its samples, its results. */
#ifndef RISE_XGBOOST_JOB_H
#define RISE_XGBOOST_JOB_H

#include "booster.h"

#include <rise/node.h>

enum { JOB_TRAIN, JOB_VALIDATION, JOB_TEST, JOB_PARTS };

/* All frames, and the samples of each part gathered in frame order. */
typedef struct job {
    rise_ctx *ctx;
    size_t n_frames, n_features;
    const int32_t *split;            /* [frame] */
    const char *unit;                /* of the target */
    double *target;                  /* [frame] */
    booster_samples part[JOB_PARTS]; /* views into the arrays below */
    size_t *frame[JOB_PARTS];        /* [sample]: which frame it is */
    double *predicted[JOB_PARTS];    /* [sample] */
    size_t max_rounds;
} job;

/* "train", "validation", "test" */
const char *job_part_name(size_t part);

/* Reads and checks the inputs; memory is scratch of the call. */
rise_status job_prepare(job *j, rise_error *err) RISE_MUST_USE;

/* Puts every output that is wanted; fills j->predicted. */
rise_status job_results(job *j, const booster *b, rise_error *err) RISE_MUST_USE;

#endif

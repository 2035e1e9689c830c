/* xgboost/tune.h: inner header of tuning: tune.c chooses points, trials.c tries them. */
#ifndef RISE_XGBOOST_TUNE_H
#define RISE_XGBOOST_TUNE_H

#include "job.h"
#include "ranges.h"

typedef struct tune_trial {
    double point[RANGES], value[RANGES];
    booster_found *found;  /* [fold] */
    double rmse;           /* pooled over the folds */
    double best;           /* lowest so far, this one included */
    double best_iteration; /* mean over the folds */
} tune_trial;

/* The search for the settings of one model. */
typedef struct search {
    size_t n;       /* tuning samples */
    size_t *frame;  /* [n], shuffled: sample i is held out by fold i mod n_folds */
    double *target; /* [n] */
    ranges box;
    tune_trial *trial;
    size_t best;
} search;

typedef struct tuning {
    job *j;
    size_t n_trials, n_random, n_folds;
    uint64_t seed;
    rise_id input, target, split; /* what arrives, for the keys of sub-results */
    search *search;               /* [model] */
    size_t n_done, n_at_work;     /* trials */
    atomic_size_t n_folds_done;   /* of all trials */
} tuning;

/* How many samples fold f holds out. */
size_t tune_held(const tuning *t, const search *of, size_t fold);
void tune_identify(tuning *t);
/* Item of a loop over (trial at work, model, fold): trains, or reads what was found before. */
rise_status tune_fold(void *tuning, size_t item, rise_error *err);
rise_status tune_put_trials(tuning *t, rise_error *err) RISE_MUST_USE;

#endif

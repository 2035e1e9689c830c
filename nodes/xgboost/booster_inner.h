/* xgboost/booster_inner.h: one handle and one matrix of XGBoost, for the booster alone: handle.c,
 * booster.c and booster_use.c are the only files that talk to it. */
#ifndef RISE_XGBOOST_BOOSTER_INNER_H
#define RISE_XGBOOST_BOOSTER_INNER_H

#include "booster.h"
#include "xgb_calls.h"

struct booster {
    BoosterHandle handle;
    double mean;
    size_t best_iteration;
};

enum { BOOSTER_MARGIN = 1, BOOSTER_CONTRIBUTIONS = 2 };

/* What XGBoost says about its last failure, in one line. */
rise_status booster_failed(rise_error *err, const char *doing);
/* Samples first .. first+n-1, without targets. */
rise_status booster_matrix(const booster_samples *s, size_t first, size_t n, DMatrixHandle *out,
                           rise_error *err) RISE_MUST_USE;
rise_status booster_set_text(BoosterHandle h, const char *name, const char *value,
                             rise_error *err) RISE_MUST_USE;
/* `type`: what is asked for. *out [expected] belongs to the handle. */
rise_status booster_ask(BoosterHandle h, DMatrixHandle matrix, int type, size_t expected,
                        const float **out, rise_error *err) RISE_MUST_USE;

#endif

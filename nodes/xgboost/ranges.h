/* xgboost/ranges.h: the six settings that are tuned, and the box in which they are sought.
 *
 * A point is six numbers in [0, 1]. eta and gamma are spread by their logarithm; max_depth is a
 * whole number, and a point is moved to the one it is rounded to. */
#ifndef RISE_XGBOOST_RANGES_H
#define RISE_XGBOOST_RANGES_H

#include "booster.h"

#include <rise/node.h>

enum {
    RANGE_MAX_DEPTH,
    RANGE_ETA,
    RANGE_GAMMA,
    RANGE_MIN_CHILD_WEIGHT,
    RANGE_SUBSAMPLE,
    RANGE_COLSAMPLE,
    RANGES
};

typedef struct ranges {
    double low[RANGES], high[RANGES];
} ranges;

const char *ranges_name(size_t which);

/* Reads `ranges` and `bounds` of the node. n_samples: what a fold trains with; variance of its
 * targets. Scaled ranges depend on these two alone:
 *   max_depth         1 .. log2 n           a balanced tree of that depth has one sample a leaf
 *   eta               0.005 .. 0.3          thousands of rounds at most
 *   gamma             1e-6 .. 0.3 variance  published: 1e-4 .. 10 eV^2 at a variance of 32 eV^2
 *   min_child_weight  0 .. n/4              above n/2 no tree splits; published: n/2 of 1600
 *   subsample         32/n .. 1             from 0.1 to 0.5 at the low end
 *   colsample_bytree  0.1 .. 1 */
rise_status ranges_read(rise_ctx *ctx, size_t n_samples, double variance, ranges *out,
                        rise_error *err) RISE_MUST_USE;
/* At load: the entries of `bounds` alone. */
rise_status ranges_check(rise_ctx *ctx, rise_error *err) RISE_MUST_USE;

/* Moves the point to the one that is tried, and writes its values. */
void ranges_settle(const ranges *r, double point[RANGES], double value[RANGES]);
void ranges_apply(const double value[RANGES], booster_settings *settings);

#endif

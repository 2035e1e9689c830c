/* rise/verdict.h: two radii from two learning curves, and whether they agree.
 *
 * A curve holds squared test errors at ascending lengths, for one or more seeds (of the clustering,
 * of the network), on the same samples in the same order. Its RMSE at a length is the root of the
 * mean over seeds and samples.
 *
 *   r1 = argmin over r_cut of the RMSE (the shorter on a tie);
 *   r2 = (3/4pi)^(1/3) l of the smallest l whose RMSE is within one standard error of the best l's.
 *
 * Resampling is paired: each resample draws seeds, then samples, the same for every length of both
 * curves. SE is the standard deviation of the best l's RMSE over the resamples, then held fixed.
 * The 95 % intervals are percentiles over resamples, always tested lengths (no interpolation).
 *
 * Undecided are too few samples, an interval that touches an end of the tested lengths or spans
 * more than VERDICT_MAX_STEPS, and a model whose best RMSE + SE reaches the spread of the targets:
 * it predicts no better than their mean. */
#ifndef RISE_VERDICT_H
#define RISE_VERDICT_H

#include <rise/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VERDICT_MIN_SAMPLES 50 /* fewer test samples decide nothing */
#define VERDICT_MAX_STEPS 2    /* a wider interval (grid steps) decides nothing */

typedef struct verdict_curve {
    size_t n_lengths, n_seeds;
    const double *length; /* [length], ascending, Å: r_cut, or the side l of a block */
    const double *square; /* (length, seed, sample), squared errors, eV^2 */
    double spread;        /* standard deviation of the targets, eV; 0: not known */
} verdict_curve;

typedef struct verdict_settings {
    size_t resamples; /* >= 40 */
    uint64_t seed;
    bool by_percent; /* r2 within `percent` of the best RMSE instead of one standard error */
    double percent;
} verdict_settings;

/* Places are indices of the curve's lengths. */
typedef struct verdict_radius {
    size_t at, low_at, high_at; /* the radius and its 95 % interval */
    size_t best_at;             /* lowest RMSE; `at` itself for r1 */
    double se;                  /* standard error of the RMSE at best_at, eV */
    double *rmse;               /* [length], eV, on all samples and seeds; owned */
} verdict_radius;

typedef enum verdict_word { VERDICT_AGREE, VERDICT_DISAGREE, VERDICT_UNDECIDED } verdict_word;

typedef struct verdict {
    verdict_radius r1, r2;
    verdict_word word;
    char reason[640]; /* why, one or more clauses */
} verdict;

/* False stops with RISE_E_INTERRUPTED. */
typedef bool (*verdict_poll)(void *user, size_t done, size_t total);

double verdict_sphere(double side); /* radius of the sphere with the volume of the cube */
const char *verdict_name(verdict_word word);

rise_status verdict_find(const verdict_curve *reductionist, const verdict_curve *emergentist,
                         size_t n_samples, const verdict_settings *settings, verdict_poll poll,
                         void *user, verdict *out, rise_error *err) RISE_MUST_USE;
void verdict_free(verdict *v); /* a zeroed one is fine */

#endif

/* correlation-map/correlation.h: how far apart are the most important regions of different models?
 *
 *     D(i,j) = mean over samples of |r_i - r_j|_PBC / (half the longest body diagonal of the box)
 *
 * The difference is wrapped in fractional coordinates on the periodic axes, then made Cartesian; in
 * a cube of side L this is the published |r_i - r_j|_PBC / (L sqrt(3)/2). D is symmetric with a
 * zero diagonal, pure numbers. Its error is the standard deviation of the mean over bootstrap
 * resamples of the samples. */
#ifndef RISE_CORRELATION_H
#define RISE_CORRELATION_H

#include <rise/error.h>
#include <rise/value.h>

/* Half the longest of the four body diagonals |a +- b +- c|, Å. */
double correlation_half_diagonal(const rise_cell *cell);

/* |from - to| under periodic boundaries, Å. RISE_E_DATA for a cell without volume. */
rise_status correlation_distance(const rise_cell *cell, const double from[3], const double to[3],
                                 double *distance, rise_error *err) RISE_MUST_USE;

/* Distances over half the longest diagonal, once for each pair i < j of models in the order (0,1),
 * (0,2), ..., (1,2), ... and each sample: region (model, sample, xyz) in Å, cell[sample], distance
 * (pair, sample). */
rise_status correlation_distances(const double *region, const rise_cell *cell, size_t n_models,
                                  size_t n_samples, double *distance,
                                  rise_error *err) RISE_MUST_USE;

static inline size_t correlation_pairs(size_t n_models) {
    return n_models < 2 ? 0 : n_models * (n_models - 1) / 2;
}

/* The means: map (model, model); n_samples >= 1. */
void correlation_map(const double *distance, size_t n_models, size_t n_samples, double *map);

/* Numbers of the pairs as a symmetric matrix with a zero diagonal. */
void correlation_spread(const double *pair, size_t n_models, double *matrix);

/* Means of all pairs over one resample of the samples, `item[n_samples]`. */
void correlation_resampled(const double *distance, size_t n_pairs, size_t n_samples,
                           const size_t *item, double *mean);

/* Standard deviation (n - 1) of each pair over its resampled means (resample, pair); exactly 0
 * where they are all the same number. n_resamples >= 2. */
void correlation_deviation(const double *mean, size_t n_pairs, size_t n_resamples, double *error);

#endif

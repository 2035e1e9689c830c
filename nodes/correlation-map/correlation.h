/* correlation-map/correlation.h: how far apart are the most important regions of different models?
 *
 *     D(i,j) = mean over samples of |r_i - r_j|_PBC / (half the longest body diagonal of the box)
 *
 *. The difference is wrapped in fractional coordinates on the periodic
 * axes, then made Cartesian; in a cube of side L this is the published |r_i - r_j|_PBC / (L
 * sqrt(3)/2). D is symmetric with a zero diagonal, pure numbers. */
#ifndef RISE_CORRELATION_H
#define RISE_CORRELATION_H

#include <rise/error.h>
#include <rise/value.h>

/* Half the longest of the four body diagonals |a +- b +- c|, Å. */
double correlation_half_diagonal(const rise_cell *cell);

/* |from - to| under periodic boundaries, Å. RISE_E_DATA for a cell without volume. */
rise_status correlation_distance(const rise_cell *cell, const double from[3], const double to[3],
                                 double *distance, rise_error *err) RISE_MUST_USE;

/* region (model, sample, xyz) in Å, cell[sample], map (model, model); n_samples >= 1. */
rise_status correlation_map(const double *region, const rise_cell *cell, size_t n_models,
                            size_t n_samples, double *map, rise_error *err) RISE_MUST_USE;

#endif

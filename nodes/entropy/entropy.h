/* nodes/entropy/entropy.h: the pair entropy of each atom, on plain pointers.
 *
 * S2 = -2 pi rho * integral_0^rm [g ln g - g + 1] r^2 dr in units of k_B, with the distribution
 * around one atom smeared by Gaussians (Nettleton and Green 1958; Piaggi and Parrinello 2017),
 *   g(r) = sum_j exp(-(r - r_j)^2 / 2 sigma^2) / (4 pi rho r^2 sqrt(2 pi) sigma).
 * The discrete sum is that of LAMMPS' compute entropy/atom and defines the result: points r_k =
 * k sigma up to r_max, each neighbour with r < r_max adds to the points within 3 of
 * floor(r / sigma), the integrand is r^2 where g < 1e-10 and 0 at k = 0, trapezoids. */
#ifndef ENTROPY_H
#define ENTROPY_H

#include "kit/cells.h"

typedef struct entropy_settings {
    double sigma, r_max; /* Å; r_max >= sigma > 0 */
    double density;      /* 1/Å^3; 0: of each atom, its neighbours over the sphere of r_max */
} entropy_settings;

#define ENTROPY_POINTS_MAX 1000000.0

/* Doubles that `entropy_atoms` works in. r_max / sigma < ENTROPY_POINTS_MAX. */
size_t entropy_work_size(const entropy_settings *settings);

/* s2[i - first] of the atoms first..last-1; `grid` was made with the cutoff r_max, `work` holds
 * entropy_work_size numbers. An atom without neighbours has the limit of vanishing density, 0, or
 * with a given density that of an empty sphere. */
rise_status entropy_atoms(const cells_grid *grid, const entropy_settings *settings, size_t first,
                          size_t last, double *work, double *s2, rise_error *err) RISE_MUST_USE;

#endif

/* nodes/rdf/pairs.h: distances between atoms, counted by pair of species, and what they mean as a
 * radial distribution. On plain pointers.
 *
 *   g_ab(r) = V / (N_a N_b) * (pairs of an a and a b with r in the bin) / (volume of the shell),
 * all images counted and an atom's own among them, so that g -> 1 far away in any cell. Pair 0 is
 * that of all atoms; then come a-a, a-b, ..., b-b, ... in the order of the species. */
#ifndef PAIRS_H
#define PAIRS_H

#include "kit/cells.h"

typedef struct pairs_grid {
    double r_max; /* Å */
    size_t n_bins, n_species;
} pairs_grid;

size_t pairs_number(const pairs_grid *grid);                  /* of rows: 1 + s (s + 1) / 2 */
size_t pairs_row(const pairs_grid *grid, size_t a, size_t b); /* in any order of a and b */

/* Adds the neighbours of the atoms first..last-1 to count[row][bin], ordered pairs: each pair of
 * atoms is found from both ends. `kind` [atom] is the species' place, `cells` has the cutoff r_max.
 */
rise_status pairs_count(const pairs_grid *grid, const cells_grid *cells, const uint8_t *kind,
                        size_t first, size_t last, int64_t *count, rise_error *err) RISE_MUST_USE;

/* g[row][bin] of one frame; n[s] atoms of each species in `volume`. Rows of species that the frame
 * lacks are zero, and pairs_present is false for them. */
void pairs_distribution(const pairs_grid *grid, const size_t *n, double volume,
                        const int64_t *count, double *g);
bool pairs_present(const size_t *n, size_t a, size_t b);

#endif

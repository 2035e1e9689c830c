/* kit/cells.h: neighbours within a cutoff, in any cell.
 *
 * A linked-cell grid over one frame: linear cost in the number of atoms. Any triclinic cell,
 * periodic or not along each axis, smaller than the cutoff or not: all images are found, an atom's
 * own among them. Vectors of axes that are not periodic are not looked at (they may be zero), and
 * atoms may lie outside the cell.
 *
 * Lengths in the unit of the positions (Å). A grid is read-only once built and may be shared by
 * threads; each thread has its own list. */
#ifndef RISE_KIT_CELLS_H
#define RISE_KIT_CELLS_H

#include <rise/value.h>

typedef struct cells_grid cells_grid;

/* Neighbours of one atom, in an order that depends on the frame and the cutoff alone. Begin with
 * `cells_list list = {0}`; it grows as needed and is reused from atom to atom. */
typedef struct cells_list {
    size_t n;
    size_t capacity;
    size_t *atom;      /* [n] which atom this is, or is an image of */
    double *x, *y, *z; /* [n] vector from the centre, Å */
    double *r2;        /* [n] squared distance, Å^2; <= cutoff^2 */
} cells_list;

/* RISE_E_DATA: cell without volume or too thin for the cutoff, a position that is not finite.
 * RISE_E_NOMEM. The frame's arrays are not kept. */
rise_status cells_new(const rise_cell *cell, const double (*positions)[3], size_t n_atoms,
                      double cutoff, cells_grid **out, rise_error *err) RISE_MUST_USE;
void cells_free(cells_grid *grid); /* NULL is fine */

/* All atoms and images with r <= cutoff around `atom`. The atom itself is among them, at r2 == 0
 * (its index tells it from an atom at the same place). RISE_E_NOMEM. */
rise_status cells_around(const cells_grid *grid, size_t atom, cells_list *list,
                         rise_error *err) RISE_MUST_USE;
void cells_list_free(cells_list *list);

#endif

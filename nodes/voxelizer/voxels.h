/* voxelizer/voxels.h: atoms into a grid of cells, on plain arrays. */
#ifndef VOXELIZER_VOXELS_H
#define VOXELIZER_VOXELS_H

#include <rise/value.h>

typedef struct voxels_result {
    size_t shared;  /* voxels (of one channel) with more than one atom */
    size_t fullest; /* most atoms in one voxel of one channel */
} voxels_result;

/* Cell of a fractional coordinate on a periodic axis: floor(n f) mod n for f wrapped into [0, 1),
 * where f may round up to 1. */
size_t voxels_index(double f, size_t n);

/* at[atom]: its voxel in (channel, n, n, n). Errors as below, except for the last. */
rise_status voxels_places(const rise_frame *frame, const uint8_t *species, size_t n_species,
                          size_t n, size_t *at, rise_error *err) RISE_MUST_USE;

/* grid (channel, n, n, n), zeroed, along a, b, c; channels in the order of `species` (atomic
 * numbers). Counts atoms, or marks cells with 1 if `binary`. RISE_E_DATA: a cell without volume,
 * a position that is not finite or lies outside along an axis that is not periodic, another
 * species, more than 255 atoms in a cell. */
rise_status voxels_fill(const rise_frame *frame, const uint8_t *species, size_t n_species, size_t n,
                        bool binary, uint8_t *grid, voxels_result *result,
                        rise_error *err) RISE_MUST_USE;

#endif

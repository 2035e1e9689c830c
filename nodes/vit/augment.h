/* vit/augment.h: training samples moved by what leaves an energy as it is.
 *
 * A sample is voxels over a box. Moving it by whole voxels along a periodic axis, and exchanging or
 * turning round the axes of a box that looks the same afterwards, gives another sample with the
 * same energy. A symmetry is a signed permutation of the axes, one of 48; the box with the metric
 * tensor G (G_ij = a_i . a_j) allows those with P^T G P = G: all of a cube, 8 of a cuboid with
 * three different sides, 2 of any cell.
 *
 * On voxels a turn is i -> n-1-i: exact, but for an atom that lies on the face between two. Which
 * move a sample makes is a pure function of (seed, epoch, sample). */
#ifndef VIT_AUGMENT_H
#define VIT_AUGMENT_H

#include "train.h"

enum { VIT_SYMMETRIES = 48 };

/* What the samples allow. */
typedef struct vit_augment {
    size_t channels, grid[3];
    size_t shifts[3];                 /* how many along an axis: all its voxels, or 1 */
    uint8_t symmetry[VIT_SYMMETRIES]; /* ascending; 0, which moves nothing, is always the first */
    size_t n_symmetries;
} vit_augment;

/* Axis d of what comes out is axis[d] of what went in, moved on by `shift[d]` voxels and then, if
 * flip[d], turned round: out[i0, i1, i2] is in[s] with s[axis[d]] = t or n-1-t for
 * t = (i_d + shift[d]) mod n. */
typedef struct vit_move {
    uint8_t axis[3];
    bool flip[3];
    size_t shift[3];
} vit_move;

vit_move vit_symmetry(size_t number); /* 0 .. 47, without a shift */

/* `shifts` and `symmetries`: what is wanted; `cell[f]` for the n frames in `frame`, NULL where
 * there are no boxes: the grid then counts as a periodic cuboid of cubic voxels. */
void vit_augment_allow(vit_augment *a, size_t channels, const size_t grid[3], const rise_cell *cell,
                       const size_t *frame, size_t n, bool shifts, bool symmetries);

/* Uniform over all that is allowed. */
vit_move vit_augment_draw(const vit_augment *a, uint64_t seed, uint32_t epoch, uint32_t sample);

/* The sample, moved, as vit_samples_copy would give it. */
void vit_augment_copy(const vit_augment *a, const vit_move *move, const vit_samples *samples,
                      size_t frame, float *voxels);

#endif

/* ig/ig.h: integrated gradients, and what they say of blocks and of atoms, on plain arrays.
 *
 * IG_v = (x_v - x0_v) * integral_0^1 df/dx_v (x0 + a (x - x0)) da, the baseline x0 being the empty
 * box; f is the output in the unit of the target. With method `gradient` a single step at a = 1:
 * input times gradient. */
#ifndef IG_IG_H
#define IG_IG_H

#include "vit/train.h"

typedef enum ig_method { IG_GAUSS, IG_MIDPOINT, IG_LEFT, IG_RIGHT, IG_GRADIENT } ig_method;

/* Nodes in [0, 1] and weights that sum to 1; n >= 1 (n = 1 for IG_GRADIENT). */
void ig_rule(ig_method method, size_t n, double *node, double *weight);

enum { IG_MAX_TASKS = 16 }; /* sums of gradients kept side by side */

struct vit_pool;

typedef struct ig_plan {
    const vit_net *net;
    const vit_weights *weights;
    struct vit_pool *pool; /* for training, with d_voxels; vit_group_size samples a place */
    double scale;          /* f = low + scale y */
    size_t n_steps;
    const double *node, *weight; /* (n_steps) */
} ig_plan;

typedef struct ig_result {
    double value, baseline; /* f(x), f(0), less the constant `low` */
    double sum;             /* of IG over all voxels; delta = sum - (value - baseline) */
} ig_result;

/* voxels (C, X, Y, Z) -> attribution of the same shape. */
rise_status ig_attribute(const ig_plan *plan, const vit_host *host, const float *voxels,
                         float *attribution, ig_result *result, rise_error *err) RISE_MUST_USE;

/* regions.c ---- block (n_blocks): sums of |IG| (or of IG) over the voxels and channels of each
 * block, in the order of the network; blocks that wrap share voxels with others. */
void ig_blocks(const vit_net *net, const float *attribution, bool absolute, double *block);
/* The block with the largest sum, the first of equals; its centre as fractions of the cell, within
 * [0, 1). */
void ig_region(const vit_net *net, const double *block, double centre[3]);

/* atoms.c ---- attribution of a voxel in equal shares to its atoms, so that the sum over the atoms
 * is that over the voxels. `voxels` and `attribution` (channel, n, n, n) are those of `frame`, with
 * the channels `species`. RISE_E_DATA where the voxels are not those of the frame. */
rise_status ig_atoms(const rise_frame *frame, const uint8_t *species, size_t n_species, size_t n,
                     const float *voxels, const float *attribution, double *atom,
                     rise_error *err) RISE_MUST_USE;

#endif

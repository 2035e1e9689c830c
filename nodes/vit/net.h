/* vit/net.h: the block-wise vision transformer on plain pointers.
 *
 * A voxel grid (C, X, Y, Z) is cut into patches of p^3 voxels, each embedded into E numbers, and
 * led by a CLS token. Cubic blocks of r^3 patches are visited in order (i outermost, then j, k, in
 * steps of r, wrapping round the far side); each visit runs all encoder layers on [CLS + patches]
 * and writes every token back before the next, so that CLS walks through the blocks. Layers are
 * post-norm, with ReLU; y = head(LN(CLS)). (Shapes: S samples, N patches, T = r^3 + 1 tokens of a
 * block, H heads of D = E/H.)
 *
 * Where r divides every side of the token grid each patch is met once, and two savings are exact:
 * of the last layer only the CLS row is computed, and the embedding and the first layer's
 * projections of patches are one product over many blocks. Otherwise (`wraps`) a patch met again
 * depends on CLS, and blocks are computed in full.
 *
 * Gradients are exact. Results depend on the shape, the parameters and the samples, not on which
 * samples share a call beyond the last bits, and never on threads: a call runs on its own thread
 * with its own workspace. */
#ifndef VIT_NET_H
#define VIT_NET_H

#include <rise/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct vit_shape {
    size_t channels;
    size_t grid[3]; /* voxels along a, b, c; multiples of `patch` */
    size_t patch;   /* voxels */
    size_t embedding;
    size_t heads; /* divides `embedding` */
    size_t layers;
    size_t block; /* r: side of a block in patches; 1 .. the shortest side of the token grid */
} vit_shape;

/* Where the parameters lie in one flat array. `layer` is the first layer; the others follow at
 * distances of `layer_size`. */
typedef struct vit_offsets {
    size_t cls, position, conv_w, conv_b;
    struct {
        size_t ln1_w, ln1_b, in_w, in_b, out_w, out_b, ln2_w, ln2_b, ff0_w, ff0_b, ff2_w, ff2_b;
    } layer;
    size_t layer_size;
    size_t norm_w, norm_b, head_w, head_b;
} vit_offsets;

/* Everything that follows from a shape; read-only once made. */
typedef struct vit_net {
    vit_shape shape;
    size_t tokens[3];    /* token grid */
    size_t n_patches;    /* N */
    size_t patch_in;     /* C p^3 */
    size_t blocks[3];    /* ceil(tokens / r) */
    size_t n_blocks;     /* product */
    size_t block_tokens; /* T = r^3 + 1 */
    bool wraps;          /* some patches are met more than once */
    size_t head_size;    /* D */
    size_t hidden;       /* 4E */
    size_t n_params;
    vit_offsets at;
} vit_net;

/* RISE_E_DATA with what does not fit. */
rise_status vit_net_init(vit_net *net, const vit_shape *shape, rise_error *err) RISE_MUST_USE;

/* The tensors in flat order, by the names of their safetensors files. */
typedef struct vit_tensor {
    char name[64];
    size_t rank;
    size_t shape[5];
    size_t offset, count; /* in the flat array */
} vit_tensor;
size_t vit_tensor_count(const vit_net *net);
void vit_tensor_at(const vit_net *net, size_t i, vit_tensor *tensor);

/* Fresh parameters (n_params): weights, position and CLS normal 0.02; biases 0; in_proj Xavier
 * uniform; convolution uniform within 1/sqrt(8C) (1/sqrt(C p^3) in general); norms 1 and 0. */
void vit_params_init(const vit_net *net, uint64_t seed, float *params);

/* Parameters plus the transposed weight matrices that the products want. */
typedef struct vit_weights {
    const float *p; /* (n_params), borrowed */
    float *t;       /* (n_params), matrices transposed at their own offsets; the caller's memory */
} vit_weights;
void vit_weights_set(const vit_net *net, const float *params, float *transposed,
                     vit_weights *weights);

/* Dropout: an element is dropped by a pure function of (seed, epoch, sample, block, site,
 * element); what remains is scaled so that the mean stays. */
typedef struct vit_dropout {
    double rate; /* 0 <= rate < 1 */
    uint64_t seed;
    uint32_t epoch;
    const uint32_t *sample; /* (S) who the samples of this call are */
} vit_dropout;

/* Memory for calls of at most `n_samples` samples. `train`: backward is wanted. Activations are
 * kept between the passes if they are few, else recomputed in stretches of blocks; which of the
 * two follows from the shape alone. */
typedef struct vit_work vit_work;
enum { VIT_GROUP_MAX = 16 };
size_t vit_group_size(const vit_net *net); /* samples per call that work well; 1, 2, 4, 8 or 16 */
rise_status vit_work_new(const vit_net *net, size_t n_samples, bool train, vit_work **out,
                         rise_error *err) RISE_MUST_USE;
void vit_work_free(vit_work *work); /* NULL is fine */
/* What vit_work_new takes. */
size_t vit_work_bytes(const vit_net *net, size_t n_samples, bool train);
/* Asked between pieces of work of a few milliseconds; true makes the call return
 * RISE_E_INTERRUPTED. */
void vit_work_on_stop(vit_work *work, bool (*stop)(void *user), void *user);

/* voxels (S, C, X, Y, Z) -> y (S). `dropout` NULL: off. */
rise_status vit_forward(const vit_net *net, const vit_weights *weights, vit_work *work,
                        const float *voxels, size_t n_samples, const vit_dropout *dropout, float *y,
                        rise_error *err) RISE_MUST_USE;
/* After vit_forward with the same arguments and a workspace for training. dy (S) is the gradient
 * of the loss with respect to y. `d_params` (n_params): the gradient is added; NULL: not wanted.
 * `d_voxels` (S, C, X, Y, Z): overwritten; NULL: not wanted. */
rise_status vit_backward(const vit_net *net, const vit_weights *weights, vit_work *work,
                         const float *voxels, size_t n_samples, const vit_dropout *dropout,
                         const float *dy, float *d_params, float *d_voxels,
                         rise_error *err) RISE_MUST_USE;

#endif

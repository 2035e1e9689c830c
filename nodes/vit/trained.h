/* vit/trained.h: a trained network out of its file, ready to be used by any number of threads. */
#ifndef VIT_TRAINED_H
#define VIT_TRAINED_H

#include "model.h"

typedef struct vit_trained {
    safetensors *file;
    vit_model_info info;
    vit_net net;
    float *params, *transposed;
    vit_weights weights;
} vit_trained;

/* `blob` must outlive it. RISE_E_DATA: no safetensors of a vit, or one whose metadata do not tell
 * all. On failure too vit_trained_close gives back what was taken. */
rise_status vit_trained_open(const rise_blob *blob, vit_trained *m, rise_error *err) RISE_MUST_USE;
void vit_trained_close(vit_trained *m);
/* Voxels (C, X, Y, Z) of one frame as floats; a frame dimension of one is fine. RISE_E_DATA: they
 * have another shape than those that the network takes. */
rise_status vit_trained_voxels(const vit_trained *m, const rise_tensor *x, float *voxels,
                               rise_error *err) RISE_MUST_USE;

#endif

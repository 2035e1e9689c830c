/* vit/model.h: parameters to and from safetensors. */
#ifndef VIT_MODEL_H
#define VIT_MODEL_H

#include "kit/safetensors.h"
#include "net.h"

/* Every tensor of the network must be there with its shape, as F32 or F64, and no others:
 * RISE_E_DATA names the tensor and both shapes. */
rise_status vit_params_load(const vit_net *net, const safetensors *file, float *params,
                            rise_error *err) RISE_MUST_USE;
/* What the tensors alone tell of a shape: channels, patch, embedding, layers. Grid, heads and
 * block stay untouched. */
rise_status vit_shape_guess(const safetensors *file, vit_shape *shape,
                            rise_error *err) RISE_MUST_USE;
/* `*bytes` is malloc'ed and the caller's. */
rise_status vit_params_save(const vit_net *net, const float *params,
                            const safetensors_pair *metadata, size_t n_metadata, void **bytes,
                            size_t *size, rise_error *err) RISE_MUST_USE;

/* The metadata of a model file, what is needed to use it again. Numbers stand as decimal text that
 * reads back to the same bits. A file without them (weights from elsewhere) is fine: `complete`
 * is false and every field has its default. */
typedef struct vit_model_info {
    bool complete;
    vit_shape shape;
    double target_min, target_max; /* y = 0 and y = 1 stand for these; 0 and 1 if unknown */
    double target_std;             /* spread of the training targets; 0 if unknown */
    bool scaled;                   /* target_min and target_max were given */
    double length;                 /* side of a block: Å, or voxels where there is no cell */
    char length_unit[16];
    char target_unit[RISE_NAME_MAX];
} vit_model_info;

rise_status vit_model_info_read(const safetensors *file, vit_model_info *info,
                                rise_error *err) RISE_MUST_USE;

#define VIT_KEY_MADE "made" /* how its voxels were made from frames, as rise_made tells it */
/* The parts of the frames that a model was trained with, kept under these keys. */
#define VIT_KEY_TRAIN "train_frames"
#define VIT_KEY_VALIDATION "validation_frames"
#define VIT_KEY_TEST "test_frames"
/* Sorted ids, malloc'ed and the caller's; none (and NULL) where the file has no such key. */
rise_status vit_frames_read(const safetensors *file, const char *key, rise_id **ids, size_t *n,
                            rise_error *err) RISE_MUST_USE;
bool vit_frames_have(const rise_id *ids, size_t n, const rise_id *id);
/* The ids of the frames with part[f] == which, as they stand in a file; malloc'ed, or NULL. */
char *vit_frames_text(const rise_id *ids, const uint8_t *part, uint8_t which, size_t n);

#endif

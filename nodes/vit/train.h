/* vit/train.h: training and prediction over many samples, on plain arrays.
 *
 * A batch is cut into groups of a size that the shape alone decides; each task adds up the gradient
 * of its groups in an array of its own, and the arrays are added in a fixed tree. So neither the
 * weights nor the curve depend on the number of threads. */
#ifndef VIT_TRAIN_H
#define VIT_TRAIN_H

#include "net.h"

#include <rise/node.h>

/* What the host lends: threads, memory, and the wish to stop. */
typedef struct vit_host {
    void *user;
    rise_status (*parallel)(void *user, size_t n, rise_parallel_fn fn, void *arg, rise_error *err);
    bool (*cancelled)(void *user);
    size_t memory; /* bytes for workspaces; changes no result */
} vit_host;

/* Voxels of all frames (F, C, X, Y, Z), as they came. */
typedef struct vit_samples {
    const void *voxels;
    rise_dtype dtype; /* RISE_U8, RISE_F32 or RISE_F64 */
    size_t volume;    /* C X Y Z */
} vit_samples;
void vit_samples_copy(const vit_samples *samples, size_t frame, float *voxels);

typedef enum vit_schedule { VIT_STEP, VIT_COSINE, VIT_CONSTANT } vit_schedule;

typedef struct vit_settings {
    size_t epochs; /* all in all: the cosine ends there */
    size_t batch;
    double rate;
    vit_schedule schedule;
    size_t step_size;
    double gamma;
    double dropout;
    bool shuffle;
    uint64_t seed;
} vit_settings;
double vit_rate_at(const vit_settings *settings, size_t epoch); /* epoch 0, 1, ... */

enum { VIT_CURVE = 3 }; /* learning rate, training loss, validation loss */

/* All that training carries from epoch to epoch. */
typedef struct vit_state {
    float *params, *m, *v, *best; /* (n_params) each */
    double *curve;                /* (settings.epochs, VIT_CURVE) */
    size_t epoch;                 /* done so far */
    size_t best_epoch;            /* 1-based; 0: none yet */
    double best_loss;
} vit_state;

struct vit_augment;

typedef struct vit_job {
    const vit_net *net;
    const vit_host *host;
    const vit_samples *samples;
    const float *target;              /* (F), scaled to [0, 1] over the training frames */
    const size_t *train, *validation; /* frames, ascending */
    size_t n_train, n_validation;     /* no validation: the training loss decides */
    const vit_settings *settings;
    const struct vit_augment *augment; /* moves of the training samples; NULL: none */
    /* After each batch of an epoch: how many of them are done, their mean loss. NULL: not wanted.
     */
    void (*tell)(void *user, size_t done, size_t n_batches, double loss);
    void *tell_user;
} vit_job;

/* A training holds workspaces and gradients from epoch to epoch; `job` and `state` must outlive it.
 * vit_train_epoch is one more epoch. A loss or weights that are not finite are RISE_E_FAILED, and
 * the message names epoch and batch; the state is then spoilt. */
typedef struct vit_training vit_training;
rise_status vit_train_begin(const vit_job *job, vit_state *state, vit_training **out,
                            rise_error *err) RISE_MUST_USE;
rise_status vit_train_epoch(vit_training *training, rise_error *err) RISE_MUST_USE;
void vit_train_end(vit_training *training); /* NULL is fine */

/* The least memory that a training, or a prediction, takes beside voxels and state. */
typedef struct vit_need {
    size_t weights;   /* transposed weights and gradients */
    size_t workspace; /* one, with its samples */
    size_t storing;   /* copies of the state */
} vit_need;
vit_need vit_train_need(const vit_net *net, size_t batch, size_t n_train);
vit_need vit_predict_need(const vit_net *net);

/* y (n) of the frames `frame` (n), without dropout. */
rise_status vit_predict(const vit_net *net, const vit_host *host, const vit_samples *samples,
                        const float *params, const size_t *frame, size_t n, float *y,
                        rise_error *err) RISE_MUST_USE;

/* State as bytes (safetensors; malloc'ed and the caller's) and back. Bytes that do not fit are
 * RISE_E_DATA: then there is no such state. */
rise_status vit_state_save(const vit_net *net, const vit_state *state, void **bytes, size_t *size,
                           rise_error *err) RISE_MUST_USE;
rise_status vit_state_load(const vit_net *net, const void *bytes, size_t size, size_t max_epochs,
                           vit_state *state, rise_error *err) RISE_MUST_USE;

#endif

/* vit/run.h: what the files of the node share: one training or prediction, from ports to ports. */
#ifndef VIT_RUN_H
#define VIT_RUN_H

#include "augment.h"
#include "model.h"
#include "train.h"

#include <rise/node.h>

enum { RUN_TRAIN = 0, RUN_VALIDATION = 1, RUN_TEST = 2, RUN_PARTS = 3 };

typedef struct vit_run {
    rise_ctx *ctx;
    vit_host host;
    vit_net net;
    vit_settings settings;
    size_t until; /* the last epoch that is trained, at most settings.epochs */
    vit_samples samples;
    vit_augment augment;      /* one symmetry and no shifts where nothing is moved */
    const char *augment_kind; /* NULL: none */
    size_t n_frames;
    double length; /* side of a block: Å, or voxels where there is no cell */
    bool has_cells;
    double atoms; /* mean number per frame where the voxels count them, else 0 */

    safetensors *init; /* or NULL */
    vit_model_info init_info;

    bool has_target;
    double *target;           /* (F), as given */
    char unit[RISE_NAME_MAX]; /* of the target */
    uint8_t *part;            /* (F), RUN_TRAIN, ... */
    size_t *frame[RUN_PARTS]; /* frames of each part, ascending */
    size_t n_part[RUN_PARTS];
    bool scaled; /* y = 0 and 1 stand for low and high; otherwise they are 0 and 1 */
    double low, high, std;

    float *scaled_target; /* (F) */
    vit_state state;
    double *predicted; /* (F), unscaled */
} vit_run;

const char *run_part_name(size_t part);

/* input.c ---- ports and parameters -> a run; on failure what was taken is given back by run_end */
rise_status run_begin(rise_ctx *ctx, vit_run *run, rise_error *err);
void run_end(vit_run *run);

/* budget.c ---- whether the memory suffices, and what of it the workspaces may take; before the
 * weights are allocated */
rise_status run_check_memory(vit_run *run, rise_error *err);

/* epochs.c ---- trains from the latest stored epoch on */
rise_status run_train(vit_run *run, rise_error *err);

/* results.c ---- predictions of all frames, then the outputs */
rise_status run_results(vit_run *run, rise_error *err);

#endif

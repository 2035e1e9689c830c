/* ig/run.h: what the files of the node share. */
#ifndef IG_RUN_H
#define IG_RUN_H

#include "ig.h"
#include "vit/pool.h"
#include "vit/trained.h"

/* What all frames share. */
typedef struct ig_state {
    vit_trained model;
    double *node, *weight;
    size_t n_steps;
    bool absolute;
    vit_pool *places; /* for all frames */
    size_t memory;
    rise_id *chosen; /* frames of the part, sorted; NULL: all */
    size_t n_chosen;
} ig_state;

/* results.c ---- outputs of the frame at hand; x are its voxels as they came */
rise_status ig_put_blocks(rise_ctx *ctx, const ig_state *s, const rise_tensor *x,
                          const float *attribution, rise_error *err);
rise_status ig_put_atoms(rise_ctx *ctx, const ig_state *s, const rise_tensor *x,
                         const float *voxels, const float *attribution, rise_error *err);
rise_status ig_put_delta(rise_ctx *ctx, const ig_state *s, const ig_result *r, rise_error *err);

#endif

/* vit/pool.h: workspaces for the tasks of a parallel loop, within a budget.
 *
 * A task takes a place, works and gives it back; as many places come to be as tasks run at one
 * time and memory allows, then tasks wait. A quarter of the memory may go into workspaces that keep
 * activations; others make them again. What a task computes does not depend on which place it
 * got. */
#ifndef VIT_POOL_H
#define VIT_POOL_H

#include "net.h"

typedef struct vit_place {
    vit_work *work;
    float *voxels;   /* (n_samples, C, X, Y, Z) */
    float *d_voxels; /* the same, NULL unless asked for */
} vit_place;

typedef struct vit_pool_plan {
    const vit_net *net;
    size_t n_places;  /* tasks at a time, at most */
    size_t n_samples; /* of a task, at most */
    bool backward, d_voxels;
    size_t memory; /* bytes for all places; the first is granted in any case */
} vit_pool_plan;

/* The least that one place takes, bytes. */
size_t vit_place_bytes(const vit_pool_plan *plan);

typedef struct vit_pool vit_pool;
rise_status vit_pool_new(const vit_pool_plan *plan, vit_pool **out, rise_error *err) RISE_MUST_USE;
void vit_pool_free(vit_pool *pool); /* NULL is fine */
/* `stop` and its `user` as in vit_work_on_stop. */
rise_status vit_pool_take(vit_pool *pool, bool (*stop)(void *user), void *user, vit_place **place,
                          rise_error *err) RISE_MUST_USE;
void vit_pool_give(vit_pool *pool, vit_place *place);

#endif

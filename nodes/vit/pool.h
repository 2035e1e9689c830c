/* vit/pool.h: workspaces for the tasks of a parallel loop.
 *
 * A task takes a place, works and gives it back; as many places come to be as tasks run at one
 * time. What a task computes does not depend on which place it got. */
#ifndef VIT_POOL_H
#define VIT_POOL_H

#include "net.h"

typedef struct vit_place {
    vit_work *work;
    float *voxels;   /* (group size, C, X, Y, Z) */
    float *d_voxels; /* the same, NULL unless asked for */
} vit_place;

typedef struct vit_pool vit_pool;

/* At most `n_places` tasks at a time, of at most `n_samples` samples each. */
rise_status vit_pool_new(const vit_net *net, size_t n_places, size_t n_samples, bool train,
                         bool d_voxels, bool (*stop)(void *user), void *stop_user, vit_pool **out,
                         rise_error *err) RISE_MUST_USE;
void vit_pool_free(vit_pool *pool); /* NULL is fine */
rise_status vit_pool_take(vit_pool *pool, vit_place **place, rise_error *err) RISE_MUST_USE;
void vit_pool_give(vit_pool *pool, vit_place *place);

#endif

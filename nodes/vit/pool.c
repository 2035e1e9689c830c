/* vit/pool.c: see pool.h. Places are flags, taken without locks. */
#include "pool.h"

#include <stdatomic.h>
#include <stdlib.h>

struct vit_pool {
    const vit_net *net;
    size_t n, n_samples;
    bool train, d_voxels;
    bool (*stop)(void *user);
    void *stop_user;
    atomic_flag *busy; /* [n] */
    vit_place *place;  /* [n], made when first taken */
};

rise_status vit_pool_new(const vit_net *net, size_t n_places, size_t n_samples, bool train,
                         bool d_voxels, bool (*stop)(void *user), void *stop_user, vit_pool **out,
                         rise_error *err) {
    vit_pool *p = calloc(1, sizeof *p);
    if (p != NULL) {
        *p = (vit_pool){.net = net,
                        .n = n_places,
                        .n_samples = n_samples,
                        .train = train,
                        .d_voxels = d_voxels,
                        .stop = stop,
                        .stop_user = stop_user,
                        .busy = calloc(n_places, sizeof *p->busy),
                        .place = calloc(n_places, sizeof *p->place)};
    }
    if (p == NULL || p->busy == NULL || p->place == NULL) {
        vit_pool_free(p);
        return rise_fail_nomem(err, "workspaces of the network");
    }
    for (size_t i = 0; i < n_places; i++)
        atomic_flag_clear(&p->busy[i]);
    *out = p;
    return RISE_OK;
}

void vit_pool_free(vit_pool *pool) {
    if (pool == NULL)
        return;
    for (size_t i = 0; i < pool->n && pool->place != NULL; i++) {
        vit_work_free(pool->place[i].work);
        free(pool->place[i].voxels);
        free(pool->place[i].d_voxels);
    }
    free(pool->busy);
    free(pool->place);
    free(pool);
}

static rise_status furnish(const vit_pool *pool, vit_place *place, rise_error *err) {
    const vit_shape *s = &pool->net->shape;
    size_t count = pool->n_samples * s->channels * s->grid[0] * s->grid[1] * s->grid[2];
    if (place->voxels == NULL)
        place->voxels = malloc(count * sizeof(float));
    if (place->d_voxels == NULL && pool->d_voxels)
        place->d_voxels = malloc(count * sizeof(float));
    if (place->voxels == NULL || (pool->d_voxels && place->d_voxels == NULL))
        return rise_fail_nomem(err, "voxels of a group of samples");
    if (place->work != NULL)
        return RISE_OK;
    rise_status status = vit_work_new(pool->net, pool->n_samples, pool->train, &place->work, err);
    if (status == RISE_OK)
        vit_work_on_stop(place->work, pool->stop, pool->stop_user);
    return status;
}

rise_status vit_pool_take(vit_pool *pool, vit_place **place, rise_error *err) {
    for (size_t i = 0; i < pool->n; i++) {
        if (atomic_flag_test_and_set(&pool->busy[i]))
            continue;
        rise_status status = furnish(pool, &pool->place[i], err);
        if (status == RISE_OK)
            *place = &pool->place[i];
        else
            atomic_flag_clear(&pool->busy[i]);
        return status;
    }
    return rise_fail(err, RISE_E_BUG, "more than %zu tasks at a time", pool->n);
}

void vit_pool_give(vit_pool *pool, vit_place *place) {
    atomic_flag_clear(&pool->busy[place - pool->place]);
}

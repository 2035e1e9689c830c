/* vit/pool.c: see pool.h. A lock guards who has which place; nobody holds it while working. */
#include "pool.h"

#include <pthread.h>
#include <stdlib.h>

#define KEEP_SHARE 4u /* other instances may be at work in the same memory */

struct vit_pool {
    vit_pool_plan plan;
    pthread_mutex_t lock;
    pthread_cond_t given; /* a place came back, or could not be made */
    vit_place *place;     /* [n_places], the first `n` exist */
    bool *busy;           /* [n_places] */
    size_t n, bytes;      /* places made, and what they take */
};

static size_t voxel_count(const vit_pool_plan *p) {
    const vit_shape *s = &p->net->shape;
    return p->n_samples * s->channels * s->grid[0] * s->grid[1] * s->grid[2];
}

static size_t bytes_of(const vit_pool_plan *p, vit_use use) {
    return vit_work_bytes(p->net, p->n_samples, use) +
           voxel_count(p) * (p->d_voxels ? 2 : 1) * sizeof(float);
}

size_t vit_place_bytes(const vit_pool_plan *plan) {
    return bytes_of(plan, plan->backward ? VIT_AGAIN : VIT_FORWARD);
}

rise_status vit_pool_new(const vit_pool_plan *plan, vit_pool **out, rise_error *err) {
    vit_pool *p = calloc(1, sizeof *p);
    if (p == NULL)
        return rise_fail_nomem(err, "workspaces of the network");
    p->plan = *plan;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->given, NULL);
    p->place = calloc(plan->n_places, sizeof *p->place);
    p->busy = calloc(plan->n_places, sizeof *p->busy);
    if (p->place == NULL || p->busy == NULL) {
        vit_pool_free(p);
        return rise_fail_nomem(err, "workspaces of the network");
    }
    *out = p;
    return RISE_OK;
}

static void clear(vit_place *place) {
    vit_work_free(place->work);
    free(place->voxels);
    free(place->d_voxels);
    *place = (vit_place){NULL, NULL, NULL};
}

void vit_pool_free(vit_pool *pool) {
    if (pool == NULL)
        return;
    for (size_t i = 0; i < pool->n; i++)
        clear(&pool->place[i]);
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->given);
    free(pool->place);
    free(pool->busy);
    free(pool);
}

static rise_status furnish(const vit_pool_plan *p, vit_use use, vit_place *place, rise_error *err) {
    size_t count = voxel_count(p);
    rise_status status = vit_work_new(p->net, p->n_samples, use, &place->work, err);
    if (status != RISE_OK)
        return status;
    place->voxels = malloc(count * sizeof(float));
    if (p->d_voxels)
        place->d_voxels = malloc(count * sizeof(float));
    if (place->voxels != NULL && (place->d_voxels != NULL || !p->d_voxels))
        return RISE_OK;
    clear(place);
    return rise_fail_nomem(err, "voxels of a group of samples");
}

/* With the lock held: a place that is there and free, or SIZE_MAX. */
static size_t idle_place(const vit_pool *p) {
    for (size_t i = 0; i < p->n; i++)
        if (!p->busy[i])
            return i;
    return SIZE_MAX;
}

/* With the lock held: makes one more place, if memory allows. */
static rise_status add_place(vit_pool *p, size_t *index, rise_error *err) {
    const vit_pool_plan *plan = &p->plan;
    vit_use use = plan->backward ? VIT_AGAIN : VIT_FORWARD;
    size_t bytes = bytes_of(plan, use), kept = bytes_of(plan, VIT_KEEP);
    *index = SIZE_MAX;
    if (p->n == plan->n_places || (p->n > 0 && p->bytes + bytes > plan->memory))
        return RISE_OK;
    if (plan->backward && p->bytes + kept <= plan->memory / KEEP_SHARE) {
        use = VIT_KEEP;
        bytes = kept;
    }
    rise_status status = furnish(plan, use, &p->place[p->n], err);
    if (status == RISE_E_NOMEM && p->n > 0) { /* go on with those that are there */
        p->plan.n_places = p->n;
        return RISE_OK;
    }
    if (status != RISE_OK)
        return status;
    p->bytes += bytes;
    *index = p->n++;
    return RISE_OK;
}

rise_status vit_pool_take(vit_pool *pool, bool (*stop)(void *user), void *user, vit_place **place,
                          rise_error *err) {
    rise_status status = RISE_OK;
    size_t i;
    pthread_mutex_lock(&pool->lock);
    while ((i = idle_place(pool)) == SIZE_MAX) {
        status = add_place(pool, &i, err);
        if (status != RISE_OK || i != SIZE_MAX)
            break;
        pthread_cond_wait(&pool->given, &pool->lock);
    }
    if (status == RISE_OK) {
        pool->busy[i] = true;
        *place = &pool->place[i];
    }
    pthread_mutex_unlock(&pool->lock);
    if (status == RISE_OK)
        vit_work_on_stop((*place)->work, stop, user);
    return status;
}

void vit_pool_give(vit_pool *pool, vit_place *place) {
    pthread_mutex_lock(&pool->lock);
    pool->busy[place - pool->place] = false;
    pthread_cond_signal(&pool->given);
    pthread_mutex_unlock(&pool->lock);
}

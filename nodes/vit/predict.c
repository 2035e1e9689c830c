/* vit/predict.c: outputs of many samples, and how a sample comes to the network. */
#include "train.h"

#include "pool.h"

#include <stdlib.h>
#include <string.h>

void vit_samples_copy(const vit_samples *samples, size_t frame, float *voxels) {
    size_t n = samples->volume, first = frame * n;
    if (samples->dtype == RISE_F32) {
        memcpy(voxels, (const float *)samples->voxels + first, n * sizeof *voxels);
    } else if (samples->dtype == RISE_U8) {
        const uint8_t *from = (const uint8_t *)samples->voxels + first;
        for (size_t i = 0; i < n; i++)
            voxels[i] = (float)from[i];
    } else {
        const double *from = (const double *)samples->voxels + first;
        for (size_t i = 0; i < n; i++)
            voxels[i] = (float)from[i];
    }
}

typedef struct prediction {
    const vit_net *net;
    const vit_host *host;
    const vit_weights *weights;
    const vit_samples *samples;
    const size_t *frame;
    size_t n, group;
    float *y;
    vit_pool *pool;
} prediction;

static rise_status predict_group(void *user, size_t i, rise_error *err) {
    const prediction *p = user;
    size_t first = i * p->group, n = p->n - first < p->group ? p->n - first : p->group;
    vit_place *place;
    rise_status status = vit_pool_take(p->pool, p->host->cancelled, p->host->user, &place, err);
    if (status != RISE_OK)
        return status;
    for (size_t s = 0; s < n; s++)
        vit_samples_copy(p->samples, p->frame[first + s], place->voxels + s * p->samples->volume);
    status =
        vit_forward(p->net, p->weights, place->work, place->voxels, n, NULL, p->y + first, err);
    vit_pool_give(p->pool, place);
    return status;
}

static vit_pool_plan places_of(const vit_net *net, size_t n_tasks) {
    return (vit_pool_plan){.net = net, .n_places = n_tasks, .n_samples = vit_group_size(net)};
}

vit_need vit_predict_need(const vit_net *net) {
    const vit_pool_plan plan = places_of(net, 1);
    return (vit_need){net->n_params * sizeof(float), vit_place_bytes(&plan), 0};
}

rise_status vit_predict(const vit_net *net, const vit_host *host, const vit_samples *samples,
                        const float *params, const size_t *frame, size_t n, float *y,
                        rise_error *err) {
    if (n == 0)
        return RISE_OK;
    float *transposed = calloc(net->n_params, sizeof *transposed);
    if (transposed == NULL)
        return rise_fail_nomem(err, "transposed weights");
    vit_weights weights;
    vit_weights_set(net, params, transposed, &weights);
    prediction p = {net, host, &weights, samples, frame, n, vit_group_size(net), y, NULL};
    size_t n_groups = (n + p.group - 1) / p.group;
    vit_pool_plan plan = places_of(net, n_groups);
    plan.memory = host->memory;
    rise_status status = vit_pool_new(&plan, &p.pool, err);
    if (status == RISE_OK)
        status = host->parallel(host->user, n_groups, predict_group, &p, err);
    vit_pool_free(p.pool);
    free(transposed);
    return status;
}

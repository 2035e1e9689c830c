/* ig/ig.c: see ig.h. Knows the network by its forward and input-gradient calls only. */
#include "ig.h"

#include "vit/pool.h"

#include <math.h>
#include <stdlib.h>

/* ---- rules ----------------------------------------------------------------------------------- */

/* Roots of the Legendre polynomial by Newton's method, from Tricomi's approximation. */
static void gauss(size_t n, double *node, double *weight) {
    for (size_t i = 0; i < n; i++) {
        double x = cos(3.141592653589793 * ((double)i + 0.75) / ((double)n + 0.5));
        double slope = 1;
        for (int round = 0; round < 100; round++) {
            double p0 = 1, p1 = x;
            for (size_t k = 2; k <= n; k++) {
                double p2 = ((2.0 * (double)k - 1) * x * p1 - ((double)k - 1) * p0) / (double)k;
                p0 = p1;
                p1 = p2;
            }
            slope = (double)n * (x * p1 - p0) / (x * x - 1);
            double step = p1 / slope;
            x -= step;
            if (fabs(step) < 1e-15)
                break;
        }
        node[n - 1 - i] = 0.5 * (1 + x);
        weight[n - 1 - i] = 1 / ((1 - x * x) * slope * slope);
    }
}

void ig_rule(ig_method method, size_t n, double *node, double *weight) {
    if (method == IG_GAUSS) {
        gauss(n, node, weight);
        return;
    }
    double shift = method == IG_MIDPOINT ? 0.5 : method == IG_LEFT ? 0 : 1;
    for (size_t k = 0; k < n; k++) {
        node[k] = ((double)k + shift) / (double)n;
        weight[k] = 1 / (double)n;
    }
}

/* ---- the integral ---------------------------------------------------------------------------- */

typedef struct integral {
    const ig_plan *plan;
    const vit_host *host;
    const float *voxels;
    size_t volume, group, n_groups, n_tasks;
    double *sum; /* (n_tasks, volume) */
} integral;

/* Steps first .. first + n - 1 as the samples of one call. */
static rise_status add_steps(const integral *g, size_t first, size_t n, vit_place *place,
                             double *sum, rise_error *err) {
    const ig_plan *p = g->plan;
    float y[VIT_GROUP_MAX], dy[VIT_GROUP_MAX];
    for (size_t s = 0; s < n; s++) {
        float a = (float)p->node[first + s];
        for (size_t v = 0; v < g->volume; v++)
            place->voxels[s * g->volume + v] = a * g->voxels[v];
        dy[s] = 1;
    }
    rise_status status =
        vit_forward(p->net, p->weights, place->work, place->voxels, n, NULL, y, err);
    if (status == RISE_OK)
        status = vit_backward(p->net, p->weights, place->work, place->voxels, n, NULL, dy, NULL,
                              place->d_voxels, err);
    for (size_t s = 0; s < n && status == RISE_OK; s++)
        for (size_t v = 0; v < g->volume; v++)
            sum[v] += p->weight[first + s] * (double)place->d_voxels[s * g->volume + v];
    return status;
}

static rise_status run_task(void *user, size_t i, rise_error *err) {
    const integral *g = user;
    vit_place *place;
    rise_status status =
        vit_pool_take(g->plan->pool, g->host->cancelled, g->host->user, &place, err);
    if (status != RISE_OK)
        return status;
    size_t end = (i + 1) * g->n_groups / g->n_tasks;
    for (size_t b = i * g->n_groups / g->n_tasks; b < end && status == RISE_OK; b++) {
        size_t first = b * g->group, left = g->plan->n_steps - first;
        status = add_steps(g, first, left < g->group ? left : g->group, place,
                           g->sum + i * g->volume, err);
    }
    vit_pool_give(g->plan->pool, place);
    return status;
}

static rise_status end_values(const integral *g, ig_result *result, rise_error *err) {
    const ig_plan *p = g->plan;
    vit_place *place;
    float y;
    rise_status status =
        vit_pool_take(g->plan->pool, g->host->cancelled, g->host->user, &place, err);
    if (status != RISE_OK)
        return status;
    for (int end = 0; end < 2 && status == RISE_OK; end++) {
        for (size_t v = 0; v < g->volume; v++)
            place->voxels[v] = end == 0 ? 0.0f : g->voxels[v];
        status = vit_forward(p->net, p->weights, place->work, place->voxels, 1, NULL, &y, err);
        if (status == RISE_OK)
            *(end == 0 ? &result->baseline : &result->value) = p->scale * (double)y;
    }
    vit_pool_give(p->pool, place);
    return status;
}

rise_status ig_attribute(const ig_plan *plan, const vit_host *host, const float *voxels,
                         float *attribution, ig_result *result, rise_error *err) {
    const vit_shape *s = &plan->net->shape;
    integral g = {.plan = plan,
                  .host = host,
                  .voxels = voxels,
                  .volume = s->channels * s->grid[0] * s->grid[1] * s->grid[2],
                  .group = vit_group_size(plan->net)};
    g.n_groups = (plan->n_steps + g.group - 1) / g.group;
    g.n_tasks = g.n_groups < IG_MAX_TASKS ? g.n_groups : IG_MAX_TASKS;
    g.sum = calloc(g.n_tasks * g.volume, sizeof *g.sum);
    if (g.sum == NULL)
        return rise_fail_nomem(err, "attributions");
    rise_status status = end_values(&g, result, err);
    if (status == RISE_OK)
        status = host->parallel(host->user, g.n_tasks, run_task, &g, err);
    result->sum = 0;
    for (size_t v = 0; v < g.volume && status == RISE_OK; v++) {
        double mean = 0;
        for (size_t i = 0; i < g.n_tasks; i++)
            mean += g.sum[i * g.volume + v];
        double ig = plan->scale * mean * (double)voxels[v];
        attribution[v] = (float)ig;
        result->sum += ig;
    }
    free(g.sum);
    return status;
}

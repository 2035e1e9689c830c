/* predict/transformer.c: the network of the node vit. */
#include "predict.h"

#include "vit/pool.h"
#include "vit/trained.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PLACES = 256 }; /* frames at a time */

typedef struct transformer {
    vit_trained model;
    vit_pool *places;
} transformer;

static void close_transformer(void *model) {
    transformer *p = model;
    if (p == NULL)
        return;
    vit_pool_free(p->places);
    vit_trained_close(&p->model);
    free(p);
}

static rise_status open_transformer(rise_ctx *ctx, const rise_blob *blob, void **out,
                                    const char **made, const char **unit, rise_error *err) {
    transformer *p = calloc(1, sizeof *p);
    if (p == NULL)
        return rise_fail_nomem(err, "a model");
    rise_status status = vit_trained_open(blob, &p->model, err);
    const vit_pool_plan plan = {
        .net = &p->model.net, .n_places = MAX_PLACES, .n_samples = 1, .memory = rise_memory(ctx)};
    if (status == RISE_OK)
        status = vit_pool_new(&plan, &p->places, err);
    if (status != RISE_OK) {
        close_transformer(p);
        return status;
    }
    *out = p;
    *made = safetensors_metadata(p->model.file, VIT_KEY_MADE);
    *unit = p->model.info.target_unit;
    return RISE_OK;
}

static bool cancelled(void *user) {
    return rise_cancelled(user);
}

/* Side of a voxel, Å: the cube root of its volume. */
static double voxel_side(const rise_cell *cell, const size_t grid[3]) {
    const double *a = cell->vector[0], *b = cell->vector[1], *c = cell->vector[2];
    double volume = fabs(a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2]) +
                         a[2] * (b[0] * c[1] - b[1] * c[0]));
    return cbrt(volume / (double)(grid[0] * grid[1] * grid[2]));
}

/* A grid of as many voxels over a larger box is a picture at another scale. */
static void check_scale(rise_ctx *ctx, const vit_trained *m, const rise_tensor *voxels) {
    const vit_shape *shape = &m->net.shape;
    double then = m->info.length / (double)(shape->block * shape->patch);
    if (voxels->n_cells == 0 || strcmp(m->info.length_unit, "Å") != 0 || !(then > 0))
        return;
    double now = voxel_side(voxels->cell, shape->grid);
    if (fabs(now / then - 1) > 0.05)
        rise_warn(ctx, "voxels of %.3g Å, the model was trained with %.3g Å", now, then);
}

static rise_status predict_voxels(rise_ctx *ctx, void *model, const rise_tensor *voxels,
                                  double *out, rise_error *err) {
    transformer *p = model;
    const vit_trained *m = &p->model;
    vit_place *place;
    float y = 0;
    check_scale(ctx, m, voxels);
    rise_status status = vit_pool_take(p->places, cancelled, ctx, &place, err);
    if (status != RISE_OK)
        return status;
    status = vit_trained_voxels(m, voxels, place->voxels, err);
    if (status == RISE_OK)
        status = vit_forward(&m->net, &m->weights, place->work, place->voxels, 1, NULL, &y, err);
    vit_pool_give(p->places, place);
    *out = m->info.target_min + (double)y * (m->info.target_max - m->info.target_min);
    return status;
}

const predictor_kind predict_transformer = {"safetensors", open_transformer, close_transformer,
                                            predict_voxels};

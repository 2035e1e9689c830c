/* vit/trained.c: from a model file to a network at work. Knows no ports. */
#include "trained.h"

#include "train.h"

#include <stdlib.h>
#include <string.h>

void vit_trained_close(vit_trained *m) {
    safetensors_free(m->file);
    free(m->params);
    free(m->transposed);
    *m = (vit_trained){.file = NULL};
}

rise_status vit_trained_open(const rise_blob *blob, vit_trained *m, rise_error *err) {
    *m = (vit_trained){.file = NULL};
    if (blob == NULL || strcmp(blob->format, "safetensors") != 0)
        return rise_fail(err, RISE_E_DATA, "model: expected safetensors, found %s",
                         blob != NULL ? blob->format : "no model");
    rise_status status = safetensors_parse(blob->bytes, blob->size, &m->file, err);
    if (status == RISE_OK)
        status = vit_model_info_read(m->file, &m->info, err);
    if (status != RISE_OK)
        return status;
    if (!m->info.complete) {
        rise_fail(err, RISE_E_DATA, "model: its metadata do not say grid, heads and r");
        return rise_hint(err, "run the weights through a vit with `init: FILE` and `epochs: 0`");
    }
    status = vit_net_init(&m->net, &m->info.shape, err);
    if (status != RISE_OK)
        return status;
    m->params = calloc(m->net.n_params, sizeof *m->params);
    m->transposed = calloc(m->net.n_params, sizeof *m->transposed);
    if (m->params == NULL || m->transposed == NULL)
        return rise_fail_nomem(err, "weights");
    status = vit_params_load(&m->net, m->file, m->params, err);
    if (status == RISE_OK)
        vit_weights_set(&m->net, m->params, m->transposed, &m->weights);
    return status;
}

rise_status vit_trained_voxels(const vit_trained *m, const rise_tensor *x, float *voxels,
                               rise_error *err) {
    const vit_shape *shape = &m->net.shape;
    int lead = x != NULL && x->rank == 5 && x->dim[0].size == 1 ? 1 : 0;
    bool fits = x != NULL && x->rank == 4 + lead && x->dim[lead].size == shape->channels;
    for (int d = 0; d < 3 && fits; d++)
        fits = x->dim[lead + 1 + d].size == shape->grid[d];
    if (!fits || (x->dtype != RISE_U8 && x->dtype != RISE_F32 && x->dtype != RISE_F64)) {
        rise_fail(err, RISE_E_DATA,
                  "input: the model takes %zu channels of %zu x %zu x %zu voxels (u8, f32 or f64)",
                  shape->channels, shape->grid[0], shape->grid[1], shape->grid[2]);
        return rise_hint(err, "use the voxels that the model was trained with");
    }
    const vit_samples samples = {.voxels = x->data,
                                 .dtype = x->dtype,
                                 .volume = shape->channels * shape->grid[0] * shape->grid[1] *
                                           shape->grid[2]};
    vit_samples_copy(&samples, 0, voxels);
    return RISE_OK;
}

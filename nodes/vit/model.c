/* vit/model.c: the network's parameters as named tensors. Knows no training. */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "(64, 2, 2)" */
static void shape_text(size_t rank, const size_t *shape, char *text, size_t size) {
    size_t used = (size_t)snprintf(text, size, "(");
    for (size_t d = 0; d < rank && used < size; d++)
        used += (size_t)snprintf(text + used, size - used, d > 0 ? ", %zu" : "%zu", shape[d]);
    if (used < size)
        snprintf(text + used, size - used, ")");
}

static rise_status load_tensor(const vit_tensor *t, const safetensors *file, float *to,
                               rise_error *err) {
    const safetensors_entry *e = safetensors_find(file, t->name);
    if (e == NULL) {
        rise_fail(err, RISE_E_DATA, "weights: tensor \"%s\" is missing", t->name);
        return rise_hint(err, "layers, patch and channels must be those of the file");
    }
    if (e->rank != t->rank || memcmp(e->shape, t->shape, t->rank * sizeof *t->shape) != 0) {
        char found[120], wanted[120];
        shape_text(e->rank, e->shape, found, sizeof found);
        shape_text(t->rank, t->shape, wanted, sizeof wanted);
        rise_fail(err, RISE_E_DATA, "weights: tensor \"%s\" has the shape %s, expected %s", t->name,
                  found, wanted);
        return rise_hint(err, "grid, patch, embedding and channels must be those of the file");
    }
    if (e->dtype == RISE_F32) {
        memcpy(to, e->data, t->count * sizeof *to);
        return RISE_OK;
    }
    if (e->dtype != RISE_F64)
        return rise_fail(err, RISE_E_DATA, "weights: tensor \"%s\" is %s, expected F32", t->name,
                         e->type);
    for (size_t i = 0; i < t->count; i++) {
        double x;
        memcpy(&x, (const uint8_t *)e->data + i * sizeof x, sizeof x);
        to[i] = (float)x;
    }
    return RISE_OK;
}

static rise_status check_finite(const vit_tensor *t, const float *x, rise_error *err) {
    for (size_t i = 0; i < t->count; i++)
        if (!(x[i] - x[i] == 0))
            return rise_fail(err, RISE_E_DATA, "weights: element %zu of \"%s\" is not finite", i,
                             t->name);
    return RISE_OK;
}

rise_status vit_params_load(const vit_net *net, const safetensors *file, float *params,
                            rise_error *err) {
    for (size_t i = 0; i < vit_tensor_count(net); i++) {
        vit_tensor t;
        vit_tensor_at(net, i, &t);
        rise_status status = load_tensor(&t, file, params + t.offset, err);
        if (status == RISE_OK)
            status = check_finite(&t, params + t.offset, err);
        if (status != RISE_OK)
            return status;
    }
    if (safetensors_count(file) == vit_tensor_count(net))
        return RISE_OK;
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const char *name = safetensors_at(file, i)->name;
        bool known = false;
        for (size_t j = 0; j < vit_tensor_count(net) && !known; j++) {
            vit_tensor t;
            vit_tensor_at(net, j, &t);
            known = strcmp(t.name, name) == 0;
        }
        if (!known) {
            rise_fail(err, RISE_E_DATA, "weights: tensor \"%.100s\" has no place in the network",
                      name);
            return rise_hint(err, "layers must be that of the file");
        }
    }
    return RISE_OK;
}

rise_status vit_shape_guess(const safetensors *file, vit_shape *shape, rise_error *err) {
    const safetensors_entry *conv = safetensors_find(file, "patch_embedding.conv.weight");
    if (conv == NULL || conv->rank != 5)
        return rise_fail(err, RISE_E_DATA,
                         "weights: no tensor \"patch_embedding.conv.weight\" of five dimensions: "
                         "this is no vision transformer of ours");
    shape->embedding = conv->shape[0];
    shape->channels = conv->shape[1];
    shape->patch = conv->shape[2];
    shape->layers = 0;
    char name[64];
    do
        snprintf(name, sizeof name, "encoder_layers.%zu.ln1.weight", shape->layers);
    while (safetensors_find(file, name) != NULL && ++shape->layers < 4096);
    return RISE_OK;
}

rise_status vit_params_save(const vit_net *net, const float *params,
                            const safetensors_pair *metadata, size_t n_metadata, void **bytes,
                            size_t *size, rise_error *err) {
    size_t n = vit_tensor_count(net);
    vit_tensor *t = calloc(n, sizeof *t);
    safetensors_entry *e = calloc(n, sizeof *e);
    rise_status status = RISE_E_NOMEM;
    if (t != NULL && e != NULL) {
        for (size_t i = 0; i < n; i++) {
            vit_tensor_at(net, i, &t[i]);
            e[i] = (safetensors_entry){.name = t[i].name,
                                       .dtype = RISE_F32,
                                       .rank = t[i].rank,
                                       .data = params + t[i].offset};
            memcpy(e[i].shape, t[i].shape, t[i].rank * sizeof *t[i].shape);
        }
        status = safetensors_write(e, n, metadata, n_metadata, bytes, size, err);
    } else {
        rise_fail_nomem(err, "a model file");
    }
    free(t);
    free(e);
    return status;
}

/* vit/net.c: shapes, and where each parameter lies. No arithmetic of the network here. */
#include "net.h"

#include "kit/rng.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MAX_SIDE 4096u /* voxels along an axis, numbers in an embedding, layers, ... */
#define MAX_PARAMS (1u << 31)

static rise_status check_shape(const vit_shape *s, rise_error *err) {
    const size_t all[] = {s->channels,  s->grid[0], s->grid[1], s->grid[2], s->patch,
                          s->embedding, s->heads,   s->layers,  s->block};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i] < 1 || all[i] > MAX_SIDE)
            return rise_fail(err, RISE_E_DATA, "network sizes must lie in 1..%u, found %zu",
                             MAX_SIDE, all[i]);
    for (int d = 0; d < 3; d++) {
        if (s->grid[d] % s->patch != 0)
            return rise_fail(err, RISE_E_DATA,
                             "a grid of %zu x %zu x %zu voxels cannot be cut into patches of %zu",
                             s->grid[0], s->grid[1], s->grid[2], s->patch);
        if (s->block > s->grid[d] / s->patch)
            return rise_fail(err, RISE_E_DATA,
                             "blocks of %zu patches are larger than the grid, which has %zu along "
                             "its shortest axis",
                             s->block, s->grid[d] / s->patch);
    }
    if (s->embedding % s->heads != 0)
        return rise_fail(err, RISE_E_DATA, "embedding %zu cannot be shared by %zu heads",
                         s->embedding, s->heads);
    return RISE_OK;
}

static size_t take(size_t *next, size_t count) {
    size_t at = *next;
    *next += count;
    return at;
}

static void place(vit_net *net) {
    size_t e = net->shape.embedding, h = net->hidden, next = 0;
    vit_offsets *at = &net->at;
    at->cls = take(&next, e);
    at->position = take(&next, (net->n_patches + 1) * e);
    at->conv_w = take(&next, e * net->patch_in);
    at->conv_b = take(&next, e);
    size_t first = next;
    at->layer.ln1_w = take(&next, e);
    at->layer.ln1_b = take(&next, e);
    at->layer.in_w = take(&next, 3 * e * e);
    at->layer.in_b = take(&next, 3 * e);
    at->layer.out_w = take(&next, e * e);
    at->layer.out_b = take(&next, e);
    at->layer.ln2_w = take(&next, e);
    at->layer.ln2_b = take(&next, e);
    at->layer.ff0_w = take(&next, h * e);
    at->layer.ff0_b = take(&next, h);
    at->layer.ff2_w = take(&next, e * h);
    at->layer.ff2_b = take(&next, e);
    at->layer_size = next - first;
    next += (net->shape.layers - 1) * at->layer_size;
    at->norm_w = take(&next, e);
    at->norm_b = take(&next, e);
    at->head_w = take(&next, e);
    at->head_b = take(&next, 1);
    net->n_params = next;
}

rise_status vit_net_init(vit_net *net, const vit_shape *shape, rise_error *err) {
    rise_status status = check_shape(shape, err);
    if (status != RISE_OK)
        return status;
    *net = (vit_net){.shape = *shape, .n_patches = 1, .n_blocks = 1};
    size_t p = shape->patch, r = shape->block;
    for (int d = 0; d < 3; d++) {
        net->tokens[d] = shape->grid[d] / p;
        net->blocks[d] = (net->tokens[d] + r - 1) / r;
        net->n_patches *= net->tokens[d];
        net->n_blocks *= net->blocks[d];
        net->wraps = net->wraps || net->tokens[d] % r != 0;
    }
    net->patch_in = shape->channels * p * p * p;
    net->block_tokens = r * r * r + 1;
    net->head_size = shape->embedding / shape->heads;
    net->hidden = 4 * shape->embedding;
    double estimate = ((double)net->n_patches + (double)net->patch_in +
                       12.0 * (double)shape->embedding * (double)shape->layers) *
                      (double)shape->embedding;
    if (estimate > MAX_PARAMS)
        return rise_fail(err, RISE_E_DATA, "a network of %.3g parameters is too large", estimate);
    place(net);
    return RISE_OK;
}

/* ---- the tensors by name --------------------------------------------------------------------- */

enum { BEFORE = 4, PER_LAYER = 12, AFTER = 4 };

size_t vit_tensor_count(const vit_net *net) {
    return BEFORE + PER_LAYER * net->shape.layers + AFTER;
}

static void set(vit_tensor *t, const char *name, size_t offset, size_t rank, const size_t *shape) {
    snprintf(t->name, sizeof t->name, "%s", name);
    t->rank = rank;
    t->offset = offset;
    t->count = 1;
    for (size_t d = 0; d < rank; d++) {
        t->shape[d] = shape[d];
        t->count *= shape[d];
    }
}

static void set_outer(const vit_net *net, size_t i, vit_tensor *t) {
    size_t e = net->shape.embedding, p = net->shape.patch;
    const vit_offsets *at = &net->at;
    switch (i) {
    case 0:
        set(t, "cls_token", at->cls, 3, (size_t[]){1, 1, e});
        break;
    case 1:
        set(t, "pos_embedding", at->position, 3, (size_t[]){1, net->n_patches + 1, e});
        break;
    case 2:
        set(t, "patch_embedding.conv.weight", at->conv_w, 5,
            (size_t[]){e, net->shape.channels, p, p, p});
        break;
    case 3:
        set(t, "patch_embedding.conv.bias", at->conv_b, 1, &e);
        break;
    case 4:
        set(t, "norm.weight", at->norm_w, 1, &e);
        break;
    case 5:
        set(t, "norm.bias", at->norm_b, 1, &e);
        break;
    case 6:
        set(t, "head.weight", at->head_w, 2, (size_t[]){1, e});
        break;
    default:
        set(t, "head.bias", at->head_b, 1, (size_t[]){1});
        break;
    }
}

void vit_tensor_at(const vit_net *net, size_t i, vit_tensor *tensor) {
    size_t e = net->shape.embedding, h = net->hidden, n_inner = PER_LAYER * net->shape.layers;
    if (i < BEFORE || i >= BEFORE + n_inner) {
        set_outer(net, i < BEFORE ? i : i - n_inner, tensor);
        return;
    }
    const struct {
        const char *name;
        size_t offset, rows, cols; /* cols 0: a vector */
    } row[PER_LAYER] = {
        {"ln1.weight", net->at.layer.ln1_w, e, 0},
        {"ln1.bias", net->at.layer.ln1_b, e, 0},
        {"mha.in_proj_weight", net->at.layer.in_w, 3 * e, e},
        {"mha.in_proj_bias", net->at.layer.in_b, 3 * e, 0},
        {"mha.out_proj.weight", net->at.layer.out_w, e, e},
        {"mha.out_proj.bias", net->at.layer.out_b, e, 0},
        {"ln2.weight", net->at.layer.ln2_w, e, 0},
        {"ln2.bias", net->at.layer.ln2_b, e, 0},
        {"ff.0.weight", net->at.layer.ff0_w, h, e},
        {"ff.0.bias", net->at.layer.ff0_b, h, 0},
        {"ff.2.weight", net->at.layer.ff2_w, e, h},
        {"ff.2.bias", net->at.layer.ff2_b, e, 0},
    };
    size_t layer = (i - BEFORE) / PER_LAYER, which = (i - BEFORE) % PER_LAYER;
    char name[64];
    snprintf(name, sizeof name, "encoder_layers.%zu.%s", layer, row[which].name);
    set(tensor, name, row[which].offset + layer * net->at.layer_size, row[which].cols ? 2 : 1,
        (size_t[]){row[which].rows, row[which].cols});
}

/* ---- fresh parameters ------------------------------------------------------------------------ */

static bool ends_with(const char *text, const char *tail) {
    size_t n = strlen(text), m = strlen(tail);
    return n >= m && strcmp(text + n - m, tail) == 0;
}

void vit_params_init(const vit_net *net, uint64_t seed, float *params) {
    double e = (double)net->shape.embedding;
    for (size_t i = 0; i < vit_tensor_count(net); i++) {
        vit_tensor t;
        vit_tensor_at(net, i, &t);
        bool norm = strstr(t.name, ".ln") != NULL || strncmp(t.name, "norm.", 5) == 0;
        double uniform = 0, normal = 0, constant = 0;
        if (strstr(t.name, "conv") != NULL)
            uniform = 1 / sqrt((double)net->patch_in);
        else if (ends_with(t.name, "in_proj_weight"))
            uniform = sqrt(6 / (3 * e + e)); /* Xavier: fan_in E, fan_out 3E */
        else if (norm)
            constant = ends_with(t.name, "weight") ? 1 : 0;
        else if (!ends_with(t.name, "bias"))
            normal = 0.02;
        rng_stream stream = {seed, {(uint32_t)i, 0, 0xFFFFFFFFu}}; /* no epoch has this number */
        float *p = params + t.offset;
        for (size_t j = 0; j < t.count; j++) {
            double x = constant;
            if (uniform > 0)
                x = uniform * (2 * rng_uniform(&stream, j) - 1);
            else if (normal > 0)
                x = normal * rng_normal(&stream, j);
            p[j] = (float)x;
        }
    }
}

/* (rows, cols) -> (cols, rows) */
static void transpose(const float *from, size_t rows, size_t cols, float *to) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++)
            to[j * rows + i] = from[i * cols + j];
}

void vit_weights_set(const vit_net *net, const float *params, float *transposed,
                     vit_weights *weights) {
    *weights = (vit_weights){.p = params, .t = transposed};
    for (size_t i = 0; i < vit_tensor_count(net); i++) {
        vit_tensor t;
        vit_tensor_at(net, i, &t);
        if (t.offset == net->at.conv_w)
            transpose(params + t.offset, net->shape.embedding, net->patch_in,
                      transposed + t.offset);
        else if (t.rank == 2)
            transpose(params + t.offset, t.shape[0], t.shape[1], transposed + t.offset);
    }
}

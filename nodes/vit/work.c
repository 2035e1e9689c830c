/* vit/work.c: the memory of one call, cut from a single block.
 *
 * Whether activations are kept or recomputed, and how many samples go together, follow from the
 * shape alone, so that results never depend on the machine. */
#include "inner.h"

#include <stdlib.h>
#include <string.h>

#define KEEP_BYTES ((size_t)160 << 20) /* activations of a group up to this are kept */
#define CHUNK_ROWS 512u                /* rows that make a product efficient */
#define GROUP_ROWS 288u
#define TILE_FLOATS 32768u /* attention weights at a time: half a second-level cache */

static size_t up(size_t n, size_t to) {
    return (n + to - 1) / to * to;
}

static size_t full_layers(const vit_net *net) {
    return net->wraps ? net->shape.layers : net->shape.layers - 1;
}

/* Bytes per row that a training pass keeps if it keeps all. */
static size_t row_bytes(const vit_net *net) {
    return 4 * (1 + 11 * full_layers(net)) * net->shape.embedding;
}

size_t vit_group_size(const vit_net *net) {
    size_t n = 1;
    while (2 * n <= VIT_GROUP_MAX && 2 * n * net->block_tokens <= GROUP_ROWS)
        n *= 2;
    /* A group of 8 rather than 16 where that is what lets activations be kept. */
    size_t sample = net->n_blocks * net->block_tokens * row_bytes(net);
    if (n > 8 && n * sample > KEEP_BYTES && 8 * sample <= KEEP_BYTES)
        n = 8;
    return n;
}

/* Hands out pieces of a block; with base NULL it only counts. */
typedef struct carver {
    uint8_t *base;
    size_t used;
} carver;

static void *piece(carver *c, size_t count, size_t size) {
    size_t at = c->used;
    c->used += up(count * size, 64);
    return c->base != NULL ? c->base + at : NULL;
}

static float *floats(carver *c, size_t count) {
    return piece(c, count, sizeof(float));
}

static void carve_layers(carver *c, vit_work *w, size_t seqs, size_t chunk_rows) {
    const vit_net *net = w->net;
    size_t e = net->shape.embedding, heads = net->shape.heads, rows = seqs * net->block_tokens;
    for (size_t l = 0; l < w->full; l++) {
        vit_layer_acts *a = &w->layer[l];
        a->qkv = floats(c, rows * 3 * e);
        a->top = floats(c, rows * heads);
        a->inverse = floats(c, rows * heads);
        a->o = floats(c, rows * e);
        a->xhat1 = floats(c, rows * e);
        a->rstd1 = floats(c, rows);
        a->h = floats(c, rows * net->hidden);
        a->xhat2 = floats(c, rows * e);
        a->rstd2 = floats(c, rows);
        w->x[l + 1] = floats(c, rows * e);
        if (w->train)
            w->grad[l] = (vit_layer_grads){
                .dqkv = floats(c, chunk_rows * 3 * e),
                .d_out = floats(c, chunk_rows * e),
                .dh = floats(c, chunk_rows * net->hidden),
                .d_ff = floats(c, chunk_rows * e),
            };
    }
}

static void carve_cls_layer(carver *c, vit_work *w, size_t seqs, size_t chunk_seqs) {
    size_t e = w->net->shape.embedding, heads = w->net->shape.heads, hidden = w->net->hidden;
    w->cls_acts = (vit_cls_acts){
        .q = floats(c, seqs * e),
        .u = floats(c, seqs * heads * e),
        .a = floats(c, seqs * heads * w->row),
        .z = floats(c, seqs * heads * e),
        .am = floats(c, seqs * heads),
        .o = floats(c, seqs * e),
        .xhat1 = floats(c, seqs * e),
        .rstd1 = floats(c, seqs),
        .h = floats(c, seqs * hidden),
        .xhat2 = floats(c, seqs * e),
        .rstd2 = floats(c, seqs),
    };
    if (w->train)
        w->cls_grads = (vit_cls_grads){
            .dq = floats(c, chunk_seqs * e),
            .du = floats(c, chunk_seqs * heads * e),
            .d_o = floats(c, chunk_seqs * e),
            .d_out = floats(c, chunk_seqs * e),
            .dh = floats(c, chunk_seqs * hidden),
            .d_ff = floats(c, chunk_seqs * e),
        };
}

static void carve_scratch(carver *c, vit_work *w, size_t chunk_rows) {
    const vit_net *net = w->net;
    size_t e = net->shape.embedding, heads = net->shape.heads, n = w->max_samples;
    size_t embed_rows = net->wraps ? n * (net->n_patches + 1) : chunk_rows;
    w->cls = floats(c, n * e);
    w->d_cls = floats(c, n * e);
    w->last_xhat = floats(c, n * e);
    w->last_rstd = floats(c, n);
    w->zero = floats(c, n * e);
    if (net->wraps) {
        w->state = floats(c, embed_rows * e);
        w->d_state = w->train ? floats(c, embed_rows * e) : NULL;
    }
    w->t1 = floats(c, chunk_rows * e);
    w->t2 = floats(c, chunk_rows * e);
    w->t3 = floats(c, chunk_rows * e);
    w->t4 = floats(c, chunk_rows * e);
    w->columns = floats(c, embed_rows * net->patch_in);
    w->dx = floats(c, chunk_rows * e);
    w->mask = floats(c, net->block_tokens * w->ep);
    w->score = floats(c, w->tile * w->row);
    w->dscore = floats(c, w->tile * w->row);
    w->amask = floats(c, w->tile * w->row);
    w->kt = floats(c, net->head_size * w->row);
    w->vt = floats(c, net->head_size * w->row);
    w->dots = floats(c, w->tile);
    w->cls_a = floats(c, heads * w->row);
    w->cls_da = floats(c, heads * w->row);
    w->cls_mask = floats(c, heads * up(w->row, 64));
    w->cls_dz = floats(c, n * heads * e);
    w->cls_dam = floats(c, n * heads);
}

static void carve(carver *c, vit_work *w) {
    const vit_net *net = w->net;
    size_t n = w->max_samples, tokens = net->block_tokens;
    size_t slots = w->keep ? net->n_blocks : w->chunk;
    size_t in_slots = w->train ? net->n_blocks : w->chunk;
    size_t chunk_rows = w->chunk * n * tokens;
    w->patch_of = piece(c, net->n_blocks * (tokens - 1), sizeof(uint32_t));
    w->identity = piece(c, net->n_patches, sizeof(uint32_t));
    w->x[0] = floats(c, in_slots * n * tokens * net->shape.embedding);
    carve_layers(c, w, slots * n, chunk_rows);
    if (!net->wraps)
        carve_cls_layer(c, w, slots * n, w->chunk * n);
    carve_scratch(c, w, chunk_rows);
}

static void plan(vit_work *w, const vit_net *net, size_t n_samples, bool train) {
    size_t tokens = net->block_tokens, rows = n_samples * tokens;
    w->net = net;
    w->kernels = vit_kernels_best();
    w->max_samples = n_samples;
    w->train = train;
    w->keep = train && net->n_blocks * rows * row_bytes(net) <= KEEP_BYTES;
    w->full = full_layers(net);
    w->chunk = (CHUNK_ROWS + rows - 1) / rows;
    if (w->chunk > net->n_blocks)
        w->chunk = net->n_blocks;
    w->row = up(tokens, 8);
    w->ep = up(net->shape.embedding, 64);
    w->tile = w->row; /* multiples of 8, as dropout runs go by 64 */
    if (w->row * w->row > TILE_FLOATS) {
        w->tile = 2 * TILE_FLOATS / w->row / 8 * 8;
        w->tile = w->tile < 16 ? 16 : w->tile > 64 ? 64 : w->tile;
    }
}

/* Block (a, b, c) visits the patches (a r + i, b r + j, c r + k) mod grid, i outermost. */
static void list_patches(vit_work *w) {
    const vit_net *net = w->net;
    size_t r = net->shape.block;
    const size_t *g = net->tokens;
    uint32_t *next = w->patch_of;
    for (size_t b = 0; b < net->n_blocks; b++) {
        size_t k0 = b % net->blocks[2] * r;
        size_t j0 = b / net->blocks[2] % net->blocks[1] * r;
        size_t i0 = b / net->blocks[2] / net->blocks[1] * r;
        for (size_t i = i0; i < i0 + r; i++)
            for (size_t j = j0; j < j0 + r; j++)
                for (size_t k = k0; k < k0 + r; k++)
                    *next++ = (uint32_t)((i % g[0] * g[1] + j % g[1]) * g[2] + k % g[2]);
    }
    for (size_t i = 0; i < net->n_patches; i++)
        w->identity[i] = (uint32_t)i;
}

rise_status vit_work_new(const vit_net *net, size_t n_samples, bool train, vit_work **out,
                         rise_error *err) {
    vit_work *w = calloc(1, sizeof *w);
    size_t full = full_layers(net);
    if (w != NULL) {
        w->x = calloc(full + 1, sizeof *w->x);
        w->layer = calloc(full + 1, sizeof *w->layer);
        w->grad = calloc(full + 1, sizeof *w->grad);
    }
    if (w == NULL || w->x == NULL || w->layer == NULL || w->grad == NULL) {
        vit_work_free(w);
        return rise_fail_nomem(err, "a workspace of the network");
    }
    plan(w, net, n_samples, train);
    carver c = {0};
    carve(&c, w);
    w->memory = aligned_alloc(64, c.used);
    if (w->memory == NULL) {
        vit_work_free(w);
        return rise_fail(err, RISE_E_NOMEM, "out of memory for a workspace of %.0f MiB",
                         (double)c.used / 1048576.0);
    }
    memset(w->memory, 0, c.used); /* pads and rows not yet written are read, never used */
    c = (carver){.base = w->memory};
    carve(&c, w);
    list_patches(w);
    *out = w;
    return RISE_OK;
}

void vit_work_free(vit_work *work) {
    if (work == NULL)
        return;
    free(work->memory);
    free(work->x);
    free(work->layer);
    free(work->grad);
    free(work);
}

void vit_work_on_stop(vit_work *work, bool (*stop)(void *user), void *user) {
    work->stop = stop;
    work->stop_user = user;
}

size_t vit_work_bytes(const vit_net *net, size_t n_samples, bool train) {
    size_t layers = full_layers(net) + 1;
    vit_work w = {.x = calloc(layers, sizeof *w.x),
                  .layer = calloc(layers, sizeof *w.layer),
                  .grad = calloc(layers, sizeof *w.grad)};
    carver c = {0};
    plan(&w, net, n_samples, train);
    if (w.x != NULL && w.layer != NULL && w.grad != NULL)
        carve(&c, &w);
    free(w.x);
    free(w.layer);
    free(w.grad);
    return c.used;
}

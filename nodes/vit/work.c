/* vit/work.c: the memory of one call, cut from a single block.
 *
 * How many samples and blocks go together follows from the shape alone, so that results never
 * depend on the machine. */
#include "inner.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_ROWS 512u /* rows that make a product efficient */
#define GROUP_ROWS 288u
#define TILE_FLOATS 32768u /* attention weights that need no tiles */
#define TILE_ROWS 64u
#define KEYS 256u
#define KEYS_MAX 384u /* keys that need no tiles */

static size_t up(size_t n, size_t to) {
    return (n + to - 1) / to * to;
}

static size_t full_layers(const vit_net *net) {
    return net->wraps ? net->shape.layers : net->shape.layers - 1;
}

size_t vit_group_size(const vit_net *net) {
    size_t n = 1;
    while (2 * n <= VIT_GROUP_MAX && 2 * n * net->block_tokens <= GROUP_ROWS)
        n *= 2;
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
    w->score = floats(c, w->tile * w->keys);
    w->dscore = floats(c, w->tile * w->keys);
    w->amask = floats(c, w->tile * w->keys);
    w->kt = floats(c, net->head_size * up(w->row, w->keys));
    w->vt = floats(c, net->head_size * up(w->row, w->keys));
    w->dots = floats(c, w->tile);
    w->factor = floats(c, w->tile);
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
    w->line_at = piece(c, net->patch_in / net->shape.patch, sizeof(size_t));
    w->x[0] = floats(c, in_slots * n * tokens * net->shape.embedding);
    carve_layers(c, w, slots * n, chunk_rows);
    if (!net->wraps)
        carve_cls_layer(c, w, slots * n, w->chunk * n);
    carve_scratch(c, w, chunk_rows);
}

/* Weights of attention at a time. Tiles are multiples of 8 rows, or of 64 keys, since dropout goes
 * by runs of 64 elements. */
static void plan_attention(vit_work *w, size_t tokens) {
    if (tokens <= KEYS_MAX) {
        w->row = w->keys = up(tokens, 8);
        w->tile = w->row * w->row > TILE_FLOATS ? TILE_ROWS : w->row;
    } else {
        w->row = up(tokens, 64);
        size_t n_tiles = tokens / KEYS;
        w->keys = up((tokens + n_tiles - 1) / n_tiles, 64);
        w->tile = TILE_ROWS;
    }
}

static void plan(vit_work *w, const vit_net *net, size_t n_samples, vit_use use) {
    size_t tokens = net->block_tokens, rows = n_samples * tokens;
    w->net = net;
    w->kernels = vit_kernels_best();
    w->max_samples = n_samples;
    w->train = use != VIT_FORWARD;
    w->keep = use == VIT_KEEP;
    w->full = full_layers(net);
    w->chunk = (CHUNK_ROWS + rows - 1) / rows;
    if (w->chunk > net->n_blocks)
        w->chunk = net->n_blocks;
    w->ep = up(net->shape.embedding, 64);
    plan_attention(w, tokens);
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

/* The arrays of one per layer. */
static rise_status lists(vit_work *w, const vit_net *net, rise_error *err) {
    size_t full = full_layers(net);
    w->x = calloc(full + 1, sizeof *w->x);
    w->layer = calloc(full + 1, sizeof *w->layer);
    w->grad = calloc(full + 1, sizeof *w->grad);
    return w->x != NULL && w->layer != NULL && w->grad != NULL
               ? RISE_OK
               : rise_fail_nomem(err, "a workspace of the network");
}

static void list_lines(vit_work *w) {
    const vit_net *net = w->net;
    const size_t *g = net->shape.grid;
    size_t p = net->shape.patch;
    for (size_t line = 0; line < net->patch_in / p; line++)
        w->line_at[line] = ((line / (p * p) * g[0] + line / p % p) * g[1] + line % p) * g[2];
}

size_t vit_work_bytes(const vit_net *net, size_t n_samples, vit_use use) {
    vit_work w = {0};
    carver c = {0};
    if (lists(&w, net, NULL) == RISE_OK) {
        plan(&w, net, n_samples, use);
        carve(&c, &w);
    }
    free(w.x);
    free(w.layer);
    free(w.grad);
    return c.used;
}

rise_status vit_work_new(const vit_net *net, size_t n_samples, vit_use use, vit_work **out,
                         rise_error *err) {
    vit_work *w = calloc(1, sizeof *w);
    rise_status status =
        w != NULL ? lists(w, net, err) : rise_fail_nomem(err, "a workspace of the network");
    if (status != RISE_OK) {
        vit_work_free(w);
        return status;
    }
    plan(w, net, n_samples, use);
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
    list_lines(w);
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

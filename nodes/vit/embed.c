/* vit/embed.c: from voxels to tokens, and the gradient back.
 *
 * The convolution with stride = kernel is a product of patches written as rows, in the order
 * (channel, di, dj, dk) of its weights. Rows come in the order of the visits; the CLS row of each
 * sequence is left out: it is a row of zeros where skipping it would cost more. */
#include "inner.h"

#include <string.h>

static size_t voxels_per_sample(const vit_net *net) {
    return net->shape.channels * net->shape.grid[0] * net->shape.grid[1] * net->shape.grid[2];
}

/* Offset of the first voxel of a patch within a sample. */
static size_t corner(const vit_net *net, uint32_t patch) {
    const size_t *g = net->shape.grid, *t = net->tokens, p = net->shape.patch;
    size_t k = patch % t[2], j = patch / t[2] % t[1], i = patch / t[2] / t[1];
    return (i * p * g[1] + j * p) * g[2] + k * p;
}

/* The common size without a call. */
static inline void copy_line(float *to, const float *from, size_t p) {
    if (p == 2)
        memcpy(to, from, 2 * sizeof *to);
    else
        memcpy(to, from, p * sizeof *to);
}

static void patches_to_rows(const vit_call *c, const float *voxels, const uint32_t *patch_of,
                            size_t n_seq, size_t T, float *columns) {
    const vit_net *net = c->net;
    size_t p = net->shape.patch, width = net->patch_in, volume = voxels_per_sample(net);
    for (size_t seq = 0; seq < n_seq; seq++) {
        const float *sample = voxels + seq % c->n * volume;
        const uint32_t *patch = patch_of + seq / c->n * (T - 1);
        float *row = columns + seq * T * width;
        memset(row, 0, width * sizeof *row);
        for (size_t t = 1; t < T; t++) {
            const float *from = sample + corner(net, patch[t - 1]);
            for (size_t line = 0; line < width / p; line++)
                copy_line(row + t * width + line * p, from + c->work->line_at[line], p);
        }
    }
}

static void rows_to_patches(const vit_call *c, const float *columns, const uint32_t *patch_of,
                            size_t n_seq, size_t T, float *voxels) {
    const vit_net *net = c->net;
    size_t p = net->shape.patch, width = net->patch_in, volume = voxels_per_sample(net);
    for (size_t seq = 0; seq < n_seq; seq++) {
        float *sample = voxels + seq % c->n * volume;
        const uint32_t *patch = patch_of + seq / c->n * (T - 1);
        const float *row = columns + seq * T * width;
        for (size_t t = 1; t < T; t++) {
            float *to = sample + corner(net, patch[t - 1]);
            for (size_t line = 0; line < width / p; line++)
                copy_line(to + c->work->line_at[line], row + t * width + line * p, p);
        }
    }
}

/* How many of the `left` patches from this one on are neighbours in the grid, and so in memory. */
static size_t run_of(const vit_call *c, const uint32_t *patch, size_t left) {
    size_t n = 1, most = left < c->net->block_tokens ? left : c->net->block_tokens;
    while (n < most && patch[n] == patch[0] + n)
        n++;
    return n;
}

/* Dropout of tokens that follow each other, in place. */
static void drop_tokens(vit_call *c, size_t sample, size_t token, size_t n, float *x) {
    if (c->dropout == NULL)
        return;
    vit_mask m = vit_mask_at(c, 0, sample, 0, VIT_SITE_EMBED);
    size_t ep = c->work->ep, e = c->net->shape.embedding;
    c->k->mask(n * ep, token * ep, &m, c->work->mask);
    c->k->multiply(n, e, x, e, c->work->mask, ep, x, e);
}

/* Of sequences of two tokens every second row is a patch: a stride skips CLS exactly. Longer ones
 * take the CLS row along. */
typedef struct embed_rows {
    size_t first, n, step;
} embed_rows;

static embed_rows rows_of(size_t n_seq, size_t T) {
    return T == 2 ? (embed_rows){1, n_seq, 2} : (embed_rows){0, n_seq * T, 1};
}

void vit_embed(vit_call *c, const float *voxels, const uint32_t *patch_of, size_t n_seq, size_t T,
               float *x) {
    const vit_net *net = c->net;
    size_t e = net->shape.embedding, width = net->patch_in;
    float *columns = c->work->columns;
    const float *bias = c->weights->p + net->at.conv_b;
    const float *position = c->weights->p + net->at.position;
    patches_to_rows(c, voxels, patch_of, n_seq, T, columns);
    embed_rows r = rows_of(n_seq, T);
    vit_nn(c, r.n, e, width, columns + r.first * width, r.step * width,
           c->weights->t + net->at.conv_w, e, 0, x + r.first * e, r.step * e);
    for (size_t seq = 0; seq < n_seq; seq++)
        for (size_t t = 1, n; t < T; t += n) {
            const uint32_t *patch = patch_of + seq / c->n * (T - 1) + t - 1;
            size_t token = 1 + *patch;
            float *row = x + (seq * T + t) * e;
            n = run_of(c, patch, T - t);
            c->k->add_bias(n, e, e, bias, row);
            c->k->add_bias(1, n * e, n * e, position + token * e, row);
            drop_tokens(c, seq % c->n, token, n, row);
        }
}

void vit_embed_back(vit_call *c, const float *voxels, const uint32_t *patch_of, size_t n_seq,
                    size_t T, float *dx, float *d_voxels) {
    const vit_net *net = c->net;
    size_t e = net->shape.embedding, width = net->patch_in;
    float *columns = c->work->columns;
    for (size_t seq = 0; seq < n_seq; seq++) {
        memset(dx + seq * T * e, 0, e * sizeof *dx);
        for (size_t t = 1, n; t < T; t += n) {
            const uint32_t *patch = patch_of + seq / c->n * (T - 1) + t - 1;
            size_t token = 1 + *patch;
            float *row = dx + (seq * T + t) * e;
            n = run_of(c, patch, T - t);
            drop_tokens(c, seq % c->n, token, n, row);
            if (c->d_params != NULL) {
                c->k->add_bias(1, n * e, n * e, row, c->d_params + net->at.position + token * e);
                c->k->column_sums(n, e, e, row, c->d_params + net->at.conv_b);
            }
        }
    }
    embed_rows r = rows_of(n_seq, T);
    float *d = dx + r.first * e, *col = columns + r.first * width;
    if (c->d_params != NULL) {
        patches_to_rows(c, voxels, patch_of, n_seq, T, columns);
        vit_tn(c, e, width, r.n, d, r.step * e, col, r.step * width, c->d_params + net->at.conv_w,
               width);
    }
    if (d_voxels != NULL) {
        vit_nn(c, r.n, width, e, d, r.step * e, c->weights->p + net->at.conv_w, width, 0, col,
               r.step * width);
        rows_to_patches(c, columns, patch_of, n_seq, T, d_voxels);
    }
}

void vit_embed_cls(vit_call *c, float *cls, size_t ld) {
    const vit_net *net = c->net;
    size_t e = net->shape.embedding;
    for (size_t s = 0; s < c->n; s++) {
        float *row = cls + s * ld;
        memcpy(row, c->weights->p + net->at.cls, e * sizeof *row);
        c->k->add_bias(1, e, e, c->weights->p + net->at.position, row);
        drop_tokens(c, s, 0, 1, row);
    }
}

void vit_embed_cls_back(vit_call *c, const float *d_cls, size_t ld) {
    const vit_net *net = c->net;
    size_t e = net->shape.embedding;
    if (c->d_params == NULL)
        return;
    for (size_t s = 0; s < c->n; s++) {
        float *row = c->work->t1;
        memcpy(row, d_cls + s * ld, e * sizeof *row);
        drop_tokens(c, s, 0, 1, row);
        c->k->add_bias(1, e, e, row, c->d_params + net->at.cls);
        c->k->add_bias(1, e, e, row, c->d_params + net->at.position);
    }
}

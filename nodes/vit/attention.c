/* vit/attention.c: softmax(Q K^T / sqrt(D)) V for every query of every sequence.
 *
 * Weights live for a tile of query rows and a tile of keys only, with a maximum and a sum for each
 * row that grow from tile to tile; the backward pass makes the weights again from these two. So
 * memory does not grow with the square of the block. */
#include "inner.h"

#include <math.h>
#include <string.h>

enum { TINY = 4, SMALL = 32 }; /* tokens up to which own products beat the library's */

/* One head of one sequence. */
typedef struct head {
    const float *q, *k, *v; /* (T, D), 3E apart */
    float *top, *inverse;   /* (T) */
    size_t block, sample, layer, index;
} head;

static head head_of(const vit_call *c, const vit_span *s, size_t layer, size_t seq, size_t h) {
    const vit_net *net = c->net;
    const vit_layer_acts *a = &c->work->layer[layer];
    size_t T = net->block_tokens, e = net->shape.embedding, heads = net->shape.heads;
    size_t at = s->slot * c->n + seq;
    const float *q = a->qkv + at * T * 3 * e + h * net->head_size;
    return (head){
        .q = q,
        .k = q + e,
        .v = q + 2 * e,
        .top = a->top + (at * heads + h) * T,
        .inverse = a->inverse + (at * heads + h) * T,
        .block = s->first + seq / c->n,
        .sample = seq % c->n,
        .layer = layer,
        .index = h,
    };
}

/* Keys first .. first + n - 1, whose transpose (D, n) begins at `at` and has rows of `keys`. */
typedef struct key_tile {
    size_t first, n, at;
} key_tile;

static key_tile tile_of(const vit_call *c, size_t first) {
    size_t T = c->net->block_tokens, keys = c->work->keys;
    return (key_tile){first, T - first < keys ? T - first : keys, first * c->net->head_size};
}

/* (T, D), `ld` apart -> (D, keys) for each tile; tiny blocks do without. */
static void transpose(const vit_call *c, const float *from, size_t ld, float *to) {
    size_t T = c->net->block_tokens, keys = c->work->keys, size = c->net->head_size;
    for (size_t first = 0; T > TINY && first < T; first += keys) {
        key_tile t = tile_of(c, first);
        c->k->transpose(t.n, size, from + first * ld, ld, to + t.at, keys);
    }
}

/* out (rows, n) = a (rows, D) b (T, D)^T for the keys of a tile; bt is b transposed, with zeros up
 * to a multiple of 8, which the library likes better than a single last column. */
static void scores(vit_call *c, const key_tile *t, size_t rows, const float *a, size_t ld_a,
                   const float *b, size_t ld_b, const float *bt, float *out) {
    size_t T = c->net->block_tokens, keys = c->work->keys, d = c->net->head_size;
    if (T <= TINY)
        c->k->nt(rows, T, d, a, ld_a, b, ld_b, out, keys);
    else if (T <= SMALL)
        c->k->nn(rows, keys, d, a, ld_a, bt, keys, out, keys);
    else
        vit_nn(c, rows, (t->n + 7) / 8 * 8, d, a, ld_a, bt + t->at, keys, 0, out, keys);
}

/* out (rows, D) = weights (rows, n) b (n, D), added to what earlier tiles gave */
static void average(vit_call *c, const key_tile *t, size_t rows, const float *weights,
                    const float *b, size_t ld_b, float *out, size_t ld_out) {
    size_t T = c->net->block_tokens, keys = c->work->keys, d = c->net->head_size;
    if (T <= SMALL)
        c->k->nn(rows, d, T, weights, keys, b, ld_b, out, ld_out);
    else
        vit_nn(c, rows, d, t->n, weights, keys, b + t->first * ld_b, ld_b, t->first > 0, out,
               ld_out);
}

/* out (n, D) += weights (rows, n)^T a (rows, D) */
static void spread(vit_call *c, const key_tile *t, size_t rows, const float *weights,
                   const float *a, size_t ld_a, float *out, size_t ld_out) {
    size_t T = c->net->block_tokens, keys = c->work->keys, d = c->net->head_size;
    if (T <= SMALL)
        c->k->tn(T, d, rows, weights, keys, a, ld_a, 1, out, ld_out);
    else
        vit_tn(c, t->n, d, rows, weights, keys, a, ld_a, out + t->first * ld_out, ld_out);
}

/* Dropout multipliers of a tile of keys for `rows` query rows from `first` on, rows of `keys`; or
 * NULL. Element (h, i, j) has the number (h row + i) row + j. Without tiles that is one run of
 * elements, else `keys` and `row` are multiples of 64. */
static const float *attention_mask(vit_call *c, const head *h, const key_tile *t, size_t first,
                                   size_t rows) {
    vit_work *w = c->work;
    if (c->dropout == NULL)
        return NULL;
    vit_mask m = vit_mask_at(c, h->block, h->sample, h->layer, VIT_SITE_ATTENTION);
    uint64_t element = (uint64_t)(h->index * w->row + first) * w->row + t->first;
    if (w->keys == w->row) {
        c->k->mask((rows + 7) / 8 * 8 * w->row, element, &m, w->amask);
        return w->amask;
    }
    for (size_t i = 0; i < rows; i++)
        c->k->mask((t->n + 63) / 64 * 64, element + i * w->row, &m, w->amask + i * w->keys);
    return w->amask;
}

static float score_scale(const vit_call *c) {
    return (float)(1.0 / sqrt((double)c->net->head_size));
}

/* Rows first .. first + rows - 1 of o (T, D), tile of keys by tile of keys. */
static void attend(vit_call *c, const head *h, size_t first, size_t rows, float *o) {
    vit_work *w = c->work;
    size_t T = c->net->block_tokens, e = c->net->shape.embedding, d = c->net->head_size;
    size_t ld = 3 * e;
    float *top = h->top + first, *inverse = h->inverse + first, *sum = w->dots;
    for (size_t j = 0; j < T; j += w->keys) {
        key_tile t = tile_of(c, j);
        scores(c, &t, rows, h->q + first * ld, ld, h->k, ld, w->kt, w->score);
        const float *mask = attention_mask(c, h, &t, first, rows);
        c->k->soften(rows, t.n, w->keys, score_scale(c), j == 0, mask, w->keys, w->score, top, sum,
                     w->factor);
        if (j > 0)
            c->k->scale_rows(rows, d, e, w->factor, o);
        average(c, &t, rows, w->score, h->v, ld, o, e);
    }
    for (size_t i = 0; i < rows; i++)
        inverse[i] = 1.0f / sum[i];
    c->k->scale_rows(rows, d, e, inverse, o);
}

void vit_attention(vit_call *c, const vit_span *s, size_t layer) {
    size_t T = c->net->block_tokens, e = c->net->shape.embedding, d = c->net->head_size;
    size_t tile = c->work->tile;
    float *o = c->work->layer[layer].o + vit_rows(c, s->slot) * e;
    for (size_t seq = 0; seq < s->n * c->n; seq++)
        for (size_t i = 0; i < c->net->shape.heads; i++) {
            head h = head_of(c, s, layer, seq, i);
            transpose(c, h.k, 3 * e, c->work->kt);
            for (size_t q = 0; q < T && vit_going_on(c); q += tile)
                attend(c, &h, q, T - q < tile ? T - q : tile, o + (seq * T + q) * e + i * d);
        }
}

/* With P the weights, m the multipliers, A = m P:  dV = A^T dO;  dA = dO V^T;
 * dS = P (m dA - rowsum(dO O)) / sqrt(D);  dQ = dS K;  dK = dS^T Q. For a tile of query rows;
 * `dq` is where this head's gradients begin, in rows of 3E. */
static void attend_back(vit_call *c, const head *h, size_t first, size_t rows, const float *o,
                        const float *d_o, float *dq) {
    vit_work *w = c->work;
    size_t T = c->net->block_tokens, e = c->net->shape.embedding, ld = 3 * e;
    const float *q = h->q + first * ld;
    float *dk = dq + e, *dv = dq + 2 * e;
    c->k->row_dots(rows, c->net->head_size, d_o, e, o, e, w->dots);
    for (size_t j = 0; j < T; j += w->keys) {
        key_tile t = tile_of(c, j);
        scores(c, &t, rows, q, ld, h->k, ld, w->kt, w->score);
        scores(c, &t, rows, d_o, e, h->v, ld, w->vt, w->dscore);
        const float *mask = attention_mask(c, h, &t, first, rows);
        c->k->soften_back(rows, t.n, w->keys, score_scale(c), mask, w->keys, h->top + first,
                          h->inverse + first, w->dots, w->score, w->dscore);
        spread(c, &t, rows, w->score, d_o, e, dv, ld);
        average(c, &t, rows, w->dscore, h->k, ld, dq + first * ld, ld);
        spread(c, &t, rows, w->dscore, q, ld, dk, ld);
    }
}

void vit_attention_back(vit_call *c, const vit_span *s, size_t layer, const float *d_o) {
    vit_work *w = c->work;
    size_t T = c->net->block_tokens, e = c->net->shape.embedding, d = c->net->head_size;
    const float *o = w->layer[layer].o + vit_rows(c, s->slot) * e;
    float *dqkv = w->grad[layer].dqkv + vit_rows(c, s->grad) * 3 * e;
    memset(dqkv, 0, vit_rows(c, s->n) * 3 * e * sizeof *dqkv); /* keys and values are added to */
    for (size_t seq = 0; seq < s->n * c->n; seq++)
        for (size_t i = 0; i < c->net->shape.heads; i++) {
            head h = head_of(c, s, layer, seq, i);
            transpose(c, h.k, 3 * e, w->kt);
            transpose(c, h.v, 3 * e, w->vt);
            for (size_t q = 0; q < T && vit_going_on(c); q += w->tile) {
                size_t at = (seq * T + q) * e + i * d;
                attend_back(c, &h, q, T - q < w->tile ? T - q : w->tile, o + at, d_o + at,
                            dqkv + seq * T * 3 * e + i * d);
            }
        }
}

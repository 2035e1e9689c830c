/* vit/attention.c: softmax(Q K^T / sqrt(D)) V for every query of every sequence.
 *
 * Weights live for a tile of query rows only; the backward pass makes them again from the kept
 * maximum and sum of each row, so memory does not grow with the square of the block. */
#include "inner.h"

#include <math.h>

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

/* (T, D), `ld` apart -> (D, Tp), zeros in the pad */
static void transpose(const vit_call *c, const float *from, size_t ld, float *to) {
    size_t T = c->net->block_tokens, row = c->work->row;
    for (size_t j = 0; j < T; j++)
        for (size_t d = 0; d < c->net->head_size; d++)
            to[d * row + j] = from[j * ld + d];
}

/* out (rows, Tp) = a (rows, D) b (T, D)^T; bt is b transposed (not needed for tiny blocks). */
static void scores(vit_call *c, size_t rows, const float *a, size_t ld_a, const float *b,
                   size_t ld_b, const float *bt, float *out) {
    size_t T = c->net->block_tokens, row = c->work->row, d = c->net->head_size;
    if (T <= TINY)
        c->k->nt(rows, T, d, a, ld_a, b, ld_b, out, row);
    else if (T <= SMALL)
        c->k->nn(rows, row, d, a, ld_a, bt, row, out, row);
    else
        vit_nn(c, rows, T, d, a, ld_a, bt, row, 0, out, row);
}

/* out (rows, D) = weights (rows, T) b (T, D) */
static void average(vit_call *c, size_t rows, const float *weights, const float *b, size_t ld_b,
                    float *out, size_t ld_out) {
    size_t T = c->net->block_tokens, row = c->work->row, d = c->net->head_size;
    if (T <= SMALL)
        c->k->nn(rows, d, T, weights, row, b, ld_b, out, ld_out);
    else
        vit_nn(c, rows, d, T, weights, row, b, ld_b, 0, out, ld_out);
}

/* out (T, D) += weights (rows, T)^T a (rows, D) */
static void spread(vit_call *c, size_t rows, const float *weights, const float *a, size_t ld_a,
                   float *out, size_t ld_out) {
    size_t T = c->net->block_tokens, row = c->work->row, d = c->net->head_size;
    if (T <= SMALL)
        c->k->tn(T, d, rows, weights, row, a, ld_a, 1, out, ld_out);
    else
        vit_tn(c, T, d, rows, weights, row, a, ld_a, out, ld_out);
}

/* Dropout multipliers of `rows` query rows from `first` on, or NULL. */
static const float *attention_mask(vit_call *c, const head *h, size_t first, size_t rows) {
    vit_work *w = c->work;
    if (c->dropout == NULL)
        return NULL;
    vit_mask m = vit_mask_at(c, h->block, h->sample, h->layer, VIT_SITE_ATTENTION);
    uint64_t element = (uint64_t)(h->index * w->row + first) * w->row;
    c->k->mask((rows + 7) / 8 * 8 * w->row, element, &m, w->amask);
    return w->amask;
}

static float score_scale(const vit_call *c) {
    return (float)(1.0 / sqrt((double)c->net->head_size));
}

static void attend(vit_call *c, const head *h, float *o) {
    vit_work *w = c->work;
    size_t T = c->net->block_tokens, e = c->net->shape.embedding, ld = 3 * e;
    if (T > TINY)
        transpose(c, h->k, ld, w->kt);
    for (size_t i = 0; i < T && vit_going_on(c); i += w->tile) {
        size_t rows = T - i < w->tile ? T - i : w->tile;
        scores(c, rows, h->q + i * ld, ld, h->k, ld, w->kt, w->score);
        c->k->softmax(rows, T, w->row, score_scale(c), w->score, h->top + i, h->inverse + i);
        const float *mask = attention_mask(c, h, i, rows);
        if (mask != NULL)
            c->k->multiply(1, rows * w->row, w->score, 0, mask, 0, w->score, 0);
        average(c, rows, w->score, h->v, ld, o + i * e, e);
    }
}

void vit_attention(vit_call *c, const vit_span *s, size_t layer) {
    size_t T = c->net->block_tokens, e = c->net->shape.embedding, d = c->net->head_size;
    float *o = c->work->layer[layer].o + vit_rows(c, s->slot) * e;
    for (size_t seq = 0; seq < s->n * c->n; seq++)
        for (size_t i = 0; i < c->net->shape.heads; i++) {
            head h = head_of(c, s, layer, seq, i);
            attend(c, &h, o + seq * T * e + i * d);
        }
}

/* With P the weights, m the multipliers, A = m P:  dV = A^T dO;  dA = dO V^T;
 * dS = P (m dA - rowsum(dO O)) / sqrt(D);  dQ = dS K;  dK = dS^T Q. `dq` is where this head's
 * gradients begin, in rows of 3E. */
static void attend_back(vit_call *c, const head *h, const float *o, const float *d_o, float *dq) {
    vit_work *w = c->work;
    size_t T = c->net->block_tokens, e = c->net->shape.embedding, ld = 3 * e;
    size_t d = c->net->head_size;
    float *dk = dq + e, *dv = dq + 2 * e;
    if (T > TINY) {
        transpose(c, h->k, ld, w->kt);
        transpose(c, h->v, ld, w->vt);
    }
    for (size_t t = 0; t < T; t++)
        for (size_t j = 0; j < d; j++)
            dk[t * ld + j] = dv[t * ld + j] = 0;
    for (size_t i = 0; i < T && vit_going_on(c); i += w->tile) {
        size_t rows = T - i < w->tile ? T - i : w->tile;
        const float *q = h->q + i * ld, *up = d_o + i * e;
        scores(c, rows, q, ld, h->k, ld, w->kt, w->score);
        c->k->softmax_again(rows, T, w->row, score_scale(c), w->score, h->top + i, h->inverse + i);
        scores(c, rows, up, e, h->v, ld, w->vt, w->dscore);
        for (size_t r = 0; r < rows; r++) /* the pad of the last tile is not a number to trust */
            for (size_t j = T; j < w->row; j++)
                w->dscore[r * w->row + j] = 0;
        c->k->row_dots(rows, d, up, e, o + i * e, e, w->dots);
        const float *mask = attention_mask(c, h, i, rows);
        c->k->softmax_back(rows, w->row, score_scale(c), w->score, mask, w->dots, w->dscore);
        if (mask != NULL)
            c->k->multiply(1, rows * w->row, w->score, 0, mask, 0, w->score, 0);
        spread(c, rows, w->score, up, e, dv, ld);
        average(c, rows, w->dscore, h->k, ld, dq + i * ld, ld);
        spread(c, rows, w->dscore, q, ld, dk, ld);
    }
}

void vit_attention_back(vit_call *c, const vit_span *s, size_t layer, const float *d_o) {
    size_t T = c->net->block_tokens, e = c->net->shape.embedding, d = c->net->head_size;
    const float *o = c->work->layer[layer].o + vit_rows(c, s->slot) * e;
    float *dqkv = c->work->grad[layer].dqkv + vit_rows(c, s->grad) * 3 * e;
    for (size_t seq = 0; seq < s->n * c->n; seq++)
        for (size_t i = 0; i < c->net->shape.heads; i++) {
            head h = head_of(c, s, layer, seq, i);
            size_t at = seq * T * e + i * d;
            attend_back(c, &h, o + at, d_o + at, dqkv + seq * T * 3 * e + i * d);
        }
}

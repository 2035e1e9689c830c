/* vit/cls_layer.c: the last layer where only the CLS row leaves the block.
 *
 * Keys and values are never formed. With q the query of CLS in head h,
 *   s_j = q.(Wk x_j + bk) = (Wk^T q).x_j + const,     the constant leaving the softmax as it is;
 *   o = sum_j a_j (Wv x_j + bv) = Wv (sum_j a_j x_j) + (sum_j a_j) bv,
 * so tokens are only read twice. The gradient of bk is exactly zero. */
#include "inner.h"

#include <math.h>
#include <string.h>

#define PARAM(c, which)                                                                            \
    ((c)->weights->p + (c)->net->at.layer.which + (c)->work->full * (c)->net->at.layer_size)
#define FLIPPED(c, which)                                                                          \
    ((c)->weights->t + (c)->net->at.layer.which + (c)->work->full * (c)->net->at.layer_size)
#define GRAD(c, which)                                                                             \
    ((c)->d_params == NULL                                                                         \
         ? NULL                                                                                    \
         : (c)->d_params + (c)->net->at.layer.which + (c)->work->full * (c)->net->at.layer_size)

static vit_cls_acts acts_of(const vit_call *c, const vit_span *s) {
    vit_cls_acts a = c->work->cls_acts;
    size_t e = c->net->shape.embedding, heads = c->net->shape.heads, seq = s->slot * c->n;
    a.q += seq * e;
    a.u += seq * heads * e;
    a.a += seq * heads * c->work->row;
    a.z += seq * heads * e;
    a.am += seq * heads;
    a.o += seq * e;
    a.xhat1 += seq * e;
    a.rstd1 += seq;
    a.h += seq * c->net->hidden;
    a.xhat2 += seq * e;
    a.rstd2 += seq;
    return a;
}

static vit_cls_grads grads_of(const vit_call *c, const vit_span *s) {
    vit_cls_grads g = c->work->cls_grads;
    size_t e = c->net->shape.embedding, heads = c->net->shape.heads, seq = s->grad * c->n;
    g.dq += seq * e;
    g.du += seq * heads * e;
    g.d_o += seq * e;
    g.d_out += seq * e;
    g.dh += seq * c->net->hidden;
    g.d_ff += seq * e;
    return g;
}

/* Dropout multipliers of the CLS row of each head, (H, Tp) `*ld` apart, or NULL. */
static const float *cls_mask(vit_call *c, const vit_span *s, size_t seq, size_t *ld) {
    vit_work *w = c->work;
    *ld = (w->row + 63) / 64 * 64;
    if (c->dropout == NULL)
        return NULL;
    vit_mask m = vit_mask_at(c, s->first + seq / c->n, seq % c->n, w->full, VIT_SITE_ATTENTION);
    for (size_t h = 0; h < c->net->shape.heads; h++)
        c->k->mask(*ld, (uint64_t)h * w->row * w->row, &m, w->cls_mask + h * *ld);
    return w->cls_mask;
}

/* The weights after dropout, (H, Tp). */
static const float *dropped(vit_call *c, const float *a, const float *mask, size_t ld) {
    vit_work *w = c->work;
    if (mask == NULL)
        return a;
    c->k->multiply(c->net->shape.heads, w->row, a, w->row, mask, ld, w->cls_a, w->row);
    return w->cls_a;
}

static float score_scale(const vit_call *c) {
    return (float)(1.0 / sqrt((double)c->net->head_size));
}

/* x (T, E), u (H, E) -> a (H, Tp), z (H, E), am (H) */
static void attend(vit_call *c, const vit_span *s, size_t seq, const float *x, const float *u,
                   float *a, float *z, float *am) {
    vit_work *w = c->work;
    size_t T = c->net->block_tokens, e = c->net->shape.embedding, heads = c->net->shape.heads;
    c->k->nt(heads, T, e, u, e, x, e, a, w->row);
    for (size_t h = 0; h < heads; h++)
        c->k->softmax(1, T, w->row, score_scale(c), a + h * w->row);
    size_t ld;
    const float *mask = cls_mask(c, s, seq, &ld);
    const float *weights = dropped(c, a, mask, ld);
    c->k->nn(heads, e, T, weights, w->row, x, e, z, e);
    for (size_t h = 0; h < heads; h++) {
        float sum = 0;
        for (size_t j = 0; j < T; j++)
            sum += weights[h * w->row + j];
        am[h] = sum;
    }
}

void vit_cls_layer(vit_call *c, const vit_span *s, float *cls_out) {
    const vit_net *net = c->net;
    size_t e = net->shape.embedding, T = net->block_tokens, hidden = net->hidden;
    size_t heads = net->shape.heads, d = net->head_size, n_seq = s->n * c->n, full = c->work->full;
    const float *x = vit_input_rows(c, s, full), *wk = PARAM(c, in_w) + e * e;
    vit_cls_acts a = acts_of(c, s);
    float *t = c->work->t1, *y = c->work->t2;
    vit_nn(c, n_seq, e, e, x, T * e, FLIPPED(c, in_w), 3 * e, 0, a.q, e);
    c->k->add_bias(n_seq, e, e, PARAM(c, in_b), a.q);
    for (size_t h = 0; h < heads; h++)
        vit_nn(c, n_seq, e, d, a.q + h * d, e, wk + h * d * e, e, 0, a.u + h * e, heads * e);
    for (size_t q = 0; q < n_seq && vit_going_on(c); q++)
        attend(c, s, q, x + q * T * e, a.u + q * heads * e, a.a + q * heads * c->work->row,
               a.z + q * heads * e, a.am + q * heads);
    for (size_t h = 0; h < heads; h++) {
        const float *wv = FLIPPED(c, in_w) + 2 * e + h * d, *bv = PARAM(c, in_b) + 2 * e + h * d;
        vit_nn(c, n_seq, d, e, a.z + h * e, heads * e, wv, 3 * e, 0, a.o + h * d, e);
        for (size_t q = 0; q < n_seq; q++)
            for (size_t j = 0; j < d; j++)
                a.o[q * e + h * d + j] += a.am[q * heads + h] * bv[j];
    }
    vit_nn(c, n_seq, e, e, a.o, e, FLIPPED(c, out_w), e, 0, t, e);
    vit_add_norm(c, s, 1, full, VIT_SITE_OUT, x, T * e, t, PARAM(c, out_b), PARAM(c, ln1_w),
                 PARAM(c, ln1_b), a.xhat1, a.rstd1, y, e);
    vit_nn(c, n_seq, hidden, e, y, e, FLIPPED(c, ff0_w), hidden, 0, a.h, hidden);
    c->k->bias_relu(n_seq, hidden, PARAM(c, ff0_b), a.h);
    vit_nn(c, n_seq, e, hidden, a.h, hidden, FLIPPED(c, ff2_w), e, 0, t, e);
    vit_add_norm(c, s, 1, full, VIT_SITE_FF, y, e, t, PARAM(c, ff2_b), PARAM(c, ln2_w),
                 PARAM(c, ln2_b), a.xhat2, a.rstd2, cls_out, e);
}

/* Of one sequence: dz (H, E), dam (H) -> dx (T, E) overwritten, du (H, E). */
static void attend_back(vit_call *c, const vit_span *s, size_t seq, const float *x, const float *u,
                        const float *a, const float *dz, const float *dam, float *dx, float *du) {
    vit_work *w = c->work;
    size_t T = c->net->block_tokens, e = c->net->shape.embedding, heads = c->net->shape.heads;
    float *da = w->cls_da;
    c->k->nt(heads, T, e, dz, e, x, e, da, w->row);
    for (size_t h = 0; h < heads; h++)
        for (size_t j = 0; j < w->row; j++)
            da[h * w->row + j] = j < T ? da[h * w->row + j] + dam[h] : 0;
    size_t ld;
    const float *mask = cls_mask(c, s, seq, &ld);
    const float *weights = dropped(c, a, mask, ld);
    c->k->tn(T, e, heads, weights, w->row, dz, e, 0, dx, e);
    for (size_t h = 0; h < heads; h++) {
        float dot; /* sum_j a_j (m_j da_j), the masked weights being m_j a_j */
        c->k->row_dots(1, w->row, weights + h * w->row, 0, da + h * w->row, 0, &dot);
        c->k->softmax_back(1, w->row, score_scale(c), a + h * w->row,
                           mask != NULL ? mask + h * ld : NULL, &dot, da + h * w->row);
    }
    c->k->tn(T, e, heads, da, w->row, u, e, 1, dx, e);
    c->k->nn(heads, e, T, da, w->row, x, e, du, e);
}

void vit_cls_layer_back(vit_call *c, const vit_span *s, const float *d_cls, float *dx) {
    const vit_net *net = c->net;
    size_t e = net->shape.embedding, T = net->block_tokens, hidden = net->hidden;
    size_t heads = net->shape.heads, d = net->head_size, n_seq = s->n * c->n, full = c->work->full;
    const float *x = vit_input_rows(c, s, full), *w_in = PARAM(c, in_w);
    vit_cls_acts a = acts_of(c, s);
    vit_cls_grads g = grads_of(c, s);
    float *dy = c->work->t1, *ds = c->work->t2, *dz = c->work->cls_dz, *dam = c->work->cls_dam;
    c->k->norm_back(n_seq, e, d_cls, e, a.xhat2, a.rstd2, PARAM(c, ln2_w), GRAD(c, ln2_w),
                    GRAD(c, ln2_b), dy);
    vit_drop_rows(c, s, 1, full, VIT_SITE_FF, dy, g.d_ff);
    vit_nn(c, n_seq, hidden, e, g.d_ff, e, PARAM(c, ff2_w), hidden, 0, g.dh, hidden);
    c->k->relu_back(n_seq * hidden, a.h, g.dh);
    vit_nn(c, n_seq, e, hidden, g.dh, hidden, PARAM(c, ff0_w), e, 1, dy, e);
    c->k->norm_back(n_seq, e, dy, e, a.xhat1, a.rstd1, PARAM(c, ln1_w), GRAD(c, ln1_w),
                    GRAD(c, ln1_b), ds);
    vit_drop_rows(c, s, 1, full, VIT_SITE_OUT, ds, g.d_out);
    vit_nn(c, n_seq, e, e, g.d_out, e, PARAM(c, out_w), e, 0, g.d_o, e);
    for (size_t h = 0; h < heads; h++) {
        const float *bv = PARAM(c, in_b) + 2 * e + h * d;
        vit_nn(c, n_seq, e, d, g.d_o + h * d, e, w_in + (2 * e + h * d) * e, e, 0, dz + h * e,
               heads * e);
        for (size_t q = 0; q < n_seq; q++)
            c->k->row_dots(1, d, g.d_o + q * e + h * d, 0, bv, 0, dam + q * heads + h);
    }
    for (size_t q = 0; q < n_seq && vit_going_on(c); q++)
        attend_back(c, s, q, x + q * T * e, a.u + q * heads * e, a.a + q * heads * c->work->row,
                    dz + q * heads * e, dam + q * heads, dx + q * T * e, g.du + q * heads * e);
    for (size_t h = 0; h < heads; h++)
        vit_nn(c, n_seq, d, e, g.du + h * e, heads * e, FLIPPED(c, in_w) + e + h * d, 3 * e, 0,
               g.dq + h * d, e);
    vit_nn(c, n_seq, e, e, g.dq, e, w_in, e, 1, dx, T * e);
    for (size_t q = 0; q < n_seq; q++)
        c->k->add_bias(1, e, e, ds + q * e, dx + q * T * e);
}

void vit_cls_layer_gradients(vit_call *c, const vit_span *s) {
    const vit_net *net = c->net;
    size_t e = net->shape.embedding, T = net->block_tokens, hidden = net->hidden;
    size_t heads = net->shape.heads, d = net->head_size, n_seq = s->n * c->n;
    const float *x = vit_input_rows(c, s, c->work->full);
    vit_cls_acts a = acts_of(c, s);
    vit_cls_grads g = grads_of(c, s);
    float *y = c->work->t1, *dw = GRAD(c, in_w), *db = GRAD(c, in_b);
    c->k->scale_shift(n_seq, e, a.xhat1, PARAM(c, ln1_w), PARAM(c, ln1_b), y);
    vit_tn(c, e, hidden, n_seq, g.d_ff, e, a.h, hidden, GRAD(c, ff2_w), hidden);
    c->k->column_sums(n_seq, e, e, g.d_ff, GRAD(c, ff2_b));
    vit_tn(c, hidden, e, n_seq, g.dh, hidden, y, e, GRAD(c, ff0_w), e);
    c->k->column_sums(n_seq, hidden, hidden, g.dh, GRAD(c, ff0_b));
    vit_tn(c, e, e, n_seq, g.d_out, e, a.o, e, GRAD(c, out_w), e);
    c->k->column_sums(n_seq, e, e, g.d_out, GRAD(c, out_b));
    vit_tn(c, e, e, n_seq, g.dq, e, x, T * e, dw, e);
    c->k->column_sums(n_seq, e, e, g.dq, db);
    for (size_t h = 0; h < heads; h++) {
        vit_tn(c, d, e, n_seq, a.q + h * d, e, g.du + h * e, heads * e, dw + (e + h * d) * e, e);
        vit_tn(c, d, e, n_seq, g.d_o + h * d, e, a.z + h * e, heads * e, dw + (2 * e + h * d) * e,
               e);
        for (size_t q = 0; q < n_seq; q++)
            for (size_t j = 0; j < d; j++)
                db[2 * e + h * d + j] += a.am[q * heads + h] * g.d_o[q * e + h * d + j];
    }
}

/* vit/layer.c: one encoder layer on all tokens of a span of blocks, forward and backward.
 *
 *   y = LN1(x + drop(MHA(x)));  x' = LN2(y + drop(W2 relu(W1 y + b1) + b2))
 *
 * Backward runs in two steps: the gradient of the input, block by block because CLS chains them;
 * then the gradients of the weights, one product for a whole stretch of blocks. */
#include "inner.h"

/* Parameters, their transposes and (d, NULL if not wanted) their gradients, of one layer. */
#define PARAM(c, l, which)                                                                         \
    ((c)->weights->p + (c)->net->at.layer.which + (l) * (c)->net->at.layer_size)
#define FLIPPED(c, l, which)                                                                       \
    ((c)->weights->t + (c)->net->at.layer.which + (l) * (c)->net->at.layer_size)
#define GRAD(c, l, which)                                                                          \
    ((c)->d_params == NULL                                                                         \
         ? NULL                                                                                    \
         : (c)->d_params + (c)->net->at.layer.which + (l) * (c)->net->at.layer_size)

/* This span's part of the layer's activations. */
static vit_layer_acts acts_of(const vit_call *c, const vit_span *s, size_t layer) {
    vit_layer_acts a = c->work->layer[layer];
    size_t e = c->net->shape.embedding, row = vit_rows(c, s->slot);
    a.qkv += row * 3 * e;
    a.o += row * e;
    a.xhat1 += row * e;
    a.rstd1 += row;
    a.h += row * c->net->hidden;
    a.xhat2 += row * e;
    a.rstd2 += row;
    return a;
}

static vit_layer_grads grads_of(const vit_call *c, const vit_span *s, size_t layer) {
    vit_layer_grads g = c->work->grad[layer];
    size_t e = c->net->shape.embedding, row = vit_rows(c, s->grad);
    g.dqkv += row * 3 * e;
    g.d_out += row * e;
    g.dh += row * c->net->hidden;
    g.d_ff += row * e;
    return g;
}

/* qkv = x Win^T + b for `rows` rows that are `step` apart. */
static void project(vit_call *c, size_t layer, size_t rows, size_t step, const float *x,
                    float *qkv) {
    size_t e = c->net->shape.embedding;
    vit_nn(c, rows, 3 * e, e, x, step * e, FLIPPED(c, layer, in_w), 3 * e, 0, qkv, step * 3 * e);
    c->k->add_bias(rows, 3 * e, step * 3 * e, PARAM(c, layer, in_b), qkv);
}

/* Rows of CLS come along, with numbers that nobody reads, unless every second row is one. */
void vit_project(vit_call *c, const vit_span *s) {
    size_t e = c->net->shape.embedding, rows = vit_rows(c, s->n);
    const float *x = vit_input_rows(c, s, 0);
    float *qkv = acts_of(c, s, 0).qkv;
    if (c->net->block_tokens == 2)
        project(c, 0, rows / 2, 2, x + e, qkv + 3 * e);
    else
        project(c, 0, rows, 1, x, qkv);
}

void vit_layer(vit_call *c, const vit_span *s, size_t layer, bool projected) {
    const vit_net *net = c->net;
    size_t e = net->shape.embedding, T = net->block_tokens, hidden = net->hidden;
    size_t rows = vit_rows(c, s->n);
    vit_layer_acts a = acts_of(c, s, layer);
    const float *x = vit_input_rows(c, s, layer);
    float *t = c->work->t1, *y = c->work->t2, *out = c->work->x[layer + 1];
    if (projected)
        project(c, layer, rows / T, T, x, a.qkv);
    else
        project(c, layer, rows, 1, x, a.qkv);
    vit_attention(c, s, layer);
    vit_nn(c, rows, e, e, a.o, e, FLIPPED(c, layer, out_w), e, 0, t, e);
    vit_add_norm(c, s, T, layer, VIT_SITE_OUT, x, e, t, PARAM(c, layer, out_b),
                 PARAM(c, layer, ln1_w), PARAM(c, layer, ln1_b), a.xhat1, a.rstd1, y, e);
    vit_nn(c, rows, hidden, e, y, e, FLIPPED(c, layer, ff0_w), hidden, 0, a.h, hidden);
    c->k->bias_relu(rows, hidden, PARAM(c, layer, ff0_b), a.h);
    vit_nn(c, rows, e, hidden, a.h, hidden, FLIPPED(c, layer, ff2_w), e, 0, t, e);
    vit_add_norm(c, s, T, layer, VIT_SITE_FF, y, e, t, PARAM(c, layer, ff2_b),
                 PARAM(c, layer, ln2_w), PARAM(c, layer, ln2_b), a.xhat2, a.rstd2,
                 out + vit_rows(c, s->slot) * e, e);
}

void vit_layer_back(vit_call *c, const vit_span *s, size_t layer, const float *d_out, float *dx,
                    bool cls_only) {
    const vit_net *net = c->net;
    size_t e = net->shape.embedding, T = net->block_tokens, hidden = net->hidden;
    size_t rows = vit_rows(c, s->n);
    vit_layer_acts a = acts_of(c, s, layer);
    vit_layer_grads g = grads_of(c, s, layer);
    float *dy = c->work->t1, *d_o = c->work->t2;
    c->k->norm_back(rows, e, d_out, e, a.xhat2, a.rstd2, PARAM(c, layer, ln2_w),
                    GRAD(c, layer, ln2_w), GRAD(c, layer, ln2_b), dy);
    vit_drop_rows(c, s, T, layer, VIT_SITE_FF, dy, g.d_ff);
    vit_nn(c, rows, hidden, e, g.d_ff, e, PARAM(c, layer, ff2_w), hidden, 0, g.dh, hidden);
    c->k->relu_back(rows * hidden, a.h, g.dh);
    vit_nn(c, rows, e, hidden, g.dh, hidden, PARAM(c, layer, ff0_w), e, 1, dy, e);
    c->k->norm_back(rows, e, dy, e, a.xhat1, a.rstd1, PARAM(c, layer, ln1_w), GRAD(c, layer, ln1_w),
                    GRAD(c, layer, ln1_b), dx);
    vit_drop_rows(c, s, T, layer, VIT_SITE_OUT, dx, g.d_out);
    vit_nn(c, rows, e, e, g.d_out, e, PARAM(c, layer, out_w), e, 0, d_o, e);
    vit_attention_back(c, s, layer, d_o);
    if (cls_only)
        vit_nn(c, rows / T, e, 3 * e, g.dqkv, T * 3 * e, PARAM(c, layer, in_w), e, 1, dx, T * e);
    else
        vit_nn(c, rows, e, 3 * e, g.dqkv, 3 * e, PARAM(c, layer, in_w), e, 1, dx, e);
}

/* What `cls_only` left out, for a whole stretch. CLS rows get their share twice unless every second
 * row is one; by now they have been read. */
void vit_project_back(vit_call *c, const vit_span *s, float *dx) {
    size_t e = c->net->shape.embedding, rows = vit_rows(c, s->n);
    const float *dqkv = grads_of(c, s, 0).dqkv, *w = PARAM(c, 0, in_w);
    if (c->net->block_tokens == 2)
        vit_nn(c, rows / 2, e, 3 * e, dqkv + 3 * e, 6 * e, w, e, 1, dx + e, 2 * e);
    else
        vit_nn(c, rows, e, 3 * e, dqkv, 3 * e, w, e, 1, dx, e);
}

void vit_layer_gradients(vit_call *c, const vit_span *s, size_t layer) {
    const vit_net *net = c->net;
    size_t e = net->shape.embedding, hidden = net->hidden, rows = vit_rows(c, s->n);
    vit_layer_acts a = acts_of(c, s, layer);
    vit_layer_grads g = grads_of(c, s, layer);
    float *y = c->work->t1;
    c->k->scale_shift(rows, e, a.xhat1, PARAM(c, layer, ln1_w), PARAM(c, layer, ln1_b), y);
    vit_tn(c, e, hidden, rows, g.d_ff, e, a.h, hidden, GRAD(c, layer, ff2_w), hidden);
    c->k->column_sums(rows, e, e, g.d_ff, GRAD(c, layer, ff2_b));
    vit_tn(c, hidden, e, rows, g.dh, hidden, y, e, GRAD(c, layer, ff0_w), e);
    c->k->column_sums(rows, hidden, hidden, g.dh, GRAD(c, layer, ff0_b));
    vit_tn(c, e, e, rows, g.d_out, e, a.o, e, GRAD(c, layer, out_w), e);
    c->k->column_sums(rows, e, e, g.d_out, GRAD(c, layer, out_b));
    vit_tn(c, 3 * e, e, rows, g.dqkv, 3 * e, vit_input_rows(c, s, layer), e, GRAD(c, layer, in_w),
           e);
    c->k->column_sums(rows, 3 * e, 3 * e, g.dqkv, GRAD(c, layer, in_b));
}

/* vit/backward.c: the same walk from the last block to the first. */
#include "inner.h"

#include "walk.h"

#include <string.h>

/* y = head(LN(cls)) */
static void head_back(vit_call *c, const float *dy, float *d_cls) {
    const vit_net *net = c->net;
    vit_work *w = c->work;
    size_t e = net->shape.embedding;
    const float *p = c->weights->p;
    float *g = c->d_params, *d_out = w->t1;
    for (size_t s = 0; s < c->n; s++)
        for (size_t j = 0; j < e; j++)
            d_out[s * e + j] = dy[s] * p[net->at.head_w + j];
    if (g != NULL) {
        c->k->scale_shift(c->n, e, w->last_xhat, p + net->at.norm_w, p + net->at.norm_b, w->t2);
        for (size_t s = 0; s < c->n; s++) {
            for (size_t j = 0; j < e; j++)
                g[net->at.head_w + j] += dy[s] * w->t2[s * e + j];
            g[net->at.head_b] += dy[s];
        }
    }
    c->k->norm_back(c->n, e, d_out, e, w->last_xhat, w->last_rstd, p + net->at.norm_w,
                    g != NULL ? g + net->at.norm_w : NULL, g != NULL ? g + net->at.norm_b : NULL,
                    d_cls);
}

/* Activations of a stretch again from the inputs of its blocks, by the calls of the forward walk,
 * so that every bit is the same. */
static void again(vit_call *c, const vit_span *stretch) {
    vit_work *w = c->work;
    bool plain = !c->net->wraps;
    if (w->keep)
        return;
    if (plain && w->full > 0)
        vit_project(c, stretch);
    for (size_t i = 0; i < stretch->n && vit_going_on(c); i++) {
        vit_span b = vit_block(stretch, i);
        for (size_t l = 0; l < w->full; l++)
            vit_layer(c, &b, l, plain && l == 0);
        if (plain)
            vit_cls_layer(c, &b, w->t4);
    }
}

/* Gradient through the full layers of one block: `d` (rows, E) -> dx (rows, E). Layers alternate
 * between two buffers so that none reads what it writes. */
static void layers_back(vit_call *c, const vit_span *b, const float *d, float *dx) {
    vit_work *w = c->work;
    for (size_t l = w->full; l-- > 0;) {
        float *out = l == 0 ? dx : l % 2 ? w->t4 : w->t3;
        vit_layer_back(c, b, l, d, out, l == 0 && !c->net->wraps);
        d = out;
    }
}

static void walk_plain_back(vit_call *c, const float *voxels, float *d_voxels) {
    const vit_net *net = c->net;
    vit_work *w = c->work;
    size_t e = net->shape.embedding, T = net->block_tokens;
    size_t last = (net->n_blocks - 1) / w->chunk * w->chunk;
    for (size_t first = last; vit_going_on(c); first -= w->chunk) {
        vit_span all = vit_stretch(c, first);
        again(c, &all);
        for (size_t i = all.n; i-- > 0 && vit_going_on(c);) {
            vit_span b = vit_block(&all, i);
            float *dx = w->dx + vit_rows(c, i) * e;
            /* the buffer that the uppermost full layer does not write to */
            float *top = w->full == 0 ? dx : w->full % 2 ? w->t4 : w->t3;
            vit_cls_layer_back(c, &b, w->d_cls, top);
            layers_back(c, &b, top, dx);
            for (size_t s = 0; s < c->n; s++)
                memcpy(w->d_cls + s * e, dx + s * T * e, e * sizeof *dx);
        }
        if (w->full > 0)
            vit_project_back(c, &all, w->dx);
        if (c->d_params != NULL) {
            for (size_t l = 0; l < w->full; l++)
                vit_layer_gradients(c, &all, l);
            vit_cls_layer_gradients(c, &all);
        }
        vit_embed_back(c, voxels, w->patch_of + first * (T - 1), all.n * c->n, T, w->dx, d_voxels);
        if (first == 0)
            break;
    }
    vit_embed_cls_back(c, w->d_cls, e);
}

/* What a block wrote replaced what it read, so does the gradient. */
static void walk_wrapping_back(vit_call *c, const float *voxels, float *d_voxels) {
    const vit_net *net = c->net;
    vit_work *w = c->work;
    size_t e = net->shape.embedding, all = net->n_patches + 1;
    memset(w->d_state, 0, c->n * all * e * sizeof *w->d_state);
    for (size_t s = 0; s < c->n; s++)
        memcpy(w->d_state + s * all * e, w->d_cls + s * e, e * sizeof *w->d_cls);
    size_t last = (net->n_blocks - 1) / w->chunk * w->chunk;
    for (size_t first = last; vit_going_on(c); first -= w->chunk) {
        vit_span stretch = vit_stretch(c, first);
        again(c, &stretch);
        for (size_t i = stretch.n; i-- > 0 && vit_going_on(c);) {
            vit_span b = vit_block(&stretch, i);
            float *top = w->full % 2 ? w->t4 : w->t3;
            vit_gather(c, b.first, w->d_state, top);
            layers_back(c, &b, top, w->dx);
            vit_scatter(c, b.first, w->dx, w->d_state);
        }
        for (size_t l = 0; l < w->full && c->d_params != NULL; l++)
            vit_layer_gradients(c, &stretch, l);
        if (first == 0)
            break;
    }
    vit_embed_cls_back(c, w->d_state, all * e);
    vit_embed_back(c, voxels, w->identity, c->n, all, w->d_state, d_voxels);
}

rise_status vit_backward(const vit_net *net, const vit_weights *weights, vit_work *work,
                         const float *voxels, size_t n_samples, const vit_dropout *dropout,
                         const float *dy, float *d_params, float *d_voxels, rise_error *err) {
    rise_status status = vit_call_check(work, net, n_samples, true, err);
    if (status != RISE_OK)
        return status;
    vit_call c = {.net = net,
                  .weights = weights,
                  .work = work,
                  .k = work->kernels,
                  .dropout = dropout != NULL && dropout->rate > 0 ? dropout : NULL,
                  .n = n_samples,
                  .d_params = d_params,
                  .err = err};
    head_back(&c, dy, work->d_cls);
    if (net->wraps)
        walk_wrapping_back(&c, voxels, d_voxels);
    else
        walk_plain_back(&c, voxels, d_voxels);
    return c.status;
}

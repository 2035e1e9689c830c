/* vit/forward.c: the walk of CLS through the blocks. */
#include "inner.h"

#include "walk.h"

#include <string.h>

rise_status vit_call_check(const vit_work *work, const vit_net *net, size_t n_samples, bool train,
                           rise_error *err) {
    if (work->net != net || n_samples < 1 || n_samples > work->max_samples ||
        (train && !work->train))
        return rise_fail(err, RISE_E_BUG,
                         "workspace for %zu samples does not serve a call with %zu",
                         work->max_samples, n_samples);
    return RISE_OK;
}

/* The stretch that begins at block `first`. Activations of all blocks have places of their own if
 * they are kept, inputs also in every training pass. */
vit_span vit_stretch(const vit_call *c, size_t first) {
    const vit_work *w = c->work;
    size_t left = c->net->n_blocks - first;
    return (vit_span){
        .first = first,
        .n = left < w->chunk ? left : w->chunk,
        .in_slot = w->train ? first : 0,
        .slot = w->keep ? first : 0,
        .grad = 0,
    };
}

vit_span vit_block(const vit_span *stretch, size_t i) {
    return (vit_span){.first = stretch->first + i,
                      .n = 1,
                      .in_slot = stretch->in_slot + i,
                      .slot = stretch->slot + i,
                      .grad = stretch->grad + i};
}

/* ---- blocks that do not wrap ----------------------------------------------------------------- */

static void walk_plain(vit_call *c, const float *voxels) {
    const vit_net *net = c->net;
    vit_work *w = c->work;
    size_t e = net->shape.embedding, T = net->block_tokens, r3 = T - 1;
    vit_embed_cls(c, w->cls, e);
    for (size_t first = 0; first < net->n_blocks && vit_going_on(c); first += w->chunk) {
        vit_span all = vit_stretch(c, first);
        vit_embed(c, voxels, w->patch_of + first * r3, all.n * c->n, T, vit_input_rows(c, &all, 0));
        if (w->full > 0)
            vit_project(c, &all);
        for (size_t i = 0; i < all.n && vit_going_on(c); i++) {
            vit_span b = vit_block(&all, i);
            float *x = vit_input_rows(c, &b, 0);
            for (size_t s = 0; s < c->n; s++)
                memcpy(x + s * T * e, w->cls + s * e, e * sizeof *x);
            for (size_t l = 0; l < w->full; l++)
                vit_layer(c, &b, l, l == 0);
            vit_cls_layer(c, &b, w->cls);
        }
    }
}

/* ---- blocks that wrap: all tokens are carried on --------------------------------------------- */

/* Rows of block `b` out of the token tensor (S, 1 + N, E), or back into it. */
void vit_gather(const vit_call *c, size_t b, const float *state, float *rows) {
    size_t e = c->net->shape.embedding, T = c->net->block_tokens, all = c->net->n_patches + 1;
    const uint32_t *patch = c->work->patch_of + b * (T - 1);
    for (size_t s = 0; s < c->n; s++)
        for (size_t t = 0; t < T; t++) {
            size_t token = t == 0 ? 0 : 1 + patch[t - 1];
            memcpy(rows + (s * T + t) * e, state + (s * all + token) * e, e * sizeof *rows);
        }
}

void vit_scatter(const vit_call *c, size_t b, const float *rows, float *state) {
    size_t e = c->net->shape.embedding, T = c->net->block_tokens, all = c->net->n_patches + 1;
    const uint32_t *patch = c->work->patch_of + b * (T - 1);
    for (size_t s = 0; s < c->n; s++)
        for (size_t t = 0; t < T; t++) {
            size_t token = t == 0 ? 0 : 1 + patch[t - 1];
            memcpy(state + (s * all + token) * e, rows + (s * T + t) * e, e * sizeof *rows);
        }
}

static void walk_wrapping(vit_call *c, const float *voxels) {
    const vit_net *net = c->net;
    vit_work *w = c->work;
    size_t e = net->shape.embedding, all = net->n_patches + 1;
    vit_embed(c, voxels, w->identity, c->n, all, w->state);
    vit_embed_cls(c, w->state, all * e);
    for (size_t first = 0; first < net->n_blocks && vit_going_on(c); first += w->chunk) {
        vit_span stretch = vit_stretch(c, first);
        for (size_t i = 0; i < stretch.n && vit_going_on(c); i++) {
            vit_span b = vit_block(&stretch, i);
            vit_gather(c, b.first, w->state, vit_input_rows(c, &b, 0));
            for (size_t l = 0; l < w->full; l++)
                vit_layer(c, &b, l, false);
            vit_scatter(c, b.first, vit_input_rows(c, &b, w->full), w->state);
        }
    }
    for (size_t s = 0; s < c->n; s++)
        memcpy(w->cls + s * e, w->state + s * all * e, e * sizeof *w->cls);
}

rise_status vit_forward(const vit_net *net, const vit_weights *weights, vit_work *work,
                        const float *voxels, size_t n_samples, const vit_dropout *dropout, float *y,
                        rise_error *err) {
    rise_status status = vit_call_check(work, net, n_samples, false, err);
    if (status != RISE_OK)
        return status;
    vit_call c = {.net = net,
                  .weights = weights,
                  .work = work,
                  .k = work->kernels,
                  .dropout = dropout != NULL && dropout->rate > 0 ? dropout : NULL,
                  .n = n_samples,
                  .err = err};
    if (net->wraps)
        walk_wrapping(&c, voxels);
    else
        walk_plain(&c, voxels);
    if (c.status != RISE_OK)
        return c.status;
    size_t e = net->shape.embedding;
    const float *zero = work->zero;
    c.k->add_norm(n_samples, e, work->cls, e, zero, zero, NULL, 0, weights->p + net->at.norm_w,
                  weights->p + net->at.norm_b, work->last_xhat, work->last_rstd, work->t1, e);
    c.k->row_dots(n_samples, e, work->t1, e, weights->p + net->at.head_w, 0, y);
    for (size_t s = 0; s < n_samples; s++)
        y[s] += weights->p[net->at.head_b];
    return RISE_OK;
}

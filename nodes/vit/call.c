/* vit/call.c: products, dropout and interruption, as all layers use them. */
#include "inner.h"

#include "kit/gemm.h"

#include <string.h>

void vit_nn(vit_call *c, size_t m, size_t n, size_t k, const float *a, size_t ld_a, const float *b,
            size_t ld_b, float beta, float *out, size_t ld_out) {
    if (c->status == RISE_OK)
        c->status = gemm_f32(m, n, k, 1, a, ld_a, 1, b, ld_b, 1, beta, out, ld_out, 1, c->err);
}

void vit_tn(vit_call *c, size_t m, size_t n, size_t k, const float *a, size_t ld_a, const float *b,
            size_t ld_b, float *out, size_t ld_out) {
    if (c->status == RISE_OK)
        c->status = gemm_f32(m, n, k, 1, a, 1, ld_a, b, ld_b, 1, 1, out, ld_out, 1, c->err);
}

bool vit_going_on(vit_call *c) {
    vit_work *w = c->work;
    if (c->status == RISE_OK && w->stop != NULL && w->stop(w->stop_user))
        c->status = rise_fail(c->err, RISE_E_INTERRUPTED, "interrupted");
    return c->status == RISE_OK;
}

vit_mask vit_mask_at(const vit_call *c, size_t block, size_t sample, size_t layer, int site) {
    const vit_dropout *d = c->dropout;
    uint32_t where = site == VIT_SITE_EMBED ? 0 : (uint32_t)(3 * layer) + (uint32_t)site;
    uint32_t threshold = (uint32_t)(d->rate * 65536.0 + 0.5);
    return (vit_mask){
        .key = {(uint32_t)d->seed, (uint32_t)(d->seed >> 32)},
        .id = {(uint32_t)block, d->sample[sample], d->epoch << 14 | where},
        .threshold = threshold,
        .scale = (float)(65536.0 / (65536.0 - (double)threshold)),
    };
}

/* Multipliers of the first `tokens` rows of one sequence into work->mask. */
static void sequence_mask(vit_call *c, const vit_span *s, size_t seq, size_t tokens, size_t layer,
                          int site) {
    vit_mask m = vit_mask_at(c, s->first + seq / c->n, seq % c->n, layer, site);
    c->k->mask(tokens * c->work->ep, 0, &m, c->work->mask);
}

void vit_drop_rows(vit_call *c, const vit_span *s, size_t tokens, size_t layer, int site,
                   const float *x, float *out) {
    size_t e = c->net->shape.embedding, n_seq = s->n * c->n;
    if (c->dropout == NULL) {
        memcpy(out, x, n_seq * tokens * e * sizeof *x);
        return;
    }
    for (size_t seq = 0; seq < n_seq; seq++) {
        sequence_mask(c, s, seq, tokens, layer, site);
        size_t at = seq * tokens * e;
        c->k->multiply(tokens, e, x + at, e, c->work->mask, c->work->ep, out + at, e);
    }
}

void vit_add_norm(vit_call *c, const vit_span *s, size_t tokens, size_t layer, int site,
                  const float *res, size_t ld_res, const float *y, const float *bias,
                  const float *gain, const float *shift, float *xhat, float *rstd, float *out,
                  size_t ld_out) {
    size_t e = c->net->shape.embedding, n_seq = s->n * c->n;
    if (c->dropout == NULL) {
        c->k->add_norm(n_seq * tokens, e, res, ld_res, y, bias, NULL, 0, gain, shift, xhat, rstd,
                       out, ld_out);
        return;
    }
    for (size_t seq = 0; seq < n_seq; seq++) {
        sequence_mask(c, s, seq, tokens, layer, site);
        size_t row = seq * tokens;
        c->k->add_norm(tokens, e, res + row * ld_res, ld_res, y + row * e, bias, c->work->mask,
                       c->work->ep, gain, shift, xhat + row * e, rstd + row, out + row * ld_out,
                       ld_out);
    }
}

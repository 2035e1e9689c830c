/* tests/support/vit_reference.c: see vit_reference.h. */
#include "vit_reference.h"

#include "kit/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

typedef struct reference {
    const vit_net *net;
    const double *p;
    const vit_dropout *dropout;
    uint32_t sample;
} reference;

static double *doubles(size_t n) {
    double *x = calloc(n + 1, sizeof *x);
    assert_non_null(x);
    return x;
}

/* Multiplier of one element; rows of a run are `ld` long. The rule of kernels.h, number by number.
 */
static double keep(const reference *r, size_t block, size_t site, uint64_t element) {
    if (r->dropout == NULL || r->dropout->rate == 0)
        return 1;
    const uint32_t counter[4] = {(uint32_t)(element / 64 * 8 + element % 8), (uint32_t)block,
                                 r->sample, r->dropout->epoch << 14 | (uint32_t)site};
    const uint32_t key[2] = {(uint32_t)r->dropout->seed, (uint32_t)(r->dropout->seed >> 32)};
    uint32_t word[4];
    rng_philox(counter, key, word);
    size_t half = element % 64 / 8;
    uint32_t bits = word[half / 2] >> (half % 2 ? 16 : 0) & 0xFFFFu;
    uint32_t threshold = (uint32_t)(r->dropout->rate * 65536 + 0.5);
    return bits < threshold ? 0 : 65536.0 / (65536.0 - threshold);
}

static size_t run_of(size_t n, size_t to) {
    return (n + to - 1) / to * to;
}

/* y (out) = W (out, in) x (in) + b */
static void linear(const double *w, const double *b, size_t out, size_t in, const double *x,
                   double *y) {
    for (size_t i = 0; i < out; i++) {
        y[i] = b[i];
        for (size_t j = 0; j < in; j++)
            y[i] += w[i * in + j] * x[j];
    }
}

static void norm(const double *gain, const double *shift, size_t n, double *x) {
    double mean = 0, variance = 0;
    for (size_t i = 0; i < n; i++)
        mean += x[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        variance += (x[i] - mean) * (x[i] - mean) / (double)n;
    for (size_t i = 0; i < n; i++)
        x[i] = (x[i] - mean) / sqrt(variance + 1e-5) * gain[i] + shift[i];
}

/* Attention of head h for the token q: adds to o (D). */
static void attend(const reference *r, size_t block, size_t layer, size_t h, size_t q,
                   const double *qkv, double *weight, double *o) {
    size_t e = r->net->shape.embedding, d = r->net->head_size, T = r->net->block_tokens;
    size_t row = run_of(T, T > 384 ? 64 : 8);
    double top = -INFINITY, sum = 0;
    for (size_t k = 0; k < T; k++) {
        double s = 0;
        for (size_t j = 0; j < d; j++)
            s += qkv[q * 3 * e + h * d + j] * qkv[k * 3 * e + e + h * d + j];
        weight[k] = s / sqrt((double)d);
        top = fmax(top, weight[k]);
    }
    for (size_t k = 0; k < T; k++)
        sum += weight[k] = exp(weight[k] - top);
    for (size_t k = 0; k < T; k++) {
        double w = weight[k] / sum * keep(r, block, 3 * layer + 1, (h * row + q) * row + k);
        for (size_t j = 0; j < d; j++)
            o[j] += w * qkv[k * 3 * e + 2 * e + h * d + j];
    }
}

static void layer(const reference *r, size_t block, size_t l, double *x) {
    const vit_net *net = r->net;
    size_t e = net->shape.embedding, T = net->block_tokens, hidden = net->hidden;
    size_t ep = run_of(e, 64);
    const double *p = r->p + l * net->at.layer_size;
    double *qkv = doubles(T * 3 * e), *weight = doubles(T), *o = doubles(e), *t = doubles(e);
    double *y = doubles(T * e), *h = doubles(hidden);
    for (size_t q = 0; q < T; q++)
        linear(p + net->at.layer.in_w, p + net->at.layer.in_b, 3 * e, e, x + q * e,
               qkv + q * 3 * e);
    for (size_t q = 0; q < T; q++) {
        memset(o, 0, e * sizeof *o);
        for (size_t i = 0; i < net->shape.heads; i++)
            attend(r, block, l, i, q, qkv, weight, o + i * net->head_size);
        linear(p + net->at.layer.out_w, p + net->at.layer.out_b, e, e, o, t);
        double *v = y + q * e;
        for (size_t j = 0; j < e; j++)
            v[j] = x[q * e + j] + t[j] * keep(r, block, 3 * l + 2, q * ep + j);
        norm(p + net->at.layer.ln1_w, p + net->at.layer.ln1_b, e, v);
        linear(p + net->at.layer.ff0_w, p + net->at.layer.ff0_b, hidden, e, v, h);
        for (size_t j = 0; j < hidden; j++)
            h[j] = fmax(h[j], 0);
        linear(p + net->at.layer.ff2_w, p + net->at.layer.ff2_b, e, hidden, h, t);
        for (size_t j = 0; j < e; j++)
            v[j] += t[j] * keep(r, block, 3 * l + 3, q * ep + j);
        norm(p + net->at.layer.ln2_w, p + net->at.layer.ln2_b, e, v);
    }
    memcpy(x, y, T * e * sizeof *x);
    double *all[] = {qkv, weight, o, t, y, h};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

/* Token 1 + patch (i, j, k). */
static void embed(const reference *r, const double *voxels, size_t i, size_t j, size_t k,
                  double *x) {
    const vit_net *net = r->net;
    const size_t *g = net->shape.grid, p = net->shape.patch;
    for (size_t out = 0; out < net->shape.embedding; out++) {
        const double *w = r->p + net->at.conv_w + out * net->patch_in;
        x[out] = r->p[net->at.conv_b + out];
        for (size_t c = 0; c < net->shape.channels; c++)
            for (size_t a = 0; a < p; a++)
                for (size_t b = 0; b < p; b++)
                    for (size_t d = 0; d < p; d++)
                        x[out] +=
                            *w++ *
                            voxels[((c * g[0] + i * p + a) * g[1] + j * p + b) * g[2] + k * p + d];
    }
}

static double *tokens_of(const reference *r, const double *voxels) {
    const vit_net *net = r->net;
    const size_t *n = net->tokens;
    size_t e = net->shape.embedding, all = net->n_patches + 1;
    double *x = doubles(all * e);
    memcpy(x, r->p + net->at.cls, e * sizeof *x);
    for (size_t i = 0; i < n[0]; i++)
        for (size_t j = 0; j < n[1]; j++)
            for (size_t k = 0; k < n[2]; k++)
                embed(r, voxels, i, j, k, x + (1 + (i * n[1] + j) * n[2] + k) * e);
    for (size_t t = 0; t < all; t++)
        for (size_t j = 0; j < e; j++)
            x[t * e + j] = (x[t * e + j] + r->p[net->at.position + t * e + j]) *
                           keep(r, 0, 0, t * run_of(e, 64) + j);
    return x;
}

double vit_reference(const vit_net *net, const double *params, const double *voxels,
                     const vit_dropout *dropout, uint32_t sample) {
    const reference r = {net, params, dropout, sample};
    const size_t *n = net->tokens, b = net->shape.block;
    size_t e = net->shape.embedding, T = net->block_tokens, block = 0;
    double *x = tokens_of(&r, voxels), *rows = doubles(T * e);
    size_t *token = calloc(T, sizeof *token);
    assert_non_null(token);
    for (size_t i = 0; i < n[0]; i += b)
        for (size_t j = 0; j < n[1]; j += b)
            for (size_t k = 0; k < n[2]; k += b, block++) {
                size_t t = 1;
                for (size_t di = 0; di < b; di++)
                    for (size_t dj = 0; dj < b; dj++)
                        for (size_t dk = 0; dk < b; dk++)
                            token[t++] = 1 + ((i + di) % n[0] * n[1] + (j + dj) % n[1]) * n[2] +
                                         (k + dk) % n[2];
                for (t = 0; t < T; t++)
                    memcpy(rows + t * e, x + token[t] * e, e * sizeof *x);
                for (size_t l = 0; l < net->shape.layers; l++)
                    layer(&r, block, l, rows);
                for (t = 0; t < T; t++)
                    memcpy(x + token[t] * e, rows + t * e, e * sizeof *x);
            }
    norm(params + net->at.norm_w, params + net->at.norm_b, e, x);
    double y;
    linear(params + net->at.head_w, params + net->at.head_b, 1, e, x, &y);
    free(token);
    free(rows);
    free(x);
    return y;
}

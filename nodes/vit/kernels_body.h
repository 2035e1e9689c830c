/* vit/kernels_body.h: the source of both builds, on vectors of eight floats.
 *
 * The compiler splits the vectors where the processor has narrower ones. Sums run over eight lanes,
 * which are then added in a fixed order; what is left of a row is done number by number. */
#include "kernels.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

typedef float v8 __attribute__((vector_size(32)));
typedef int32_t v8i __attribute__((vector_size(32)));
typedef float v8u __attribute__((vector_size(32), aligned(4), may_alias)); /* anywhere */

#define LOAD(p) (*(const v8u *)(p))
#define STORE(p, v) (*(v8u *)(p) = (v))
#define SPLAT(x) ((v8){(x), (x), (x), (x), (x), (x), (x), (x)})

#define LANE_SUM(v)                                                                                \
    ((((v)[0] + (v)[4]) + ((v)[2] + (v)[6])) + (((v)[1] + (v)[5]) + ((v)[3] + (v)[7])))

/* ---- random multipliers ---------------------------------------------------------------------- */
#ifndef VIT_KERNELS_MASK

enum { LANES = 8, RUN = 64 };

/* Philox4x32-10 (kit/rng.h) of eight counters at once, as loops that become vectors. */
static void philox_lanes(uint32_t first, const vit_mask *k, uint32_t c[4][LANES]) {
    uint32_t k0 = k->key[0], k1 = k->key[1];
    for (size_t l = 0; l < LANES; l++) {
        c[0][l] = first + (uint32_t)l;
        c[1][l] = k->id[0];
        c[2][l] = k->id[1];
        c[3][l] = k->id[2];
    }
    for (int round = 0; round < 10; round++) {
        for (size_t l = 0; l < LANES; l++) {
            uint64_t p0 = (uint64_t)0xD2511F53u * c[0][l];
            uint64_t p1 = (uint64_t)0xCD9E8D57u * c[2][l];
            c[0][l] = (uint32_t)(p1 >> 32) ^ c[1][l] ^ k0;
            c[2][l] = (uint32_t)(p0 >> 32) ^ c[3][l] ^ k1;
            c[1][l] = (uint32_t)p1;
            c[3][l] = (uint32_t)p0;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
}

static void mask(size_t n, uint64_t first, const vit_mask *k, float *m) {
    for (size_t e = 0; e < n; e += RUN) {
        uint32_t c[4][LANES];
        philox_lanes((uint32_t)((first + e) / LANES), k, c);
        for (size_t w = 0; w < 4; w++)
            for (size_t l = 0; l < LANES; l++) {
                m[e + 16 * w + l] = (c[w][l] & 0xFFFFu) < k->threshold ? 0.0f : k->scale;
                m[e + 16 * w + 8 + l] = (c[w][l] >> 16) < k->threshold ? 0.0f : k->scale;
            }
    }
}
#endif

/* ---- sums ------------------------------------------------------------------------------------ */

static float dot(size_t n, const float *a, const float *b) {
    v8 sum = SPLAT(0.0f);
    size_t j = 0;
    for (; j + 8 <= n; j += 8)
        sum += LOAD(a + j) * LOAD(b + j);
    float total = LANE_SUM(sum);
    for (; j < n; j++)
        total += a[j] * b[j];
    return total;
}

/* Multiplications and additions are fused where it pays: in exponentials and in products. */
#if defined(__FMA__)
#pragma STDC FP_CONTRACT ON
#endif

/* ---- softmax --------------------------------------------------------------------------------- */

/* e^x for x <= 0, 0 below -87: x = n ln 2 + r, |r| <= ln 2 / 2, and a polynomial of degree 7 in r
 * (relative error below 1e-7). */
static inline void exp_lanes(v8 *x) {
    const v8 lowest = SPLAT(-87.0f), shift = SPLAT(12582912.0f); /* 1.5 * 2^23: rounds to whole */
    v8i under = *x < lowest;
    v8 y = (v8)(((v8i)*x & ~under) | ((v8i)lowest & under));
    v8 whole = y * 1.44269504f + shift;
    v8i n = (v8i)whole - (v8i)shift;
    whole -= shift;
    v8 r = y - whole * 0.693359375f;
    r = r - whole * -2.12194440e-4f;
    v8 p = SPLAT(1.9841270e-4f);
    p = p * r + 1.3888889e-3f;
    p = p * r + 8.3333333e-3f;
    p = p * r + 4.1666667e-2f;
    p = p * r + 1.6666667e-1f;
    p = p * r + 0.5f;
    p = p * (r * r) + r + 1.0f;
    v8i power = (n + 127) << 23;
    p = p * (v8)power;
    *x = (v8)((v8i)p & ~under);
}

static void pad(size_t n, size_t ld, float value, float *row) {
    for (size_t j = n; j < ld; j++)
        row[j] = value;
}

static float row_max(size_t ld, const float *row) {
    v8 top = LOAD(row);
    for (size_t j = 8; j < ld; j += 8) {
        v8 x = LOAD(row + j);
        v8i more = x > top;
        top = (v8)(((v8i)x & more) | ((v8i)top & ~more));
    }
    float best = top[0];
    for (int l = 1; l < 8; l++)
        best = top[l] > best ? top[l] : best;
    return best;
}

static void softmax(size_t rows, size_t n, size_t ld, float scale, float *s) {
    for (size_t i = 0; i < rows; i++) {
        float *row = s + i * ld;
        pad(n, ld, -INFINITY, row);
        float best = scale * row_max(ld, row);
        v8 sum = SPLAT(0.0f);
        for (size_t j = 0; j < ld; j += 8) {
            v8 x = LOAD(row + j) * scale - best;
            exp_lanes(&x);
            STORE(row + j, x);
            sum += x;
        }
        float inverse = 1.0f / LANE_SUM(sum);
        for (size_t j = 0; j < ld; j += 8)
            STORE(row + j, LOAD(row + j) * inverse);
    }
}

static void softmax_back(size_t rows, size_t ld, float scale, const float *p, const float *m,
                         const float *dot, float *ds) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < ld; j += 8) {
            size_t at = i * ld + j;
            v8 d = LOAD(ds + at);
            if (m != NULL)
                d *= LOAD(m + at);
            STORE(ds + at, LOAD(p + at) * (d - dot[i]) * scale);
        }
}

static void soften(size_t rows, size_t n, size_t ld, float scale, int first, const float *m,
                   size_t ld_mask, float *s, float *top, float *sum, float *factor) {
    size_t width = (n + 7) / 8 * 8;
    for (size_t i = 0; i < rows; i++) {
        float *row = s + i * ld;
        const float *keep = m != NULL ? m + i * ld_mask : NULL;
        pad(n, width, -INFINITY, row);
        float best = scale * row_max(width, row);
        if (!first && top[i] > best)
            best = top[i];
        v8 total = SPLAT(0.0f);
        for (size_t j = 0; j < width; j += 8) {
            v8 x = LOAD(row + j) * scale - best;
            exp_lanes(&x);
            total += x;
            if (keep != NULL)
                x *= LOAD(keep + j);
            STORE(row + j, x);
        }
        float before = 0.0f;
        if (!first) {
            v8 shrink = SPLAT(top[i] - best);
            exp_lanes(&shrink);
            factor[i] = shrink[0];
            before = sum[i] * factor[i];
        }
        sum[i] = before + LANE_SUM(total);
        top[i] = best;
    }
}

static void soften_back(size_t rows, size_t n, size_t ld, float scale, const float *m,
                        size_t ld_mask, const float *top, const float *inverse, const float *dot,
                        float *s, float *ds) {
    size_t width = (n + 7) / 8 * 8;
    for (size_t i = 0; i < rows; i++) {
        float *row = s + i * ld, *d_row = ds + i * ld;
        const float *keep = m != NULL ? m + i * ld_mask : NULL;
        pad(n, width, -INFINITY, row);
        pad(n, width, 0.0f, d_row);
        for (size_t j = 0; j < width; j += 8) {
            v8 p = LOAD(row + j) * scale - top[i], d = LOAD(d_row + j);
            exp_lanes(&p);
            p *= inverse[i];
            v8 a = p;
            if (keep != NULL) {
                v8 k = LOAD(keep + j);
                a *= k;
                d *= k;
            }
            STORE(row + j, a);
            STORE(d_row + j, p * (d - dot[i]) * scale);
        }
    }
}

static void scale_rows(size_t rows, size_t n, size_t ld, const float *factor, float *x) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < n; j++)
            x[i * ld + j] *= factor[i];
}

/* ---- transpose ------------------------------------------------------------------------------- */

#define PICK __builtin_shufflevector

/* (8, 8), in three steps that exchange single numbers, pairs, and fours. */
static inline void transpose_square(const float *from, size_t ld_from, float *to, size_t ld_to) {
    v8 x[8], y[8];
    for (size_t i = 0; i < 8; i++)
        x[i] = LOAD(from + i * ld_from);
    for (size_t i = 0; i < 8; i += 2) {
        y[i] = PICK(x[i], x[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
        y[i + 1] = PICK(x[i], x[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
    }
    for (size_t i = 0; i < 8; i += i % 4 == 1 ? 3 : 1) {
        x[i] = PICK(y[i], y[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
        x[i + 2] = PICK(y[i], y[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
    for (size_t i = 0; i < 4; i++) {
        STORE(to + i * ld_to, PICK(x[i], x[i + 4], 0, 1, 2, 3, 8, 9, 10, 11));
        STORE(to + (i + 4) * ld_to, PICK(x[i], x[i + 4], 4, 5, 6, 7, 12, 13, 14, 15));
    }
}

static void transpose(size_t rows, size_t n, const float *from, size_t ld_from, float *to,
                      size_t ld_to) {
    size_t squares = n / 8 * 8;
    for (size_t i = 0; i < rows; i++) {
        bool whole = i % 8 == 0 && i + 8 <= rows;
        for (size_t j = 0; j < squares && whole; j += 8)
            transpose_square(from + i * ld_from + j, ld_from, to + j * ld_to + i, ld_to);
        size_t left = i < rows / 8 * 8 ? squares : 0;
        for (size_t j = left; j < n; j++)
            to[j * ld_to + i] = from[i * ld_from + j];
    }
}

/* ---- small products -------------------------------------------------------------------------- */

/* c (n) = [c +] sum over p < k of a[p * step] * b[p * ld_b + 0..n) */
static void combine(size_t n, size_t k, const float *a, size_t step, const float *b, size_t ld_b,
                    int add, float *c) {
    const v8 zero = SPLAT(0.0f);
    size_t j = 0;
    for (; j + 32 <= n; j += 32) {
        v8 s0 = zero, s1 = zero, s2 = zero, s3 = zero;
        if (add) {
            s0 = LOAD(c + j);
            s1 = LOAD(c + j + 8);
            s2 = LOAD(c + j + 16);
            s3 = LOAD(c + j + 24);
        }
        for (size_t p = 0; p < k; p++) {
            const float *row = b + p * ld_b + j;
            float x = a[p * step];
            s0 += LOAD(row) * x;
            s1 += LOAD(row + 8) * x;
            s2 += LOAD(row + 16) * x;
            s3 += LOAD(row + 24) * x;
        }
        STORE(c + j, s0);
        STORE(c + j + 8, s1);
        STORE(c + j + 16, s2);
        STORE(c + j + 24, s3);
    }
    for (; j + 8 <= n; j += 8) {
        v8 s = zero;
        if (add)
            s = LOAD(c + j);
        for (size_t p = 0; p < k; p++)
            s += LOAD(b + p * ld_b + j) * a[p * step];
        STORE(c + j, s);
    }
    for (; j < n; j++) {
        float s = add ? c[j] : 0.0f;
        for (size_t p = 0; p < k; p++)
            s += b[p * ld_b + j] * a[p * step];
        c[j] = s;
    }
}

static void nt(size_t m, size_t n, size_t k, const float *a, size_t ld_a, const float *b,
               size_t ld_b, float *c, size_t ld_c) {
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < m; i++)
            c[i * ld_c + j] = dot(k, a + i * ld_a, b + j * ld_b);
}

static void nn(size_t m, size_t n, size_t k, const float *a, size_t ld_a, const float *b,
               size_t ld_b, float *c, size_t ld_c) {
    for (size_t i = 0; i < m; i++)
        combine(n, k, a + i * ld_a, 1, b, ld_b, 0, c + i * ld_c);
}

static void tn(size_t m, size_t n, size_t k, const float *a, size_t ld_a, const float *b,
               size_t ld_b, int add, float *c, size_t ld_c) {
    for (size_t i = 0; i < m; i++)
        combine(n, k, a + i, ld_a, b, ld_b, add, c + i * ld_c);
}

#if defined(__FMA__)
#pragma STDC FP_CONTRACT OFF
#endif

/* ---- layer norm ------------------------------------------------------------------------------ */

/* out = res + m * (y + bias) -> its sum */
static float residual(size_t n, const float *res, const float *y, const float *bias, const float *m,
                      float *out) {
    v8 sum = SPLAT(0.0f);
    size_t j = 0;
    for (; j + 8 <= n; j += 8) {
        v8 add = LOAD(y + j) + LOAD(bias + j);
        if (m != NULL)
            add *= LOAD(m + j);
        v8 x = LOAD(res + j) + add;
        STORE(out + j, x);
        sum += x;
    }
    float total = LANE_SUM(sum);
    for (; j < n; j++) {
        float add = y[j] + bias[j];
        out[j] = res[j] + (m != NULL ? add * m[j] : add);
        total += out[j];
    }
    return total;
}

/* x -= mean -> the sum of squares */
static float centre(size_t n, float mean, float *x) {
    v8 sum = SPLAT(0.0f);
    size_t j = 0;
    for (; j + 8 <= n; j += 8) {
        v8 d = LOAD(x + j) - mean;
        STORE(x + j, d);
        sum += d * d;
    }
    float total = LANE_SUM(sum);
    for (; j < n; j++) {
        x[j] -= mean;
        total += x[j] * x[j];
    }
    return total;
}

/* x *= factor; out = x * gain + shift */
static void affine(size_t n, float factor, float *x, const float *gain, const float *shift,
                   float *out) {
    size_t j = 0;
    for (; j + 8 <= n; j += 8) {
        v8 scaled = LOAD(x + j) * factor;
        STORE(x + j, scaled);
        STORE(out + j, scaled * LOAD(gain + j) + LOAD(shift + j));
    }
    for (; j < n; j++) {
        x[j] *= factor;
        out[j] = x[j] * gain[j] + shift[j];
    }
}

static void add_norm(size_t rows, size_t n, const float *res, size_t ld_res, const float *y,
                     const float *bias, const float *m, size_t ld_mask, const float *gain,
                     const float *shift, float *xhat, float *rstd, float *out, size_t ld_out) {
    float count = (float)n;
    for (size_t i = 0; i < rows; i++) {
        float *x = xhat + i * n;
        float sum =
            residual(n, res + i * ld_res, y + i * n, bias, m != NULL ? m + i * ld_mask : NULL, x);
        rstd[i] = 1.0f / sqrtf(centre(n, sum / count, x) / count + 1e-5f);
        affine(n, rstd[i], x, gain, shift, out + i * ld_out);
    }
}

static void scale_shift(size_t rows, size_t n, const float *xhat, const float *gain,
                        const float *shift, float *out) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < n; j++)
            out[i * n + j] = xhat[i * n + j] * gain[j] + shift[j];
}

/* Per row, with g = d * gain:  dx = (g - mean(g) - x mean(g x)) * rstd */
static void norm_back(size_t rows, size_t n, const float *d_out, size_t ld_d_out, const float *xhat,
                      const float *rstd, const float *gain, float *d_gain, float *d_shift,
                      float *dx) {
    size_t whole = n / 8 * 8;
    for (size_t i = 0; i < rows; i++) {
        const float *d = d_out + i * ld_d_out, *x = xhat + i * n;
        float *out = dx + i * n;
        v8 sums = SPLAT(0.0f), dots = SPLAT(0.0f);
        for (size_t j = 0; j < whole; j += 8) {
            v8 g = LOAD(d + j) * LOAD(gain + j);
            STORE(out + j, g);
            sums += g;
            dots += g * LOAD(x + j);
        }
        float sum = LANE_SUM(sums), dot = LANE_SUM(dots);
        for (size_t j = whole; j < n; j++) {
            out[j] = d[j] * gain[j];
            sum += out[j];
            dot += out[j] * x[j];
        }
        if (d_gain != NULL)
            for (size_t j = 0; j < n; j++) {
                d_gain[j] += d[j] * x[j];
                d_shift[j] += d[j];
            }
        float mean = sum / (float)n, slope = dot / (float)n;
        for (size_t j = 0; j < n; j++)
            out[j] = (out[j] - mean - x[j] * slope) * rstd[i];
    }
}

/* ---- element by element ---------------------------------------------------------------------- */

static void add_bias(size_t rows, size_t n, size_t ld, const float *bias, float *x) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < n; j++)
            x[i * ld + j] += bias[j];
}

static void bias_relu(size_t rows, size_t n, const float *bias, float *x) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < n; j++) {
            float v = x[i * n + j] + bias[j];
            x[i * n + j] = v < 0 ? 0.0f : v; /* NaN stays */
        }
}

static void relu_back(size_t n, const float *h, float *dh) {
    for (size_t j = 0; j < n; j++)
        dh[j] = h[j] > 0 ? dh[j] : 0.0f;
}

static void multiply(size_t rows, size_t n, const float *a, size_t ld_a, const float *b,
                     size_t ld_b, float *out, size_t ld_out) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < n; j++)
            out[i * ld_out + j] = a[i * ld_a + j] * b[i * ld_b + j];
}

static void column_sums(size_t rows, size_t n, size_t ld, const float *x, float *sum) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < n; j++)
            sum[j] += x[i * ld + j];
}

static void row_dots(size_t rows, size_t n, const float *a, size_t ld_a, const float *b,
                     size_t ld_b, float *out) {
    for (size_t i = 0; i < rows; i++)
        out[i] = dot(n, a + i * ld_a, b + i * ld_b);
}

const vit_kernels VIT_KERNELS_NAME = {
    .name = VIT_KERNELS_TEXT,
    .mask = mask,
    .softmax = softmax,
    .softmax_back = softmax_back,
    .soften = soften,
    .soften_back = soften_back,
    .scale_rows = scale_rows,
    .transpose = transpose,
    .add_norm = add_norm,
    .norm_back = norm_back,
    .scale_shift = scale_shift,
    .add_bias = add_bias,
    .bias_relu = bias_relu,
    .relu_back = relu_back,
    .multiply = multiply,
    .column_sums = column_sums,
    .row_dots = row_dots,
    .nt = nt,
    .nn = nn,
    .tn = tn,
};

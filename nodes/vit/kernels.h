/* vit/kernels.h: the element-wise and row-wise work between the large products.
 *
 * Plain functions on pointers and sizes. There are two builds of the same source, one for the
 * baseline and one for AVX2; both do the same operations in the same order, but the second fuses
 * multiplications with additions.
 * Rows are `ld` apart where a leading dimension is given, else packed. */
#ifndef VIT_KERNELS_H
#define VIT_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* Random multipliers of one run of elements: 0 with chance `threshold` / 65536, else `scale`.
 * Elements e of a run go by 64: Philox counter word 0 is (e / 64) * 8 + e % 8; of its four words,
 * taken as eight halves (low half first), e takes number (e % 64) / 8. */
typedef struct vit_mask {
    uint32_t key[2];
    uint32_t id[3]; /* counter words 1..3: block, sample, epoch and site */
    uint32_t threshold;
    float scale;
} vit_mask;

typedef struct vit_kernels {
    const char *name;

    /* m[0..n) for elements first .. first+n-1; both multiples of 64. */
    void (*mask)(size_t n, uint64_t first, const vit_mask *mask, float *m);

    /* Rows of `n` scores -> softmax(scale * s); columns n..ld-1 become 0. ld is a multiple of 8. */
    void (*softmax)(size_t rows, size_t n, size_t ld, float scale, float *s);
    /* ds: gradient of the masked weights on entry, scale * p * (mask * ds - dot) on return. */
    void (*softmax_back)(size_t rows, size_t ld, float scale, const float *p, const float *mask,
                         const float *dot, float *ds);

    /* A softmax that sees `n` keys at a time: s -> mask * exp(scale * s - top), where `top` (rows)
     * is the largest scale * s so far and `sum` (rows) what the exponentials add up to, both with
     * regard to this top. What was summed before must be multiplied by `factor` (rows), which is
     * not written for the `first` keys. Columns up to the next multiple of 8 become 0. */
    void (*soften)(size_t rows, size_t n, size_t ld, float scale, int first, const float *mask,
                   size_t ld_mask, float *s, float *top, float *sum, float *factor);
    /* The weights p = exp(scale * s - top) * inverse again: s -> mask * p, and ds, the gradient of
     * these, -> scale * p * (mask * ds - dot). */
    void (*soften_back)(size_t rows, size_t n, size_t ld, float scale, const float *mask,
                        size_t ld_mask, const float *top, const float *inverse, const float *dot,
                        float *s, float *ds);
    void (*scale_rows)(size_t rows, size_t n, size_t ld, const float *factor, float *x);
    /* from (rows, n) -> to (n, rows) */
    void (*transpose)(size_t rows, size_t n, const float *from, size_t ld_from, float *to,
                      size_t ld_to);

    /* out = LN(res + mask * (y + bias)) with eps 1e-5; `mask` may be NULL. */
    void (*add_norm)(size_t rows, size_t n, const float *res, size_t ld_res, const float *y,
                     const float *bias, const float *mask, size_t ld_mask, const float *gain,
                     const float *shift, float *xhat, float *rstd, float *out, size_t ld_out);
    /* Gradient of LN with respect to its argument; d_gain, d_shift (n) are added to unless NULL. */
    void (*norm_back)(size_t rows, size_t n, const float *d_out, size_t ld_d_out, const float *xhat,
                      const float *rstd, const float *gain, float *d_gain, float *d_shift,
                      float *dx);
    void (*scale_shift)(size_t rows, size_t n, const float *xhat, const float *gain,
                        const float *shift, float *out);

    void (*add_bias)(size_t rows, size_t n, size_t ld, const float *bias, float *x);
    void (*bias_relu)(size_t rows, size_t n, const float *bias, float *x);
    void (*relu_back)(size_t n, const float *h, float *dh);
    void (*multiply)(size_t rows, size_t n, const float *a, size_t ld_a, const float *b,
                     size_t ld_b, float *out, size_t ld_out);
    void (*column_sums)(size_t rows, size_t n, size_t ld, const float *x, float *sum); /* adds */
    void (*row_dots)(size_t rows, size_t n, const float *a, size_t ld_a, const float *b,
                     size_t ld_b, float *dot);

    /* Products too small for the library. nt: C (m,n) = A (m,k) B (n,k)^T.
     * nn: C (m,n) = A (m,k) B (k,n).  tn: C (m,n) = [C +] A (k,m)^T B (k,n). */
    void (*nt)(size_t m, size_t n, size_t k, const float *a, size_t ld_a, const float *b,
               size_t ld_b, float *c, size_t ld_c);
    void (*nn)(size_t m, size_t n, size_t k, const float *a, size_t ld_a, const float *b,
               size_t ld_b, float *c, size_t ld_c);
    void (*tn)(size_t m, size_t n, size_t k, const float *a, size_t ld_a, const float *b,
               size_t ld_b, int add, float *c, size_t ld_c);
} vit_kernels;

extern const vit_kernels vit_kernels_reference;
extern const vit_kernels vit_kernels_avx2; /* only where cpu_best() says so */
const vit_kernels *vit_kernels_best(void);

#endif

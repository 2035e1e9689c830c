/* kit/gemm.h: matrix products, C = alpha A B + beta C, on one thread.
 *
 * A is (m, k), B is (k, n), C is (m, n). Each matrix has a row stride and a column stride in
 * elements, one of which must be 1, so a transposed matrix is the same pointer with the strides
 * exchanged. C must not overlap A or B. With beta = 0 C is overwritten, whatever it held. The
 * order of every sum depends on the shapes alone. Wrong shapes are RISE_E_BUG: the library below
 * would abort. */
#ifndef KIT_GEMM_H
#define KIT_GEMM_H

#include <rise/error.h>

#include <stddef.h>

rise_status gemm_f32(size_t m, size_t n, size_t k, float alpha, const float *a, size_t row_a,
                     size_t col_a, const float *b, size_t row_b, size_t col_b, float beta, float *c,
                     size_t row_c, size_t col_c, rise_error *err) RISE_MUST_USE;
rise_status gemm_f64(size_t m, size_t n, size_t k, double alpha, const double *a, size_t row_a,
                     size_t col_a, const double *b, size_t row_b, size_t col_b, double beta,
                     double *c, size_t row_c, size_t col_c, rise_error *err) RISE_MUST_USE;

/* Which kernels the products run on ("zen3", "haswell", ...): last bits depend on it, so it
 * belongs in the fingerprint of every node that uses them. */
const char *gemm_architecture(void);

#endif

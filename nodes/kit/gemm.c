/* kit/gemm.c: the one place that knows BLIS.
 *
 * BLIS aborts on shapes and strides that it does not like, so all of them are checked here first.
 * The serial build of the library is linked: parallelism comes from above. */
#include "kit/gemm.h"

#include <limits.h>
#include <stdint.h>

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
#include <blis.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

/* Sizes above this cannot be real (2^40 elements) and could overflow inside. */
#define GEMM_MAX ((size_t)1 << 40)

/* A (rows, cols) matrix lies in memory without overlap: one stride is 1, the other spans it. */
static bool layout_ok(const void *p, size_t rows, size_t cols, size_t rs, size_t cs) {
    if (p == NULL || rows > GEMM_MAX || cols > GEMM_MAX || rs > GEMM_MAX || cs > GEMM_MAX)
        return false;
    bool by_rows = cs == 1 && (rs >= cols || rows == 1);
    bool by_cols = rs == 1 && (cs >= rows || cols == 1);
    return rs > 0 && cs > 0 && (by_rows || by_cols);
}

static rise_status check(size_t m, size_t n, size_t k, const void *a, size_t rsa, size_t csa,
                         const void *b, size_t rsb, size_t csb, const void *c, size_t rsc,
                         size_t csc, rise_error *err) {
    const char *which = NULL;
    if (!layout_ok(c, m, n, rsc, csc))
        which = "C";
    else if (k > 0 && !layout_ok(a, m, k, rsa, csa))
        which = "A";
    else if (k > 0 && !layout_ok(b, k, n, rsb, csb))
        which = "B";
    if (which == NULL)
        return RISE_OK;
    return rise_fail(err, RISE_E_BUG,
                     "matrix product (%zu, %zu) from k = %zu: matrix %s has strides that do not "
                     "fit (A %zu,%zu; B %zu,%zu; C %zu,%zu)",
                     m, n, k, which, rsa, csa, rsb, csb, rsc, csc);
}

#define GEMM(name, real, blis_call)                                                                \
    rise_status name(size_t m, size_t n, size_t k, real alpha, const real *a, size_t row_a,        \
                     size_t col_a, const real *b, size_t row_b, size_t col_b, real beta, real *c,  \
                     size_t row_c, size_t col_c, rise_error *err) {                                \
        if (m == 0 || n == 0)                                                                      \
            return RISE_OK;                                                                        \
        rise_status status =                                                                       \
            check(m, n, k, a, row_a, col_a, b, row_b, col_b, c, row_c, col_c, err);                \
        if (status != RISE_OK)                                                                     \
            return status;                                                                         \
        if (k == 0) { /* nothing to add: C = beta C */                                             \
            for (size_t i = 0; i < m; i++)                                                         \
                for (size_t j = 0; j < n; j++) {                                                   \
                    real *x = c + i * row_c + j * col_c;                                           \
                    *x = beta == 0 ? 0 : beta * *x;                                                \
                }                                                                                  \
            return RISE_OK;                                                                        \
        }                                                                                          \
        /* BLIS does not write to A and B, but its prototypes do not say so. */                    \
        blis_call(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, (dim_t)m, (dim_t)n, (dim_t)k, &alpha,      \
                  (real *)(uintptr_t)a, (inc_t)row_a, (inc_t)col_a, (real *)(uintptr_t)b,          \
                  (inc_t)row_b, (inc_t)col_b, &beta, c, (inc_t)row_c, (inc_t)col_c);               \
        return RISE_OK;                                                                            \
    }

GEMM(gemm_f32, float, bli_sgemm)
GEMM(gemm_f64, double, bli_dgemm)

const char *gemm_architecture(void) {
    return bli_arch_string(bli_arch_query_id());
}

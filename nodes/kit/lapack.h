/* kit/lapack.h: Cholesky factors and singular values, in float64 on one thread.
 *
 * Matrices are row-major here; how LAPACK wants them is the business of lapack.c. Results depend on
 * the numbers and on lapack_version, which belongs in the fingerprint of nodes that use them. */
#ifndef KIT_LAPACK_H
#define KIT_LAPACK_H

#include <rise/error.h>

#include <stdbool.h>
#include <stddef.h>

const char *lapack_version(void); /* "lapack 3.11.0, blis haswell" */

/* a (n, n), symmetric, its lower triangle read: becomes L with a = L L^T. The upper triangle is
 * left as it was. False: not positive definite, `a` is then spoilt. n >= 1. */
bool lapack_cholesky(size_t n, double *a);
/* b becomes L^-1 b, and L^-T b. */
void lapack_forward(size_t n, const double *l, double *b);
void lapack_backward(size_t n, const double *l, double *b);

/* a (m, n) = u diag(s) vt with r = min(m, n): u (m, r), s[r] descending, vt (r, n). m, n >= 1; `a`
 * is spoilt. */
rise_status lapack_svd(size_t m, size_t n, double *a, double *u, double *s, double *vt,
                       rise_error *err) RISE_MUST_USE;

#endif

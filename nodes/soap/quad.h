/* soap/quad.h: arithmetic of at least 113 bits, for building the radial basis once per plan.
 *
 * The overlap of the primitives has condition numbers up to 1e17, so double is not enough. Only
 * + - * / are expected of the compiler; the functions needed beyond are here. */
#ifndef RISE_SOAP_QUAD_H
#define RISE_SOAP_QUAD_H

#include <float.h>
#include <stdbool.h>
#include <stddef.h>

#if LDBL_MANT_DIG >= 113
typedef long double quad;
#else
__extension__ typedef __float128 quad;
#endif

quad quad_pi(void);
quad quad_sqrt(quad x); /* x >= 0 */
quad quad_exp(quad x);  /* 0 below about exp(-650); x <= 650 */
quad quad_log(quad x);  /* x > 0, within the range of double */
static inline quad quad_abs(quad x) {
    return x < 0 ? -x : x;
}

/* Eigenvalues w[n] and eigenvectors of the symmetric a[n][n], vector k in column k of v[n][n], by
 * cyclic Jacobi rotations. Destroys a. False when it does not converge (never seen; NaN inside). */
bool quad_eigen(size_t n, quad *a, quad *w, quad *v);

#endif

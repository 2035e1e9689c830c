/* soap/basis.h: the orthonormal radial basis, in >= 113-bit arithmetic.
 *
 * For each l the primitives r^l exp(-alpha_lk r^2), k = 1..n_max, with
 *   a_k = 1 + (r_cut - 1)(k - 1)/(n_max - 1),  alpha_lk = (ln 1000 + l ln a_k)/a_k^2,
 * are orthonormalised by the symmetric root beta_l = S_l^(-1/2) of their overlap, and what a
 * Gaussian of width sigma at distance r projects onto is (DScribe's "gto" convention)
 *   R_nl(r) = (pi/eta)^(3/2) r^l sum_k beta_l,nk (1 + alpha_lk/eta)^-(l+3/2)
 *             exp(-alpha_lk r^2/(1 + alpha_lk/eta)),   eta = 1/(2 sigma^2).
 * Himanen et al., Comput. Phys. Commun. 247, 106949 (2020). Lengths in Å. */
#ifndef RISE_SOAP_BASIS_H
#define RISE_SOAP_BASIS_H

#include "quad.h"

#include <rise/error.h>

#define SOAP_N_MAX 32
#define SOAP_L_MAX 30

typedef struct soap_basis {
    size_t n_max, l_max;
    double padded;         /* r_cut + sigma sqrt(-2 ln 0.001): where neighbours end, Å */
    double orthonormality; /* largest element of |beta S beta - 1| over all l */
    quad *exponent;        /* [l][k] alpha/(1 + alpha/eta), Å^-2 */
    quad *weight;          /* [l][n][k] of exp(-exponent r^2) r^l in R_nl */
} soap_basis;

/* RISE_E_DATA: r_cut <= 1, sigma <= 0, n_max or l_max out of range, or a basis so large that even
 * 113 bits cannot orthonormalise it. Owner calls soap_basis_free. */
rise_status soap_basis_new(double r_cut, size_t n_max, size_t l_max, double sigma, soap_basis **out,
                           rise_error *err) RISE_MUST_USE;
void soap_basis_free(soap_basis *basis);

/* R_nl(r) for all n at one l: value[n_max]. Exact but for the last bits; slow. */
void soap_basis_radial(const soap_basis *basis, size_t l, double r, double *value);

#endif

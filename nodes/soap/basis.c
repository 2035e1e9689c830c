/* soap/basis.c: overlap of the primitives, its inverse root, the weights of R_nl. */
#include "basis.h"

#include <math.h>
#include <stdlib.h>

/* beta S beta may miss the unit matrix by this much before the basis is refused. */
#define ORTHONORMAL_LIMIT 1e-10

typedef struct work {
    quad alpha[SOAP_N_MAX], eigenvalue[SOAP_N_MAX];
    quad overlap[SOAP_N_MAX * SOAP_N_MAX], copy[SOAP_N_MAX * SOAP_N_MAX];
    quad vector[SOAP_N_MAX * SOAP_N_MAX], beta[SOAP_N_MAX * SOAP_N_MAX];
} work;

static quad power(quad x, size_t n) {
    quad result = 1;
    for (; n > 0; n >>= 1, x *= x)
        if (n & 1)
            result *= x;
    return result;
}

/* x^(l + 3/2) */
static quad power_half(quad x, size_t l) {
    return power(x, l + 1) * quad_sqrt(x);
}

/* Gamma(l + 3/2) = (l + 1/2)(l - 1/2)...(1/2) sqrt(pi) */
static quad gamma_half(size_t l) {
    quad gamma = quad_sqrt(quad_pi());
    for (size_t i = 0; i <= l; i++)
        gamma *= (quad)(double)i + (quad)0.5;
    return gamma;
}

static void primitives(double r_cut, size_t n_max, size_t l, quad *alpha) {
    for (size_t k = 0; k < n_max; k++) {
        quad a = 1 + ((quad)r_cut - 1) * (quad)(double)k / (quad)(double)(n_max - 1);
        alpha[k] = (quad_log(1000) + (quad)(double)l * quad_log(a)) / (a * a);
    }
}

static void overlaps(size_t n, size_t l, const quad *alpha, quad *overlap) {
    quad half_gamma = gamma_half(l) / 2;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            overlap[i * n + j] = half_gamma / power_half(alpha[i] + alpha[j], l);
}

static void multiply(size_t n, const quad *a, const quad *b, quad *product) {
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            quad sum = 0;
            for (size_t k = 0; k < n; k++)
                sum += a[i * n + k] * b[k * n + j];
            product[i * n + j] = sum;
        }
    }
}

/* beta = S^(-1/2); false when S has no positive smallest eigenvalue. */
static bool inverse_root(size_t n, work *w) {
    for (size_t i = 0; i < n * n; i++)
        w->copy[i] = w->overlap[i];
    if (!quad_eigen(n, w->copy, w->eigenvalue, w->vector))
        return false;
    for (size_t k = 0; k < n; k++)
        if (!(w->eigenvalue[k] > 0))
            return false;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i; j < n; j++) {
            quad sum = 0;
            for (size_t k = 0; k < n; k++)
                sum += w->vector[i * n + k] * w->vector[j * n + k] / quad_sqrt(w->eigenvalue[k]);
            w->beta[i * n + j] = w->beta[j * n + i] = sum;
        }
    }
    return true;
}

/* Largest element of |beta S beta - 1|. */
static double residual(size_t n, work *w) {
    multiply(n, w->beta, w->overlap, w->copy);
    multiply(n, w->copy, w->beta, w->vector);
    double largest = 0;
    for (size_t i = 0; i < n * n; i++) {
        double off = fabs((double)(w->vector[i] - (i % (n + 1) == 0)));
        largest = off > largest ? off : largest;
    }
    return largest;
}

static rise_status build(soap_basis *basis, double r_cut, double sigma, work *w, rise_error *err) {
    size_t n = basis->n_max;
    quad eta = 1 / (2 * (quad)sigma * (quad)sigma);
    quad prefactor = power_half(quad_pi() / eta, 0);
    for (size_t l = 0; l <= basis->l_max; l++) {
        primitives(r_cut, n, l, w->alpha);
        overlaps(n, l, w->alpha, w->overlap);
        double off = inverse_root(n, w) ? residual(n, w) : 1;
        if (!(off <= ORTHONORMAL_LIMIT)) {
            rise_fail(err, RISE_E_DATA,
                      "the %zu radial functions at l = %zu are linearly dependent to 113 bits at "
                      "r_cut = %g",
                      n, l, r_cut);
            return rise_hint(err, "take a smaller n_max (11 suits most cutoffs) or a larger r_cut");
        }
        basis->orthonormality = off > basis->orthonormality ? off : basis->orthonormality;
        for (size_t k = 0; k < n; k++) {
            quad widened = 1 + w->alpha[k] / eta;
            basis->exponent[l * n + k] = w->alpha[k] / widened;
            quad factor = prefactor / power_half(widened, l);
            for (size_t i = 0; i < n; i++)
                basis->weight[(l * n + i) * n + k] = factor * w->beta[i * n + k];
        }
    }
    return RISE_OK;
}

static rise_status check(double r_cut, size_t n_max, size_t l_max, double sigma, rise_error *err) {
    if (!(r_cut > 1) || !isfinite(r_cut))
        return rise_fail(err, RISE_E_DATA,
                         "r_cut is %g Å; the radial basis begins at 1 Å, so it must be larger",
                         r_cut);
    if (!(sigma > 0) || !isfinite(sigma))
        return rise_fail(err, RISE_E_DATA, "sigma is %g Å; it must be larger than 0", sigma);
    if (n_max < 2 || n_max > SOAP_N_MAX)
        return rise_fail(err, RISE_E_DATA, "n_max is %zu; it must be 2..%d", n_max, SOAP_N_MAX);
    if (l_max > SOAP_L_MAX)
        return rise_fail(err, RISE_E_DATA, "l_max is %zu; it must be 0..%d", l_max, SOAP_L_MAX);
    return RISE_OK;
}

rise_status soap_basis_new(double r_cut, size_t n_max, size_t l_max, double sigma, soap_basis **out,
                           rise_error *err) {
    rise_status status = check(r_cut, n_max, l_max, sigma, err);
    if (status != RISE_OK)
        return status;
    soap_basis *basis = calloc(1, sizeof *basis);
    work *w = calloc(1, sizeof *w);
    if (basis != NULL) {
        basis->n_max = n_max;
        basis->l_max = l_max;
        basis->padded = r_cut + sigma * sqrt(-2 * log(1e-3));
        basis->exponent = calloc((l_max + 1) * n_max, sizeof *basis->exponent);
        basis->weight = calloc((l_max + 1) * n_max * n_max, sizeof *basis->weight);
    }
    if (basis == NULL || w == NULL || basis->exponent == NULL || basis->weight == NULL)
        status = rise_fail_nomem(err, "radial basis");
    else
        status = build(basis, r_cut, sigma, w, err);
    free(w);
    if (status != RISE_OK)
        soap_basis_free(basis);
    else
        *out = basis;
    return status;
}

void soap_basis_free(soap_basis *basis) {
    if (basis == NULL)
        return;
    free(basis->exponent);
    free(basis->weight);
    free(basis);
}

void soap_basis_radial(const soap_basis *basis, size_t l, double r, double *value) {
    size_t n_max = basis->n_max;
    quad primitive[SOAP_N_MAX], square = (quad)r * (quad)r, r_l = power((quad)r, l);
    for (size_t k = 0; k < n_max; k++)
        primitive[k] = r_l * quad_exp(-basis->exponent[l * n_max + k] * square);
    for (size_t n = 0; n < n_max; n++) {
        quad sum = 0;
        for (size_t k = 0; k < n_max; k++)
            sum += basis->weight[(l * n_max + n) * n_max + k] * primitive[k];
        value[n] = (double)sum;
    }
}

/* soap/table.h: R_nl(r) tabulated for cubic Hermite interpolation over 0 .. padded cutoff.
 *
 * What is tabulated is s_l R_nl(r) with s_l = sqrt(pi sqrt(8/(2l+1))), so that the power spectrum
 * is a plain dot product of coefficients. The number of knots grows until the interpolation error
 * is small against the precision asked for. */
#ifndef RISE_SOAP_TABLE_H
#define RISE_SOAP_TABLE_H

#include "basis.h"

typedef struct soap_table {
    size_t width;       /* elements per row, n_max (l_max + 1) rounded up to 8; rest is zero */
    size_t n_intervals; /* knots - 1, >= 256 */
    double step;        /* Å */
    size_t element;     /* 4: float, 8: double */
    double error;       /* largest sampled |interpolated - exact| / max |R_.l| of that l */
    void *rows;         /* [knot][value, derivative * step][width]: [l][n] within a row; aligned */
} soap_table;

/* RISE_E_NOMEM; RISE_E_DATA when the basis cannot be resolved with a table of sane size. */
rise_status soap_table_new(const soap_basis *basis, size_t element, soap_table **out,
                           rise_error *err) RISE_MUST_USE;
void soap_table_free(soap_table *table);

/* Row that holds R_nl at r, 0 <= r <= padded, by the same formula as the kernels but in double:
 * value[width]. For tests and for measuring the error. */
void soap_table_value(const soap_table *table, double r, double *value);
double soap_table_scale(size_t l); /* s_l */

/* Weights of value and derivative at the two knots around t = 0..1 of the interval. */
static inline void soap_hermite(double t, double weight[4]) {
    double u = 1 - t;
    weight[0] = (1 + 2 * t) * u * u;
    weight[1] = t * u * u;
    weight[2] = t * t * (3 - 2 * t);
    weight[3] = -t * t * u;
}

/* Interval of r and the position 0..1 within it. */
static inline size_t soap_table_interval(const soap_table *table, double r, double *t) {
    double at = r / table->step;
    size_t interval = (size_t)at;
    if (interval >= table->n_intervals)
        interval = table->n_intervals - 1;
    *t = at - (double)interval;
    return interval;
}

#endif

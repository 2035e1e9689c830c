/* soap/table.h: R_nl(r) tabulated as B-splines on equal steps over 0 .. padded cutoff.
 *
 * What is tabulated is s_l R_nl(r) with s_l = sqrt(pi sqrt(8/(2l+1))), so that the power spectrum
 * is a plain dot product of coefficients. The functions are even or odd in r, so the splines know
 * no end. The number of knots grows until the error is small against the precision asked for:
 * splines of degree 3 for float, of degree 5 for double, keep a table within reach of the cache. */
#ifndef RISE_SOAP_TABLE_H
#define RISE_SOAP_TABLE_H

#include "basis.h"

#define SOAP_WEIGHTS 6 /* of a spline of the highest degree */

typedef struct soap_table {
    size_t n_max, l_max;
    size_t width;       /* elements per row: n_max rounded up to 4; the rest is zero */
    size_t degree;      /* 3 or 5; the value in interval i comes of rows i .. i + degree */
    size_t n_intervals; /* >= 128 */
    size_t n_rows;      /* of one l */
    double step;        /* Å */
    size_t element;     /* 4: float, 8: double */
    double largest;     /* |s_0 R_n0| */
    double error;       /* largest sampled |interpolated - exact| / max |R_.l| of that l */
    void *rows;         /* [l][n_rows][width], aligned, with room behind for one vector */
} soap_table;

/* RISE_E_NOMEM; RISE_E_DATA when the basis cannot be resolved with a table of sane size. */
rise_status soap_table_new(const soap_basis *basis, size_t element, soap_table **out,
                           rise_error *err) RISE_MUST_USE;
void soap_table_free(soap_table *table);

/* The row for r = 0 exactly, to be read with weights 1, 0, 0, ...: exact zeros for l > 0, since the
 * centre has no direction. */
static inline size_t soap_table_centre(const soap_table *table) {
    return table->n_intervals + table->degree;
}

/* R_nl at r for all n at one l, from the rows as they are but added in double: value[n_max]. For
 * tests and for measuring the error. */
void soap_table_value(const soap_table *table, size_t l, double r, double *value);
double soap_table_scale(size_t l); /* s_l */

/* Weights of the degree + 1 rows at t = 0..1 within an interval. */
static inline void soap_cubic_weights(double t, double weight[SOAP_WEIGHTS]) {
    double u = 1 - t;
    weight[0] = u * u * u * (1.0 / 6);
    weight[1] = (4 + t * t * (3 * t - 6)) * (1.0 / 6);
    weight[2] = (4 + u * u * (3 * u - 6)) * (1.0 / 6);
    weight[3] = t * t * t * (1.0 / 6);
}

static inline double soap_quintic_near(double t) {
    return (66 + t * t * (-60 + t * t * (30 - 10 * t))) * (1.0 / 120);
}

static inline double soap_quintic_far(double t) {
    return (26 + t * (-50 + t * (20 + t * (20 + t * (-20 + t * 5))))) * (1.0 / 120);
}

static inline void soap_quintic_weights(double t, double weight[SOAP_WEIGHTS]) {
    double u = 1 - t, t2 = t * t, u2 = u * u;
    weight[0] = u2 * u2 * u * (1.0 / 120);
    weight[1] = soap_quintic_far(t);
    weight[2] = soap_quintic_near(t);
    weight[3] = soap_quintic_near(u);
    weight[4] = soap_quintic_far(u);
    weight[5] = t2 * t2 * t * (1.0 / 120);
}

#endif

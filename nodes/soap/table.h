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
    size_t n_intervals; /* >= 256 */
    size_t n_rows;      /* of one l */
    double step;        /* Å */
    size_t element;     /* 4: float, 8: double */
    double error;       /* largest sampled |interpolated - exact| / max |R_.l| of that l */
    void *rows;         /* [l][n_rows][width], aligned, with room behind for one vector */
} soap_table;

/* RISE_E_NOMEM; RISE_E_DATA when the basis cannot be resolved with a table of sane size. */
rise_status soap_table_new(const soap_basis *basis, size_t element, soap_table **out,
                           rise_error *err) RISE_MUST_USE;
void soap_table_free(soap_table *table);

/* Where r, 0 <= r <= padded, lies: the first row to read, and the weights of it and the `degree`
 * rows after it (the others are 0). At r = 0 exactly, rows of their own give exact zeros for
 * l > 0: the centre has no direction. */
size_t soap_table_place(const soap_table *table, double r, double weight[SOAP_WEIGHTS]);

/* R_nl at r for all n at one l, from the rows as they are but added in double: value[n_max]. For
 * tests and for measuring the error. */
void soap_table_value(const soap_table *table, size_t l, double r, double *value);
double soap_table_scale(size_t l); /* s_l */

#endif

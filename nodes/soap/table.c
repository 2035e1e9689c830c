/* soap/table.c: builds the Hermite table from the exact basis and measures its error. */
#include "table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FLOAT_ERROR 1e-7
#define DOUBLE_ERROR 5e-11
#define MAX_INTERVALS 65536u
#define N_SAMPLES 24u /* midpoints at which the error is measured */

double soap_table_scale(size_t l) {
    return sqrt((double)quad_pi() * sqrt(8 / (2 * (double)l + 1)));
}

static void put(soap_table *table, size_t row, size_t column, double value) {
    size_t at = row * table->width + column;
    if (table->element == sizeof(float))
        ((float *)table->rows)[at] = (float)value;
    else
        ((double *)table->rows)[at] = value;
}

static double get(const soap_table *table, size_t row, size_t column) {
    size_t at = row * table->width + column;
    return table->element == sizeof(float) ? (double)((const float *)table->rows)[at]
                                           : ((const double *)table->rows)[at];
}

/* Value and derivative of all n at one knot, from the Gaussians e[k] = exp(-exponent r^2). */
static void fill_knot(const soap_basis *basis, size_t l, size_t knot, const quad *e,
                      soap_table *table) {
    size_t n_max = basis->n_max;
    const quad *exponent = basis->exponent + l * n_max;
    quad r = (quad)table->step * (quad)(double)knot;
    quad below = 1; /* r^(l-1), 1 at l = 0 where its factor l is 0 */
    for (size_t i = 1; i < l; i++)
        below *= r;
    quad r_l = l > 0 ? below * r : 1;
    quad scale = (quad)soap_table_scale(l), step = (quad)table->step;
    for (size_t n = 0; n < n_max; n++) {
        const quad *weight = basis->weight + (l * n_max + n) * n_max;
        quad sum = 0, slope = 0;
        for (size_t k = 0; k < n_max; k++) {
            quad term = weight[k] * e[k];
            sum += term;
            slope += term * exponent[k];
        }
        quad derivative = (quad)(double)l * below * sum - 2 * r * r_l * slope;
        put(table, 2 * knot, l * n_max + n, (double)(scale * r_l * sum));
        put(table, 2 * knot + 1, l * n_max + n, (double)(scale * step * derivative));
    }
}

/* On equal steps exp(-c r^2) follows from its two predecessors by multiplication; the error grows
 * with the square of the knot's number, which 113 bits can well afford. */
static void fill_l(const soap_basis *basis, size_t l, soap_table *table) {
    quad e[SOAP_N_MAX], ratio[SOAP_N_MAX], curve[SOAP_N_MAX];
    quad square = (quad)table->step * (quad)table->step;
    for (size_t k = 0; k < basis->n_max; k++) {
        e[k] = 1;
        ratio[k] = quad_exp(-basis->exponent[l * basis->n_max + k] * square);
        curve[k] = ratio[k] * ratio[k];
    }
    for (size_t knot = 0; knot <= table->n_intervals; knot++) {
        fill_knot(basis, l, knot, e, table);
        for (size_t k = 0; k < basis->n_max; k++) {
            e[k] *= ratio[k];
            ratio[k] *= curve[k];
        }
    }
}

void soap_table_value(const soap_table *table, double r, double *value) {
    double t, weight[4];
    size_t interval = soap_table_interval(table, r, &t);
    soap_hermite(t, weight);
    for (size_t i = 0; i < table->width; i++) {
        value[i] = 0;
        for (size_t k = 0; k < 4; k++)
            value[i] += weight[k] * get(table, 2 * interval + k, i);
    }
}

/* Error at midpoints of intervals, where it is largest, spread over the range; midpoints nearer to
 * the centre come first since the functions are sharpest there. */
static rise_status measure(const soap_basis *basis, soap_table *table, rise_error *err) {
    double *row = calloc(table->width, sizeof *row);
    if (row == NULL)
        return rise_fail_nomem(err, "radial table");
    double exact[SOAP_N_MAX];
    table->error = 0;
    for (size_t l = 0; l <= basis->l_max; l++) {
        double largest = 0, off = 0;
        for (size_t knot = 0; knot <= table->n_intervals; knot++)
            for (size_t n = 0; n < basis->n_max; n++)
                largest = fmax(largest, fabs(get(table, 2 * knot, l * basis->n_max + n)));
        for (size_t s = 0; s < N_SAMPLES; s++) {
            size_t interval = s * table->n_intervals / N_SAMPLES;
            double r = ((double)interval + 0.5) * table->step;
            soap_table_value(table, r, row);
            soap_basis_radial(basis, l, r, exact);
            for (size_t n = 0; n < basis->n_max; n++)
                off = fmax(off, fabs(row[l * basis->n_max + n] - soap_table_scale(l) * exact[n]));
        }
        table->error = fmax(table->error, off / largest);
    }
    free(row);
    return RISE_OK;
}

static rise_status fill(const soap_basis *basis, soap_table *table, rise_error *err) {
    size_t bytes = 2 * (table->n_intervals + 1) * table->width * table->element;
    free(table->rows);
    table->rows = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (table->rows == NULL)
        return rise_fail_nomem(err, "radial table");
    memset(table->rows, 0, (bytes + 63) / 64 * 64);
    table->step = basis->padded / (double)table->n_intervals;
    for (size_t l = 0; l <= basis->l_max; l++)
        fill_l(basis, l, table);
    return measure(basis, table, err);
}

rise_status soap_table_new(const soap_basis *basis, size_t element, soap_table **out,
                           rise_error *err) {
    soap_table *table = calloc(1, sizeof *table);
    if (table == NULL)
        return rise_fail_nomem(err, "radial table");
    double limit = element == sizeof(float) ? FLOAT_ERROR : DOUBLE_ERROR;
    table->element = element;
    table->width = (basis->n_max * (basis->l_max + 1) + 7) / 8 * 8;
    table->n_intervals = 256;
    rise_status status = fill(basis, table, err);
    while (status == RISE_OK && !(table->error <= limit)) {
        /* the error falls with the fourth power of the step */
        double excess = table->error / limit;
        do {
            table->n_intervals *= 2;
            excess /= 16;
        } while (excess > 1 && table->n_intervals < MAX_INTERVALS);
        if (table->n_intervals >= MAX_INTERVALS)
            status = rise_fail(err, RISE_E_DATA,
                               "the radial functions vary too fast to be tabulated up to %g Å",
                               basis->padded);
        else
            status = fill(basis, table, err);
    }
    if (status != RISE_OK)
        soap_table_free(table);
    else
        *out = table;
    return status;
}

void soap_table_free(soap_table *table) {
    if (table == NULL)
        return;
    free(table->rows);
    free(table);
}

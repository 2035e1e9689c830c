/* soap/table.c: builds the spline table from the exact basis and measures its error. */
#include "table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FLOAT_ERROR 1e-7
#define DOUBLE_ERROR 5e-11
#define MIN_INTERVALS 128u
#define MAX_INTERVALS 65536u
#define N_SAMPLES 24u /* midpoints at which the error is measured */

/* Knots tabulated beyond either end. What is wrong at an end fades by the largest pole per knot:
 * 0.43^48 is below the last bit of double. */
#define MARGIN 48u

/* Poles of the filters that turn values at knots into coefficients of B-splines of degree 3 and 5
 * (Unser, Aldroubi, Eden 1993). */
static const double CUBIC_POLES[] = {-0.26794919243112270647};
static const double QUINTIC_POLES[] = {-0.43057534709997430378, -0.04309628820326465382};

double soap_table_scale(size_t l) {
    return sqrt((double)quad_pi() * sqrt(8 / (2 * (double)l + 1)));
}

static void put(soap_table *table, size_t l, size_t row, size_t n, double value) {
    size_t at = (l * table->n_rows + row) * table->width + n;
    if (table->element == sizeof(float))
        ((float *)table->rows)[at] = (float)value;
    else
        ((double *)table->rows)[at] = value;
}

static double get(const soap_table *table, size_t l, size_t row, size_t n) {
    size_t at = (l * table->n_rows + row) * table->width + n;
    return table->element == sizeof(float) ? (double)((const float *)table->rows)[at]
                                           : ((const double *)table->rows)[at];
}

/* s_l R_nl of all n at one knot, from the Gaussians e[k] = exp(-exponent r^2), into column `at` of
 * curve[n][length]. */
static void fill_knot(const soap_basis *basis, size_t l, quad r, const quad *e, double *curve,
                      size_t length, size_t at) {
    size_t n_max = basis->n_max;
    quad scaled = (quad)soap_table_scale(l);
    for (size_t i = 0; i < l; i++)
        scaled *= r;
    for (size_t n = 0; n < n_max; n++) {
        const quad *weight = basis->weight + (l * n_max + n) * n_max;
        quad sum = 0;
        for (size_t k = 0; k < n_max; k++)
            sum += weight[k] * e[k];
        curve[n * length + at] = (double)(scaled * sum);
    }
}

/* curve[n][2 MARGIN + n_intervals + 1]: values at knots -MARGIN .. n_intervals + MARGIN. On equal
 * steps exp(-c r^2) follows from its two predecessors by multiplication; the error grows with the
 * square of the knot's number, which 113 bits can well afford. */
static void fill_curves(const soap_basis *basis, size_t l, const soap_table *table, double *curve) {
    size_t n_max = basis->n_max, length = table->n_intervals + 2 * MARGIN + 1;
    quad e[SOAP_N_MAX], ratio[SOAP_N_MAX], bend[SOAP_N_MAX];
    quad step = (quad)table->step;
    for (size_t k = 0; k < n_max; k++) {
        e[k] = 1;
        ratio[k] = quad_exp(-basis->exponent[l * n_max + k] * step * step);
        bend[k] = ratio[k] * ratio[k];
    }
    for (size_t knot = 0; knot + MARGIN < length; knot++) {
        fill_knot(basis, l, step * (quad)(double)knot, e, curve, length, MARGIN + knot);
        for (size_t k = 0; k < n_max; k++) {
            e[k] *= ratio[k];
            ratio[k] *= bend[k];
        }
    }
    for (size_t n = 0; n < n_max; n++)
        for (size_t knot = 1; knot <= MARGIN; knot++)
            curve[n * length + MARGIN - knot] =
                (l % 2 ? -1 : 1) * curve[n * length + MARGIN + knot];
}

/* Values at knots to coefficients, in place; wrong near both ends, within MARGIN. */
static void filter(double *c, size_t length, const double *pole, size_t n_poles) {
    for (size_t p = 0; p < n_poles; p++) {
        double z = pole[p], gain = (1 - z) * (1 - 1 / z);
        for (size_t i = 0; i < length; i++)
            c[i] *= gain;
        for (size_t i = 1; i < length; i++)
            c[i] += z * c[i - 1];
        c[length - 1] *= -z;
        for (size_t i = length - 1; i-- > 0;)
            c[i] = z * (c[i + 1] - c[i]);
    }
}

static void fill_l(const soap_basis *basis, size_t l, soap_table *table, double *curve) {
    size_t length = table->n_intervals + 2 * MARGIN + 1, before = (table->degree - 1) / 2;
    bool cubic = table->degree == 3;
    fill_curves(basis, l, table, curve);
    for (size_t n = 0; n < basis->n_max; n++) {
        double *c = curve + n * length;
        if (l == 0)
            put(table, 0, soap_table_centre(table), n, c[MARGIN]);
        filter(c, length, cubic ? CUBIC_POLES : QUINTIC_POLES, cubic ? 1 : 2);
        for (size_t row = 0; row < table->n_intervals + table->degree; row++)
            put(table, l, row, n, c[MARGIN + row - before]);
    }
}

void soap_table_value(const soap_table *table, size_t l, double r, double *value) {
    double weight[SOAP_WEIGHTS] = {1}, at = r / table->step;
    size_t row = soap_table_centre(table);
    if (r > 0) {
        row = (size_t)at < table->n_intervals ? (size_t)at : table->n_intervals - 1;
        if (table->degree == 3)
            soap_cubic_weights(at - (double)row, weight);
        else
            soap_quintic_weights(at - (double)row, weight);
    }
    for (size_t n = 0; n < table->n_max; n++) {
        value[n] = 0;
        for (size_t k = 0; k <= table->degree; k++)
            value[n] += weight[k] * get(table, l, row + k, n);
    }
}

/* Error at midpoints of intervals spread over the range, against the largest coefficient. */
static void measure(const soap_basis *basis, soap_table *table) {
    double row[SOAP_N_MAX], exact[SOAP_N_MAX];
    table->error = 0;
    for (size_t l = 0; l <= basis->l_max; l++) {
        double largest = 0, off = 0;
        for (size_t knot = 0; knot <= table->n_intervals; knot++)
            for (size_t n = 0; n < basis->n_max; n++)
                largest = fmax(largest, fabs(get(table, l, knot, n)));
        for (size_t s = 0; s < N_SAMPLES; s++) {
            size_t interval = s * table->n_intervals / N_SAMPLES;
            double r = ((double)interval + 0.5) * table->step;
            soap_table_value(table, l, r, row);
            soap_basis_radial(basis, l, r, exact);
            for (size_t n = 0; n < basis->n_max; n++)
                off = fmax(off, fabs(row[n] - soap_table_scale(l) * exact[n]));
        }
        table->error = fmax(table->error, largest > 0 ? off / largest : 0);
        table->largest = l == 0 ? largest : table->largest;
    }
}

static rise_status fill(const soap_basis *basis, soap_table *table, rise_error *err) {
    size_t length = table->n_intervals + 2 * MARGIN + 1;
    table->step = basis->padded / (double)table->n_intervals;
    table->n_rows = table->n_intervals + table->degree + 1 + table->degree;
    size_t bytes = (basis->l_max + 1) * table->n_rows * table->width * table->element;
    bytes = (bytes + 64 + 63) / 64 * 64;
    free(table->rows);
    table->rows = aligned_alloc(64, bytes);
    double *curve = calloc(basis->n_max * length, sizeof *curve);
    if (table->rows == NULL || curve == NULL) {
        free(curve);
        return rise_fail_nomem(err, "radial table");
    }
    memset(table->rows, 0, bytes);
    for (size_t l = 0; l <= basis->l_max; l++)
        fill_l(basis, l, table, curve);
    free(curve);
    measure(basis, table);
    return RISE_OK;
}

rise_status soap_table_new(const soap_basis *basis, size_t element, soap_table **out,
                           rise_error *err) {
    soap_table *table = calloc(1, sizeof *table);
    if (table == NULL)
        return rise_fail_nomem(err, "radial table");
    double limit = element == sizeof(float) ? FLOAT_ERROR : DOUBLE_ERROR;
    table->n_max = basis->n_max;
    table->l_max = basis->l_max;
    table->element = element;
    table->degree = element == sizeof(float) ? 3 : 5;
    table->width = (basis->n_max + 3) / 4 * 4;
    table->n_intervals = MIN_INTERVALS;
    rise_status status = fill(basis, table, err);
    while (status == RISE_OK && !(table->error <= limit)) {
        /* the error falls with the power degree + 1 of the step; a tenth more to be done at once */
        double finer = pow(table->error / limit, 1 / (double)(table->degree + 1));
        table->n_intervals += 16 + (size_t)((double)table->n_intervals * fmin(1.1 * finer - 1, 15));
        if (table->n_intervals < MAX_INTERVALS) {
            status = fill(basis, table, err);
        } else {
            status = rise_fail(err, RISE_E_DATA,
                               "the radial functions vary too fast to be tabulated up to %g Å",
                               basis->padded);
            rise_hint(err, "take a smaller r_cut");
        }
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

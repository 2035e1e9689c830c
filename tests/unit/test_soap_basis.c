/* The pieces of SOAP by what defines them: extended precision, orthonormal radial functions, the
 * table against exact values, spherical harmonics by the addition theorem, and refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kit/cpu.h"
#include "soap/kernels.h"

static const double PI = 3.14159265358979323846;

/* arctan(1/n) by its series */
static quad arctan_inverse(int n) {
    quad power = 1 / (quad)n, sum = power;
    for (int k = 1; k < 60; k++) {
        power /= -(quad)(n * n);
        sum += power / (2 * k + 1);
    }
    return sum;
}

static void extended_precision(void **state) {
    (void)state;
    quad machin = 16 * arctan_inverse(5) - 4 * arctan_inverse(239);
    assert_true((double)quad_abs(machin - quad_pi()) < 1e-32);
    assert_true((double)quad_abs(quad_sqrt(2) * quad_sqrt(2) - 2) < 1e-32);
    for (double x = 1e-3; x < 2e3; x *= 3.7) {
        double back = (double)quad_abs(quad_exp(quad_log((quad)x)) / (quad)x - 1);
        assert_true(back < 1e-30);
        assert_true(fabs((double)quad_log((quad)x) - log(x)) < 1e-15 * (1 + fabs(log(x))));
    }
    assert_true((double)quad_abs(quad_exp(1) * quad_exp(-1) - 1) < 1e-30);
    assert_true(quad_exp(-1000) == 0);
}

/* Without smearing (sigma -> 0) R_nl/(pi/eta)^(3/2) is the orthonormal basis itself. The integrands
 * are even and decay like Gaussians, so the trapezoid rule is exact to double. */
static void orthonormal(void **state) {
    (void)state;
    const double sigma = 1e-8, step = 0.08;
    static double value[600][SOAP_N_MAX];
    for (int cut = 3; cut <= 7; cut += 2) {
        soap_basis *basis = NULL;
        assert_int_equal(soap_basis_new(cut, 11, 12, sigma, &basis, NULL), RISE_OK);
        assert_true(basis->orthonormality < 1e-18);
        size_t points = (size_t)(4.5 * cut / step);
        for (size_t l = 0; l <= 12; l += 6) {
            for (size_t i = 1; i < points; i++)
                soap_basis_radial(basis, l, (double)i * step, value[i]);
            double worst = 0, prefactor = pow(2 * PI * sigma * sigma, 1.5);
            for (size_t n = 0; n < 11; n++) {
                for (size_t k = 0; k < 11; k++) {
                    double sum = 0;
                    for (size_t i = 1; i < points; i++)
                        sum += value[i][n] * value[i][k] * (double)(i * i);
                    sum *= step * step * step / (prefactor * prefactor);
                    worst = fmax(worst, fabs(sum - (n == k)));
                }
            }
            if (!(worst < 1e-11))
                print_error("r_cut %d, l %zu: overlap misses the unit matrix by %g\n", cut, l,
                            worst);
            assert_true(worst < 1e-11);
        }
        soap_basis_free(basis);
    }
}

static void check_table(double r_cut, size_t n_max, size_t l_max, double sigma, size_t element,
                        double allowed) {
    soap_basis *basis = NULL;
    soap_table *table = NULL;
    assert_int_equal(soap_basis_new(r_cut, n_max, l_max, sigma, &basis, NULL), RISE_OK);
    assert_int_equal(soap_table_new(basis, element, &table, NULL), RISE_OK);
    assert_true(table->n_intervals >= 128);
    double row[SOAP_N_MAX], exact[SOAP_N_MAX], worst = 0;
    for (size_t l = 0; l <= l_max; l++) {
        double off = 0, largest = 0;
        for (int i = 0; i <= 60; i++) {
            double r = basis->padded * pow(i / 60.0, 1.7);
            soap_table_value(table, l, r, row);
            soap_basis_radial(basis, l, r, exact);
            for (size_t n = 0; n < n_max; n++) {
                double scaled = soap_table_scale(l) * exact[n];
                off = fmax(off, fabs(row[n] - scaled));
                largest = fmax(largest, fabs(scaled));
                if (i == 0 && l > 0)
                    assert_true(row[n] == 0);
            }
        }
        worst = fmax(worst, off / largest);
    }
    if (!(worst <= allowed))
        print_error("r_cut %g, n_max %zu, l_max %zu, sigma %g, %zu bytes, %zu intervals: table off "
                    "by %g of its maximum, allowed %g\n",
                    r_cut, n_max, l_max, sigma, element, table->n_intervals, worst, allowed);
    assert_true(worst <= allowed);
    soap_table_free(table);
    soap_basis_free(basis);
}

static void table_error(void **state) {
    (void)state;
    check_table(3, 11, 12, 0.5, sizeof(float), 3e-7);
    check_table(5, 11, 12, 0.5, sizeof(float), 3e-7);
    check_table(9, 11, 12, 0.5, sizeof(float), 3e-7);
    check_table(4, 6, 20, 0.2, sizeof(float), 3e-7);
    check_table(30, 5, 2, 0.5, sizeof(float), 3e-7);
    check_table(5, 6, 6, 0.5, sizeof(double), 1e-10);
    check_table(1.5, 2, 0, 0.3, sizeof(double), 1e-10);
}

#define PLACES 29

/* A table that says 1 for all radial functions: what a neighbour adds are the harmonics alone. */
static soap_table table_of_ones(size_t element) {
    soap_table table = {.n_max = 2,
                        .l_max = SOAP_L_MAX,
                        .width = 4,
                        .degree = element == sizeof(float) ? 3 : 5,
                        .n_intervals = 1,
                        .n_rows = 12,
                        .step = 2,
                        .element = element};
    size_t count = (SOAP_L_MAX + 1) * table.n_rows * table.width + SOAP_SLACK;
    table.rows = aligned_alloc(64, (count * element + 63) / 64 * 64);
    assert_non_null(table.rows);
    for (size_t i = 0; i < count; i++) {
        if (element == sizeof(float))
            ((float *)table.rows)[i] = 1;
        else
            ((double *)table.rows)[i] = 1;
    }
    return table;
}

/* harmonic[place][lm] by the kernels, neighbour by neighbour. */
static void kernel_harmonics(const soap_kernels *kernels, const double (*unit)[3],
                             double (*harmonic)[SOAP_LM_MAX]) {
    soap_harmonics constants;
    soap_harmonics_init(&constants);
    soap_shape shape = soap_shape_of(2, SOAP_L_MAX, 1);
    soap_table table = table_of_ones(kernels->element);
    size_t room = kernels->room(&shape), c = SOAP_LM_MAX * shape.coefficient_stride + SOAP_SLACK;
    void *scratch = aligned_alloc(64, (room * kernels->element + 63) / 64 * 64);
    void *coefficient = aligned_alloc(64, (c * kernels->element + 63) / 64 * 64);
    assert_true(scratch != NULL && coefficient != NULL);
    for (size_t i = 0; i < PLACES; i++) {
        soap_chunk chunk = {.n = 1, .x = {unit[i][0]}, .y = {unit[i][1]}, .z = {unit[i][2]}};
        chunk.r2[0] = 1;
        kernels->expand(&shape, &table, &constants, &chunk, 0, true, scratch, coefficient);
        for (size_t lm = 0; lm < SOAP_LM_MAX; lm++) {
            size_t at = lm * shape.coefficient_stride;
            harmonic[i][lm] = kernels->element == sizeof(float) ? (double)((float *)coefficient)[at]
                                                                : ((double *)coefficient)[at];
        }
    }
    free(scratch);
    free(coefficient);
    free(table.rows);
}

/* sum_m Y_lm(u) Y_lm(v) = (2l+1)/(4 pi) P_l(u.v) for all pairs of places. */
static void check_harmonics(const soap_kernels *kernels, double allowed) {
    static double unit[PLACES][3], harmonic[PLACES][SOAP_LM_MAX];
    for (size_t j = 0; j < PLACES; j++) {
        double z = 1 - 2.0 * (double)j / (PLACES - 1), phi = 2.4 * (double)j;
        unit[j][0] = sqrt(1 - z * z) * cos(phi);
        unit[j][1] = sqrt(1 - z * z) * sin(phi);
        unit[j][2] = z;
    }
    kernel_harmonics(kernels, (const double(*)[3])unit, harmonic);
    for (size_t i = 0; i < PLACES; i++) {
        for (size_t j = 0; j < PLACES; j++) {
            double t = unit[i][0] * unit[j][0] + unit[i][1] * unit[j][1] + unit[i][2] * unit[j][2];
            double before = 0, legendre = 1;
            for (size_t l = 0; l <= SOAP_L_MAX; l++) {
                double sum = 0, degree = (double)l;
                for (size_t lm = l * l; lm < (l + 1) * (l + 1); lm++)
                    sum += harmonic[i][lm] * harmonic[j][lm];
                double expected = (2 * degree + 1) / (4 * PI) * legendre;
                if (!(fabs(sum - expected) < allowed))
                    print_error("%s, l %zu, pair %zu %zu: %.12g, expected %.12g\n", kernels->name,
                                l, i, j, sum, expected);
                assert_true(fabs(sum - expected) < allowed);
                double next = ((2 * degree + 1) * t * legendre - degree * before) / (degree + 1);
                before = legendre;
                legendre = next;
            }
        }
    }
}

static void harmonics(void **state) {
    (void)state;
    check_harmonics(&soap_kernels_double, 1e-12);
    check_harmonics(&soap_kernels_float, 3e-5);
#if defined(__x86_64__)
    if (cpu_best() >= CPU_AVX2) {
        check_harmonics(&soap_kernels_float_avx2, 3e-5);
        check_harmonics(&soap_kernels_double_avx2, 1e-12);
    }
#endif
}

static void check_refusal(double r_cut, size_t n_max, size_t l_max, double sigma,
                          const char *says) {
    rise_error err = {0};
    soap_basis *basis = NULL;
    assert_int_equal(soap_basis_new(r_cut, n_max, l_max, sigma, &basis, &err), RISE_E_DATA);
    assert_null(basis);
    if (strstr(err.message, says) == NULL)
        print_error("message `%s` does not say `%s`\n", err.message, says);
    assert_non_null(strstr(err.message, says));
}

static void refusals(void **state) {
    (void)state;
    check_refusal(1, 8, 8, 0.5, "r_cut is 1");
    check_refusal((double)NAN, 8, 8, 0.5, "r_cut");
    check_refusal(5, 1, 8, 0.5, "n_max is 1");
    check_refusal(5, 1000, 8, 0.5, "n_max is 1000");
    check_refusal(5, 8, 31, 0.5, "l_max is 31");
    check_refusal(5, 8, 8, 0, "sigma is 0");
    check_refusal(5, 8, 8, -1, "sigma is -1");
    check_refusal(3, 30, 4, 0.5, "linearly dependent");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(extended_precision),
                                       cmocka_unit_test(orthonormal), cmocka_unit_test(table_error),
                                       cmocka_unit_test(harmonics), cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

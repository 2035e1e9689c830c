/* SOAP against DScribe (tests/golden/data/soap): every kernel set that this processor runs, float
 * and double. Tolerances are the reference's own conditioning error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "soap/soap.h"
#include "support/npy.h"
#include "support/xyz.h"

#define DATA "tests/golden/data/soap/"
#define MAX_CENTRES 16

typedef struct soap_case {
    const char *name;
    double r_cut, sigma;
    size_t n_max, l_max, n_species;
    uint8_t species[3];
    size_t n_centres;
    size_t centre[MAX_CENTRES];
    double tolerance; /* of |p - p_ref|/|p_ref| for each atom */
} soap_case;

#define GLASS                                                                                      \
    2, {40, 29}, 8, {                                                                              \
        0, 1, 7, 500, 1119, 1120, 1500, 1999                                                       \
    }
#define ALLOY                                                                                      \
    3, {13, 40, 29}, 12, {                                                                         \
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11                                                       \
    }

static const soap_case CASES[] = {
    {"zrcu_r3_n11_l12", 3, 0.5, 11, 12, GLASS, 1e-4},
    {"zrcu_r4_n11_l12", 4, 0.5, 11, 12, GLASS, 1e-5},
    {"zrcu_r5_n11_l12", 5, 0.5, 11, 12, GLASS, 2e-6},
    {"zrcu_r7_n11_l12", 7, 0.5, 11, 12, GLASS, 2e-6},
    {"zrcu_r9_n11_l12", 9, 0.5, 11, 12, GLASS, 2e-6},
    {"zrcu_r5_n9_l10", 5, 0.5, 9, 10, GLASS, 2e-6},
    {"tricl3_r4.5_n4_l6", 4.5, 0.4, 4, 6, ALLOY, 2e-6},
    {"tricl3_r8_n3_l3", 8, 0.5, 3, 3, ALLOY, 2e-6},
    {"si8_r5_n8_l8", 5, 0.5, 8, 8, 1, {14}, 2, {0, 3}, 2e-6},
    {"water_r4_n6_l5", 4, 0.3, 6, 5, 2, {8, 1}, 3, {0, 1, 2}, 2e-6},
};
#define N_CASES (sizeof CASES / sizeof CASES[0])

static double element(const void *row, rise_dtype dtype, size_t i) {
    return dtype == RISE_F32 ? (double)((const float *)row)[i] : ((const double *)row)[i];
}

/* Relative error of one atom; tells where it is worst when it is too large. */
static double compare(const soap_case *c, const char *kernels, size_t atom, const void *row,
                      rise_dtype dtype, const npy_array *reference, size_t reference_row) {
    size_t n = reference->shape[1], worst = 0;
    double off = 0, norm = 0, ours = 0, largest = -1;
    for (size_t i = 0; i < n; i++) {
        double p = element(row, dtype, i), q = npy_at(reference, reference_row * n + i);
        off += (p - q) * (p - q);
        norm += q * q;
        ours += p * p;
        if (!(fabs(p - q) <= largest)) {
            largest = fabs(p - q);
            worst = i;
        }
    }
    double relative = sqrt(off / norm);
    if (!(relative <= c->tolerance))
        print_error("%s, %s %s kernels, atom %zu: relative error %.3g, allowed %.3g; |p| %.9g, "
                    "reference %.9g; worst at feature %zu: %.9g, reference %.9g\n",
                    c->name, rise_dtype_name(dtype), kernels, atom, relative, c->tolerance,
                    sqrt(ours), sqrt(norm), worst, element(row, dtype, worst),
                    npy_at(reference, reference_row * n + worst));
    return relative;
}

static void run_case(const soap_case *c, cpu_overlay overlay, rise_dtype dtype) {
    char path[256];
    xyz_frame frame;
    npy_array reference;
    snprintf(path, sizeof path, DATA "%s.extxyz", c->name);
    assert_true(xyz_load(path, 0, &frame));
    snprintf(path, sizeof path, DATA "%s.npy", c->name);
    assert_true(npy_load(path, &reference));

    soap_parameters parameters = {.r_cut = c->r_cut,
                                  .sigma = c->sigma,
                                  .n_max = c->n_max,
                                  .l_max = c->l_max,
                                  .species = c->species,
                                  .n_species = c->n_species,
                                  .dtype = dtype};
    soap_plan *plan = NULL;
    soap_work *work = NULL;
    assert_int_equal(soap_plan_new(&parameters, overlay, &plan, NULL), RISE_OK);
    assert_int_equal(reference.rank, 2);
    assert_int_equal(reference.shape[0], c->n_centres);
    assert_int_equal(reference.shape[1], soap_plan_features(plan));
    assert_int_equal(soap_work_new(plan, &frame.cell, (const double(*)[3])frame.positions,
                                   frame.species, frame.n_atoms, &work, NULL),
                     RISE_OK);
    size_t stride = (soap_plan_features(plan) + 15) / 16 * 16;
    void *row = aligned_alloc(64, stride * rise_dtype_size(dtype));
    assert_non_null(row);
    double worst = 0;
    for (size_t i = 0; i < c->n_centres; i++) {
        assert_int_equal(soap_rows(work, c->centre[i], 1, row, stride, NULL), RISE_OK);
        double off = compare(c, soap_plan_kernels(plan), c->centre[i], row, dtype, &reference, i);
        worst = off <= worst ? worst : off;
    }
    print_message("%-20s %s %-9s %.2e\n", c->name, rise_dtype_name(dtype), soap_plan_kernels(plan),
                  worst);
    assert_true(worst <= c->tolerance);
    free(row);
    soap_work_free(work);
    soap_plan_free(plan);
    npy_free(&reference);
    xyz_free(&frame);
}

static void float_kernels(void **state) {
    (void)state;
    for (int overlay = CPU_REFERENCE; overlay <= (int)cpu_best(); overlay++)
        for (size_t i = 0; i < N_CASES; i++)
            run_case(&CASES[i], (cpu_overlay)overlay, RISE_F32);
}

static void double_kernels(void **state) {
    (void)state;
    for (int overlay = CPU_REFERENCE; overlay <= (int)cpu_best(); overlay++)
        for (size_t i = 0; i < N_CASES; i++)
            run_case(&CASES[i], (cpu_overlay)overlay, RISE_F64);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(float_kernels),
                                       cmocka_unit_test(double_kernels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

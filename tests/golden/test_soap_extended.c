/* SOAP against the formulas evaluated in 60 digits (tests/golden/data/soap_extended), at every
 * cutoff from 3 to 9 Å and for every kernel set that this processor runs: similarities, that is
 * dots of unit vectors, to 3e-7 in float and 1e-8 in double; norms and two whole vectors besides.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "soap/soap.h"
#include "support/npy.h"
#include "support/xyz.h"

#define DATA "tests/golden/data/soap_extended/"
#define FRAME "tests/golden/data/soap/zrcu_r5_n11_l12.extxyz"
#define N_ATOMS 12
#define N_CUTOFFS 9
#define N_FEATURES 3289

static const size_t ATOMS[N_ATOMS] = {0, 1, 7, 333, 500, 900, 1119, 1120, 1400, 1500, 1777, 1999};
static const double CUTOFFS[N_CUTOFFS] = {3, 3.5, 4, 4.5, 5, 6, 7, 8, 9};
static const uint8_t SPECIES[] = {29, 40};

static xyz_frame frame;
static double expected[N_CUTOFFS][N_ATOMS][N_ATOMS]; /* the norm on the diagonal */
static double vector[N_ATOMS][N_FEATURES];

static size_t place(size_t atom) {
    for (size_t i = 0; i < N_ATOMS; i++)
        if (ATOMS[i] == atom)
            return i;
    fail_msg("atom %zu is none of ours", atom);
    return 0;
}

static int read_files(void **state) {
    (void)state;
    char line[256];
    FILE *file = fopen(DATA "similarities.csv", "r");
    size_t lines = 0;
    if (file == NULL || !xyz_load(FRAME, 0, &frame) || fgets(line, sizeof line, file) == NULL)
        return -1;
    while (fgets(line, sizeof line, file) != NULL) {
        double r_cut, value;
        size_t a, b, cut = 0;
        if (sscanf(line, "%lf,%zu,%zu,%lf", &r_cut, &a, &b, &value) != 4)
            return -1;
        while (cut < N_CUTOFFS && CUTOFFS[cut] != r_cut)
            cut++;
        assert_true(cut < N_CUTOFFS);
        expected[cut][place(a)][place(b)] = value;
        lines++;
    }
    fclose(file);
    return lines == N_CUTOFFS * N_ATOMS * (N_ATOMS + 1) / 2 ? 0 : -1;
}

static int free_files(void **state) {
    (void)state;
    xyz_free(&frame);
    return 0;
}

static double norm(const double *p) {
    double sum = 0;
    for (size_t i = 0; i < N_FEATURES; i++)
        sum += p[i] * p[i];
    return sqrt(sum);
}

/* vector[] of all atoms, in double whatever it was computed in. */
static void describe(double r_cut, rise_dtype dtype, cpu_overlay overlay) {
    soap_parameters parameters = {.r_cut = r_cut,
                                  .sigma = 0.5,
                                  .n_max = 11,
                                  .l_max = 12,
                                  .species = SPECIES,
                                  .n_species = 2,
                                  .dtype = dtype};
    soap_plan *plan = NULL;
    soap_work *work = NULL;
    static double row[N_FEATURES];
    assert_int_equal(soap_plan_new(&parameters, overlay, &plan, NULL), RISE_OK);
    assert_int_equal(soap_plan_features(plan), N_FEATURES);
    assert_int_equal(soap_work_new(plan, &frame.cell, (const double(*)[3])frame.positions,
                                   frame.species, frame.n_atoms, &work, NULL),
                     RISE_OK);
    for (size_t i = 0; i < N_ATOMS; i++) {
        assert_int_equal(soap_rows(work, ATOMS[i], 1, row, N_FEATURES, NULL), RISE_OK);
        for (size_t k = 0; k < N_FEATURES; k++)
            vector[i][k] = dtype == RISE_F32 ? (double)((float *)row)[k] : row[k];
    }
    soap_work_free(work);
    soap_plan_free(plan);
}

static void check(size_t cut, rise_dtype dtype, cpu_overlay overlay, double allowed) {
    describe(CUTOFFS[cut], dtype, overlay);
    double worst = 0, worst_norm = 0;
    for (size_t i = 0; i < N_ATOMS; i++) {
        double norm_i = norm(vector[i]);
        worst_norm = fmax(worst_norm, fabs(norm_i / expected[cut][i][i] - 1));
        for (size_t j = i + 1; j < N_ATOMS; j++) {
            double dot = 0;
            for (size_t k = 0; k < N_FEATURES; k++)
                dot += vector[i][k] * vector[j][k];
            dot /= norm_i * norm(vector[j]);
            if (!(fabs(dot - expected[cut][i][j]) <= allowed))
                print_error("r_cut %g, %s, overlay %s: similarity of atoms %zu and %zu is %.12g, "
                            "exactly %.12g\n",
                            CUTOFFS[cut], rise_dtype_name(dtype), cpu_overlay_name(overlay),
                            ATOMS[i], ATOMS[j], dot, expected[cut][i][j]);
            assert_true(fabs(dot - expected[cut][i][j]) <= allowed);
            worst = fmax(worst, fabs(dot - expected[cut][i][j]));
        }
    }
    print_message("r_cut %.1f %s %-9s similarity off by %.1e, norm by %.1e of itself\n",
                  CUTOFFS[cut], rise_dtype_name(dtype), cpu_overlay_name(overlay), worst,
                  worst_norm);
    assert_true(worst_norm <= 3 * allowed);
}

static void float_similarities(void **state) {
    (void)state;
    for (int overlay = CPU_REFERENCE; overlay <= (int)cpu_best(); overlay++)
        for (size_t cut = 0; cut < N_CUTOFFS; cut++)
            check(cut, RISE_F32, (cpu_overlay)overlay, 3e-7);
}

static void double_similarities(void **state) {
    (void)state;
    for (int overlay = CPU_REFERENCE; overlay <= (int)cpu_best(); overlay++)
        for (size_t cut = 0; cut < N_CUTOFFS; cut++)
            check(cut, RISE_F64, (cpu_overlay)overlay, 1e-8);
}

static void check_vector(const char *path, double r_cut, size_t atom) {
    npy_array exact;
    assert_true(npy_load(path, &exact));
    assert_int_equal(exact.count, N_FEATURES);
    for (int type = 0; type < 2; type++) {
        rise_dtype dtype = type == 0 ? RISE_F32 : RISE_F64;
        describe(r_cut, dtype, cpu_best());
        const double *p = vector[place(atom)];
        double off = 0;
        for (size_t k = 0; k < N_FEATURES; k++)
            off += (p[k] - npy_at(&exact, k)) * (p[k] - npy_at(&exact, k));
        off = sqrt(off) / norm(p);
        if (!(off <= (type == 0 ? 1e-6 : 1e-9)))
            print_error("%s, %s: off by %.3g of its norm\n", path, rise_dtype_name(dtype), off);
        assert_true(off <= (type == 0 ? 1e-6 : 1e-9));
    }
    npy_free(&exact);
}

static void whole_vectors(void **state) {
    (void)state;
    check_vector(DATA "vector_r3_a7.npy", 3, 7);
    check_vector(DATA "vector_r9_a1500.npy", 9, 1500);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(float_similarities),
                                       cmocka_unit_test(double_similarities),
                                       cmocka_unit_test(whole_vectors)};
    return cmocka_run_group_tests(tests, read_files, free_files);
}

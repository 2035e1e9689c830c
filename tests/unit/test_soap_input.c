/* Input at the edges of what SOAP accepts: parameters that leave no basis or no numbers, cells of
 * one atom that see hundreds of images, a million atoms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "soap/soap.h"

static const uint8_t COPPER_ZIRCONIUM[] = {29, 40};

static soap_parameters standard(rise_dtype dtype) {
    return (soap_parameters){.r_cut = 5,
                             .sigma = 0.5,
                             .n_max = 6,
                             .l_max = 6,
                             .species = COPPER_ZIRCONIUM,
                             .n_species = 2,
                             .dtype = dtype};
}

/* at: the parameter that is blamed; NULL: a number beyond the bounds of its row. */
static void refused(const soap_parameters *parameters, const char *at, const char *says) {
    soap_plan *plan = NULL;
    const char *blamed = NULL;
    rise_error err = {0};
    assert_int_equal(soap_plan_new_placed(parameters, cpu_best(), &plan, &blamed, &err),
                     RISE_E_DATA);
    assert_null(plan);
    if (at != NULL)
        assert_string_equal(blamed, at);
    if (strstr(err.message, says) == NULL)
        fail_msg("`%s` does not say `%s`", err.message, says);
    assert_true(err.hint[0] != '\0' || strstr(err.message, "must be") != NULL);
}

static void cutoffs_without_a_basis(void **state) {
    (void)state;
    soap_parameters p = standard(RISE_F32);
    for (double r_cut = 1; r_cut > -2; r_cut -= 0.9) {
        p.r_cut = r_cut;
        refused(&p, NULL, "r_cut is");
    }
    p.r_cut = (double)INFINITY;
    refused(&p, NULL, "r_cut is");
    p.r_cut = 1 + 1e-9; /* all primitives are one */
    refused(&p, "n_max", "linearly dependent");
    p.r_cut = 3;
    p.n_max = 32;
    refused(&p, "n_max", "linearly dependent");
    p = standard(RISE_F64);
    p.r_cut = 1e6; /* a table in steps of a fraction of sigma would have no end */
    refused(&p, "r_cut", "vary too fast");
    p = standard(RISE_F32);
    static const uint8_t TWICE[] = {29, 29};
    p.species = TWICE;
    refused(&p, "species", "stands twice");
    p.n_species = 0;
    refused(&p, "species", "is empty");
}

static void sigmas_without_numbers(void **state) {
    (void)state;
    soap_parameters p = standard(RISE_F32);
    static const double IMPOSSIBLE[] = {0, -0.5, (double)NAN, (double)INFINITY};
    for (size_t i = 0; i < 4; i++) {
        p.sigma = IMPOSSIBLE[i];
        refused(&p, NULL, "sigma is");
    }
    p.sigma = 1e-9;
    refused(&p, "sigma", "too small to be held as float");
    p.sigma = 1e-200;
    refused(&p, "sigma", "too small");
    p.dtype = RISE_F64;
    refused(&p, "sigma", "too small to be held as double");
    p.sigma = 1e-9; /* far from an atom, but a number */
    soap_plan *plan = NULL;
    assert_int_equal(soap_plan_new(&p, cpu_best(), &plan, NULL), RISE_OK);
    soap_plan_free(plan);
}

typedef struct sample {
    rise_cell cell;
    size_t n;
    double (*r)[3];
    uint8_t *species;
} sample;

static sample room_for(size_t n) {
    sample s = {.n = n, .r = calloc(n, sizeof *s.r), .species = malloc(n)};
    assert_true(s.r != NULL && s.species != NULL);
    return s;
}

static void free_sample(sample *s) {
    free(s->r);
    free(s->species);
}

/* Atoms as wide as that are a number, but in a periodic cell each sees countless others. */
static void sigma_beyond_all_cells(void **state) {
    (void)state;
    soap_parameters p = standard(RISE_F32);
    p.sigma = 1e5;
    soap_plan *plan = NULL;
    soap_work *work = NULL;
    rise_error err = {0};
    assert_int_equal(soap_plan_new(&p, cpu_best(), &plan, NULL), RISE_OK);
    rise_cell cell = {{{9, 0, 0}, {0, 9, 0}, {0, 0, 9}}, {true, true, true}};
    double r[1][3] = {{1, 2, 3}};
    assert_int_equal(
        soap_work_new(plan, &cell, (const double(*)[3])r, COPPER_ZIRCONIUM, 1, &work, &err),
        RISE_E_DATA);
    assert_non_null(strstr(err.message, "too thin"));
    assert_null(work);
    soap_plan_free(plan);
}

/* Vector of one atom, in double whatever it was computed in: out[features]. */
static void vector_of(const sample *s, size_t atom, const soap_plan *plan, rise_dtype dtype,
                      double *out) {
    size_t n = soap_plan_features(plan);
    soap_work *work = NULL;
    rise_error err;
    double *row = malloc(n * sizeof *row);
    assert_non_null(row);
    if (soap_work_new(plan, &s->cell, (const double(*)[3])s->r, s->species, s->n, &work, &err) !=
        RISE_OK)
        fail_msg("%s", err.message);
    assert_int_equal(soap_rows(work, atom, 1, row, n, NULL), RISE_OK);
    for (size_t i = 0; i < n; i++)
        out[i] = dtype == RISE_F32 ? (double)((float *)row)[i] : row[i];
    soap_work_free(work);
    free(row);
}

static double distance(const double *a, const double *b, size_t n) {
    double off = 0, norm = 0;
    for (size_t i = 0; i < n; i++) {
        off += (a[i] - b[i]) * (a[i] - b[i]);
        norm += b[i] * b[i];
        assert_true(isfinite(a[i]) && isfinite(b[i]));
    }
    assert_true(norm > 0);
    return sqrt(off / norm);
}

/* One atom in the skew primitive cell of a face-centred lattice against a block of it. */
static void one_atom_many_images(void **state) {
    (void)state;
    const double half = 1.8;
    const int side = 5;
    sample one = room_for(1), block = room_for((size_t)(side * side * side));
    rise_cell cell = {{{0, half, half}, {half, 0, half}, {half, half, 0}}, {true, true, true}};
    one.cell = block.cell = cell;
    one.species[0] = 29;
    size_t n = 0;
    for (int a = 0; a < side; a++)
        for (int b = 0; b < side; b++)
            for (int c = 0; c < side; c++, n++) {
                block.species[n] = 29;
                for (int k = 0; k < 3; k++)
                    block.r[n][k] =
                        a * cell.vector[0][k] + b * cell.vector[1][k] + c * cell.vector[2][k];
            }
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < 3; i++)
            block.cell.vector[k][i] *= side;
    for (int type = 0; type < 2; type++) {
        soap_parameters p = standard(type == 0 ? RISE_F32 : RISE_F64);
        p.r_cut = 9;
        soap_plan *plan = NULL;
        assert_int_equal(soap_plan_new(&p, cpu_best(), &plan, NULL), RISE_OK);
        size_t features = soap_plan_features(plan);
        double *a = malloc(features * sizeof *a), *b = malloc(features * sizeof *b);
        assert_true(a != NULL && b != NULL);
        vector_of(&one, 0, plan, p.dtype, a);
        vector_of(&block, 62, plan, p.dtype, b);
        assert_true(distance(a, b, features) < (type == 0 ? 2e-6 : 1e-11));
        free(a);
        free(b);
        soap_plan_free(plan);
    }
    free_sample(&one);
    free_sample(&block);
}

/* A jittered cubic lattice of a million atoms; each atom asked for sees what a small cluster cut
 * out of it sees. */
static void a_million_atoms(void **state) {
    (void)state;
    const size_t side = 100;
    const double step = 2.6, box = 260;
    sample all = room_for(side * side * side);
    uint64_t random = 1;
    for (size_t i = 0; i < all.n; i++) {
        size_t at[3] = {i / (side * side), i / side % side, i % side};
        for (int k = 0; k < 3; k++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            all.r[i][k] = step * (double)at[k] + 0.5 * (double)(random >> 11) * 0x1p-53;
        }
        all.species[i] = random >> 63 ? 29 : 40;
    }
    for (int k = 0; k < 3; k++) {
        all.cell.vector[k][k] = box;
        all.cell.periodic[k] = true;
    }
    soap_parameters p = standard(RISE_F32);
    soap_plan *plan = NULL;
    assert_int_equal(soap_plan_new(&p, cpu_best(), &plan, NULL), RISE_OK);
    size_t features = soap_plan_features(plan);
    double *a = malloc(features * sizeof *a), *b = malloc(features * sizeof *b);
    assert_true(a != NULL && b != NULL);
    static const size_t ASKED[] = {0, 505050, 999999}; /* a corner, the middle, a corner */
    for (size_t i = 0; i < 3; i++) {
        sample cluster = room_for(1000);
        const double *centre = all.r[ASKED[i]];
        cluster.n = 1; /* the centre itself */
        memcpy(cluster.r[0], centre, sizeof cluster.r[0]);
        cluster.species[0] = all.species[ASKED[i]];
        for (size_t j = 0; j < all.n; j++) {
            double d[3], r2 = 0;
            for (int k = 0; k < 3; k++) {
                d[k] = all.r[j][k] - centre[k];
                d[k] -= box * rint(d[k] / box);
                r2 += d[k] * d[k];
            }
            if (j == ASKED[i] || r2 > 8 * 8)
                continue;
            assert_true(cluster.n < 1000);
            for (int k = 0; k < 3; k++)
                cluster.r[cluster.n][k] = centre[k] + d[k];
            cluster.species[cluster.n++] = all.species[j];
        }
        vector_of(&all, ASKED[i], plan, p.dtype, a);
        vector_of(&cluster, 0, plan, p.dtype, b);
        assert_true(distance(a, b, features) < 2e-6);
        free_sample(&cluster);
    }
    free(a);
    free(b);
    soap_plan_free(plan);
    free_sample(&all);
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    assert_true(use.ru_maxrss < 1024 * 1024); /* KiB */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cutoffs_without_a_basis), cmocka_unit_test(sigmas_without_numbers),
        cmocka_unit_test(sigma_beyond_all_cells), cmocka_unit_test(one_atom_many_images),
        cmocka_unit_test(a_million_atoms)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Pair entropy: against LAMMPS on a glass (tests/golden/data/README.md), against the plain sum on
 * small and sheared cells with many images, and in cases that have a known answer. */
#include "entropy/entropy.h"
#include "support/npy.h"
#include "support/xyz.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER "tests/golden/data/"
enum { IMAGES = 9 }; /* either side; the cells below need fewer */

static void fast_sum(const rise_cell *cell, const double (*r)[3], size_t n,
                     const entropy_settings *s, double *s2) {
    cells_grid *grid;
    rise_error err = {0};
    double *work = malloc(entropy_work_size(s) * sizeof *work);
    assert_non_null(work);
    if (cells_new(cell, r, n, s->r_max, &grid, &err) ||
        entropy_atoms(grid, s, 0, n, work, s2, &err)) {
        fail_msg("%s", err.message);
    }
    cells_free(grid);
    free(work);
}

/* The definition, term by term, for one atom. */
static double plain_sum(const rise_cell *cell, const double (*r)[3], size_t n,
                        const entropy_settings *s, size_t atom) {
    int bins = (int)floor(s->r_max / s->sigma) + 1, last[3];
    double *g = calloc((size_t)bins, sizeof *g), density = s->density, sum = 0, found = 0;
    assert_non_null(g);
    for (int k = 0; k < 3; k++) {
        last[k] = cell->periodic[k] ? IMAGES : 0;
    }
    for (size_t j = 0; j < n; j++) {
        for (int a = -last[0]; a <= last[0]; a++) {
            for (int b = -last[1]; b <= last[1]; b++) {
                for (int c = -last[2]; c <= last[2]; c++) {
                    double d2 = 0;
                    for (int i = 0; i < 3; i++) {
                        double d = r[j][i] - r[atom][i] + a * cell->vector[0][i] +
                                   b * cell->vector[1][i] + c * cell->vector[2][i];
                        d2 += d * d;
                    }
                    double d = sqrt(d2);
                    if (d >= s->r_max || (j == atom && !a && !b && !c)) {
                        continue;
                    }
                    found++;
                    int bin = (int)floor(d / s->sigma);
                    for (int k = bin - 3; k <= bin + 3; k++) {
                        double off = d - k * s->sigma;
                        if (k >= 0 && k < bins) {
                            g[k] += exp(-off * off / (2 * s->sigma * s->sigma));
                        }
                    }
                }
            }
        }
    }
    density = density > 0 ? density : found / (4.0 / 3 * M_PI * pow(s->r_max, 3));
    for (int k = 1; k < bins; k++) {
        double at = k * s->sigma;
        double v = g[k] / (4 * M_PI * density * at * at * sqrt(2 * M_PI) * s->sigma);
        v = v < 1e-10 ? 1 : v * log(v) - v + 1;
        sum += (k == bins - 1 ? 0.5 : 1) * v * at * at;
    }
    free(g);
    return density > 0 ? -2 * M_PI * density * sum * s->sigma : 0;
}

static void expect_near(double found, double wanted, double bound, const char *what, size_t atom) {
    if (!(fabs(found - wanted) <= bound * fmax(1, fabs(wanted)))) {
        fail_msg("%s, atom %zu: %.17g, expected %.17g", what, atom, found, wanted);
    }
}

static void as_lammps(void **unused) {
    (void)unused;
    static const char *const names[] = {"entropy/s2_local.npy", "entropy/s2_global.npy"};
    xyz_frame f;
    assert_true(xyz_load(FOLDER "ule/frames.extxyz", 0, &f));
    double *s2 = malloc(f.n_atoms * sizeof *s2), volume = pow(32.43, 3);
    assert_non_null(s2);
    for (int global = 0; global < 2; global++) {
        const entropy_settings s = {0.3, 7, global ? (double)f.n_atoms / volume : 0};
        char path[128];
        npy_array wanted;
        double mean = 0;
        snprintf(path, sizeof path, FOLDER "%s", names[global]);
        assert_true(npy_load(path, &wanted));
        fast_sum(&f.cell, (const double(*)[3])f.positions, f.n_atoms, &s, s2);
        for (size_t i = 0; i < f.n_atoms; i++) {
            expect_near(s2[i], npy_at(&wanted, i), 1e-12, names[global], i);
            mean += s2[i] / (double)f.n_atoms;
        }
        expect_near(mean, global ? -3.255 : -3.175, 5e-4, "mean", 0);
        npy_free(&wanted);
    }
    free(s2);
    xyz_free(&f);
}

static void as_the_plain_sum(void **unused) {
    (void)unused;
    static const char *const files[] = {"soap/tricl3_r4.5_n4_l6.extxyz", "soap/si8_r5_n8_l8.extxyz",
                                        "soap/water_r4_n6_l5.extxyz"};
    static const entropy_settings settings[] = {{0.3, 7, 0},     {0.3, 7, 0.06}, {0.25, 9, 0},
                                                {0.3, 0.9, 0.1}, {1.1, 6.5, 0},  {2, 2, 0.1}};
    for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
        xyz_frame f;
        char path[128];
        double s2[64];
        snprintf(path, sizeof path, FOLDER "%s", files[k]);
        assert_true(xyz_load(path, 0, &f));
        assert_true(f.n_atoms <= 64);
        const double(*r)[3] = (const double(*)[3])f.positions;
        for (size_t s = 0; s < sizeof settings / sizeof *settings; s++) {
            fast_sum(&f.cell, r, f.n_atoms, &settings[s], s2);
            for (size_t i = 0; i < f.n_atoms; i++) {
                /* a crystal has distances on the steps of r / sigma, where a last bit decides */
                expect_near(s2[i], plain_sum(&f.cell, r, f.n_atoms, &settings[s], i), 1e-11, path,
                            i);
            }
        }
        xyz_free(&f);
    }
}

/* No neighbours: nothing at vanishing density, an empty sphere at a given one. Coincident atoms and
 * a lone atom among its own images stay finite. */
static void edges(void **unused) {
    (void)unused;
    const rise_cell open = {.periodic = {false}};
    const rise_cell cube = {.vector = {{4, 0, 0}, {0, 4, 0}, {0, 0, 4}},
                            .periodic = {true, true, true}};
    const double apart[][3] = {{0, 0, 0}, {50, 0, 0}}, same[][3] = {{1, 2, 3}, {1, 2, 3}};
    entropy_settings s = {0.3, 7, 0};
    double s2[2], sphere = 0;
    fast_sum(&open, apart, 2, &s, s2);
    assert_true(s2[0] == 0 && s2[1] == 0);
    s.density = 0.05;
    fast_sum(&open, apart, 2, &s, s2);
    for (int k = 1; k <= 23; k++) {
        sphere += (k == 23 ? 0.5 : 1) * 0.3 * pow(0.3 * k, 2);
    }
    expect_near(s2[0], -2 * M_PI * 0.05 * sphere, 1e-13, "an empty sphere", 0);
    s.density = 0;
    fast_sum(&open, same, 2, &s, s2);
    expect_near(s2[0], plain_sum(&open, same, 2, &s, 0), 1e-12, "atoms at one place", 0);
    assert_true(isfinite(s2[0]) && s2[0] < 0);
    fast_sum(&cube, same, 1, &s, s2);
    expect_near(s2[0], plain_sum(&cube, same, 1, &s, 0), 1e-11, "one atom in a small cell", 0);
}

static uint64_t random_state = 7;
static double uniform(void) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (double)(random_state >> 11) * 0x1p-53;
}

/* Of a crystal: from its shells alone. */
static double sum_of_shells(const double (*shell)[2], size_t n, const entropy_settings *s) {
    double sum = 0;
    int last = (int)floor(s->r_max / s->sigma);
    for (int k = 1; k <= last; k++) {
        double r = k * s->sigma, g = 0;
        for (size_t i = 0; i < n; i++) {
            int off = k - (int)floor(shell[i][0] / s->sigma);
            double d = (r - shell[i][0]) / s->sigma;
            g += off >= -3 && off <= 3 ? shell[i][1] * exp(-d * d / 2) : 0;
        }
        g /= 4 * M_PI * s->density * r * r * sqrt(2 * M_PI) * s->sigma;
        sum += (k == last ? 0.5 : 1) * s->sigma * r * r * (g < 1e-10 ? 1 : g * log(g) - g + 1);
    }
    return -2 * M_PI * s->density * sum;
}

/* fcc of side 4.1 Å is what its shells say, and the more its atoms are displaced the higher S2. */
static void order_lowers_it(void **unused) {
    (void)unused;
    enum { SIDE = 5, N = 4 * SIDE * SIDE * SIDE };
    static const double basis[4][3] = {{0, 0, 0}, {0, .5, .5}, {.5, 0, .5}, {.5, .5, 0}};
    static const double displaced[] = {0, 0.3, 0.9};
    static double r[N][3], s2[N];
    const double a = 4.1, side = (double)SIDE * a,
                 shell[][2] = {{a * sqrt(0.5), 12},
                               {a, 6},
                               {a * sqrt(1.5), 24},
                               {a * sqrt(2), 12},
                               {a * sqrt(2.5), 24}};
    const entropy_settings s = {0.3, 7, 4 / (a * a * a)};
    const rise_cell cell = {.vector = {{side, 0, 0}, {0, side, 0}, {0, 0, side}},
                            .periodic = {true, true, true}};
    double before = -INFINITY;
    for (size_t k = 0; k < 3; k++) {
        double mean = 0;
        for (size_t i = 0; i < N; i++) {
            size_t c = i / 4, at[3] = {c % SIDE, c / SIDE % SIDE, c / SIDE / SIDE};
            for (size_t x = 0; x < 3; x++) {
                double step = displaced[k] * (2 * uniform() - 1);
                r[i][x] = a * ((double)at[x] + basis[i % 4][x]) + step;
            }
        }
        fast_sum(&cell, (const double(*)[3])r, N, &s, s2);
        for (size_t i = 0; i < N; i++) {
            mean += s2[i] / (double)N;
        }
        for (size_t i = 0; k == 0 && i < N; i++) {
            expect_near(s2[i], sum_of_shells(shell, 5, &s), 1e-11, "fcc", i);
        }
        if (!(mean > before + 0.1)) {
            fail_msg("displaced by %g Å: %g, before %g", displaced[k], mean, before);
        }
        before = mean;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_lammps),
        cmocka_unit_test(as_the_plain_sum),
        cmocka_unit_test(edges),
        cmocka_unit_test(order_lowers_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

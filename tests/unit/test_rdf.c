/* Radial distributions: counts by hand on a crystal and a pair of atoms, the sum rule of a species'
 * coordination, and g -> 1 where there is no order. */
#include "kit/geometry.h"
#include "rdf/pairs.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_ROWS = 4, MAX_BINS = 400 };
typedef struct found {
    int64_t count[MAX_ROWS * MAX_BINS];
    double g[MAX_ROWS * MAX_BINS];
} found;

static void count(const rise_cell *cell, const double (*r)[3], const uint8_t *kind, size_t n,
                  const pairs_grid *grid, found *out) {
    cells_grid *cells;
    rise_error err = {0};
    size_t each[2] = {0};
    memset(out, 0, sizeof *out);
    assert_true(pairs_number(grid) <= MAX_ROWS && grid->n_bins <= MAX_BINS);
    if (cells_new(cell, r, n, grid->r_max, &cells, &err) ||
        pairs_count(grid, cells, kind, 0, n / 2, out->count, &err) ||
        pairs_count(grid, cells, kind, n / 2, n, out->count, &err)) {
        fail_msg("%s", err.message);
    }
    cells_free(cells);
    for (size_t i = 0; i < n; i++) {
        each[kind[i]]++;
    }
    pairs_distribution(grid, each, geometry_volume(cell), out->count, out->g);
}

static void rows_of_pairs(void **unused) {
    (void)unused;
    const pairs_grid grid = {10, 10, 3};
    assert_int_equal(pairs_number(&grid), 7);
    size_t next = 1;
    for (size_t a = 0; a < 3; a++) {
        for (size_t b = a; b < 3; b++, next++) {
            assert_int_equal(pairs_row(&grid, a, b), next);
            assert_int_equal(pairs_row(&grid, b, a), next);
        }
    }
}

/* Caesium chloride of side 3 in a single cell of two atoms: 8 unlike at 2.598, 6 like at 3, 12 at
 * 4.243, 24 unlike at 4.975, 8 like at 5.196 Å; all but none of them images. */
static void shells_of_a_crystal(void **unused) {
    (void)unused;
    const rise_cell cell = {.vector = {{3, 0, 0}, {0, 3, 0}, {0, 0, 3}},
                            .periodic = {true, true, true}};
    const double r[][3] = {{0.1, 0.2, 0.3}, {1.6, 1.7, 1.8}};
    const uint8_t kind[] = {0, 1};
    const pairs_grid grid = {5.5, 50, 2};
    static const struct {
        size_t bin;
        int64_t like, unlike;
    } shell[] = {{23, 0, 8}, {27, 6, 0}, {38, 12, 0}, {45, 0, 24}, {47, 8, 0}};
    static found f;
    count(&cell, r, kind, 2, &grid, &f);
    int64_t total = 0, expected = 0;
    for (size_t k = 0; k < 5; k++) {
        size_t b = shell[k].bin;
        assert_int_equal(f.count[b], 2 * (shell[k].like + shell[k].unlike));
        assert_int_equal(f.count[50 + b], shell[k].like);        /* A-A */
        assert_int_equal(f.count[100 + b], 2 * shell[k].unlike); /* A-B, from both ends */
        assert_int_equal(f.count[150 + b], shell[k].like);       /* B-B */
        expected += 2 * (shell[k].like + shell[k].unlike);
        double low = 0.11 * (double)b, high = low + 0.11;
        double volume = 4.0 / 3 * M_PI * (pow(high, 3) - pow(low, 3));
        double unlike = 27.0 * (double)shell[k].unlike / volume;
        assert_true(fabs(f.g[100 + b] - unlike) < 1e-9 * (1 + unlike));
    }
    for (size_t b = 0; b < 50; b++) {
        total += f.count[b];
        assert_int_equal(f.count[b], f.count[50 + b] + f.count[100 + b] + f.count[150 + b]);
    }
    assert_int_equal(total, expected);
}

/* One pair across the boundary of a sheared cell; the same atoms twice are at distance zero. */
static void a_pair_across_the_boundary(void **unused) {
    (void)unused;
    const rise_cell cell = {.vector = {{20, 0, 0}, {5, 20, 0}, {3, -4, 20}},
                            .periodic = {true, true, true}};
    const double r[][3] = {{3.2, -3.8, 19.5}, {0.2, 0.2, 0.5}}, same[][3] = {{1, 1, 1}, {1, 1, 1}};
    const uint8_t kind[] = {0, 1};
    const pairs_grid grid = {4, 40, 2};
    static found f;
    count(&cell, r, kind, 2, &grid, &f);
    for (size_t b = 0; b < 40; b++) { /* 1.0 Å apart: the wall of bin 10 */
        assert_int_equal(f.count[80 + b], b == (f.count[80 + 10] ? 10 : 9) ? 2 : 0);
        assert_int_equal(f.count[40 + b], 0);
    }
    count(&cell, same, kind, 2, &grid, &f);
    assert_int_equal(f.count[0], 2);
    assert_true(isfinite(f.g[0]) && f.g[0] > 0);
}

/* An ideal gas, to more than half the box: 1 within a few standard deviations of the count. */
static void gas_is_one(void **unused) {
    (void)unused;
    enum { N = 3000, BINS = 24 };
    static double r[N][3];
    static uint8_t kind[N];
    static found f;
    const rise_cell cell = {.vector = {{18, 0, 0}, {4, 17, 0}, {-3, 2, 19}},
                            .periodic = {true, true, true}};
    const pairs_grid grid = {12, BINS, 2};
    uint64_t state = 3;
    for (size_t i = 0; i < N; i++) {
        double s[3];
        for (int k = 0; k < 3; k++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            s[k] = (double)(state >> 11) * 0x1p-53;
        }
        for (int x = 0; x < 3; x++) {
            r[i][x] =
                s[0] * cell.vector[0][x] + s[1] * cell.vector[1][x] + s[2] * cell.vector[2][x];
        }
        kind[i] = i % 3 == 0;
    }
    count(&cell, (const double(*)[3])r, kind, N, &grid, &f);
    for (size_t row = 0; row < 4; row++) {
        for (size_t b = 4; b < BINS; b++) {
            double g = f.g[row * BINS + b], n = (double)f.count[row * BINS + b];
            if (!(fabs(g - 1) < 6 / sqrt(n / 2) + 2e-3)) {
                fail_msg("row %zu, bin %zu: g = %g from %g pairs", row, b, g, n);
            }
        }
    }
}

static void absent_species(void **unused) {
    (void)unused;
    const size_t n[] = {3, 0};
    const pairs_grid grid = {5, 5, 2};
    const int64_t none[20] = {0};
    double g[20];
    for (size_t i = 0; i < 20; i++) {
        g[i] = 0;
    }
    pairs_distribution(&grid, n, 100, none, g);
    for (size_t i = 0; i < 20; i++) {
        assert_true(g[i] == 0);
    }
    assert_true(pairs_present(n, 0, 0) && !pairs_present(n, 0, 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_pairs),
        cmocka_unit_test(shells_of_a_crystal),
        cmocka_unit_test(a_pair_across_the_boundary),
        cmocka_unit_test(gas_is_one),
        cmocka_unit_test(absent_species),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

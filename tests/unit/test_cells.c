/* Neighbour lists against a plain sum over images: triclinic, small and left-handed cells, every
 * combination of periodic axes, atoms far outside the cell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kit/cells.h"

#define IMAGES 14 /* either side; the random cells below need fewer */
#define MAX_FOUND 20000

static uint64_t random_state;

static double uniform(double low, double high) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return low + (high - low) * (double)(random_state >> 11) * 0x1p-53;
}

typedef struct neighbour {
    size_t atom;
    double x[3];
} neighbour;

static int by_place(const void *a, const void *b) {
    const neighbour *p = a, *q = b;
    if (p->atom != q->atom)
        return p->atom < q->atom ? -1 : 1;
    for (int i = 0; i < 3; i++)
        if (fabs(p->x[i] - q->x[i]) > 1e-7)
            return p->x[i] < q->x[i] ? -1 : 1;
    return 0;
}

static size_t brute_force(const rise_cell *cell, const double (*r)[3], size_t n, size_t centre,
                          double cutoff, neighbour *found) {
    int last[3];
    size_t count = 0;
    for (int k = 0; k < 3; k++)
        last[k] = cell->periodic[k] ? IMAGES : 0;
    for (size_t atom = 0; atom < n; atom++)
        for (int a = -last[0]; a <= last[0]; a++)
            for (int b = -last[1]; b <= last[1]; b++)
                for (int c = -last[2]; c <= last[2]; c++) {
                    double d[3], r2 = 0;
                    for (int i = 0; i < 3; i++) {
                        d[i] = r[atom][i] - r[centre][i] + a * cell->vector[0][i] +
                               b * cell->vector[1][i] + c * cell->vector[2][i];
                        r2 += d[i] * d[i];
                    }
                    if (r2 <= cutoff * cutoff && count < MAX_FOUND)
                        found[count++] = (neighbour){atom, {d[0], d[1], d[2]}};
                }
    return count;
}

static void compare_frame(const rise_cell *cell, const double (*r)[3], size_t n, double cutoff) {
    static neighbour expected[MAX_FOUND], got[MAX_FOUND];
    cells_grid *grid = NULL;
    cells_list list = {0};
    assert_int_equal(cells_new(cell, r, n, cutoff, &grid, NULL), RISE_OK);
    for (size_t centre = 0; centre < n; centre++) {
        size_t count = brute_force(cell, r, n, centre, cutoff, expected);
        assert_int_equal(cells_around(grid, centre, &list, NULL), RISE_OK);
        if (list.n != count)
            print_error("atom %zu of %zu, cutoff %g, periodic %d %d %d: %zu found, %zu expected\n",
                        centre, n, cutoff, cell->periodic[0], cell->periodic[1], cell->periodic[2],
                        list.n, count);
        assert_int_equal(list.n, count);
        size_t selves = 0;
        for (size_t i = 0; i < count; i++) {
            got[i] = (neighbour){list.atom[i], {list.x[i], list.y[i], list.z[i]}};
            selves += list.atom[i] == centre && list.r2[i] == 0;
        }
        assert_int_equal(selves, 1);
        qsort(expected, count, sizeof *expected, by_place);
        qsort(got, count, sizeof *got, by_place);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(by_place(&expected[i], &got[i]), 0);
    }
    cells_list_free(&list);
    cells_free(grid);
}

static void random_cells(void **state) {
    (void)state;
    random_state = 1;
    for (int trial = 0; trial < 48; trial++) {
        rise_cell cell;
        for (int k = 0; k < 3; k++) {
            cell.periodic[k] = (trial >> k) & 1;
            for (int i = 0; i < 3; i++)
                cell.vector[k][i] = i == k ? uniform(3, 7) : uniform(-1, 1);
        }
        if (trial % 3 == 1) /* left-handed */
            cell.vector[2][2] = -cell.vector[2][2];
        if (trial % 5 == 2) /* vectors of free axes are not looked at */
            for (int k = 0; k < 3; k++)
                if (!cell.periodic[k])
                    memset(cell.vector[k], 0, sizeof cell.vector[k]);
        size_t n = 1 + (size_t)uniform(0, 6);
        double r[8][3];
        for (size_t i = 0; i < n; i++)
            for (int k = 0; k < 3; k++)
                r[i][k] = uniform(-8, 12);
        compare_frame(&cell, (const double(*)[3])r, n, uniform(1, 9));
    }
}

/* Enough atoms for many bins of every kind, edges included. */
static void many_bins(void **state) {
    (void)state;
    random_state = 7;
    static double r[400][3];
    for (int trial = 0; trial < 4; trial++) {
        rise_cell cell = {{{21, 1, 0}, {-2, 19, 3}, {4, 0, 23}}, {true, true, true}};
        cell.periodic[0] = trial != 1;
        cell.periodic[2] = trial < 2;
        size_t n = 60;
        for (size_t i = 0; i < n; i++)
            for (int k = 0; k < 3; k++)
                r[i][k] = uniform(-3, 24);
        compare_frame(&cell, (const double(*)[3])r, n, trial == 3 ? 2.5 : 5.5);
    }
}

/* Neighbours exactly at the cutoff, atoms exactly on walls of bins, and more atoms than a quadratic
 * search would be pleasant for. */
static void lattice(void **state) {
    (void)state;
    const int side = 40;
    double(*r)[3] = malloc(64000 * sizeof *r);
    assert_non_null(r);
    size_t n = 0;
    for (int i = 0; i < side; i++)
        for (int j = 0; j < side; j++)
            for (int k = 0; k < side; k++, n++)
                for (int a = 0; a < 3; a++)
                    r[n][a] = 3.0 * (a == 0 ? i : a == 1 ? j : k);
    rise_cell cell = {{{3.0 * side, 0, 0}, {0, 3.0 * side, 0}, {0, 0, 3.0 * side}},
                      {true, true, true}};
    cells_grid *grid = NULL;
    cells_list list = {0};
    assert_int_equal(cells_new(&cell, (const double(*)[3])r, n, 3.0, &grid, NULL), RISE_OK);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(cells_around(grid, i, &list, NULL), RISE_OK);
        assert_int_equal(list.n, 7);
    }
    cells_list_free(&list);
    cells_free(grid);
    free(r);
}

static void sparse(void **state) {
    (void)state;
    rise_cell none = {0};
    double far[2][3] = {{-1e9, 0, 0}, {1e9, 1, 1e9}};
    compare_frame(&none, (const double(*)[3])far, 2, 5);
    double same[3][3] = {{1, 2, 3}, {1, 2, 3}, {1, 2, 3}};
    compare_frame(&none, (const double(*)[3])same, 3, 5);
    cells_grid *grid = NULL;
    assert_int_equal(cells_new(&none, NULL, 0, 5, &grid, NULL), RISE_OK);
    cells_free(grid);
}

static void refusals(void **state) {
    (void)state;
    rise_error err;
    cells_grid *grid = NULL;
    double r[1][3] = {{0, 0, 0}};
    rise_cell flat = {{{5, 0, 0}, {0, 5, 0}, {5, 5, 0}}, {true, true, true}};
    assert_int_equal(cells_new(&flat, (const double(*)[3])r, 1, 4, &grid, &err), RISE_E_DATA);
    assert_non_null(strstr(err.message, "no volume"));
    rise_cell thin = {{{1e-7, 0, 0}, {0, 1, 0}, {0, 0, 1}}, {true, true, true}};
    assert_int_equal(cells_new(&thin, (const double(*)[3])r, 1, 4, &grid, &err), RISE_E_DATA);
    assert_non_null(strstr(err.message, "too thin"));
    rise_cell nan = {{{(double)NAN, 0, 0}, {0, 5, 0}, {0, 0, 5}}, {true, true, true}};
    assert_int_equal(cells_new(&nan, (const double(*)[3])r, 1, 4, &grid, &err), RISE_E_DATA);
    rise_cell box = {{{5, 0, 0}, {0, 5, 0}, {0, 0, 5}}, {true, true, true}};
    r[0][1] = (double)INFINITY;
    assert_int_equal(cells_new(&box, (const double(*)[3])r, 1, 4, &grid, &err), RISE_E_DATA);
    assert_non_null(strstr(err.message, "atom 0"));
    assert_null(grid);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_cells), cmocka_unit_test(many_bins),
                                       cmocka_unit_test(lattice), cmocka_unit_test(sparse),
                                       cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

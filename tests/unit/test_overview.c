/* overview: shortest distances against the plain sum over images, and the weights of the elements.
 */
#include "kit/elements.h"
#include "overview/closest.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static closest find(const rise_cell *cell, const double (*r)[3], size_t n) {
    static uint8_t species[64];
    rise_frame frame = {.cell = *cell, .n_atoms = n, .positions = r, .species = species};
    closest out;
    rise_error err = {0};
    memset(species, 29, sizeof species);
    if (closest_find(&frame, &out, &err) != RISE_OK)
        fail_msg("%s", err.message);
    return out;
}

static double plain(const rise_cell *cell, const double (*r)[3], size_t n) {
    enum { IMAGES = 3 };
    double best = INFINITY;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            for (int a = -IMAGES; a <= IMAGES; a++)
                for (int b = -IMAGES; b <= IMAGES; b++)
                    for (int c = -IMAGES; c <= IMAGES; c++) {
                        int turn[3] = {a, b, c};
                        double d2 = 0;
                        bool there = i != j || a || b || c;
                        for (int k = 0; k < 3; k++)
                            there = there && (turn[k] == 0 || cell->periodic[k]);
                        for (int k = 0; k < 3; k++) {
                            double d = r[j][k] - r[i][k];
                            for (int v = 0; v < 3; v++)
                                d += turn[v] * cell->vector[v][k];
                            d2 += d * d;
                        }
                        if (there && d2 < best)
                            best = d2;
                    }
    return sqrt(best);
}

/* Sheared, crowded and thin cells, periodic in some directions, atoms outside the cell. */
static void as_the_plain_sum(void **state) {
    (void)state;
    uint64_t seed = 7;
    for (int round = 0; round < 200; round++) {
        double r[12][3];
        rise_cell cell = {{{6, 0, 0}, {1.5, 5, 0}, {-1, 0.7, 7}},
                          {true, round % 2, round % 3 == 0}};
        size_t n = 1 + (size_t)round % 12;
        for (size_t i = 0; i < n; i++)
            for (int k = 0; k < 3; k++) {
                seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                r[i][k] = (double)(seed >> 40) * 9 / (double)(1 << 24) - 1;
            }
        double expected = plain(&cell, (const double(*)[3])r, n);
        closest found = find(&cell, (const double(*)[3])r, n);
        if (!found.found || fabs(found.distance - expected) > 1e-12)
            fail_msg("round %d: %.15g, expected %.15g", round, found.distance, expected);
    }
}

static void far_apart(void **state) {
    (void)state;
    const rise_cell none = {0};
    const double one[][3] = {{1, 2, 3}}, two[][3] = {{0, 0, 0}, {0, 0, 19.9}},
                 far[][3] = {{0, 0, 0}, {0, 0, 20.1}}, same[][3] = {{1, 1, 1}, {1, 1, 1}};
    assert_false(find(&none, one, 1).found);
    assert_true(fabs(find(&none, two, 2).distance - 19.9) < 1e-12);
    assert_false(find(&none, far, 2).found);
    closest at_one = find(&none, same, 2);
    assert_true(at_one.found && at_one.distance == 0 && at_one.atom + at_one.other == 1);
}

static void weights(void **state) {
    (void)state;
    assert_true(elements_weight(1) == 1.008 && elements_weight(29) == 63.546);
    assert_true(elements_weight(40) == 91.224 && elements_weight(92) == 238.02891);
    assert_true(elements_weight(0) == 0 && elements_weight(119) == 0);
    for (int z = 1; z <= 118; z++)
        assert_true(elements_weight(z) > 1 && elements_weight(z) < 300);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_the_plain_sum),
                                       cmocka_unit_test(far_apart), cmocka_unit_test(weights)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The correlation map: symmetric, zero diagonal, unmoved by lattice translations and common shifts,
 * the published formula in cubes; samples matched by id. Its errors: a plain bootstrap, seeds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "correlation-map/correlation.h"
#include "kit/match.h"
#include "kit/statistics.h"

enum { MODELS = 4, SAMPLES = 25, PAIRS = 6, RESAMPLES = 400 };

static double uniform(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) * 0x1p-53;
}

static rise_cell cube(double side) {
    rise_cell c = {.periodic = {true, true, true}};
    for (int i = 0; i < 3; i++) {
        c.vector[i][i] = side;
    }
    return c;
}

static rise_cell skew(uint64_t *state, bool pa, bool pb, bool pc) {
    rise_cell c = cube(20);
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++) {
            c.vector[i][k] += 12 * (uniform(state) - 0.5);
        }
    }
    c.periodic[0] = pa;
    c.periodic[1] = pb;
    c.periodic[2] = pc;
    return c;
}

static void draw(uint64_t *state, double *region, size_t n) {
    for (size_t i = 0; i < n; i++) {
        region[i] = 30 * uniform(state) - 5;
    }
}

static void map_of(const double *region, const rise_cell *cell, double *map) {
    rise_error err = {0};
    double distance[PAIRS * SAMPLES];
    if (correlation_distances(region, cell, MODELS, SAMPLES, distance, &err) != RISE_OK) {
        fail_msg("%s", err.message);
    }
    correlation_map(distance, MODELS, SAMPLES, map);
}

static void compare(const double *a, const double *b, const char *what) {
    size_t worst = 0;
    double na = 0, nb = 0;
    for (size_t i = 0; i < MODELS * MODELS; i++) {
        worst = fabs(a[i] - b[i]) > fabs(a[worst] - b[worst]) ? i : worst;
        na += a[i] * a[i];
        nb += b[i] * b[i];
    }
    if (!(fabs(a[worst] - b[worst]) < 1e-12)) {
        fail_msg("%s: norms %.17g and %.17g, worst at (%zu,%zu): %.17g and %.17g", what, sqrt(na),
                 sqrt(nb), worst / MODELS, worst % MODELS, a[worst], b[worst]);
    }
}

static void symmetric_with_zero_diagonal(void **unused) {
    (void)unused;
    uint64_t state = 5;
    for (int trial = 0; trial < 20; trial++) {
        rise_cell cell[SAMPLES];
        double region[MODELS * SAMPLES * 3], map[MODELS * MODELS];
        for (size_t s = 0; s < SAMPLES; s++) {
            cell[s] = skew(&state, trial & 1, trial & 2, trial & 4);
        }
        draw(&state, region, sizeof region / sizeof *region);
        map_of(region, cell, map);
        for (size_t i = 0; i < MODELS; i++) {
            assert_true(map[i * MODELS + i] == 0);
            for (size_t j = 0; j < MODELS; j++) {
                assert_true(map[i * MODELS + j] == map[j * MODELS + i]);
                assert_true(i == j || map[i * MODELS + j] > 0);
            }
        }
    }
}

static void lattice_translations_change_nothing(void **unused) {
    (void)unused;
    uint64_t state = 7;
    rise_cell cell[SAMPLES];
    double region[MODELS][SAMPLES][3], before[MODELS * MODELS], after[MODELS * MODELS];
    for (size_t s = 0; s < SAMPLES; s++) {
        cell[s] = skew(&state, true, true, true);
    }
    draw(&state, &region[0][0][0], sizeof region / sizeof(double));
    map_of(&region[0][0][0], cell, before);
    for (size_t i = 0; i < MODELS; i++) {
        for (size_t s = 0; s < SAMPLES; s++) {
            for (int a = 0; a < 3; a++) {
                double times = floor(5 * uniform(&state)) - 2;
                for (int k = 0; k < 3; k++) {
                    region[i][s][k] += times * cell[s].vector[a][k] + 0.37 * (double)s;
                }
            }
        }
    }
    map_of(&region[0][0][0], cell, after);
    compare(before, after, "lattice translations and a common shift");
}

static void open_axes_do_not_wrap(void **unused) {
    (void)unused;
    rise_cell cell = cube(10);
    const double from[3] = {1, 1, 1}, to[3] = {9, 9, 9};
    double d = 0;
    assert_int_equal(correlation_distance(&cell, from, to, &d, NULL), RISE_OK);
    assert_true(fabs(d - sqrt(12)) < 1e-12);
    cell.periodic[1] = false;
    assert_int_equal(correlation_distance(&cell, from, to, &d, NULL), RISE_OK);
    assert_true(fabs(d - sqrt(4 + 64 + 4)) < 1e-12);
    memset(cell.vector[2], 0, sizeof cell.vector[2]);
    rise_error err = {0};
    assert_int_equal(correlation_distance(&cell, from, to, &d, &err), RISE_E_DATA);
    assert_non_null(strstr(err.message, "without volume"));
    assert_non_null(strstr(err.hint, "cell vectors"));
}

/* In a cube: minimum image per axis over L sqrt(3)/2, written the plain way. */
static void cubes_give_the_published_formula(void **unused) {
    (void)unused;
    uint64_t state = 11;
    const double side = 32.43;
    rise_cell cell[SAMPLES];
    double region[MODELS][SAMPLES][3], map[MODELS * MODELS], plain[MODELS * MODELS] = {0};
    for (size_t s = 0; s < SAMPLES; s++) {
        cell[s] = cube(side);
    }
    draw(&state, &region[0][0][0], sizeof region / sizeof(double));
    for (size_t i = 0; i < MODELS; i++) {
        for (size_t j = 0; j < MODELS; j++) {
            for (size_t s = 0; s < SAMPLES; s++) {
                double square = 0;
                for (int k = 0; k < 3; k++) {
                    double d = fmod(fabs(region[i][s][k] - region[j][s][k]), side);
                    d = d < side - d ? d : side - d;
                    square += d * d;
                }
                plain[i * MODELS + j] += sqrt(square) / (side * sqrt(3) / 2) / (double)SAMPLES;
            }
        }
    }
    map_of(&region[0][0][0], cell, map);
    compare(map, plain, "cubes");
    for (size_t i = 0; i < MODELS * MODELS; i++) {
        assert_true(map[i] <= 1);
    }
}

static void the_longest_diagonal_counts(void **unused) {
    (void)unused;
    rise_cell c = {.vector = {{3, 0, 0}, {-2, 4, 0}, {0, 0, 12}}};
    /* a - b = (5,-4,0), so the longest is sqrt(25 + 16 + 144) */
    assert_true(fabs(correlation_half_diagonal(&c) - sqrt(185) / 2) < 1e-12);
}

/* ---- errors ---------------------------------------------------------------------------------- */
static void errors_of(const double *distance, size_t n, uint64_t seed, double *error) {
    static double mean[RESAMPLES * PAIRS];
    size_t item[1000];
    for (size_t b = 0; b < RESAMPLES; b++) {
        statistics_bootstrap(seed, 0, (uint32_t)b, n, item);
        correlation_resampled(distance, PAIRS, n, item, mean + b * PAIRS);
    }
    correlation_deviation(mean, PAIRS, RESAMPLES, error);
}

/* The same resamples, summed and squared the plain way in long double. */
static void errors_are_those_of_a_plain_bootstrap(void **unused) {
    (void)unused;
    uint64_t state = 13;
    double distance[PAIRS][SAMPLES], error[PAIRS];
    for (size_t p = 0; p < PAIRS; p++) {
        for (size_t s = 0; s < SAMPLES; s++) {
            distance[p][s] = uniform(&state);
        }
    }
    errors_of(&distance[0][0], SAMPLES, 3, error);
    for (size_t p = 0; p < PAIRS; p++) {
        long double sum = 0, squares = 0;
        for (uint32_t b = 0; b < RESAMPLES; b++) {
            size_t item[SAMPLES];
            long double mean = 0;
            statistics_bootstrap(3, 0, b, SAMPLES, item);
            for (size_t s = 0; s < SAMPLES; s++) {
                mean += distance[p][item[s]] / (long double)SAMPLES;
            }
            sum += mean;
            squares += mean * mean;
        }
        long double n = RESAMPLES, square = (squares - sum * sum / n) / (n - 1);
        assert_true(fabs(error[p] - (double)sqrtl(square)) < 1e-12);
    }
}

/* For many samples it comes close to the standard deviation over the root of their number. */
static void errors_fall_with_the_samples(void **unused) {
    (void)unused;
    uint64_t state = 17;
    static double distance[PAIRS * 1000];
    const size_t n[2] = {250, 1000};
    for (int k = 0; k < 2; k++) {
        double error[PAIRS];
        for (size_t i = 0; i < PAIRS * n[k]; i++) {
            distance[i] = uniform(&state);
        }
        errors_of(distance, n[k], 0, error);
        for (size_t p = 0; p < PAIRS; p++) {
            double expected = statistics_std(distance + p * n[k], n[k], 1) / sqrt((double)n[k]);
            assert_true(fabs(error[p] / expected - 1) < 0.15); /* 4 of 1/sqrt(2 RESAMPLES) */
        }
    }
}

static void equal_distances_have_no_error(void **unused) {
    (void)unused;
    double distance[PAIRS][SAMPLES], error[PAIRS], matrix[MODELS * MODELS];
    for (size_t p = 0; p < PAIRS; p++) {
        for (size_t s = 0; s < SAMPLES; s++) {
            distance[p][s] = 0.1 * (double)(p + 1);
        }
    }
    errors_of(&distance[0][0], SAMPLES, 1, error);
    correlation_spread(error, MODELS, matrix);
    for (size_t i = 0; i < MODELS * MODELS; i++) {
        assert_true(matrix[i] == 0);
    }
}

static void seeds_decide(void **unused) {
    (void)unused;
    uint64_t state = 19;
    double distance[PAIRS * SAMPLES], a[PAIRS], b[PAIRS], c[PAIRS], matrix[MODELS * MODELS];
    for (size_t i = 0; i < PAIRS * SAMPLES; i++) {
        distance[i] = uniform(&state);
    }
    errors_of(distance, SAMPLES, 0, a);
    errors_of(distance, SAMPLES, 0, b);
    errors_of(distance, SAMPLES, 1, c);
    assert_memory_equal(a, b, sizeof a);
    correlation_spread(a, MODELS, matrix);
    for (size_t p = 0; p < PAIRS; p++) {
        assert_true(a[p] != c[p]);
    }
    const size_t place[PAIRS][2] = {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}};
    for (size_t p = 0; p < PAIRS; p++) {
        assert_true(matrix[place[p][0] * MODELS + place[p][1]] == a[p]);
        assert_true(matrix[place[p][1] * MODELS + place[p][0]] == a[p]);
    }
}

static void frames_are_matched_by_id(void **unused) {
    (void)unused;
    rise_id a[5], b[4], c[3];
    memset(a, 0, sizeof a);
    memset(b, 0, sizeof b);
    memset(c, 0, sizeof c);
    const uint8_t ia[5] = {7, 3, 9, 3, 1}, ib[4] = {1, 3, 9, 9}, ic[3] = {3, 2, 1};
    for (int i = 0; i < 5; i++) {
        a[i].byte[31] = ia[i];
    }
    for (int i = 0; i < 4; i++) {
        b[i].byte[31] = ib[i];
    }
    for (int i = 0; i < 3; i++) {
        c[i].byte[31] = ic[i];
    }
    const rise_id *lists[3] = {a, b, c};
    const size_t n_ids[3] = {5, 4, 3};
    size_t rows[15], n = 0;
    assert_int_equal(match_ids(lists, n_ids, 2, rows, &n, NULL), RISE_OK);
    assert_int_equal(n, 3); /* 3, 9, 1: the second 3 is dropped */
    const size_t expected[2][3] = {{1, 2, 4}, {1, 2, 0}};
    for (size_t l = 0; l < 2; l++) {
        assert_memory_equal(rows + 5 * l, expected[l], sizeof expected[l]);
    }
    assert_int_equal(match_ids(lists, n_ids, 3, rows, &n, NULL), RISE_OK);
    assert_int_equal(n, 2); /* 3, 1 */
    assert_int_equal(rows[0], 1);
    assert_int_equal(rows[1], 4);
    assert_int_equal(rows[10], 0);
    assert_int_equal(rows[11], 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(symmetric_with_zero_diagonal),
        cmocka_unit_test(lattice_translations_change_nothing),
        cmocka_unit_test(open_axes_do_not_wrap),
        cmocka_unit_test(cubes_give_the_published_formula),
        cmocka_unit_test(the_longest_diagonal_counts),
        cmocka_unit_test(errors_are_those_of_a_plain_bootstrap),
        cmocka_unit_test(errors_fall_with_the_samples),
        cmocka_unit_test(equal_distances_have_no_error),
        cmocka_unit_test(seeds_decide),
        cmocka_unit_test(frames_are_matched_by_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Displacements: Gaussian, their own for each frame and copy, the same whoever else is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "kit/statistics.h"
#include "rattle/rattle.h"

enum { N = 4000 };

static double still[N][3];
static double moved[N][3], again[N][3];

static rise_frame frame_of(uint8_t name, size_t n_atoms) {
    rise_frame f = {.n_atoms = n_atoms, .positions = (const double(*)[3])still};
    memset(f.id.byte, name, sizeof f.id.byte);
    return f;
}

static void displacements_are_gaussian(void **unused) {
    (void)unused;
    rise_frame f = frame_of(1, N);
    rattle_positions(&f, 5, 0, 0.02, moved);
    double mean = statistics_mean(&moved[0][0], 3 * N),
           std = statistics_std(&moved[0][0], 3 * N, 1);
    double within = 0, fourth = 0, neighbours = 0;
    for (size_t i = 0; i < 3 * N; i++) {
        double z = (&moved[0][0])[i] / 0.02;
        within += fabs(z) < 1;
        fourth += z * z * z * z / (3 * N);
        neighbours += i ? z * (&moved[0][0])[i - 1] / 0.02 / (3 * N) : 0;
    }
    assert_true(fabs(mean) < 0.02 * 0.04);
    assert_true(fabs(std / 0.02 - 1) < 0.03);
    assert_true(fabs(within / (3 * N) - 0.6827) < 0.02);
    assert_true(fabs(fourth - 3) < 0.3);
    assert_true(fabs(neighbours) < 0.04);
}

static void frames_copies_and_seeds_differ(void **unused) {
    (void)unused;
    rise_frame a = frame_of(1, N), b = frame_of(2, N);
    rattle_positions(&a, 5, 0, 0.02, moved);
    rattle_positions(&a, 5, 0, 0.02, again);
    assert_memory_equal(moved, again, sizeof moved);
    const struct {
        const rise_frame *frame;
        uint64_t seed;
        uint32_t copy;
    } others[] = {{&b, 5, 0}, {&a, 6, 0}, {&a, 5, 1}};
    for (size_t c = 0; c < 3; c++) {
        rattle_positions(others[c].frame, others[c].seed, others[c].copy, 0.02, again);
        double overlap = 0;
        for (size_t i = 0; i < 3 * N; i++) {
            overlap += (&moved[0][0])[i] * (&again[0][0])[i] / (0.02 * 0.02) / (3 * N);
        }
        assert_true(fabs(overlap) < 0.04);
    }
}

static void positions_are_moved_not_replaced(void **unused) {
    (void)unused;
    const double here[2][3] = {{1, 2, 3}, {-4, 50, 6}};
    rise_frame f = frame_of(3, 2);
    double kept[2][3], shifted[2][3];
    f.positions = here;
    rattle_positions(&f, 1, 0, 0, kept);
    assert_memory_equal(kept, here, sizeof here);
    rattle_positions(&f, 1, 0, 0.1, shifted);
    for (size_t a = 0; a < 2; a++) {
        for (size_t k = 0; k < 3; k++) {
            assert_true(fabs(shifted[a][k] - here[a][k]) < 0.6);
            assert_true(shifted[a][k] != here[a][k]);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(displacements_are_gaussian),
        cmocka_unit_test(frames_copies_and_seeds_differ),
        cmocka_unit_test(positions_are_moved_not_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/prop/test_voxels.c: counts are conserved, images of an atom share its voxel, fractions that
 * round up to 1 are the first cell; bad frames are refused. */
#include "voxelizer/voxels.h"

#include "kit/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { N_ATOMS = 500, GRID = 8, VOLUME = GRID * GRID * GRID };

static const uint8_t channels[3] = {29, 40, 46};
static const double triclinic[3][3] = {{9, 0.3, -0.2}, {2.5, 8, 0.1}, {-1, 1.7, 11}};

typedef struct sample {
    double positions[N_ATOMS][3];
    uint8_t species[N_ATOMS];
    rise_frame frame;
} sample;

/* Atoms anywhere, also many cells away. */
static sample *make(uint32_t stream) {
    sample *s = calloc(1, sizeof *s);
    assert_non_null(s);
    const rng_stream r = {11, {stream, 0, 0}};
    for (size_t i = 0; i < N_ATOMS; i++) {
        for (size_t x = 0; x < 3; x++)
            s->positions[i][x] = 60 * rng_uniform(&r, 3 * i + x) - 30;
        s->species[i] = channels[i % 3];
    }
    s->frame = (rise_frame){.cell = {.periodic = {true, true, true}},
                            .n_atoms = N_ATOMS,
                            .positions = (const double(*)[3])s->positions,
                            .species = s->species};
    memcpy(s->frame.cell.vector, triclinic, sizeof triclinic);
    return s;
}

static void fill(const rise_frame *frame, bool binary, uint8_t *grid, voxels_result *result) {
    rise_error err = {0};
    memset(grid, 0, 3 * VOLUME);
    if (voxels_fill(frame, channels, 3, GRID, binary, grid, result, &err) != RISE_OK)
        fail_msg("%s", err.message);
}

static void test_conserved(void **state) {
    (void)state;
    uint8_t counts[3 * VOLUME], marks[3 * VOLUME];
    for (uint32_t trial = 0; trial < 10; trial++) {
        sample *s = make(trial);
        voxels_result a, b;
        fill(&s->frame, false, counts, &a);
        fill(&s->frame, true, marks, &b);
        size_t shared = 0, fullest = 0;
        for (size_t c = 0; c < 3; c++) {
            size_t sum = 0, expected = 0;
            for (size_t v = c * VOLUME; v < (c + 1) * VOLUME; v++) {
                sum += counts[v];
                shared += counts[v] > 1;
                fullest = counts[v] > fullest ? counts[v] : fullest;
                assert_int_equal(marks[v], counts[v] > 0);
            }
            for (size_t i = 0; i < N_ATOMS; i++)
                expected += s->species[i] == channels[c];
            assert_int_equal(sum, expected);
        }
        assert_true(shared > 0); /* 500 atoms in 3 * 512 cells */
        assert_int_equal(a.shared, shared);
        assert_int_equal(a.fullest, fullest);
        assert_int_equal(b.shared, shared);
        free(s);
    }
}

/* Moving every atom by its own lattice vector changes nothing, unless an atom sits on a wall. */
static void test_wraps(void **state) {
    (void)state;
    uint8_t before[3 * VOLUME], after[3 * VOLUME];
    sample *s = make(99);
    voxels_result r;
    fill(&s->frame, false, before, &r);
    for (size_t i = 0; i < N_ATOMS; i++)
        for (size_t k = 0; k < 3; k++) {
            double steps = (double)((i * (k + 3)) % 7) - 3;
            for (size_t x = 0; x < 3; x++)
                s->positions[i][x] += steps * triclinic[k][x];
        }
    fill(&s->frame, false, after, &r);
    assert_memory_equal(before, after, sizeof before);
    free(s);
}

static void test_index(void **state) {
    (void)state;
    assert_int_equal(voxels_index(0, 32), 0);
    assert_int_equal(voxels_index(1, 32), 0);
    assert_int_equal(voxels_index(-1e-18, 32), 0); /* wraps to 1 - 0 = 1 in floating point */
    assert_int_equal(voxels_index(nextafter(1, 0), 32), 31);
    assert_int_equal(voxels_index(nextafter(0.5, 0), 32), 15);
    assert_int_equal(voxels_index(0.5, 32), 16);
    assert_int_equal(voxels_index(-0.25, 32), 24);
    assert_int_equal(voxels_index(7.75, 32), 24);
    for (size_t n = 2; n <= 512; n += 2)
        for (size_t i = 0; i < n; i++)
            assert_int_equal(voxels_index(((double)i + 0.5) / (double)n, n), i);
}

static void test_axes(void **state) {
    (void)state;
    const uint8_t z[1] = {29};
    const double p[1][3] = {{1.5, 4.5, 6.5}}; /* of a cube of 8 Å, cells of 1 Å */
    rise_frame f = {.cell = {{{8, 0, 0}, {0, 8, 0}, {0, 0, 8}}, {true, true, true}},
                    .n_atoms = 1,
                    .positions = p,
                    .species = z};
    uint8_t grid[VOLUME] = {0};
    voxels_result r;
    assert_int_equal(voxels_fill(&f, z, 1, GRID, false, grid, &r, NULL), RISE_OK);
    assert_int_equal(grid[(1 * GRID + 4) * GRID + 6], 1);
}

static void refused(const rise_frame *f, const char *word) {
    uint8_t grid[3 * VOLUME] = {0};
    voxels_result r;
    rise_error err = {0};
    assert_int_equal(voxels_fill(f, channels, 3, GRID, false, grid, &r, &err), RISE_E_DATA);
    if (strstr(err.message, word) == NULL)
        fail_msg("`%s` does not speak of `%s`", err.message, word);
}

static void test_refusals(void **state) {
    (void)state;
    sample *s = make(5);
    rise_frame f = s->frame;
    memset(f.cell.vector, 0, sizeof f.cell.vector);
    refused(&f, "cell");
    f = s->frame;
    memcpy(f.cell.vector[2], f.cell.vector[1], sizeof f.cell.vector[2]);
    refused(&f, "cell");
    f = s->frame;
    f.cell.vector[0][0] = NAN;
    refused(&f, "cell");
    f = s->frame;
    f.cell.periodic[1] = false;
    refused(&f, "outside");
    s->species[17] = 13;
    refused(&s->frame, "Al");
    s->species[17] = 29;
    s->positions[17][1] = NAN;
    refused(&s->frame, "not finite");
    s->positions[17][1] = INFINITY;
    refused(&s->frame, "not finite");
    for (size_t i = 0; i < N_ATOMS; i++) {
        s->species[i] = 40;
        for (size_t x = 0; x < 3; x++)
            s->positions[i][x] = 0.1;
    }
    refused(&s->frame, "255");
    free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conserved), cmocka_unit_test(test_wraps),
        cmocka_unit_test(test_index),     cmocka_unit_test(test_axes),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

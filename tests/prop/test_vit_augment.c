/* tests/prop/test_vit_augment.c: moves of samples: symmetries are bijections and form a group,
 * boxes allow what keeps their metric, a moved grid is the grid of the moved atoms, draws are
 * uniform and pure. */
#include "vit/augment.h"
#include "voxelizer/voxels.h"

#include "kit/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { SIDE = 4, CUBE = SIDE * SIDE * SIDE, ATOMS = 40 };

static const size_t cube[3] = {SIDE, SIDE, SIDE}, first_frame[1] = {0};

static rise_cell cell_of(double a, double b, double c, double alpha, double beta, double gamma) {
    const double degree = 3.141592653589793 / 180;
    double ca = cos(alpha * degree), cb = cos(beta * degree), cg = cos(gamma * degree);
    double sg = sin(gamma * degree), x = cb, y = (ca - cb * cg) / sg;
    return (rise_cell){
        {{a, 0, 0}, {b * cg, b * sg, 0}, {c * x, c * y, c * sqrt(1 - x * x - y * y)}},
        {true, true, true}};
}

static vit_augment allow(const size_t grid[3], const rise_cell *cell, bool shifts,
                         bool symmetries) {
    vit_augment a;
    vit_augment_allow(&a, 1, grid, cell, first_frame, 1, shifts, symmetries);
    return a;
}

static void apply(const vit_move *move, const float *from, float *to) {
    const vit_augment a = {.channels = 1, .grid = {SIDE, SIDE, SIDE}};
    const vit_samples s = {from, RISE_F32, CUBE};
    vit_augment_copy(&a, move, &s, 0, to);
}

/* ---- the 48 ---------------------------------------------------------------------------------- */

static void test_group(void **state) {
    (void)state;
    static float image[VIT_SYMMETRIES][CUBE];
    float ramp[CUBE], twice[CUBE];
    for (size_t v = 0; v < CUBE; v++)
        ramp[v] = (float)v;
    for (size_t s = 0; s < VIT_SYMMETRIES; s++) {
        const vit_move move = vit_symmetry(s);
        apply(&move, ramp, image[s]);
        bool met[CUBE] = {false}; /* a bijection meets every voxel once */
        for (size_t v = 0; v < CUBE; v++) {
            assert_false(met[(size_t)image[s][v]]);
            met[(size_t)image[s][v]] = true;
        }
        for (size_t t = 0; t < s; t++)
            assert_memory_not_equal(image[s], image[t], sizeof ramp);
    }
    assert_memory_equal(image[0], ramp, sizeof ramp);
    for (size_t s = 0; s < VIT_SYMMETRIES; s++) {
        bool inverse = false;
        for (size_t t = 0; t < VIT_SYMMETRIES; t++) {
            const vit_move move = vit_symmetry(t);
            size_t u = 0;
            apply(&move, image[s], twice);
            while (u < VIT_SYMMETRIES && memcmp(twice, image[u], sizeof twice) != 0)
                u++;
            assert_true(u < VIT_SYMMETRIES);
            inverse = inverse || u == 0;
        }
        assert_true(inverse);
    }
}

static void test_boxes(void **state) {
    (void)state;
    const struct {
        rise_cell cell;
        size_t n;
    } box[] = {
        {cell_of(9, 9, 9, 90, 90, 90), 48},         {cell_of(9, 9, 8, 90, 90, 90), 16},
        {cell_of(9, 8, 7, 90, 90, 90), 8},          {cell_of(9, 9, 8, 90, 90, 120), 8},
        {cell_of(9, 9, 9, 60, 60, 60), 12},         {cell_of(9, 8, 7, 90, 100, 90), 4},
        {cell_of(9, 8, 7, 80, 100, 95), 2},         {cell_of(9, 9, 9, 80, 97, 95), 2},
        {cell_of(9, 9, 9.0000001, 90, 90, 90), 48}, {cell_of(9, 9, 9.01, 90, 90, 90), 16},
        {cell_of(9, 9, 9, 80, 100, 95), 4}, /* cos 80 = -cos 100 */
    };
    for (size_t b = 0; b < sizeof box / sizeof *box; b++) {
        const vit_augment a = allow(cube, &box[b].cell, false, true);
        assert_int_equal(a.n_symmetries, box[b].n);
        assert_int_equal(a.shifts[0] * a.shifts[1] * a.shifts[2], 1);
        bool in[VIT_SYMMETRIES] = {
            false}; /* each with its inverse: turning all axes round is one */
        for (size_t s = 0; s < a.n_symmetries; s++)
            in[a.symmetry[s]] = true;
        assert_true(in[0] && in[7]);
    }
    const size_t flat[3] = {SIDE, SIDE, 2 * SIDE};
    assert_int_equal(allow(flat, &box[0].cell, false, true).n_symmetries, 16);
    assert_int_equal(allow(cube, NULL, false, true).n_symmetries, 48);
    assert_int_equal(allow(flat, NULL, false, true).n_symmetries, 16);
    assert_int_equal(allow(cube, &box[0].cell, true, false).n_symmetries, 1);
}

/* What one frame forbids nobody may do; frames that do not train have no say. */
static void test_frames(void **state) {
    (void)state;
    rise_cell cell[3] = {cell_of(9, 9, 9, 90, 90, 90), cell_of(9, 8, 7, 80, 95, 70),
                         cell_of(5, 5, 5, 90, 90, 90)};
    const size_t outer[2] = {0, 2}, all[3] = {0, 1, 2};
    vit_augment a;
    vit_augment_allow(&a, 1, cube, cell, outer, 2, true, true);
    assert_int_equal(a.n_symmetries, 48);
    vit_augment_allow(&a, 1, cube, cell, all, 3, true, true);
    assert_int_equal(a.n_symmetries, 2);
    cell[2].periodic[2] = false; /* a slab */
    vit_augment_allow(&a, 1, cube, cell, outer, 2, true, true);
    assert_int_equal(a.n_symmetries, 16);
    assert_true(a.shifts[0] == SIDE && a.shifts[1] == SIDE && a.shifts[2] == 1);
}

/* ---- atoms ----------------------------------------------------------------------------------- */

/* f -> what the move makes of it, as it does with voxels. */
static void move_atom(const vit_move *move, const size_t grid[3], const double f[3],
                      double out[3]) {
    for (size_t d = 0; d < 3; d++) {
        double t = f[move->axis[d]];
        t = (move->flip[d] ? 1 - t : t) - (double)move->shift[d] / (double)grid[d];
        out[d] = t - floor(t);
    }
}

static double distance(const rise_cell *cell, const double a[3], const double b[3]) {
    double shortest = INFINITY;
    for (int i = -2; i <= 2; i++)
        for (int j = -2; j <= 2; j++)
            for (int k = -2; k <= 2; k++) {
                double f[3] = {b[0] - a[0] + i, b[1] - a[1] + j, b[2] - a[2] + k}, sum = 0;
                for (int x = 0; x < 3; x++)
                    sum += pow(f[0] * cell->vector[0][x] + f[1] * cell->vector[1][x] +
                                   f[2] * cell->vector[2][x],
                               2);
                shortest = fmin(shortest, sum);
            }
    return sqrt(shortest);
}

static void fill(const rise_cell *cell, double f[ATOMS][3], uint8_t *grid) {
    static const uint8_t species[2] = {29, 40};
    double position[ATOMS][3];
    uint8_t kind[ATOMS];
    for (size_t i = 0; i < ATOMS; i++) {
        kind[i] = species[i % 2];
        for (int x = 0; x < 3; x++)
            position[i][x] = f[i][0] * cell->vector[0][x] + f[i][1] * cell->vector[1][x] +
                             f[i][2] * cell->vector[2][x];
    }
    const rise_frame frame = {.cell = *cell,
                              .n_atoms = ATOMS,
                              .positions = (const double(*)[3])position,
                              .species = kind};
    voxels_result result;
    memset(grid, 0, 2 * CUBE);
    assert_int_equal(voxels_fill(&frame, species, 2, SIDE, false, grid, &result, NULL), RISE_OK);
}

/* The moved grid is the grid of the moved atoms, whose distances are what they were. */
static void test_atoms(void **state) {
    (void)state;
    const rise_cell cell[] = {cell_of(9, 9, 9, 90, 90, 90), cell_of(9, 9, 8, 90, 90, 120),
                              cell_of(9, 9, 9, 60, 60, 60), cell_of(9, 8, 7, 80, 100, 95)};
    double atom[ATOMS][3], moved[ATOMS][3];
    uint8_t grid[2 * CUBE], expected[2 * CUBE];
    float found[2 * CUBE];
    const rng_stream r = {5, {0, 0, 0}};
    for (size_t i = 0; i < ATOMS; i++)
        for (size_t d = 0; d < 3; d++)
            atom[i][d] = rng_uniform(&r, 3 * i + d);
    for (size_t b = 0; b < sizeof cell / sizeof *cell; b++) {
        vit_augment a;
        vit_augment_allow(&a, 2, cube, &cell[b], first_frame, 1, true, true);
        fill(&cell[b], atom, grid);
        const vit_samples samples = {grid, RISE_U8, 2 * CUBE};
        for (size_t s = 0; s < a.n_symmetries; s++) {
            vit_move move = vit_augment_draw(&a, 3, (uint32_t)b, (uint32_t)s);
            memcpy(move.axis, vit_symmetry(a.symmetry[s]).axis, sizeof move.axis);
            memcpy(move.flip, vit_symmetry(a.symmetry[s]).flip, sizeof move.flip);
            for (size_t i = 0; i < ATOMS; i++)
                move_atom(&move, cube, atom[i], moved[i]);
            for (size_t i = 1; i < ATOMS; i++)
                assert_true(fabs(distance(&cell[b], atom[i - 1], atom[i]) -
                                 distance(&cell[b], moved[i - 1], moved[i])) < 1e-9);
            fill(&cell[b], moved, expected);
            vit_augment_copy(&a, &move, &samples, 0, found);
            for (size_t v = 0; v < sizeof expected; v++)
                assert_true(found[v] == (float)expected[v]);
        }
    }
}

/* ---- the copy -------------------------------------------------------------------------------- */

static void test_copy(void **state) {
    (void)state;
    enum { C = 2, X = 3, Y = 3, Z = 5, VOLUME = C * X * Y * Z };
    static uint8_t u8[2 * VOLUME];
    static float f32[2 * VOLUME], out[VOLUME], plain[VOLUME];
    static double f64[2 * VOLUME];
    const rng_stream r = {9, {0, 0, 0}};
    for (size_t v = 0; v < 2 * VOLUME; v++) {
        u8[v] = (uint8_t)rng_below(&r, v, 256);
        f32[v] = u8[v];
        f64[v] = u8[v];
    }
    const vit_samples kind[] = {
        {u8, RISE_U8, VOLUME}, {f32, RISE_F32, VOLUME}, {f64, RISE_F64, VOLUME}};
    const size_t grid[3] = {X, Y, Z};
    vit_augment a;
    vit_augment_allow(&a, C, grid, NULL, first_frame, 1, true, true);
    assert_int_equal(a.n_symmetries, 16);
    for (size_t n = 0; n < 400; n++) {
        const vit_move move = vit_augment_draw(&a, 1, 0, (uint32_t)n);
        for (size_t k = 0; k < 3; k++) {
            vit_augment_copy(&a, &move, &kind[k], 1, out);
            for (size_t v = 0; v < VOLUME; v++) {
                const size_t i[3] = {v / (Y * Z) % X, v / Z % Y, v % Z};
                size_t s[3];
                for (size_t d = 0; d < 3; d++) {
                    size_t side = grid[move.axis[d]], t = (i[d] + move.shift[d]) % side;
                    s[move.axis[d]] = move.flip[d] ? side - 1 - t : t;
                }
                size_t from = VOLUME + ((v / (X * Y * Z) * X + s[0]) * Y + s[1]) * Z + s[2];
                assert_true(out[v] == (float)u8[from]);
            }
            for (size_t c = 0; c < C; c++) { /* sums per channel stay */
                int before = 0, after = 0;
                for (size_t v = c * X * Y * Z; v < (c + 1) * X * Y * Z; v++) {
                    before += u8[VOLUME + v];
                    after += (int)out[v];
                }
                assert_int_equal(before, after);
            }
        }
    }
    const vit_move none = vit_symmetry(0);
    vit_augment_copy(&a, &none, &kind[0], 1, out);
    vit_samples_copy(&kind[0], 1, plain);
    assert_memory_equal(out, plain, sizeof out);
}

/* A shift wraps: with what is missing to the whole side it comes home. */
static void test_shift(void **state) {
    (void)state;
    float ramp[CUBE], once[CUBE], home[CUBE];
    for (size_t v = 0; v < CUBE; v++)
        ramp[v] = (float)v;
    for (size_t s = 0; s < CUBE; s++) {
        vit_move move = vit_symmetry(0), back = move;
        for (size_t d = 0, rest = s; d < 3; d++, rest /= SIDE) {
            move.shift[d] = rest % SIDE;
            back.shift[d] = (SIDE - move.shift[d]) % SIDE;
        }
        apply(&move, ramp, once);
        apply(&back, once, home);
        assert_memory_equal(home, ramp, sizeof ramp);
        assert_true(once[0] == ramp[(move.shift[0] * SIDE + move.shift[1]) * SIDE + move.shift[2]]);
    }
}

/* ---- draws ----------------------------------------------------------------------------------- */

static void test_draws(void **state) {
    (void)state;
    enum { DRAWS = 64 * VIT_SYMMETRIES * SIDE };
    const vit_augment a = allow(cube, NULL, true, true);
    static size_t pair[VIT_SYMMETRIES * SIDE], shift[3][SIDE];
    const double n = DRAWS;
    size_t epochs = 0, samples = 0, seeds = 0;
    for (uint32_t i = 0; i < DRAWS; i++) {
        const vit_move m = vit_augment_draw(&a, 7, i % 50, i / 50);
        size_t s = 0;
        while (memcmp(vit_symmetry(s).axis, m.axis, sizeof m.axis) != 0 ||
               memcmp(vit_symmetry(s).flip, m.flip, sizeof m.flip) != 0)
            s++;
        pair[s * SIDE + m.shift[1]]++;
        for (size_t d = 0; d < 3; d++)
            shift[d][m.shift[d]]++;
        const vit_move again = vit_augment_draw(&a, 7, i % 50, i / 50);
        const vit_move other[] = {vit_augment_draw(&a, 7, i % 50 + 1, i / 50),
                                  vit_augment_draw(&a, 7, i % 50, i / 50 + 1),
                                  vit_augment_draw(&a, 8, i % 50, i / 50)};
        assert_memory_equal(&m, &again, sizeof m);
        epochs += memcmp(&m, &other[0], sizeof m) == 0;
        samples += memcmp(&m, &other[1], sizeof m) == 0;
        seeds += memcmp(&m, &other[2], sizeof m) == 0;
    }
    double square = 0; /* chi square, 191 degrees of freedom: 191 +- 19.5 */
    for (size_t i = 0; i < VIT_SYMMETRIES * SIDE; i++)
        square += pow((double)pair[i] - 64.0, 2) / 64;
    assert_true(square > 191 - 4 * 19.5 && square < 191 + 4 * 19.5);
    for (size_t d = 0; d < 3; d++)
        for (size_t i = 0; i < SIDE; i++)
            assert_true(fabs((double)shift[d][i] - n / 4) < 4 * sqrt(n * 3 / 16));
    /* of 3072 moves two are equal by chance only: 4 times in 12288 */
    assert_true(epochs < 20 && samples < 20 && seeds < 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_group), cmocka_unit_test(test_boxes), cmocka_unit_test(test_frames),
        cmocka_unit_test(test_atoms), cmocka_unit_test(test_copy),  cmocka_unit_test(test_shift),
        cmocka_unit_test(test_draws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/prop/test_ig.c: rules of integration, completeness on the golden weights, regions. */
#include "ig/ig.h"
#include "voxelizer/voxels.h"
#include "support/npy.h"
#include "vit/pool.h"
#include "support/vit_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { VOLUME = 2 * 32 * 32 * 32 };

static rise_status serial(void *user, size_t n, rise_parallel_fn fn, void *arg, rise_error *err) {
    (void)user;
    rise_status status = RISE_OK;
    for (size_t i = 0; i < n && status == RISE_OK; i++)
        status = fn(arg, i, err);
    return status;
}

static bool never(void *user) {
    (void)user;
    return false;
}

static const vit_host host = {NULL, serial, never, 1 << 30};

/* Integral of x^power over [0, 1] by a rule. */
static double moment(ig_method method, size_t n, int power) {
    double node[800], weight[800], sum = 0;
    ig_rule(method, n, node, weight);
    for (size_t k = 0; k < n; k++)
        sum += weight[k] * pow(node[k], power);
    return sum;
}

static void test_rules(void **state) {
    (void)state;
    /* Gauss and Legendre: exact to degree 2n - 1 */
    for (size_t n = 1; n <= 12; n++)
        for (int p = 0; p < 2 * (int)n; p++)
            assert_true(fabs(moment(IG_GAUSS, n, p) - 1.0 / (p + 1)) < 1e-14);
    for (int p = 0; p < 100; p++) {
        assert_true(fabs(moment(IG_GAUSS, 50, p) - 1.0 / (p + 1)) < 1e-13);
        assert_true(fabs(moment(IG_GAUSS, 800, p) - 1.0 / (p + 1)) < 1e-12);
    }
    double node[4], weight[4];
    static const struct {
        ig_method method;
        double first, last;
    } sums[] = {{IG_MIDPOINT, 0.125, 0.875}, {IG_LEFT, 0, 0.75}, {IG_RIGHT, 0.25, 1}};
    for (size_t i = 0; i < 3; i++) {
        ig_rule(sums[i].method, 4, node, weight);
        assert_true(node[0] == sums[i].first && node[3] == sums[i].last && weight[2] == 0.25);
    }
    ig_rule(IG_GRADIENT, 1, node, weight);
    assert_true(node[0] == 1 && weight[0] == 1);
}

static double delta_of(const vit_case *c, const float *voxels, ig_method method, size_t n,
                       float *attribution) {
    double node[800], weight[800];
    ig_rule(method, n, node, weight);
    ig_plan plan = {.net = &c->net,
                    .weights = &c->weights,
                    .scale = 3,
                    .n_steps = n,
                    .node = node,
                    .weight = weight};
    ig_result r;
    rise_error err = {0};
    const vit_pool_plan places = {.net = &c->net,
                                  .n_places = IG_MAX_TASKS,
                                  .n_samples = vit_group_size(&c->net),
                                  .backward = true,
                                  .d_voxels = true};
    assert_int_equal(vit_pool_new(&places, &plan.pool, &err), RISE_OK);
    assert_int_equal(ig_attribute(&plan, &host, voxels, attribution, &r, &err), RISE_OK);
    vit_pool_free(plan.pool);
    double delta = r.sum - (r.value - r.baseline);
    print_message("r = %zu, %zu steps: f(x) - f(0) = %.6g, delta = %.3g\n", c->net.shape.block, n,
                  r.value - r.baseline, delta);
    return delta;
}

static void test_completeness(void **state) {
    (void)state;
    npy_array x;
    assert_true(npy_load("tests/golden/data/vit/input_voxels.npy", &x));
    float *voxels = calloc(VOLUME, sizeof *voxels), *ig = calloc(VOLUME, sizeof *ig);
    assert_true(voxels != NULL && ig != NULL && x.count == 4 * VOLUME);
    for (size_t i = 0; i < VOLUME; i++)
        voxels[i] = (float)npy_at(&x, i);
    npy_free(&x);
    vit_case c;
    vit_case_golden(&c, 4);
    static const size_t steps[3] = {50, 200, 800};
    double delta[3];
    for (size_t i = 0; i < 3; i++)
        delta[i] = fabs(delta_of(&c, voxels, IG_GAUSS, steps[i], ig));
    /* f in float32 carries errors of some 1e-8, times the scale: below that nothing falls */
    assert_true(delta[1] < delta[0] && delta[2] < fmax(delta[1], 3e-7));
    static const size_t few[3] = {10, 40, 160}; /* a rule of first order falls all the way */
    for (size_t i = 0; i < 3; i++)
        delta[i] = fabs(delta_of(&c, voxels, IG_RIGHT, few[i], ig));
    assert_true(delta[1] < 0.5 * delta[0] && delta[2] < 0.5 * delta[1]);
    for (size_t i = 0; i < VOLUME; i++) /* an empty voxel is no different from the baseline */
        assert_true(voxels[i] != 0 || ig[i] == 0);
    vit_case_free(&c);
    free(ig);
    free(voxels);
}

static void region(const vit_net *net, const float *attribution, bool absolute, double centre[3]) {
    double block[8];
    assert_int_equal(net->n_blocks, 8);
    ig_blocks(net, attribution, absolute, block);
    ig_region(net, block, centre);
}

static void test_regions(void **state) {
    (void)state;
    vit_net net;
    /* 6 patches a side; blocks of 4 begin at 0 and 4, the latter wrap round to 0 and 1 */
    const vit_shape shape = {1, {12, 12, 12}, 2, 8, 2, 1, 4};
    assert_int_equal(vit_net_init(&net, &shape, NULL), RISE_OK);
    float *a = calloc(12 * 12 * 12, sizeof *a);
    assert_non_null(a);
    double f[3];
    region(&net, a, true, f); /* nothing anywhere: the first block */
    for (int d = 0; d < 3; d++)
        assert_true(fabs(f[d] - 2.0 / 6) < 1e-15);
    a[(11 * 12 + 3) * 12 + 5] = -2; /* patch (5, 1, 2): x only in the wrapping block */
    region(&net, a, true, f);
    assert_true(fabs(f[0] - 0.0) < 1e-15); /* (4 + 2) / 6 = 1, which is 0 */
    assert_true(fabs(f[1] - 2.0 / 6) < 1e-15 && fabs(f[2] - 2.0 / 6) < 1e-15);
    region(&net, a, false, f); /* signed: every other block is better, the first of them wins */
    assert_true(fabs(f[0] - 2.0 / 6) < 1e-15);
    a[0] = 3; /* patch (0, 0, 0) lies in all eight blocks */
    region(&net, a, true, f);
    assert_true(fabs(f[0] - 0.0) < 1e-15);
    free(a);
}

/* Two atoms share a voxel; the attributions of all add up to those of the voxels. */
static void test_atoms(void **state) {
    (void)state;
    enum { N = 4, ATOMS = 5 };
    static const uint8_t species[2] = {29, 40};
    uint8_t z[ATOMS] = {29, 40, 29, 29, 40};
    double positions[ATOMS][3] = {
        {0.1, 0.1, 0.1}, {0.2, 0.3, 0.1}, {0.3, 0.2, 0.4}, {7.9, 4.1, 2.5}, {-0.1, 8.1, 3.9}};
    const rise_frame frame = {
        .n_atoms = ATOMS,
        .cell = {.vector = {{8, 0, 0}, {0, 8, 0}, {0, 0, 8}}, .periodic = {true, true, true}},
        .positions = positions,
        .species = z};
    float voxels[2 * N * N * N] = {0}, ig[2 * N * N * N] = {0};
    size_t at[ATOMS];
    rise_error err = {0};
    assert_int_equal(voxels_places(&frame, species, 2, N, at, &err), RISE_OK);
    assert_true(at[0] == 0 && at[2] == 0 && at[1] == N * N * N);
    double sum = 0, total = 0, atom[ATOMS];
    for (size_t i = 0; i < ATOMS; i++)
        voxels[at[i]] += 1;
    for (size_t v = 0; v < 2 * N * N * N; v++) {
        ig[v] = voxels[v] > 0 ? 1.5f + (float)v : 0;
        total += (double)ig[v];
    }
    assert_int_equal(ig_atoms(&frame, species, 2, N, voxels, ig, atom, &err), RISE_OK);
    for (size_t i = 0; i < ATOMS; i++)
        sum += atom[i];
    assert_true(fabs(sum - total) < 1e-12);
    assert_true(atom[0] == 0.75 && atom[2] == 0.75);
    voxels[0] = 1; /* marks in place of numbers */
    assert_int_equal(ig_atoms(&frame, species, 2, N, voxels, ig, atom, &err), RISE_OK);
    voxels[5] = 1;
    assert_int_equal(ig_atoms(&frame, species, 2, N, voxels, ig, atom, &err), RISE_E_DATA);
    assert_string_equal(err.message, "structure: 0 atoms lie in voxel 5, where the input has 1");
    assert_int_equal(ig_atoms(&frame, species, 1, N, voxels, ig, atom, &err), RISE_E_DATA);
    assert_string_equal(err.message, "atom 1 is Zr, which has no channel");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rules), cmocka_unit_test(test_regions),
                                       cmocka_unit_test(test_atoms),
                                       cmocka_unit_test(test_completeness)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

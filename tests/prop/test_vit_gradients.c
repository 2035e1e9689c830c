/* tests/prop/test_vit_gradients.c: the network against the plain one of tests/support, and its
 * gradients against central differences of that one, with and without dropout, for blocks that
 * divide the grid and blocks that wrap. */
#include "support/vit_case.h"
#include "support/vit_reference.h"

#include "kit/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { SAMPLES = 3, DIRECTIONS = 2 };

static const uint32_t names[SAMPLES] = {4, 17, 1000003}; /* who the samples are */
static const double share[SAMPLES] = {1, -0.7, 0.4};     /* loss = sum of share * y */

typedef struct trial {
    vit_case net;
    size_t volume;
    double *params, *voxels; /* float64 copies of what the network sees */
    float *voxels32, *grad, *d_voxels;
    vit_dropout dropout;
    const vit_dropout *used; /* or NULL */
} trial;

static void *zeroed(size_t n, size_t size) {
    void *p = calloc(n, size);
    assert_non_null(p);
    return p;
}

static void begin(trial *t, const vit_shape *shape, double rate) {
    vit_case_fresh(&t->net, shape, 3);
    const vit_net *net = &t->net.net;
    t->volume = shape->channels * shape->grid[0] * shape->grid[1] * shape->grid[2];
    t->params = zeroed(net->n_params, sizeof(double));
    t->voxels = zeroed(SAMPLES * t->volume, sizeof(double));
    t->voxels32 = zeroed(SAMPLES * t->volume, sizeof(float));
    t->grad = zeroed(net->n_params, sizeof(float));
    t->d_voxels = zeroed(SAMPLES * t->volume, sizeof(float));
    for (size_t i = 0; i < net->n_params; i++)
        t->params[i] = (double)t->net.params[i];
    const rng_stream s = {77, {0, 0, 0}};
    for (size_t i = 0; i < SAMPLES * t->volume; i++) {
        t->voxels32[i] = (float)rng_below(&s, i, 3);
        t->voxels[i] = (double)t->voxels32[i];
    }
    t->dropout =
        (vit_dropout){.rate = rate, .seed = 0x123456789abcull, .epoch = 6, .sample = names};
    t->used = rate > 0 ? &t->dropout : NULL;
}

static void end(trial *t) {
    vit_case_free(&t->net);
    free(t->params);
    free(t->voxels);
    free(t->voxels32);
    free(t->grad);
    free(t->d_voxels);
}

static double loss(const trial *t) {
    double sum = 0;
    for (size_t s = 0; s < SAMPLES; s++)
        sum += share[s] *
               vit_reference(&t->net.net, t->params, t->voxels + s * t->volume, t->used, names[s]);
    return sum;
}

static void run(trial *t, double tolerance) {
    vit_case *c = &t->net;
    vit_work *work = NULL;
    rise_error err = {0};
    float y[SAMPLES], dy[SAMPLES], expected[SAMPLES];
    assert_int_equal(vit_work_new(&c->net, SAMPLES, VIT_KEEP, &work, &err), RISE_OK);
    assert_int_equal(
        vit_forward(&c->net, &c->weights, work, t->voxels32, SAMPLES, t->used, y, &err), RISE_OK);
    for (size_t s = 0; s < SAMPLES; s++) {
        dy[s] = (float)share[s];
        expected[s] =
            (float)vit_reference(&c->net, t->params, t->voxels + s * t->volume, t->used, names[s]);
    }
    assert_close("outputs", y, expected, SAMPLES, tolerance, tolerance);
    assert_int_equal(vit_backward(&c->net, &c->weights, work, t->voxels32, SAMPLES, t->used, dy,
                                  t->grad, t->d_voxels, &err),
                     RISE_OK);
    vit_work_free(work);
}

/* Derivative of the loss along a random direction of x (n) by central differences, beside what the
 * gradient says; and the size that their difference is judged by. */
static void compare(trial *t, const char *what, double *x, const float *grad, size_t n,
                    double floor) {
    double norm = 0;
    for (size_t i = 0; i < n; i++)
        norm += (double)grad[i] * (double)grad[i];
    norm = sqrt(norm);
    double *kept = zeroed(n, sizeof *kept), *direction = zeroed(n, sizeof *direction);
    memcpy(kept, x, n * sizeof *kept);
    for (uint32_t k = 0; k < DIRECTIONS; k++) {
        const rng_stream s = {123, {k, 0, 0}};
        /* the last direction is a single element */
        for (size_t i = 0; i < n; i++)
            direction[i] = k + 1 < DIRECTIONS ? rng_normal(&s, i) / sqrt((double)n) : 0;
        if (k + 1 == DIRECTIONS)
            direction[rng_below(&s, 0, n)] = 1;
        double analytic = 0, step = 1e-5, ends[2];
        for (size_t i = 0; i < n; i++)
            analytic += (double)grad[i] * direction[i];
        for (int side = 0; side < 2; side++) {
            for (size_t i = 0; i < n; i++)
                x[i] = kept[i] + (side ? step : -step) * direction[i];
            ends[side] = loss(t);
        }
        memcpy(x, kept, n * sizeof *kept);
        double numeric = (ends[1] - ends[0]) / (2 * step);
        if (!(fabs(numeric - analytic) <= 1e-4 * norm + floor))
            fail_msg("%s, direction %u: %.9g by differences, %.9g by the gradient (norm %.3g)",
                     what, k, numeric, analytic, norm);
    }
    free(kept);
    free(direction);
}

static void all_tensors(const vit_shape *shape, double rate) {
    trial t;
    begin(&t, shape, rate);
    run(&t, 2e-5);
    double largest = 0;
    for (size_t i = 0; i < t.net.net.n_params; i++)
        largest = fmax(largest, fabs((double)t.grad[i]));
    assert_true(largest > 1e-3);
    for (size_t i = 0; i < vit_tensor_count(&t.net.net); i++) {
        vit_tensor tensor;
        vit_tensor_at(&t.net.net, i, &tensor);
        compare(&t, tensor.name, t.params + tensor.offset, t.grad + tensor.offset, tensor.count,
                2e-6 * largest);
    }
    compare(&t, "voxels", t.voxels, t.d_voxels, SAMPLES * t.volume, 2e-6 * largest);
    end(&t);
}

static const vit_shape small = {
    .channels = 2, .grid = {6, 6, 6}, .patch = 2, .embedding = 8, .heads = 2, .layers = 2};

static void test_plain(void **state) {
    (void)state;
    vit_shape s = small;
    for (s.block = 1; s.block <= 3; s.block += 2) {
        all_tensors(&s, 0);
        all_tensors(&s, 0.3);
    }
}

static void test_wrapping(void **state) {
    (void)state;
    vit_shape s = small;
    s.block = 2;
    all_tensors(&s, 0);
    all_tensors(&s, 0.3);
}

static void test_layers(void **state) {
    (void)state;
    vit_shape s = small;
    for (s.layers = 1; s.layers <= 3; s.layers++)
        for (s.block = 2; s.block <= 3; s.block++)
            all_tensors(&s, 0.2);
}

/* Sides that differ, sizes that fit no vector, one head, one channel, another patch. */
static void test_shapes(void **state) {
    (void)state;
    const vit_shape shapes[] = {
        {1, {4, 8, 2}, 1, 6, 3, 2, 2},   {3, {6, 3, 9}, 3, 10, 1, 2, 1},
        {2, {4, 6, 10}, 2, 5, 5, 1, 2},  {1, {8, 8, 12}, 4, 72, 2, 2, 2},
        {2, {10, 4, 6}, 2, 12, 4, 3, 2},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        all_tensors(&shapes[i], 0.1);
}

/* 8^3 tokens, so that blocks of 5, 6 and 7 wrap and the only one of 8 takes its keys in tiles; one
 * direction in all parameters at once. */
static void test_wide(void **state) {
    (void)state;
    vit_shape s = {
        .channels = 2, .grid = {16, 16, 16}, .patch = 2, .embedding = 16, .heads = 2, .layers = 2};
    static const size_t blocks[] = {3, 5, 6, 7, 8};
    for (size_t i = 0; i < 5; i++) {
        s.block = blocks[i];
        trial t;
        begin(&t, &s, i % 2 || s.block == 8 ? 0.1 : 0);
        run(&t, 5e-5);
        compare(&t, "all parameters", t.params, t.grad, t.net.net.n_params, 1e-6);
        end(&t);
    }
}

/* A workspace that makes activations again gives the same bits as one that keeps them. */
static void recomputed(size_t r) {
    vit_case c;
    vit_case_golden(&c, r);
    size_t volume = 2 * 32 * 32 * 32, n = c.net.n_params;
    float *voxels = zeroed(2 * volume, sizeof *voxels);
    float *grad[2], *dx[2], y[2][2];
    const float dy[2] = {1, -0.5f};
    const vit_dropout dropout = {.rate = 0.1, .seed = 5, .epoch = 2, .sample = names};
    const rng_stream s = {9, {0, 0, 0}};
    for (size_t i = 0; i < 2 * volume; i++)
        voxels[i] = rng_below(&s, i, 16) == 0 ? 1.0f : 0.0f;
    for (int k = 0; k < 2; k++) {
        vit_work *work = NULL;
        rise_error err = {0};
        grad[k] = zeroed(n, sizeof(float));
        dx[k] = zeroed(2 * volume, sizeof(float));
        assert_int_equal(vit_work_new(&c.net, 2, k == 0 ? VIT_KEEP : VIT_AGAIN, &work, &err),
                         RISE_OK);
        assert_int_equal(vit_forward(&c.net, &c.weights, work, voxels, 2, &dropout, y[k], &err),
                         RISE_OK);
        assert_int_equal(
            vit_backward(&c.net, &c.weights, work, voxels, 2, &dropout, dy, grad[k], dx[k], &err),
            RISE_OK);
        vit_work_free(work);
    }
    assert_memory_equal(y[1], y[0], sizeof y[0]);
    assert_memory_equal(grad[1], grad[0], n * sizeof *grad[0]);
    assert_memory_equal(dx[1], dx[0], 2 * volume * sizeof *dx[0]);
    for (int k = 0; k < 2; k++) {
        free(grad[k]);
        free(dx[k]);
    }
    free(voxels);
    vit_case_free(&c);
}

static void test_recomputed(void **state) {
    (void)state;
    for (size_t r = 1; r <= 4; r++)
        recomputed(r);
}

static void test_refusals(void **state) {
    (void)state;
    vit_net net;
    rise_error err = {0};
    vit_shape s = small;
    s.block = 4;
    assert_int_equal(vit_net_init(&net, &s, &err), RISE_E_DATA);
    s = small;
    s.block = 1;
    s.grid[1] = 7;
    assert_int_equal(vit_net_init(&net, &s, &err), RISE_E_DATA);
    s = small;
    s.block = 0;
    assert_int_equal(vit_net_init(&net, &s, &err), RISE_E_DATA);
    s = small;
    s.block = 1;
    s.heads = 3;
    assert_int_equal(vit_net_init(&net, &s, &err), RISE_E_DATA);
    assert_true(err.message[0] != 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),    cmocka_unit_test(test_wrapping),
        cmocka_unit_test(test_layers),   cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_wide),     cmocka_unit_test(test_recomputed),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

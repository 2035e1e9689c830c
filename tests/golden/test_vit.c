/* tests/golden/test_vit.c: the network against another implementation: outputs, gradients with
 * respect to voxels, and six steps of Adam. */
#include "support/npy.h"
#include "vit/adam.h"
#include "support/vit_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define GOLDEN "tests/golden/data/vit/"

enum { N_VOXELS = 2 * 32 * 32 * 32 };

static npy_array load(const char *format, size_t r) {
    char path[200];
    snprintf(path, sizeof path, format, r);
    npy_array a;
    assert_true(npy_load(path, &a));
    return a;
}

/* The golden arrays in float32, whatever the file holds. */
static float *as_floats(const npy_array *a) {
    float *x = malloc(a->count * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < a->count; i++)
        x[i] = (float)npy_at(a, i);
    return x;
}

static float *load_floats(const char *format, size_t r, size_t count) {
    npy_array a = load(format, r);
    assert_int_equal(a.count, count);
    float *x = as_floats(&a);
    npy_free(&a);
    return x;
}

static void forward_and_gradient(size_t r) {
    vit_case c;
    vit_case_golden(&c, r);
    float *voxels = load_floats(GOLDEN "input_voxels.npy", 0, 4 * N_VOXELS);
    float *y_ref = load_floats(GOLDEN "forward_and_input_gradient/y_r%zu.npy", r, 2);
    float *d_ref = load_floats(GOLDEN "forward_and_input_gradient/dydx_r%zu.npy", r, N_VOXELS);
    float *dx = calloc(2 * N_VOXELS, sizeof *dx);
    assert_non_null(dx);
    vit_work *work = NULL;
    rise_error err = {0};
    assert_int_equal(vit_work_new(&c.net, 2, VIT_KEEP, &work, &err), RISE_OK);
    float y[2];
    assert_int_equal(vit_forward(&c.net, &c.weights, work, voxels, 2, NULL, y, &err), RISE_OK);
    assert_close("outputs", y, y_ref, 2, 1e-5, 0);
    const float dy[2] = {1, 0};
    assert_int_equal(vit_backward(&c.net, &c.weights, work, voxels, 2, NULL, dy, NULL, dx, &err),
                     RISE_OK);
    assert_close("input gradient", dx, d_ref, N_VOXELS, 0, 1e-4);
    for (size_t i = N_VOXELS; i < 2 * N_VOXELS; i++)
        assert_true(dx[i] == 0); /* dy of the second sample is 0 */
    vit_work_free(work);
    free(dx);
    free(d_ref);
    free(y_ref);
    free(voxels);
    vit_case_free(&c);
}

static void test_r1(void **state) {
    (void)state;
    forward_and_gradient(1);
}

static void test_r2(void **state) {
    (void)state;
    forward_and_gradient(2);
}

static void test_r3(void **state) {
    (void)state;
    forward_and_gradient(3);
}

static void test_r4(void **state) {
    (void)state;
    forward_and_gradient(4);
}

static void test_r8(void **state) {
    (void)state;
    forward_and_gradient(8);
}

static void test_r16(void **state) {
    (void)state;
    forward_and_gradient(16);
}

static const vit_tensor *named(const vit_net *net, const char *name, vit_tensor *t) {
    for (size_t i = 0; i < vit_tensor_count(net); i++) {
        vit_tensor_at(net, i, t);
        if (strcmp(t->name, name) == 0)
            return t;
    }
    fail_msg("no tensor %s", name);
    return NULL;
}

static void compare_after(const vit_case *c, const char *tensor, const char *file, size_t r) {
    vit_tensor t;
    named(&c->net, tensor, &t);
    char format[200];
    snprintf(format, sizeof format, GOLDEN "adam_6_steps_no_dropout/%s_after_r%%zu.npy", file);
    float *expected = load_floats(format, r, t.count);
    /* Six steps move a weight by up to 6e-3. Where a gradient is as small as its rounding, Adam
     * takes a step of unknown sign all the same, so single weights may differ by more than the
     * bulk: the root mean square is judged, and the worst by the size of a few steps. */
    double sum = 0, worst = 0;
    for (size_t i = 0; i < t.count; i++) {
        double off = (double)c->params[t.offset + i] - (double)expected[i];
        sum += off * off;
        worst = fabs(off) > worst ? fabs(off) : worst;
    }
    double rms = sqrt(sum / (double)t.count);
    if (!(rms <= 5e-5 && worst <= 2e-3))
        fail_msg("%s after six steps at r = %zu: off by %.3g (rms), %.3g (worst)", tensor, r, rms,
                 worst);
    free(expected);
}

static void adam(size_t r) {
    vit_case c;
    vit_case_golden(&c, r);
    float *voxels = load_floats(GOLDEN "input_voxels.npy", 0, 4 * N_VOXELS);
    float *targets = load_floats(GOLDEN "adam_6_steps_no_dropout/targets.npy", 0, 4);
    float *losses = load_floats(GOLDEN "adam_6_steps_no_dropout/loss_r%zu.npy", r, 6);
    size_t n = c.net.n_params;
    float *grad = calloc(n, sizeof *grad), *m = calloc(n, sizeof *m), *v = calloc(n, sizeof *v);
    assert_true(grad != NULL && m != NULL && v != NULL);
    vit_work *work = NULL;
    rise_error err = {0};
    assert_int_equal(vit_work_new(&c.net, 4, VIT_AGAIN, &work, &err), RISE_OK);
    for (uint64_t step = 1; step <= 6; step++) {
        float y[4], dy[4], loss = 0;
        assert_int_equal(vit_forward(&c.net, &c.weights, work, voxels, 4, NULL, y, &err), RISE_OK);
        for (size_t s = 0; s < 4; s++) {
            loss += (y[s] - targets[s]) * (y[s] - targets[s]) / 4;
            dy[s] = 2 * (y[s] - targets[s]) / 4;
        }
        assert_close("loss", &loss, &losses[step - 1], 1, 0, 1e-4);
        memset(grad, 0, n * sizeof *grad);
        assert_int_equal(
            vit_backward(&c.net, &c.weights, work, voxels, 4, NULL, dy, grad, NULL, &err), RISE_OK);
        adam_step(0, n, step, 1e-3, grad, c.params, m, v);
        vit_case_update(&c);
    }
    compare_after(&c, "head.weight", "head_weight", r);
    compare_after(&c, "cls_token", "cls", r);
    compare_after(&c, "encoder_layers.0.mha.in_proj_weight", "inproj0", r);
    vit_work_free(work);
    free(v);
    free(m);
    free(grad);
    free(losses);
    free(targets);
    free(voxels);
    vit_case_free(&c);
}

static void test_adam_r4(void **state) {
    (void)state;
    adam(4);
}

static void test_adam_r8(void **state) {
    (void)state;
    adam(8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_r1),      cmocka_unit_test(test_r2),      cmocka_unit_test(test_r3),
        cmocka_unit_test(test_r4),      cmocka_unit_test(test_r8),      cmocka_unit_test(test_r16),
        cmocka_unit_test(test_adam_r4), cmocka_unit_test(test_adam_r8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

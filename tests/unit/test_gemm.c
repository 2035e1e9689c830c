/* tests/unit/test_gemm.c: products of all layouts against the sum written out, and refusals. */
#include "kit/gemm.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

enum { MAX = 40 * 90 };

/* Whole numbers, so that every order of summation gives the same. */
static void fill(float *x, size_t n, uint32_t seed) {
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (float)((int)(seed >> 28) - 8);
    }
}

static void one(size_t m, size_t n, size_t k, int layout, float alpha, float beta) {
    static float a[MAX], b[MAX], c[MAX], expected[MAX];
    static double a64[MAX], b64[MAX], c64[MAX];
    size_t pad = 3; /* leading dimensions longer than the rows */
    size_t ra = layout & 1 ? 1 : k + pad, ca = layout & 1 ? m + pad : 1;
    size_t rb = layout & 2 ? 1 : n + pad, cb = layout & 2 ? k + pad : 1;
    size_t rc = layout & 4 ? 1 : n + pad, cc = layout & 4 ? m + pad : 1;
    fill(a, MAX, 1);
    fill(b, MAX, 2);
    fill(c, MAX, 3);
    for (size_t i = 0; i < MAX; i++) {
        expected[i] = c[i];
        a64[i] = (double)a[i];
        b64[i] = (double)b[i];
        c64[i] = (double)c[i];
    }
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            float sum = 0;
            for (size_t p = 0; p < k; p++)
                sum += a[i * ra + p * ca] * b[p * rb + j * cb];
            float *to = &expected[i * rc + j * cc];
            *to = alpha * sum + (beta == 0 ? 0 : beta * *to);
        }
    rise_error err = {0};
    assert_int_equal(gemm_f32(m, n, k, alpha, a, ra, ca, b, rb, cb, beta, c, rc, cc, &err), 0);
    assert_int_equal(
        gemm_f64(m, n, k, (double)alpha, a64, ra, ca, b64, rb, cb, (double)beta, c64, rc, cc, &err),
        0);
    for (size_t i = 0; i < MAX; i++) { /* what lies between the rows stays as it is */
        if (c[i] != expected[i] || c64[i] != (double)expected[i])
            fail_msg("(%zu, %zu, %zu) layout %d: element %zu is %g and %g, expected %g", m, n, k,
                     layout, i, (double)c[i], c64[i], (double)expected[i]);
    }
}

static void test_products(void **state) {
    (void)state;
    static const size_t sizes[][3] = {{1, 1, 1},    {1, 30, 7}, {30, 1, 9},  {2, 3, 50},
                                      {33, 34, 35}, {5, 50, 0}, {17, 8, 33}, {33, 65, 40}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int layout = 0; layout < 8; layout++) {
            one(sizes[s][0], sizes[s][1], sizes[s][2], layout, 1, 0);
            one(sizes[s][0], sizes[s][1], sizes[s][2], layout, 2, 1);
            one(sizes[s][0], sizes[s][1], sizes[s][2], layout, 1, -3);
        }
}

static void test_overwrites_nan(void **state) {
    (void)state;
    const float a[4] = {1, 2, 3, 4};
    float c[4] = {NAN, NAN, NAN, NAN};
    assert_int_equal(gemm_f32(2, 2, 2, 1, a, 2, 1, a, 2, 1, 0, c, 2, 1, NULL), RISE_OK);
    assert_true(c[0] == 7 && c[1] == 10 && c[2] == 15 && c[3] == 22);
}

static void test_refusals(void **state) {
    (void)state;
    float x[64] = {0};
    const float *a = x;
    rise_error err = {0};
    /* rows of B overlap; no unit stride; zero stride; no matrix; absurd size */
    assert_int_equal(gemm_f32(2, 4, 3, 1, a, 3, 1, a, 2, 1, 0, x, 4, 1, &err), RISE_E_BUG);
    assert_non_null(err.message);
    assert_int_equal(gemm_f32(2, 4, 3, 1, a, 6, 2, a, 4, 1, 0, x, 4, 1, &err), RISE_E_BUG);
    assert_int_equal(gemm_f32(2, 4, 3, 1, a, 0, 1, a, 4, 1, 0, x, 4, 1, &err), RISE_E_BUG);
    assert_int_equal(gemm_f32(2, 4, 3, 1, NULL, 3, 1, a, 4, 1, 0, x, 4, 1, &err), RISE_E_BUG);
    assert_int_equal(gemm_f32(SIZE_MAX, 1, 1, 1, a, 1, 1, a, 1, 1, 0, x, 1, 1, &err), RISE_E_BUG);
    /* nothing to do is fine */
    assert_int_equal(gemm_f32(0, 4, 3, 1, NULL, 3, 1, NULL, 4, 1, 0, NULL, 4, 1, &err), RISE_OK);
    assert_true(gemm_architecture()[0] != 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_products),
                                       cmocka_unit_test(test_overwrites_nan),
                                       cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

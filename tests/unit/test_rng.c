/* tests/unit/test_rng.c: Philox4x32-10 against the known answers of its authors (Random123,
 * kat_vectors), and the moments of what is drawn from it. */
#include "kit/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdlib.h>
#include <cmocka.h>

static void test_known_answers(void **state) {
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t out[4];
        rng_philox(known[i].counter, known[i].key, out);
        for (int w = 0; w < 4; w++)
            assert_int_equal(out[w], known[i].out[w]);
    }
}

static void test_words_are_the_blocks(void **state) {
    (void)state;
    const rng_stream s = {0x299f31d0a4093822u, {0x85a308d3, 0x13198a2e, 0x03707344}};
    const uint64_t first = 4 * (uint64_t)0x243f6a88;
    assert_int_equal(rng_word(&s, first), 0xd16cfe09);
    assert_int_equal(rng_word(&s, first + 3), 0x24126ea1);
}

static void moments(double (*draw)(const rng_stream *, uint64_t), double mean, double deviation) {
    const double N = 100000;
    const rng_stream s = {42, {1, 2, 3}};
    double sum = 0, squares = 0;
    for (uint64_t i = 0; i < 100000; i++) {
        double x = draw(&s, i);
        sum += x;
        squares += x * x;
    }
    double found = sum / N;
    /* five standard errors */
    assert_true(fabs(found - mean) < 5 * deviation / sqrt(N));
    assert_true(fabs(sqrt(squares / N - found * found) / deviation - 1) < 5 / sqrt(N));
}

static void test_uniform(void **state) {
    (void)state;
    moments(rng_uniform, 0.5, sqrt(1.0 / 12));
    const rng_stream s = {7, {0, 0, 0}};
    for (uint64_t i = 0; i < 10000; i++) {
        double x = rng_uniform(&s, i);
        assert_true(x >= 0 && x < 1);
    }
}

static void test_normal(void **state) {
    (void)state;
    moments(rng_normal, 0, 1);
}

static void test_streams_differ(void **state) {
    (void)state;
    const rng_stream base = {1, {0, 0, 0}};
    const rng_stream other[] = {{2, {0, 0, 0}},
                                {1ull << 32 | 1, {0, 0, 0}},
                                {1, {1, 0, 0}},
                                {1, {0, 1, 0}},
                                {1, {0, 0, 1}}};
    for (size_t k = 0; k < sizeof other / sizeof *other; k++) {
        size_t same = 0;
        for (uint64_t i = 0; i < 64; i++)
            same += rng_word(&base, i) == rng_word(&other[k], i);
        assert_int_equal(same, 0);
    }
}

static void test_permutation(void **state) {
    (void)state;
    enum { N = 1000 };
    const rng_stream a = {5, {1, 0, 0}}, b = {5, {2, 0, 0}};
    size_t p[N], q[N], again[N];
    bool seen[N] = {false};
    rng_permutation(&a, N, p);
    rng_permutation(&a, N, again);
    rng_permutation(&b, N, q);
    size_t same = 0;
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(p[i], again[i]);
        assert_false(seen[p[i]]);
        seen[p[i]] = true;
        same += p[i] == q[i];
    }
    assert_true(same < 20); /* one in the mean */
    rng_permutation(&a, 1, p);
    assert_int_equal(p[0], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),  cmocka_unit_test(test_words_are_the_blocks),
        cmocka_unit_test(test_uniform),        cmocka_unit_test(test_normal),
        cmocka_unit_test(test_streams_differ), cmocka_unit_test(test_permutation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/prop/test_vit_kernels.c: both builds of the kernels against the plain formulas: random
 * multipliers number by number, and a softmax in tiles, forward and backward, against one in
 * float64. */
#include "vit/kernels.h"

#include "kit/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { ROWS = 3, KEYS = 150, TILE = 64, LD = 64, PADDED = 192 };
#define SCALE 0.37f

static const vit_mask rule = {
    .key = {0x89abcdefu, 7}, .id = {3, 1000003, 5u << 14 | 2}, .threshold = 6554, .scale = 1.25f};

/* Both builds, or the plain one alone where the other cannot run. */
static size_t builds(const vit_kernels *list[2]) {
    list[0] = &vit_kernels_reference;
    list[1] = vit_kernels_best();
    return list[1] == list[0] ? 1 : 2;
}

static float multiplier(uint64_t element) {
    const uint32_t counter[4] = {(uint32_t)(element / 64 * 8 + element % 8), rule.id[0], rule.id[1],
                                 rule.id[2]};
    uint32_t word[4];
    rng_philox(counter, rule.key, word);
    size_t half = element % 64 / 8;
    return (word[half / 2] >> (half % 2 ? 16 : 0) & 0xFFFFu) < rule.threshold ? 0 : rule.scale;
}

static void test_mask(void **state) {
    (void)state;
    const vit_kernels *k[2];
    for (size_t b = builds(k); b-- > 0;)
        for (size_t n = 64; n <= 320; n += 64) {
            float m[321];
            m[n] = -7;
            const uint64_t first = 64 * 12345;
            k[b]->mask(n, first, &rule, m);
            for (size_t i = 0; i < n; i++)
                assert_true(m[i] == multiplier(first + i));
            assert_true(m[n] == -7); /* nothing is written beyond */
        }
}

/* ---- softmax in tiles ------------------------------------------------------------------------ */

typedef struct attention {
    float score[ROWS][KEYS], d_weight[ROWS][KEYS], keep[ROWS][PADDED];
    double weight[ROWS][KEYS], d_score[ROWS][KEYS], dot[ROWS]; /* of masked weights; the truth */
} attention;

/* Scores far from each other, so that later tiles bring new maxima. */
static attention *begin(bool masked) {
    attention *a = calloc(1, sizeof *a);
    assert_non_null(a);
    const rng_stream s = {4, {0, 0, 0}};
    for (size_t i = 0; i < ROWS; i++) {
        double top = -INFINITY, sum = 0;
        for (size_t j = 0; j < KEYS; j++) {
            a->score[i][j] = (float)(8 * rng_normal(&s, i * KEYS + j) + 0.1 * (double)(i * j));
            a->d_weight[i][j] = (float)rng_normal(&s, (1u << 20) + i * KEYS + j);
            a->keep[i][j] = masked && (i + j) % 10 == 0 ? 0 : masked ? 1.25f : 1;
            top = fmax(top, (double)(SCALE * a->score[i][j]));
        }
        for (size_t j = 0; j < KEYS; j++)
            sum += exp((double)SCALE * (double)a->score[i][j] - top);
        for (size_t j = 0; j < KEYS; j++) {
            double p = exp((double)SCALE * (double)a->score[i][j] - top) / sum;
            a->weight[i][j] = p * (double)a->keep[i][j];
            a->dot[i] += a->weight[i][j] * (double)a->d_weight[i][j];
        }
        for (size_t j = 0; j < KEYS; j++) {
            double p = exp((double)SCALE * (double)a->score[i][j] - top) / sum;
            a->d_score[i][j] =
                (double)SCALE * p * ((double)a->keep[i][j] * (double)a->d_weight[i][j] - a->dot[i]);
        }
    }
    return a;
}

/* Columns first .. of a matrix into a tile; what is beyond n must not matter. */
static void cut(const float from[ROWS][KEYS], size_t first, size_t n, float tile[ROWS][LD]) {
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < LD; j++)
            tile[i][j] = j < n ? from[i][first + j] : NAN;
}

static void check_tiles(const vit_kernels *k, bool masked) {
    attention *a = begin(masked);
    float top[ROWS], sum[ROWS], factor[ROWS], inverse[ROWS], dot[ROWS];
    float tile[ROWS][LD], d_tile[ROWS][LD], weight[ROWS][PADDED] = {{0}};
    for (size_t first = 0; first < KEYS; first += TILE) {
        size_t n = KEYS - first < TILE ? KEYS - first : TILE;
        cut(a->score, first, n, tile);
        k->soften(ROWS, n, LD, SCALE, first == 0, masked ? &a->keep[0][first] : NULL, PADDED,
                  &tile[0][0], top, sum, factor);
        if (first > 0)
            k->scale_rows(ROWS, first, PADDED, factor, &weight[0][0]);
        for (size_t i = 0; i < ROWS; i++)
            for (size_t j = 0; j < (n + 7) / 8 * 8; j++) {
                weight[i][first + j] = tile[i][j];
                assert_true(j < n || tile[i][j] == 0);
            }
    }
    for (size_t i = 0; i < ROWS; i++) {
        inverse[i] = 1 / sum[i];
        dot[i] = (float)a->dot[i];
    }
    k->scale_rows(ROWS, KEYS, PADDED, inverse, &weight[0][0]);
    for (size_t first = 0; first < KEYS; first += TILE) {
        size_t n = KEYS - first < TILE ? KEYS - first : TILE;
        cut(a->score, first, n, tile);
        cut(a->d_weight, first, n, d_tile);
        k->soften_back(ROWS, n, LD, SCALE, masked ? &a->keep[0][first] : NULL, PADDED, top, inverse,
                       dot, &tile[0][0], &d_tile[0][0]);
        for (size_t i = 0; i < ROWS; i++)
            for (size_t j = 0; j < n; j++) {
                assert_true(fabs((double)tile[i][j] - a->weight[i][first + j]) < 2e-6);
                assert_true(fabs((double)weight[i][first + j] - a->weight[i][first + j]) < 2e-6);
                assert_true(fabs((double)d_tile[i][j] - a->d_score[i][first + j]) < 2e-6);
            }
    }
    free(a);
}

static void test_tiles(void **state) {
    (void)state;
    const vit_kernels *k[2];
    for (size_t b = builds(k); b-- > 0;) {
        check_tiles(k[b], false);
        check_tiles(k[b], true);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mask), cmocka_unit_test(test_tiles)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

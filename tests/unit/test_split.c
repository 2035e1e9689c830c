/* The split: exact shares, one hash per frame, few frames moved when others are added. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/sha.h>
#include <string.h>

#include "split/split.h"

enum { N = 500, PARTS = 3 };
static const double ratio[PARTS] = {3, 1, 1};

/* Ids of the test's own: frame f has the hash of its number. */
static void name_frames(rise_id *id, size_t n) {
    for (size_t f = 0; f < n; f++) {
        uint64_t number = f;
        SHA256((const unsigned char *)&number, sizeof number, id[f].byte);
    }
}

static void assign_by(const rise_id *id, const int64_t *group, size_t n, int64_t seed,
                      const double *weight, size_t n_parts, bool folds, int32_t *part) {
    rise_error err = {0};
    const split_rule rule = {seed, weight, n_parts, folds};
    if (split_assign(id, group, n, &rule, part, &err) != RISE_OK) {
        fail_msg("%s", err.message);
    }
}

static void assign(const rise_id *id, const int64_t *group, size_t n, int64_t seed,
                   const double *weight, size_t n_parts, int32_t *part) {
    assign_by(id, group, n, seed, weight, n_parts, false, part);
}

static size_t count(const int32_t *part, size_t n, int32_t wanted) {
    size_t found = 0;
    for (size_t f = 0; f < n; f++) {
        found += part[f] == wanted;
    }
    return found;
}

static void shares_are_exact(void **unused) {
    (void)unused;
    const struct {
        size_t n;
        double weight[PARTS];
        size_t share[PARTS];
    } cases[] = {
        {10, {3, 1, 1}, {6, 2, 2}},      {1000, {3, 1, 1}, {600, 200, 200}},
        {11, {3, 1, 1}, {7, 2, 2}},      {12, {3, 1, 1}, {7, 3, 2}}, /* 7.2, 2.4, 2.4 */
        {7, {0.6, 0.2, 0.2}, {4, 2, 1}}, /* 4.2, 1.4, 1.4: the tie goes to the lower part */
        {4, {1, 1, 1}, {2, 1, 1}},       {5, {0, 1, 0}, {0, 5, 0}},
        {0, {3, 1, 1}, {0, 0, 0}},       {1, {1, 1, 1}, {1, 0, 0}},
        {3, {0.1, 0.2, 0.7}, {0, 1, 2}},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        size_t share[PARTS];
        split_shares(cases[c].n, cases[c].weight, PARTS, share);
        for (size_t p = 0; p < PARTS; p++) {
            if (share[p] != cases[c].share[p]) {
                fail_msg("case %zu (n = %zu), part %zu: %zu, expected %zu", c, cases[c].n, p,
                         share[p], cases[c].share[p]);
            }
        }
    }
}

/* The documented bytes: seed as 8 bytes little-endian, then the id; lowest hashes train. */
static void ranking_follows_the_documented_hash(void **unused) {
    (void)unused;
    const int64_t seeds[] = {0, 1, -2, 0x0102030405060708};
    rise_id id[N];
    int32_t part[N];
    static uint8_t hash[N][32];
    name_frames(id, N);
    for (size_t s = 0; s < 4; s++) {
        assign(id, NULL, N, seeds[s], ratio, PARTS, part);
        for (size_t f = 0; f < N; f++) {
            uint8_t text[40];
            for (int b = 0; b < 8; b++) {
                text[b] = (uint8_t)((uint64_t)seeds[s] >> (8 * b));
            }
            memcpy(text + 8, id[f].byte, 32);
            SHA256(text, sizeof text, hash[f]);
        }
        for (size_t f = 0; f < N; f++) {
            size_t rank = 0;
            for (size_t g = 0; g < N; g++) {
                rank += memcmp(hash[g], hash[f], 32) < 0;
            }
            int32_t expected = rank < 300 ? 0 : rank < 400 ? 1 : 2;
            if (part[f] != expected) {
                fail_msg("seed %lld, frame %zu of rank %zu: part %d, expected %d",
                         (long long)seeds[s], f, rank, part[f], expected);
            }
        }
    }
}

static void order_does_not_matter_and_seeds_do(void **unused) {
    (void)unused;
    rise_id id[N], back[N];
    int32_t part[N], part_back[N], other[N];
    name_frames(id, N);
    for (size_t f = 0; f < N; f++) {
        back[f] = id[N - 1 - f];
    }
    assign(id, NULL, N, 1, ratio, PARTS, part);
    assign(back, NULL, N, 1, ratio, PARTS, part_back);
    assign(id, NULL, N, 2, ratio, PARTS, other);
    size_t moved = 0;
    for (size_t f = 0; f < N; f++) {
        assert_int_equal(part[f], part_back[N - 1 - f]);
        moved += part[f] != other[f];
    }
    assert_true(moved > N / 4); /* 1 - (0.36 + 0.04 + 0.04) = 56 % by chance */
}

static void adding_frames_moves_few_others(void **unused) {
    (void)unused;
    rise_id id[N];
    int32_t before[N], after[N];
    const double folds[5] = {1, 1, 1, 1, 1};
    name_frames(id, N);
    assign(id, NULL, N - 10, 1, ratio, PARTS, before);
    assign(id, NULL, N, 1, ratio, PARTS, after);
    size_t moved = 0;
    for (size_t f = 0; f < N - 10; f++) {
        moved += before[f] != after[f];
    }
    assert_true(moved <= 20); /* at most ten at each of the two cuts */
    assign(id, NULL, N - 10, 1, folds, 5, before);
    assign(id, NULL, N, 1, folds, 5, after);
    moved = 0;
    for (size_t f = 0; f < N - 10; f++) {
        moved += before[f] != after[f];
    }
    assert_true(moved <= 40);
}

static void ratios_hold_in_every_group(void **unused) {
    (void)unused;
    rise_id id[N];
    int32_t part[N];
    int64_t group[N];
    name_frames(id, N);
    const int64_t label[3] = {-7, 1000000007, 3};
    size_t members[3] = {0};
    for (size_t f = 0; f < N; f++) {
        size_t g = f % 10 < 2 ? 0 : f % 10 < 5 ? 1 : 2; /* 100, 150, 250 frames, interleaved */
        group[f] = label[g];
        members[g]++;
    }
    assign(id, group, N, 1, ratio, PARTS, part);
    for (size_t g = 0; g < 3; g++) {
        size_t found[PARTS] = {0};
        for (size_t f = 0; f < N; f++) {
            found[part[f]] += group[f] == label[g];
        }
        assert_int_equal(found[0], members[g] * 3 / 5);
        assert_int_equal(found[1], members[g] / 5);
        assert_int_equal(found[2], members[g] / 5);
    }
}

static void folds_are_even_and_cover_all(void **unused) {
    (void)unused;
    rise_id id[N];
    int32_t part[N];
    const double folds[7] = {1, 1, 1, 1, 1, 1, 1};
    name_frames(id, N);
    assign(id, NULL, N, 3, folds, 7, part);
    size_t total = 0;
    for (int32_t k = 0; k < 7; k++) {
        size_t n = count(part, N, k);
        assert_true(n == N / 7 || n == N / 7 + 1);
        total += n;
    }
    assert_int_equal(total, N);
}

/* Eight groups of three over five folds: what each leaves over does not pile up in the first ones.
 * Ratios hold within every group, equal ones too. */
static void folds_are_even_with_groups(void **unused) {
    (void)unused;
    rise_id id[N];
    int32_t part[N], alone[N];
    int64_t group[N];
    const double equal[5] = {1, 1, 1, 1, 1};
    const size_t sizes[] = {3, 7, 1, 12, 5};
    name_frames(id, N);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t n = 8 * sizes[s];
        for (size_t f = 0; f < n; f++) {
            group[f] = (int64_t)(f % 8) - 3;
        }
        assign_by(id, group, n, 1, equal, 5, true, part);
        for (int32_t k = 0; k < 5; k++) {
            size_t all = count(part, n, k);
            assert_true(all == n / 5 || all == n / 5 + 1);
            for (int64_t g = -3; g < 5; g++) {
                size_t own = 0;
                for (size_t f = 0; f < n; f++) {
                    own += group[f] == g && part[f] == k;
                }
                assert_true(own == sizes[s] / 5 || own == sizes[s] / 5 + 1);
            }
        }
    }
    assign_by(id, NULL, N, 1, equal, 5, true, part); /* one group begins at the first fold */
    assign_by(id, NULL, N, 1, equal, 5, false, alone);
    assert_memory_equal(part, alone, sizeof part);
    assign(id, group, 24, 1, equal, 3, part);
    assert_int_equal(count(part, 24, 0), 8);
    for (size_t f = 0; f < 24; f++) {
        group[f] = (int64_t)(f / 4);
    }
    assign(id, group, 24, 1, equal, 3, part); /* six groups of four: 2, 1, 1 in each */
    assert_int_equal(count(part, 24, 0), 12);
    assert_int_equal(count(part, 24, 2), 6);
}

static void exact_duplicates_keep_their_order(void **unused) {
    (void)unused;
    rise_id id[10];
    int32_t part[10];
    memset(id, 7, sizeof id);
    assign(id, NULL, 10, 1, ratio, PARTS, part);
    const int32_t expected[10] = {0, 0, 0, 0, 0, 0, 1, 1, 2, 2};
    assert_memory_equal(part, expected, sizeof expected);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_exact),
        cmocka_unit_test(ranking_follows_the_documented_hash),
        cmocka_unit_test(order_does_not_matter_and_seeds_do),
        cmocka_unit_test(adding_frames_moves_few_others),
        cmocka_unit_test(ratios_hold_in_every_group),
        cmocka_unit_test(folds_are_even_and_cover_all),
        cmocka_unit_test(folds_are_even_with_groups),
        cmocka_unit_test(exact_duplicates_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

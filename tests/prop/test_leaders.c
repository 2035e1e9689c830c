/* Properties of the leader rule (kit/leaders, ule-cluster): whatever the tiles, batches and scales,
 * the answer is that of the plain float64 rule, written down once more in support/cloud.c. */
#include "support/cloud.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- clustering ------------------------------------------------------------------------------ */
static void rule_is_exact(void **state) {
    (void)state;
    static const size_t columns[] = {1, 2, 3, 7, 16, 33, 65, 300};
    static const size_t tiles[] = {16, 23, 32, 64};
    for (size_t i = 0; i < 8; i++) {
        for (int type = RISE_F32; type <= RISE_F64; type++) {
            cloud c;
            cloud_make(&c, 10 * i + (size_t)type, 9, 40, columns[i], (rise_dtype)type, tiles[i % 4],
                       0);
            for (size_t t = 0; t < 4; t++) {
                c.tile = tiles[t];
                c.backwards = t % 2;
                cloud_compare_rule(&c, 0, leaders_limit(cloud_threshold));
            }
            cloud_free(&c);
        }
    }
}

/* Rows that do not fit are drawn again: same leaders. */
static void memory_changes_nothing(void **state) {
    (void)state;
    cloud c;
    cloud_make(&c, 5, 20, 60, 24, RISE_F32, 16, 0);
    static const size_t bytes[] = {1, 32 * 24 * 4 * 3, 32 * 24 * 4 * 20};
    for (size_t i = 0; i < 3; i++) {
        cloud_compare_rule(&c, bytes[i], leaders_limit(cloud_threshold));
        cloud_compare_rule(&c, bytes[i], leaders_limit(0.99));
    }
    cloud_free(&c);
}

/* Lengths over many decades, beyond what sums of float32 can hold. */
static void scale_changes_nothing(void **state) {
    (void)state;
    for (int type = RISE_F32; type <= RISE_F64; type++) {
        cloud c;
        cloud_make(&c, 77, 6, 50, 40, (rise_dtype)type, 32, type == RISE_F32 ? 25 : 120);
        cloud_compare_rule(&c, 0, leaders_limit(cloud_threshold));
        cloud_free(&c);
    }
}

static void leaders_are_apart_and_cover(void **state) {
    (void)state;
    cloud c;
    cloud_make(&c, 3, 8, 80, 20, RISE_F64, 48, 0);
    leaders *set = cloud_leaders(&c, leaders_kernels_pick());
    size_t n = leaders_count(set);
    assert_true(n > 2 * LEADERS_DIRECTIONS); /* screening was refined more than once */
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_true(cloud_dot(leaders_vector(set, i), leaders_vector(set, j), c.n_columns) <=
                        set->limit);
        }
    }
    void *work = aligned_alloc(64, leaders_work_bytes(set));
    for (size_t f = 0; f < c.n_frames; f++) {
        for (size_t at = 0; at < c.first[f + 1] - c.first[f]; at += c.tile) {
            const rise_tile tile = cloud_tile(&c, f, at);
            bool matched[LEADERS_TILE_ROWS];
            assert_int_equal(leaders_test(set, 0, &tile, work, matched), tile.n_rows);
            for (size_t r = 0; r < tile.n_rows; r++) {
                assert_true(matched[r]);
            }
        }
    }
    free(work);
    leaders_free(set);
    cloud_free(&c);
}

/* ---- assignment ------------------------------------------------------------------------------ */
/* ---- assignment ------------------------------------------------------------------------------ */
/* Leaders from half of the frames, each twice (exact ties), all frames assigned. */
static void assignment_is_exact(void **state) {
    (void)state;
    static const size_t columns[] = {2, 5, 40, 130};
    for (size_t i = 0; i < 4; i++) {
        cloud c;
        cloud_make(&c, 40 + i, 8, 30, columns[i], i % 2 ? RISE_F32 : RISE_F64, 24, 0);
        size_t n_frames = c.n_frames, bad;
        c.n_frames = 4;
        leaders *found = cloud_leaders(&c, leaders_kernels_pick()), *set;
        c.n_frames = n_frames;
        rise_error err;
        assert_int_equal(leaders_new(c.n_columns, found->limit, &set, &err), RISE_OK);
        const rise_tile all = {.n_rows = leaders_count(found),
                               .n_columns = c.n_columns,
                               .stride = found->n_padded,
                               .dtype = RISE_F64,
                               .rows = found->vector};
        assert_int_equal(leaders_take(set, &all, &bad, &err), RISE_OK);
        assert_int_equal(leaders_take(set, &all, &bad, &err), RISE_OK);
        assert_int_equal(leaders_refine(set, &err), RISE_OK);
        void *work = aligned_alloc(64, leaders_work_bytes(set));
        for (size_t f = 0; f < n_frames; f++) {
            cloud_compare_labels(&c, set, work, f);
        }
        free(work);
        leaders_free(set);
        leaders_free(found);
        cloud_free(&c);
    }
}

/* Eighty leaders around one axis, all at exactly the same dot from it, though not at the same
 * bound.
 */
static void ties_go_to_the_lowest(void **state) {
    (void)state;
    enum { N = 80, COLUMNS = N + 1 };
    static double leader[N][COLUMNS], axis[COLUMNS];
    rise_tile tile = {
        .n_rows = N, .n_columns = COLUMNS, .stride = COLUMNS, .dtype = RISE_F64, .rows = leader};
    for (size_t i = 0; i < N; i++) {
        leader[i][0] = 0.99;
        leader[i][1 + (i * 17 + 5) % N] = i % 3 ? 0.12 : -0.12;
    }
    axis[0] = 3;
    for (size_t hidden = 0; hidden < N - 1; hidden++) {
        leaders *set;
        rise_error err;
        size_t bad;
        assert_int_equal(leaders_new(COLUMNS, leaders_limit(cloud_threshold), &set, &err), RISE_OK);
        /* The leaders before `hidden` are turned away; it is then the lowest of the tie. */
        for (size_t i = 0; i < hidden; i++) {
            leader[i][0] = -0.99;
        }
        tile.n_rows = N;
        tile.rows = leader;
        assert_int_equal(leaders_take(set, &tile, &bad, &err), RISE_OK);
        assert_int_equal(leaders_refine(set, &err), RISE_OK);
        assert_int_equal(set->all.n, LEADERS_DIRECTIONS);
        void *work = aligned_alloc(64, leaders_work_bytes(set));
        tile.n_rows = 1;
        tile.rows = axis;
        for (int mode = 0; mode < 4; mode++) {
            leaders_choice choice = {.nearest = mode & 1, .dots = mode & 2};
            int32_t label;
            double dot;
            assert_int_equal(leaders_assign(set, &tile, choice, work, &label, &dot), 1);
            assert_int_equal(label, hidden);
        }
        free(work);
        leaders_free(set);
    }
}

/* ---- bad rows, order of frames --------------------------------------------------------------- */
static void rows_without_direction_are_refused(void **state) {
    (void)state;
    static const double bad[] = {0, NAN, INFINITY, 1e300};
    for (size_t i = 0; i < 4; i++) {
        cloud c;
        cloud_make(&c, 8, 4, 50, 9, RISE_F64, 16, 0);
        double *row = (double *)c.rows + (c.first[2] + 21) * 9;
        memset(row, 0, 9 * sizeof *row);
        row[4] = bad[i];
        const cluster_host host = {.user = &c, .draw = cloud_draw, .cancelled = cloud_never};
        const size_t order[] = {0, 1, 2, 3};
        cluster_result found = {0};
        rise_error err = {0};
        assert_int_equal(cluster_run(&host, 0.9711, order, 4, &found, &err), RISE_E_DATA);
        assert_non_null(strstr(err.message, "atom 21"));
        cluster_free(&found);
        cloud_free(&c);
    }
}

static void order_is_stable_under_growth(void **state) {
    (void)state;
    enum { N = 30 };
    rise_id id[N] = {{{0}}};
    int32_t part[N];
    size_t few[N], many[N], n_few, n_many;
    rise_error err;
    for (size_t f = 0; f < N; f++) {
        id[f].byte[0] = (uint8_t)(f + 1);
        part[f] = f % 3 == 1;
    }
    assert_int_equal(cluster_order(id, NULL, N, 0.1, true, 1, many, &n_many, &err), RISE_OK);
    assert_int_equal(n_many, 3); /* ceil(0.1 * 30), though that product is above 3 */
    assert_int_equal(cluster_order(id, NULL, N, 0.101, false, 1, many, &n_many, &err), RISE_OK);
    assert_int_equal(n_many, 4);
    assert_int_equal(many[3], 3);
    assert_int_equal(cluster_order(id, NULL, 20, 1, true, 1, few, &n_few, &err), RISE_OK);
    assert_int_equal(cluster_order(id, NULL, N, 1, true, 1, many, &n_many, &err), RISE_OK);
    assert_int_equal(n_many, N);
    size_t at = 0, in_place = 0;
    for (size_t i = 0; i < N; i++) {
        in_place += many[i] == i;
        if (many[i] < 20) {
            assert_int_equal(many[i], few[at++]); /* the old ones keep their order */
        }
    }
    assert_in_range(in_place, 0, N / 3);
    assert_int_equal(cluster_order(id, NULL, N, 1, true, 2, few, &n_few, &err), RISE_OK);
    assert_memory_not_equal(few, many, sizeof few);
    assert_int_equal(cluster_order(id, part, N, 0.5, true, 1, few, &n_few, &err), RISE_OK);
    assert_int_equal(n_few, 10);
    for (size_t i = 0; i < n_few; i++) {
        assert_int_equal(part[few[i]], 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(rule_is_exact),
                                       cmocka_unit_test(memory_changes_nothing),
                                       cmocka_unit_test(scale_changes_nothing),
                                       cmocka_unit_test(leaders_are_apart_and_cover),
                                       cmocka_unit_test(assignment_is_exact),
                                       cmocka_unit_test(ties_go_to_the_lowest),
                                       cmocka_unit_test(rows_without_direction_are_refused),
                                       cmocka_unit_test(order_is_stable_under_growth)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

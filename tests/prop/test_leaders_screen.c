/* Properties of kit/leaders' screening and kernels: bounds hold for every number of rows and every
 * scale, what is left out changes no answer, and all kernels say the same. */
#include "support/cloud.h"

#include "kit/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Every dot of the rows just screened lies within its bounds. Returns the widest interval. */
static double check_bounds(const cloud *c, const leaders *set, const leaders_level *level,
                           const rise_tile *tile, const size_t *row, size_t n, leaders_work *w) {
    double widest = 0;
    leaders_project(set, level, tile, row, n, w);
    leaders_bound(set, level, 0, n, w);
    for (size_t i = 0; i < n; i++) {
        const double *x = c->wide + (c->first[1] + row[i]) * c->n_columns;
        double e = (double)w->projected[i * (level->n + 1) + level->n];
        for (size_t j = 0; j < set->count; j++) {
            double dot = cloud_dot(x, leaders_vector(set, j), c->n_columns);
            double upper = (double)w->upper[i * leaders_columns(set) + j];
            double width = 2 * e * (double)level->residual[j];
            if (dot > upper + level->margin || dot < upper - width - level->margin) {
                fail_msg("row %zu leader %zu: dot %.9f outside %.9f .. %.9f", row[i], j, dot,
                         upper - width - level->margin, upper + level->margin);
            }
            widest = width > widest ? width : widest;
        }
        for (size_t j = set->count; j < leaders_columns(set); j++) {
            assert_true(isinf(w->upper[i * leaders_columns(set) + j]));
        }
    }
    return widest;
}

static void bounds_hold(void **state) {
    (void)state;
    const leaders_kernels *kernels[] = {leaders_kernels_reference(), leaders_kernels_pick()};
    for (size_t i = 0; i < 8; i++) {
        cloud c;
        cloud_make(&c, 60 + i, 5, 60, i < 4 ? 37 : 700, i % 2 ? RISE_F32 : RISE_F64, 64, 0);
        leaders *set = cloud_leaders(&c, kernels[i / 2 % 2]);
        assert_true(set->all.n > set->few.n);
        void *work = aligned_alloc(64, leaders_work_bytes(set));
        leaders_work w = leaders_work_carve(set, work);
        const rise_tile tile = cloud_tile(&c, 1, 0);
        assert_int_equal(leaders_measure(set, &tile, &w), tile.n_rows);
        double widest = 0, widest_of_few = 0;
        for (size_t at = 0, n = 1; at < tile.n_rows; at += n, n = n % LEADERS_GROUP + 1) {
            size_t row[LEADERS_GROUP], left = tile.n_rows - at;
            n = n < left ? n : left; /* every number of rows that a call may have */
            for (size_t r = 0; r < n; r++) {
                row[r] = tile.n_rows - 1 - at - r;
            }
            double width = check_bounds(&c, set, &set->few, &tile, row, n, &w);
            widest_of_few = width > widest_of_few ? width : widest_of_few;
            width = check_bounds(&c, set, &set->all, &tile, row, n, &w);
            widest = width > widest ? width : widest;
        }
        assert_true(widest <= widest_of_few && widest_of_few < 2.01);
        assert_true(set->all.margin < 1e-3 && set->few.margin < 1e-3);
        free(work);
        leaders_free(set);
        cloud_free(&c);
    }
}

/* Features that hold next to nothing are left out of the directions, and of no answer. */
static void small_features_are_left_out(void **state) {
    (void)state;
    enum { COLUMNS = 300, LARGE = 60 };
    for (int type = RISE_F32; type <= RISE_F64; type++) {
        cloud c;
        cloud_make(&c, 41, 8, 60, LARGE, (rise_dtype)type, 40, 0);
        cloud wide = c;
        size_t n = c.first[c.n_frames], element = rise_dtype_size(c.dtype);
        const rng_stream stream = {17, {1, 0, 0}};
        wide.n_columns = COLUMNS;
        wide.rows = aligned_alloc(64, (n * COLUMNS * element + 63) / 64 * 64);
        wide.wide = calloc(n * COLUMNS, sizeof(double));
        wide.unit = calloc(n * COLUMNS, sizeof(double));
        assert_true(wide.rows && wide.wide && wide.unit);
        for (size_t i = 0; i < n; i++) {
            double *x = wide.wide + i * COLUMNS;
            for (size_t k = 0; k < COLUMNS; k++) {
                /* every fifth column is of the cloud, the others hold some 1e-5 of the square */
                double noise = 2e-4 * rng_normal(&stream, i * COLUMNS + k);
                x[k] = k % 5 ? noise : c.wide[i * LARGE + k / 5];
                if (c.dtype == RISE_F32) {
                    x[k] = (double)(((float *)wide.rows)[i * COLUMNS + k] = (float)x[k]);
                } else {
                    ((double *)wide.rows)[i * COLUMNS + k] = x[k];
                }
                wide.unit[i * COLUMNS + k] = x[k];
            }
            cloud_unit(wide.unit + i * COLUMNS, COLUMNS);
        }
        leaders *set = cloud_leaders(&wide, leaders_kernels_pick());
        const leaders_level *level[] = {&set->few, &set->all};
        for (size_t l = 0; l < 2; l++) {
            assert_in_range(level[l]->n_kept, 10, LARGE);
            for (size_t i = 0; i < level[l]->n_kept; i++) {
                assert_int_equal(level[l]->kept[i] % 5, 0);
            }
        }
        void *work = aligned_alloc(64, leaders_work_bytes(set));
        for (size_t f = 0; f < wide.n_frames; f++) {
            cloud_compare_labels(&wide, set, work, f);
        }
        cloud_compare_rule(&wide, 0, leaders_limit(cloud_threshold));
        free(work);
        leaders_free(set);
        cloud_free(&c);
        free(wide.rows);
        free(wide.wide);
        free(wide.unit);
    }
}

/* The two largest of a row, wherever they stand, equal or not, in company of -inf. */
static void largest_are_found(void **state) {
    (void)state;
    const leaders_kernels *kernels[] = {leaders_kernels_reference(), leaders_kernels_pick()};
    for (size_t n = 16; n <= 64; n += 16) {
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < n; j++) {
                _Alignas(64) float x[64];
                for (size_t k = 0; k < n; k++) {
                    x[k] = k % 3 ? -INFINITY : (float)k / 100 - 1;
                }
                x[j] = i < j && (i + j) % 2 ? 2.5f : 2;
                x[i] = 2.5f;
                bool tie = i != j && x[j] > 2.4f;
                for (size_t k = 0; k < 2; k++) {
                    float second;
                    assert_int_equal(kernels[k]->largest(n, x, &second), i);
                    float expected = tie ? 2.5f : i != j ? 2 : -INFINITY;
                    for (size_t l = 0; i == j && l < n; l++) {
                        expected = l != i && x[l] > expected ? x[l] : expected;
                    }
                    assert_true(second >= expected && second <= expected);
                }
            }
        }
    }
}

/* S is the same to the last bit for every kernel; so are leaders found with either. */
static void kernels_agree(void **state) {
    (void)state;
    const leaders_kernels *a = leaders_kernels_reference(), *b = leaders_kernels_pick();
    cloud c;
    cloud_make(&c, 91, 6, 60, 208, RISE_F64, 32, 3);
    for (size_t i = 0; i + 1 < c.first[c.n_frames]; i++) {
        _Alignas(64) double x[208], y[208];
        memcpy(x, c.wide + i * 208, sizeof x);
        memcpy(y, c.wide + (i + 1) * 208, sizeof y);
        double one = a->dot(208, x, y), two = b->dot(208, x, y);
        assert_memory_equal(&one, &two, sizeof one);
    }
    leaders *first = cloud_leaders(&c, a), *second = cloud_leaders(&c, b);
    assert_int_equal(first->count, second->count);
    assert_memory_equal(first->vector, second->vector,
                        first->count * first->n_padded * sizeof(double));
    leaders_free(first);
    leaders_free(second);
    cloud_free(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_hold), cmocka_unit_test(small_features_are_left_out),
        cmocka_unit_test(largest_are_found), cmocka_unit_test(kernels_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

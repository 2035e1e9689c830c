/* Properties of the leader rule (kit/leaders, ule-cluster): whatever the tiles, batches, kernels
 * and scales, the answer is that of the plain float64 rule, written down once more here. Data are
 * clustered directions with near ties: duplicates, and vectors whose dot lies within 1e-7 .. 1e-12
 * of the limit. */
#include "kit/leaders.h"
#include "kit/leaders_inner.h"
#include "kit/rng.h"
#include "ule-cluster/cluster.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const double threshold = 0.83;

/* ---- data ------------------------------------------------------------------------------------ */
typedef struct cloud {
    size_t n_frames, n_columns, tile;
    size_t *first; /* [n_frames + 1] rows of the frames */
    rise_dtype dtype;
    void *rows;     /* [first[n_frames]][n_columns] */
    double *wide;   /* the same in float64 */
    double *unit;   /* the same as unit vectors */
    bool backwards; /* hand out the frames of a batch last one first */
} cloud;

static double *unit(double *x, size_t n) {
    double s = 0;
    for (size_t k = 0; k < n; k++) {
        s += x[k] * x[k];
    }
    for (size_t k = 0; k < n; k++) {
        x[k] /= sqrt(s);
    }
    return x;
}

/* A unit vector whose dot with the unit vector y is `dot`. */
static void at_dot(double *x, const double *y, double dot, size_t n, const rng_stream *stream,
                   uint64_t *at) {
    double s = 0;
    for (size_t k = 0; k < n; k++) {
        x[k] = rng_normal(stream, (*at)++);
    }
    for (size_t k = 0; k < n; k++) {
        s += x[k] * y[k];
    }
    for (size_t k = 0; k < n; k++) {
        x[k] -= s * y[k];
    }
    unit(x, n);
    for (size_t k = 0; k < n; k++) {
        x[k] = dot * y[k] + sqrt(1 - dot * dot) * x[k];
    }
}

/* Row i: a centre, a neighbour of an earlier row at a random or a critical dot, or a duplicate. */
static void fill_row(double *rows, size_t i, size_t n, const rng_stream *stream, uint64_t *at) {
    static const double off[] = {1e-7, -1e-7, 1e-9, -1e-9, 1e-12, -1e-12, 3e-6, -3e-6};
    double *x = rows + i * n, draw = rng_uniform(stream, (*at)++);
    double limit = leaders_limit(threshold);
    const double *earlier = i > 0 ? rows + rng_below(stream, (*at)++, i < 40 ? i : 40) * n : NULL;
    if (i == 0 || draw < 0.05 || n == 1) {
        for (size_t k = 0; k < n; k++) {
            x[k] = rng_normal(stream, (*at)++);
        }
        unit(x, n);
    } else if (draw < 0.1) {
        memcpy(x, earlier, n * sizeof *x);
    } else if (draw < 0.3) {
        at_dot(x, earlier, limit + off[rng_below(stream, (*at)++, 8)], n, stream, at);
    } else {
        at_dot(x, earlier, 1 - 0.06 * rng_uniform(stream, (*at)++), n, stream, at);
    }
}

/* Frames of unequal size, one of them empty. `spread`: rows have lengths 10^-spread..10^spread. */
static void make_cloud(cloud *c, uint64_t seed, size_t n_frames, size_t n_atoms, size_t n_columns,
                       rise_dtype dtype, size_t tile, double spread) {
    const rng_stream stream = {seed, {1, 0, 0}}, sizes = {seed, {2, 0, 0}};
    *c = (cloud){.n_frames = n_frames, .n_columns = n_columns, .tile = tile, .dtype = dtype};
    c->first = calloc(n_frames + 1, sizeof *c->first);
    assert_non_null(c->first);
    for (size_t f = 0; f < n_frames; f++) {
        size_t n = f == 3 ? 0 : n_atoms + rng_below(&sizes, f, n_atoms);
        c->first[f + 1] = c->first[f] + n;
    }
    size_t n = c->first[n_frames], element = rise_dtype_size(dtype);
    c->wide = calloc(n * n_columns, sizeof *c->wide);
    c->rows = aligned_alloc(64, (n * n_columns * element + 63) / 64 * 64);
    c->unit = calloc(n * n_columns, sizeof *c->unit);
    assert_true(c->wide && c->unit && c->rows);
    uint64_t at = 0;
    for (size_t i = 0; i < n; i++) {
        fill_row(c->wide, i, n_columns, &stream, &at);
    }
    for (size_t i = 0; i < n; i++) {
        double length = pow(10, spread * (2 * rng_uniform(&sizes, n_frames + i) - 1));
        for (size_t k = i * n_columns; k < (i + 1) * n_columns; k++) {
            c->wide[k] *= length;
            if (dtype == RISE_F32) {
                c->wide[k] = (double)(((float *)c->rows)[k] = (float)c->wide[k]);
            } else {
                ((double *)c->rows)[k] = c->wide[k];
            }
            c->unit[k] = c->wide[k];
        }
        unit(c->unit + i * n_columns, n_columns);
    }
}

static void free_cloud(cloud *c) {
    free(c->first);
    free(c->rows);
    free(c->wide);
    free(c->unit);
}

static rise_tile tile_of(const cloud *c, size_t frame, size_t first) {
    size_t row = c->first[frame] + first, left = c->first[frame + 1] - row;
    return (rise_tile){.first_row = first,
                       .n_rows = left < c->tile ? left : c->tile,
                       .n_columns = c->n_columns,
                       .stride = c->n_columns,
                       .dtype = c->dtype,
                       .rows =
                           (const char *)c->rows + row * c->n_columns * rise_dtype_size(c->dtype)};
}

/* ---- host ------------------------------------------------------------------------------------ */
static rise_status draw(void *user, const size_t *frame, size_t n, rise_frame_tile_fn fn,
                        void *fn_user, rise_error *err) {
    const cloud *c = user;
    rise_status status = RISE_OK;
    for (size_t i = 0; i < n && status == RISE_OK; i++) {
        size_t slot = c->backwards ? n - 1 - i : i, f = frame[slot];
        for (size_t at = 0; at < c->first[f + 1] - c->first[f] && status == RISE_OK;
             at += c->tile) {
            const rise_tile tile = tile_of(c, f, at);
            status = fn(fn_user, slot, &tile, err);
        }
    }
    return status;
}

static bool never(void *user) {
    (void)user;
    return false;
}

/* ---- the plain rule -------------------------------------------------------------------------- */
static double plain_dot(const double *x, const double *y, size_t n) {
    double xy = 0, xx = 0, yy = 0;
    for (size_t k = 0; k < n; k++) {
        xx += x[k] * x[k];
        yy += y[k] * y[k];
    }
    double one = 1 / sqrt(xx), other = 1 / sqrt(yy);
    for (size_t k = 0; k < n; k++) {
        xy += (x[k] * one) * (y[k] * other);
    }
    return xy;
}

/* leader[..]: rows, in the order of the frames `order`. Returns how many. */
static size_t plain_rule(const cloud *c, const size_t *order, size_t n_order, double limit,
                         size_t *leader) {
    size_t n = 0;
    for (size_t i = 0; i < n_order; i++) {
        for (size_t row = c->first[order[i]]; row < c->first[order[i] + 1]; row++) {
            bool near = false;
            for (size_t j = 0; j < n && !near; j++) {
                const double *x = c->unit + row * c->n_columns;
                const double *y = c->unit + leader[j] * c->n_columns;
                double dot = 0;
                for (size_t k = 0; k < c->n_columns; k++) {
                    dot += x[k] * y[k];
                }
                near = dot > limit;
            }
            if (!near) {
                leader[n++] = row;
            }
        }
    }
    return n;
}

static void compare_with_plain(const cloud *c, size_t keep_bytes, double limit) {
    size_t n_rows = c->first[c->n_frames];
    size_t *order = calloc(c->n_frames, sizeof *order);
    size_t *leader = calloc(n_rows, sizeof *leader);
    assert_true(order && leader);
    for (size_t f = 0; f < c->n_frames; f++) {
        order[f] = (f * 7 + 2) % c->n_frames; /* n_frames is no multiple of 7 */
    }
    size_t n = plain_rule(c, order, c->n_frames, limit, leader);
    const cluster_host host = {
        .user = (void *)(uintptr_t)c, .draw = draw, .cancelled = never, .keep_bytes = keep_bytes};
    cluster_result found = {0};
    rise_error err = {0};
    rise_status status = cluster_run(&host, limit, order, c->n_frames, &found, &err);
    if (status != RISE_OK) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(leaders_count(found.set), n);
    for (size_t j = 0; j < n; j++) {
        size_t row = c->first[found.origin[j].frame] + found.origin[j].atom;
        if (row != leader[j]) {
            fail_msg("leader %zu of %zu: row %zu, plain rule %zu (%zu columns, tile %zu)", j, n,
                     row, leader[j], c->n_columns, c->tile);
        }
        assert_memory_equal(leaders_vector(found.set, j), c->wide + row * c->n_columns,
                            c->n_columns * sizeof(double));
    }
    cluster_free(&found);
    free(order);
    free(leader);
}

/* ---- clustering ------------------------------------------------------------------------------ */
static void rule_is_exact(void **state) {
    (void)state;
    static const size_t columns[] = {1, 2, 3, 7, 16, 33, 65, 300};
    static const size_t tiles[] = {16, 23, 32, 64};
    for (size_t i = 0; i < 8; i++) {
        for (int type = RISE_F32; type <= RISE_F64; type++) {
            cloud c;
            make_cloud(&c, 10 * i + (size_t)type, 9, 40, columns[i], (rise_dtype)type, tiles[i % 4],
                       0);
            for (size_t t = 0; t < 4; t++) {
                c.tile = tiles[t];
                c.backwards = t % 2;
                compare_with_plain(&c, 0, leaders_limit(threshold));
            }
            free_cloud(&c);
        }
    }
}

/* Rows that do not fit are drawn again: same leaders. */
static void memory_changes_nothing(void **state) {
    (void)state;
    cloud c;
    make_cloud(&c, 5, 20, 60, 24, RISE_F32, 16, 0);
    static const size_t bytes[] = {1, 32 * 24 * 4 * 3, 32 * 24 * 4 * 20};
    for (size_t i = 0; i < 3; i++) {
        compare_with_plain(&c, bytes[i], leaders_limit(threshold));
        compare_with_plain(&c, bytes[i], leaders_limit(0.99));
    }
    free_cloud(&c);
}

/* Lengths over many decades, beyond what sums of float32 can hold. */
static void scale_changes_nothing(void **state) {
    (void)state;
    for (int type = RISE_F32; type <= RISE_F64; type++) {
        cloud c;
        make_cloud(&c, 77, 6, 50, 40, (rise_dtype)type, 32, type == RISE_F32 ? 25 : 120);
        compare_with_plain(&c, 0, leaders_limit(threshold));
        free_cloud(&c);
    }
}

static leaders *set_of_rule(const cloud *c, const leaders_kernels *kernel) {
    leaders *set;
    rise_error err;
    assert_int_equal(leaders_new(c->n_columns, leaders_limit(threshold), &set, &err), RISE_OK);
    set->kernel = kernel;
    for (size_t f = 0; f < c->n_frames; f++) {
        for (size_t at = 0; at < c->first[f + 1] - c->first[f]; at += c->tile) {
            const rise_tile tile = tile_of(c, f, at);
            void *work = aligned_alloc(64, leaders_work_bytes(set));
            size_t made[LEADERS_TILE_ROWS], n_made, bad;
            assert_int_equal(leaders_absorb(set, 0, &tile, work, made, &n_made, &bad, &err),
                             RISE_OK);
            free(work);
            assert_int_equal(leaders_refine(set, &err), RISE_OK);
        }
    }
    return set;
}

static void leaders_are_apart_and_cover(void **state) {
    (void)state;
    cloud c;
    make_cloud(&c, 3, 8, 80, 20, RISE_F64, 48, 0);
    leaders *set = set_of_rule(&c, leaders_kernels_pick());
    size_t n = leaders_count(set);
    assert_true(n > 2 * LEADERS_DIRECTIONS); /* screening was refined more than once */
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_true(plain_dot(leaders_vector(set, i), leaders_vector(set, j), c.n_columns) <=
                        set->limit);
        }
    }
    void *work = aligned_alloc(64, leaders_work_bytes(set));
    for (size_t f = 0; f < c.n_frames; f++) {
        for (size_t at = 0; at < c.first[f + 1] - c.first[f]; at += c.tile) {
            const rise_tile tile = tile_of(&c, f, at);
            bool matched[LEADERS_TILE_ROWS];
            assert_int_equal(leaders_test(set, 0, &tile, work, matched), tile.n_rows);
            for (size_t r = 0; r < tile.n_rows; r++) {
                assert_true(matched[r]);
            }
        }
    }
    free(work);
    leaders_free(set);
    free_cloud(&c);
}

/* ---- assignment ------------------------------------------------------------------------------ */
static int32_t plain_label(const leaders *set, const double *x, bool nearest, double *dot) {
    int32_t best = 0;
    *dot = -INFINITY;
    for (size_t j = 0; j < leaders_count(set); j++) {
        double d = plain_dot(x, leaders_vector(set, j), leaders_features(set));
        /* Sums in another order: what is equal within rounding is a tie, and the lower stays. */
        if (d > *dot + 1e-14) {
            *dot = d;
            best = (int32_t)j;
        }
    }
    return nearest || *dot > set->limit ? best : -1;
}

static void compare_labels(const cloud *c, const leaders *set, void *work, size_t frame) {
    for (size_t at = 0; at < c->first[frame + 1] - c->first[frame]; at += c->tile) {
        const rise_tile tile = tile_of(c, frame, at);
        for (int mode = 0; mode < 4; mode++) {
            leaders_choice choice = {.nearest = mode & 1, .dots = mode & 2};
            int32_t label[LEADERS_TILE_ROWS];
            double dot[LEADERS_TILE_ROWS];
            assert_int_equal(leaders_assign(set, &tile, choice, work, label, dot), tile.n_rows);
            for (size_t r = 0; r < tile.n_rows; r++) {
                const double *x = c->wide + (c->first[frame] + at + r) * c->n_columns;
                double expected;
                assert_int_equal(label[r], plain_label(set, x, choice.nearest, &expected));
                if (choice.dots && fabs(dot[r] - expected) > 1e-13) {
                    fail_msg("dot %.17g, plain %.17g", dot[r], expected);
                }
            }
        }
    }
}

/* Leaders from half of the frames, each twice (exact ties), all frames assigned. */
static void assignment_is_exact(void **state) {
    (void)state;
    static const size_t columns[] = {2, 5, 40, 130};
    for (size_t i = 0; i < 4; i++) {
        cloud c;
        make_cloud(&c, 40 + i, 8, 30, columns[i], i % 2 ? RISE_F32 : RISE_F64, 24, 0);
        size_t n_frames = c.n_frames, bad;
        c.n_frames = 4;
        leaders *found = set_of_rule(&c, leaders_kernels_pick()), *set;
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
            compare_labels(&c, set, work, f);
        }
        free(work);
        leaders_free(set);
        leaders_free(found);
        free_cloud(&c);
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
        assert_int_equal(leaders_new(COLUMNS, leaders_limit(threshold), &set, &err), RISE_OK);
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

/* ---- screening and kernels ------------------------------------------------------------------- */
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
            double dot = plain_dot(x, leaders_vector(set, j), c->n_columns);
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
        make_cloud(&c, 60 + i, 5, 60, i < 4 ? 37 : 700, i % 2 ? RISE_F32 : RISE_F64, 64, 0);
        leaders *set = set_of_rule(&c, kernels[i / 2 % 2]);
        assert_true(set->all.n > set->few.n);
        void *work = aligned_alloc(64, leaders_work_bytes(set));
        leaders_work w = leaders_work_carve(set, work);
        const rise_tile tile = tile_of(&c, 1, 0);
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
        free_cloud(&c);
    }
}

/* Features that hold next to nothing are left out of the directions, and of no answer. */
static void small_features_are_left_out(void **state) {
    (void)state;
    enum { COLUMNS = 300, LARGE = 60 };
    for (int type = RISE_F32; type <= RISE_F64; type++) {
        cloud c;
        make_cloud(&c, 41, 8, 60, LARGE, (rise_dtype)type, 40, 0);
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
            unit(wide.unit + i * COLUMNS, COLUMNS);
        }
        leaders *set = set_of_rule(&wide, leaders_kernels_pick());
        const leaders_level *level[] = {&set->few, &set->all};
        for (size_t l = 0; l < 2; l++) {
            assert_in_range(level[l]->n_kept, 10, LARGE);
            for (size_t i = 0; i < level[l]->n_kept; i++) {
                assert_int_equal(level[l]->kept[i] % 5, 0);
            }
        }
        void *work = aligned_alloc(64, leaders_work_bytes(set));
        for (size_t f = 0; f < wide.n_frames; f++) {
            compare_labels(&wide, set, work, f);
        }
        compare_with_plain(&wide, 0, leaders_limit(threshold));
        free(work);
        leaders_free(set);
        free_cloud(&c);
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
    make_cloud(&c, 91, 6, 60, 208, RISE_F64, 32, 3);
    for (size_t i = 0; i + 1 < c.first[c.n_frames]; i++) {
        _Alignas(64) double x[208], y[208];
        memcpy(x, c.wide + i * 208, sizeof x);
        memcpy(y, c.wide + (i + 1) * 208, sizeof y);
        double one = a->dot(208, x, y), two = b->dot(208, x, y);
        assert_memory_equal(&one, &two, sizeof one);
    }
    leaders *first = set_of_rule(&c, a), *second = set_of_rule(&c, b);
    assert_int_equal(first->count, second->count);
    assert_memory_equal(first->vector, second->vector,
                        first->count * first->n_padded * sizeof(double));
    leaders_free(first);
    leaders_free(second);
    free_cloud(&c);
}

/* ---- bad rows, order of frames --------------------------------------------------------------- */
static void rows_without_direction_are_refused(void **state) {
    (void)state;
    static const double bad[] = {0, NAN, INFINITY, 1e300};
    for (size_t i = 0; i < 4; i++) {
        cloud c;
        make_cloud(&c, 8, 4, 50, 9, RISE_F64, 16, 0);
        double *row = (double *)c.rows + (c.first[2] + 21) * 9;
        memset(row, 0, 9 * sizeof *row);
        row[4] = bad[i];
        const cluster_host host = {.user = &c, .draw = draw, .cancelled = never};
        const size_t order[] = {0, 1, 2, 3};
        cluster_result found = {0};
        rise_error err = {0};
        assert_int_equal(cluster_run(&host, 0.9711, order, 4, &found, &err), RISE_E_DATA);
        assert_non_null(strstr(err.message, "atom 21"));
        cluster_free(&found);
        free_cloud(&c);
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
                                       cmocka_unit_test(bounds_hold),
                                       cmocka_unit_test(small_features_are_left_out),
                                       cmocka_unit_test(largest_are_found),
                                       cmocka_unit_test(kernels_agree),
                                       cmocka_unit_test(rows_without_direction_are_refused),
                                       cmocka_unit_test(order_is_stable_under_growth)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

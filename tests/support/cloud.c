/* tests/support/cloud.c: made-up atom vectors with near ties, and the plain leader rule on them. */
#include "support/cloud.h"

#include "kit/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- data ------------------------------------------------------------------------------------ */
double *cloud_unit(double *x, size_t n) {
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
    cloud_unit(x, n);
    for (size_t k = 0; k < n; k++) {
        x[k] = dot * y[k] + sqrt(1 - dot * dot) * x[k];
    }
}

/* Row i: a centre, a neighbour of an earlier row at a random or a critical dot, or a duplicate. */
static void fill_row(double *rows, size_t i, size_t n, const rng_stream *stream, uint64_t *at) {
    static const double off[] = {1e-7, -1e-7, 1e-9, -1e-9, 1e-12, -1e-12, 3e-6, -3e-6};
    double *x = rows + i * n, draw = rng_uniform(stream, (*at)++);
    double limit = leaders_limit(cloud_threshold);
    const double *earlier = i > 0 ? rows + rng_below(stream, (*at)++, i < 40 ? i : 40) * n : NULL;
    if (i == 0 || draw < 0.05 || n == 1) {
        for (size_t k = 0; k < n; k++) {
            x[k] = rng_normal(stream, (*at)++);
        }
        cloud_unit(x, n);
    } else if (draw < 0.1) {
        memcpy(x, earlier, n * sizeof *x);
    } else if (draw < 0.3) {
        at_dot(x, earlier, limit + off[rng_below(stream, (*at)++, 8)], n, stream, at);
    } else {
        at_dot(x, earlier, 1 - 0.06 * rng_uniform(stream, (*at)++), n, stream, at);
    }
}

/* Frames of unequal size, one of them empty. `spread`: rows have lengths 10^-spread..10^spread. */
void cloud_make(cloud *c, uint64_t seed, size_t n_frames, size_t n_atoms, size_t n_columns,
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
        cloud_unit(c->unit + i * n_columns, n_columns);
    }
}

void cloud_free(cloud *c) {
    free(c->first);
    free(c->rows);
    free(c->wide);
    free(c->unit);
}

rise_tile cloud_tile(const cloud *c, size_t frame, size_t first) {
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
rise_status cloud_draw(void *user, const size_t *frame, size_t n, rise_frame_tile_fn fn,
                       void *fn_user, rise_error *err) {
    const cloud *c = user;
    rise_status status = RISE_OK;
    for (size_t i = 0; i < n && status == RISE_OK; i++) {
        size_t slot = c->backwards ? n - 1 - i : i, f = frame[slot];
        for (size_t at = 0; at < c->first[f + 1] - c->first[f] && status == RISE_OK;
             at += c->tile) {
            const rise_tile tile = cloud_tile(c, f, at);
            status = fn(fn_user, slot, &tile, err);
        }
    }
    return status;
}

bool cloud_never(void *user) {
    (void)user;
    return false;
}

/* ---- the plain rule -------------------------------------------------------------------------- */
double cloud_dot(const double *x, const double *y, size_t n) {
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

void cloud_compare_rule(const cloud *c, size_t keep_bytes, double limit) {
    size_t n_rows = c->first[c->n_frames];
    size_t *order = calloc(c->n_frames, sizeof *order);
    size_t *leader = calloc(n_rows, sizeof *leader);
    assert_true(order && leader);
    for (size_t f = 0; f < c->n_frames; f++) {
        order[f] = (f * 7 + 2) % c->n_frames; /* n_frames is no multiple of 7 */
    }
    size_t n = plain_rule(c, order, c->n_frames, limit, leader);
    const cluster_host host = {.user = (void *)(uintptr_t)c,
                               .draw = cloud_draw,
                               .cancelled = cloud_never,
                               .keep_bytes = keep_bytes};
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

leaders *cloud_leaders(const cloud *c, const leaders_kernels *kernel) {
    leaders *set;
    rise_error err;
    assert_int_equal(leaders_new(c->n_columns, leaders_limit(cloud_threshold), &set, &err),
                     RISE_OK);
    set->kernel = kernel;
    for (size_t f = 0; f < c->n_frames; f++) {
        for (size_t at = 0; at < c->first[f + 1] - c->first[f]; at += c->tile) {
            const rise_tile tile = cloud_tile(c, f, at);
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

static int32_t plain_label(const leaders *set, const double *x, bool nearest, double *dot) {
    int32_t best = 0;
    *dot = -INFINITY;
    for (size_t j = 0; j < leaders_count(set); j++) {
        double d = cloud_dot(x, leaders_vector(set, j), leaders_features(set));
        /* Sums in another order: what is equal within rounding is a tie, and the lower stays. */
        if (d > *dot + 1e-14) {
            *dot = d;
            best = (int32_t)j;
        }
    }
    return nearest || *dot > set->limit ? best : -1;
}

void cloud_compare_labels(const cloud *c, const leaders *set, void *work, size_t frame) {
    for (size_t at = 0; at < c->first[frame + 1] - c->first[frame]; at += c->tile) {
        const rise_tile tile = cloud_tile(c, frame, at);
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

/* Golden test of clustering and assignment: SOAP vectors of three glasses at 4, 5 and 7 Å, searched
 * in the given order, all atoms, against the sequential rule on an independent implementation's
 * vectors (tests/golden/data/README.md). Tolerances: its vectors differ from exact ones by 5e-6 at
 * 4 Å, so there two leaders may differ; a label may where best and second-best dot differ by less
 * than 1e-5; a frequency by as many atoms. */
#include "kit/leaders.h"
#include "soap/soap.h"
#include "support/npy.h"
#include "support/xyz.h"
#include "ule-cluster/cluster.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER "tests/golden/data/ule/"
enum { N_FRAMES = 3, TILE = 32 };
static const double limit = 1 - (1 - 0.83) * (1 - 0.83);

/* ---- vectors of all frames ------------------------------------------------------------------- */
typedef struct glasses {
    size_t n_atoms, n_features; /* of every frame */
    rise_dtype dtype;
    void *rows[N_FRAMES]; /* [n_atoms][n_features] */
} glasses;

static void load_glasses(double r_cut, rise_dtype dtype, glasses *g) {
    const uint8_t species[] = {29, 40};
    const soap_parameters p = {r_cut, 0.5, 11, 12, species, 2, dtype};
    soap_plan *plan;
    rise_error err = {0};
    assert_int_equal(soap_plan_new(&p, cpu_best(), &plan, &err), RISE_OK);
    g->n_features = soap_plan_features(plan);
    g->dtype = dtype;
    for (size_t f = 0; f < N_FRAMES; f++) {
        xyz_frame frame;
        soap_work *work;
        assert_true(xyz_load(FOLDER "frames.extxyz", f, &frame));
        g->n_atoms = frame.n_atoms;
        g->rows[f] = malloc(g->n_atoms * g->n_features * rise_dtype_size(dtype));
        assert_non_null(g->rows[f]);
        assert_int_equal(soap_work_new(plan, &frame.cell, (const double(*)[3])frame.positions,
                                       frame.species, frame.n_atoms, &work, &err),
                         RISE_OK);
        assert_int_equal(soap_rows(work, 0, g->n_atoms, g->rows[f], g->n_features, &err), RISE_OK);
        soap_work_free(work);
        xyz_free(&frame);
    }
    soap_plan_free(plan);
}

static void free_glasses(glasses *g) {
    for (size_t f = 0; f < N_FRAMES; f++) {
        free(g->rows[f]);
    }
}

static rise_tile tile_of(const glasses *g, size_t frame, size_t first) {
    size_t left = g->n_atoms - first;
    return (rise_tile){.first_row = first,
                       .n_rows = left < TILE ? left : TILE,
                       .n_columns = g->n_features,
                       .stride = g->n_features,
                       .dtype = g->dtype,
                       .rows = (const char *)g->rows[frame] +
                               first * g->n_features * rise_dtype_size(g->dtype)};
}

/* ---- host of the clustering ------------------------------------------------------------------ */
static rise_status draw(void *user, const size_t *frame, size_t n, rise_frame_tile_fn fn,
                        void *fn_user, rise_error *err) {
    const glasses *g = user;
    rise_status status = RISE_OK;
    for (size_t i = 0; i < n; i++) {
        for (size_t at = 0; at < g->n_atoms && status == RISE_OK; at += TILE) {
            const rise_tile tile = tile_of(g, frame[i], at);
            status = fn(fn_user, i, &tile, err);
        }
    }
    return status;
}

static bool never(void *user) {
    (void)user;
    return false;
}

/* ---- goldens --------------------------------------------------------------------------------- */
typedef struct golden {
    size_t n_leaders;
    cluster_origin leader[256];
    npy_array labels, frequencies;
} golden;

static void load_golden(int r_cut, golden *g) {
    char path[128];
    snprintf(path, sizeof path, FOLDER "leaders_r%d.csv", r_cut);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "frame,atom\n"), 0);
    cluster_origin at;
    for (g->n_leaders = 0;
         g->n_leaders < 256 && fscanf(file, "%zu,%zu\n", &at.frame, &at.atom) == 2;
         g->n_leaders++) {
        g->leader[g->n_leaders] = at;
    }
    fclose(file);
    assert_in_range(g->n_leaders, 20, 255);
    snprintf(path, sizeof path, FOLDER "labels_r%d.npy", r_cut);
    assert_true(npy_load(path, &g->labels));
    snprintf(path, sizeof path, FOLDER "frequencies_r%d.npy", r_cut);
    assert_true(npy_load(path, &g->frequencies));
    assert_int_equal(g->frequencies.shape[1], g->n_leaders);
}

/* How many leaders of one list are missing from the other. */
static size_t missing(const cluster_origin *a, size_t n_a, const cluster_origin *b, size_t n_b) {
    size_t n = 0;
    for (size_t i = 0; i < n_a; i++) {
        bool found = false;
        for (size_t j = 0; j < n_b && !found; j++) {
            found = a[i].frame == b[j].frame && a[i].atom == b[j].atom;
        }
        n += !found;
    }
    return n;
}

/* ---- assignment to the golden's own leaders, so that labels compare one by one --------------- */
static void take_golden_leaders(const glasses *g, const golden *want, leaders *set) {
    for (size_t j = 0; j < want->n_leaders; j++) {
        rise_error err = {0};
        rise_tile one = tile_of(g, want->leader[j].frame, want->leader[j].atom);
        size_t bad;
        one.n_rows = 1;
        assert_int_equal(leaders_take(set, &one, &bad, &err), RISE_OK);
    }
    rise_error err = {0};
    assert_int_equal(leaders_refine(set, &err), RISE_OK);
}

static double plain_dot(const glasses *g, const rise_tile *tile, size_t row, const double *leader) {
    double xy = 0, xx = 0, yy = 0;
    for (size_t k = 0; k < g->n_features; k++) {
        size_t at = row * tile->stride + k;
        double x = g->dtype == RISE_F32 ? (double)((const float *)tile->rows)[at]
                                        : ((const double *)tile->rows)[at];
        xy += x * leader[k];
        xx += x * x;
        yy += leader[k] * leader[k];
    }
    return xy / sqrt(xx * yy);
}

/* Labels may differ only where two dots, or a dot and the limit, are closer than 1e-5. */
static size_t compare_labels(const glasses *g, const golden *want, const leaders *set,
                             const rise_tile *tile, size_t frame, const int32_t *label) {
    size_t n_different = 0;
    for (size_t r = 0; r < tile->n_rows; r++) {
        int expected = (int)npy_at(&want->labels, frame * g->n_atoms + tile->first_row + r);
        if (label[r] == expected) {
            continue;
        }
        double ours =
            label[r] < 0 ? limit : plain_dot(g, tile, r, leaders_vector(set, (size_t)label[r]));
        double theirs =
            expected < 0 ? limit : plain_dot(g, tile, r, leaders_vector(set, (size_t)expected));
        n_different++;
        if (fabs(ours - theirs) >= 1e-5) {
            fail_msg("frame %zu atom %zu: leader %d (dot %.9f), golden %d (dot %.9f)", frame,
                     tile->first_row + r, (int)label[r], ours, expected, theirs);
        }
    }
    return n_different;
}

static void check_assignment(const glasses *g, const golden *want, const leaders *set) {
    void *work = aligned_alloc(64, leaders_work_bytes(set));
    double *count = calloc(want->n_leaders, sizeof *count);
    assert_true(work && count);
    for (size_t f = 0; f < N_FRAMES; f++) {
        size_t n_different = 0, n_assigned = 0;
        memset(count, 0, want->n_leaders * sizeof *count);
        for (size_t at = 0; at < g->n_atoms; at += TILE) {
            const rise_tile tile = tile_of(g, f, at);
            int32_t label[TILE];
            assert_int_equal(leaders_assign(set, &tile, (leaders_choice){0}, work, label, NULL),
                             tile.n_rows);
            n_different += compare_labels(g, want, set, &tile, f, label);
            for (size_t r = 0; r < tile.n_rows; r++) {
                if (label[r] >= 0) {
                    count[label[r]] += 1;
                    n_assigned++;
                }
            }
        }
        assert_in_range(n_different, 0, 10);
        for (size_t j = 0; j < want->n_leaders; j++) {
            double ours = count[j] / (double)n_assigned;
            double theirs = npy_at(&want->frequencies, f * want->n_leaders + j);
            if (fabs(ours - theirs) > ((double)n_different + 0.01) / (double)n_assigned) {
                fail_msg("frame %zu leader %zu: frequency %.9f, golden %.9f", f, j, ours, theirs);
            }
        }
    }
    free(work);
    free(count);
}

static void check(int r_cut, rise_dtype dtype, size_t may_differ) {
    glasses g;
    golden want;
    load_glasses(r_cut, dtype, &g);
    load_golden(r_cut, &want);
    const cluster_host host = {.user = &g, .draw = draw, .cancelled = never};
    const size_t order[N_FRAMES] = {0, 1, 2};
    cluster_result found = {0};
    rise_error err = {0};
    assert_int_equal(cluster_run(&host, limit, order, N_FRAMES, &found, &err), RISE_OK);
    size_t n = leaders_count(found.set);
    size_t extra = missing(found.origin, n, want.leader, want.n_leaders);
    size_t lost = missing(want.leader, want.n_leaders, found.origin, n);
    if (extra > may_differ || lost > may_differ) {
        fail_msg("%d A: %zu leaders, golden %zu; %zu of ours and %zu of the golden's have no match",
                 r_cut, n, want.n_leaders, extra, lost);
    }
    for (size_t j = 0; j < n && extra + lost == 0; j++) {
        assert_int_equal(found.origin[j].frame, want.leader[j].frame);
        assert_int_equal(found.origin[j].atom, want.leader[j].atom);
    }
    cluster_free(&found);
    leaders *set;
    assert_int_equal(leaders_new(g.n_features, leaders_limit(0.83), &set, &err), RISE_OK);
    take_golden_leaders(&g, &want, set);
    check_assignment(&g, &want, set);
    leaders_free(set);
    npy_free(&want.labels);
    npy_free(&want.frequencies);
    free_glasses(&g);
}

static void at_4(void **state) {
    (void)state;
    check(4, RISE_F32, 2);
}

static void at_5(void **state) {
    (void)state;
    check(5, RISE_F32, 0);
}

static void at_7(void **state) {
    (void)state;
    check(7, RISE_F32, 0);
}

static void at_5_in_double(void **state) {
    (void)state;
    check(5, RISE_F64, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(at_4), cmocka_unit_test(at_5),
                                       cmocka_unit_test(at_7), cmocka_unit_test(at_5_in_double)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

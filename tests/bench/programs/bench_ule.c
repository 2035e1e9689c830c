/* bench_ule: leaders and assignment on one core, on SOAP vectors of real glasses at 5 Å.
 *
 *   bench_ule table FRAMES.extxyz [N]           assignment beside sgemm; search of N frames (20)
 *   bench_ule vectors FRAMES.extxyz N FILE      vectors of N frames as float32 rows, for the others
 *   bench_ule search FILE ROWS THRESHOLD [OUT]  leaders of such rows, ROWS to a frame, in order
 *   bench_ule assign FILE ROWS THRESHOLD K OUT  labels of such rows to the first K of their leaders
 *
 * Seconds are processor time; making, reading and copying vectors is not in them. `search` and
 * `assign` print one line of seconds; what they found goes to OUT as text, one number a line. */
#include "measure.h"
#include "vectors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/gemm.h"
#include "kit/leaders.h"
#include "kit/leaders_inner.h"
#include "ule-cluster/cluster.h"

enum { REPEATS = 7, GEMM_ROWS = 240 };

/* ---- search ---------------------------------------------------------------------------------- */
static rise_status draw(void *user, const size_t *frame, size_t n, rise_frame_tile_fn fn,
                        void *fn_user, rise_error *err) {
    vectors *v = user;
    rise_status status = RISE_OK;
    for (size_t i = 0; i < n; i++) {
        for (size_t at = 0; at < v->n_atoms && status == RISE_OK; at += VECTORS_TILE) {
            const rise_tile tile = vectors_tile(v, frame[i], at);
            status = fn(fn_user, i, &tile, err);
        }
    }
    return status;
}

static bool never(void *user) {
    (void)user;
    return false;
}

static double search(vectors *v, double threshold, cluster_result *found) {
    const cluster_host host = {.user = v, .draw = draw, .cancelled = never};
    size_t *order = bench_room(v->n_frames * sizeof *order);
    rise_error err;
    for (size_t f = 0; f < v->n_frames; f++) {
        order[f] = f;
    }
    *found = (cluster_result){0};
    v->outside = 0;
    double start = measure_cpu();
    bench_need(cluster_run(&host, leaders_limit(threshold), order, v->n_frames, found, &err) ==
                   RISE_OK,
               "no leaders");
    double seconds = measure_cpu() - start - v->outside;
    free(order);
    return seconds;
}

/* The first k leaders found, as the node histogram takes them. */
static leaders *take(const cluster_result *found, double threshold, size_t k) {
    size_t n = leaders_count(found->set), n_columns = leaders_features(found->set), bad;
    leaders *set;
    rise_error err;
    bench_need(leaders_new(n_columns, leaders_limit(threshold), &set, &err) == RISE_OK,
               "no memory");
    float *row = bench_room(n_columns * sizeof *row);
    for (size_t j = 0; j < n && j < k; j++) {
        const double *x = leaders_vector(found->set, j);
        for (size_t i = 0; i < n_columns; i++) {
            row[i] = (float)x[i];
        }
        const rise_tile one = {0, 1, n_columns, n_columns, RISE_F32, row};
        bench_need(leaders_take(set, &one, &bad, &err) == RISE_OK, "bad leader");
    }
    free(row);
    bench_need(leaders_refine(set, &err) == RISE_OK, "no directions");
    return set;
}

/* ---- assignment ------------------------------------------------------------------------------ */
static double assign(const leaders *set, vectors *v, int32_t *label) {
    void *work = bench_room(leaders_work_bytes(set));
    v->outside = 0;
    double start = measure_cpu();
    for (size_t f = 0; f < v->n_frames; f++) {
        for (size_t at = 0; at < v->n_atoms; at += VECTORS_TILE) {
            const rise_tile tile = vectors_tile(v, f, at);
            size_t n = leaders_assign(set, &tile, (leaders_choice){.nearest = true}, work,
                                      label + f * v->n_atoms + at, NULL);
            bench_need(n == tile.n_rows, "bad row");
        }
    }
    double seconds = measure_cpu() - start - v->outside;
    free(work);
    return seconds;
}

/* All dots by sgemm, then the largest of each row; leaders are of unit length before. */
static double assign_by_gemm(const float *unit, size_t k, const vectors *v, int32_t *label) {
    float *dot = bench_room(GEMM_ROWS * k * sizeof *dot);
    size_t n = v->n_frames * v->n_atoms;
    rise_error err;
    double start = measure_cpu();
    for (size_t at = 0; at < n; at += GEMM_ROWS) {
        size_t m = n - at < GEMM_ROWS ? n - at : GEMM_ROWS;
        bench_need(gemm_f32(m, k, v->n_columns, 1, v->rows + at * v->stride, v->stride, 1, unit, 1,
                            v->stride, 0, dot, k, 1, &err) == RISE_OK,
                   "sgemm");
        for (size_t r = 0; r < m; r++) {
            const float *x = dot + r * k;
            float largest = x[0];
            for (size_t j = 1; j < k; j++) {
                largest = x[j] > largest ? x[j] : largest;
            }
            size_t best = 0;
            while (x[best] < largest) {
                best++;
            }
            label[at + r] = (int32_t)best;
        }
    }
    double seconds = measure_cpu() - start;
    free(dot);
    return seconds;
}

static float *unit_leaders(const leaders *set, size_t stride) {
    size_t k = leaders_count(set), n = leaders_features(set);
    float *unit = bench_room(k * stride * sizeof *unit);
    memset(unit, 0, k * stride * sizeof *unit);
    for (size_t j = 0; j < k; j++) {
        const double *x = leaders_vector(set, j);
        double square = 0;
        for (size_t i = 0; i < n; i++) {
            square += x[i] * x[i];
        }
        for (size_t i = 0; i < n; i++) {
            unit[j * stride + i] = (float)(x[i] / sqrt(square));
        }
    }
    return unit;
}

static double similarity(const vectors *v, const leaders *set, size_t row, int32_t leader) {
    const float *x = v->rows + row * v->stride;
    const double *y = leaders_vector(set, (size_t)leader);
    double xy = 0, xx = 0, yy = 0;
    for (size_t i = 0; i < v->n_columns; i++) {
        xy += (double)x[i] * y[i];
        xx += (double)x[i] * (double)x[i];
        yy += y[i] * y[i];
    }
    return xy / sqrt(xx * yy);
}

/* Labels may differ where two dots are closer than what float32 can tell apart. */
static size_t compare(const vectors *v, const leaders *set, const int32_t *ours,
                      const int32_t *theirs) {
    size_t n_different = 0;
    for (size_t i = 0; i < v->n_frames * v->n_atoms; i++) {
        if (ours[i] != theirs[i]) {
            double lead = similarity(v, set, i, ours[i]) - similarity(v, set, i, theirs[i]);
            bench_need(lead >= 0 && lead < 1e-5, "labels differ from those of sgemm");
            n_different++;
        }
    }
    return n_different;
}

/* Thousands for one row: its length, its projections, and a bound for each leader. What float64
 * settles afterwards is not counted, nor is looking for the largest bound. */
static double screening_flop(const leaders *set) {
    const leaders_level *all = &set->all;
    size_t n = set->n_features + all->n_kept * all->n + leaders_columns(set) * (all->n + 1);
    return 2e-3 * (double)n;
}

static void bench_assignment(vectors *v, const leaders *set, double peak) {
    size_t n = v->n_frames * v->n_atoms, k = leaders_count(set);
    int32_t *ours = bench_room(n * sizeof *ours), *theirs = bench_room(n * sizeof *theirs);
    float *unit = unit_leaders(set, v->stride);
    double rise[REPEATS], gemm[REPEATS];
    for (size_t i = 0; i < REPEATS; i++) {
        rise[i] = assign(set, v, ours);
        gemm[i] = assign_by_gemm(unit, k, v, theirs);
    }
    size_t n_different = compare(v, set, ours, theirs);
    double us = 1e6 * measure_median(rise, REPEATS) / (double)n;
    double gemm_us = 1e6 * measure_median(gemm, REPEATS) / (double)n;
    printf("%6zu %10.2f %10.0f %8.0f %% %12.2f %8.0f %% %9.1fx %6zu of %zu\n", k, us, 1e6 / us,
           100 * screening_flop(set) / us / peak, gemm_us,
           100 * 2e-3 * (double)(k * v->n_columns) / gemm_us / peak, gemm_us / us, n_different, n);
    free(ours);
    free(theirs);
    free(unit);
}

/* What assignment adds to SOAP, tile by tile. */
static void bench_fused(const soap_plan *plan, const xyz_frame *frame, size_t n_frames,
                        const leaders *set) {
    size_t stride = vectors_padded(soap_plan_features(plan));
    float *rows = bench_room(VECTORS_TILE * stride * sizeof *rows);
    void *work = bench_room(leaders_work_bytes(set));
    double alone[REPEATS], both[REPEATS], n = (double)(n_frames * frame[0].n_atoms);
    for (size_t i = 0; i < REPEATS; i++) {
        double start = measure_cpu();
        for (size_t f = 0; f < n_frames; f++) {
            vectors_of_frame(plan, &frame[f], rows, stride, true, NULL, NULL);
        }
        double between = measure_cpu();
        for (size_t f = 0; f < n_frames; f++) {
            vectors_of_frame(plan, &frame[f], rows, stride, true, set, work);
        }
        alone[i] = 1e6 * (between - start) / n;
        both[i] = 1e6 * (measure_cpu() - between) / n;
    }
    double soap = measure_median(alone, REPEATS), sum = measure_median(both, REPEATS);
    printf("SOAP alone %.2f us/atom, SOAP + assignment (K = %zu) %.2f us/atom: %.2fx\n", soap,
           leaders_count(set), sum, sum / soap);
    free(rows);
    free(work);
}

static void bench_search(const soap_plan *plan, const char *path, size_t n, size_t n_all,
                         double threshold, cluster_result *found) {
    xyz_frame *frame = calloc(n, sizeof *frame);
    bench_need(frame, "out of memory");
    vectors_load_frames(path, n, n_all, frame);
    vectors v = vectors_make(plan, frame, n);
    double seconds[REPEATS];
    for (size_t i = 0; i < REPEATS; i++) {
        cluster_free(found);
        seconds[i] = search(&v, threshold, found);
    }
    double us = 1e6 * measure_median(seconds, REPEATS) / (double)(n * v.n_atoms);
    printf("search of %zu frames, threshold %.2f: %zu leaders, %.2f us/atom, %.0f atoms/s\n", n,
           threshold, leaders_count(found->set), us, 1e6 / us);
    for (size_t f = 0; f < n; f++) {
        xyz_free(&frame[f]);
    }
    free(frame);
    free(v.rows);
}

static int table(const char *path, size_t n_search) {
    enum { FRAMES = 4 };
    soap_plan *plan = vectors_plan();
    double peak = measure_peak_float();
    size_t n_all = vectors_count_frames(path);
    xyz_frame frame[FRAMES];
    vectors_load_frames(path, FRAMES, n_all, frame);
    vectors v = vectors_make(plan, frame, FRAMES);
    printf("one core, FMA peak %.1f Gflop/s; %zu features; medians of %d runs, in turn\n", peak,
           v.n_columns, REPEATS);
    cluster_result few = {0}, many = {0};
    bench_search(plan, path, n_search, n_all, 0.83, &few);
    search(&v, 0.935, &many);
    leaders *real = take(&few, 0.83, SIZE_MAX), *all = take(&many, 0.935, 2000);
    printf("\nassignment, rows in memory%24s | sgemm + argmax      |\n%6s %10s %10s %10s %12s %10s "
           "%10s "
           "%s\n",
           "", "K", "us/atom", "atoms/s", "of peak", "us/atom", "of peak", "ratio",
           "labels differ (dots by < 1e-5)");
    bench_assignment(&v, real, peak);
    bench_assignment(&v, all, peak);
    printf("\n");
    bench_fused(plan, frame, FRAMES, real);
    printf("peak memory %.0f MiB\n", measure_peak_memory());
    leaders_free(real);
    leaders_free(all);
    cluster_free(&few);
    cluster_free(&many);
    for (size_t f = 0; f < FRAMES; f++) {
        xyz_free(&frame[f]);
    }
    free(v.rows);
    soap_plan_free(plan);
    return 0;
}

/* ---- for scripts ----------------------------------------------------------------------------- */
static int write_vectors(const char *path, size_t n, const char *to) {
    soap_plan *plan = vectors_plan();
    size_t n_all = vectors_count_frames(path), n_columns = soap_plan_features(plan);
    FILE *out = fopen(to, "wb");
    bench_need(out, "cannot write the vectors");
    for (size_t f = 0; f < n; f++) {
        xyz_frame frame;
        bench_need(xyz_load(path, f * n_all / n, &frame), "no frame");
        float *rows = bench_room(frame.n_atoms * n_columns * sizeof *rows);
        vectors_of_frame(plan, &frame, rows, n_columns, false, NULL, NULL);
        bench_need(fwrite(rows, n_columns * sizeof *rows, frame.n_atoms, out) == frame.n_atoms,
                   "cannot write the vectors");
        free(rows);
        xyz_free(&frame);
    }
    bench_need(fclose(out) == 0, "cannot write the vectors");
    soap_plan_free(plan);
    printf("%zu\n", n_columns);
    return 0;
}

static int run_search(const char *path, size_t n_atoms, double threshold, const char *to) {
    vectors v = vectors_open(path, n_atoms);
    cluster_result found;
    printf("%.6f\n", search(&v, threshold, &found));
    FILE *out = to ? fopen(to, "w") : NULL;
    for (size_t j = 0; out && j < leaders_count(found.set); j++) {
        fprintf(out, "%zu\n", found.origin[j].frame * n_atoms + found.origin[j].atom);
    }
    bench_need(!to || (out && fclose(out) == 0), "cannot write the leaders");
    return 0;
}

static int run_assign(const char *path, size_t n_atoms, double threshold, size_t k,
                      const char *to) {
    vectors v = vectors_open(path, n_atoms);
    cluster_result found;
    search(&v, threshold, &found);
    leaders *set = take(&found, threshold, k);
    size_t n = v.n_frames * n_atoms;
    int32_t *label = bench_room(n * sizeof *label);
    printf("%.6f\n", assign(set, &v, label));
    FILE *out = fopen(to, "w");
    for (size_t i = 0; out && i < n; i++) {
        fprintf(out, "%d\n", (int)label[i]);
    }
    bench_need(out && fclose(out) == 0, "cannot write the labels");
    return 0;
}

static size_t number(const char *text) {
    return (size_t)strtoull(text, NULL, 10);
}

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "";
    if (strcmp(mode, "table") == 0 && (argc == 3 || argc == 4)) {
        return table(argv[2], argc == 4 ? number(argv[3]) : 20);
    }
    if (strcmp(mode, "vectors") == 0 && argc == 5) {
        return write_vectors(argv[2], number(argv[3]), argv[4]);
    }
    if (strcmp(mode, "search") == 0 && (argc == 5 || argc == 6)) {
        return run_search(argv[2], number(argv[3]), atof(argv[4]), argc == 6 ? argv[5] : NULL);
    }
    if (strcmp(mode, "assign") == 0 && argc == 7) {
        return run_assign(argv[2], number(argv[3]), atof(argv[4]), number(argv[5]), argv[6]);
    }
    fprintf(stderr, "bench_ule: table, vectors, search or assign; see the top of bench_ule.c\n");
    return 2;
}

/* bench_soap: SOAP vectors of all atoms of a frame on one core, and of two frames on two.
 *
 *   bench_soap FILE.extxyz [r_cut[,r_cut...]] [float|double] [repeats] [--bare | --two]
 *
 * Parameters are the standard ones (sigma 0.5, n_max 11, l_max 12, both species of the glasses).
 * What is timed is what the node does for each frame: neighbour cells, then rows in tiles, thrown
 * away. Plans are made before. --bare prints microseconds per atom of one run per repeat, for
 * scripts that alternate with other programs. */
#include "measure.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/cells.h"
#include "soap/soap.h"
#include "support/xyz.h"

#define TILE 19 /* rows, as the node takes them for this length of row */
#define MAX_REPEATS 99

typedef struct task {
    const soap_plan *plan;
    const xyz_frame *frame;
    rise_dtype dtype;
    double seconds; /* of processor time */
    bool failed;
} task;

static const uint8_t SPECIES[] = {29, 40};

static soap_parameters parameters_at(double r_cut, rise_dtype dtype) {
    return (soap_parameters){.r_cut = r_cut,
                             .sigma = 0.5,
                             .n_max = 11,
                             .l_max = 12,
                             .species = SPECIES,
                             .n_species = 2,
                             .dtype = dtype};
}

static void *run_frame(void *argument) {
    task *t = argument;
    const xyz_frame *frame = t->frame;
    size_t element = rise_dtype_size(t->dtype);
    size_t stride = (soap_plan_features(t->plan) * element + 63) / 64 * 64 / element;
    void *rows = aligned_alloc(64, TILE * stride * element);
    soap_work *work = NULL;
    double start = measure_cpu();
    t->failed =
        rows == NULL || soap_work_new(t->plan, &frame->cell, (const double(*)[3])frame->positions,
                                      frame->species, frame->n_atoms, &work, NULL) != RISE_OK;
    for (size_t first = 0; !t->failed && first < frame->n_atoms; first += TILE) {
        size_t n = frame->n_atoms - first < TILE ? frame->n_atoms - first : TILE;
        t->failed = soap_rows(work, first, n, rows, stride, NULL) != RISE_OK;
    }
    soap_work_free(work);
    t->seconds = measure_cpu() - start;
    free(rows);
    return NULL;
}

/* Mean number of neighbours inside the padded cutoff, the centre included. */
static double neighbours(const soap_plan *plan, const xyz_frame *frame) {
    cells_grid *grid = NULL;
    cells_list list = {0};
    size_t n = 0;
    if (cells_new(&frame->cell, (const double(*)[3])frame->positions, frame->n_atoms,
                  soap_plan_padded(plan), &grid, NULL) != RISE_OK)
        return 0;
    for (size_t i = 0; i < frame->n_atoms; i++)
        if (cells_around(grid, i, &list, NULL) == RISE_OK)
            n += list.n;
    cells_list_free(&list);
    cells_free(grid);
    return (double)n / (double)frame->n_atoms;
}

/* Multiply-adds that the formulas need, as flop: the expansion of each neighbour, and the upper
 * triangle of the power spectrum. Radial functions and harmonics are not counted. */
static double needed_flop(double n_neighbours) {
    double n_max = 11, n_lm = 13 * 13, n_channels = 22;
    return 2 * n_neighbours * n_max * n_lm + n_channels * (n_channels + 1) * n_lm;
}

static double once(const soap_plan *plan, const xyz_frame *frame, rise_dtype dtype) {
    task t = {.plan = plan, .frame = frame, .dtype = dtype};
    run_frame(&t);
    return t.failed ? 0 : 1e6 * t.seconds / (double)frame->n_atoms;
}

static int one_core(const soap_plan *plan, double plan_seconds, const xyz_frame *frame,
                    double r_cut, rise_dtype dtype, size_t repeats, bool bare) {
    double sample[MAX_REPEATS];
    if (!(once(plan, frame, dtype) > 0)) /* warms up */
        return 1;
    double peak = 0;
    for (size_t i = 0; i < repeats; i++) {
        sample[i] = once(plan, frame, dtype);
        if (bare)
            printf("%.4f\n", sample[i]);
    }
    if (bare)
        return 0;
    peak = dtype == RISE_F32 ? measure_peak_float() : measure_peak_double();
    double us = measure_median(sample, repeats), near = neighbours(plan, frame);
    double rate = needed_flop(near) * 1e-3 / us;
    printf("%5.1f  %-6s %-9s %6.1f %9.2f %9.0f %9.1f %7.0f %% %9.0f %8.0f\n", r_cut,
           rise_dtype_name(dtype), soap_plan_kernels(plan), near, us, 1e6 / us, rate,
           peak > 0 ? 100 * rate / peak : 0, measure_peak_memory(), 1e3 * plan_seconds);
    return 0;
}

/* The same two frames one after the other, and at once on two threads; wall time, in turn. */
static int two_cores(const soap_plan *plan, const xyz_frame *frame, double r_cut, rise_dtype dtype,
                     size_t repeats) {
    double speedup[MAX_REPEATS], slower[MAX_REPEATS];
    for (size_t i = 0; i < repeats; i++) {
        task t[2] = {{.plan = plan, .frame = frame, .dtype = dtype},
                     {.plan = plan, .frame = frame, .dtype = dtype}};
        pthread_t other;
        double start = measure_wall();
        run_frame(&t[0]);
        run_frame(&t[1]);
        double alone = measure_wall() - start, alone_cpu = t[0].seconds + t[1].seconds;
        start = measure_wall();
        if (pthread_create(&other, NULL, run_frame, &t[1]) != 0)
            return 1;
        run_frame(&t[0]);
        pthread_join(other, NULL);
        speedup[i] = alone / (measure_wall() - start);
        slower[i] = 2 * alone_cpu / (t[0].seconds + t[1].seconds);
        if (t[0].failed || t[1].failed)
            return 1;
    }
    printf("%5.1f  %-6s two threads: %.2f times one by wall time, %.2f by processor time\n", r_cut,
           rise_dtype_name(dtype), measure_median(speedup, repeats),
           measure_median(slower, repeats));
    return 0;
}

int main(int argc, char **argv) {
    const char *path = argc > 1 ? argv[1] : "", *mode = argc > 5 ? argv[5] : "";
    char cutoffs[256];
    snprintf(cutoffs, sizeof cutoffs, "%s", argc > 2 ? argv[2] : "3,5,7,9");
    rise_dtype dtype = argc > 3 && strcmp(argv[3], "double") == 0 ? RISE_F64 : RISE_F32;
    size_t repeats = argc > 4 ? strtoul(argv[4], NULL, 10) : 7;
    xyz_frame frame;
    if (repeats < 1 || repeats > MAX_REPEATS || !xyz_load(path, 0, &frame)) {
        fprintf(
            stderr,
            "usage: bench_soap FILE.extxyz [r_cut,...] [float|double] [repeats] [--bare|--two]\n");
        return 2;
    }
    bool bare = strcmp(mode, "--bare") == 0, two = strcmp(mode, "--two") == 0;
    if (!bare && !two)
        printf("r_cut  type   kernels   neighb   us/atom   atoms/s  Gflop/s  of peak  peak MiB  "
               "plan ms\n");
    int failed = 0;
    char *rest = cutoffs;
    for (char *cut = strtok_r(cutoffs, ",", &rest); cut; cut = strtok_r(NULL, ",", &rest)) {
        double r_cut = strtod(cut, NULL);
        soap_parameters parameters = parameters_at(r_cut, dtype);
        soap_plan *plan = NULL;
        rise_error err = {0};
        double start = measure_cpu();
        if (soap_plan_new(&parameters, cpu_best(), &plan, &err) != RISE_OK) {
            fprintf(stderr, "%s\n", err.message);
            failed = 1;
            continue;
        }
        double plan_seconds = measure_cpu() - start;
        failed |= two ? two_cores(plan, &frame, r_cut, dtype, repeats)
                      : one_core(plan, plan_seconds, &frame, r_cut, dtype, repeats, bare);
        soap_plan_free(plan);
    }
    xyz_free(&frame);
    return failed;
}

/* bench/vectors.c: makes, keeps and reads SOAP vectors. */
#include "vectors.h"

#include "measure.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t species[] = {29, 40};
static const double r_cut = 5;

void bench_need(bool good, const char *what) {
    if (!good) {
        fprintf(stderr, "bench: %s\n", what);
        exit(1);
    }
}

void *bench_room(size_t bytes) {
    void *x = aligned_alloc(64, (bytes + 63) / 64 * 64);
    bench_need(x, "out of memory");
    return x;
}

soap_plan *vectors_plan(void) {
    const soap_parameters p = {r_cut, 0.5, 11, 12, species, 2, RISE_F32};
    soap_plan *plan;
    rise_error err;
    bench_need(soap_plan_new(&p, cpu_best(), &plan, &err) == RISE_OK, "no plan");
    return plan;
}

void vectors_of_frame(const soap_plan *plan, const xyz_frame *frame, float *rows, size_t stride,
                      bool one_tile, const leaders *set, void *work) {
    soap_work *soap;
    rise_error err;
    bench_need(soap_work_new(plan, &frame->cell, (const double(*)[3])frame->positions,
                             frame->species, frame->n_atoms, &soap, &err) == RISE_OK,
               "no neighbours");
    for (size_t at = 0; at < frame->n_atoms; at += VECTORS_TILE) {
        size_t n = frame->n_atoms - at < VECTORS_TILE ? frame->n_atoms - at : VECTORS_TILE;
        float *tile = one_tile ? rows : rows + at * stride;
        bench_need(soap_rows(soap, at, n, tile, stride, &err) == RISE_OK, "no vectors");
        if (set) {
            const rise_tile t = {at, n, soap_plan_features(plan), stride, RISE_F32, tile};
            int32_t label[VECTORS_TILE];
            bench_need(leaders_assign(set, &t, (leaders_choice){0}, work, label, NULL) == n,
                       "bad row");
        }
    }
    soap_work_free(soap);
}

void vectors_load_frames(const char *path, size_t n, size_t n_all, xyz_frame *frame) {
    for (size_t f = 0; f < n; f++) {
        bench_need(xyz_load(path, f * n_all / n, &frame[f]), "no frame");
        bench_need(frame[f].n_atoms == frame[0].n_atoms, "frames of unequal size");
    }
}

size_t vectors_padded(size_t n_columns) {
    return (n_columns + 15) / 16 * 16;
}

vectors vectors_make(const soap_plan *plan, const xyz_frame *frame, size_t n) {
    vectors v = {.n_frames = n, .n_atoms = frame[0].n_atoms};
    v.n_columns = soap_plan_features(plan);
    v.stride = vectors_padded(v.n_columns);
    v.rows = bench_room(n * v.n_atoms * v.stride * sizeof *v.rows);
    for (size_t f = 0; f < n; f++) {
        vectors_of_frame(plan, &frame[f], v.rows + f * v.n_atoms * v.stride, v.stride, false, NULL,
                         NULL);
    }
    return v;
}

vectors vectors_open(const char *path, size_t n_atoms) {
    vectors v = {.n_atoms = n_atoms, .file = fopen(path, "rb")};
    soap_plan *plan = vectors_plan();
    v.n_columns = soap_plan_features(plan);
    v.stride = v.n_columns;
    soap_plan_free(plan);
    bench_need(v.file && fseek(v.file, 0, SEEK_END) == 0, "cannot read the vectors");
    v.n_frames = (size_t)ftell(v.file) / (n_atoms * v.n_columns * sizeof *v.rows);
    bench_need(v.n_frames > 0, "less than a frame of vectors");
    v.rows = bench_room(VECTORS_TILE * v.stride * sizeof *v.rows);
    return v;
}

static volatile float touched;

rise_tile vectors_tile(vectors *v, size_t frame, size_t first) {
    size_t left = v->n_atoms - first, row = frame * v->n_atoms + first;
    rise_tile tile = {first,        left < VECTORS_TILE ? left : VECTORS_TILE,
                      v->n_columns, v->stride,
                      RISE_F32,     v->rows};
    if (!v->file) {
        tile.rows = v->rows + row * v->stride;
        return tile;
    }
    double start = measure_cpu();
    size_t n = tile.n_rows * v->stride;
    bench_need(fseek(v->file, (long)(row * v->stride * sizeof *v->rows), SEEK_SET) == 0 &&
                   fread(v->rows, sizeof *v->rows, n, v->file) == n,
               "cannot read the vectors");
    for (size_t i = 0; i < n; i += 16) { /* copying has pushed some of it out of the cache */
        touched += v->rows[i];
    }
    v->outside += measure_cpu() - start;
    return tile;
}

size_t vectors_count_frames(const char *path) {
    FILE *file = fopen(path, "r");
    char line[1024];
    size_t n = 0;
    bench_need(file, "cannot read the frames");
    while (fgets(line, sizeof line, file)) {
        n += strstr(line, "Lattice=") != NULL;
    }
    fclose(file);
    return n;
}

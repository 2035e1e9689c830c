/* bench/vectors.h: SOAP vectors of real glasses at 5 Å, for benchmarks of what reads them. Whatever
 * goes wrong ends the program with a line that says so. */
#ifndef RISE_BENCH_VECTORS_H
#define RISE_BENCH_VECTORS_H

#include "kit/leaders.h"
#include "soap/soap.h"
#include "support/xyz.h"

#include <stdio.h>

enum { VECTORS_TILE = 19 }; /* rows, as the node soap makes them at this length */

void bench_need(bool good, const char *what);
void *bench_room(size_t bytes); /* 64-byte aligned */

/* Rows of equal frames: in memory, or in a file, read tile by tile into the cache, where the node
 * soap leaves them too. */
typedef struct vectors {
    size_t n_frames, n_atoms, n_columns, stride;
    float *rows; /* [n_frames][n_atoms][stride], or of one tile */
    FILE *file;
    double outside; /* s spent on reading */
} vectors;

soap_plan *vectors_plan(void);
size_t vectors_padded(size_t n_columns);
size_t vectors_count_frames(const char *path);
/* Frames spread evenly over the n_all of the file. */
void vectors_load_frames(const char *path, size_t n, size_t n_all, xyz_frame *frame);
/* One frame in tiles, into rows[n_atoms][stride], or all into the one tile `rows`; with `set`, each
 * is assigned as it comes, as it is behind the node. */
void vectors_of_frame(const soap_plan *plan, const xyz_frame *frame, float *rows, size_t stride,
                      bool one_tile, const leaders *set, void *work);
vectors vectors_make(const soap_plan *plan, const xyz_frame *frame, size_t n);
vectors vectors_open(const char *path, size_t n_atoms); /* float32 rows without padding */
rise_tile vectors_tile(vectors *v, size_t frame, size_t first);

#endif

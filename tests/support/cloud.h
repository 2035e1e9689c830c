/* tests/support/cloud.h: data for tests of leaders, and the plain float64 rule to compare with.
 * Data are clustered directions with near ties: duplicates, and vectors whose dot lies within 1e-7
 * .. 1e-12 of the limit. What is compared fails the test that runs. */
#ifndef RISE_TEST_CLOUD_H
#define RISE_TEST_CLOUD_H

#include "kit/leaders.h"
#include "kit/leaders_inner.h"
#include "ule-cluster/cluster.h"

#define cloud_threshold 0.83

typedef struct cloud {
    size_t n_frames, n_columns, tile;
    size_t *first; /* [n_frames + 1] rows of the frames */
    rise_dtype dtype;
    void *rows;     /* [first[n_frames]][n_columns] */
    double *wide;   /* the same in float64 */
    double *unit;   /* the same as unit vectors */
    bool backwards; /* hand out the frames of a batch last one first */
} cloud;

/* Frames of unequal size, one of them empty. `spread`: rows have lengths 10^-spread..10^spread. */
void cloud_make(cloud *c, uint64_t seed, size_t n_frames, size_t n_atoms, size_t n_columns,
                rise_dtype dtype, size_t tile, double spread);
void cloud_free(cloud *c);
rise_tile cloud_tile(const cloud *c, size_t frame, size_t first);
double *cloud_unit(double *x, size_t n);                      /* x over its length, in place */
double cloud_dot(const double *x, const double *y, size_t n); /* of the unit vectors */

/* A cluster_host: user is the cloud. */
rise_status cloud_draw(void *user, const size_t *frame, size_t n, rise_frame_tile_fn fn,
                       void *fn_user, rise_error *err);
bool cloud_never(void *user);

/* All frames in batches and in another order, against the plain rule. */
void cloud_compare_rule(const cloud *c, size_t keep_bytes, double limit);
/* The leaders of all frames in order, tile by tile; the caller frees them. */
leaders *cloud_leaders(const cloud *c, const leaders_kernels *kernel);
/* Labels and dots of one frame, in every mode, against the plain rule. */
void cloud_compare_labels(const cloud *c, const leaders *set, void *work, size_t frame);

#endif

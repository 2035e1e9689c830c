/* ule-cluster/cluster.h: the sequential leader rule over many frames, in batches, with exactly the
 * result of going atom by atom.
 *
 * A batch of frames is tested, on as many threads as there are, against the leaders that stood when
 * the batch began. What one of them matches, the sequential rule would have matched too: it is
 * forgotten. The rest, a few rows, goes through the rule one by one in the order of frames and
 * atoms. The first frame, when hardly anything is matched yet, goes through the rule tile by tile;
 * so does a frame of which more rows remain than we are willing to keep. */
#ifndef RISE_ULE_CLUSTER_H
#define RISE_ULE_CLUSTER_H

#include "kit/leaders.h"

/* The frames to search, in rank order: n_order positions out of 0..n_frames-1. Candidates are the
 * frames with part[frame] == 0 (part NULL: all). Shuffled: ascending by
 *     SHA-256( seed: 8 bytes, two's complement, little-endian  ||  frame id: 32 bytes ),
 * equal ones as given; else as given. The first ceil(fraction * candidates) are searched.
 * order: [n_frames]. */
rise_status cluster_order(const rise_id *id, const int32_t *part, size_t n_frames, double fraction,
                          bool shuffled, int64_t seed, size_t *order, size_t *n_order,
                          rise_error *err) RISE_MUST_USE;

/* Where rows come from and progress goes to; the functions may be called by several threads, as
 * rise_stream_frames does. */
typedef struct cluster_host {
    void *user;
    /* rise_stream_frames without its port */
    rise_status (*draw)(void *user, const size_t *frame, size_t n, rise_frame_tile_fn fn,
                        void *fn_user, rise_error *err);
    bool (*cancelled)(void *user);
    void (*progress)(void *user, size_t n_frames, size_t n_all, size_t n_leaders); /* may be NULL */
    size_t keep_bytes; /* rows of a batch that may wait for the rule; 0: 256 MiB */
} cluster_host;

typedef struct cluster_origin {
    size_t frame, atom;
} cluster_origin;

typedef struct cluster_result {
    leaders *set;           /* NULL before the first row */
    cluster_origin *origin; /* [leaders_count(set)] */
    size_t origin_capacity;
    rise_dtype dtype; /* of the rows */
} cluster_result;

/* `out` starts as {0} and wants cluster_free in any case. RISE_E_DATA where the frames hold no atom
 * or a vector has no direction. */
rise_status cluster_run(const cluster_host *host, double limit, const size_t *order, size_t n_order,
                        cluster_result *out, rise_error *err) RISE_MUST_USE;
void cluster_free(cluster_result *result);

#endif

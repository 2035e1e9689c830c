/* Which frames are searched for leaders, and in which order. Knows frame ids and parts only. */
#include "cluster.h"

#include "kit/keyed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct ranked {
    uint8_t hash[KEYED_SIZE]; /* zeros when the order is the given one */
    size_t frame;
} ranked;

static int by_hash(const void *pa, const void *pb) {
    const ranked *a = pa, *b = pb;
    int order = memcmp(a->hash, b->hash, sizeof a->hash);
    return order != 0 ? order : a->frame < b->frame ? -1 : a->frame > b->frame;
}

rise_status cluster_order(const rise_id *id, const int32_t *part, size_t n_frames, double fraction,
                          bool shuffled, int64_t seed, size_t *order, size_t *n_order,
                          rise_error *err) {
    ranked *rank = calloc(n_frames ? n_frames : 1, sizeof *rank);
    if (!rank) {
        return rise_fail_nomem(err, "order of frames");
    }
    size_t n = 0;
    for (size_t f = 0; f < n_frames; f++) {
        if (!part || part[f] == 0) {
            rank[n].frame = f;
            if (shuffled) {
                keyed_hash(seed, &id[f], rank[n].hash);
            }
            n++;
        }
    }
    qsort(rank, n, sizeof *rank, by_hash);
    /* 0.1 * 30 is 3.0000000000000004: that much is not another frame. */
    size_t searched = (size_t)ceil(fraction * (double)n - 1e-9);
    *n_order = searched < n ? searched : n;
    if (*n_order == 0 && n > 0) {
        *n_order = 1;
    }
    for (size_t i = 0; i < *n_order; i++) {
        order[i] = rank[i].frame;
    }
    free(rank);
    return RISE_OK;
}

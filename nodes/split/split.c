/* Ranks frames by a keyed hash and cuts the ranking by ratios. Knows ids and group labels only,
 * never atoms. */
#include "split.h"

#include "kit/keyed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct ranked {
    int64_t group;
    uint8_t hash[KEYED_SIZE];
    size_t frame;
} ranked;

static int by_group_and_hash(const void *pa, const void *pb) {
    const ranked *a = pa, *b = pb;
    if (a->group != b->group) {
        return a->group < b->group ? -1 : 1;
    }
    int order = memcmp(a->hash, b->hash, sizeof a->hash);
    if (order != 0) {
        return order;
    }
    return a->frame < b->frame ? -1 : a->frame > b->frame;
}

void split_shares(size_t n, const double *weight, size_t n_parts, size_t *share) {
    double total = 0;
    for (size_t p = 0; p < n_parts; p++) {
        total += weight[p];
    }
    size_t given = 0;
    for (size_t p = 0; p < n_parts; p++) {
        share[p] = (size_t)floor((double)n * weight[p] / total);
        given += share[p];
    }
    /* Rounding could give one too many only for weights below one frame's worth of precision. */
    for (size_t p = n_parts; given > n && p-- > 0;) {
        size_t back = share[p] < given - n ? share[p] : given - n;
        share[p] -= back;
        given -= back;
    }
    for (; given < n; given++) {
        size_t best = 0;
        double most = -1;
        for (size_t p = 0; p < n_parts; p++) {
            double left = (double)n * weight[p] / total - (double)share[p];
            /* Equal remainders differ in their last bits: 1e-9 of a frame is a tie. */
            if (left > most + 1e-9) {
                most = left;
                best = p;
            }
        }
        share[best]++;
    }
}

/* The first share goes to part `turn`, the others to those after it, in a ring. */
static void cut(const ranked *rank, size_t n, const split_rule *rule, size_t turn, size_t *share,
                int32_t *part) {
    split_shares(n, rule->weight, rule->n_parts, share);
    size_t at = 0;
    for (size_t p = 0; p < rule->n_parts; p++) {
        for (size_t i = 0; i < share[p]; i++) {
            part[rank[at++].frame] = (int32_t)((p + turn) % rule->n_parts);
        }
    }
}

rise_status split_assign(const rise_id *id, const int64_t *group, size_t n_frames,
                         const split_rule *rule, int32_t *part, rise_error *err) {
    ranked *rank = calloc(n_frames ? n_frames : 1, sizeof *rank);
    size_t *share = calloc(rule->n_parts, sizeof *share);
    if (!rank || !share) {
        free(rank);
        free(share);
        return rise_fail_nomem(err, "ranking of frames");
    }
    for (size_t f = 0; f < n_frames; f++) {
        rank[f].group = group ? group[f] : 0;
        rank[f].frame = f;
        keyed_hash(rule->seed, &id[f], rank[f].hash);
    }
    qsort(rank, n_frames, sizeof *rank, by_group_and_hash);
    size_t turn = 0; /* what a group leaves over goes to the folds after those the last filled up */
    for (size_t first = 0, end; first < n_frames; first = end) {
        for (end = first + 1; end < n_frames && rank[end].group == rank[first].group;) {
            end++;
        }
        cut(rank + first, end - first, rule, turn, share, part);
        turn = rule->folds ? (turn + (end - first)) % rule->n_parts : 0;
    }
    free(share);
    free(rank);
    return RISE_OK;
}

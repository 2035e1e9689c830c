/* split/split.h: ranking of frames and exact cuts.
 *
 * The rank of a frame within its group is the ascending order (as bytes) of
 *     SHA-256( seed: 8 bytes, two's complement, little-endian  ||  frame id: 32 bytes )
 * so it depends on nothing but the seed and the frame itself: adding frames moves few others.
 * Frames with equal ids keep their given order. */
#ifndef RISE_SPLIT_H
#define RISE_SPLIT_H

#include <rise/error.h>
#include <rise/value.h>

#include <stdbool.h>

/* How n things fall to `n_parts` parts by weight (>= 0, one of them > 0): floor(n w / sum), what is
 * left to the largest remainders, ties to the lower part. share[n_parts]; they sum to n. */
void split_shares(size_t n, const double *weight, size_t n_parts, size_t *share);

typedef struct split_rule {
    int64_t seed;
    const double *weight; /* [n_parts], as above; of folds all equal */
    size_t n_parts;       /* 1 or more */
    bool folds;           /* equal parts over all groups, not only within each */
} split_rule;

/* part[frame] = 0..n_parts-1: the ranking of every group cut in the order of the parts.
 * group[frame]: any labels, equal ones belong together; NULL: one group. With folds the groups, by
 * ascending label, are dealt out one after the other: each begins at the fold where the last ended,
 * so no two folds differ by more than one frame, in all and within each group. */
rise_status split_assign(const rise_id *id, const int64_t *group, size_t n_frames,
                         const split_rule *rule, int32_t *part, rise_error *err) RISE_MUST_USE;

#endif

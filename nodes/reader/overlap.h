/* reader/overlap.h: do two atoms of a frame lie at one place? */
#ifndef READER_OVERLAP_H
#define READER_OVERLAP_H

#include <rise/value.h>

/* Å; no two atoms of matter come so close (H2: 0.74). */
#define OVERLAP_DISTANCE 0.3

/* The first atom that has another, or an image, closer than OVERLAP_DISTANCE. False where there is
 * none, and where that cannot be found out (memory, a box far thinner than an atom): it is only
 * for a warning. */
bool overlap_find(const rise_frame *frame, size_t *atom, size_t *other, double *distance);

#endif

/* kit/leaders.h: a growing set of leaders and the question "which leader is this atom nearest
 * to?", answered exactly and mostly without looking at whole vectors.
 *
 * Similarity of two vectors x, y of float64 numbers (float32 ones are widened, which is exact):
 *     x.y = S(x, y) / (|x| |y|),   |x| = sqrt(S(x, x)),
 *     S   = sum of the products in float64: sixteen partial sums (index modulo 16), not fused,
 *           added up in a fixed tree; the same bits on every machine and for every kernel.
 * An atom belongs to a leader if x.y > limit, strictly; limit = 1 - (1 - threshold)^2. Every answer
 * here is what these float64 numbers say, whatever the screening did.
 *
 * Screening: with orthonormal directions P, exact unit vectors obey
 *     Px.Py - e_x e_y  <=  x.y  <=  Px.Py + e_x e_y,      e = sqrt(1 - |P.|^2).
 * Projections and lengths are taken in float32; a bound on all rounding (of the vectors, of P, of
 * its lack of orthonormality, of both products) widens the interval, see leaders_screen.c. Only
 * leaders that the interval leaves in doubt are compared in float64. The directions come from the
 * leaders themselves (uncentred), and from those features only that hold next to all of them: a
 * few for the question whether any leader is near, more for which is nearest. Any choice is exact,
 * a good one is fast.
 *
 * A set may be read by many threads at a time; adding and refining want it alone. */
#ifndef RISE_KIT_LEADERS_H
#define RISE_KIT_LEADERS_H

#include <rise/node.h>

#define LEADERS_TILE_ROWS 64 /* most rows in a tile, as the contract of streams has it */

typedef struct leaders leaders;

double leaders_limit(double threshold); /* 1 - (1 - threshold)^2 */
double leaders_similarity(double dot);  /* M = 1 - sqrt(1 - dot); rounding above 1 gives M = 1 */

rise_status leaders_new(size_t n_features, double limit, leaders **out,
                        rise_error *err) RISE_MUST_USE;
void leaders_free(leaders *set); /* NULL is fine */
size_t leaders_count(const leaders *set);
size_t leaders_features(const leaders *set);
/* [n_features], the vector as it was given (not of unit length); valid until the next add. */
const double *leaders_vector(const leaders *set, size_t leader);

/* Scratch that the functions below need for this set as it is now; 64-byte aligned, any content.
 * One piece for each thread that is at work. */
size_t leaders_work_bytes(const leaders *set);

/* Rows are those of a tile with n_columns == n_features and n_rows <= LEADERS_TILE_ROWS.
 * A row without a direction (zero, infinite or not a number) cannot be compared: its index. When
 * all rows are good: n_rows. */

/* matched[row]: is some leader of first..count-1 nearer than the limit? */
size_t leaders_test(const leaders *set, size_t first, const rise_tile *tile, void *work,
                    bool *matched);

typedef struct leaders_choice {
    bool nearest; /* label rows beyond the limit too */
    bool dots;    /* fill `dot` */
} leaders_choice;
/* label[row]: the leader with the largest dot, ties to the lowest; -1 where that dot is not above
 * the limit (and `nearest` is not set). dot[row]: that largest dot, limit or not; may be NULL
 * unless choice.dots. Wants at least one leader. */
size_t leaders_assign(const leaders *set, const rise_tile *tile, leaders_choice choice, void *work,
                      int32_t *label, double *dot);

/* The sequential rule for the rows of a tile: a row that no leader of first..count-1 is near to, of
 * those before it in the tile neither, becomes a leader. made[0..*n_made-1]: rows that did.
 * Leaders below `first` must be known to match none of the rows. RISE_E_DATA: *bad is a row without
 * a direction, and no row was added. The set may grow: `work` must hold leaders_work_bytes of now.
 */
rise_status leaders_absorb(leaders *set, size_t first, const rise_tile *tile, void *work,
                           size_t *made, size_t *n_made, size_t *bad,
                           rise_error *err) RISE_MUST_USE;

/* Every row of the tile (any number of them) becomes a leader, near to others or not: for leaders
 * that were found before. Same errors. */
rise_status leaders_take(leaders *set, const rise_tile *tile, size_t *bad,
                         rise_error *err) RISE_MUST_USE;

/* New directions when the set has doubled since the last ones. Changes speed, never an answer. */
rise_status leaders_refine(leaders *set, rise_error *err) RISE_MUST_USE;

#endif

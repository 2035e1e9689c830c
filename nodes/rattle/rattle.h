/* rattle/rattle.h: Gaussian displacements of atoms. */
#ifndef RISE_RATTLE_H
#define RISE_RATTLE_H

#include <rise/value.h>

/* moved (atom, xyz) = positions + N(0, stdev) per Cartesian component, Å. Element (atom, xyz) is a
 * function of (seed, frame id, copy, atom, xyz) alone, so other frames and their order do not
 * matter; of the id the first 64 bits enter. */
void rattle_positions(const rise_frame *frame, uint64_t seed, uint32_t copy, double stdev,
                      double (*moved)[3]);

#endif

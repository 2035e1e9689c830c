/* kit/geometry.h: what follows from a cell alone. */
#ifndef RISE_KIT_GEOMETRY_H
#define RISE_KIT_GEOMETRY_H

#include <rise/value.h>

#include <math.h>

/* |a . (b x c)|, Å^3, of all three vectors, periodic or not. */
static inline double geometry_volume(const rise_cell *cell) {
    const double(*v)[3] = cell->vector;
    return fabs(v[0][0] * (v[1][1] * v[2][2] - v[1][2] * v[2][1]) -
                v[0][1] * (v[1][0] * v[2][2] - v[1][2] * v[2][0]) +
                v[0][2] * (v[1][0] * v[2][1] - v[1][1] * v[2][0]));
}

#endif

/* Shared by kit/cells.c and kit/cells_around.c: the grid. Nobody else includes this. */
#ifndef RISE_KIT_CELLS_INNER_H
#define RISE_KIT_CELLS_INNER_H

#include "cells.h"

struct cells_grid {
    double cutoff2;
    double vector[3][3]; /* rows; orthonormal complement on axes that are not periodic */
    bool periodic[3];
    long bins[3];
    long reach[3];       /* bins to look at on either side */
    double normal[3][3]; /* unit vectors at right angles to the walls of bins */
    double thick[3];     /* of one bin, along its normal */
    double origin[3];    /* where the first bin begins, along its normal */
    bool square;         /* the first two normals are at right angles */
    size_t n_atoms;
    size_t *start;     /* [bins + 1] first sorted slot of each bin */
    size_t *atom;      /* [slot] */
    size_t *slot;      /* [atom] */
    size_t *bin;       /* [slot] */
    double *x, *y, *z; /* [slot] wrapped position */
};

static inline double cells_dot(const double a[3], const double b[3]) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

#endif

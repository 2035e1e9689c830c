/* tests/support/xyz.h: reads the .extxyz files beside the goldens.
 *
 * Columns must begin with species and three coordinates; a frame without a lattice is an isolated
 * molecule (cell of zeros, not periodic). The reader node is another, complete implementation. */
#ifndef RISE_TEST_XYZ_H
#define RISE_TEST_XYZ_H

#include <rise/value.h>

typedef struct xyz_frame {
    rise_cell cell; /* rows a, b, c in Å */
    size_t n_atoms;
    double (*positions)[3]; /* [atom][xyz], Å, as in the file */
    uint8_t *species;       /* [atom], atomic numbers */
    char comment[1024];     /* second line, for labels such as energy= */
} xyz_frame;

/* Frame number `frame` (from 0) of the file. True when `out` is filled; the caller then owes
 * xyz_free. On failure the reason is on stderr. */
bool xyz_load(const char *path, size_t frame, xyz_frame *out);
void xyz_free(xyz_frame *frame); /* an empty frame is fine */
/* The number after `key=` in the comment; NaN when it is not there. */
double xyz_number(const xyz_frame *frame, const char *key);

#endif

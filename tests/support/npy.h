/* tests/support/npy.h: reads the .npy files that the golden tests compare with.
 *
 * Only what NumPy writes by default: little-endian f4, f8, i4, i8, u1, C order, versions 1 to 3. */
#ifndef RISE_TEST_NPY_H
#define RISE_TEST_NPY_H

#include <rise/value.h>

#define NPY_MAX_RANK 8

typedef struct npy_array {
    rise_dtype dtype;
    int rank;                   /* 0: a scalar */
    size_t shape[NPY_MAX_RANK]; /* [rank] */
    size_t count;               /* product of shape */
    void *data;                 /* [count] elements of dtype, row-major, 64-byte aligned */
} npy_array;

/* True when `out` is filled; the caller then owes npy_free. On failure the reason is on stderr. */
bool npy_load(const char *path, npy_array *out);
void npy_free(npy_array *array); /* an empty array is fine */
/* Element i in row-major order, whatever the dtype. */
double npy_at(const npy_array *array, size_t i);

#endif

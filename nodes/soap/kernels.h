/* soap/kernels.h: the inner loops of SOAP, on plain pointers.
 *
 * A kernel set is one row of functions for one element type (float or double). The reference sets
 * are plain C and always there; an overlay replaces one where the processor allows (kit/cpu.h).
 * Sets agree to rounding, not to the bit, so the name of the set belongs in keys.
 *
 * Neighbours come in chunks of up to SOAP_CHUNK, all of one species. With lm = l^2 + l + m and
 * `real` the element type:
 *   coefficient real [(l_max+1)^2][coefficient_stride]   c_nlm of species z at column z n_max + n
 * Kernels may work on whole vectors of up to 8: columns between the end of the last species and the
 * end of the stride hold finite rubbish, and there is room for SOAP_SLACK elements behind the last
 * row. All arrays are 64-byte aligned. */
#ifndef RISE_SOAP_KERNELS_H
#define RISE_SOAP_KERNELS_H

#include "table.h"

#include <stdint.h>

#define SOAP_CHUNK 64
#define SOAP_LM_MAX ((SOAP_L_MAX + 1) * (SOAP_L_MAX + 1))
#define SOAP_SLACK 64

typedef struct soap_shape {
    size_t n_max, l_max, n_species;
    size_t n_lm;       /* (l_max + 1)^2 */
    size_t n_channels; /* n_species n_max */
    size_t
        coefficient_stride; /* multiple of 8, room for vectors of 8 that begin within the last n */
    size_t n_features;      /* N (N + 1)/2 (l_max + 1), N = n_channels */
} soap_shape;

/* Constants of the recurrence for Y_lm (harmonics.c), for both element types. */
typedef struct soap_harmonics {
    double diagonal[SOAP_L_MAX + 1];             /* Q_mm, with sqrt(2) for m > 0 */
    double turn[SOAP_L_MAX + 1];                 /* Q_mm/Q_m-1,m-1 */
    double up[SOAP_L_MAX + 2][SOAP_L_MAX + 1];   /* [l][m] a_lm */
    double back[SOAP_L_MAX + 2][SOAP_L_MAX + 1]; /* [l][m] a_lm b_lm */
    float diagonal_single[SOAP_L_MAX + 1];
    float turn_single[SOAP_L_MAX + 1];
    float up_single[SOAP_L_MAX + 2][SOAP_L_MAX + 1];
    float back_single[SOAP_L_MAX + 2][SOAP_L_MAX + 1];
} soap_harmonics;

/* One chunk: vectors from the centre, Å. Kernels may write behind n, up to a multiple of 4. */
typedef struct soap_chunk {
    size_t n; /* 0..SOAP_CHUNK */
    double x[SOAP_CHUNK], y[SOAP_CHUNK], z[SOAP_CHUNK];
    double r2[SOAP_CHUNK]; /* squared length */
} soap_chunk;

typedef struct soap_kernels {
    const char *name;
    size_t element; /* 4 or 8 */
    /* Elements of scratch memory that expand and power need, each. */
    size_t (*room)(const soap_shape *shape);
    /* coefficient += sum over the chunk's neighbours of s_l R_nl Y_lm; `first` sets instead of
     * adding. Species are done in ascending order: a vector that sticks out over the columns of its
     * species is mended by the `first` of the next. */
    void (*expand)(const soap_shape *shape, const soap_table *table,
                   const soap_harmonics *constants, soap_chunk *chunk, size_t species, bool first,
                   void *room, void *coefficient);
    /* feature[n_features] in the order Z, Z' >= Z, l, n, n' (n' >= n where Z = Z'). */
    void (*power)(const soap_shape *shape, const void *coefficient, void *room, void *feature);
} soap_kernels;

extern const soap_kernels soap_kernels_float;
extern const soap_kernels soap_kernels_double;
#if defined(__x86_64__)
extern const soap_kernels soap_kernels_float_avx2;
extern const soap_kernels soap_kernels_double_avx2;
#endif

/* First feature of the block (z, z2), z2 >= z. */
static inline size_t soap_block(const soap_shape *shape, size_t z, size_t z2) {
    size_t n = shape->n_max, per_l = 0;
    for (size_t i = 0; i < z; i++)
        per_l += n * (n + 1) / 2 + (shape->n_species - 1 - i) * n * n;
    if (z2 > z)
        per_l += n * (n + 1) / 2 + (z2 - z - 1) * n * n;
    return per_l * (shape->l_max + 1);
}

soap_shape soap_shape_of(size_t n_max, size_t l_max, size_t n_species);
void soap_harmonics_init(soap_harmonics *constants);

#endif

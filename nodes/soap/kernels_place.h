/* soap/kernels_place.h: directions of the neighbours of a chunk, and where their distances lie in
 * the table, in double; included by each kernel set. Plain loops over arrays, which compilers turn
 * into vectors. */
#ifndef RISE_SOAP_KERNELS_PLACE_H
#define RISE_SOAP_KERNELS_PLACE_H

#include "kernels.h"

#include <math.h>

typedef struct soap_places {
    size_t row[SOAP_CHUNK]; /* first of the table's to read */
    double weight[SOAP_WEIGHTS][SOAP_CHUNK];
    double x[SOAP_CHUNK], y[SOAP_CHUNK], z[SOAP_CHUNK]; /* unit vectors */
} soap_places;

/* Rounds n up to a multiple of `step` (a power of two) with neighbours that lie at the centre and
 * weigh nothing; returns that n. */
static inline size_t soap_place_chunk(const soap_table *table, soap_chunk *chunk, size_t step,
                                      soap_places *p) {
    size_t n = (chunk->n + step - 1) & ~(step - 1);
    double t[SOAP_CHUNK], inverse_step = 1 / table->step;
    int interval[SOAP_CHUNK], last = (int)table->n_intervals - 1;
    for (size_t j = chunk->n; j < n; j++)
        chunk->x[j] = chunk->y[j] = chunk->z[j] = chunk->r2[j] = 0;
    for (size_t j = 0; j < n; j++) {
        double r = sqrt(chunk->r2[j]), at = r * inverse_step;
        double inverse = r > 0 ? 1 / r : 0;
        int whole = (int)at;
        interval[j] = whole < last ? whole : last;
        t[j] = at - (double)interval[j];
        p->x[j] = chunk->x[j] * inverse;
        p->y[j] = chunk->y[j] * inverse;
        p->z[j] = chunk->z[j] * inverse;
    }
    if (table->degree == 3)
        for (size_t j = 0; j < n; j++) {
            double weight[SOAP_WEIGHTS];
            soap_cubic_weights(t[j], weight);
            for (size_t k = 0; k < 4; k++)
                p->weight[k][j] = weight[k];
        }
    else
        for (size_t j = 0; j < n; j++) {
            double weight[SOAP_WEIGHTS];
            soap_quintic_weights(t[j], weight);
            for (size_t k = 0; k < 6; k++)
                p->weight[k][j] = weight[k];
        }
    for (size_t j = 0; j < n; j++) {
        p->row[j] = (size_t)interval[j];
        if (chunk->r2[j] > 0)
            continue;
        p->row[j] = soap_table_centre(table);
        for (size_t k = 0; k < SOAP_WEIGHTS; k++)
            p->weight[k][j] = k == 0 && j < chunk->n;
    }
    return n;
}

#endif

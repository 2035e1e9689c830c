/* overview/closest.h: the shortest distance of a frame. */
#ifndef OVERVIEW_CLOSEST_H
#define OVERVIEW_CLOSEST_H

#include <rise/value.h>

#define CLOSEST_FAR 20.0 /* Å: farther than this nobody is looked for */

typedef struct closest {
    bool found;
    double distance; /* Å */
    size_t atom, other;
} closest;

/* Images count, an atom's own among them. RISE_E_DATA: a cell without volume. */
rise_status closest_find(const rise_frame *frame, closest *out, rise_error *err) RISE_MUST_USE;

#endif

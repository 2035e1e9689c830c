/* kit/maximize.h: the highest point of a smooth function in a box, without derivatives. */
#ifndef KIT_MAXIMIZE_H
#define KIT_MAXIMIZE_H

#include <rise/error.h>

#include <stddef.h>

/* Called with low <= x <= high; must give a finite number. */
typedef double (*maximize_fn)(void *user, const double *x);

/* Climbs from x (inside the box, low < high) to a local maximum; x and *value become the best point
 * met, never worse than the start. n >= 2. No random numbers: equal input gives equal results. */
rise_status maximize_climb(maximize_fn fn, void *user, size_t n, const double *low,
                           const double *high, double *x, double *value,
                           rise_error *err) RISE_MUST_USE;

#endif

/* kit/gp.h: Gaussian process regression and expected improvement, for searches that are costly to
 * evaluate.
 *
 * Kernel: a (1 + z + z^2/3) exp(-z), z = sqrt(5) |x - x'| / length (Matern 5/2, one length for all
 * dimensions: ten or thirty points do not determine more), plus a * noise on the diagonal. The
 * observations are standardised inside; the amplitude a of the standardised process is the one of
 * highest likelihood for the other two (Rasmussen and Williams, ch. 2 and 5). */
#ifndef KIT_GP_H
#define KIT_GP_H

#include <rise/error.h>

#include <stdbool.h>
#include <stddef.h>

#define GP_NOISE_MIN 1e-6 /* in units of the amplitude */

typedef struct gp gp;

typedef struct gp_shape {
    double length; /* in units of x */
    double noise;  /* >= GP_NOISE_MIN */
} gp_shape;

/* x (n, d) in [0, 1], y[n]: copied. n >= 1, d <= 16. */
rise_status gp_new(const double *x, const double *y, size_t n, size_t d, gp_shape shape, gp **out,
                   rise_error *err) RISE_MUST_USE;
/* The same with the shape of highest likelihood, 0.05 <= length <= 10, noise <= 1. `stop` is asked
 * before every likelihood and, once true, stays true: RISE_E_INTERRUPTED. NULL: never. */
typedef bool (*gp_stop)(void *user);
rise_status gp_fit(const double *x, const double *y, size_t n, size_t d, gp_stop stop, void *user,
                   gp **out, rise_error *err) RISE_MUST_USE;
void gp_free(gp *g); /* NULL is fine */

gp_shape gp_shape_of(const gp *g);
double gp_amplitude(const gp *g);
double gp_log_likelihood(const gp *g); /* of the standardised observations */

/* Mean and standard deviation of the function at x[d], standardised as the observations are;
 * work[n]. */
void gp_predict(const gp *g, const double *x, double *work, double *mean, double *deviation);
/* The highest observation, standardised. */
double gp_best(const gp *g);

/* Mean of max(0, f - best - xi) for f normal about `mean`; 0 for no deviation and no gain. */
double gp_expected_improvement(double mean, double deviation, double best, double xi);

#endif

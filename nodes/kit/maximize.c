/* kit/maximize.c: the one place that knows NLopt (BOBYQA: quadratic models in a trust region). */
#include "kit/maximize.h"

#include <math.h>
#include <nlopt.h>
#include <string.h>

enum { MAX_DIMENSIONS = 16, MAX_CALLS = 400 };

typedef struct climb {
    maximize_fn fn;
    void *user;
    double best, at[MAX_DIMENSIONS];
} climb;

static double visit(unsigned n, const double *x, double *gradient, void *user) {
    climb *c = user;
    double value = c->fn(c->user, x);
    (void)gradient; /* NULL: the algorithm asks for none */
    if (value > c->best) {
        c->best = value;
        memcpy(c->at, x, n * sizeof *x);
    }
    return value;
}

rise_status maximize_climb(maximize_fn fn, void *user, size_t n, const double *low,
                           const double *high, double *x, double *value, rise_error *err) {
    if (n < 2 || n > MAX_DIMENSIONS) {
        return rise_fail(err, RISE_E_BUG, "a maximum over %zu numbers", n);
    }
    nlopt_opt search = nlopt_create(NLOPT_LN_BOBYQA, (unsigned)n);
    if (!search) {
        return rise_fail_nomem(err, "search for a maximum");
    }
    climb c = {.fn = fn, .user = user, .best = -INFINITY};
    nlopt_result result = nlopt_set_max_objective(search, visit, &c);
    if (result > 0 && nlopt_set_lower_bounds(search, low) > 0 &&
        nlopt_set_upper_bounds(search, high) > 0 && nlopt_set_xtol_rel(search, 1e-5) > 0 &&
        nlopt_set_maxeval(search, MAX_CALLS) > 0) {
        double found = 0, work[MAX_DIMENSIONS];
        memcpy(work, x, n * sizeof *x);
        result = nlopt_optimize(search, work, &found);
    }
    nlopt_destroy(search);
    /* Steps as small as rounding end a climb; the best point met is as good then. */
    if (result < 0 && result != NLOPT_ROUNDOFF_LIMITED && !(c.best > -INFINITY)) {
        return rise_fail(err, RISE_E_FAILED, "NLopt found no maximum (%d)", (int)result);
    }
    memcpy(x, c.at, n * sizeof *x);
    *value = c.best;
    return RISE_OK;
}

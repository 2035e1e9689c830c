/* The pair entropy of atoms: neighbours into a smeared distribution, the distribution into one
 * number. Knows distances only. */
#include "entropy.h"

#include <math.h>
#include <string.h>

#define SPREAD 3 /* points on either side that a neighbour reaches */

static size_t n_points(const entropy_settings *s) {
    return (size_t)floor(s->r_max / s->sigma) + 1;
}

/* Points, with room for those beyond both ends, so that a neighbour needs no bounds. */
size_t entropy_work_size(const entropy_settings *s) {
    return n_points(s) + 2 * SPREAD;
}

/* exp(-o^2 / 2) */
static const double falloff[SPREAD + 1] = {1, 0.60653065971263342, 0.13533528323661270,
                                           0.011108996538242306};

/* Adds exp(-(t - o)^2 / 2) at the offsets o = -3..3 from the point below: with one exponential for
 * exp(-t^2 / 2) and one for the powers of exp(t). */
static void smear(double *point, double t) {
    double whole = exp(-0.5 * t * t), up = exp(t), down = 1 / up;
    double above = whole, below = whole;
    point[0] += whole;
    for (int o = 1; o <= SPREAD; o++) {
        above *= up;
        below *= down;
        point[o] += above * falloff[o];
        point[-o] += below * falloff[o];
    }
}

/* Fills point[k], k = 0.., with the sum of Gaussians; returns the number of neighbours. */
static size_t gather(const entropy_settings *s, const cells_list *list, size_t atom,
                     double *point) {
    double r2_max = s->r_max * s->r_max, last = (double)(n_points(s) - 1);
    size_t n = 0;
    for (size_t j = 0; j < list->n; j++) {
        double r2 = list->r2[j];
        if (!(r2 < r2_max) || (list->atom[j] == atom && r2 <= 0)) {
            continue;
        }
        double at = sqrt(r2) / s->sigma, below = fmin(floor(at), last);
        smear(point + (size_t)below, at - below);
        n++;
    }
    return n;
}

static double integrate(const entropy_settings *s, double density, const double *point) {
    size_t n = n_points(s);
    double norm = 1 / (4 * M_PI * density * sqrt(2 * M_PI) * s->sigma), sum = 0;
    for (size_t k = 1; k < n; k++) {
        double r = (double)k * s->sigma, g = point[k] * norm / (r * r);
        double value = g < 1e-10 ? r * r : (g * log(g) - g + 1) * r * r;
        sum += k + 1 < n ? value : 0.5 * value;
    }
    return -2 * M_PI * density * sum * s->sigma;
}

rise_status entropy_atoms(const cells_grid *grid, const entropy_settings *s, size_t first,
                          size_t last, double *work, double *s2, rise_error *err) {
    double sphere = 4.0 / 3.0 * M_PI * s->r_max * s->r_max * s->r_max;
    cells_list list = {0};
    rise_status status = RISE_OK;
    for (size_t i = first; i < last && status == RISE_OK; i++) {
        status = cells_around(grid, i, &list, err);
        if (status != RISE_OK) {
            break;
        }
        memset(work, 0, entropy_work_size(s) * sizeof *work);
        size_t n = gather(s, &list, i, work + SPREAD);
        double density = s->density > 0 ? s->density : (double)n / sphere;
        s2[i - first] = density > 0 ? integrate(s, density, work + SPREAD) : 0;
    }
    cells_list_free(&list);
    return status;
}

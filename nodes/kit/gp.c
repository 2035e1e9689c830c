/* Gaussian process regression. Knows points and observations, not what they stand for. */
#include "kit/gp.h"

#include "kit/lapack.h"
#include "kit/maximize.h"
#include "kit/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct gp {
    size_t n, d;
    gp_shape shape;
    double *x;      /* (n, d) */
    double *y;      /* [n], standardised */
    double *factor; /* (n, n), Cholesky factor of the matrix over a */
    double *weight; /* [n], matrix^-1 y, without a */
    double amplitude, log_likelihood, best;
};

static const double PI = 3.14159265358979323846;

/* An amplitude of observations that do not differ: nothing is expected to improve. */
static const double LEAST_AMPLITUDE = 1e-12;

static double matern(const double *a, const double *b, size_t d, double length) {
    double square = 0;
    for (size_t k = 0; k < d; k++) {
        square += (a[k] - b[k]) * (a[k] - b[k]);
    }
    double z = sqrt(5.0 * square) / length;
    return (1.0 + z + z * z / 3.0) * exp(-z);
}

/* Fills factor, weight, amplitude and likelihood for a shape. False: not positive definite. */
static bool condition(gp *g, gp_shape shape) {
    size_t n = g->n;
    double log_determinant = 0, square = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            g->factor[i * n + j] = matern(g->x + i * g->d, g->x + j * g->d, g->d, shape.length);
        }
        g->factor[i * n + i] += shape.noise;
    }
    if (!lapack_cholesky(n, g->factor)) {
        return false;
    }
    memcpy(g->weight, g->y, n * sizeof *g->y);
    lapack_forward(n, g->factor, g->weight);
    for (size_t i = 0; i < n; i++) {
        square += g->weight[i] * g->weight[i];
        log_determinant += 2.0 * log(g->factor[i * n + i]);
    }
    lapack_backward(n, g->factor, g->weight);
    g->shape = shape;
    g->amplitude = fmax(square / (double)n, LEAST_AMPLITUDE);
    g->log_likelihood =
        -0.5 * (square / g->amplitude + log_determinant + (double)n * log(2.0 * PI * g->amplitude));
    return true;
}

static rise_status new_process(const double *x, const double *y, size_t n, size_t d, gp **out,
                               rise_error *err) {
    gp *g = calloc(1, sizeof *g);
    if (!g) {
        return rise_fail_nomem(err, "Gaussian process");
    }
    g->n = n;
    g->d = d;
    g->x = malloc(n * d * sizeof *g->x);
    g->y = malloc(n * sizeof *g->y);
    g->factor = calloc(n * n, sizeof *g->factor);
    g->weight = malloc(n * sizeof *g->weight);
    if (!g->x || !g->y || !g->factor || !g->weight) {
        gp_free(g);
        return rise_fail_nomem(err, "Gaussian process");
    }
    memcpy(g->x, x, n * d * sizeof *x);
    double mean = statistics_mean(y, n), spread = statistics_std(y, n, 0);
    g->best = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        g->y[i] = spread > 0 ? (y[i] - mean) / spread : 0;
        g->best = fmax(g->best, g->y[i]);
    }
    *out = g;
    return RISE_OK;
}

static rise_status not_definite(gp *g, rise_error *err) {
    gp_free(g);
    return rise_fail(err, RISE_E_FAILED, "the covariances of the trials are not positive definite");
}

rise_status gp_new(const double *x, const double *y, size_t n, size_t d, gp_shape shape, gp **out,
                   rise_error *err) {
    gp *g = NULL;
    rise_status status = new_process(x, y, n, d, &g, err);
    if (status != RISE_OK) {
        return status;
    }
    if (!condition(g, shape)) {
        return not_definite(g, err);
    }
    *out = g;
    return RISE_OK;
}

static gp_shape shape_at(const double *theta) {
    return (gp_shape){exp(theta[0]), exp(theta[1])};
}

typedef struct fit {
    gp *g;
    gp_stop stop;
    void *user;
} fit;

static bool stopped(const fit *f) {
    return f->stop && f->stop(f->user);
}

static double likelihood_at(void *user, const double *theta) {
    const fit *f = user;
    return !stopped(f) && condition(f->g, shape_at(theta)) ? f->g->log_likelihood : -1e300;
}

rise_status gp_fit(const double *x, const double *y, size_t n, size_t d, gp_stop stop, void *user,
                   gp **out, rise_error *err) {
    static const double starts[][2] = {{0.2, 1e-2}, {0.5, 1e-2}, {1.5, 1e-1}, {0.5, 1e-4}};
    const double low[2] = {log(0.05), log(GP_NOISE_MIN)}, high[2] = {log(10.0), 0.0};
    double best = -INFINITY, theta[2] = {log(0.5), log(1e-2)};
    gp *g = NULL;
    rise_status status = new_process(x, y, n, d, &g, err);
    fit f = {g, stop, user};
    for (size_t i = 0; status == RISE_OK && i < sizeof starts / sizeof *starts; i++) {
        double at[2] = {log(starts[i][0]), log(starts[i][1])}, value = 0;
        status = maximize_climb(likelihood_at, &f, 2, low, high, at, &value, err);
        if (status == RISE_OK && value > best) {
            best = value;
            memcpy(theta, at, sizeof theta);
        }
        if (status == RISE_OK && stopped(&f)) {
            status = rise_fail(err, RISE_E_INTERRUPTED, "interrupted");
        }
    }
    if (status != RISE_OK) {
        gp_free(g);
        return status;
    }
    if (!condition(g, shape_at(theta))) {
        return not_definite(g, err);
    }
    *out = g;
    return RISE_OK;
}

void gp_free(gp *g) {
    if (g) {
        free(g->x);
        free(g->y);
        free(g->factor);
        free(g->weight);
        free(g);
    }
}

gp_shape gp_shape_of(const gp *g) {
    return g->shape;
}

double gp_amplitude(const gp *g) {
    return g->amplitude;
}

double gp_log_likelihood(const gp *g) {
    return g->log_likelihood;
}

double gp_best(const gp *g) {
    return g->best;
}

void gp_predict(const gp *g, const double *x, double *work, double *mean, double *deviation) {
    double sum = 0, explained = 0;
    for (size_t i = 0; i < g->n; i++) {
        work[i] = matern(x, g->x + i * g->d, g->d, g->shape.length);
        sum += work[i] * g->weight[i];
    }
    lapack_forward(g->n, g->factor, work);
    for (size_t i = 0; i < g->n; i++) {
        explained += work[i] * work[i];
    }
    *mean = sum;
    *deviation = sqrt(g->amplitude * fmax(1.0 - explained, 0.0));
}

double gp_expected_improvement(double mean, double deviation, double best, double xi) {
    double gain = mean - best - xi;
    if (!(deviation > 0)) {
        return fmax(gain, 0.0);
    }
    double z = gain / deviation;
    double below = 0.5 * erfc(-z / sqrt(2.0)), density = exp(-0.5 * z * z) / sqrt(2.0 * PI);
    return fmax(gain * below + deviation * density, 0.0);
}

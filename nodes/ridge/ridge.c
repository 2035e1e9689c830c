/* Ridge regression on plain arrays. Knows neither frames nor ports. */
#include "ridge.h"

#include "kit/lapack.h"
#include "kit/statistics.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct ridge {
    size_t n, n_features, rank;
    double *mean, *spread; /* [feature]; spread 0: left out */
    double y_mean;
    double *s;    /* [rank] */
    double *vt;   /* (rank, feature) */
    double *uy;   /* [rank], u^T y */
    double least; /* singular values up to this one are rounding */
};

static void centre(ridge *r, const double *x, bool standard, double *z) {
    for (size_t k = 0; k < r->n_features; k++) {
        statistics_sum sum = {0}, square = {0};
        for (size_t i = 0; i < r->n; i++) {
            statistics_add(&sum, x[i * r->n_features + k]);
        }
        r->mean[k] = statistics_total(&sum) / (double)r->n;
        for (size_t i = 0; i < r->n; i++) {
            double d = x[i * r->n_features + k] - r->mean[k];
            statistics_add(&square, d * d);
        }
        double spread = sqrt(statistics_total(&square) / (double)r->n);
        /* A constant column has a spread of rounding only. */
        bool varies = spread > 8 * DBL_EPSILON * fabs(r->mean[k]);
        r->spread[k] = !varies ? 0 : standard ? spread : 1;
        for (size_t i = 0; i < r->n; i++) {
            double d = x[i * r->n_features + k] - r->mean[k];
            z[i * r->n_features + k] = varies ? d / r->spread[k] : 0;
        }
    }
}

static rise_status decompose(ridge *r, const double *y, double *z, double *u, rise_error *err) {
    rise_status status = lapack_svd(r->n, r->n_features, z, u, r->s, r->vt, err);
    if (status != RISE_OK) {
        return status;
    }
    size_t larger = r->n > r->n_features ? r->n : r->n_features;
    r->least = r->s[0] * (double)larger * DBL_EPSILON;
    r->y_mean = statistics_mean(y, r->n);
    for (size_t j = 0; j < r->rank; j++) {
        statistics_sum sum = {0};
        for (size_t i = 0; i < r->n; i++) {
            statistics_add(&sum, u[i * r->rank + j] * (y[i] - r->y_mean));
        }
        r->uy[j] = statistics_total(&sum);
    }
    return RISE_OK;
}

rise_status ridge_new(const double *x, const double *y, size_t n, size_t n_features, bool standard,
                      ridge **out, rise_error *err) {
    ridge *r = calloc(1, sizeof *r);
    if (!r) {
        return rise_fail_nomem(err, "ridge regression");
    }
    size_t rank = n < n_features ? n : n_features;
    *r = (ridge){.n = n, .n_features = n_features, .rank = rank};
    r->mean = malloc(n_features * sizeof *r->mean);
    r->spread = malloc(n_features * sizeof *r->spread);
    r->s = malloc(rank * sizeof *r->s);
    r->vt = malloc(rank * n_features * sizeof *r->vt);
    r->uy = malloc(rank * sizeof *r->uy);
    double *z = malloc(n * n_features * sizeof *z), *u = malloc(n * rank * sizeof *u);
    rise_status status = RISE_OK;
    if (!r->mean || !r->spread || !r->s || !r->vt || !r->uy || !z || !u) {
        status = rise_fail_nomem(err, "ridge regression");
    } else {
        centre(r, x, standard, z);
        status = decompose(r, y, z, u, err);
    }
    free(z);
    free(u);
    if (status != RISE_OK) {
        ridge_free(r);
        return status;
    }
    *out = r;
    return RISE_OK;
}

void ridge_free(ridge *r) {
    if (r) {
        free(r->mean);
        free(r->spread);
        free(r->s);
        free(r->vt);
        free(r->uy);
        free(r);
    }
}

double ridge_scale(const ridge *r) {
    return r->s[0] * r->s[0];
}

void ridge_solve(const ridge *r, double lambda, double *weight, double *intercept) {
    memset(weight, 0, r->n_features * sizeof *weight);
    for (size_t j = 0; j < r->rank && r->s[j] > r->least; j++) {
        double factor = r->uy[j] * r->s[j] / (r->s[j] * r->s[j] + lambda);
        for (size_t k = 0; k < r->n_features; k++) {
            weight[k] += factor * r->vt[j * r->n_features + k];
        }
    }
    statistics_sum moved = {0};
    statistics_add(&moved, r->y_mean);
    for (size_t k = 0; k < r->n_features; k++) {
        weight[k] = r->spread[k] > 0 ? weight[k] / r->spread[k] : 0;
        statistics_add(&moved, -weight[k] * r->mean[k]);
    }
    *intercept = statistics_total(&moved);
}

void ridge_predict(const double *x, size_t n, size_t n_features, const double *weight,
                   double intercept, double *predicted) {
    for (size_t i = 0; i < n; i++) {
        statistics_sum sum = {0};
        statistics_add(&sum, intercept);
        for (size_t k = 0; k < n_features; k++) {
            statistics_add(&sum, weight[k] * x[i * n_features + k]);
        }
        predicted[i] = statistics_total(&sum);
    }
}

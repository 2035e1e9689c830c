/* ridge/ridge.h: linear regression with an L2 penalty, for many penalties at once.
 *
 * Minimises sum_i (y_i - b - x_i w)^2 + lambda |w|^2 over w and the intercept b, which bears no
 * penalty. x and y are centred, x = u diag(s) v^T, w = v diag(s / (s^2 + lambda)) u^T y (Hastie,
 * Tibshirani and Friedman, ch. 3.4): one decomposition serves every lambda, and features that
 * depend on each other, as frequencies that sum to 1 do, are no trouble. For lambda = 0 directions
 * with s below s_max * max(n, F) * 2^-52 are left out: the shortest of the best w. */
#ifndef RISE_RIDGE_H
#define RISE_RIDGE_H

#include <rise/error.h>

#include <stdbool.h>
#include <stddef.h>

typedef struct ridge ridge;

/* x (n, F), y[n], n >= 1, F >= 1. standard: features are divided by their standard deviation, those
 * that do not vary are left out; weights are told in the units given all the same. */
rise_status ridge_new(const double *x, const double *y, size_t n, size_t n_features, bool standard,
                      ridge **out, rise_error *err) RISE_MUST_USE;
void ridge_free(ridge *r); /* NULL is fine */

/* The square of the largest singular value: the scale of lambda. */
double ridge_scale(const ridge *r);
/* weight[F] and the intercept for a lambda >= 0. */
void ridge_solve(const ridge *r, double lambda, double *weight, double *intercept);

/* predicted[n] for x (n, F). */
void ridge_predict(const double *x, size_t n, size_t n_features, const double *weight,
                   double intercept, double *predicted);

#endif

/* Distances between regions in periodic boxes and their mean over samples. Knows cells and points,
 * no models. */
#include "correlation.h"

#include "kit/statistics.h"

#include <math.h>

double correlation_half_diagonal(const rise_cell *cell) {
    double longest = 0;
    for (int s = 0; s < 4; s++) {
        double sb = s & 1 ? -1 : 1, sc = s & 2 ? -1 : 1, square = 0;
        for (int k = 0; k < 3; k++) {
            double d = cell->vector[0][k] + sb * cell->vector[1][k] + sc * cell->vector[2][k];
            square += d * d;
        }
        longest = fmax(longest, sqrt(square));
    }
    return longest / 2;
}

static void cross(const double a[3], const double b[3], double out[3]) {
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

static double dot(const double a[3], const double b[3]) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

rise_status correlation_distance(const rise_cell *cell, const double from[3], const double to[3],
                                 double *distance, rise_error *err) {
    const double(*v)[3] = cell->vector;
    const double d[3] = {to[0] - from[0], to[1] - from[1], to[2] - from[2]};
    double normal[3], result[3] = {0, 0, 0};
    cross(v[1], v[2], normal);
    double volume = dot(v[0], normal);
    if (!(fabs(volume) > 0)) {
        rise_fail(err, RISE_E_DATA, "a cell without volume");
        return rise_hint(err, "distances need three cell vectors that span a box, as in "
                              "Lattice=\"...\"; mend the frames, or leave them out");
    }
    for (int i = 0; i < 3; i++) {
        cross(v[(i + 1) % 3], v[(i + 2) % 3], normal);
        double f = dot(d, normal) / volume;
        if (cell->periodic[i]) {
            f -= rint(f);
        }
        for (int k = 0; k < 3; k++) {
            result[k] += f * v[i][k];
        }
    }
    *distance = sqrt(dot(result, result));
    return RISE_OK;
}

rise_status correlation_distances(const double *region, const rise_cell *cell, size_t n_models,
                                  size_t n_samples, double *distance, rise_error *err) {
    for (size_t i = 0; i < n_models; i++) {
        for (size_t j = i + 1; j < n_models; j++) {
            for (size_t s = 0; s < n_samples; s++, distance++) {
                rise_status status =
                    correlation_distance(&cell[s], region + 3 * (i * n_samples + s),
                                         region + 3 * (j * n_samples + s), distance, err);
                if (status != RISE_OK) {
                    return status;
                }
                *distance /= correlation_half_diagonal(&cell[s]);
            }
        }
    }
    return RISE_OK;
}

void correlation_spread(const double *pair, size_t n_models, double *matrix) {
    for (size_t i = 0; i < n_models; i++) {
        matrix[i * n_models + i] = 0;
        for (size_t j = i + 1; j < n_models; j++) {
            matrix[i * n_models + j] = matrix[j * n_models + i] = *pair++;
        }
    }
}

void correlation_map(const double *distance, size_t n_models, size_t n_samples, double *map) {
    for (size_t i = 0; i < n_models; i++) {
        map[i * n_models + i] = 0;
        for (size_t j = i + 1; j < n_models; j++, distance += n_samples) {
            map[i * n_models + j] = map[j * n_models + i] = statistics_mean(distance, n_samples);
        }
    }
}

void correlation_resampled(const double *distance, size_t n_pairs, size_t n_samples,
                           const size_t *item, double *mean) {
    for (size_t p = 0; p < n_pairs; p++, distance += n_samples) {
        double sum = 0;
        for (size_t s = 0; s < n_samples; s++) {
            sum += distance[item[s]];
        }
        mean[p] = sum / (double)n_samples;
    }
}

/* About the first resample: equal means differ from it by nothing, and near ones lose no digits. */
void correlation_deviation(const double *mean, size_t n_pairs, size_t n_resamples, double *error) {
    for (size_t p = 0; p < n_pairs; p++) {
        statistics_sum sum = {0}, squares = {0};
        for (size_t b = 0; b < n_resamples; b++) {
            double d = mean[b * n_pairs + p] - mean[p];
            statistics_add(&sum, d);
            statistics_add(&squares, d * d);
        }
        double n = (double)n_resamples, total = statistics_total(&sum);
        double square = (statistics_total(&squares) - total * total / n) / (n - 1);
        error[p] = sqrt(fmax(square, 0));
    }
}

/* A parity plot of many samples as a two-dimensional histogram. */
#include "plot.h"

#include <math.h>

#define SPAN 30.0 /* counts up to this many times the least have a linear scale of colours */

/* All points of all series, x then y. */
static double *pool_points(plot_job *job, size_t *n) {
    *n = 0;
    for (size_t k = 0; k < job->n_series; k++)
        *n += job->series[k].n;
    double *v = plot_alloc(job->pool, 2 * *n, sizeof *v);
    for (size_t k = 0, at = 0; v && k < job->n_series; k++)
        for (size_t i = 0; i < job->series[k].n; i++, at++) {
            v[at] = job->series[k].x[i];
            v[*n + at] = job->series[k].y[i];
        }
    return v;
}

static size_t bin_of(double v, double low, double high, size_t bins) {
    double share = (v - low) / (high - low) * (double)bins;
    return share < (double)bins ? (size_t)share : bins - 1;
}

rise_status plot_density(plot_job *job, const char *unit, rise_error *err) {
    size_t n, bins = job->o->bins;
    double *v = pool_points(job, &n), low = INFINITY, high = -INFINITY, most = 0;
    draw_heat *h = plot_alloc(job->pool, 1, sizeof *h);
    double *cell = plot_alloc(job->pool, bins * bins, sizeof *cell);
    if (!v || !h || !cell)
        return rise_fail_nomem(err, "plot");
    for (size_t i = 0; i < 2 * n; i++) {
        low = fmin(low, v[i]);
        high = fmax(high, v[i]);
    }
    double air = high > low ? 0.02 * (high - low) : fmax(1e-3, 1e-6 * fabs(low));
    low -= air;
    high += air;
    for (size_t i = 0; i < n; i++) {
        size_t k = bin_of(v[n + i], low, high, bins) * bins + bin_of(v[i], low, high, bins);
        most = fmax(most, ++cell[k]);
    }
    *h = (draw_heat){
        .n_rows = bins,
        .n_columns = bins,
        .cell = cell,
        .label = job->o->value_label ? job->o->value_label : "Samples",
        .map = job->o->map,
        .counts = true,
        .log = most > SPAN,
        .text = {plot_text(job->pool, "n = %zu", n), plot_quality(job, v, v + n, n, unit)}};
    if (!h->text[0] || !h->text[1])
        return rise_fail_nomem(err, "plot");
    draw_figure *f = job->figure;
    f->heat = h;
    f->x.low = f->y.low = low;
    f->x.high = f->y.high = high;
    job->n_series = 0;
    return RISE_OK;
}

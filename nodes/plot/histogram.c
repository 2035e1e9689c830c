/* Histograms: all series share their bins. */
#include "plot.h"

#include "kit/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- histogram ------------------------------------------------------------------------------- */
#define BINS_MAX 80
#define HISTOGRAMS_MAX 8

/* Freedman and Diaconis (1981): width 2 IQR / n^(1/3), over all series together. */
static size_t count_bins(const plot_options *o, const double *v, size_t n) {
    double spread = statistics_quantile(v, n, 0.75) - statistics_quantile(v, n, 0.25),
           range = v[n - 1] - v[0];
    if (o->bins)
        return o->bins;
    double bins = spread > 0 ? ceil(range * cbrt((double)n) / (2 * spread)) : sqrt((double)n);
    return (size_t)fmin(BINS_MAX, fmax(5, bins));
}

static rise_status make_edges(plot_job *job, double *all, size_t n, double **edges, size_t *n_bins,
                              rise_error *err) {
    statistics_sort(all, n);
    if (job->o->log_x && all[0] <= 0)
        return rise_fail(err, RISE_E_DATA, "plot: a logarithmic axis cannot show %g", all[0]);
    double low = job->o->log_x ? log10(all[0]) : all[0];
    double high = job->o->log_x ? log10(all[n - 1]) : all[n - 1];
    if (high - low <= 1e-12 * fmax(fabs(low), fabs(high))) {
        double air = low != 0 ? fabs(low) * 0.01 : 0.5;
        low -= air;
        high += air;
    }
    *n_bins = count_bins(job->o, all, n);
    *edges = plot_alloc(job->pool, *n_bins + 1, sizeof **edges);
    if (!*edges)
        return rise_fail_nomem(err, "plot");
    for (size_t i = 0; i <= *n_bins; i++) {
        double e = low + (high - low) * (double)i / (double)*n_bins;
        (*edges)[i] = job->o->log_x ? pow(10, e) : e;
    }
    return RISE_OK;
}

static rise_status add_histogram(plot_job *job, const plot_numbers *s, const double *edges,
                                 size_t n_bins, const char *label, rise_error *err) {
    double *count = plot_alloc(job->pool, n_bins, sizeof *count);
    draw_series *series = plot_add(job);
    if (!count || !series || !label)
        return rise_fail_nomem(err, "plot");
    for (size_t i = 0; i < s->n; i++) {
        size_t low = 0, high = n_bins; /* edges[low] <= v < edges[high], the last bin closed */
        while (high - low > 1) {
            size_t middle = (low + high) / 2;
            if (s->v[i] < edges[middle])
                high = middle;
            else
                low = middle;
        }
        count[low]++;
    }
    *series =
        (draw_series){.label = label, .style = DRAW_STEPS, .n = n_bins, .y = count, .edges = edges};
    return RISE_OK;
}

rise_status plot_histogram(plot_job *job, rise_error *err) {
    plot_set *sets;
    size_t total, n_series, n_bins = 0, at = 0;
    double *edges = NULL;
    rise_status status =
        plot_all_samples(job, &sets, &job->figure->x.label, &total, &n_series, err);
    if (status)
        return status;
    if (n_series > HISTOGRAMS_MAX)
        return rise_fail(err, RISE_E_DATA,
                         "plot: %zu histograms lie over each other, at most %d are told apart",
                         n_series, HISTOGRAMS_MAX);
    double *all = plot_alloc(job->pool, total, sizeof *all);
    if (!all)
        return rise_fail_nomem(err, "plot");
    for (size_t i = 0; i < job->n_sources; i++)
        for (size_t k = 0; k < sets[i].n_sets; at += sets[i].set[k++].n)
            memcpy(all + at, sets[i].set[k].v, sets[i].set[k].n * sizeof *all);
    status = make_edges(job, all, total, &edges, &n_bins, err);
    for (size_t i = 0; i < job->n_sources && !status; i++)
        for (size_t k = 0; k < sets[i].n_sets && !status; k++) {
            const char *name = plot_name(job, i, NULL, sets[i].set[k].name);
            status = add_histogram(job, &sets[i].set[k], edges, n_bins, name, err);
        }
    job->figure->y.label = "count";
    return status;
}

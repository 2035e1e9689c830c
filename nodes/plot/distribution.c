/* Distributions as boxes: quartiles, median, mean, least and greatest. */
#include "plot.h"

#include "kit/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BOXES_MAX 200

/* ---- distribution ---------------------------------------------------------------------------- */
enum { BOX_LOW, BOX_Q1, BOX_MEDIAN, BOX_Q3, BOX_HIGH, BOX_MEAN, BOX_X, BOX_N };

static void box_of(plot_numbers *s, double at, size_t i, size_t room, double *box) {
    static const double shares[5] = {0, 0.25, 0.5, 0.75, 1};
    double sum = 0;
    statistics_sort(s->v, s->n);
    for (size_t k = 0; k < s->n; k++)
        sum += s->v[k];
    for (size_t k = 0; k < 5; k++)
        box[k * room + i] = statistics_quantile(s->v, s->n, shares[k]);
    box[BOX_MEAN * room + i] = sum / (double)s->n;
    box[BOX_X * room + i] = at;
}

static rise_status add_boxes(plot_job *job, const double *box, size_t n, size_t room,
                             const char *label, rise_error *err) {
    draw_series *s = plot_add(job);
    if (!s || !label)
        return rise_fail_nomem(err, "plot");
    *s = (draw_series){.label = label,
                       .style = DRAW_BOXES,
                       .n = n,
                       .x = box + BOX_X * room,
                       .y = box + BOX_MEDIAN * room,
                       .low = box,
                       .high = box + BOX_HIGH * room,
                       .q1 = box + BOX_Q1 * room,
                       .q3 = box + BOX_Q3 * room,
                       .mean = box + BOX_MEAN * room};
    return RISE_OK;
}

static rise_status ready_made(plot_job *job, const rise_table *t, rise_error *err) {
    static const char *const names[] = {"min", "q1", "median", "q3", "max", "mean"};
    const rise_column *c[6], *x = &t->column[0];
    const char *reference = job->source[0].reference;
    size_t n, *row;
    rise_status status = plot_rows(job, 0, &row, &n, err);
    for (int k = 0; k < 6 && !status; k++)
        status = plot_column(t, reference, names[k], true, &c[k], err);
    if (!status && (job->o->x || job->o->by))
        status = plot_column(t, reference, job->o->x ? job->o->x : job->o->by, false, &x, err);
    if (status)
        return status;
    double *box = plot_alloc(job->pool, BOX_N * n, sizeof *box);
    const char **name = plot_alloc(job->pool, n, sizeof *name);
    size_t kept = 0;
    if (!box || !name)
        return rise_fail_nomem(err, "plot");
    for (size_t i = 0; i < n; i++) {
        bool finite = true;
        for (size_t k = 0; k < 6; k++) {
            box[k * n + kept] = plot_number(c[k], row[i]);
            finite = finite && isfinite(box[k * n + kept]);
        }
        box[BOX_X * n + kept] = (double)kept;
        if (!finite)
            job->left_out++;
        else if (!(name[kept++] = plot_cell(job->pool, x, row[i])))
            return rise_fail_nomem(err, "plot");
    }
    job->figure->x.names = name;
    job->figure->x.n_names = kept;
    job->figure->x.label = plot_pretty(job->pool, x->name, x->unit);
    job->figure->y.label = plot_pretty(job->pool, "value", c[0]->unit);
    if (kept == 0)
        return rise_fail(err, RISE_E_DATA, "plot: nothing to draw: %s holds no finite value",
                         reference);
    return add_boxes(job, box, kept, n, "", err);
}

/* Position of a category; a new one is appended. */
static size_t category(const char **name, size_t *n, const char *wanted) {
    size_t i = 0;
    while (i < *n && strcmp(name[i], wanted) != 0)
        i++;
    if (i == *n)
        name[(*n)++] = wanted;
    return i;
}

rise_status plot_distribution(plot_job *job, rise_error *err) {
    draw_figure *f = job->figure;
    plot_set *sets;
    size_t total, n_boxes;
    const rise_table *first = rise_value_table(job->source[0].value);
    f->note = "box: quartiles, line: median, whiskers: least and greatest, diamond: mean";
    if (job->n_sources == 1 && first && !job->o->n_y && rise_table_find(first, "q1") &&
        rise_table_find(first, "median"))
        return ready_made(job, first, err);
    rise_status status = plot_all_samples(job, &sets, &f->y.label, &total, &n_boxes, err);
    if (status)
        return status;
    if (n_boxes > BOXES_MAX)
        return rise_fail(err, RISE_E_DATA, "plot: %zu boxes, at most %d can be read", n_boxes,
                         BOXES_MAX);
    const char **name = plot_alloc(job->pool, n_boxes, sizeof *name);
    double *box = plot_alloc(job->pool, BOX_N * n_boxes, sizeof *box);
    if (!name || !box)
        return rise_fail_nomem(err, "plot");
    size_t at = 0; /* without `by` all inputs share one series */
    for (size_t i = 0; i < job->n_sources && !status; i++) {
        size_t begin = job->o->by ? at : 0;
        for (size_t k = 0; k < sets[i].n_sets; k++) {
            plot_numbers *s = &sets[i].set[k];
            const char *key = s->name ? s->name : job->source[i].reference;
            if (s->n > 0) {
                box_of(s, (double)category(name, &f->x.n_names, key), at, n_boxes, box);
                at++;
            }
        }
        if ((job->o->by || i + 1 == job->n_sources) && at > begin)
            status = add_boxes(job, box + begin, at - begin, n_boxes, plot_name(job, i, NULL, NULL),
                               err);
    }
    f->x.names = name;
    f->x.label = job->o->by ? plot_pretty(job->pool, job->o->by, "") : "";
    return status;
}

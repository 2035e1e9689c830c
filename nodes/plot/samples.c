/* The numbers that histograms and distributions are made of: of a table's column, of a tensor,
 * taken apart by a column or a dimension. */
#include "plot.h"
#include "kit/draw/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers of a source --------------------------------------------------------------------- */
static rise_status samples_table(plot_job *job, size_t source, plot_numbers **set, size_t *n_sets,
                                 const char **label, rise_error *err) {
    const rise_table *t = rise_value_table(job->source[source].value);
    const char *reference = job->source[source].reference;
    const char *name = job->o->n_y ? job->o->y[0] : job->o->x;
    const rise_column *column = plot_first_number(t, NULL), *by = NULL, *minus = NULL;
    plot_group *g;
    rise_status status = RISE_OK;
    if (name)
        status = plot_column(t, reference, name, true, &column, err);
    else if (!column)
        return rise_fail(err, RISE_E_DATA, "plot: %s has no column of numbers", reference);
    if (!status && job->o->minus)
        status = plot_column(t, reference, job->o->minus, true, &minus, err);
    if (!status && job->o->by)
        status = plot_column(t, reference, job->o->by, false, &by, err);
    if (!status)
        status = plot_groups(job, source, by, &g, n_sets, err);
    if (status)
        return status;
    *label = plot_pretty(job->pool,
                         minus ? plot_text(job->pool, "%s − %s", column->name, minus->name)
                               : column->name,
                         column->unit);
    *set = plot_alloc(job->pool, *n_sets, sizeof **set);
    if (!*set || !*label)
        return rise_fail_nomem(err, "plot");
    for (size_t k = 0; k < *n_sets; k++) {
        plot_numbers *s = &(*set)[k];
        *s = (plot_numbers){g[k].name, g[k].number, 0,
                            plot_alloc(job->pool, g[k].n, sizeof(double))};
        if (!s->v)
            return rise_fail_nomem(err, "plot");
        for (size_t i = 0; i < g[k].n; i++) {
            double v = plot_number(column, g[k].row[i]);
            v -= minus ? plot_number(minus, g[k].row[i]) : 0;
            if (isfinite(v))
                s->v[s->n++] = v;
            else
                job->left_out++;
        }
    }
    return RISE_OK;
}

/* Elements behind one index of the dimension `by`: `inner` in a row, again after every `stride`. */
static rise_status samples_tensor(plot_job *job, size_t source, plot_numbers **set, size_t *n_sets,
                                  const char **label, rise_error *err) {
    const rise_tensor *t = rise_value_tensor(job->source[source].value);
    size_t count = rise_tensor_count(t), inner = count, n = 1;
    int by = -1;
    for (int d = 0; job->o->by && d < t->rank; d++)
        if (strcmp(t->dim[d].name, job->o->by) == 0)
            by = d;
    if (job->o->minus)
        return rise_fail(err, RISE_E_DATA, "plot: minus names a column; %s is a tensor",
                         job->source[source].reference);
    if (job->o->by && (by < 0 || (t->offsets && by > 0)))
        return rise_fail(err, RISE_E_DATA, "plot: %s cannot be taken apart by '%s'",
                         job->source[source].reference, job->o->by);
    if (by >= 0) {
        n = t->dim[by].size;
        inner = 1;
        for (int d = by + 1; d < t->rank && !t->offsets; d++)
            inner *= t->dim[d].size;
    }
    size_t row_size = 1; /* ragged: elements of a row */
    for (int d = 2; t->offsets && d < t->rank; d++)
        row_size *= t->dim[d].size;
    *label = plot_pretty(job->pool, job->source[source].reference, t->unit);
    *set = plot_alloc(job->pool, n, sizeof **set);
    *n_sets = n;
    if (!*set || !*label)
        return rise_fail_nomem(err, "plot");
    for (size_t k = 0; k < n; k++) {
        plot_numbers *s = &(*set)[k];
        size_t first = k * inner, last = first + inner, stride = n * inner;
        if (by >= 0 && t->offsets) {
            first = (size_t)t->offsets[k] * row_size;
            last = (size_t)t->offsets[k + 1] * row_size;
            stride = count ? count : 1;
        }
        s->number = NAN;
        if (by >= 0) {
            char number[DRAW_NUMBER_MAX];
            s->number = t->dim[by].coords ? t->dim[by].coords[k] : (double)k;
            draw_number_general(number, s->number, 6);
            s->name = plot_text(job->pool, "%s", number);
        }
        size_t blocks = t->offsets ? 1 : count / (stride ? stride : 1);
        s->v = plot_alloc(job->pool, blocks * (last - first), sizeof(double));
        if (!s->v || (by >= 0 && !s->name))
            return rise_fail_nomem(err, "plot");
        for (size_t b = 0; b < blocks; b++)
            for (size_t i = first; i < last; i++) {
                double v = rise_tensor_number(t, b * stride + i);
                if (isfinite(v))
                    s->v[s->n++] = v;
                else
                    job->left_out++;
            }
    }
    return RISE_OK;
}

rise_status plot_samples(plot_job *job, size_t source, plot_numbers **set, size_t *n_sets,
                         const char **label, rise_error *err) {
    return rise_value_table(job->source[source].value)
               ? samples_table(job, source, set, n_sets, label, err)
               : samples_tensor(job, source, set, n_sets, label, err);
}

rise_status plot_all_samples(plot_job *job, plot_set **sets, const char **label, size_t *total,
                             size_t *n_series, rise_error *err) {
    *sets = plot_alloc(job->pool, job->n_sources, sizeof **sets);
    if (!*sets)
        return rise_fail_nomem(err, "plot");
    *total = *n_series = 0;
    for (size_t i = 0; i < job->n_sources; i++) {
        const char *own;
        plot_set *s = &(*sets)[i];
        rise_status status = plot_samples(job, i, &s->set, &s->n_sets, &own, err);
        if (status)
            return status;
        if (i == 0)
            *label = own;
        for (size_t k = 0; k < s->n_sets; k++)
            *total += s->set[k].n;
        *n_series += s->n_sets;
    }
    if (*total == 0)
        return rise_fail(err, RISE_E_DATA, "plot: nothing to draw: %s holds no finite value",
                         job->source[0].reference);
    return RISE_OK;
}

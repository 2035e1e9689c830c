/* Heat maps: a tensor [i, j] with its coordinates, or a table of x, y and value. */
#include "plot.h"
#include "kit/draw/number.h"

#include <math.h>
#include <string.h>

#define SIDE_MAX 2000

static const char **names_of_dim(plot_pool *pool, const rise_dim *d) {
    const char **name = plot_alloc(pool, d->size, sizeof *name);
    for (size_t i = 0; name && i < d->size; i++) {
        char text[DRAW_NUMBER_MAX];
        draw_number_general(text, d->coords ? d->coords[i] : (double)i, 6);
        name[i] = plot_text(pool, "%s", text);
        if (!name[i])
            return NULL;
    }
    return name;
}

/* Frames the least or the greatest cell, the first of equal ones, and says which it is. */
static rise_status mark_cell(plot_job *job, draw_heat *h, rise_error *err) {
    draw_figure *f = job->figure;
    double sign = job->o->mark == PLOT_MARK_LEAST ? 1 : -1, best = INFINITY;
    size_t *framed = plot_alloc(job->pool, 1, sizeof *framed);
    char value[DRAW_NUMBER_MAX];
    if (!framed)
        return rise_fail_nomem(err, "plot");
    for (size_t i = 0; i < h->n_rows * h->n_columns; i++)
        if (sign * h->cell[i] < best) { /* not of NaN */
            best = sign * h->cell[i];
            *framed = i;
        }
    draw_number_general(value, sign * best, 4);
    draw_number_minus(value);
    h->framed = framed;
    f->note = plot_text(job->pool, "%s%sframed: %s, %s at %s, %s", f->note ? f->note : "",
                        f->note ? "; " : "", sign > 0 ? "least" : "greatest", value,
                        f->x.names[*framed % h->n_columns], f->y.names[*framed / h->n_columns]);
    return f->note ? RISE_OK : rise_fail_nomem(err, "plot");
}

/* Takes over cells, names and what they mean; checks that there is something to see. */
static rise_status set_heat(plot_job *job, size_t n_rows, size_t n_columns, const double *cell,
                            const char *label, rise_error *err) {
    draw_heat *h = plot_alloc(job->pool, 1, sizeof *h);
    draw_figure *f = job->figure;
    size_t missing = 0;
    if (!h || !f->x.names || !f->y.names || !label)
        return rise_fail_nomem(err, "plot");
    for (size_t i = 0; i < n_rows * n_columns; i++)
        missing += isnan(cell[i]) ? 1u : 0u;
    if (missing == n_rows * n_columns)
        return rise_fail(err, RISE_E_DATA, "plot: nothing to draw: %s holds no finite value",
                         job->source[0].reference);
    *h = (draw_heat){.n_rows = n_rows,
                     .n_columns = n_columns,
                     .cell = cell,
                     .label = job->o->value_label ? job->o->value_label : label,
                     .map = job->o->map};
    f->x.n_names = n_columns;
    f->y.n_names = n_rows;
    f->heat = h;
    if (missing && !(f->note = plot_text(job->pool, "hatched: no value (%zu)", missing)))
        return rise_fail_nomem(err, "plot");
    return job->o->mark ? mark_cell(job, h, err) : RISE_OK;
}

static rise_status heat_tensor(plot_job *job, const rise_tensor *t, rise_error *err) {
    const char *reference = job->source[0].reference;
    if (t->rank != 2 || t->offsets)
        return rise_fail(err, RISE_E_DATA, "plot: a heat map needs [i, j]; %s has %d dimension%s%s",
                         reference, t->rank, t->rank == 1 ? "" : "s",
                         t->offsets ? " and is ragged" : "");
    size_t n_rows = t->dim[0].size, n_columns = t->dim[1].size;
    if (n_rows == 0 || n_columns == 0 || n_rows > SIDE_MAX || n_columns > SIDE_MAX)
        return rise_fail(err, RISE_E_DATA, "plot: %s is %zu x %zu; a heat map takes 1..%d each way",
                         reference, n_rows, n_columns, SIDE_MAX);
    double *cell = plot_alloc(job->pool, n_rows * n_columns, sizeof *cell);
    if (!cell)
        return rise_fail_nomem(err, "plot");
    for (size_t i = 0; i < n_rows * n_columns; i++) {
        double v = rise_tensor_number(t, i);
        cell[i] = isfinite(v) ? v : NAN;
    }
    draw_figure *f = job->figure;
    f->y.names = names_of_dim(job->pool, &t->dim[0]);
    f->x.names = names_of_dim(job->pool, &t->dim[1]);
    f->y.label = plot_pretty(job->pool, t->dim[0].name, "");
    f->x.label = plot_pretty(job->pool, t->dim[1].name, "");
    return set_heat(job, n_rows, n_columns, cell, plot_pretty(job->pool, reference, t->unit), err);
}

static const char **names_of_groups(plot_pool *pool, const plot_group *g, size_t n) {
    const char **name = plot_alloc(pool, n, sizeof *name);
    for (size_t k = 0; name && k < n; k++)
        name[k] = g[k].name;
    return name;
}

static rise_status heat_table(plot_job *job, const rise_table *t, rise_error *err) {
    const char *reference = job->source[0].reference;
    const rise_column *c[3];
    plot_group *g[2];
    size_t n[2];
    if (!job->o->x || job->o->n_y != 1 || !job->o->value) {
        (void)rise_fail(err, RISE_E_DATA, "plot: %s is a table", reference);
        return rise_hint(err, "a heat map of a table needs the columns x, y and value");
    }
    rise_status status = plot_column(t, reference, job->o->x, false, &c[0], err);
    if (!status)
        status = plot_column(t, reference, job->o->y[0], false, &c[1], err);
    if (!status)
        status = plot_column(t, reference, job->o->value, true, &c[2], err);
    for (int k = 0; k < 2 && !status; k++)
        status = plot_groups(job, 0, c[k], &g[k], &n[k], err);
    if (status)
        return status;
    double *cell = plot_alloc(job->pool, n[0] * n[1], sizeof *cell); /* sums, then means */
    double *count = plot_alloc(job->pool, n[0] * n[1], sizeof *count);
    size_t *across = plot_alloc(job->pool, t->n_rows, sizeof *across); /* x group of each row */
    if (!cell || !count || !across)
        return rise_fail_nomem(err, "plot");
    for (size_t k = 0; k < n[0]; k++)
        for (size_t i = 0; i < g[0][k].n; i++)
            across[g[0][k].row[i]] = k;
    for (size_t k = 0; k < n[1]; k++)
        for (size_t i = 0; i < g[1][k].n; i++) {
            size_t row = g[1][k].row[i];
            size_t at = k * n[0] + across[row];
            double v = plot_number(c[2], row);
            job->merged = job->merged || (count[at] > 0 && isfinite(v));
            cell[at] += isfinite(v) ? v : 0;
            count[at] += isfinite(v);
        }
    for (size_t i = 0; i < n[0] * n[1]; i++)
        cell[i] = count[i] > 0 ? cell[i] / count[i] : NAN;
    draw_figure *f = job->figure;
    f->x.names = names_of_groups(job->pool, g[0], n[0]);
    f->y.names = names_of_groups(job->pool, g[1], n[1]);
    f->x.label = plot_pretty(job->pool, c[0]->name, c[0]->unit);
    f->y.label = plot_pretty(job->pool, c[1]->name, c[1]->unit);
    return set_heat(job, n[1], n[0], cell, plot_pretty(job->pool, c[2]->name, c[2]->unit), err);
}

/* A second tensor of the same shape holds the errors of the first. */
static rise_status add_errors(plot_job *job, rise_error *err) {
    const rise_tensor *t = rise_value_tensor(job->source[0].value);
    const rise_tensor *e = rise_value_tensor(job->source[1].value);
    if (!t || !e || e->rank != 2 || e->offsets || e->dim[0].size != t->dim[0].size ||
        e->dim[1].size != t->dim[1].size) {
        (void)rise_fail(err, RISE_E_DATA, "plot: %s does not hold an error for each cell of %s",
                        job->source[1].reference, job->source[0].reference);
        return rise_hint(err, "as in `input: [corr, corr.error]`: two tensors [i, j] of one shape");
    }
    size_t n = rise_tensor_count(e);
    double *error = plot_alloc(job->pool, n, sizeof *error);
    draw_heat *h = plot_alloc(job->pool, 1, sizeof *h);
    if (!error || !h)
        return rise_fail_nomem(err, "plot");
    for (size_t i = 0; i < n; i++) {
        double v = rise_tensor_number(e, i);
        error[i] = isfinite(v) ? v : NAN;
    }
    *h = *job->figure->heat;
    h->error = error;
    job->figure->heat = h;
    return RISE_OK;
}

rise_status plot_heat(plot_job *job, rise_error *err) {
    const rise_value *v = job->source[0].value;
    if (job->n_sources > 2)
        return rise_fail(err, RISE_E_DATA,
                         "plot: a heat map takes one input, or two with its errors, found %zu",
                         job->n_sources);
    rise_status status = rise_value_tensor(v) ? heat_tensor(job, rise_value_tensor(v), err)
                                              : heat_table(job, rise_value_table(v), err);
    return !status && job->n_sources == 2 ? add_errors(job, err) : status;
}

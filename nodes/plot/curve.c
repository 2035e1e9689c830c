/* Curves (y over x, one series per input, column and group) and parity plots (predicted over
 * target, one series per part). */
#include "plot.h"
#include "kit/draw/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct point {
    double x, y, low, high; /* low and high: ends of the error bar */
    size_t order;
} point;

static int by_x(const void *a, const void *b) {
    const point *p = a, *q = b;
    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    return (p->order > q->order) - (p->order < q->order);
}

/* Points with the same x become their mean, with the standard deviation (n - 1), the standard error
 * or the range as error bar. */
static size_t merge(point *p, size_t n, plot_error kind) {
    size_t kept = 0;
    for (size_t i = 0, j; i < n; i = j) {
        double sum = 0, squares = 0, low = p[i].y, high = p[i].y;
        for (j = i; j < n && p[j].x == p[i].x; j++) {
            sum += p[j].y;
            low = fmin(low, p[j].y);
            high = fmax(high, p[j].y);
        }
        double count = (double)(j - i), mean = sum / count;
        for (size_t k = i; k < j; k++)
            squares += (p[k].y - mean) * (p[k].y - mean);
        double error = j - i > 1 ? sqrt(squares / (count - 1)) : 0;
        error /= kind == PLOT_SE ? sqrt(count) : 1;
        if (kind != PLOT_RANGE)
            low = mean - error, high = mean + error;
        p[kept++] = (point){p[i].x, mean, low, high, i};
    }
    return kept;
}

static bool repeats(const point *p, size_t n) {
    for (size_t i = 1; i < n; i++)
        if (p[i].x == p[i - 1].x)
            return true;
    return false;
}

/* How the points of a series are shown. */
typedef struct look {
    bool errors, joined, right;
} look;

static rise_status add_points(plot_job *job, point *p, size_t n, look as, const char *label,
                              rise_error *err) {
    bool log_y = as.right ? job->o->log_y2 : job->o->log_y;
    if (n == 0)
        return RISE_OK;
    if (as.joined) {
        qsort(p, n, sizeof *p, by_x);
        if (!as.errors && repeats(p, n)) {
            n = merge(p, n, job->o->error);
            as.errors = job->merged = true;
        }
    }
    draw_series *s = plot_add(job);
    double *v = plot_alloc(job->pool, 4 * n, sizeof *v);
    if (!s || !v || !label)
        return rise_fail_nomem(err, "plot");
    for (size_t i = 0; i < n; i++) {
        v[i] = p[i].x;
        v[n + i] = p[i].y;
        /* a logarithmic axis cannot show an end at 0 or below */
        v[2 * n + i] = log_y && p[i].low <= 0 ? p[i].y : p[i].low;
        v[3 * n + i] = p[i].high;
    }
    *s = (draw_series){.label = label, .n = n, .x = v, .y = v + n, .right = as.right};
    s->style = as.joined ? DRAW_LINE | DRAW_POINTS : DRAW_POINTS;
    if (as.errors) {
        s->low = v + 2 * n;
        s->high = v + 3 * n;
        s->style |= job->o->band ? DRAW_BAND : 0;
    }
    return RISE_OK;
}

static rise_status add_group(plot_job *job, const plot_group *g, const rise_column *const c[3],
                             look as, const char *label, rise_error *err) {
    point *p = plot_alloc(job->pool, g->n, sizeof *p);
    size_t n = 0;
    if (!p)
        return rise_fail_nomem(err, "plot");
    for (size_t i = 0; i < g->n; i++) {
        double x = plot_number(c[0], g->row[i]), y = plot_number(c[1], g->row[i]);
        double error = c[2] ? plot_number(c[2], g->row[i]) : 0;
        if (isfinite(x) && isfinite(y) && isfinite(error))
            p[n++] = (point){x, y, y - fabs(error), y + fabs(error), i};
        else
            job->left_out++;
    }
    as.errors = c[2] != NULL;
    return add_points(job, p, n, as, label, err);
}

/* The column that gives the series: as asked, else `part` where there is one. */
static rise_status find_by(plot_job *job, size_t source, const rise_column **by, rise_error *err) {
    const rise_table *t = rise_value_table(job->source[source].value);
    *by = NULL;
    if (job->o->by && !rise_table_find(t, job->o->by) && plot_elsewhere(job, source, job->o->by))
        return RISE_OK;
    if (job->o->by)
        return plot_column(t, job->source[source].reference, job->o->by, false, by, err);
    *by = rise_table_find(t, "part");
    return RISE_OK;
}

/* Columns of y to draw: those asked for, then the one on the right. */
static size_t n_asked(const plot_options *o) {
    return (o->n_y ? o->n_y : 1) + (o->y2 != NULL);
}

static const char *asked(const plot_options *o, size_t k) {
    return k < o->n_y ? o->y[k] : k + 1 == n_asked(o) ? o->y2 : NULL;
}

/* Is y an input's own? "rmse" is of every input that has it, "curve.rmse" of the node curve alone.
 * *y becomes the bare column; NULL: none is asked for. */
static bool mine(const plot_job *job, size_t source, const char **y) {
    const rise_table *t = rise_value_table(job->source[source].value);
    const char *dot = *y ? strchr(*y, '.') : NULL;
    if (!*y || rise_table_find(t, *y))
        return true;
    bool named = false;
    for (size_t i = 0; dot && i < job->n_sources; i++) {
        const char *reference = job->source[i].reference;
        bool this = strncmp(reference, *y, (size_t)(dot - *y)) == 0 &&
                    strchr(".[", reference[dot - *y]); /* the end of the text, too */
        named = named || this;
        if (this && i == source) {
            *y = dot + 1;
            return true;
        }
    }
    return !named &&
           !plot_elsewhere(job, source, *y); /* a wrong name is told once it is looked for */
}

/* x, y, and the error of y or NULL. y is NULL where it is another input's. */
static rise_status curve_columns(plot_job *job, size_t source, size_t k, const rise_column *c[3],
                                 rise_error *err) {
    const rise_table *t = rise_value_table(job->source[source].value);
    const char *reference = job->source[source].reference, *y = asked(job->o, k);
    rise_status status = RISE_OK;
    c[1] = c[2] = NULL;
    if (!mine(job, source, &y))
        return RISE_OK;
    if (job->o->x)
        status = plot_column(t, reference, job->o->x, true, &c[0], err);
    else
        c[0] = plot_first_number(t, NULL);
    if (!status && y)
        status = plot_column(t, reference, y, true, &c[1], err);
    else if (!status) {
        const rise_column *rmse = rise_table_find(t, "rmse");
        c[1] = rmse && rmse != c[0] ? rmse : plot_first_number(t, c[0]);
    }
    if (!status && job->o->y_error && k == 0)
        status = plot_column(t, reference, job->o->y_error, true, &c[2], err);
    if (!status && (!c[0] || !c[1])) {
        (void)rise_fail(err, RISE_E_DATA, "plot: %s has fewer than two columns of numbers",
                        reference);
        status = rise_hint(err, "a curve needs one for x and one for y");
    }
    return status;
}

static rise_status set_labels(plot_job *job, const rise_column *const c[3], bool right,
                              rise_error *err) {
    draw_figure *f = job->figure;
    draw_axis *y = right ? &f->y2 : &f->y;
    if (!f->x.label)
        f->x.label = plot_pretty(job->pool, c[0]->name, c[0]->unit);
    if (!y->label)
        y->label =
            !right && job->o->n_y > 1 ? c[1]->unit : plot_pretty(job->pool, c[1]->name, c[1]->unit);
    return f->x.label && y->label ? RISE_OK : rise_fail_nomem(err, "plot");
}

static rise_status curve_table(plot_job *job, size_t source, rise_error *err) {
    size_t n_y = n_asked(job->o), n_groups;
    const rise_column *by, *c[3];
    plot_group *g;
    rise_status status = find_by(job, source, &by, err);
    if (!status)
        status = plot_groups(job, source, by, &g, &n_groups, err);
    for (size_t k = 0; k < n_y && !status; k++) {
        look as = {.joined = true, .right = job->o->y2 && k + 1 == n_y};
        status = curve_columns(job, source, k, c, err);
        if (status || !c[1])
            continue;
        status = set_labels(job, c, as.right, err);
        for (size_t i = 0; i < n_groups && !status; i++) {
            const char *label = plot_name(job, source, n_y > 1 ? c[1]->name : NULL,
                                          n_groups > 1 ? g[i].name : NULL);
            status = add_group(job, &g[i], c, as, label, err);
        }
    }
    return status;
}

#define CURVES_MAX 12

/* [x]: one curve; [series, x]: one for each index. */
static rise_status curve_tensor(plot_job *job, size_t source, rise_error *err) {
    const rise_tensor *t = rise_value_tensor(job->source[source].value);
    const char *reference = job->source[source].reference;
    if (t->offsets || t->rank < 1 || t->rank > 2)
        return rise_fail(err, RISE_E_DATA,
                         "plot: a curve needs a table, [x] or [series, x]; %s has %d "
                         "dimensions%s",
                         reference, t->rank, t->offsets ? " and is ragged" : "");
    const rise_dim *last = &t->dim[t->rank - 1];
    size_t n_curves = t->rank == 2 ? t->dim[0].size : 1;
    if (n_curves > CURVES_MAX)
        return rise_fail(err, RISE_E_DATA, "plot: %s holds %zu curves, at most %d are told apart",
                         reference, n_curves, CURVES_MAX);
    job->figure->x.label = plot_pretty(job->pool, last->name, "");
    job->figure->y.label = plot_pretty(job->pool, reference, t->unit);
    if (!job->figure->x.label || !job->figure->y.label)
        return rise_fail_nomem(err, "plot");
    rise_status status = RISE_OK;
    for (size_t k = 0; k < n_curves && !status; k++) {
        char number[DRAW_NUMBER_MAX];
        point *p = plot_alloc(job->pool, last->size, sizeof *p);
        size_t n = 0;
        if (!p)
            return rise_fail_nomem(err, "plot");
        for (size_t i = 0; i < last->size; i++) {
            double x = last->coords ? last->coords[i] : (double)i;
            double y = rise_tensor_number(t, k * last->size + i);
            if (isfinite(x) && isfinite(y))
                p[n++] = (point){x, y, y, y, i};
            else
                job->left_out++;
        }
        draw_number_general(number, t->dim[0].coords ? t->dim[0].coords[k] : (double)k, 6);
        const char *group =
            t->rank == 2 ? plot_text(job->pool, "%s = %s", t->dim[0].name, number) : NULL;
        status =
            add_points(job, p, n, (look){.joined = true}, plot_name(job, source, NULL, group), err);
    }
    return status;
}

static rise_status nothing(plot_job *job, rise_error *err) {
    return rise_fail(err, RISE_E_DATA, "plot: nothing to draw: %s holds no finite value",
                     job->source[0].reference);
}

rise_status plot_curve(plot_job *job, rise_error *err) {
    if (job->o->y_error && job->o->n_y > 1)
        return rise_fail(err, RISE_E_DATA, "plot: y_error goes with one column y, not with %zu",
                         job->o->n_y);
    bool table = !job->o->y2; /* one at least must have the column y2 */
    for (size_t i = 0; i < job->n_sources; i++)
        table = table || rise_value_table(job->source[i].value);
    if (!table) {
        (void)rise_fail(err, RISE_E_DATA, "plot: y2 names a column; %s is a tensor",
                        job->source[0].reference);
        return rise_hint(err, "leave y2 out, or add a table that has '%s'", job->o->y2);
    }
    rise_status status = RISE_OK;
    for (size_t i = 0; i < job->n_sources && !status; i++)
        status = rise_value_table(job->source[i].value) ? curve_table(job, i, err)
                                                        : curve_tensor(job, i, err);
    if (!status && !job->n_series)
        return nothing(job, err);
    return status ? status : plot_lines(job, err);
}

/* ---- parity ---------------------------------------------------------------------------------- */
const char *plot_quality(plot_job *job, const double *x, const double *y, size_t n,
                         const char *unit) {
    double mean = 0, about = 0, error = 0;
    for (size_t i = 0; i < n; i++)
        mean += x[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        about += (x[i] - mean) * (x[i] - mean);
        error += (y[i] - x[i]) * (y[i] - x[i]);
    }
    char rmse[DRAW_NUMBER_MAX], r2[DRAW_NUMBER_MAX];
    double root = sqrt(error / (double)n);
    draw_number_fixed(rmse, root, root > 0 ? 2 - (int)fmax(-4, floor(log10(root))) : 0);
    if (n < 2 || about <= 0)
        return plot_text(job->pool, "RMSE %s%s%s", rmse, unit[0] ? " " : "", unit);
    draw_number_fixed(r2, 1 - error / about, 3);
    draw_number_minus(r2);
    return plot_text(job->pool, "RMSE %s%s%s, R^{2} %s", rmse, unit[0] ? " " : "", unit, r2);
}

rise_status plot_parity(plot_job *job, rise_error *err) {
    const char *names[2] = {job->o->x ? job->o->x : "target",
                            job->o->n_y ? job->o->y[0] : "predicted"};
    const char *unit = "";
    rise_status status = RISE_OK;
    for (size_t i = 0; i < job->n_sources && !status; i++) {
        const rise_table *t = rise_value_table(job->source[i].value);
        const char *reference = job->source[i].reference;
        const rise_column *c[3] = {0}, *by;
        plot_group *g;
        size_t n_groups = 0;
        if (!t)
            return rise_fail(err, RISE_E_DATA, "plot: a parity plot needs tables; %s is a %s",
                             reference, rise_kind_name(rise_value_kind(job->source[i].value)));
        for (int k = 0; k < 2 && !status; k++)
            status = plot_column(t, reference, names[k], true, &c[k], err);
        if (!status)
            status = find_by(job, i, &by, err);
        if (!status)
            status = plot_groups(job, i, by, &g, &n_groups, err);
        if (!status)
            status = set_labels(job, c, false, err);
        for (size_t k = 0; k < n_groups && !status; k++) {
            size_t before = job->n_series;
            const char *name = plot_name(job, i, NULL, by ? g[k].name : NULL);
            status = add_group(job, &g[k], c, (look){.joined = false}, name, err);
            if (status || job->n_series == before)
                continue;
            draw_series *s = &job->series[before];
            s->label = plot_text(job->pool, "%s%sn = %zu%s", name, name[0] ? " (" : "", s->n,
                                 name[0] ? ")" : "");
            s->detail = plot_quality(job, s->x, s->y, s->n, c[0]->unit);
            unit = c[0]->unit;
            if (!s->label || !s->detail)
                return rise_fail_nomem(err, "plot");
        }
    }
    job->figure->equal = true;
    if (!status && !job->n_series)
        return nothing(job, err);
    return !status && job->o->bins ? plot_density(job, unit, err) : status;
}

/* Bars over categories: a column of a table, or the elements of a tensor [k]. */
#include "plot.h"
#include "kit/draw/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct bar {
    const char *name;
    double y, error;
    size_t series, order;
} bar;

typedef struct bar_list {
    bar *bar;
    size_t n, n_series;
    const char **label; /* [series] */
    bool errors;
} bar_list;

static int higher_first(const void *a, const void *b) {
    const bar *p = a, *q = b;
    if (fabs(p->y) != fabs(q->y))
        return fabs(p->y) > fabs(q->y) ? -1 : 1;
    return (p->order > q->order) - (p->order < q->order);
}

static void put(plot_job *job, bar_list *l, const char *name, double y, double error) {
    if (isfinite(y) && isfinite(error)) {
        l->bar[l->n] = (bar){name, y, fabs(error), l->n_series, l->n};
        l->n++;
    } else
        job->left_out++;
}

static rise_status bars_tensor(plot_job *job, size_t source, bar_list *l, rise_error *err) {
    const rise_tensor *t = rise_value_tensor(job->source[source].value);
    if (t->rank != 1)
        return rise_fail(err, RISE_E_DATA, "plot: bars need a table or [k]; %s has %d dimensions",
                         job->source[source].reference, t->rank);
    job->figure->x.label = plot_pretty(job->pool, t->dim[0].name, "");
    job->figure->y.label = plot_pretty(job->pool, job->source[source].reference, t->unit);
    for (size_t i = 0; i < t->dim[0].size; i++) {
        char number[DRAW_NUMBER_MAX];
        draw_number_general(number, t->dim[0].coords ? t->dim[0].coords[i] : (double)i, 6);
        const char *name = plot_text(job->pool, "%s", number);
        if (!name)
            return rise_fail_nomem(err, "plot");
        put(job, l, name, rise_tensor_number(t, i), 0);
    }
    l->label[l->n_series++] = plot_name(job, source, NULL, NULL);
    return RISE_OK;
}

static rise_status bar_columns(plot_job *job, size_t source, const rise_column *c[3],
                               const rise_column **by, rise_error *err) {
    const rise_table *t = rise_value_table(job->source[source].value);
    const char *reference = job->source[source].reference;
    rise_status status = RISE_OK;
    *by = c[2] = NULL;
    c[0] = t->n_columns ? &t->column[0] : NULL;
    if (job->o->x)
        status = plot_column(t, reference, job->o->x, false, &c[0], err);
    c[1] = plot_first_number(t, c[0]);
    if (!status && job->o->n_y)
        status = plot_column(t, reference, job->o->y[0], true, &c[1], err);
    if (!status && job->o->y_error)
        status = plot_column(t, reference, job->o->y_error, true, &c[2], err);
    if (!status && job->o->by)
        status = plot_column(t, reference, job->o->by, false, by, err);
    if (!status && (!c[0] || !c[1]))
        status =
            rise_fail(err, RISE_E_DATA, "plot: %s has no column of numbers for bars", reference);
    return status;
}

static rise_status bars_table(plot_job *job, size_t source, bar_list *l, rise_error *err) {
    const rise_column *c[3], *by;
    plot_group *g;
    size_t n_groups = 0;
    rise_status status = bar_columns(job, source, c, &by, err);
    if (!status)
        status = plot_groups(job, source, by, &g, &n_groups, err);
    if (status)
        return status;
    job->figure->x.label = plot_pretty(job->pool, c[0]->name, c[0]->unit);
    job->figure->y.label = plot_pretty(job->pool, c[1]->name, c[1]->unit);
    l->errors = l->errors || c[2];
    for (size_t k = 0; k < n_groups; k++) {
        for (size_t i = 0; i < g[k].n; i++) {
            const char *name = plot_cell(job->pool, c[0], g[k].row[i]);
            if (!name)
                return rise_fail_nomem(err, "plot");
            put(job, l, name, plot_number(c[1], g[k].row[i]),
                c[2] ? plot_number(c[2], g[k].row[i]) : 0);
        }
        l->label[l->n_series++] = plot_name(job, source, NULL, g[k].name);
    }
    return RISE_OK;
}

static rise_status count_room(plot_job *job, bar_list *l, rise_error *err) {
    size_t room = 0;
    for (size_t i = 0; i < job->n_sources; i++) {
        const rise_table *t = rise_value_table(job->source[i].value);
        const rise_tensor *v = rise_value_tensor(job->source[i].value);
        room += t ? t->n_rows : v ? rise_tensor_count(v) : 0;
    }
    l->bar = plot_alloc(job->pool, room + 1, sizeof *l->bar);
    l->label = plot_alloc(job->pool, room + job->n_sources + 1, sizeof *l->label);
    return l->bar && l->label ? RISE_OK : rise_fail_nomem(err, "plot");
}

#define CATEGORIES_MAX 400
#define BAR_SERIES_MAX 8

/* Categories in the order of the bars, the first `top` of them. */
static size_t name_categories(const plot_options *o, const bar_list *l, const char **name) {
    size_t most = o->top && o->top < CATEGORIES_MAX ? o->top : CATEGORIES_MAX + 1, n = 0;
    for (size_t i = 0; i < l->n && n < most; i++) {
        size_t k = 0;
        while (k < n && strcmp(name[k], l->bar[i].name) != 0)
            k++;
        if (k == n)
            name[n++] = l->bar[i].name;
    }
    return n;
}

static rise_status add_bars(plot_job *job, const bar_list *l, size_t series, const char **name,
                            size_t n_names, rise_error *err) {
    double *v = plot_alloc(job->pool, 4 * (n_names + 1), sizeof *v);
    draw_series *s = plot_add(job);
    bool *taken = plot_alloc(job->pool, n_names + 1, sizeof *taken);
    size_t n = 0, room = n_names + 1;
    if (!v || !s || !taken || !l->label[series])
        return rise_fail_nomem(err, "plot");
    for (size_t i = 0; i < l->n; i++) {
        const bar *b = &l->bar[i];
        size_t k = 0;
        while (k < n_names && strcmp(name[k], b->name) != 0)
            k++;
        if (b->series != series || k == n_names)
            continue;
        if (taken[k]) {
            (void)rise_fail(err, RISE_E_DATA, "plot: category '%s' comes twice in one series",
                            b->name);
            return rise_hint(err, "choose rows with `where`, or split them with `by`");
        }
        taken[k] = true;
        v[n] = (double)k;
        v[room + n] = b->y;
        v[2 * room + n] = b->y - b->error;
        if (job->o->log_y && v[2 * room + n] <= 0)
            v[2 * room + n] = b->y;
        v[3 * room + n++] = b->y + b->error;
    }
    *s =
        (draw_series){.label = l->label[series], .style = DRAW_BARS, .n = n, .x = v, .y = v + room};
    if (l->errors) {
        s->low = v + 2 * room;
        s->high = v + 3 * room;
    }
    if (n == 0) /* none of its categories is among the top */
        job->n_series--;
    return RISE_OK;
}

rise_status plot_bars(plot_job *job, rise_error *err) {
    bar_list l = {0};
    rise_status status = count_room(job, &l, err);
    for (size_t i = 0; i < job->n_sources && !status; i++)
        status = rise_value_table(job->source[i].value) ? bars_table(job, i, &l, err)
                                                        : bars_tensor(job, i, &l, err);
    if (status)
        return status;
    if (l.n == 0)
        return rise_fail(err, RISE_E_DATA, "plot: nothing to draw: %s holds no finite value",
                         job->source[0].reference);
    if (l.n_series > BAR_SERIES_MAX)
        return rise_fail(err, RISE_E_DATA, "plot: %zu series of bars, at most %d are told apart",
                         l.n_series, BAR_SERIES_MAX);
    if (job->o->top)
        qsort(l.bar, l.n, sizeof *l.bar, higher_first);
    const char **name = plot_alloc(job->pool, CATEGORIES_MAX + 1, sizeof *name);
    if (!name)
        return rise_fail_nomem(err, "plot");
    size_t n_names = name_categories(job->o, &l, name);
    if (n_names > CATEGORIES_MAX) {
        (void)rise_fail(err, RISE_E_DATA, "plot: more than %d categories", CATEGORIES_MAX);
        return rise_hint(err, "keep the highest with `top: 20`");
    }
    job->figure->x.names = name;
    job->figure->x.n_names = n_names;
    for (size_t k = 0; k < l.n_series && !status; k++)
        status = add_bars(job, &l, k, name, n_names, err);
    return status;
}

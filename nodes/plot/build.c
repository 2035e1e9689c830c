/* The parts that all kinds of figures share: labels, series, notes, defaults. */
#include "plot.h"

#include <string.h>

/* How the field writes what our columns are called. */
static const char *const pretty[][2] = {
    {"rmse", "RMSE"},
    {"mae", "MAE"},
    {"r2", "R^{2}"},
    {"r_cut", "r_{cut}"},
    {"comm", "communication length"},
    {"comm_length", "communication length"},
    {"s2", "S_{2}"},
    {"n_leaders", "leaders"},
    {"shap", "SHAP value"},
};

const char *plot_pretty(plot_pool *pool, const char *name, const char *unit) {
    if (!name)
        return NULL;
    for (size_t i = 0; i < sizeof pretty / sizeof *pretty; i++)
        if (strcmp(name, pretty[i][0]) == 0)
            name = pretty[i][1];
    if (unit && unit[0])
        return plot_text(pool, "%s (%s)", name, unit);
    return plot_text(pool, "%s", name);
}

/* Points of one node are told apart by their values alone: long for curve[vector=long]. */
static const char *source_name(plot_job *job, size_t source) {
    const char *name = job->source[source].reference, *open = strchr(name, '[');
    const char *value = open ? strchr(open, '=') : NULL;
    if (!value || strchr(value + 1, '='))
        return name;
    for (size_t i = 0; i < job->n_sources; i++)
        if (strncmp(job->source[i].reference, name, (size_t)(value - name)) != 0)
            return name;
    return plot_text(job->pool, "%.*s", (int)strlen(value + 1) - 1, value + 1);
}

const char *plot_name(plot_job *job, size_t source, const char *column, const char *group) {
    bool alone = job->n_sources == 1 || (column && !plot_elsewhere(job, source, column));
    const char *parts[3] = {alone ? NULL : source_name(job, source),
                            column ? plot_pretty(job->pool, column, "") : NULL, group};
    const char *name = "";
    for (size_t i = 0; i < 3; i++)
        if (parts[i] && name)
            name = plot_text(job->pool, "%s%s%s", name, name[0] ? ", " : "", parts[i]);
    return name;
}

draw_series *plot_add(plot_job *job) {
    if (job->n_series == job->room) {
        size_t room = job->room ? 2 * job->room : 8;
        draw_series *grown = plot_alloc(job->pool, room, sizeof *grown);
        if (!grown)
            return NULL;
        if (job->n_series)
            memcpy(grown, job->series, job->n_series * sizeof *grown);
        job->series = grown;
        job->room = room;
    }
    return &job->series[job->n_series++];
}

static rise_status add_note(plot_job *job, const char *text, rise_error *err) {
    const char *note = job->figure->note;
    if (text)
        job->figure->note = note ? plot_text(job->pool, "%s; %s", note, text) : text;
    return text && job->figure->note ? RISE_OK : rise_fail_nomem(err, "plot");
}

/* Legend texts: those given, none where there is only one series that nobody named. */
static rise_status name_series(plot_job *job, rise_error *err) {
    if (job->figure->box) /* its blocks are named */
        return RISE_OK;
    if (job->o->n_labels > job->n_series)
        return rise_fail(err, RISE_E_DATA, "plot: %zu labels for %zu series", job->o->n_labels,
                         job->n_series);
    for (size_t i = 0; i < job->n_series; i++) {
        draw_series *s = &job->series[i];
        if (i < job->o->n_labels)
            s->label = job->o->labels[i];
        else if (job->n_series == 1 && !s->detail)
            s->label = NULL;
        if (s->label && !s->label[0])
            s->label = s->detail ? "all" : NULL;
    }
    return RISE_OK;
}

static rise_status finish(plot_job *job, rise_error *err) {
    static const char *const merged[] = {[PLOT_STD] = "mean ± standard deviation of repeated x",
                                         [PLOT_SE] = "mean ± standard error of repeated x",
                                         [PLOT_RANGE] =
                                             "mean of repeated x; bars: least and greatest"};
    draw_figure *f = job->figure;
    rise_status status = name_series(job, err);
    if (!status && job->merged)
        status = add_note(job, f->heat ? "mean of repeated cells" : merged[job->o->error], err);
    if (!status && job->left_out)
        status = add_note(job,
                          plot_text(job->pool, "%zu value%s not finite: left out", job->left_out,
                                    job->left_out == 1 ? "" : "s"),
                          err);
    if (status)
        return status;
    f->series = job->n_series ? job->series : NULL;
    f->n_series = job->n_series;
    if (job->o->x_label)
        f->x.label = job->o->x_label;
    if (job->o->y_label)
        f->y.label = job->o->y_label;
    if (job->o->y2_label)
        f->y2.label = job->o->y2_label;
    f->y2.log = job->o->log_y2;
    f->x.log = job->o->log_x && !f->x.names;
    f->y.log = job->o->log_y && !f->y.names;
    if (!f->x.names) {
        f->x2_scale = job->o->x2_scale;
        f->x2_label = job->o->x2_label;
    }
    return RISE_OK;
}

rise_status plot_build(const plot_options *o, const plot_source *source, size_t n_sources,
                       plot_pool *pool, draw_figure *figure, size_t *left_out, rise_error *err) {
    static rise_status (*const build[])(plot_job *,
                                        rise_error *) = {[PLOT_CURVE] = plot_curve,
                                                         [PLOT_PARITY] = plot_parity,
                                                         [PLOT_HEAT] = plot_heat,
                                                         [PLOT_HISTOGRAM] = plot_histogram,
                                                         [PLOT_DISTRIBUTION] = plot_distribution,
                                                         [PLOT_BARS] = plot_bars,
                                                         [PLOT_REGIONS] = plot_regions};
    static const double size[][2] = {
        [PLOT_CURVE] = {90, 68},     [PLOT_PARITY] = {85, 85},       [PLOT_HEAT] = {90, 76},
        [PLOT_HISTOGRAM] = {90, 64}, [PLOT_DISTRIBUTION] = {90, 68}, [PLOT_BARS] = {90, 68},
        [PLOT_REGIONS] = {90, 76}};
    plot_job job = {.o = o, .source = source, .n_sources = n_sources, .pool = pool};
    if (n_sources == 0)
        return rise_fail(err, RISE_E_DATA, "plot: nothing is connected");
    memset(figure, 0, sizeof *figure);
    job.figure = figure;
    figure->title = o->title;
    figure->width_mm = o->width_mm > 0 ? o->width_mm : size[o->kind][0];
    figure->height_mm = o->height_mm > 0 ? o->height_mm : size[o->kind][1];
    rise_status status = build[o->kind](&job, err);
    if (!status)
        status = finish(&job, err);
    *left_out = job.left_out;
    return status;
}

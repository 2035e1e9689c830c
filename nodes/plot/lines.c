/* Lines of reference: one number of another table for each, such as the error of a plainer model.
 */
#include "plot.h"

#include <math.h>
#include <string.h>

/* The input that "node.column" speaks of; SIZE_MAX: none. */
static size_t find_source(const plot_job *job, const char *name, const char *dot) {
    size_t n = (size_t)(dot - name);
    for (size_t i = 0; i < job->n_sources; i++) {
        const char *reference = job->source[i].reference;
        if (strncmp(reference, name, n) == 0 && strchr(".[", reference[n])) /* its end, too */
            return i;
    }
    return SIZE_MAX;
}

/* Mean over the rows that `where` lets through. */
static rise_status measure(plot_job *job, const char *name, double *y, rise_error *err) {
    const char *dot = strchr(name, '.');
    size_t source = dot ? find_source(job, name, dot) : SIZE_MAX, n_rows, n = 0, *row;
    const rise_table *t = source < SIZE_MAX ? rise_value_table(job->source[source].value) : NULL;
    const rise_column *column;
    if (!t) {
        (void)rise_fail(err, RISE_E_DATA, "plot: line '%s' is of no table that is connected", name);
        return rise_hint(err, "as in `input: [curve, ridge.metrics]`, `lines: [ridge.rmse]`");
    }
    rise_status status = plot_column(t, job->source[source].reference, dot + 1, true, &column, err);
    if (!status)
        status = plot_rows(job, source, &row, &n_rows, err);
    *y = 0;
    for (size_t i = 0; !status && i < n_rows; i++)
        if (isfinite(plot_number(column, row[i]))) {
            *y += plot_number(column, row[i]);
            n++;
        }
    if (!status && n == 0)
        return rise_fail(err, RISE_E_DATA, "plot: line '%s' has no finite value", name);
    *y /= (double)n;
    return status;
}

rise_status plot_lines(plot_job *job, rise_error *err) {
    const plot_options *o = job->o;
    if (o->n_lines == 0)
        return RISE_OK;
    if (o->n_lines > DRAW_LINES_MAX)
        return rise_fail(err, RISE_E_DATA, "plot: %zu lines, at most %d can be told apart",
                         o->n_lines, DRAW_LINES_MAX);
    if (o->n_line_labels > o->n_lines)
        return rise_fail(err, RISE_E_DATA, "plot: %zu line_labels for %zu lines", o->n_line_labels,
                         o->n_lines);
    draw_line *line = plot_alloc(job->pool, o->n_lines, sizeof *line);
    if (!line)
        return rise_fail_nomem(err, "plot");
    for (size_t i = 0; i < o->n_lines; i++) {
        rise_status status = measure(job, o->lines[i], &line[i].y, err);
        if (status)
            return status;
        line[i].label =
            i < o->n_line_labels
                ? o->line_labels[i]
                : plot_text(job->pool, "%.*s", (int)strcspn(o->lines[i], "."), o->lines[i]);
        if (!line[i].label)
            return rise_fail_nomem(err, "plot");
    }
    job->figure->lines = line;
    job->figure->n_lines = o->n_lines;
    return RISE_OK;
}

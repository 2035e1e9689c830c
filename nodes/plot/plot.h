/* nodes/plot/plot.h: from tables and tensors to a figure. Pure: tests call plot_build directly. */
#ifndef PLOT_H
#define PLOT_H

#include "kit/draw/draw.h"

#include <rise/error.h>
#include <rise/value.h>

typedef enum plot_kind {
    PLOT_CURVE,
    PLOT_PARITY,
    PLOT_HEAT,
    PLOT_HISTOGRAM,
    PLOT_DISTRIBUTION,
    PLOT_BARS,
    PLOT_REGIONS
} plot_kind;

typedef enum plot_error { PLOT_STD, PLOT_SE, PLOT_RANGE } plot_error;
typedef enum plot_mark { PLOT_MARK_NONE, PLOT_MARK_LEAST, PLOT_MARK_GREATEST } plot_mark;

/* Where a source of kind regions stands on its axis. */
typedef struct plot_point {
    const char *text;   /* NULL: on none, or on several */
    double number;      /* NaN: no number */
    const rise_id *ids; /* frames of the value, or NULL */
} plot_point;

/* Texts may be NULL for "not given"; the caller owns everything. */
typedef struct plot_options {
    plot_kind kind;
    const char *title, *x, *y2, *y_error, *by, *value, *minus;
    size_t n_y;
    const char *const *y;
    size_t n_where;
    const char *const *where; /* "part=test", "r_cut>=4" */
    const char *x_label, *y_label, *y2_label, *value_label, *x2_label;
    size_t n_labels;
    const char *const *labels;  /* legend texts in drawing order */
    double width_mm, height_mm; /* 0: by kind */
    bool log_x, log_y, log_y2, band;
    plot_error error;        /* of repeated x */
    plot_mark mark;          /* the cell of a heat map that is framed */
    double x2_scale;         /* 0: none */
    size_t bins;             /* 0: Freedman and Diaconis */
    size_t top;              /* 0: all */
    size_t frame;            /* regions: which sample */
    const plot_point *point; /* regions: [source] */
    size_t n_lines, n_line_labels;
    const char *const *lines, *const *line_labels; /* curve: "node.column" each */
    draw_map map;
} plot_options;

typedef struct plot_source {
    const rise_value *value;
    const char *reference; /* "node.output" */
} plot_source;

/* Memory of one figure, given back at once. */
typedef struct plot_block plot_block;
typedef struct plot_pool {
    plot_block *block;
} plot_pool;
void *plot_alloc(plot_pool *pool, size_t n, size_t size); /* zeroed; NULL: short of memory */
const char *plot_text(plot_pool *pool, const char *fmt, ...) RISE_PRINTF(2, 3);
void plot_pool_free(plot_pool *pool);

/* The figure lives in `pool` and borrows from the sources and options. `*left_out` counts numbers
 * that are not finite and therefore not shown (the figure's note says so too). RISE_E_DATA: nothing
 * to draw, a column that is not there, a value of a kind that cannot be drawn so. */
rise_status plot_build(const plot_options *options, const plot_source *source, size_t n_sources,
                       plot_pool *pool, draw_figure *figure, size_t *left_out, rise_error *err);

/* ---- inside the node ------------------------------------------------------------------------- */
typedef struct plot_job {
    const plot_options *o;
    const plot_source *source;
    size_t n_sources;
    plot_pool *pool;
    draw_figure *figure;
    draw_series *series; /* grows in the pool */
    size_t n_series, room;
    size_t left_out;
    bool merged; /* repeated x, or repeated cells, were averaged */
} plot_job;

/* Rows of a table that `where` lets through, and how they fall into groups. */
typedef struct plot_group {
    const char *name; /* NULL: the only group */
    double number;    /* NaN where the key is a text */
    size_t n;
    size_t *row;
} plot_group;

typedef struct plot_numbers {
    const char *name;
    double number;
    size_t n;
    double *v; /* finite */
} plot_numbers;

rise_status plot_column(const rise_table *table, const char *reference, const char *name,
                        bool numeric, const rise_column **column, rise_error *err);
/* Has another table than `source` this column? Then `source` may lack it. */
bool plot_elsewhere(const plot_job *job, size_t source, const char *name);
/* The first numeric column other than `skip`; NULL: none. */
const rise_column *plot_first_number(const rise_table *table, const rise_column *skip);
double plot_number(const rise_column *column, size_t row); /* NaN for texts */
const char *plot_cell(plot_pool *pool, const rise_column *column, size_t row);
rise_status plot_rows(plot_job *job, size_t source, size_t **row, size_t *n, rise_error *err);
/* `by` NULL: one group of all. Parts come as train, validation, test; numbers ascend; other texts
 * stay in the order in which they appear. */
rise_status plot_groups(plot_job *job, size_t source, const rise_column *by, plot_group **group,
                        size_t *n_groups, rise_error *err);
/* The numbers of any source, grouped by a column or a dimension. */
rise_status plot_samples(plot_job *job, size_t source, plot_numbers **set, size_t *n_sets,
                         const char **label, rise_error *err);

typedef struct plot_set {
    plot_numbers *set;
    size_t n_sets;
} plot_set;
/* Of every source; the label is that of the first. */
rise_status plot_all_samples(plot_job *job, plot_set **sets, const char **label, size_t *total,
                             size_t *n_series, rise_error *err);

const char *plot_pretty(plot_pool *pool, const char *name, const char *unit); /* "RMSE (eV)" */
/* Of a series: whichever of the three tells it from the others; the reference is left out where no
 * other input has the column. NULL: out of memory. */
const char *plot_name(plot_job *job, size_t source, const char *column, const char *group);
draw_series *plot_add(plot_job *job); /* a zeroed series; NULL: short of memory */
/* "did you mean" for `name` among the candidates; NULL when none is near. */
const char *plot_nearest(const char *name, const char *const *candidate, size_t n);

rise_status plot_curve(plot_job *job, rise_error *err);
rise_status plot_parity(plot_job *job, rise_error *err);
rise_status plot_heat(plot_job *job, rise_error *err);
rise_status plot_histogram(plot_job *job, rise_error *err);
rise_status plot_distribution(plot_job *job, rise_error *err);
rise_status plot_bars(plot_job *job, rise_error *err);
rise_status plot_regions(plot_job *job, rise_error *err);
/* Lines of reference across curves. */
rise_status plot_lines(plot_job *job, rise_error *err);
/* The points of a parity plot counted in o->bins x o->bins cells, in place of points. */
rise_status plot_density(plot_job *job, const char *unit, rise_error *err);
/* "RMSE 1.38 eV, R² 0.90" of n targets x and predictions y; R2 is about the mean of these targets.
 */
const char *plot_quality(plot_job *job, const double *x, const double *y, size_t n,
                         const char *unit);

#endif

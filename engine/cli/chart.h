/* cli/chart: a graph as boxes, links and the files it writes; what `rise-run graph` and run.html
 * draw. Texts belong to the tables that the chart holds. */
#ifndef CLI_CHART_H
#define CLI_CHART_H

#include "cli.h"

typedef struct chart_box {
    const char *name, *type, *axes;
    size_t instances;
    /* Status of its instances, to be coloured: counts by rise_instance_status; all 0: plain. */
    size_t status[RISE_NODE_FAILED + 1];
} chart_box;

typedef struct chart_link {
    size_t from, to;
    const char *output, *input; /* "" for the first port, which goes without saying */
    const char *point;          /* "[r_cut=5]" or "" */
} chart_link;

typedef struct chart_file {
    size_t box;
    const char *path; /* as in the graph: {axis} is not replaced */
} chart_file;

typedef struct chart {
    const char *title;
    size_t n_boxes, n_links, n_files;
    chart_box *box; /* what a box reads from comes before it */
    chart_link *link;
    chart_file *file;
    rise_value *table[3]; /* nodes, links, parameters */
} chart;                  /* zero-initialised is empty */

rise_status chart_make(const rise_graph *graph, chart *out, rise_error *err) RISE_MUST_USE;
void chart_free(chart *c);

/* Inline SVG, with a style of its own, light and dark. RISE_E_USAGE: too large to be drawn. */
rise_status chart_svg(const chart *c, FILE *f, rise_error *err) RISE_MUST_USE;
void chart_dot(const chart *c, FILE *f);
void chart_mermaid(const chart *c, FILE *f);

#endif

/* cli/chart: from the tables of a graph to what is drawn. */
#include "chart.h"

#include <stdlib.h>

static const char *text_at(const rise_table *t, const char *column, size_t row) {
    return rise_table_find(t, column)->text[row];
}

static size_t number_at(const rise_table *t, const char *column, size_t row) {
    return (size_t)rise_table_find(t, column)->i64[row];
}

static void take_boxes(chart *c, const rise_table *t) {
    for (size_t i = 0; i < t->n_rows; i++)
        c->box[i] = (chart_box){.name = text_at(t, "node", i),
                                .type = text_at(t, "type", i),
                                .axes = text_at(t, "axes", i),
                                .instances = number_at(t, "instances", i)};
    c->n_boxes = t->n_rows;
}

static void take_links(chart *c, const rise_table *t) {
    for (size_t i = 0; i < t->n_rows; i++) {
        bool first_output = number_at(t, "first_output", i), first = number_at(t, "first_input", i);
        c->link[i] = (chart_link){.from = number_at(t, "from_row", i),
                                  .to = number_at(t, "to_row", i),
                                  .output = first_output ? "" : text_at(t, "output", i),
                                  .input = first ? "" : text_at(t, "input", i),
                                  .point = text_at(t, "point", i)};
    }
    c->n_links = t->n_rows;
}

static void take_files(chart *c, const rise_table *t) {
    for (size_t i = 0; i < t->n_rows; i++)
        if (number_at(t, "output_file", i))
            c->file[c->n_files++] =
                (chart_file){number_at(t, "node_row", i), text_at(t, "value", i)};
}

rise_status chart_make(const rise_graph *graph, chart *out, rise_error *err) {
    chart c = {.title = rise_graph_title(graph)};
    rise_status s = rise_graph_node_table(graph, &c.table[0], err);
    if (s == RISE_OK)
        s = rise_graph_link_table(graph, &c.table[1], err);
    if (s == RISE_OK)
        s = rise_graph_param_table(graph, &c.table[2], err);
    if (s == RISE_OK) {
        const rise_table *nodes = rise_value_table(c.table[0]),
                         *links = rise_value_table(c.table[1]),
                         *params = rise_value_table(c.table[2]);
        c.box = calloc(nodes->n_rows + 1, sizeof *c.box);
        c.link = calloc(links->n_rows + 1, sizeof *c.link);
        c.file = calloc(params->n_rows + 1, sizeof *c.file);
        if (c.box && c.link && c.file) {
            take_boxes(&c, nodes);
            take_links(&c, links);
            take_files(&c, params);
        } else {
            s = rise_fail_nomem(err, "the drawing");
        }
    }
    if (s == RISE_OK)
        *out = c;
    else
        chart_free(&c);
    return s;
}

void chart_free(chart *c) {
    for (size_t i = 0; i < 3; i++)
        rise_value_release(c->table[i]);
    free(c->box);
    free(c->link);
    free(c->file);
    *c = (chart){0};
}

/* api/tables: what a graph holds, as tables: for drawings, listings and editors. */
#include "api/host.h"

#include <string.h>

/* A row of texts, then integers, in the order of the columns. */
typedef struct row_writer {
    rise_value *table;
    size_t row;
    rise_status status;
    rise_error *err;
} row_writer;

static void put_text(row_writer *w, size_t column, const char *text) {
    if (w->status == RISE_OK)
        w->status = rise_table_set_text(w->table, column, w->row, text, w->err);
}

static void put_buffer(row_writer *w, size_t column, buffer *text) {
    buffer_u8(text, 0);
    if (text->failed)
        w->status = rise_fail_nomem(w->err, "a table of the graph");
    else
        put_text(w, column, (const char *)text->bytes);
    buffer_free(text);
}

static void put_number(row_writer *w, size_t column, int64_t number) {
    rise_table_i64(w->table, column)[w->row] = number;
}

static rise_status begin(row_writer *w, const char *const *name, size_t n_texts, size_t n_numbers,
                         size_t n_rows, rise_error *err) {
    rise_column column[10] = {0};
    for (size_t c = 0; c < n_texts + n_numbers; c++) {
        strcpy(column[c].name, name[c]);
        column[c].dtype = c < n_texts ? RISE_TEXT : RISE_I64;
    }
    *w = (row_writer){.err = err};
    w->status = rise_table_new(column, n_texts + n_numbers, n_rows, &w->table, err);
    return w->status;
}

static rise_status end(row_writer *w, rise_value **out) {
    if (w->status == RISE_OK)
        *out = w->table;
    else
        rise_value_release(w->table);
    return w->status;
}

/* ---- nodes ----------------------------------------------------------------------------------- */
static void axes_text(const graph *g, const graph_node *node, buffer *out) {
    for (size_t d = 0; d < node->n_dims; d++) {
        const char *between = d ? ", " : "";
        for (size_t a = 0; a < g->n_axes; a++)
            if (g->axis[a].dim == node->dim[d]) {
                buffer_format(out, "%s%s", between, g->axis[a].name);
                between = " + ";
            }
        buffer_format(out, " × %zu", g->dim_size[node->dim[d]]);
    }
}

rise_status rise_graph_node_table(const rise_graph *graph_, rise_value **out, rise_error *err) {
    static const char *const names[] = {"node", "type", "axes", "pilot", "instances", "line"};
    const graph *g = graph_of(graph_);
    row_writer w;
    if (begin(&w, names, 4, 2, g->n_nodes, err) != RISE_OK)
        return w.status;
    for (; w.row < g->n_nodes; w.row++) {
        const graph_node *node = &g->node[w.row];
        buffer axes = {0};
        axes_text(g, node, &axes);
        put_text(&w, 0, node->name);
        put_text(&w, 1, node->type->name);
        put_buffer(&w, 2, &axes);
        put_text(&w, 3, node->pilot ? node->pilot : "");
        put_number(&w, 4, (int64_t)node->n_instances);
        put_number(&w, 5, node->place.line);
    }
    return end(&w, out);
}

/* ---- links ----------------------------------------------------------------------------------- */
static size_t count_links(const graph *g) {
    size_t n = 0;
    for (size_t i = 0; i < g->n_nodes; i++)
        for (size_t k = 0; k < g->node[i].n_inputs; k++)
            n += g->node[i].input[k].n_refs;
    return n;
}

static void put_links(row_writer *w, const graph *g, const graph_node *to, size_t input) {
    for (size_t r = 0; r < to->input[input].n_refs; r++, w->row++) {
        const graph_ref *ref = &to->input[input].ref[r];
        const graph_node *from = &g->node[ref->node];
        const char *point = strchr(ref->text, '[');
        put_text(w, 0, from->name);
        put_text(w, 1, from->output[ref->output].name);
        put_text(w, 2, to->name);
        put_text(w, 3, to->input[input].port->name);
        put_text(w, 4, point ? point : "");
        put_number(w, 5, ref->output == 0);
        put_number(w, 6, input == 0);
        put_number(w, 7, (int64_t)ref->node);
        put_number(w, 8, to - g->node);
    }
}

rise_status rise_graph_link_table(const rise_graph *graph_, rise_value **out, rise_error *err) {
    static const char *const names[] = {"from",         "output",      "to",       "input", "point",
                                        "first_output", "first_input", "from_row", "to_row"};
    const graph *g = graph_of(graph_);
    row_writer w;
    if (begin(&w, names, 5, 4, count_links(g), err) != RISE_OK)
        return w.status;
    for (size_t i = 0; i < g->n_nodes; i++)
        for (size_t k = 0; k < g->node[i].n_inputs; k++)
            put_links(&w, g, &g->node[i], k);
    return end(&w, out);
}

/* ---- parameters ------------------------------------------------------------------------------ */
static bool has_value(const graph_param *param) {
    return param->n_values > 0 && param->value[0].kind != GV_UNSET;
}

static size_t count_params(const graph *g) {
    size_t n = 0;
    for (size_t i = 0; i < g->n_nodes; i++)
        for (size_t p = 0; p < g->node[i].n_params; p++)
            n += has_value(&g->node[i].param[p]);
    return n;
}

static void put_param(row_writer *w, const graph *g, const graph_node *node,
                      const graph_param *param) {
    const char *given = param->place.line > 0 ? "graph" : "set";
    buffer value = {0};
    for (size_t i = 0; i < param->n_values; i++) {
        buffer_text(&value, i ? ", " : "");
        graph_value_plain(&param->value[i], &value);
    }
    put_text(w, 0, node->name);
    put_text(w, 1, param->row->name);
    put_buffer(w, 2, &value);
    put_text(w, 3, param->row->unit ? param->row->unit : "");
    put_text(w, 4, param->axis != SIZE_MAX ? g->axis[param->axis].name : "");
    put_text(w, 5, param->given ? given : "default");
    put_number(w, 6, param->row->type == RISE_P_OUTPUT);
    put_number(w, 7, node - g->node);
    put_number(w, 8, param->given ? param->place.line : 0);
    w->row++;
}

rise_status rise_graph_param_table(const rise_graph *graph_, rise_value **out, rise_error *err) {
    static const char *const names[] = {"node",   "parameter",   "value",    "unit", "axis",
                                        "source", "output_file", "node_row", "line"};
    const graph *g = graph_of(graph_);
    row_writer w;
    if (begin(&w, names, 6, 3, count_params(g), err) != RISE_OK)
        return w.status;
    for (size_t i = 0; i < g->n_nodes; i++)
        for (size_t p = 0; p < g->node[i].n_params; p++)
            if (has_value(&g->node[i].param[p]))
                put_param(&w, g, &g->node[i], &g->node[i].param[p]);
    return end(&w, out);
}

/* ---- a file, errors or not ------------------------------------------------------------------- */
rise_status rise_graph_outline(const char *path, rise_value **out, rise_error *err) {
    static const char *const names[] = {"node", "type"};
    arena a = {0};
    outline_node *node = NULL;
    size_t n = 0;
    row_writer w;
    rise_status s = graph_outline(path, &a, &node, &n, err);
    if (s == RISE_OK)
        s = begin(&w, names, 2, 0, n, err);
    if (s == RISE_OK) {
        for (; w.row < n; w.row++) {
            put_text(&w, 0, node[w.row].name);
            put_text(&w, 1, node[w.row].type);
        }
        s = end(&w, out);
    }
    arena_free(&a);
    return s;
}

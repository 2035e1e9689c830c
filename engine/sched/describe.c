/* sched/describe: the part of the graph that an instance depends on, as a table that a report can
 * show. Comments, order of keys and of nodes, and defaults written out do not change it. */
#include "sched/run.h"

#include <stdlib.h>
#include <string.h>

/* What a node needs comes before it, in the order of its ports: no order of the file. */
static void visit(const graph *g, size_t node, bool *seen, size_t *order, size_t *n) {
    if (seen[node])
        return;
    seen[node] = true;
    for (size_t k = 0; k < g->node[node].n_inputs; k++)
        for (size_t r = 0; r < g->node[node].input[k].n_refs; r++)
            visit(g, g->node[node].input[k].ref[r].node, seen, order, n);
    order[(*n)++] = node;
}

static void describe_params(const graph *g, const graph_node *node, buffer *out) {
    const char *between = "";
    for (size_t p = 0; p < node->n_params; p++) {
        const graph_param *param = &node->param[p];
        if (param->value[0].kind == GV_UNSET)
            continue;
        buffer_format(out, "%s%s ", between, param->row->name);
        between = "; ";
        if (param->axis != SIZE_MAX)
            buffer_format(out, "$%s: ", g->axis[param->axis].name);
        for (size_t i = 0; i < param->n_values; i++) {
            buffer_text(out, i ? ", " : "");
            graph_value_plain(&param->value[i], out);
        }
        if (param->row->unit && param->row->unit[0])
            buffer_format(out, " %s", param->row->unit);
    }
}

/* `node` and `node.first` are the same thing. */
static void describe_ref(const graph *g, const graph_ref *ref, buffer *out) {
    const graph_node *from = &g->node[ref->node];
    const char *point = strchr(ref->text, '[');
    buffer_text(out, from->name);
    if (ref->output > 0)
        buffer_format(out, ".%s", from->output[ref->output].name);
    buffer_text(out, point ? point : "");
}

static void describe_inputs(const graph *g, const graph_node *node, buffer *out) {
    const char *between = "";
    for (size_t k = 0; k < node->n_inputs; k++)
        for (size_t r = 0; r < node->input[k].n_refs; r++) {
            buffer_format(out, "%s%s: ", between, node->input[k].port->name);
            describe_ref(g, &node->input[k].ref[r], out);
            between = "; ";
        }
}

static rise_status fill_row(const graph *g, const graph_node *node, rise_value *table, size_t row,
                            rise_error *err) {
    buffer inputs = {0}, params = {0};
    describe_inputs(g, node, &inputs);
    describe_params(g, node, &params);
    buffer_u8(&inputs, 0);
    buffer_u8(&params, 0);
    rise_status s =
        inputs.failed || params.failed ? rise_fail_nomem(err, "the graph's table") : RISE_OK;
    const char *cell[4] = {node->name, node->type->name, (const char *)inputs.bytes,
                           (const char *)params.bytes};
    for (size_t c = 0; s == RISE_OK && c < 4; c++)
        s = rise_table_set_text(table, c, row, cell[c], err);
    buffer_free(&inputs);
    buffer_free(&params);
    return s;
}

rise_status instance_describe(instance *it, rise_error *err) {
    const graph *g = it->run->graph;
    rise_column column[4] = {{.name = "node", .dtype = RISE_TEXT},
                             {.name = "type", .dtype = RISE_TEXT},
                             {.name = "inputs", .dtype = RISE_TEXT},
                             {.name = "parameters", .dtype = RISE_TEXT}};
    bool *seen = calloc(g->n_nodes + 1, sizeof *seen);
    size_t *order = calloc(g->n_nodes + 1, sizeof *order), n = 0;
    rise_status s = seen && order ? RISE_OK : rise_fail_nomem(err, "the graph's table");
    if (s == RISE_OK)
        visit(g, (size_t)(it->node - g->node), seen, order, &n);
    rise_value_release(it->described);
    it->described = NULL;
    if (s == RISE_OK)
        s = rise_table_new(column, 4, n, &it->described, err);
    for (size_t i = 0; s == RISE_OK && i < n; i++)
        s = fill_row(g, &g->node[order[i]], it->described, i, err);
    free(order);
    free(seen);
    return s;
}

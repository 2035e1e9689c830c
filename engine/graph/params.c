/* graph/params.c: the parameters of a node, from its rows: given, from an axis, or by default. */
#include "graph/load.h"

#include <string.h>

static const graph_value *default_of(loader *L, const raw_node *r, size_t p) {
    size_t t = 0;
    while (L->types->type[t] != r->node.type) {
        t++;
    }
    if (!L->defaults[t]) { /* once for each type: there may be many nodes */
        L->defaults[t] = LOAD_NEW(L, graph_value, r->node.n_params);
        for (size_t i = 0; L->defaults[t] && i < r->node.n_params; i++) {
            schema_default(L, r->node.type->name, &r->node.type->params[i], &L->defaults[t][i]);
        }
    }
    return L->defaults[t] ? &L->defaults[t][p] : NULL;
}

static bool read_given(loader *L, raw_node *r, graph_param *param, const tree *t) {
    const char *owner = r->node.name, *name = param->row->name;
    size_t axis = SIZE_MAX;
    if (!axes_of_tree(L, owner, name, t, &axis)) {
        r->dims_known = false;
        return false;
    }
    param->axis = axis;
    param->n_values = axis == SIZE_MAX ? 1 : L->g->axis[axis].n;
    graph_value *value = LOAD_NEW(L, graph_value, param->n_values);
    bool sound = value != NULL;
    for (size_t i = 0; value && i < param->n_values && !L->nomem; i++) {
        const tree *at = axis == SIZE_MAX ? t : axes_substitute(L, t, axis, i);
        sound = at && schema_value(L, owner, param->row, at, &value[i]) && sound;
    }
    param->value = value;
    return sound;
}

static void required(loader *L, const raw_node *r, const rise_param *row) {
    const char *hint = load_text(L, "add `%s: ...`%s%s%s", row->name, row->unit ? " (" : "",
                                 row->unit ? row->unit : "", row->unit ? ")" : "");
    load_error(L, r->at, row->help ? load_text(L, "%s: %s", hint, row->help) : hint,
               "%s: parameter `%s` is required", r->node.name, row->name);
}

void params_read(loader *L, raw_node *r) {
    graph_node *node = &r->node;
    const rise_param *rows = node->type->params;
    while (rows && rows[node->n_params].name) {
        node->n_params++;
    }
    node->param = LOAD_NEW(L, graph_param, node->n_params);
    r->param_at = LOAD_NEW(L, spot, node->n_params);
    for (size_t p = 0; p < node->n_params && !L->nomem; p++) {
        graph_param *param = &node->param[p];
        param->row = &rows[p];
        param->axis = SIZE_MAX;
        param->n_values = 1;
        param->place = r->at.place;
        r->param_at[p] = r->at;
        size_t k = tree_find(r->map, rows[p].name);
        if (k != SIZE_MAX) {
            param->given = true;
            param->place = r->map->item[k]->at.place;
            r->param_at[p] = r->map->item[k]->at;
            if (!read_given(L, r, param, r->map->item[k])) {
                param->value = NULL; /* wrong: whoever needs it keeps silent */
                r->sound = false;
            }
            continue;
        }
        if (!rows[p].def && !(rows[p].flags & RISE_PARAM_OPTIONAL) &&
            rows[p].type != RISE_P_SPECIES) {
            if (!nodes_meant(r, rows[p].name)) {
                required(L, r, &rows[p]);
            }
            r->sound = false;
            continue;
        }
        param->value = default_of(L, r, p);
    }
}

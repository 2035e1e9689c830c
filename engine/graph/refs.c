/* graph/refs.c: what stands at an input port: `node`, `node.output`, `node.output[axis=value,
 * ...]`, or a list of them. Ports themselves are compared later (check.c). */
#include "graph/load.h"

#include <string.h>

static const char *piece(loader *L, const char *from, size_t n) {
    while (n && *from == ' ') {
        from++;
        n--;
    }
    while (n && from[n - 1] == ' ') {
        n--;
    }
    const char *copy = arena_bytes(L->a, from, n);
    if (!copy) {
        L->nomem = true;
        return "";
    }
    return copy;
}

static const char *nodes_hint(loader *L, const char *name) {
    if (L->errors->n >= 100) {
        return NULL; /* nobody will read it */
    }
    const char **known = LOAD_NEW(L, const char *, L->n_raw);
    for (size_t i = 0; known && i < L->n_raw; i++) {
        known[i] = L->raw[i].node.name;
    }
    return known ? load_suggest(L, name, known, L->n_raw) : NULL;
}

static const char *outputs_hint(loader *L, const graph_node *from, const char *name) {
    const char **known = LOAD_NEW(L, const char *, from->n_outputs);
    for (size_t i = 0; known && i < from->n_outputs; i++) {
        known[i] = from->output[i].name;
    }
    return known ? load_suggest(L, name, known, from->n_outputs) : NULL;
}

/* Which value of the axis `text` means: as it is shown, or the same number. */
static size_t axis_value(loader *L, const graph_axis *axis, const char *text) {
    double number = 0;
    bool integral = false;
    int64_t integer = 0;
    const char *hint = NULL;
    bool is_number = number_parse(text, &number, &integral, &integer, L->a, &hint);
    for (size_t i = 0; i < axis->n; i++) {
        if (strcmp(axis->text[i], text) == 0 || (is_number && axis->number[i] == number)) {
            return i;
        }
    }
    return SIZE_MAX;
}

static bool fix(loader *L, const char *where, raw_ref *ref, const char *assignment) {
    const char *equals = strchr(assignment, '=');
    if (!equals) {
        load_error(L, ref->at, "as in node.output[r_cut=5]",
                   "%s: expected axis=value, found `%.60s`", where, assignment);
        return false;
    }
    const char *name = piece(L, assignment, (size_t)(equals - assignment));
    const char *value = piece(L, equals + 1, strlen(equals + 1));
    size_t k = axes_find(L, name);
    if (k == SIZE_MAX) {
        axes_unknown(L, ref->at, where, name);
        return false;
    }
    const graph_axis *axis = &L->g->axis[k];
    L->axis_used[k] = true;
    if (!axis->n) {
        return false; /* told where the axis stands */
    }
    size_t i = axis_value(L, axis, value);
    if (i == SIZE_MAX) {
        load_error(L, ref->at, load_suggest(L, value, axis->text, axis->n),
                   "%s: axis `%s` has no value %.60s", where, name, value);
        return false;
    }
    for (size_t j = 0; j < ref->n_fixed; j++) {
        if (L->g->axis[ref->axis[j]].dim == axis->dim) {
            load_error(L, ref->at, NULL, "%s: axis `%s` is fixed twice", where, name);
            return false;
        }
    }
    ref->axis[ref->n_fixed] = k;
    ref->index[ref->n_fixed++] = i;
    return true;
}

static bool fix_all(loader *L, const char *where, raw_ref *ref, const char *bracket) {
    size_t n = strlen(bracket);
    if (bracket[n - 1] != ']' || n < 3) {
        load_error(L, ref->at, "as in node.output[r_cut=5]", "%s: `%.60s` is not [axis=value]",
                   where, bracket);
        return false;
    }
    bool sound = true;
    const char *s = bracket + 1, *end = bracket + n - 1;
    while (s <= end && sound) {
        const char *comma = memchr(s, ',', (size_t)(end - s));
        const char *stop = comma ? comma : end;
        sound = fix(L, where, ref, piece(L, s, (size_t)(stop - s)));
        s = stop + 1;
    }
    return sound;
}

static bool find_output(loader *L, const char *where, spot at, const raw_node *from,
                        const char *name, graph_ref *ref) {
    const graph_node *node = &from->node;
    if (!node->n_outputs && from->outputs_known) {
        load_error(L, at, NULL, "%s: node `%s` (%s) has no outputs", where, node->name,
                   node->type->name);
        return false;
    }
    ref->output = name ? graph_find_output(node, name) : 0;
    if (ref->output != SIZE_MAX && ref->output < node->n_outputs) {
        return true;
    }
    if (from->outputs_known) {
        load_error(L, at, outputs_hint(L, node, name), "%s: node `%s` (%s) has no output `%.60s`",
                   where, node->name, node->type->name, name);
    }
    return false;
}

static bool read_ref(loader *L, const char *where, const tree *t, graph_ref *ref, raw_ref *raw) {
    raw->at = t->at;
    ref->place = t->at.place;
    ref->text = t->text;
    if (t->kind != TREE_SCALAR || !t->text[0]) {
        if (t->kind != TREE_BAD) {
            load_error(L, t->at, "as in node or node.output", "%s: expected a reference, found %s",
                       where, tree_kind_name(t));
        }
        return false;
    }
    if (t->text[0] == '$') {
        load_error(L, t->at,
                   "$axis belongs into parameters; fix one point by node.output[axis=value]",
                   "%s: a port takes a reference, not an axis", where);
        return false;
    }
    size_t n_node = strcspn(t->text, ".["), n_all = strcspn(t->text, "[");
    const char *name = piece(L, t->text, n_node);
    const char *output = n_all > n_node ? piece(L, t->text + n_node + 1, n_all - n_node - 1) : NULL;
    uint64_t from = 0;
    if (!text_map_get(&L->node_index, name, &from)) {
        load_error(L, t->at, nodes_hint(L, name), "%s: unknown node `%.60s`", where, name);
        return false;
    }
    ref->node = (size_t)from;
    if (!L->raw[from].known || !find_output(L, where, t->at, &L->raw[from], output, ref)) {
        return false;
    }
    L->raw[from].node.output[ref->output].used = true;
    return !t->text[n_all] || fix_all(L, where, raw, t->text + n_all);
}

static void read_port(loader *L, raw_node *r, size_t i, const tree *t) {
    graph_input *in = &r->node.input[i];
    const char *where = load_text(L, "%s.%s", r->node.name, in->port->name);
    bool list = t->kind == TREE_LIST;
    if (list && (!(in->port->flags & RISE_PORT_MANY) || !t->n)) {
        load_error(L, t->at, NULL, "%s: expected %s, found %s", where,
                   in->port->flags & RISE_PORT_MANY ? "one or more references" : "one reference",
                   t->n ? "a list" : "an empty list");
        r->sound = r->dims_known = false;
        return;
    }
    size_t n = list ? t->n : 1;
    in->ref = LOAD_NEW(L, graph_ref, n);
    r->ref[i] = LOAD_NEW(L, raw_ref, n);
    for (size_t k = 0; k < n && in->ref && r->ref[i]; k++) {
        graph_ref *ref = &in->ref[in->n_refs];
        raw_ref *raw = &r->ref[i][in->n_refs];
        if (read_ref(L, where, list ? t->item[k] : t, ref, raw)) {
            in->n_refs++;
        } else {
            *ref = (graph_ref){0};
            *raw = (raw_ref){0};
            r->sound = r->dims_known = false;
        }
    }
}

void refs_read(loader *L, raw_node *r) {
    graph_node *node = &r->node;
    const rise_port *ports = node->type->in;
    while (ports && ports[node->n_inputs].name) {
        node->n_inputs++;
    }
    node->input = LOAD_NEW(L, graph_input, node->n_inputs);
    r->ref = LOAD_NEW(L, raw_ref *, node->n_inputs);
    for (size_t i = 0; i < node->n_inputs && !L->nomem; i++) {
        node->input[i].port = &ports[i];
        size_t k = tree_find(r->map, ports[i].name);
        if (k != SIZE_MAX) {
            read_port(L, r, i, r->map->item[k]);
        } else if (!(ports[i].flags & RISE_PORT_OPTIONAL)) {
            if (!nodes_meant(r, ports[i].name)) {
                load_error(L, r->at, load_text(L, "add `%s: NODE`", ports[i].name),
                           "%s: port `%s` is not connected", node->name, ports[i].name);
            }
            r->sound = r->dims_known = false;
        }
    }
}

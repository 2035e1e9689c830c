/* graph/space.c: the index space of every node: which dimensions it has, which its ports reduce. */
#include "graph/load.h"

#include <stdio.h>
#include <string.h>

enum { MAX_INSTANCES = 10000000 };

static uint32_t bit(size_t dim) {
    return (uint32_t)1 << dim;
}

static uint32_t dims_of(const graph_node *node) {
    uint32_t mask = 0;
    for (size_t i = 0; i < node->n_dims; i++) {
        mask |= bit(node->dim[i]);
    }
    return mask;
}

/* An axis of the graph that runs along `dim`, for messages. */
static const char *axis_along(const graph *g, size_t dim) {
    for (size_t k = 0; k < g->n_axes; k++) {
        if (g->axis[k].dim == dim) {
            return g->axis[k].name;
        }
    }
    return "";
}

/* Names of the axes in `mask`; *n of them. */
static const char *const *axes_in(loader *L, uint32_t mask, size_t *n) {
    const char **name = LOAD_NEW(L, const char *, L->g->n_axes);
    *n = 0;
    for (size_t k = 0; name && k < L->g->n_axes; k++) {
        if (mask & bit(L->g->axis[k].dim)) {
            name[(*n)++] = L->g->axis[k].name;
        }
    }
    return name;
}

/* The dimensions that one reference brings, after what it fixes. */
static bool ref_dims(loader *L, raw_node *r, size_t i, size_t k, uint32_t *mask) {
    graph_ref *ref = &r->node.input[i].ref[k];
    const raw_ref *raw = &r->ref[i][k];
    const raw_node *from = &L->raw[ref->node];
    if (!from->placed) {
        return false;
    }
    uint32_t have = dims_of(&from->node);
    for (size_t j = 0; j < raw->n_fixed; j++) {
        const graph_axis *axis = &L->g->axis[raw->axis[j]];
        if (!(have & bit(axis->dim))) {
            size_t n = 0;
            const char *const *name = axes_in(L, have, &n);
            load_error(L, raw->at, name && n ? load_suggest(L, axis->name, name, n) : NULL,
                       "%s.%s: node `%s` has no axis `%s`", r->node.name,
                       r->node.input[i].port->name, from->node.name, axis->name);
            return false;
        }
        ref->fixed_dim[ref->n_fixed] = axis->dim;
        ref->fixed_index[ref->n_fixed++] = raw->index[j];
        have &= ~bit(axis->dim);
    }
    *mask = have;
    return true;
}

/* ---- over ------------------------------------------------------------------------------------ */
static bool over_axis(loader *L, const raw_node *r, const tree *t, uint32_t have, uint32_t *mask) {
    if (t->kind != TREE_SCALAR || !t->text[0]) {
        if (t->kind != TREE_BAD) {
            load_error(L, t->at, "as in r_cut or [r_cut, seed]",
                       "%s.over: expected the name of an axis, found %s", r->node.name,
                       tree_kind_name(t));
        }
        return false;
    }
    size_t k = axes_find(L, t->text);
    if (k == SIZE_MAX) {
        axes_unknown(L, t->at, load_text(L, "%s.over", r->node.name), t->text);
        return false;
    }
    L->axis_used[k] = true;
    if (!L->g->axis[k].n) {
        return false;
    }
    uint32_t dim = bit(L->g->axis[k].dim);
    if (!(have & dim)) {
        size_t n = 0;
        const char *const *name = axes_in(L, have, &n);
        load_error(L, t->at,
                   name && n ? load_suggest(L, t->text, name, n) : "its inputs have no axes at all",
                   "%s.over: no input that reduces axes has the axis `%s`", r->node.name, t->text);
        return false;
    }
    *mask |= dim;
    return true;
}

/* What `over` names; everything where it says nothing. */
static bool read_over(loader *L, const raw_node *r, uint32_t have, uint32_t *mask) {
    if (!r->over) {
        *mask = have;
        return true;
    }
    *mask = 0;
    bool list = r->over->kind == TREE_LIST, sound = true;
    if (list && !r->over->n) {
        load_error(L, r->over->at, "leave it out to reduce all axes", "%s.over: the list is empty",
                   r->node.name);
        return false;
    }
    for (size_t i = 0; i < (list ? r->over->n : 1); i++) {
        sound = over_axis(L, r, list ? r->over->item[i] : r->over, have, mask) && sound;
    }
    return sound;
}

/* ---- one node -------------------------------------------------------------------------------- */
static bool collect_dims(loader *L, raw_node *r, uint32_t *own, uint32_t *over, uint32_t *have) {
    graph_node *node = &r->node;
    bool sound = true;
    for (size_t p = 0; p < node->n_params; p++) {
        if (node->param[p].axis != SIZE_MAX) {
            *own |= bit(L->g->axis[node->param[p].axis].dim);
        }
    }
    for (size_t i = 0; i < node->n_inputs; i++) {
        bool reduces = node->input[i].port->flags & RISE_PORT_OVER;
        for (size_t k = 0; k < node->input[i].n_refs; k++) {
            uint32_t mask = 0;
            sound = ref_dims(L, r, i, k, &mask) && sound;
            over[i] |= reduces ? mask : 0;
            *have |= reduces ? mask : 0;
            *own |= reduces ? 0 : mask;
        }
    }
    return sound;
}

static bool count_instances(loader *L, raw_node *r, uint32_t mask, size_t *total) {
    graph_node *node = &r->node;
    size_t n = 1;
    for (size_t dim = 0; dim < L->g->n_dims; dim++) {
        if (mask & bit(dim)) {
            node->dim[node->n_dims++] = dim;
            n = n > MAX_INSTANCES / L->g->dim_size[dim] ? MAX_INSTANCES + 1
                                                        : n * L->g->dim_size[dim];
        }
    }
    node->n_instances = n;
    if (n > MAX_INSTANCES - *total) {
        char names[160] = "";
        size_t used = 0;
        for (size_t i = 0; i < node->n_dims && used < sizeof names; i++) {
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? " x " : "",
                                     axis_along(L->g, node->dim[i]));
        }
        load_error(L, r->at, "shorten an axis, or run axes together with zip",
                   "%s: more than 10 million instances in the graph (%s)", node->name, names);
        return false;
    }
    *total += n;
    return true;
}

static bool place(loader *L, raw_node *r, size_t *total) {
    graph_node *node = &r->node;
    uint32_t own = 0, have = 0, mask = 0;
    uint32_t *over = LOAD_NEW(L, uint32_t, node->n_inputs);
    if (!over || !r->known || !r->dims_known || !collect_dims(L, r, &own, over, &have) ||
        !read_over(L, r, have, &mask)) {
        return false;
    }
    for (size_t i = 0; i < node->n_inputs; i++) {
        node->input[i].reduces = over[i] & mask;
        own |= over[i] & ~mask;
    }
    return count_instances(L, r, own, total);
}

void space_place(loader *L) {
    size_t total = 0;
    for (size_t i = 0; i < L->n_ordered && !L->nomem; i++) {
        raw_node *r = &L->raw[L->order[i]];
        r->placed = place(L, r, &total);
    }
}

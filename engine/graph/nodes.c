/* graph/nodes.c: the nodes of a graph: type, reserved keys, which key is what, outputs. */
#include "graph/load.h"

#include <string.h>

const char *const node_keys[N_NODE_KEYS] = {"type", "cache", "memory", "timeout", "pilot", "over"};

static size_t port_count(const rise_port *ports) {
    size_t n = 0;
    while (ports && ports[n].name) {
        n++;
    }
    return n;
}

static size_t param_count(const rise_param *rows) {
    size_t n = 0;
    while (rows && rows[n].name) {
        n++;
    }
    return n;
}

bool nodes_meant(const raw_node *r, const char *name) {
    for (size_t i = 0; i < r->n_meant; i++) {
        if (strcmp(r->meant[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- keys ------------------------------------------------------------------------------------ */
static void unknown_key(loader *L, raw_node *r, size_t k, const char *const *known, size_t n) {
    const char *key = r->map->key[k];
    const char *close = text_suggest(key, known, n);
    if (close) {
        r->meant[r->n_meant++] = close;
        r->dims_known = false;
    }
    bool number = key[0] >= '0' && key[0] <= '9'; /* {sigma: 0,5} */
    load_error(L, r->map->key_at[k],
               number ? "a comma begins the next key: the decimal sign is a point"
                      : load_suggest(L, key, known, n),
               "%s: %s has no port or parameter `%.60s`", r->node.name, r->node.type->name, key);
    r->sound = false;
}

static void sort_keys(loader *L, raw_node *r) {
    const rise_node_type *type = r->node.type;
    size_t n_in = port_count(type->in), n_params = param_count(type->params), n = 0;
    const char **known = LOAD_NEW(L, const char *, n_in + n_params + N_NODE_KEYS);
    r->meant = LOAD_NEW(L, const char *, r->map->n);
    if (!known || !r->meant) {
        return;
    }
    for (size_t i = 0; i < n_in; i++) {
        known[n++] = type->in[i].name;
    }
    for (size_t i = 0; i < n_params; i++) {
        known[n++] = type->params[i].name;
    }
    for (size_t i = 0; i < N_NODE_KEYS; i++) {
        known[n++] = node_keys[i];
    }
    for (size_t k = 0; k < r->map->n; k++) {
        size_t i = 0;
        while (i < n && strcmp(known[i], r->map->key[k]) != 0) {
            i++;
        }
        if (i == n) {
            unknown_key(L, r, k, known, n);
        }
    }
}

static const tree *reserved(const raw_node *r, const char *key) {
    size_t k = tree_find(r->map, key);
    return k == SIZE_MAX || r->map->item[k]->kind == TREE_BAD ? NULL : r->map->item[k];
}

static const char *value_text(const tree *t) {
    return t->kind == TREE_SCALAR && t->text[0] ? t->text : tree_kind_name(t);
}

static void read_reserved(loader *L, raw_node *r) {
    static const char *const modes[] = {"auto", "always", "never"};
    const char *name = r->node.name;
    const tree *t = reserved(r, "cache");
    if (t) {
        size_t m = 0;
        while (m < 3 && (t->kind != TREE_SCALAR || strcmp(modes[m], t->text) != 0)) {
            m++;
        }
        if (m == 3) {
            load_error(L, t->at, NULL, "%s.cache: expected auto, always or never, found %.60s",
                       name, value_text(t));
        } else {
            r->node.cache = (cache_mode)m;
        }
    }
    t = reserved(r, "memory");
    if (t && (t->kind != TREE_SCALAR || !size_parse(t->text, &r->node.memory))) {
        load_error(L, t->at, "as in 512 MiB or 2 GiB", "%s.memory: expected a size, found %.60s",
                   name, value_text(t));
    }
    t = reserved(r, "timeout");
    if (t && (t->kind != TREE_SCALAR || !duration_parse(t->text, &r->node.timeout_s))) {
        load_error(L, t->at, "as in 90 s, 10 min or 2 h",
                   "%s.timeout: expected a duration, found %.60s", name, value_text(t));
    }
    t = reserved(r, "pilot");
    if (t && (t->kind != TREE_SCALAR || !name_valid(t->text))) {
        load_error(L, t->at, "as in executor: {classes: {gpu: {...}}}",
                   "%s.pilot: expected the name of a class of pilots, found %.60s", name,
                   value_text(t));
    } else if (t) {
        executor_check_pilot(L, name, t);
        r->node.pilot = t->text;
    }
    r->over = reserved(r, "over");
    bool reduces = false;
    for (size_t i = 0; i < port_count(r->node.type->in); i++) {
        reduces = reduces || r->node.type->in[i].flags & RISE_PORT_OVER;
    }
    if (r->over && !reduces) {
        size_t k = tree_find(r->map, "over");
        load_error(L, r->map->key_at[k], "collect, plot and report reduce axes",
                   "%s.over: %s has no port that reduces axes", name, r->node.type->name);
        r->over = NULL;
    }
}

/* ---- outputs --------------------------------------------------------------------------------- */
static const graph_param *param_named(const raw_node *r, const char *name) {
    for (size_t p = 0; p < r->node.n_params; p++) {
        if (strcmp(r->node.param[p].row->name, name) == 0) {
            return &r->node.param[p];
        }
    }
    return NULL;
}

static bool same_keys(const graph_param *param) {
    for (size_t i = 1; i < param->n_values; i++) {
        const graph_value *a = &param->value[0], *b = &param->value[i];
        for (size_t j = 0; j < a->n && a->n == b->n; j++) {
            if (strcmp(a->key[j], b->key[j]) != 0) {
                return false;
            }
        }
        if (a->n != b->n) {
            return false;
        }
    }
    return true;
}

static rise_kind only_kind(unsigned kinds) {
    for (int kind = RISE_FRAMES; kind <= RISE_DOCUMENT; kind++) {
        if (kinds == RISE_KINDS(kind)) {
            return (rise_kind)kind;
        }
    }
    return (rise_kind)0;
}

static void add_output(raw_node *r, const rise_port *port, const char *name) {
    graph_output *o = &r->node.output[r->node.n_outputs++];
    *o = (graph_output){.name = name, .port = port, .kind = only_kind(port->kinds)};
}

static void add_keyed(loader *L, raw_node *r, const rise_port *port, const graph_param *param) {
    spot at = r->param_at[param - r->node.param];
    if (!same_keys(param)) {
        load_error(L, at, NULL, "%s.%s: the keys name outputs and must not change along an axis",
                   r->node.name, port->name);
        r->outputs_known = false;
        return;
    }
    const rise_port *out = r->node.type->out;
    for (size_t i = 0; i < param->value->n; i++) {
        const char *key = param->value->key[i];
        bool taken = false;
        for (size_t j = 0; out[j].name; j++) {
            taken = taken || (!(out[j].flags & RISE_PORT_PER_KEY) && !strcmp(out[j].name, key));
        }
        spot here = {param->value->item[i].place, at.set};
        if (taken) {
            load_error(L, here, "choose another name",
                       "%s.%s: `%.60s` is the name of another output", r->node.name, port->name,
                       key);
            r->sound = false;
        } else if (!name_valid(key)) {
            load_error(L, here, "letters, digits, _ and -, beginning with a letter",
                       "%s.%s: `%.60s` cannot name an output", r->node.name, port->name, key);
            r->sound = r->outputs_known = false;
        } else {
            add_output(r, port, key);
        }
    }
}

/* Only keys make many outputs: the error stands at the parameter that has them. */
static void too_many_outputs(loader *L, raw_node *r) {
    const rise_port *out = r->node.type->out;
    const graph_param *most = NULL;
    for (size_t i = 0; out[i].name; i++) {
        const graph_param *param = param_named(r, out[i].name);
        bool keyed = out[i].flags & RISE_PORT_PER_KEY && param && param->value;
        if (keyed && (!most || param->value->n > most->value->n)) {
            most = param;
        }
    }
    spot at = most ? r->param_at[most - r->node.param] : r->at;
    load_error(L, at, "share them out between several nodes",
               "%s%s%s: the node has %zu outputs, at most %d are possible", r->node.name,
               most ? "." : "", most ? most->row->name : "", r->node.n_outputs, GRAPH_MAX_OUTPUTS);
    r->sound = false;
}

static void read_outputs(loader *L, raw_node *r) {
    const rise_port *out = r->node.type->out;
    size_t n = port_count(out), room = n;
    r->outputs_known = true;
    for (size_t i = 0; i < n; i++) {
        const graph_param *param = param_named(r, out[i].name);
        if (out[i].flags & RISE_PORT_PER_KEY && param && param->value) {
            room += param->value->n;
        }
    }
    r->node.output = LOAD_NEW(L, graph_output, room);
    for (size_t i = 0; i < n && r->node.output; i++) {
        if (!(out[i].flags & RISE_PORT_PER_KEY)) {
            add_output(r, &out[i], out[i].name);
            continue;
        }
        const graph_param *param = param_named(r, out[i].name);
        if (param && param->value) {
            add_keyed(L, r, &out[i], param);
        } else {
            r->outputs_known = false;
        }
    }
    if (r->node.n_outputs > GRAPH_MAX_OUTPUTS) {
        too_many_outputs(L, r);
    }
}

/* ---- all of them ----------------------------------------------------------------------------- */
static void read_type(loader *L, raw_node *r) {
    const char **known = LOAD_NEW(L, const char *, L->types->n);
    if (!known) {
        return;
    }
    for (size_t i = 0; i < L->types->n; i++) {
        known[i] = L->types->type[i]->name;
    }
    size_t k = tree_find(r->map, "type");
    if (k == SIZE_MAX) {
        load_error(L, r->at, load_suggest(L, r->node.name, known, L->types->n),
                   "%s: `type` is missing", r->node.name);
        return;
    }
    const tree *t = r->map->item[k];
    if (t->kind != TREE_SCALAR || !t->text[0]) {
        if (t->kind != TREE_BAD) {
            load_error(L, t->at, NULL, "%s.type: expected the name of a node type, found %s",
                       r->node.name, tree_kind_name(t));
        }
        return;
    }
    size_t at = type_set_index(L->types, t->text);
    if (at == SIZE_MAX) {
        load_error(L, t->at, load_suggest(L, t->text, known, L->types->n),
                   "%s: unknown node type `%.60s`", r->node.name, t->text);
        return;
    }
    r->node.type = L->types->type[at];
    r->node.plugin = L->types->plugin[at];
}

static void read_node(loader *L, raw_node *r) {
    if (!name_valid(r->node.name) || strcmp(r->node.name, "axes") == 0) {
        load_error(L, r->at, "letters, digits, _ and -, beginning with a letter; not `axes`",
                   "nodes: `%.60s` cannot name a node", r->node.name);
    }
    if (r->map->kind != TREE_MAP) {
        if (r->map->kind != TREE_BAD) {
            load_error(L, r->map->at, "as in {type: reader, paths: [...]}",
                       "%s: expected a map, found %s", r->node.name, tree_kind_name(r->map));
        }
        return;
    }
    read_type(L, r);
    r->known = r->node.type != NULL;
    if (!r->known) {
        return;
    }
    r->sound = r->dims_known = true;
    sort_keys(L, r);
    read_reserved(L, r);
    if (!L->nomem) {
        params_read(L, r);
    }
    if (!L->nomem) {
        read_outputs(L, r);
    }
}

void nodes_read(loader *L, const tree *nodes) {
    if (nodes->kind != TREE_MAP || !nodes->n) {
        if (nodes->kind != TREE_BAD) {
            load_error(L, nodes->at, "as in {glass: {type: reader, paths: [...]}}",
                       "nodes: expected a map of nodes, found %s",
                       nodes->kind == TREE_MAP ? "an empty map" : tree_kind_name(nodes));
        }
        return;
    }
    L->raw = LOAD_NEW(L, raw_node, nodes->n);
    if (!L->raw) {
        return;
    }
    L->n_raw = nodes->n;
    for (size_t i = 0; i < nodes->n; i++) {
        raw_node *r = &L->raw[i];
        r->map = nodes->item[i];
        r->at = nodes->key_at[i];
        r->node.name = nodes->key[i];
        r->node.place = r->at.place;
        if (!text_map_set(&L->node_index, r->node.name, i)) {
            L->nomem = true;
            return;
        }
    }
    for (size_t i = 0; i < L->n_raw && !L->nomem; i++) {
        read_node(L, &L->raw[i]);
    }
    for (size_t i = 0; i < L->n_raw && !L->nomem; i++) {
        if (L->raw[i].known) {
            refs_read(L, &L->raw[i]);
        }
    }
}

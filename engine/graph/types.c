/* graph/types.c: the set of node types, and what is refused at its door: rows that contradict
 * themselves are a bug of the node's author and are told before any graph is read. */
#include "graph/load.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t type_set_index(const type_set *set, const char *name) {
    for (size_t i = 0; i < set->n; i++) {
        if (strcmp(set->type[i]->name, name) == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

const rise_node_type *type_set_find(const type_set *set, const char *name) {
    size_t i = type_set_index(set, name);
    return i == SIZE_MAX ? NULL : set->type[i];
}

void type_set_free(type_set *set) {
    free(set->type);
    free(set->plugin);
    *set = (type_set){0};
}

static rise_status bug(rise_error *err, const rise_node_type *type, const char *row,
                       const char *message) {
    return rise_fail(err, RISE_E_BUG, "node type %.40s%s%.40s: %s", type->name, row ? ", " : "",
                     row ? row : "", message);
}

static bool is_reserved(const char *name) {
    for (size_t i = 0; i < N_NODE_KEYS; i++) {
        if (strcmp(node_keys[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- ports ----------------------------------------------------------------------------------- */
static const rise_param *row_named(const rise_param *rows, const char *name) {
    for (; rows && rows->name; rows++) {
        if (strcmp(rows->name, name) == 0) {
            return rows;
        }
    }
    return NULL;
}

static rise_status check_ports(const rise_node_type *type, const rise_port *ports, bool inputs,
                               rise_error *err) {
    for (size_t i = 0; ports && ports[i].name; i++) {
        const rise_port *p = &ports[i];
        const rise_param *row = row_named(type->params, p->name);
        if (!name_valid(p->name) || (inputs && is_reserved(p->name))) {
            return bug(err, type, p->name, "this cannot name a port");
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(ports[j].name, p->name) == 0) {
                return bug(err, type, p->name, "two ports have this name");
            }
        }
        if (inputs && row) {
            return bug(err, type, p->name, "a port and a parameter have this name");
        }
        if (!p->kinds || p->kinds & ~(unsigned)RISE_ANY_KIND || p->mode < RISE_EACH ||
            p->mode > RISE_STREAM) {
            return bug(err, type, p->name, "kinds or mode are not set");
        }
        unsigned meaningless =
            inputs ? RISE_PORT_PER_KEY : RISE_PORT_OPTIONAL | RISE_PORT_OVER | RISE_PORT_MANY;
        if (p->flags & meaningless) {
            return bug(err, type, p->name, "a flag that means nothing here");
        }
        if (p->flags & RISE_PORT_PER_KEY && !(row && row->type == RISE_P_MAP)) {
            return bug(err, type, p->name, "an output per key needs a map parameter of its name");
        }
    }
    return RISE_OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */
static const char *row_fault(const rise_node_type *type, const rise_param *row, bool field) {
    if (row->type < RISE_P_BOOL || row->type > RISE_P_MAP) {
        return "the type is not set";
    }
    if (row->type == RISE_P_CHOICE && !(row->choices && row->choices[0])) {
        return "a choice without choices";
    }
    if (isnan(row->min) || isnan(row->max) || row->min > row->max) {
        return "min is above max";
    }
    if (row->type == RISE_P_FILES && !type->source) {
        return "only sources take lists of files";
    }
    if ((row->flags & RISE_PARAM_GLOB) && !(field && row->type == RISE_P_FILE)) {
        return "only a file of a map may be a pattern";
    }
    bool list = row->type >= RISE_P_INTS && row->type <= RISE_P_TEXTS;
    if (field && (list || row->type >= RISE_P_FILES) && row->type != RISE_P_SLICE) {
        return "a field must be a scalar";
    }
    return NULL;
}

static rise_status check_default(const rise_node_type *type, const rise_param *row,
                                 rise_error *err) {
    arena memory = {0};
    error_list errors = {0};
    loader L = {.a = &memory, .errors = &errors, .path = "default"};
    graph_value value;
    bool sound = schema_default(&L, type->name, row, &value);
    rise_status status = RISE_OK;
    if (L.nomem) {
        status = rise_fail_nomem(err, "a node type");
    } else if (!sound || errors.n) {
        status = bug(err, type, row->name, errors.n ? errors.item[0].message : "bad default");
    }
    error_list_free(&errors);
    arena_free(&memory);
    return status;
}

static bool too_many(const rise_param *fields) {
    size_t n = 0;
    while (fields[n].name) {
        n++;
    }
    return n > MAX_FIELDS;
}

static rise_status check_rows(const rise_node_type *type, const rise_param *rows, bool fields,
                              rise_error *err) {
    for (size_t i = 0; rows && rows[i].name; i++) {
        const rise_param *row = &rows[i];
        if (!name_valid(row->name) || (!fields && is_reserved(row->name))) {
            return bug(err, type, row->name, "this cannot name a parameter");
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(rows[j].name, row->name) == 0) {
                return bug(err, type, row->name, "two parameters have this name");
            }
        }
        const char *fault = row_fault(type, row, fields);
        if (fault) {
            return bug(err, type, row->name, fault);
        }
        rise_status status = check_default(type, row, err);
        if (!status && row->fields) {
            status = fields || too_many(row->fields)
                         ? bug(err, type, row->name, "fields of fields, or more than 64")
                         : check_rows(type, row->fields, true, err);
        }
        if (status) {
            return status;
        }
    }
    return RISE_OK;
}

/* ---- types ----------------------------------------------------------------------------------- */
static rise_status check_type(const type_set *set, const rise_node_type *type, rise_error *err) {
    if (type->abi != RISE_NODE_ABI || type->size < sizeof *type) {
        rise_fail(err, RISE_E_USAGE,
                  "a node type of ABI %u (%u bytes), expected ABI %u (%zu bytes)", type->abi,
                  type->size, RISE_NODE_ABI, sizeof *type);
        return rise_hint(err, "compile it against the headers of this program");
    }
    if (!type->name || !name_valid(type->name)) {
        return rise_fail(err, RISE_E_BUG, "a node type without a valid name");
    }
    if (type_set_find(set, type->name)) {
        return rise_fail(err, RISE_E_USAGE, "node type `%s` is there already", type->name);
    }
    if (!type->brief) {
        return bug(err, type, NULL, "`brief` is missing");
    }
    if (!!type->source + !!type->map + !!type->whole != 1) {
        return bug(err, type, NULL, "exactly one of source, map and whole must be set");
    }
    bool frames = false;
    for (const rise_port *p = type->in; p && p->name; p++) {
        frames = frames || p->mode == RISE_EACH || p->mode == RISE_STREAM;
    }
    if (type->map && !frames) {
        return bug(err, type, NULL, "a map needs an input that comes frame by frame");
    }
    rise_status status = check_ports(type, type->in, true, err);
    if (!status) {
        status = check_ports(type, type->out, false, err);
    }
    return status ? status : check_rows(type, type->params, false, err);
}

static bool reserve(type_set *set) {
    if (set->n < set->capacity) {
        return true;
    }
    size_t capacity = set->capacity ? 2 * set->capacity : 32;
    const rise_node_type **type = realloc(set->type, capacity * sizeof *type);
    if (!type) {
        return false;
    }
    set->type = type;
    const char **plugin = realloc(set->plugin, capacity * sizeof *plugin);
    if (!plugin) {
        return false;
    }
    set->plugin = plugin;
    set->capacity = capacity;
    return true;
}

rise_status type_set_add(type_set *set, const rise_node_type *type, const char *plugin,
                         rise_error *err) {
    rise_status status = check_type(set, type, err);
    if (status) {
        return status;
    }
    if (!reserve(set)) {
        return rise_fail_nomem(err, "the node types");
    }
    set->type[set->n] = type;
    set->plugin[set->n++] = plugin;
    return RISE_OK;
}

/* cli/schema_rows: the rows of a node type as JSON schema. A schema may take what the loader
 * refuses (it knows no other nodes), never the other way round. */
#include "schema.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

json_t *schema_ref(const char *name) {
    return json_pack("{s:s+}", "$ref", "#/$defs/", name);
}

/* ---- scalars --------------------------------------------------------------------------------- */
static void set_bound(json_t *schema, const char *key, double value) {
    if (value == floor(value) && fabs(value) < 9e15)
        json_object_set_new(schema, key, json_integer((json_int_t)value));
    else
        json_object_set_new(schema, key, json_real(value));
}

static json_t *number(const rise_param *row, const char *type) {
    json_t *schema = json_pack("{s:s}", "type", type);
    if (schema && (row->min != 0 || row->max != 0)) {
        if (isfinite(row->min))
            set_bound(schema, row->flags & RISE_PARAM_OPEN_MIN ? "exclusiveMinimum" : "minimum",
                      row->min);
        if (isfinite(row->max))
            set_bound(schema, row->flags & RISE_PARAM_OPEN_MAX ? "exclusiveMaximum" : "maximum",
                      row->max);
    }
    return schema;
}

/* Where a text is wanted, `5` and `true` are texts: YAML takes them for something else. */
static json_t *choice(const char *choices) {
    json_t *list = json_array();
    for (const char *s = choices; list && *s; s += *s == '|') {
        size_t n = strcspn(s, "|");
        json_array_append_new(list, json_stringn(s, n));
        json_t *other = json_loadb(s, n, JSON_DECODE_ANY, NULL);
        if (other)
            json_array_append_new(list, other);
        s += n;
    }
    return json_pack("{s:o}", "enum", list);
}

/* ---- lists and maps -------------------------------------------------------------------------- */
/* A single value is a list of one; `$axis` may stand for an item. `item` is taken. */
static json_t *list_of(json_t *item, int least) {
    json_t *either = json_pack("[O, o]", item, schema_ref("axis"));
    return json_pack("{s:[o, {s:s, s:{s:o}, s:i}]}", "anyOf", item, "type", "array", "items",
                     "anyOf", either, "minItems", least);
}

static bool required(const rise_param *row) {
    return !row->def && !(row->flags & RISE_PARAM_OPTIONAL) && row->type != RISE_P_SPECIES;
}

/* False: memory is short. */
static bool add_params(const rise_param *rows, json_t *properties, json_t *names) {
    for (const rise_param *row = rows; row && row->name; row++) {
        if (json_object_set_new(properties, row->name, schema_param(row)) ||
            (required(row) && json_array_append_new(names, json_string(row->name))))
            return false;
    }
    return true;
}

static json_t *fields(const rise_param *rows) {
    json_t *properties = json_object(), *names = json_array();
    bool done = properties && names && add_params(rows, properties, names);
    json_t *schema = json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties", properties,
                               "required", names, "additionalProperties", 0);
    if (!done) {
        json_decref(schema);
        return NULL;
    }
    return schema;
}

static json_t *map(const rise_param *row) {
    json_t *entry = schema_ref("text");
    if (row->fields)
        entry = json_pack("{s:[o, o]}", "anyOf", entry, fields(row->fields));
    return json_pack("{s:s, s:o}", "type", "object", "additionalProperties", entry);
}

/* ---- by row ---------------------------------------------------------------------------------- */
static json_t *value_of(const rise_param *row) {
    switch (row->type) {
    case RISE_P_BOOL:
        return json_pack("{s:s}", "type", "boolean");
    case RISE_P_INT:
        return number(row, "integer");
    case RISE_P_REAL:
        return number(row, "number");
    case RISE_P_CHOICE:
        return choice(row->choices);
    case RISE_P_INTS:
        return list_of(number(row, "integer"), 0);
    case RISE_P_REALS:
        return list_of(number(row, "number"), 0);
    case RISE_P_TEXTS:
        return list_of(schema_ref("text"), 0);
    case RISE_P_FILES:
        return list_of(schema_ref("text"), 1);
    case RISE_P_SPECIES:
        return list_of(schema_ref("element"), 1);
    case RISE_P_OUTPUT:
        return schema_ref("output");
    case RISE_P_SLICE:
        return schema_ref("slice");
    case RISE_P_MAP:
        return map(row);
    case RISE_P_TEXT:
    case RISE_P_FILE:
        break;
    }
    return schema_ref("text");
}

/* The default as a value where it is written as JSON is, else as the text that it is. */
static json_t *default_of(const rise_param *row) {
    json_t *value = json_loads(row->def, JSON_DECODE_ANY, NULL);
    return value ? value : json_string(row->def);
}

json_t *schema_param(const rise_param *row) {
    char about[1024];
    const char *def = row->def ? row->def : required(row) ? "required" : "optional";
    snprintf(about, sizeof about, "%s [%s%s%s%s]", row->help ? row->help : row->name,
             row->unit ? row->unit : "", row->unit ? ", " : "", row->def ? "default " : "", def);
    json_t *schema = json_pack("{s:s, s:[o, o]}", "description", about, "anyOf", value_of(row),
                               schema_ref("axis"));
    if (schema && row->def)
        json_object_set_new(schema, "default", default_of(row));
    return schema;
}

static json_t *port(const rise_port *p) {
    json_t *schema =
        p->flags & RISE_PORT_MANY
            ? json_pack("{s:[o, {s:s, s:o, s:i}]}", "anyOf", schema_ref("reference"), "type",
                        "array", "items", schema_ref("reference"), "minItems", 1)
            : schema_ref("reference");
    if (schema && p->help)
        json_object_set_new(schema, "description", json_string(p->help));
    return schema;
}

static bool add_ports(const rise_port *ports, json_t *properties, json_t *names) {
    bool over = false;
    for (const rise_port *p = ports; p && p->name; p++) {
        over = over || p->flags & RISE_PORT_OVER;
        if (json_object_set_new(properties, p->name, port(p)) ||
            (!(p->flags & RISE_PORT_OPTIONAL) &&
             json_array_append_new(names, json_string(p->name))))
            return false;
    }
    return !over || !json_object_set_new(properties, "over", schema_ref("over"));
}

json_t *schema_type(const rise_node_type *type) {
    json_t *properties = json_object(), *names = json_pack("[s]", "type");
    bool done = properties && names && add_ports(type->in, properties, names) &&
                add_params(type->params, properties, names);
    static const char *const reserved[] = {"cache", "memory", "timeout", "pilot"};
    for (size_t i = 0; done && i < sizeof reserved / sizeof *reserved; i++)
        done = !json_object_set_new(properties, reserved[i], schema_ref(reserved[i]));
    done = done && !json_object_set_new(
                       properties, "type",
                       json_pack("{s:s, s:s}", "const", type->name, "description", type->brief));
    json_t *schema = json_pack("{s:s, s:o, s:o, s:b}", "description", type->brief, "properties",
                               properties, "required", names, "additionalProperties", 0);
    if (!done) {
        json_decref(schema);
        return NULL;
    }
    return schema;
}

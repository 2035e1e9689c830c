/* cli/schema: `rise-run schema`, a JSON schema (draft 2020-12) of graphs for editors. What every
 * graph has stands here as it is; the rest comes from the rows of the node types. */
#include "cli.h"
#include "schema.h"

#include <stdlib.h>
#include <string.h>

#define NAME "[A-Za-z_][A-Za-z0-9_-]*"

static const char frame[] =
    "{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\","
    " \"title\": \"graph of rise " RISE_VERSION "\","
    " \"type\": \"object\", \"required\": [\"rise\", \"nodes\"], \"additionalProperties\": false,"
    " \"properties\": {"
    "  \"rise\": {\"const\": 1, \"description\": \"version of the language; comes first\"},"
    "  \"title\": {\"$ref\": \"#/$defs/text\"},"
    "  \"plugins\": {\"description\": \"shared libraries with node types of their own\","
    "   \"type\": \"array\", \"items\": {\"type\": \"string\"}},"
    "  \"executor\": {\"$ref\": \"#/$defs/executor\"},"
    "  \"axes\": {\"description\": \"a node with $axis in a parameter runs once for each value\","
    "   \"type\": \"object\", \"propertyNames\": {\"pattern\": \"^" NAME "$\"},"
    "   \"additionalProperties\": {\"$ref\": \"#/$defs/values\"}},"
    "  \"zip\": {\"description\": \"axes that run together, value by value\","
    "   \"type\": \"array\", \"items\": {\"type\": \"array\", \"minItems\": 2,"
    "    \"items\": {\"type\": \"string\"}}},"
    "  \"nodes\": {\"type\": \"object\", \"minProperties\": 1,"
    "   \"propertyNames\": {\"pattern\": \"^" NAME "$\", \"not\": {\"const\": \"axes\"}},"
    "   \"additionalProperties\": {\"$ref\": \"#/$defs/node\"}}}}";

/* What a class of pilots may ask for, and `executor` itself. */
#define PILOT_KEYS                                                                                 \
    "\"partition\": {\"$ref\": \"#/$defs/text\"}, \"account\": {\"$ref\": \"#/$defs/text\"},"      \
    "\"setup\": {\"description\": \"lines of shell before a pilot, as module load\","              \
    " \"$ref\": \"#/$defs/text\"},"                                                                \
    "\"time\": {\"description\": \"limit of a pilot: 02:30:00, minutes, or 2 h\","                 \
    " \"type\": [\"string\", \"number\"]},"                                                        \
    "\"memory\": {\"description\": \"of a pilot, as in 64 GiB\","                                  \
    " \"type\": [\"string\", \"number\"]},"                                                        \
    "\"nodes\": {\"description\": \"pilots at once; default 1\", \"$ref\": \"#/$defs/count\"},"    \
    "\"array\": {\"description\": \"pilots in all, one after the other; default 4 times nodes\","  \
    " \"$ref\": \"#/$defs/count\"},"                                                               \
    "\"cpus\": {\"description\": \"of a pilot; default a whole node\","                            \
    " \"$ref\": \"#/$defs/count\"},"                                                               \
    "\"options\": {\"description\": \"further ones of sbatch\", \"anyOf\": ["                      \
    " {\"$ref\": \"#/$defs/text\"},"                                                               \
    " {\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/text\"}}]}"

/* Plain `5` and `true` are texts where a text is wanted. */
static const struct {
    const char *name, *schema;
} parts[] = {
    {"text", "{\"type\": [\"string\", \"number\", \"boolean\"]}"},
    {"axis", "{\"description\": \"the value of an axis, or a field of it\","
             " \"type\": \"string\", \"pattern\": \"^\\\\$" NAME "(\\\\..+)?$\"}"},
    {"values", "{\"anyOf\": [{\"$ref\": \"#/$defs/text\"},"
               " {\"type\": \"array\", \"minItems\": 1, \"items\": {\"$ref\": \"#/$defs/text\"}},"
               " {\"type\": \"array\", \"minItems\": 1,"
               "  \"items\": {\"type\": \"object\", \"minProperties\": 1}}]}"},
    {"reference", "{\"description\": \"node, node.output or \\\"node.output[axis=value]\\\"\","
                  " \"type\": \"string\","
                  " \"pattern\": \"^ *" NAME " *(\\\\. *" NAME " *)?(\\\\[.+=.*\\\\])?$\"}"},
    {"output", "{\"type\": [\"string\", \"number\", \"boolean\"],"
               " \"pattern\": \"^(?!/)(?!(.*/)?\\\\.\\\\.(/|$)).*[^/]$\"}"},
    {"slice", "{\"type\": \"string\", \"pattern\": \"^[-+ 0-9]*:[-+ 0-9]*(:[-+ 0-9]*)?$\"}"},
    {"over", "{\"description\": \"axes that are reduced; default all\", \"anyOf\": ["
             " {\"type\": \"string\"}, {\"type\": \"array\", \"items\": {\"type\": \"string\"}}]}"},
    {"cache", "{\"description\": \"what is kept; default auto\","
              " \"enum\": [\"auto\", \"always\", \"never\"]}"},
    {"memory", "{\"description\": \"to be free before an instance starts, as in 2 GiB\","
               " \"type\": [\"string\", \"number\"]}"},
    {"timeout", "{\"description\": \"for one call, as in 10 min\","
                " \"type\": [\"string\", \"number\"]}"},
    {"pilot", "{\"description\": \"it runs only in pilots of this class of the executor\","
              " \"type\": \"string\", \"pattern\": \"^" NAME "$\"}"},
    {"count", "{\"type\": \"integer\", \"minimum\": 1, \"maximum\": 100000}"},
    {"executor",
     "{\"description\": \"where the graph runs: here, or in jobs of Slurm\", \"type\": \"object\","
     " \"additionalProperties\": false, \"properties\": {"
     "  \"kind\": {\"enum\": [\"local\", \"slurm\"], \"default\": \"local\"},"
     "  \"max_jobs\": {\"description\": \"elements of arrays that are submitted; default 200\","
     "   \"$ref\": \"#/$defs/count\"},"
     "  \"poll\": {\"description\": \"s between two looks at the queue; default 30\","
     "   \"type\": \"number\", \"minimum\": 30, \"maximum\": 86400},"
     "  \"classes\": {\"description\": \"other pilots, for nodes with `pilot`\","
     "   \"type\": \"object\", \"propertyNames\": {\"pattern\": \"^" NAME "$\"},"
     "   \"additionalProperties\": {\"type\": \"object\", \"additionalProperties\": false,"
     "    \"properties\": {" PILOT_KEYS "}}}," PILOT_KEYS "}}"},
};

static json_t *elements(void) {
    json_t *list = json_array();
    for (int z = 1; list && z <= 118; z++)
        json_array_append_new(list, json_string(rise_element_symbol(z)));
    return json_pack("{s:o}", "enum", list);
}

/* A node by its type: one `if` for each, so that an editor tells what is wrong with this type and
 * not that none of them fits. */
static json_t *any_node(const rise_host *host) {
    json_t *names = json_array(), *cases = json_array();
    for (size_t i = 0; names && cases && i < rise_host_count(host); i++) {
        const char *name = rise_host_type(host, i)->name;
        json_array_append_new(names, json_string(name));
        json_array_append_new(cases, json_pack("{s:{s:[s], s:{s:{s:s}}}, s:{s:s++}}", "if",
                                               "required", "type", "properties", "type", "const",
                                               name, "then", "$ref", "#/$defs/", "type-", name));
    }
    return json_pack("{s:s, s:[s], s:{s:{s:o}}, s:o}", "type", "object", "required", "type",
                     "properties", "type", "enum", names, "allOf", cases);
}

static json_t *definitions(const rise_host *host) {
    json_t *defs = json_object();
    bool done = defs && !json_object_set_new(defs, "element", elements()) &&
                !json_object_set_new(defs, "node", any_node(host));
    for (size_t i = 0; done && i < sizeof parts / sizeof *parts; i++)
        done = !json_object_set_new(defs, parts[i].name, json_loads(parts[i].schema, 0, NULL));
    for (size_t i = 0; done && i < rise_host_count(host); i++) {
        const rise_node_type *type = rise_host_type(host, i);
        char name[64];
        snprintf(name, sizeof name, "type-%s", type->name);
        done = !json_object_set_new(defs, name, schema_type(type));
    }
    if (!done) {
        json_decref(defs);
        return NULL;
    }
    return defs;
}

int command_schema(rise_host *host, const cli_options *o) {
    (void)o;
    json_t *schema = json_loads(frame, 0, NULL);
    char *text = NULL;
    if (schema && !json_object_set_new(schema, "$defs", definitions(host)))
        text = json_dumps(schema, JSON_INDENT(1));
    if (text)
        puts(text);
    else
        fputs("rise-run: out of memory: the schema\n", stderr);
    int code = rise_status_exit(text ? RISE_OK : RISE_E_NOMEM);
    free(text);
    json_decref(schema);
    return code;
}

/* cli/schema.h: between the two files that make the JSON schema of graphs. All yield NULL when
 * memory is short, and take the references that they are given. */
#ifndef CLI_SCHEMA_H
#define CLI_SCHEMA_H

#include <rise/rise.h>

#include <jansson.h>

/* {"$ref": "#/$defs/NAME"} */
json_t *schema_ref(const char *name);
/* What a parameter takes: by its row, or `$axis` in its place. */
json_t *schema_param(const rise_param *row);
/* The keys of a node of that type: ports, parameters, reserved keys. */
json_t *schema_type(const rise_node_type *type);

#endif

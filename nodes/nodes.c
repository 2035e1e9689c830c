/* nodes: the list of built-in node types, from nodes.def. */
#include <rise/rise.h>

#define NODE(symbol) extern const rise_node_type rise_node_##symbol;
#include "nodes.def"
#undef NODE

const rise_node_type *const rise_builtin_nodes[] = {
#define NODE(symbol) &rise_node_##symbol,
#include "nodes.def"
#undef NODE
};

const size_t rise_builtin_count = sizeof rise_builtin_nodes / sizeof *rise_builtin_nodes;

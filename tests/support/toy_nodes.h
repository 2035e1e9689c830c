/* support/toy_nodes.h: node types with every kind of port and parameter, for tests of graphs. They
 * are declared and checked like real ones; asked to work, they refuse. */
#ifndef SUPPORT_TOY_NODES_H
#define SUPPORT_TOY_NODES_H

#include "graph/graph.h"

/* reader (source), scale (map, every parameter type), vectors (stream), leaders (whole, from a
 * stream), match (map), fit (whole), gather (over), sheet (over, many, writes a file), sink (no
 * outputs). Fails the calling test when a type is refused. */
void toy_types(type_set *set);

#endif

/* engine/api: the public functions, as thin as they can be over the rooms below. */
#ifndef API_HOST_H
#define API_HOST_H

#include "graph/graph.h"

#include <rise/graph.h>

struct rise_host {
    type_set types;
};

/* The public graph is the checked graph itself. */
const graph *graph_of(const rise_graph *g);

/* The folder of the cache: the one given, or that of the environment. NULL: memory is short. */
char *cache_folder(const char *given, arena *a);

#endif

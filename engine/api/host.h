/* engine/api: the public functions, as thin as they can be over the rooms below. */
#ifndef API_HOST_H
#define API_HOST_H

#include "graph/graph.h"

#include <rise/graph.h>
#include <rise/plugin.h>

typedef struct host_plugin {
    char *path, *identity; /* identity: "build-id ..." or "sha256 ..." */
    const rise_plugin *block;
} host_plugin;

struct rise_host {
    type_set types;
    host_plugin *plugin;
    size_t n_plugins;
    arena texts;
};

/* plugins.c: for type_set.load; `user` is the host. The error carries no path. */
rise_status plugins_of_graph(void *user, const char *path, rise_error *err) RISE_MUST_USE;

/* The public graph is the checked graph itself. */
const graph *graph_of(const rise_graph *g);

/* The folder of the cache: the one given, or that of the environment. NULL: memory is short. */
char *cache_folder(const char *given, arena *a);

#endif

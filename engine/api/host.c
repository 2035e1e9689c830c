/* api/host: node types and graphs. */
#include "api/host.h"

#include <stdlib.h>

rise_status rise_host_new(rise_host **out, rise_error *err) {
    rise_host *host = calloc(1, sizeof *host);
    if (!host)
        return rise_fail_nomem(err, "a host");
    host->types.load = plugins_of_graph;
    host->types.user = host;
    *out = host;
    return RISE_OK;
}

void rise_host_free(rise_host *host) {
    if (!host)
        return;
    type_set_free(&host->types);
    free(host->plugin);
    arena_free(&host->texts);
    free(host);
}

rise_status rise_host_add(rise_host *host, const rise_node_type *const *types, size_t n,
                          rise_error *err) {
    rise_error untold; /* the status hangs on the error (rise_hint) */
    for (size_t i = 0; i < n; i++) {
        rise_status s = type_set_add(&host->types, types[i], NULL, err ? err : &untold);
        if (s != RISE_OK)
            return s;
    }
    return RISE_OK;
}

size_t rise_host_count(const rise_host *host) {
    return host->types.n;
}

const rise_node_type *rise_host_type(const rise_host *host, size_t i) {
    return i < host->types.n ? host->types.type[i] : NULL;
}

const rise_node_type *rise_host_find(const rise_host *host, const char *name) {
    return type_set_find(&host->types, name);
}

const graph *graph_of(const rise_graph *g) {
    return (const graph *)(const void *)g;
}

rise_status rise_graph_load(rise_host *host, const char *path, const char *const *set, size_t n_set,
                            rise_graph **out, rise_error *errors, size_t max_errors,
                            size_t *n_errors) {
    error_list list = {0};
    graph *g = NULL;
    rise_status s = graph_load(path, &host->types, set, n_set, &g, &list);
    size_t kept = list.n < list.capacity ? list.n : list.capacity;
    for (size_t i = 0; i < kept && i < max_errors; i++)
        errors[i] = list.item[i];
    if (n_errors)
        *n_errors = list.n;
    if (s != RISE_OK && list.n == 0) { /* there was no room for a single one */
        s = rise_fail_nomem(max_errors ? errors : NULL, "the graph");
        if (n_errors)
            *n_errors = 1;
    }
    error_list_free(&list);
    if (s == RISE_OK)
        *out = (rise_graph *)(void *)g;
    return s;
}

void rise_graph_free(rise_graph *g) {
    if (g)
        graph_free((graph *)(void *)g);
}

const char *rise_graph_title(const rise_graph *g) {
    const char *title = graph_of(g)->title;
    return title ? title : "";
}

const char *rise_graph_text(const rise_graph *g, size_t *size) {
    *size = graph_of(g)->text_size;
    return graph_of(g)->text;
}

size_t rise_graph_nodes(const rise_graph *g) {
    return graph_of(g)->n_nodes;
}

size_t rise_graph_instances(const rise_graph *g) {
    size_t n = 0;
    for (size_t i = 0; i < graph_of(g)->n_nodes; i++)
        n += graph_of(g)->node[i].n_instances;
    return n;
}

size_t rise_graph_pilots(const rise_graph *g) {
    return graph_of(g)->n_pilots;
}

const rise_pilot *rise_graph_pilot(const rise_graph *g, size_t i) {
    return i < graph_of(g)->n_pilots ? &graph_of(g)->pilot[i] : NULL;
}

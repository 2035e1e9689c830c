/* rise.h: the only door to librise, an embedded dataflow engine for atomistic machine learning.
 *
 * In short: make a host, add node types, load a graph, run it, read values.
 *
 *     rise_host *host;
 *     rise_host_new(&host, &err);
 *     rise_host_add(host, rise_builtin_nodes, rise_builtin_count, &err);
 *     rise_graph_load(host, "graphs/quick.yaml", NULL, 0, &graph, errors, 16, &n_errors);
 *     rise_run_start(host, graph, &options, &run, &err);
 *     rise_run_wait(run, &err);
 *     rise_run_value(run, "rise.verdict", &value, &err);
 *
 * error.h  statuses and errors            value.h  immutable typed values
 * node.h   for authors of nodes           graph.h  hosts and graphs
 * run.h    running a graph, events, results, the cache */
#ifndef RISE_RISE_H
#define RISE_RISE_H

#include "error.h"
#include "value.h"
#include "node.h"
#include "plugin.h"
#include "graph.h"
#include "run.h"

#ifdef __cplusplus
extern "C" {
#endif
#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

/* The nodes that come with rise (library rise_nodes). */
extern const rise_node_type *const rise_builtin_nodes[];
extern const size_t rise_builtin_count;

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif

/* rise.h: the only door to librise, an embedded dataflow engine for atomistic machine learning.
 *
 * In short: make a host, add node types, load a graph, run it, take values. Each call can fail; how
 * that is told comes below.
 *
 *     rise_error err;                       // filled only on failure
 *     rise_host *host = NULL;
 *     rise_graph *graph = NULL;
 *     rise_run *run = NULL;
 *     rise_value *verdict = NULL;
 *     rise_error errors[16];                // a graph tells all its errors at once
 *     size_t n_errors = 0;
 *     rise_run_options options = {0};       // defaults
 *
 *     rise_host_new(&host, &err);
 *     rise_host_add(host, rise_builtin_nodes, rise_builtin_count, &err);
 *     rise_graph_load(host, "graphs/quick.yaml", NULL, 0, &graph, errors, 16, &n_errors);
 *     rise_run_start(host, graph, &options, &run, &err);
 *     rise_run_wait(run, &err);
 *     rise_run_value(run, "rise.verdict", &verdict, &err);
 *     rise_table_find(rise_value_table(verdict), "verdict")->text[0];
 *
 *     rise_value_release(verdict);
 *     rise_run_free(run);
 *     rise_graph_free(graph);
 *     rise_host_free(host);
 *
 * To change a parameter, load the graph again with an assignment ("vit.epochs=6") and start another
 * run: only what depends on it runs. examples/embed is such a program, in a loop of its own.
 *
 * Headers
 *   error.h   statuses and errors             value.h   immutable typed values, as arrays
 *   graph.h   hosts, plug-ins, graphs         run.h     runs, events, results, the cache
 *   node.h    for authors of nodes            plugin.h  for authors of plug-ins
 *
 * Building
 *   cc host.c $(pkg-config --cflags --libs rise-nodes)
 * `rise` is the engine alone (librise), `rise-nodes` also the types that come with it
 * (librise_nodes). Both are there as shared libraries and as archives (--static).
 *
 * Life. A run borrows its graph and its host, a graph its host, a host the types that were added to
 * it: free them in the order above. Values are counted and outlive all of them; those that a
 * function gives through `rise_value **` are the caller's to release. Pointers that a view of a
 * value holds (rise_tensor.data, rise_column.text) are valid as long as the value. Options, paths
 * and assignments are copied by the call that takes them.
 *
 * Threads. Host and graph: one thread at a time may add to a host or load with it; a loaded graph
 * never changes and may be run by any number of runs at once. A run: start it, look at it, take
 * values from it and free it on one thread, that of its loop; only rise_run_cancel may be called
 * from any thread and from a signal handler. A run with a loop of its own that is over may go to
 * another thread, one at a time. The work itself is done by `jobs` threads of the run.
 * Callbacks come on the thread of the loop and should not take long. Values never change and may be
 * read by any thread.
 *
 * Loops. Without `options.loop` rise_run_wait turns a loop of the run's own until the run is over.
 * With the program's own uv_loop_t nothing needs to be waited for: `ended` comes when a node has
 * ended and its values can be taken, `finished` when the run is over; in `finished` the run may be
 * freed and another one started.
 *
 * Errors. Every function that can fail returns a rise_status and must be looked at; on failure its
 * outputs are untouched and `err`, if there is one, says what was found, what was expected, where,
 * and how to mend it. Nothing here prints, exits, or changes signal handlers and locale. A program
 * that may meet a limit on file sizes ignores SIGXFSZ, so that it is an error of that file alone.
 *
 * Versions. Symbols are versioned (RISE_0). The number in librise.so.0 changes when a program
 * compiled before could no longer be used; RISE_NODE_ABI does so for nodes. */
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

/* rise/graph.h: hosts and graphs.
 *
 * A host knows node types. A graph is one checked YAML file; it is immutable and may be run any
 * number of times, also by several runs at once. */
#ifndef RISE_GRAPH_H
#define RISE_GRAPH_H

#include "node.h"

#ifdef __cplusplus
extern "C" {
#endif
#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

typedef struct rise_host rise_host;
typedef struct rise_graph rise_graph;

rise_status rise_host_new(rise_host **out, rise_error *err) RISE_MUST_USE;
void rise_host_free(rise_host *host); /* after its graphs and runs; NULL is fine */
/* Registers node types; they are constants and are borrowed. */
rise_status rise_host_add(rise_host *host, const rise_node_type *const *types, size_t n,
                          rise_error *err) RISE_MUST_USE;
size_t rise_host_count(const rise_host *host);
const rise_node_type *rise_host_type(const rise_host *host, size_t i);
const rise_node_type *rise_host_find(const rise_host *host, const char *name); /* or NULL */

/* ---- plug-ins: node types from shared libraries; see plugin.h -------------------------------- */
/* Adds all types of one, or none. One that is there already, also as a copy, is no error. Its code
 * stays in the process when the host is freed. A graph can name plug-ins too (`plugins:`); they
 * become part of the host that loads it. */
rise_status rise_host_add_plugin(rise_host *host, const char *path, rise_error *err) RISE_MUST_USE;
/* Every *.so, by name, in "folder:folder"; NULL: $RISE_PLUGIN_PATH. Nothing where RISE_NO_PLUGINS
 * is set. */
rise_status rise_host_add_plugin_path(rise_host *host, const char *folders,
                                      rise_error *err) RISE_MUST_USE;
typedef struct rise_plugin_info {
    const char *path;     /* absolute, without links */
    const char *identity; /* "build-id 1a2b..." or "sha256 1a2b..."; in the keys of its types */
    const char *name, *version;
    size_t n_types;
    const rise_node_type *const *types; /* [n_types] */
} rise_plugin_info;                     /* valid as long as the host */
size_t rise_host_plugins(const rise_host *host);
void rise_host_plugin(const rise_host *host, size_t i, rise_plugin_info *out);

/* ---- graphs ---------------------------------------------------------------------------------- */
/* Loads and checks a graph. `set[]` are assignments "node.param=value" or "axes.name=[...]". On
 * failure the first `max_errors` errors, in the order of the file, are in `errors`; `*n_errors`
 * counts all. */
rise_status rise_graph_load(rise_host *host, const char *path, const char *const *set, size_t n_set,
                            rise_graph **out, rise_error *errors, size_t max_errors,
                            size_t *n_errors) RISE_MUST_USE;
void rise_graph_free(rise_graph *graph);
const char *rise_graph_title(const rise_graph *graph);
/* The bytes of the file as it was loaded, without `set`. */
const char *rise_graph_text(const rise_graph *graph, size_t *size);
size_t rise_graph_nodes(const rise_graph *graph);
size_t rise_graph_instances(const rise_graph *graph);

/* Where a graph runs (`executor`): what its pilots, processes on other machines, ask for. The first
 * are those of no class; a class has from there what it does not say itself. None of it is part of
 * a key. NULL and 0: not said. */
typedef struct rise_pilot {
    const char *name; /* of the class, "" for the first */
    bool slurm;       /* `kind` is slurm */
    const char *partition, *account;
    const char *setup; /* lines of shell that come before a pilot */
    double time_s, poll_s;
    uint64_t memory;
    unsigned nodes;             /* pilots at once */
    unsigned array;             /* pilots in all, one after the other */
    unsigned cpus;              /* of one pilot */
    unsigned max_jobs;          /* in all classes, more are refused */
    const char *const *options; /* [n_options] further ones of sbatch */
    size_t n_options;
} rise_pilot;
size_t rise_graph_pilots(const rise_graph *graph); /* at least 1 */
/* As valid as the graph; NULL beyond the last. */
const rise_pilot *rise_graph_pilot(const rise_graph *graph, size_t i);

/* What a graph holds, as tables owned by the caller. Rows are in the order of work: what a node
 * reads from comes before it, ties in the order of the file.
 *
 * Nodes: node, type (texts), axes (text: "r_cut × 7, seed × 3"; axes that run together as
 * "a + b × 3"; "" without axes), pilot (text: the class that it runs in, or ""), instances, line
 * (i64; where the node begins in the file). */
rise_status rise_graph_node_table(const rise_graph *graph, rise_value **out,
                                  rise_error *err) RISE_MUST_USE;
/* Links, by receiver: from, output, to, input (texts), point (text: "[r_cut=5]", "" without one),
 * first_output, first_input (i64: 1 where it is the first port of its type, which goes without
 * saying), from_row, to_row (i64: rows of the node table). */
rise_status rise_graph_link_table(const rise_graph *graph, rise_value **out,
                                  rise_error *err) RISE_MUST_USE;
/* Parameters that have a value: node, parameter, value (text; where it follows an axis, one value
 * after the other), unit, axis ("" where it follows none), source ("graph", "set" or "default"),
 * output_file (i64: 1 for paths below --out), node_row (i64: row of the node table), line (i64;
 * where the value stands in the file, 0 where it does not). */
rise_status rise_graph_param_table(const rise_graph *graph, rise_value **out,
                                   rise_error *err) RISE_MUST_USE;

/* The nodes that a graph file names, also where the graph has errors: node and type (texts; ""
 * where it has none), in the order of the file. RISE_E_NOINPUT: it cannot be read. */
rise_status rise_graph_outline(const char *path, rise_value **out, rise_error *err) RISE_MUST_USE;
/* The input files that parameters name, as they are found just now: node and path (texts), each
 * path once for each node; patterns are expanded, and what is not found stands there as it is
 * named. */
rise_status rise_graph_file_table(const rise_graph *graph, rise_value **out,
                                  rise_error *err) RISE_MUST_USE;

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif

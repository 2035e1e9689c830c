/* engine/graph: YAML events -> located tree -> checked graph with axes. Pure: reads the graph's
 * text, the node types and `--set` assignments, and nothing else; touches no data, knows no store
 * and no threads. yaml.h is included by yaml.c alone. */
#ifndef GRAPH_GRAPH_H
#define GRAPH_GRAPH_H

#include "base/base.h"

#include <rise/graph.h>

/* ---- all errors at once ---------------------------------------------------------------------- */
typedef struct error_list {
    rise_error *item;
    size_t n, capacity; /* at most 100 are kept; `n` counts them all */
} error_list;           /* zero-initialised is empty */
void error_list_add(error_list *list, const rise_error *err);
void error_list_free(error_list *list);

/* ---- node types ------------------------------------------------------------------------------ */
typedef struct type_set {
    const rise_node_type **type;
    const char **plugin; /* [n]: identifies the plug-in that a type came from; NULL: from none */
    size_t n, capacity;
    /* Adds the types of a plug-in that a graph names. NULL: plug-ins are not known here. */
    rise_status (*load)(void *user, const char *path, rise_error *err);
    void *user;
} type_set;                                                   /* zero-initialised is empty */
size_t type_set_index(const type_set *set, const char *name); /* SIZE_MAX: none */
const rise_node_type *type_set_find(const type_set *set, const char *name); /* NULL: none */
/* Refuses another ABI, a name taken, rows that contradict themselves (a bug of the node's author).
 * `plugin` is borrowed. */
rise_status type_set_add(type_set *set, const rise_node_type *type, const char *plugin,
                         rise_error *err) RISE_MUST_USE;
void type_set_free(type_set *set);

/* ---- parameter values ------------------------------------------------------------------------ */
typedef struct graph_place {
    long line, col; /* 0, 0: a default, or --set */
} graph_place;

typedef enum { GV_UNSET, GV_BOOL, GV_INT, GV_REAL, GV_TEXT, GV_LIST, GV_MAP } graph_value_kind;

typedef struct graph_value {
    graph_value_kind kind;
    bool boolean;
    int64_t integer;
    double real;      /* also set for GV_INT */
    const char *text; /* GV_TEXT */
    size_t n;         /* GV_LIST, GV_MAP */
    struct graph_value *item;
    const char **key; /* GV_MAP */
    graph_place place;
} graph_value;

/* ---- axes: zipped axes share a dimension ----------------------------------------------------- */
typedef struct graph_axis {
    const char *name;
    size_t n;
    const graph_value *value; /* [n]: scalars or maps of scalars */
    const char **text;        /* [n]: as shown and as used in {axis}; a map shows its first field */
    double *number;           /* [n]: NaN where it is not a number */
    size_t dim;
    graph_place place;
} graph_axis;

#define GRAPH_MAX_DIMS 16

/* Outputs of one node, keys of map parameters included: a graph with more is refused, so that
 * arrays with one place for each output have a fixed size. */
enum { GRAPH_MAX_OUTPUTS = 64 };

/* ---- nodes ----------------------------------------------------------------------------------- */
typedef struct graph_ref {
    size_t node, output; /* where it comes from */
    size_t n_fixed;      /* `node.output[r_cut=5]` fixes dimensions */
    size_t fixed_dim[GRAPH_MAX_DIMS], fixed_index[GRAPH_MAX_DIMS];
    const char *text; /* "node.output", as written */
    graph_place place;
} graph_ref;

typedef struct graph_input {
    const rise_port *port;
    size_t n_refs; /* 0: not connected */
    graph_ref *ref;
    uint32_t reduces; /* bit mask of dimensions that this port reduces (RISE_PORT_OVER) */
} graph_input;

typedef struct graph_output {
    const char *name;
    const rise_port *port;
    rise_kind kind; /* after check(); 0 while several are possible */
    bool used;      /* somebody's input */
} graph_output;

typedef struct graph_param {
    const rise_param *row;
    bool given;               /* stands in the graph or in --set */
    graph_place place;        /* of the value; of the node where it is a default */
    size_t n_values;          /* 1, or the number of values of its one axis */
    const graph_value *value; /* [n_values], typed and within bounds, defaults filled in */
    size_t axis; /* index into graph.axis when n_values comes from an axis, else SIZE_MAX */
} graph_param;

typedef enum { CACHE_AUTO, CACHE_ALWAYS, CACHE_NEVER } cache_mode;

typedef struct graph_node {
    const char *name;
    const rise_node_type *type;
    const char *plugin; /* identifies the plug-in that the type came from; NULL: from none */
    graph_place place;
    size_t n_inputs, n_outputs, n_params;
    graph_input *input;   /* in the order of type->in */
    graph_output *output; /* in the order of type->out, PER_KEY ports expanded in place */
    graph_param *param;   /* in the order of type->params */
    size_t n_dims;
    size_t dim[GRAPH_MAX_DIMS]; /* the index space: dimensions of the graph, ascending */
    size_t n_instances;         /* product of their sizes, row-major, last fastest */
    cache_mode cache;
    uint64_t memory;   /* bytes, 0: not said */
    double timeout_s;  /* 0: none */
    const char *pilot; /* class of workers that may run it; NULL: those of none */
} graph_node;

typedef struct graph {
    const char *path;   /* as given, for messages */
    const char *folder; /* relative paths of inputs start here */
    const char *title;
    const char *text; /* of the file, as it was read */
    size_t text_size;
    size_t n_axes, n_dims, n_nodes;
    graph_axis *axis;
    size_t dim_size[GRAPH_MAX_DIMS];
    graph_node *node;  /* in topological order, ties in the order of the file */
    rise_pilot *pilot; /* [n_pilots] what `executor` says, then its classes */
    size_t n_pilots;
    text_map index; /* node name -> position */
    arena memory;
} graph;

/* `set[]`: "node.param=value", "axes.name=[...]": values in YAML flow syntax, checked like the
 * file. On errors RISE_E_GRAPH (RISE_E_NOINPUT when the file cannot be read), all of them in
 * `errors`, in the order of the file, each with line, column and where it helps a hint ("did you
 * mean ..."). */
rise_status graph_load(const char *path, const type_set *types, const char *const *set,
                       size_t n_set, graph **out, error_list *errors) RISE_MUST_USE;
/* The same from text in memory; `path` is for messages and for the folder. */
rise_status graph_parse(const char *text, size_t size, const char *path, const type_set *types,
                        const char *const *set, size_t n_set, graph **out,
                        error_list *errors) RISE_MUST_USE;
void graph_free(graph *g);

/* The nodes that a file names, in its order, as far as YAML can be read; names and types ("" where
 * there is none) are from `a`. */
typedef struct outline_node {
    const char *name, *type;
} outline_node;
rise_status graph_outline(const char *path, arena *a, outline_node **out, size_t *n,
                          rise_error *err) RISE_MUST_USE;

size_t graph_find_node(const graph *g, const char *name);           /* SIZE_MAX: none */
size_t graph_find_output(const graph_node *node, const char *name); /* SIZE_MAX: none */

/* Index of dimension `dim` (of the graph) at an instance of a node; SIZE_MAX if the node lacks it.
 */
size_t graph_index_at(const graph *g, const graph_node *node, size_t instance, size_t dim);
/* How many instances of ref's node feed this instance of `node` through it (1 unless the port
 * reduces), and the k-th of them, last reduced axis fastest. */
size_t graph_source_count(const graph *g, const graph_node *node, size_t input, size_t ref);
size_t graph_source(const graph *g, const graph_node *node, size_t instance, size_t input,
                    size_t ref, size_t k);
/* The value of a parameter at an instance. `{axis}` in texts and paths is already replaced only by
 * graph_text_at, which allocates from `a`. */
const graph_value *graph_param_at(const graph *g, const graph_node *node, size_t param,
                                  size_t instance);
char *graph_text_at(const graph *g, const graph_node *node, const char *text, size_t instance,
                    arena *a);
/* "node[r_cut=5,seed=1]"; just "node" without axes. */
char *graph_instance_name(const graph *g, const graph_node *node, size_t instance, arena *a);
/* Canonical text of a value: equal meaning, equal text (1.0 and 1; -0 and 0; map order as given).
 * Not called for files. */
void graph_value_canonical(const graph_value *value, buffer *out);
/* For readers: "0.5", "a, b", "key: value, key: value"; nothing where it is unset. */
void graph_value_plain(const graph_value *value, buffer *out);

/* ---- the part of rise_ctx that parameters and checks need; sched embeds it ------------------- */
struct rise_ctx {
    const graph *graph;
    graph_node *node; /* written only while checking (rise_check_output) */
    size_t instance;
    bool checking;
    rise_status bug; /* RISE_E_BUG once a node asked for something its rows do not have */
    char bug_text[160];
    arena texts; /* what the accessors had to build, failed where memory was short; freed with the
                    ctx */
    /* Set by sched: loaded content of file parameters, *n of them (one unless the field may be a
     * pattern); field NULL for RISE_P_FILE itself. */
    const rise_file *(*file)(rise_ctx *ctx, size_t param, size_t item, const char *field,
                             size_t *n);
    /* Set by sched: RISE_P_SPECIES resolved over the whole input: a GV_LIST; NULL: as in the graph.
     */
    const graph_value *(*species)(rise_ctx *ctx, size_t param);
};

#endif

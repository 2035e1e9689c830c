/* graph/load.h: what the files of this room share while a graph is being loaded. */
#ifndef GRAPH_LOAD_H
#define GRAPH_LOAD_H

#include "graph/tree.h"

/* What a reference says beyond graph_ref: the axes that `[axis=value, ...]` fixes. */
typedef struct raw_ref {
    spot at;
    size_t n_fixed;
    size_t axis[GRAPH_MAX_DIMS];
    size_t index[GRAPH_MAX_DIMS]; /* which value of the axis */
} raw_ref;

/* A node on its way: in the order of the file, references by position in the file. */
typedef struct raw_node {
    const tree *map;
    spot at;            /* of its name */
    bool known;         /* has a type: what follows is filled in */
    bool sound;         /* parameters and references are right: check() may be asked */
    bool outputs_known; /* false where a failed parameter would have named outputs */
    bool placed;        /* its index space is known; false also on and behind a cycle */
    bool dims_known;    /* false where something wrong may bring axes with it */
    const tree *over;   /* value of `over`, NULL */
    const char **meant; /* what misspelt keys were meant to be: not reported as missing */
    size_t n_meant;
    spot *param_at;       /* [n_params] */
    struct raw_ref **ref; /* [n_inputs][n_refs] */
    graph_node node;
} raw_node;

typedef struct loader {
    graph *g;
    arena *a; /* of the graph */
    const type_set *types;
    error_list *errors;
    const char *path;
    bool nomem;
    tree *root;
    const tree **axis_tree; /* [n_axes] list of values */
    spot *axis_at;          /* [n_axes] */
    bool *axis_used;        /* [n_axes] */
    bool axes_misspelt;     /* another top-level key was meant to be `axes` */
    text_map axis_index;
    raw_node *raw; /* [n_raw] */
    size_t n_raw;
    text_map node_index;
    graph_value **defaults; /* [types->n][n_params], filled in when first needed */
    size_t *order;          /* [n_ordered] positions in the file, sources first */
    size_t n_ordered;
} loader;

/* ---- errors.c -------------------------------------------------------------------------------- */
/* `hint` may be NULL. Memory shortage sets nomem. */
void load_error(loader *L, spot at, const char *hint, const char *fmt, ...) RISE_PRINTF(4, 5);
const char *load_text(loader *L, const char *fmt, ...) RISE_PRINTF(2, 3); /* "" when short */
/* "did you mean `x`?", else "known: a, b, c" (where there are few), else NULL. */
const char *load_suggest(loader *L, const char *word, const char *const *name, size_t n);
void *load_alloc(loader *L, size_t size, size_t align); /* NULL sets nomem; never NULL for size 0 */
#define LOAD_NEW(L, type, n) ((type *)load_alloc((L), (n) * sizeof(type), _Alignof(type)))
bool name_valid(const char *name);    /* letter or _, then letters, digits, _ and - */
extern const char *const node_keys[]; /* reserved keys of a node */
enum { N_NODE_KEYS = 6 };

/* ---- set.c ----------------------------------------------------------------------------------- */
void set_apply(loader *L, const char *assignment);

/* ---- number.c -------------------------------------------------------------------------------- */
/* Is `text` a number as we read them? If not, `*hint` (from `a`; may be NULL) says how to write it.
 */
bool number_parse(const char *text, double *value, bool *integral, int64_t *integer, arena *a,
                  const char **hint);
bool size_parse(const char *text, uint64_t *bytes);     /* "512 MiB", "2 GiB", "1.5GB", "4096" */
bool duration_parse(const char *text, double *seconds); /* "90", "90 s", "10 min", "2 h" */
/* START:STOP:STEP; missing parts are INT64_MIN. */
bool slice_parse(const char *text, int64_t part[3]);

enum { MAX_FIELDS = 64 }; /* of a map-valued entry */

/* ---- schema.c -------------------------------------------------------------------------------- */
/* Types `t` by its row. False: an error was reported. `owner` is the node's name. */
bool schema_value(loader *L, const char *owner, const rise_param *row, const tree *t,
                  graph_value *out);
/* The default of a row: GV_UNSET where there is none. False: the row contradicts itself. */
bool schema_default(loader *L, const char *owner, const rise_param *row, graph_value *out);

/* ---- axes.c ---------------------------------------------------------------------------------- */
void axes_read(loader *L, const tree *axes, const tree *zip);
size_t axes_find(const loader *L, const char *name); /* SIZE_MAX: none */
/* Reports an unknown axis with "did you mean"; silent where the axes themselves are misspelt. */
void axes_unknown(loader *L, spot at, const char *where, const char *name);
/* `$axis` or `$axis.field` in `t`: the axis; SIZE_MAX: no axis. False: an error was reported. */
bool axes_of_tree(loader *L, const char *owner, const char *param, const tree *t, size_t *axis);
/* `t` with its `$axis` replaced by value i. NULL: memory is short. */
const tree *axes_substitute(loader *L, const tree *t, size_t axis, size_t i);

/* ---- params.c -------------------------------------------------------------------------------- */
void params_read(loader *L, raw_node *r);

/* ---- plugins.c ------------------------------------------------------------------------------- */
/* False: the types of one are not known, so nothing can be said of nodes. */
bool plugins_read(loader *L, const tree *plugins);

/* ---- executor.c ------------------------------------------------------------------------------ */
void executor_read(loader *L, const tree *executor); /* NULL: the graph has none */
/* `t`, the pilot of a node, must be one of the classes where there are any. */
void executor_check_pilot(loader *L, const char *node, const tree *t);

/* ---- nodes.c --------------------------------------------------------------------------------- */
void nodes_read(loader *L, const tree *nodes);
bool nodes_meant(const raw_node *r, const char *name); /* a misspelt key stands for it */

/* ---- refs.c ---------------------------------------------------------------------------------- */
void refs_read(loader *L, raw_node *r);

/* ---- order.c --------------------------------------------------------------------------------- */
void order_nodes(loader *L); /* cycles are errors */

/* ---- space.c --------------------------------------------------------------------------------- */
void space_place(loader *L); /* dimensions, instances, what `over` reduces */

/* ---- check.c --------------------------------------------------------------------------------- */
void check_nodes(loader *L);
bool shape_fits(const char *out, const char *in);

/* ---- paths.c --------------------------------------------------------------------------------- */
void paths_check(loader *L);

/* ---- index.c --------------------------------------------------------------------------------- */
/* `{axis}` or `{axis.field}` in a text. */
typedef struct placeholder {
    const char *start; /* its brace */
    size_t axis;       /* SIZE_MAX: the graph has no such axis */
    char name[RISE_NAME_MAX];
    const char *field; /* NULL: none */
    size_t n_field;
} placeholder;
/* The next one at or after *at, which moves behind it. Braces around anything but a name (as in a
 * regular expression) are plain text. */
bool placeholder_next(const graph *g, const char **at, placeholder *p);

/* load.c: the text of a graph file. */
rise_status read_graph_file(const char *path, buffer *text, rise_error *err) RISE_MUST_USE;

#endif

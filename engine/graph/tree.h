/* graph/tree.h: what YAML says, with the place of everything, before anybody knows what it means.
 * Scalars stay text: only the rows of a node type decide what a text is. */
#ifndef GRAPH_TREE_H
#define GRAPH_TREE_H

#include "graph/graph.h"

/* Where something stands: in the file, or in a `--set`. */
typedef struct spot {
    graph_place place;
    const char *set; /* "--set a.b=c", NULL in the file */
} spot;

typedef enum tree_kind {
    TREE_SCALAR,
    TREE_LIST,
    TREE_MAP,
    TREE_BAD /* an error was reported here already: say nothing more about it */
} tree_kind;

typedef struct tree {
    tree_kind kind;
    bool quoted;      /* scalars: in quotes or a block, so certainly a text */
    const char *text; /* scalars: UTF-8 */
    size_t n, capacity;
    struct tree **item; /* [n] */
    const char **key;   /* maps: [n], all different */
    spot *key_at;       /* maps: [n] */
    spot at;
} tree;

enum {
    TREE_MAX_BYTES = 1 << 20,
    TREE_MAX_DEPTH = 64, /* libyaml 0.2.5 is quadratic on nesting */
    TREE_MAX_EVENTS = 200000
};

/* All of them allocate from `a` and yield NULL or false when memory is short. */
tree *tree_new(arena *a, tree_kind kind, spot at);
tree *tree_scalar(arena *a, const char *text, spot at); /* plain; the text is not copied */
bool tree_add(arena *a, tree *parent, const char *key, spot key_at, tree *item);
size_t tree_find(const tree *map, const char *key); /* SIZE_MAX: none, or not a map */
const char *tree_kind_name(const tree *t);          /* "a text", "a list", "a map" */

/* As error_list_add; false when the error was lost because memory is short. */
bool error_list_keep(error_list *list, const rise_error *err);

/* One YAML document. Errors go to `errors`; NULL where the text cannot be read on (also when memory
 * is short: then `*nomem` is set). With `set` every place is that `--set`. */
tree *tree_parse(arena *a, const char *text, size_t size, const char *path, const char *set,
                 error_list *errors, bool *nomem);

#endif

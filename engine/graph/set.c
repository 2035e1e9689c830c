/* graph/set.c: `--set node.param=value`, `--set axes.name=[...]`, `--set nodes.name={...}` and
 * `--set executor.key=value` onto the tree, before anything is read from it: what they say is then
 * checked like the file, with
 * `--set ...` as its place. */
#include "graph/load.h"

#include <string.h>

static bool put(loader *L, tree *map, const char *key, spot at, tree *value) {
    size_t k = tree_find(map, key);
    if (k != SIZE_MAX) {
        map->item[k] = value;
        return true;
    }
    if (!tree_add(L->a, map, key, at, value)) {
        L->nomem = true;
        return false;
    }
    return true;
}

/* The map that `key` stands for in `parent`; an empty one is made where there is none. */
static tree *descend(loader *L, tree *parent, const char *key, spot at) {
    size_t k = tree_find(parent, key);
    if (k != SIZE_MAX) {
        return parent->item[k];
    }
    tree *map = tree_new(L->a, TREE_MAP, at);
    if (!map) {
        L->nomem = true;
        return NULL;
    }
    return put(L, parent, key, at, map) ? map : NULL;
}

static const char *node_hint(loader *L, const tree *nodes, const char *name) {
    const char **known = LOAD_NEW(L, const char *, nodes->n + 1);
    for (size_t i = 0; known && i < nodes->n; i++) {
        known[i] = nodes->key[i];
    }
    if (known) {
        known[nodes->n] = "axes";
    }
    return known ? load_suggest(L, name, known, nodes->n + 1) : NULL;
}

/* Where the path begins: `axes`, `nodes` or `executor` (unless a node has that name), or a node of
 * the graph. */
static tree *start(loader *L, const char *name, spot at) {
    size_t k = tree_find(L->root, "nodes");
    tree *nodes = k == SIZE_MAX ? NULL : L->root->item[k];
    bool of_node = nodes && tree_find(nodes, name) != SIZE_MAX;
    if (strcmp(name, "axes") == 0 || (strcmp(name, "executor") == 0 && !of_node)) {
        return descend(L, L->root, name, at);
    }
    if (nodes && strcmp(name, "nodes") == 0 && !of_node) {
        return nodes;
    }
    if (!nodes || nodes->kind != TREE_MAP) {
        return NULL; /* told when the nodes are read */
    }
    k = tree_find(nodes, name);
    if (k == SIZE_MAX) {
        load_error(L, at, node_hint(L, nodes, name), "unknown node `%.60s`", name);
        return NULL;
    }
    return nodes->item[k];
}

void set_apply(loader *L, const char *assignment) {
    spot at = {{0, 0}, load_text(L, "--set %s", assignment)};
    const char *equals = strchr(assignment, '=');
    char *path = arena_bytes(L->a, assignment, equals ? (size_t)(equals - assignment) : 0);
    if (!path) {
        L->nomem = true;
        return;
    }
    char *dot = strchr(path, '.');
    if (!dot || dot == path || !dot[1]) {
        load_error(L, at, "node.parameter=value or axes.name=[...]", "expected an assignment");
        return;
    }
    *dot = '\0';
    tree *map = start(L, path, at);
    char *key = dot + 1;
    while (map && map->kind == TREE_MAP && (dot = strchr(key, '.')) && !L->nomem) {
        *dot = '\0';
        map = descend(L, map, key, at);
        key = dot + 1;
    }
    if (!map || map->kind == TREE_BAD || L->nomem) {
        return;
    }
    if (map->kind != TREE_MAP) {
        load_error(L, at, NULL, "there is no map to set `%.60s` in", key);
        return;
    }
    tree *value =
        tree_parse(L->a, equals + 1, strlen(equals + 1), L->path, at.set, L->errors, &L->nomem);
    if (value) {
        put(L, map, key, at, value);
    }
}

/* graph/tree.c: the located tree. Knows nothing of YAML and nothing of graphs. */
#include "graph/tree.h"

#include <string.h>

tree *tree_new(arena *a, tree_kind kind, spot at) {
    tree *t = ARENA_NEW(a, tree, 1);
    if (t) {
        t->kind = kind;
        t->at = at;
    }
    return t;
}

tree *tree_scalar(arena *a, const char *text, spot at) {
    tree *t = tree_new(a, TREE_SCALAR, at);
    if (t) {
        t->text = text;
    }
    return t;
}

static bool grow(arena *a, tree *t) {
    size_t capacity = t->capacity ? 2 * t->capacity : 4;
    tree **item = ARENA_NEW(a, tree *, capacity);
    const char **key = NULL;
    spot *key_at = NULL;
    if (t->kind == TREE_MAP) {
        key = ARENA_NEW(a, const char *, capacity);
        key_at = ARENA_NEW(a, spot, capacity);
        if (!key || !key_at) {
            return false;
        }
    }
    if (!item) {
        return false;
    }
    if (t->n) {
        memcpy(item, t->item, t->n * sizeof *item);
        if (key) {
            memcpy(key, t->key, t->n * sizeof *key);
            memcpy(key_at, t->key_at, t->n * sizeof *key_at);
        }
    }
    t->item = item;
    t->key = key;
    t->key_at = key_at;
    t->capacity = capacity;
    return true;
}

bool tree_add(arena *a, tree *parent, const char *key, spot key_at, tree *item) {
    if (!item || (parent->n == parent->capacity && !grow(a, parent))) {
        return false;
    }
    parent->item[parent->n] = item;
    if (parent->kind == TREE_MAP) {
        parent->key[parent->n] = key;
        parent->key_at[parent->n] = key_at;
    }
    parent->n++;
    return true;
}

size_t tree_find(const tree *map, const char *key) {
    if (map && map->kind == TREE_MAP) {
        for (size_t i = 0; i < map->n; i++) {
            if (strcmp(map->key[i], key) == 0) {
                return i;
            }
        }
    }
    return SIZE_MAX;
}

const char *tree_kind_name(const tree *t) {
    switch (t->kind) {
    case TREE_LIST:
        return "a list";
    case TREE_MAP:
        return "a map";
    case TREE_SCALAR:
    case TREE_BAD:
        break;
    }
    return !t->quoted && !t->text[0] ? "nothing" : "a text";
}

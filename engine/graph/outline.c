/* graph/outline: the nodes that a file names, also where the graph has errors. */
#include "graph/load.h"

static const tree *child(const tree *map, const char *key) {
    size_t k = map ? tree_find(map, key) : SIZE_MAX;
    return k == SIZE_MAX ? NULL : map->item[k];
}

rise_status graph_outline(const char *path, arena *a, outline_node **out, size_t *n,
                          rise_error *err) {
    buffer text = {0};
    error_list ignored = {0};
    bool nomem = false;
    rise_status s = read_graph_file(path, &text, err);
    const tree *root =
        s == RISE_OK && text.size > 0
            ? tree_parse(a, (const char *)text.bytes, text.size, path, NULL, &ignored, &nomem)
            : NULL;
    const tree *nodes = child(root, "nodes");
    size_t n_nodes = nodes && nodes->kind == TREE_MAP ? nodes->n : 0;
    *out = s == RISE_OK ? ARENA_NEW(a, outline_node, n_nodes + 1) : NULL;
    for (size_t i = 0; *out && i < n_nodes; i++) {
        const tree *type = child(nodes->item[i], "type");
        bool named = type && type->kind == TREE_SCALAR;
        (*out)[i] = (outline_node){nodes->key[i], named ? type->text : ""};
    }
    *n = n_nodes;
    if (s == RISE_OK && (nomem || !*out))
        s = rise_fail_nomem(err, "the graph");
    error_list_free(&ignored);
    buffer_free(&text);
    return s;
}

/* graph/plugins.c: the plug-ins that a graph names. How one is loaded is not known here: the set of
 * node types does it. */
#include "graph/load.h"

static bool read_plugin(loader *L, const tree *t) {
    if (t->kind != TREE_SCALAR || !t->text[0]) {
        if (t->kind != TREE_BAD) {
            load_error(L, t->at, "as in plugins: [shells.so]", "plugins: expected a path, found %s",
                       tree_kind_name(t));
        }
        return false;
    }
    if (!L->types->load) {
        load_error(L, t->at, NULL, "plugins: this program loads none");
        return false;
    }
    const char *path = path_join(L->a, L->g->folder, t->text);
    if (!path) {
        L->nomem = true;
        return false;
    }
    rise_error err = {0};
    rise_status status = L->types->load(L->types->user, path, &err);
    if (status == RISE_E_NOMEM) {
        L->nomem = true;
    } else if (status) {
        load_error(L, t->at, err.hint, "plug-in %.200s: %s", path, err.message);
    }
    return status == RISE_OK;
}

bool plugins_read(loader *L, const tree *plugins) {
    if (!plugins) {
        return true;
    }
    if (plugins->kind != TREE_LIST) {
        return read_plugin(L, plugins); /* a single one is a list of one */
    }
    bool all = true;
    for (size_t i = 0; i < plugins->n && !L->nomem; i++) {
        all = read_plugin(L, plugins->item[i]) && all;
    }
    return all;
}

/* graph/load.c: from the text of a graph to a checked graph, with all errors at once. The order of
 * the stages is the order of what can be known: text, tree, axes, nodes, references, order, index
 * spaces, ports. What failed in one stage is passed over in silence by the next. */
#include "graph/load.h"

#include <errno.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

/* ---- top level ------------------------------------------------------------------------------- */
static const char *const top_keys[] = {"rise", "title", "plugins", "executor",
                                       "axes", "zip",   "nodes"};
enum { N_TOP_KEYS = sizeof top_keys / sizeof *top_keys };

static const tree *top(const loader *L, const char *key) {
    size_t k = tree_find(L->root, key);
    return k == SIZE_MAX ? NULL : L->root->item[k];
}

/* False: this is no graph that we can read. */
static bool check_version(loader *L) {
    const tree *root = L->root;
    if (root->kind != TREE_MAP) {
        if (root->kind != TREE_BAD) {
            load_error(L, root->at, "a graph begins with `rise: 1`",
                       "expected a map with `rise`, `axes` and `nodes`, found %s",
                       tree_kind_name(root));
        }
        return false;
    }
    size_t k = tree_find(root, "rise");
    if (k == SIZE_MAX) {
        load_error(L, root->at, "write `rise: 1` at the top", "`rise: 1` is missing");
        return true;
    }
    const tree *t = root->item[k];
    if (t->kind == TREE_BAD) {
        return false;
    }
    if (t->kind != TREE_SCALAR || strcmp(t->text, "1") != 0) {
        load_error(L, t->at, "this program reads `rise: 1`", "rise: expected 1, found %.40s",
                   t->kind == TREE_SCALAR && t->text[0] ? t->text : tree_kind_name(t));
        return false;
    }
    if (k != 0) {
        load_error(L, root->key_at[k], "write it at the top", "`rise: 1` must come first");
    }
    return true;
}

/* False: `nodes` is there under another name. */
static bool check_top_keys(loader *L) {
    bool nodes_there = true;
    for (size_t k = 0; k < L->root->n; k++) {
        const char *key = L->root->key[k];
        size_t i = 0;
        while (i < N_TOP_KEYS && strcmp(top_keys[i], key) != 0) {
            i++;
        }
        if (i == N_TOP_KEYS) {
            const char *meant = text_suggest(key, top_keys, N_TOP_KEYS);
            L->axes_misspelt = L->axes_misspelt || (meant && strcmp(meant, "axes") == 0);
            nodes_there = nodes_there && !(meant && strcmp(meant, "nodes") == 0);
            load_error(L, L->root->key_at[k], load_suggest(L, key, top_keys, N_TOP_KEYS),
                       "unknown key `%.60s`", key);
        }
    }
    return nodes_there;
}

static void read_title(loader *L) {
    const tree *t = top(L, "title");
    if (t && t->kind == TREE_SCALAR) {
        L->g->title = t->text;
    } else if (t && t->kind != TREE_BAD) {
        load_error(L, t->at, NULL, "title: expected a text, found %s", tree_kind_name(t));
    }
}

/* An axis that `--set` brought in must be one that the graph knows of. */
static void unused_axes(loader *L) {
    for (size_t k = 0; k < L->g->n_axes; k++) {
        if (L->axis_at[k].set && !L->axis_used[k]) {
            const char **known = LOAD_NEW(L, const char *, L->g->n_axes);
            size_t n = 0;
            for (size_t j = 0; known && j < L->g->n_axes; j++) {
                if (j != k) {
                    known[n++] = L->g->axis[j].name;
                }
            }
            load_error(L, L->axis_at[k],
                       known && n ? load_suggest(L, L->g->axis[k].name, known, n) : NULL,
                       "the graph has no axis `%.60s`", L->g->axis[k].name);
        }
    }
}

static void run_stages(loader *L) {
    if (!check_version(L)) {
        return;
    }
    bool nodes_there = check_top_keys(L);
    read_title(L);
    bool types_known = plugins_read(L, top(L, "plugins"));
    executor_read(L, top(L, "executor"));
    axes_read(L, top(L, "axes"), top(L, "zip"));
    if (L->nomem) {
        return;
    }
    const tree *nodes = top(L, "nodes");
    if (!nodes) {
        if (nodes_there) {
            load_error(L, L->root->at, NULL, "`nodes` is missing");
        }
        return;
    }
    L->defaults = LOAD_NEW(L, graph_value *, L->types->n);
    if (L->nomem || !types_known) {
        return;
    }
    nodes_read(L, nodes);
    if (L->nomem) {
        return;
    }
    order_nodes(L);
    if (!L->nomem) {
        space_place(L);
    }
    if (!L->nomem) {
        check_nodes(L);
    }
    if (!L->nomem) {
        paths_check(L);
        unused_axes(L);
    }
}

/* ---- the graph from its parts ---------------------------------------------------------------- */
static void finish(loader *L) {
    graph *g = L->g;
    g->node = LOAD_NEW(L, graph_node, L->n_raw);
    size_t *position = LOAD_NEW(L, size_t, L->n_raw);
    if (L->nomem) {
        return;
    }
    for (size_t i = 0; i < L->n_raw; i++) {
        position[L->order[i]] = i;
    }
    for (size_t i = 0; i < L->n_raw; i++) {
        graph_node *node = &g->node[i];
        *node = L->raw[L->order[i]].node;
        for (size_t j = 0; j < node->n_inputs; j++) {
            for (size_t k = 0; k < node->input[j].n_refs; k++) {
                node->input[j].ref[k].node = position[node->input[j].ref[k].node];
            }
        }
        if (!text_map_set(&g->index, node->name, i)) {
            L->nomem = true;
            return;
        }
    }
    g->n_nodes = L->n_raw;
}

/* In the order of the file; insertion keeps errors of one place as they were found. */
static void sort_errors(error_list *list, size_t first) {
    size_t n = list->n < 100 ? list->n : 100;
    for (size_t i = first + 1; i < n; i++) {
        rise_error e = list->item[i];
        size_t j = i;
        for (; j > first && (list->item[j - 1].line > e.line ||
                             (list->item[j - 1].line == e.line && list->item[j - 1].col > e.col));
             j--) {
            list->item[j] = list->item[j - 1];
        }
        list->item[j] = e;
    }
}

static rise_status verdict(const loader *L, size_t first) {
    if (L->nomem) {
        rise_error err = {0};
        rise_fail_nomem(&err, "the graph");
        error_list_add(L->errors, &err);
        return RISE_E_NOMEM;
    }
    if (L->errors->n == first) {
        return RISE_OK;
    }
    for (size_t i = first; i < L->errors->n && i < 100; i++) {
        if (L->errors->item[i].status == RISE_E_BUG) {
            return RISE_E_BUG;
        }
    }
    return RISE_E_GRAPH;
}

rise_status graph_parse(const char *text, size_t size, const char *path, const type_set *types,
                        const char *const *set, size_t n_set, graph **out, error_list *errors) {
    size_t first = errors->n < 100 ? errors->n : 100, before = errors->n;
    graph *g = calloc(1, sizeof *g);
    loader L = {.g = g, .types = types, .errors = errors, .path = path, .nomem = !g};
    if (g) {
        L.a = &g->memory;
        g->path = arena_text(L.a, path);
        g->folder = path_folder(L.a, path);
        g->text = arena_bytes(L.a, text, size);
        g->text_size = size;
        L.nomem = L.nomem || !g->path || !g->folder || !g->text;
        L.root = L.nomem ? NULL : tree_parse(L.a, text, size, path, NULL, errors, &L.nomem);
        for (size_t i = 0; i < n_set && L.root && !L.nomem; i++) {
            if (L.root->kind == TREE_MAP) {
                set_apply(&L, set[i]);
            }
        }
        if (L.root && !L.nomem) {
            run_stages(&L);
        }
        if (!L.nomem && errors->n == before) {
            finish(&L);
        }
        text_map_free(&L.axis_index);
        text_map_free(&L.node_index);
    }
    rise_status status = verdict(&L, before);
    sort_errors(errors, first);
    if (status) {
        graph_free(g);
        return status;
    }
    *out = g;
    return RISE_OK;
}

/* ---- files ----------------------------------------------------------------------------------- */
rise_status read_graph_file(const char *path, buffer *out, rise_error *err) {
    FILE *f = fopen(path, "rb");
    if (!f && errno == ENOMEM) {
        return rise_fail_nomem(err, path);
    }
    if (!f) {
        return rise_fail_at(err, RISE_E_NOINPUT, path, 0, 0, "cannot be read: %s", strerror(errno));
    }
    char chunk[16384];
    size_t n = 0;
    while (out->size <= TREE_MAX_BYTES + 3 && (n = fread(chunk, 1, sizeof chunk, f)) > 0) {
        buffer_add(out, chunk, n);
    }
    int failed = ferror(f) ? errno : 0;
    fclose(f);
    if (failed) {
        return rise_fail_at(err, RISE_E_NOINPUT, path, 0, 0, "cannot be read: %s",
                            strerror(failed));
    }
    return out->failed ? rise_fail_nomem(err, path) : RISE_OK;
}

rise_status graph_load(const char *path, const type_set *types, const char *const *set,
                       size_t n_set, graph **out, error_list *errors) {
    buffer text = {0};
    rise_error err = {0};
    rise_status status = read_graph_file(path, &text, &err);
    if (status) {
        error_list_add(errors, &err);
    } else {
        status = graph_parse(text.bytes ? (const char *)text.bytes : "", text.size, path, types,
                             set, n_set, out, errors);
    }
    buffer_free(&text);
    return status;
}

void graph_free(graph *g) {
    if (g) {
        text_map_free(&g->index);
        arena_free(&g->memory);
        free(g);
    }
}

/* api/graph_files: the input files that a graph names, as they are found now. */
#include "api/host.h"
#include "files/files.h"

#include <string.h>

typedef struct listing {
    const graph *g;
    const graph_node *node;
    const char **cell; /* [n][2]: node, path */
    size_t n, capacity;
    text_map seen; /* paths and patterns of the node at hand */
    arena texts;
    bool failed;
} listing;

static bool is_new(listing *l, const char *kind, const char *text) {
    uint64_t before;
    char *key = arena_format(&l->texts, "%s\n%s\n%s", l->node->name, kind, text);
    if (key && text_map_get(&l->seen, key, &before))
        return false;
    l->failed = l->failed || !key || !text_map_set(&l->seen, key, 1);
    return !l->failed;
}

static void add_path(listing *l, const char *path) {
    if (!path || !is_new(l, "path", path)) {
        l->failed = l->failed || !path;
        return;
    }
    if (l->n == l->capacity) {
        size_t capacity = l->capacity ? 2 * l->capacity : 64;
        const char **grown = ARENA_NEW(&l->texts, const char *, 2 * capacity);
        if (!grown) {
            l->failed = true;
            return;
        }
        if (l->n > 0)
            memcpy(grown, l->cell, 2 * l->n * sizeof *grown);
        l->cell = grown;
        l->capacity = capacity;
    }
    l->cell[2 * l->n] = l->node->name;
    l->cell[2 * l->n++ + 1] = path;
}

static const char *at_point(listing *l, size_t instance, const char *text) {
    const char *replaced = graph_text_at(l->g, l->node, text, instance, &l->texts);
    l->failed = l->failed || !replaced;
    return replaced;
}

static void add_file(listing *l, size_t instance, const char *text) {
    const char *replaced = at_point(l, instance, text);
    if (replaced)
        add_path(l, path_join(&l->texts, l->g->folder, replaced));
}

static void add_pattern(listing *l, size_t instance, const char *text) {
    const char *pattern = at_point(l, instance, text);
    const char *const *path = NULL;
    size_t n = 0;
    rise_error ignored;
    if (!pattern || !is_new(l, "pattern", pattern))
        return;
    if (files_expand(l->g->folder, &pattern, 1, &l->texts, &path, &n, &ignored) != RISE_OK)
        add_path(l, path_join(&l->texts, l->g->folder, pattern));
    for (size_t i = 0; i < n; i++)
        add_path(l, path[i]);
}

static void add_fields(listing *l, size_t instance, const rise_param *fields,
                       const graph_value *map) {
    for (size_t k = 0; map->kind == GV_MAP && k < map->n; k++)
        for (const rise_param *f = fields; f && f->name; f++)
            if (f->type == RISE_P_FILE && strcmp(f->name, map->key[k]) == 0)
                (f->flags & RISE_PARAM_GLOB ? add_pattern : add_file)(l, instance,
                                                                      map->item[k].text);
}

static void add_param(listing *l, size_t instance, size_t p) {
    const rise_param *row = l->node->param[p].row;
    const graph_value *value = graph_param_at(l->g, l->node, p, instance);
    if (row->type == RISE_P_FILE && value->kind == GV_TEXT)
        add_file(l, instance, value->text);
    for (size_t i = 0; row->type == RISE_P_FILES && i < value->n; i++)
        add_pattern(l, instance, value->item[i].text);
    for (size_t i = 0; row->type == RISE_P_MAP && i < value->n; i++)
        add_fields(l, instance, row->fields, &value->item[i]);
}

static rise_status make_table(const listing *l, rise_value **out, rise_error *err) {
    rise_column column[2] = {{.name = "node", .dtype = RISE_TEXT},
                             {.name = "path", .dtype = RISE_TEXT}};
    rise_value *table = NULL;
    rise_status s = rise_table_new(column, 2, l->n, &table, err);
    for (size_t i = 0; s == RISE_OK && i < 2 * l->n; i++)
        s = rise_table_set_text(table, i % 2, i / 2, l->cell[i], err);
    if (s == RISE_OK)
        *out = table;
    else
        rise_value_release(table);
    return s;
}

rise_status rise_graph_file_table(const rise_graph *graph_, rise_value **out, rise_error *err) {
    listing l = {.g = graph_of(graph_)};
    for (size_t i = 0; i < l.g->n_nodes; i++) {
        l.node = &l.g->node[i];
        for (size_t p = 0; p < l.node->n_params; p++) {
            rise_param_type type = l.node->param[p].row->type;
            bool files = type == RISE_P_FILE || type == RISE_P_FILES || type == RISE_P_MAP;
            for (size_t k = 0; files && k < l.node->n_instances; k++)
                add_param(&l, k, p);
        }
    }
    rise_status s =
        l.failed ? rise_fail_nomem(err, "the files of the graph") : make_table(&l, out, err);
    text_map_free(&l.seen);
    arena_free(&l.texts);
    return s;
}

/* graph/paths.c: output files of different instances must not collide, and `{axis}` must name an
 * axis that the node has. Knows names only; nothing is written here. */
#include "graph/load.h"

#include <string.h>

/* ---- placeholders ---------------------------------------------------------------------------- */
static uint32_t dims_of(const graph_node *node) {
    uint32_t mask = 0;
    for (size_t i = 0; i < node->n_dims; i++) {
        mask |= (uint32_t)1 << node->dim[i];
    }
    return mask;
}

static bool field_known(const graph_axis *axis, const placeholder *p) {
    bool known = axis->value[0].kind == GV_MAP;
    for (size_t i = 0; known && i < axis->n; i++) {
        known = false;
        for (size_t j = 0; j < axis->value[i].n; j++) {
            known = known || (strncmp(axis->value[i].key[j], p->field, p->n_field) == 0 &&
                              !axis->value[i].key[j][p->n_field]);
        }
    }
    return known;
}

/* All of `text` that looks like a placeholder. In a path every one must be an axis; elsewhere
 * braces around other names are plain text. */
static bool placeholders_sound(loader *L, const raw_node *r, const char *name, spot at,
                               const char *text, bool path) {
    placeholder p;
    bool sound = true;
    const graph *g = L->g;
    while (placeholder_next(g, &text, &p)) {
        if (p.axis == SIZE_MAX) {
            if (path) {
                axes_unknown(L, at, load_text(L, "%s.%s", r->node.name, name), p.name);
                sound = false;
            }
            continue;
        }
        L->axis_used[p.axis] = true;
        if (!g->axis[p.axis].n) {
            sound = false;
            continue;
        }
        uint32_t dim = (uint32_t)1 << g->axis[p.axis].dim;
        if (!(dims_of(&r->node) & dim)) {
            load_error(L, at, "a node has the axes of its parameters and inputs",
                       "%s.%s: node `%s` has no axis `%s`", r->node.name, name, r->node.name,
                       p.name);
            sound = false;
        } else if (p.field && !field_known(&g->axis[p.axis], &p)) {
            load_error(L, at, NULL, "%s.%s: axis `%s` has no field `%.*s`", r->node.name, name,
                       p.name, (int)(p.n_field < 60 ? p.n_field : 60), p.field);
            sound = false;
        }
    }
    return sound;
}

static bool value_sound(loader *L, const raw_node *r, const graph_param *param, spot at,
                        const graph_value *v) {
    bool path = param->row->type == RISE_P_OUTPUT, sound = true;
    if (v->kind == GV_TEXT && strchr(v->text, '{')) {
        sound = placeholders_sound(L, r, param->row->name, at, v->text, path);
    }
    for (size_t i = 0; i < v->n; i++) {
        sound = value_sound(L, r, param, at, &v->item[i]) && sound;
    }
    return sound;
}

/* ---- collisions ------------------------------------------------------------------------------ */
typedef struct written {
    const raw_node *r;
    size_t param, instance;
} written;

typedef struct outputs {
    text_map index;
    written *item;
    size_t n, capacity;
} outputs;

/* "./a//b" is "a/b". */
static void tidy(char *path) {
    char *to = path;
    for (const char *s = path; *s;) {
        size_t n = strcspn(s, "/");
        if (n && !(n == 1 && *s == '.')) {
            if (to != path) {
                *to++ = '/';
            }
            memmove(to, s, n);
            to += n;
        }
        s += n + (s[n] == '/');
    }
    *to = '\0';
}

static const char *axis_that_differs(const loader *L, const graph_node *node, size_t a, size_t b) {
    for (size_t k = 0; k < L->g->n_axes; k++) {
        size_t dim = L->g->axis[k].dim;
        if (graph_index_at(L->g, node, a, dim) != graph_index_at(L->g, node, b, dim)) {
            return L->g->axis[k].name;
        }
    }
    return NULL;
}

static void tell_collision(loader *L, const written *a, const written *b, const char *path) {
    const char *row = a->r->node.param[a->param].row->name;
    spot at = a->r->param_at[a->param];
    const char *axis = a->r == b->r && a->param == b->param
                           ? axis_that_differs(L, &a->r->node, a->instance, b->instance)
                           : NULL;
    if (axis) {
        load_error(L, at, load_text(L, "put {%s} into the path", axis),
                   "%s.%s: instances that differ in `%s` would all write %.200s", a->r->node.name,
                   row, axis, path);
    } else {
        load_error(L, at, "every output file needs a name of its own",
                   "%s.%s: %.200s is also written by node `%s`", a->r->node.name, row, path,
                   b->r->node.name);
    }
}

/* False: it collides (or memory is short). */
static bool note(loader *L, outputs *all, written w, const char *path) {
    uint64_t other = 0;
    if (text_map_get(&all->index, path, &other)) {
        tell_collision(L, &w, &all->item[other], path);
        return false;
    }
    if (all->n == all->capacity) {
        size_t capacity = all->capacity ? 2 * all->capacity : 16;
        written *item = LOAD_NEW(L, written, capacity);
        if (!item) {
            return false;
        }
        if (all->n) {
            memcpy(item, all->item, all->n * sizeof *item);
        }
        all->item = item;
        all->capacity = capacity;
    }
    if (!text_map_set(&all->index, path, all->n)) {
        L->nomem = true;
        return false;
    }
    all->item[all->n++] = w;
    return true;
}

static void note_all(loader *L, outputs *all, raw_node *r, size_t p) {
    for (size_t i = 0; i < r->node.n_instances && !L->nomem; i++) {
        const graph_value *v = graph_param_at(L->g, &r->node, p, i);
        if (v->kind != GV_TEXT) {
            continue;
        }
        char *path = graph_text_at(L->g, &r->node, v->text, i, L->a);
        if (!path) {
            L->nomem = true;
            return;
        }
        tidy(path);
        if (!note(L, all, (written){r, p, i}, path)) {
            return; /* one collision of a parameter says it all */
        }
    }
}

void paths_check(loader *L) {
    outputs all = {0};
    for (size_t n = 0; n < L->n_raw && !L->nomem; n++) {
        raw_node *r = &L->raw[n];
        for (size_t p = 0; r->placed && p < r->node.n_params; p++) {
            const graph_param *param = &r->node.param[p];
            bool sound = param->value != NULL;
            for (size_t i = 0; sound && i < param->n_values; i++) {
                sound = value_sound(L, r, param, r->param_at[p], &param->value[i]);
            }
            if (sound && param->row->type == RISE_P_OUTPUT) {
                note_all(L, &all, r, p);
            }
        }
    }
    text_map_free(&all.index);
}

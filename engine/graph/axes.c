/* graph/axes.c: axes and their values, zip, and `$axis` in parameters. An axis is not typed: each
 * parameter that follows it types the values by its own row. */
#include "graph/load.h"

#include <math.h>
#include <string.h>

/* ---- values ---------------------------------------------------------------------------------- */
/* The value without a row: a plain number is a number, every other scalar a text. */
static bool untyped(loader *L, const tree *t, graph_value *out) {
    *out = (graph_value){.place = t->at.place};
    bool integral = false;
    const char *hint = NULL;
    if (t->kind == TREE_SCALAR) {
        out->kind = GV_TEXT;
        out->text = t->text;
        if (!t->quoted &&
            number_parse(t->text, &out->real, &integral, &out->integer, L->a, &hint)) {
            out->kind = integral ? GV_INT : GV_REAL;
        }
        return true;
    }
    out->kind = t->kind == TREE_LIST ? GV_LIST : GV_MAP;
    out->n = t->n;
    out->key = t->key;
    out->item = LOAD_NEW(L, graph_value, t->n);
    bool sound = out->item && t->kind != TREE_BAD;
    for (size_t i = 0; i < t->n && sound; i++) {
        sound = untyped(L, t->item[i], &out->item[i]);
    }
    return sound;
}

static const char *shown(loader *L, const graph_value *v) {
    char number[32];
    switch (v->kind) {
    case GV_INT:
        return load_text(L, "%lld", (long long)v->integer);
    case GV_REAL:
        text_of_double(v->real, number);
        return load_text(L, "%s", number);
    case GV_TEXT:
        return v->text;
    default:
        return NULL;
    }
}

static bool read_axis_value(loader *L, graph_axis *axis, const tree *t, graph_value *v, size_t i) {
    bool list = t->kind == TREE_LIST;
    if (list || (t->kind == TREE_SCALAR && !t->quoted && !t->text[0])) {
        load_error(L, t->at, list ? "give the list as a field: {name: ..., field: [...]}" : NULL,
                   "axes.%s: expected a value or a map, found %s", axis->name, tree_kind_name(t));
        return false;
    }
    if (t->kind == TREE_BAD || !untyped(L, t, v)) {
        return false;
    }
    const graph_value *name = v->kind == GV_MAP ? (v->n ? &v->item[0] : NULL) : v;
    axis->text[i] = name ? shown(L, name) : NULL;
    if (!axis->text[i] || !axis->text[i][0]) {
        load_error(L, t->at, "the first field of a map names the value",
                   "axes.%s: this value has no name", axis->name);
        return false;
    }
    axis->number[i] = name->kind == GV_INT || name->kind == GV_REAL ? name->real : (double)NAN;
    return true;
}

static bool all_different(loader *L, const graph_axis *axis, const tree *list) {
    text_map seen = {0};
    bool sound = true;
    for (size_t i = 0; i < axis->n && !L->nomem; i++) {
        uint64_t first = 0;
        if (text_map_get(&seen, axis->text[i], &first)) {
            load_error(L, list->item[i]->at, "every value of an axis is a point of its own",
                       "axes.%s: value %zu equals value %zu (%.60s)", axis->name, i + 1,
                       (size_t)first + 1, axis->text[i]);
            sound = false;
        } else if (!text_map_set(&seen, axis->text[i], i)) {
            L->nomem = true;
        }
    }
    text_map_free(&seen);
    return sound;
}

static bool same_shape(loader *L, const graph_axis *axis, const tree *list) {
    for (size_t i = 1; i < list->n; i++) {
        if ((list->item[i]->kind == TREE_MAP) != (list->item[0]->kind == TREE_MAP)) {
            load_error(L, list->item[i]->at, NULL, "axes.%s: either all values are maps or none is",
                       axis->name);
            return false;
        }
    }
    return true;
}

static void read_axis(loader *L, size_t k, const tree *t) {
    graph_axis *axis = &L->g->axis[k];
    if (t->kind == TREE_BAD) {
        return;
    }
    if (t->kind == TREE_MAP || (t->kind == TREE_SCALAR && !t->quoted && !t->text[0]) ||
        (t->kind == TREE_LIST && !t->n)) {
        load_error(L, t->at, "as in [3.0, 4.0, 5.0]",
                   "axes.%s: expected a list of values, found %s", axis->name,
                   t->kind == TREE_LIST ? "an empty list" : tree_kind_name(t));
        return;
    }
    const tree *list = t;
    if (t->kind == TREE_SCALAR) { /* a single value is a list of one */
        tree *one = tree_new(L->a, TREE_LIST, t->at);
        tree *copy = LOAD_NEW(L, tree, 1);
        if (!one || !copy) {
            L->nomem = true;
            return;
        }
        *copy = *t;
        if (!tree_add(L->a, one, NULL, t->at, copy)) {
            L->nomem = true;
            return;
        }
        list = one;
    }
    graph_value *value = LOAD_NEW(L, graph_value, list->n);
    axis->text = LOAD_NEW(L, const char *, list->n);
    axis->number = LOAD_NEW(L, double, list->n);
    bool sound = value && axis->text && axis->number && same_shape(L, axis, list);
    for (size_t i = 0; sound && i < list->n; i++) {
        sound = read_axis_value(L, axis, list->item[i], &value[i], i);
    }
    if (!sound) {
        return; /* n stays 0: whoever uses the axis keeps silent */
    }
    axis->n = list->n;
    axis->value = value;
    L->axis_tree[k] = list;
    if (!all_different(L, axis, list)) {
        axis->n = 0;
    }
}

static const char *axes_hint(loader *L, const char *name) {
    const char **known = LOAD_NEW(L, const char *, L->g->n_axes);
    if (!known) {
        return NULL;
    }
    for (size_t k = 0; k < L->g->n_axes; k++) {
        known[k] = L->g->axis[k].name;
    }
    return L->g->n_axes ? load_suggest(L, name, known, L->g->n_axes) : "the graph has no axes";
}

void axes_unknown(loader *L, spot at, const char *where, const char *name) {
    if (!L->axes_misspelt) {
        load_error(L, at, axes_hint(L, name), "%s: unknown axis `%.60s`", where, name);
    }
}

/* ---- dimensions ------------------------------------------------------------------------------ */
static bool zip_member(loader *L, const tree *t, size_t *group, size_t number, size_t *first) {
    if (t->kind != TREE_SCALAR) {
        if (t->kind != TREE_BAD) {
            load_error(L, t->at, "as in [[a, b]]", "zip: expected the name of an axis, found %s",
                       tree_kind_name(t));
        }
        return false;
    }
    size_t k = axes_find(L, t->text);
    if (k == SIZE_MAX) {
        axes_unknown(L, t->at, "zip", t->text);
        return false;
    }
    if (group[k] != SIZE_MAX) {
        load_error(L, t->at, NULL, "zip: axis `%s` is zipped twice", t->text);
        return false;
    }
    const graph_axis *axis = L->g->axis;
    if (*first == SIZE_MAX) {
        *first = k;
    } else if (axis[k].n && axis[*first].n && axis[k].n != axis[*first].n) {
        load_error(L, t->at, "zipped axes run together, value by value",
                   "zip: axis `%s` has %zu values, `%s` has %zu", axis[k].name, axis[k].n,
                   axis[*first].name, axis[*first].n);
        return false;
    }
    group[k] = number;
    return true;
}

static void read_zip(loader *L, const tree *zip, size_t *group) {
    if (!zip || zip->kind == TREE_BAD) {
        return;
    }
    if (zip->kind != TREE_LIST) {
        load_error(L, zip->at, "as in [[a, b]]", "zip: expected a list of lists of axes, found %s",
                   tree_kind_name(zip));
        return;
    }
    for (size_t i = 0; i < zip->n; i++) {
        const tree *t = zip->item[i];
        if (t->kind != TREE_LIST || t->n < 2) {
            if (t->kind != TREE_BAD) {
                load_error(L, t->at, "as in [[a, b]]",
                           "zip: expected a list of two or more axes, found %s",
                           t->kind == TREE_LIST ? "a shorter one" : tree_kind_name(t));
            }
            continue;
        }
        size_t first = SIZE_MAX;
        for (size_t j = 0; j < t->n; j++) {
            zip_member(L, t->item[j], group, i, &first);
        }
    }
}

static void number_dimensions(loader *L, const size_t *group) {
    graph *g = L->g;
    for (size_t k = 0; k < g->n_axes; k++) {
        size_t dim = SIZE_MAX;
        for (size_t j = 0; j < k && group[k] != SIZE_MAX; j++) {
            if (group[j] == group[k]) {
                dim = g->axis[j].dim;
                break;
            }
        }
        if (dim == SIZE_MAX) {
            if (g->n_dims == GRAPH_MAX_DIMS) {
                load_error(L, L->axis_at[k], "zip those that run together",
                           "axes.%s: more than %d axes", g->axis[k].name, GRAPH_MAX_DIMS);
                dim = 0;
            } else {
                dim = g->n_dims++;
            }
        }
        g->axis[k].dim = dim;
        if (g->axis[k].n) {
            g->dim_size[dim] = g->axis[k].n;
        }
    }
}

void axes_read(loader *L, const tree *axes, const tree *zip) {
    size_t n = 0;
    if (axes && axes->kind == TREE_MAP) {
        n = axes->n;
    } else if (axes && axes->kind != TREE_BAD) {
        load_error(L, axes->at, "as in {r_cut: [3.0, 4.0]}", "axes: expected a map, found %s",
                   tree_kind_name(axes));
    }
    graph *g = L->g;
    g->axis = LOAD_NEW(L, graph_axis, n);
    L->axis_tree = LOAD_NEW(L, const tree *, n);
    L->axis_at = LOAD_NEW(L, spot, n);
    L->axis_used = LOAD_NEW(L, bool, n);
    size_t *group = LOAD_NEW(L, size_t, n);
    if (L->nomem) {
        return;
    }
    for (size_t k = 0; k < n; k++) {
        g->axis[k].name = axes->key[k];
        g->axis[k].place = axes->key_at[k].place;
        L->axis_at[k] = axes->key_at[k];
        group[k] = SIZE_MAX;
        if (!name_valid(axes->key[k])) {
            load_error(L, axes->key_at[k], "letters, digits, _ and -, beginning with a letter",
                       "axes: `%.60s` is not a name", axes->key[k]);
        }
        if (!text_map_set(&L->axis_index, axes->key[k], k)) {
            L->nomem = true;
            return;
        }
        g->n_axes = k + 1;
        read_axis(L, k, axes->item[k]);
    }
    read_zip(L, zip, group);
    number_dimensions(L, group);
}

size_t axes_find(const loader *L, const char *name) {
    uint64_t k = 0;
    return text_map_get(&L->axis_index, name, &k) ? (size_t)k : SIZE_MAX;
}

/* ---- `$axis` --------------------------------------------------------------------------------- */
static bool is_variable(const tree *t) {
    return t->kind == TREE_SCALAR && !t->quoted && t->text[0] == '$';
}

/* Splits "$axis.field"; field is NULL where there is none. */
static bool variable_parts(loader *L, const tree *t, const char **name, const char **field) {
    const char *dot = strchr(t->text, '.');
    *field = dot ? dot + 1 : NULL;
    *name = dot ? arena_bytes(L->a, t->text + 1, (size_t)(dot - t->text) - 1)
                : arena_text(L->a, t->text + 1);
    L->nomem = L->nomem || !*name;
    return *name != NULL;
}

static bool field_there(loader *L, const char *owner, const char *param, const tree *t, size_t k,
                        const char *field) {
    const graph_axis *axis = &L->g->axis[k];
    bool maps = axis->value[0].kind == GV_MAP;
    if (!field) {
        return true;
    }
    if (!maps) {
        load_error(L, t->at, load_text(L, "write $%s", axis->name),
                   "%s.%s: the values of axis `%s` are no maps, they have no field `%.60s`", owner,
                   param, axis->name, field);
        return false;
    }
    for (size_t i = 0; i < axis->n; i++) {
        const tree *value = L->axis_tree[k]->item[i];
        if (tree_find(value, field) == SIZE_MAX) {
            load_error(L, t->at, load_suggest(L, field, value->key, value->n),
                       "%s.%s: value %.60s of axis `%s` has no field `%.60s`", owner, param,
                       axis->text[i], axis->name, field);
            return false;
        }
    }
    return true;
}

static bool variable_axis(loader *L, const char *owner, const char *param, const tree *t,
                          size_t *axis) {
    const char *name = NULL, *field = NULL;
    if (!variable_parts(L, t, &name, &field)) {
        return false;
    }
    size_t k = axes_find(L, name);
    if (k == SIZE_MAX) {
        if (name_valid(name)) {
            axes_unknown(L, t->at, load_text(L, "%s.%s", owner, param), name);
        } else {
            load_error(L, t->at, "put a text that begins with $ in quotes",
                       "%s.%s: `%.60s` is not an axis", owner, param, t->text);
        }
        return false;
    }
    L->axis_used[k] = true;
    if (!L->g->axis[k].n) {
        return false; /* told where the axis stands */
    }
    if (*axis != SIZE_MAX && *axis != k) {
        load_error(L, t->at, "make one axis whose values are maps, and use $axis.field",
                   "%s.%s: follows two axes, `%s` and `%s`", owner, param, L->g->axis[*axis].name,
                   L->g->axis[k].name);
        return false;
    }
    *axis = k;
    return field_there(L, owner, param, t, k, field);
}

bool axes_of_tree(loader *L, const char *owner, const char *param, const tree *t, size_t *axis) {
    if (is_variable(t)) {
        return variable_axis(L, owner, param, t, axis);
    }
    bool sound = t->kind != TREE_BAD;
    for (size_t i = 0; i < t->n; i++) {
        sound = axes_of_tree(L, owner, param, t->item[i], axis) && sound;
    }
    return sound;
}

const tree *axes_substitute(loader *L, const tree *t, size_t axis, size_t i) {
    if (is_variable(t)) {
        const char *dot = strchr(t->text, '.');
        const tree *value = L->axis_tree[axis]->item[i];
        return dot ? value->item[tree_find(value, dot + 1)] : value;
    }
    if (!t->n) {
        return t;
    }
    tree *copy = LOAD_NEW(L, tree, 1);
    tree **item = LOAD_NEW(L, tree *, t->n);
    if (!copy || !item) {
        return NULL;
    }
    *copy = *t;
    copy->item = item;
    for (size_t j = 0; j < t->n; j++) {
        const tree *part = axes_substitute(L, t->item[j], axis, i);
        if (!part) {
            return NULL;
        }
        item[j] = (tree *)(uintptr_t)part; /* only read from here on */
    }
    return copy;
}

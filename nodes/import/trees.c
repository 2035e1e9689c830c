/* import/trees.c: see trees.h. Knows the layout of XGBoost's JSON (1.x and 2.x), and jansson. */
#include "trees.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const json_t *at(const json_t *object, const char *const *path) {
    for (; object != NULL && *path != NULL; path++)
        object = json_object_get(object, *path);
    return object;
}
#define AT(object, ...) at(object, (const char *const[]){__VA_ARGS__, NULL})

/* XGBoost writes its parameters as texts. */
static bool read_count(const json_t *text, size_t *n) {
    const char *digits = json_string_value(text);
    if (digits == NULL || digits[0] == '\0' || strlen(digits) > 9 ||
        strspn(digits, "0123456789") != strlen(digits))
        return false;
    *n = (size_t)strtoul(digits, NULL, 10);
    return true;
}

static rise_status unsound(rise_error *err, size_t tree, const char *what) {
    return rise_fail(err, RISE_E_DATA, "tree %zu of the model: %s", tree, what);
}

/* One entry for each node, all of them numbers. */
static const json_t *numbers(const json_t *tree, const char *name, size_t n) {
    const json_t *list = json_object_get(tree, name);
    if (!json_is_array(list) || json_array_size(list) != n)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        const json_t *entry = json_array_get(list, i);
        if (!json_is_number(entry) && !json_is_boolean(entry))
            return NULL;
    }
    return list;
}

static json_int_t integer(const json_t *list, size_t i) {
    return json_integer_value(json_array_get(list, i));
}

/* What of a tree can be walked. */
typedef struct walk {
    const json_t *left, *right, *parents, *feature;
    size_t n, n_features;
} walk;

/* Both children of node i onto the stack; false where they are none. */
static bool take_children(const walk *w, size_t i, bool *seen, size_t *stack, size_t *top) {
    json_int_t child[2] = {integer(w->left, i), integer(w->right, i)};
    json_int_t split = integer(w->feature, i);
    if (child[0] == -1 && child[1] == -1)
        return true;
    if (split < 0 || split >= (json_int_t)w->n_features)
        return false;
    for (int k = 0; k < 2; k++) {
        if (child[k] <= 0 || child[k] >= (json_int_t)w->n || seen[child[k]] ||
            integer(w->parents, (size_t)child[k]) != (json_int_t)i)
            return false;
        seen[child[k]] = true;
        stack[(*top)++] = (size_t)child[k];
    }
    return true;
}

/* From the root a node is reached once or never: what was pruned away stays in the arrays. */
static rise_status walk_tree(const walk *w, size_t number, rise_error *err) {
    bool *seen = calloc(w->n, sizeof *seen);
    size_t *stack = calloc(w->n, sizeof *stack), top = 1;
    bool sound = true;
    while (seen != NULL && stack != NULL && sound && top > 0) {
        size_t i = stack[--top];
        sound = take_children(w, i, seen, stack, &top);
    }
    rise_status status = seen == NULL || stack == NULL ? rise_fail_nomem(err, "a tree")
                         : sound                       ? RISE_OK
                                 : unsound(err, number, "its nodes lead nowhere");
    free(seen);
    free(stack);
    return status;
}

static rise_status check_tree(const json_t *tree, size_t number, size_t n_features,
                              rise_error *err) {
    size_t n = 0;
    if (!read_count(AT(tree, "tree_param", "num_nodes"), &n) || n == 0)
        return unsound(err, number, "it does not say how many nodes it has");
    static const char *const names[] = {
        "left_children", "right_children", "parents",      "split_indices", "split_conditions",
        "default_left",  "base_weights",   "loss_changes", "sum_hessian",   "split_type"};
    const json_t *list[sizeof names / sizeof *names];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        list[i] = numbers(tree, names[i], n);
        if (list[i] == NULL)
            return rise_fail(err, RISE_E_DATA,
                             "tree %zu of the model: `%s` has not one number for each of %zu nodes",
                             number, names[i], n);
    }
    for (size_t i = 0; i < n; i++)
        if (integer(list[9], i) != 0)
            return unsound(err, number, "it splits by categories, which rise does not");
    const walk w = {list[0], list[1], list[2], list[3], n, n_features};
    return walk_tree(&w, number, err);
}

static rise_status check_model(const json_t *root, rise_error *err) {
    const json_t *learner = json_object_get(root, "learner");
    const json_t *model = AT(learner, "gradient_booster", "model");
    const json_t *trees = json_object_get(model, "trees");
    const json_t *name = AT(learner, "gradient_booster", "name");
    size_t n_features = 0, n_trees = 0;
    if (!json_is_array(trees) || !json_is_array(json_object_get(model, "tree_info")) ||
        strcmp(json_is_string(name) ? json_string_value(name) : "", "gbtree") != 0 ||
        !read_count(AT(learner, "learner_model_param", "num_feature"), &n_features) ||
        !read_count(AT(model, "gbtree_model_param", "num_trees"), &n_trees)) {
        rise_fail(err, RISE_E_DATA, "is no model of XGBoost's trees in JSON");
        return rise_hint(err, "models are written by export, from the output `model` of xgboost");
    }
    if (n_trees != json_array_size(trees) ||
        n_trees != json_array_size(json_object_get(model, "tree_info")))
        return rise_fail(err, RISE_E_DATA, "promises %zu trees and has %zu", n_trees,
                         json_array_size(trees));
    rise_status status = RISE_OK;
    for (size_t i = 0; i < n_trees && status == RISE_OK; i++)
        status = integer(json_object_get(model, "tree_info"), i) != 0
                     ? unsound(err, i, "it is for another class than the first")
                     : check_tree(json_array_get(trees, i), i, n_features, err);
    return status;
}

rise_status import_trees(const rise_file *file, rise_value **out, rise_error *err) {
    json_error_t where;
    rise_error why = {0};
    json_t *root =
        json_loadb((const char *)file->bytes, file->size, JSON_REJECT_DUPLICATES, &where);
    if (root == NULL)
        return rise_fail_at(err, RISE_E_DATA, file->path, where.line, where.column, "%s",
                            where.text);
    rise_status status = check_model(root, &why);
    json_decref(root);
    if (status == RISE_OK)
        return rise_blob_new(RISE_MODEL, "xgboost-json", file->bytes, file->size, out, err);
    rise_fail_at(err, status, file->path, 0, 0, "%s", why.message);
    return why.hint[0] != '\0' ? rise_hint(err, "%s", why.hint) : status;
}

/* export/extxyz_columns.c: see extxyz_columns.h. */
#include "extxyz_columns.h"

#include "kit/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool xyz_is_per_atom(const rise_tensor *t) {
    return t->rank >= 2 && (t->offsets != NULL || strcmp(t->dim[1].name, "atom") == 0);
}

size_t xyz_first_row(const rise_tensor *t, size_t frame) {
    return t->offsets != NULL ? (size_t)t->offsets[frame] : frame * t->dim[1].size;
}

/* Letters, digits and '-', else '_': OVITO takes what follows a dot for a component. */
static void plain_name(char out[EXPORT_NAME_MAX], const char *node, size_t n, const char *name) {
    snprintf(out, EXPORT_NAME_MAX, "%.*s%s%s", (int)n, node, n > 0 ? "_" : "", name);
    for (char *p = out; *p != '\0'; p++) {
        bool plain =
            (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || scan_is_digit(*p) || *p == '-';
        *p = plain ? *p : '_';
    }
}

/* What readers of the format take for the structure itself. */
static bool is_taken(const xyz_column *c) {
    static const char *const keys[] = {"lattice", "pbc", "properties", "origin"};
    static const char *const columns[] = {"species", "pos", "z", "id", "type", "move_mask"};
    const char *const *taken = c->per_atom ? columns : keys;
    size_t n = c->per_atom ? sizeof columns / sizeof *columns : sizeof keys / sizeof *keys;
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(c->name, taken[i]) == 0)
            return true;
    return false;
}

static bool same_name(const xyz_column *a, const xyz_column *b) {
    return a->per_atom == b->per_atom && strcmp(a->name, b->name) == 0;
}

/* "energy_r" of "energy_r.predictions[r_cut=5]", and "5" of the points on axes. */
static void name_by_node(xyz_column *c) {
    const char *reference = c->in->name, *own = c->column != NULL ? c->column->name : NULL;
    size_t node = strcspn(reference, ".["), all = strcspn(reference, "[");
    const char *output = reference + node + (reference[node] == '.');
    char name[EXPORT_NAME_MAX];
    if (own != NULL || node == all)
        snprintf(name, sizeof name, "%s", own != NULL ? own : "value");
    else
        snprintf(name, sizeof name, "%.*s", (int)(all - node - 1), output);
    plain_name(c->name, reference, node, name);
}

/* Frames at several points of an axis, or one output twice: the place in the list tells them apart.
 */
static void number_name(xyz_column *c) {
    size_t used = strnlen(c->name, EXPORT_NAME_MAX - 24);
    snprintf(c->name + used, EXPORT_NAME_MAX - used, "_%zu", c->input + 1);
}

static bool has_twin(const xyz_column *list, size_t n, size_t i) {
    for (size_t k = 0; k < n; k++)
        if (k != i && same_name(&list[k], &list[i]))
            return true;
    return false;
}

static rise_status make_unique(xyz_column *list, size_t n, rise_error *err) {
    for (int pass = 0; pass < 2; pass++) {
        bool *again = calloc(n + 1, sizeof *again);
        if (again == NULL)
            return rise_fail_nomem(err, "names of a .extxyz");
        for (size_t i = 0; i < n; i++)
            again[i] = has_twin(list, n, i) || (pass == 0 && is_taken(&list[i]));
        for (size_t i = 0; i < n; i++)
            if (again[i] && pass == 0)
                name_by_node(&list[i]);
            else if (again[i])
                number_name(&list[i]);
        free(again);
    }
    return RISE_OK;
}

static rise_status unfit(const export_input *in, rise_error *err) {
    rise_fail(err, RISE_E_GRAPH,
              "export: %s fits no .extxyz: rows for each frame or atom are needed", in->name);
    return rise_hint(err,
                     "tensors over [frame], [frame, k] and [frame, atom, ...], and tables with "
                     "one row for each frame, beside the frames");
}

static size_t product(const rise_tensor *t, int first) {
    size_t width = 1;
    for (int d = first; d < t->rank; d++)
        width *= t->dim[d].size;
    return width;
}

static rise_status add_input(xyz_column *list, size_t *n, const export_input *in, size_t input,
                             rise_error *err) {
    const rise_tensor *t = rise_value_tensor(in->value);
    const rise_table *table = rise_value_table(in->value);
    for (size_t c = 0; table != NULL && c < table->n_columns; c++) {
        list[*n] = (xyz_column){.in = in, .input = input, .column = &table->column[c], .width = 1};
        plain_name(list[(*n)++].name, "", 0, table->column[c].name);
    }
    if (table != NULL)
        return RISE_OK;
    bool per_atom = t != NULL && xyz_is_per_atom(t);
    if (t == NULL || t->rank == 0 || (t->rank > 2 && !per_atom))
        return unfit(in, err);
    list[*n] = (xyz_column){.in = in,
                            .input = input,
                            .tensor = t,
                            .per_atom = per_atom,
                            .width = product(t, per_atom ? 2 : 1)};
    plain_name(list[(*n)++].name, "", 0, in->short_name);
    return RISE_OK;
}

rise_status xyz_columns(const export_input *const *in, size_t n, xyz_column **out, size_t *n_out,
                        rise_error *err) {
    size_t most = 0;
    for (size_t i = 0; i < n; i++) {
        const rise_table *table = rise_value_table(in[i]->value);
        most += table != NULL ? table->n_columns : 1;
    }
    xyz_column *list = calloc(most + 1, sizeof *list);
    if (list == NULL)
        return rise_fail_nomem(err, "columns of a .extxyz");
    rise_status status = RISE_OK;
    *n_out = 0;
    for (size_t i = 0; i < n && status == RISE_OK; i++)
        status = add_input(list, n_out, in[i], i, err);
    if (status == RISE_OK)
        status = make_unique(list, *n_out, err);
    if (status != RISE_OK)
        free(list);
    else
        *out = list;
    return status;
}

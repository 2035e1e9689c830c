/* export/arrays.c: tensors and tables as NumPy arrays. Knows nothing of files. */
#include "input.h"

#include "kit/npy.h"

#include <stdio.h>
#include <string.h>

/* A ragged tensor is written as its rows: [row, dim 2, ...]. */
static void add_tensor(byte_buffer *out, const rise_tensor *t) {
    size_t shape[RISE_MAX_RANK] = {0};
    int rank = 0;
    if (t->offsets != NULL)
        shape[rank++] = (size_t)t->offsets[t->dim[0].size];
    for (int d = t->offsets != NULL ? 2 : 0; d < t->rank; d++)
        shape[rank++] = t->dim[d].size;
    npy_add(out, t->dtype, rank, shape, t->data);
}

static void add_offsets(byte_buffer *out, const rise_tensor *t) {
    size_t n = t->dim[0].size + 1;
    npy_add(out, RISE_I64, 1, &n, t->offsets);
}

rise_status export_npy(const export_input *in, size_t n, byte_buffer *out, byte_buffer *offsets,
                       rise_error *err) {
    const rise_tensor *t = rise_value_tensor(in[0].value);
    if (n != 1) {
        rise_fail(err, RISE_E_GRAPH, "export: a .npy holds one tensor, %zu values are connected",
                  n);
        return rise_hint(err, "write them to one .npz");
    }
    if (t == NULL) {
        rise_kind kind = rise_value_kind(in[0].value);
        rise_fail(err, RISE_E_GRAPH, "export: %s is a value of kind %s, a .npy holds a tensor",
                  in[0].name, rise_kind_name(kind));
        return rise_hint(err, kind == RISE_TABLE    ? "tables go to .csv, .json or .npz"
                              : kind == RISE_FRAMES ? "frames go to .extxyz"
                                                    : "give the file the extension of its format");
    }
    add_tensor(out, t);
    if (t->offsets != NULL)
        add_offsets(offsets, t);
    return out->failed || offsets->failed ? rise_fail_nomem(err, "a .npy") : RISE_OK;
}

static void add_column(byte_buffer *out, const rise_column *c, size_t n_rows) {
    if (c->dtype == RISE_TEXT)
        npy_add_texts(out, c->text, n_rows);
    else
        npy_add(out, c->dtype, 1, &n_rows,
                c->dtype == RISE_F64 ? (const void *)c->f64 : (const void *)c->i64);
}

static void add_member(npz_writer *zip, const char *name, byte_buffer *member) {
    npz_add(zip, name, member);
    bytes_free(member);
}

static void add_value(npz_writer *zip, const export_input *in, bool alone) {
    const rise_tensor *t = rise_value_tensor(in->value);
    const rise_table *table = rise_value_table(in->value);
    byte_buffer member = {0};
    char name[EXPORT_NAME_MAX + RISE_NAME_MAX + 16];
    if (t != NULL) {
        add_tensor(&member, t);
        add_member(zip, in->name, &member);
        if (t->offsets == NULL)
            return;
        snprintf(name, sizeof name, "%s_offsets", in->name);
        add_offsets(&member, t);
        add_member(zip, name, &member);
        return;
    }
    for (size_t c = 0; c < table->n_columns; c++) {
        const char *column = table->column[c].name;
        if (alone)
            snprintf(name, sizeof name, "%s", column);
        else
            snprintf(name, sizeof name, "%s.%s", in->name, column);
        add_column(&member, &table->column[c], table->n_rows);
        add_member(zip, name, &member);
    }
}

rise_status export_npz(const export_input *in, size_t n, byte_buffer *out, rise_error *err) {
    npz_writer zip = {0};
    for (size_t i = 0; i < n; i++) {
        rise_kind kind = rise_value_kind(in[i].value);
        if (kind != RISE_TENSOR && kind != RISE_TABLE) {
            npz_free(&zip);
            rise_fail(err, RISE_E_GRAPH, "export: %s (%s) does not fit a .npz", in[i].name,
                      rise_kind_name(kind));
            return rise_hint(err, "tables and tensors do");
        }
        add_value(&zip, &in[i], n == 1);
    }
    rise_status status = npz_finish(&zip, err);
    if (status == RISE_OK) {
        *out = zip.out;
        zip.out = (byte_buffer){0};
    }
    npz_free(&zip);
    return status;
}

/* export/csv.c: tables and small tensors as comma-separated values. Knows nothing of files. */
#include "input.h"

#include "kit/csv.h"
#include "kit/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One column to be written, wherever its numbers lie. */
typedef struct out_column {
    char name[EXPORT_NAME_MAX];
    rise_dtype dtype;
    const void *data; /* first element; for RISE_TEXT const char *const * */
    size_t stride;    /* elements from row to row */
} out_column;

typedef struct column_list {
    out_column *column;
    size_t n, capacity;
    size_t n_rows;
    int64_t *owned[2]; /* frame and atom of a ragged tensor's rows */
} column_list;

static rise_status add_column(column_list *list, const char *name, rise_dtype dtype,
                              const void *data, size_t stride, rise_error *err) {
    if (list->n == list->capacity) {
        size_t capacity = list->capacity < 16 ? 16 : 2 * list->capacity;
        out_column *grown = realloc(list->column, capacity * sizeof *grown);
        if (grown == NULL)
            return rise_fail_nomem(err, "the columns of a .csv");
        list->column = grown;
        list->capacity = capacity;
    }
    out_column *c = &list->column[list->n++];
    snprintf(c->name, sizeof c->name, "%s", name);
    c->dtype = dtype;
    c->data = data;
    c->stride = stride;
    return RISE_OK;
}

/* The rows that a value has; false where .csv cannot hold it. */
static bool rows_of(const export_input *in, size_t *n_rows) {
    const rise_table *table = rise_value_table(in->value);
    const rise_tensor *t = rise_value_tensor(in->value);
    if (table != NULL) {
        *n_rows = table->n_rows;
        return true;
    }
    if (t == NULL || t->rank > (t->offsets != NULL ? 3 : 2))
        return false;
    *n_rows = t->offsets != NULL ? (size_t)t->offsets[t->dim[0].size]
              : t->rank == 0     ? 1
                                 : t->dim[0].size;
    return true;
}

static rise_status add_table(column_list *list, const rise_table *table, rise_error *err) {
    rise_status status = RISE_OK;
    for (size_t i = 0; i < table->n_columns && status == RISE_OK; i++) {
        const rise_column *c = &table->column[i];
        const void *data = c->dtype == RISE_F64   ? (const void *)c->f64
                           : c->dtype == RISE_I64 ? (const void *)c->i64
                                                  : (const void *)c->text;
        status = add_column(list, c->name, c->dtype, data, 1, err);
    }
    return status;
}

static rise_status add_ragged_index(column_list *list, const rise_tensor *t, rise_error *err) {
    for (int k = 0; k < 2; k++) {
        if (list->owned[k] != NULL)
            return RISE_OK; /* another ragged tensor of the same rows brought them */
        list->owned[k] = malloc((list->n_rows + 1) * sizeof *list->owned[k]);
        if (list->owned[k] == NULL)
            return rise_fail_nomem(err, "the columns of a .csv");
    }
    for (size_t f = 0; f < t->dim[0].size; f++)
        for (int64_t row = t->offsets[f]; row < t->offsets[f + 1]; row++) {
            list->owned[0][row] = (int64_t)f;
            list->owned[1][row] = row - t->offsets[f];
        }
    rise_status status = add_column(list, t->dim[0].name, RISE_I64, list->owned[0], 1, err);
    return status != RISE_OK ? status
                             : add_column(list, t->dim[1].name, RISE_I64, list->owned[1], 1, err);
}

static rise_status add_tensor(column_list *list, const export_input *in, const rise_tensor *t,
                              rise_error *err) {
    int last = t->offsets != NULL ? 2 : 1; /* the dimension that lies along a row */
    rise_status status = t->offsets != NULL ? add_ragged_index(list, t, err) : RISE_OK;
    if (status != RISE_OK)
        return status;
    if (t->rank <= last)
        return add_column(list, in->short_name, t->dtype, t->data, 1, err);
    const rise_dim *dim = &t->dim[last];
    size_t size = rise_dtype_size(t->dtype);
    for (size_t j = 0; j < dim->size && status == RISE_OK; j++) {
        char name[EXPORT_NAME_MAX], at[SCAN_NUMBER_MAX];
        if (dim->coords != NULL)
            scan_write_f64(at, dim->coords[j]);
        else
            scan_write_i64(at, (int64_t)j);
        snprintf(name, sizeof name, "%s_%s", in->short_name, at);
        status = add_column(list, name, t->dtype, (const char *)t->data + j * size, dim->size, err);
    }
    return status;
}

/* Equal names get the number of their column behind them. */
static void make_unique(column_list *list) {
    if (list->n > 2000)
        return; /* columns of one wide tensor, numbered already */
    for (size_t i = 1; i < list->n; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(list->column[i].name, list->column[k].name) == 0) {
                char *name = list->column[i].name;
                size_t used = strnlen(name, EXPORT_NAME_MAX - 24);
                snprintf(name + used, EXPORT_NAME_MAX - used, "_%zu", i);
                break;
            }
}

static void add_cell(byte_buffer *out, const out_column *c, size_t row) {
    size_t i = row * c->stride;
    if (c->dtype == RISE_TEXT) {
        const char *text = ((const char *const *)c->data)[i];
        csv_add(out, text, strlen(text));
    } else {
        bytes_add_number(out, c->dtype, c->data, i);
    }
}

static rise_status collect(const export_input *in, size_t n, column_list *list, rise_error *err) {
    for (size_t i = 0; i < n; i++) {
        size_t n_rows = 0;
        if (!rows_of(&in[i], &n_rows)) {
            const rise_tensor *t = rise_value_tensor(in[i].value);
            rise_fail(err, RISE_E_GRAPH, "export: %s (%s%s) does not fit a .csv", in[i].name,
                      t != NULL ? "many-dimensional " : "",
                      rise_kind_name(rise_value_kind(in[i].value)));
            return rise_hint(err, t != NULL ? "write it as .npy or .npz"
                                            : "tables and tensors of one or two dimensions do");
        }
        if (i > 0 && n_rows != list->n_rows) {
            rise_fail(err, RISE_E_GRAPH, "export: %s has %zu rows, %s has %zu", in[0].name,
                      list->n_rows, in[i].name, n_rows);
            return rise_hint(err, "write them to .csv files of their own");
        }
        list->n_rows = n_rows;
        const rise_table *table = rise_value_table(in[i].value);
        rise_status status = table != NULL
                                 ? add_table(list, table, err)
                                 : add_tensor(list, &in[i], rise_value_tensor(in[i].value), err);
        if (status != RISE_OK)
            return status;
    }
    return RISE_OK;
}

rise_status export_csv(const export_input *in, size_t n, byte_buffer *out, rise_error *err) {
    column_list list = {0};
    rise_status status = collect(in, n, &list, err);
    if (status == RISE_OK) {
        make_unique(&list);
        for (size_t c = 0; c < list.n; c++) {
            bytes_add(out, ",", c > 0);
            csv_add(out, list.column[c].name, strlen(list.column[c].name));
        }
        bytes_add(out, "\n", 1);
        for (size_t row = 0; row < list.n_rows && !out->failed; row++) {
            for (size_t c = 0; c < list.n; c++) {
                bytes_add(out, ",", c > 0);
                add_cell(out, &list.column[c], row);
            }
            bytes_add(out, "\n", 1);
        }
        if (out->failed)
            status = rise_fail_nomem(err, "a .csv");
    }
    free(list.column);
    free(list.owned[0]);
    free(list.owned[1]);
    return status;
}

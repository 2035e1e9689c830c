/* export/json.c: tables and tensors as JSON, through jansson. Knows nothing of files. */
#include "input.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

static json_t *number(rise_dtype dtype, const void *data, size_t i) {
    double v = 0.0;
    switch (dtype) {
    case RISE_I32:
        return json_integer(((const int32_t *)data)[i]);
    case RISE_I64:
        return json_integer(((const int64_t *)data)[i]);
    case RISE_U8:
        return json_integer(((const uint8_t *)data)[i]);
    case RISE_TEXT:
        return json_string(((const char *const *)data)[i]);
    case RISE_F32:
        v = (double)((const float *)data)[i];
        break;
    case RISE_F64:
        v = ((const double *)data)[i];
        break;
    }
    return isfinite(v) ? json_real(v) : json_null();
}

/* The array of a tensor's dimensions d.. that starts at element `at`, which is moved on. */
static json_t *nested(const rise_tensor *t, int d, size_t *at) {
    if (d == t->rank)
        return number(t->dtype, t->data, (*at)++);
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < t->dim[d].size; i++)
        if (json_array_append_new(list, nested(t, d + 1, at)) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *ragged(const rise_tensor *t) {
    json_t *frames = json_array();
    size_t at = 0;
    for (size_t f = 0; f < t->dim[0].size; f++) {
        json_t *atoms = json_array();
        int bad = json_array_append_new(frames, atoms);
        for (int64_t a = t->offsets[f]; a < t->offsets[f + 1] && bad == 0; a++)
            bad = json_array_append_new(atoms, nested(t, 2, &at));
        if (bad != 0) {
            json_decref(frames);
            return NULL;
        }
    }
    return frames;
}

static json_t *dims_of(const rise_tensor *t) {
    json_t *dims = json_array();
    for (int d = 0; d < t->rank; d++) {
        json_t *coords = t->dim[d].coords != NULL ? json_array() : NULL;
        for (size_t i = 0; coords != NULL && i < t->dim[d].size; i++)
            json_array_append_new(coords, number(RISE_F64, t->dim[d].coords, i));
        bool is_ragged = t->offsets != NULL && d == 1;
        json_t *dim = json_pack("{s:s, s:o, s:o*}", "name", t->dim[d].name, "size",
                                is_ragged ? json_null() : json_integer((json_int_t)t->dim[d].size),
                                "coords", coords);
        if (json_array_append_new(dims, dim) != 0) {
            json_decref(dims);
            return NULL;
        }
    }
    return dims;
}

static json_t *tensor_json(const rise_tensor *t) {
    size_t at = 0;
    return json_pack("{s:s, s:s, s:s, s:o, s:o}", "kind", "tensor", "dtype",
                     rise_dtype_name(t->dtype), "unit", t->unit, "dims", dims_of(t), "values",
                     t->offsets != NULL ? ragged(t) : nested(t, 0, &at));
}

static json_t *table_json(const rise_table *table) {
    json_t *columns = json_array();
    for (size_t c = 0; c < table->n_columns; c++) {
        const rise_column *col = &table->column[c];
        const void *data = col->dtype == RISE_F64   ? (const void *)col->f64
                           : col->dtype == RISE_I64 ? (const void *)col->i64
                                                    : (const void *)col->text;
        json_t *values = json_array();
        for (size_t row = 0; row < table->n_rows; row++)
            if (json_array_append_new(values, number(col->dtype, data, row)) != 0) {
                json_decref(values);
                json_decref(columns);
                return NULL;
            }
        json_array_append_new(columns, json_pack("{s:s, s:s, s:o}", "name", col->name, "unit",
                                                 col->unit, "values", values));
    }
    return json_pack("{s:s, s:o}", "kind", "table", "columns", columns);
}

static int add_text(const char *text, size_t size, void *out) {
    bytes_add(out, text, size);
    return ((byte_buffer *)out)->failed ? -1 : 0;
}

rise_status export_json(const export_input *in, size_t n, byte_buffer *out, rise_error *err) {
    json_t *root = n == 1 ? NULL : json_object();
    for (size_t i = 0; i < n; i++) {
        const rise_tensor *t = rise_value_tensor(in[i].value);
        const rise_table *table = rise_value_table(in[i].value);
        if (t == NULL && table == NULL) {
            json_decref(root);
            rise_fail(err, RISE_E_GRAPH, "export: %s (%s) does not fit a .json", in[i].name,
                      rise_kind_name(rise_value_kind(in[i].value)));
            return rise_hint(err, "tables and tensors do");
        }
        json_t *value = t != NULL ? tensor_json(t) : table_json(table);
        if (n == 1)
            root = value;
        else if (json_object_set_new(root, in[i].name, value) != 0) {
            json_decref(root);
            root = NULL;
            break;
        }
    }
    int bad = root == NULL || json_dump_callback(root, add_text, out, JSON_COMPACT) != 0;
    json_decref(root);
    bytes_add(out, "\n", 1);
    if (bad || out->failed)
        return rise_fail(err, RISE_E_FAILED,
                         "export: the .json cannot be built: a text that is no UTF-8, or memory is "
                         "short");
    return RISE_OK;
}

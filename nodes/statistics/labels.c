/* Reads the two inputs of the node: numbers, and what sorts them into groups. Knows ports and
 * shapes, computes nothing. */
#include "labels.h"

#include "kit/columns.h"
#include "kit/draw/number.h"
#include "kit/texts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers ----------------------------------------------------------------------------------*/
static rise_status pick_column(rise_ctx *ctx, const char *port, const char *parameter,
                               const char *preferred, bool numeric, const rise_table *t,
                               const rise_column **column, rise_error *err) {
    const char *name = rise_param_text(ctx, parameter);
    *column = name ? rise_table_find(t, name) : preferred ? rise_table_find(t, preferred) : NULL;
    for (size_t c = 0; !name && !*column && c < t->n_columns; c++) {
        if (!numeric || t->column[c].dtype != RISE_TEXT) {
            *column = &t->column[c];
        }
    }
    char list[400];
    if (!*column && name) {
        rise_fail_param(ctx, err, parameter, "%s has no column `%s`", port, name);
        return rise_hint(err, "it has %s", columns_list(t, numeric, list, sizeof list));
    }
    if (!*column) {
        rise_fail(err, RISE_E_DATA, "%s: the table has no column%s; it has %s", port,
                  numeric ? " of numbers" : "", columns_list(t, false, list, sizeof list));
        return rise_hint(err, "connect a table with a column of %s, or a tensor",
                         numeric ? "numbers" : "labels");
    }
    if (numeric && (*column)->dtype == RISE_TEXT) {
        rise_fail_param(ctx, err, parameter, "column `%s` of %s holds texts, not numbers",
                        (*column)->name, port);
        return rise_hint(err, "columns of numbers: %s", columns_list(t, true, list, sizeof list));
    }
    return RISE_OK;
}

rise_status series_read(rise_ctx *ctx, const char *port, const char *parameter,
                        const char *preferred, bool numeric, series *s, rise_error *err) {
    const rise_value *value = rise_input(ctx, port);
    const rise_table *table = rise_value_table(value);
    *s = (series){.tensor = rise_value_tensor(value)};
    if (s->tensor && rise_param_set(ctx, parameter)) {
        rise_fail_param(ctx, err, parameter, "`%s` is for a table, but `%s` is a tensor", parameter,
                        port);
        return rise_hint(err, "leave `%s` out, or connect a table", parameter);
    }
    if (s->tensor) {
        s->n = rise_tensor_count(s->tensor);
        s->rows = s->tensor->rank > 0 ? s->tensor->dim[0].size : 1;
        s->unit = s->tensor->unit;
        return RISE_OK;
    }
    rise_status status =
        pick_column(ctx, port, parameter, preferred, numeric, table, &s->column, err);
    if (status == RISE_OK) {
        s->n = s->rows = table->n_rows;
        s->unit = s->column->unit;
    }
    return status;
}

double series_number(const series *s, size_t i) {
    if (s->tensor) {
        return rise_tensor_number(s->tensor, i);
    }
    return s->column->dtype == RISE_I64 ? (double)s->column->i64[i] : s->column->f64[i];
}

static rise_dtype dtype_of(const series *s) {
    return s->tensor ? s->tensor->dtype : s->column->dtype;
}

/* ---- shapes -----------------------------------------------------------------------------------*/
static bool equal_shapes(const series *a, const series *b) {
    if (!a->tensor || !b->tensor) {
        return a->n == b->n && (!a->tensor || a->tensor->rank == 1) &&
               (!b->tensor || b->tensor->rank == 1);
    }
    const rise_tensor *x = a->tensor, *y = b->tensor;
    bool same = x->rank == y->rank && !x->offsets == !y->offsets;
    for (int d = 0; same && d < x->rank; d++) {
        same = x->dim[d].size == y->dim[d].size;
    }
    for (size_t f = 0; same && x->offsets && f <= x->dim[0].size; f++) {
        same = x->offsets[f] == y->offsets[f];
    }
    return same;
}

static rise_status match_shapes(const series *values, labels *l, rise_error *err) {
    l->each = equal_shapes(values, &l->by);
    bool a_list = !l->by.tensor || l->by.tensor->rank == 1;
    if (!l->each && (!a_list || l->by.rows != values->rows)) {
        rise_fail(err, RISE_E_DATA, "by: %zu labels in %zu rows for %zu numbers in %zu rows",
                  l->by.n, l->by.rows, values->n, values->rows);
        return rise_hint(err, "give a label for each number (equal shapes), or one for each frame");
    }
    l->inner = values->rows ? values->n / values->rows : 0;
    if (values->tensor && values->tensor->offsets) {
        l->ragged = values->tensor;
        l->inner = 1;
        for (int d = 2; d < values->tensor->rank; d++) {
            l->inner *= values->tensor->dim[d].size;
        }
    }
    return RISE_OK;
}

/* ---- keys -------------------------------------------------------------------------------------*/
static rise_status sort_texts(rise_ctx *ctx, labels *l, rise_error *err) {
    size_t n = l->by.n;
    l->text = rise_scratch(ctx, (n + 1) * sizeof *l->text);
    l->text_key = rise_scratch(ctx, (n + 1) * sizeof *l->text_key);
    if (!l->text || !l->text_key) {
        return rise_fail_nomem(err, "labels");
    }
    l->n_texts = texts_rank(l->by.column->text, n, l->text, l->text_key);
    return RISE_OK;
}

static rise_status read_edges(rise_ctx *ctx, labels *l, rise_error *err) {
    size_t n = rise_param_set(ctx, "edges") ? rise_param_count(ctx, "edges") : 0;
    double *edge = rise_scratch(ctx, (n + 1) * sizeof *edge);
    if (!edge) {
        return rise_fail_nomem(err, "edges");
    }
    for (size_t i = 0; i < n; i++) {
        edge[i] = rise_param_real_at(ctx, "edges", i);
    }
    l->n_edges = n;
    l->edge = edge;
    rise_dtype dtype = dtype_of(&l->by);
    if (n > 0 && dtype == RISE_TEXT) {
        rise_fail_param(ctx, err, "edges", "`by` holds texts, edges are for numbers");
        return rise_hint(err, "leave `edges` out: each text is a group");
    }
    if (n == 0 && (dtype == RISE_F32 || dtype == RISE_F64)) {
        rise_fail(err, RISE_E_DATA, "by: %s numbers are no labels", rise_dtype_name(dtype));
        return rise_hint(err, "sort them into bins with `edges: [0, 1, 2]`");
    }
    return dtype == RISE_TEXT ? sort_texts(ctx, l, err) : RISE_OK;
}

rise_status labels_read(rise_ctx *ctx, const series *values, labels *l, rise_error *err) {
    *l = (labels){.connected = rise_connected(ctx, "by")};
    if (!l->connected) {
        return RISE_OK;
    }
    rise_status status = series_read(ctx, "by", "by_column", "group", false, &l->by, err);
    if (status == RISE_OK) {
        status = match_shapes(values, l, err);
    }
    return status == RISE_OK ? read_edges(ctx, l, err) : status;
}

/* [low, high), the last bin closed. */
static int64_t bin_of(const labels *l, double x) {
    size_t last = l->n_edges - 1;
    for (size_t i = 0; i < last; i++) {
        if (x >= l->edge[i] && (x < l->edge[i + 1] || (i + 1 == last && x <= l->edge[last]))) {
            return (int64_t)i;
        }
    }
    return LABELS_NONE;
}

static int64_t whole_number(const series *s, size_t i) {
    if (!s->tensor) {
        return s->column->i64[i];
    }
    return s->tensor->dtype == RISE_I64 ? ((const int64_t *)s->tensor->data)[i]
                                        : (int64_t)rise_tensor_number(s->tensor, i);
}

int64_t labels_key(const labels *l, size_t element, size_t *frame) {
    size_t i = element;
    if (!l->connected) {
        return 0;
    }
    if (!l->each && l->ragged) {
        while ((int64_t)(element / l->inner) >= l->ragged->offsets[*frame + 1]) {
            (*frame)++;
        }
        i = *frame;
    } else if (!l->each) {
        i = element / l->inner;
    }
    if (l->n_texts > 0) {
        return l->text_key[i];
    }
    if (l->n_edges > 0) {
        return bin_of(l, series_number(&l->by, i));
    }
    int64_t key = whole_number(&l->by, i);
    return key < 0 ? LABELS_NONE : key;
}

const char *labels_name(rise_ctx *ctx, const labels *l, int64_t key) {
    if (!l->connected) {
        return "all";
    }
    if (l->n_texts > 0) {
        return l->text[key];
    }
    if (l->n_edges == 0) {
        return NULL;
    }
    enum { ROOM = 2 * DRAW_NUMBER_MAX + 8 };
    char *text = rise_scratch(ctx, ROOM), low[DRAW_NUMBER_MAX], high[DRAW_NUMBER_MAX];
    draw_number_general(low, l->edge[key], 6);
    draw_number_general(high, l->edge[key + 1], 6);
    if (text) {
        snprintf(text, ROOM, "%s to %s", low, high);
    }
    return text ? text : "";
}

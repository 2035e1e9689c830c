/* Concatenates tables, with the axes in front. Knows columns and points, not what they mean. */
#include "collect.h"

#include "kit/columns.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct filter {
    char column[RISE_NAME_MAX]; /* "": keep all rows */
    const char *value;
} filter;

bool collect_axis_numeric(rise_ctx *ctx, size_t n, size_t axis) {
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(rise_over_point(ctx, "input", i)->number[axis])) {
            return false;
        }
    }
    return true;
}

static const rise_table *table_at(rise_ctx *ctx, size_t i) {
    return rise_value_table(rise_over_input(ctx, "input", i));
}

static const char ALIKE[] = "all tables must have the same columns, as outputs of one node have";

static rise_status same_columns(const rise_table *a, const rise_table *b, size_t point,
                                rise_error *err) {
    if (a->n_columns != b->n_columns) {
        rise_fail(err, RISE_E_DATA, "input: %zu columns at the first point, %zu at point %zu",
                  a->n_columns, b->n_columns, point + 1);
        return rise_hint(err, "%s", ALIKE);
    }
    for (size_t c = 0; c < a->n_columns; c++) {
        const rise_column *x = &a->column[c], *y = &b->column[c];
        if (strcmp(x->name, y->name) != 0 || strcmp(x->unit, y->unit) != 0 ||
            x->dtype != y->dtype) {
            rise_fail(err, RISE_E_DATA,
                      "input: column %zu is %s [%s] %s at the first point, %s [%s] %s at point %zu",
                      c + 1, x->name, x->unit, rise_dtype_name(x->dtype), y->name, y->unit,
                      rise_dtype_name(y->dtype), point + 1);
            return rise_hint(err, "%s", ALIKE);
        }
    }
    return RISE_OK;
}

static rise_status check_tables(rise_ctx *ctx, size_t n, rise_error *err) {
    const rise_table *first = table_at(ctx, 0);
    const rise_point *point = rise_over_point(ctx, "input", 0);
    for (size_t i = 1; i < n; i++) {
        rise_status status = same_columns(first, table_at(ctx, i), i, err);
        if (status != RISE_OK) {
            return status;
        }
    }
    for (size_t a = 0; a < point->n_axes; a++) {
        if (rise_table_find(first, point->axis[a])) {
            rise_fail(err, RISE_E_DATA, "input: the tables have a column `%s` already",
                      point->axis[a]);
            return rise_hint(err, "give the axis another name");
        }
    }
    return RISE_OK;
}

static rise_status read_filter(rise_ctx *ctx, filter *f, rise_error *err) {
    *f = (filter){.column = ""};
    const char *where = rise_param_set(ctx, "where") ? rise_param_text(ctx, "where") : NULL;
    const char *equals = where ? strchr(where, '=') : NULL;
    if (!equals) {
        return RISE_OK;
    }
    snprintf(f->column, sizeof f->column, "%.*s", (int)(equals - where), where);
    f->value = equals + 1;
    const rise_column *column = rise_table_find(table_at(ctx, 0), f->column);
    char list[400];
    if (!column) {
        rise_fail_param(ctx, err, "where", "where: the tables have no column `%s`", f->column);
        return rise_hint(err, "they have %s",
                         columns_list(table_at(ctx, 0), false, list, sizeof list));
    }
    if (column->dtype != RISE_TEXT) {
        rise_fail_param(ctx, err, "where", "where: column `%s` is %s, expected text", f->column,
                        rise_dtype_name(column->dtype));
        return rise_hint(err, "COLUMN=TEXT, as in part=test");
    }
    return RISE_OK;
}

static bool keeps(const filter *f, const rise_table *table, size_t row) {
    return !f->column[0] || strcmp(rise_table_find(table, f->column)->text[row], f->value) == 0;
}

static size_t count_rows(rise_ctx *ctx, size_t n, const filter *f) {
    size_t rows = 0;
    for (size_t i = 0; i < n; i++) {
        const rise_table *table = table_at(ctx, i);
        for (size_t r = 0; r < table->n_rows; r++) {
            rows += keeps(f, table, r);
        }
    }
    return rows;
}

static rise_status new_table(rise_ctx *ctx, size_t n, size_t n_rows, rise_value **out,
                             rise_error *err) {
    const rise_table *first = table_at(ctx, 0);
    const rise_point *point = rise_over_point(ctx, "input", 0);
    size_t n_columns = point->n_axes + first->n_columns;
    rise_column *column = rise_scratch(ctx, (n_columns + 1) * sizeof *column);
    if (!column) {
        return rise_fail_nomem(err, "columns");
    }
    for (size_t a = 0; a < point->n_axes; a++) {
        snprintf(column[a].name, sizeof column[a].name, "%s", point->axis[a]);
        column[a].dtype = collect_axis_numeric(ctx, n, a) ? RISE_F64 : RISE_TEXT;
    }
    memcpy(column + point->n_axes, first->column, first->n_columns * sizeof *column);
    return rise_table_new(column, n_columns, n_rows, out, err);
}

static rise_status copy_row(const rise_point *point, const rise_table *from, size_t from_row,
                            rise_value *to, size_t to_row, rise_error *err) {
    rise_status status = RISE_OK;
    for (size_t a = 0; status == RISE_OK && a < point->n_axes; a++) {
        double *f64 = rise_table_f64(to, a);
        if (f64) {
            f64[to_row] = point->number[a];
        } else {
            status = rise_table_set_text(to, a, to_row, point->text[a], err);
        }
    }
    for (size_t c = 0; status == RISE_OK && c < from->n_columns; c++) {
        const rise_column *column = &from->column[c];
        size_t at = point->n_axes + c;
        if (column->dtype == RISE_F64) {
            rise_table_f64(to, at)[to_row] = column->f64[from_row];
        } else if (column->dtype == RISE_I64) {
            rise_table_i64(to, at)[to_row] = column->i64[from_row];
        } else {
            status = rise_table_set_text(to, at, to_row, column->text[from_row], err);
        }
    }
    return status;
}

static rise_status copy_rows(rise_ctx *ctx, size_t n, const filter *f, rise_value *to,
                             rise_error *err) {
    size_t row = 0;
    for (size_t i = 0; i < n; i++) {
        const rise_table *from = table_at(ctx, i);
        const rise_point *point = rise_over_point(ctx, "input", i);
        if (rise_cancelled(ctx)) {
            return rise_fail(err, RISE_E_INTERRUPTED, "interrupted");
        }
        for (size_t r = 0; r < from->n_rows; r++) {
            if (!keeps(f, from, r)) {
                continue;
            }
            rise_status status = copy_row(point, from, r, to, row++, err);
            if (status != RISE_OK) {
                return status;
            }
        }
    }
    return RISE_OK;
}

rise_status collect_tables(rise_ctx *ctx, size_t n, rise_error *err) {
    filter f;
    rise_value *table = NULL;
    rise_status status = check_tables(ctx, n, err);
    if (status == RISE_OK) {
        status = read_filter(ctx, &f, err);
    }
    if (status != RISE_OK) {
        return status;
    }
    size_t n_rows = count_rows(ctx, n, &f);
    if (n_rows == 0 && f.column[0]) {
        rise_fail_param(ctx, err, "where", "where: no row has %s = %s", f.column, f.value);
        return rise_hint(err, "COLUMN=TEXT with a text that the column holds, as in part=test");
    }
    status = new_table(ctx, n, n_rows, &table, err);
    if (status != RISE_OK) {
        return status;
    }
    status = copy_rows(ctx, n, &f, table, err);
    if (status != RISE_OK) {
        rise_value_release(table);
        return status;
    }
    return rise_output(ctx, "collected", table, err);
}

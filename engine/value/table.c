/* Tables: named, typed columns. */
#include "value/inside.h"

#include <string.h>

static rise_status column_room(rise_value *v, rise_column *c, size_t n_rows, rise_error *err) {
    void *room = NULL;
    switch (c->dtype) {
    case RISE_F64:
        c->f64 = room = value_array(v, n_rows, sizeof *c->f64);
        break;
    case RISE_I64:
        c->i64 = room = value_array(v, n_rows, sizeof *c->i64);
        break;
    case RISE_TEXT: {
        const char **text = value_array(v, n_rows, sizeof *text);
        for (size_t r = 0; text && r < n_rows; r++)
            text[r] = "";
        c->text = text;
        room = text;
        break;
    }
    default:
        return rise_fail(err, RISE_E_BUG, "column '%s' of a table cannot hold dtype %d (%s)",
                         c->name, (int)c->dtype, rise_dtype_name(c->dtype));
    }
    return room ? RISE_OK : rise_fail_nomem(err, "a column of a table");
}

rise_status rise_table_new(const rise_column *column, size_t n_columns, size_t n_rows,
                           rise_value **out, rise_error *err) {
    rise_value *v = value_new(RISE_TABLE);
    rise_column *made = v ? value_array(v, n_columns, sizeof *made) : NULL;
    rise_status status = made ? RISE_OK : rise_fail_nomem(err, "a table");
    for (size_t c = 0; status == RISE_OK && c < n_columns; c++) {
        made[c].dtype = column[c].dtype;
        status = value_name(made[c].name, column[c].name, "column", err);
        if (status == RISE_OK)
            status = value_name(made[c].unit, column[c].unit, "unit", err);
        if (status == RISE_OK)
            status = column_room(v, &made[c], n_rows, err);
    }
    if (status != RISE_OK) {
        rise_value_release(v);
        return status;
    }
    v->as.table = (rise_table){.n_rows = n_rows, .n_columns = n_columns, .column = made};
    *out = v;
    return RISE_OK;
}

static const rise_column *column_of(const rise_value *table, size_t column, rise_dtype dtype) {
    const rise_table *t = rise_value_table(table);
    bool there = t && column < t->n_columns && t->column[column].dtype == dtype;
    return there ? &t->column[column] : NULL;
}

double *rise_table_f64(rise_value *table, size_t column) {
    const rise_column *c = column_of(table, column, RISE_F64);
    return c ? (double *)c->f64 : NULL;
}

int64_t *rise_table_i64(rise_value *table, size_t column) {
    const rise_column *c = column_of(table, column, RISE_I64);
    return c ? (int64_t *)c->i64 : NULL;
}

rise_status rise_table_set_text(rise_value *table, size_t column, size_t row, const char *text,
                                rise_error *err) {
    const rise_column *c = column_of(table, column, RISE_TEXT);
    if (!c || row >= table->as.table.n_rows || !text)
        return rise_fail(err, RISE_E_BUG, "no text cell at column %zu, row %zu of the table",
                         column, row);
    size_t n = strlen(text);
    if (n > UINT32_MAX || !text_is_utf8(text, n))
        return rise_fail(err, RISE_E_DATA, "a text for the column '%s' is not UTF-8: '%.60s'",
                         c->name, text);
    const char *copy = n ? arena_bytes(&table->memory, text, n) : "";
    if (!copy)
        return rise_fail_nomem(err, "a text in a table");
    ((const char **)c->text)[row] = copy;
    return RISE_OK;
}

const rise_column *rise_table_find(const rise_table *table, const char *column) {
    for (size_t c = 0; c < table->n_columns; c++)
        if (strcmp(table->column[c].name, column) == 0)
            return &table->column[c];
    return NULL;
}

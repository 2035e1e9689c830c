/* import/table.c: CSV -> table, in two passes: what the columns are, then their cells. Knows
 * nothing of nodes. */
#include "table.h"

#include "kit/csv.h"
#include "kit/scan.h"
#include "kit/texts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What the cells seen so far leave possible. */
typedef struct column_facts {
    bool not_integer, not_number;
    size_t n_filled;
    csv_cell first_bad; /* empty or not finite; text is not kept, only its place */
    bool has_bad, bad_is_empty;
} column_facts;

static void trim(const csv_cell *cell, const char **p, const char **end) {
    *end = cell->text + cell->size;
    *p = scan_skip(cell->text, *end);
    while (*end > *p && scan_is_blank((*end)[-1]))
        --*end;
}

static bool has_leading_zero(const char *p, const char *end) {
    p += p < end && (*p == '-' || *p == '+');
    return end - p > 1 && *p == '0' && scan_is_digit(p[1]);
}

static bool has_fortran_exponent(const char *p, const char *end) {
    return memchr(p, 'd', (size_t)(end - p)) != NULL || memchr(p, 'D', (size_t)(end - p)) != NULL;
}

static void look_at(column_facts *facts, const csv_cell *cell) {
    const char *p, *end;
    int64_t whole;
    double number = 0.0;
    trim(cell, &p, &end);
    bool empty = p == end;
    if (!empty) {
        facts->n_filled++;
        if (!scan_is_integer(p, end, &whole))
            facts->not_integer = true;
        if (has_leading_zero(p, end) || has_fortran_exponent(p, end) ||
            !scan_is_number(p, end, &number))
            facts->not_number = true;
    }
    if (!facts->has_bad && (empty || !isfinite(number))) {
        facts->has_bad = true;
        facts->bad_is_empty = empty;
        facts->first_bad = *cell;
    }
}

static rise_dtype dtype_of(const column_facts *facts) {
    if (facts->not_number || facts->n_filled == 0)
        return RISE_TEXT;
    return facts->not_integer ? RISE_F64 : RISE_I64;
}

static rise_status check_text(const char *path, const csv_cell *cell, rise_error *err) {
    if (texts_sound(cell->text, cell->size))
        return RISE_OK;
    bool nul = memchr(cell->text, '\0', cell->size) != NULL;
    rise_fail_at(err, RISE_E_DATA, path, cell->line, cell->col,
                 nul ? "a NUL byte in a text" : "a text that is not UTF-8");
    return rise_hint(err, nul ? "is this a text file?" : "save the file as UTF-8");
}

static rise_status take_names(csv_reader *csv, rise_column *column, rise_error *err) {
    for (size_t i = 0; i < csv->n_cells; i++) {
        const csv_cell *cell = &csv->cell[i];
        const char *p, *end;
        trim(cell, &p, &end);
        size_t n = (size_t)(end - p);
        char shown[SCAN_EXCERPT_MAX];
        scan_excerpt(shown, p, end);
        rise_status status = check_text(csv->path, cell, err);
        if (status != RISE_OK)
            return status;
        if (n == 0 || n >= RISE_NAME_MAX) {
            rise_fail_at(err, RISE_E_DATA, csv->path, cell->line, cell->col,
                         n == 0 ? "column %zu has no name" : "the name of column %zu is too long",
                         i + 1);
            return rise_hint(err, "the first row names the columns, each in at most %d bytes",
                             RISE_NAME_MAX - 1);
        }
        double number;
        if (scan_is_number(p, end, &number)) {
            rise_fail_at(err, RISE_E_DATA, csv->path, cell->line, cell->col,
                         "expected the name of column %zu, found the number %s", i + 1, shown);
            return rise_hint(err, "the first row must name the columns: add one");
        }
        memcpy(column[i].name, p, n);
        for (size_t k = 0; k < i; k++)
            if (strcmp(column[k].name, column[i].name) == 0)
                return rise_fail_at(err, RISE_E_DATA, csv->path, cell->line, cell->col,
                                    "two columns are called '%s'", shown);
    }
    return RISE_OK;
}

static rise_status look_at_rows(csv_reader *csv, size_t n_columns, column_facts *facts,
                                size_t *n_rows, rise_error *err) {
    for (;;) {
        bool more = false;
        rise_status status = csv_row(csv, &more, err);
        if (status != RISE_OK || !more)
            return status;
        if (csv->n_cells != n_columns)
            return rise_fail_at(err, RISE_E_DATA, csv->path, csv->cell[0].line, 1,
                                "expected %zu cells, as in the first row, found %zu", n_columns,
                                csv->n_cells);
        for (size_t i = 0; i < n_columns; i++)
            look_at(&facts[i], &csv->cell[i]);
        ++*n_rows;
    }
}

static rise_status check_facts(const char *path, size_t n_columns, const column_facts *facts,
                               rise_column *column, rise_error *err) {
    for (size_t i = 0; i < n_columns; i++) {
        column[i].dtype = dtype_of(&facts[i]);
        if (column[i].dtype == RISE_TEXT || !facts[i].has_bad)
            continue;
        rise_fail_at(err, RISE_E_DATA, path, facts[i].first_bad.line, facts[i].first_bad.col,
                     "column '%s' holds numbers, but this cell is %s", column[i].name,
                     facts[i].bad_is_empty ? "empty" : "not finite");
        return rise_hint(err, "remove the row, or fill the cell");
    }
    return RISE_OK;
}

static rise_status fill_text(const char *path, rise_value *table, size_t column, size_t row,
                             const csv_cell *cell, rise_error *err) {
    rise_status status = check_text(path, cell, err);
    if (status != RISE_OK)
        return status;
    char *text = malloc(cell->size + 1);
    if (text == NULL)
        return rise_fail_nomem(err, "a cell of a table");
    memcpy(text, cell->text, cell->size);
    text[cell->size] = '\0';
    status = rise_table_set_text(table, column, row, text, err);
    free(text);
    return status;
}

static rise_status fill(csv_reader *csv, const rise_column *column, rise_value *table,
                        rise_error *err) {
    for (size_t row = 0;; row++) {
        bool more = false;
        rise_status status = csv_row(csv, &more, err);
        if (status != RISE_OK || !more)
            return status;
        for (size_t i = 0; i < csv->n_cells && status == RISE_OK; i++) {
            const char *p, *end;
            trim(&csv->cell[i], &p, &end);
            if (column[i].dtype == RISE_I64)
                scan_integer(p, end, &rise_table_i64(table, i)[row]);
            else if (column[i].dtype == RISE_F64)
                scan_number(p, end, &rise_table_f64(table, i)[row]);
            else
                status = fill_text(csv->path, table, i, row, &csv->cell[i], err);
        }
        if (status != RISE_OK)
            return status;
    }
}

static rise_status build(csv_reader *csv, const void *data, size_t size, rise_column *column,
                         column_facts *facts, rise_value **out, rise_error *err) {
    size_t n_columns = csv->n_cells, n_rows = 0;
    const char *path = csv->path;
    bool more = false;
    rise_value *table = NULL;
    rise_status status = take_names(csv, column, err);
    if (status == RISE_OK)
        status = look_at_rows(csv, n_columns, facts, &n_rows, err);
    if (status == RISE_OK)
        status = check_facts(path, n_columns, facts, column, err);
    if (status == RISE_OK)
        status = rise_table_new(column, n_columns, n_rows, &table, err);
    if (status != RISE_OK)
        return status;
    csv_close(csv);
    csv_open(csv, path, data, size, ',');
    status = csv_row(csv, &more, err); /* the names */
    if (status == RISE_OK)
        status = fill(csv, column, table, err);
    if (status != RISE_OK)
        rise_value_release(table);
    else
        *out = table;
    return status;
}

rise_status import_table(const char *path, const void *data, size_t size, rise_value **out,
                         rise_error *err) {
    csv_reader csv;
    csv_open(&csv, path, data, size, ',');
    bool more = false;
    rise_status status = csv_row(&csv, &more, err);
    if (status == RISE_OK && !more) {
        status = rise_fail_at(err, RISE_E_DATA, path, 0, 0, "is empty, expected a row of names");
    } else if (status == RISE_OK) {
        rise_column *column = calloc(csv.n_cells, sizeof *column);
        column_facts *facts = calloc(csv.n_cells, sizeof *facts);
        status = column != NULL && facts != NULL ? build(&csv, data, size, column, facts, out, err)
                                                 : rise_fail_nomem(err, "the columns of a table");
        free(column);
        free(facts);
    }
    csv_close(&csv);
    return status;
}

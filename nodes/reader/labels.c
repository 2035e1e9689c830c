/* reader/labels.c: labels from text tables. Knows nothing of frames or of ports. */
#include "labels.h"

#include "kit/scan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool cell_is_number(const csv_cell *cell, double *value) {
    const char *end = cell->text + cell->size, *p = scan_skip(cell->text, end);
    while (end > p && scan_is_blank(end[-1]))
        end--;
    return scan_is_number(p, end, value);
}

static rise_status take_number(const label_column *labels, double *value, rise_error *err) {
    const csv_reader *csv = &labels->csv;
    if (labels->column >= csv->n_cells)
        return rise_fail_at(err, RISE_E_DATA, labels->path, csv->cell[0].line, 1,
                            "the labels are in column %zu, this row has %zu", labels->column + 1,
                            csv->n_cells);
    const csv_cell *cell = &csv->cell[labels->column];
    char shown[SCAN_EXCERPT_MAX];
    if (!cell_is_number(cell, value) || !isfinite(*value)) {
        rise_fail_at(err, RISE_E_DATA, labels->path, cell->line, cell->col,
                     "expected a finite number as a label, found '%s'",
                     scan_excerpt(shown, cell->text, cell->text + cell->size));
        return rise_hint(err, "mend the label, or leave its row and its frame out");
    }
    return RISE_OK;
}

static rise_status no_such_column(const label_column *labels, const char *column, rise_error *err) {
    const csv_reader *csv = &labels->csv;
    char names[160] = "";
    size_t used = 0;
    for (size_t i = 0; i < csv->n_cells; i++) {
        const csv_cell *cell = &csv->cell[i];
        char shown[SCAN_EXCERPT_MAX];
        scan_excerpt(shown, cell->text, cell->text + cell->size);
        size_t room = sizeof names - used;
        int n = snprintf(names + used, room, "%s%s", i > 0 ? ", " : "", shown);
        if (n < 0 || (size_t)n + 8 > room) {
            snprintf(names + used, room, ", ...");
            break;
        }
        used += (size_t)n;
    }
    rise_fail_at(err, RISE_E_DATA, labels->path, csv->cell[0].line, 1,
                 "no column '%s' in the first row, which has: %s", column, names);
    return rise_hint(err, "name one of these, or give the number of a column, from 1");
}

/* The first row is read; which column is meant? */
static rise_status find_column(label_column *labels, const char *column, rise_error *err) {
    const csv_reader *csv = &labels->csv;
    int64_t number;
    if (column == NULL) {
        labels->column = 0;
        if (csv->n_cells == 1)
            return RISE_OK;
        rise_fail_at(err, RISE_E_DATA, labels->path, csv->cell[0].line, 1,
                     "which of the %zu columns holds the labels?", csv->n_cells);
        return rise_hint(err, "labels: {NAME: {file: ..., column: NAME or number from 1}}");
    }
    for (size_t i = 0; i < csv->n_cells; i++)
        if (csv->cell[i].size == strlen(column) &&
            memcmp(csv->cell[i].text, column, csv->cell[i].size) == 0) {
            labels->column = i;
            double value;
            if (!cell_is_number(&csv->cell[i], &value))
                return RISE_OK;
        }
    if (!scan_is_integer(column, column + strlen(column), &number) || number < 1 ||
        (uint64_t)number > csv->n_cells)
        return no_such_column(labels, column, err);
    labels->column = (size_t)number - 1;
    return RISE_OK;
}

rise_status label_column_open(label_column *out, const rise_file *file, const char *column,
                              rise_error *err) {
    *out = (label_column){.path = file->path};
    const char *text = (const char *)file->bytes;
    const char *stop = file->size > 0 ? memchr(text, '\n', file->size) : NULL;
    size_t first = stop != NULL ? (size_t)(stop - text) : file->size;
    bool comma = first > 0 && memchr(text, ',', first) != NULL;
    csv_open(&out->csv, file->path, text, file->size, comma ? ',' : CSV_BLANKS);
    bool more = false;
    rise_status status = csv_row(&out->csv, &more, err);
    if (status != RISE_OK)
        return status;
    if (!more)
        return rise_fail_at(err, RISE_E_DATA, file->path, 0, 0, "holds no labels");
    status = find_column(out, column, err);
    if (status != RISE_OK)
        return status;
    out->has_first = cell_is_number(&out->csv.cell[out->column], &out->first);
    return out->has_first ? take_number(out, &out->first, err) : RISE_OK;
}

static rise_status next_value(label_column *labels, double *value, bool *more, rise_error *err) {
    rise_status status = RISE_OK;
    *more = labels->has_first;
    if (labels->has_first) {
        *value = labels->first;
        labels->has_first = false;
    } else {
        status = csv_row(&labels->csv, more, err);
        if (status == RISE_OK && *more)
            status = take_number(labels, value, err);
    }
    labels->n_read += status == RISE_OK && *more;
    return status;
}

rise_status label_column_at(label_column *labels, size_t row, double *value, bool *more,
                            rise_error *err) {
    if (row < labels->n_read)
        return rise_fail(err, RISE_E_BUG, "labels are read in order");
    rise_status status = RISE_OK;
    *more = true;
    while (status == RISE_OK && *more && labels->n_read <= row)
        status = next_value(labels, value, more, err);
    return status;
}

rise_status label_column_count(label_column *labels, size_t *n_rows, rise_error *err) {
    double value;
    bool more = true;
    rise_status status = RISE_OK;
    while (status == RISE_OK && more)
        status = next_value(labels, &value, &more, err);
    if (status == RISE_OK)
        *n_rows = labels->n_read;
    return status;
}

void label_column_close(label_column *labels) {
    csv_close(&labels->csv);
}

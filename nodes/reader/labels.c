/* reader/labels.c: labels from text tables. Knows nothing of frames or of ports. */
#include "labels.h"

#include "kit/csv.h"
#include "kit/scan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct parser {
    csv_reader csv;
    const char *path;
    size_t column, match; /* from 0; match: SIZE_MAX: by row */
    label_table *out;
    size_t capacity;
} parser;

static bool cell_is_number(const csv_cell *cell, double *value) {
    const char *end = cell->text + cell->size, *p = scan_skip(cell->text, end);
    while (end > p && scan_is_blank(end[-1]))
        end--;
    return scan_is_number(p, end, value);
}

static rise_status take_number(const parser *labels, double *value, rise_error *err) {
    const csv_reader *csv = &labels->csv;
    size_t last = labels->match == SIZE_MAX || labels->column > labels->match ? labels->column
                                                                              : labels->match;
    if (last >= csv->n_cells)
        return rise_fail_at(err, RISE_E_DATA, labels->path, csv->cell[0].line, 1,
                            last == labels->column
                                ? "the labels are in column %zu, this row has %zu"
                                : "the names of the frames are in column %zu, this row has %zu",
                            last + 1, csv->n_cells);
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

static rise_status no_such_column(const parser *labels, const char *column, rise_error *err) {
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
static rise_status find_column(const parser *labels, const char *column, size_t *out,
                               rise_error *err) {
    const csv_reader *csv = &labels->csv;
    int64_t number;
    for (size_t i = 0; i < csv->n_cells; i++)
        if (csv->cell[i].size == strlen(column) &&
            memcmp(csv->cell[i].text, column, csv->cell[i].size) == 0) {
            *out = i;
            double value;
            if (!cell_is_number(&csv->cell[i], &value))
                return RISE_OK;
        }
    if (!scan_is_integer(column, column + strlen(column), &number) || number < 1 ||
        (uint64_t)number > csv->n_cells)
        return no_such_column(labels, column, err);
    *out = (size_t)number - 1;
    return RISE_OK;
}

static rise_status find_columns(parser *labels, const char *column, const char *match,
                                rise_error *err) {
    const csv_reader *csv = &labels->csv;
    rise_status s = RISE_OK;
    labels->match = SIZE_MAX;
    if (match != NULL)
        s = find_column(labels, match, &labels->match, err);
    if (s != RISE_OK || column != NULL)
        return s == RISE_OK ? find_column(labels, column, &labels->column, err) : s;
    if (csv->n_cells == 1)
        return RISE_OK;
    rise_fail_at(err, RISE_E_DATA, labels->path, csv->cell[0].line, 1,
                 "which of the %zu columns holds the labels?", csv->n_cells);
    return rise_hint(err, "labels: {NAME: {file: ..., column: NAME or number from 1}}");
}

static char *copy_of(const csv_cell *cell) {
    char *copy = malloc(cell->size + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, cell->text, cell->size);
    copy[cell->size] = '\0';
    return copy;
}

static rise_status add_row(parser *p, rise_error *err) {
    label_table *t = p->out;
    label_row row = {.line = p->csv.cell[0].line};
    rise_status s = take_number(p, &row.value, err);
    if (s != RISE_OK)
        return s;
    if (p->match != SIZE_MAX && (row.name = copy_of(&p->csv.cell[p->match])) == NULL)
        return rise_fail_nomem(err, "the labels");
    if (t->n == p->capacity) {
        size_t capacity = p->capacity ? 2 * p->capacity : 256;
        label_row *grown = realloc(t->row, capacity * sizeof *grown);
        if (grown == NULL) {
            free(row.name);
            return rise_fail_nomem(err, "the labels");
        }
        t->row = grown;
        p->capacity = capacity;
    }
    t->row[t->n++] = row;
    return RISE_OK;
}

static int by_name(const void *a, const void *b) {
    const label_row *p = a, *q = b;
    int order = strcmp(p->name, q->name);
    return order != 0 ? order : (p->line > q->line) - (p->line < q->line);
}

static rise_status sort_names(parser *p, rise_error *err) {
    label_table *t = p->out;
    if (p->match == SIZE_MAX || t->n == 0)
        return RISE_OK;
    t->by_name = true;
    qsort(t->row, t->n, sizeof *t->row, by_name);
    for (size_t i = 1; i < t->n; i++)
        if (strcmp(t->row[i].name, t->row[i - 1].name) == 0)
            return rise_fail_at(err, RISE_E_DATA, p->path, t->row[i].line, 1,
                                "'%.80s' has a label twice, also in line %ld", t->row[i].name,
                                t->row[i - 1].line);
    return RISE_OK;
}

static rise_status read_rows(parser *p, const char *column, const char *match, rise_error *err) {
    bool more = false;
    double value;
    rise_status s = csv_row(&p->csv, &more, err);
    if (s == RISE_OK && !more)
        return rise_fail_at(err, RISE_E_DATA, p->path, 0, 0, "holds no labels");
    if (s == RISE_OK)
        s = find_columns(p, column, match, err);
    bool names = s == RISE_OK && !cell_is_number(&p->csv.cell[p->column], &value);
    if (s == RISE_OK && names)
        s = csv_row(&p->csv, &more, err);
    while (s == RISE_OK && more) {
        s = add_row(p, err);
        if (s == RISE_OK)
            s = csv_row(&p->csv, &more, err);
    }
    return s == RISE_OK ? sort_names(p, err) : s;
}

rise_status label_table_read(const rise_file *file, const char *column, const char *match,
                             label_table *out, rise_error *err) {
    const char *text = (const char *)file->bytes;
    const char *stop = file->size > 0 ? memchr(text, '\n', file->size) : NULL;
    size_t first = stop != NULL ? (size_t)(stop - text) : file->size;
    bool comma = first > 0 && memchr(text, ',', first) != NULL;
    parser p = {.path = file->path, .out = out};
    *out = (label_table){0};
    csv_open(&p.csv, file->path, text, file->size, comma ? ',' : CSV_BLANKS);
    rise_status s = read_rows(&p, column, match, err);
    csv_close(&p.csv);
    return s;
}

bool label_table_find(const label_table *t, const char *name, double *value) {
    size_t low = 0, high = t->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(t->row[middle].name, name);
        if (order == 0) {
            *value = t->row[middle].value;
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

void label_table_free(label_table *t) {
    for (size_t i = 0; i < t->n; i++)
        free(t->row[i].name);
    free(t->row);
    *t = (label_table){0};
}

/* reader/labels.h: one number per frame from a column of a text table.
 *
 * Row i labels frame i of the whole input; or, where a column names them, the frame of that name. A
 * table with a comma in its first line is CSV, any other has blanks between its columns and may
 * have
 * '#' comments. A first row whose label is no number is the row of names. */
#ifndef READER_LABELS_H
#define READER_LABELS_H

#include <rise/node.h>

typedef struct label_row {
    char *name; /* NULL unless by name */
    double value;
    long line;
} label_row;

typedef struct label_table {
    label_row *row; /* [n], sorted by name where there are names */
    size_t n;
    bool by_name;
} label_table;

/* `column`, `match`: a name in the first row, or a number from 1. column NULL: the only one there
 * is; match NULL: rows are in the order of the frames. `out` is freed by the caller, also after a
 * failure. */
rise_status label_table_read(const rise_file *file, const char *column, const char *match,
                             label_table *out, rise_error *err) RISE_MUST_USE;
bool label_table_find(const label_table *t, const char *name, double *value);
void label_table_free(label_table *t);

#endif

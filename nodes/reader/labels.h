/* reader/labels.h: one number per frame from a column of a text table.
 *
 * Row i labels frame i of the whole input. A table with a comma in its first line is CSV, any other
 * has blanks between its columns and may have '#' comments. A first row whose cell is no number is
 * the row of names. */
#ifndef READER_LABELS_H
#define READER_LABELS_H

#include "kit/csv.h"
#include <rise/node.h>

typedef struct label_column {
    csv_reader csv;
    const char *path;
    size_t column;  /* from 0 */
    size_t n_read;  /* rows of numbers passed */
    bool has_first; /* the first row was one of numbers and waits */
    double first;
} label_column;

/* `column`: a name in the first row, or a 1-based number; NULL: the only column there is. The file
 * must outlive `out`, which is closed by the caller, also after a failure. */
rise_status label_column_open(label_column *out, const rise_file *file, const char *column,
                              rise_error *err) RISE_MUST_USE;
/* Value of the row, which may not lie before one already asked for. *more: there is such a row. */
rise_status label_column_at(label_column *labels, size_t row, double *value, bool *more,
                            rise_error *err) RISE_MUST_USE;
/* How many rows there are in all. */
rise_status label_column_count(label_column *labels, size_t *n_rows, rise_error *err) RISE_MUST_USE;
void label_column_close(label_column *labels);

#endif

/* kit/csv.h: comma-separated values (RFC 4180), read row by row and written.
 *
 * Reading takes LF and CRLF, quoted cells with doubled quotes and line breaks, a UTF-8 byte order
 * mark; lines without a character are skipped. With the separator CSV_BLANKS cells are runs of
 * non-blanks, nothing is quoted, and what follows '#' is a comment. Writing ends lines with LF. */
#ifndef KIT_CSV_H
#define KIT_CSV_H

#include "kit/bytes.h"
#include <rise/error.h>

#define CSV_BLANKS '\0'

typedef struct csv_cell {
    const char *text; /* not NUL-terminated */
    size_t size;
    long line, col; /* 1-based; where the cell starts */
} csv_cell;

typedef struct csv_reader {
    const char *path;
    const char *at, *end;
    char separator;
    long line;      /* of `at` */
    size_t n_cells; /* of the row just read */
    csv_cell *cell; /* [n_cells], valid until the next row */
    size_t capacity;
    byte_buffer unquoted; /* cells that had doubled quotes */
} csv_reader;

/* `path` and `data` must outlive the reader. */
void csv_open(csv_reader *csv, const char *path, const void *data, size_t size, char separator);
/* *more is false at the end. RISE_E_DATA: an unclosed quote, text after a closing quote. */
rise_status csv_row(csv_reader *csv, bool *more, rise_error *err) RISE_MUST_USE;
void csv_close(csv_reader *csv);

/* A cell, quoted where it must be. */
void csv_add(byte_buffer *out, const char *text, size_t size);

#endif

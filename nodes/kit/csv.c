/* kit/csv.c: comma-separated values. Knows nothing of columns' types or of nodes. */
#include "kit/csv.h"
#include "kit/scan.h"

#include <stdlib.h>
#include <string.h>

#define MAX_CELLS 1000000

void csv_open(csv_reader *csv, const char *path, const void *data, size_t size, char separator) {
    const char *text = data;
    *csv = (csv_reader){.path = path, .at = text, .separator = separator, .line = 1};
    csv->end = size > 0 ? text + size : text;
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        csv->at += 3;
}

void csv_close(csv_reader *csv) {
    free(csv->cell);
    bytes_free(&csv->unquoted);
    *csv = (csv_reader){0};
}

static rise_status add_cell(csv_reader *csv, csv_cell cell, rise_error *err) {
    if (csv->n_cells == MAX_CELLS)
        return rise_fail_at(err, RISE_E_DATA, csv->path, cell.line, cell.col,
                            "more than %d cells in a row", MAX_CELLS);
    if (csv->n_cells == csv->capacity) {
        size_t capacity = csv->capacity < 16 ? 16 : 2 * csv->capacity;
        csv_cell *grown = realloc(csv->cell, capacity * sizeof *grown);
        if (grown == NULL)
            return rise_fail_nomem(err, "a row of a table");
        csv->cell = grown;
        csv->capacity = capacity;
    }
    csv->cell[csv->n_cells++] = cell;
    return RISE_OK;
}

/* csv->at stands behind the opening quote; afterwards behind the closing one. A cell whose text is
 * NULL lies in `unquoted`, in order: that buffer may still move. */
static rise_status quoted_cell(csv_reader *csv, csv_cell cell, const char **line_start,
                               rise_error *err) {
    const char *start = csv->at, *p = start;
    bool doubled = false;
    for (;; p++) {
        if (p >= csv->end)
            return rise_fail_at(err, RISE_E_DATA, csv->path, cell.line, cell.col,
                                "a quoted cell is never closed");
        if (*p == '\n') {
            csv->line++;
            *line_start = p + 1;
        }
        if (*p != '"')
            continue;
        if (p + 1 >= csv->end || p[1] != '"')
            break;
        doubled = true;
        p++;
    }
    csv->at = p + 1;
    cell.text = start;
    cell.size = (size_t)(p - start);
    if (doubled) {
        size_t before = csv->unquoted.size;
        for (const char *q = start; q < p; q++) {
            bytes_add(&csv->unquoted, q, 1);
            q += *q == '"';
        }
        if (csv->unquoted.failed)
            return rise_fail_nomem(err, "a cell of a table");
        cell.text = NULL;
        cell.size = csv->unquoted.size - before;
    }
    return add_cell(csv, cell, err);
}

static bool at_line_end(const csv_reader *csv) {
    const char *p = csv->at;
    return p >= csv->end || *p == '\n' || (*p == '\r' && (p + 1 >= csv->end || p[1] == '\n'));
}

static rise_status comma_row(csv_reader *csv, rise_error *err) {
    const char *line_start = csv->at;
    for (;;) {
        csv_cell cell = {csv->at, 0, csv->line, (long)(csv->at - line_start) + 1};
        rise_status status;
        if (csv->at < csv->end && *csv->at == '"') {
            csv->at++;
            status = quoted_cell(csv, cell, &line_start, err);
        } else {
            while (!at_line_end(csv) && *csv->at != csv->separator)
                csv->at++;
            cell.size = (size_t)(csv->at - cell.text);
            status = add_cell(csv, cell, err);
        }
        if (status != RISE_OK)
            return status;
        if (at_line_end(csv))
            return RISE_OK;
        if (*csv->at != csv->separator)
            return rise_fail_at(err, RISE_E_DATA, csv->path, csv->line,
                                (long)(csv->at - line_start) + 1,
                                "text after the closing quote of a cell");
        csv->at++;
    }
}

static rise_status blank_row(csv_reader *csv, rise_error *err) {
    const char *start = csv->at;
    const char *stop = memchr(start, '\n', (size_t)(csv->end - start));
    csv->at = stop != NULL ? stop : csv->end;
    const char *comment = memchr(start, '#', (size_t)(csv->at - start));
    stop = comment != NULL ? comment : csv->at;
    for (const char *p = scan_skip(start, stop); p < stop; p = scan_skip(p, stop)) {
        const char *q = scan_token_end(p, stop);
        rise_status status =
            add_cell(csv, (csv_cell){p, (size_t)(q - p), csv->line, (long)(p - start) + 1}, err);
        if (status != RISE_OK)
            return status;
        p = q;
    }
    return RISE_OK;
}

rise_status csv_row(csv_reader *csv, bool *more, rise_error *err) {
    csv->n_cells = 0;
    csv->unquoted.size = 0;
    while (csv->n_cells == 0 && csv->at < csv->end) {
        rise_status status = RISE_OK;
        if (csv->separator == CSV_BLANKS)
            status = blank_row(csv, err);
        else if (!at_line_end(csv))
            status = comma_row(csv, err);
        if (status != RISE_OK)
            return status;
        if (csv->at < csv->end && *csv->at == '\r')
            csv->at++;
        if (csv->at < csv->end) {
            csv->at++;
            csv->line++;
        }
    }
    const char *unquoted = (const char *)csv->unquoted.data;
    for (size_t i = 0; i < csv->n_cells; i++)
        if (csv->cell[i].text == NULL) {
            csv->cell[i].text = unquoted;
            unquoted += csv->cell[i].size;
        }
    *more = csv->n_cells > 0;
    return RISE_OK;
}

void csv_add(byte_buffer *out, const char *text, size_t size) {
    bool quote = size == 0 || scan_is_blank(text[0]) || scan_is_blank(text[size - 1]);
    for (size_t i = 0; i < size && !quote; i++)
        quote = text[i] == ',' || text[i] == '"' || text[i] == '\n' || text[i] == '\r';
    if (!quote) {
        bytes_add(out, text, size);
        return;
    }
    bytes_add(out, "\"", 1);
    for (size_t i = 0; i < size; i++)
        bytes_add(out, text[i] == '"' ? "\"\"" : text + i, text[i] == '"' ? 2 : 1);
    bytes_add(out, "\"", 1);
}

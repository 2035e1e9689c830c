/* export/extxyz.c: frames as extended XYZ, with labels and per-atom columns. Positions are written
 * so that they read back bit for bit. Knows nothing of files. */
#include "extxyz_columns.h"

#include "kit/match.h"
#include "kit/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- which rows belong together -------------------------------------------------------------- */

static size_t rows_of(const export_input *in) {
    const rise_tensor *t = rise_value_tensor(in->value);
    const rise_table *table = rise_value_table(in->value);
    return t != NULL ? t->dim[0].size : table != NULL ? table->n_rows : 0;
}

static rise_status strangers(const export_input *frames_in, const export_input *in,
                             rise_error *err) {
    rise_fail(err, RISE_E_GRAPH, "export: %s (%zu rows) is not about the frames of %s (%zu)",
              in->name, rows_of(in), frames_in->name,
              rise_value_frames(frames_in->value)->n_frames);
    return rise_hint(err, "connect what comes from the same frames");
}

/* The inputs, frames first, and the frames that all of them have. */
typedef struct sheet {
    const rise_frames *frames;
    size_t n;                /* inputs beside the frames */
    const export_input **in; /* [1 + n]: the frames, then the others */
    size_t n_columns;
    xyz_column *column;    /* [n_columns] what the others give */
    size_t n_frames, *row; /* row (1 + n, frame), `stride` apart */
    size_t stride;
} sheet;

static size_t row_of(const sheet *s, size_t input, size_t frame) {
    return s->row[input * s->stride + frame];
}

/* By id where both sides have ids, else by position. */
static rise_status match_frames(sheet *s, const rise_id **ids, size_t *n_ids, rise_error *err) {
    const rise_id *own = s->in[0]->ids;
    for (size_t i = 0; i <= s->n; i++) {
        bool by_id = own != NULL && s->in[i]->ids != NULL;
        ids[i] = by_id ? s->in[i]->ids : own;
        n_ids[i] = i > 0 ? rows_of(s->in[i]) : s->stride;
        if (!by_id && n_ids[i] != s->stride)
            return strangers(s->in[0], s->in[i], err);
    }
    if (own != NULL)
        return match_ids(ids, n_ids, s->n + 1, s->row, &s->n_frames, err);
    for (size_t i = 0; i <= s->n; i++)
        for (size_t f = 0; f < s->stride; f++)
            s->row[i * s->stride + f] = f;
    s->n_frames = s->stride;
    return RISE_OK;
}

static rise_status check_rows(const sheet *s, rise_error *err) {
    if (s->n > 0 && s->n_frames == 0 && s->stride > 0)
        return strangers(s->in[0], s->in[1], err);
    for (size_t c = 0; c < s->n_columns; c++) {
        const xyz_column *x = &s->column[c];
        for (size_t f = 0; x->per_atom && f < s->n_frames; f++) {
            size_t row = row_of(s, 1 + x->input, f), frame = row_of(s, 0, f);
            if (xyz_first_row(x->tensor, row) + s->frames->frame[frame].n_atoms !=
                xyz_first_row(x->tensor, row + 1))
                return rise_fail(err, RISE_E_GRAPH,
                                 "export: %s has not one row for each atom of frame %zu",
                                 x->in->name, frame);
        }
    }
    return RISE_OK;
}

static rise_status open_sheet(const export_input *in, size_t n, sheet *s, rise_error *err) {
    size_t n_frames_in = 0;
    s->in = calloc(n + 1, sizeof *s->in);
    const rise_id **ids = calloc(n + 1, sizeof *ids);
    size_t *n_ids = calloc(n + 1, sizeof *n_ids);
    rise_status status =
        s->in != NULL && ids != NULL && n_ids != NULL ? RISE_OK : rise_fail_nomem(err, "a .extxyz");
    for (size_t i = 0; status == RISE_OK && i < n; i++) {
        if (rise_value_kind(in[i].value) == RISE_FRAMES)
            s->in[n_frames_in++ > 0 ? n : 0] = &in[i];
        else
            s->in[++s->n] = &in[i];
    }
    if (status == RISE_OK && n_frames_in != 1) {
        rise_fail(err, RISE_E_GRAPH,
                  "export: a .extxyz needs one input of frames, %zu are connected", n_frames_in);
        status =
            rise_hint(err, "input: [glass, glass.energy], the frames and what belongs to them");
    }
    if (status == RISE_OK)
        status = xyz_columns(s->in + 1, s->n, &s->column, &s->n_columns, err);
    if (status == RISE_OK) {
        s->frames = rise_value_frames(s->in[0]->value);
        s->stride = s->frames->n_frames;
        s->row = calloc((s->n + 1) * s->stride + 1, sizeof *s->row);
        status =
            s->row != NULL ? match_frames(s, ids, n_ids, err) : rise_fail_nomem(err, "a .extxyz");
    }
    free(ids);
    free(n_ids);
    return status == RISE_OK ? check_rows(s, err) : status;
}

/* ---- the text -------------------------------------------------------------------------------- */

static void add_cell(byte_buffer *out, const rise_cell *cell) {
    bool any = false;
    for (int i = 0; i < 9; i++)
        any |= cell->vector[i / 3][i % 3] != 0.0;
    for (int i = 0; any && i < 9; i++) {
        bytes_add_text(out, i == 0 ? "Lattice=\"" : " ");
        bytes_add_f64(out, cell->vector[i / 3][i % 3]);
    }
    bytes_add_text(out, any ? "\" " : "");
    bytes_add_text(out, "pbc=\"");
    for (int i = 0; i < 3; i++)
        bytes_add_text(out, i == 0              ? cell->periodic[i] ? "T" : "F"
                            : cell->periodic[i] ? " T"
                                                : " F");
    bytes_add_text(out, "\" Properties=species:S:1:pos:R:3");
}

/* As it is, or in quotes where a reader would take it for something else. */
static void add_text(byte_buffer *out, const char *text) {
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./:";
    if (text[0] != '\0' && strspn(text, plain) == strlen(text)) {
        bytes_add_text(out, text);
        return;
    }
    bytes_add_text(out, "\"");
    for (const char *p = text; *p != '\0'; p++) {
        const char *escaped = *p == '"' ? "\\\"" : *p == '\\' ? "\\\\" : *p == '\n' ? "\\n" : NULL;
        if (escaped != NULL)
            bytes_add_text(out, escaped);
        else
            bytes_add(out, p, 1);
    }
    bytes_add_text(out, "\"");
}

static void add_number(byte_buffer *out, const xyz_column *x, size_t i) {
    if (x->tensor != NULL)
        bytes_add_number(out, x->tensor->dtype, x->tensor->data, i);
    else if (x->column->dtype == RISE_TEXT)
        add_text(out, x->column->text[i]);
    else
        bytes_add_number(out, x->column->dtype,
                         x->column->dtype == RISE_F64 ? (const void *)x->column->f64
                                                      : (const void *)x->column->i64,
                         i);
}

/* Several numbers of one row, parted by blanks. */
static void add_numbers(byte_buffer *out, const xyz_column *x, size_t row) {
    for (size_t k = 0; k < x->width; k++) {
        bytes_add(out, " ", k > 0);
        add_number(out, x, row * x->width + k);
    }
}

static void add_header(byte_buffer *out, const sheet *s, size_t frame) {
    const rise_frame *f = &s->frames->frame[row_of(s, 0, frame)];
    bytes_add_i64(out, (int64_t)f->n_atoms);
    bytes_add_text(out, "\n");
    add_cell(out, &f->cell);
    for (size_t c = 0; c < s->n_columns; c++) {
        const xyz_column *x = &s->column[c];
        if (!x->per_atom)
            continue;
        bool real = x->tensor->dtype == RISE_F32 || x->tensor->dtype == RISE_F64;
        bytes_add_text(out, ":");
        bytes_add_text(out, x->name);
        bytes_add_text(out, real ? ":R:" : ":I:");
        bytes_add_i64(out, (int64_t)x->width);
    }
    for (size_t c = 0; c < s->n_columns; c++) {
        const xyz_column *x = &s->column[c];
        if (x->per_atom)
            continue;
        const char *quote = x->width == 1 ? "" : "\"";
        bytes_add_text(out, " ");
        bytes_add_text(out, x->name);
        bytes_add_text(out, "=");
        bytes_add_text(out, quote);
        add_numbers(out, x, row_of(s, 1 + x->input, frame));
        bytes_add_text(out, quote);
    }
    bytes_add_text(out, "\n");
}

static void add_atom(byte_buffer *out, const sheet *s, size_t frame, size_t atom) {
    const rise_frame *f = &s->frames->frame[row_of(s, 0, frame)];
    bytes_add_text(out, rise_element_symbol(f->species[atom]));
    for (int k = 0; k < 3; k++) {
        bytes_add(out, " ", 1);
        bytes_add_f64(out, f->positions[atom][k]);
    }
    for (size_t c = 0; c < s->n_columns; c++) {
        const xyz_column *x = &s->column[c];
        if (!x->per_atom)
            continue;
        bytes_add(out, " ", 1);
        add_numbers(out, x, xyz_first_row(x->tensor, row_of(s, 1 + x->input, frame)) + atom);
    }
    bytes_add(out, "\n", 1);
}

rise_status export_extxyz(const export_input *in, size_t n, byte_buffer *out, size_t *n_left_out,
                          rise_error *err) {
    sheet s = {.n = 0};
    rise_status status = open_sheet(in, n, &s, err);
    for (size_t f = 0; status == RISE_OK && f < s.n_frames && !out->failed; f++) {
        add_header(out, &s, f);
        for (size_t a = 0; a < s.frames->frame[row_of(&s, 0, f)].n_atoms; a++)
            add_atom(out, &s, f, a);
    }
    *n_left_out = s.stride - s.n_frames;
    free(s.in);
    free(s.column);
    free(s.row);
    return status == RISE_OK && out->failed ? rise_fail_nomem(err, "a .extxyz") : status;
}

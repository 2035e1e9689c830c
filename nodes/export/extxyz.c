/* export/extxyz.c: frames as extended XYZ, with labels and per-atom columns. Positions are written
 * so that they read back bit for bit. Knows nothing of files. */
#include "input.h"

#include "kit/match.h"
#include "kit/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_per_atom(const rise_tensor *t) {
    return t->rank >= 2 && (t->offsets != NULL || strcmp(t->dim[1].name, "atom") == 0);
}

static size_t width_of(const rise_tensor *t) {
    size_t width = 1;
    for (int d = 2; d < t->rank; d++)
        width *= t->dim[d].size;
    return width;
}

static size_t first_row(const rise_tensor *t, size_t frame) {
    return t->offsets != NULL ? (size_t)t->offsets[frame] : frame * t->dim[1].size;
}

/* ---- which rows belong together -------------------------------------------------------------- */

static rise_status check_tensor(const export_input *in, rise_error *err) {
    const rise_tensor *t = rise_value_tensor(in->value);
    if (t != NULL && t->rank > 0 && (t->rank == 1 || is_per_atom(t)))
        return RISE_OK;
    rise_fail(err, RISE_E_GRAPH,
              "export: %s fits no .extxyz: one number for each frame or atom is needed", in->name);
    return rise_hint(err, "tensors over [frame] and [frame, atom, ...] beside the frames");
}

static rise_status strangers(const export_input *frames_in, const export_input *in,
                             rise_error *err) {
    rise_fail(err, RISE_E_GRAPH, "export: %s (%zu frames) is not about the frames of %s (%zu)",
              in->name, rise_value_tensor(in->value)->dim[0].size, frames_in->name,
              rise_value_frames(frames_in->value)->n_frames);
    return rise_hint(err, "connect what comes from the same frames");
}

/* The inputs, frames first, and the frames that all of them have. */
typedef struct sheet {
    const rise_frames *frames;
    size_t n;                /* tensors */
    const export_input **in; /* [1 + n]: the frames, then the tensors */
    size_t n_frames, *row;   /* row (1 + n, frame), `stride` apart */
    size_t stride;
} sheet;

static size_t row_of(const sheet *s, size_t input, size_t frame) {
    return s->row[input * s->stride + frame];
}

/* By id where both sides have ids, else by position. */
static rise_status match_frames(sheet *s, const rise_id **ids, size_t *n_ids, rise_error *err) {
    const rise_id *own = s->in[0]->ids;
    for (size_t i = 0; i <= s->n; i++) {
        const rise_tensor *t = i > 0 ? rise_value_tensor(s->in[i]->value) : NULL;
        bool by_id = own != NULL && s->in[i]->ids != NULL;
        ids[i] = by_id ? s->in[i]->ids : own;
        n_ids[i] = t != NULL ? t->dim[0].size : s->stride;
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
    for (size_t i = 1; i <= s->n; i++) {
        const rise_tensor *t = rise_value_tensor(s->in[i]->value);
        if (s->n_frames == 0 && s->stride > 0)
            return strangers(s->in[0], s->in[i], err);
        for (size_t f = 0; is_per_atom(t) && f < s->n_frames; f++)
            if (first_row(t, row_of(s, i, f)) + s->frames->frame[row_of(s, 0, f)].n_atoms !=
                first_row(t, row_of(s, i, f) + 1))
                return rise_fail(err, RISE_E_GRAPH,
                                 "export: %s has not one row for each atom of frame %zu",
                                 s->in[i]->name, row_of(s, 0, f));
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
        else if ((status = check_tensor(&in[i], err)) == RISE_OK)
            s->in[++s->n] = &in[i];
    }
    if (status == RISE_OK && n_frames_in != 1) {
        rise_fail(err, RISE_E_GRAPH,
                  "export: a .extxyz needs one input of frames, %zu are connected", n_frames_in);
        status =
            rise_hint(err, "input: [glass, glass.energy], the frames and what belongs to them");
    }
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

/* A key of the comment line, or a name in Properties: letters, digits and the like, else '_'. */
static void add_name(byte_buffer *out, const char *name) {
    for (; *name != '\0'; name++) {
        bool plain = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
                     scan_is_digit(*name) || *name == '-' || *name == '.';
        bytes_add(out, plain ? name : "_", 1);
    }
}

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

static void add_header(byte_buffer *out, const sheet *s, size_t frame) {
    const rise_frame *f = &s->frames->frame[row_of(s, 0, frame)];
    bytes_add_i64(out, (int64_t)f->n_atoms);
    bytes_add_text(out, "\n");
    add_cell(out, &f->cell);
    for (size_t i = 1; i <= s->n; i++) {
        const rise_tensor *t = rise_value_tensor(s->in[i]->value);
        if (!is_per_atom(t))
            continue;
        bytes_add_text(out, ":");
        add_name(out, s->in[i]->short_name);
        bytes_add_text(out, t->dtype == RISE_F32 || t->dtype == RISE_F64 ? ":R:" : ":I:");
        bytes_add_i64(out, (int64_t)width_of(t));
    }
    for (size_t i = 1; i <= s->n; i++) {
        const rise_tensor *t = rise_value_tensor(s->in[i]->value);
        if (is_per_atom(t))
            continue;
        bytes_add_text(out, " ");
        add_name(out, s->in[i]->short_name);
        bytes_add_text(out, "=");
        bytes_add_number(out, t->dtype, t->data, row_of(s, i, frame));
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
    for (size_t i = 1; i <= s->n; i++) {
        const rise_tensor *t = rise_value_tensor(s->in[i]->value);
        if (!is_per_atom(t))
            continue;
        size_t width = width_of(t), start = (first_row(t, row_of(s, i, frame)) + atom) * width;
        for (size_t k = 0; k < width; k++) {
            bytes_add(out, " ", 1);
            bytes_add_number(out, t->dtype, t->data, start + k);
        }
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
    free(s.row);
    return status == RISE_OK && out->failed ? rise_fail_nomem(err, "a .extxyz") : status;
}

/* export/extxyz.c: frames as extended XYZ, with labels and per-atom columns. Positions are written
 * so that they read back bit for bit. Knows nothing of files. */
#include "input.h"

#include "kit/scan.h"

#include <stdio.h>
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

static bool same_frames(const export_input *a, const export_input *b) {
    return a->ids == NULL || b->ids == NULL ||
           (a->n_ids == b->n_ids && memcmp(a->ids, b->ids, a->n_ids * sizeof *a->ids) == 0);
}

/* Does every tensor say something about each frame or each atom? */
static rise_status check_tensor(const export_input *frames_in, const export_input *in,
                                rise_error *err) {
    const rise_frames *frames = rise_value_frames(frames_in->value);
    const rise_tensor *t = rise_value_tensor(in->value);
    if (t == NULL || t->rank == 0 || (t->rank > 1 && !is_per_atom(t))) {
        rise_fail(err, RISE_E_GRAPH,
                  "export: %s fits no .extxyz: one number for each frame or atom is needed",
                  in->name);
        return rise_hint(err, "tensors over [frame] and [frame, atom, ...] beside the frames");
    }
    if (t->dim[0].size != frames->n_frames || !same_frames(frames_in, in)) {
        rise_fail(err, RISE_E_GRAPH, "export: %s (%zu frames) is not about the frames of %s (%zu)",
                  in->name, t->dim[0].size, frames_in->name, frames->n_frames);
        return rise_hint(err, "connect what comes from the same frames");
    }
    for (size_t f = 0; is_per_atom(t) && f < frames->n_frames; f++)
        if (first_row(t, f) + frames->frame[f].n_atoms != first_row(t, f + 1))
            return rise_fail(err, RISE_E_GRAPH,
                             "export: %s has not one row for each atom of frame %zu", in->name, f);
    return RISE_OK;
}

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

static void add_header(byte_buffer *out, const export_input *in, size_t n, const rise_frame *frame,
                       size_t index) {
    bytes_add_i64(out, (int64_t)frame->n_atoms);
    bytes_add_text(out, "\n");
    add_cell(out, &frame->cell);
    for (size_t i = 0; i < n; i++) {
        const rise_tensor *t = rise_value_tensor(in[i].value);
        if (t == NULL || !is_per_atom(t))
            continue;
        bytes_add_text(out, ":");
        add_name(out, in[i].short_name);
        bytes_add_text(out, t->dtype == RISE_F32 || t->dtype == RISE_F64 ? ":R:" : ":I:");
        bytes_add_i64(out, (int64_t)width_of(t));
    }
    for (size_t i = 0; i < n; i++) {
        const rise_tensor *t = rise_value_tensor(in[i].value);
        if (t == NULL || is_per_atom(t))
            continue;
        bytes_add_text(out, " ");
        add_name(out, in[i].short_name);
        bytes_add_text(out, "=");
        bytes_add_number(out, t->dtype, t->data, index);
    }
    bytes_add_text(out, "\n");
}

static void add_atom(byte_buffer *out, const export_input *in, size_t n, const rise_frame *frame,
                     size_t index, size_t atom) {
    bytes_add_text(out, rise_element_symbol(frame->species[atom]));
    for (int k = 0; k < 3; k++) {
        bytes_add(out, " ", 1);
        bytes_add_f64(out, frame->positions[atom][k]);
    }
    for (size_t i = 0; i < n; i++) {
        const rise_tensor *t = rise_value_tensor(in[i].value);
        if (t == NULL || !is_per_atom(t))
            continue;
        size_t width = width_of(t), start = (first_row(t, index) + atom) * width;
        for (size_t k = 0; k < width; k++) {
            bytes_add(out, " ", 1);
            bytes_add_number(out, t->dtype, t->data, start + k);
        }
    }
    bytes_add(out, "\n", 1);
}

rise_status export_extxyz(const export_input *in, size_t n, byte_buffer *out, rise_error *err) {
    const export_input *frames_in = NULL;
    size_t n_frames_in = 0;
    for (size_t i = 0; i < n; i++)
        if (rise_value_kind(in[i].value) == RISE_FRAMES) {
            frames_in = &in[i];
            n_frames_in++;
        }
    if (n_frames_in != 1) {
        rise_fail(err, RISE_E_GRAPH,
                  "export: a .extxyz needs one input of frames, %zu are connected", n_frames_in);
        return rise_hint(err, "input: [glass, glass.energy], the frames and what belongs to them");
    }
    const rise_frames *frames = rise_value_frames(frames_in->value);
    for (size_t i = 0; i < n; i++) {
        rise_status status = &in[i] == frames_in ? RISE_OK : check_tensor(frames_in, &in[i], err);
        if (status != RISE_OK)
            return status;
    }
    for (size_t f = 0; f < frames->n_frames && !out->failed; f++) {
        add_header(out, in, n, &frames->frame[f], f);
        for (size_t a = 0; a < frames->frame[f].n_atoms; a++)
            add_atom(out, in, n, &frames->frame[f], f, a);
    }
    return out->failed ? rise_fail_nomem(err, "a .extxyz") : RISE_OK;
}

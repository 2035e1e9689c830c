/* export/input.h: what is to be written, and the writers: one for each family of formats. */
#ifndef EXPORT_INPUT_H
#define EXPORT_INPUT_H

#include "kit/bytes.h"
#include <rise/node.h>

#define EXPORT_NAME_MAX 160

/* One value that is connected. */
typedef struct export_input {
    char name[EXPORT_NAME_MAX];     /* "node.output", with "[axis=value]" where there are axes */
    char short_name[RISE_NAME_MAX]; /* the output alone: for columns and keys */
    const rise_value *value;
    const rise_id *ids; /* frames it is aligned with, or NULL */
    size_t n_ids;
} export_input;

/* .csv: tables and tensors of rank up to 2 (ragged: also 3) side by side; all have the same rows.
 * A ragged tensor gets columns frame and atom. */
rise_status export_csv(const export_input *in, size_t n, byte_buffer *out,
                       rise_error *err) RISE_MUST_USE;
/* .json: one value as it is, several as an object by name. Numbers read back bit for bit; what is
 * not finite becomes null. */
rise_status export_json(const export_input *in, size_t n, byte_buffer *out,
                        rise_error *err) RISE_MUST_USE;
/* .npy: one tensor; `offsets` stays empty unless it is ragged. */
rise_status export_npy(const export_input *in, size_t n, byte_buffer *out, byte_buffer *offsets,
                       rise_error *err) RISE_MUST_USE;
/* .npz: any number of tensors (ragged ones with NAME_offsets) and tables (NAME.column; the names of
 * the columns alone where one table is all there is). */
rise_status export_npz(const export_input *in, size_t n, byte_buffer *out,
                       rise_error *err) RISE_MUST_USE;
/* .extxyz: one value of frames; tensors over [frame] and [frame, k] and columns of tables with a
 * row for each frame become keys of the comment line, tensors over [frame, atom, ...] columns.
 * Frames that another input lacks are left out: *n_left_out of them; none left is an error. */
rise_status export_extxyz(const export_input *in, size_t n, byte_buffer *out, size_t *n_left_out,
                          rise_error *err) RISE_MUST_USE;

#endif

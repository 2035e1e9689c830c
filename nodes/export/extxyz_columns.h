/* export/extxyz_columns.h: what stands beside the atoms of a .extxyz, and under which names. */
#ifndef EXPORT_EXTXYZ_COLUMNS_H
#define EXPORT_EXTXYZ_COLUMNS_H

#include "input.h"

/* One tensor, or one column of a table. */
typedef struct xyz_column {
    const export_input *in;
    size_t input; /* which of the inputs beside the frames */
    const rise_tensor *tensor;
    const rise_column *column; /* NULL: the tensor */
    bool per_atom;
    size_t width; /* numbers for each atom or frame */
    char name[EXPORT_NAME_MAX];
} xyz_column;

bool xyz_is_per_atom(const rise_tensor *t); /* [frame, atom, ...] */
/* The first row of a frame, and that of the next. */
size_t xyz_first_row(const rise_tensor *t, size_t frame);

/* Columns of inputs in[0..n-1]; *out is malloc'ed. Named after output or column, after the node too
 * where two would be called alike or where readers know the name for something else. RISE_E_GRAPH:
 * an input that has not one row for each frame or atom. */
rise_status xyz_columns(const export_input *const *in, size_t n, xyz_column **out, size_t *n_out,
                        rise_error *err) RISE_MUST_USE;

#endif

/* reader/frame_labels.h: the labels of frames, from their files and from tables. */
#ifndef READER_FRAME_LABELS_H
#define READER_FRAME_LABELS_H

#include "formats.h"

/* An entry of `labels`. */
typedef struct label_spec {
    const char *name;
    const char *key;       /* or NULL: from the file */
    const char *column;    /* or NULL */
    const char *match;     /* column of the names of the frames, or NULL */
    bool by_number;        /* the row is the number at the end of the name of the frame's file */
    const rise_file *file; /* [n_files], or NULL */
    size_t n_files;
} label_spec;

label_spec reader_label(rise_ctx *ctx, size_t i);

struct label_files;
typedef struct frame_labels {
    const frames_in *in;
    size_t first_frame; /* of this file, within the whole input */
    size_t n;
    label_spec *spec;                /* [n] */
    double *value;                   /* [n], of the frame taken last */
    const struct label_files *files; /* [n] tables */
} frame_labels;

/* For one file; memory is the call's own. */
rise_status labels_open(frame_labels *labels, const frames_in *in, size_t first_frame,
                        rise_error *err) RISE_MUST_USE;
/* Of the frame found last, which is `index` of its file. */
rise_status labels_take(frame_labels *labels, size_t index, rise_error *err) RISE_MUST_USE;
/* After the last file: every row of a table is that of one frame. */
rise_status labels_check(rise_ctx *ctx, rise_error *err) RISE_MUST_USE;

/* Tables of labels: rise_node_type.open and close. */
rise_status reader_open(rise_ctx *ctx, void **state, rise_error *err);
void reader_close(void *state);

#endif

/* reader/read.h: between the node's rows and its work. */
#ifndef READER_READ_H
#define READER_READ_H

#include <rise/node.h>

/* The three ways to write an entry of `labels`. */
typedef struct label_spec {
    const char *name;
    const char *key;       /* or NULL: from the file */
    const char *column;    /* or NULL */
    const char *match;     /* column of the names of the frames, or NULL */
    const rise_file *file; /* or NULL */
} label_spec;

label_spec reader_label(rise_ctx *ctx, size_t i);

/* Tables of labels: rise_node_type.open and close. */
rise_status reader_open(rise_ctx *ctx, void **state, rise_error *err);
void reader_close(void *state);
/* rise_node_type.source; `file` is NULL after the last file. */
rise_status reader_source(rise_ctx *ctx, const rise_file *file, rise_error *err);

#endif

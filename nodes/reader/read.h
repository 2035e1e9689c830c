/* reader/read.h: between the node's rows and its work. */
#ifndef READER_READ_H
#define READER_READ_H

#include <rise/node.h>

/* rise_node_type.source; `file` is NULL after the last file. */
rise_status reader_source(rise_ctx *ctx, const rise_file *file, rise_error *err);

#endif

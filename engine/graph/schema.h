/* graph/schema.h: what scalar.c and schema.c share: one value being read by the row of its
 * parameter. */
#ifndef GRAPH_SCHEMA_H
#define GRAPH_SCHEMA_H

#include "graph/load.h"

/* Whose value is being read, for messages: node.row, or node.row.entry.field in a map. */
typedef struct wanted {
    loader *L;
    const char *owner;
    const rise_param *row;
    const char *outer; /* the map's row and entry, else NULL */
    const char *entry;
} wanted;

const char *wanted_name(const wanted *w); /* "node.row", for messages */
/* Reports "expected this, found that"; false, so that `return wanted_mistyped(...)` reads well. */
bool wanted_mistyped(const wanted *w, const tree *t, const char *expected, const char *hint);

/* Each reads one scalar into *out (place already set). False: an error was reported. */
bool scalar_bool(const wanted *w, const tree *t, graph_value *out);
bool scalar_number(const wanted *w, const tree *t, bool whole, graph_value *out);
bool scalar_text(const wanted *w, const tree *t, const char *expected, graph_value *out);
bool scalar_path(const wanted *w, const tree *t, graph_value *out);
bool scalar_output(const wanted *w, const tree *t, graph_value *out);
bool scalar_choice(const wanted *w, const tree *t, graph_value *out);
bool scalar_slice(const wanted *w, const tree *t, graph_value *out);

#endif

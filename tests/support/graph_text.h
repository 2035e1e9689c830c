/* support/graph_text: graphs as text, for tests that change one line of a file, and values that a
 * row of a node type must refuse. The node that is changed is called `subject` and stands in block
 * style, one key a line. */
#ifndef TESTS_GRAPH_TEXT_H
#define TESTS_GRAPH_TEXT_H

#include <rise/node.h>

#include <stdbool.h>
#include <stddef.h>

/* Owned by the caller; NULL: not there, or short of memory. */
char *graph_text_read(const char *path);
bool graph_text_write(const char *path, const char *text);

/* A copy in which `key` of the subject has this value, or, with NULL, is not given. `*line` (may be
 * NULL) is the 1-based line of the key, 0 where it is gone. */
char *graph_text_with(const char *text, const char *key, const char *value, long *line);
bool graph_text_has(const char *text, const char *key);

enum { BAD_VALUES = 12, BAD_TEXT = 160 };
/* What stands in YAML where the row must refuse it; the number of them. */
size_t graph_text_bad(const rise_param *row, char bad[BAD_VALUES][BAD_TEXT]);

#endif

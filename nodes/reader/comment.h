/* reader/comment.h: the second line of an extended XYZ frame, key=value pairs as the libAtoms
 * specification has them, and what older files write. Pure text: nothing is allocated. */
#ifndef READER_COMMENT_H
#define READER_COMMENT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct comment_pair {
    const char *key, *key_end;     /* without quotes */
    const char *value, *value_end; /* without delimiters; NULL for a bare word without '=' */
    char delimiter;                /* of the value: 0 (bare) " ' { [ */
    bool quoted_key;
} comment_pair;

typedef struct comment_cursor {
    const char *at, *end;
    const char *fault; /* where the line stops to be key=value pairs, NULL while it is */
    const char *why;   /* what is wrong there */
} comment_cursor;

/* False at the end of the line and at a fault. */
bool comment_next(comment_cursor *cursor, comment_pair *pair);

/* The pair of that key, the last one if there are several; *count (may be NULL) tells how many. */
bool comment_find(const char *line, const char *end, const char *key, comment_pair *pair,
                  size_t *count);
bool comment_key_is(const comment_pair *pair, const char *key);

/* A value as numbers: one, "1 2 3", {1 2 3}, [1, 2, 3] or [[1, 2], [3, 4]] (rows of equal length,
 * *n_rows > 0). Returns how many there are, also beyond `max`; 0 when the value is something else.
 */
size_t comment_numbers(const comment_pair *pair, double *out, size_t max, size_t *n_rows);
/* The same for T F True False true false TRUE FALSE 1 0. */
size_t comment_logicals(const comment_pair *pair, bool *out, size_t max);

/* The keys of the line, "a, b, c", cut with "..." where `size` is short. Returns `out`. */
const char *comment_keys(const char *line, const char *end, char *out, size_t size);

#endif

/* cli/json.h: JSON as it is written, piece by piece, for what may have a hundred thousand rows.
 * After a failure (memory) `failed` stays set and nothing more is added. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct json_out {
    FILE *to; /* takes what there is when it becomes much; NULL: all of it stays in text */
    char *text;
    size_t size, capacity;
    bool failed;
    bool after; /* something stands before: a comma is needed */
} json_out;     /* zero-initialised is empty; free(text) */

/* The rest goes to the file, the text is freed; false: memory was short. */
bool json_end(json_out *o);
/* A part that was made elsewhere, for no file: what it has goes to the file of `o`, and it is empty
 * again. */
void json_pass(json_out *part, json_out *o);
void json_open(json_out *o, char bracket); /* { or [ */
void json_close(json_out *o, char bracket);
void json_key(json_out *o, const char *key);
/* The same, for a name that is known beforehand and needs no escapes: JSON_KEY("name"). */
void json_name(json_out *o, const char *name);
#define JSON_KEY(name) "\"" name "\":"
void json_put_text(json_out *o, const char *text); /* bytes that are not UTF-8 become ? */
/* A URI: what stands before, as it is, and a path with all but letters, digits and "-._~/" as %XX.
 */
void json_put_uri(json_out *o, const char *before, const char *path);
void json_put_int(json_out *o, int64_t value);
void json_put_real(json_out *o, double value);    /* null where it is not finite */
void json_put_seconds(json_out *o, double value); /* to the microsecond */
void json_newline(json_out *o);                   /* the next element begins on a line of its own */

#endif

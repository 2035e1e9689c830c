/* cli/behind.h: a long file is written while the next piece of it is made. */
#ifndef CLI_BEHIND_H
#define CLI_BEHIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct behind behind;
behind *behind_begin(FILE *to); /* NULL: no thread, or no memory for one: write it yourself */
/* Takes `size` bytes of *text, and its memory; *text and *capacity are other memory then, or NULL
 * and 0. Waits while the piece before is being written. */
void behind_put(behind *b, char **text, size_t size, size_t *capacity);
void behind_end(behind *b); /* all is with the file; NULL is well */

#endif

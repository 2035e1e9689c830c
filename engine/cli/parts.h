/* cli/parts.h: a long text is made by several threads, part by part, and goes to its file in order.
 */
#ifndef CLI_PARTS_H
#define CLI_PARTS_H

#include "json.h"

/* Part number `part`, behind what stands before it. Called on any thread. */
typedef void (*parts_make)(void *user, size_t part, json_out *o);
/* The n parts; where `o` goes to no file, or no more threads are to be had, by this thread alone.
 */
void parts_put(json_out *o, size_t n, parts_make make, void *user);

#endif

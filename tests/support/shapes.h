/* support/shapes: small node types that really work, one for each work shape, by the public headers
 * alone; and a graph of all of them.
 *
 *   lines  source   "x y z" on each line of its files: a frame of one atom, and the number x
 *   rows   map      a stream: 70 rows for each frame
 *   total  map      reads a stream: `factor` times the sum of a frame's rows
 *   some   map      chooses every other frame (keep), with a state (open, close)
 *   both   whole    joins two lists of frames; a loop, sub-results, three outputs, a file
 *   all    whole    one table over axes, and a file
 */
#ifndef TESTS_SHAPES_H
#define TESTS_SHAPES_H

#include <rise/rise.h>

extern const rise_node_type *const shape_types[];
extern const size_t n_shape_types;

/* graph.yaml, a.txt and b.txt in `folder`, which is there already. False: not written. */
bool shapes_write(const char *folder);
/* Every node calls it before it works on anything, from whichever thread; NULL: nobody. */
extern void (*shapes_pause)(void);
/* What the last node gives, "all.table": the number in it. */
#define SHAPES_LAST "all"

#endif

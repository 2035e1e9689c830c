/* import/trees.h: a model of XGBoost in its JSON. */
#ifndef IMPORT_TREES_H
#define IMPORT_TREES_H

#include <rise/node.h>

/* XGBoost follows whatever numbers stand in a model, also out of its arrays. So it gets only trees
 * whose arrays have the lengths that they promise and whose nodes lead to nodes, each once.
 * RISE_E_DATA: the file is something else. *out is owned by the caller. */
rise_status import_trees(const rise_file *file, rise_value **out, rise_error *err) RISE_MUST_USE;

#endif

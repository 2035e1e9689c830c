/* reader/cell.h: is a box from a file one that physics can use? */
#ifndef READER_CELL_H
#define READER_CELL_H

#include <rise/value.h>

/* Finite vectors that span a volume; all zeros are fine where nothing is periodic. Left-handed
 * cells are accepted: no formula of ours depends on the hand. */
rise_status cell_check(const char *path, long line, size_t frame, const rise_cell *cell,
                       rise_error *err) RISE_MUST_USE;

#endif

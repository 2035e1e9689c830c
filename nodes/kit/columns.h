/* kit/columns.h: the columns of a table, as messages name them. */
#ifndef KIT_COLUMNS_H
#define KIT_COLUMNS_H

#include <rise/value.h>

/* "r_cut, part, rmse", cut off where `list` ends; "none". numeric: those of numbers. Gives `list`.
 */
const char *columns_list(const rise_table *table, bool numeric, char *list, size_t size);

#endif

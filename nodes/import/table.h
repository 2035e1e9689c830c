/* import/table.h: a CSV file with a row of names -> a table. */
#ifndef IMPORT_TABLE_H
#define IMPORT_TABLE_H

#include <rise/value.h>

/* A column of integers becomes i64, of numbers f64, of anything else text. Whole numbers written
 * with leading zeros (sample 007) are text. A number column may have no empty and no non-finite
 * cell. *out is owned by the caller. */
rise_status import_table(const char *path, const void *data, size_t size, rise_value **out,
                         rise_error *err) RISE_MUST_USE;

#endif

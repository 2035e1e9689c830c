/* Names columns in messages. */
#include "kit/columns.h"

#include <stdio.h>

const char *columns_list(const rise_table *table, bool numeric, char *list, size_t size) {
    size_t used = 0;
    snprintf(list, size, "none");
    for (size_t c = 0; c < table->n_columns && used < size; c++) {
        const rise_column *column = &table->column[c];
        if (!numeric || column->dtype != RISE_TEXT) {
            used +=
                (size_t)snprintf(list + used, size - used, "%s%s", used ? ", " : "", column->name);
        }
    }
    return list;
}

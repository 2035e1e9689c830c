/* Tables: what `import` makes of a .csv, and the columns of labels that `reader` takes. */
#include "fuzz.h"

#include "base/base.h"
#include "import/table.h"
#include "reader/labels.h"
#include "value/value.h"

#include <math.h>
#include <string.h>

static void import(const uint8_t *bytes, size_t size) {
    rise_value *table = NULL;
    rise_error err = {0};
    rise_status status = import_table("a.csv", bytes, size, &table, &err);
    if (status) {
        fuzz_expect(!table, "a failure leaves outputs alone");
        fuzz_expect_error(status, &err);
        return;
    }
    size_t where = 0;
    fuzz_expect(value_finite(table, &where), "an imported table is finite");
    rise_value_release(table);
}

static void labels(const uint8_t *bytes, size_t size, const char *column, const char *match) {
    rise_file file = {.path = "labels.txt", .bytes = bytes, .size = size};
    label_table table = {0};
    rise_error err = {0};
    rise_status status = label_table_read(&file, column, match, &table, &err);
    if (status)
        fuzz_expect_error(status, &err);
    for (size_t i = 0; !status && i < table.n; i++) {
        double value = 0;
        fuzz_expect(isfinite(table.row[i].value), "a label is finite");
        fuzz_expect(!match || label_table_find(&table, table.row[i].name, &value),
                    "a label has its name");
    }
    label_table_free(&table);
}

void fuzz_csv(const uint8_t *bytes, size_t size) {
    import(bytes, size);
    labels(bytes, size, NULL, NULL);
    labels(bytes, size, "2", NULL);
    labels(bytes, size, "energy", NULL);
    labels(bytes, size, "2", "1");
}

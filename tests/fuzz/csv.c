/* Tables: what `import` makes of a .csv, and the columns of labels that `reader` takes. */
#include "fuzz.h"

#include "base/base.h"
#include "import/table.h"
#include "reader/labels.h"
#include "value/value.h"

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

static void labels(const uint8_t *bytes, size_t size, const char *column) {
    rise_file file = {.path = "labels.txt", .bytes = bytes, .size = size};
    label_column from = {0};
    rise_error err = {0};
    size_t n_rows = 0, n_seen = 0;
    rise_status status = label_column_open(&from, &file, column, &err);
    for (bool more = true; !status && more; n_seen += !status && more) {
        double value = 0;
        status = label_column_at(&from, n_seen, &value, &more, &err);
    }
    if (!status)
        status = label_column_count(&from, &n_rows, &err);
    if (status)
        fuzz_expect_error(status, &err);
    else
        fuzz_expect(n_rows == n_seen, "all rows are counted");
    label_column_close(&from);
}

void fuzz_csv(const uint8_t *bytes, size_t size) {
    import(bytes, size);
    labels(bytes, size, NULL);
    labels(bytes, size, "2");
    labels(bytes, size, "energy");
}

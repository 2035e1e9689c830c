/* CSV: cells, tables of labels, tables of values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "import/table.h"
#include "kit/csv.h"
#include "reader/labels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All cells as "a|b\n", with <...> round each. */
static rise_status flatten(const char *text, char separator, char *out, size_t size,
                           rise_error *err) {
    csv_reader csv;
    bool more = true;
    rise_status status = RISE_OK;
    size_t used = 0;
    out[0] = '\0';
    csv_open(&csv, "a.csv", text, strlen(text), separator);
    while (more) {
        status = csv_row(&csv, &more, err);
        if (status != RISE_OK || !more)
            break;
        for (size_t i = 0; i < csv.n_cells; i++)
            used += (size_t)snprintf(out + used, size - used, "<%.*s>", (int)csv.cell[i].size,
                                     csv.cell[i].text);
        used += (size_t)snprintf(out + used, size - used, "/");
    }
    csv_close(&csv);
    return status;
}

static void test_cells(void **state) {
    (void)state;
    static const struct {
        const char *text, *cells;
    } cases[] = {{"a,b\n1,2\n", "<a><b>/<1><2>/"},
                 {"a,b\r\n1,2", "<a><b>/<1><2>/"},
                 {"\xEF\xBB\xBF"
                  "a\n",
                  "<a>/"},
                 {"\"a,\"\"b\"\"\",c\n", "<a,\"b\"><c>/"},
                 {"\"two\nlines\",x\r\ny,z\n", "<two\nlines><x>/<y><z>/"},
                 {"a,,\n,b,\n", "<a><><>/<><b><>/"},
                 {"\"\",\"\"\"\"\n\n\r\nx,y\n", "<><\">/<x><y>/"},
                 {"\"a\"\"1\",\"b\"\"2\",\"c\"\"3\"\n", "<a\"1><b\"2><c\"3>/"},
                 {" a , b \n", "< a >< b >/"},
                 {"a\"b,c\n", "<a\"b><c>/"},
                 {"x\ry,z\n", "<x\ry><z>/"},
                 {"", ""},
                 {"\n\n", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[200];
        assert_int_equal(flatten(cases[i].text, ',', out, sizeof out, NULL), RISE_OK);
        assert_string_equal(out, cases[i].cells);
    }
    char out[200];
    assert_int_equal(
        flatten("# energies\n -1.5\t2 \n\n3 4 # last\n", CSV_BLANKS, out, sizeof out, NULL),
        RISE_OK);
    assert_string_equal(out, "<-1.5><2>/<3><4>/");
    rise_error err;
    assert_int_equal(flatten("a\n\"b\nc", ',', out, sizeof out, &err), RISE_E_DATA);
    assert_string_equal(err.message, "a quoted cell is never closed");
    assert_true(err.line == 2 && err.col == 1);
    assert_int_equal(flatten("a,\"b\"c\n", ',', out, sizeof out, &err), RISE_E_DATA);
    assert_string_equal(err.message, "text after the closing quote of a cell");
    assert_true(err.line == 1 && err.col == 6);
}

static void test_write(void **state) {
    (void)state;
    static const char *const cells[] = {"plain", "a,b",   "say \"x\"", "two\nlines", "cr\rhere",
                                        "",      " lead", "trail ",    "\xC3\xA9",   "\""};
    byte_buffer b = {0};
    for (size_t i = 0; i < 10; i++) {
        bytes_add(&b, ",", i > 0);
        csv_add(&b, cells[i], strlen(cells[i]));
    }
    bytes_add(&b, "\n", 1);
    const char *expected = "plain,\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",\"cr\rhere\",\"\","
                           "\" lead\",\"trail \",\xC3\xA9,\"\"\"\"\n";
    assert_int_equal(b.size, strlen(expected));
    assert_memory_equal(b.data, expected, b.size);
    csv_reader csv;
    bool more;
    csv_open(&csv, "b.csv", b.data, b.size, ',');
    assert_int_equal(csv_row(&csv, &more, NULL), RISE_OK);
    assert_int_equal(csv.n_cells, 10);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(csv.cell[i].size, strlen(cells[i]));
        assert_memory_equal(csv.cell[i].text, cells[i], csv.cell[i].size);
    }
    csv_close(&csv);
    bytes_free(&b);
}

/* ---- labels ---------------------------------------------------------------------------------- */

static rise_status read_labels(const char *text, const char *column, const char *match,
                               label_table *out, rise_error *err) {
    rise_file file = {"e.txt", (const uint8_t *)text, strlen(text)};
    *err = (rise_error){0};
    return label_table_read(&file, column, match, out, err);
}

static void test_labels(void **state) {
    (void)state;
    static const struct {
        const char *text, *column;
    } good[] = {{"-1.5\n2\n3e1\n", NULL},
                {"-1.5\n2\n3e1", "1"},
                {"energy\n-1.5\n2\n3e1\n", NULL},
                {"energy\n-1.5\n2\n3e1\n", "energy"},
                {"# step energy\n1 -1.5\n2 2\n3 3e1 # last\n", "2"},
                {"sample,energy\na,-1.5\n\"b\",2\n\nc,\"3e1\"\n", "energy"},
                {"sample,energy\na,-1.5\nb,2\nc, 3e1 \n", "2"}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        label_table t;
        rise_error err;
        if (read_labels(good[i].text, good[i].column, NULL, &t, &err) != RISE_OK)
            fail_msg("refused: %s\n%s", err.message, good[i].text);
        assert_true(t.n == 3 && !t.by_name);
        assert_true(t.row[0].value == -1.5 && t.row[1].value == 2 && t.row[2].value == 30);
        label_table_free(&t);
    }
    static const struct {
        const char *text, *column;
        long line, col;
        const char *message;
    } bad[] = {{"", NULL, 0, 0, "holds no labels"},
               {"1 2\n", NULL, 1, 1, "which of the 2 columns holds the labels?"},
               {"a,b\n1,2\n", "c", 1, 1, "no column 'c' in the first row, which has: a, b"},
               {"a,b\n1,2\n", "3", 1, 1, "no column '3' in the first row, which has: a, b"},
               {"a,b\n1,2\n", "0", 1, 1, "no column '0' in the first row, which has: a, b"},
               {"1\nx\n", NULL, 2, 1, "expected a finite number as a label, found 'x'"},
               {"a,b\n1,2\n1,\n", "b", 3, 3, "expected a finite number as a label, found ''"},
               {"a,b\n1,nan\n", "b", 2, 3, "expected a finite number as a label, found 'nan'"},
               {"1 2\n3\n", "2", 2, 1, "the labels are in column 2, this row has 1"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        label_table t;
        rise_error err;
        assert_int_equal(read_labels(bad[i].text, bad[i].column, NULL, &t, &err), RISE_E_DATA);
        label_table_free(&t);
        assert_string_equal(err.message, bad[i].message);
        assert_int_equal(err.line, bad[i].line);
        assert_int_equal(err.col, bad[i].col);
    }
}

static void test_label_names(void **state) {
    (void)state;
    label_table t;
    rise_error err;
    double v = 0;
    assert_int_equal(read_labels("name,e\nb,2\n\"a \"\"1\"\"\",1\nc,3\n", "e", "name", &t, &err),
                     RISE_OK);
    assert_true(t.by_name && t.n == 3);
    assert_true(label_table_find(&t, "a \"1\"", &v) && v == 1);
    assert_true(label_table_find(&t, "c", &v) && v == 3);
    assert_false(label_table_find(&t, "a", &v) || label_table_find(&t, "d", &v));
    label_table_free(&t);
    /* names behind the labels, and numbers as names */
    assert_int_equal(read_labels("1.5 7\n2.5 8\n", "1", "2", &t, &err), RISE_OK);
    assert_true(label_table_find(&t, "8", &v) && v == 2.5);
    label_table_free(&t);
    assert_int_equal(read_labels("name,e\na,1\nb,2\na,3\n", "e", "name", &t, &err), RISE_E_DATA);
    assert_string_equal(err.message, "'a' has a label twice, also in line 2");
    assert_int_equal(err.line, 4);
    label_table_free(&t);
    assert_int_equal(read_labels("e,name\n1,a\n2\n", "e", "name", &t, &err), RISE_E_DATA);
    assert_string_equal(err.message, "the names of the frames are in column 2, this row has 1");
    label_table_free(&t);
    assert_int_equal(read_labels("e,name\n1,a\n", "e", "file", &t, &err), RISE_E_DATA);
    assert_string_equal(err.message, "no column 'file' in the first row, which has: e, name");
    label_table_free(&t);
}

/* ---- tables ---------------------------------------------------------------------------------- */

static void test_table(void **state) {
    (void)state;
    const char *text = "sample,step, energy ,part,code,empty\n"
                       "zrcu-1,1,-9298.75,train,007,\n"
                       "\"a, b\",-2,1e3,\"\",010,\n";
    rise_value *value = NULL;
    rise_error err = {0};
    if (import_table("a.csv", text, strlen(text), &value, &err) != RISE_OK)
        fail_msg("%s", err.message);
    const rise_table *t = rise_value_table(value);
    assert_int_equal(t->n_rows, 2);
    assert_int_equal(t->n_columns, 6);
    assert_int_equal(rise_table_find(t, "step")->dtype, RISE_I64);
    assert_int_equal(rise_table_find(t, "step")->i64[1], -2);
    assert_int_equal(rise_table_find(t, "energy")->dtype, RISE_F64);
    assert_true(rise_table_find(t, "energy")->f64[0] == -9298.75);
    assert_string_equal(rise_table_find(t, "sample")->text[1], "a, b");
    assert_string_equal(rise_table_find(t, "part")->text[1], "");
    assert_string_equal(rise_table_find(t, "code")->text[0], "007");
    assert_int_equal(rise_table_find(t, "empty")->dtype, RISE_TEXT);
    rise_value_release(value);
}

static void test_bad_tables(void **state) {
    (void)state;
    static const struct {
        const char *text;
        long line, col;
        const char *message;
    } bad[] = {
        {"", 0, 0, "is empty, expected a row of names"},
        {"a,b\n1,2\n3\n", 3, 1, "expected 2 cells, as in the first row, found 1"},
        {"a,a\n1,2\n", 1, 3, "two columns are called 'a'"},
        {"a,\n1,2\n", 1, 3, "column 2 has no name"},
        {"1,2\n3,4\n", 1, 1, "expected the name of column 1, found the number 1"},
        {"a,b\n1,2\n3,\n", 3, 3, "column 'b' holds numbers, but this cell is empty"},
        {"a,b\n1,2.5\n3,inf\n", 3, 3, "column 'b' holds numbers, but this cell is not finite"},
        {"a\n\"x\n", 2, 1, "a quoted cell is never closed"},
        {"a_name_that_is_longer_than_forty_bytes_is_refused\n1\n", 1, 1,
         "the name of column 1 is too long"},
        /* Latin-1, cut short, overlong, surrogate, too large: in a name and in a cell */
        {"a,na\xEFve\n1,2\n", 1, 3, "a text that is not UTF-8"},
        {"a,b\n1,x\ny,\xC3", 3, 3, "a text that is not UTF-8"},
        {"a,b\n1,\xC0\x80\n", 2, 3, "a text that is not UTF-8"},
        {"a,b\n1,\xED\xA0\x80\n", 2, 3, "a text that is not UTF-8"},
        {"a,b\n1,\xF4\x90\x80\x80\n", 2, 3, "a text that is not UTF-8"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        rise_value *value = NULL;
        rise_error err = {0};
        assert_int_equal(import_table("a.csv", bad[i].text, strlen(bad[i].text), &value, &err),
                         RISE_E_DATA);
        assert_string_equal(err.message, bad[i].message);
        assert_string_equal(err.file, "a.csv");
        assert_int_equal(err.line, bad[i].line);
        assert_int_equal(err.col, bad[i].col);
        assert_null(value);
    }
    static const char nul[] = "a,b\n1,x\0y\n";
    rise_value *value = NULL;
    rise_error err = {0};
    assert_int_equal(import_table("a.csv", nul, sizeof nul - 1, &value, &err), RISE_E_DATA);
    assert_string_equal(err.message, "a NUL byte in a text");
    assert_true(err.line == 2 && err.col == 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells),  cmocka_unit_test(test_write),
        cmocka_unit_test(test_labels), cmocka_unit_test(test_label_names),
        cmocka_unit_test(test_table),  cmocka_unit_test(test_bad_tables)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

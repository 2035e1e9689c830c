/* support/bad_files: see bad_files.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/bad_files.h"

#include <stdlib.h>
#include <string.h>

void bad_files_check(const bad_file *file, size_t n, bad_read *read) {
    for (size_t i = 0; i < n; i++) {
        const bad_file *f = &file[i];
        rise_error err = {0};
        rise_status status = read(f->text, &err);
        if (status != RISE_E_DATA || err.line != f->line || err.col != f->col ||
            strcmp(err.message, f->message) != 0 || strcmp(err.hint, f->hint) != 0)
            fail_msg("case %zu, status %d\n%s\nfound    %ld:%ld: %s\n         (%s)\nexpected "
                     "%ld:%ld: %s\n         (%s)",
                     i, (int)status, f->text, err.line, err.col, err.message, err.hint, f->line,
                     f->col, f->message, f->hint);
    }
}

char *bad_files_copy(const char *text, size_t size) {
    char *copy = malloc(size > 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, text, size);
    return copy;
}

void bad_files_refused(const char *text, const rise_error *err) {
    char shown[1200];
    rise_error_format(err, shown, sizeof shown);
    fail_msg("refused: %s\n%s", shown, text);
}

/* What rise/error.h promises: statuses from the one list, errors filled in place, no memory taken.
 */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

int rise_status_exit(rise_status status) {
    switch (status) {
#define X(name, value, exit_code, text)                                                            \
    case RISE_##name:                                                                              \
        return exit_code;
        RISE_STATUS_MAP(X)
#undef X
    }
    return 70;
}

const char *rise_status_text(rise_status status) {
    switch (status) {
#define X(name, value, exit_code, text)                                                            \
    case RISE_##name:                                                                              \
        return text;
        RISE_STATUS_MAP(X)
#undef X
    }
    return "unknown status";
}

static void fill(rise_error *err, rise_status status, const char *file, long line, long col,
                 const char *fmt, va_list args) {
    /* the arguments may point into *err itself */
    rise_error e = {.status = status, .line = line, .col = col};
    if (file) {
        snprintf(e.file, sizeof e.file, "%s", file);
        text_cut(e.file, sizeof e.file - 1);
    }
    text_vformat(e.message, sizeof e.message, fmt, args);
    /* torn by "%.60s" or by the end, or quoted from a file that is no UTF-8 */
    text_mend(e.message);
    *err = e;
}

rise_status rise_fail(rise_error *err, rise_status status, const char *fmt, ...) {
    if (!err)
        return status;
    va_list args;
    va_start(args, fmt);
    fill(err, status, NULL, 0, 0, fmt, args);
    va_end(args);
    return status;
}

rise_status rise_fail_at(rise_error *err, rise_status status, const char *file, long line, long col,
                         const char *fmt, ...) {
    if (!err)
        return status;
    va_list args;
    va_start(args, fmt);
    fill(err, status, file, line, col, fmt, args);
    va_end(args);
    return status;
}

rise_status rise_fail_nomem(rise_error *err, const char *what) {
    return rise_fail(err, RISE_E_NOMEM, "out of memory: %s", what);
}

rise_status rise_hint(rise_error *err, const char *fmt, ...) {
    /* Without an error to fill nobody can see the status either: the caller returns its own. */
    if (!err)
        return RISE_E_FAILED;
    char hint[sizeof err->hint];
    va_list args;
    va_start(args, fmt);
    text_vformat(hint, sizeof hint, fmt, args);
    va_end(args);
    text_mend(hint);
    memcpy(err->hint, hint, sizeof hint);
    return err->status;
}

void rise_error_format(const rise_error *err, char *text, unsigned long size) {
    char place[sizeof err->file + 64] = "";
    if (err->file[0] && err->line > 0 && err->col > 0)
        snprintf(place, sizeof place, "%s:%ld:%ld: ", err->file, err->line, err->col);
    else if (err->file[0] && err->line > 0)
        snprintf(place, sizeof place, "%s:%ld: ", err->file, err->line);
    else if (err->file[0])
        snprintf(place, sizeof place, "%s: ", err->file);
    const char *message = err->message[0] ? err->message : rise_status_text(err->status);
    snprintf(text, size, "%s%s%s%s", place, message, err->hint[0] ? "\n  " : "", err->hint);
    if (size > 0)
        text_cut(text, size - 1);
}

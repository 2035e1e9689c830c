/* What every target checks. */
#include "fuzz.h"

#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_expect(bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "broken promise: %s\n", what);
        abort();
    }
}

void fuzz_expect_error(rise_status status, const rise_error *err) {
    fuzz_expect(status != RISE_E_BUG, "bytes from outside are no bug of ours");
    fuzz_expect(err->status == status, "status and error agree");
    fuzz_expect(err->message[0] != '\0', "an error has a message");
    fuzz_expect(text_is_utf8(err->message, strlen(err->message)), "a message is UTF-8");
    fuzz_expect(text_is_utf8(err->hint, strlen(err->hint)), "a hint is UTF-8");
    fuzz_expect(err->line >= 0 && err->col >= 0, "a place is no negative number");
}

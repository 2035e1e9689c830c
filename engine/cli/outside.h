/* cli/outside.h: programs of others, run without a shell: what they print, and how they end. */
#ifndef CLI_OUTSIDE_H
#define CLI_OUTSIDE_H

#include <rise/rise.h>

typedef struct outside {
    char *out, *err; /* what it printed, at most 16 MiB of each, the blanks at the end left out */
    int code;        /* exit code; 128 and more: a signal ended it */
    bool late;       /* it took longer than it may: it was ended */
} outside;

/* Waits for it, at most limit_s. argv[0] is looked for in $PATH. It stands in a process group of
 * its own: a Ctrl-C is for us. RISE_E_NOINPUT: there is no such program. */
rise_status outside_run(const char *const *argv, double limit_s, outside *result,
                        rise_error *err) RISE_MUST_USE;
void outside_free(outside *result);

#endif

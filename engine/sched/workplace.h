/* sched/workplace: a folder for a program that is run, made under $TMPDIR or /tmp and removed
 * afterwards. It is locked as long as its owner lives; what killed owners left behind is swept when
 * the next one is made. */
#ifndef SCHED_WORKPLACE_H
#define SCHED_WORKPLACE_H

#include <rise/node.h>

enum { WORKPLACE_PATH = 1024 };
typedef struct workplace {
    char path[WORKPLACE_PATH];
    int lock; /* its descriptor */
} workplace;

rise_status workplace_open(workplace *w, rise_error *err) RISE_MUST_USE;
rise_status workplace_put(const workplace *w, const rise_file *file, rise_error *err) RISE_MUST_USE;
/* *bytes is malloc'ed; NULL where there is no such file. */
rise_status workplace_take(const workplace *w, const char *name, uint8_t **bytes, size_t *size,
                           rise_error *err) RISE_MUST_USE;
void workplace_close(workplace *w);

#endif

/* kit/lazy.h: shared libraries that are loaded when a node first calls them.
 *
 * A run that has nothing to do ends within milliseconds; loading XGBoost and cairo with all that
 * they stand on takes as long. So keys name the version that rise was compiled for, and another one
 * is refused when the library is loaded. */
#ifndef KIT_LAZY_H
#define KIT_LAZY_H

#include <rise/error.h>

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct lazy_library {
    const char *file;         /* its soname */
    const char *package;      /* Debian's name of it */
    const char *const *names; /* [n] of the functions that we call */
    size_t n;
    void *functions;              /* a struct of n pointers to functions, in the order of names */
    const char *wanted;           /* the version that rise was compiled for */
    const char *(*version)(void); /* of the loaded library; may call its functions */
    pthread_mutex_t lock;
    bool loaded;
} lazy_library;

/* Fills `functions`, once. For any thread. RISE_E_SYSTEM: the library is not here, or another
 * version; the next call tries again. */
rise_status lazy_load(lazy_library *library, rise_error *err) RISE_MUST_USE;

#endif

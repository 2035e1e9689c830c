/* rise/error.h: what can go wrong, and how it is told.
 *
 * Every fallible function returns a rise_status and takes `rise_error *err` last. `err` may be
 * NULL; it is filled only on failure, and on failure outputs are left untouched. There are three
 * classes, never mixed: the user's error (a place, what was found, what was expected, a hint), the
 * environment's error (disk, memory, threads) and a bug of ours (RISE_E_BUG). */
#ifndef RISE_ERROR_H
#define RISE_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif
#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

/* name, value, exit code of rise-run, text */
#define RISE_STATUS_MAP(X)                                                                         \
    X(OK, 0, 0, "done")                                                                            \
    X(E_FAILED, -1, 1, "a node failed")                                                            \
    X(E_USAGE, -2, 64, "usage")                                                                    \
    X(E_DATA, -3, 65, "bad input data")                                                            \
    X(E_NOINPUT, -4, 66, "no input")                                                               \
    X(E_BUG, -5, 70, "bug in rise or in a node")                                                   \
    X(E_SYSTEM, -6, 71, "system error")                                                            \
    X(E_NOMEM, -7, 71, "out of memory")                                                            \
    X(E_OUTPUT, -8, 74, "output not written")                                                      \
    X(E_CHANGED, -9, 75, "input changed while being read")                                         \
    X(E_GRAPH, -10, 78, "graph error")                                                             \
    X(E_INTERRUPTED, -11, 130, "interrupted")                                                      \
    X(E_TERMINATED, -12, 143, "terminated")                                                        \
    X(E_TIMEOUT, -13, 1, "timed out")                                                              \
    X(E_MISS, -14, 70, "not stored")

typedef enum rise_status {
#define X(name, value, exit_code, text) RISE_##name = value,
    RISE_STATUS_MAP(X)
#undef X
} rise_status;

#if defined(__GNUC__)
#define RISE_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define RISE_MUST_USE __attribute__((warn_unused_result))
#else
#define RISE_PRINTF(fmt, args)
#define RISE_MUST_USE
#endif

/* Fixed size, owned by the caller, no clean-up needed. */
typedef struct rise_error {
    rise_status status;
    char file[256]; /* "" where there is no file */
    long line;      /* 1-based; 0 where there is no line */
    long col;       /* 1-based; 0 where there is no column */
    char message[512];
    char hint[256]; /* how to mend it; "" where nothing helps */
} rise_error;

int rise_status_exit(rise_status status); /* exit code of rise-run */
const char *rise_status_text(rise_status status);

/* Fill `err` (may be NULL) and return `status`, so that `return rise_fail(...)` reads well. */
rise_status rise_fail(rise_error *err, rise_status status, const char *fmt, ...) RISE_PRINTF(3, 4);
rise_status rise_fail_at(rise_error *err, rise_status status, const char *file, long line, long col,
                         const char *fmt, ...) RISE_PRINTF(6, 7);
rise_status rise_fail_nomem(rise_error *err, const char *what);
/* Add how to mend it to an error just filled; returns its status. */
rise_status rise_hint(rise_error *err, const char *fmt, ...) RISE_PRINTF(2, 3);
/* One or two lines, "file:line:col: message\n  hint", without a final newline. */
void rise_error_format(const rise_error *err, char *text, unsigned long size);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif

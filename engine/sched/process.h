/* sched/process: one child process, from its start to its end, on the calling thread. */
#ifndef SCHED_PROCESS_H
#define SCHED_PROCESS_H

#include <rise/node.h>

typedef struct process {
    const char *file;                           /* the program, as a path */
    const char *const *argument;                /* argv: the name first; ends with NULL */
    const char *const *environment;             /* all that it has; ends with NULL */
    const char *folder;                         /* it starts in */
    void (*line)(void *user, const char *text); /* or NULL */
    bool (*stop)(void *user);                   /* asked all the time: is it to end? */
    void *user;
} process;

typedef struct process_end {
    int64_t code;
    int signal;   /* 0: it ended by itself */
    bool stopped; /* it was told to end */
    double cpu_s; /* processor time that it took */
} process_end;

/* Returns when it has ended, and all that it began. RISE_E_SYSTEM: it cannot be started. */
rise_status process_run(const process *p, process_end *end, rise_error *err) RISE_MUST_USE;

#endif

/* sched/company.h: maps that go through frames together. Only for company*.c. */
#ifndef SCHED_COMPANY_H
#define SCHED_COMPANY_H

#include "sched/run.h"

typedef struct member {
    instance *it;
    map_work work;
    size_t from, to;  /* which of work.missing are to be done now */
    bool working;     /* takes part in the frames */
    bool begun;       /* its node is open */
    bool over;        /* handed back */
    size_t failed_at; /* lowest item that failed, SIZE_MAX: none; guarded by it->act->lock */
    rise_status status;
    rise_error error;
    lease *unit; /* of what is to be done now; NULL: none */
} member;

/* One frame for everybody who needs it. */
typedef struct item {
    size_t member, i; /* work.missing[i] of that member */
    size_t frame;     /* of the stream; for those without one, their own */
} item;

typedef struct company {
    run *run;
    company_end end; /* is told of each member that is over */
    member *member;
    size_t n;
    item *item; /* by frame, then by member */
    size_t n_items;
    size_t *group, n_groups; /* group g: item[group[g]] .. item[group[g + 1] - 1], one frame */
    stream_tape *tape;       /* free ones; guarded by run->lock */
    size_t n_tapes;
} company;

/* Opens its node, if it is not open yet; false: it failed. */
bool member_begin(member *m);
/* Hands it back, done or failed. */
void member_finish(company *c, member *m);
/* What is to be done now of those that are working and begun. */
void company_run(company *c);

/* company_share.c: slice by slice, with other processes. Those that others are at are put off. */
void company_share(company *c);

#endif

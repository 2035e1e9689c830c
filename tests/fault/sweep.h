/* fault/sweep.h: an act with memory that runs out at each of its requests in turn, until it goes
 * through. Each time in a process and a folder of its own, so that a crash is one failure of many.
 *
 * After each act: it told a documented error or gave what it should, every block is freed, and
 * what it left behind is sound. RISE_TEST_LONG=1 goes through every request, else through some 60
 * spread over all of them. By piece: each piece of an arena is a request, and of the requests that
 * the same calls led to the first one is refused. RISE_SWEEP="N" or "N+" does that one alone, in
 * this process, and tells where the request came from; with RISE_FAULT_TRACE also where what leaked
 * was taken. */
#ifndef TESTS_SWEEP_H
#define TESTS_SWEEP_H

#include <rise/rise.h>

typedef struct sweep {
    const char *name;
    /* Memory is there; NULL: nothing to do. */
    rise_status (*before)(const char *folder, rise_error *err);
    /* Makes, uses and frees everything. */
    rise_status (*act)(const char *folder, rise_error *err);
    /* Memory is there again. NULL: all is well, else what is not. */
    const char *(*after)(const char *folder, rise_status status);
    bool by_piece;
} sweep;

/* A cmocka test; its state is a sweep. */
void sweep_test(void **state);

#endif

/* fault/memory.h: memory that runs out when it is told to. The allocator of a test program: every
 * malloc, calloc, realloc, aligned allocation and start of a thread in it, also those of libraries,
 * is counted, and the nth can be refused. */
#ifndef TESTS_FAULT_MEMORY_H
#define TESTS_FAULT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* From now on the nth request (from 1; 0: none) is refused, with `on` all that follow too. */
void memory_fail(long nth, bool on);
/* Nothing is refused any more. How many requests there were since memory_fail. */
long memory_enough(void);
bool memory_refused(void); /* whether one was, since memory_fail */
long memory_live(void);    /* blocks that are not freed */
/* One more request, and whether it is refused: for those that are none of the allocator's. */
bool memory_refuses(void);
/* From now on each piece of an arena is a request of its own, or again each block of one. */
void memory_by_piece(bool on);
/* Requests are told apart by the calls that led to them, until memory_enough: the first ones of
 * each place, in order. */
void memory_find_places(void);
const long *memory_places(size_t *n);
/* Blocks that were taken since memory_fail and are not freed, and where each was taken, and where
 * the first refused request came from: for whoever looks for the cause. */
void memory_tell(int fd);

#endif

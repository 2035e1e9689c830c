/* store/lease.h: which process does which part of the work, where they share nothing but a folder.
 *
 * A unit is all that a key stands for, or a slice of its items: 2^level of them, from a multiple of
 * that on. Who takes a unit makes a file for it, exclusively, and changes a number in it while it
 * is at work. Who finds the file of another leaves the unit alone until it is said to be over, or
 * the number has stood still for the patience of both, by the observer's own clock: no times of
 * files are looked at, and no clocks compared. Then the unit is free again, under the next
 * generation, a slice of many items as two halves.
 *
 * Losing a race, or seeing a folder as it was a minute ago, costs a unit that is done twice, never
 * a wrong result: what was done is known from records, not from here.
 *
 *   leases/a/<64 hex digits of the key>.<generation>            a whole
 *   leases/a/<64 hex digits of the key>/<level>.<index>.<generation>   a slice
 *
 * Files stay until the work is done (lease_tidy), else until gc finds them old. All functions may
 * be called from any thread. `now` is seconds of a clock that does not go back. */
#ifndef STORE_LEASE_H
#define STORE_LEASE_H

#include "base/base.h"

#include <stdatomic.h>

typedef struct leases leases;

typedef struct lease_options {
    double patience_s; /* who gives no sign of life for so long is gone */
    /* What failed in the same job is not tried again, and deaths in it are counted; 0: none. */
    uint64_t job;
    const char *who;           /* host and process, for people; copied */
    atomic_ullong *n_metadata; /* counts operations on names: opens, lists, removals; or NULL */
} lease_options;

/* A unit that is ours. */
typedef struct lease lease;
typedef struct lease_range {
    size_t first, n; /* items */
} lease_range;

typedef enum lease_answer {
    LEASE_OURS,
    LEASE_FREE,   /* with LEASE_LOOK: nobody was seen at it */
    LEASE_BUSY,   /* others are at it, or have ended and what they recorded was not read since */
    LEASE_OVER,   /* whole, without LEASE_AGAIN: another has done it, and it is known */
    LEASE_FAILED, /* in a process of the same job; the text says why */
    LEASE_DEADLY, /* several of the same job died at it; the text says where */
    LEASE_OFF     /* no files can be made here: go on without */
} lease_answer;

typedef enum lease_end_state { LEASE_DONE = 1, LEASE_LEFT, LEASE_BROKEN } lease_end_state;

enum { LEASE_TEXT = 400, LEASE_DEATHS = 3 };

leases *leases_open(const char *store_folder, const lease_options *options); /* NULL: no memory */
void leases_close(leases *l);                /* NULL is fine; files stay */
bool leases_there(const char *store_folder); /* somebody used them here before */

enum {
    LEASE_AGAIN = 1, /* a unit that is over is taken once more: its results are not there */
    LEASE_LOOK = 2   /* it is not taken, whoever is at it */
};
lease_answer lease_whole(leases *l, const rise_id *key, unsigned how, double now, lease **out,
                         char text[LEASE_TEXT]);
/* Some of the `missing` items (ascending), at most 2^level, aligned: around item `near` if that is
 * free, or, with SIZE_MAX, anywhere, by chance. */
lease_answer lease_slice(leases *l, const rise_id *key, const size_t *missing, size_t n,
                         unsigned level, size_t near, double now, lease **out, lease_range *range,
                         char text[LEASE_TEXT]);
/* Its results are where others find them, or it is given up. Frees it. `text`: what went wrong. */
void lease_end(leases *l, lease *unit, lease_end_state how, const char *text);
bool leases_held(leases *l);             /* is there a unit that has not ended? */
void leases_beat(leases *l, double now); /* to be called often: signs of life when they are due */
/* What others have recorded is about to be read, and was read: the number says since when. */
uint64_t leases_look(leases *l);
void leases_fresh(leases *l, uint64_t look);
double leases_chance(leases *l); /* a number from 0 to 1, another in each process */
/* All work is done: removes the files that this process made, and those whose owners died. */
void leases_tidy(leases *l);

#endif

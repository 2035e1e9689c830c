/* store/lease_view: what one process has seen of the leases of others. Only for lease*.c. */
#ifndef STORE_LEASE_VIEW_H
#define STORE_LEASE_VIEW_H

#include "store/lease_file.h"

#include <pthread.h>

typedef enum view_state {
    VIEW_WORKING,
    VIEW_OURS,
    VIEW_OVER,   /* done or left: what it gave is known after the next look at the records */
    VIEW_FAILED, /* in our job */
    VIEW_DEAD    /* its owner is */
} view_state;

/* One file of a lease, ours or not. */
typedef struct lease_view {
    const char *path;
    view_state state;
    uint8_t deaths; /* before it, in our job */
    bool counts;    /* it is of our job */
    bool suspect;   /* silent for long when it was last read */
    double lot;     /* from 0 to 1, by chance; 0: a slice. The lower, the sooner it is watched */
    uint64_t look;  /* the last one when it was found to be over */
    uint64_t busy;  /* the last one when others were at it */
    uint64_t beat;
    double seen, changed,
        looked; /* first; when the beat was another; when it was read, -1: never */
    double patience_s;
    char *text; /* who it is, or what went wrong; NULL: not read */
} lease_view;

struct lease {
    lease_view *view;
    int fd;
    lease_text said;
    double beaten;
    lease *next;
};

struct leases {
    pthread_mutex_t lock;
    lease_options options;
    char *folder, *who;
    uint64_t random;          /* state of a generator: where to begin, by chance */
    uint64_t look, fresh;     /* the last look at the records, and the last that is over */
    size_t busy, busy_before; /* wholes that others were at: since the last look, and before it */
    arena memory;
    lease_view **view;
    size_t n_views, max_views;
    text_map view_of; /* path -> index */
    lease *held;
    char **made; /* paths of files that this process made */
    size_t n_made, max_made;
};

/* The view of a path, new ones as of an owner that was alive at `now`. NULL: memory is short. */
lease_view *view_of(leases *l, const char *path, double now);
/* May its unit be taken by others? */
bool view_void(const leases *l, const lease_view *v);
/* Reads the file if that is due. */
void view_read(leases *l, lease_view *v, double now);
uint8_t view_deaths(const lease_view *v); /* in our job, its owner's included */
void leases_count(leases *l, unsigned ops);
/* Makes the file of a unit; the answer is OURS, BUSY (another was first) or OFF. */
lease_answer lease_make(leases *l, const char *path, uint8_t deaths, double now, lease **out);
uint64_t leases_random(leases *l);

#endif

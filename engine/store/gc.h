/* engine/store/gc.h: what gc.c and repack.c share. */
#ifndef STORE_GC_H
#define STORE_GC_H

#include "store/inside.h"

#define GC_YOUNG_S 3600.0

typedef struct gc_entry {
    rise_id digest;
    uint64_t size;
    double age_s;  /* since the last use; of a packed value, of any in its pack */
    double worth;  /* seconds per byte, less with age */
    size_t packed; /* which of gc.pack; SIZE_MAX: an object */
    bool pinned, stays, evicted;
} gc_entry;

/* A pack whose writer is gone. */
typedef struct gc_pack {
    uint32_t writer;
    uint64_t size, live; /* bytes of the file, and of the entries that something leads to */
    time_t used;
    const char *path;
} gc_pack;

typedef struct gc {
    store *store;
    time_t now;
    store_gc_result *result;
    gc_entry *entry;
    size_t n, capacity;
    gc_pack *pack;
    size_t n_packs;
    uint64_t fixed_bytes; /* logs, and packs of writers at work */
    arena texts;
    bool nomem;
} gc;

bool gc_add(gc *g, gc_entry entry);      /* false: memory is short */
double gc_age(const gc *g, time_t used); /* s */
bool gc_list_packs(gc *g);               /* false: memory is short */
/* Without what is evicted; dry_run: only counts. */
rise_status gc_repack(gc *g, bool dry_run, rise_error *err) RISE_MUST_USE;

#endif

/* sched/source.h: what source.c (files, and which of their items are wanted), source_index.c (what
 * is in a file), source_make.c (items that are missing) and items.c (making one item) share. */
#ifndef SCHED_SOURCE_H
#define SCHED_SOURCE_H

#include "sched/run.h"

typedef struct item {
    rise_id key;
    size_t file, place; /* the place-th item of its file */
    const char *name;
    size_t slot; /* frame of the offers; SIZE_MAX where the slice leaves it out */
    rise_value *
        *value; /* [n_outputs] what no store could keep, until the offers are open; or NULL */
} item;

typedef struct source_state {
    const char *const *path;
    rise_id *digest; /* [n_paths], zeros: not known yet */
    size_t n_paths;
    item *item;
    size_t n, capacity;
    size_t start, step; /* frame f is item start + f * step */
    bool opened;
    void *shared; /* what the node's `open` made */
} source_state;

struct source_pass {
    instance *it;
    source_state *state;
    size_t file, first;        /* running number of the file's first item */
    size_t place;              /* items announced so far in this file */
    bool indexing;             /* the items of this file are not known yet */
    bool announces;            /* indexing: nothing is made yet */
    size_t start, step, count; /* indexing: the slice, as far as it is known */
    item *now;                 /* being made, NULL: not wanted */
    rise_value *result[GRAPH_MAX_OUTPUTS];
    size_t n_made;
};

source_state *source_state_of(const instance *it);
/* The item that comes next in pass->state; NULL: memory short. */
item *source_add_item(source_pass *pass, const rise_id *key, const char *name);
/* The record of an item if it has every output that is wanted, else NULL; as store_look. */
const store_record *source_record(const instance *it, const rise_id *key, store_seen *room);
/* Some wanted value of a known item is in no store and not held. */
bool source_value_lost(const instance *it, const item *x);
/* Before the node is called, by one thread: opens what all files share. */
rise_status source_open(source_pass *pass, rise_error *err) RISE_MUST_USE;
/* The items of file pass->file are added, from its index or from the file itself. */
rise_status source_index(source_pass *pass, rise_error *err) RISE_MUST_USE;
/* Under which name the index of a file of that digest is kept. */
void source_index_name(const source_pass *pass, const rise_id *digest, rise_id *out);
/* The node is told the end of all files. */
rise_status source_tell_end(source_pass *pass, rise_error *err) RISE_MUST_USE;
rise_status source_make(source_pass *pass, rise_error *err) RISE_MUST_USE;
bool source_plan(source_pass *pass); /* would anything be made? The reason says what */
/* Lets the node read one file; NULL tells it the end of all files. */
rise_status source_call(source_pass *pass, const rise_file *file, rise_error *err) RISE_MUST_USE;

#endif

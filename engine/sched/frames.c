/* sched/frames: lists of frames and how one is found in another. Frames are matched by id, never by
 * file or position; only imported tensors, which have no identity beyond their order, are matched
 * by position. */
#include "sched/run.h"

#include <stdlib.h>
#include <string.h>

frame_list *frame_list_new(size_t n) {
    frame_list *list = calloc(1, sizeof *list);
    if (!list)
        return NULL;
    list->n = n;
    list->id = calloc(n + 1, sizeof *list->id);
    list->name = calloc(n + 1, sizeof *list->name);
    list->species = calloc(n + 1, sizeof *list->species);
    if (!list->id || !list->name || !list->species) {
        frame_list_free(list);
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        list->name[i] = "";
    return list;
}

/* Whoever is first keeps it for the others; who comes meanwhile makes it alone. */
rise_id frame_list_digest(frame_list *list) {
    enum { NONE, MAKING, MADE };
    rise_id digest;
    int state = NONE;
    if (atomic_load(&list->digested) == MADE)
        return list->digest;
    id_of(list->id, list->n * sizeof *list->id, &digest);
    if (atomic_compare_exchange_strong(&list->digested, &state, MAKING)) {
        list->digest = digest;
        atomic_store(&list->digested, MADE);
    }
    return digest;
}

void frame_list_free(frame_list *list) {
    if (!list)
        return;
    free(list->id);
    free(list->name);
    free(list->species);
    arena_free(&list->memory);
    free(list);
}

void run_keep_frames(run *r, frame_list *list) {
    list->next = atomic_load(&r->frames);
    while (!atomic_compare_exchange_weak(&r->frames, &list->next, list))
        ;
}

void run_free_frames(run *r) {
    for (frame_list *list = atomic_load(&r->frames), *next; list; list = next) {
        next = list->next;
        frame_list_free(list);
    }
}

/* The k-th copy (k > 0) of a frame gets H("copy", id, k), so that every id of a list is unique. */
bool frame_list_number_duplicates(frame_list *list) {
    id_map seen = {0};
    bool room = true;
    for (size_t i = 0; room && i < list->n; i++) {
        uint64_t count = 0;
        rise_id id = list->id[i];
        if (id_map_get(&seen, &id, &count)) {
            rise_id ordinal = {{0}};
            memcpy(ordinal.byte, &count, sizeof count);
            key_combine("copy", &id, &ordinal, &list->id[i]);
        }
        room = id_map_set(&seen, &id, count + 1);
    }
    id_map_free(&seen);
    return room;
}

frame_list *frame_list_ordinals(size_t n) {
    frame_list *list = frame_list_new(n);
    if (!list)
        return NULL;
    list->ordinal = true;
    for (size_t i = 0; i < n; i++) {
        uint64_t k = i;
        rise_id none = {{0}}, ordinal = {{0}};
        memcpy(ordinal.byte, &k, sizeof k);
        key_combine("ordinal", &none, &ordinal, &list->id[i]);
        list->name[i] = arena_format(&list->memory, "row %zu", i);
        if (!list->name[i])
            list->name[i] = "";
    }
    return list;
}

static size_t *match_by_position(const frame_list *wanted, size_t *n_missing) {
    size_t *align = calloc(wanted->n + 1, sizeof *align);
    for (size_t i = 0; align && i < wanted->n; i++)
        align[i] = i;
    *n_missing = 0;
    return align;
}

size_t *frame_list_match(const frame_list *wanted, const frame_list *have, size_t *n_missing) {
    if ((wanted->ordinal || have->ordinal) && wanted->n == have->n)
        return match_by_position(wanted, n_missing);
    id_map where = {0};
    for (size_t i = 0; i < have->n; i++)
        if (!id_map_set(&where, &have->id[i], i)) {
            id_map_free(&where);
            return NULL;
        }
    size_t *align = calloc(wanted->n + 1, sizeof *align);
    *n_missing = 0;
    for (size_t i = 0; align && i < wanted->n; i++) {
        uint64_t at = 0;
        bool found = id_map_get(&where, &wanted->id[i], &at);
        align[i] = found ? (size_t)at : SIZE_MAX;
        *n_missing += !found;
    }
    id_map_free(&where);
    return align;
}

frame_list *frame_list_take(const frame_list *list, const size_t *keep, size_t n) {
    frame_list *taken = frame_list_new(n);
    for (size_t i = 0; taken && i < n; i++) {
        taken->id[i] = list->id[keep[i]];
        const char *name = arena_text(&taken->memory, list->name[keep[i]]);
        taken->name[i] = name ? name : "";
        memcpy(taken->species[i], list->species[keep[i]], sizeof taken->species[i]);
    }
    if (taken)
        taken->ordinal = false;
    return taken;
}

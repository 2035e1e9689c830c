/* What is to go, when not everything can stay. A value is worth what it costs to compute it again,
 * for each byte, the less the longer nobody used it. Records stay, so keys do not change.
 *
 * Nobody is disturbed: an object that is unlinked stays with whoever has opened it, packs are
 * rewritten under another name (repack.c), those of writers at work are left alone. Who looks for
 * what has gone sees a miss. */
#include "store/gc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const double DAY = 24 * 3600;

bool gc_add(gc *g, gc_entry entry) {
    if (g->n == g->capacity) {
        size_t more = g->capacity ? 2 * g->capacity : 256;
        gc_entry *bigger = realloc(g->entry, more * sizeof *bigger);
        if (!bigger)
            return false;
        g->entry = bigger;
        g->capacity = more;
    }
    g->entry[g->n++] = entry;
    return true;
}

double gc_age(const gc *g, time_t used) {
    double age = difftime(g->now, used);
    return age > 0 ? age : 0; /* from another clock */
}

static void list_object(void *user, const char *path, const char *name, const struct stat *st) {
    gc *g = user;
    gc_entry entry = {
        .size = (uint64_t)st->st_size, .age_s = gc_age(g, st->st_mtime), .packed = SIZE_MAX};
    (void)path;
    if (id_parse(name, &entry.digest) && !gc_add(g, entry))
        g->nomem = true;
}

/* ---- worth ----------------------------------------------------------------------------------- */

/* digest -> the bits of the seconds it took, where a record says so. Of several the longest. */
static bool list_costs(store *s, id_map *cost) {
    bool ok = true;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; ok && i < s->n_record; i++) {
        const store_record *r = index_record(s, i);
        for (uint32_t o = 0; ok && r && o < r->n_outputs; o++) {
            uint64_t bits;
            double known = 0;
            if (id_map_get(cost, &r->output[o].digest, &bits))
                memcpy(&known, &bits, sizeof known);
            double more = r->cost_s > known ? r->cost_s : known;
            memcpy(&bits, &more, sizeof bits);
            ok = id_map_set(cost, &r->output[o].digest, bits);
        }
    }
    pthread_mutex_unlock(&s->lock);
    return ok;
}

/* Without a record a value is of no use; a young one may be about to get one. */
static void weigh(gc *g, const id_map *cost, const id_map *pinned) {
    for (size_t i = 0; i < g->n; i++) {
        gc_entry *e = &g->entry[i];
        uint64_t bits;
        double cost_s = 0;
        bool known = id_map_get(cost, &e->digest, &bits);
        if (known)
            memcpy(&cost_s, &bits, sizeof cost_s);
        e->pinned = pinned && id_map_get(pinned, &e->digest, &bits);
        e->stays = e->pinned || (!known && e->age_s < GC_YOUNG_S);
        e->worth = cost_s / ((double)e->size * (1 + e->age_s / DAY));
    }
}

static int by_worth(const void *pa, const void *pb) {
    const gc_entry *a = pa, *b = pb;
    if (a->worth != b->worth)
        return a->worth < b->worth ? -1 : 1;
    return memcmp(a->digest.byte, b->digest.byte, sizeof a->digest.byte);
}

/* ---- choice ---------------------------------------------------------------------------------- */

static void evict(gc *g, gc_entry *e, uint64_t *total) {
    e->evicted = true;
    *total -= e->size;
    g->result->n_evicted++;
    g->result->evicted_bytes += e->size;
}

static void choose(gc *g, const store_gc_options *options) {
    uint64_t total = g->fixed_bytes;
    for (size_t i = 0; i < g->n; i++)
        total += g->entry[i].size;
    for (size_t i = 0; i < g->n; i++) {
        gc_entry *e = &g->entry[i];
        if (!e->stays && options->max_age_s > 0 && e->age_s > options->max_age_s)
            evict(g, e, &total);
    }
    if (g->n)
        qsort(g->entry, g->n, sizeof *g->entry, by_worth);
    for (size_t i = 0; i < g->n && options->max_bytes && total > options->max_bytes; i++)
        if (!g->entry[i].stays && !g->entry[i].evicted)
            evict(g, &g->entry[i], &total);
}

static void count_kept(gc *g) {
    for (size_t i = 0; i < g->n; i++) {
        const gc_entry *e = &g->entry[i];
        if (e->evicted)
            continue;
        g->result->n_kept++;
        g->result->kept_bytes += e->size;
        if (e->pinned) {
            g->result->n_pinned++;
            g->result->pinned_bytes += e->size;
        }
    }
}

static void unlink_objects(gc *g) {
    for (size_t i = 0; i < g->n; i++) {
        arena a = {0};
        const gc_entry *e = &g->entry[i];
        bool goes = e->evicted && e->packed == SIZE_MAX;
        char *path = goes ? object_path(g->store, &a, &e->digest) : NULL;
        if (path)
            unlink(path);
        arena_free(&a);
    }
}

static rise_status collect(gc *g, const store_gc_options *options, rise_error *err) {
    store *s = g->store;
    id_map cost = {0};
    int code = objects_visit(s, list_object, g);
    if (code && code != ENOMEM)
        return rise_fail(err, RISE_E_SYSTEM, "cannot look into the cache: %s", strerror(code));
    bool ok = !code && !g->nomem && gc_list_packs(g) && list_costs(s, &cost);
    if (ok) {
        weigh(g, &cost, options->pinned);
        choose(g, options);
        count_kept(g);
    }
    id_map_free(&cost);
    if (!ok)
        return rise_fail_nomem(err, "the list of what is in the cache");
    sweep_tally swept = {.dry = options->dry_run};
    sweep_temporaries(s, &swept);
    sweep_quarantine(s, &swept);
    sweep_leases(s, &swept);
    g->result->n_swept = swept.n;
    g->result->swept_bytes = swept.bytes;
    if (!options->dry_run)
        unlink_objects(g); /* first, so that there is room for the packs */
    return gc_repack(g, options->dry_run, err);
}

rise_status store_gc(store *s, const store_gc_options *options, store_gc_result *out,
                     rise_error *err) {
    *out = (store_gc_result){0};
    if (!options->dry_run && !store_writing(s))
        return rise_fail(err, RISE_E_OUTPUT, "the cache %s cannot be written", s->folder);
    gc g = {.store = s, .now = time(NULL), .result = out, .fixed_bytes = s->log_bytes};
    rise_status status = collect(&g, options, err);
    free(g.entry);
    free(g.pack);
    arena_free(&g.texts);
    return status;
}

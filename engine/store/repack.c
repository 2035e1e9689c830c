/* Packs without what has gone: what stays is appended to the pack of this store, which has another
 * name, and only when that and the log that speaks of it are synced are the old packs unlinked. A
 * reader that has the old one open goes on in it; one that has not sees a miss. */
#include "store/gc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what is in the packs -------------------------------------------------------------------- */

/* Which writer of the index has this name; UINT32_MAX: no log speaks of it. */
static uint32_t find_writer(const store *s, const char *name) {
    char hex[65];
    rise_id id;
    memset(hex, '0', 64);
    memcpy(hex, name, 32);
    hex[64] = 0;
    if (!id_parse(hex, &id))
        return UINT32_MAX;
    for (size_t w = 1; w < s->n_writers; w++)
        if (memcmp(s->writer[w], id.byte, WRITER_SIZE) == 0)
            return (uint32_t)w;
    return UINT32_MAX;
}

static void list_pack(void *user, const char *path, const char *name, const struct stat *st) {
    gc *g = user;
    if (strlen(name) != 37 || strcmp(name + 32, ".pack") != 0)
        return;
    gc_pack pack = {find_writer(g->store, name), (uint64_t)st->st_size, 0, st->st_mtime, NULL};
    bool unknown = pack.writer == UINT32_MAX; /* perhaps just made, and not locked yet */
    if ((unknown && !file_is_old(st)) || !writer_is_gone(path, st)) {
        g->fixed_bytes += pack.size;
        return;
    }
    gc_pack *bigger = realloc(g->pack, (g->n_packs + 1) * sizeof *bigger);
    pack.path = bigger ? arena_text(&g->texts, path) : NULL;
    if (bigger)
        g->pack = bigger;
    if (!pack.path)
        g->nomem = true;
    else
        g->pack[g->n_packs++] = pack;
}

static bool list_packed(gc *g) {
    const store *s = g->store;
    size_t *at = malloc(s->n_writers * sizeof *at); /* writer -> its pack */
    for (size_t w = 0; at && w < s->n_writers; w++)
        at[w] = SIZE_MAX;
    for (size_t i = 0; at && i < g->n_packs; i++)
        if (g->pack[i].writer != UINT32_MAX)
            at[g->pack[i].writer] = i;
    bool ok = at != NULL;
    for (size_t i = 0; ok && i < s->pack_of.n; i++) {
        const id_entry *known = &s->pack_of.entry[i];
        const pack_slot *p = &s->pack[known->value];
        if (!p->size || at[p->writer] == SIZE_MAX)
            continue;
        gc_pack *pack = &g->pack[at[p->writer]];
        gc_entry e = {.digest = known->key, .size = p->size, .packed = at[p->writer]};
        e.age_s = gc_age(g, pack->used);
        pack->live += p->size;
        ok = gc_add(g, e);
    }
    free(at);
    return ok;
}

bool gc_list_packs(gc *g) {
    pthread_mutex_lock(&g->store->lock);
    bool ok = !folder_visit(g->store->packs, list_pack, g) && !g->nomem && list_packed(g);
    pthread_mutex_unlock(&g->store->lock);
    return ok;
}

/* ---- without what has gone ------------------------------------------------------------------- */

static bool touched(const gc_pack *p) {
    return p->size != FILE_HEAD + p->live;
}

static pack_slot *slot_of(store *s, const rise_id *digest) {
    uint64_t slot;
    return id_map_get(&s->pack_of, digest, &slot) ? &s->pack[slot] : NULL;
}

/* One that does not verify stays behind: it would only be a miss. */
static void move(store *s, int fd, const rise_id *digest) {
    buffer entry = {0};
    pack_slot *p = slot_of(s, digest);
    if (!p || !p->size || !buffer_reserve(&entry, p->size))
        return;
    ssize_t n = pread(fd, entry.bytes, p->size, (off_t)p->offset);
    entry.size = n == (ssize_t)p->size ? p->size : 0;
    if (entry_check(entry.bytes, entry.size, digest) == ENTRY_GOOD)
        pack_move(s, digest, &entry);
    else
        p->size = 0;
    buffer_free(&entry);
}

/* `at`: the first entry of the pack; becomes that of the next. */
static void move_pack(gc *g, size_t pack, size_t *at) {
    bool moves = touched(&g->pack[pack]);
    int fd = moves ? open(g->pack[pack].path, O_RDONLY | O_CLOEXEC) : -1;
    for (; *at < g->n && g->entry[*at].packed == pack; ++*at)
        if (fd >= 0 && !g->entry[*at].evicted)
            move(g->store, fd, &g->entry[*at].digest);
    if (fd >= 0)
        close(fd);
}

static int by_pack(const void *pa, const void *pb) {
    const gc_entry *a = pa, *b = pb;
    return a->packed < b->packed ? -1 : a->packed > b->packed;
}

/* All that stays of touched packs, on disk under their new name, as young as the youngest. */
static rise_status move_all(gc *g, rise_error *err) {
    store *s = g->store;
    time_t used = 0;
    size_t at = 0;
    s->options.durable = true;
    qsort(g->entry, g->n, sizeof *g->entry, by_pack);
    for (size_t i = 0; i < g->n_packs; i++) {
        move_pack(g, i, &at);
        if (touched(&g->pack[i]) && g->pack[i].used > used)
            used = g->pack[i].used;
    }
    store_flush(s);
    if (!store_writing(s))
        return rise_fail(err, RISE_E_OUTPUT, "the cache %s cannot be written", s->folder);
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = used}};
    (void)utimensat(AT_FDCWD, s->own_pack.path, times, 0);
    return RISE_OK;
}

/* Where what is evicted counts as nothing any more; what is left of each pack. */
static void forget_evicted(gc *g, bool dry_run) {
    for (size_t i = 0; i < g->n; i++) {
        const gc_entry *e = &g->entry[i];
        if (!e->evicted || e->packed == SIZE_MAX)
            continue;
        g->pack[e->packed].live -= e->size;
        pack_slot *slot = dry_run ? NULL : slot_of(g->store, &e->digest);
        if (slot)
            slot->size = 0;
    }
}

rise_status gc_repack(gc *g, bool dry_run, rise_error *err) {
    size_t n_touched = 0;
    for (size_t i = 0; i < g->n_packs; i++)
        if (g->pack[i].size > FILE_HEAD + g->pack[i].live)
            g->result->dead_bytes += g->pack[i].size - FILE_HEAD - g->pack[i].live;
    forget_evicted(g, dry_run);
    for (size_t i = 0; i < g->n_packs; i++)
        n_touched += touched(&g->pack[i]);
    if (!n_touched || dry_run)
        return RISE_OK;
    rise_status status = g->n ? move_all(g, err) : RISE_OK;
    if (status != RISE_OK)
        return status;
    log_compact(g->store, 1); /* lines of what has gone go too */
    for (size_t i = 0; i < g->n_packs; i++)
        if (touched(&g->pack[i]))
            unlink(g->pack[i].path);
    return RISE_OK;
}

/* sched/memory: see memory.h. A chained hash table whose entries are also a list by last use. */
#include "sched/memory.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { BUCKETS = 4096 };

typedef struct entry {
    rise_id digest;
    rise_value *value;
    uint64_t bytes;
    struct entry *chain;
    struct entry *newer, *older;
} entry;

struct memory_cache {
    uv_mutex_t lock;
    entry *bucket[BUCKETS];
    entry *newest, *oldest;
    uint64_t bytes, budget;
};

static entry **slot_of(memory_cache *m, const rise_id *digest) {
    uint32_t h;
    memcpy(&h, digest->byte, sizeof h);
    entry **at = &m->bucket[h % BUCKETS];
    while (*at && !id_equal(&(*at)->digest, digest))
        at = &(*at)->chain;
    return at;
}

static void unlink_use(memory_cache *m, entry *e) {
    *(e->newer ? &e->newer->older : &m->newest) = e->older;
    *(e->older ? &e->older->newer : &m->oldest) = e->newer;
    e->newer = e->older = NULL;
}

static void link_newest(memory_cache *m, entry *e) {
    e->older = m->newest;
    *(m->newest ? &m->newest->newer : &m->oldest) = e;
    m->newest = e;
}

static void drop_oldest(memory_cache *m) {
    entry *e = m->oldest;
    entry **at = slot_of(m, &e->digest);
    *at = e->chain;
    unlink_use(m, e);
    m->bytes -= e->bytes;
    rise_value_release(e->value);
    free(e);
}

memory_cache *memory_cache_new(uint64_t budget) {
    memory_cache *m = calloc(1, sizeof *m);
    if (m && uv_mutex_init(&m->lock)) {
        free(m);
        return NULL;
    }
    if (m)
        m->budget = budget;
    return m;
}

void memory_cache_free(memory_cache *m) {
    if (!m)
        return;
    while (m->oldest)
        drop_oldest(m);
    uv_mutex_destroy(&m->lock);
    free(m);
}

rise_value *memory_cache_get(memory_cache *m, const rise_id *digest) {
    uv_mutex_lock(&m->lock);
    entry *e = *slot_of(m, digest);
    rise_value *value = NULL;
    if (e) {
        unlink_use(m, e);
        link_newest(m, e);
        value = rise_value_retain(e->value);
    }
    uv_mutex_unlock(&m->lock);
    return value;
}

void memory_cache_put(memory_cache *m, const rise_id *digest, const rise_value *value) {
    uint64_t bytes = rise_value_bytes(value);
    if (bytes > m->budget / 4)
        return;
    uv_mutex_lock(&m->lock);
    entry **at = slot_of(m, digest);
    entry *e = *at ? NULL : calloc(1, sizeof *e);
    if (e) {
        e->digest = *digest;
        e->value = rise_value_retain(value);
        e->bytes = bytes;
        *at = e;
        link_newest(m, e);
        m->bytes += bytes;
        while (m->bytes > m->budget)
            drop_oldest(m);
    }
    uv_mutex_unlock(&m->lock);
}

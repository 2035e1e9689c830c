/* sched/history_node: the last keys of all whole instances of a node, under one name of the store.
 * There may be a hundred thousand, and as a rule each is as it was in the run before: the digest in
 * front says so, and no single one is looked at. They are written when a run is over; of a run that
 * is killed the reasons of the next one do not know.
 *
 *   digest[16] of the axes and keys of the instances of the run, zstd frame of entries
 *   entry: u32 size of what follows; key[8]; name, 0; parts as in history.c */
#include "sched/run.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { DIGEST = 16, KEY = 8, TOGETHER = 256 };
/* Instances that this run does not have, since an axis is shorter now or the graph is another. */
enum { MOST_OTHERS = 10000 };

typedef struct entry {
    const uint8_t *bytes; /* behind its size */
    size_t size;
    const uint8_t *parts;
} entry;

struct node_history {
    bool read;
    buffer text;
    entry *entry;
    size_t n;
    text_map at; /* name -> entry */
};

static void name_of(const graph_node *node, rise_id *out) {
    history_name("histories", node->type->name, node->name, out);
}

/* ---- reading --------------------------------------------------------------------------------- */
/* The next entry; false at the end, or where it makes no sense. */
static bool next_entry(cursor *c, entry *e) {
    e->size = cursor_u32(c);
    e->bytes = cursor_bytes(c, e->size);
    if (!e->bytes || e->size <= KEY)
        return false;
    const uint8_t *zero = memchr(e->bytes + KEY, 0, e->size - KEY);
    e->parts = zero ? zero + 1 : NULL;
    return zero != NULL;
}

static bool find_entries(node_history *h) {
    cursor c = {h->text.bytes, h->text.bytes + h->text.size, false};
    entry e;
    size_t n = 0;
    while (next_entry(&c, &e))
        n++;
    h->entry = calloc(n + 1, sizeof *h->entry);
    c = (cursor){h->text.bytes, h->text.bytes + h->text.size, false};
    for (; h->entry && h->n < n && next_entry(&c, &e); h->n++) {
        h->entry[h->n] = e;
        if (!text_map_set(&h->at, (const char *)e.bytes + KEY, h->n))
            return false;
    }
    return h->entry != NULL;
}

static void forget(node_history *h) {
    text_map_free(&h->at);
    free(h->entry);
    buffer_free(&h->text);
    *h = (node_history){.read = true};
}

/* What cannot be read is not known. */
static node_history *history_of(run *r, const graph_node *node) {
    enum { LIMIT = 1 << 30 };
    node_history *h = &r->history[node - r->graph->node];
    uv_mutex_lock(&r->lock);
    if (!h->read) {
        rise_id name;
        size_t size = 0;
        name_of(node, &name);
        const uint8_t *bytes = store_name_get(r->store, &name, &size);
        bool there = bytes && size > DIGEST;
        h->read = true;
        if (there &&
            (codec_expand(bytes + DIGEST, size - DIGEST, LIMIT, &h->text, NULL) != RISE_OK ||
             !find_entries(h)))
            forget(h);
    }
    uv_mutex_unlock(&r->lock);
    return h;
}

static const entry *find(const node_history *h, const instance *it) {
    uint64_t at;
    return text_map_get(&h->at, it->name, &at) ? &h->entry[at] : NULL;
}

const uint8_t *history_of_whole(const instance *it, size_t *size) {
    const entry *e = find(history_of(it->run, it->node), it);
    if (e)
        *size = e->size - (size_t)(e->parts - e->bytes);
    return e ? e->parts : NULL;
}

bool history_begin(run *r) {
    r->history = calloc(r->graph->n_nodes + 1, sizeof *r->history);
    return r->history != NULL;
}

void history_end(run *r) {
    for (size_t n = 0; r->history && n < r->graph->n_nodes; n++)
        forget(&r->history[n]);
    free(r->history);
}

/* ---- writing --------------------------------------------------------------------------------- */
typedef struct update {
    instance *first;
    const node_history *before;
    atomic_bool *stays; /* [before->n] it is there in `made` */
    buffer *made;       /* [chunks] entries */
} update;

static bool settled_well(const instance *it) {
    int status = atomic_load(&it->status);
    return status == RISE_CACHED || status == RISE_RAN;
}

static void put_old(buffer *b, const entry *e) {
    buffer_u32(b, (uint32_t)e->size);
    buffer_add(b, e->bytes, e->size);
}

static rise_status put_new(buffer *b, instance *it, rise_error *err) {
    buffer e = {0};
    bool passes = !it->part;
    it->part_passes = passes;
    rise_status s = instance_need_parts(it, err);
    buffer_add(&e, it->base_key.byte, KEY);
    buffer_add(&e, it->name, strlen(it->name) + 1);
    history_put(it, &e);
    if (passes)
        instance_drop_parts(it);
    if (e.failed || e.size > UINT32_MAX)
        b->failed = true;
    else
        put_old(b, &(entry){.bytes = e.bytes, .size = e.size});
    buffer_free(&e);
    return s;
}

static rise_status put_some(void *user, size_t chunk, rise_error *err) {
    const update *u = user;
    const graph_node *node = u->first->node;
    size_t i = chunk * TOGETHER, end = i + TOGETHER;
    rise_status s = RISE_OK;
    for (; s == RISE_OK && i < node->n_instances && i < end; i++) {
        instance *it = &u->first[i];
        const entry *old = find(u->before, it);
        bool same = old && (!settled_well(it) || memcmp(old->bytes, it->base_key.byte, KEY) == 0);
        if (old)
            atomic_store_explicit(&u->stays[old - u->before->entry], true, memory_order_relaxed);
        if (same)
            put_old(&u->made[chunk], old);
        else if (settled_well(it))
            s = put_new(&u->made[chunk], it, err);
    }
    return s;
}

static void put_others(const update *u, buffer *b) {
    size_t n = 0;
    for (size_t k = 0; k < u->before->n && n < MOST_OTHERS; k++)
        if (!atomic_load_explicit(&u->stays[k], memory_order_relaxed)) {
            put_old(b, &u->before->entry[k]);
            n++;
        }
}

/* With the name of the node, these are the names of its instances. */
static void add_axes(XXH3_state_t *h, const instance *first) {
    const graph *g = first->run->graph;
    for (size_t k = 0; k < g->n_axes; k++) {
        const graph_axis *axis = &g->axis[k];
        if (graph_index_at(g, first->node, 0, axis->dim) == SIZE_MAX)
            continue;
        XXH3_128bits_update(h, axis->name, strlen(axis->name) + 1);
        for (size_t i = 0; i < axis->n; i++)
            XXH3_128bits_update(h, axis->text[i], strlen(axis->text[i]) + 1);
    }
}

/* false: memory is short. */
static bool digest_keys(const instance *first, uint8_t digest[DIGEST]) {
    XXH3_state_t *h = XXH3_createState();
    if (!h)
        return false;
    XXH3_128bits_reset(h);
    add_axes(h, first);
    for (const instance *it = first; it < first + first->node->n_instances; it++) {
        static const rise_id none = {{0}};
        const rise_id *key = settled_well(it) ? &it->base_key : &none;
        XXH3_128bits_update(h, key->byte, sizeof key->byte);
    }
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(h));
    memcpy(digest, canonical.digest, DIGEST);
    XXH3_freeState(h);
    return true;
}

static void write_node(run *r, const update *u, size_t n_chunks, const uint8_t digest[DIGEST]) {
    buffer text = {0}, all = {0};
    rise_id name;
    for (size_t i = 0; i < n_chunks; i++) {
        buffer_add(&text, u->made[i].bytes, u->made[i].size);
        text.failed = text.failed || u->made[i].failed;
    }
    put_others(u, &text);
    buffer_add(&all, digest, DIGEST);
    name_of(u->first->node, &name);
    if (!text.failed && codec_shrink(text.bytes, text.size, &all))
        store_name_set(r->store, &name, all.bytes, all.size);
    buffer_free(&text);
    buffer_free(&all);
}

static void remember_node(run *r, instance *first) {
    rise_id name;
    size_t size = 0, n = (first->node->n_instances + TOGETHER - 1) / TOGETHER;
    uint8_t digest[DIGEST];
    name_of(first->node, &name);
    const uint8_t *last = store_name_get(r->store, &name, &size);
    if (!digest_keys(first, digest) || (last && size > DIGEST && memcmp(last, digest, DIGEST) == 0))
        return;
    update u = {.first = first, .before = history_of(r, first->node)};
    u.stays = calloc(u.before->n + 1, sizeof *u.stays);
    u.made = calloc(n, sizeof *u.made);
    if (u.stays && u.made && pool_group(r->pool, n, put_some, &u, NULL) == RISE_OK)
        write_node(r, &u, n, digest);
    for (size_t i = 0; u.made && i < n; i++)
        buffer_free(&u.made[i]);
    free(u.made);
    free(u.stays);
}

void run_remember(run *r) {
    for (size_t n = 0; n < r->graph->n_nodes; n++)
        if (r->graph->node[n].type->whole && r->graph->node[n].n_instances > 0)
            remember_node(r, &r->instance[r->first[n]]);
}

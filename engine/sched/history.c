/* sched/history: the last key of every instance, part by part, as the store keeps it under the type
 * and the name of the instance; reason.c compares with it.
 *
 * A run may have a hundred thousand instances that were known, each as it was in the run before. So
 * what stands for all whole instances of a node is told by one more name, of the node: the digest
 * of their keys. While it is the same, no single one is looked at. Who writes an instance's history
 * before the run is over takes that digest away first. */
#include "sched/run.h"

#include <string.h>
#include <xxhash.h>

static void name_of(const char *what, const char *type, const char *name, rise_id *out) {
    hash_state h;
    hash_begin(&h);
    hash_add(&h, what, strlen(what));
    hash_add(&h, type, strlen(type) + 1);
    hash_add(&h, name, strlen(name) + 1);
    hash_end(&h, out);
}

static void history_name(const instance *it, rise_id *out) {
    name_of("history", it->node->type->name, it->name, out);
}

static void keys_name(const graph_node *node, rise_id *out) {
    name_of("keys", node->type->name, node->name, out);
}

bool instance_is_known(const instance *it) {
    rise_id name;
    size_t size = 0;
    history_name(it, &name);
    return store_name_get(it->run->store, &name, &size) != NULL;
}

/* ---- one instance: u32 parts; each its role, name and text; the key of a whole node ---------- */
size_t history_read(instance *it, old_part *old, size_t max) {
    rise_id name;
    size_t size = 0, n = 0;
    history_name(it, &name);
    const uint8_t *bytes = store_name_get(it->run->store, &name, &size);
    if (!bytes)
        return 0;
    cursor c = {bytes, bytes + size, false};
    uint32_t count = cursor_u32(&c);
    for (; n < count && n < max && !c.failed; n++) {
        old[n].role = cursor_u8(&c);
        old[n].name = cursor_string(&c, run_memory(it->run), 4096);
        old[n].text = cursor_string(&c, run_memory(it->run), 1 << 20);
    }
    return c.failed ? 0 : n;
}

static void write_parts(const instance *it, buffer *b) {
    buffer_u32(b, (uint32_t)it->n_parts);
    for (size_t i = 0; i < it->n_parts; i++) {
        buffer_u8(b, (uint8_t)it->part[i].role);
        buffer_string(b, it->part[i].name);
        buffer_string(b, it->part[i].text);
    }
    if (it->node->type->whole)
        buffer_add(b, it->base_key.byte, sizeof it->base_key.byte);
}

static void forget_keys(const instance *it) {
    rise_id name;
    size_t size = 0;
    keys_name(it->node, &name);
    if (store_name_get(it->run->store, &name, &size) && size > 0)
        store_name_set(it->run->store, &name, "", 0);
}

void instance_remember(const instance *it) {
    rise_id name;
    size_t size = 0;
    buffer b = {0};
    write_parts(it, &b);
    history_name(it, &name);
    const uint8_t *last = store_name_get(it->run->store, &name, &size);
    if (!b.failed && !(last && size == b.size && memcmp(last, b.bytes, size) == 0)) {
        forget_keys(it);
        store_name_set(it->run->store, &name, b.bytes, b.size);
    }
    buffer_free(&b);
}

/* ---- all whole instances of a node ----------------------------------------------------------- */
/* The key of a whole node is made of all its parts. */
static bool key_stands(const instance *it) {
    rise_id name;
    size_t size = 0, n = sizeof it->base_key.byte;
    history_name(it, &name);
    const uint8_t *last = store_name_get(it->run->store, &name, &size);
    return last && size > n && memcmp(last + size - n, it->base_key.byte, n) == 0;
}

static bool settled_well(const instance *it) {
    int status = atomic_load(&it->status);
    return status == RISE_CACHED || status == RISE_RAN;
}

enum { TOGETHER = 256 };

static rise_status remember_some(void *user, size_t i, rise_error *err) {
    instance *first = user, *it = first + i * TOGETHER;
    size_t left = first->node->n_instances - i * TOGETHER;
    for (const instance *end = it + (left < TOGETHER ? left : TOGETHER); it < end; it++) {
        if (!settled_well(it) || key_stands(it))
            continue;
        rise_status s = instance_need_parts(it, err);
        if (s != RISE_OK)
            return s;
        instance_remember(it);
    }
    return RISE_OK;
}

/* false: memory is short. */
static bool digest_keys(const instance *first, uint8_t digest[16]) {
    XXH3_state_t *h = XXH3_createState();
    if (!h)
        return false;
    XXH3_128bits_reset(h);
    for (const instance *it = first; it < first + first->node->n_instances; it++) {
        static const rise_id none = {{0}};
        const rise_id *key = settled_well(it) ? &it->base_key : &none;
        XXH3_128bits_update(h, it->name, strlen(it->name) + 1);
        XXH3_128bits_update(h, key->byte, sizeof key->byte);
    }
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(h));
    memcpy(digest, canonical.digest, 16);
    XXH3_freeState(h);
    return true;
}

static void remember_node(run *r, instance *first) {
    rise_id name;
    size_t size = 0, n = first->node->n_instances;
    uint8_t digest[16];
    keys_name(first->node, &name);
    const uint8_t *last = store_name_get(r->store, &name, &size);
    if (!digest_keys(first, digest) || (last && size == 16 && memcmp(last, digest, 16) == 0))
        return;
    if (pool_group(r->pool, (n + TOGETHER - 1) / TOGETHER, remember_some, first, NULL) == RISE_OK)
        store_name_set(r->store, &name, digest, sizeof digest);
}

void run_remember(run *r) {
    for (size_t n = 0; n < r->graph->n_nodes; n++)
        if (r->graph->node[n].type->whole && r->graph->node[n].n_instances > 0)
            remember_node(r, &r->instance[r->first[n]]);
}

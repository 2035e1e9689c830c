/* sched/history: the last key of every instance, part by part; reason.c compares with it. Of maps
 * and of sources the store keeps it under the type and the name of the instance, as soon as they
 * have ended; of the whole instances of a node, together, when a run is over (history_node.c). */
#include "sched/run.h"

#include <string.h>

void history_name(const char *what, const char *type, const char *name, rise_id *out) {
    hash_state h;
    hash_begin(&h);
    hash_add(&h, what, strlen(what));
    hash_add(&h, type, strlen(type) + 1);
    hash_add(&h, name, strlen(name) + 1);
    hash_end(&h, out);
}

static const uint8_t *own_bytes(const instance *it, size_t *size) {
    rise_id name;
    *size = 0;
    history_name("history", it->node->type->name, it->name, &name);
    return store_name_get(it->run->store, &name, size);
}

/* ---- u32 parts; each its role, name and text ------------------------------------------------- */
void history_put(const instance *it, buffer *b) {
    buffer_u32(b, (uint32_t)it->n_parts);
    for (size_t i = 0; i < it->n_parts; i++) {
        buffer_u8(b, (uint8_t)it->part[i].role);
        buffer_string(b, it->part[i].name);
        buffer_string(b, it->part[i].text);
    }
}

static size_t get_parts(cursor *c, arena *a, old_part *old, size_t max) {
    size_t n = 0;
    uint32_t count = cursor_u32(c);
    for (; n < count && n < max && !c->failed; n++) {
        old[n].role = cursor_u8(c);
        old[n].name = cursor_string(c, a, 4096);
        old[n].text = cursor_string(c, a, 1 << 20);
    }
    return c->failed ? 0 : n;
}

static const uint8_t *find(const instance *it, size_t *size) {
    const uint8_t *bytes = it->node->type->whole ? history_of_whole(it, size) : NULL;
    return bytes ? bytes : own_bytes(it, size); /* of whole nodes too, once */
}

bool instance_is_known(const instance *it) {
    size_t size;
    return find(it, &size) != NULL;
}

size_t history_read(instance *it, old_part *old, size_t max) {
    size_t size;
    const uint8_t *bytes = find(it, &size);
    if (!bytes)
        return 0;
    cursor c = {bytes, bytes + size, false};
    return get_parts(&c, run_memory(it->run), old, max);
}

bool history_stands(const instance *it, const rise_id *seal) {
    size_t size;
    const uint8_t *last = own_bytes(it, &size);
    return last && size > sizeof seal->byte &&
           memcmp(last + size - sizeof seal->byte, seal->byte, sizeof seal->byte) == 0;
}

void instance_remember(const instance *it, const rise_id *seal) {
    size_t size;
    buffer b = {0};
    history_put(it, &b);
    if (seal)
        buffer_add(&b, seal->byte, sizeof seal->byte);
    const uint8_t *last = own_bytes(it, &size);
    if (!b.failed && !(last && size == b.size && memcmp(last, b.bytes, size) == 0)) {
        rise_id name;
        history_name("history", it->node->type->name, it->name, &name);
        store_name_set(it->run->store, &name, b.bytes, b.size);
    }
    buffer_free(&b);
}

/* Hash maps with open addressing and linear probing, at most 5/8 full. Nothing is ever removed.
 *
 * id_map: entries stand one after the other as they came. A slot is 0 when empty, else the number
 * of an entry from 1 with, above it, bits of its key: slots are small enough for the caches, and
 * one that is another's is told without a look at the entry. */
#include "base/base.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { NUMBER_BITS = 40 };
static const uint64_t NUMBER = (UINT64_C(1) << NUMBER_BITS) - 1;

static bool too_full(size_t n, size_t capacity) {
    return n + 1 > capacity / 8 * 5;
}

/* An id is a digest already: some of its bytes are as good as any hash. */
static uint64_t id_hash(const rise_id *key) {
    uint64_t hash;
    memcpy(&hash, key->byte, sizeof hash);
    return hash;
}

static uint64_t id_mark(const rise_id *key) {
    uint64_t bits;
    memcpy(&bits, key->byte + 8, sizeof bits);
    return bits & ~NUMBER;
}

/* The slot of the key, or the empty one where it belongs. */
static size_t id_slot(const id_map *m, const rise_id *key) {
    uint64_t mark = id_mark(key);
    size_t i = (size_t)id_hash(key) & (m->capacity - 1);
    for (; m->slot[i]; i = (i + 1) & (m->capacity - 1))
        if ((m->slot[i] & ~NUMBER) == mark &&
            id_equal(&m->entry[(m->slot[i] & NUMBER) - 1].key, key))
            break;
    return i;
}

/* The entries have room for as many as the slots let in. */
bool id_map_reserve(id_map *m, size_t n) {
    id_map grown = {.capacity = m->capacity ? m->capacity : 16};
    while (too_full(n, grown.capacity)) {
        if (grown.capacity > SIZE_MAX / 4 / sizeof(id_entry))
            return false;
        grown.capacity *= 2;
    }
    if (grown.capacity == m->capacity)
        return true;
    grown.slot = calloc(grown.capacity, sizeof *grown.slot);
    grown.entry =
        grown.slot ? realloc(m->entry, (grown.capacity / 8 * 5 + 1) * sizeof *grown.entry) : NULL;
    if (!grown.entry) {
        free(grown.slot);
        return false;
    }
    for (; grown.n < m->n; grown.n++) {
        const rise_id *key = &grown.entry[grown.n].key;
        size_t i = (size_t)id_hash(key) & (grown.capacity - 1);
        while (grown.slot[i])
            i = (i + 1) & (grown.capacity - 1);
        grown.slot[i] = id_mark(key) | (grown.n + 1);
    }
    free(m->slot);
    *m = grown;
    return true;
}

/* The entry of the key, which comes with `value` where there was none; NULL: memory short. */
static id_entry *id_entry_of(id_map *m, const rise_id *key, uint64_t value) {
    if (!id_map_reserve(m, m->n))
        return NULL;
    size_t i = id_slot(m, key);
    if (!m->slot[i]) {
        m->entry[m->n++] = (id_entry){*key, value};
        m->slot[i] = id_mark(key) | m->n;
    }
    return &m->entry[(m->slot[i] & NUMBER) - 1];
}

bool id_map_set(id_map *m, const rise_id *key, uint64_t value) {
    id_entry *entry = id_entry_of(m, key, value);
    if (entry)
        entry->value = value;
    return entry != NULL;
}

bool id_map_add(id_map *m, const rise_id *key, uint64_t *value) {
    const id_entry *entry = id_entry_of(m, key, *value);
    if (entry)
        *value = entry->value;
    return entry != NULL;
}

bool id_map_get(const id_map *m, const rise_id *key, uint64_t *value) {
    size_t i = m->capacity ? id_slot(m, key) : 0;
    if (!m->capacity || !m->slot[i])
        return false;
    if (value)
        *value = m->entry[(m->slot[i] & NUMBER) - 1].value;
    return true;
}

void id_map_ahead(const id_map *m, const rise_id *key) {
    if (m->capacity)
        __builtin_prefetch(&m->slot[(size_t)id_hash(key) & (m->capacity - 1)], 1);
}

void id_map_free(id_map *m) {
    free(m->entry);
    free(m->slot);
    *m = (id_map){0};
}

static size_t text_slot(const char *key, const char *const *keys, size_t capacity) {
    size_t i = (size_t)XXH3_64bits(key, strlen(key)) & (capacity - 1);
    while (keys[i] && strcmp(keys[i], key) != 0)
        i = (i + 1) & (capacity - 1);
    return i;
}

static bool text_map_grow(text_map *m) {
    if (!too_full(m->n, m->capacity))
        return true;
    size_t capacity = m->capacity ? m->capacity * 2 : 16;
    const char **key = calloc(capacity, sizeof *key);
    uint64_t *value = malloc(capacity * sizeof *value);
    if (!key || !value) {
        free(key);
        free(value);
        return false;
    }
    for (size_t i = 0; i < m->capacity; i++) {
        if (!m->key[i])
            continue;
        size_t slot = text_slot(m->key[i], key, capacity);
        key[slot] = m->key[i];
        value[slot] = m->value[i];
    }
    size_t count = m->n;
    text_map_free(m);
    *m = (text_map){.key = key, .value = value, .n = count, .capacity = capacity};
    return true;
}

bool text_map_set(text_map *m, const char *key, uint64_t value) {
    if (!text_map_grow(m))
        return false;
    size_t slot = text_slot(key, m->key, m->capacity);
    if (!m->key[slot]) {
        m->key[slot] = key;
        m->n++;
    }
    m->value[slot] = value;
    return true;
}

bool text_map_get(const text_map *m, const char *key, uint64_t *value) {
    if (!m->capacity)
        return false;
    size_t slot = text_slot(key, m->key, m->capacity);
    if (!m->key[slot])
        return false;
    if (value)
        *value = m->value[slot];
    return true;
}

void text_map_free(text_map *m) {
    free(m->key);
    free(m->value);
    *m = (text_map){0};
}

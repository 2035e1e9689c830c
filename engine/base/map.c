/* Hash maps with open addressing and linear probing, at most 5/8 full. Nothing is ever removed.
 *
 * id_map: the all-zero id marks an empty slot; the id of zeros itself lives in one slot more, at
 * the end, whose first key byte says whether it is taken. */
#include "base/base.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static bool too_full(size_t n, size_t capacity) {
    return n + 1 > capacity / 8 * 5;
}

/* An id is a digest already: its first bytes are as good as any hash. */
static size_t id_slot(const rise_id *key, const rise_id *keys, size_t capacity) {
    uint64_t hash;
    memcpy(&hash, key->byte, sizeof hash);
    size_t i = (size_t)hash & (capacity - 1);
    while (!id_is_zero(&keys[i]) && !id_equal(&keys[i], key))
        i = (i + 1) & (capacity - 1);
    return i;
}

bool id_map_reserve(id_map *m, size_t n) {
    size_t capacity = m->capacity ? m->capacity : 16;
    while (too_full(n, capacity)) {
        if (capacity > SIZE_MAX / 4 / sizeof(rise_id))
            return false;
        capacity *= 2;
    }
    if (capacity == m->capacity)
        return true;
    rise_id *key = calloc(capacity + 1, sizeof *key);
    uint64_t *value = malloc((capacity + 1) * sizeof *value);
    if (!key || !value) {
        free(key);
        free(value);
        return false;
    }
    for (size_t i = 0; i < m->capacity; i++) {
        if (id_is_zero(&m->key[i]))
            continue;
        size_t slot = id_slot(&m->key[i], key, capacity);
        key[slot] = m->key[i];
        value[slot] = m->value[i];
    }
    if (m->capacity) {
        key[capacity] = m->key[m->capacity];
        value[capacity] = m->value[m->capacity];
    }
    size_t count = m->n;
    id_map_free(m);
    *m = (id_map){.key = key, .value = value, .n = count, .capacity = capacity};
    return true;
}

bool id_map_set(id_map *m, const rise_id *key, uint64_t value) {
    if (!id_map_reserve(m, m->n))
        return false;
    bool zero = id_is_zero(key);
    size_t slot = zero ? m->capacity : id_slot(key, m->key, m->capacity);
    if (zero && !m->key[slot].byte[0]) {
        m->key[slot].byte[0] = 1;
        m->n++;
    } else if (!zero && id_is_zero(&m->key[slot])) {
        m->key[slot] = *key;
        m->n++;
    }
    m->value[slot] = value;
    return true;
}

bool id_map_get(const id_map *m, const rise_id *key, uint64_t *value) {
    if (!m->capacity)
        return false;
    bool zero = id_is_zero(key);
    size_t slot = zero ? m->capacity : id_slot(key, m->key, m->capacity);
    if (id_is_zero(&m->key[slot]))
        return false;
    if (value)
        *value = m->value[slot];
    return true;
}

void id_map_free(id_map *m) {
    free(m->key);
    free(m->value);
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

/* The index: which record, name and place stands for a key. Lines of logs are taken as they are and
 * decoded when they are first asked for, so that a long history opens at once. */
#include "store/inside.h"

#include <stdlib.h>
#include <string.h>

bool array_grow(void **array, size_t n, size_t *capacity, size_t size) {
    if (n < *capacity)
        return true;
    size_t more = *capacity ? *capacity * 2 : 64;
    void *bigger = more > SIZE_MAX / 2 / size ? NULL : realloc(*array, more * size);
    if (!bigger)
        return false;
    *array = bigger;
    *capacity = more;
    return true;
}

uint64_t index_stamp(store *s) {
    double now = clock_unix() * 1e9;
    uint64_t stamp = now > 0 ? (uint64_t)now : 0;
    if (stamp <= s->stamp)
        stamp = s->stamp + 1;
    s->stamp = stamp;
    return stamp;
}

/* Does a record with these marks take the place of `old`? The last S stands, else the first R. */
static bool record_stands(const record_slot *old, bool replaced, uint64_t stamp) {
    if (replaced != old->replaced)
        return replaced;
    return replaced ? stamp > old->stamp : stamp < old->stamp;
}

/* The slot to be filled for the key, new or old; SIZE_MAX when memory is short. */
static size_t record_slot_of(store *s, const rise_id *key) {
    uint64_t slot = s->n_record;
    if (!array_grow((void **)&s->record, s->n_record, &s->max_record, sizeof *s->record) ||
        !id_map_add(&s->record_of, key, &slot))
        return SIZE_MAX;
    if (slot == s->n_record)
        s->record[s->n_record++] = (record_slot){.stamp = UINT64_MAX};
    return (size_t)slot;
}

static bool add_record_text(store *s, const rise_id *key, bool replaced, uint64_t stamp,
                            const uint8_t *text, size_t size) {
    size_t slot = record_slot_of(s, key);
    if (slot == SIZE_MAX)
        return false;
    record_slot *r = &s->record[slot];
    bool empty = !r->text && !r->record;
    if (empty || record_stands(r, replaced, stamp))
        *r = (record_slot){.stamp = stamp, .replaced = replaced, .text = text, .size = size};
    return true;
}

bool index_put_record(store *s, const store_record *record, bool replaced, uint64_t stamp) {
    store_record *copy = ARENA_NEW(&s->memory, store_record, 1);
    store_output *output = ARENA_NEW(&s->memory, store_output, record->n_outputs);
    uint8_t *note = (uint8_t *)arena_bytes(&s->memory, record->note, record->n_note);
    size_t slot = copy && output && note ? record_slot_of(s, &record->key) : SIZE_MAX;
    if (slot == SIZE_MAX)
        return false;
    *copy = *record;
    if (record->n_outputs)
        memcpy(output, record->output, record->n_outputs * sizeof *output);
    copy->output = output;
    copy->note = note;
    s->record[slot] = (record_slot){.stamp = stamp, .replaced = replaced, .record = copy};
    return true;
}

bool index_put_name(store *s, const rise_id *key, const uint8_t *bytes, size_t size,
                    uint64_t stamp) {
    uint64_t slot = s->n_name;
    if (!array_grow((void **)&s->name, s->n_name, &s->max_name, sizeof *s->name) ||
        !id_map_add(&s->name_of, key, &slot))
        return false;
    bool fresh = slot == s->n_name;
    s->n_name += fresh;
    if (fresh || stamp >= s->name[slot].stamp)
        s->name[slot] = (name_slot){.stamp = stamp, .bytes = bytes, .size = size};
    return true;
}

/* Packs are few: the newest are at the end, and entries of one log share one. */
static size_t writer_of(store *s, const uint8_t writer[WRITER_SIZE]) {
    for (size_t i = s->n_writers; i-- > 0;)
        if (memcmp(s->writer[i], writer, WRITER_SIZE) == 0)
            return i;
    if (s->n_writers > UINT32_MAX ||
        !array_grow((void **)&s->writer, s->n_writers, &s->max_writers, WRITER_SIZE))
        return SIZE_MAX;
    memcpy(s->writer[s->n_writers], writer, WRITER_SIZE);
    return s->n_writers++;
}

bool index_put_pack(store *s, const rise_id *key, const uint8_t writer[WRITER_SIZE],
                    uint64_t offset, uint32_t size, uint64_t stamp) {
    size_t w = writer_of(s, writer);
    if (w == SIZE_MAX)
        return false;
    uint64_t slot = s->n_pack;
    if (!array_grow((void **)&s->pack, s->n_pack, &s->max_pack, sizeof *s->pack) ||
        !id_map_add(&s->pack_of, key, &slot))
        return false;
    bool fresh = slot == s->n_pack;
    s->n_pack += fresh;
    if (fresh || stamp >= s->pack[slot].stamp)
        s->pack[slot] =
            (pack_slot){.stamp = stamp, .offset = offset, .writer = (uint32_t)w, .size = size};
    return true;
}

bool index_line(store *s, const uint8_t *text, size_t size, bool *odd) {
    cursor c = {.at = text, .end = text + size};
    uint8_t letter = cursor_u8(&c);
    uint64_t stamp = cursor_u64(&c);
    const uint8_t *bytes = cursor_bytes(&c, 32);
    rise_id key;
    if (!bytes) {
        *odd = true;
        return true;
    }
    memcpy(key.byte, bytes, sizeof key.byte);
    if (stamp > s->stamp && stamp != UINT64_MAX)
        s->stamp = stamp;
    if (letter == 'R' || letter == 'S')
        return add_record_text(s, &key, letter == 'S', stamp, text, size);
    if (letter == 'N') {
        size_t n = cursor_u32(&c);
        const uint8_t *name = cursor_bytes(&c, n);
        if (name)
            return index_put_name(s, &key, name, n, stamp);
    } else if (letter == 'P') {
        const uint8_t *writer = cursor_bytes(&c, WRITER_SIZE);
        uint64_t offset = cursor_u64(&c);
        uint32_t n = cursor_u32(&c);
        if (!c.failed && offset <= (uint64_t)INT64_MAX - n)
            return index_put_pack(s, &key, writer, offset, n, stamp);
    }
    *odd = true;
    return true;
}

/* A line of a record; where `room` is NULL its outputs are made in `a`. false: memory is short, or
 * the line is odd. */
static bool decode(const uint8_t *text, size_t size, store_record *out, store_output *room,
                   size_t n_room, arena *a) {
    cursor c = {.at = text, .end = text + size};
    const uint8_t *head = cursor_bytes(&c, LINE_KEY);
    if (!head)
        return false;
    memcpy(out->key.byte, head + 9, 32);
    out->cost_s = cursor_f64(&c);
    out->n_outputs = cursor_u32(&c);
    if (out->n_outputs > (size_t)(c.end - c.at) / 60 || (room && out->n_outputs > n_room))
        return false;
    store_output *output = room ? room : ARENA_NEW(a, store_output, out->n_outputs);
    if (!output)
        return false;
    for (uint32_t i = 0; i < out->n_outputs; i++) {
        const uint8_t *digest = cursor_bytes(&c, 32);
        if (digest)
            memcpy(output[i].digest.byte, digest, 32);
        output[i].bytes = cursor_u64(&c);
        output[i].facts_n = cursor_u32(&c);
        const uint8_t *species = cursor_bytes(&c, 16);
        if (species)
            memcpy(output[i].species, species, 16);
    }
    out->output = output;
    out->n_note = cursor_u32(&c);
    out->note = cursor_bytes(&c, out->n_note);
    return !c.failed && c.at == c.end;
}

const store_record *index_record(store *s, size_t slot) {
    record_slot *r = &s->record[slot];
    if (r->record)
        return r->record;
    store_record *record = ARENA_NEW(&s->memory, store_record, 1);
    if (!record || !decode(r->text, r->size, record, NULL, 0, &s->memory))
        return NULL;
    r->record = record;
    return record;
}

const store_record *index_look(const store *s, size_t slot, store_seen *room) {
    const record_slot *r = &s->record[slot];
    if (r->record)
        return r->record;
    bool whole = decode(r->text, r->size, &room->record, room->output, STORE_OUTPUTS, NULL);
    return whole ? &room->record : NULL;
}

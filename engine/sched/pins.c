/* sched/pins: the values that a settled plan leads to, for who wants to keep them. */
#include "sched/run.h"

#include <string.h>

static bool pin(id_map *pins, const rise_id *digest) {
    return id_is_zero(digest) || id_map_set(pins, digest, 1);
}

static bool pin_record(const store_record *record, id_map *pins) {
    bool ok = true;
    for (uint32_t o = 0; ok && record && o < record->n_outputs; o++)
        ok = pin(pins, &record->output[o].digest);
    return ok;
}

/* Bytes of the files that a whole node wrote. */
static bool pin_files(store *s, const store_record *record, id_map *pins) {
    cursor c = {record->note, record->note + record->n_note, false};
    arena a = {0};
    uint32_t n = record->n_note ? cursor_u32(&c) : 0;
    bool ok = true;
    for (uint32_t i = 0; ok && i < n; i++) {
        rise_id digest, key;
        cursor_string(&c, &a, 4096);
        const uint8_t *bytes = cursor_bytes(&c, sizeof digest.byte);
        cursor_u64(&c);
        if (c.failed)
            break;
        memcpy(digest.byte, bytes, sizeof digest.byte);
        output_file_key(&digest, &key);
        ok = pin_record(store_find(s, &key), pins);
    }
    arena_free(&a);
    return ok;
}

static bool pin_offer(const instance *it, size_t output, id_map *pins) {
    const offer *o = &it->out[output];
    bool stream = it->node->output[output].port->mode == RISE_STREAM, ok = true;
    if (!o->each)
        return !o->known || pin(pins, &o->identity);
    for (size_t f = 0; ok && o->frame_identity && f < o->frames->n; f++)
        ok = stream ? pin_record(store_find(it->run->store, &o->frame_identity[f]), pins)
                    : pin(pins, &o->frame_identity[f]);
    return ok;
}

bool run_pins(const run *r, id_map *pins) {
    bool ok = true;
    for (size_t i = 0; ok && i < r->n_instances; i++) {
        const instance *it = &r->instance[i];
        for (size_t o = 0; ok && o < it->node->n_outputs; o++)
            ok = pin_offer(it, o, pins);
        const store_record *record =
            it->node->type->whole ? store_find(r->store, &it->base_key) : NULL;
        ok = ok && pin_record(record, pins) && (!record || pin_files(r->store, record, pins));
    }
    return ok;
}

/* sched/seal: what all frames of a map gave, under one key of all that went into them: a map that
 * was complete once is known by one look, however many frames it has. Their own records stay what
 * its frames are known by when anything else is.
 *
 * A name of the store, whose bytes are
 *   u32 1; u64 frames; for each output: u8 is it known; its identity; u64 bytes; where it is known
 *   the identities of its frames */
#include "sched/run.h"

#include <stdlib.h>
#include <string.h>

enum { FORMAT = 1 };

/* What arrives, and in which order. */
static void add_feed(rise_id *key, const inlet *in, size_t n) {
    const feed *f = &in->feed[0];
    const offer *o = &f->from->out[f->output];
    rise_id places = {{0}}, next;
    key_combine(in->port->name, key, &o->identity, &next);
    if (f->align)
        id_of(f->align, n * sizeof *f->align, &places);
    key_combine("places", &next, &places, key);
}

void seal_key(const instance *it, rise_id *key) {
    rise_id frames = frame_list_digest(it->frames);
    key_combine("seal", &it->base_key, &frames, key);
    for (size_t k = 0; k < it->node->n_inputs; k++)
        if (it->inlet[k].n && it->inlet[k].port->mode != RISE_WHOLE)
            add_feed(key, &it->inlet[k], it->frames->n);
}

/* ---- recalling ------------------------------------------------------------------------------- */
typedef struct sealed {
    bool known;
    const uint8_t *identity, *frames; /* NULL: none are told */
    uint64_t bytes;
} sealed;

static bool read_output(cursor *c, uint64_t n, sealed *out) {
    out->known = cursor_u8(c) != 0;
    out->identity = cursor_bytes(c, 32);
    out->bytes = cursor_u64(c);
    out->frames = out->known ? cursor_bytes(c, (size_t)n * sizeof(rise_id)) : NULL;
    return !c->failed;
}

/* All that is wanted is there. */
static bool read_seal(const instance *it, cursor *c, sealed out[GRAPH_MAX_OUTPUTS]) {
    uint64_t n = it->frames->n;
    if (cursor_u32(c) != FORMAT || cursor_u64(c) != n || n > SIZE_MAX / sizeof(rise_id))
        return false;
    for (size_t o = 0; o < it->node->n_outputs; o++)
        if (!read_output(c, n, &out[o]) || (it->out[o].wanted && !out[o].known))
            return false;
    return c->at == c->end;
}

static bool copy_frames(instance *it, const sealed out[GRAPH_MAX_OUTPUTS]) {
    size_t n = it->frames->n;
    for (size_t o = 0; o < it->node->n_outputs; o++) {
        offer *to = &it->out[o];
        if (!to->wanted)
            continue;
        to->frame_identity = malloc((n + 1) * sizeof *to->frame_identity);
        if (!to->frame_identity)
            return false;
        memcpy(to->frame_identity, out[o].frames, n * sizeof *to->frame_identity);
    }
    return true;
}

bool seal_recall(instance *it, const rise_id *key) {
    sealed out[GRAPH_MAX_OUTPUTS];
    size_t size = 0;
    const uint8_t *bytes = store_name_get(it->run->store, key, &size);
    cursor c = {bytes, bytes ? bytes + size : NULL, false};
    if (!bytes || !read_seal(it, &c, out))
        return false;
    if (!copy_frames(it, out)) {
        for (size_t o = 0; o < it->node->n_outputs; o++) {
            free(it->out[o].frame_identity);
            it->out[o].frame_identity = NULL;
        }
        return false;
    }
    for (size_t o = 0; o < it->node->n_outputs; o++) {
        offer *to = &it->out[o];
        to->frames = it->frames;
        to->known = to->wanted;
        to->bytes = out[o].bytes;
        memcpy(to->identity.byte, out[o].identity, sizeof to->identity.byte);
    }
    return true;
}

/* ---- keeping --------------------------------------------------------------------------------- */
void seal_keep(const instance *it, const rise_id *key) {
    buffer b = {0};
    buffer_u32(&b, FORMAT);
    buffer_u64(&b, it->frames->n);
    for (size_t o = 0; o < it->node->n_outputs; o++) {
        const offer *from = &it->out[o];
        buffer_u8(&b, from->known);
        buffer_add(&b, from->identity.byte, sizeof from->identity.byte);
        buffer_u64(&b, from->bytes);
        if (from->known)
            buffer_add(&b, from->frame_identity, it->frames->n * sizeof *from->frame_identity);
    }
    if (!b.failed)
        store_name_set(it->run->store, key, b.bytes, b.size);
    buffer_free(&b);
}

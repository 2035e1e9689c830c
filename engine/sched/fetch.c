/* sched/fetch: the value behind an offer, from the first that has it: held by the instance, memory,
 * the store, or computing it again. What is computed again must have the digest that was promised.
 */
#include "sched/run.h"

#include <stdlib.h>
#include <string.h>

static size_t slots(const offer *o) {
    return o->each ? (o->frames ? o->frames->n : 0) : 1;
}

static rise_value *held_value(instance *from, const offer *o, size_t slot) {
    pthread_mutex_lock(&from->act->lock);
    rise_value *v = o->held && o->held[slot] ? rise_value_retain(o->held[slot]) : NULL;
    pthread_mutex_unlock(&from->act->lock);
    return v;
}

static memory_cache *cache_of(const instance *from, const offer *o) {
    return o->each ? from->run->frame_cache : from->run->cache;
}

void offer_hold(instance *from, size_t output, size_t frame, rise_value *value) {
    offer *o = &from->out[output];
    size_t slot = o->each ? frame : 0;
    pthread_mutex_lock(&from->act->lock);
    if (!o->held)
        o->held = calloc(slots(o) + 1, sizeof *o->held);
    if (o->held && !o->held[slot])
        o->held[slot] = rise_value_retain(value);
    pthread_mutex_unlock(&from->act->lock);
}

void offer_keep(instance *it, size_t output, size_t frame, rise_value *value, const rise_id *digest,
                bool store_it) {
    uint64_t stored = 0;
    bool kept = false, wanted = it->node->cache != CACHE_NEVER && store_it && !it->tainted;
    if (wanted) {
        kept = store_put(it->run->store, value, &stored);
        atomic_fetch_add(&it->act->stored_bytes, stored);
    }
    bool refused = wanted && !kept; /* the disk is full, or alike */
    bool again_is_cheap = it->node->type->map != NULL;
    if (refused || (!kept && !again_is_cheap))
        offer_hold(it, output, frame, value);
    else
        memory_cache_put(cache_of(it, &it->out[output]), digest, value);
}

void instance_taint(instance *it) {
    if (atomic_exchange(&it->tainted, true))
        return;
    for (size_t i = 0; i < it->n_next; i++)
        instance_taint(it->next[i]);
}

bool value_readable(run *r, const rise_id *digest) {
    rise_error ignored;
    rise_value *value = memory_cache_get(r->cache, digest);
    if (!value)
        value = memory_cache_get(r->frame_cache, digest);
    if (!value && store_get(r->store, digest, &value, &ignored) != RISE_OK)
        return false;
    rise_value_release(value);
    return true;
}

static bool as_promised(instance *from, const rise_value *value, const rise_id *promised) {
    rise_id digest = rise_value_digest(value);
    if (id_equal(&digest, promised))
        return true;
    instance_taint(from); /* before anybody sees the value */
    run_warn(from->run, "%s: nondeterministic node: computed again, it gave other bytes",
             from->name);
    return false;
}

static rise_status map_again(instance *from, size_t output, size_t frame, rise_value **out,
                             rise_error *err) {
    if (from->node->output[output].port->mode == RISE_STREAM)
        return stream_tensor(from, output, frame, out, err);
    bool want[GRAPH_MAX_OUTPUTS] = {0};
    rise_value *result[GRAPH_MAX_OUTPUTS] = {0};
    want[output] = true;
    rise_status s = map_frame(from, frame, want, result, NULL, NULL, err);
    if (s == RISE_OK) {
        const rise_id *promised = &from->out[output].frame_identity[frame];
        if (as_promised(from, result[output], promised))
            offer_keep(from, output, frame, result[output], promised,
                       atomic_load(&from->act->keep_choice) == KEEP_STORE);
        *out = result[output];
        result[output] = NULL;
    }
    for (size_t o = 0; o < from->node->n_outputs; o++)
        rise_value_release(result[o]);
    return s;
}

/* The digest under which the value may be kept; a stream has one only where `cache: always`
 * recorded it. */
static bool digest_of(instance *from, size_t output, size_t slot, rise_id *digest) {
    const offer *o = &from->out[output];
    if (from->node->output[output].port->mode != RISE_STREAM) {
        *digest = o->each ? o->frame_identity[slot] : o->identity;
        return true;
    }
    rise_id key = instance_frame_key(from, slot);
    const store_record *record =
        from->node->cache == CACHE_ALWAYS ? store_find(from->run->store, &key) : NULL;
    if (!record || output >= record->n_outputs || id_is_zero(&record->output[output].digest))
        return false;
    *digest = record->output[output].digest;
    return true;
}

static rise_status compute_again(instance *from, size_t output, size_t slot, rise_value **out,
                                 rise_error *err) {
    offer *o = &from->out[output];
    if (from->node->type->map)
        return map_again(from, output, slot, out, err);
    rise_status s =
        from->node->type->source ? source_again(from, slot, err) : whole_again(from, err);
    if (s != RISE_OK)
        return s;
    *out = held_value(from, o, slot);
    if (*out)
        return RISE_OK;
    rise_id *digest = o->each ? &o->frame_identity[slot] : &o->identity;
    *out = memory_cache_get(cache_of(from, o), digest);
    return *out ? RISE_OK : store_get(from->run->store, digest, out, err);
}

static rise_status fetch_one(instance *from, size_t output, size_t slot, rise_value **out,
                             rise_error *err) {
    rise_id digest;
    *out = held_value(from, &from->out[output], slot);
    if (*out)
        return RISE_OK;
    if (digest_of(from, output, slot, &digest)) {
        memory_cache *cache = cache_of(from, &from->out[output]);
        *out = memory_cache_get(cache, &digest);
        if (*out)
            return RISE_OK;
        rise_error ignored;
        if (store_get(from->run->store, &digest, out, &ignored) == RISE_OK) {
            memory_cache_put(cache, &digest, *out);
            return RISE_OK;
        }
    }
    instance *before = account_enter(from);
    rise_status s = compute_again(from, output, slot, out, err);
    account_leave(before);
    return s;
}

rise_value *offer_at_hand(instance *from, size_t output, uint64_t most) {
    const offer *o = &from->out[output];
    rise_error ignored;
    if (!o->known || o->each || o->bytes > most)
        return NULL;
    rise_value *value = held_value(from, o, 0);
    if (!value)
        value = memory_cache_get(cache_of(from, o), &o->identity);
    if (!value && store_get(from->run->store, &o->identity, &value, &ignored) != RISE_OK)
        return NULL;
    return value;
}

typedef struct gather {
    instance *from;
    size_t output;
    const size_t *align;
    const rise_value **part;
} gather;

static rise_status gather_one(void *user, size_t i, rise_error *err) {
    gather *g = user;
    rise_value *v = NULL;
    rise_status s = fetch_one(g->from, g->output, g->align ? g->align[i] : i, &v, err);
    g->part[i] = v;
    return s;
}

static rise_status assemble(instance *from, size_t output, const size_t *align, size_t n,
                            rise_value **out, rise_error *err) {
    gather g = {from, output, align, calloc(n + 1, sizeof *g.part)};
    if (!g.part)
        return rise_fail_nomem(err, "an input");
    rise_status s = pool_group(from->run->pool, n, gather_one, &g, err);
    if (s == RISE_OK)
        s = value_assemble(g.part, n, out, err);
    for (size_t i = 0; i < n; i++)
        rise_value_release(g.part[i]);
    free(g.part);
    return s;
}

rise_status offer_fetch(instance *from, size_t output, size_t frame, rise_value **out,
                        rise_error *err) {
    offer *o = &from->out[output];
    if (o->each && frame == RISE_WHOLE_VALUE)
        return assemble(from, output, NULL, o->frames->n, out, err);
    if (o->each)
        return fetch_one(from, output, frame, out, err);
    rise_value *whole = NULL;
    rise_status s = fetch_one(from, output, 0, &whole, err);
    if (s != RISE_OK || frame == RISE_WHOLE_VALUE) {
        *out = whole;
        return s;
    }
    s = value_slice(whole, frame, out, err);
    rise_value_release(whole);
    return s;
}

rise_status feed_fetch(instance *it, const feed *f, rise_value **out, rise_error *err) {
    offer *o = &f->from->out[f->output];
    if (!f->align)
        return offer_fetch(f->from, f->output, RISE_WHOLE_VALUE, out, err);
    if (o->each)
        return assemble(f->from, f->output, f->align, it->frames->n, out, err);
    rise_value *whole = NULL;
    rise_status s = fetch_one(f->from, f->output, 0, &whole, err);
    if (s == RISE_OK)
        s = value_take(whole, f->align, it->frames->n, out, err);
    rise_value_release(whole);
    return s;
}

/* Whole inputs only: what arrives frame by frame is fetched frame by frame. */
static bool loads_whole(const instance *it, const inlet *in) {
    if (in->port->mode == RISE_STREAM)
        return false;
    return !it->node->type->map || in->port->mode == RISE_WHOLE;
}

rise_status instance_load(instance *it, rise_error *err) {
    rise_status s = RISE_OK;
    uint64_t bytes = 0;
    for (size_t k = 0; s == RISE_OK && k < it->node->n_inputs; k++) {
        inlet *in = &it->inlet[k];
        for (size_t i = 0; s == RISE_OK && loads_whole(it, in) && i < in->n; i++) {
            if (!in->whole[i])
                s = feed_fetch(it, &in->feed[i], &in->whole[i], err);
            if (s == RISE_OK)
                bytes += rise_value_bytes(in->whole[i]);
        }
    }
    atomic_store(&it->act->live_bytes, bytes);
    account_bytes(it, bytes);
    return s;
}

void instance_drop(instance *it) {
    for (size_t k = 0; it->inlet && k < it->node->n_inputs; k++)
        for (size_t i = 0; i < it->inlet[k].n; i++) {
            rise_value_release(it->inlet[k].whole[i]);
            it->inlet[k].whole[i] = NULL;
        }
}

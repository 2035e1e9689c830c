/* sched/items: the items of a source, one at a time: the node announces an item, hears whether it
 * is wanted, and gives its outputs; a record of the item's own is kept. */
#include "sched/source.h"

#include <stdlib.h>
#include <string.h>

source_state *source_state_of(const instance *it) {
    return it->act->state;
}

static const char *basename_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* "file:item". There may be very many: no printf. */
static const char *item_name(arena *a, const char *path, const char *name) {
    const char *file = basename_of(path);
    size_t n = strlen(file), m = strlen(name);
    char *text = arena_alloc(a, n + m + 2, 1);
    if (!text)
        return NULL;
    memcpy(text, file, n);
    text[n] = ':';
    memcpy(text + n + 1, name, m + 1);
    return text;
}

item *source_add_item(source_pass *pass, const rise_id *key, const char *name) {
    source_state *st = pass->state;
    if (st->n == st->capacity) {
        size_t capacity = st->capacity ? 2 * st->capacity : 256;
        item *grown = realloc(st->item, capacity * sizeof *grown);
        if (!grown)
            return NULL;
        st->item = grown;
        st->capacity = capacity;
    }
    const char *shown = item_name(run_memory(pass->it->run), st->path[pass->file], name);
    if (!shown)
        return NULL;
    st->item[st->n] = (item){*key, pass->file, pass->place, shown, SIZE_MAX, NULL};
    return &st->item[st->n++];
}

const store_record *source_record(const instance *it, const rise_id *key, store_seen *room) {
    const store_record *record = store_look(it->run->store, key, room);
    for (size_t o = 0; record && o < it->node->n_outputs; o++)
        if (it->out[o].wanted && (o >= record->n_outputs || id_is_zero(&record->output[o].digest)))
            return NULL;
    return record;
}

/* ---- making one item ------------------------------------------------------------------------- */
static void describe(const rise_value *value, store_output *out, uint8_t id[32]) {
    const rise_frames *frames = rise_value_frames(value);
    out->digest = rise_value_digest(value);
    out->bytes = rise_value_bytes(value);
    if (!frames || frames->n_frames != 1)
        return;
    const rise_frame *frame = &frames->frame[0];
    memcpy(id, frame->id.byte, 32);
    out->facts_n = (uint32_t)frame->n_atoms;
    for (size_t a = 0; a < frame->n_atoms; a++)
        out->species[frame->species[a] / 8] |= (uint8_t)(1u << (frame->species[a] % 8));
}

static void keep_item(source_pass *pass, item *x, size_t output, rise_value *value) {
    instance *it = pass->it;
    uint64_t stored = 0;
    rise_id digest = rise_value_digest(value);
    if (x->slot != SIZE_MAX && it->out[output].known) { /* made again */
        offer_keep(it, output, x->slot, value, &digest, true);
        if (!value_readable(it->run, &digest))
            offer_hold(it, output, x->slot, value);
        return;
    }
    bool kept = it->node->cache != CACHE_NEVER && store_put(it->run->store, value, &stored);
    atomic_fetch_add(&it->act->stored_bytes, stored);
    if (!kept && !x->value)
        x->value = calloc(it->node->n_outputs, sizeof(rise_value *));
    if (!kept && x->value && !x->value[output])
        x->value[output] = rise_value_retain(value);
    if (kept)
        memory_cache_put(it->run->frame_cache, &digest, value);
}

static rise_status finish_item(source_pass *pass, rise_error *err) {
    item *x = pass->now;
    instance *it = pass->it;
    size_t n = it->node->n_outputs;
    if (!x)
        return RISE_OK;
    store_output output[GRAPH_MAX_OUTPUTS];
    uint8_t id[32];
    memset(output, 0, sizeof output);
    memcpy(id, x->key.byte, 32);
    rise_status s = RISE_OK;
    for (size_t o = 0; o < n; o++) {
        if (!pass->result[o] && it->out[o].wanted && s == RISE_OK)
            s = rise_fail(err, RISE_E_BUG, "%s: item %s has no `%s`", it->name, x->name,
                          it->node->output[o].name);
        if (pass->result[o])
            describe(pass->result[o], &output[o], id);
    }
    store_record record = {x->key, 0, (uint32_t)n, output, sizeof id, id};
    for (size_t o = 0; s == RISE_OK && o < n; o++)
        if (pass->result[o])
            keep_item(pass, x, o, pass->result[o]);
    if (s == RISE_OK)
        store_add(it->run->store, &record, store_find(it->run->store, &x->key) != NULL);
    if (s == RISE_OK && !store_find(it->run->store, &x->key))
        s = rise_fail_nomem(err, "the record of a frame");
    for (size_t o = 0; o < n; o++) {
        rise_value_release(pass->result[o]);
        pass->result[o] = NULL;
    }
    pass->now = NULL;
    pass->n_made += s == RISE_OK;
    return s;
}

bool source_value_lost(const instance *it, const item *x) {
    for (size_t o = 0; o < it->node->n_outputs; o++) {
        const offer *out = &it->out[o];
        if (out->wanted && !(out->held && out->held[x->slot]) &&
            !value_readable(it->run, &out->frame_identity[x->slot]))
            return true;
    }
    return false;
}

/* Indexing: what the slice surely takes and no record knows. Later: what a pass over known items is
 * for. */
static bool wants(const source_pass *pass, const item *x, size_t number) {
    const instance *it = pass->it;
    if (it->run->options.plan_only || (pass->indexing && pass->announces))
        return false;
    store_seen room;
    if (it->out[0].known)
        return x->slot != SIZE_MAX && source_value_lost(it, x);
    if (source_record(it, &x->key, &room))
        return false;
    if (!pass->indexing)
        return x->slot != SIZE_MAX;
    size_t past = number - pass->start;
    return number >= pass->start && past % pass->step == 0 && past / pass->step < pass->count;
}

bool source_item(job *j, const void *identity, size_t size, const char *name) {
    source_pass *pass = j->pass;
    source_state *st = pass->state;
    rise_error err = {0};
    rise_id content, key;
    if (j->late)
        return false;
    if (finish_item(pass, &err) != RISE_OK) {
        j->late_error = err;
        j->late = &j->late_error;
        return false;
    }
    id_of(identity, size, &content);
    key_combine("item", &pass->it->base_key, &content, &key);
    size_t number = pass->first + pass->place;
    item *x = NULL;
    if (pass->indexing)
        x = source_add_item(pass, &key, name);
    else if (number < st->n && id_equal(&st->item[number].key, &key))
        x = &st->item[number];
    pass->place++;
    if (!x) {
        if (pass->indexing)
            rise_fail_nomem(&j->late_error, "the items of a file");
        else
            rise_fail(&j->late_error, RISE_E_CHANGED, "%s: %s changed while it was being read",
                      pass->it->name, st->path[pass->file]);
        j->late = &j->late_error;
        return false;
    }
    if (instance_cancelled(pass->it) || !wants(pass, x, number))
        return false;
    pass->now = x;
    return true;
}

rise_status source_item_output(job *j, size_t output, rise_value *value) {
    source_pass *pass = j->pass;
    if (!pass->now || pass->result[output])
        rise_value_release(value);
    else
        pass->result[output] = value;
    return RISE_OK;
}

size_t source_first_index(const job *j) {
    return j->pass->first;
}

const char *source_item_path(const job *j, size_t i) {
    const source_state *st = j->pass ? j->pass->state : NULL;
    return st && i < st->n ? st->path[st->item[i].file] : NULL;
}

void *source_shared(const job *j) {
    return j->pass->state->shared;
}

bool source_tells_files(const job *j) {
    return j->pass && j->pass->state->n_paths > 1;
}

rise_status source_open(source_pass *pass, rise_error *err) {
    instance *it = pass->it;
    source_state *st = pass->state;
    if (st->opened || !it->node->type->open)
        return RISE_OK;
    job j;
    job_open(&j, it, RISE_WHOLE_VALUE, NULL, NULL);
    j.pass = pass;
    instance *before = account_enter(it);
    rise_status s = it->node->type->open(&j.ctx, &st->shared, err);
    account_leave(before);
    st->opened = s == RISE_OK;
    return job_close(&j, s, err);
}

rise_status source_call(source_pass *pass, const rise_file *file, rise_error *err) {
    instance *it = pass->it;
    bool want[GRAPH_MAX_OUTPUTS] = {0};
    for (size_t o = 0; o < it->node->n_outputs; o++)
        want[o] = it->out[o].wanted;
    job j;
    job_open(&j, it, RISE_WHOLE_VALUE, want, NULL);
    j.pass = pass;
    instance *before = account_enter(it);
    rise_status s = it->node->type->source(&j.ctx, file, err);
    if (s == RISE_OK && !j.late)
        s = finish_item(pass, err);
    account_leave(before);
    for (size_t o = 0; o < it->node->n_outputs; o++)
        rise_value_release(pass->result[o]);
    s = job_close(&j, s, err);
    if (s == RISE_OK && instance_cancelled(it))
        s = rise_fail(err, RISE_E_INTERRUPTED, "interrupted");
    return s;
}

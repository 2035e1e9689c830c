/* sched/services: what a node at work gets from its host beside inputs and outputs: memory,
 * cancellation, progress, warnings, threads, sub-results. */
#include "sched/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static job *job_of(rise_ctx *ctx) {
    return (job *)ctx;
}

void *rise_scratch(rise_ctx *ctx, size_t bytes) {
    return arena_alloc(&job_of(ctx)->scratch, bytes ? bytes : 1, 64);
}

size_t rise_memory(rise_ctx *ctx) {
    const instance *it = job_of(ctx)->it;
    uint64_t bytes = it->node->memory ? it->node->memory : it->run->options.memory;
    return bytes < SIZE_MAX ? (size_t)bytes : SIZE_MAX;
}

bool job_cancelled(const job *j) {
    const instance *reader = j->sink ? j->sink->consumer : NULL;
    return instance_cancelled(j->it) || (reader && instance_cancelled(reader));
}

bool rise_cancelled(rise_ctx *ctx) {
    const job *j = job_of(ctx);
    double limit = j->it->node->timeout_s;
    return job_cancelled(j) || (limit > 0 && clock_wall() - j->started > limit);
}

void rise_progress(rise_ctx *ctx, double done, double total, const char *fmt, ...) {
    instance *it = job_of(ctx)->it;
    va_list args;
    if (source_tells_files(job_of(ctx)))
        return;
    uv_mutex_lock(&it->run->lock);
    said *told = instance_said(it);
    if (told) {
        told->done = done;
        told->total = total;
        va_start(args, fmt);
        vsnprintf(told->message, sizeof told->message, fmt, args);
        va_end(args);
    }
    uv_mutex_unlock(&it->run->lock);
}

void instance_say(instance *it, const char *text) {
    uv_mutex_lock(&it->run->lock);
    said *told = instance_said(it);
    if (told)
        snprintf(told->message, sizeof told->message, "%s", text);
    uv_mutex_unlock(&it->run->lock);
}

said *instance_said(instance *it) {
    atomic_store(&it->active, true);
    if (!it->act->said)
        it->act->said = calloc(1, sizeof *it->act->said);
    return it->act->said;
}

/* Kept until the map is through; false when there is no room for another kind of warning. */
static bool collect_warning(instance *it, size_t frame, const char *fmt, const char *text) {
    pthread_mutex_lock(&it->act->lock);
    size_t i = 0;
    while (i < it->act->n_warned && strcmp(it->act->warned[i].fmt, fmt) != 0)
        i++;
    if (!it->act->warned)
        it->act->warned = calloc(MAX_FRAME_WARNINGS, sizeof *it->act->warned);
    bool room = it->act->warned && i < MAX_FRAME_WARNINGS;
    if (room && i == it->act->n_warned)
        it->act->warned[it->act->n_warned++] = (frame_warning){fmt, NULL, SIZE_MAX, 0};
    frame_warning *w = room ? &it->act->warned[i] : NULL;
    if (w && frame < w->frame) {
        char *copy = strdup(text);
        if (copy) {
            free(w->text);
            w->text = copy;
            w->frame = frame;
        }
    }
    if (w)
        w->n++;
    pthread_mutex_unlock(&it->act->lock);
    return room;
}

void instance_tell_warnings(instance *it) {
    for (size_t i = 0; i < it->act->n_warned; i++) {
        frame_warning *w = &it->act->warned[i];
        if (w->text && w->n > 1)
            run_warn(it->run, "%s: %s; %zu other frames likewise", it->name, w->text, w->n - 1);
        else if (w->text)
            run_warn(it->run, "%s: %s", it->name, w->text);
        free(w->text);
        w->text = NULL;
    }
    it->act->n_warned = 0;
}

void rise_warn(rise_ctx *ctx, const char *fmt, ...) {
    job *j = job_of(ctx);
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    bool frame = j->frame != RISE_WHOLE_VALUE;
    if (!frame || !collect_warning(j->it, j->frame, fmt, text))
        run_warn(j->it->run, "%s: %s", j->it->name, text);
}

typedef struct counted {
    instance *it;
    rise_parallel_fn fn;
    void *user;
} counted;

static rise_status counted_item(void *user, size_t i, rise_error *err) {
    counted *c = user;
    instance *before = account_enter(c->it);
    rise_status s = c->fn(c->user, i, err);
    account_leave(before);
    return s;
}

rise_status rise_parallel(rise_ctx *ctx, size_t n, rise_parallel_fn fn, void *user,
                          rise_error *err) {
    instance *it = job_of(ctx)->it;
    counted c = {it, fn, user};
    return pool_group(it->run->pool, n, counted_item, &c, err);
}

/* ---- sub-results ----------------------------------------------------------------------------- */
static rise_id memo_key(const job *j, const void *key, size_t size) {
    const rise_node_type *type = j->it->node->type;
    const char *plugin = j->it->node->plugin;
    const char *numerics = type->fingerprint ? type->fingerprint() : "";
    uint8_t version[4] = {(uint8_t)type->version, (uint8_t)(type->version >> 8),
                          (uint8_t)(type->version >> 16), (uint8_t)(type->version >> 24)};
    rise_id id;
    hash_state h;
    hash_begin(&h);
    hash_add(&h, "memo", 5);
    if (plugin)
        hash_add(&h, plugin, strlen(plugin) + 1);
    hash_add(&h, type->name, strlen(type->name) + 1);
    hash_add(&h, version, sizeof version);
    hash_add(&h, numerics, strlen(numerics) + 1);
    hash_add(&h, key, size);
    hash_end(&h, &id);
    return id;
}

rise_status rise_memo_get(rise_ctx *ctx, const void *key, size_t size, rise_value **out) {
    job *j = job_of(ctx);
    rise_id id = memo_key(j, key, size);
    const store_record *record = store_find(j->it->run->store, &id);
    rise_error ignored;
    if (!record || record->n_outputs != 1 ||
        store_get(j->it->run->store, &record->output[0].digest, out, &ignored) != RISE_OK)
        return RISE_E_MISS;
    return RISE_OK;
}

void rise_memo_put(rise_ctx *ctx, const void *key, size_t size, const rise_value *value) {
    job *j = job_of(ctx);
    rise_id id = memo_key(j, key, size);
    uint64_t stored = 0;
    if (j->it->node->cache == CACHE_NEVER || j->it->tainted ||
        !store_put(j->it->run->store, value, &stored))
        return;
    store_output output = {.digest = rise_value_digest(value), .bytes = rise_value_bytes(value)};
    double cost_s = clock_wall() - j->started; /* the node has come that far */
    store_record record = {.key = id, .cost_s = cost_s, .n_outputs = 1, .output = &output};
    store_add(j->it->run->store, &record, true);
    store_flush(j->it->run->store);
    atomic_fetch_add(&j->it->act->stored_bytes, stored);
}

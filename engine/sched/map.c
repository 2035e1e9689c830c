/* sched/map: nodes that work frame by frame. Frames whose record is known are left alone; the
 * others are dealt out to the threads. Nothing here depends on which thread does what. */
#include "sched/run.h"

#include <stdlib.h>
#include <string.h>

/* Reading back costs about this much: verified and decompressed values of a few 100 kB. */
static const double READ_BYTES_PER_S = 0.8e9;
static const double READ_S = 30e-6;
enum { MEASURED_FRAMES = 3 };

static bool is_stream(const instance *it, size_t output) {
    return it->node->output[output].port->mode == RISE_STREAM;
}

rise_status map_open(instance *it, rise_error *err) {
    if (atomic_load(&it->act->opened))
        return RISE_OK;
    rise_status s = RISE_OK;
    atomic_store(&it->active, true);
    pthread_mutex_lock(&it->act->work);
    if (!atomic_load(&it->act->opened)) {
        s = instance_need_parts(it, err);
        if (s == RISE_OK)
            s = instance_load(it, err);
        if (s == RISE_OK)
            s = instance_load_files(it, err);
        if (s == RISE_OK && it->node->type->open) {
            job j;
            job_open(&j, it, RISE_WHOLE_VALUE, NULL, NULL);
            instance *before = account_enter(it);
            s = it->node->type->open(&j.ctx, &it->act->state, err);
            account_leave(before);
            s = job_close(&j, s, err);
        }
        atomic_store(&it->act->opened, s == RISE_OK);
    }
    pthread_mutex_unlock(&it->act->work);
    return s;
}

void map_close(instance *it) {
    if (atomic_load(&it->act->opened) && it->act->state && it->node->type->close)
        it->node->type->close(it->act->state);
    it->act->state = NULL;
    atomic_store(&it->act->opened, false);
}

rise_status map_frame(instance *it, size_t frame, const bool *want, rise_value **result,
                      tile_sink *sink, stream_tape *tape, rise_error *err) {
    rise_status s = map_open(it, err);
    if (s != RISE_OK)
        return s;
    job j;
    job_open(&j, it, frame, want, result);
    j.sink = sink;
    j.tape = tape;
    instance *before = account_enter(it);
    s = it->node->type->map(&j.ctx, it->act->state, err);
    account_leave(before);
    s = job_close(&j, s, err);
    for (size_t o = 0; s == RISE_OK && o < it->node->n_outputs; o++)
        if (want[o] && !is_stream(it, o) && !result[o])
            s = rise_fail(err, RISE_E_BUG, "%s: it did not give `%s`", it->name,
                          it->node->output[o].name);
    return s;
}

/* ---- which frames take part ------------------------------------------------------------------ */
static void keep_name(const instance *it, rise_id *name) {
    rise_id choice = it->base_key, next;
    for (size_t i = 0; i < it->n_parts; i++)
        if (it->part[i].role == PART_SELECT) {
            id_of(it->part[i].text, strlen(it->part[i].text), &next);
            key_combine(it->part[i].name, &choice, &next, &choice);
        }
    next = frame_list_digest(it->frames);
    key_combine("frames", &choice, &next, &choice);
    key_combine("keep", &choice, &it->base_key, name);
}

static rise_status ask_keep(instance *it, const rise_id *name, size_t *keep, size_t *n,
                            rise_error *err) {
    rise_status s = map_open(it, err);
    if (s != RISE_OK)
        return s;
    buffer told = {0};
    job j;
    job_open(&j, it, RISE_WHOLE_VALUE, NULL, NULL);
    for (size_t f = 0; f < it->frames->n; f++)
        if (it->node->type->keep(&j.ctx, it->act->state, f, it->frames->n, &it->frames->id[f])) {
            keep[(*n)++] = f;
            buffer_u64(&told, f);
        }
    s = job_close(&j, RISE_OK, err);
    if (s == RISE_OK && !told.failed)
        store_name_set(it->run->store, name, told.bytes ? told.bytes : (const uint8_t *)"",
                       told.size);
    buffer_free(&told);
    return s;
}

static rise_status choose_frames(instance *it, rise_error *err) {
    if (!it->node->type->keep)
        return RISE_OK;
    size_t *keep = calloc(it->frames->n + 1, sizeof *keep), n = 0, size = 0;
    if (!keep)
        return rise_fail_nomem(err, "the list of frames");
    rise_id name;
    keep_name(it, &name);
    rise_status s = RISE_OK;
    const uint8_t *told = store_name_get(it->run->store, &name, &size);
    if (told && size % 8 == 0 && size / 8 <= it->frames->n) {
        cursor c = {told, told + size, false};
        for (n = 0; n < size / 8; n++) {
            uint64_t f = cursor_u64(&c);
            keep[n] = f < it->frames->n ? (size_t)f : 0;
        }
    } else if (it->run->options.plan_only) {
        free(keep);
        it->reason = instance_explain(it, "its results are not in the store");
        it->would_run = true; /* which frames it takes is known only when what it reads is there */
        return RISE_OK;
    } else {
        s = ask_keep(it, &name, keep, &n, err);
    }
    if (s == RISE_OK && n == 0)
        s = rise_fail(err, RISE_E_DATA, "%s: none of %zu frames is chosen", it->name,
                      it->frames->n);
    if (s == RISE_OK && n < it->frames->n)
        s = instance_narrow(it, keep, n, err);
    free(keep);
    return s;
}

/* ---- offers ---------------------------------------------------------------------------------- */
static rise_status open_offers(instance *it, rise_error *err) {
    for (size_t o = 0; o < it->node->n_outputs; o++) {
        offer *out = &it->out[o];
        out->frames = it->frames;
        out->frame_identity = calloc(it->frames->n + 1, sizeof *out->frame_identity);
        if (!out->frame_identity)
            return rise_fail_nomem(err, "the frames of a node");
        rise_id name;
        id_of(it->node->output[o].name, strlen(it->node->output[o].name), &name);
        for (size_t f = 0; is_stream(it, o) && f < it->frames->n; f++)
            key_combine("stream", &it->frame_key[f], &name, &out->frame_identity[f]);
    }
    return RISE_OK;
}

static void seal_offers(instance *it) {
    for (size_t o = 0; o < it->node->n_outputs; o++) {
        offer *out = &it->out[o];
        if (!out->wanted)
            continue;
        rise_id frames = frame_list_digest(it->frames), values;
        id_of(out->frame_identity, it->frames->n * sizeof values, &values);
        key_combine("values of frames", &frames, &values, &out->identity);
        out->known = true;
    }
}

static bool frame_known(instance *it, size_t frame) {
    const store_record *record = NULL;
    store_seen room;
    for (size_t o = 0; o < it->node->n_outputs; o++) {
        if (!it->out[o].wanted || is_stream(it, o))
            continue;
        if (!record)
            record = store_look(it->run->store, &it->frame_key[frame], &room);
        if (!record || o >= record->n_outputs || id_is_zero(&record->output[o].digest))
            return false;
        it->out[o].frame_identity[frame] = record->output[o].digest;
        it->out[o].bytes += record->output[o].bytes;
    }
    return true;
}

/* ---- running --------------------------------------------------------------------------------- */
/* Store what is clearly cheaper to read than to compute; settled once, after the first measured
 * frames. */
static bool worth_storing(instance *it, double cpu_s, uint64_t bytes) {
    if (it->node->cache != CACHE_AUTO)
        return it->node->cache == CACHE_ALWAYS;
    int choice = atomic_load(&it->act->keep_choice);
    if (choice != KEEP_OPEN)
        return choice == KEEP_STORE;
    uint_fast64_t ns = atomic_fetch_add(&it->act->measured_ns, (uint_fast64_t)(cpu_s * 1e9));
    uint_fast64_t all = atomic_fetch_add(&it->act->measured_bytes, bytes) + bytes;
    size_t n = atomic_fetch_add(&it->act->frames_measured, 1) + 1;
    double cost = (double)ns * 1e-9 + cpu_s;
    double read = (double)n * READ_S + (double)all / READ_BYTES_PER_S;
    if (n >= MEASURED_FRAMES)
        atomic_store(&it->act->keep_choice, cost > 2 * read ? KEEP_STORE : KEEP_LEAVE);
    return true;
}

static void record_frame(instance *it, size_t frame, rise_value **result, double cpu_s,
                         bool store_it) {
    size_t n = it->node->n_outputs;
    store_output output[GRAPH_MAX_OUTPUTS];
    const store_record *before = store_find(it->run->store, &it->frame_key[frame]);
    memset(output, 0, sizeof output);
    for (size_t o = 0; o < n; o++) {
        if (before && o < before->n_outputs)
            output[o] = before->output[o];
        if (!result[o])
            continue;
        output[o].digest = rise_value_digest(result[o]);
        output[o].bytes = rise_value_bytes(result[o]);
        if (!is_stream(it, o))
            it->out[o].frame_identity[frame] = output[o].digest;
        pthread_mutex_lock(&it->act->lock);
        it->out[o].bytes += output[o].bytes;
        pthread_mutex_unlock(&it->act->lock);
        offer_keep(it, o, frame, result[o], &output[o].digest, store_it);
    }
    store_record record = {
        .key = it->frame_key[frame], .cost_s = cpu_s, .n_outputs = (uint32_t)n, .output = output};
    if (!it->tainted && !store_add(it->run->store, &record, before != NULL))
        run_warn(it->run, "%s: nondeterministic node: a frame gave other bytes than before",
                 it->name);
}

void instance_name_frame(const instance *it, size_t frame, rise_error *err) {
    const char *name = it->frames->name[frame];
    if (!err || !name[0] || err->file[0] || err->status == RISE_E_INTERRUPTED)
        return;
    size_t at = strlen(err->message);
    snprintf(err->message + at, sizeof err->message - at, " (frame %s)", name);
}

rise_status map_run(instance *it, const map_work *w, size_t i, stream_tape *tape, rise_error *err) {
    if (instance_cancelled(it))
        return rise_fail(err, RISE_E_INTERRUPTED, "interrupted");
    size_t frame = w->missing[i], n = it->node->n_outputs;
    rise_value *result[GRAPH_MAX_OUTPUTS] = {0};
    instance *before = account_enter(it);
    double start = clock_thread();
    double saved_s =
        tape && tape->complete ? tape->made_s : 0; /* made alone it would cost that too */
    rise_status s = map_frame(it, frame, w->want, result, NULL, tape, err);
    double cpu_s = clock_thread() - start + saved_s;
    uint64_t bytes = 0;
    for (size_t o = 0; o < n; o++)
        bytes += result[o] ? rise_value_bytes(result[o]) : 0;
    if (s == RISE_OK) {
        record_frame(it, frame, result, cpu_s, worth_storing(it, cpu_s, bytes));
        size_t done = atomic_fetch_add(&it->frames_ran, 1) + 1;
        uv_mutex_lock(&it->run->lock);
        said *told = instance_said(it);
        if (told) {
            told->done = (double)done;
            told->total = (double)w->n;
        }
        uv_mutex_unlock(&it->run->lock);
    } else {
        instance_name_frame(it, frame, err);
    }
    for (size_t o = 0; o < n; o++)
        rise_value_release(result[o]);
    account_leave(before);
    return s;
}

/* Opens before the threads come: they would only wait for the first of them. */
rise_status map_begin(instance *it, rise_error *err) {
    atomic_store(&it->status, RISE_RUNNING);
    it->act->started = clock_wall();
    rise_status s = map_open(it, err);
    const feed *stream = map_stream(it);
    return s == RISE_OK && stream ? map_open(stream->from, err) : s;
}

void map_end(instance *it) {
    it->act->ended = clock_wall();
    map_close(it); /* nobody else uses it before it is settled; a later pull opens it again */
    instance_drop(it);
    instance_unload_files(it);
    instance_tell_warnings(it);
}

static const char *why_frames(instance *it, size_t n_missing) {
    const char *text =
        arena_format(run_memory(it->run), "%zu of %zu frames are new", n_missing, it->frames->n);
    const char *lost = "its results are not in the store";
    return instance_explain(it, n_missing < it->frames->n && text ? text : lost);
}

/* Gives nothing but streams: their rows are made when somebody pulls them. */
static rise_status prepare_stream(instance *it, rise_error *err) {
    atomic_store(&it->status, RISE_NOT_NEEDED);
    it->ran_frame = calloc(it->frames->n + 1, sizeof *it->ran_frame);
    return it->ran_frame ? RISE_OK : rise_fail_nomem(err, "the frames of a node");
}

/* Frame by frame: which have no record? */
static rise_status find_missing(instance *it, map_work *w, rise_error *err) {
    rise_status s = instance_need_parts(it, err);
    if (s == RISE_OK && !instance_make_frame_keys(it))
        s = rise_fail_nomem(err, "the keys of frames");
    if (s == RISE_OK)
        s = open_offers(it, err);
    for (size_t f = 0; s == RISE_OK && f < it->frames->n; f++)
        if (!frame_known(it, f))
            w->missing[w->n++] = f;
    return s;
}

static bool is_recalled(instance *it) {
    rise_id key;
    if (it->run->options.plan_only)
        return false;
    seal_key(it, &key);
    return seal_recall(it, &key);
}

rise_status map_prepare(instance *it, map_work *w, rise_error *err) {
    *w = (map_work){0};
    rise_status s = it->node->type->keep ? instance_need_parts(it, err) : RISE_OK;
    if (s == RISE_OK)
        s = choose_frames(it, err);
    if (s != RISE_OK || it->would_run)
        return s;
    bool gives = false;
    for (size_t o = 0; o < it->node->n_outputs; o++) {
        w->want[o] = it->out[o].wanted && !is_stream(it, o);
        gives = gives || w->want[o];
    }
    it->recalled = is_recalled(it);
    w->missing = calloc(it->recalled ? 1 : it->frames->n + 1, sizeof *w->missing);
    if (!w->missing)
        return rise_fail_nomem(err, "the frames of a node");
    if (!it->recalled)
        s = find_missing(it, w, err);
    if (s != RISE_OK)
        return s;
    if (!gives) {
        it->reason = it->recalled ? "" : instance_explain(it, "");
        return prepare_stream(it, err);
    }
    atomic_store(&it->frames_cached, it->frames->n - w->n);
    if (w->n > 0)
        it->reason = why_frames(it, w->n);
    it->would_run = w->n > 0 && it->run->options.plan_only;
    it->n_planned = w->n;
    return RISE_OK;
}

void map_review(instance *it, map_work *w) {
    size_t n = 0;
    for (size_t i = 0; i < w->n; i++)
        if (!frame_known(it, w->missing[i]))
            w->missing[n++] = w->missing[i];
    if (n == w->n)
        return;
    w->n = n;
    atomic_store(&it->frames_cached, it->frames->n - n - atomic_load(&it->frames_ran));
    if (n > 0)
        it->reason = why_frames(it, n);
}

void map_seal(instance *it) {
    if (atomic_load(&it->status) != RISE_NOT_NEEDED)
        atomic_store(&it->status, atomic_load(&it->frames_ran) ? RISE_RAN : RISE_CACHED);
    if (!it->would_run && !it->recalled)
        seal_offers(it);
    if (it->run->options.plan_only)
        return;
    rise_id key;
    rise_error ignored;
    seal_key(it, &key);
    if (!history_stands(it, &key) && instance_need_parts(it, &ignored) == RISE_OK)
        instance_remember(it, &key);
    if (!it->recalled && !it->tainted)
        seal_keep(it, &key);
}

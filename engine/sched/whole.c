/* sched/whole: nodes that see complete inputs. One record per run of the node; its note says which
 * files it wrote and which frames its outputs have. */
#include "sched/run.h"

#include <stdlib.h>
#include <string.h>

/* note: u32 files, then each (path, digest, size); then for every output of kind frames, in order:
 * u64 n and n times (id, species mask). */
static void note_frames(const rise_value *value, buffer *note) {
    const rise_frames *frames = rise_value_frames(value);
    buffer_u64(note, frames->n_frames);
    for (size_t f = 0; f < frames->n_frames; f++) {
        uint8_t mask[16] = {0};
        const rise_frame *frame = &frames->frame[f];
        for (size_t a = 0; a < frame->n_atoms; a++)
            mask[frame->species[a] / 8] |= (uint8_t)(1u << (frame->species[a] % 8));
        buffer_add(note, frame->id.byte, 32);
        buffer_add(note, mask, 16);
    }
}

/* RISE_E_MISS: that is no such list. */
static rise_status read_frames(cursor *c, uint64_t limit, frame_list **out, rise_error *err) {
    uint64_t n = cursor_u64(c);
    if (c->failed || n > limit)
        return RISE_E_MISS;
    frame_list *list = frame_list_new((size_t)n);
    if (!list)
        return rise_fail_nomem(err, "the list of frames");
    for (size_t f = 0; f < n; f++) {
        const uint8_t *id = cursor_bytes(c, 32), *mask = cursor_bytes(c, 16);
        if (!id || !mask) {
            frame_list_free(list);
            return RISE_E_MISS;
        }
        memcpy(list->id[f].byte, id, 32);
        memcpy(list->species[f], mask, 16);
        const char *name = arena_format(&list->memory, "frame %zu", f);
        list->name[f] = name ? name : "";
    }
    if (!frame_list_number_duplicates(list)) {
        frame_list_free(list);
        return rise_fail_nomem(err, "the list of frames");
    }
    *out = list;
    return RISE_OK;
}

static void skip_files(cursor *c) {
    uint32_t n = cursor_u32(c);
    for (uint32_t i = 0; i < n && !c->failed; i++) {
        cursor_bytes(c, cursor_u32(c)); /* its path */
        cursor_bytes(c, 32);
        cursor_u64(c);
    }
}

static bool has_output(const store_record *record, size_t o) {
    return o < record->n_outputs && !id_is_zero(&record->output[o].digest);
}

static bool record_complete(const instance *it, const store_record *record) {
    for (size_t o = 0; o < it->node->n_outputs; o++)
        if (it->out[o].wanted && !has_output(record, o))
            return false;
    return true;
}

/* What the n rows of an output belong to: the frames that the node works on; where it has none, as
 * many frames that it gave before this output; else nothing but their order is known. NULL: to
 * none, or, where it works on no frames, memory is short. */
static frame_list *frames_of_rows(const instance *it, size_t output, uint32_t n) {
    for (size_t o = 0; !it->frames && o < output; o++)
        if (it->node->output[o].kind == RISE_FRAMES && it->out[o].known && it->out[o].frames &&
            it->out[o].frames->n == n)
            return it->out[o].frames;
    if (it->frames)
        return it->frames->n == n ? it->frames : NULL;
    frame_list *list = frame_list_ordinals(n);
    if (list)
        run_keep_frames(it->run, list);
    return list;
}

/* The offers of a finished or remembered run. What was promised before stands. RISE_E_MISS: the
 * record does not tell enough. */
static rise_status fill_offers(instance *it, const store_record *record, rise_error *err) {
    cursor c = {record->note, record->note + record->n_note, false};
    skip_files(&c);
    for (size_t o = 0; o < it->node->n_outputs; o++) {
        offer *out = &it->out[o];
        frame_list *list = NULL;
        uint32_t n = has_output(record, o) ? record->output[o].facts_n : 0;
        if (!has_output(record, o))
            continue;
        rise_status s = it->node->output[o].kind == RISE_FRAMES
                            ? read_frames(&c, record->n_note, &list, err)
                            : RISE_OK;
        if (s != RISE_OK)
            return s;
        if (out->known) {
            frame_list_free(list);
            continue;
        }
        if (list)
            run_keep_frames(it->run, list);
        if (!list && n && !(list = frames_of_rows(it, o, n)) && !it->frames)
            return rise_fail_nomem(err, "the list of frames");
        out->identity = record->output[o].digest;
        out->bytes = record->output[o].bytes;
        out->frames = list;
        out->known = true;
    }
    return RISE_OK;
}

static rise_status keep_results(instance *it, job *j, rise_value **result, double cpu_s,
                                rise_error *err) {
    size_t n = it->node->n_outputs;
    store_output *output = calloc(n + 1, sizeof *output);
    if (!output)
        return rise_fail_nomem(err, "a record");
    const store_record *before = store_find(it->run->store, &it->base_key);
    buffer note = {0};
    buffer_u32(&note, j->n_files);
    buffer_add(&note, j->files.bytes, j->files.size);
    for (size_t o = 0; o < n; o++) {
        if (before && o < before->n_outputs)
            output[o] = before->output[o];
        if (!result[o])
            continue;
        output[o].digest = rise_value_digest(result[o]);
        output[o].bytes = rise_value_bytes(result[o]);
        output[o].facts_n = (uint32_t)value_frame_count(result[o]);
        if (it->out[o].known && !id_equal(&it->out[o].identity, &output[o].digest)) {
            instance_taint(it);
            run_warn(it->run, "%s: nondeterministic node: computed again, it gave other bytes",
                     it->name);
        }
        if (rise_value_kind(result[o]) == RISE_FRAMES)
            note_frames(result[o], &note);
    }
    store_record record = {it->base_key, cpu_s, (uint32_t)n, output, note.size, note.bytes};
    rise_status s = note.failed ? rise_fail_nomem(err, "a record") : RISE_OK;
    if (s == RISE_OK)
        s = record_complete(it, &record) ? fill_offers(it, &record, err) : RISE_E_MISS;
    if (s == RISE_E_MISS)
        s = rise_fail(err, RISE_E_BUG, "%s: it did not give an output that is wanted", it->name);
    for (size_t o = 0; s == RISE_OK && o < n; o++)
        if (result[o]) {
            offer_keep(it, o, 0, result[o], &output[o].digest, true);
            if (it->again)
                offer_hold(it, o, 0, result[o]);
        }
    if (s == RISE_OK && !it->tainted && !store_add(it->run->store, &record, before != NULL))
        run_warn(it->run, "%s: nondeterministic node: it gave other bytes than before", it->name);
    buffer_free(&note);
    free(output);
    return s;
}

static rise_status run_node(instance *it, rise_error *err) {
    size_t n = it->node->n_outputs;
    bool *want = calloc(n + 1, sizeof *want);
    rise_value **result = calloc(n + 1, sizeof *result);
    rise_status s = want && result ? RISE_OK : rise_fail_nomem(err, "the outputs of a node");
    for (size_t o = 0; s == RISE_OK && o < n; o++)
        want[o] = it->out[o].wanted;
    atomic_store(&it->status, RISE_RUNNING);
    if (s == RISE_OK)
        s = instance_load(it, err);
    if (s == RISE_OK)
        s = instance_load_files(it, err);
    if (s == RISE_OK) {
        job j;
        job_open(&j, it, RISE_WHOLE_VALUE, want, result);
        double start = clock_thread();
        s = it->node->type->whole(&j.ctx, err);
        double cpu_s = clock_thread() - start + (double)atomic_load(&j.programs_ns) / 1e9;
        buffer files = j.files;
        uint32_t n_files = j.n_files;
        j.files = (buffer){0};
        s = job_close(&j, s, err);
        job told = {.files = files, .n_files = n_files};
        if (s == RISE_OK)
            s = keep_results(it, &told, result, cpu_s, err);
        buffer_free(&files);
    }
    instance_drop(it);
    instance_unload_files(it);
    for (size_t o = 0; result && o < n; o++)
        rise_value_release(result[o]);
    free(result);
    free(want);
    return s;
}

static rise_status run_timed(instance *it, rise_error *err) {
    instance *before = account_enter(it);
    it->act->started = clock_wall();
    rise_status s = run_node(it, err);
    it->act->ended = clock_wall();
    account_leave(before);
    return s;
}

/* Is everything that is wanted known, with the files that were written? `lost` says what is not. */
static rise_status look_up(instance *it, bool *complete, const char **lost, rise_error *err) {
    store_seen room;
    const store_record *record = store_look(it->run->store, &it->base_key, &room);
    rise_status s =
        record && record_complete(it, record) ? fill_offers(it, record, err) : RISE_E_MISS;
    *complete = s == RISE_OK;
    if (s != RISE_OK && s != RISE_E_MISS)
        return s;
    *lost = record && !*complete ? "an output is asked for that was not computed before"
                                 : "its results are not in the store";
    if (!*complete || it->run->options.plan_only)
        return RISE_OK;
    s = output_restore(it, record->note, record->n_note, complete, err);
    if (!*complete)
        *lost = "a file that it wrote is gone";
    return s;
}

static rise_status explain_and_run(instance *it, const char *lost, rise_error *err) {
    rise_status s = instance_need_parts(it, err);
    if (s != RISE_OK)
        return s;
    it->reason = instance_explain(it, lost);
    s = run_timed(it, err);
    if (s != RISE_OK)
        return s;
    atomic_store(&it->status, RISE_RAN);
    if (it->frames)
        atomic_store(&it->frames_ran, it->frames->n);
    return RISE_OK;
}

/* Perhaps another process computes it just now. */
static rise_status run_or_wait(instance *it, const char *lost, bool *complete, rise_error *err) {
    run_before_long(it->run);
    instance_claim(it, &it->base_key);
    rise_status s = look_up(it, complete, &lost, err);
    if (s == RISE_OK && instance_cancelled(it))
        s = rise_fail(err, RISE_E_INTERRUPTED, "interrupted");
    if (s == RISE_OK && !*complete)
        s = explain_and_run(it, lost, err);
    store_unclaim(it->run->store, &it->base_key);
    return s;
}

/* The same among processes that share nothing but the store: what another is at is put off. */
static rise_status run_or_put_off(instance *it, const char *lost, bool *complete, rise_error *err) {
    lease *unit;
    run_before_long(it->run);
    if (share_news(it->run)) {
        rise_status s = look_up(it, complete, &lost, err);
        if (s != RISE_OK || *complete)
            return s;
    }
    bool room = share_begin(it->run);
    rise_status s = share_whole(it, &it->base_key, true, room, &unit, err);
    if (s != RISE_OK || it->put_off) {
        if (room)
            share_undo(it->run);
        return s;
    }
    share_want_news(it); /* it may have been done, and its lease removed, since we looked */
    (void)share_news(it->run);
    s = look_up(it, complete, &lost, err);
    if (s == RISE_OK && !*complete) {
        s = explain_and_run(it, lost, err);
        if (unit)
            atomic_fetch_add(&it->run->units_n_wholes, 1);
    }
    share_end(it, unit, s, err);
    if (room)
        share_over(it->run);
    return s;
}

rise_status whole_settle(instance *it, rise_error *err) {
    bool complete;
    const char *lost;
    rise_status s = look_up(it, &complete, &lost, err);
    if (s == RISE_OK && !complete && it->run->options.plan_only) {
        it->reason = instance_explain(it, lost);
        it->would_run = true;
        return RISE_OK;
    }
    if (s == RISE_OK && !complete && run_shares(it->run))
        s = run_or_put_off(it, lost, &complete, err);
    else if (s == RISE_OK && !complete)
        s = run_or_wait(it, lost, &complete, err);
    if (s == RISE_OK && complete) {
        atomic_store(&it->status, RISE_CACHED);
        if (it->frames)
            atomic_store(&it->frames_cached, it->frames->n);
    }
    return s;
}

static bool all_there(instance *it) {
    for (size_t o = 0; o < it->node->n_outputs; o++)
        if (it->out[o].wanted && !(it->out[o].held && it->out[o].held[0]) &&
            !value_readable(it->run, &it->out[o].identity))
            return false;
    return true;
}

/* The record stands but its values are gone. */
rise_status whole_again(instance *it, rise_error *err) {
    rise_status s = RISE_OK;
    pthread_mutex_lock(&it->act->work);
    if (!all_there(it))
        s = instance_need_parts(it, err);
    if (s == RISE_OK && !all_there(it)) {
        it->reason = "its stored values are gone or damaged";
        it->again = true;
        s = run_timed(it, err);
        it->again = false;
        atomic_store(&it->status, s == RISE_OK ? RISE_RAN : RISE_CACHED);
    }
    pthread_mutex_unlock(&it->act->work);
    return s;
}

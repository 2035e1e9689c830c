/* sched/source: nodes that read files. What is in a file is remembered under the digest of the
 * file (source_index.c), what is in an item (a frame) under the identity of the item; so a file
 * that grew costs only its new frames, and an unchanged one is not opened at all. Files are gone
 * through in order, since labels may count frames over all of them. New frames of several files are
 * made by all threads (source_make.c). */
#include "sched/source.h"

#include <stdlib.h>
#include <string.h>

/* ---- from files to frames -------------------------------------------------------------------- */
static size_t files_param(const instance *it) {
    for (size_t p = 0; p < it->node->n_params; p++)
        if (it->node->param[p].row->type == RISE_P_FILES)
            return p;
    return SIZE_MAX;
}

static rise_status expand_paths(instance *it, source_state *st, rise_error *err) {
    size_t p = files_param(it);
    if (p == SIZE_MAX)
        return rise_fail(err, RISE_E_BUG, "%s: a source without a files parameter", it->name);
    const graph_param *param = &it->node->param[p];
    const graph_value *value = graph_param_at(it->run->graph, it->node, p, it->index);
    const char **pattern = ARENA_NEW(run_memory(it->run), const char *, value->n + 1);
    if (!pattern)
        return rise_fail_nomem(err, "the paths");
    for (size_t i = 0; i < value->n; i++) {
        pattern[i] = graph_text_at(it->run->graph, it->node, value->item[i].text, it->index,
                                   run_memory(it->run));
        if (!pattern[i])
            return rise_fail_nomem(err, "the paths");
    }
    rise_status s = files_expand(it->run->graph->folder, pattern, value->n, run_memory(it->run),
                                 &st->path, &st->n_paths, err);
    if (s != RISE_OK && err && !err->file[0]) {
        snprintf(err->file, sizeof err->file, "%s", it->run->graph->path);
        text_cut(err->file, sizeof err->file - 1);
        err->line = param->place.line;
        err->col = param->place.col;
    }
    st->digest = s == RISE_OK ? ARENA_NEW(run_memory(it->run), rise_id, st->n_paths) : NULL;
    return s == RISE_OK && !st->digest ? rise_fail_nomem(err, "the paths") : s;
}

void source_files(const instance *it, file_teller tell, void *user) {
    const source_state *st = source_state_of(it);
    for (size_t i = 0; st && st->digest && i < st->n_paths; i++) {
        char hex[65];
        id_hex(&st->digest[i], hex);
        tell(user, it, st->path[i], id_is_zero(&st->digest[i]) ? "" : hex);
    }
}

/* The slice for n items in all; for an unknown total what holds whatever it will be. */
static void slice(instance *it, size_t n, size_t *start, size_t *step, size_t *count) {
    *start = 0;
    *step = 1;
    *count = n;
    for (size_t p = 0; p < it->node->n_params; p++)
        if (it->node->param[p].row->type == RISE_P_SLICE) {
            job j;
            job_open(&j, it, RISE_WHOLE_VALUE, NULL, NULL);
            rise_param_slice(&j.ctx, it->node->param[p].row->name, n, start, step, count);
            (void)job_close(&j, RISE_OK, NULL);
        }
}

static void slice_ahead(source_pass *pass) {
    enum { FAR = 1 << 30 };
    size_t start, step, count;
    slice(pass->it, FAR, &pass->start, &pass->step, &pass->count);
    slice(pass->it, FAR - 1, &start, &step, &count);
    bool open_end = pass->start + (pass->count - 1) * pass->step + pass->step >= FAR;
    if (start != pass->start || (count != pass->count && !open_end))
        pass->count = 0; /* counted from the end: wait for the total */
}

static rise_status open_offers(instance *it, const source_state *st, size_t start, size_t step,
                               size_t count, rise_error *err) {
    frame_list *list = frame_list_new(count);
    if (!list)
        return rise_fail_nomem(err, "the list of frames");
    run_keep_frames(it->run, list);
    it->frames = list;
    for (size_t o = 0; o < it->node->n_outputs; o++) {
        offer *out = &it->out[o];
        out->frames = list;
        out->frame_identity = calloc(count + 1, sizeof *out->frame_identity);
        out->held = calloc(count + 1, sizeof *out->held);
        if (!out->frame_identity || !out->held)
            return rise_fail_nomem(err, "the list of frames");
    }
    for (size_t f = 0; f < count; f++) {
        item *x = &st->item[start + f * step];
        store_seen room;
        const store_record *record = source_record(it, &x->key, &room);
        if (!record || record->n_note < 32)
            return rise_fail(err, RISE_E_BUG, "%s: item %s was not recorded", it->name, x->name);
        memcpy(list->id[f].byte, record->note, 32);
        list->name[f] = arena_text(&list->memory, x->name);
        if (!list->name[f])
            list->name[f] = "";
        for (size_t o = 0; o < it->node->n_outputs; o++) {
            offer *out = &it->out[o];
            out->frame_identity[f] = record->output[o].digest;
            out->bytes += record->output[o].bytes;
            out->held[f] = x->value ? x->value[o] : NULL;
            for (size_t b = 0; b < 16; b++)
                list->species[f][b] |= record->output[o].species[b];
        }
        free(x->value);
        x->value = NULL;
    }
    return frame_list_number_duplicates(list) ? RISE_OK
                                              : rise_fail_nomem(err, "the list of frames");
}

static void seal(instance *it) {
    for (size_t o = 0; o < it->node->n_outputs; o++) {
        id_of(it->out[o].frame_identity, it->frames->n * sizeof(rise_id), &it->out[o].identity);
        it->out[o].known = it->out[o].wanted;
    }
    it->out[0].known = true;
}

static rise_status read_all(instance *it, source_pass *pass, rise_error *err) {
    source_state *st = pass->state;
    rise_status s = expand_paths(it, st, err);
    slice_ahead(pass);
    pass->announces = st->n_paths > 1 && pool_size(it->run->pool) > 1;
    for (pass->file = 0; s == RISE_OK && pass->file < st->n_paths; pass->file++) {
        s = source_index(pass, err);
        uv_mutex_lock(&it->run->lock);
        said *told = instance_said(it);
        if (told) {
            told->done = (double)(pass->file + 1);
            told->total = (double)st->n_paths;
        }
        uv_mutex_unlock(&it->run->lock);
    }
    if (s == RISE_OK)
        s = source_tell_end(pass, err);
    if (s != RISE_OK)
        return s;
    size_t start, step, count;
    slice(it, st->n, &start, &step, &count);
    st->start = start;
    st->step = step;
    if (count == 0)
        return rise_fail(err, RISE_E_NOINPUT,
                         "%s: no frames: %zu in %zu files, none of them chosen", it->name, st->n,
                         st->n_paths);
    for (size_t f = 0; f < count; f++)
        st->item[start + f * step].slot = f;
    if (it->run->options.plan_only)
        it->would_run = source_plan(pass);
    if (it->would_run)
        return RISE_OK;
    s = source_make(pass, err);
    return s == RISE_OK ? open_offers(it, st, start, step, count, err) : s;
}

rise_status source_settle(instance *it, rise_error *err) {
    source_state *st = ARENA_NEW(run_memory(it->run), source_state, 1);
    if (!st)
        return rise_fail_nomem(err, "a source");
    atomic_store(&it->active, true);
    it->act->state = st;
    source_pass pass = {.it = it, .state = st, .step = 1};
    double start = clock_wall();
    atomic_store(&it->status, RISE_RUNNING);
    rise_status s = instance_load_files(it, err);
    if (s == RISE_OK)
        s = read_all(it, &pass, err);
    if (s != RISE_OK || it->would_run)
        return s;
    size_t made = pass.n_made < it->frames->n ? pass.n_made : it->frames->n;
    atomic_store(&it->frames_ran, made);
    atomic_store(&it->frames_cached, it->frames->n - made);
    if (made) {
        const char *text =
            arena_format(run_memory(it->run), "%zu of %zu frames are new", made, it->frames->n);
        it->reason = instance_explain(it, text ? text : "new frames");
        it->act->started = start;
        it->act->ended = clock_wall();
    }
    atomic_store(&it->status, made ? RISE_RAN : RISE_CACHED);
    seal(it);
    if (!it->run->options.plan_only)
        instance_remember(it, NULL);
    return RISE_OK;
}

/* Values of a known item are gone: its file is read once more, and whatever else of it is gone
 * comes back too. */
rise_status source_again(instance *it, size_t frame, rise_error *err) {
    source_state *st = source_state_of(it);
    rise_status s = RISE_OK;
    pthread_mutex_lock(&it->act->work);
    size_t at = st->start + frame * st->step;
    if (at < st->n && source_value_lost(it, &st->item[at])) {
        source_pass pass = {.it = it, .state = st, .file = st->item[at].file, .step = 1};
        rise_file file;
        rise_id digest;
        pass.first = at - st->item[at].place;
        s = source_open(&pass, err);
        if (s == RISE_OK)
            s = files_load(st->path[pass.file], &file, &digest, err);
        if (s == RISE_OK) {
            s = source_call(&pass, &file, err);
            files_unload(&file);
        }
    }
    pthread_mutex_unlock(&it->act->work);
    return s;
}

void source_close(instance *it) {
    source_state *st = source_state_of(it);
    for (size_t i = 0; st && i < st->n; i++)
        if (st->item[i].value) {
            for (size_t o = 0; o < it->node->n_outputs; o++)
                rise_value_release(st->item[i].value[o]);
            free(st->item[i].value);
        }
    if (st && st->opened && it->node->type->close)
        it->node->type->close(st->shared);
    if (st)
        free(st->item);
    it->act->state = NULL;
}

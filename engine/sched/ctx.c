/* sched/ctx: what a node at work can ask of its host. Parameters are answered in engine/graph; here are inputs,
 * outputs and services. A function that cannot return an error leaves it in job.late, and job_close raises it. */
#include "sched/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static job *job_of(rise_ctx *ctx) {
    return (job *)ctx;
}

static void bug(job *j, const char *what, const char *name) {
    if (j->ctx.bug == RISE_OK)
        snprintf(j->ctx.bug_text, sizeof j->ctx.bug_text, "%s `%s`", what, name);
    j->ctx.bug = RISE_E_BUG;
}

/* ---- files of parameters --------------------------------------------------------------------------------- */
static const rise_file *param_file(rise_ctx *ctx, size_t param, size_t item, const char *field);

typedef struct loaded_file {
    size_t param, item;
    const char *field; /* NULL for the parameter itself */
} loaded_file;

char *file_param_path(const graph *g, const graph_node *node, size_t at, const char *text,
                      arena *a) {
    char *replaced = graph_text_at(g, node, text, at, a);
    return replaced ? path_join(a, g->folder, replaced) : NULL;
}

/* param_file[] runs parallel to this list of where files stand in the parameters, in a fixed order. */
static size_t each_file(const instance *it, size_t at, loaded_file *found, const char **text) {
    size_t n = 0;
    for (size_t p = 0; p < it->node->n_params; p++) {
        const rise_param *row = it->node->param[p].row;
        const graph_value *value = graph_param_at(it->run->graph, it->node, p, it->index);
        if (row->type == RISE_P_FILE && value->kind == GV_TEXT && n++ == at) {
            *found = (loaded_file){p, 0, NULL};
            *text = value->text;
        }
        for (size_t i = 0; row->type == RISE_P_MAP && i < value->n; i++)
            for (size_t k = 0; value->item[i].kind == GV_MAP && k < value->item[i].n; k++)
                for (const rise_param *f = row->fields; f && f->name; f++)
                    if (f->type == RISE_P_FILE && strcmp(f->name, value->item[i].key[k]) == 0 &&
                        n++ == at) {
                        *found = (loaded_file){p, i, f->name};
                        *text = value->item[i].item[k].text;
                    }
    }
    return n;
}

rise_status instance_load_files(instance *it, rise_error *err) {
    loaded_file where;
    const char *text = NULL;
    size_t n = each_file(it, SIZE_MAX, &where, &text);
    if (n == 0 || it->param_file)
        return RISE_OK;
    rise_file *file = calloc(n, sizeof *file);
    if (!file)
        return rise_fail_nomem(err, "the files of a node");
    rise_status s = RISE_OK;
    size_t loaded = 0;
    for (; s == RISE_OK && loaded < n; loaded += s == RISE_OK) {
        rise_id digest;
        each_file(it, loaded, &where, &text);
        char *path = file_param_path(it->run->graph, it->node, it->index, text, &it->memory);
        s = path ? files_load(path, &file[loaded], &digest, err) : rise_fail_nomem(err, "a path");
    }
    uv_mutex_lock(&it->lock);
    it->param_file = file;
    it->n_param_files = loaded;
    uv_mutex_unlock(&it->lock);
    return s;
}

void instance_unload_files(instance *it) {
    for (size_t i = 0; i < it->n_param_files; i++)
        files_unload(&it->param_file[i]);
    free(it->param_file);
    it->param_file = NULL;
    it->n_param_files = 0;
}

static const rise_file *param_file(rise_ctx *ctx, size_t param, size_t item, const char *field) {
    instance *it = job_of(ctx)->it;
    for (size_t i = 0; i < it->n_param_files; i++) {
        loaded_file at = {0};
        const char *text;
        each_file(it, i, &at, &text);
        bool same = field ? at.field && strcmp(at.field, field) == 0 : !at.field;
        if (at.param == param && same && (!field || at.item == item))
            return &it->param_file[i];
    }
    return NULL;
}

static const graph_value *param_species(rise_ctx *ctx, size_t param) {
    instance *it = job_of(ctx)->it;
    return it->species && it->species[param].kind == GV_LIST ? &it->species[param] : NULL;
}

/* ---- a call and its end ---------------------------------------------------------------------------------- */
void job_open(job *j, instance *it, size_t frame, const bool *want, rise_value **result) {
    *j = (job){.it = it, .frame = frame, .want = want, .result = result};
    j->ctx.graph = it->run->graph;
    j->ctx.node = it->node;
    j->ctx.instance = it->index;
    j->ctx.file = param_file;
    j->ctx.species = param_species;
}

rise_status job_close(job *j, rise_status status, rise_error *err) {
    instance *it = j->it;
    account_bytes(it, atomic_load(&it->live_bytes) + j->scratch.used);
    if (j->ctx.bug != RISE_OK)
        status = rise_fail(err, RISE_E_BUG, "%s: node type `%s` asked for an %s", it->name,
                           it->node->type->name, j->ctx.bug_text);
    else if (j->late) {
        if (err)
            *err = j->late_error;
        status = j->late_error.status;
    }
    for (size_t k = 0; j->input && k < it->node->n_inputs; k++)
        rise_value_release(j->input[k]);
    arena_free(&j->scratch);
    arena_free(&j->ctx.texts);
    buffer_free(&j->files);
    return status;
}

static void fail_late(job *j, const rise_error *err) {
    if (!j->late) {
        j->late_error = *err;
        j->late = &j->late_error;
    }
}

/* ---- inputs ------------------------------------------------------------------------------------------------ */
static inlet *find_inlet(job *j, const char *port) {
    for (size_t k = 0; k < j->it->node->n_inputs; k++)
        if (strcmp(j->it->inlet[k].port->name, port) == 0)
            return &j->it->inlet[k];
    bug(j, "input", port);
    return NULL;
}

static const rise_value *frame_input(job *j, inlet *in) {
    instance *it = j->it;
    size_t k = (size_t)(in - it->inlet);
    if (!j->input)
        j->input = arena_alloc(&j->scratch, it->node->n_inputs * sizeof *j->input, 8);
    if (!j->input)
        return NULL;
    if (!j->input[k]) {
        const feed *f = &in->feed[0];
        rise_error err = {0};
        size_t at = f->align ? f->align[j->frame] : j->frame;
        if (offer_fetch(f->from, f->output, at, &j->input[k], &err) != RISE_OK)
            fail_late(j, &err);
    }
    return j->input[k];
}

const rise_value *rise_input(rise_ctx *ctx, const char *port) {
    job *j = job_of(ctx);
    inlet *in = find_inlet(j, port);
    if (!in || in->n == 0)
        return NULL;
    if (in->many || in->port->mode == RISE_STREAM) {
        bug(j, "input value of port", port);
        return NULL;
    }
    if (in->port->mode == RISE_WHOLE || !j->it->node->type->map)
        return in->whole[0];
    if (j->frame == RISE_WHOLE_VALUE) {
        bug(j, "input of one frame outside map:", port);
        return NULL;
    }
    return frame_input(j, in);
}

size_t rise_frame_count(rise_ctx *ctx) {
    const instance *it = job_of(ctx)->it;
    return it->frames ? it->frames->n : 0;
}

const rise_id *rise_frame_ids(rise_ctx *ctx) {
    const instance *it = job_of(ctx)->it;
    return it->frames ? it->frames->id : NULL;
}

const char *rise_frame_name(rise_ctx *ctx, size_t frame) {
    const instance *it = job_of(ctx)->it;
    return it->frames && frame < it->frames->n ? it->frames->name[frame] : "";
}

size_t rise_frame_index(rise_ctx *ctx) {
    job *j = job_of(ctx);
    return j->pass ? source_first_index(j) : j->frame;
}

size_t rise_over_count(rise_ctx *ctx, const char *port) {
    inlet *in = find_inlet(job_of(ctx), port);
    return in ? in->n : 0;
}

static inlet *over_inlet(rise_ctx *ctx, const char *port, size_t i) {
    inlet *in = find_inlet(job_of(ctx), port);
    if (in && i < in->n)
        return in;
    if (in)
        bug(job_of(ctx), "input past the end of port", port);
    return NULL;
}

const rise_value *rise_over_input(rise_ctx *ctx, const char *port, size_t i) {
    inlet *in = over_inlet(ctx, port, i);
    return in ? in->whole[i] : NULL;
}

const rise_point *rise_over_point(rise_ctx *ctx, const char *port, size_t i) {
    inlet *in = over_inlet(ctx, port, i);
    return in ? &in->feed[i].point : NULL;
}

size_t rise_over_frames(rise_ctx *ctx, const char *port, size_t i, const rise_id **ids) {
    inlet *in = over_inlet(ctx, port, i);
    frame_list *list = in ? in->feed[i].own : NULL;
    *ids = list ? list->id : NULL;
    return list ? list->n : 0;
}

rise_id rise_input_digest(rise_ctx *ctx, const char *port) {
    inlet *in = find_inlet(job_of(ctx), port);
    return in && in->n ? in->identity : (rise_id){{0}};
}

const rise_value *rise_graph_table(rise_ctx *ctx) {
    return job_of(ctx)->it->described;
}

/* ---- streams ------------------------------------------------------------------------------------------------- */
rise_status rise_stream_pull(rise_ctx *ctx, const char *port, rise_tile_fn fn, void *user,
                             rise_error *err) {
    job *j = job_of(ctx);
    inlet *in = find_inlet(j, port);
    if (!in || in->n != 1 || in->port->mode != RISE_STREAM || j->frame == RISE_WHOLE_VALUE)
        return rise_fail(err, RISE_E_BUG, "%s: `%s` is no stream to pull in map", j->it->name, port);
    return stream_frame(&in->feed[0], j->frame, j->it, fn, user, err);
}

typedef struct frames_pass {
    instance *it;
    const feed *feed;
    const size_t *frame;
    rise_frame_tile_fn fn;
    void *user;
} frames_pass;

typedef struct slot_user {
    const frames_pass *pass;
    size_t slot;
} slot_user;

static rise_status slot_tile(void *user, const rise_tile *tile, rise_error *err) {
    const slot_user *u = user;
    return u->pass->fn(u->pass->user, u->slot, tile, err);
}

static rise_status pass_frame(void *user, size_t slot, rise_error *err) {
    const frames_pass *pass = user;
    slot_user u = {pass, slot};
    if (run_cancelled(pass->it->run))
        return rise_fail(err, RISE_E_INTERRUPTED, "interrupted");
    instance *before = account_enter(pass->it);
    rise_status s = stream_frame(pass->feed, pass->frame[slot], pass->it, slot_tile, &u, err);
    account_leave(before);
    return s;
}

rise_status rise_stream_frames(rise_ctx *ctx, const char *port, const size_t *frame, size_t n,
                               rise_frame_tile_fn fn, void *user, rise_error *err) {
    job *j = job_of(ctx);
    inlet *in = find_inlet(j, port);
    if (!in || in->n != 1 || in->port->mode != RISE_STREAM || !j->it->node->type->whole)
        return rise_fail(err, RISE_E_BUG, "%s: `%s` is no stream to fold", j->it->name, port);
    for (size_t i = 0; i < n; i++)
        if (frame[i] >= rise_frame_count(ctx))
            return rise_fail(err, RISE_E_BUG, "%s: there is no frame %zu", j->it->name, frame[i]);
    frames_pass pass = {j->it, &in->feed[0], frame, fn, user};
    return pool_group(j->it->run->pool, n, pass_frame, &pass, err);
}

/* ---- outputs --------------------------------------------------------------------------------------------------- */
bool rise_wanted(rise_ctx *ctx, const char *port) {
    job *j = job_of(ctx);
    size_t o = graph_find_output(j->it->node, port);
    if (o == SIZE_MAX)
        bug(j, "output", port);
    return o != SIZE_MAX && j->want && j->want[o];
}

static rise_status check_output(const instance *it, size_t output, const rise_value *value,
                                rise_error *err) {
    const graph_output *out = &it->node->output[output];
    const rise_port *port = out->port;
    rise_kind kind = rise_value_kind(value);
    const rise_tensor *t = rise_value_tensor(value);
    char why[256];
    size_t where = 0;
    if (!(port->kinds & RISE_KINDS(kind)) || (out->kind && out->kind != kind))
        return rise_fail(err, RISE_E_BUG, "%s: output `%s` may not be a %s", it->name, out->name,
                         rise_kind_name(kind));
    if (t && port->dtype && t->dtype != port->dtype)
        return rise_fail(err, RISE_E_BUG, "%s: output `%s` is %s, declared %s", it->name, out->name,
                         rise_dtype_name(t->dtype), rise_dtype_name(port->dtype));
    if (port->shape && value_shape_mismatch(value, port->shape, port->mode != RISE_WHOLE, why))
        return rise_fail(err, RISE_E_BUG, "%s: output `%s`: %s", it->name, out->name, why);
    if (!value_finite(value, &where))
        return rise_fail(err, RISE_E_FAILED, "%s: output `%s` is not finite at element %zu", it->name,
                         out->name, where);
    return RISE_OK;
}

rise_status rise_output(rise_ctx *ctx, const char *port, rise_value *value, rise_error *err) {
    job *j = job_of(ctx);
    size_t o = graph_find_output(j->it->node, port);
    rise_status s = RISE_OK;
    if (o == SIZE_MAX)
        s = rise_fail(err, RISE_E_BUG, "%s has no output `%s`", j->it->name, port);
    else
        s = check_output(j->it, o, value, err);
    bool takes = s == RISE_OK && j->want && j->want[o];
    if (takes && j->pass)
        return source_item_output(j, o, value);
    if (!takes || !j->result || j->result[o]) {
        rise_value_release(value);
        return s;
    }
    j->result[o] = value;
    account_bytes(j->it, atomic_load(&j->it->live_bytes) + rise_value_bytes(value));
    return RISE_OK;
}

rise_status rise_write_file(rise_ctx *ctx, const char *path, const void *bytes, size_t size,
                            rise_error *err) {
    job *j = job_of(ctx);
    rise_status s = output_write(j->it, path, bytes, size, err);
    if (s != RISE_OK)
        return s;
    rise_id digest;
    id_of(bytes, size, &digest);
    buffer_string(&j->files, path);
    buffer_add(&j->files, digest.byte, 32);
    buffer_u64(&j->files, size);
    j->n_files++;
    return j->files.failed ? rise_fail_nomem(err, "the list of files") : RISE_OK;
}

bool rise_item(rise_ctx *ctx, const void *identity, size_t size, const char *name) {
    job *j = job_of(ctx);
    if (!j->pass) {
        bug(j, "item outside source:", name);
        return false;
    }
    return source_item(j, identity, size, name);
}

/* ---- services ---------------------------------------------------------------------------------------------------- */
void *rise_scratch(rise_ctx *ctx, size_t bytes) {
    return arena_alloc(&job_of(ctx)->scratch, bytes ? bytes : 1, 64);
}

bool rise_cancelled(rise_ctx *ctx) {
    const instance *it = job_of(ctx)->it;
    double limit = it->node->timeout_s;
    return run_cancelled(it->run) ||
           (limit > 0 && it->started > 0 && clock_wall() - it->started > limit);
}

void rise_progress(rise_ctx *ctx, double done, double total, const char *fmt, ...) {
    instance *it = job_of(ctx)->it;
    va_list args;
    uv_mutex_lock(&it->run->lock);
    it->done = done;
    it->total = total;
    va_start(args, fmt);
    vsnprintf(it->message, sizeof it->message, fmt, args);
    va_end(args);
    uv_mutex_unlock(&it->run->lock);
}

void rise_warn(rise_ctx *ctx, const char *fmt, ...) {
    instance *it = job_of(ctx)->it;
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    run_warn(it->run, "%s: %s", it->name, text);
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

rise_status rise_parallel(rise_ctx *ctx, size_t n, rise_parallel_fn fn, void *user, rise_error *err) {
    instance *it = job_of(ctx)->it;
    counted c = {it, fn, user};
    return pool_group(it->run->pool, n, counted_item, &c, err);
}

/* ---- sub-results -------------------------------------------------------------------------------------------------- */
static bool memo_key(const job *j, const void *key, size_t size, rise_id *out) {
    const rise_node_type *type = j->it->node->type;
    const char *numerics = type->fingerprint ? type->fingerprint() : "";
    uint8_t version[4] = {(uint8_t)type->version, (uint8_t)(type->version >> 8),
                          (uint8_t)(type->version >> 16), (uint8_t)(type->version >> 24)};
    hasher *h = hasher_new();
    if (!h)
        return false;
    hasher_add(h, "memo", 5);
    hasher_add(h, type->name, strlen(type->name) + 1);
    hasher_add(h, version, sizeof version);
    hasher_add(h, numerics, strlen(numerics) + 1);
    hasher_add(h, key, size);
    hasher_end(h, out);
    return true;
}

rise_status rise_memo_get(rise_ctx *ctx, const void *key, size_t size, rise_value **out) {
    job *j = job_of(ctx);
    rise_id id;
    if (!memo_key(j, key, size, &id))
        return RISE_E_MISS;
    const store_record *record = store_find(j->it->run->store, &id);
    rise_error ignored;
    if (!record || record->n_outputs != 1 ||
        store_get(j->it->run->store, &record->output[0].digest, out, &ignored) != RISE_OK)
        return RISE_E_MISS;
    return RISE_OK;
}

void rise_memo_put(rise_ctx *ctx, const void *key, size_t size, const rise_value *value) {
    job *j = job_of(ctx);
    rise_id id;
    uint64_t stored = 0;
    if (j->it->node->cache == CACHE_NEVER || j->it->tainted || !memo_key(j, key, size, &id) ||
        !store_put(j->it->run->store, value, &stored))
        return;
    store_output output = {.digest = rise_value_digest(value), .bytes = rise_value_bytes(value)};
    store_record record = {.key = id, .n_outputs = 1, .output = &output};
    store_add(j->it->run->store, &record, true);
    store_flush(j->it->run->store);
    atomic_fetch_add(&j->it->stored_bytes, stored);
}

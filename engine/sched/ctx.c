/* sched/ctx: what a node at work can ask of its host. Parameters are answered in engine/graph; here
 * are inputs and outputs. A function that cannot return an error leaves it in job.late, and
 * job_close raises it. */
#include "sched/run.h"

#include <stdio.h>
#include <string.h>

static job *job_of(rise_ctx *ctx) {
    return (job *)ctx;
}

static void bug(job *j, const char *what, const char *name) {
    if (j->ctx.bug == RISE_OK)
        snprintf(j->ctx.bug_text, sizeof j->ctx.bug_text, "%s `%s`", what, name);
    j->ctx.bug = RISE_E_BUG;
}

static const graph_value *param_species(rise_ctx *ctx, size_t param) {
    instance *it = job_of(ctx)->it;
    return it->species && it->species[param].kind == GV_LIST ? &it->species[param] : NULL;
}

/* ---- a call and its end ---------------------------------------------------------------------- */
void job_open(job *j, instance *it, size_t frame, const bool *want, rise_value **result) {
    *j = (job){.it = it, .frame = frame, .want = want, .result = result, .started = clock_wall()};
    j->ctx.graph = it->run->graph;
    j->ctx.node = it->node;
    j->ctx.instance = it->index;
    j->ctx.file = param_file_find;
    j->ctx.species = param_species;
    call_begin(j);
}

rise_status job_close(job *j, rise_status status, rise_error *err) {
    instance *it = j->it;
    call_end(j);
    account_bytes(it, atomic_load(&it->act->live_bytes) + j->scratch.used);
    if (j->ctx.bug != RISE_OK)
        status = rise_fail(err, RISE_E_BUG, "%s: node type `%s` asked for an %s", it->name,
                           it->node->type->name, j->ctx.bug_text);
    else if (j->ctx.texts.failed)
        status = rise_fail_nomem(err, "the parameters of a node");
    else if (j->late) {
        if (err)
            *err = j->late_error;
        status = j->late_error.status;
    } else if (status == RISE_E_INTERRUPTED && !job_cancelled(j) && !j->reader_stopped) {
        double limit = it->node->timeout_s;
        status =
            limit > 0
                ? rise_fail(err, RISE_E_TIMEOUT, "%s: timed out after %g s", it->name, limit)
                : rise_fail(err, RISE_E_BUG, "%s: it stopped without being asked to", it->name);
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

/* ---- inputs ---------------------------------------------------------------------------------- */
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
    if (!j->input) {
        rise_error err;
        rise_fail_nomem(&err, "the inputs of a frame");
        fail_late(j, &err);
        return NULL;
    }
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

void *rise_state(rise_ctx *ctx) {
    job *j = job_of(ctx);
    return j->pass ? source_shared(j) : j->it->act->state;
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
    return in ? in->feed[i].point : NULL;
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

const char *rise_made(rise_ctx *ctx, const char *port) {
    job *j = job_of(ctx);
    inlet *in = find_inlet(j, port);
    bool sees = j->it->node->type->flags & RISE_NODE_SEES_MADE;
    if (!sees)
        bug(j, "input without RISE_NODE_SEES_MADE:", port);
    return sees && in ? inlet_made(j->it, in) : "";
}

/* ---- streams --------------------------------------------------------------------------------- */
rise_status rise_stream_pull(rise_ctx *ctx, const char *port, rise_tile_fn fn, void *user,
                             rise_error *err) {
    job *j = job_of(ctx);
    inlet *in = find_inlet(j, port);
    if (!in || in->n != 1 || in->port->mode != RISE_STREAM || j->frame == RISE_WHOLE_VALUE)
        return rise_fail(err, RISE_E_BUG, "%s: `%s` is no stream to pull in map", j->it->name,
                         port);
    return stream_frame(&in->feed[0], j->frame, j->it, fn, user, j->tape, err);
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
    if (instance_cancelled(pass->it))
        return rise_fail(err, RISE_E_INTERRUPTED, "interrupted");
    instance *before = account_enter(pass->it);
    rise_status s = stream_frame(pass->feed, pass->frame[slot], pass->it, slot_tile, &u, NULL, err);
    account_leave(before);
    if (s != RISE_OK)
        instance_name_frame(pass->it, pass->frame[slot], err);
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

/* ---- outputs --------------------------------------------------------------------------------- */
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
    if (t && t->note && port->mode != RISE_WHOLE)
        return rise_fail(err, RISE_E_BUG, "%s: output `%s`: values of single frames have no note",
                         it->name, out->name);
    if (!value_finite(value, &where))
        return rise_fail(err, RISE_E_FAILED, "%s: output `%s` is not finite at element %zu",
                         it->name, out->name, where);
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
    account_bytes(j->it, atomic_load(&j->it->act->live_bytes) + rise_value_bytes(value));
    return RISE_OK;
}

rise_status rise_write_file(rise_ctx *ctx, const char *path, const void *bytes, size_t size,
                            rise_error *err) {
    job *j = job_of(ctx);
    if (j->ctx.texts.failed) /* the path may be another */
        return rise_fail_nomem(err, "the parameters of a node");
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

const char *rise_item_path(rise_ctx *ctx, size_t i) {
    return source_item_path(job_of(ctx), i);
}

/* sched/build: from the checked graph to instances, what feeds them, and who waits for whom. */
#include "sched/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Names of the axes that the instances of a node have, in the order of the graph. */
static const char **axis_names(run *r, const graph_node *node, size_t *n) {
    const graph *g = r->graph;
    const char **name = ARENA_NEW(&r->built, const char *, g->n_axes);
    *n = 0;
    for (size_t k = 0; name && k < g->n_axes; k++)
        if (graph_index_at(g, node, 0, g->axis[k].dim) != SIZE_MAX)
            name[(*n)++] = g->axis[k].name;
    return name;
}

static rise_status name_instance(instance *it, rise_error *err) {
    const graph *g = it->run->graph;
    arena *a = &it->run->built;
    const instance *first = it - it->index;
    it->axis = it == first ? axis_names(it->run, it->node, &it->n_axes) : first->axis;
    it->n_axes = first->n_axes;
    it->name = it->n_axes ? graph_instance_name(g, it->node, it->index, a) : it->node->name;
    it->value = ARENA_NEW(a, const char *, it->n_axes);
    if (!it->name || !it->axis || !it->value)
        return rise_fail_nomem(err, "the instances of the graph");
    for (size_t k = 0, n = 0; k < g->n_axes; k++) {
        size_t at = graph_index_at(g, it->node, it->index, g->axis[k].dim);
        if (at != SIZE_MAX)
            it->value[n++] = g->axis[k].text[at];
    }
    return RISE_OK;
}

/* Where a source stands on the axes that the receiver does not have itself. NULL: memory short. */
static rise_point *place_point(const instance *it, const instance *from, const graph_ref *ref) {
    const graph *g = it->run->graph;
    rise_point *point = ARENA_NEW(&it->run->built, rise_point, 1);
    if (!point)
        return NULL;
    point->reference = ref->text;
    for (size_t k = 0; k < g->n_axes && point->n_axes < RISE_MAX_RANK; k++) {
        const graph_axis *axis = &g->axis[k];
        size_t at = graph_index_at(g, from->node, from->index, axis->dim);
        bool fixed = false;
        for (size_t i = 0; i < ref->n_fixed; i++)
            fixed = fixed || ref->fixed_dim[i] == axis->dim;
        if (at == SIZE_MAX || fixed ||
            graph_index_at(g, it->node, it->index, axis->dim) != SIZE_MAX)
            continue;
        size_t n = point->n_axes++;
        point->axis[n] = axis->name;
        point->text[n] = axis->text[at];
        point->number[n] = axis->number[at];
        point->index[n] = at;
        point->size[n] = axis->n;
    }
    return point;
}

static bool add_next(instance *from, instance *it) {
    if (from->n_next && from->next[from->n_next - 1] == it)
        return true;
    if (from->n_next == from->next_capacity) {
        size_t capacity = from->next_capacity ? 4 * from->next_capacity : 1;
        instance **next = ARENA_NEW(&from->run->built, instance *, capacity);
        if (!next)
            return false;
        if (from->n_next)
            memcpy(next, from->next, from->n_next * sizeof *next);
        from->next = next;
        from->next_capacity = capacity;
    }
    from->next[from->n_next++] = it;
    it->waiting++;
    return true;
}

static rise_status build_inlet(instance *it, size_t k, rise_error *err) {
    run *r = it->run;
    const graph_input *input = &it->node->input[k];
    inlet *in = &it->inlet[k];
    in->port = input->port;
    in->many = (input->port->flags & (RISE_PORT_OVER | RISE_PORT_MANY)) != 0;
    size_t n_feeds = 0, at = 0;
    for (size_t ref = 0; ref < input->n_refs; ref++)
        n_feeds += graph_source_count(r->graph, it->node, k, ref);
    in->feed = ARENA_NEW(&r->built, feed, n_feeds);
    in->whole = ARENA_NEW(&r->built, rise_value *, n_feeds);
    if (!in->feed || !in->whole)
        return rise_fail_nomem(err, "the instances of the graph");
    in->n = n_feeds;
    for (size_t ref = 0; ref < input->n_refs; ref++) {
        size_t n = graph_source_count(r->graph, it->node, k, ref);
        for (size_t i = 0; i < n; i++, at++) {
            size_t source = graph_source(r->graph, it->node, it->index, k, ref, i);
            feed *f = &in->feed[at];
            f->from = &r->instance[r->first[input->ref[ref].node] + source];
            f->output = input->ref[ref].output;
            f->point = in->many ? place_point(it, f->from, &input->ref[ref]) : NULL;
            if ((in->many && !f->point) || !add_next(f->from, it))
                return rise_fail_nomem(err, "the instances of the graph");
        }
    }
    return RISE_OK;
}

static rise_status build_instance(instance *it, rise_error *err) {
    graph_node *node = it->node;
    rise_status s = name_instance(it, err);
    it->inlet = ARENA_NEW(&it->run->built, inlet, node->n_inputs);
    it->out = ARENA_NEW(&it->run->built, offer, node->n_outputs);
    it->reason = "";
    if (s == RISE_OK && (!it->inlet || !it->out))
        s = rise_fail_nomem(err, "the instances of the graph");
    for (size_t k = 0; s == RISE_OK && k < node->n_inputs; k++)
        s = build_inlet(it, k, err);
    return s;
}

/* Wanted: read by somebody; or, where nothing of the node is read, its first output; whole outputs
 * that are not costly always, so that a library's user finds them; all that is in a file that is
 * read, so that it need not be read again for another of its outputs. */
static void choose_wanted(instance *it) {
    graph_node *node = it->node;
    bool any = false;
    for (size_t o = 0; o < node->n_outputs; o++)
        any = any || node->output[o].used;
    for (size_t o = 0; o < node->n_outputs; o++) {
        const rise_port *port = node->output[o].port;
        bool cheap = (port->mode == RISE_WHOLE || node->type->source) &&
                     !(port->flags & RISE_PORT_ON_DEMAND);
        it->out[o].each = port->mode != RISE_WHOLE;
        it->out[o].wanted = node->output[o].used || cheap || (!any && o == 0);
    }
}

arena *run_memory(run *r) {
    return &r->worker[pool_slot()].memory;
}

arena *run_passing(run *r) {
    return &r->worker[pool_slot()].passing;
}

static void need(instance *it) {
    if (it->needed)
        return;
    it->needed = true;
    it->run->n_needed++;
    for (size_t k = 0; k < it->node->n_inputs; k++)
        for (size_t i = 0; i < it->inlet[k].n; i++)
            need(it->inlet[k].feed[i].from);
}

static bool make_workers(run *r) {
    unsigned n = pool_size(r->pool) + 1;
    r->worker = aligned_alloc(64, n * sizeof *r->worker);
    if (!r->worker)
        return false;
    memset(r->worker, 0, n * sizeof *r->worker);
    r->n_workers = n;
    return true;
}

static bool make_room(run *r) {
    const graph *g = r->graph;
    r->first = calloc(g->n_nodes + 1, sizeof *r->first);
    for (size_t n = 0; n < g->n_nodes; n++) {
        if (r->first)
            r->first[n] = r->n_instances;
        r->sees_made |= (g->node[n].type->flags & RISE_NODE_SEES_MADE) != 0;
        r->n_instances += g->node[n].n_instances;
    }
    r->instance = calloc(r->n_instances + 1, sizeof *r->instance);
    r->activity = calloc(r->n_instances + 1, sizeof *r->activity);
    if (!r->first || !r->instance || !r->activity || !history_begin(r) || !make_workers(r))
        return false;
    memory_ready(r->instance, r->n_instances * sizeof *r->instance);
    return true;
}

/* Counts those that are made, or begun, in r->n_instances. */
static rise_status make_instances(run *r, bool all_needed, rise_error *err) {
    const graph *g = r->graph;
    rise_status s = RISE_OK;
    r->n_instances = 0;
    for (size_t n = 0; s == RISE_OK && n < g->n_nodes; n++)
        for (size_t i = 0; s == RISE_OK && i < g->node[n].n_instances; i++) {
            instance *it = &r->instance[r->n_instances]; /* zeros */
            it->run = r;
            it->node = &g->node[n];
            it->index = i;
            it->number = r->n_instances;
            it->act = &r->activity[r->n_instances++];
            it->needed = all_needed;
            s = build_instance(it, err);
            if (s == RISE_OK)
                choose_wanted(it);
        }
    return s;
}

rise_status run_build(run *r, rise_error *err) {
    size_t only = r->only ? graph_find_node(r->graph, r->only) : SIZE_MAX;
    bool room = make_room(r);
    rise_status s = room ? run_fix_params(r, err) : rise_fail_nomem(err, "the instances");
    if (s == RISE_OK && !run_begin_keys(r))
        s = rise_fail_nomem(err, "the keys");
    if (s != RISE_OK) {
        r->n_instances = 0;
        return s;
    }
    s = make_instances(r, only == SIZE_MAX, err);
    if (s == RISE_OK && only == SIZE_MAX)
        r->n_needed = r->n_instances;
    for (size_t i = 0; s == RISE_OK && only != SIZE_MAX && i < r->graph->node[only].n_instances;
         i++)
        need(&r->instance[r->first[only] + i]);
    return s;
}

static void free_offer(offer *o) {
    if (o->held)
        for (size_t f = 0; f < (o->each && o->frames ? o->frames->n : 1); f++)
            rise_value_release(o->held[f]);
    free(o->held);
    free(o->frame_identity);
}

static void free_activity(instance *it) {
    if (it->node->type->source)
        source_close(it);
    else
        map_close(it);
    instance_drop(it);
    instance_unload_files(it);
    free(it->act->said);
    free(it->act->warned);
    pthread_mutex_destroy(&it->act->lock);
    pthread_mutex_destroy(&it->act->work);
}

static void free_instance(instance *it) {
    if (atomic_load(&it->active))
        free_activity(it);
    for (size_t k = 0; it->inlet && k < it->node->n_inputs; k++)
        for (size_t i = 0; i < it->inlet[k].n; i++)
            free(it->inlet[k].feed[i].align);
    for (size_t o = 0; it->out && o < it->node->n_outputs; o++)
        free_offer(&it->out[o]);
    rise_value_release(it->described);
    if (it->error != &it->run->no_room)
        free(it->error);
    free(it->frame_key);
    free(it->ran_frame);
    if (it->unfinished)
        free(it->unfinished->missing);
    free(it->unfinished);
}

void run_unbuild(run *r) {
    for (size_t i = 0; i < r->n_instances; i++)
        free_instance(&r->instance[i]);
    run_free_frames(r);
    free(r->instance);
    free(r->activity);
    free(r->first);
    for (unsigned i = 0; i < r->n_workers; i++) {
        arena_free(&r->worker[i].memory);
        arena_free(&r->worker[i].passing);
    }
    free(r->worker);
    history_end(r);
    arena_free(&r->built);
}

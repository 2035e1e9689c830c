/* sched/key: the key of an instance: everything that determines its result and nothing else. Each
 * part has a name and a text, so that two keys can be compared in words (reason.c). */
#include "sched/run.h"

#include <stdlib.h>
#include <string.h>

enum { KEY_FORMAT = 2 };

/* 104 bytes: with its end two blocks of SHA-256, and there is one of these for each frame. */
void key_combine(const char *role, const rise_id *a, const rise_id *b, rise_id *out) {
    enum { ROLE = 40 };
    uint8_t bytes[ROLE + 64] = {0};
    size_t n = strlen(role);
    rise_id digest;
    if (n < ROLE) {
        memcpy(bytes, role, n);
    } else { /* and a last byte that is not 0 */
        id_of(role, n, &digest);
        memcpy(bytes, digest.byte, sizeof digest.byte);
        bytes[ROLE - 1] = 1;
    }
    memcpy(bytes + ROLE, a->byte, 32);
    memcpy(bytes + ROLE + 32, b->byte, 32);
    id_of(bytes, sizeof bytes, out);
}

/* Of a whole node that turns out to be known nobody asks for its parts: they need not last. */
arena *key_memory(const instance *it) {
    return it->part_passes ? run_passing(it->run) : run_memory(it->run);
}

/* A key in the making. */
typedef struct maker {
    const graph_node *node;
    hash_state h;
    instance *it; /* which keeps the parts; NULL: they are hashed, and that is all */
} maker;

/* A map's base key leaves out what only chooses frames and what arrives frame by frame. */
static bool in_base_key(const graph_node *node, int role, const char *name) {
    const rise_node_type *type = node->type;
    if (role == PART_FILES || (role == PART_SELECT && (type->map || type->source)))
        return false;
    if (role != PART_INPUT || !type->map)
        return true;
    for (size_t k = 0; k < node->n_inputs; k++)
        if (strcmp(node->input[k].port->name, name) == 0)
            return node->input[k].port->mode == RISE_WHOLE;
    return true;
}

/* `name` and `text` are borrowed; the list has room for all parts of the node. */
static void add_part(maker *m, int role, const char *name, const char *text, size_t size,
                     graph_place place) {
    if (in_base_key(m->node, role, name)) {
        uint8_t byte = (uint8_t)role;
        hash_add(&m->h, &byte, 1);
        hash_add(&m->h, name, strlen(name) + 1);
        hash_add(&m->h, text, size);
        hash_add(&m->h, "", 1);
    }
    if (m->it)
        m->it->part[m->it->n_parts++] =
            (key_part){.name = name, .text = text, .place = place, .role = (unsigned char)role};
}

static rise_status add_copy(maker *m, int role, const char *name, const char *text, size_t size,
                            graph_place place, rise_error *err) {
    const char *copy = m->it ? arena_bytes(key_memory(m->it), text, size) : text;
    if (!copy)
        return rise_fail_nomem(err, "a key");
    add_part(m, role, name, copy, size, place);
    return RISE_OK;
}

static rise_status add_digest(maker *m, int role, const char *name, const rise_id *digest,
                              graph_place place, rise_error *err) {
    char hex[65];
    id_hex(digest, hex);
    return add_copy(m, role, name, hex, 64, place, err);
}

/* ---- what is the same for all instances of a node -------------------------------------------- */
static rise_status add_base(maker *m, rise_error *err) {
    const rise_node_type *type = m->node->type;
    graph_place at = m->node->place;
    char version[24];
    size_t size = text_of_int(type->version, version);
    add_part(m, PART_BASE, "type", type->name, strlen(type->name), at);
    rise_status s = add_copy(m, PART_BASE, "version", version, size, at, err);
    const char *plugin = m->node->plugin;
    if (plugin)
        add_part(m, PART_BASE, PLUGIN_PART, plugin, strlen(plugin), at);
    const char *numerics = s == RISE_OK && type->fingerprint ? type->fingerprint() : NULL;
    if (numerics)
        add_part(m, PART_BASE, "numerics", numerics, strlen(numerics), at);
    return s;
}

static bool has_files(const rise_param *row) {
    for (const rise_param *field = row->fields; field && field->name; field++)
        if (field->type == RISE_P_FILE)
            return true;
    return false;
}

static int role_of(const graph_node *node, const rise_param *row) {
    if (node->type->source && (row->type == RISE_P_FILE || has_files(row)))
        return PART_FILES;
    return row->flags & RISE_PARAM_SELECTS ? PART_SELECT : PART_PARAM;
}

/* Files of a source enter through its items, one by one (source.c). The path of an output file
 * stays in: it decides the format that is written. */
static bool stands_in_key(const rise_param *row) {
    return !(row->flags & RISE_PARAM_NO_RESULT) && row->type != RISE_P_FILES;
}

static void add_fixed(maker *m, size_t i, const char *text) {
    const graph_param *param = &m->node->param[i];
    add_part(m, role_of(m->node, param->row), param->row->name, text, strlen(text), param->place);
}

static void begin(maker *m) {
    uint8_t format[4] = {'r', 'k', KEY_FORMAT, 0};
    hash_begin(&m->h);
    hash_add(&m->h, format, sizeof format);
}

/* The parts in front that are the same for all instances, hashed; how many parameters are. */
struct key_front {
    hash_state h;
    size_t n_params;
};

bool run_begin_keys(run *r) {
    const graph *g = r->graph;
    r->front = ARENA_NEW(&r->built, key_front, g->n_nodes);
    for (size_t n = 0; r->front && n < g->n_nodes; n++) {
        maker m = {.node = &g->node[n]};
        size_t i = 0;
        begin(&m);
        (void)add_base(&m, NULL); /* takes no memory */
        for (; i < m.node->n_params; i++) {
            const char *text = r->fixed[n] ? r->fixed[n][i] : NULL;
            bool stands = stands_in_key(m.node->param[i].row);
            if (stands && !text)
                break;
            if (stands)
                add_fixed(&m, i, text);
        }
        r->front[n] = (key_front){m.h, i};
    }
    return r->front != NULL;
}

/* ---- what an instance has of its own --------------------------------------------------------- */
static rise_status add_own(maker *m, instance *it, size_t i, rise_error *err) {
    const graph_param *param = &it->node->param[i];
    buffer text = {0};
    rise_status s = key_param_text(it, i, &text, err);
    if (s == RISE_OK && text.failed)
        s = rise_fail_nomem(err, "a key");
    else if (s == RISE_OK)
        s = add_copy(m, role_of(it->node, param->row), param->row->name, (const char *)text.bytes,
                     text.size, param->place, err);
    else if (err && err->line == 0 && param->given) {
        snprintf(err->file, sizeof err->file, "%s", it->run->graph->path);
        text_cut(err->file, sizeof err->file - 1);
        err->line = param->place.line;
        err->col = param->place.col;
    }
    buffer_free(&text);
    return s;
}

static rise_status add_params(maker *m, instance *it, size_t first, rise_error *err) {
    rise_status s = RISE_OK;
    for (size_t i = first; s == RISE_OK && i < it->node->n_params; i++) {
        const char *fixed = key_fixed_text(it, i);
        if (!stands_in_key(it->node->param[i].row))
            continue;
        if (fixed)
            add_fixed(m, i, fixed);
        else
            s = add_own(m, it, i, err);
    }
    return s;
}

static rise_status add_inputs(maker *m, instance *it, rise_error *err) {
    rise_status s = RISE_OK;
    for (size_t k = 0; s == RISE_OK && k < it->node->n_inputs; k++) {
        inlet *in = &it->inlet[k];
        bool matters = m->it || in_base_key(m->node, PART_INPUT, in->port->name);
        if (in->n == 0 || !matters)
            continue;
        inlet_identify(it, in);
        s = add_digest(m, PART_INPUT, in->port->name, &in->identity,
                       it->node->input[k].ref[0].place, err);
    }
    return s;
}

/* What a node is told of its inputs beside their values. */
static rise_status add_made(maker *m, const instance *it, rise_error *err) {
    rise_status s = RISE_OK;
    if (!(it->node->type->flags & RISE_NODE_SEES_MADE))
        return RISE_OK;
    for (size_t k = 0; s == RISE_OK && k < it->node->n_inputs; k++) {
        const inlet *in = &it->inlet[k];
        const char *made = inlet_made(it, in);
        rise_id digest;
        if (!made[0])
            continue;
        id_of(made, strlen(made), &digest);
        s = add_digest(m, PART_MADE, in->port->name, &digest, it->node->input[k].ref[0].place, err);
    }
    return s;
}

static rise_status add_graph(maker *m, instance *it, rise_error *err) {
    if (!(it->node->type->flags & RISE_NODE_SEES_GRAPH))
        return RISE_OK;
    rise_status s = instance_describe(it, err);
    if (s != RISE_OK)
        return s;
    rise_id digest = rise_value_digest(it->described);
    return add_digest(m, PART_INPUT, "the graph", &digest, it->node->place, err);
}

/* ---- frames of a map ------------------------------------------------------------------------- */
rise_id instance_frame_key(const instance *it, size_t frame) {
    if (it->frame_key)
        return it->frame_key[frame];
    rise_id key = it->base_key;
    for (size_t k = 0; k < it->node->n_inputs; k++) {
        const inlet *in = &it->inlet[k];
        if (in->n == 0 || in->port->mode == RISE_WHOLE)
            continue;
        rise_id id = feed_frame_identity(&in->feed[0], frame), next;
        key_combine(in->port->name, &key, &id, &next);
        key = next;
    }
    return key;
}

bool instance_make_frame_keys(instance *it) {
    rise_id *key = calloc(it->frames->n + 1, sizeof *key);
    for (size_t i = 0; key && i < it->frames->n; i++)
        key[i] = instance_frame_key(it, i);
    it->frame_key = key;
    return key != NULL;
}

/* ---- whole keys ------------------------------------------------------------------------------ */

/* Type, version, plug-in, numerics and the graph, beside what the node has itself. */
enum { PARTS_BESIDE = 5 };

static rise_status keep_parts(maker *m, instance *it, rise_error *err) {
    size_t room = PARTS_BESIDE + it->node->n_params + 2 * it->node->n_inputs;
    if (!it->part)
        it->part = ARENA_NEW(key_memory(it), key_part, room);
    if (!it->part)
        return rise_fail_nomem(err, "a key");
    it->n_parts = 0;
    m->it = it;
    begin(m);
    return add_base(m, err);
}

static rise_status make_key(instance *it, bool keep, rise_id *key, rise_error *err) {
    const key_front *front = &it->run->front[it->node - it->run->graph->node];
    maker m = {.node = it->node, .h = front->h};
    rise_status s = keep ? keep_parts(&m, it, err) : RISE_OK;
    if (s == RISE_OK)
        s = add_params(&m, it, keep ? 0 : front->n_params, err);
    if (s == RISE_OK)
        s = add_inputs(&m, it, err);
    if (s == RISE_OK)
        s = add_made(&m, it, err);
    if (s == RISE_OK)
        s = add_graph(&m, it, err);
    if (s == RISE_OK)
        hash_end(&m.h, key);
    return s;
}

rise_status instance_make_key(instance *it, bool keep, rise_error *err) {
    rise_status s = make_key(it, keep, &it->base_key, err);
    return s == RISE_OK ? instance_tell_made(it, err) : s;
}

rise_status instance_need_parts(instance *it, rise_error *err) {
    rise_id key;
    rise_status s = RISE_OK;
    if (it->part)
        return s;
    s = make_key(it, true, &key, err);
    if (s == RISE_OK && id_equal(&key, &it->base_key))
        return s;
    it->part = NULL; /* some, or those of another key: who asks again is told again */
    it->n_parts = 0;
    if (s != RISE_OK)
        return s;
    rise_fail(err, RISE_E_CHANGED, "%s: a file that it reads changed while the run was under way",
              it->name);
    return rise_hint(err, "run again");
}

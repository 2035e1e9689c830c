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

/* `name` and `text` are borrowed; the list has room for all parts of the node. */
static void add_part(instance *it, int role, const char *name, const char *text,
                     graph_place place) {
    it->part[it->n_parts++] =
        (key_part){.name = name, .text = text, .place = place, .role = (unsigned char)role};
}

static rise_status add_copy(instance *it, int role, const char *name, const char *text, size_t size,
                            graph_place place, rise_error *err) {
    const char *copy = arena_bytes(key_memory(it), text, size);
    if (!copy)
        return rise_fail_nomem(err, "a key");
    add_part(it, role, name, copy, place);
    return RISE_OK;
}

static rise_status add_digest(instance *it, int role, const char *name, const rise_id *digest,
                              graph_place place, rise_error *err) {
    char hex[65];
    id_hex(digest, hex);
    return add_copy(it, role, name, hex, 64, place, err);
}

static bool has_files(const rise_param *row) {
    for (const rise_param *field = row->fields; field && field->name; field++)
        if (field->type == RISE_P_FILE)
            return true;
    return false;
}

static int role_of(const instance *it, const rise_param *row) {
    if (it->node->type->source && (row->type == RISE_P_FILE || has_files(row)))
        return PART_FILES;
    return row->flags & RISE_PARAM_SELECTS ? PART_SELECT : PART_PARAM;
}

static rise_status add_param(instance *it, size_t i, rise_error *err) {
    const graph_param *param = &it->node->param[i];
    const char *fixed = key_fixed_text(it, i);
    int role = role_of(it, param->row);
    if (fixed) {
        add_part(it, role, param->row->name, fixed, param->place);
        return RISE_OK;
    }
    buffer text = {0};
    rise_status s = key_param_text(it, i, &text, err);
    if (s == RISE_OK && text.failed)
        s = rise_fail_nomem(err, "a key");
    else if (s == RISE_OK)
        s = add_copy(it, role, param->row->name, (const char *)text.bytes, text.size, param->place,
                     err);
    else if (err && err->line == 0 && param->given) {
        snprintf(err->file, sizeof err->file, "%s", it->run->graph->path);
        text_cut(err->file, sizeof err->file - 1);
        err->line = param->place.line;
        err->col = param->place.col;
    }
    buffer_free(&text);
    return s;
}

/* Files of a source enter through its items, one by one (source.c). The path of an output file
 * stays in: it decides the format that is written. */
static rise_status add_params(instance *it, rise_error *err) {
    rise_status s = RISE_OK;
    for (size_t i = 0; s == RISE_OK && i < it->node->n_params; i++) {
        const rise_param *row = it->node->param[i].row;
        if (!(row->flags & RISE_PARAM_NO_RESULT) && row->type != RISE_P_FILES)
            s = add_param(it, i, err);
    }
    return s;
}

static rise_status add_inputs(instance *it, rise_error *err) {
    rise_status s = RISE_OK;
    for (size_t k = 0; s == RISE_OK && k < it->node->n_inputs; k++) {
        inlet *in = &it->inlet[k];
        if (in->n == 0)
            continue;
        inlet_identify(it, in);
        s = add_digest(it, PART_INPUT, in->port->name, &in->identity,
                       it->node->input[k].ref[0].place, err);
    }
    return s;
}

/* A map's base key leaves out what only chooses frames and what arrives frame by frame. */
static bool in_base_key(const instance *it, const key_part *part) {
    const rise_node_type *type = it->node->type;
    if (part->role == PART_FILES || (part->role == PART_SELECT && (type->map || type->source)))
        return false;
    if (part->role != PART_INPUT || !type->map)
        return true;
    for (size_t k = 0; k < it->node->n_inputs; k++)
        if (strcmp(it->inlet[k].port->name, part->name) == 0)
            return it->inlet[k].port->mode == RISE_WHOLE;
    return true;
}

static void hash_parts(instance *it) {
    hash_state h;
    uint8_t format[4] = {'r', 'k', KEY_FORMAT, 0};
    hash_begin(&h);
    hash_add(&h, format, sizeof format);
    for (size_t i = 0; i < it->n_parts; i++) {
        const key_part *part = &it->part[i];
        if (!in_base_key(it, part))
            continue;
        uint8_t role = (uint8_t)part->role;
        hash_add(&h, &role, 1);
        hash_add(&h, part->name, strlen(part->name) + 1);
        hash_add(&h, part->text, strlen(part->text) + 1);
    }
    hash_end(&h, &it->base_key);
}

static void make_frame_keys(instance *it) {
    for (size_t i = 0; i < it->frames->n; i++) {
        rise_id key = it->base_key;
        for (size_t k = 0; k < it->node->n_inputs; k++) {
            const inlet *in = &it->inlet[k];
            if (in->n == 0 || in->port->mode == RISE_WHOLE)
                continue;
            rise_id id = feed_frame_identity(&in->feed[0], i), next;
            key_combine(in->port->name, &key, &id, &next);
            key = next;
        }
        it->frame_key[i] = key;
    }
}

/* What a node is told of its inputs beside their values. */
static rise_status add_made(instance *it, rise_error *err) {
    rise_status s = RISE_OK;
    for (size_t k = 0; s == RISE_OK && k < it->node->n_inputs; k++) {
        const inlet *in = &it->inlet[k];
        const char *made = inlet_made(it, in);
        rise_id digest;
        if (!(it->node->type->flags & RISE_NODE_SEES_MADE) || !made[0])
            continue;
        id_of(made, strlen(made), &digest);
        s = add_digest(it, PART_MADE, in->port->name, &digest, it->node->input[k].ref[0].place,
                       err);
    }
    return s;
}

static rise_status add_graph(instance *it, rise_error *err) {
    if (!(it->node->type->flags & RISE_NODE_SEES_GRAPH))
        return RISE_OK;
    rise_status s = instance_describe(it, err);
    if (s != RISE_OK)
        return s;
    rise_id digest = rise_value_digest(it->described);
    return add_digest(it, PART_INPUT, "the graph", &digest, it->node->place, err);
}

/* Type, version, plug-in, numerics and the graph, beside what the node has itself. */
enum { PARTS_BESIDE = 5 };

static rise_status add_base(instance *it, rise_error *err) {
    const rise_node_type *type = it->node->type;
    graph_place at = it->node->place;
    char version[24];
    size_t size = text_of_int(type->version, version);
    size_t room = PARTS_BESIDE + it->node->n_params + 2 * it->node->n_inputs;
    if (!it->part)
        it->part = ARENA_NEW(key_memory(it), key_part, room);
    if (!it->part)
        return rise_fail_nomem(err, "a key");
    it->n_parts = 0;
    add_part(it, PART_BASE, "type", type->name, at);
    rise_status s = add_copy(it, PART_BASE, "version", version, size, at, err);
    if (it->node->plugin)
        add_part(it, PART_BASE, PLUGIN_PART, it->node->plugin, at);
    if (s == RISE_OK && type->fingerprint)
        add_part(it, PART_BASE, "numerics", type->fingerprint(), at);
    return s;
}

rise_status instance_make_key(instance *it, rise_error *err) {
    rise_status s = add_base(it, err);
    if (s == RISE_OK)
        s = add_params(it, err);
    if (s == RISE_OK)
        s = add_inputs(it, err);
    if (s == RISE_OK)
        s = add_made(it, err);
    if (s == RISE_OK)
        s = add_graph(it, err);
    if (s == RISE_OK)
        s = instance_tell_made(it, err);
    if (s != RISE_OK)
        return s;
    hash_parts(it);
    if (!it->node->type->map)
        return RISE_OK;
    free(it->frame_key);
    it->frame_key = calloc(it->frames->n + 1, sizeof *it->frame_key);
    if (!it->frame_key)
        return rise_fail_nomem(err, "a key");
    make_frame_keys(it);
    return RISE_OK;
}

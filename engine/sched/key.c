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
static arena *key_memory(const instance *it) {
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

static rise_status add_digest(instance *it, const char *name, const rise_id *digest,
                              graph_place place, rise_error *err) {
    char hex[65];
    id_hex(digest, hex);
    return add_copy(it, PART_INPUT, name, hex, 64, place, err);
}

static rise_status add_file(instance *it, const graph_value *value, buffer *text, rise_error *err) {
    char *path = file_param_path(it->run->graph, it->node, it->index, value->text, key_memory(it));
    rise_id digest;
    char hex[65];
    if (!path)
        return rise_fail_nomem(err, "a path");
    rise_status s = files_digest(it->run->store, path, it->run->options.paranoid, &digest, err);
    if (s != RISE_OK)
        return s;
    id_hex(&digest, hex);
    buffer_text(text, "file ");
    buffer_text(text, hex);
    return RISE_OK;
}

static const rise_param *find_row(const rise_param *row, const char *name) {
    for (; row && row->name; row++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

/* `{axis}` stands for its value wherever a text stands, in lists and maps too. NULL: memory short.
 */
static const graph_value *at_point(instance *it, const graph_value *value) {
    const graph *g = it->run->graph;
    graph_value *out = ARENA_NEW(key_memory(it), graph_value, 1);
    if (!out)
        return NULL;
    *out = *value;
    if (value->kind == GV_TEXT) {
        out->text = graph_text_at(g, it->node, value->text, it->index, key_memory(it));
        return out->text ? out : NULL;
    }
    if (value->kind != GV_LIST && value->kind != GV_MAP)
        return value;
    out->item = ARENA_NEW(key_memory(it), graph_value, value->n + 1);
    for (size_t i = 0; out->item && i < value->n; i++) {
        const graph_value *item = at_point(it, &value->item[i]);
        if (!item)
            return NULL;
        out->item[i] = *item;
    }
    return out->item ? out : NULL;
}

/* Files inside map entries enter the key by their content too. */
static rise_status add_map(instance *it, const rise_param *row, const graph_value *value,
                           buffer *text, rise_error *err) {
    rise_status s = RISE_OK;
    value = at_point(it, value);
    if (!value)
        return rise_fail_nomem(err, "a key");
    buffer_text(text, "{");
    for (size_t i = 0; s == RISE_OK && i < value->n; i++) {
        const graph_value *entry = &value->item[i];
        buffer_text(text, i ? ", " : "");
        buffer_text(text, value->key[i]);
        buffer_text(text, ": ");
        if (entry->kind != GV_MAP) {
            graph_value_canonical(entry, text);
            continue;
        }
        buffer_text(text, "{");
        for (size_t k = 0; s == RISE_OK && k < entry->n; k++) {
            const rise_param *field = find_row(row->fields, entry->key[k]);
            buffer_text(text, k ? ", " : "");
            buffer_text(text, entry->key[k]);
            buffer_text(text, ": ");
            if (field && field->type == RISE_P_FILE)
                s = add_file(it, &entry->item[k], text, err);
            else
                graph_value_canonical(&entry->item[k], text);
        }
        buffer_text(text, "}");
    }
    buffer_text(text, "}");
    return s;
}

static void all_species(const frame_list *list, uint8_t mask[16]) {
    memset(mask, 0, 16);
    for (size_t f = 0; f < list->n; f++)
        for (size_t b = 0; b < 16; b++)
            mask[b] |= list->species[f][b];
}

/* Species that the graph does not name are those of the whole input, in the order of atomic number.
 */
static rise_status resolve_species(instance *it, size_t param, rise_error *err) {
    const inlet *in = NULL;
    for (size_t k = 0; k < it->node->n_inputs; k++)
        if (strcmp(it->node->input[k].port->name, "input") == 0 && it->inlet[k].n)
            in = &it->inlet[k];
    const frame_list *list = in ? in->feed[0].from->out[in->feed[0].output].frames : NULL;
    if (!list)
        return rise_fail(err, RISE_E_DATA, "%s: species are not known: the input has no frames",
                         it->name);
    uint8_t mask[16];
    all_species(list, mask);
    if (!it->species)
        it->species = ARENA_NEW(run_memory(it->run), graph_value, it->node->n_params);
    graph_value *item = ARENA_NEW(run_memory(it->run), graph_value, 128);
    if (!it->species || !item)
        return rise_fail_nomem(err, "the species");
    size_t n = 0;
    for (int z = 1; z < 128; z++)
        if (mask[z / 8] >> (z % 8) & 1)
            item[n++] = (graph_value){.kind = GV_TEXT, .text = rise_element_symbol(z)};
    if (n == 0)
        return rise_fail(err, RISE_E_DATA, "%s: no atoms in any frame of the input", it->name);
    it->species[param] = (graph_value){.kind = GV_LIST, .n = n, .item = item};
    return RISE_OK;
}

static rise_status param_text(instance *it, size_t i, buffer *text, rise_error *err) {
    const graph_param *param = &it->node->param[i];
    const graph_value *value = graph_param_at(it->run->graph, it->node, i, it->index);
    if (param->row->type == RISE_P_SPECIES && value->kind == GV_UNSET) {
        rise_status s = resolve_species(it, i, err);
        if (s == RISE_OK)
            graph_value_canonical(&it->species[i], text);
        return s;
    }
    if (value->kind == GV_UNSET) {
        buffer_text(text, "-");
        return RISE_OK;
    }
    if (param->row->type == RISE_P_FILE)
        return add_file(it, value, text, err);
    if (param->row->type == RISE_P_MAP)
        return add_map(it, param->row, value, text, err);
    value = at_point(it, value);
    if (!value)
        return rise_fail_nomem(err, "a key");
    graph_value_canonical(value, text);
    return RISE_OK;
}

/* Most parameters are the same for all instances of a node: their texts are made once. A brace may
 * be the name of an axis. */
rise_status run_fix_params(run *r, rise_error *err) {
    const graph *g = r->graph;
    r->fixed = ARENA_NEW(&r->built, const char **, g->n_nodes);
    for (size_t n = 0; r->fixed && n < g->n_nodes; n++) {
        const graph_node *node = &g->node[n];
        r->fixed[n] = ARENA_NEW(&r->built, const char *, node->n_params);
        for (size_t i = 0; r->fixed[n] && i < node->n_params; i++) {
            const graph_param *param = &node->param[i];
            const graph_value *value = &param->value[0];
            buffer text = {0};
            if (param->axis != SIZE_MAX || value->kind == GV_UNSET || value->kind == GV_MAP ||
                param->row->type == RISE_P_FILE || param->row->type == RISE_P_FILES)
                continue;
            graph_value_canonical(value, &text);
            if (!text.failed && !memchr(text.bytes, '{', text.size))
                r->fixed[n][i] = arena_bytes(&r->built, text.bytes, text.size);
            buffer_free(&text);
        }
    }
    return r->fixed ? RISE_OK : rise_fail_nomem(err, "the parameters of the graph");
}

static const char *key_fixed_text(const instance *it, size_t i) {
    const char **fixed = it->run->fixed[it->node - it->run->graph->node];
    return fixed ? fixed[i] : NULL;
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
    rise_status s = param_text(it, i, &text, err);
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

/* A frame taken from a whole value is known by its content where that is frames, else by its place.
 */
rise_id feed_frame_identity(const feed *f, size_t frame) {
    const offer *o = &f->from->out[f->output];
    size_t at = f->align ? f->align[frame] : frame;
    if (o->each)
        return o->frame_identity[at];
    rise_id place = {{0}}, out;
    if (f->from->node->output[f->output].kind == RISE_FRAMES) {
        key_combine("slice of frames", &o->frames->id[at], &place, &out);
    } else {
        uint64_t k = at;
        memcpy(place.byte, &k, sizeof k);
        key_combine("slice", &o->identity, &place, &out);
    }
    return out;
}

static void add_point(hash_state *h, const feed *f) {
    for (size_t a = 0; a < f->point->n_axes; a++) {
        hash_add(h, f->point->axis[a], strlen(f->point->axis[a]) + 1);
        hash_add(h, f->point->text[a], strlen(f->point->text[a]) + 1);
    }
    hash_add(h, f->point->reference, strlen(f->point->reference) + 1);
}

/* Frames of a whole value are known by their content: as frame_list_digest has it. */
static rise_id contents_of(const feed *f, size_t n) {
    frame_list *list = f->from->out[f->output].frames;
    if (!f->align)
        return frame_list_digest(list);
    rise_id digest;
    hash_state h;
    hash_begin(&h);
    for (size_t i = 0; i < n; i++)
        hash_add(&h, list->id[f->align[i]].byte, 32);
    hash_end(&h, &digest);
    return digest;
}

/* Rows of other whole values are known by where they stand in it; in order goes without saying. */
static void add_places(hash_state *h, const feed *f, size_t n) {
    size_t straight = 0;
    while (f->align && straight < n && f->align[straight] == straight)
        straight++;
    for (size_t i = 0; f->align && straight < n && i < n; i++) {
        uint64_t at = f->align[i];
        hash_add(h, &at, sizeof at);
    }
}

static void add_feed(hash_state *h, const instance *it, const inlet *in, const feed *f) {
    const offer *o = &f->from->out[f->output];
    if (in->many)
        add_point(h, f);
    for (size_t i = 0; in->many && o->frames && i < o->frames->n; i++)
        hash_add(h, o->frames->id[i].byte, 32);
    if (!o->frames || in->many || (it->node->type->map && in->port->mode == RISE_WHOLE)) {
        hash_add(h, o->identity.byte, 32);
        return;
    }
    rise_id list = frame_list_digest(it->frames);
    hash_add(h, list.byte, 32);
    if (o->each) {
        for (size_t i = 0; i < it->frames->n; i++)
            hash_add(h, o->frame_identity[f->align ? f->align[i] : i].byte, 32);
    } else if (f->from->node->output[f->output].kind == RISE_FRAMES) {
        list = contents_of(f, it->frames->n);
        hash_add(h, list.byte, 32);
    } else {
        hash_add(h, o->identity.byte, 32);
        add_places(h, f, it->frames->n);
    }
}

static rise_status add_inputs(instance *it, rise_error *err) {
    rise_status s = RISE_OK;
    for (size_t k = 0; s == RISE_OK && k < it->node->n_inputs; k++) {
        inlet *in = &it->inlet[k];
        if (in->n == 0)
            continue;
        hash_state h;
        hash_begin(&h);
        for (size_t i = 0; i < in->n; i++)
            add_feed(&h, it, in, &in->feed[i]);
        hash_end(&h, &in->identity);
        s = add_digest(it, in->port->name, &in->identity, it->node->input[k].ref[0].place, err);
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

static rise_status add_graph(instance *it, rise_error *err) {
    if (!(it->node->type->flags & RISE_NODE_SEES_GRAPH))
        return RISE_OK;
    rise_status s = instance_describe(it, err);
    if (s != RISE_OK)
        return s;
    rise_id digest = rise_value_digest(it->described);
    return add_digest(it, "the graph", &digest, it->node->place, err);
}

/* Type, version, plug-in, numerics and the graph, beside what the node has itself. */
enum { PARTS_BESIDE = 5 };

static rise_status add_base(instance *it, rise_error *err) {
    const rise_node_type *type = it->node->type;
    graph_place at = it->node->place;
    char version[16];
    int size = snprintf(version, sizeof version, "%u", type->version);
    size_t room = PARTS_BESIDE + it->node->n_params + it->node->n_inputs;
    if (!it->part)
        it->part = ARENA_NEW(key_memory(it), key_part, room);
    if (!it->part)
        return rise_fail_nomem(err, "a key");
    it->n_parts = 0;
    add_part(it, PART_BASE, "type", type->name, at);
    rise_status s = add_copy(it, PART_BASE, "version", version, (size_t)size, at, err);
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
        s = add_graph(it, err);
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

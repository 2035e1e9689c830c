/* sched/key: the key of an instance: everything that determines its result and nothing else. Each
 * part has a name and a text, so that two keys can be compared in words (reason.c). */
#include "sched/run.h"

#include <stdlib.h>
#include <string.h>

enum { KEY_FORMAT = 1 };

void key_combine(const char *role, const rise_id *a, const rise_id *b, rise_id *out) {
    uint8_t bytes[128] = {0};
    size_t n = strlen(role);
    n = n > 48 ? 48 : n;
    memcpy(bytes, role, n);
    memcpy(bytes + 64, a->byte, 32);
    memcpy(bytes + 96, b->byte, 32);
    id_of(bytes, sizeof bytes, out);
}

static rise_status add_part(instance *it, int role, const char *name, const char *text, size_t size,
                            graph_place place, rise_error *err) {
    if (it->n_parts == it->part_capacity) {
        size_t capacity = it->part_capacity ? 2 * it->part_capacity : 16;
        key_part *part = realloc(it->part, capacity * sizeof *part);
        if (!part)
            return rise_fail_nomem(err, "a key");
        it->part = part;
        it->part_capacity = capacity;
    }
    key_part *p = &it->part[it->n_parts];
    p->name = arena_text(&it->memory, name);
    p->text = arena_bytes(&it->memory, text, size);
    p->place = place;
    p->role = (unsigned char)role;
    if (!p->name || !p->text)
        return rise_fail_nomem(err, "a key");
    it->n_parts++;
    return RISE_OK;
}

static rise_status add_text(instance *it, int role, const char *name, const char *text,
                            graph_place place, rise_error *err) {
    return add_part(it, role, name, text, strlen(text), place, err);
}

static rise_status add_file(instance *it, const graph_value *value, buffer *text, rise_error *err) {
    char *path = file_param_path(it->run->graph, it->node, it->index, value->text, &it->memory);
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
    graph_value *out = ARENA_NEW(&it->memory, graph_value, 1);
    if (!out)
        return NULL;
    *out = *value;
    if (value->kind == GV_TEXT) {
        out->text = graph_text_at(g, it->node, value->text, it->index, &it->memory);
        return out->text ? out : NULL;
    }
    if (value->kind != GV_LIST && value->kind != GV_MAP)
        return value;
    out->item = ARENA_NEW(&it->memory, graph_value, value->n + 1);
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
        it->species = ARENA_NEW(&it->memory, graph_value, it->node->n_params);
    graph_value *item = ARENA_NEW(&it->memory, graph_value, 128);
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

static bool has_files(const rise_param *row) {
    for (const rise_param *field = row->fields; field && field->name; field++)
        if (field->type == RISE_P_FILE)
            return true;
    return false;
}

/* Files of a source enter through its items, one by one (source.c). The path of an output file
 * stays in: it decides the format that is written. */
static rise_status add_params(instance *it, rise_error *err) {
    for (size_t i = 0; i < it->node->n_params; i++) {
        const graph_param *param = &it->node->param[i];
        if (param->row->flags & RISE_PARAM_NO_RESULT || param->row->type == RISE_P_FILES)
            continue;
        buffer text = {0};
        rise_status s = param_text(it, i, &text, err);
        if (s == RISE_OK && text.failed)
            s = rise_fail_nomem(err, "a key");
        int role = param->row->flags & RISE_PARAM_SELECTS ? PART_SELECT : PART_PARAM;
        if (it->node->type->source && (param->row->type == RISE_P_FILE || has_files(param->row)))
            role = PART_FILES;
        if (s == RISE_OK)
            s = add_part(it, role, param->row->name, (const char *)text.bytes, text.size,
                         param->place, err);
        else if (err && err->line == 0 && param->given) {
            snprintf(err->file, sizeof err->file, "%s", it->run->graph->path);
            text_cut(err->file, sizeof err->file - 1);
            err->line = param->place.line;
            err->col = param->place.col;
        }
        buffer_free(&text);
        if (s != RISE_OK)
            return s;
    }
    return RISE_OK;
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

static void add_point(hasher *h, const feed *f) {
    for (size_t a = 0; a < f->point.n_axes; a++) {
        hasher_add(h, f->point.axis[a], strlen(f->point.axis[a]) + 1);
        hasher_add(h, f->point.text[a], strlen(f->point.text[a]) + 1);
    }
    hasher_add(h, f->point.reference, strlen(f->point.reference) + 1);
}

static void add_feed(hasher *h, const instance *it, const inlet *in, const feed *f) {
    const offer *o = &f->from->out[f->output];
    if (in->many)
        add_point(h, f);
    for (size_t i = 0; in->many && o->frames && i < o->frames->n; i++)
        hasher_add(h, o->frames->id[i].byte, 32);
    if (!o->frames || in->many || (it->node->type->map && in->port->mode == RISE_WHOLE)) {
        hasher_add(h, o->identity.byte, 32);
        return;
    }
    for (size_t i = 0; i < it->frames->n; i++) {
        rise_id id = feed_frame_identity(f, i);
        hasher_add(h, it->frames->id[i].byte, 32);
        hasher_add(h, id.byte, 32);
    }
}

static rise_status add_inputs(instance *it, rise_error *err) {
    char name[96], hex[65];
    for (size_t k = 0; k < it->node->n_inputs; k++) {
        inlet *in = &it->inlet[k];
        if (in->n == 0)
            continue;
        hasher *h = hasher_new();
        if (!h)
            return rise_fail_nomem(err, "a key");
        for (size_t i = 0; i < in->n; i++)
            add_feed(h, it, in, &in->feed[i]);
        hasher_end(h, &in->identity);
        id_hex(&in->identity, hex);
        snprintf(name, sizeof name, "%s", in->port->name);
        rise_status s = add_text(it, PART_INPUT, name, hex, it->node->input[k].ref[0].place, err);
        if (s != RISE_OK)
            return s;
    }
    return RISE_OK;
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

static rise_status hash_parts(instance *it, rise_error *err) {
    hasher *h = hasher_new();
    if (!h)
        return rise_fail_nomem(err, "a key");
    uint8_t format[4] = {'r', 'k', KEY_FORMAT, 0};
    hasher_add(h, format, sizeof format);
    for (size_t i = 0; i < it->n_parts; i++) {
        const key_part *part = &it->part[i];
        if (!in_base_key(it, part))
            continue;
        uint8_t role = (uint8_t)part->role;
        hasher_add(h, &role, 1);
        hasher_add(h, part->name, strlen(part->name) + 1);
        hasher_add(h, part->text, strlen(part->text) + 1);
    }
    hasher_end(h, &it->base_key);
    return RISE_OK;
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
    char hex[65];
    rise_id digest = rise_value_digest(it->described);
    id_hex(&digest, hex);
    return add_text(it, PART_INPUT, "the graph", hex, it->node->place, err);
}

rise_status instance_make_key(instance *it, rise_error *err) {
    const rise_node_type *type = it->node->type;
    char version[16];
    graph_place at = it->node->place;
    snprintf(version, sizeof version, "%u", type->version);
    it->n_parts = 0;
    rise_status s = add_text(it, PART_BASE, "type", type->name, at, err);
    if (s == RISE_OK)
        s = add_text(it, PART_BASE, "version", version, at, err);
    if (s == RISE_OK && it->node->plugin)
        s = add_text(it, PART_BASE, PLUGIN_PART, it->node->plugin, at, err);
    if (s == RISE_OK && type->fingerprint)
        s = add_text(it, PART_BASE, "numerics", type->fingerprint(), at, err);
    if (s == RISE_OK)
        s = add_params(it, err);
    if (s == RISE_OK)
        s = add_inputs(it, err);
    if (s == RISE_OK)
        s = add_graph(it, err);
    if (s == RISE_OK)
        s = hash_parts(it, err);
    if (s != RISE_OK || !type->map)
        return s;
    free(it->frame_key);
    it->frame_key = calloc(it->frames->n + 1, sizeof *it->frame_key);
    if (!it->frame_key)
        return rise_fail_nomem(err, "a key");
    make_frame_keys(it);
    return RISE_OK;
}

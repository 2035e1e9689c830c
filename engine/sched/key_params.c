/* sched/key_params: parameters as they stand in keys. */
#include "sched/run.h"

#include <string.h>

static const char NOT_SET[] = "-";

/* All files of one place: by their content, and by their path too where a pattern found them, since
 * a node may look at where they lie. */
static rise_status add_files(instance *it, size_t param, size_t item, const char *field,
                             buffer *text, rise_error *err) {
    rise_status s = instance_list_files(it, err);
    const char *between = "";
    for (size_t i = 0; s == RISE_OK && i < it->n_files; i++) {
        const named_file *f = &it->file[i];
        bool same = field ? f->field && strcmp(f->field, field) == 0 : !f->field;
        rise_id digest;
        char hex[65];
        if (f->param != param || f->item != item || !same)
            continue;
        s = files_digest(it->run->store, f->path, it->run->options.paranoid, &digest, err);
        if (s != RISE_OK)
            return s;
        id_hex(&digest, hex);
        buffer_text(text, between);
        buffer_text(text, "file ");
        buffer_text(text, hex);
        buffer_text(text, f->match ? " " : "");
        buffer_text(text, f->match ? f->match : "");
        between = ", ";
    }
    return s;
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
static rise_status add_map(instance *it, size_t param, const graph_value *value, buffer *text,
                           rise_error *err) {
    const rise_param *row = it->node->param[param].row;
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
                s = add_files(it, param, i, field->name, text, err);
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

rise_status key_param_text(instance *it, size_t i, buffer *text, rise_error *err) {
    const graph_param *param = &it->node->param[i];
    const graph_value *value = graph_param_at(it->run->graph, it->node, i, it->index);
    if (param->row->type == RISE_P_SPECIES && value->kind == GV_UNSET) {
        rise_status s = resolve_species(it, i, err);
        if (s == RISE_OK)
            graph_value_canonical(&it->species[i], text);
        return s;
    }
    if (value->kind == GV_UNSET) {
        buffer_text(text, NOT_SET);
        return RISE_OK;
    }
    if (param->row->type == RISE_P_FILE)
        return add_files(it, i, 0, NULL, text, err);
    if (param->row->type == RISE_P_MAP)
        return add_map(it, i, value, text, err);
    value = at_point(it, value);
    if (!value)
        return rise_fail_nomem(err, "a key");
    graph_value_canonical(value, text);
    return RISE_OK;
}

/* Files are known by their content, species that are not named by the input. */
static bool is_fixed(rise_param_type type, const graph_value *value) {
    if (value->kind == GV_UNSET)
        return type != RISE_P_SPECIES && type != RISE_P_FILES;
    return value->kind != GV_MAP && type != RISE_P_FILE && type != RISE_P_FILES;
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
            if (param->axis != SIZE_MAX || !is_fixed(param->row->type, value))
                continue;
            if (value->kind == GV_UNSET)
                buffer_text(&text, NOT_SET);
            else
                graph_value_canonical(value, &text);
            if (!text.failed && !memchr(text.bytes, '{', text.size))
                r->fixed[n][i] = arena_bytes(&r->built, text.bytes, text.size);
            buffer_free(&text);
        }
    }
    return r->fixed ? RISE_OK : rise_fail_nomem(err, "the parameters of the graph");
}

const char *key_fixed_text(const instance *it, size_t i) {
    const char **fixed = it->run->fixed[it->node - it->run->graph->node];
    return fixed ? fixed[i] : NULL;
}

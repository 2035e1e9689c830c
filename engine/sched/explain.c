/* sched/explain: what an instance depends on and what is kept of it, as tables for people. */
#include "sched/run.h"

#include <string.h>

static const char *part_word(const key_part *part) {
    return part->role == PART_BASE    ? "node"
           : part->role == PART_INPUT ? "input"
           : part->role == PART_MADE  ? "made"
                                      : "parameter";
}

static const graph_param *param_of(const instance *it, const key_part *part) {
    bool other = part->role == PART_INPUT || part->role == PART_MADE;
    for (size_t p = 0; p < it->node->n_params && !other; p++)
        if (strcmp(it->node->param[p].row->name, part->name) == 0)
            return &it->node->param[p];
    return NULL;
}

static const char *place_text(const instance *it, const key_part *part) {
    const graph_param *param = param_of(it, part);
    if (part->role == PART_BASE)
        return "";
    if (param && !param->given)
        return "default";
    if (part->place.line <= 0)
        return "--set";
    const char *text =
        arena_format(run_memory(it->run), "%s:%ld", it->run->graph->path, part->place.line);
    return text ? text : "";
}

/* Of an input the beginning of its identity will do. */
static const char *short_value(instance *it, const key_part *part, const char *text) {
    enum { SHORT = 12 };
    if ((part->role != PART_INPUT && part->role != PART_MADE) || strlen(text) < SHORT)
        return text;
    const char *reference = "";
    for (size_t k = 0; k < it->node->n_inputs; k++)
        if (strcmp(it->inlet[k].port->name, part->name) == 0 && it->node->input[k].n_refs)
            reference = it->node->input[k].ref[0].text;
    const char *cut = arena_format(run_memory(it->run), "%s%s%.*s", reference,
                                   reference[0] ? " " : "", (int)SHORT, text);
    return cut ? cut : text;
}

rise_status instance_parts(instance *it, rise_value **out, rise_error *err) {
    rise_column column[5] = {{.name = "part", .dtype = RISE_TEXT},
                             {.name = "name", .dtype = RISE_TEXT},
                             {.name = "value", .dtype = RISE_TEXT},
                             {.name = "before", .dtype = RISE_TEXT},
                             {.name = "place", .dtype = RISE_TEXT}};
    rise_value *table = NULL;
    rise_status s = rise_table_new(column, 5, it->n_parts, &table, err);
    for (size_t i = 0; s == RISE_OK && i < it->n_parts; i++) {
        const key_part *part = &it->part[i];
        const char *cell[5] = {
            part_word(part), part->name, short_value(it, part, reason_shown(it, part->text)),
            short_value(it, part, reason_before(it, part)), place_text(it, part)};
        for (size_t c = 0; s == RISE_OK && c < 5; c++)
            s = rise_table_set_text(table, c, i, cell[c], err);
    }
    if (s == RISE_OK)
        *out = table;
    else
        rise_value_release(table);
    return s;
}

/* ---- what is kept ---------------------------------------------------------------------------- */
typedef struct kept {
    size_t known, of; /* values whose identity a record tells */
    uint64_t bytes;   /* of those, in memory */
    double cost_s;    /* processor seconds that they took */
    size_t stored;    /* values that are in the store */
    uint64_t stored_bytes;
    char place[200]; /* of the first of these */
} kept;

static void count_record(const instance *it, const rise_id *key, size_t output, kept *k) {
    const store_record *record = store_find(it->run->store, key);
    uint64_t size = 0;
    char place[sizeof k->place];
    k->of++;
    if (!record || output >= record->n_outputs || id_is_zero(&record->output[output].digest))
        return;
    k->known++;
    k->bytes += record->output[output].bytes;
    k->cost_s += record->cost_s;
    if (!store_where(it->run->store, &record->output[output].digest, place, sizeof place, &size))
        return;
    if (k->stored++ == 0)
        memcpy(k->place, place, sizeof place);
    k->stored_bytes += size;
}

static kept count_output(const instance *it, size_t output) {
    kept k = {0};
    bool frames = it->node->type->map && it->frames;
    for (size_t f = 0; frames && f < it->frames->n; f++) {
        rise_id key = instance_frame_key(it, f);
        count_record(it, &key, output, &k);
    }
    if (!frames)
        count_record(it, &it->base_key, output, &k);
    return k;
}

rise_status instance_kept(instance *it, rise_value **out, rise_error *err) {
    rise_column column[7] = {
        {.name = "output", .dtype = RISE_TEXT}, {.name = "known", .dtype = RISE_I64},
        {.name = "of", .dtype = RISE_I64},      {.name = "cpu_s", .dtype = RISE_F64, .unit = "s"},
        {.name = "stored", .dtype = RISE_I64},  {.name = "stored_bytes", .dtype = RISE_I64},
        {.name = "place", .dtype = RISE_TEXT}};
    size_t n = it->node->n_outputs;
    rise_value *table = NULL;
    rise_status s = rise_table_new(column, 7, n, &table, err);
    for (size_t o = 0; s == RISE_OK && o < n; o++) {
        kept k = count_output(it, o);
        rise_table_i64(table, 1)[o] = (int64_t)k.known;
        rise_table_i64(table, 2)[o] = (int64_t)k.of;
        rise_table_f64(table, 3)[o] = k.cost_s;
        rise_table_i64(table, 4)[o] = (int64_t)k.stored;
        rise_table_i64(table, 5)[o] = (int64_t)k.stored_bytes;
        s = rise_table_set_text(table, 0, o, it->node->output[o].name, err);
        if (s == RISE_OK)
            s = rise_table_set_text(table, 6, o, k.place, err);
    }
    if (s == RISE_OK)
        *out = table;
    else
        rise_value_release(table);
    return s;
}

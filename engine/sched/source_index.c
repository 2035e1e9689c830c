/* sched/source_index: which items are in a file, kept under the digest of the file. */
#include "sched/source.h"

#include <string.h>

/* What decides the items of a file beside its bytes: files beside it (labels), its path (groups),
 * and how many items came before. */
void source_index_name(const source_pass *pass, const rise_id *digest, rise_id *out) {
    const instance *it = pass->it;
    const char *path = pass->file < pass->state->n_paths ? pass->state->path[pass->file] : "";
    uint64_t k = pass->first;
    rise_id number = {{0}}, text;
    memcpy(number.byte, &k, sizeof k);
    key_combine("index", &it->base_key, digest, out);
    key_combine("first", out, &number, out);
    id_of(path, strlen(path), &text);
    key_combine("path", out, &text, out);
    for (size_t i = 0; i < it->n_parts; i++)
        if (it->part[i].role == PART_FILES) {
            id_of(it->part[i].text, strlen(it->part[i].text), &text);
            key_combine(it->part[i].name, out, &text, out);
        }
}

static bool read_index(source_pass *pass, const rise_id *name) {
    size_t size = 0;
    const uint8_t *bytes = store_name_get(pass->it->run->store, name, &size);
    if (!bytes)
        return false;
    cursor c = {bytes, bytes + size, false};
    uint32_t n = cursor_u32(&c);
    size_t before = pass->state->n;
    for (pass->place = 0; pass->place < n; pass->place++) {
        const uint8_t *key = cursor_bytes(&c, 32);
        const char *text = cursor_string(&c, run_memory(pass->it->run), 4096);
        const char *colon = text ? strrchr(text, ':') : NULL;
        rise_id id;
        if (key)
            memcpy(id.byte, key, 32);
        if (!key || !text || !source_add_item(pass, &id, colon ? colon + 1 : text)) {
            pass->state->n = before;
            return false;
        }
    }
    return true;
}

static void write_index(source_pass *pass, const rise_id *name, size_t first) {
    buffer b = {0};
    source_state *st = pass->state;
    buffer_u32(&b, (uint32_t)(st->n - first));
    for (size_t i = first; i < st->n; i++) {
        buffer_add(&b, st->item[i].key.byte, 32);
        buffer_string(&b, st->item[i].name);
    }
    if (!b.failed)
        store_name_set(pass->it->run->store, name, b.bytes, b.size);
    buffer_free(&b);
}

/* Reads the file. */
static rise_status read_file(source_pass *pass, rise_id *digest, rise_error *err) {
    rise_file file;
    rise_id name;
    pass->place = 0;
    rise_status s = source_open(pass, err);
    if (s == RISE_OK)
        s = files_load(pass->state->path[pass->file], &file, digest, err);
    if (s != RISE_OK)
        return s;
    pass->state->digest[pass->file] = *digest;
    pass->indexing = true;
    s = source_call(pass, &file, err);
    pass->indexing = false;
    files_unload(&file);
    source_index_name(pass, digest, &name); /* of the bytes that were parsed */
    if (s == RISE_OK)
        write_index(pass, &name, pass->first);
    return s;
}

rise_status source_index(source_pass *pass, rise_error *err) {
    instance *it = pass->it;
    rise_id digest, name;
    pass->first = pass->state->n;
    pass->place = 0;
    rise_status s = files_digest(it->run->store, pass->state->path[pass->file],
                                 it->run->options.paranoid, &digest, err);
    if (s != RISE_OK)
        return s;
    pass->state->digest[pass->file] = digest;
    source_index_name(pass, &digest, &name);
    if (read_index(pass, &name))
        return RISE_OK;
    instance_claim(it, &name);
    pass->place = 0;
    if (!read_index(pass, &name))
        s = read_file(pass, &digest, err);
    store_unclaim(it->run->store, &name);
    return s;
}

/* The node is told the end once for each new total, so that it can compare counts (labels in
 * files). */
rise_status source_tell_end(source_pass *pass, rise_error *err) {
    rise_id all = {{0}}, name;
    size_t size = 0;
    for (size_t i = 0; i < pass->state->n; i++)
        key_combine("item", &all, &pass->state->item[i].key, &all);
    pass->first = pass->state->n;
    source_index_name(pass, &all, &name);
    key_combine("end", &name, &all, &name);
    if (store_name_get(pass->it->run->store, &name, &size))
        return RISE_OK;
    rise_status s = source_open(pass, err);
    if (s == RISE_OK)
        s = source_call(pass, NULL, err);
    if (s == RISE_OK)
        store_name_set(pass->it->run->store, &name, "1", 1);
    return s;
}

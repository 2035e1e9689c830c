/* sched/output: files under --out, written atomically and synced. What was written is kept in the
 * store under the digest of its bytes, so that a file that went missing comes back without running
 * its node. */
#include "sched/run.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static rise_status full_path(instance *it, const char *path, arena *a, char **out,
                             rise_error *err) {
    bool leaves = path[0] == '/' || path[0] == 0;
    for (const char *p = path; *p && !leaves;
         p = strchr(p, '/') ? strchr(p, '/') + 1 : p + strlen(p))
        leaves = strncmp(p, "..", 2) == 0 && (p[2] == '/' || p[2] == 0);
    if (leaves) {
        rise_fail(err, RISE_E_OUTPUT, "%s: output path `%s` leaves the output folder", it->name,
                  path);
        return rise_hint(err, "give a path relative to --out");
    }
    *out = path_join(a, it->run->out_folder, path);
    return *out ? RISE_OK : rise_fail_nomem(err, "a path");
}

static void list_file(instance *it, const char *path) {
    run *r = it->run;
    uv_mutex_lock(&r->lock);
    uint64_t at = 0;
    bool there = text_map_get(&r->written, path, &at);
    if (!there && r->n_files == r->file_capacity) {
        size_t capacity = r->file_capacity ? 2 * r->file_capacity : 16;
        output_file *file = realloc(r->file, capacity * sizeof *file);
        if (file) {
            r->file = file;
            r->file_capacity = capacity;
        }
    }
    const char *copy = there ? NULL : arena_text(&r->texts, path);
    if (copy && r->n_files < r->file_capacity && text_map_set(&r->written, copy, 1))
        r->file[r->n_files++] = (output_file){it->name, copy};
    uv_mutex_unlock(&r->lock);
}

/* What a killed run left, once in a run for each folder. */
static void sweep_once(run *r, const char *folder) {
    uint64_t before = 0;
    uv_mutex_lock(&r->lock);
    bool known = text_map_get(&r->swept, folder, &before);
    const char *copy = known ? NULL : arena_text(&r->texts, folder);
    bool first = copy && text_map_set(&r->swept, copy, 1);
    uv_mutex_unlock(&r->lock);
    if (first)
        temporary_sweep(folder);
}

static rise_status write_file(instance *it, const char *path, const void *bytes, size_t size,
                              rise_error *err) {
    arena a = {0};
    char *full = NULL;
    rise_status s = full_path(it, path, &a, &full, err);
    if (s == RISE_OK) {
        char *folder = path_folder(&a, full);
        s = folder ? path_make_folders(folder, err) : rise_fail_nomem(err, "a path");
        if (s == RISE_OK)
            sweep_once(it->run, folder);
    }
    if (s == RISE_OK)
        s = path_write_atomic(full, bytes, size, true, err);
    if (s == RISE_OK)
        list_file(it, full);
    arena_free(&a);
    return s;
}

/* Under which name the store keeps the bytes of a file: record key of the digest -> blob. */
void output_file_key(const rise_id *digest, rise_id *key) {
    rise_id none = {{0}};
    key_combine("output file", digest, &none, key);
}

rise_status output_write(instance *it, const char *path, const void *bytes, size_t size,
                         rise_error *err) {
    /* a worker leaves its place to whoever asks for it */
    rise_status s = it->run->options.worker ? RISE_OK : write_file(it, path, bytes, size, err);
    if (s != RISE_OK)
        return s;
    rise_value *blob = NULL;
    rise_error ignored;
    if (rise_blob_new(RISE_DOCUMENT, "file", bytes, size, &blob, &ignored) == RISE_OK) {
        uint64_t stored = 0;
        rise_id digest, key;
        id_of(bytes, size, &digest);
        output_file_key(&digest, &key);
        store_output output = {.digest = rise_value_digest(blob), .bytes = size};
        store_record record = {.key = key, .n_outputs = 1, .output = &output};
        if (store_put(it->run->store, blob, &stored))
            store_add(it->run->store, &record, true);
        atomic_fetch_add(&it->act->stored_bytes, stored);
    }
    rise_value_release(blob);
    return RISE_OK;
}

static bool same_on_disk(run *r, const char *path, const rise_id *digest, uint64_t size) {
    struct stat st;
    rise_id there;
    rise_error ignored;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == size &&
           files_digest(r->store, path, r->options.paranoid, &there, &ignored) == RISE_OK &&
           id_equal(&there, digest);
}

static rise_status restore_one(instance *it, const char *path, const rise_id *digest,
                               bool *complete, rise_error *err) {
    rise_id key;
    rise_value *value = NULL;
    rise_error ignored;
    output_file_key(digest, &key);
    const store_record *record = store_find(it->run->store, &key);
    if (!record || record->n_outputs != 1 ||
        store_get(it->run->store, &record->output[0].digest, &value, &ignored) != RISE_OK) {
        *complete = false;
        return RISE_OK;
    }
    const rise_blob *blob = rise_value_blob(value);
    rise_status s = blob ? write_file(it, path, blob->bytes, blob->size, err) : RISE_OK;
    *complete = *complete && blob;
    rise_value_release(value);
    return s;
}

static bool is_kept(run *r, const rise_id *digest) {
    rise_id key;
    output_file_key(digest, &key);
    const store_record *record = store_find(r->store, &key);
    return record && record->n_outputs == 1 && store_has(r->store, &record->output[0].digest);
}

rise_status output_restore(instance *it, const uint8_t *note, size_t n_note, bool *complete,
                           rise_error *err) {
    cursor c = {note, note + n_note, false};
    uint32_t n = n_note ? cursor_u32(&c) : 0;
    arena a = {0};
    rise_status s = RISE_OK;
    for (uint32_t i = 0; s == RISE_OK && i < n && *complete; i++) {
        const char *path = cursor_string(&c, &a, 4096);
        const uint8_t *bytes = cursor_bytes(&c, 32);
        uint64_t size = cursor_u64(&c);
        char *full = NULL;
        rise_id digest;
        if (c.failed) {
            *complete = false;
            break;
        }
        memcpy(digest.byte, bytes, 32);
        if (it->run->options.worker) { /* who asks for the file must find its bytes */
            *complete = is_kept(it->run, &digest);
            continue;
        }
        s = full_path(it, path, &a, &full, err);
        if (s == RISE_OK && same_on_disk(it->run, full, &digest, size))
            list_file(it, full);
        else if (s == RISE_OK)
            s = restore_one(it, path, &digest, complete, err);
    }
    arena_free(&a);
    return s;
}

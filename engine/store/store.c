/* The doors of the store: open, get, put, records and names. */
#include "store/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { LOG_PENDING = 64 * 1024 }; /* bytes of log lines that wait at most */

/* ---- open and close -------------------------------------------------------------------------- */

static bool name_places(store *s, const char *folder) {
    char random[33], *pack, *log;
    random_name(random);
    s->folder = arena_text(&s->memory, folder);
    s->options.local = arena_text(&s->memory, s->options.local);
    s->objects = path_join(&s->memory, folder, "objects");
    s->packs = path_join(&s->memory, folder, "packs");
    s->records = path_join(&s->memory, folder, "records");
    s->quarantine = path_join(&s->memory, folder, "quarantine");
    pack = arena_format(&s->memory, "%s/packs/%s.pack", folder, random);
    log = arena_format(&s->memory, "%s/records/%s.log", folder, random);
    s->own_pack =
        (appender){.folder = s->packs, .path = pack, .magic = PACK_MAGIC, .fixed = true, .fd = -1};
    s->own_log = (appender){.folder = s->records, .path = log, .magic = LOG_MAGIC, .fd = -1};
    char hex[65] = {0};
    rise_id id;
    memcpy(hex, random, 32);
    memset(hex + 32, '0', 32);
    s->writer = malloc(16 * sizeof *s->writer);
    if (!s->writer || !id_parse(hex, &id))
        return false;
    memcpy(s->writer[0], id.byte, WRITER_SIZE);
    s->n_writers = 1;
    s->max_writers = 16;
    return s->folder && s->objects && s->packs && s->records && s->quarantine && pack && log;
}

/* Makes the folders, and finds out early whether they can be written. False: memory is short. */
static bool prepare_folders(store *s) {
    const char *const folder[] = {s->objects, s->packs, s->records, s->quarantine};
    rise_error err;
    for (size_t i = 0; i < 4; i++) {
        if (faccessat(AT_FDCWD, folder[i], W_OK | X_OK, AT_EACCESS) == 0)
            continue;
        rise_status status = path_make_folders(folder[i], &err);
        if (status == RISE_E_NOMEM)
            return false;
        if (status != RISE_OK) {
            atomic_store(&s->off, true);
            trouble_tell(s, "the cache cannot be written: %s; results of this run are not stored",
                         err.message);
            return true;
        }
        if (faccessat(AT_FDCWD, folder[i], W_OK | X_OK, AT_EACCESS) != 0) {
            trouble_write(s, folder[i], errno);
            return true;
        }
    }
    return true;
}

static bool on_nfs(const char *folder) {
    enum { NFS = 0x6969 }; /* as statfs tells it */
    struct statfs where;
    return statfs(folder, &where) == 0 && (long)where.f_type == NFS;
}

rise_status store_open(const char *folder, const store_options *options, store **out,
                       rise_error *err) {
    store *s = calloc(1, sizeof *s);
    if (!s)
        return rise_fail_nomem(err, "the cache");
    if (options)
        s->options = *options;
    if (!s->options.pack_limit)
        s->options.pack_limit = PACK_LIMIT;
    for (size_t i = 0; i < N_PACK_FILES; i++)
        s->pack_file[i].fd = -1;
    s->own_pack.fd = s->own_log.fd = s->claims.fd = -1;
    pthread_mutexattr_t brief; /* held for a look into a map: who waits spins before it sleeps */
    pthread_mutexattr_init(&brief);
    pthread_mutexattr_settype(&brief, PTHREAD_MUTEX_ADAPTIVE_NP);
    pthread_mutex_init(&s->lock, &brief); /* none of these can fail here */
    pthread_mutexattr_destroy(&brief);
    pthread_mutex_init(&s->pack_lock, NULL);
    s->codec = codec_new();
    bool ok = s->codec && name_places(s, folder);
    if (ok) {
        atomic_store(&s->off, s->options.read_only);
        ok = s->options.read_only || prepare_folders(s);
        s->remote = on_nfs(s->folder);
        if (access(s->records, R_OK | X_OK) != 0 && errno != ENOENT)
            trouble_tell(s, "the cache cannot be read: %s: %s; nothing is reused", s->records,
                         strerror(errno));
        ok = ok && log_load(s);
    }
    if (!ok) {
        store_close(s);
        return rise_fail_nomem(err, "the index of the cache");
    }
    if (!atomic_load(&s->off) && s->n_logs > LOG_LIMIT) {
        sweep_tally swept = {0};
        log_compact(s, 2);
        sweep_temporaries(s, &swept);
    }
    *out = s;
    return RISE_OK;
}

void store_flush_locked(store *s, bool durable) {
    if (atomic_load(&s->off))
        return;
    int code = appender_flush(&s->own_pack, durable);
    if (code) {
        trouble_write(s, s->own_pack.path, code);
        return;
    }
    code = appender_flush(&s->own_log, durable);
    if (code)
        trouble_write(s, s->own_log.path, code);
}

void store_flush(store *s) {
    pthread_mutex_lock(&s->lock);
    store_flush_locked(s, s->options.durable);
    claims_beat(s);
    pthread_mutex_unlock(&s->lock);
}

void store_hand_over(store *s) {
    pthread_mutex_lock(&s->lock);
    store_flush_locked(s, s->options.durable || s->remote);
    pthread_mutex_unlock(&s->lock);
}

void store_refresh(store *s) {
    pthread_mutex_lock(&s->lock);
    (void)log_load(s); /* short of memory: what others have done is not seen */
    pthread_mutex_unlock(&s->lock);
}

unsigned long long store_names(store *s) {
    return atomic_load(&s->names);
}

bool store_writing(store *s) {
    return !atomic_load(&s->off);
}

void store_close(store *s) {
    if (!s)
        return;
    store_flush(s);
    if (s->own_pack.fd >= 0)
        close(s->own_pack.fd);
    if (s->own_log.fd >= 0)
        close(s->own_log.fd);
    pack_close(s);
    claims_close(s);
    log_close(s);
    buffer_free(&s->own_pack.pending);
    buffer_free(&s->own_log.pending);
    id_map_free(&s->record_of);
    id_map_free(&s->name_of);
    id_map_free(&s->pack_of);
    id_map_free(&s->object);
    text_map_free(&s->log_of);
    free(s->record);
    free(s->name);
    free(s->pack);
    free(s->writer);
    free(s->log);
    codec_free(s->codec);
    arena_free(&s->memory);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->pack_lock);
    free(s);
}

/* ---- values ---------------------------------------------------------------------------------- */

bool store_has(store *s, const rise_id *digest) {
    uint64_t size;
    return pack_size(s, digest, &size) || object_size(s, digest, &size);
}

bool store_where(store *s, const rise_id *digest, char *place, size_t size, uint64_t *bytes) {
    char hex[65];
    id_hex(digest, hex);
    if (pack_where(s, digest, place, size, bytes))
        return true;
    snprintf(place, size, "objects/%.2s/%s", hex, hex);
    return object_size(s, digest, bytes);
}

rise_status store_get(store *s, const rise_id *digest, rise_value **out, rise_error *err) {
    if (local_read(s, digest, out))
        return RISE_OK;
    entry_state state = pack_read(s, digest, false, out);
    if (state != ENTRY_GOOD && state != ENTRY_NOMEM)
        state = object_read(s, digest, false, out);
    if (state == ENTRY_GOOD)
        return RISE_OK;
    if (state == ENTRY_NOMEM)
        return rise_fail_nomem(err, "a stored value");
    char hex[65];
    id_hex(digest, hex);
    return rise_fail(err, RISE_E_MISS, "%.16s... is not in the cache", hex);
}

/* Small ones side by side, large ones as files. */
static bool write_entry(store *s, const rise_id *digest, entry_parts *e) {
    if (e->size >= s->options.pack_limit)
        return object_write(s, digest, e);
    buffer_add(&e->front, e->payload, e->n_payload);
    buffer_add(&e->front, e->tail, sizeof e->tail);
    return !e->front.failed && pack_write(s, digest, &e->front);
}

bool store_put(store *s, const rise_value *value, uint64_t *stored_bytes) {
    uint64_t size = 0;
    rise_id digest = rise_value_digest(value);
    bool packed =
        rise_value_bytes(value) < s->options.pack_limit; /* then it is no file of its own */
    bool there = pack_size(s, &digest, &size) || (!packed && object_size(s, &digest, &size));
    if (!there && !atomic_load(&s->off)) {
        entry_parts entry = {0};
        if (entry_write(s->codec, value, &entry, NULL) == RISE_OK) {
            size = entry.size;
            there = write_entry(s, &digest, &entry);
        }
        buffer_free(&entry.front);
    }
    if (stored_bytes)
        *stored_bytes = there ? size : 0;
    return there;
}

/* ---- records --------------------------------------------------------------------------------- */

static const store_record *find_locked(store *s, const rise_id *key) {
    uint64_t slot;
    return id_map_get(&s->record_of, key, &slot) ? index_record(s, (size_t)slot) : NULL;
}

const store_record *store_find(store *s, const rise_id *key) {
    pthread_mutex_lock(&s->lock);
    const store_record *record = find_locked(s, key);
    pthread_mutex_unlock(&s->lock);
    return record;
}

const store_record *store_look(store *s, const rise_id *key, store_seen *room) {
    uint64_t slot;
    pthread_mutex_lock(&s->lock);
    bool there = id_map_get(&s->record_of, key, &slot);
    const store_record *record = there ? index_look(s, (size_t)slot, room) : NULL;
    pthread_mutex_unlock(&s->lock);
    return record;
}

/* Into the index, and into the log. */
static bool write_record(store *s, const store_record *record, bool replaced) {
    uint64_t stamp = index_stamp(s);
    if (!index_put_record(s, record, replaced, stamp))
        return false;
    if (atomic_load(&s->off))
        return true;
    line_record(&s->own_log.pending, record, replaced, stamp);
    s->own_log.pending.failed = false; /* short of memory: known in this run only */
    if (s->own_log.pending.size > LOG_PENDING)
        store_flush_locked(s, false);
    return true;
}

/* Compares output by output. `merged` becomes the old ones, completed by the new. */
static bool agree(const store_record *old, const store_record *new, store_output *merged,
                  bool *more) {
    if (old->n_outputs != new->n_outputs)
        return false;
    for (uint32_t i = 0; i < old->n_outputs; i++) {
        const store_output *a = &old->output[i], *b = &new->output[i];
        bool had = !id_is_zero(&a->digest), has = !id_is_zero(&b->digest);
        if (had && has && !id_equal(&a->digest, &b->digest))
            return false;
        if (has && !had)
            *more = true;
        merged[i] = had ? *a : *b;
    }
    return true;
}

bool store_add(store *s, const store_record *record, bool replace) {
    arena a = {0};
    bool done = true, more = false;
    pthread_mutex_lock(&s->lock);
    const store_record *old = find_locked(s, &record->key);
    store_output *merged = old ? ARENA_NEW(&a, store_output, old->n_outputs) : NULL;
    if (!old) {
        uint64_t slot; /* one that cannot be decoded is replaced */
        write_record(s, record, replace || id_map_get(&s->record_of, &record->key, &slot));
    } else if (!merged) { /* short of memory: what stands stands */
    } else if (agree(old, record, merged, &more)) {
        store_record whole = *record;
        whole.output = merged;
        if (more)
            write_record(s, &whole, true);
    } else if (replace) {
        write_record(s, record, true);
    } else {
        done = false;
    }
    pthread_mutex_unlock(&s->lock);
    arena_free(&a);
    return done;
}

/* ---- names ----------------------------------------------------------------------------------- */

const uint8_t *store_name_get(store *s, const rise_id *name, size_t *size) {
    uint64_t slot;
    const uint8_t *bytes = NULL;
    pthread_mutex_lock(&s->lock);
    if (id_map_get(&s->name_of, name, &slot)) {
        bytes = s->name[slot].bytes;
        *size = s->name[slot].size;
    }
    pthread_mutex_unlock(&s->lock);
    return bytes;
}

void store_name_set(store *s, const rise_id *name, const void *bytes, size_t size) {
    if (size > UINT32_MAX)
        return;
    uint64_t slot;
    pthread_mutex_lock(&s->lock);
    bool known = id_map_get(&s->name_of, name, &slot) && s->name[slot].size == size &&
                 (size == 0 || memcmp(s->name[slot].bytes, bytes, size) == 0);
    const uint8_t *copy = known ? NULL : (uint8_t *)arena_bytes(&s->memory, bytes, size);
    uint64_t stamp = copy ? index_stamp(s) : 0;
    if (copy && index_put_name(s, name, copy, size, stamp) && !atomic_load(&s->off)) {
        line_name(&s->own_log.pending, name, copy, size, stamp);
        s->own_log.pending.failed = false;
        if (s->own_log.pending.size > LOG_PENDING)
            store_flush_locked(s, false);
    }
    pthread_mutex_unlock(&s->lock);
}

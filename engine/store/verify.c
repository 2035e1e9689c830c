/* Counting what is there, and reading everything once. */
#include "store/inside.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* ---- counting -------------------------------------------------------------------------------- */

void store_counts(store *s, store_stats *out) {
    *out = (store_stats){.n_misses_damaged = atomic_load(&s->damaged),
                         .bytes_written = atomic_load(&s->wrote),
                         .bytes_read = atomic_load(&s->read)};
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->n_pack; i++) {
        if (!s->pack[i].size)
            continue;
        out->n_packed++;
        out->packed_bytes += s->pack[i].size;
    }
    out->n_records = s->n_record;
    out->record_bytes = s->log_bytes + s->own_log.written + s->own_log.pending.size;
    pthread_mutex_unlock(&s->lock);
}

static void count_object(void *user, const char *path, const char *name, const struct stat *st) {
    store_stats *stats = user;
    rise_id id;
    (void)path;
    if (!id_parse(name, &id))
        return;
    stats->n_objects++;
    stats->object_bytes += (uint64_t)st->st_size;
}

static void count_quarantined(void *user, const char *path, const char *name,
                              const struct stat *st) {
    store_stats *stats = user;
    (void)path;
    (void)st;
    if (name[0] != '.')
        stats->n_quarantined++;
}

void store_stat(store *s, store_stats *out) {
    store_counts(s, out);
    objects_visit(s, count_object, out);
    folder_visit(s->quarantine, count_quarantined, out);
}

/* ---- reading everything ---------------------------------------------------------------------- */

typedef struct verifier {
    store *store;
    void (*told)(void *user, const char *text);
    void *user;
    bool read_data, bad_logs;
    uint64_t n_checked, n_damaged;
    bool nomem;
} verifier;

static void tell(verifier *v, const char *where, const char *what) {
    arena a = {0};
    char *text = arena_format(&a, "%s: %s", where, what);
    if (v->told && text)
        v->told(v->user, text);
    arena_free(&a);
}

static void account(verifier *v, const char *where, entry_state state, rise_value *value) {
    rise_value_release(value);
    if (state != ENTRY_MISSING)
        v->n_checked++;
    if (state == ENTRY_NOMEM)
        v->nomem = true;
    if (state == ENTRY_FOREIGN)
        tell(v, where, "written in another format, left as it is");
    if (state != ENTRY_DAMAGED)
        return;
    v->n_damaged++;
    tell(v, where, store_writing(v->store) ? "damaged, moved to quarantine" : "damaged");
}

static void verify_object(void *user, const char *path, const char *name, const struct stat *st) {
    verifier *v = user;
    rise_id id;
    rise_value *value = NULL;
    (void)st;
    if (v->nomem || !id_parse(name, &id))
        return;
    if (strncmp(path + strlen(path) - 67, name, 2) != 0)
        return; /* never looked up there */
    entry_state state =
        v->read_data ? object_read(v->store, &id, true, &value) : object_look(v->store, &id);
    account(v, name, state, value);
}

static void verify_log(void *user, const char *path, const char *name, const struct stat *st) {
    verifier *v = user;
    uint64_t n_lines, n_damaged;
    if (strlen(name) != 36 || strcmp(name + 32, ".log") != 0)
        return;
    entry_state state = log_check(path, &n_lines, &n_damaged);
    bool good = state != ENTRY_DAMAGED;
    v->nomem = v->nomem || state == ENTRY_NOMEM;
    v->n_checked += state == ENTRY_GOOD || !good;
    if (good && !n_damaged)
        return;
    v->n_damaged++;
    v->bad_logs = true;
    tell(v, path, good ? "lines do not verify and are ignored" : "not a log, ignored");
    if (!good && store_writing(v->store) && writer_is_gone(path, st))
        quarantine_file(v->store, path);
}

/* The digests of all packed values at this moment. */
static rise_id *packed(store *s, arena *a, size_t *n) {
    *n = 0;
    pthread_mutex_lock(&s->lock);
    rise_id *id = ARENA_NEW(a, rise_id, s->n_pack);
    for (size_t i = 0; id && i < s->pack_of.n; i++) {
        const id_entry *e = &s->pack_of.entry[i];
        if (s->pack[e->value].size)
            id[(*n)++] = e->key;
    }
    pthread_mutex_unlock(&s->lock);
    return id;
}

rise_status store_verify(store *s, bool read_data, void (*told)(void *user, const char *text),
                         void *user, uint64_t *n_checked, uint64_t *n_damaged, rise_error *err) {
    verifier v = {.store = s, .told = told, .user = user, .read_data = read_data};
    arena a = {0};
    size_t n;
    store_flush(s);
    rise_id *id = packed(s, &a, &n);
    v.nomem = !id;
    for (size_t i = 0; i < n && !v.nomem; i++) {
        rise_value *value = NULL;
        char hex[65];
        id_hex(&id[i], hex);
        entry_state state = read_data ? ENTRY_DAMAGED : pack_look(s, &id[i]);
        if (state == ENTRY_DAMAGED) /* reading it puts it aside, if it is */
            state = pack_read(s, &id[i], true, &value);
        account(&v, hex, state, value);
    }
    arena_free(&a);
    int code = objects_visit(s, verify_object, &v);
    if (!code)
        code = folder_visit(s->records, verify_log, &v);
    sweep_tally swept = {0};
    if (store_writing(s))
        sweep_temporaries(s, &swept);
    if (store_writing(s) && v.bad_logs)
        log_compact(s, 1); /* without the lines that are damaged */
    if (v.nomem || code == ENOMEM)
        return rise_fail_nomem(err, "verifying the cache");
    if (code)
        return rise_fail(err, RISE_E_SYSTEM, "cannot look into the cache: %s", strerror(code));
    *n_checked = v.n_checked;
    *n_damaged = v.n_damaged;
    return RISE_OK;
}

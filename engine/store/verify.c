/* Housekeeping: counting, reading everything once, sweeping what killed processes left. */
#include "store/inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { OLD = 3600 }; /* s: a temporary file that old is nobody's */

typedef void visit_fn(void *user, const char *folder, const char *name);

static void visit(const char *folder, visit_fn *fn, void *user) {
    DIR *dir = opendir(folder);
    if (!dir)
        return;
    for (struct dirent *e; (e = readdir(dir));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            fn(user, folder, e->d_name);
    closedir(dir);
}

/* fn for every file in objects/00 .. objects/ff */
static void visit_objects(store *s, visit_fn *fn, void *user) {
    arena a = {0};
    for (unsigned i = 0; i < 256; i++) {
        char *folder = arena_format(&a, "%s/%02x", s->objects, i);
        if (folder)
            visit(folder, fn, user);
    }
    arena_free(&a);
}

static bool file_stat(const char *folder, const char *name, struct stat *st) {
    arena a = {0};
    char *path = path_join(&a, folder, name);
    bool there = path && lstat(path, st) == 0;
    arena_free(&a);
    return there;
}

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

static void count_object(void *user, const char *folder, const char *name) {
    store_stats *stats = user;
    struct stat st;
    rise_id id;
    if (!id_parse(name, &id) || !file_stat(folder, name, &st))
        return;
    stats->n_objects++;
    stats->object_bytes += (uint64_t)st.st_size;
}

static void count_quarantined(void *user, const char *folder, const char *name) {
    store_stats *stats = user;
    (void)folder;
    if (name[0] != '.')
        stats->n_quarantined++;
}

void store_stat(store *s, store_stats *out) {
    store_counts(s, out);
    visit_objects(s, count_object, out);
    visit(s->quarantine, count_quarantined, out);
}

/* ---- sweeping -------------------------------------------------------------------------------- */

static void sweep_one(void *user, const char *folder, const char *name) {
    (void)user;
    size_t n = strlen(name);
    struct stat st;
    if (n != 37 || name[0] != '.' || strcmp(name + 33, ".tmp") != 0)
        return;
    if (!file_stat(folder, name, &st) || !S_ISREG(st.st_mode))
        return;
    if (time(NULL) - st.st_mtime < OLD)
        return;
    arena a = {0};
    char *path = path_join(&a, folder, name);
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    /* the lock says that its writer lives; where locks do not work, age alone has to do */
    if (fd >= 0 && (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK))
        unlink(path);
    if (fd >= 0)
        close(fd);
    arena_free(&a);
}

void store_sweep(store *s) {
    visit_objects(s, sweep_one, NULL);
    visit(s->records, sweep_one, NULL);
    visit(s->quarantine, sweep_one, NULL);
}

/* ---- reading everything ---------------------------------------------------------------------- */

typedef struct verifier {
    store *store;
    void (*told)(void *user, const char *text);
    void *user;
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

static void verify_object(void *user, const char *folder, const char *name) {
    verifier *v = user;
    rise_id id;
    rise_value *value = NULL;
    if (v->nomem || !id_parse(name, &id))
        return;
    if (strncmp(folder + strlen(folder) - 2, name, 2) != 0)
        return; /* never looked up there */
    entry_state state = object_read(v->store, &id, true, &value);
    account(v, name, state, value);
}

static void verify_log(void *user, const char *folder, const char *name) {
    verifier *v = user;
    arena a = {0};
    size_t n = strlen(name);
    char *path = n == 36 && strcmp(name + 32, ".log") == 0 ? path_join(&a, folder, name) : NULL;
    uint64_t n_lines, n_damaged;
    if (path) {
        bool good = log_check(path, &n_lines, &n_damaged);
        v->n_checked++;
        if (!good || n_damaged) {
            v->n_damaged++;
            tell(v, path, good ? "lines do not verify and are ignored" : "not a log, ignored");
        }
    }
    arena_free(&a);
}

/* The digests of all packed values at this moment. */
static rise_id *packed(store *s, arena *a, size_t *n) {
    *n = 0;
    pthread_mutex_lock(&s->lock);
    rise_id *id = ARENA_NEW(a, rise_id, s->n_pack);
    for (size_t i = 0; id && i < s->pack_of.capacity; i++)
        if (!id_is_zero(&s->pack_of.key[i]) && s->pack[s->pack_of.value[i]].size)
            id[(*n)++] = s->pack_of.key[i];
    pthread_mutex_unlock(&s->lock);
    return id;
}

rise_status store_verify(store *s, void (*told)(void *user, const char *text), void *user,
                         uint64_t *n_checked, uint64_t *n_damaged, rise_error *err) {
    verifier v = {.store = s, .told = told, .user = user};
    arena a = {0};
    size_t n;
    store_flush(s);
    rise_id *id = packed(s, &a, &n);
    v.nomem = !id;
    for (size_t i = 0; i < n && !v.nomem; i++) {
        rise_value *value = NULL;
        char hex[65];
        id_hex(&id[i], hex);
        entry_state state = pack_read(s, &id[i], true, &value);
        account(&v, hex, state, value);
    }
    arena_free(&a);
    visit_objects(s, verify_object, &v);
    visit(s->records, verify_log, &v);
    if (store_writing(s))
        store_sweep(s);
    if (v.nomem)
        return rise_fail_nomem(err, "verifying the cache");
    *n_checked = v.n_checked;
    *n_damaged = v.n_damaged;
    return RISE_OK;
}

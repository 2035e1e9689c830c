/* Logs of records, names and places (format.h): writing lines, loading all logs, compacting them.
 *
 * Every line verifies by itself. A line that does not is skipped; a log that ends in the middle of
 * a line was torn by a kill or is being written, and ends there. */
#include "store/inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

static const uint64_t FILE_LIMIT = UINT64_C(1) << 34; /* 16 GiB: more is no log of ours */

/* ---- writing --------------------------------------------------------------------------------- */

static size_t line_begin(buffer *b, char letter, uint64_t stamp, const rise_id *key) {
    size_t start = b->size;
    buffer_add(b, "\0\0\0\0\0\0\0\0\0\0\0\0", LINE_HEAD);
    buffer_u8(b, (uint8_t)letter);
    buffer_u64(b, stamp);
    buffer_add(b, key->byte, sizeof key->byte);
    return start;
}

static void line_end(buffer *b, size_t start) {
    if (b->failed) {
        b->size = start;
        return;
    }
    uint8_t *head = b->bytes + start;
    size_t size = b->size - start - LINE_HEAD;
    XXH64_canonical_t sum;
    XXH64_canonicalFromHash(&sum, XXH3_64bits(head + LINE_HEAD, size));
    for (int i = 0; i < 4; i++)
        head[i] = (uint8_t)(size >> (8 * i));
    memcpy(head + 4, sum.digest, sizeof sum.digest);
}

void line_record(buffer *b, const store_record *record, bool replaced, uint64_t stamp) {
    size_t start = line_begin(b, replaced ? 'S' : 'R', stamp, &record->key);
    buffer_f64(b, record->cost_s);
    buffer_u32(b, record->n_outputs);
    for (uint32_t i = 0; i < record->n_outputs; i++) {
        buffer_add(b, record->output[i].digest.byte, 32);
        buffer_u64(b, record->output[i].bytes);
        buffer_u32(b, record->output[i].facts_n);
        buffer_add(b, record->output[i].species, 16);
    }
    buffer_u32(b, (uint32_t)record->n_note);
    buffer_add(b, record->note, record->n_note);
    line_end(b, start);
}

void line_name(buffer *b, const rise_id *key, const uint8_t *bytes, size_t size, uint64_t stamp) {
    size_t start = line_begin(b, 'N', stamp, key);
    buffer_u32(b, (uint32_t)size);
    buffer_add(b, bytes, size);
    line_end(b, start);
}

void line_pack(buffer *b, const rise_id *key, const uint8_t writer[WRITER_SIZE], uint64_t offset,
               uint32_t size, uint64_t stamp) {
    size_t start = line_begin(b, 'P', stamp, key);
    buffer_add(b, writer, WRITER_SIZE);
    buffer_u64(b, offset);
    buffer_u32(b, size);
    line_end(b, start);
}

/* ---- reading --------------------------------------------------------------------------------- */

typedef enum log_state { LOG_GOOD, LOG_DAMAGED, LOG_FOREIGN } log_state;

static log_state check_head(cursor *c) {
    const uint8_t *magic = cursor_bytes(c, 8);
    uint32_t version = cursor_u32(c);
    cursor_u32(c);
    if (c->failed || memcmp(magic, LOG_MAGIC, 7) != 0)
        return LOG_DAMAGED;
    return version == FORMAT_VERSION && magic[7] == LOG_MAGIC[7] ? LOG_GOOD : LOG_FOREIGN;
}

/* The next line that is there in full; false at the end. *good: its checksum is right. */
static bool next_line(cursor *c, const uint8_t **text, size_t *size, bool *good) {
    if (c->end - c->at < LINE_HEAD)
        return false;
    *size = cursor_u32(c);
    const uint8_t *sum = cursor_bytes(c, 8);
    *text = *size ? cursor_bytes(c, *size) : NULL;
    if (!*text)
        return false;
    XXH64_canonical_t expected;
    XXH64_canonicalFromHash(&expected, XXH3_64bits(*text, *size));
    *good = memcmp(sum, expected.digest, 8) == 0;
    return true;
}

/* Lines of one log into the index; the bytes stay with the store. false: memory is short. */
static bool load_bytes(store *s, const char *path, const uint8_t *bytes, size_t size, bool *ours) {
    cursor c = {.at = bytes, .end = bytes + size};
    log_state state = size ? check_head(&c) : LOG_GOOD;
    *ours = state == LOG_GOOD;
    if (state == LOG_DAMAGED)
        trouble_damage(s, path, "it does not begin like a log");
    if (!*ours)
        return true;
    const uint8_t *text;
    size_t n, n_bad = 0;
    bool good;
    while (next_line(&c, &text, &n, &good)) {
        bool odd = false;
        if (good && !index_line(s, text, n, &odd))
            return false;
        if (!good || odd)
            n_bad++;
    }
    if (n_bad)
        trouble_damage(s, path, "lines of the log do not verify");
    return true;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_log(const char *name) {
    size_t n = strlen(name);
    return n == 36 && strcmp(name + 32, ".log") == 0;
}

/* Names of the logs, sorted: what is loaded does not depend on the order of the folder. */
static bool list(const char *folder, arena *a, char ***name, size_t *n_names) {
    DIR *dir = opendir(folder);
    size_t n = 0, capacity = 0;
    char **names = NULL;
    bool ok = true;
    for (struct dirent *e; dir && ok && (e = readdir(dir));) {
        if (!is_log(e->d_name))
            continue;
        if (n == capacity) {
            capacity = capacity ? 2 * capacity : 64;
            char **more = ARENA_NEW(a, char *, capacity);
            if (more && n)
                memcpy(more, names, n * sizeof *names);
            names = more;
        }
        char *copy = names ? arena_text(a, e->d_name) : NULL;
        ok = copy != NULL;
        if (ok)
            names[n++] = copy;
    }
    if (dir)
        closedir(dir);
    if (n)
        qsort(names, n, sizeof *names, by_name);
    *name = names;
    *n_names = n;
    return ok;
}

/* 0, ENOENT when the log has gone meanwhile, ENOMEM. `path` lives as long as the store. */
static int load_one(store *s, const char *path) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    int code = file_read(path, FILE_LIMIT, &bytes, &size);
    if (code == ENOENT || code == ENOMEM)
        return code;
    if (code) {
        trouble_damage(s, path, strerror(code));
        return text_map_set(&s->log_size, path, 0) ? 0 : ENOMEM;
    }
    log_text *text = ARENA_NEW(&s->memory, log_text, 1);
    if (!text) {
        free(bytes);
        return ENOMEM;
    }
    *text = (log_text){.next = s->log_text, .bytes = bytes};
    s->log_text = text;
    /* one rehash instead of many; a record has a few hundred bytes */
    bool ours = false;
    if (!id_map_reserve(&s->record_of, s->n_record + size / 512))
        return ENOMEM;
    if (!load_bytes(s, path, bytes, size, &ours))
        return ENOMEM;
    s->log_bytes += size;
    return text_map_set(&s->log_size, path, ours ? size : 0) ? 0 : ENOMEM;
}

bool log_load(store *s) {
    arena a = {0};
    bool ok = true, again = true;
    /* a log that vanishes was compacted into one that the listing may not have shown */
    for (int attempt = 0; ok && again && attempt < 5; attempt++) {
        char **name = NULL;
        size_t n = 0;
        again = false;
        ok = list(s->records, &a, &name, &n);
        for (size_t i = 0; ok && i < n; i++) {
            char *path = path_join(&s->memory, s->records, name[i]);
            if (path && text_map_get(&s->log_size, path, NULL))
                continue;
            int code = path ? load_one(s, path) : ENOMEM;
            if (code == ENOENT)
                again = true;
            else
                ok = code == 0;
        }
    }
    arena_free(&a);
    return ok;
}

void log_close(store *s) {
    for (log_text *t = s->log_text; t; t = t->next)
        free(t->bytes);
}

bool log_check(const char *path, uint64_t *n_lines, uint64_t *n_damaged) {
    uint8_t *bytes = NULL;
    size_t size = 0, n;
    *n_lines = *n_damaged = 0;
    int code = file_read(path, FILE_LIMIT, &bytes, &size);
    if (code)
        return code == ENOENT;
    cursor c = {.at = bytes, .end = bytes + size};
    log_state state = size ? check_head(&c) : LOG_GOOD;
    const uint8_t *text;
    bool good;
    while (state == LOG_GOOD && next_line(&c, &text, &n, &good)) {
        ++*n_lines;
        if (!good)
            ++*n_damaged;
    }
    free(bytes);
    return state != LOG_DAMAGED;
}

/* ---- compaction ------------------------------------------------------------------------------ */

/* All that stands, as lines. */
static void write_all(store *s, buffer *b) {
    buffer_add(b, LOG_MAGIC, 8);
    buffer_u32(b, FORMAT_VERSION);
    buffer_u32(b, 0);
    for (size_t i = 0; i < s->n_record; i++) {
        const record_slot *r = &s->record[i];
        const store_record *record = index_record(s, i);
        if (record)
            line_record(b, record, r->replaced, r->stamp);
    }
    for (size_t i = 0; i < s->name_of.capacity + 1; i++) {
        uint64_t slot;
        rise_id key = i < s->name_of.capacity ? s->name_of.key[i] : (rise_id){{0}};
        bool taken = i == s->name_of.capacity || !id_is_zero(&key);
        if (!taken || !id_map_get(&s->name_of, &key, &slot))
            continue;
        const name_slot *n = &s->name[slot];
        line_name(b, &key, n->bytes, n->size, n->stamp);
    }
    for (size_t i = 0; i < s->pack_of.capacity; i++) {
        const rise_id *key = &s->pack_of.key[i];
        if (id_is_zero(key))
            continue;
        const pack_slot *p = &s->pack[s->pack_of.value[i]];
        if (p->size)
            line_pack(b, key, s->writer[p->writer], p->offset, p->size, p->stamp);
    }
}

/* A log whose writer is gone and that has not grown since `size` bytes of it were read. The lock is
 * held on the descriptor that comes back; -1: leave it. */
static int lock_dead(const char *path, uint64_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0)
        return -1;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 && (uint64_t)st.st_size == size)
        return fd;
    close(fd);
    return -1;
}

void log_compact(store *s) {
    arena a = {0};
    buffer all = {0};
    char random[33];
    size_t n_dead = 0;
    const char **path = ARENA_NEW(&a, const char *, s->log_size.n);
    int *fd = ARENA_NEW(&a, int, s->log_size.n);
    for (size_t i = 0; path && fd && i < s->log_size.capacity; i++) {
        if (!s->log_size.key[i] || !s->log_size.value[i])
            continue;
        fd[n_dead] = lock_dead(s->log_size.key[i], s->log_size.value[i]);
        path[n_dead] = s->log_size.key[i];
        if (fd[n_dead] >= 0)
            n_dead++;
    }
    random_name(random);
    char *to = arena_format(&a, "%s/%s.log", s->records, random);
    if (n_dead > 1 && to) {
        rise_error err;
        write_all(s, &all);
        /* synced before the originals go */
        rise_status status =
            all.failed ? RISE_E_NOMEM : path_write_atomic(to, all.bytes, all.size, true, &err);
        if (status == RISE_E_OUTPUT)
            trouble_tell(s, "logs of the cache stay as they are: %s", err.message);
        for (size_t i = 0; status == RISE_OK && i < n_dead; i++)
            unlink(path[i]);
    }
    for (size_t i = 0; i < n_dead; i++)
        close(fd[i]);
    buffer_free(&all);
    arena_free(&a);
}

/* Logs of records, names and places (format.h): writing lines, and loading what is new in all logs.
 *
 * Every line verifies by itself. A line that does not is skipped; a log that ends in the middle of
 * a line was torn by a kill or is being written, and ends there, for now. */
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

/* The maps of a long log do not fit the caches: where the line behind this one belongs is fetched
 * beforehand. */
static void look_ahead(const store *s, const cursor *c) {
    rise_id key;
    if (c->end - c->at < LINE_HEAD + LINE_KEY)
        return;
    const uint8_t *line = c->at + LINE_HEAD;
    memcpy(key.byte, line + LINE_KEY - sizeof key.byte, sizeof key.byte);
    id_map_ahead(line[0] == 'N' ? &s->name_of : &s->record_of, &key);
}

/* Whole lines from `c` on into the index; the bytes stay with the store. What is left of `c` was
 * torn or is being written. false: memory is short. */
static bool load_lines(store *s, const char *path, cursor *c) {
    const uint8_t *text, *end = c->at;
    size_t n, n_bad = 0;
    bool good;
    while (next_line(c, &text, &n, &good)) {
        bool odd = false;
        look_ahead(s, c);
        if (good && !index_line(s, text, n, &odd))
            return false;
        if (!good || odd)
            n_bad++;
        end = c->at;
    }
    c->at = end;
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
    bool ok = dir || errno != ENOMEM;
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
    if (ok && n)
        qsort(names, n, sizeof *names, by_name);
    *name = names;
    *n_names = n;
    return ok;
}

/* What `log` says beyond what was read of it, from `bytes`, which are kept. */
static bool load_bytes(store *s, log_file *log, const uint8_t *bytes, size_t size) {
    cursor c = {.at = bytes, .end = bytes + size};
    if (!log->used && size < FILE_HEAD)
        return true; /* about to be written */
    log_state state = log->used ? LOG_GOOD : check_head(&c);
    if (state == LOG_DAMAGED)
        trouble_damage(s, log->path, "it does not begin like a log");
    log->foreign = state != LOG_GOOD;
    if (log->foreign)
        return true;
    /* one rehash instead of many; a record and a name together have a few hundred bytes */
    if (!id_map_reserve(&s->record_of, s->n_record + size / 512) ||
        !id_map_reserve(&s->name_of, s->n_name + size / 512) || !load_lines(s, log->path, &c))
        return false;
    log->seen = log->used + size;
    log->used += (uint64_t)(c.at - bytes);
    return true;
}

/* 0, ENOENT when the log has gone meanwhile, ENOMEM. */
static int load_more(store *s, log_file *log) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    atomic_fetch_add(&s->names, 1);
    int code = file_read(log->path, log->used, FILE_LIMIT, &bytes, &size);
    if (code == ENOENT || code == ENOMEM)
        return code;
    if (code) {
        trouble_damage(s, log->path, strerror(code));
        log->foreign = true;
        return 0;
    }
    log_text *text = ARENA_NEW(&s->memory, log_text, 1);
    if (!text) {
        free(bytes);
        return ENOMEM;
    }
    *text = (log_text){.next = s->log_text, .bytes = bytes};
    s->log_text = text;
    uint64_t before = log->seen;
    bool ok = load_bytes(s, log, bytes, size);
    s->log_bytes += log->seen - before;
    return ok ? 0 : ENOMEM;
}

/* The log of that name, new or known; NULL: memory is short. */
static log_file *find_log(store *s, const char *name) {
    arena a = {0};
    uint64_t at;
    char *path = path_join(&a, s->records, name);
    bool known = path && text_map_get(&s->log_of, path, &at);
    arena_free(&a);
    if (known)
        return s->log[at];
    log_file *log = ARENA_NEW(&s->memory, log_file, 1);
    path = log ? path_join(&s->memory, s->records, name) : NULL;
    if (!path || !array_grow((void **)&s->log, s->n_logs, &s->max_logs, sizeof *s->log) ||
        !text_map_set(&s->log_of, path, s->n_logs))
        return NULL;
    log->path = path;
    return s->log[s->n_logs++] = log;
}

/* On NFS only opening a file asks the server how long it is. */
static bool look_at(const store *s, const char *path, struct stat *st) {
    int fd = s->remote ? file_handle(path) : -1;
    bool seen = fd >= 0 ? fstat(fd, st) == 0 : stat(path, st) == 0;
    if (fd >= 0)
        close(fd);
    return seen;
}

static int load_one(store *s, const char *name) {
    struct stat st;
    if (strcmp(name, strrchr(s->own_log.path, '/') + 1) == 0)
        return 0; /* what we say we know */
    log_file *log = find_log(s, name);
    if (!log)
        return ENOMEM;
    atomic_fetch_add(&s->names, log->seen ? 1 : 0);
    bool same = log->seen && look_at(s, log->path, &st) && (uint64_t)st.st_size == log->seen;
    if (log->gone || log->foreign || same)
        return 0;
    int code = load_more(s, log);
    log->gone = code == ENOENT;
    return code;
}

bool log_load(store *s) {
    arena a = {0};
    bool ok = true, again = true;
    /* a log that vanishes was compacted into one that the listing may not have shown */
    for (int attempt = 0; ok && again && attempt < 5; attempt++) {
        char **name = NULL;
        size_t n = 0;
        again = false;
        atomic_fetch_add(&s->names, 1);
        ok = list(s->records, &a, &name, &n);
        for (size_t i = 0; ok && i < n; i++) {
            int code = load_one(s, name[i]);
            again = again || code == ENOENT;
            ok = code == 0 || code == ENOENT;
        }
    }
    arena_free(&a);
    return ok;
}

void log_close(store *s) {
    for (log_text *t = s->log_text; t; t = t->next)
        free(t->bytes);
}

entry_state log_check(const char *path, uint64_t *n_lines, uint64_t *n_damaged) {
    uint8_t *bytes = NULL;
    size_t size = 0, n;
    *n_lines = *n_damaged = 0;
    int code = file_read(path, 0, FILE_LIMIT, &bytes, &size);
    if (code == ENOMEM)
        return ENTRY_NOMEM;
    if (code)
        return code == EIO || code == EINVAL || code == EFBIG ? ENTRY_DAMAGED : ENTRY_MISSING;
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
    return state == LOG_DAMAGED ? ENTRY_DAMAGED : ENTRY_GOOD;
}

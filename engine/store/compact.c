/* Many logs of writers that are gone become one. */
#include "store/inside.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

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
    for (size_t i = 0; i < s->name_of.n; i++) {
        const id_entry *e = &s->name_of.entry[i];
        const name_slot *n = &s->name[e->value];
        line_name(b, &e->key, n->bytes, n->size, n->stamp);
    }
    for (size_t i = 0; i < s->pack_of.n; i++) {
        const id_entry *e = &s->pack_of.entry[i];
        const pack_slot *p = &s->pack[e->value];
        if (p->size)
            line_pack(b, &e->key, s->writer[p->writer], p->offset, p->size, p->stamp);
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

void log_compact(store *s, size_t least) {
    arena a = {0};
    buffer all = {0};
    char random[33];
    size_t n_dead = 0;
    const char **path = ARENA_NEW(&a, const char *, s->n_logs);
    int *fd = ARENA_NEW(&a, int, s->n_logs);
    for (size_t i = 0; path && fd && i < s->n_logs; i++) {
        const log_file *log = s->log[i];
        if (!log->seen || log->foreign)
            continue;
        fd[n_dead] = lock_dead(log->path, log->seen);
        path[n_dead] = log->path;
        if (fd[n_dead] >= 0)
            n_dead++;
    }
    random_name(random);
    char *to = arena_format(&a, "%s/%s.log", s->records, random);
    if (n_dead >= least && to) {
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

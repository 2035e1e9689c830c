/* Objects: entries that are files of their own. They appear under their name whole or not at all.
 */
#include "store/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint64_t OBJECT_LIMIT = UINT64_C(1) << 36; /* bytes of a file */

char *object_path(const store *s, arena *a, const rise_id *digest) {
    char hex[65];
    id_hex(digest, hex);
    return arena_format(a, "%s/%.2s/%s", s->objects, hex, hex);
}

static void remember(store *s, const rise_id *digest, uint64_t size) {
    pthread_mutex_lock(&s->lock);
    (void)id_map_set(&s->object, digest, size); /* forgetting costs a look at the disk */
    pthread_mutex_unlock(&s->lock);
}

static int open_temporary(const char *path, const char *folder) {
    for (int attempt = 0;;) {
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || (errno != EINTR && (errno != ENOENT || attempt)))
            return fd;
        if (errno == ENOENT) {
            attempt = 1;
            if (path_make_folders(folder, NULL) != RISE_OK)
                return -1;
        }
    }
}

/* The temporary file gets its final name. One that is there already holds the same value: success,
 * also when the reply to our own link was lost. One of another size was torn by a power cut. */
static int publish(const char *temporary, const char *path, size_t size) {
    struct stat st;
    bool there = link(temporary, path) == 0;
    if (!there && errno == EEXIST)
        there = stat(path, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size == size;
    if (there) {
        unlink(temporary);
        return 0;
    }
    return rename(temporary, path) == 0 ? 0 : errno; /* also where there are no links */
}

static int write_object(const store *s, const char *temporary, const char *path, const char *folder,
                        const entry_parts *entry) {
    int fd = open_temporary(temporary, folder);
    if (fd < 0)
        return errno;
    flock(fd, LOCK_EX | LOCK_NB); /* alive: not to be swept */
    int code = path_write_all(fd, entry->front.bytes, entry->front.size, -1);
    if (!code)
        code = path_write_all(fd, entry->payload, entry->n_payload, -1);
    if (!code)
        code = path_write_all(fd, entry->tail, sizeof entry->tail, -1);
    if (!code && s->options.durable && fsync(fd) != 0)
        code = errno;
    if (!code)
        code = publish(temporary, path, entry->size);
    if (close(fd) != 0 && !code)
        code = errno;
    if (code)
        unlink(temporary);
    return code || !s->options.durable ? code : path_sync_folder(folder);
}

bool object_write(store *s, const rise_id *digest, const entry_parts *entry) {
    arena a = {0};
    atomic_fetch_add(&s->names, 3); /* made, linked, unlinked */
    char *path = object_path(s, &a, digest);
    char *folder = path ? path_folder(&a, path) : NULL;
    char *temporary = folder ? temporary_path(&a, folder) : NULL;
    int code = temporary ? write_object(s, temporary, path, folder, entry) : ENOMEM;
    if (code && code != ENOMEM)
        trouble_write(s, path, code);
    if (!code) {
        atomic_fetch_add(&s->wrote, entry->size);
        remember(s, digest, entry->size);
    }
    arena_free(&a);
    return code == 0;
}

bool object_size(store *s, const rise_id *digest, uint64_t *size) {
    pthread_mutex_lock(&s->lock);
    bool seen = id_map_get(&s->object, digest, size) && *size > 0;
    pthread_mutex_unlock(&s->lock);
    if (seen)
        return true;
    arena a = {0};
    struct stat st;
    char *path = object_path(s, &a, digest);
    atomic_fetch_add(&s->names, 1);
    /* what is shorter than the least entry was torn by a power cut */
    bool there = path && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
                 st.st_size >= ENTRY_HEAD + ENTRY_TAIL;
    arena_free(&a);
    if (!there)
        return false;
    *size = (uint64_t)st.st_size;
    remember(s, digest, *size);
    return true;
}

/* Nothing is known of the file: it may be good. */
static bool out_of_reach(int code) {
    return code == ENOENT || code == ENOTDIR || code == EACCES || code == EMFILE ||
           code == ENFILE || code == ESTALE;
}

/* What becomes of an entry that cannot be used; errno `code`, or 0. */
static void not_good(store *s, const rise_id *digest, const char *path, entry_state state,
                     int code) {
    if (state == ENTRY_DAMAGED) {
        trouble_damage(s, path, code ? strerror(code) : "it does not verify");
        quarantine_file(s, path);
    }
    if (state == ENTRY_DAMAGED || state == ENTRY_MISSING)
        remember(s, digest, 0);
}

entry_state object_read(store *s, const rise_id *digest, bool deep, rise_value **out) {
    arena a = {0};
    char *path = object_path(s, &a, digest);
    uint8_t *bytes = NULL;
    size_t size = 0;
    atomic_fetch_add(&s->names, 1);
    int code = path ? file_read(path, 0, OBJECT_LIMIT, &bytes, &size) : ENOMEM;
    entry_state state;
    switch (code) {
    case 0:
        state = entry_read(s->codec, bytes, size, digest, deep, out);
        atomic_fetch_add(&s->read, size);
        if (state == ENTRY_GOOD && !deep)
            local_keep(s, digest, bytes, size);
        free(bytes);
        break;
    case ENOMEM:
        state = ENTRY_NOMEM;
        break;
    default:
        state = out_of_reach(code) ? ENTRY_MISSING : ENTRY_DAMAGED;
    }
    if (state == ENTRY_GOOD && !deep && !atomic_load(&s->off))
        file_used(-1, path);
    not_good(s, digest, path, state, code);
    arena_free(&a);
    return state;
}

entry_state object_look(store *s, const rise_id *digest) {
    arena a = {0};
    uint8_t head[ENTRY_HEAD] = {0};
    struct stat st = {0};
    char *path = object_path(s, &a, digest);
    int fd = path ? file_handle(path) : -1;
    int code = path && fd < 0 ? errno : 0;
    if (fd >= 0 && (fstat(fd, &st) != 0 || pread(fd, head, sizeof head, 0) < 0))
        code = errno;
    if (fd >= 0)
        close(fd);
    entry_state state = path ? ENTRY_DAMAGED : ENTRY_NOMEM;
    if (path && !code)
        state = entry_look(head, (uint64_t)st.st_size, digest);
    else if (out_of_reach(code))
        state = ENTRY_MISSING;
    not_good(s, digest, path, state, code);
    arena_free(&a);
    return state;
}

/* Packs: small entries, side by side in one file per writer. Where they are stands in the logs. */
#include "store/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PACK_PENDING = 256 * 1024 }; /* bytes that wait at most */

bool pack_write(store *s, const rise_id *digest, const buffer *entry) {
    pthread_mutex_lock(&s->lock);
    appender *pack = &s->own_pack;
    uint64_t slot;
    bool there = id_map_get(&s->pack_of, digest, &slot) && s->pack[slot].size;
    bool done = there || !atomic_load(&s->off);
    if (!there && done) {
        if (pack->written < FILE_HEAD)
            pack->written = FILE_HEAD;
        uint64_t offset = pack->written + pack->pending.size, stamp = index_stamp(s);
        uint32_t size = (uint32_t)entry->size;
        buffer_add(&pack->pending, entry->bytes, entry->size);
        done =
            !pack->pending.failed && index_put_pack(s, digest, s->writer[0], offset, size, stamp);
        pack->pending.failed = false; /* short of memory now, perhaps not the next time */
        if (done) {
            line_pack(&s->own_log.pending, digest, s->writer[0], offset, size, stamp);
            s->own_log.pending.failed = false;
            atomic_fetch_add(&s->wrote, entry->size);
        }
        if (pack->pending.size > PACK_PENDING)
            store_flush_locked(s, false);
    }
    pthread_mutex_unlock(&s->lock);
    return done;
}

bool pack_move(store *s, const rise_id *digest, const buffer *entry) {
    uint64_t slot;
    pthread_mutex_lock(&s->lock);
    if (id_map_get(&s->pack_of, digest, &slot))
        s->pack[slot].size = 0;
    pthread_mutex_unlock(&s->lock);
    return pack_write(s, digest, entry);
}

bool pack_size(store *s, const rise_id *digest, uint64_t *size) {
    uint64_t slot;
    pthread_mutex_lock(&s->lock);
    bool there = id_map_get(&s->pack_of, digest, &slot) && s->pack[slot].size;
    if (there)
        *size = s->pack[slot].size;
    pthread_mutex_unlock(&s->lock);
    return there;
}

char *pack_path(const store *s, arena *a, const uint8_t writer[WRITER_SIZE]) {
    rise_id id = {{0}};
    char hex[65];
    memcpy(id.byte, writer, WRITER_SIZE);
    id_hex(&id, hex);
    return arena_format(a, "%s/%.32s.pack", s->packs, hex);
}

/* The descriptor of a pack, from the few that are kept open; -1 and errno. One that stands where
 * another is in use is not kept. */
static int open_pack(store *s, uint32_t writer, const char *path, pack_file **kept) {
    pack_file *file = &s->pack_file[writer % N_PACK_FILES];
    pthread_mutex_lock(&s->pack_lock);
    bool same = file->fd >= 0 && file->writer == writer, busy = file->users > 0 && !same;
    int fd = same ? file->fd : file_handle(path), code = errno;
    if (!same)
        atomic_fetch_add(&s->names, 1);
    if (!same && !busy && file->fd >= 0)
        close(file->fd);
    if (!busy) {
        file->fd = fd;
        file->writer = writer;
        file->users += fd >= 0;
    }
    pthread_mutex_unlock(&s->pack_lock);
    *kept = busy ? NULL : file;
    if (fd >= 0 && !same && !atomic_load(&s->off))
        file_used(fd, NULL);
    errno = code;
    return fd;
}

static void close_pack(store *s, int fd, pack_file *kept) {
    if (fd < 0)
        return;
    if (!kept) {
        close(fd);
        return;
    }
    pthread_mutex_lock(&s->pack_lock);
    kept->users--;
    pthread_mutex_unlock(&s->pack_lock);
}

static int read_pack_once(store *s, uint32_t writer, const char *path, uint64_t offset,
                          uint8_t *bytes, size_t size) {
    pack_file *kept;
    int fd = open_pack(s, writer, path, &kept), code = fd < 0 ? errno : 0;
    while (!code && size) {
        ssize_t n = pread(fd, bytes, size, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            code = n < 0 ? errno : s->remote ? ESTALE : EIO;
            break;
        }
        bytes += n;
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
    /* On NFS: another took its name, or it has grown since it was opened. It is opened anew. */
    if (code == ESTALE && kept) {
        pthread_mutex_lock(&s->pack_lock);
        kept->writer = UINT32_MAX;
        pthread_mutex_unlock(&s->pack_lock);
    }
    close_pack(s, fd, kept);
    return code;
}

/* Bytes of a pack on disk: 0 or errno; short ones are EIO. */
static int read_pack(store *s, uint32_t writer, const char *path, uint64_t offset, uint8_t *bytes,
                     size_t size) {
    int code = read_pack_once(s, writer, path, offset, bytes, size);
    return code == ESTALE ? read_pack_once(s, writer, path, offset, bytes, size) : code;
}

bool pack_where(store *s, const rise_id *digest, char *place, size_t size, uint64_t *bytes) {
    uint64_t slot;
    rise_id writer = {{0}};
    char hex[65];
    pthread_mutex_lock(&s->lock);
    bool there = id_map_get(&s->pack_of, digest, &slot) && s->pack[slot].size;
    if (there) {
        const pack_slot *p = &s->pack[slot];
        memcpy(writer.byte, s->writer[p->writer], WRITER_SIZE);
        id_hex(&writer, hex);
        snprintf(place, size, "packs/%.32s.pack at %llu", hex, (unsigned long long)p->offset);
        *bytes = p->size;
    }
    pthread_mutex_unlock(&s->lock);
    return there;
}

void pack_close(store *s) {
    for (size_t i = 0; i < N_PACK_FILES; i++)
        if (s->pack_file[i].fd >= 0)
            close(s->pack_file[i].fd);
}

/* Where the entry is, its bytes too if they still wait to be written. */
static bool find(store *s, const rise_id *digest, pack_slot *place, char **path, arena *a,
                 uint8_t **waiting, bool *nomem) {
    uint64_t slot;
    pthread_mutex_lock(&s->lock);
    bool there = id_map_get(&s->pack_of, digest, &slot) && s->pack[slot].size;
    if (there) {
        *place = s->pack[slot];
        *path = pack_path(s, a, s->writer[place->writer]);
        if (place->writer == 0 && place->offset >= s->own_pack.written) {
            size_t start = (size_t)(place->offset - s->own_pack.written);
            *waiting = (uint8_t *)arena_bytes(a, s->own_pack.pending.bytes + start, place->size);
            *nomem = !*waiting;
        }
    }
    pthread_mutex_unlock(&s->lock);
    return there;
}

/* The place is no good: it is forgotten here and, by a line of its own, for those who come later;
 * unless another has taken it meanwhile. */
static void forget(store *s, const rise_id *digest, const pack_slot *place) {
    uint64_t slot;
    pthread_mutex_lock(&s->lock);
    if (id_map_get(&s->pack_of, digest, &slot) && s->pack[slot].stamp == place->stamp) {
        s->pack[slot].size = 0;
        if (!atomic_load(&s->off)) {
            s->pack[slot].stamp = index_stamp(s);
            line_pack(&s->own_log.pending, digest, s->writer[place->writer], 0, 0,
                      s->pack[slot].stamp);
            s->own_log.pending.failed = false;
        }
    }
    pthread_mutex_unlock(&s->lock);
}

/* *gone: the pack was not there. The first time this may be because it was written anew under
 * another name. */
static entry_state read_once(store *s, const rise_id *digest, bool deep, rise_value **out,
                             bool *gone) {
    bool again = *gone;
    *gone = false;
    arena a = {0};
    pack_slot place;
    char *path = NULL;
    uint8_t *bytes = NULL;
    bool nomem = false;
    int code = 0;
    if (!find(s, digest, &place, &path, &a, &bytes, &nomem))
        return ENTRY_MISSING;
    if (path && !bytes && !nomem) {
        bytes = place.size <= PACK_MOST ? arena_alloc(&a, place.size, 1) : NULL;
        nomem = !bytes && place.size <= PACK_MOST;
        code = bytes ? read_pack(s, place.writer, path, place.offset, bytes, place.size) : EFBIG;
    }
    entry_state state = ENTRY_DAMAGED;
    if (!path || nomem)
        state = ENTRY_NOMEM;
    else if (code == EMFILE || code == ENFILE || code == ESTALE)
        state = ENTRY_MISSING;
    else if (!code)
        state = entry_read(s->codec, bytes, place.size, digest, deep, out);
    if (state == ENTRY_GOOD)
        atomic_fetch_add(&s->read, place.size);
    if (state == ENTRY_GOOD && !deep && place.writer != 0)
        local_keep(s, digest, bytes, place.size);
    bool no_use = state == ENTRY_DAMAGED || state == ENTRY_FOREIGN;
    if (no_use && (again || code != ENOENT))
        forget(s, digest, &place);
    if (state == ENTRY_DAMAGED && code == ENOENT) {
        state = ENTRY_MISSING; /* that is no damage */
        *gone = true;
    } else if (state == ENTRY_DAMAGED) {
        trouble_damage(s, path, code ? strerror(code) : "an entry does not verify");
        if (!code)
            quarantine_bytes(s, digest, bytes, place.size);
    }
    arena_free(&a);
    return state;
}

entry_state pack_read(store *s, const rise_id *digest, bool deep, rise_value **out) {
    bool gone = false;
    entry_state state = read_once(s, digest, deep, out, &gone);
    if (!gone)
        return state;
    store_refresh(s); /* a log may say where it is now */
    return read_once(s, digest, deep, out, &gone);
}

entry_state pack_look(store *s, const rise_id *digest) {
    arena a = {0};
    pack_slot place;
    char *path = NULL;
    uint8_t *waiting = NULL, head[ENTRY_HEAD];
    bool nomem = false;
    if (!find(s, digest, &place, &path, &a, &waiting, &nomem))
        return ENTRY_MISSING;
    bool ready = path && !nomem;
    int code = ready ? EINVAL : ENOMEM;
    if (ready && place.size >= ENTRY_HEAD)
        code = waiting ? 0 : read_pack(s, place.writer, path, place.offset, head, sizeof head);
    entry_state state = code == ENOMEM ? ENTRY_NOMEM : ENTRY_DAMAGED;
    if (code == ENOENT || code == EMFILE || code == ENFILE || code == ESTALE)
        state = ENTRY_MISSING;
    else if (!code)
        state = entry_look(waiting ? waiting : head, place.size, digest);
    arena_free(&a);
    return state;
}

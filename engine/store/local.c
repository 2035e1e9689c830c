/* A tier on a disk of this machine, in front of a store on a shared one: what was read once is read
 * from here from then on. Entries are files as in objects/, and verified as all others. It helps or
 * it does not: nothing is told of what goes wrong here, and a disk that is full ends it. */
#include "store/inside.h"

#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { LOCAL_LEAST = 4096 }; /* bytes of an entry: less is not worth a file */

static char *place(const store *s, arena *a, const rise_id *digest) {
    char hex[65];
    id_hex(digest, hex);
    return arena_format(a, "%s/%.2s/%s", s->options.local, hex, hex);
}

bool local_read(store *s, const rise_id *digest, rise_value **out) {
    if (!s->options.local)
        return false;
    arena a = {0};
    uint8_t *bytes = NULL;
    size_t size = 0;
    char *path = place(s, &a, digest);
    bool there = path && file_read(path, 0, PACK_MOST, &bytes, &size) == 0;
    entry_state state =
        there ? entry_read(s->codec, bytes, size, digest, false, out) : ENTRY_MISSING;
    bool good = state == ENTRY_GOOD;
    if (there && !good && state != ENTRY_NOMEM)
        unlink(path);
    free(bytes);
    arena_free(&a);
    return good;
}

/* A tenth of its disk stays free for others. */
static bool has_room(const char *folder, size_t size) {
    struct statvfs disk;
    if (statvfs(folder, &disk) != 0)
        return false;
    uint64_t free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    return free_bytes > size + (uint64_t)disk.f_blocks * disk.f_frsize / 10;
}

void local_keep(store *s, const rise_id *digest, const uint8_t *bytes, size_t size) {
    if (!s->options.local || size < LOCAL_LEAST || size > PACK_MOST || atomic_load(&s->local_off))
        return;
    arena a = {0};
    char *path = place(s, &a, digest), *folder = path ? path_folder(&a, path) : NULL;
    bool kept = folder && path_make_folders(folder, NULL) == RISE_OK && has_room(folder, size) &&
                path_write_atomic(path, bytes, size, false, NULL) == RISE_OK;
    if (!kept)
        atomic_store(&s->local_off, true);
    arena_free(&a);
}

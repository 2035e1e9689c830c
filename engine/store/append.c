/* Files that one writer appends to: packs and logs. A failed write leaves at most a torn end, which
 * readers ignore.
 *
 * The file is made when there is something to write, so that a run that finds everything leaves no
 * trace. Its name is 128 random bits, so no other process writes to it; the lock on it only tells
 * that its writer is alive, and dies with it. */
#include "store/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int make(appender *a) {
    for (int attempt = 0;; attempt++) {
        a->fd = open(a->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (a->fd >= 0)
            break;
        if (errno == EINTR)
            continue;
        if (errno != ENOENT || attempt)
            return errno;
        if (path_make_folders(a->folder, NULL) != RISE_OK)
            return ENOENT;
    }
    flock(a->fd, LOCK_EX | LOCK_NB); /* correctness does not hang on it */
    uint8_t head[FILE_HEAD] = {0};
    memcpy(head, a->magic, 8);
    head[8] = FORMAT_VERSION;
    int code = path_write_all(a->fd, head, sizeof head, 0);
    if (code) {
        unlink(a->path);
        close(a->fd);
        a->fd = -1;
    } else if (a->written < FILE_HEAD || !a->fixed) {
        a->written = FILE_HEAD;
    }
    return code;
}

static int write_pending(appender *a) {
    struct stat st;
    if (a->fd >= 0 && (fstat(a->fd, &st) != 0 || st.st_nlink == 0)) {
        close(a->fd); /* the folder was deleted under us */
        a->fd = -1;
    }
    int code = a->fd < 0 ? make(a) : 0;
    if (code)
        return code;
    a->unsynced = true;
    code = path_write_all(a->fd, a->pending.bytes, a->pending.size, (int64_t)a->written);
    if (code) {
        if (ftruncate(a->fd, (off_t)a->written) != 0)
            return code; /* torn: readers stop there */
        return code;
    }
    a->written += a->pending.size;
    a->pending.size = 0;
    return 0;
}

/* Never tried twice: pages may be lost. */
static int sync_all(appender *a) {
    a->unsynced = false;
    if (fsync(a->fd) != 0)
        return errno;
    return path_sync_folder(a->folder);
}

int appender_flush(appender *a, bool durable) {
    int code = a->pending.size ? write_pending(a) : 0;
    return !code && durable && a->unsynced ? sync_all(a) : code;
}

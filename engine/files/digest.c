/* Digests of input files, remembered by what the file system says of a file.
 *
 * A file may be edited without its size or mtime changing; ctime cannot be set back, but clocks are
 * coarse. So nothing is remembered of a file touched within 2 s of the hashing (git's rule for
 * "racily clean" files), nor of one from the future, and ctime counts as a touch. */
#include "files/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const double RACY = 2.0; /* s */

enum { CHUNK = 1 << 20 }; /* bytes read at a time */

void memo_name(const struct stat *st, rise_id *name) {
    const uint64_t part[] = {(uint64_t)st->st_dev,          (uint64_t)st->st_ino,
                             (uint64_t)st->st_size,         (uint64_t)st->st_mtim.tv_sec,
                             (uint64_t)st->st_mtim.tv_nsec, (uint64_t)st->st_ctim.tv_sec,
                             (uint64_t)st->st_ctim.tv_nsec};
    hash_state h;
    hash_begin(&h);
    hash_add(&h, "rise file digest 1", 18);
    hash_add(&h, part, sizeof part);
    hash_end(&h, name);
}

static double seconds(const struct timespec *t) {
    return (double)t->tv_sec + 1e-9 * (double)t->tv_nsec;
}

static bool settled(const struct stat *st, double now) {
    return seconds(&st->st_mtim) < now - RACY && seconds(&st->st_ctim) < now - RACY;
}

static rise_status hash_file(const char *path, int fd, rise_id *out, rise_error *err) {
    hash_state h;
    uint8_t *chunk = malloc(CHUNK);
    if (!chunk)
        return rise_fail_nomem(err, path);
    rise_status s = RISE_OK;
    hash_begin(&h);
    for (ssize_t n = 1; s == RISE_OK && n != 0;) {
        n = read(fd, chunk, CHUNK);
        if (n > 0)
            hash_add(&h, chunk, (size_t)n);
        else if (n < 0 && errno != EINTR)
            s = rise_fail(err, RISE_E_SYSTEM, "cannot read '%s': %s", path, strerror(errno));
    }
    free(chunk);
    hash_end(&h, out);
    return s;
}

/* One attempt. *same: nobody touched the file meanwhile; *st is its state then. */
static rise_status attempt(store *s, const char *path, bool paranoid, struct stat *st, bool *same,
                           rise_id *out, rise_error *err) {
    int fd = -1;
    struct stat after;
    rise_id name;
    size_t size = 0;
    double now = clock_unix();
    rise_status status = file_open(path, &fd, st, err);
    if (status != RISE_OK)
        return status;
    memo_name(st, &name);
    const uint8_t *memo = s && !paranoid ? store_name_get(s, &name, &size) : NULL;
    if (memo && size == sizeof out->byte) {
        memcpy(out->byte, memo, size);
        *same = true;
    } else {
        status = hash_file(path, fd, out, err);
        if (status == RISE_OK && fstat(fd, &after) != 0)
            status = rise_fail(err, RISE_E_SYSTEM, "cannot read '%s': %s", path, strerror(errno));
        *same = status == RISE_OK && file_same(st, &after);
        if (*same && s && settled(st, now))
            store_name_set(s, &name, out->byte, sizeof out->byte);
    }
    close(fd);
    return status;
}

rise_status files_digest(store *s, const char *path, bool paranoid, rise_id *out, rise_error *err) {
    struct stat st;
    rise_id digest;
    bool same = false;
    rise_status status = RISE_OK;
    for (int i = 0; i < 2 && status == RISE_OK && !same; i++)
        status = attempt(s, path, paranoid, &st, &same, &digest, err);
    if (status != RISE_OK)
        return status;
    if (!same)
        return file_changed(path, err);
    *out = digest;
    return RISE_OK;
}

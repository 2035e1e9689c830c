/* Input files into memory. What is parsed later is exactly what was digested here, and a file that
 * changes while it is being read is noticed. */
#include "files/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SPARE = 64 }; /* zeros after the end, so that parsers may look ahead */

static const size_t LIMIT = (size_t)16 << 30; /* bytes, also of what expands */

rise_status file_open(const char *path, int *fd, struct stat *st, rise_error *err) {
    int handle;
    do
        handle = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not hold us */
    while (handle < 0 && errno == EINTR);
    if (handle < 0 && (errno == EMFILE || errno == ENFILE || errno == EIO))
        return rise_fail(err, RISE_E_SYSTEM, "cannot open '%s': %s", path, strerror(errno));
    if (handle < 0)
        return rise_fail(err, RISE_E_NOINPUT, "cannot open '%s': %s", path, strerror(errno));
    rise_status status = RISE_OK;
    if (fstat(handle, st) != 0)
        status = rise_fail(err, RISE_E_SYSTEM, "cannot open '%s': %s", path, strerror(errno));
    else if (!S_ISREG(st->st_mode))
        status = rise_fail(err, RISE_E_NOINPUT, "'%s' is %s, not a file", path,
                           S_ISDIR(st->st_mode) ? "a folder" : "a pipe or a device");
    if (status == RISE_OK)
        *fd = handle;
    else
        close(handle);
    return status;
}

static bool same_time(const struct timespec *a, const struct timespec *b) {
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool file_same(const struct stat *a, const struct stat *b) {
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           same_time(&a->st_mtim, &b->st_mtim) && same_time(&a->st_ctim, &b->st_ctim);
}

rise_status file_changed(const char *path, rise_error *err) {
    rise_fail(err, RISE_E_CHANGED, "'%s' changed while it was being read, twice", path);
    rise_hint(err, "wait until whatever writes it is done, or read a copy");
    return RISE_E_CHANGED;
}

/* Up to `size` bytes; fewer at the end of the file. */
static rise_status read_all(const char *path, int fd, uint8_t *to, size_t size, size_t *n,
                            rise_error *err) {
    *n = 0;
    while (*n < size) {
        ssize_t got = read(fd, to + *n, size - *n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return rise_fail(err, RISE_E_SYSTEM, "cannot read '%s' (byte %zu): %s", path, *n,
                             strerror(errno));
        if (got == 0)
            break;
        *n += (size_t)got;
    }
    return RISE_OK;
}

/* One attempt. *same: nobody touched the file meanwhile. */
static rise_status attempt(const char *path, uint8_t **bytes, size_t *size, bool *same,
                           rise_error *err) {
    int fd = -1;
    struct stat before, after;
    rise_status status = file_open(path, &fd, &before, err);
    if (status != RISE_OK)
        return status;
    size_t room = (size_t)before.st_size, n = 0;
    uint8_t *to = NULL;
    if (room > LIMIT)
        status = rise_fail(err, RISE_E_DATA, "'%s' has %zu bytes; at most %zu can be read", path,
                           room, LIMIT);
    else if (!(to = malloc(room + SPARE)))
        status = rise_fail_nomem(err, path);
    /* one byte more than there should be shows that the file has grown */
    if (status == RISE_OK)
        status = read_all(path, fd, to, room + 1, &n, err);
    if (status == RISE_OK && fstat(fd, &after) != 0)
        status = rise_fail(err, RISE_E_SYSTEM, "cannot read '%s': %s", path, strerror(errno));
    close(fd);
    if (status != RISE_OK) {
        free(to);
        return status;
    }
    *same = n == room && file_same(&before, &after);
    memset(to + room, 0, SPARE);
    *bytes = to;
    *size = room;
    return RISE_OK;
}

/* Replaces compressed bytes by what they stand for. */
static rise_status expand(const char *path, uint8_t **bytes, size_t *size, rise_error *err) {
    buffer out = {0};
    rise_error inner = {0};
    rise_status status;
    if (gzip_is(*bytes, *size))
        status = gzip_expand(*bytes, *size, LIMIT, &out, &inner);
    else if (xz_is(*bytes, *size))
        status = xz_expand(*bytes, *size, LIMIT, &out, &inner);
    else if (codec_is_zstd(*bytes, *size))
        status = codec_expand(*bytes, *size, LIMIT, &out, &inner);
    else
        return RISE_OK;
    if (status == RISE_OK && !buffer_reserve(&out, SPARE))
        status = rise_fail_nomem(&inner, "an input file");
    if (status != RISE_OK) {
        buffer_free(&out);
        return rise_fail_at(err, status, path, 0, 0, "%s", inner.message);
    }
    memset(out.bytes + out.size, 0, SPARE);
    free(*bytes);
    *bytes = out.bytes;
    *size = out.size;
    return RISE_OK;
}

rise_status files_load(const char *path, rise_file *file, rise_id *digest, rise_error *err) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    bool same = false;
    for (int i = 0; i < 2 && !same; i++) {
        free(bytes);
        bytes = NULL;
        rise_status status = attempt(path, &bytes, &size, &same, err);
        if (status != RISE_OK)
            return status;
    }
    rise_id id;
    rise_status status = same ? RISE_OK : file_changed(path, err);
    if (status == RISE_OK)
        id_of(bytes, size, &id);
    if (status == RISE_OK)
        status = expand(path, &bytes, &size, err);
    if (status != RISE_OK) {
        free(bytes);
        return status;
    }
    if (digest)
        *digest = id;
    *file = (rise_file){.path = path, .bytes = bytes, .size = size};
    return RISE_OK;
}

void files_unload(rise_file *file) {
    free((uint8_t *)file->bytes);
    *file = (rise_file){0};
}

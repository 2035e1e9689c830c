/* What the disk does to us: told, counted, moved away; never fatal. */
#include "store/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum { TOLD_MAX = 5 }; /* damages told one by one; the rest is in the count */

void trouble_tell(store *s, const char *fmt, ...) {
    if (!s->options.warn)
        return;
    char text[1024];
    va_list args;
    va_start(args, fmt);
    text_vformat(text, sizeof text, fmt, args);
    va_end(args);
    s->options.warn(s->options.user, text);
}

void trouble_write(store *s, const char *path, int code) {
    if (atomic_exchange(&s->off, true))
        return;
    struct statvfs fs;
    char room[64] = "";
    if ((code == ENOSPC || code == EDQUOT) && statvfs(s->folder, &fs) == 0)
        snprintf(room, sizeof room, " (free: %llu bytes)",
                 (unsigned long long)fs.f_bavail * (unsigned long long)fs.f_frsize);
    trouble_tell(s,
                 "the cache cannot be written: %s: %s%s; results of this run are not stored from "
                 "here on",
                 path, strerror(code), room);
}

void trouble_damage(store *s, const char *path, const char *what) {
    atomic_fetch_add(&s->damaged, 1);
    unsigned told = atomic_fetch_add(&s->told, 1);
    if (told < TOLD_MAX)
        trouble_tell(s, "the cache is damaged: %s: %s; it counts as missing", path, what);
    else if (told == TOLD_MAX)
        trouble_tell(s, "the cache is damaged in more places; `rise-run cache verify` lists them");
}

void quarantine_file(store *s, const char *path) {
    if (atomic_load(&s->off))
        return;
    arena a = {0};
    char random[33];
    random_name(random);
    const char *name = strrchr(path, '/');
    char *to = arena_format(&a, "%s/%s-%.8s", s->quarantine, name ? name + 1 : path, random);
    bool moved = to && rename(path, to) == 0;
    if (to && !moved && errno == ENOENT && path_make_folders(s->quarantine, NULL) == RISE_OK)
        moved = rename(path, to) == 0;
    if (to && !moved)
        unlink(path); /* it must at least not stay in the way */
    arena_free(&a);
}

void quarantine_bytes(store *s, const rise_id *digest, const uint8_t *bytes, size_t size) {
    if (atomic_load(&s->off))
        return;
    arena a = {0};
    char random[33], hex[65];
    random_name(random);
    id_hex(digest, hex);
    char *to = arena_format(&a, "%s/%s-%.8s", s->quarantine, hex, random);
    if (to) /* only a copy for the curious: no reason to stop */
        (void)!path_write_atomic(to, bytes, size, false, NULL);
    arena_free(&a);
}

int file_handle(const char *path) {
    int fd;
    do /* a pipe in its place must not hold us */
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    while (fd < 0 && errno == EINTR);
    return fd;
}

int file_read(const char *path, uint64_t from, uint64_t limit, uint8_t **bytes, size_t *size) {
    int fd = file_handle(path);
    if (fd < 0 && errno == ESTALE)
        fd = file_handle(path); /* NFS: look once more */
    if (fd < 0)
        return errno;
    struct stat st;
    int code = fstat(fd, &st) == 0 ? 0 : errno;
    if (!code && !S_ISREG(st.st_mode))
        code = EINVAL;
    if (!code && (uint64_t)st.st_size > limit)
        code = EFBIG;
    size_t room = code || (uint64_t)st.st_size < from ? 0 : (size_t)st.st_size - from, n = 0;
    uint8_t *to = code ? NULL : malloc(room ? room : 1);
    if (!code && !to)
        code = ENOMEM;
    if (!code)
        memory_ready(to, room);
    while (!code && n < room) {
        ssize_t got = pread(fd, to + n, room - n, (off_t)(from + n));
        if (got < 0 && errno != EINTR)
            code = errno;
        if (got == 0)
            break; /* it shrank: what there is will not verify */
        if (got > 0)
            n += (size_t)got;
    }
    close(fd);
    if (code) {
        free(to);
        return code;
    }
    *bytes = to;
    *size = n;
    return 0;
}

void file_used(int fd, const char *path) {
    enum { DAY = 24 * 3600 };
    struct stat st;
    if ((fd >= 0 ? fstat(fd, &st) : stat(path, &st)) != 0)
        return;
    time_t age = time(NULL) - st.st_mtime;
    if (age >= DAY || age < -DAY) /* a future one comes from another clock */
        (void)(fd >= 0 ? futimens(fd, NULL) : utimensat(AT_FDCWD, path, NULL, 0));
}

/* Paths, folders, and files that appear whole or not at all. */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

char *path_join(arena *a, const char *folder, const char *path) {
    if (path[0] == '/' || !folder[0] || strcmp(folder, ".") == 0)
        return arena_text(a, path);
    size_t n = strlen(folder);
    return arena_format(a, folder[n - 1] == '/' ? "%s%s" : "%s/%s", folder, path);
}

char *path_folder(arena *a, const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash)
        return arena_text(a, ".");
    while (slash > path && slash[-1] == '/')
        slash--;
    return slash == path ? arena_text(a, "/") : arena_bytes(a, path, (size_t)(slash - path));
}

static bool is_folder(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* 0, or errno; ENOENT: what it is to be in is not there either. */
static int make_folder(const char *path) {
    if (mkdir(path, 0777) == 0)
        return 0;
    int code = errno;
    return code != ENOENT && is_folder(path) ? 0 : code;
}

/* From the end to the first one that is there, and back: most often only the last ones are to be
 * made, and on a shared disk every question has its price. */
rise_status path_make_folders(const char *path, rise_error *err) {
    arena scratch = {0};
    char *part = arena_text(&scratch, path);
    if (!part)
        return rise_fail_nomem(err, "the path of a folder");
    size_t n = strlen(part), at = n;
    int code;
    while ((code = part[0] ? make_folder(part) : 0) == ENOENT) {
        while (at > 0 && part[at - 1] != '/')
            at--;
        while (at > 0 && part[at - 1] == '/')
            at--;
        if (at == 0)
            break;
        part[at] = '\0';
    }
    while (!code && at < n) {
        memcpy(part, path, n + 1);
        at += strspn(path + at, "/");
        at += strcspn(path + at, "/");
        part[at] = '\0';
        code = make_folder(part);
    }
    rise_status status = RISE_OK;
    if (code)
        status = rise_fail(err, RISE_E_OUTPUT, "cannot make the folder '%s': %s", part,
                           code == EEXIST ? "a file of that name is there" : strerror(code));
    arena_free(&scratch);
    return status;
}

int path_write_all(int fd, const void *bytes, size_t size, int64_t offset) {
    const char *p = bytes;
    while (size) {
        ssize_t n = offset < 0 ? write(fd, p, size) : pwrite(fd, p, size, offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            return EIO;
        p += n;
        size -= (size_t)n;
        if (offset >= 0)
            offset += n;
    }
    return 0;
}

static rise_status not_written(rise_error *err, const char *path, size_t size, int code) {
    struct statvfs fs;
    arena scratch = {0};
    char *folder = path_folder(&scratch, path);
    bool full = code == ENOSPC || code == EDQUOT || code == EFBIG;
    if (full && folder && statvfs(folder, &fs) == 0)
        rise_fail(err, RISE_E_OUTPUT, "cannot write '%s': %s (needed %zu bytes, free %llu bytes)",
                  path, strerror(code), size,
                  (unsigned long long)fs.f_bavail * (unsigned long long)fs.f_frsize);
    else
        rise_fail(err, RISE_E_OUTPUT, "cannot write '%s': %s", path, strerror(code));
    if (code == EACCES || code == EPERM || code == EROFS)
        rise_hint(err, "choose another folder with --out, or make this one writable");
    arena_free(&scratch);
    return RISE_E_OUTPUT;
}

/* Devices and pipes (/dev/stdout, /dev/full) cannot be replaced: the bytes go straight into them.
 */
static int write_device(const char *path, const void *bytes, size_t size) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int code = path_write_all(fd, bytes, size, -1);
    if (close(fd) != 0 && !code)
        code = errno;
    return code;
}

int path_sync_folder(const char *folder) {
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int code = fsync(fd) == 0 || errno == EINVAL ? 0 : errno; /* EINVAL: nothing to sync there */
    close(fd);
    return code;
}

/* The lock stays until the file has its name: on `held`, as a close may fail, too. */
static int write_and_rename(const char *path, const char *folder, arena *scratch, const void *bytes,
                            size_t size, bool durable) {
    char *temporary = NULL;
    int fd = temporary_open(folder, scratch, &temporary);
    if (fd < 0)
        return errno;
    int held = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    int code = path_write_all(fd, bytes, size, -1);
    if (!code && durable && fsync(fd) != 0)
        code = errno; /* never tried twice: pages may be lost */
    if (close(fd) != 0 && !code)
        code = errno;
    if (!code && rename(temporary, path) != 0)
        code = errno;
    if (code)
        unlink(temporary);
    if (held >= 0)
        close(held);
    return code || !durable ? code : path_sync_folder(folder);
}

rise_status path_write_atomic(const char *path, const void *bytes, size_t size, bool durable,
                              rise_error *err) {
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        int code = S_ISDIR(st.st_mode) ? EISDIR : write_device(path, bytes, size);
        return code ? not_written(err, path, size, code) : RISE_OK;
    }
    arena scratch = {0};
    char *folder = path_folder(&scratch, path);
    int code = folder ? write_and_rename(path, folder, &scratch, bytes, size, durable) : ENOMEM;
    rise_status status = RISE_OK;
    if (code == ENOMEM)
        status = rise_fail_nomem(err, "an output file");
    else if (code)
        status = not_written(err, path, size, code);
    arena_free(&scratch);
    return status;
}

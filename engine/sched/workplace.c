/* sched/workplace: see workplace.h. Knows nothing of nodes and programs. */
#include "sched/workplace.h"

#include "base/base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "rise-work-"

enum { OPEN_FOLDERS = 8, ATTEMPTS = 16 };

static const char *place(void) {
    const char *folder = getenv("TMPDIR");
    return folder && folder[0] == '/' ? folder : "/tmp";
}

static int remove_one(const char *path, const struct stat *st, int what, struct FTW *at) {
    (void)st, (void)what, (void)at;
    return remove(path) != 0 && errno != ENOENT;
}

static void remove_tree(const char *path) {
    nftw(path, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}

/* Opens a folder of ours and locks it, or returns -1: it is another's, or its owner lives. */
static int take_lock(const char *path) {
    struct stat here, there;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (fstat(fd, &here) != 0 || here.st_uid != geteuid() || flock(fd, LOCK_EX | LOCK_NB) != 0 ||
        lstat(path, &there) != 0 || here.st_ino != there.st_ino || here.st_dev != there.st_dev) {
        close(fd);
        return -1;
    }
    return fd;
}

static void sweep(const char *folder) {
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char path[WORKPLACE_PATH];
        if (strncmp(e->d_name, NAME, strlen(NAME)) != 0 ||
            snprintf(path, sizeof path, "%s/%s", folder, e->d_name) >= (int)sizeof path)
            continue;
        int lock = take_lock(path);
        if (lock >= 0) {
            remove_tree(path);
            close(lock);
        }
    }
    if (dir)
        closedir(dir);
}

/* Another process may sweep it away between mkdtemp and the lock: then once more. */
rise_status workplace_open(workplace *w, rise_error *err) {
    const char *folder = place();
    sweep(folder);
    for (int i = 0; i < ATTEMPTS; i++) {
        int n = snprintf(w->path, sizeof w->path, "%s/" NAME "XXXXXX", folder);
        if (n < 0 || n >= (int)sizeof w->path)
            return rise_fail(err, RISE_E_OUTPUT, "the path of TMPDIR is too long");
        if (!mkdtemp(w->path)) {
            rise_fail(err, RISE_E_OUTPUT, "%s: no folder can be made there: %s", folder,
                      strerror(errno));
            return rise_hint(err, "TMPDIR names another place");
        }
        if ((w->lock = take_lock(w->path)) >= 0)
            return RISE_OK;
    }
    rmdir(w->path);
    return rise_fail(err, RISE_E_OUTPUT, "%s: a folder made there cannot be locked", folder);
}

static bool path_in(const workplace *w, const char *name, char path[WORKPLACE_PATH]) {
    int n = snprintf(path, WORKPLACE_PATH, "%s/%s", w->path, name);
    return n > 0 && n < WORKPLACE_PATH && !strchr(name, '/') && name[0] != '.';
}

rise_status workplace_put(const workplace *w, const rise_file *file, rise_error *err) {
    char path[WORKPLACE_PATH];
    if (!path_in(w, file->path, path))
        return rise_fail(err, RISE_E_BUG, "`%s` is no name of a file", file->path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int code = fd < 0 ? errno : path_write_all(fd, file->bytes, file->size, -1);
    if (fd >= 0 && close(fd) != 0 && !code)
        code = errno;
    return code ? rise_fail(err, RISE_E_OUTPUT, "%s: not written: %s", path, strerror(code))
                : RISE_OK;
}

static int read_all(int fd, uint8_t *bytes, size_t size) {
    for (size_t at = 0; at < size;) {
        ssize_t n = read(fd, bytes + at, size - at);
        if (n == 0)
            return EIO; /* it became shorter */
        if (n < 0 && errno != EINTR)
            return errno;
        at += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

rise_status workplace_take(const workplace *w, const char *name, uint8_t **bytes, size_t *size,
                           rise_error *err) {
    char path[WORKPLACE_PATH];
    struct stat st;
    *bytes = NULL;
    *size = 0;
    if (!path_in(w, name, path))
        return rise_fail(err, RISE_E_BUG, "`%s` is no name of a file", name);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return RISE_OK;
    int code = fd < 0 || fstat(fd, &st) != 0 ? errno : 0;
    if (!code && !(*bytes = malloc((size_t)st.st_size + 1)))
        code = ENOMEM;
    if (!code)
        code = read_all(fd, *bytes, (size_t)st.st_size);
    if (fd >= 0)
        close(fd);
    if (code) {
        free(*bytes);
        *bytes = NULL;
        return rise_fail(err, code == ENOMEM ? RISE_E_NOMEM : RISE_E_SYSTEM, "%s: not read: %s",
                         path, strerror(code));
    }
    *size = (size_t)st.st_size;
    return RISE_OK;
}

void workplace_close(workplace *w) {
    remove_tree(w->path);
    close(w->lock);
}

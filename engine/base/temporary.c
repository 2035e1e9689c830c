/* Files that are being written beside their place: how a writer says that it lives, and how what a
 * dead one left is told from that. A writer holds a lock on its file, which the kernel gives back
 * when the process ends. */
#include "base/base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { OLD = 3600, TRIES = 8 }; /* s: where locks do not work, nobody writes a file for an hour */

char *temporary_path(arena *a, const char *folder) {
    char random[33];
    random_name(random);
    return arena_format(a, "%s/.%s.tmp", folder, random);
}

bool temporary_name(const char *name) {
    return strlen(name) == 37 && name[0] == '.' && strspn(name + 1, "0123456789abcdef") == 32 &&
           strcmp(name + 33, ".tmp") == 0;
}

/* Somebody who sweeps may have come between the making of the file and its lock. */
static bool is_ours(int fd) {
    struct stat st;
    bool swept = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    return !swept && fstat(fd, &st) == 0 && st.st_nlink > 0;
}

int temporary_open(const char *folder, arena *a, char **path) {
    for (int i = 0; i < TRIES; i++) {
        *path = temporary_path(a, folder);
        if (!*path) {
            errno = ENOMEM;
            return -1;
        }
        int fd = open(*path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 || is_ours(fd))
            return fd;
        close(fd);
    }
    errno = EBUSY;
    return -1;
}

bool file_is_old(const struct stat *st) {
    return time(NULL) - st->st_mtime >= OLD;
}

/* Open and locked where the writer is gone, else -1. */
static int take_over(const char *path, const struct stat *st) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (errno != EWOULDBLOCK && file_is_old(st))
        return fd;
    close(fd);
    return -1;
}

bool writer_is_gone(const char *path, const struct stat *st) {
    int fd = take_over(path, st);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void sweep_one(const char *folder, const char *name) {
    char path[4096];
    struct stat st;
    int n = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (n < 0 || (size_t)n >= sizeof path || lstat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return;
    int fd = take_over(path, &st);
    if (fd < 0)
        return;
    unlink(path);
    close(fd);
}

void temporary_sweep(const char *folder) {
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (temporary_name(e->d_name))
            sweep_one(folder, e->d_name);
    if (dir)
        closedir(dir);
}

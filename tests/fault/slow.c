/* A file system that is slow with names, as shared disks are: loaded in front of a program with
 * LD_PRELOAD. Each operation on a name below RISE_SLOW_PATH (a part of the path) takes RISE_SLOW_US
 * microseconds more, and they are counted into the file RISE_SLOW_COUNT, where that is given. */
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *under;
static long us;
static atomic_long n_calls;

__attribute__((constructor)) static void start(void) {
    const char *text = getenv("RISE_SLOW_US");
    under = getenv("RISE_SLOW_PATH");
    us = text ? atol(text) : 0;
}

__attribute__((destructor)) static void end(void) {
    const char *to = getenv("RISE_SLOW_COUNT");
    FILE *f = to ? fopen(to, "w") : NULL;
    if (!f)
        return;
    fprintf(f, "%ld\n", atomic_load(&n_calls));
    fclose(f);
}

static void wait_for(const char *path) {
    if (!under || !path || !strstr(path, under))
        return;
    atomic_fetch_add(&n_calls, 1);
    struct timespec t = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&t, NULL);
}

#define NEXT(type, name) __typeof__(type) *next = (__typeof__(type) *)dlsym(RTLD_NEXT, name)

static unsigned mode_of(int flags, va_list args) {
    return flags & O_CREAT ? va_arg(args, unsigned) : 0;
}

int open(const char *path, int flags, ...) {
    NEXT(int(const char *, int, ...), "open");
    va_list args;
    va_start(args, flags);
    unsigned mode = mode_of(flags, args);
    va_end(args);
    wait_for(path);
    return next(path, flags, mode);
}

FILE *fopen(const char *path, const char *how) {
    NEXT(FILE * (const char *, const char *), "fopen");
    wait_for(path);
    return next(path, how);
}

DIR *opendir(const char *path) {
    NEXT(DIR * (const char *), "opendir");
    wait_for(path);
    return next(path);
}

#define ONE(name)                                                                                  \
    int name(const char *path) {                                                                   \
        NEXT(int(const char *), #name);                                                            \
        wait_for(path);                                                                            \
        return next(path);                                                                         \
    }
ONE(unlink)
ONE(rmdir)

#define TWO(name)                                                                                  \
    int name(const char *from, const char *to) {                                                   \
        NEXT(int(const char *, const char *), #name);                                              \
        wait_for(to);                                                                              \
        return next(from, to);                                                                     \
    }
TWO(link)
TWO(rename)

#define LOOK(name)                                                                                 \
    int name(const char *path, struct stat *st) {                                                  \
        NEXT(int(const char *, struct stat *), #name);                                             \
        wait_for(path);                                                                            \
        return next(path, st);                                                                     \
    }
LOOK(stat)
LOOK(lstat)

int mkdir(const char *path, mode_t mode) {
    NEXT(int(const char *, mode_t), "mkdir");
    wait_for(path);
    return next(path, mode);
}

int access(const char *path, int mode) {
    NEXT(int(const char *, int), "access");
    wait_for(path);
    return next(path, mode);
}

int faccessat(int at, const char *path, int mode, int flags) {
    NEXT(int(int, const char *, int, int), "faccessat");
    wait_for(path);
    return next(at, path, mode, flags);
}

/* Faults of the file system, for tests: loaded in front of a program with LD_PRELOAD.
 *
 *   RISE_FAULT="CALL N ACTION", where CALL is make (open with O_CREAT), open, read, write, fsync,
 * close, rename, link, unlink, flock, claim (locks of bytes), stat, or change: any of those that
 * change something; the Nth such call (from 1) under RISE_FAULT_PATH, a part of the path, suffers.
 * ACTION: E<number> it fails with this errno E<number>+    and so do all that follow short half of
 * the bytes are written or read lie           stat: the file is not there; rename, link: done, but
 * reported as failed kill          the process is killed in its place cut<seed>     the power goes:
 * what was not synced is lost, torn or zero, entries of folders that were not synced are gone or
 * not; which, is drawn from the seed count         nothing; the number of calls is written to
 * RISE_FAULT_COUNT at the end
 *
 *   RISE_FAULT_CLOCK=SECONDS: the clock of the day is wrong by so much.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { N_FILES = 4096, N_FDS = 4096, PATH = 512 };

/* A file that was made or written to since the start. */
typedef struct tracked {
    char path[PATH];
    off_t from, to;  /* bytes written since the last sync: [from, to) */
    bool dirty;      /* there are such */
    bool entry_lost; /* its folder was not synced since it got this name */
} tracked;

static tracked file[N_FILES];
static size_t n_files;
static char path_of[N_FDS][PATH];
static struct {
    char call[16], action[16], under[PATH];
    long nth;
} fault;
static long n_calls;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *real(const char *name) {
    return dlsym(RTLD_NEXT, name);
}

__attribute__((constructor)) static void start(void) {
    const char *what = getenv("RISE_FAULT"), *under = getenv("RISE_FAULT_PATH");
    if (what)
        sscanf(what, "%15s %ld %15s", fault.call, &fault.nth, fault.action);
    snprintf(fault.under, sizeof fault.under, "%s", under ? under : "/");
}

__attribute__((destructor)) static void end(void) {
    const char *to = getenv("RISE_FAULT_COUNT");
    FILE *f = to && strcmp(fault.action, "count") == 0 ? fopen(to, "w") : NULL;
    if (f) {
        fprintf(f, "%ld\n", n_calls);
        fclose(f);
    }
}

/* ---- what a cut does ------------------------------------------------------------------------- */

static uint64_t draw(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void zero(const char *path, off_t from, off_t to) {
    int (*open_)(const char *, int, ...) = (int (*)(const char *, int, ...))real("open");
    ssize_t (*write_)(int, const void *, size_t, off_t) =
        (ssize_t(*)(int, const void *, size_t, off_t))real("pwrite");
    int fd = open_(path, O_WRONLY);
    for (off_t at = from; fd >= 0 && at < to; at++)
        (void)write_(fd, "", 1, at);
}

static void lose(const tracked *f, uint64_t *seed) {
    int (*unlink_)(const char *) = (int (*)(const char *))real("unlink");
    uint64_t what = draw(seed) % 5;
    if (f->entry_lost && draw(seed) % 3 == 0)
        unlink_(f->path);
    else if (f->dirty && what == 0)
        (void)!truncate(f->path, f->from);
    else if (f->dirty && what == 1)
        (void)!truncate(f->path, f->from + (off_t)(draw(seed) % (uint64_t)(f->to - f->from + 1)));
    else if (f->dirty && what == 2)
        zero(f->path, f->from, f->to);
    else if (f->dirty && what == 3)
        zero(f->path, f->from + (f->to - f->from) / 2, f->to);
}

static void cut(void) {
    uint64_t seed = strtoull(fault.action + 3, NULL, 10) * 0x9e3779b97f4a7c15u + 1;
    for (size_t i = 0; i < n_files; i++)
        if (file[i].path[0])
            lose(&file[i], &seed);
    raise(SIGKILL);
}

static tracked *track(const char *path) {
    for (size_t i = 0; i < n_files; i++)
        if (strcmp(file[i].path, path) == 0)
            return &file[i];
    if (n_files == N_FILES)
        return NULL;
    tracked *f = &file[n_files++];
    snprintf(f->path, sizeof f->path, "%s", path);
    return f;
}

static void written(const char *path, off_t from, off_t to) {
    tracked *f = track(path);
    if (!f || to <= from)
        return;
    f->from = f->dirty && f->from < from ? f->from : from;
    f->to = f->dirty && f->to > to ? f->to : to;
    f->dirty = true;
}

static void synced(const char *path) {
    size_t n = strlen(path);
    for (size_t i = 0; i < n_files; i++) {
        if (strcmp(file[i].path, path) == 0)
            file[i].dirty = false;
        bool inside = strncmp(file[i].path, path, n) == 0 && file[i].path[n] == '/';
        if (inside && !strchr(file[i].path + n + 1, '/'))
            file[i].entry_lost = false;
    }
}

/* `fresh`: nothing had that name; the old bytes of what is replaced are not kept. */
static void named(const char *from, const char *to, bool fresh) {
    const tracked *f = track(from);
    tracked *g = track(to);
    if (!f || !g)
        return;
    g->from = f->from;
    g->to = f->to;
    g->dirty = f->dirty;
    g->entry_lost = fresh;
}

static void forgotten(const char *path) {
    for (size_t i = 0; i < n_files; i++)
        if (strcmp(file[i].path, path) == 0)
            file[i].path[0] = 0;
}

/* ---- whether this call suffers --------------------------------------------------------------- */

/* 0: go on; else the errno; -1: short or a lie. Under the lock. */
static int suffers(const char *call, const char *path, bool changes) {
    if (!fault.call[0] || !path || !strstr(path, fault.under))
        return 0;
    bool names = strcmp(call, "rename") == 0 || strcmp(call, "link") == 0;
    bool mine = strcmp(call, fault.call) == 0 || (changes && strcmp(fault.call, "change") == 0) ||
                (names && strcmp(fault.call, "names") == 0);
    if (!mine)
        return 0;
    n_calls++;
    size_t n = strlen(fault.action);
    bool on = n_calls == fault.nth || (n_calls > fault.nth && fault.action[n - 1] == '+');
    if (!on)
        return 0;
    if (strcmp(fault.action, "kill") == 0)
        raise(SIGKILL);
    if (strncmp(fault.action, "cut", 3) == 0)
        cut();
    if (fault.action[0] == 'E')
        return atoi(fault.action + 1);
    return strcmp(fault.action, "count") == 0 ? 0 : -1;
}

static int ask(const char *call, const char *path, bool changes) {
    pthread_mutex_lock(&lock);
    int code = suffers(call, path, changes);
    pthread_mutex_unlock(&lock);
    if (code > 0)
        errno = code;
    return code;
}

static const char *path_of_fd(int fd) {
    return fd >= 0 && fd < N_FDS ? path_of[fd] : "";
}

/* ---- the calls ------------------------------------------------------------------------------- */

int open(const char *path, int flags, ...) {
    int (*next)(const char *, int, ...) = (int (*)(const char *, int, ...))real("open");
    va_list args;
    va_start(args, flags);
    unsigned mode = flags & O_CREAT ? va_arg(args, unsigned) : 0;
    va_end(args);
    if (ask(flags & O_CREAT ? "make" : "open", path, (flags & O_CREAT) != 0) > 0)
        return -1;
    bool made = (flags & O_CREAT) && access(path, F_OK) != 0;
    int fd = next(path, flags, mode);
    if (fd < 0 || fd >= N_FDS)
        return fd;
    pthread_mutex_lock(&lock);
    snprintf(path_of[fd], PATH, "%s", path);
    tracked *f = made ? track(path) : NULL;
    if (f)
        f->entry_lost = true;
    pthread_mutex_unlock(&lock);
    return fd;
}

static ssize_t put(int fd, const void *bytes, size_t size, off_t at) {
    ssize_t (*at_end)(int, const void *, size_t) =
        (ssize_t(*)(int, const void *, size_t))real("write");
    ssize_t (*there)(int, const void *, size_t, off_t) =
        (ssize_t(*)(int, const void *, size_t, off_t))real("pwrite");
    int code = ask("write", path_of_fd(fd), true);
    if (code > 0)
        return -1;
    if (code < 0 && size > 1)
        size /= 2;
    off_t from = at >= 0 ? at : lseek(fd, 0, SEEK_CUR);
    ssize_t n = at >= 0 ? there(fd, bytes, size, at) : at_end(fd, bytes, size);
    pthread_mutex_lock(&lock);
    if (n > 0 && path_of_fd(fd)[0])
        written(path_of_fd(fd), from, from + n);
    pthread_mutex_unlock(&lock);
    return n;
}

ssize_t write(int fd, const void *bytes, size_t size) {
    return put(fd, bytes, size, -1);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
    return put(fd, bytes, size, at);
}

ssize_t pread(int fd, void *bytes, size_t size, off_t at) {
    ssize_t (*next)(int, void *, size_t, off_t) =
        (ssize_t(*)(int, void *, size_t, off_t))real("pread");
    int code = ask("read", path_of_fd(fd), false);
    return code > 0 ? -1 : next(fd, bytes, code < 0 && size > 1 ? size / 2 : size, at);
}

int fsync(int fd) {
    int (*next)(int) = (int (*)(int))real("fsync");
    if (ask("fsync", path_of_fd(fd), true) > 0)
        return -1;
    int code = next(fd);
    pthread_mutex_lock(&lock);
    if (code == 0 && path_of_fd(fd)[0])
        synced(path_of_fd(fd));
    pthread_mutex_unlock(&lock);
    return code;
}

int close(int fd) {
    int (*next)(int) = (int (*)(int))real("close");
    int code = ask("close", path_of_fd(fd), false);
    if (fd >= 0 && fd < N_FDS)
        path_of[fd][0] = 0;
    int closed = next(fd);
    if (code > 0)
        errno = code;
    return code > 0 ? -1 : closed;
}

static int name(const char *call, const char *from, const char *to) {
    int (*next)(const char *, const char *) = (int (*)(const char *, const char *))real(call);
    int code = ask(call, to, true);
    if (code > 0)
        return -1;
    pthread_mutex_lock(&lock);
    bool fresh = access(to, F_OK) != 0;
    int done = next(from, to), error = errno;
    if (done == 0)
        named(from, to, fresh);
    if (done == 0 && strcmp(call, "rename") == 0)
        forgotten(from);
    pthread_mutex_unlock(&lock);
    errno = error;
    if (code < 0 && done == 0) { /* the reply was lost, and the call made again */
        errno = strcmp(call, "link") == 0 ? EEXIST : ENOENT;
        return -1;
    }
    return done;
}

int rename(const char *from, const char *to) {
    return name("rename", from, to);
}

int link(const char *from, const char *to) {
    return name("link", from, to);
}

int unlink(const char *path) {
    int (*next)(const char *) = (int (*)(const char *))real("unlink");
    if (ask("unlink", path, true) > 0)
        return -1;
    pthread_mutex_lock(&lock);
    forgotten(path);
    pthread_mutex_unlock(&lock);
    return next(path);
}

int flock(int fd, int how) {
    int (*next)(int, int) = (int (*)(int, int))real("flock");
    return ask("flock", path_of_fd(fd), false) > 0 ? -1 : next(fd, how);
}

int fcntl(int fd, int what, ...) {
    int (*next)(int, int, ...) = (int (*)(int, int, ...))real("fcntl");
    va_list args;
    va_start(args, what);
    void *arg = va_arg(args, void *);
    va_end(args);
    if (what == F_OFD_SETLK && ask("claim", path_of_fd(fd), false) > 0)
        return -1;
    return next(fd, what, arg);
}

int stat(const char *path, struct stat *st) {
    int (*next)(const char *, struct stat *) = (int (*)(const char *, struct stat *))real("stat");
    int code = ask("stat", path, false);
    if (code < 0)
        errno = ENOENT;
    return code ? -1 : next(path, st);
}

/* ---- the clock ------------------------------------------------------------------------------- */

int clock_gettime(clockid_t which, struct timespec *t) {
    int (*next)(clockid_t, struct timespec *) =
        (int (*)(clockid_t, struct timespec *))real("clock_gettime");
    const char *wrong = getenv("RISE_FAULT_CLOCK");
    int code = next(which, t);
    if (code == 0 && wrong && which == CLOCK_REALTIME)
        t->tv_sec += atol(wrong);
    return code;
}

time_t time(time_t *to) {
    struct timespec t = {0};
    clock_gettime(CLOCK_REALTIME, &t);
    if (to)
        *to = t.tv_sec;
    return t.tv_sec;
}

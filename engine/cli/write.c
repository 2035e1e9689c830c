/* cli/write: files that are there whole or not at all: written beside their place under a hidden
 * name, synced where they are told to be, renamed. A device or a pipe has no place to rename to and
 * is written as it is. The hidden file is named and locked as those of the engine, which removes
 * what a killed process left in a folder of outputs. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_device(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

/* Made and locked; somebody who sweeps may come between the two: then another one. */
static FILE *open_hidden(file_out *o, const char *path) {
    const char *slash = strrchr(path, '/');
    int n_folder = slash ? (int)(slash + 1 - path) : 0;
    for (int i = 0; i < 8; i++) {
        unsigned long long x[2] = {(unsigned long long)getpid(), (unsigned long long)i};
        (void)!getrandom(x, sizeof x, GRND_NONBLOCK);
        snprintf(o->temporary, sizeof o->temporary, "%.*s.%016llx%016llx.tmp", n_folder, path, x[0],
                 x[1]);
        int fd = open(o->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0)
            return NULL;
        struct stat st;
        bool swept = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
        if (!swept && fstat(fd, &st) == 0 && st.st_nlink > 0)
            return fdopen(fd, "w");
        close(fd);
    }
    errno = EBUSY;
    return NULL;
}

rise_status file_begin(file_out *o, const char *path, bool sync, rise_error *err) {
    if (strlen(path) > 4096)
        return rise_fail(err, RISE_E_OUTPUT, "a path of more than 4096 bytes");
    *o = (file_out){.device = is_device(path)};
    o->sync = sync && !o->device;
    snprintf(o->path, sizeof o->path, "%s", path);
    o->f = o->device ? fopen(path, "a") : open_hidden(o, path);
    if (!o->f)
        return rise_fail(err, RISE_E_OUTPUT, "%s was not written: %s", path, strerror(errno));
    return RISE_OK;
}

/* All on the disk; errno says why not. What stdio could not write before it tries once more. */
static bool close_whole(file_out *o) {
    bool written = fflush(o->f) == 0;
    if (written && ferror(o->f)) {
        errno = EIO;
        written = false;
    }
    written = written && (!o->sync || fsync(fileno(o->f)) == 0);
    int why = errno;
    if (fclose(o->f) != 0 && written)
        return false;
    errno = why;
    return written;
}

rise_status file_end(file_out *o, rise_status status, rise_error *err) {
    int held = fcntl(fileno(o->f), F_DUPFD_CLOEXEC, 0); /* the lock, until it has its name */
    bool written = close_whole(o);
    bool named = status == RISE_OK && written && (o->device || rename(o->temporary, o->path) == 0);
    int why = errno;
    if (held >= 0)
        close(held);
    if (named)
        return RISE_OK;
    if (!o->device)
        unlink(o->temporary);
    if (status != RISE_OK)
        return status;
    return rise_fail(err, RISE_E_OUTPUT, "%s was not written: %s", o->path, strerror(why));
}

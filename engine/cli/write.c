/* cli/write: files that are there whole or not at all: written beside their place under a hidden
 * name, synced where they are told to be, renamed. A device or a pipe has no place to rename to and
 * is written as it is. */
#include "cli.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_device(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

rise_status file_begin(file_out *o, const char *path, bool sync, rise_error *err) {
    if (strlen(path) > 4096)
        return rise_fail(err, RISE_E_OUTPUT, "a path of more than 4096 bytes");
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    *o = (file_out){.device = is_device(path)};
    o->sync = sync && !o->device;
    snprintf(o->path, sizeof o->path, "%s", path);
    snprintf(o->temporary, sizeof o->temporary, "%.*s.%s.%ld.tmp", (int)(name - path), path, name,
             (long)getpid());
    o->f = fopen(o->device ? path : o->temporary, o->device ? "a" : "w");
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
    bool written = close_whole(o);
    if (status == RISE_OK && written && (o->device || rename(o->temporary, o->path) == 0))
        return RISE_OK;
    int why = errno;
    if (!o->device)
        unlink(o->temporary);
    if (status != RISE_OK)
        return status;
    return rise_fail(err, RISE_E_OUTPUT, "%s was not written: %s", o->path, strerror(why));
}

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

static bool write_all(FILE *file, const char *text, size_t size, bool sync) {
    bool written = fwrite(text, 1, size, file) == size && fflush(file) == 0 &&
                   (!sync || fsync(fileno(file)) == 0);
    int why = errno;
    if (fclose(file) != 0 && written)
        return false;
    errno = why;
    return written;
}

rise_status write_text(const char *path, const char *text, size_t size, bool sync,
                       rise_error *err) {
    char temporary[4300];
    bool device = is_device(path);
    if (strlen(path) > 4096)
        return rise_fail(err, RISE_E_OUTPUT, "a path of more than 4096 bytes");
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    snprintf(temporary, sizeof temporary, "%.*s.%s.%ld.tmp", (int)(name - path), path, name,
             (long)getpid());
    FILE *file = fopen(device ? path : temporary, device ? "a" : "w");
    bool written = file && write_all(file, text, size, sync && !device);
    if (written && (device || rename(temporary, path) == 0))
        return RISE_OK;
    int why = errno;
    if (file && !device)
        unlink(temporary);
    return rise_fail(err, RISE_E_OUTPUT, "%s was not written: %s", path, strerror(why));
}

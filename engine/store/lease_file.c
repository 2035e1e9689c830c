/* One lease on disk: its bytes and its name. */
#include "store/lease_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

static const char MAGIC[8] = {'R', 'I', 'S', 'E', 'L', 'S', 'E', '1'};
enum { TEXT_AT = 32 };
static const long NFS = 0x6969; /* as statfs tells it */

static void put(uint8_t *at, uint64_t value, unsigned n) {
    for (unsigned i = 0; i < n; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

int lease_file_write(int fd, const lease_text *t) {
    uint8_t bytes[LEASE_FILE] = {0};
    struct statfs where;
    memcpy(bytes, MAGIC, sizeof MAGIC);
    bytes[8] = t->state;
    bytes[9] = t->deaths;
    put(bytes + 12, t->patience_ms, 4);
    put(bytes + 16, t->beat, 8);
    put(bytes + 24, t->job, 8);
    memcpy(bytes + TEXT_AT, t->text, strnlen(t->text, sizeof t->text - 1));
    int code = path_write_all(fd, bytes, sizeof bytes, 0);
    /* an NFS client keeps what was written to itself until it is told not to */
    if (!code && fstatfs(fd, &where) == 0 && (long)where.f_type == NFS && fdatasync(fd) != 0)
        code = errno;
    return code;
}

int lease_file_make(const char *path, const lease_text *text, unsigned *ops) {
    int fd = -1;
    for (int attempt = 0; fd < 0; attempt++) {
        ++*ops;
        fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || (errno != EINTR && (errno != ENOENT || attempt)))
            break;
        arena a = {0};
        char *folder = errno == ENOENT ? path_folder(&a, path) : NULL;
        bool made = folder && path_make_folders(folder, NULL) == RISE_OK;
        *ops += 2;
        arena_free(&a);
        if (folder && !made) {
            errno = EACCES;
            break;
        }
    }
    int code = fd >= 0 ? lease_file_write(fd, text) : 0;
    if (code) {
        unlink(path);
        close(fd);
        errno = code;
        return -1;
    }
    return fd;
}

int lease_file_read(const char *path, lease_text *out) {
    uint8_t bytes[LEASE_FILE];
    *out = (lease_text){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    ssize_t n = pread(fd, bytes, sizeof bytes, 0);
    int code = n < 0 ? errno : 0;
    close(fd);
    if (code || n < LEASE_FILE || memcmp(bytes, MAGIC, sizeof MAGIC) != 0)
        return code;
    cursor c = {.at = bytes + 8, .end = bytes + TEXT_AT};
    out->state = cursor_u8(&c);
    out->deaths = cursor_u8(&c);
    cursor_bytes(&c, 2);
    out->patience_ms = cursor_u32(&c);
    out->beat = cursor_u64(&c);
    out->job = cursor_u64(&c);
    memcpy(out->text, bytes + TEXT_AT, sizeof out->text - 1);
    return 0;
}

bool lease_name_parse(const char *name, lease_name *out) {
    int end = 0;
    unsigned long long index;
    if (name[0] < '0' || name[0] > '9' ||
        sscanf(name, "%2u.%19llu.%9u%n", &out->level, &index, &out->generation, &end) != 3)
        return false;
    out->index = index;
    return name[end] == 0 && out->level < 48 && index < (UINT64_C(1) << (62 - out->level));
}

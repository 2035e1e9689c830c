/* engine/files/inside.h: shared by the files of this room only. */
#ifndef FILES_INSIDE_H
#define FILES_INSIDE_H

#include "files/files.h"

#include <sys/stat.h>

/* Opens a regular file for reading: *fd and its state, or RISE_E_NOINPUT and the like. */
rise_status file_open(const char *path, int *fd, struct stat *st, rise_error *err) RISE_MUST_USE;
/* Same file, same size, not touched between the two. */
bool file_same(const struct stat *a, const struct stat *b);
rise_status file_changed(const char *path, rise_error *err) RISE_MUST_USE;

/* Under which name the digest of a file in this state is remembered. */
void memo_name(const struct stat *st, rise_id *name);

/* expand.c: into `out`, which may take `limit` bytes. */
bool gzip_is(const uint8_t *bytes, size_t size);
bool xz_is(const uint8_t *bytes, size_t size);
rise_status gzip_expand(const uint8_t *bytes, size_t size, size_t limit, buffer *out,
                        rise_error *err) RISE_MUST_USE;
rise_status xz_expand(const uint8_t *bytes, size_t size, size_t limit, buffer *out,
                      rise_error *err) RISE_MUST_USE;

#endif

/* engine/files: input files. Globs, reading, decompression, and digests that are remembered. */
#ifndef FILES_FILES_H
#define FILES_FILES_H

#include "store/store.h"

#include <rise/node.h>

/* Expands paths and globs (also ** for any depth), relative to `folder`, each pattern in
 * locale-free natural order, patterns in the order given; duplicates stay once. A folder stands for
 * the files in it. A path that is not there: RISE_E_NOINPUT naming it (and the nearest existing
 * name as a hint); a glob that matches nothing: RISE_E_NOINPUT. A glob gives files; where it
 * matches folders only, these stand for the files in them. Wildcards match no leading dot. The
 * array and texts are allocated from `a`. */
rise_status files_expand(const char *folder, const char *const *pattern, size_t n_patterns,
                         arena *a, const char *const **path, size_t *n_paths,
                         rise_error *err) RISE_MUST_USE;

/* Digest of the file's bytes as they are on disk. Remembered in the store by (device, inode, size,
 * mtime, ctime), never when mtime or ctime lies within 2 s of the hashing or in the future;
 * `paranoid` hashes always. */
rise_status files_digest(store *s, const char *path, bool paranoid, rise_id *out,
                         rise_error *err) RISE_MUST_USE;

/* The whole file, decompressed by content (.gz .zst .xz), and the digest of exactly the bytes that
 * were read. fstat before and after must agree, else it is read once more, then RISE_E_CHANGED.
 * `file->bytes` has 64 spare zero bytes at its end and is freed by files_unload; `file->path` is
 * `path` itself. Limit: 16 GiB expanded. */
rise_status files_load(const char *path, rise_file *file, rise_id *digest,
                       rise_error *err) RISE_MUST_USE;
void files_unload(rise_file *file);

#endif

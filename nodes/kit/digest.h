/* kit/digest.h: SHA-256 of bytes, and of files, as sha256sum writes and checks it. */
#ifndef KIT_DIGEST_H
#define KIT_DIGEST_H

#include "kit/bytes.h"

#include <rise/node.h>

#define DIGEST_EXTENSION ".sha256"
enum { DIGEST_SIZE = 32, DIGEST_HEX = 2 * DIGEST_SIZE + 1 };

void digest_bytes(const void *bytes, size_t size, uint8_t hash[DIGEST_SIZE]);
void digest_hex(const void *bytes, size_t size, char hex[DIGEST_HEX]);
/* "1a2b...  NAME\n", NAME being what stands after the last slash of `path`. */
void digest_line(const void *bytes, size_t size, const char *path, byte_buffer *out);
/* Is the digest of `file` the one that `list` tells of it: by the name of the file, or, in a list
 * of one line, whatever name stands there? RISE_E_DATA: no, or there is none. */
rise_status digest_check(const rise_file *file, const rise_file *list,
                         rise_error *err) RISE_MUST_USE;

#endif

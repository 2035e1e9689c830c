/* kit/npz.c: a zip archive of .npy members, stored without compression (PKWARE APPNOTE 6.3,
 * sections 4.3.7, 4.3.12, 4.3.16). Times are fixed, so that equal arrays give equal bytes. */
#include "kit/npy.h"

#include <string.h>
#include <zlib.h>

#define ZIP_LIMIT 0xFFFFFFFFu
#define DOS_DATE 0x21 /* 1 January 1980, the earliest that zip knows */

static uint32_t checksum(const byte_buffer *b) {
    uLong crc = crc32(0L, Z_NULL, 0);
    for (size_t at = 0; at < b->size;) {
        size_t n = b->size - at < (1u << 30) ? b->size - at : 1u << 30;
        crc = crc32(crc, b->data + at, (uInt)n);
        at += n;
    }
    return (uint32_t)crc;
}

/* The fields that the local header and the central directory share. */
static void add_common(byte_buffer *out, uint32_t crc, size_t size, size_t name_size) {
    bytes_add_le(out, 20, 2);       /* version needed: 2.0 */
    bytes_add_le(out, 1u << 11, 2); /* names are UTF-8 */
    bytes_add_le(out, 0, 2);        /* stored */
    bytes_add_le(out, 0, 2);        /* time */
    bytes_add_le(out, DOS_DATE, 2);
    bytes_add_le(out, crc, 4);
    bytes_add_le(out, size, 4);
    bytes_add_le(out, size, 4);
    bytes_add_le(out, name_size, 2);
    bytes_add_le(out, 0, 2); /* extra field */
}

void npz_add(npz_writer *zip, const char *name, const byte_buffer *member) {
    size_t name_size = strlen(name) + 4, offset = zip->out.size;
    if (member->failed)
        zip->out.failed = true;
    if (member->size >= ZIP_LIMIT || offset >= ZIP_LIMIT || zip->n_entries >= 0xFFFF ||
        name_size > 0xFFFF) {
        zip->too_large = true;
        return;
    }
    uint32_t crc = checksum(member);
    bytes_add(&zip->out, "PK\x03\x04", 4);
    add_common(&zip->out, crc, member->size, name_size);
    bytes_add_text(&zip->out, name);
    bytes_add_text(&zip->out, ".npy");
    bytes_add(&zip->out, member->data, member->size);

    byte_buffer *dir = &zip->directory;
    bytes_add(dir, "PK\x01\x02", 4);
    bytes_add_le(dir, 20, 2); /* made by: 2.0 */
    add_common(dir, crc, member->size, name_size);
    bytes_add_le(dir, 0, 2); /* comment */
    bytes_add_le(dir, 0, 2); /* disk */
    bytes_add_le(dir, 0, 2); /* internal attributes */
    bytes_add_le(dir, 0, 4); /* external attributes */
    bytes_add_le(dir, offset, 4);
    bytes_add_text(dir, name);
    bytes_add_text(dir, ".npy");
    zip->n_entries++;
}

rise_status npz_finish(npz_writer *zip, rise_error *err) {
    size_t offset = zip->out.size, size = zip->directory.size;
    if (zip->too_large || offset >= ZIP_LIMIT || size >= ZIP_LIMIT) {
        rise_fail(err, RISE_E_OUTPUT, "the arrays do not fit a .npz of less than 4 GiB");
        return rise_hint(err, "write large arrays one by one as .npy");
    }
    bytes_add(&zip->out, zip->directory.data, size);
    bytes_add(&zip->out, "PK\x05\x06\0\0\0\0", 8);
    bytes_add_le(&zip->out, zip->n_entries, 2);
    bytes_add_le(&zip->out, zip->n_entries, 2);
    bytes_add_le(&zip->out, size, 4);
    bytes_add_le(&zip->out, offset, 4);
    bytes_add_le(&zip->out, 0, 2); /* comment */
    if (zip->out.failed || zip->directory.failed)
        return rise_fail_nomem(err, "the .npz archive");
    return RISE_OK;
}

void npz_free(npz_writer *zip) {
    bytes_free(&zip->out);
    bytes_free(&zip->directory);
}

/* gzip by zlib and xz by liblzma, from memory to memory. Any number of members. */
#include "files/inside.h"

#include <lzma.h>
#include <string.h>
#include <zlib.h>

enum { STEP = 256 * 1024 }; /* bytes of room made at a time, at least */

static const uint64_t XZ_MEMORY = UINT64_C(512) * 1024 * 1024;

bool gzip_is(const uint8_t *bytes, size_t size) {
    return size >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

bool xz_is(const uint8_t *bytes, size_t size) {
    return size >= 6 && memcmp(bytes,
                               "\xfd"
                               "7zXZ\0",
                               6) == 0;
}

static rise_status too_large(size_t limit, rise_error *err) {
    return rise_fail(err, RISE_E_DATA, "it expands to more than %zu bytes", limit);
}

/* After a member: another, zeros that pad it, or garbage. */
static rise_status next_member(z_stream *z, const uint8_t *at, size_t left, bool *done,
                               rise_error *err) {
    size_t zeros = 0;
    while (zeros < left && at[zeros] == 0)
        zeros++;
    *done = zeros == left;
    if (*done)
        return RISE_OK;
    if (zeros || !gzip_is(at, left))
        return rise_fail(err, RISE_E_DATA, "%zu bytes that are not gzip follow the gzip data",
                         left);
    return inflateReset(z) == Z_OK ? RISE_OK : rise_fail(err, RISE_E_BUG, "zlib cannot go on");
}

static rise_status inflate_all(z_stream *z, const uint8_t *bytes, size_t size, size_t limit,
                               buffer *out, rise_error *err) {
    size_t start = out->size, at = 0;
    for (bool done = false; !done;) {
        if (out->size - start > limit)
            return too_large(limit, err);
        if (!buffer_reserve(out, STEP))
            return rise_fail_nomem(err, "expanding gzip data");
        size_t room = out->capacity - out->size, left = size - at;
        uInt in = left > UINT32_MAX ? UINT32_MAX : (uInt)left;
        uInt to = room > UINT32_MAX ? UINT32_MAX : (uInt)room;
        z->next_in = (Bytef *)bytes + at; /* zlib does not write to it */
        z->avail_in = in;
        z->next_out = out->bytes + out->size;
        z->avail_out = to;
        int code = inflate(z, Z_NO_FLUSH);
        at += in - z->avail_in;
        out->size += to - z->avail_out;
        if (code == Z_MEM_ERROR)
            return rise_fail_nomem(err, "expanding gzip data");
        if (code == Z_BUF_ERROR && at == size)
            return rise_fail(err, RISE_E_DATA, "the gzip data end too early (%zu bytes)", size);
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return rise_fail(err, RISE_E_DATA, "damaged gzip data near byte %zu: %s", at,
                             z->msg ? z->msg : zError(code));
        if (code != Z_STREAM_END)
            continue;
        rise_status status = next_member(z, bytes + at, size - at, &done, err);
        if (status != RISE_OK)
            return status;
    }
    return out->size - start > limit ? too_large(limit, err) : RISE_OK;
}

rise_status gzip_expand(const uint8_t *bytes, size_t size, size_t limit, buffer *out,
                        rise_error *err) {
    z_stream z;
    memset(&z, 0, sizeof z);
    if (inflateInit2(&z, 15 + 16) != Z_OK)
        return rise_fail_nomem(err, "expanding gzip data");
    rise_status status = inflate_all(&z, bytes, size, limit, out, err);
    inflateEnd(&z);
    return status;
}

static const char *xz_text(lzma_ret code) {
    switch (code) {
    case LZMA_DATA_ERROR:
        return "damaged xz data";
    case LZMA_OPTIONS_ERROR:
        return "xz data with options that are not supported";
    case LZMA_MEMLIMIT_ERROR:
        return "xz data that need more than 512 MiB to expand";
    case LZMA_BUF_ERROR:
        return "the xz data end too early";
    default:
        return "xz data that cannot be expanded";
    }
}

static rise_status decode_xz(lzma_stream *z, const uint8_t *bytes, size_t size, size_t limit,
                             buffer *out, rise_error *err) {
    size_t start = out->size;
    z->next_in = bytes;
    z->avail_in = size;
    for (lzma_ret code = LZMA_OK; code != LZMA_STREAM_END;) {
        if (out->size - start > limit)
            return too_large(limit, err);
        if (!buffer_reserve(out, STEP))
            return rise_fail_nomem(err, "expanding xz data");
        z->next_out = out->bytes + out->size;
        z->avail_out = out->capacity - out->size;
        code = lzma_code(z, LZMA_FINISH);
        out->size = out->capacity - z->avail_out;
        if (code == LZMA_MEM_ERROR)
            return rise_fail_nomem(err, "expanding xz data");
        if (code != LZMA_OK && code != LZMA_STREAM_END)
            return rise_fail(err, RISE_E_DATA, "%s (near byte %zu of %zu)", xz_text(code),
                             size - z->avail_in, size);
    }
    return out->size - start > limit ? too_large(limit, err) : RISE_OK;
}

rise_status xz_expand(const uint8_t *bytes, size_t size, size_t limit, buffer *out,
                      rise_error *err) {
    lzma_stream z = LZMA_STREAM_INIT;
    if (lzma_stream_decoder(&z, XZ_MEMORY, LZMA_CONCATENATED) != LZMA_OK)
        return rise_fail_nomem(err, "expanding xz data");
    rise_status status = decode_xz(&z, bytes, size, limit, out, err);
    lzma_end(&z);
    return status;
}

/* zstd: frames of our own, and .zst files of others. Knows nothing of values.
 *
 * Windows are bounded (27: 128 MiB) and sizes are made plausible before memory is taken. */
#include "store/inside.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

enum {
    WINDOW_LOG_MAX = 27,
    LEVEL = 3,
    LEVEL_LARGE = 1,           /* for payloads that do not fit the caches */
    LARGE = 1024 * 1024,       /* bytes */
    N_KEPT = 8,                /* contexts kept of each sort */
    RATIO_MAX = 128 * 1024 / 4 /* a block gives at most 128 KiB and takes at least 4 bytes */
};

struct codec {
    pthread_mutex_t lock;
    ZSTD_CCtx *compressor[N_KEPT];
    ZSTD_DCtx *expander[N_KEPT];
    size_t n_compressors, n_expanders;
};

codec *codec_new(void) {
    codec *c = calloc(1, sizeof *c);
    if (c && pthread_mutex_init(&c->lock, NULL) != 0) {
        free(c);
        return NULL;
    }
    return c;
}

void codec_free(codec *c) {
    if (!c)
        return;
    for (size_t i = 0; i < c->n_compressors; i++)
        ZSTD_freeCCtx(c->compressor[i]);
    for (size_t i = 0; i < c->n_expanders; i++)
        ZSTD_freeDCtx(c->expander[i]);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static ZSTD_CCtx *take_compressor(codec *c) {
    ZSTD_CCtx *z = NULL;
    pthread_mutex_lock(&c->lock);
    if (c->n_compressors)
        z = c->compressor[--c->n_compressors];
    pthread_mutex_unlock(&c->lock);
    return z ? z : ZSTD_createCCtx();
}

static void give_compressor(codec *c, ZSTD_CCtx *z) {
    pthread_mutex_lock(&c->lock);
    bool kept = c->n_compressors < N_KEPT;
    if (kept)
        c->compressor[c->n_compressors++] = z;
    pthread_mutex_unlock(&c->lock);
    if (!kept)
        ZSTD_freeCCtx(z);
}

static ZSTD_DCtx *take_expander(codec *c) {
    ZSTD_DCtx *z = NULL;
    pthread_mutex_lock(&c->lock);
    if (c->n_expanders)
        z = c->expander[--c->n_expanders];
    pthread_mutex_unlock(&c->lock);
    return z ? z : ZSTD_createDCtx();
}

static void give_expander(codec *c, ZSTD_DCtx *z) {
    pthread_mutex_lock(&c->lock);
    bool kept = c->n_expanders < N_KEPT;
    if (kept)
        c->expander[c->n_expanders++] = z;
    pthread_mutex_unlock(&c->lock);
    if (!kept)
        ZSTD_freeDCtx(z);
}

static bool set_up(ZSTD_CCtx *z, size_t size) {
    int level = size > LARGE ? LEVEL_LARGE : LEVEL;
    return !ZSTD_isError(ZSTD_CCtx_reset(z, ZSTD_reset_session_only)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, level)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1));
}

static bool shrink(ZSTD_CCtx *z, const uint8_t *bytes, size_t size, buffer *out) {
    size_t bound = ZSTD_compressBound(size);
    if (!z || ZSTD_isError(bound) || !buffer_reserve(out, bound) || !set_up(z, size))
        return false;
    size_t n = ZSTD_compress2(z, out->bytes + out->size, bound, bytes, size);
    if (ZSTD_isError(n))
        return false;
    out->size += n;
    return true;
}

bool codec_compress(codec *c, const uint8_t *bytes, size_t size, buffer *out) {
    ZSTD_CCtx *z = take_compressor(c);
    bool done = shrink(z, bytes, size, out);
    if (z)
        give_compressor(c, z);
    return done;
}

bool codec_shrink(const uint8_t *bytes, size_t size, buffer *out) {
    ZSTD_CCtx *z = ZSTD_createCCtx();
    bool done = shrink(z, bytes, size, out);
    ZSTD_freeCCtx(z);
    return done;
}

bool codec_compress_pieces(codec *c, size_t size, codec_piece *next, void *user, buffer *out) {
    size_t bound = ZSTD_compressBound(size), left = size;
    if (ZSTD_isError(bound) || !buffer_reserve(out, bound))
        return false;
    ZSTD_CCtx *z = take_compressor(c);
    bool done = z && set_up(z, size) && !ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(z, size));
    ZSTD_outBuffer to = {.dst = out->bytes + out->size, .size = bound};
    for (bool more = done; done && more;) {
        ZSTD_inBuffer from = {0};
        from.src = next(user, &from.size);
        left -= from.size;
        more = left > 0;
        size_t n = ZSTD_compressStream2(z, &to, &from, more ? ZSTD_e_continue : ZSTD_e_end);
        done = !ZSTD_isError(n) && from.pos == from.size && (more || n == 0);
    }
    if (z)
        give_compressor(c, z);
    out->size += done ? to.pos : 0;
    return done;
}

static bool short_of_memory(size_t code) {
    return ZSTD_isError(code) && ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation;
}

bool codec_plausible(const uint8_t *bytes, size_t size, uint64_t expected) {
    return ZSTD_getFrameContentSize(bytes, size) == expected && expected / RATIO_MAX <= size;
}

entry_state codec_decompress(codec *c, const uint8_t *bytes, size_t size, uint8_t *out,
                             size_t expected) {
    if (ZSTD_findFrameCompressedSize(bytes, size) != size)
        return ENTRY_DAMAGED;
    ZSTD_DCtx *z = take_expander(c);
    if (!z)
        return ENTRY_NOMEM;
    size_t n = ZSTD_decompressDCtx(z, out, expected, bytes, size);
    give_expander(c, z);
    if (short_of_memory(n))
        return ENTRY_NOMEM;
    return !ZSTD_isError(n) && n == expected ? ENTRY_GOOD : ENTRY_DAMAGED;
}

bool codec_is_zstd(const uint8_t *bytes, size_t size) {
    static const uint8_t data[] = {0x28, 0xb5, 0x2f, 0xfd}, skippable[] = {0x2a, 0x4d, 0x18};
    if (size < 4)
        return false;
    return memcmp(bytes, data, 4) == 0 || /* or what may be passed over, in front of it */
           ((bytes[0] & 0xf0) == 0x50 && memcmp(bytes + 1, skippable, 3) == 0);
}

static rise_status expand(ZSTD_DCtx *z, const uint8_t *bytes, size_t size, size_t limit,
                          buffer *out, rise_error *err) {
    ZSTD_inBuffer in = {.src = bytes, .size = size};
    size_t start = out->size, step = ZSTD_DStreamOutSize(), hint = 0;
    /* what the first frame says of its size saves growing, but takes no more than is plausible */
    unsigned long long content = ZSTD_getFrameContentSize(bytes, size);
    bool said = content != ZSTD_CONTENTSIZE_UNKNOWN && content != ZSTD_CONTENTSIZE_ERROR;
    if (said && content <= limit && content / 64 <= size && !buffer_reserve(out, content + step))
        return rise_fail_nomem(err, "expanding zstd data");
    while (in.pos < in.size || hint != 0) {
        if (out->size - start > limit)
            return rise_fail(err, RISE_E_DATA, "zstd data expand to more than %zu bytes", limit);
        if (!buffer_reserve(out, step))
            return rise_fail_nomem(err, "expanding zstd data");
        size_t before = in.pos;
        ZSTD_outBuffer to = {.dst = out->bytes + out->size, .size = out->capacity - out->size};
        hint = ZSTD_decompressStream(z, &to, &in);
        if (short_of_memory(hint))
            return rise_fail_nomem(err, "expanding zstd data");
        if (ZSTD_isError(hint))
            return rise_fail(err, RISE_E_DATA, "damaged zstd data near byte %zu: %s", before,
                             ZSTD_getErrorName(hint));
        out->size += to.pos;
        if (hint != 0 && in.pos == in.size && to.pos < to.size)
            return rise_fail(err, RISE_E_DATA, "zstd data end in the middle of a frame (%zu bytes)",
                             size);
    }
    if (out->size - start > limit)
        return rise_fail(err, RISE_E_DATA, "zstd data expand to more than %zu bytes", limit);
    return RISE_OK;
}

rise_status codec_expand(const uint8_t *bytes, size_t size, size_t limit, buffer *out,
                         rise_error *err) {
    ZSTD_DCtx *z = ZSTD_createDCtx();
    if (!z)
        return rise_fail_nomem(err, "expanding zstd data");
    rise_status status = RISE_OK;
    if (ZSTD_isError(ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
        status = rise_fail(err, RISE_E_SYSTEM, "this zstd cannot bound its window");
    if (status == RISE_OK)
        status = expand(z, bytes, size, limit, out, err);
    ZSTD_freeDCtx(z);
    return status;
}

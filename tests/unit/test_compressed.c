/* Compressed input files in every form: what is read, and what is said of those that are damaged,
 * want too much, or only look like it. */
#include "files/inside.h"
#include "support/folder.h"

#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static char folder[] = "/tmp/rise-compressed-XXXXXX";
static char path[64];

enum { TEXT = 70000 };
static char text[TEXT + 1];

static void put(const buffer *b) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_true(!b->failed);
    assert_int_equal(fwrite(b->bytes, 1, b->size, f), b->size);
    assert_int_equal(fclose(f), 0);
}

static void reads(buffer *b, const char *expected) {
    rise_file file = {0};
    rise_error err = {0};
    put(b);
    if (files_load(path, &file, NULL, &err) != RISE_OK)
        fail_msg("%s", err.message);
    assert_int_equal(file.size, strlen(expected));
    assert_memory_equal(file.bytes, expected, file.size);
    files_unload(&file);
    buffer_free(b);
}

static void refuses(buffer *b, const char *says) {
    rise_file file = {0};
    rise_error err = {0};
    put(b);
    assert_int_equal(files_load(path, &file, NULL, &err), RISE_E_DATA);
    assert_string_equal(err.file, path);
    if (!strstr(err.message, says))
        fail_msg("`%s` does not say `%s`", err.message, says);
    buffer_free(b);
}

static buffer bytes(const void *from, size_t size) {
    buffer b = {0};
    buffer_add(&b, from, size);
    return b;
}

#define BYTES(literal) bytes(literal, sizeof literal - 1)

/* ---- zstd ------------------------------------------------------------------------------------ */
static buffer zst(const char *from, size_t size) {
    buffer b = {0};
    assert_true(buffer_reserve(&b, ZSTD_compressBound(size)));
    b.size = ZSTD_compress(b.bytes, b.capacity, from, size, 1);
    assert_false(ZSTD_isError(b.size));
    return b;
}

/* Without the size of what is in it, as from a pipe; `window` is the logarithm of its window. */
static buffer zst_stream(const char *from, size_t size, int window) {
    buffer b = {0};
    ZSTD_CCtx *z = ZSTD_createCCtx();
    ZSTD_inBuffer in = {.src = from, .size = size};
    assert_true(z && buffer_reserve(&b, ZSTD_compressBound(size)));
    ZSTD_outBuffer out = {.dst = b.bytes, .size = b.capacity};
    assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(z, ZSTD_c_contentSizeFlag, 0)));
    if (window)
        assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, window)));
    assert_false(ZSTD_isError(ZSTD_compressStream2(z, &out, &in, ZSTD_e_flush)));
    assert_int_equal(ZSTD_compressStream2(z, &out, &in, ZSTD_e_end), 0);
    b.size = out.pos;
    ZSTD_freeCCtx(z);
    return b;
}

static void zstd_in_every_form(void **state) {
    (void)state;
    buffer b = zst(text, TEXT);
    reads(&b, text);
    b = zst("", 0);
    reads(&b, "");
    b = zst_stream(text, TEXT, 0);
    reads(&b, text);
    /* two frames; a skippable one in front, of any of its sixteen magics */
    b = zst("one ", 4);
    buffer second = zst("two", 3);
    buffer_add(&b, second.bytes, second.size);
    reads(&b, "one two");
    for (int i = 0; i < 16; i++) {
        b = BYTES("\x50\x2a\x4d\x18\x03\0\0\0abc");
        b.bytes[0] = (uint8_t)(0x50 + i);
        buffer_add(&b, second.bytes, second.size);
        reads(&b, "two");
    }
    buffer_free(&second);
}

static void zstd_that_is_damaged(void **state) {
    (void)state;
    buffer whole = zst(text, TEXT), stream = zst_stream(text, TEXT, 0);
    for (size_t n = 4; n < whole.size; n += 1 + n / 8) {
        buffer b = bytes(whole.bytes, n);
        refuses(&b, "zstd data");
    }
    buffer b = bytes(stream.bytes, stream.size - 1);
    refuses(&b, "zstd data end in the middle of a frame");
    b = bytes(whole.bytes, whole.size);
    buffer_text(&b, "garbage");
    refuses(&b, "damaged zstd data near byte");
    b = zst_stream(text, TEXT, 28); /* 256 MiB: a bomb for memory */
    refuses(&b, "damaged zstd data near byte 0: Frame requires too much memory");
    buffer_free(&whole);
    buffer_free(&stream);
}

/* Near the magics: a file like any other. */
static void what_only_looks_like_it(void **state) {
    (void)state;
    static const char *const plain[] = {"\x28\xb5\x2f",
                                        "\x28\xb5\x2f\xfe",
                                        "\x29\xb5\x2f\xfd",
                                        "\x28\xb6\x2f\xfd",
                                        "\x28\xb5\x2e\xfd",
                                        "\x50\x4d\x2a\x18",
                                        "\x50\x2a\x4d\x19",
                                        "\x40\x2a\x4d\x18",
                                        "\x60\x2a\x4d\x18",
                                        "\x50\x2b\x4d\x18",
                                        "\x1f",
                                        "\x1f\x8a",
                                        "\3757zX"};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        buffer b = bytes(plain[i], strlen(plain[i]));
        reads(&b, plain[i]);
    }
}

/* What it stands for may be larger than is allowed, in one frame or in many. */
static void zstd_has_a_limit(void **state) {
    (void)state;
    buffer packed[] = {zst(text, TEXT), zst_stream(text, TEXT, 0)};
    for (int i = 0; i < 2; i++) {
        buffer out = {0};
        rise_error err = {0};
        assert_int_equal(codec_expand(packed[i].bytes, packed[i].size, TEXT, &out, &err), RISE_OK);
        assert_int_equal(out.size, TEXT);
        out.size = 0;
        assert_int_equal(codec_expand(packed[i].bytes, packed[i].size, TEXT - 1, &out, &err),
                         RISE_E_DATA);
        assert_string_equal(err.message, "zstd data expand to more than 69999 bytes");
        out.size = 0;
        assert_int_equal(codec_expand(packed[i].bytes, packed[i].size, 10, &out, &err),
                         RISE_E_DATA);
        buffer_free(&out);
        buffer_free(&packed[i]);
    }
    /* many frames of zeros */
    static const char zeros[1 << 20];
    buffer bomb = {0}, one = zst(zeros, sizeof zeros), out = {0};
    rise_error err = {0};
    for (int i = 0; i < 20; i++)
        buffer_add(&bomb, one.bytes, one.size);
    assert_int_equal(codec_expand(bomb.bytes, bomb.size, 1 << 21, &out, &err), RISE_E_DATA);
    assert_string_equal(err.message, "zstd data expand to more than 2097152 bytes");
    buffer_free(&bomb);
    buffer_free(&one);
    buffer_free(&out);
}

/* ---- gzip and xz ----------------------------------------------------------------------------- */
static buffer gz(const char *from, size_t size) {
    buffer b = {0};
    z_stream z;
    memset(&z, 0, sizeof z);
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_true(buffer_reserve(&b, deflateBound(&z, size)));
    z.next_in = (Bytef *)(uintptr_t)from;
    z.avail_in = (uInt)size;
    z.next_out = b.bytes;
    z.avail_out = (uInt)b.capacity;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    b.size = z.total_out;
    deflateEnd(&z);
    return b;
}

static void gzip_in_every_form(void **state) {
    (void)state;
    buffer one = gz(text, TEXT), b = bytes(one.bytes, one.size);
    reads(&b, text);
    b = bytes(one.bytes, one.size);
    buffer_add(&b, "\0\0\0", 3); /* as tapes have it */
    reads(&b, text);
    b = bytes(one.bytes, one.size);
    buffer_add(&b, "\0\0x", 3);
    refuses(&b, "3 bytes that are not gzip follow the gzip data");
    b = bytes(one.bytes, one.size);
    buffer_add(&b, "\x1f", 1);
    refuses(&b, "1 bytes that are not gzip follow the gzip data");
    b = bytes(one.bytes, one.size);
    b.bytes[b.size - 8] ^= 1; /* its checksum */
    refuses(&b, "damaged gzip data near byte");
    b = bytes(one.bytes, one.size);
    b.bytes[2] = 9; /* a method that nobody has */
    refuses(&b, "damaged gzip data near byte");
    b = bytes(one.bytes, one.size);
    b.bytes[3] = 0xe0; /* flags that nobody has */
    refuses(&b, "damaged gzip data near byte");
    b = bytes(one.bytes, one.size / 2);
    refuses(&b, "the gzip data end too early");
    buffer_free(&one);
}

static buffer xz(const char *from, size_t size) {
    buffer b = {0};
    size_t n = 0;
    assert_true(buffer_reserve(&b, lzma_stream_buffer_bound(size)));
    assert_int_equal(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, (const uint8_t *)from, size,
                                             b.bytes, &n, b.capacity),
                     LZMA_OK);
    b.size = n;
    return b;
}

static void seal(buffer *b, size_t from, size_t to) { /* the CRC32 behind these bytes, anew */
    uint32_t crc = lzma_crc32(b->bytes + from, to - from, 0);
    memcpy(b->bytes + to, &crc, 4);
}

static void xz_in_every_form(void **state) {
    (void)state;
    buffer one = xz(text, TEXT), b = bytes(one.bytes, one.size);
    reads(&b, text);
    b = bytes(one.bytes, one.size);
    buffer_text(&b, "this is not xz data");
    refuses(&b, "damaged xz data (near byte"); /* its end is another stream, or zeros */
    b = bytes(one.bytes, one.size);
    b.bytes[7] = 0x0f | 0x10; /* flags of a later format */
    seal(&b, 6, 8);
    refuses(&b, "xz data with options that are not supported (near byte");
    b = bytes(one.bytes, one.size);
    size_t header = (size_t)(b.bytes[12] + 1) * 4; /* of the block */
    uint8_t *filter = memmem(b.bytes + 12, header, "\x21\x01", 2);
    assert_non_null(filter);
    filter[2] = 38; /* a dictionary of 2 GiB */
    seal(&b, 12, 12 + header - 4);
    refuses(&b, "xz data that need more than 512 MiB to expand (near byte");
    b = bytes(one.bytes, one.size);
    b.bytes[40] ^= 0xff;
    refuses(&b, "damaged xz data (near byte");
    b = bytes(one.bytes, one.size / 2);
    refuses(&b, "the xz data end too early");
    /* larger than is allowed, before its end */
    static const char zeros[1 << 20];
    buffer bomb = xz(zeros, sizeof zeros), out = {0};
    rise_error err = {0};
    assert_int_equal(xz_expand(bomb.bytes, bomb.size, 1000, &out, &err), RISE_E_DATA);
    assert_string_equal(err.message, "it expands to more than 1000 bytes");
    out.size = 0;
    buffer packed = gz(zeros, sizeof zeros);
    assert_int_equal(gzip_expand(packed.bytes, packed.size, 1000, &out, &err), RISE_E_DATA);
    assert_string_equal(err.message, "it expands to more than 1000 bytes");
    buffer_free(&packed);
    buffer_free(&bomb);
    buffer_free(&out);
    buffer_free(&one);
}

/* ---- at work --------------------------------------------------------------------------------- */
static int start(void **state) {
    (void)state;
    uint32_t x = 1;
    for (size_t i = 0; i < TEXT; i++) { /* compresses by a third */
        x = x * 1664525 + 1013904223;
        text[i] = (char)('a' + (x >> 24) % 26);
    }
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/file", folder);
    return 0;
}

static int stop(void **state) {
    (void)state;
    return folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zstd_in_every_form),      cmocka_unit_test(zstd_that_is_damaged),
        cmocka_unit_test(what_only_looks_like_it), cmocka_unit_test(zstd_has_a_limit),
        cmocka_unit_test(gzip_in_every_form),      cmocka_unit_test(xz_in_every_form),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

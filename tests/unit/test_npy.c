/* .npy and .npz: read, written, and what every refused file is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kit/npy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* A file of format version 1 with that header and n zero bytes of data. */
static void make_file(byte_buffer *b, const char *header, size_t n) {
    *b = (byte_buffer){0};
    bytes_add(b, "\x93NUMPY\x01\x00", 8);
    bytes_add_le(b, strlen(header), 2);
    bytes_add_text(b, header);
    for (size_t i = 0; i < n; i++)
        bytes_add_le(b, i & 0x3F, 1);
    assert_false(b->failed);
}

static void test_round_trip(void **state) {
    (void)state;
    const double numbers[6] = {0, -1.5, 1e300, 4, 5, 6};
    const size_t shape[3] = {2, 1, 3};
    byte_buffer b = {0};
    npy_array a;
    npy_add(&b, RISE_F64, 3, shape, numbers);
    assert_int_equal((b.size - sizeof numbers) % 64, 0);
    assert_int_equal(npy_parse("a.npy", b.data, b.size, &a, NULL), RISE_OK);
    assert_int_equal(a.dtype, RISE_F64);
    assert_int_equal(a.rank, 3);
    assert_memory_equal(a.shape, shape, sizeof shape);
    double copy[6];
    npy_copy(&a, copy);
    assert_memory_equal(copy, numbers, sizeof numbers);
    bytes_free(&b);

    static const rise_dtype types[] = {RISE_F32, RISE_I32, RISE_I64, RISE_U8};
    for (size_t i = 0; i < 4; i++) {
        const size_t n = 5;
        npy_add(&b, types[i], 1, &n, numbers);
        assert_int_equal(npy_parse("a.npy", b.data, b.size, &a, NULL), RISE_OK);
        assert_int_equal(a.dtype, types[i]);
        assert_memory_equal(a.data, numbers, 5 * rise_dtype_size(types[i]));
        bytes_free(&b);
    }
    npy_add(&b, RISE_F64, 0, NULL, numbers + 1); /* a scalar: shape () */
    assert_int_equal(npy_parse("a.npy", b.data, b.size, &a, NULL), RISE_OK);
    assert_int_equal(a.rank, 0);
    assert_int_equal(a.count, 1);
    bytes_free(&b);
}

/* The header as numpy 1.x writes it, byte for byte. */
static void test_exact_header(void **state) {
    (void)state;
    const float x[2] = {1, 2};
    const size_t n = 2;
    byte_buffer b = {0};
    npy_add(&b, RISE_F32, 1, &n, x);
    const char *text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
    assert_memory_equal(b.data, "\x93NUMPY\x01\x00\x76\x00", 10);
    assert_memory_equal(b.data + 10, text, strlen(text));
    assert_int_equal(b.data[127], '\n');
    assert_int_equal(b.size, 128 + 8);
    bytes_free(&b);
}

static void test_headers(void **state) {
    (void)state;
    static const char *const good[] = {
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }          \n",
        "{\"shape\":(2,3),\"fortran_order\":False,\"descr\":\"<f8\"}",
        " { 'shape' : ( 2 , 3 , ) , 'descr' : '<f8' , 'fortran_order' : False } \n\n"};
    for (size_t i = 0; i < 3; i++) {
        byte_buffer b;
        npy_array a;
        rise_error err;
        make_file(&b, good[i], 48);
        if (npy_parse("a.npy", b.data, b.size, &a, &err) != RISE_OK)
            fail_msg("refused: %s\n%s", err.message, good[i]);
        assert_int_equal(a.rank, 2);
        assert_int_equal(a.count, 6);
        bytes_free(&b);
    }
    byte_buffer b;
    npy_array a;
    make_file(&b, "{'descr': '|b1', 'fortran_order': False, 'shape': (0, 7), }\n", 0);
    assert_int_equal(npy_parse("a.npy", b.data, b.size, &a, NULL), RISE_OK);
    assert_int_equal(a.count, 0);
    npy_copy(&a, NULL);
    bytes_free(&b);
    /* version 2: four bytes of length */
    const char *header = "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }\n";
    b = (byte_buffer){0};
    bytes_add(&b, "\x93NUMPY\x02\x00", 8);
    bytes_add_le(&b, strlen(header), 4);
    bytes_add_text(&b, header);
    bytes_add(&b, "xyz", 3);
    assert_int_equal(npy_parse("a.npy", b.data, b.size, &a, NULL), RISE_OK);
    assert_memory_equal(a.data, "xyz", 3);
    bytes_free(&b);
}

static void test_fortran_order(void **state) {
    (void)state;
    byte_buffer b;
    npy_array a;
    uint8_t out[24];
    make_file(&b, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 4), }\n", 24);
    assert_int_equal(npy_parse("a.npy", b.data, b.size, &a, NULL), RISE_OK);
    npy_copy(&a, out);
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < 3; j++)
            for (size_t k = 0; k < 4; k++)
                assert_int_equal(out[(i * 3 + j) * 4 + k], i + 2 * (j + 3 * k));
    bytes_free(&b);
}

typedef struct bad_case {
    const char *header;
    size_t n;
    const char *message;
} bad_case;

static void test_bad(void **state) {
    (void)state;
    static const bad_case bad[] = {
        {"{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", 16,
         "dtype '|O' holds Python objects, which are never loaded"},
        {"{'descr': '>f8', 'fortran_order': False, 'shape': (2,), }", 16,
         "dtype '>f8' is big-endian"},
        {"{'descr': '<c16', 'fortran_order': False, 'shape': (1,), }", 16,
         "dtype '<c16' is not one of <f4 <f8 <i4 <i8 |u1 |b1"},
        {"{'descr': '<U7', 'fortran_order': False, 'shape': (1,), }", 28,
         "dtype '<U7' is not one of <f4 <f8 <i4 <i8 |u1 |b1"},
        {"{'descr': [('x', '<f8')], 'fortran_order': False, 'shape': (1,), }", 8,
         "the array has named fields (a structured dtype)"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", 16,
         "is truncated: 3 elements of <f8 promised, 16 bytes are there"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", 16,
         "8 bytes follow the end of the array"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", 16,
         "the shape in the .npy header is too large"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693952,), }", 16,
         "is truncated: 2305843009213693952 elements of <f8 promised, 16 bytes are there"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }", 16,
         "the shape in the .npy header is damaged"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 2), }", 16,
         "the array has more than 6 dimensions"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': 2, }", 16,
         "the shape in the .npy header is no tuple"},
        {"{'descr': '<f8', 'fortran_order': maybe, 'shape': (2,), }", 16,
         "the .npy header is damaged"},
        {"{'descr': '<f8', 'shape': (2,), }", 16, "the .npy header is damaged"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), 'x': 1}", 16,
         "unknown key 'x' in the .npy header"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2,)} + evil()", 16,
         "the .npy header is damaged"},
        {"", 16, "the .npy header is damaged"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        byte_buffer b;
        npy_array a = {.rank = 77};
        rise_error err;
        make_file(&b, bad[i].header, bad[i].n);
        assert_int_equal(npy_parse("a.npy", b.data, b.size, &a, &err), RISE_E_DATA);
        assert_string_equal(err.message, bad[i].message);
        assert_string_equal(err.file, "a.npy");
        assert_int_equal(a.rank, 77); /* untouched */
        bytes_free(&b);
    }
    npy_array a;
    rise_error err;
    assert_int_equal(npy_parse("a.npy", "PK\x03\x04........", 12, &a, &err), RISE_E_DATA);
    assert_string_equal(err.message, "is no .npy file (it does not start with \\x93NUMPY)");
    assert_int_equal(npy_parse("a.npy", "\x93NUMPY\x09\x01\0\0", 10, &a, &err), RISE_E_DATA);
    assert_string_equal(err.message, ".npy format version 9.1 is not known");
    assert_int_equal(npy_parse("a.npy", "\x93NUMPY\x02\x00\xff\xff\xff\xff", 12, &a, &err),
                     RISE_E_DATA);
    assert_string_equal(err.message,
                        "the .npy header is 4294967295 bytes long, the limit is 10000");
}

/* Cut at every length and flipped at every bit of the header: refused or sound, never beyond. */
static void test_damage(void **state) {
    (void)state;
    const double x[4] = {1, 2, 3, 4};
    const size_t shape[2] = {2, 2};
    byte_buffer b = {0};
    npy_array a;
    npy_add(&b, RISE_F64, 2, shape, x);
    for (size_t n = 0; n < b.size; n++) {
        uint8_t *cut = malloc(n > 0 ? n : 1);
        assert_non_null(cut);
        memcpy(cut, b.data, n);
        assert_int_equal(npy_parse("a.npy", cut, n, &a, NULL), RISE_E_DATA);
        free(cut);
    }
    for (size_t bit = 0; bit < 8 * (b.size - sizeof x); bit++) {
        b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        double out[4];
        if (npy_parse("a.npy", b.data, b.size, &a, NULL) == RISE_OK) {
            assert_true(a.count * rise_dtype_size(a.dtype) <= sizeof out);
            npy_copy(&a, out);
        }
        b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    bytes_free(&b);
}

static void test_texts(void **state) {
    (void)state;
    static const char *const text[] = {"a", "", "Zr\xC3\xA9", "\xF0\x9F\x98\x80", "\xFFx"};
    byte_buffer b = {0};
    npy_add_texts(&b, text, 5);
    const char *header = "{'descr': '<U3', 'fortran_order': False, 'shape': (5,), }";
    assert_memory_equal(b.data + 10, header, strlen(header));
    static const uint32_t expected[15] = {'a',  0,       0, 0, 0,      0,   'Z', 'r',
                                          0xE9, 0x1F600, 0, 0, 0xFFFD, 'x', 0};
    assert_int_equal(b.size, 128 + sizeof expected);
    assert_memory_equal(b.data + 128, expected, sizeof expected);
    bytes_free(&b);
}

static uint32_t le(const uint8_t *p, int n) {
    uint32_t v = 0;
    for (int i = 0; i < n; i++)
        v |= (uint32_t)p[i] << 8 * i;
    return v;
}

/* Walks the archive as an unzipper would, from its end. */
static void test_npz(void **state) {
    (void)state;
    npz_writer zip = {0};
    static const char *const names[] = {"first", "soap.vectors"};
    for (size_t i = 0; i < 2; i++) {
        const double x[3] = {1, 2, (double)i};
        const size_t n = 3;
        byte_buffer member = {0};
        npy_add(&member, RISE_F64, 1, &n, x);
        npz_add(&zip, names[i], &member);
        bytes_free(&member);
    }
    assert_int_equal(npz_finish(&zip, NULL), RISE_OK);
    const uint8_t *data = zip.out.data, *end = data + zip.out.size - 22;
    assert_memory_equal(end, "PK\x05\x06", 4);
    assert_int_equal(le(end + 10, 2), 2);
    const uint8_t *entry = data + le(end + 16, 4);
    assert_ptr_equal(entry + le(end + 12, 4), end);
    for (size_t i = 0; i < 2; i++) {
        assert_memory_equal(entry, "PK\x01\x02", 4);
        uint32_t crc = le(entry + 16, 4), size = le(entry + 24, 4), n_name = le(entry + 28, 2);
        char name[40];
        snprintf(name, sizeof name, "%s.npy", names[i]);
        assert_int_equal(n_name, strlen(name));
        assert_memory_equal(entry + 46, name, n_name);
        const uint8_t *local = data + le(entry + 42, 4);
        assert_memory_equal(local, "PK\x03\x04", 4);
        assert_memory_equal(local + 4, entry + 6, 26);
        assert_memory_equal(local + 30, name, n_name);
        const uint8_t *member = local + 30 + n_name;
        assert_int_equal(crc32(crc32(0, NULL, 0), member, size), crc);
        npy_array a;
        double x[3];
        assert_int_equal(npy_parse(name, member, size, &a, NULL), RISE_OK);
        npy_copy(&a, x);
        assert_true(x[2] == (double)i);
        entry += 46 + n_name;
    }
    npz_free(&zip);
}

static void test_golden(void **state) {
    (void)state; /* written by NumPy itself */
    FILE *f = fopen("tests/golden/data/vit/input_voxels.npy", "rb");
    if (f == NULL)
        fail_msg("tests/golden/data/vit/input_voxels.npy: run in the root of the repository");
    static uint8_t data[1 << 22];
    size_t n = fread(data, 1, sizeof data, f);
    fclose(f);
    npy_array a;
    rise_error err = {0};
    if (npy_parse("input_voxels.npy", data, n, &a, &err) != RISE_OK)
        fail_msg("%s", err.message);
    assert_int_equal(a.rank, 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_exact_header),
        cmocka_unit_test(test_headers),    cmocka_unit_test(test_fortran_order),
        cmocka_unit_test(test_bad),        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_texts),      cmocka_unit_test(test_npz),
        cmocka_unit_test(test_golden)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

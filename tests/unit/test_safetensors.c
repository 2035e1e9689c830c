/* tests/unit/test_safetensors.c: what is written is read back; what is damaged is refused. */
#include "kit/safetensors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const float numbers[6] = {1, -2, 3.5f, 0, 1e-30f, -1e30f};
static const int64_t whole[2] = {-5, INT64_MAX};
static const uint8_t small[3] = {0, 7, 255};

static void write_sample(uint8_t **bytes, size_t *size) {
    const safetensors_entry entry[] = {
        {.name = "a.weight", .dtype = RISE_F32, .rank = 2, .shape = {2, 3}, .data = numbers},
        {.name = "odd", .dtype = RISE_U8, .rank = 1, .shape = {3}, .data = small},
        {.name = "empty", .dtype = RISE_F64, .rank = 2, .shape = {0, 4}, .data = NULL},
        {.name = "n", .dtype = RISE_I64, .rank = 1, .shape = {2}, .data = whole},
        {.name = "scalar \"ü\"", .dtype = RISE_F32, .rank = 0, .data = &numbers[2]},
    };
    const safetensors_pair metadata[] = {{"unit", "Å"}, {"quote", "\"\\\n"}};
    rise_error err = {0};
    void *out = NULL;
    assert_int_equal(safetensors_write(entry, 5, metadata, 2, &out, size, &err), RISE_OK);
    *bytes = out;
}

static void test_round_trip(void **state) {
    (void)state;
    uint8_t *bytes;
    size_t size;
    write_sample(&bytes, &size);
    safetensors *f = NULL;
    rise_error err = {0};
    assert_int_equal(safetensors_parse(bytes, size, &f, &err), RISE_OK);
    assert_int_equal(safetensors_count(f), 5);
    const safetensors_entry *a = safetensors_find(f, "a.weight");
    assert_non_null(a);
    assert_int_equal(a->dtype, RISE_F32);
    assert_string_equal(a->type, "F32");
    assert_int_equal(a->rank, 2);
    assert_int_equal(a->shape[0], 2);
    assert_int_equal(a->shape[1], 3);
    assert_memory_equal(a->data, numbers, sizeof numbers);
    assert_memory_equal(safetensors_find(f, "n")->data, whole, sizeof whole);
    assert_memory_equal(safetensors_find(f, "odd")->data, small, sizeof small);
    assert_int_equal(safetensors_find(f, "empty")->bytes, 0);
    assert_int_equal(safetensors_find(f, "scalar \"ü\"")->rank, 0);
    assert_null(safetensors_find(f, "b"));
    assert_string_equal(safetensors_metadata(f, "unit"), "Å");
    assert_string_equal(safetensors_metadata(f, "quote"), "\"\\\n");
    assert_null(safetensors_metadata(f, "other"));
    safetensors_free(f);
    free(bytes);
}

static void test_truncated_at_every_length(void **state) {
    (void)state;
    uint8_t *bytes;
    size_t size;
    write_sample(&bytes, &size);
    for (size_t n = 0; n < size; n++) {
        uint8_t *copy = malloc(n + 1); /* its own block, so that reading past its end is seen */
        assert_non_null(copy);
        memcpy(copy, bytes, n);
        safetensors *f = NULL;
        rise_error err = {0};
        assert_int_equal(safetensors_parse(copy, n, &f, &err), RISE_E_DATA);
        assert_true(err.message[0] != 0);
        assert_null(f);
        free(copy);
    }
    free(bytes);
}

/* A file with the given header and `n_data` bytes of data. */
static rise_status parse_header(const char *header, size_t n_data, rise_error *err) {
    size_t n = strlen(header);
    uint8_t *bytes = calloc(8 + n + n_data, 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(n >> (8 * i));
    memcpy(bytes + 8, header, n);
    safetensors *f = NULL;
    rise_status status = safetensors_parse(bytes, 8 + n + n_data, &f, err);
    safetensors_free(f);
    free(bytes);
    return status;
}

#define TENSOR(shape, offsets)                                                                     \
    "{\"a\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":" offsets "}}"

static void test_hostile_headers(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "[]",
        "{",
        "{}", /* {} leaves 8 bytes of data unexplained */
        "{\"a\":1}",
        "{\"a\":{}}",
        "{\"__metadata__\":{\"x\":1}}",
        "{\"__metadata__\":[]}",
        TENSOR("[2]", "[0,4]"),
        TENSOR("[3]", "[0,12]"),
        TENSOR("[2]", "[8,0]"),
        TENSOR("[-2]", "[0,8]"),
        TENSOR("[2.0]", "[0,8]"),
        TENSOR("\"2\"", "[0,8]"),
        TENSOR("[2]", "[0]"),
        TENSOR("[2]", "[0,8,8]"),
        TENSOR("[2]", "[0,1e3]"),
        TENSOR("[4294967296,4294967296,4]", "[0,8]"),
        TENSOR("[9223372036854775807]", "[0,9223372036854775807]"),
        TENSOR("[18446744073709551616]", "[0,8]"),
        TENSOR("[1]", "[4,8]"),
        TENSOR("[1,1,1,1,1,1,1,1,2]", "[0,8]"),
        "{\"a\":{\"dtype\":\"F33\",\"shape\":[2],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
        "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
        "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        rise_error err = {0};
        if (parse_header(bad[i], 8, &err) != RISE_E_DATA)
            fail_msg("accepted: %s", bad[i]);
        assert_true(err.message[0] != 0);
    }
    assert_int_equal(parse_header(TENSOR("[2]", "[0,8]"), 8, NULL), RISE_OK);
    assert_int_equal(parse_header(TENSOR("[2]", "[0,8]") "   ", 8, NULL), RISE_OK);
}

static void test_hostile_lengths(void **state) {
    (void)state;
    static const uint64_t lengths[] = {9,         1000,       SAFETENSORS_HEADER_MAX, UINT32_MAX,
                                       INT64_MAX, UINT64_MAX, UINT64_MAX - 7};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        uint8_t bytes[16] = {0};
        for (size_t b = 0; b < 8; b++)
            bytes[b] = (uint8_t)(lengths[i] >> (8 * b));
        safetensors *f = NULL;
        rise_error err = {0};
        assert_int_equal(safetensors_parse(bytes, sizeof bytes, &f, &err), RISE_E_DATA);
    }
}

static void test_nesting(void **state) {
    (void)state;
    size_t n = 200000;
    char *deep = malloc(n + 1);
    assert_non_null(deep);
    memset(deep, '[', n);
    deep[n] = 0;
    assert_int_equal(parse_header(deep, 8, NULL), RISE_E_DATA);
    free(deep);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_truncated_at_every_length),
        cmocka_unit_test(test_hostile_headers), cmocka_unit_test(test_hostile_lengths),
        cmocka_unit_test(test_nesting)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

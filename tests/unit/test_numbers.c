/* Numbers in text against strtod, number by number and bit by bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kit/scan.h"

#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void check_text(const char *text) {
    double expected = strtod(text, NULL), found = -1.0;
    const char *end = text + strlen(text);
    if (scan_number(text, end, &found) != end)
        fail_msg("'%s' is not read to its end", text);
    if (bits_of(found) != bits_of(expected))
        fail_msg("'%s': %016" PRIx64 " (%.17g), strtod gives %016" PRIx64 " (%.17g)", text,
                 bits_of(found), found, bits_of(expected), expected);
}

static void test_random_decimals(void **state) {
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < 200000; i++) {
        uint64_t w = next_random(&seed) >> (next_random(&seed) % 64);
        int point = (int)(next_random(&seed) % 24);
        int exponent = (int)(next_random(&seed) % 81) - 40;
        char digits[32], text[80];
        int n = snprintf(digits, sizeof digits, "%" PRIu64, w);
        if (point > n)
            point = n;
        snprintf(text, sizeof text, "%s%.*s.%se%d", i % 2 ? "-" : "", point, digits, digits + point,
                 i % 3 ? exponent : 0);
        check_text(text);
    }
}

static void test_random_doubles(void **state) {
    (void)state;
    uint64_t seed = 2;
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = next_random(&seed);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        char text[64];
        snprintf(text, sizeof text, "%.*g", 1 + (int)(next_random(&seed) % 20), value);
        check_text(text);
        /* near one, where positions and energies live */
        value = ldexp((double)(int64_t)bits, (int)(next_random(&seed) % 40) - 80);
        snprintf(text, sizeof text, "%.*g", 15 + (int)(next_random(&seed) % 4), value);
        check_text(text);
    }
}

/* Decimals that lie exactly on, just above and just below the middle of two doubles. */
static void test_halfway(void **state) {
    (void)state;
    uint64_t seed = 3;
    for (int i = 0; i < 50000; i++) {
        uint64_t m = ((uint64_t)1 << 53) + (next_random(&seed) >> 11);
        uint64_t half = 2 * m + 1; /* 55 bits: halfway between m and m + 1 */
        char text[64];
        for (int d = -1; d <= 1; d++) {
            snprintf(text, sizeof text, "%" PRIu64, half + (uint64_t)(int64_t)d);
            check_text(text);
        }
        snprintf(text, sizeof text, "%" PRIu64 ".5", m >> 1 | 1); /* 54 bits with one behind */
        check_text(text);
        snprintf(text, sizeof text, "%" PRIu64 "e%d", half >> (i % 50), i % 24 - 4);
        check_text(text);
    }
}

static void test_hard_cases(void **state) {
    (void)state;
    static const char *const hard[] = {"0",
                                       "-0",
                                       "0.0",
                                       "1",
                                       "-1",
                                       "+1",
                                       "1.",
                                       ".5",
                                       "-.5e1",
                                       "00012",
                                       "000000000000000000000001.5",
                                       "0.000000000000000000000000000001",
                                       "9007199254740992",
                                       "9007199254740993",
                                       "9007199254740993.00000000000000000000000000000000001",
                                       "9007199254740995",
                                       "18446744073709551615",
                                       "18446744073709551616",
                                       "1e22",
                                       "1e23",
                                       "8.5e22",
                                       "1e-22",
                                       "1e-23",
                                       "1e308",
                                       "1.7976931348623157e308",
                                       "1.7976931348623159e308",
                                       "1e309",
                                       "-1e400",
                                       "1e-400",
                                       "2.2250738585072014e-308",
                                       "2.2250738585072011e-308",
                                       "4.9406564584124654e-324",
                                       "2.4703282292062327e-324",
                                       "2.4703282292062328e-324",
                                       "123456789012345678901234567890",
                                       "0.1",
                                       "0.2",
                                       "0.3",
                                       "1e0000000000005",
                                       "1e-0000000000005",
                                       "6.02214076e23",
                                       "7.2057594037927933e16",
                                       "5e-324",
                                       "1e99999999999999",
                                       "0e99999999999999",
                                       "1090544144181609348671888949248",
                                       "9214843084008499",
                                       "2.2250738585072012e-308",
                                       "1.00000000000000011102230246251565404236316680908203125",
                                       "1.00000000000000011102230246251565404236316680908203124",
                                       "1.00000000000000011102230246251565404236316680908203126"};
    for (size_t i = 0; i < sizeof hard / sizeof hard[0]; i++)
        check_text(hard[i]);
}

static void test_fortran_exponents(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double value;
    } cases[] = {{"1.0D+00", 1.0},
                 {"-2.5d2", -250.0},
                 {"1d-3", 1e-3},
                 {"3.14159265358979323846D0", 3.14159265358979323846}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double v;
        assert_true(scan_is_number(cases[i].text, cases[i].text + strlen(cases[i].text), &v));
        assert_true(v == cases[i].value);
    }
}

static void test_names(void **state) {
    (void)state;
    double v;
    assert_true(scan_is_number("nan", &"nan"[3], &v) && isnan(v));
    assert_true(scan_is_number("-Inf", &"-Inf"[4], &v) && isinf(v) && v < 0);
    assert_true(scan_is_number("INFINITY", &"INFINITY"[8], &v) && isinf(v) && v > 0);
}

static void test_not_numbers(void **state) {
    (void)state;
    static const char *const bad[] = {"",   "-",   "+",     ".",     "-.",       "e5",
                                      "1e", "1e+", "1.2.3", "1,5",   "0x10",     "1_000",
                                      " 1", "1 ",  "--1",   "1e5.0", "infinite", "na"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        double v;
        if (scan_is_number(bad[i], bad[i] + strlen(bad[i]), &v))
            fail_msg("'%s' is taken for the number %g", bad[i], v);
    }
    char long_number[2000];
    memset(long_number, '7', sizeof long_number);
    double v;
    assert_null(scan_number(long_number, long_number + sizeof long_number, &v));
    /* never beyond the end, which need not be a NUL */
    const char *text = "123.456";
    assert_ptr_equal(scan_number(text, text + 5, &v), text + 5);
    assert_true(v == 123.4);
    assert_ptr_equal(scan_number(text, text + 4, &v), text + 4);
    assert_true(v == 123.0);
}

static void test_integers(void **state) {
    (void)state;
    int64_t v;
    const char *max = "9223372036854775807", *min = "-9223372036854775808";
    assert_true(scan_is_integer(max, max + 19, &v) && v == INT64_MAX);
    assert_true(scan_is_integer(min, min + 20, &v) && v == INT64_MIN);
    const char *over = "9223372036854775808", *under = "-9223372036854775809";
    assert_false(scan_is_integer(over, over + 19, &v));
    assert_false(scan_is_integer(under, under + 20, &v));
    assert_true(scan_is_integer("+7", &"+7"[2], &v) && v == 7);
    assert_false(scan_is_integer("7.0", &"7.0"[3], &v));
}

static void check_written(double value) {
    char text[SCAN_NUMBER_MAX];
    size_t n = scan_write_f64(text, value);
    double back = 0.0;
    assert_int_equal(n, strlen(text));
    if (!scan_is_number(text, text + n, &back) || bits_of(back) != bits_of(value) ||
        bits_of(strtod(text, NULL)) != bits_of(value))
        fail_msg("%.17g is written as '%s' and reads back as %.17g", value, text, back);
}

static void test_written(void **state) {
    (void)state;
    static const struct {
        double value;
        const char *text;
    } exact[] = {
        {0.0, "0"},     {-0.0, "-0"},     {1.0, "1"},        {-9298.746875, "-9298.746875"},
        {0.05, "0.05"}, {32.43, "32.43"}, {1e300, "1e+300"}, {1.0 / 3.0, "0.3333333333333333"},
        {-0.5, "-0.5"}, {100.0, "100"},   {INFINITY, "inf"}, {5e-324, "4.94065645841247e-324"}};
    char text[SCAN_NUMBER_MAX];
    for (size_t i = 0; i < sizeof exact / sizeof exact[0]; i++) {
        scan_write_f64(text, exact[i].value);
        assert_string_equal(text, exact[i].text);
    }
    uint64_t seed = 4;
    for (int i = 0; i < 50000; i++) {
        uint64_t bits = next_random(&seed);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            check_written(value);
        check_written((double)((int64_t)bits >> 30) / exp10(i % 12));
        float single = (float)((int64_t)bits >> 40) / 3.0f, back;
        double wide;
        size_t n = scan_write_f32(text, single);
        assert_true(scan_is_number(text, text + n, &wide));
        back = (float)wide;
        assert_memory_equal(&back, &single, sizeof back);
    }
    scan_write_f32(text, 0.1f);
    assert_string_equal(text, "0.1");
    scan_write_i64(text, INT64_MIN);
    assert_string_equal(text, "-9223372036854775808");
}

/* A locale with a decimal comma, where the machine has one, changes nothing. */
static void test_locale(void **state) {
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (setlocale(LC_ALL, names[i]) != NULL)
            break;
    const char *text = "0.1234567890123456789012345";
    double v;
    char written[SCAN_NUMBER_MAX];
    assert_true(scan_is_number(text, text + strlen(text), &v));
    scan_write_f64(written, 1.0 / 3.0);
    setlocale(LC_ALL, "C");
    assert_true(v == 0.1234567890123456789012345);
    assert_string_equal(written, "0.3333333333333333");
}

static void test_excerpt(void **state) {
    (void)state;
    char out[SCAN_EXCERPT_MAX];
    assert_string_equal(scan_excerpt(out, "a\tb", &"a\tb"[3]), "a?b");
    char text[100];
    memset(text, 'x', sizeof text);
    assert_int_equal(strlen(scan_excerpt(out, text, text + sizeof text)), 43);
    memset(text, 'y', 39);
    memcpy(text + 39, "\xC3\xA9zzzz", 6); /* a character over the cut goes whole */
    scan_excerpt(out, text, text + 60);
    assert_int_equal(strlen(out), 42);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_decimals),
                                       cmocka_unit_test(test_random_doubles),
                                       cmocka_unit_test(test_halfway),
                                       cmocka_unit_test(test_hard_cases),
                                       cmocka_unit_test(test_fortran_exponents),
                                       cmocka_unit_test(test_names),
                                       cmocka_unit_test(test_not_numbers),
                                       cmocka_unit_test(test_integers),
                                       cmocka_unit_test(test_written),
                                       cmocka_unit_test(test_locale),
                                       cmocka_unit_test(test_excerpt)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

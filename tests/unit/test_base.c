/* Base: arenas, buffers, maps, text, identities, files. */
#include "base/base.h"

#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <cmocka.h>

/* xorshift64*: the same sequence everywhere */
static uint64_t next_random(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

static void test_arena_reset_and_join(void **state) {
    (void)state;
    arena a = {0}, b = {0};
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 2000; i++) {
            uint64_t *n = ARENA_NEW(&a, uint64_t, 4);
            assert_true(n[0] == 0 && n[3] == 0); /* zeroed, also where it was used before */
            n[0] = n[3] = UINT64_MAX;
        }
        arena_reset(&a);
    }
    char *first = arena_text(&a, "first"), *second = arena_text(&b, "second");
    arena_join(&a, &b);
    assert_null(b.block);
    arena_join(&b, &a); /* into an empty one */
    assert_string_equal(first, "first");
    assert_string_equal(second, "second");
    assert_string_equal(arena_text(&b, "third"), "third");
    arena_free(&a);
    arena_free(&b);
}

static void test_arena(void **state) {
    (void)state;
    arena a = {0};
    uint64_t seed = 7;
    size_t total = 0;
    for (int i = 0; i < 2000; i++) {
        size_t size = next_random(&seed) % 700, align = (size_t)1 << next_random(&seed) % 8;
        if (i % 400 == 0)
            size += 200000;
        uint8_t *p = arena_alloc(&a, size, align);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % align, 0);
        for (size_t k = 0; k < size; k++)
            assert_int_equal(p[k], 0); /* never handed out before */
        memset(p, 0xff, size);
        total += size;
    }
    assert_int_equal(a.used, total);
    assert_string_equal(arena_text(&a, "Zr44Cu56"), "Zr44Cu56");
    assert_null(arena_text(&a, NULL));
    assert_string_equal(arena_bytes(&a, "abcdef", 3), "abc");
    assert_string_equal(arena_format(&a, "%s=%d", "r_cut", 5), "r_cut=5");
    assert_null(ARENA_NEW(&a, double, SIZE_MAX / 4)); /* the product overflows */
    assert_null(arena_alloc(&a, SIZE_MAX - 64, 64));
    arena_free(&a);
    assert_null(a.block);
    assert_int_equal(a.used, 0);
}

static void test_buffer(void **state) {
    (void)state;
    buffer b = {0};
    buffer_u8(&b, 7);
    buffer_u32(&b, 0x01020304u);
    buffer_u64(&b, UINT64_C(0x1112131415161718));
    buffer_f64(&b, -0.0);
    buffer_f64(&b, -(double)NAN);
    buffer_f64(&b, 1.5);
    buffer_string(&b, "Å");
    buffer_format(&b, "%d", 42);
    assert_false(b.failed);
    assert_int_equal(b.size, 1 + 4 + 8 + 8 + 8 + 8 + (4 + 2) + 2);
    const uint8_t little[] = {7, 4, 3, 2, 1, 0x18};
    assert_memory_equal(b.bytes, little, sizeof little);

    arena a = {0};
    cursor c = {.at = b.bytes, .end = b.bytes + b.size};
    assert_int_equal(cursor_u8(&c), 7);
    assert_int_equal(cursor_u32(&c), 0x01020304u);
    assert_true(cursor_u64(&c) == UINT64_C(0x1112131415161718));
    assert_int_equal(cursor_u64(&c), 0); /* -0 is 0 */
    assert_true(cursor_u64(&c) == UINT64_C(0x7ff8000000000000));
    assert_true(cursor_f64(&c) == 1.5);
    assert_string_equal(cursor_string(&c, &a, 10), "Å");
    assert_memory_equal(cursor_bytes(&c, 2), "42", 2);
    assert_false(c.failed);
    assert_null(cursor_bytes(&c, b.size));
    assert_true(c.failed);
    assert_int_equal(cursor_u32(&c), 0);
    cursor limited = {.at = b.bytes + 37, .end = b.bytes + b.size};
    assert_null(cursor_string(&limited, &a, 1)); /* two bytes are more than one */
    assert_true(limited.failed);
    arena_free(&a);
    buffer_free(&b);

    buffer huge = {0};
    buffer_u8(&huge, 1);
    assert_false(buffer_reserve(&huge, SIZE_MAX - 1));
    assert_true(huge.failed);
    buffer_u8(&huge, 2);
    assert_int_equal(huge.size, 1);
    buffer_free(&huge);
}

static void test_maps(void **state) {
    (void)state;
    enum { N = 5000 };
    id_map ids = {0};
    rise_id zero = {{0}}, id;
    uint64_t value = 1;
    assert_false(id_map_get(&ids, &zero, &value));
    for (uint64_t i = 0; i < N; i++) {
        id_of(&i, sizeof i, &id);
        assert_true(id_map_set(&ids, &id, i));
    }
    assert_int_equal(ids.n, N);
    assert_false(id_map_get(&ids, &zero, &value));
    assert_true(id_map_set(&ids, &zero, 99));
    assert_true(id_map_set(&ids, &zero, 100));
    assert_true(id_map_reserve(&ids, 4 * N));
    assert_int_equal(ids.n, N + 1);
    assert_true(id_map_get(&ids, &zero, &value) && value == 100);
    for (uint64_t i = 0; i < 2 * N; i++) {
        id_of(&i, sizeof i, &id);
        assert_int_equal(id_map_get(&ids, &id, &value), i < N);
        if (i < N)
            assert_int_equal(value, i);
    }
    /* ids that all begin alike: one long chain */
    for (uint8_t i = 1; i < 200; i++) {
        rise_id same = {{5, 5, 5, 5, 5, 5, 5, 5, i}};
        assert_true(id_map_set(&ids, &same, i));
    }
    for (uint8_t i = 1; i < 200; i++) {
        rise_id same = {{5, 5, 5, 5, 5, 5, 5, 5, i}};
        assert_true(id_map_get(&ids, &same, &value) && value == i);
    }
    id_map_free(&ids);

    text_map texts = {0};
    arena a = {0};
    assert_false(text_map_get(&texts, "", NULL));
    for (size_t i = 0; i < N; i++)
        assert_true(text_map_set(&texts, arena_format(&a, "node_%zu", i), i));
    assert_true(text_map_set(&texts, "node_17", 1017));
    assert_int_equal(texts.n, N);
    for (size_t i = 0; i < 2 * N; i++) {
        assert_int_equal(text_map_get(&texts, arena_format(&a, "node_%zu", i), &value), i < N);
        if (i < N)
            assert_int_equal(value, i == 17 ? 1017 : i);
    }
    text_map_free(&texts);
    arena_free(&a);
}

static void round_trip(double v) {
    char text[32];
    double back = 0;
    text_of_double(v, text);
    if (!text_to_double(text, &back) || back != v)
        fail_msg("%a -> '%s' -> %a", v, text, back);
}

static void test_double_text(void **state) {
    (void)state;
    /* a host program with a decimal comma must change nothing, where that locale exists */
    if (!setlocale(LC_ALL, "de_DE.UTF-8"))
        setlocale(LC_ALL, "C");
    uint64_t seed = 42;
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = next_random(&seed);
        double v;
        memcpy(&v, &bits, sizeof v);
        if (isfinite(v))
            round_trip(v);
        if (i % 10 == 0)
            round_trip((double)(bits >> 44) / 1000.0);
    }
    const double special[] = {5e-324,
                              2.2250738585072009e-308,
                              2.2250738585072014e-308,
                              1.7976931348623157e308,
                              0x1p-44,
                              0.1,
                              1.0 / 3.0,
                              1e22,
                              1e23};
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        round_trip(special[i]);
    const struct {
        double v;
        const char *text;
    } known[] = {{0.1, "0.1"},      {1.0, "1"},          {-0.0, "0"},         {0.83, "0.83"},
                 {1e-3, "0.001"},   {5e-324, "5e-324"},  {1e22, "1e+22"},     {-2.5, "-2.5"},
                 {INFINITY, "inf"}, {-INFINITY, "-inf"}, {(double)NAN, "nan"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char text[32];
        text_of_double(known[i].v, text);
        assert_string_equal(text, known[i].text);
    }
    const char *const bad[] = {"",      " 1",  "1 ",   "1_000", "0x10", "inf",     "nan",
                               "1e",    "1e+", ".",    "-",     "1,5",  "1.5.2",   "e5",
                               "1e999", "--1", "1e5x", "+-1",   "1d3",  "infinity"};
    double v = 3;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (text_to_double(bad[i], &v))
            fail_msg("'%s' passed for %g", bad[i], v);
    assert_true(v == 3);
    assert_true(text_to_double("+.5e1", &v) && v == 5);
    assert_true(text_to_double("1e-400", &v) && v == 0);
    arena a = {0};
    assert_string_equal(arena_format(&a, "%g", 1.5), "1.5");
    arena_free(&a);
    setlocale(LC_ALL, "C");
}

static void test_int_text(void **state) {
    (void)state;
    int64_t v = 0;
    assert_true(text_to_int("-9223372036854775808", &v) && v == INT64_MIN);
    assert_true(text_to_int("9223372036854775807", &v) && v == INT64_MAX);
    assert_true(text_to_int("+08", &v) && v == 8);
    const char *const bad[] = {"",
                               "-",
                               "1.0",
                               "1_000",
                               "9223372036854775808",
                               "0x1",
                               " 1",
                               "1 ",
                               "-9223372036854775809",
                               "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (text_to_int(bad[i], &v))
            fail_msg("'%s' passed for %lld", bad[i], (long long)v);
    assert_int_equal(v, 8);
}

static void test_natural_order(void **state) {
    (void)state;
    const char *const ordered[] = {"",
                                   "a",
                                   "a1",
                                   "a01",
                                   "a2",
                                   "a2b",
                                   "a10",
                                   "a10.5",
                                   "a10.20",
                                   "b",
                                   "z9999999999999999999998",
                                   "z9999999999999999999999",
                                   "z10000000000000000000000",
                                   "\xc3\x85"};
    size_t n = sizeof ordered / sizeof *ordered;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            int got = text_natural_compare(ordered[i], ordered[j]);
            int expected = (i > j) - (i < j);
            /* equal values, different zeros: bytes decide, "a01" before "a1" */
            if ((i == 2 && j == 3) || (i == 3 && j == 2))
                expected = -expected;
            if (got != expected)
                fail_msg("'%s' and '%s': %d, expected %d", ordered[i], ordered[j], got, expected);
        }
}

static void test_suggest(void **state) {
    (void)state;
    const char *const names[] = {"r_cut", "n_max", "l_max", "sigma", "species", "precision", "Zr"};
    const size_t n = sizeof names / sizeof *names;
    assert_string_equal(text_suggest("rcut", names, n), "r_cut");
    assert_string_equal(text_suggest("r-cut", names, n), "r_cut");
    assert_string_equal(text_suggest("simga", names, n), "sigma"); /* swapped neighbours */
    assert_string_equal(text_suggest("Sigma", names, n), "sigma");
    assert_string_equal(text_suggest("specie", names, n), "species");
    assert_string_equal(text_suggest("prec", names, n), "precision"); /* a beginning */
    assert_null(text_suggest("threshold", names, n));
    assert_null(text_suggest("x", names, n));
    assert_null(text_suggest("", names, n));
    assert_null(text_suggest("Cu", names, n));
    assert_null(text_suggest("sigma", names, 0));
}

static void test_utf8(void **state) {
    (void)state;
    const char *const good[] = {"", "abc", "Å", "€", "\xf0\x9f\x98\x80"};
    const char *const bad[] = {
        "\x80",         "\xc3",  "\xc0\xaf",        "\xed\xa0\x80", "\xf4\x90\x80\x80",
        "\xe0\x80\x80", "a\xff", "\xf0\x8f\xbf\xbf"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(text_is_utf8(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(text_is_utf8(bad[i], strlen(bad[i])));
    assert_false(text_is_utf8("a\0b", 3));
    assert_false(text_is_utf8("a\xe2\x82\xac", 3)); /* the size ends it before its bytes do */
}

static void test_cut(void **state) {
    (void)state;
    const struct {
        const char *text;
        size_t max;
        const char *left;
    } cut[] = {{"abc", 2, "ab"},
               {"abc", 3, "abc"},
               {"abc", 4, "abc"},
               {"abc", 0, ""},
               {"", 0, ""},
               {"aÅb", 1, "a"},
               {"aÅb", 2, "a"},
               {"aÅb", 3, "aÅ"},
               {"a€", 3, "a"},
               {"a€", 4, "a€"},
               {"€", 2, ""},
               {"a\xf0\x9f\x98\x80", 4, "a"},
               {"a\xf0\x9f\x98\x80", 5, "a\xf0\x9f\x98\x80"},
               {"ab\xe2\x82", 4, "ab"},          /* torn by the end of its buffer */
               {"ab\xe2\x82", 9, "ab\xe2\x82"}}; /* nothing was cut: left alone */
    char text[32];
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
        snprintf(text, sizeof text, "%s", cut[i].text);
        text_cut(text, cut[i].max);
        assert_string_equal(text, cut[i].left);
    }
    snprintf(text, sizeof text, "`%.2s` €, \xff`%.3s`", "€", "Åß");
    text_mend(text);
    assert_string_equal(text, "`` €, `Å`");
}

static void test_identities(void **state) {
    (void)state;
    /* FIPS 180-4 examples */
    const struct {
        const char *text, *hex;
    } known[] = {{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
                 {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
                 {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"}};
    rise_id id, parsed;
    char hex[65];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        id_of(known[i].text, strlen(known[i].text), &id);
        id_hex(&id, hex);
        assert_string_equal(hex, known[i].hex);
        assert_true(id_parse(hex, &parsed) && id_equal(&id, &parsed));
        hash_state h;
        hash_begin(&h);
        for (const char *p = known[i].text; *p; p++)
            hash_add(&h, p, 1);
        hash_end(&h, &parsed);
        assert_true(id_equal(&id, &parsed));
    }
    assert_false(id_is_zero(&id));
    assert_true(id_is_zero(&(rise_id){{0}}));
    hex[3] = 'g';
    assert_false(id_parse(hex, &parsed));
    assert_false(id_parse("ba78", &parsed));
    hex[3] = '0';
    hex[63] = '\0';
    assert_false(id_parse(hex, &parsed));
    char a[33], b[33];
    random_name(a);
    random_name(b);
    assert_int_equal(strlen(a), 32);
    assert_string_not_equal(a, b);
}

static void test_errors(void **state) {
    (void)state;
    rise_error e;
    char text[1200];
    assert_int_equal(rise_fail_at(&e, RISE_E_GRAPH, "a.yaml", 3, 7, "unknown key '%s'", "rcut"),
                     RISE_E_GRAPH);
    rise_hint(&e, "did you mean '%s'?", "r_cut");
    rise_error_format(&e, text, sizeof text);
    assert_string_equal(text, "a.yaml:3:7: unknown key 'rcut'\n  did you mean 'r_cut'?");
    /* its own message as an argument */
    rise_fail(&e, RISE_E_FAILED, "node soap: %s", e.message);
    assert_string_equal(e.message, "node soap: unknown key 'rcut'");
    assert_string_equal(e.hint, "");
    char shorter[8];
    rise_error_format(&e, shorter, sizeof shorter);
    assert_string_equal(shorter, "node so");
    char long_text[700];
    for (size_t i = 0; i < sizeof long_text; i += 2)
        memcpy(long_text + i, "Å", 2);
    long_text[698] = '\0';
    rise_fail(&e, RISE_E_DATA, "x%s", long_text);
    assert_true(strlen(e.message) > 500 && text_is_utf8(e.message, strlen(e.message)));
    for (size_t i = 0; i < 2; i++) { /* the limits are odd: torn without the x, whole with it */
        rise_fail_at(&e, RISE_E_DATA, long_text, 1, 1, "%s%s", i ? "x" : "", long_text);
        rise_hint(&e, "%s%s", i ? "x" : "", long_text);
        assert_true(strlen(e.file) >= 254 && text_is_utf8(e.file, strlen(e.file)));
        assert_true(strlen(e.message) >= 510 && text_is_utf8(e.message, strlen(e.message)));
        assert_true(strlen(e.hint) >= 254 && text_is_utf8(e.hint, strlen(e.hint)));
    }
    char short_text[302];
    for (size_t size = 1; size < sizeof short_text; size++) {
        rise_error_format(&e, short_text, size);
        assert_true(strlen(short_text) + 2 >= size);
        assert_true(text_is_utf8(short_text, strlen(short_text)));
    }
    /* what a file says is quoted as far as it is UTF-8 */
    rise_fail(&e, RISE_E_DATA, "found '%s'", "na\xEFve \xC3\xA9 \xED\xA0\x80");
    assert_string_equal(e.message, "found 'nave \xC3\xA9 '");
    rise_hint(&e, "not %s",
              "\xFF"
              "a");
    assert_string_equal(e.hint, "not a");
    /* only what is known of the place is told; without a message, what the status means */
    static const struct {
        const char *file;
        long line, col;
        const char *told;
    } places[] = {{"a.yaml", 3, 0, "a.yaml:3: bad input data"},
                  {"a.yaml", 0, 7, "a.yaml: bad input data"},
                  {NULL, 3, 7, "bad input data"}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        rise_fail_at(&e, RISE_E_DATA, places[i].file, places[i].line, places[i].col, "%s", "");
        rise_error_format(&e, text, sizeof text);
        assert_string_equal(text, places[i].told);
    }
    rise_error_format(&e, text, 0); /* no room at all */
    assert_string_equal(text, places[2].told);
    assert_int_equal(rise_fail_at(NULL, RISE_E_DATA, "a", 1, 1, "x"), RISE_E_DATA);
    assert_int_equal(rise_hint(NULL, "x"), RISE_E_FAILED);
    assert_int_equal(rise_status_exit((rise_status)-1000), 70);
    assert_string_equal(rise_status_text((rise_status)-1000), "unknown status");
    assert_int_equal(rise_fail(NULL, RISE_E_DATA, "x"), RISE_E_DATA);
    assert_int_equal(rise_status_exit(RISE_E_GRAPH), 78);
    assert_int_equal(rise_status_exit(RISE_OK), 0);
    assert_string_equal(rise_status_text(RISE_E_NOMEM), "out of memory");
    assert_int_equal(rise_element_number("Zr"), 40);
    assert_int_equal(rise_element_number("zr"), 0);
    assert_string_equal(rise_element_symbol(118), "Og");
    assert_string_equal(rise_element_symbol(0), "X");
    assert_string_equal(rise_element_symbol(119), "X");
    for (int z = 1; z <= 118; z++)
        assert_int_equal(rise_element_number(rise_element_symbol(z)), z);
}

static size_t read_back(const char *path, char *bytes, size_t size) {
    FILE *f = fopen(path, "rb");
    if (!f)
        return SIZE_MAX;
    size_t n = fread(bytes, 1, size, f);
    fclose(f);
    return n;
}

static void test_paths(void **state) {
    (void)state;
    arena a = {0};
    rise_error err;
    char bytes[64];
    assert_string_equal(path_join(&a, "/a", "b"), "/a/b");
    assert_string_equal(path_join(&a, "/a/", "b"), "/a/b");
    assert_string_equal(path_join(&a, ".", "b"), "b");
    assert_string_equal(path_join(&a, "x", "/b"), "/b");
    assert_string_equal(path_folder(&a, "b"), ".");
    assert_string_equal(path_folder(&a, "/b"), "/");
    assert_string_equal(path_folder(&a, "a//b"), "a");

    char folder[] = "/tmp/rise_base_XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *deep = arena_format(&a, "%s/x/y//z/", folder);
    assert_int_equal(path_make_folders(deep, &err), RISE_OK);
    assert_int_equal(path_make_folders(deep, &err), RISE_OK);
    char *file = path_join(&a, folder, "x/out.txt");
    mode_t mask = umask(027);
    assert_int_equal(path_write_atomic(file, "first", 5, false, &err), RISE_OK);
    umask(mask);
    struct stat st;
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(path_write_atomic(file, "second", 6, true, &err), RISE_OK);
    assert_int_equal(read_back(file, bytes, sizeof bytes), 6);
    assert_memory_equal(bytes, "second", 6);
    assert_int_equal(path_make_folders(path_join(&a, file, "below"), &err), RISE_E_OUTPUT);
    assert_non_null(strstr(err.message, "out.txt"));
    assert_int_equal(path_write_atomic(deep, "x", 1, false, &err), RISE_E_OUTPUT); /* a folder */
    assert_int_equal(path_write_atomic(path_join(&a, folder, "none/f"), "x", 1, false, &err),
                     RISE_E_OUTPUT);
    assert_int_equal(path_write_atomic("/dev/full", "x", 1, false, &err), RISE_E_OUTPUT);
    assert_non_null(strstr(err.message, "needed 1 bytes"));

    /* a folder that cannot be written, as another user where the test runs as root */
    char *locked = path_join(&a, folder, "locked");
    char *inside = path_join(&a, locked, "f");
    assert_int_equal(mkdir(locked, 0755), 0);
    assert_int_equal(path_write_atomic(inside, "old", 3, false, &err), RISE_OK);
    assert_int_equal(chmod(locked, 0555), 0);
    assert_int_equal(chmod(folder, 0755), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (geteuid() == 0 && seteuid(65534) != 0)
            _exit(2);
        rise_status s = path_write_atomic(inside, "new", 3, false, &err);
        _exit(s == RISE_E_OUTPUT && strstr(err.message, inside) && err.hint[0] ? 0 : 1);
    }
    int code = 0;
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
    assert_int_equal(read_back(inside, bytes, sizeof bytes), 3);
    assert_memory_equal(bytes, "old", 3);

    /* nothing temporary is left anywhere */
    char *command =
        arena_format(&a, "test -z \"$(find %s -name '*.tmp')\" && rm -rf %s", folder, folder);
    assert_int_equal(system(command), 0);
    arena_free(&a);
}

/* A live writer is let alone, what a dead one left goes, and so does nothing else. */
static void test_sweep(void **state) {
    (void)state;
    arena a = {0};
    char folder[] = "/tmp/rise_base_XXXXXX", *mine = NULL, bytes[8];
    assert_non_null(mkdtemp(folder));
    char *left = temporary_path(&a, folder);
    char *other = path_join(&a, folder, ".0123456789abcdef0123456789abcdeg.tmp");
    FILE *f = fopen(left, "w");
    assert_non_null(f);
    fclose(f);
    f = fopen(other, "w");
    assert_non_null(f);
    fclose(f);
    int fd = temporary_open(folder, &a, &mine);
    assert_true(fd >= 0);
    temporary_sweep(folder);
    assert_int_not_equal(access(left, F_OK), 0);
    assert_int_equal(access(other, F_OK), 0);
    assert_int_equal(access(mine, F_OK), 0);
    close(fd);
    temporary_sweep(folder);
    assert_int_not_equal(access(mine, F_OK), 0);
    temporary_sweep("/tmp/rise_base_none");

    /* who sweeps all the time takes nothing from who writes all the time */
    char *to = path_join(&a, folder, "written");
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        for (;;)
            temporary_sweep(folder);
    rise_status s = RISE_OK;
    for (int i = 0; i < 400 && s == RISE_OK; i++)
        s = path_write_atomic(to, "whole", 5, false, NULL);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_int_equal(s, RISE_OK);
    assert_int_equal(read_back(to, bytes, sizeof bytes), 5);
    unlink(to);
    unlink(other);
    assert_int_equal(rmdir(folder), 0);
    arena_free(&a);
}

static void test_clocks(void **state) {
    (void)state;
    double wall = clock_wall(), thread = clock_thread();
    assert_true(clock_wall() >= wall);
    assert_true(clock_thread() >= thread);
    assert_true(clock_unix() > 1.7e9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena),         cmocka_unit_test(test_arena_reset_and_join),
        cmocka_unit_test(test_buffer),        cmocka_unit_test(test_maps),
        cmocka_unit_test(test_double_text),   cmocka_unit_test(test_int_text),
        cmocka_unit_test(test_natural_order), cmocka_unit_test(test_suggest),
        cmocka_unit_test(test_utf8),          cmocka_unit_test(test_cut),
        cmocka_unit_test(test_identities),    cmocka_unit_test(test_errors),
        cmocka_unit_test(test_paths),         cmocka_unit_test(test_sweep),
        cmocka_unit_test(test_clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

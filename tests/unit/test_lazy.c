/* Libraries that are loaded when they are needed: what is told when they are not what they should
 * be. */
#include "kit/lazy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

static struct {
    const char *(*version)(void);
    const char *(*what)(int);
} z;

static const char *z_version(void) {
    return z.version();
}

static lazy_library zlib(const char *const *names, const char *wanted) {
    return (lazy_library){.file = "libz.so.1",
                          .package = "zlib1g",
                          .names = names,
                          .n = 2,
                          .functions = &z,
                          .wanted = wanted,
                          .version = z_version,
                          .lock = PTHREAD_MUTEX_INITIALIZER};
}

static const char *const names[] = {"zlibVersion", "zError"};

static void functions_are_found(void **state) {
    (void)state;
    lazy_library l = zlib(names, ZLIB_VERSION);
    rise_error err;
    assert_int_equal(lazy_load(&l, &err), RISE_OK);
    assert_string_equal(z.what(Z_DATA_ERROR), "data error");
    memset(&z, 0, sizeof z);
    assert_int_equal(lazy_load(&l, &err), RISE_OK); /* once is enough */
    assert_null(z.what);
}

static void refused(lazy_library *l, const char *message, const char *hint) {
    for (int again = 0; again < 2; again++) {
        rise_error err = {0};
        assert_int_equal(lazy_load(l, &err), RISE_E_SYSTEM);
        assert_non_null(strstr(err.message, message));
        assert_non_null(strstr(err.hint, hint));
    }
}

static void another_version_is_refused(void **state) {
    (void)state;
    lazy_library l = zlib(names, "0.9");
    refused(&l, "libz.so.1 is version " ZLIB_VERSION ", and rise was compiled for 0.9",
            "compile rise again");
}

static void what_is_not_there_is_told(void **state) {
    (void)state;
    static const char *const wrong[] = {"zlibVersion", "zNothing"};
    lazy_library l = zlib(wrong, ZLIB_VERSION);
    refused(&l, "libz.so.1 lacks zNothing", "");
    l = zlib(names, ZLIB_VERSION);
    l.file = "libnothing.so.1";
    refused(&l, "libnothing.so.1", "apt-get install zlib1g");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_are_found),
        cmocka_unit_test(another_version_is_refused),
        cmocka_unit_test(what_is_not_there_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

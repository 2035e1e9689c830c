/* How many threads and how much memory a run takes for itself: what a control group allows. */
#include "sched/run.h"
#include "support/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[] = "/tmp/rise-machine-XXXXXX";

static void put_limit(const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path);
    FILE *f = text ? fopen(path, "w") : NULL;
    assert_true(!text || f);
    assert_true(!f || (fputs(text, f) >= 0 && fclose(f) == 0));
}

static void limits_of_cores(void **state) {
    (void)state;
    const unsigned all = uv_available_parallelism();
    const struct {
        const char *text;
        unsigned cores;
    } cases[] = {
        {NULL, all},
        {"", all},
        {"max 100000\n", all},
        {"100000 100000\n", 1},
        {"50000 100000\n", 1}, /* half a core is a thread */
        {"100000000000 100000\n", all},
        {"100000\n", 1}, /* without a period it is that of the kernel */
        {"0 100000\n", all},
        {"100000 0\n", all},
        {"-1 100000\n", all},
        {"nonsense\n", all},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_limit("cpu.max", cases[i].text);
        assert_int_equal(machine_cores(folder), cases[i].cores);
    }
}

static void limits_of_memory(void **state) {
    (void)state;
    const uint64_t all = uv_get_total_memory();
    const struct {
        const char *text;
        uint64_t bytes;
    } cases[] = {
        {NULL, all},     {"", all},    {"max\n", all}, {"67108864\n", 67108864},
        {"1e30\n", all}, {"0\n", all}, {"-5\n", all},  {"nonsense\n", all},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_limit("memory.max", cases[i].text);
        assert_true(machine_memory(folder) == cases[i].bytes);
    }
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_of_cores),
        cmocka_unit_test(limits_of_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

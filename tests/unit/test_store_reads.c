/* The store when what it reads cannot be read just now, or is said not to be there. */
#include "store_calls.h"

static void test_reads_fail(void **state) { /* 116 ESTALE */
    place *p = *state;
    unsigned flushed;
    recover(p);
    for (int i = 1; i <= 20; i++) {
        char fault[64];
        const char *const action[] = {"E5", "E4", "short", "E116"};
        for (size_t k = 0; k < 4; k++) {
            snprintf(fault, sizeof fault, "read %d %s", i, action[k]);
            assert_int_equal(run_child(p, "", fault, p->folder, &flushed), 0);
        }
        snprintf(fault, sizeof fault, "open %d E116", i);
        assert_int_equal(run_child(p, "", fault, p->folder, &flushed), 0);
        recover(p);
    }
}

/* A file that is said not to be there, for a while. */
static void test_stat_lies(void **state) {
    place *p = *state;
    unsigned flushed;
    recover(p);
    for (int i = 1; i <= 6; i++) {
        char fault[64];
        snprintf(fault, sizeof fault, "stat %d lie", i);
        assert_int_equal(run_child(p, "q", fault, p->folder, &flushed), 0);
        assert_int_equal(look_over(p, N), 0);
    }
}

/* Interrupted, out of descriptors: tried again or a miss, and nothing is called damaged. */
static void test_opens_fail(void **state) { /* 4 EINTR, 24 EMFILE, 13 EACCES, 2 ENOENT */
    place *p = *state;
    EACH("", "open", "E4", "E13");
    EACH("", "make", "E4", "E2", "E2+");
}

/* Looking a store over while calls fail. What is out of reach is left alone; what cannot be read is
 * put aside, and the run after it makes it anew. */
static void test_verify_fails(void **state) { /* 5 EIO, 40 ELOOP */
    place *p = *state;
    static const char *const hows[] = {"v", "V"};
    static const struct {
        const char *call, *action;
        bool harmless;
    } faults[] = {{"open", "E24", true}, {"open", "E23", true},   {"open", "E4", true},
                  {"open", "E5", false}, {"open", "E40", false},  {"read", "E5", false},
                  {"read", "E4", true},  {"read", "short", true}, {"stat", "lie", true}};
    for (size_t h = 0; h < 2; h++)
        for (size_t k = 0; k < sizeof faults / sizeof *faults; k++)
            for (int i = 1; i <= 16; i++) {
                char fault[64];
                unsigned flushed;
                if (i == 1)
                    start_anew(p);
                if (i == 1 || !faults[k].harmless)
                    recover(p);
                snprintf(fault, sizeof fault, "%s %d %s", faults[k].call, i, faults[k].action);
                int code = run_child(p, hows[h], fault, p->folder, &flushed);
                if (code)
                    fail_msg("%s: exit status %d", fault, code);
                whence = fault;
                assert_int_equal(look_over(p, faults[k].harmless ? N : 0), 0);
            }
}

int main(int argc, char **argv) {
    if (argc == 4 && strcmp(argv[1], "suffer") == 0)
        return suffer(argv[2], argv[3]);
    if (!find_shim(argv[0]))
        return 1;
    const struct CMUnitTest tests[] = {
        TEST(test_reads_fail),
        TEST(test_stat_lies),
        TEST(test_opens_fail),
        TEST(test_verify_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The store under faults of single system calls: this program works on a store in a process of its
 * own, with tests/fault/shim.c in front of the C library; each call in turn fails, is cut short,
 * or is the last before a kill or a power cut.
 *
 * RISE_TEST_LONG=1 goes through more seeds of power cuts. */
#include "store_calls.h"

/* ---- the end comes --------------------------------------------------------------------------- */

static void test_killed_at_each_call(void **state) {
    place *p = *state;
    const char *const hows[] = {"", "d", "g"};
    for (size_t h = 0; h < 3; h++) {
        long n = count_calls(hows[h], "change", "rise_store");
        for (long i = 1; i <= n; i++) {
            char fault[64];
            unsigned flushed;
            snprintf(fault, sizeof fault, "change %ld kill", i);
            start_anew(p);
            assert_int_equal(run_child(p, hows[h], fault, p->folder, &flushed), 128 + SIGKILL);
            bool all_gone = hows[h][0] == 'g' && flushed == N;
            assert_int_equal(look_over(p, all_gone ? 0 : flushed), 0); /* a kill damages nothing */
            if (i % 4 == 0)
                recover(p);
        }
    }
}

static void test_power_cut_at_each_call(void **state) {
    place *p = *state;
    int n_seeds = getenv("RISE_TEST_LONG") ? 40 : 1;
    uint64_t n_damaged = 0;
    long n = count_calls("", "change", "rise_store");
    for (int seed = 1; seed <= n_seeds; seed++)
        for (long i = 1; i <= n; i++) {
            char fault[64];
            unsigned flushed;
            snprintf(fault, sizeof fault, "change %ld cut%ld", i, seed * 1000 + i);
            start_anew(p);
            assert_int_equal(run_child(p, "", fault, p->folder, &flushed), 128 + SIGKILL);
            n_damaged += look_over(p, 0);
            if (i % 4 == 0)
                recover(p);
        }
    assert_true(n_damaged > 0); /* the cuts do something */
}

/* With --durable what was flushed survives. */
static void test_power_cut_durable(void **state) {
    place *p = *state;
    int n_seeds = getenv("RISE_TEST_LONG") ? 40 : 1;
    long n = count_calls("d", "change", "rise_store");
    for (int seed = 1; seed <= n_seeds; seed++)
        for (long i = 1; i <= n; i++) {
            char fault[64];
            unsigned flushed;
            snprintf(fault, sizeof fault, "change %ld cut%ld", i, seed * 1000 + i);
            start_anew(p);
            assert_int_equal(run_child(p, "d", fault, p->folder, &flushed), 128 + SIGKILL);
            look_over(p, flushed);
        }
}

/* ---- calls that fail ------------------------------------------------------------------------- */

static void test_writes_fail(void **state) { /* 28 ENOSPC, 5 EIO, 4 EINTR */
    place *p = *state;
    EACH("", "write", "E28", "E5+", "E4", "short");
}

static void test_syncs_fail(void **state) {
    place *p = *state;
    EACH("d", "fsync", "E5", "E28+");
}

static void test_names_fail(void **state) { /* 18 EXDEV, 31 EMLINK, 1 EPERM, 24 EMFILE */
    place *p = *state;
    EACH("", "link", "E18", "E1+", "E31+", "lie");
    EACH("", "unlink", "E5+");
    EACH("", "make", "E28", "E24", "E5+");
    EACH("", "open", "E24", "E116");
    EACH("", "close", "E5");
}

/* No links: a rename does it. Neither link nor rename: that is told once. Nor room for objects. */
static void test_no_names_at_all(void **state) {
    place *p = *state;
    const char *const fault[][2] = {{"link 1 E18+", "/rise_store"},
                                    {"names 1 E18+", "/rise_store"},
                                    {"write 1 E28+", "/objects/"}};
    for (size_t i = 0; i < 3; i++) {
        unsigned flushed;
        start_anew(p);
        assert_int_equal(run_child(p, "q", fault[i][0], fault[i][1], &flushed), 0);
        assert_true(i == 0 ? flushed == N : flushed < N);
        assert_int_equal(look_over(p, flushed), 0);
    }
}

/* A run with a clock that is years ahead, one with a clock that is years behind, one that is right:
 * what is said last stands. */
static void test_wrong_clock(void **state) {
    place *p = *state;
    const char *const wrong[] = {"300000000", "-600000000", "0"};
    unsigned flushed;
    for (size_t i = 0; i < 3; i++) {
        setenv("RISE_FAULT_CLOCK", wrong[i], 1);
        assert_int_equal(run_child(p, i == 1 ? "n2" : "n1", "none 0 none", "/", &flushed), 0);
        assert_int_equal(flushed, N);
        assert_int_equal(look_over(p, N), 0);
        store *s = open_store(p);
        expect_name(s, 7, i == 1 ? "n2" : "n1");
        store_close(s);
    }
    unsetenv("RISE_FAULT_CLOCK");
}

/* A sync that failed is not tried again: the pages may be gone, and the second would succeed. */
static void test_sync_is_not_repeated(void **state) {
    place *p = *state;
    long n = count_calls("d", "fsync", "rise_store");
    for (long i = 1; i <= n; i++) {
        char fault[64];
        unsigned flushed;
        snprintf(fault, sizeof fault, "fsync %ld E5", i);
        start_anew(p);
        assert_int_equal(run_child(p, "dq", fault, p->folder, &flushed), 0);
        assert_true(flushed < N); /* off for good */
    }
}

static void test_no_locks(void **state) { /* 37 ENOLCK, 38 ENOSYS, 95 EOPNOTSUPP, 4 EINTR */
    place *p = *state;
    const char *const fault[] = {"flock 1 E37+", "flock 1 E38+", "flock 2 E4",   "claim 1 E37+",
                                 "claim 1 E38+", "claim 1 E95+", "claim 1 E22+", "claim 2 E4"};
    for (size_t i = 0; i < sizeof fault / sizeof *fault; i++) {
        unsigned flushed;
        start_anew(p);
        assert_int_equal(run_child(p, "q", fault[i], p->folder, &flushed), 0);
        assert_int_equal(flushed, N);
        assert_int_equal(look_over(p, N), 0);
    }
}

/* One fault while the last is being mended: a cut, then a full disk or a kill, then all is well. */
static void test_fault_upon_fault(void **state) {
    place *p = *state;
    for (int i = 4; i < 40; i += 3) {
        char fault[64];
        unsigned flushed;
        start_anew(p);
        snprintf(fault, sizeof fault, "change %d cut%d", i, i * 7 + 1);
        assert_int_equal(run_child(p, "", fault, p->folder, &flushed), 128 + SIGKILL);
        snprintf(fault, sizeof fault, i % 2 ? "write %d E28+" : "change %d kill", 1 + i % 5);
        int code = run_child(p, "", fault, p->folder, &flushed);
        assert_true(code == 0 || code == 128 + SIGKILL);
        look_over(p, 0);
        recover(p);
    }
}

int main(int argc, char **argv) {
    if (argc == 4 && strcmp(argv[1], "suffer") == 0)
        return suffer(argv[2], argv[3]);
    if (!find_shim(argv[0]))
        return 1;
    const struct CMUnitTest tests[] = {
        TEST(test_killed_at_each_call),
        TEST(test_power_cut_at_each_call),
        TEST(test_power_cut_durable),
        TEST(test_writes_fail),
        TEST(test_syncs_fail),
        TEST(test_names_fail),
        TEST(test_no_names_at_all),
        TEST(test_sync_is_not_repeated),
        TEST(test_no_locks),
        TEST(test_wrong_clock),
        TEST(test_fault_upon_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

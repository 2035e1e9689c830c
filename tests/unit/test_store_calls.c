/* The store under faults of single system calls: this program works on a store in a process of its
 * own, with tests/fault/shim.c in front of the C library; each call in turn fails, is cut short,
 * or is the last before a kill or a power cut.
 *
 * RISE_TEST_LONG=1 goes through more seeds of power cuts. */
#include "store_place.h"

#include <errno.h>
#include <libgen.h>
#include <signal.h>

enum { N = 8, LARGE = 2200, SMALL = 20 };

static rise_value *value_of(unsigned i) {
    return make(i % 4 == 3 ? LARGE : SMALL, i + 1, true);
}

/* ---- the process that suffers ---------------------------------------------------------------- */

static rise_id record_of(store *s, unsigned i, const rise_id *digest) {
    rise_id key = key_of(i);
    store_output output = {.digest = *digest, .bytes = 8};
    store_record record = {.key = key, .cost_s = 1, .n_outputs = 1, .output = &output};
    assert_true(store_add(s, &record, false));
    return key;
}

/* Puts and reads; says on stdout how many values were flushed. What it cannot have is a miss. */
static int suffer(const char *folder, const char *how) {
    place p = {.n_told = 0};
    pthread_mutex_init(&p.lock, NULL);
    store_options options = {.durable = strchr(how, 'd') != NULL, .warn = warn, .user = &p};
    store *s = NULL;
    if (store_open(folder, &options, &s, NULL) != RISE_OK)
        return 2;
    for (unsigned i = 0; i < N; i++) {
        rise_value *v = value_of(i);
        rise_id digest = digest_of(v), key = record_of(s, i, &digest);
        bool ours = store_claim(s, &key) == CLAIM_OURS;
        store_put(s, v, NULL);
        harmless(s, v);
        if (ours)
            store_unclaim(s, &key);
        store_flush(s);
        if (store_writing(s))
            (void)!write(STDOUT_FILENO, "x", 1);
        rise_value_release(v);
    }
    rise_id name = key_of(7);
    if (strchr(how, 'n'))
        store_name_set(s, &name, how, strlen(how));
    bool stopped = !store_writing(s);
    store_gc_result result;
    store_gc_options gc = {.max_bytes = strchr(how, 'g') ? 1 : 0};
    if (strchr(how, 'g') && store_gc(s, &gc, &result, NULL) == RISE_E_BUG)
        return 3;
    store_close(s);
    if (strchr(how, 'q')) /* what is told is told once */
        return stopped == (p.n_told == 1 && strstr(p.told, "cannot be written")) ? 0 : 4;
    return 0;
}

/* ---- who watches it -------------------------------------------------------------------------- */

static char self[512], shim[600];
static const char *whence = ""; /* the fault that was last */

/* The exit status, or 128 and the signal. *flushed: how many values it said were flushed. */
static int run_child(const place *p, const char *how, const char *fault, const char *under,
                     unsigned *flushed) {
    int pipes[2];
    char text[64] = "";
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(pipes[1], STDOUT_FILENO);
        close(pipes[0]);
        close(pipes[1]);
        setenv("LD_PRELOAD", shim, 1);
        setenv("RISE_FAULT", fault, 1);
        setenv("RISE_FAULT_PATH", under, 1);
        execl(self, self, "suffer", p->folder, how, (char *)NULL);
        _exit(99);
    }
    close(pipes[1]);
    *flushed = 0;
    for (ssize_t n; (n = read(pipes[0], text, sizeof text)) > 0;)
        *flushed += (unsigned)n;
    close(pipes[0]);
    int code = 0;
    assert_int_equal(waitpid(child, &code, 0), child);
    return WIFEXITED(code) ? WEXITSTATUS(code) : 128 + WTERMSIG(code);
}

/* How many calls of that sort there are when nothing fails. */
static long count_calls(const char *how, const char *call, const char *under) {
    place p = {.n_told = 0};
    char fault[64], count[128] = "/tmp/rise_count_XXXXXX";
    unsigned flushed;
    long n = 0;
    snprintf(p.folder, sizeof p.folder, "/dev/shm/rise_store_XXXXXX");
    if (access("/dev/shm", W_OK) != 0)
        snprintf(p.folder, sizeof p.folder, "/tmp/rise_store_XXXXXX");
    assert_non_null(mkdtemp(p.folder));
    int fd = mkstemp(count);
    assert_true(fd >= 0);
    close(fd);
    setenv("RISE_FAULT_COUNT", count, 1);
    snprintf(fault, sizeof fault, "%s 0 count", call);
    assert_int_equal(run_child(&p, how, fault, under, &flushed), 0);
    assert_int_equal(flushed, N);
    FILE *f = fopen(count, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%ld", &n), 1);
    fclose(f);
    unlink(count);
    assert_int_equal(run("rm -rf %s", p.folder), 0);
    assert_true(n > 0);
    return n;
}

static void start_anew(place *p) {
    assert_int_equal(run("rm -rf %s; mkdir %s", p->folder), 0);
    p->n_told = 0;
    p->told[0] = 0;
}

/* Nothing wrong is found; the first `sure` values are there. Returns how much was damaged. */
static uint64_t look_over(place *p, unsigned sure) {
    uint64_t n_checked, n_damaged;
    store *s = open_store(p);
    for (unsigned i = 0; i < N; i++) {
        rise_value *v = value_of(i);
        rise_id key = key_of(i), digest = digest_of(v);
        bool there = harmless(s, v);
        const store_record *r = store_find(s, &key);
        if (r)
            assert_true(id_equal(&r->output[0].digest, &digest));
        if (i < sure && !(there && r))
            fail_msg("%s: %s of value %u of %u is lost: %s in %s", whence,
                     there ? "record" : "entry", i, sure, p->told, p->folder);
        rise_value_release(v);
    }
    OK(store_verify(s, true, NULL, NULL, &n_checked, &n_damaged, NULL));
    store_close(s);
    return n_damaged;
}

/* The next run meets what is damaged, the one after it has everything again. */
static void recover(place *p) {
    for (int i = 0; i < 2; i++) {
        unsigned flushed;
        assert_int_equal(run_child(p, "", "none 0 none", "/", &flushed), 0);
        assert_int_equal(flushed, N);
    }
    assert_int_equal(look_over(p, N), 0);
}

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

/* Each such call in turn, once and for ever: the process is content, and the store sound. */
static void fail_each(place *p, const char *how, const char *call, const char *const *action) {
    long n = count_calls(how, call, "rise_store");
    for (; *action; action++)
        for (long i = 1; i <= n; i++) {
            char fault[64];
            unsigned flushed;
            snprintf(fault, sizeof fault, "%s %ld %s", call, i, *action);
            start_anew(p);
            int code = run_child(p, how, fault, p->folder, &flushed);
            if (code)
                fail_msg("%s: exit status %d", fault, code);
            whence = fault;
            assert_int_equal(look_over(p, flushed), 0);
            if (i == n)
                recover(p);
        }
}

#define EACH(how, call, ...) fail_each(p, how, call, (const char *const[]){__VA_ARGS__, NULL})

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

static void test_reads_fail(void **state) { /* 116 ESTALE */
    place *p = *state;
    unsigned flushed;
    recover(p);
    for (int i = 1; i <= 12; i++) {
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
    char folder[400];
    if (!realpath(argv[0], self))
        return 1;
    snprintf(folder, sizeof folder, "%.390s", self);
    snprintf(shim, sizeof shim, "%s/../fault/libfaults.so", dirname(folder));
    if (access(shim, R_OK) != 0) {
        fprintf(stderr, "%s is not there: zig build tests makes it\n", shim);
        return 1;
    }
    const struct CMUnitTest tests[] = {
        TEST(test_killed_at_each_call),
        TEST(test_power_cut_at_each_call),
        TEST(test_power_cut_durable),
        TEST(test_writes_fail),
        TEST(test_syncs_fail),
        TEST(test_names_fail),
        TEST(test_no_names_at_all),
        TEST(test_sync_is_not_repeated),
        TEST(test_reads_fail),
        TEST(test_stat_lies),
        TEST(test_no_locks),
        TEST(test_wrong_clock),
        TEST(test_fault_upon_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

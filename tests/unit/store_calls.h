/* tests/unit/store_calls.h: a process that works on a store with tests/fault/shim.c in front of the
 * C library, and who watches it. */
#ifndef RISE_TEST_STORE_CALLS_H
#define RISE_TEST_STORE_CALLS_H

#include "store_place.h"

#include <errno.h>
#include <libgen.h>
#include <signal.h>

enum { N = 8, LARGE = 2200, SMALL = 20 };

static inline rise_value *value_of(unsigned i) {
    return make(i % 4 == 3 ? LARGE : SMALL, i + 1, true);
}

/* ---- the process that suffers ---------------------------------------------------------------- */

static inline rise_id record_of(store *s, unsigned i, const rise_id *digest) {
    rise_id key = key_of(i);
    store_output output = {.digest = *digest, .bytes = 8};
    store_record record = {.key = key, .cost_s = 1, .n_outputs = 1, .output = &output};
    assert_true(store_add(s, &record, false));
    return key;
}

/* Puts and reads; says on stdout how many values were flushed. What it cannot have is a miss. */
static inline int suffer(const char *folder, const char *how) {
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
    if (strchr(how, 'v') || strchr(how, 'V')) {
        uint64_t n_checked, n_damaged;
        if (store_verify(s, strchr(how, 'V'), NULL, NULL, &n_checked, &n_damaged, NULL) ==
            RISE_E_BUG)
            return 5;
    }
    store_close(s);
    if (strchr(how, 'q')) /* what is told is told once */
        return stopped == (p.n_told == 1 && strstr(p.told, "cannot be written")) ? 0 : 4;
    return 0;
}

/* ---- who watches it -------------------------------------------------------------------------- */

static char self[512], shim[600];
static const char *whence = ""; /* the fault that was last */

/* What the process is that the other tests start: the program itself, with other arguments. */
static inline bool find_shim(const char *program) {
    char folder[400];
    if (!realpath(program, self))
        return false;
    snprintf(folder, sizeof folder, "%.390s", self);
    snprintf(shim, sizeof shim, "%s/../fault/libfaults.so", dirname(folder));
    if (access(shim, R_OK) != 0)
        fprintf(stderr, "%s is not there: zig build tests makes it\n", shim);
    return access(shim, R_OK) == 0;
}

/* The exit status, or 128 and the signal. *flushed: how many values it said were flushed. */
static inline int run_child(const place *p, const char *how, const char *fault, const char *under,
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
static inline long count_calls(const char *how, const char *call, const char *under) {
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

static inline void start_anew(place *p) {
    assert_int_equal(run("rm -rf %s; mkdir %s", p->folder), 0);
    p->n_told = 0;
    p->told[0] = 0;
}

/* Nothing wrong is found; the first `sure` values are there. Returns how much was damaged. */
static inline uint64_t look_over(place *p, unsigned sure) {
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
static inline void recover(place *p) {
    for (int i = 0; i < 2; i++) {
        unsigned flushed;
        assert_int_equal(run_child(p, "", "none 0 none", "/", &flushed), 0);
        assert_int_equal(flushed, N);
    }
    assert_int_equal(look_over(p, N), 0);
}

/* Each such call in turn, once and for ever: the process is content, and the store sound. */
static inline void fail_each(place *p, const char *how, const char *call,
                             const char *const *action) {
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

#endif

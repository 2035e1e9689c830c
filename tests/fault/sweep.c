/* fault/sweep: see sweep.h. */
#include "fault/sweep.h"

#include "fault/memory.h"
#include "support/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SOME = 60, PATIENCE_S = 60, MANY = 5 };

/* What a process tells of one act. */
typedef struct outcome {
    bool refused;
    long asked;
    rise_status status;
    char wrong[700]; /* "" */
} outcome;

typedef struct tally {
    unsigned tried, wrong, told;
} tally;

/* On a file system in memory where there is one: outputs are synced. */
static char root[64];

static void make_root(void) {
    snprintf(root, sizeof root, "%s/rise-memory-XXXXXX",
             access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(root));
}

static bool documented(rise_status s) {
    return s == RISE_OK || s == RISE_E_NOMEM || s == RISE_E_SYSTEM;
}

static void do_act(const sweep *w, const char *folder, long nth, bool on, outcome *o) {
    rise_error err = {0}, early = {0};
    if (w->before && w->before(folder, &early) != RISE_OK) {
        snprintf(o->wrong, sizeof o->wrong, "before: %s", early.message);
        return;
    }
    long live = memory_live();
    memory_fail(nth, on);
    o->status = w->act(folder, &err);
    o->asked = memory_enough();
    o->refused = memory_refused();
    live = memory_live() - live;
    const char *wrong = NULL;
    if (!o->refused && o->status != RISE_OK)
        wrong = "it fails although nothing was refused";
    else if (!documented(o->status))
        wrong = "the status is none of memory";
    else if (o->status != RISE_OK && !err.message[0])
        wrong = "it says nothing";
    else
        wrong = w->after ? w->after(folder, o->status) : NULL;
    if (wrong)
        snprintf(o->wrong, sizeof o->wrong, "%s (status %d: %s)", wrong, o->status, err.message);
    else if (live != 0)
        snprintf(o->wrong, sizeof o->wrong, "%ld blocks are not freed (status %d: %s)", live,
                 o->status, err.message);
}

/* In a process of its own. */
static outcome try_one(const sweep *w, long nth, bool on) {
    char folder[96];
    outcome *o = mmap(NULL, sizeof *o, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(o != MAP_FAILED);
    snprintf(folder, sizeof folder, "%s/%ld", root, nth);
    assert_int_equal(mkdir(folder, 0777), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        static const int deadly[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
        for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
            signal(deadly[i], SIG_DFL); /* not those of cmocka */
        alarm(PATIENCE_S);
        do_act(w, folder, nth, on, o);
        _exit(0);
    }
    int how = 0;
    assert_int_equal(waitpid(child, &how, 0), child);
    outcome got = *o;
    munmap(o, sizeof *o);
    if (WIFSIGNALED(how)) {
        snprintf(got.wrong, sizeof got.wrong, "ended by signal %d%s", WTERMSIG(how),
                 WTERMSIG(how) == SIGALRM ? ": it hangs" : "");
        got.refused = true;
    } else if (WEXITSTATUS(how) != 0) {
        snprintf(got.wrong, sizeof got.wrong, "ended with %d", WEXITSTATUS(how));
        got.refused = true;
    }
    assert_int_equal(folder_remove(folder), 0);
    return got;
}

/* For whoever looks for a cause. */
static void look_at(const sweep *w, const char *which) {
    char folder[96];
    outcome o = {0};
    snprintf(folder, sizeof folder, "%s/one", root);
    assert_int_equal(mkdir(folder, 0777), 0);
    do_act(w, folder, atol(which), strchr(which, '+') != NULL, &o);
    fprintf(stderr, "%s: status %d, %ld requests: %s\n", w->name, o.status, o.asked, o.wrong);
    memory_tell(STDERR_FILENO);
    assert_int_equal(folder_remove(folder), 0);
}

/* One trial of many; whether it was refused anything. */
static bool try_and_tell(const sweep *w, long nth, bool on, tally *t) {
    outcome o = try_one(w, nth, on);
    t->tried++;
    t->wrong += o.wrong[0] != 0;
    if (o.wrong[0] && t->told++ < MANY)
        print_error("%s, request %ld%s: %s\n", w->name, nth, on ? "+" : "", o.wrong);
    return o.refused;
}

static void try_requests(const sweep *w, long asked, tally *t) {
    bool every = getenv("RISE_TEST_LONG") != NULL;
    for (int on = 0; on <= 1; on++) {
        long step = every || asked < SOME ? 1 : asked / SOME;
        for (long n = 1; try_and_tell(w, n, on, t); n += step) {
        }
    }
}

static void try_places(const sweep *w, tally *t) {
    bool every = getenv("RISE_TEST_LONG") != NULL;
    size_t n = 0;
    const long *place = memory_places(&n);
    size_t step = every || n < SOME ? 1 : n / SOME;
    for (size_t i = 0; i < n; i += step)
        try_and_tell(w, place[i], false, t);
}

void sweep_test(void **state) {
    const sweep *w = *state;
    const char *which = getenv("RISE_SWEEP");
    tally t = {0};
    char folder[96];
    outcome first = {0};
    make_root();
    snprintf(folder, sizeof folder, "%s/first", root);
    memory_by_piece(w->by_piece);
    for (int again = 0; again <= w->by_piece; again++) {
        assert_int_equal(mkdir(folder, 0777), 0);
        if (again)
            memory_find_places();
        do_act(w, folder, 0, false, &first); /* what libraries take once and keep is there then */
        assert_int_equal(folder_remove(folder), 0);
        if (first.status != RISE_OK)
            fail_msg("%s", first.wrong);
    }
    first = try_one(w, 0, false);
    assert_string_equal(first.wrong, "");
    if (which)
        look_at(w, which);
    else if (w->by_piece)
        try_places(w, &t);
    else
        try_requests(w, first.asked, &t);
    memory_by_piece(false);
    assert_int_equal(rmdir(root), 0);
    printf("%s: %u times, of %ld requests\n", w->name, t.tried, first.asked);
    assert_int_equal(t.wrong, 0);
}

/* fault/memory: see memory.h. The requests go on to the C library under its other names, so nothing
 * has to be looked up, which would itself ask for memory. */
#include "fault/memory.h"

#include "fault/places.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *at, size_t size);
void *__libc_memalign(size_t align, size_t size);
void __libc_free(void *at);

enum { DEPTH = 24, BLOCKS = 1 << 16, NEAR = 64 };

typedef struct trace {
    void *block;
    void *from[DEPTH];
    int depth;
} trace;

static atomic_bool counting, finding;
static atomic_long n_asked, n_live;
static atomic_bool was_refused;
static long nth;
static bool on;
static trace refusal;
static trace taken[BLOCKS];
static atomic_flag taking = ATOMIC_FLAG_INIT;
static bool tracing;               /* RISE_FAULT_TRACE: where each block was taken */
static _Thread_local bool in_here; /* what backtrace() itself takes is not counted */

/* ---- where ----------------------------------------------------------------------------------- */
static void remember(trace *t, void *block) {
    in_here = true;
    t->block = block;
    t->depth = backtrace(t->from, DEPTH);
    in_here = false;
}

static void note_taken(void *block) {
    while (atomic_flag_test_and_set(&taking)) {
    }
    for (size_t i = (uintptr_t)block / 16 % BLOCKS, n = 0; n < NEAR; i = (i + 1) % BLOCKS, n++)
        if (!taken[i].block) {
            remember(&taken[i], block);
            break;
        }
    atomic_flag_clear(&taking);
}

static void note_freed(const void *block) {
    while (atomic_flag_test_and_set(&taking)) {
    }
    for (size_t i = (uintptr_t)block / 16 % BLOCKS, n = 0; n < NEAR; i = (i + 1) % BLOCKS, n++)
        if (taken[i].block == block) {
            taken[i].block = NULL;
            break;
        }
    atomic_flag_clear(&taking);
}

static void tell(int fd, const trace *t) {
    backtrace_symbols_fd(t->from, t->depth, fd);
    (void)!write(fd, "\n", 1);
}

void memory_tell(int fd) {
    static const char where[] = "the first refused request came from\n";
    static const char left[] = "a block that is not freed was taken at\n";
    if (was_refused) {
        (void)!write(fd, where, sizeof where - 1);
        tell(fd, &refusal);
    }
    for (size_t i = 0; i < BLOCKS; i++)
        if (taken[i].block) {
            (void)!write(fd, left, sizeof left - 1);
            tell(fd, &taken[i]);
        }
}

/* ---- whether --------------------------------------------------------------------------------- */
static void note_place(long n) {
    in_here = true;
    while (atomic_flag_test_and_set(&taking)) {
    }
    places_note(n);
    atomic_flag_clear(&taking);
    in_here = false;
}

bool memory_refuses(void) {
    if (!counting || in_here)
        return false;
    long n = atomic_fetch_add(&n_asked, 1) + 1;
    if (finding)
        note_place(n);
    if (nth == 0 || !(n == nth || (on && n > nth)))
        return false;
    if (!atomic_exchange(&was_refused, true))
        remember(&refusal, NULL);
    errno = ENOMEM;
    return true;
}

static void *given(void *block) {
    if (block) {
        atomic_fetch_add(&n_live, 1);
        if (tracing && counting && !in_here)
            note_taken(block);
    }
    return block;
}

void memory_fail(long which, bool and_on) {
    trace warm;
    remember(&warm, NULL); /* the first backtrace() loads a library */
    nth = which;
    on = and_on;
    n_asked = 0;
    was_refused = false;
    tracing = getenv("RISE_FAULT_TRACE") != NULL;
    counting = true;
}

void memory_find_places(void) {
    places_forget();
    finding = true;
}

long memory_enough(void) {
    counting = finding = false;
    return n_asked;
}

bool memory_refused(void) {
    return was_refused;
}

long memory_live(void) {
    return n_live;
}

/* ---- the requests ---------------------------------------------------------------------------- */
void *malloc(size_t size) {
    return memory_refuses() ? NULL : given(__libc_malloc(size));
}

void *calloc(size_t n, size_t size) {
    return memory_refuses() ? NULL : given(__libc_calloc(n, size));
}

/* libuv ends the process when the table of a new loop cannot grow; nothing can be done about it
 * from outside (docs/reliability.md). */
static bool of_libuv(const void *caller) {
    Dl_info info;
    return dladdr(caller, &info) && info.dli_fname && strstr(info.dli_fname, "libuv.so");
}

void *realloc(void *at, size_t size) {
    if (!(counting && of_libuv(__builtin_return_address(0))) && memory_refuses())
        return NULL;
    if (!at)
        return given(__libc_realloc(at, size));
    void *block = __libc_realloc(at, size);
    if (tracing && block && block != at) {
        note_freed(at);
        note_taken(block);
    }
    if (size == 0 && !block)
        atomic_fetch_sub(&n_live, 1);
    return block;
}

void *memalign(size_t align, size_t size) {
    return memory_refuses() ? NULL : given(__libc_memalign(align, size));
}

void *aligned_alloc(size_t align, size_t size) {
    return memalign(align, size);
}

int posix_memalign(void **out, size_t align, size_t size) {
    void *block = memalign(align, size);
    if (block)
        *out = block;
    return block ? 0 : ENOMEM;
}

void free(void *at) {
    if (!at)
        return;
    atomic_fetch_sub(&n_live, 1);
    if (tracing)
        note_freed(at);
    __libc_free(at);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *), void *arg) {
    typedef int create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    static create *next;
    if (memory_refuses())
        return EAGAIN;
    if (!next)
        next = (create *)(uintptr_t)dlsym(RTLD_NEXT, "pthread_create");
    return next(thread, attr, fn, arg);
}

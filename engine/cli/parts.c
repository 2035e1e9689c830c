/* cli/parts: each thread takes the next part, makes it in memory of its own, and waits for its turn
 * to hand it on. Who closes the file learns whether it went well. */
#include "parts.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { MOST_THREADS = 8 };

typedef struct work {
    json_out *o;
    size_t n;
    parts_make make;
    void *user;
    bool after; /* something stands before the first part */
    atomic_size_t next;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t turn; /* the part that is handed on next */
} work;

static void hand_on(work *w, size_t part, json_out *text) {
    pthread_mutex_lock(&w->lock);
    while (w->turn != part)
        pthread_cond_wait(&w->changed, &w->lock);
    pthread_mutex_unlock(&w->lock);
    json_pass(text, w->o);
    pthread_mutex_lock(&w->lock);
    w->turn++;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

static void *make_parts(void *arg) {
    work *w = arg;
    json_out text = {0};
    for (size_t part; (part = atomic_fetch_add(&w->next, 1)) < w->n;) {
        text.after = part > 0 || w->after;
        w->make(w->user, part, &text);
        hand_on(w, part, &text);
    }
    (void)json_end(&text);
    return NULL;
}

static unsigned cores(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

void parts_put(json_out *o, size_t n, parts_make make, void *user) {
    work w = {.o = o, .n = n, .make = make, .user = user, .after = o->after};
    pthread_t thread[MOST_THREADS];
    unsigned most = cores() < MOST_THREADS ? cores() : MOST_THREADS, n_threads = 0;
    if (n < 2 || !o->to) {
        for (size_t part = 0; part < n; part++)
            make(user, part, o);
        return;
    }
    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.changed, NULL);
    while (n_threads + 1 < most && n_threads + 1 < n &&
           pthread_create(&thread[n_threads], NULL, make_parts, &w) == 0)
        n_threads++;
    make_parts(&w);
    while (n_threads > 0)
        pthread_join(thread[--n_threads], NULL);
    pthread_cond_destroy(&w.changed);
    pthread_mutex_destroy(&w.lock);
}

/* bench/transformer.c: see transformer.h. */
#include "transformer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

/* ---- hosts ----------------------------------------------------------------------------------- */

static rise_status one_thread(void *user, size_t n, rise_parallel_fn fn, void *arg,
                              rise_error *err) {
    (void)user;
    rise_status status = RISE_OK;
    for (size_t i = 0; i < n && status == RISE_OK; i++)
        status = fn(arg, i, err);
    return status;
}

typedef struct crew {
    rise_parallel_fn fn;
    void *arg;
    size_t n;
    atomic_size_t next;
    atomic_int failed;
} crew;

static void *work(void *user) {
    crew *c = user;
    for (size_t i; (i = atomic_fetch_add(&c->next, 1)) < c->n;)
        if (c->fn(c->arg, i, NULL) != RISE_OK)
            atomic_store(&c->failed, 1);
    return NULL;
}

static rise_status two_threads(void *user, size_t n, rise_parallel_fn fn, void *arg,
                               rise_error *err) {
    (void)user;
    crew c = {.fn = fn, .arg = arg, .n = n};
    pthread_t other;
    if (pthread_create(&other, NULL, work, &c) != 0)
        return rise_fail(err, RISE_E_SYSTEM, "no second thread");
    work(&c);
    pthread_join(other, NULL);
    return atomic_load(&c.failed) ? rise_fail(err, RISE_E_FAILED, "a task failed") : RISE_OK;
}

static bool never(void *user) {
    (void)user;
    return false;
}

#define MEMORY                                                                                     \
    ((size_t)16 << 30) /* what a workstation lends; a quarter of it may keep activations */

const vit_host transformer_one_thread = {NULL, one_thread, never, MEMORY};
const vit_host transformer_two_threads = {NULL, two_threads, never, MEMORY};

/* ---- operations ------------------------------------------------------------------------------ */

/* Of the forward pass. */
typedef struct passes {
    double embed, products, attention;
} passes;

static passes forward(const vit_net *net) {
    double e = (double)net->shape.embedding, h = (double)net->hidden;
    double blocks = (double)net->n_blocks, t = (double)net->block_tokens, rows = blocks * t;
    double full = 2 * rows * (4 * e * e + 2 * e * h), all_pairs = 4 * rows * t * e;
    /* keys and values of all tokens, the rest of CLS alone */
    double last = 2 * rows * 2 * e * e + 2 * blocks * (2 * e * e + 2 * e * h);
    double n = (double)net->shape.layers;
    passes p = {2 * (rows - blocks) * (double)net->patch_in * e, n * full, n * all_pairs};
    if (!net->wraps) {
        p.products += last - full;
        p.attention += 4 * rows * e - all_pairs;
    }
    return p;
}

double transformer_flop_training(const vit_net *net) {
    passes p = forward(net);
    return 3 * (p.products + p.attention) + 2 * p.embed;
}

/* A product of two activations has two gradients, one with weights only the one of the activation.
 */
double transformer_flop_gradient(const vit_net *net) {
    passes p = forward(net);
    return 2 * p.products + 3 * p.attention + 2 * p.embed;
}

/* ---- on demand ------------------------------------------------------------------------------- */

int transformer_serve(rise_status (*once)(void *user, double *seconds, rise_error *err), void *user,
                      rise_error *err) {
    char line[64];
    while (fgets(line, sizeof line, stdin) != NULL) {
        double seconds;
        if (once(user, &seconds, err) != RISE_OK)
            return 1;
        printf("%.6f\n", seconds);
        fflush(stdout);
    }
    return 0;
}

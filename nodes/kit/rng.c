/* kit/rng.c: Philox4x32-10 and what is drawn from it. Knows nothing of who asks. */
#include "kit/rng.h"

#include <math.h>

#define MUL_0 0xD2511F53u
#define MUL_1 0xCD9E8D57u
#define WEYL_0 0x9E3779B9u
#define WEYL_1 0xBB67AE85u

void rng_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)MUL_0 * c0;
        uint64_t p1 = (uint64_t)MUL_1 * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        k0 += WEYL_0;
        k1 += WEYL_1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

static void block(const rng_stream *s, uint32_t i, uint32_t out[4]) {
    const uint32_t counter[4] = {i, s->id[0], s->id[1], s->id[2]};
    const uint32_t key[2] = {(uint32_t)s->seed, (uint32_t)(s->seed >> 32)};
    rng_philox(counter, key, out);
}

uint32_t rng_word(const rng_stream *stream, uint64_t i) {
    uint32_t w[4];
    block(stream, (uint32_t)(i / 4), w);
    return w[i % 4];
}

/* Two words make 53 bits. */
static double unit(uint32_t high, uint32_t low) {
    uint64_t bits = ((uint64_t)high << 21) ^ ((uint64_t)low >> 11);
    return (double)bits * 0x1p-53;
}

double rng_uniform(const rng_stream *stream, uint64_t i) {
    uint32_t w[4];
    block(stream, (uint32_t)(i / 2), w);
    return i % 2 ? unit(w[2], w[3]) : unit(w[0], w[1]);
}

double rng_normal(const rng_stream *stream, uint64_t i) { /* Box and Muller; a block gives two */
    uint32_t w[4];
    block(stream, (uint32_t)(i / 2), w);
    double radius = sqrt(-2.0 * log(1.0 - unit(w[0], w[1])));
    double angle = 6.283185307179586 * unit(w[2], w[3]);
    return radius * (i % 2 ? sin(angle) : cos(angle));
}

uint64_t rng_below(const rng_stream *stream, uint64_t i, uint64_t n) {
    uint32_t w[4];
    block(stream, (uint32_t)i, w);
    /* 96 random bits modulo n: the bias is below n / 2^96. */
    __extension__ typedef unsigned __int128 wide;
    wide bits = ((wide)w[0] << 64) | ((wide)w[1] << 32) | w[2];
    return (uint64_t)(bits % n);
}

void rng_permutation(const rng_stream *stream, size_t n, size_t *item) {
    for (size_t i = 0; i < n; i++)
        item[i] = i;
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)rng_below(stream, i, i);
        size_t swap = item[i - 1];
        item[i - 1] = item[j];
        item[j] = swap;
    }
}

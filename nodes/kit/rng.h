/* kit/rng.h: random numbers without state.
 *
 * Philox4x32-10 (Salmon et al., SC11): each number is a pure function of (seed, stream, index), so
 * any order of work and any number of threads sees the same numbers. A stream is named by three
 * 32-bit ids whose meaning the caller decides (epoch, sample, block, ...). */
#ifndef KIT_RNG_H
#define KIT_RNG_H

#include <stddef.h>
#include <stdint.h>

/* One block: four words from a counter and a key. */
void rng_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

typedef struct rng_stream {
    uint64_t seed;
    uint32_t id[3];
} rng_stream;

/* The i-th number of a stream. The kinds share words: use a stream for one kind only. */
uint32_t rng_word(const rng_stream *stream, uint64_t i);              /* i < 2^34 */
double rng_uniform(const rng_stream *stream, uint64_t i);             /* [0, 1), 53 bits */
double rng_normal(const rng_stream *stream, uint64_t i);              /* mean 0, deviation 1 */
uint64_t rng_below(const rng_stream *stream, uint64_t i, uint64_t n); /* 0..n-1; n >= 1 */

/* item[0..n-1] = 0..n-1 in the stream's order (Fisher and Yates); n < 2^32. */
void rng_permutation(const rng_stream *stream, size_t n, size_t *item);

#endif

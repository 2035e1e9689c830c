/* Byte shuffling: bytes of equal significance side by side, where compressors find what
 * neighbouring floats have in common.
 *
 * Sixteen elements at a time. Where a byte stands in them is a number of bits, those of the element
 * before those of the byte in the element. Interleaving the first half of the bytes with the second
 * turns these bits by one place to the left: after four rounds those of the element are the last,
 * after log2(width) rounds more they are the first again. */
#include "store/inside.h"

#include <string.h>

enum { TAKEN = 16 }; /* elements */

typedef uint8_t bytes16 __attribute__((vector_size(16)));

static inline bytes16 low(bytes16 a, bytes16 b) {
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

static inline bytes16 high(bytes16 a, bytes16 b) {
    return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15,
                                   31);
}

static inline void interleave(bytes16 *v, size_t width, int rounds) {
    for (int r = 0; r < rounds; r++) {
        bytes16 w[8];
        for (size_t i = 0; i < width / 2; i++) {
            w[2 * i] = low(v[i], v[i + width / 2]);
            w[2 * i + 1] = high(v[i], v[i + width / 2]);
        }
        memcpy(v, w, width * sizeof *v);
    }
}

/* The whole sixteens; returns how many elements. `width` is known where this is called. */
static inline size_t shuffle_wide(const uint8_t *in, uint8_t *out, size_t n, size_t width) {
    size_t i = 0;
    for (; i + TAKEN <= n; i += TAKEN) {
        bytes16 v[8];
        memcpy(v, in + i * width, TAKEN * width);
        interleave(v, width, 4);
        for (size_t k = 0; k < width; k++)
            memcpy(out + k * n + i, &v[k], sizeof v[k]);
    }
    return i;
}

static inline size_t unshuffle_wide(const uint8_t *in, uint8_t *out, size_t n, size_t width,
                                    int rounds) {
    size_t i = 0;
    for (; i + TAKEN <= n; i += TAKEN) {
        bytes16 v[8];
        for (size_t k = 0; k < width; k++)
            memcpy(&v[k], in + k * n + i, sizeof v[k]);
        interleave(v, width, rounds);
        memcpy(out + i * width, v, TAKEN * width);
    }
    return i;
}

static inline void plane_wide(const uint8_t *in, uint8_t *out, size_t n, size_t width, size_t k) {
    size_t i = 0;
    for (; i + TAKEN <= n; i += TAKEN) {
        bytes16 v[8];
        memcpy(v, in + i * width, TAKEN * width);
        interleave(v, width, 4);
        memcpy(out + i, &v[k], sizeof v[k]);
    }
    for (; i < n; i++)
        out[i] = in[i * width + k];
}

void shuffle_plane(const uint8_t *in, uint8_t *out, size_t n, size_t width, size_t k) {
    if (width == 4)
        plane_wide(in, out, n, 4, k);
    else if (width == 8)
        plane_wide(in, out, n, 8, k);
}

void shuffle_bytes(const uint8_t *in, uint8_t *out, size_t size, size_t width) {
    size_t n = size / width, i = 0;
    if (width == 4)
        i = shuffle_wide(in, out, n, 4);
    else if (width == 8)
        i = shuffle_wide(in, out, n, 8);
    for (; i < n; i++)
        for (size_t k = 0; k < width; k++)
            out[k * n + i] = in[i * width + k];
    memcpy(out + n * width, in + n * width, size - n * width);
}

void unshuffle_bytes(const uint8_t *in, uint8_t *out, size_t size, size_t width) {
    size_t n = size / width, i = 0;
    if (width == 4)
        i = unshuffle_wide(in, out, n, 4, 2);
    else if (width == 8)
        i = unshuffle_wide(in, out, n, 8, 3);
    for (; i < n; i++)
        for (size_t k = 0; k < width; k++)
            out[i * width + k] = in[k * n + i];
    memcpy(out + n * width, in + n * width, size - n * width);
}

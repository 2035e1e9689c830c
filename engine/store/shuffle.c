/* Byte shuffling: bytes of equal significance side by side, where compressors find what
 * neighbouring floats have in common. Eight elements at a time as an 8 x 8 transposition in
 * registers. */
#include "store/inside.h"

#include <string.h>

/* byte i of x[k] <-> byte k of x[i] (Warren, Hacker's Delight, 7-3, on bytes) */
static inline void transpose(uint64_t x[8]) {
    for (int i = 0; i < 4; i++) {
        uint64_t t = (x[i] >> 32 ^ x[i + 4]) & UINT64_C(0x00000000ffffffff);
        x[i + 4] ^= t;
        x[i] ^= t << 32;
    }
    for (int k = 0; k < 4; k++) {
        int i = (k & 1) | (k & 2) << 1;
        uint64_t t = (x[i] >> 16 ^ x[i + 2]) & UINT64_C(0x0000ffff0000ffff);
        x[i + 2] ^= t;
        x[i] ^= t << 16;
    }
    for (int i = 0; i < 8; i += 2) {
        uint64_t t = (x[i] >> 8 ^ x[i + 1]) & UINT64_C(0x00ff00ff00ff00ff);
        x[i + 1] ^= t;
        x[i] ^= t << 8;
    }
}

void shuffle_bytes(const uint8_t *in, uint8_t *out, size_t size, size_t width) {
    size_t n = size / width, i = 0;
    for (; (width == 4 || width == 8) && i + 8 <= n; i += 8) {
        uint64_t x[8] = {0};
        for (size_t j = 0; j < 8; j++)
            memcpy(&x[j], in + (i + j) * width, width);
        transpose(x);
        for (size_t k = 0; k < width; k++)
            memcpy(out + k * n + i, &x[k], 8);
    }
    for (; i < n; i++)
        for (size_t k = 0; k < width; k++)
            out[k * n + i] = in[i * width + k];
    memcpy(out + n * width, in + n * width, size - n * width);
}

void unshuffle_bytes(const uint8_t *in, uint8_t *out, size_t size, size_t width) {
    size_t n = size / width, i = 0;
    for (; (width == 4 || width == 8) && i + 8 <= n; i += 8) {
        uint64_t x[8] = {0};
        for (size_t k = 0; k < width; k++)
            memcpy(&x[k], in + k * n + i, 8);
        transpose(x);
        for (size_t j = 0; j < 8; j++)
            memcpy(out + (i + j) * width, &x[j], width);
    }
    for (; i < n; i++)
        for (size_t k = 0; k < width; k++)
            out[i * width + k] = in[k * n + i];
    memcpy(out + n * width, in + n * width, size - n * width);
}

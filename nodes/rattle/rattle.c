/* Displaces the atoms of one frame by Gaussian noise. Knows one frame at a time. */
#include "rattle.h"

#include "kit/rng.h"

static uint32_t word_of_id(const rise_id *id, size_t first) {
    uint32_t word = 0;
    for (size_t i = 0; i < 4; i++) {
        word |= (uint32_t)id->byte[first + i] << (8 * i);
    }
    return word;
}

void rattle_positions(const rise_frame *frame, uint64_t seed, uint32_t copy, double stdev,
                      double (*moved)[3]) {
    const rng_stream noise = {seed, {copy, word_of_id(&frame->id, 0), word_of_id(&frame->id, 4)}};
    for (size_t a = 0; a < frame->n_atoms; a++) {
        for (size_t k = 0; k < 3; k++) {
            moved[a][k] = frame->positions[a][k] + stdev * rng_normal(&noise, 3 * a + k);
        }
    }
}

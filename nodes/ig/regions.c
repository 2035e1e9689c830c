/* ig/regions.c: how much each block of a model matters, and which one most. */
#include "ig.h"

#include <math.h>

/* Sum over the voxels of the block that begins at patch (i, j, k). */
static double block_sum(const vit_net *net, const float *attribution, bool absolute,
                        const size_t begin[3]) {
    const size_t *g = net->shape.grid;
    size_t side = net->shape.block * net->shape.patch, p = net->shape.patch;
    double sum = 0;
    for (size_t c = 0; c < net->shape.channels; c++)
        for (size_t x = 0; x < side; x++)
            for (size_t y = 0; y < side; y++)
                for (size_t z = 0; z < side; z++) {
                    size_t i = (begin[0] * p + x) % g[0], j = (begin[1] * p + y) % g[1];
                    size_t k = (begin[2] * p + z) % g[2];
                    double a = (double)attribution[((c * g[0] + i) * g[1] + j) * g[2] + k];
                    sum += absolute ? fabs(a) : a;
                }
    return sum;
}

/* The first patch of block b. */
static void begin_of(const vit_net *net, size_t b, size_t begin[3]) {
    begin[0] = b / net->blocks[2] / net->blocks[1] * net->shape.block;
    begin[1] = b / net->blocks[2] % net->blocks[1] * net->shape.block;
    begin[2] = b % net->blocks[2] * net->shape.block;
}

void ig_blocks(const vit_net *net, const float *attribution, bool absolute, double *block) {
    for (size_t b = 0; b < net->n_blocks; b++) {
        size_t begin[3];
        begin_of(net, b, begin);
        block[b] = block_sum(net, attribution, absolute, begin);
    }
}

void ig_region(const vit_net *net, const double *block, double centre[3]) {
    size_t best = 0, begin[3];
    for (size_t b = 1; b < net->n_blocks; b++)
        best = block[b] > block[best] ? b : best;
    begin_of(net, best, begin);
    for (int d = 0; d < 3; d++)
        centre[d] =
            fmod(((double)begin[d] + 0.5 * (double)net->shape.block) / (double)net->tokens[d], 1.0);
}

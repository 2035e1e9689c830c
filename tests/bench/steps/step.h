/* The step of the benchmark beside workflow tools: the mean of some rows, then one turn of the
 * logistic map. */
#ifndef STEP_H
#define STEP_H

#include <stddef.h>

enum { STEP_WIDTH = 64 };

/* What a step without inputs reads. */
static inline void step_seed(double row[STEP_WIDTH]) {
    for (int i = 0; i < STEP_WIDTH; i++)
        row[i] = (i + 1) / (STEP_WIDTH + 1.0);
}

/* row: the sum of n rows, which becomes the result. */
static inline void step_turn(double row[STEP_WIDTH], size_t n, double factor) {
    for (int i = 0; i < STEP_WIDTH; i++) {
        double x = row[i] / (double)n;
        row[i] = factor * x * (1 - x);
    }
}
#endif

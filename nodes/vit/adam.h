/* vit/adam.h: one step of Adam (Kingma and Ba), beta 0.9 and 0.999, eps 1e-8 outside the root. */
#ifndef VIT_ADAM_H
#define VIT_ADAM_H

#include <stddef.h>
#include <stdint.h>

/* Parameters first .. end - 1. `step` counts from 1. m and v are the running means of the gradient
 * and of its square. */
void adam_step(size_t first, size_t end, uint64_t step, double rate, const float *grad,
               float *params, float *m, float *v);

#endif

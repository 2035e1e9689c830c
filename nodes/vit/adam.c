/* vit/adam.c: see adam.h. */
#include "adam.h"

#include <math.h>

void adam_step(size_t first, size_t end, uint64_t step, double rate, const float *grad,
               float *params, float *m, float *v) {
    const double beta1 = 0.9, beta2 = 0.999;
    const float size = (float)(rate / (1 - pow(beta1, (double)step)));
    const float root = (float)sqrt(1 - pow(beta2, (double)step));
    const float keep1 = (float)beta1, keep2 = (float)beta2;
    const float new1 = (float)(1 - beta1), new2 = (float)(1 - beta2);
    for (size_t i = first; i < end; i++) {
        float g = grad[i];
        m[i] = keep1 * m[i] + new1 * g;
        v[i] = keep2 * v[i] + new2 * g * g;
        params[i] -= size * (m[i] / (sqrtf(v[i]) / root + 1e-8f));
    }
}

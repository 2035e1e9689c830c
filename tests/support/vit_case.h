/* tests/support/vit_case.h: what the tests of the network share: the golden weights, comparisons
 * that say where they failed. */
#ifndef RISE_TEST_VIT_CASE_H
#define RISE_TEST_VIT_CASE_H

#include "vit/net.h"

typedef struct vit_case {
    vit_net net;
    float *params;
    float *transposed;
    vit_weights weights;
} vit_case;

/* The network of tests/golden/data/vit with blocks of r patches; fails the test if it cannot. */
void vit_case_golden(vit_case *c, size_t r);
/* Fresh parameters for a shape, scaled up a little, so that gradients are not tiny. */
void vit_case_fresh(vit_case *c, const vit_shape *shape, uint64_t seed);
void vit_case_update(vit_case *c); /* after `params` changed */
void vit_case_free(vit_case *c);

/* |a - b| <= absolute + relative * max|b| everywhere, else prints norms, the worst place and both
 * values, and fails. */
void assert_close(const char *what, const float *found, const float *expected, size_t n,
                  double absolute, double relative);

#endif

/* tests/support/vit_reference.h: the network once more, in float64 and written the plain way, with
 * none of the savings: every block assigned back into the token tensor, every layer in full. */
#ifndef RISE_TEST_VIT_REFERENCE_H
#define RISE_TEST_VIT_REFERENCE_H

#include "vit/net.h"

/* Output of one sample. params (n_params) in the flat order of vit_offsets; voxels (C, X, Y, Z).
 * `dropout` may be NULL; `sample` is the sample's own number in it. */
double vit_reference(const vit_net *net, const double *params, const double *voxels,
                     const vit_dropout *dropout, uint32_t sample);

#endif

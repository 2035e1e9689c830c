/* vit/walk.h: what the forward and the backward walk share. */
#ifndef VIT_WALK_H
#define VIT_WALK_H

#include "inner.h"

rise_status vit_call_check(const vit_work *work, const vit_net *net, size_t n_samples, bool train,
                           rise_error *err);
vit_span vit_stretch(const vit_call *c, size_t first);
vit_span vit_block(const vit_span *stretch, size_t i); /* its i-th block */
void vit_gather(const vit_call *c, size_t b, const float *state, float *rows);
void vit_scatter(const vit_call *c, size_t b, const float *rows, float *state);

#endif

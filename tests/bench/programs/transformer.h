/* bench/transformer.h: what the benchmarks of the network share: hosts with one thread and with
 * two, a loop that measures on demand, and the operations that the formulas need. */
#ifndef RISE_BENCH_TRANSFORMER_H
#define RISE_BENCH_TRANSFORMER_H

#include "vit/train.h"

extern const vit_host transformer_one_thread, transformer_two_threads;

/* Multiply-adds of one sample as flop, with the last layer for CLS alone unless blocks overlap. */
double transformer_flop_training(const vit_net *net); /* forward, gradient of the parameters */
double transformer_flop_gradient(const vit_net *net); /* forward, gradient of the voxels */

/* For scripts that alternate with other programs: for each line that comes in on stdin, one call of
 * `once` and its seconds on stdout; ends with the input. 0 if all went well. */
int transformer_serve(rise_status (*once)(void *user, double *seconds, rise_error *err), void *user,
                      rise_error *err);

#endif

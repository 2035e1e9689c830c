/* rise/curves.h: inner header. From the ports of the node `rise` to curves over lengths. Memory is
 * scratch of the call. */
#ifndef RISE_CURVES_H
#define RISE_CURVES_H

#include "verdict.h"

#include <rise/node.h>

/* A port over axes as a grid: one length axis (the first numeric one with several values), all
 * other axes together the seeds. */
typedef struct curves_grid {
    const char *port;
    const char *axis; /* name of the length axis */
    size_t n_lengths, n_seeds;
    double *length; /* [length], ascending, Å */
    size_t *point;  /* (length, seed) -> point of the port */
} curves_grid;

rise_status curves_grid_read(rise_ctx *ctx, const char *port, curves_grid *grid,
                             rise_error *err) RISE_MUST_USE;

/* Squared errors of the test samples that all points of both grids have; *n_samples of them. Where
 * the tables carry a column `length` (Å), it replaces the value of the axis. */
rise_status curves_read(rise_ctx *ctx, curves_grid *reductionist, curves_grid *emergentist,
                        verdict_curve curve[2], size_t *n_samples, rise_error *err) RISE_MUST_USE;

/* series[length], the mean over seeds of: the number of leaders (rows); the range of S2. */
rise_status curves_leaders(rise_ctx *ctx, const curves_grid *grid, double *series,
                           rise_error *err) RISE_MUST_USE;
rise_status curves_s2(rise_ctx *ctx, const curves_grid *grid, double *series,
                      rise_error *err) RISE_MUST_USE;

#endif

/* collect/collect.h: inner header of the node `collect`. Both read the n points of the port `input`
 * and put the result into the port `collected`. */
#ifndef RISE_COLLECT_H
#define RISE_COLLECT_H

#include <rise/node.h>

/* Axis columns (f64 where every value is a number, else text), then the columns of the tables,
 * which must agree in name, type and unit; rows in the order of points and rows, those of `where`.
 */
rise_status collect_tables(rise_ctx *ctx, size_t n, rise_error *err) RISE_MUST_USE;

/* (axis, ..., the tensor's own dimensions); equal types, shapes and units. Axes that run together
 * (zip) make one dimension with the name and the coordinates of the first. */
rise_status collect_tensors(rise_ctx *ctx, size_t n, rise_error *err) RISE_MUST_USE;

/* Is the axis a number at every one of the n points? */
bool collect_axis_numeric(rise_ctx *ctx, size_t n, size_t axis);

#endif

/* Stacks tensors over the axes. Knows shapes and points, not what the numbers mean. */
#include "collect.h"

#include <stdio.h>
#include <string.h>

static const rise_tensor *tensor_at(rise_ctx *ctx, size_t i) {
    return rise_value_tensor(rise_over_input(ctx, "input", i));
}

static rise_status same_shape(const rise_tensor *a, const rise_tensor *b, size_t point,
                              rise_error *err) {
    if (a->offsets || b->offsets) {
        rise_fail(err, RISE_E_DATA,
                  "input: frames with different numbers of atoms cannot be stacked");
        return rise_hint(err, "reduce to one row per frame first");
    }
    bool same = a->dtype == b->dtype && a->rank == b->rank && strcmp(a->unit, b->unit) == 0;
    for (int d = 0; same && d < a->rank; d++) {
        if (a->dim[d].size != b->dim[d].size) {
            rise_fail(err, RISE_E_DATA,
                      "input: %zu along `%s` at the first point, %zu at point %zu: tensors to be "
                      "stacked must have equal shapes",
                      a->dim[d].size, a->dim[d].name, b->dim[d].size, point + 1);
            return rise_hint(err, "collect a table of each point instead");
        }
    }
    if (!same) {
        rise_fail(err, RISE_E_DATA,
                  "input: %s of rank %d in [%s] at the first point, %s of rank %d in [%s] at "
                  "point %zu",
                  rise_dtype_name(a->dtype), a->rank, a->unit, rise_dtype_name(b->dtype), b->rank,
                  b->unit, point + 1);
        return rise_hint(err, "all tensors must be alike, as outputs of one node are");
    }
    return RISE_OK;
}

/* Do the axes span a full grid, last axis fastest? Zipped ones do not. */
static bool is_grid(rise_ctx *ctx, size_t n) {
    const rise_point *first = rise_over_point(ctx, "input", 0);
    size_t cells = 1;
    for (size_t a = 0; a < first->n_axes; a++) {
        cells *= first->size[a];
    }
    if (cells != n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const rise_point *p = rise_over_point(ctx, "input", i);
        size_t place = 0;
        for (size_t a = 0; a < p->n_axes; a++) {
            place = place * p->size[a] + p->index[a];
        }
        if (place != i) {
            return false;
        }
    }
    return true;
}

/* One leading dimension for `axis`, of `size` values, the k-th first met at point k * step. */
static rise_status axis_dim(rise_ctx *ctx, size_t n, size_t axis, size_t size, size_t step,
                            rise_dim *dim, rise_error *err) {
    snprintf(dim->name, sizeof dim->name, "%s", rise_over_point(ctx, "input", 0)->axis[axis]);
    dim->size = size;
    dim->coords = NULL;
    if (!collect_axis_numeric(ctx, n, axis)) {
        return RISE_OK;
    }
    double *coords = rise_scratch(ctx, (size + 1) * sizeof *coords);
    if (!coords) {
        return rise_fail_nomem(err, "coordinates");
    }
    for (size_t k = 0; k < size; k++) {
        coords[k] = rise_over_point(ctx, "input", k * step)->number[axis];
    }
    dim->coords = coords;
    return RISE_OK;
}

static rise_status axis_dims(rise_ctx *ctx, size_t n, rise_dim *dim, size_t *n_dims,
                             rise_error *err) {
    const rise_point *first = rise_over_point(ctx, "input", 0);
    *n_dims = 0;
    if (first->n_axes > 0 && !is_grid(ctx, n)) {
        *n_dims = 1;
        return axis_dim(ctx, n, 0, n, 1, &dim[0], err);
    }
    size_t step = n;
    for (size_t a = 0; a < first->n_axes; a++) {
        step /= first->size[a];
        rise_status status = axis_dim(ctx, n, a, first->size[a], step, &dim[(*n_dims)++], err);
        if (status != RISE_OK) {
            return status;
        }
    }
    return RISE_OK;
}

/* Coordinates stay where all points agree on them. */
static void own_dims(rise_ctx *ctx, size_t n, rise_dim *dim) {
    const rise_tensor *first = tensor_at(ctx, 0);
    for (int d = 0; d < first->rank; d++) {
        dim[d] = first->dim[d];
        for (size_t i = 1; i < n && dim[d].coords; i++) {
            const double *other = tensor_at(ctx, i)->dim[d].coords;
            if (!other || memcmp(other, dim[d].coords, dim[d].size * sizeof *other) != 0) {
                dim[d].coords = NULL;
            }
        }
    }
}

rise_status collect_tensors(rise_ctx *ctx, size_t n, rise_error *err) {
    const rise_tensor *first = tensor_at(ctx, 0);
    rise_dim dim[2 * RISE_MAX_RANK];
    size_t n_axes = 0;
    rise_status status = RISE_OK;
    for (size_t i = 0; status == RISE_OK && i < n; i++) {
        status = same_shape(first, tensor_at(ctx, i), i, err);
    }
    if (status == RISE_OK) {
        status = axis_dims(ctx, n, dim, &n_axes, err);
    }
    if (status != RISE_OK) {
        return status;
    }
    int rank = first->rank + (int)n_axes;
    if (rank > RISE_MAX_RANK) {
        rise_fail(err, RISE_E_DATA,
                  "input: %zu axes over a tensor of rank %d make more than %d dimensions", n_axes,
                  first->rank, RISE_MAX_RANK);
        return rise_hint(err, "name fewer axes in `over`");
    }
    own_dims(ctx, n, dim + n_axes);
    rise_value *value = NULL;
    void *data = NULL;
    status = rise_tensor_new(first->dtype, rank, dim, first->unit, &value, &data, err);
    if (status != RISE_OK) {
        return status;
    }
    size_t bytes = rise_tensor_count(first) * rise_dtype_size(first->dtype);
    for (size_t i = 0; i < n && bytes > 0; i++) {
        memcpy((char *)data + i * bytes, tensor_at(ctx, i)->data, bytes);
    }
    return rise_output(ctx, "collected", value, err);
}

/* Tensors: dense arrays, or ragged over [frame, atom, ...]. */
#include "value/inside.h"

#include <math.h>
#include <string.h>

bool dims_count(const rise_dim *dim, int first, int rank, size_t *count) {
    size_t n = 1;
    bool empty = false;
    for (int d = first; d < rank; d++) {
        /* empty dimensions do not excuse an overflow of the others */
        if (dim[d].size == 0)
            empty = true;
        else if (__builtin_mul_overflow(n, dim[d].size, &n))
            return false;
    }
    *count = empty ? 0 : n;
    return true;
}

double rise_tensor_number(const rise_tensor *t, size_t i) {
    switch (t->dtype) {
    case RISE_F32:
        return (double)((const float *)t->data)[i];
    case RISE_F64:
        return ((const double *)t->data)[i];
    case RISE_I32:
        return (double)((const int32_t *)t->data)[i];
    case RISE_I64:
        return (double)((const int64_t *)t->data)[i];
    case RISE_U8:
        return (double)((const uint8_t *)t->data)[i];
    case RISE_TEXT:
        break; /* tensors hold no texts */
    }
    return NAN;
}

size_t rise_tensor_count(const rise_tensor *tensor) {
    size_t count = 0;
    if (!tensor->offsets) {
        dims_count(tensor->dim, 0, tensor->rank, &count); /* fitted when it was built */
        return count;
    }
    dims_count(tensor->dim, 2, tensor->rank, &count);
    return count * (size_t)tensor->offsets[tensor->dim[0].size];
}

static rise_status check_offsets(const rise_dim *dim, int rank, const int64_t *offsets,
                                 rise_error *err) {
    if (rank < 2)
        return rise_fail(err, RISE_E_BUG, "a ragged tensor needs two dimensions, not %d", rank);
    if (dim[1].coords)
        return rise_fail(err, RISE_E_BUG, "the ragged dimension '%.39s' cannot have coordinates",
                         dim[1].name);
    if (offsets[0] != 0)
        return rise_fail(err, RISE_E_BUG, "ragged offsets start at %lld, not 0",
                         (long long)offsets[0]);
    for (size_t f = 0; f < dim[0].size; f++)
        if (offsets[f + 1] < offsets[f])
            return rise_fail(err, RISE_E_BUG, "ragged offsets fall after frame %zu", f);
    return RISE_OK;
}

static rise_status copy_dims(rise_value *v, const rise_dim *dim, bool ragged, rise_error *err) {
    rise_tensor *t = &v->as.tensor;
    for (int d = 0; d < t->rank; d++) {
        rise_status status = value_name(t->dim[d].name, dim[d].name, "dimension", err);
        if (status != RISE_OK)
            return status;
        t->dim[d].size = ragged && d == 1 ? 0 : dim[d].size;
        if (!dim[d].coords)
            continue;
        double *coords = value_array(v, dim[d].size, sizeof *coords);
        if (!coords)
            return rise_fail_nomem(err, "coordinates of a tensor");
        for (size_t i = 0; i < dim[d].size; i++)
            coords[i] = f64_canonical(dim[d].coords[i]);
        t->dim[d].coords = coords;
    }
    return RISE_OK;
}

static rise_status fill(rise_value *v, const rise_dim *dim, const int64_t *offsets,
                        const char *unit, rise_error *err) {
    rise_tensor *t = &v->as.tensor;
    size_t count, row;
    rise_status status = value_name(t->unit, unit, "unit", err);
    if (status == RISE_OK)
        status = copy_dims(v, dim, offsets != NULL, err);
    if (status == RISE_OK && offsets)
        status = check_offsets(dim, t->rank, offsets, err);
    if (status != RISE_OK)
        return status;
    bool fits;
    if (offsets) {
        size_t n = t->dim[0].size + 1;
        int64_t *copy = value_array(v, n, sizeof *copy);
        if (!copy)
            return rise_fail_nomem(err, "offsets of a tensor");
        memcpy(copy, offsets, n * sizeof *copy);
        t->offsets = copy;
        fits = dims_count(dim, 2, t->rank, &row) &&
               !__builtin_mul_overflow(row, (size_t)offsets[t->dim[0].size], &count);
    } else {
        fits = dims_count(dim, 0, t->rank, &count);
    }
    void *data = fits ? value_array(v, count, rise_dtype_size(t->dtype)) : NULL;
    t->data = data;
    return data ? RISE_OK : rise_fail_nomem(err, "the numbers of a tensor");
}

static rise_status tensor_new(rise_dtype dtype, int rank, const rise_dim *dim,
                              const int64_t *offsets, const char *unit, rise_value **out,
                              void **data, rise_error *err) {
    if (rank < 0 || rank > RISE_MAX_RANK)
        return rise_fail(err, RISE_E_BUG, "a tensor of %d dimensions; at most %d are possible",
                         rank, RISE_MAX_RANK);
    if (rise_dtype_size(dtype) == 0)
        return rise_fail(err, RISE_E_BUG, "a tensor cannot hold dtype %d (%s)", (int)dtype,
                         rise_dtype_name(dtype));
    rise_value *v = value_new(RISE_TENSOR);
    if (!v)
        return rise_fail_nomem(err, "a tensor");
    v->as.tensor.dtype = dtype;
    v->as.tensor.rank = rank;
    rise_status status = fill(v, dim, offsets, unit, err);
    if (status != RISE_OK) {
        rise_value_release(v);
        return status;
    }
    if (data)
        *data = (void *)v->as.tensor.data;
    *out = v;
    return RISE_OK;
}

rise_status rise_tensor_new(rise_dtype dtype, int rank, const rise_dim *dim, const char *unit,
                            rise_value **out, void **data, rise_error *err) {
    return tensor_new(dtype, rank, dim, NULL, unit, out, data, err);
}

rise_status rise_tensor_new_ragged(rise_dtype dtype, int rank, const rise_dim *dim,
                                   const int64_t *offsets, const char *unit, rise_value **out,
                                   void **data, rise_error *err) {
    if (!offsets)
        return rise_fail(err, RISE_E_BUG, "a ragged tensor without offsets");
    return tensor_new(dtype, rank, dim, offsets, unit, out, data, err);
}

rise_status rise_tensor_set_cells(rise_value *tensor, const rise_cell *cell, size_t n_cells,
                                  rise_error *err) {
    if (rise_value_kind(tensor) != RISE_TENSOR)
        return rise_fail(err, RISE_E_BUG, "cells belong to tensors, not to a %s",
                         rise_kind_name(tensor->kind));
    rise_cell *copy = NULL;
    if (n_cells) {
        copy = value_array(tensor, n_cells, sizeof *copy);
        if (!copy)
            return rise_fail_nomem(err, "the cells of a tensor");
        for (size_t i = 0; i < n_cells; i++)
            copy[i] = cell_canonical(&cell[i]);
    }
    tensor->as.tensor.cell = copy;
    tensor->as.tensor.n_cells = n_cells;
    return RISE_OK;
}

rise_status rise_tensor_set_note(rise_value *tensor, const char *note, rise_error *err) {
    if (rise_value_kind(tensor) != RISE_TENSOR || !note)
        return rise_fail(err, RISE_E_BUG, "a note is a text, and belongs to a tensor");
    size_t n = strlen(note);
    if (n > UINT32_MAX || !text_is_utf8(note, n))
        return rise_fail(err, RISE_E_DATA, "the note of a tensor is not UTF-8: '%.60s'", note);
    const char *copy = n ? arena_bytes(&tensor->memory, note, n) : "";
    if (!copy)
        return rise_fail_nomem(err, "the note of a tensor");
    tensor->as.tensor.note = copy;
    return RISE_OK;
}

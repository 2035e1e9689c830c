/* kit/tensor_file: see tensor_file.h. */
#include "kit/tensor_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Metadata. The names of the dimensions are parted by blanks. */
static const char key_tensor[] = "rise_tensor", key_dims[] = "dims", key_unit[] = "unit",
                  key_note[] = "made";

enum { COORDS_NAME = 24 };

static void coords_name(char name[COORDS_NAME], int d) {
    snprintf(name, COORDS_NAME, "coords.%d", d);
}

rise_status tensor_file_write(const rise_tensor *t, const char *name, void **bytes, size_t *size,
                              rise_error *err) {
    if (t->offsets != NULL || t->n_cells > 0) {
        rise_fail(err, RISE_E_GRAPH, "a tensor %s does not fit a .safetensors",
                  t->offsets != NULL ? "whose frames differ in their atoms" : "with boxes");
        return rise_hint(err, "write it as .npz");
    }
    safetensors_entry entry[1 + RISE_MAX_RANK] = {
        {.name = name, .dtype = t->dtype, .rank = (size_t)t->rank, .data = t->data}};
    char coords[RISE_MAX_RANK][COORDS_NAME], dims[RISE_MAX_RANK * (RISE_NAME_MAX + 1)] = "";
    size_t n = 1, used = 0;
    for (int d = 0; d < t->rank; d++) {
        entry[0].shape[d] = t->dim[d].size;
        used += (size_t)snprintf(dims + used, sizeof dims - used, "%s%s", d > 0 ? " " : "",
                                 t->dim[d].name);
        if (t->dim[d].coords == NULL)
            continue;
        coords_name(coords[d], d);
        entry[n++] = (safetensors_entry){.name = coords[d],
                                         .dtype = RISE_F64,
                                         .rank = 1,
                                         .shape = {t->dim[d].size},
                                         .data = t->dim[d].coords};
    }
    const safetensors_pair pair[] = {
        {key_tensor, name}, {key_dims, dims}, {key_unit, t->unit}, {key_note, t->note}};
    return safetensors_write(entry, n, pair, t->note != NULL ? 4 : 3, bytes, size, err);
}

bool tensor_file_is(const safetensors *file) {
    return safetensors_metadata(file, key_tensor) != NULL;
}

static rise_status broken(rise_error *err, const char *what) {
    rise_fail(err, RISE_E_DATA, "%s do not fit its array", what);
    return rise_hint(err, "write the file again by `export`");
}

/* The names of exactly `rank` dimensions. */
static bool read_names(const char *dims, size_t rank, rise_dim *dim) {
    const char *p = dims;
    for (size_t d = 0; d < rank; d++) {
        size_t n = strcspn(p, " ");
        if (n == 0 || n >= RISE_NAME_MAX || (p[n] != '\0') != (d + 1 < rank))
            return false;
        memcpy(dim[d].name, p, n);
        p += n + (p[n] == ' ');
    }
    return *p == '\0';
}

/* Copies, since arrays of a file may lie anywhere; the caller frees them. */
static rise_status read_coords(const safetensors *file, size_t rank, rise_dim *dim,
                               double *copy[RISE_MAX_RANK], rise_error *err) {
    for (size_t d = 0; d < rank; d++) {
        char name[COORDS_NAME];
        coords_name(name, (int)d);
        const safetensors_entry *e = safetensors_find(file, name);
        if (e == NULL)
            continue;
        if (e->dtype != RISE_F64 || e->rank != 1 || e->shape[0] != dim[d].size)
            return broken(err, "coordinates");
        copy[d] = malloc(e->bytes + 1);
        if (copy[d] == NULL)
            return rise_fail_nomem(err, "coordinates");
        memcpy(copy[d], e->data, e->bytes);
        dim[d].coords = copy[d];
    }
    return RISE_OK;
}

/* Values hold finite numbers only. */
static rise_status check_finite(const rise_tensor *t, rise_error *err) {
    size_t n = rise_tensor_count(t);
    for (size_t i = 0; i < n && (t->dtype == RISE_F32 || t->dtype == RISE_F64); i++)
        if (!isfinite(rise_tensor_number(t, i)))
            return rise_fail(err, RISE_E_DATA, "element %zu is not finite", i);
    return RISE_OK;
}

static rise_status read_array(const safetensors *file, const safetensors_entry *e, rise_dim *dim,
                              rise_value **out, rise_error *err) {
    const char *unit = safetensors_metadata(file, key_unit);
    const char *note = safetensors_metadata(file, key_note);
    rise_value *value = NULL;
    void *data = NULL;
    rise_status status =
        rise_tensor_new(e->dtype, (int)e->rank, dim, unit != NULL ? unit : "", &value, &data, err);
    if (status != RISE_OK)
        return status;
    if (e->bytes > 0)
        memcpy(data, e->data, e->bytes);
    status = check_finite(rise_value_tensor(value), err);
    if (status == RISE_OK && note != NULL)
        status = rise_tensor_set_note(value, note, err);
    if (status != RISE_OK)
        rise_value_release(value);
    else
        *out = value;
    return status;
}

rise_status tensor_file_read(const safetensors *file, rise_value **out, rise_error *err) {
    const char *name = safetensors_metadata(file, key_tensor);
    const char *dims = safetensors_metadata(file, key_dims);
    const char *unit = safetensors_metadata(file, key_unit);
    const safetensors_entry *e = name != NULL ? safetensors_find(file, name) : NULL;
    rise_dim dim[RISE_MAX_RANK] = {0};
    double *copy[RISE_MAX_RANK] = {NULL};
    if (e == NULL || e->dtype == 0 || e->rank > RISE_MAX_RANK || dims == NULL ||
        (unit != NULL && strlen(unit) >= RISE_NAME_MAX))
        return broken(err, "the metadata");
    for (size_t d = 0; d < e->rank; d++)
        dim[d].size = e->shape[d];
    if (!read_names(dims, e->rank, dim))
        return broken(err, "names of dimensions");
    rise_status status = read_coords(file, e->rank, dim, copy, err);
    if (status == RISE_OK)
        status = read_array(file, e, dim, out, err);
    for (size_t d = 0; d < RISE_MAX_RANK; d++)
        free(copy[d]);
    return status;
}

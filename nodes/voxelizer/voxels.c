/* voxelizer/voxels.c: see voxels.h. Knows no ports. */
#include "voxels.h"

#include <math.h>

/* Rows of the inverse cell, so that fraction k of position p is p . row k; false: no volume. */
static bool invert(const rise_cell *cell, double inverse[3][3]) {
    const double *v[3] = {cell->vector[0], cell->vector[1], cell->vector[2]};
    double longest = 0;
    for (int k = 0; k < 3; k++) {
        const double *a = v[(k + 1) % 3], *b = v[(k + 2) % 3];
        inverse[k][0] = a[1] * b[2] - a[2] * b[1];
        inverse[k][1] = a[2] * b[0] - a[0] * b[2];
        inverse[k][2] = a[0] * b[1] - a[1] * b[0];
        for (int x = 0; x < 3; x++)
            longest = fmax(longest, fabs(v[k][x]));
    }
    double volume = v[0][0] * inverse[0][0] + v[0][1] * inverse[0][1] + v[0][2] * inverse[0][2];
    if (!isfinite(volume) || !(fabs(volume) > 1e-12 * longest * longest * longest))
        return false;
    for (int k = 0; k < 3; k++)
        for (int x = 0; x < 3; x++)
            inverse[k][x] /= volume;
    return true;
}

size_t voxels_index(double f, size_t n) {
    double wrapped = f - floor(f); /* a tiny negative f gives exactly 1 */
    return (size_t)((double)n * wrapped) % n;
}

static rise_status read_cell(const rise_frame *frame, double inverse[3][3], rise_error *err) {
    if (invert(&frame->cell, inverse))
        return RISE_OK;
    rise_fail(err, RISE_E_DATA, "there is no cell (its volume is zero), so there is no grid");
    return rise_hint(err, "give the box, in extended XYZ as Lattice=\"...\"");
}

static size_t channel_of(uint8_t z, const uint8_t *species, size_t n_species) {
    size_t c = 0;
    while (c < n_species && species[c] != z)
        c++;
    return c;
}

/* Place of one atom in (channel, n, n, n). */
static rise_status place(const rise_frame *frame, double inverse[3][3], size_t atom,
                         const uint8_t *species, size_t n_species, size_t n, size_t *at,
                         rise_error *err) {
    const double *p = frame->positions[atom];
    *at = channel_of(frame->species[atom], species, n_species);
    if (*at == n_species) {
        rise_fail(err, RISE_E_DATA, "atom %zu is %s, which has no channel", atom,
                  rise_element_symbol(frame->species[atom]));
        return rise_hint(err, "add it to `species`, or leave `species` out");
    }
    for (int k = 0; k < 3; k++) {
        double f = p[0] * inverse[k][0] + p[1] * inverse[k][1] + p[2] * inverse[k][2];
        if (!isfinite(f))
            return rise_fail(err, RISE_E_DATA, "the position of atom %zu is not finite", atom);
        if (!frame->cell.periodic[k] && (f < 0 || f >= 1)) {
            rise_fail(err, RISE_E_DATA,
                      "atom %zu lies outside the cell along %c (fraction %.6g), which is not "
                      "periodic there",
                      atom, "abc"[k], f);
            return rise_hint(err, "a larger cell, or periodic boundaries");
        }
        *at = *at * n + voxels_index(f, n);
    }
    return RISE_OK;
}

rise_status voxels_places(const rise_frame *frame, const uint8_t *species, size_t n_species,
                          size_t n, size_t *at, rise_error *err) {
    double inverse[3][3];
    rise_status status = read_cell(frame, inverse, err);
    for (size_t i = 0; i < frame->n_atoms && status == RISE_OK; i++)
        status = place(frame, inverse, i, species, n_species, n, &at[i], err);
    return status;
}

rise_status voxels_fill(const rise_frame *frame, const uint8_t *species, size_t n_species, size_t n,
                        bool binary, uint8_t *grid, voxels_result *result, rise_error *err) {
    double inverse[3][3];
    rise_status status = read_cell(frame, inverse, err);
    *result = (voxels_result){0};
    for (size_t i = 0; i < frame->n_atoms && status == RISE_OK; i++) {
        size_t at;
        status = place(frame, inverse, i, species, n_species, n, &at, err);
        if (status != RISE_OK)
            break;
        if (grid[at] == UINT8_MAX) {
            rise_fail(err, RISE_E_DATA, "more than 255 atoms of %s in one voxel",
                      rise_element_symbol(frame->species[i]));
            return rise_hint(err, "a finer grid");
        }
        grid[at]++;
        result->shared += grid[at] == 2;
        result->fullest = grid[at] > result->fullest ? grid[at] : result->fullest;
    }
    for (size_t i = 0; i < n_species * n * n * n && binary && status == RISE_OK; i++)
        grid[i] = grid[i] > 0;
    return status;
}

/* kit/cells.c: linked cells: atoms are wrapped along periodic axes and sorted into bins (third axis
 * fastest). Knows geometry only, nothing of elements or descriptors; cells_around.c walks the bins.
 */
#include "cells_inner.h"

#include <math.h>
#include <stdlib.h>

/* Bins per axis stay below this, bins in all below a few per atom: sparse frames stay small. */
#define MAX_BINS_PER_AXIS 1024u
#define MAX_REACH_PRODUCT 2e7

static void cross(const double a[3], const double b[3], double out[3]) {
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

/* Fill the axes that are not periodic with unit vectors at right angles to all others. */
static void complete_cell(cells_grid *grid) {
    bool known[3] = {grid->periodic[0], grid->periodic[1], grid->periodic[2]};
    for (int axis = 0; axis < 3; axis++) {
        if (known[axis])
            continue;
        const double *u = grid->vector[(axis + 1) % 3], *v = grid->vector[(axis + 2) % 3];
        double *w = grid->vector[axis];
        bool has_u = known[(axis + 1) % 3], has_v = known[(axis + 2) % 3];
        if (has_u && has_v) {
            cross(u, v, w);
        } else if (has_u || has_v) {
            const double *p = has_u ? u : v;
            /* the Cartesian axis least along p is never parallel to it */
            int least = fabs(p[0]) <= fabs(p[1]) ? 0 : 1;
            if (fabs(p[2]) < fabs(p[least]))
                least = 2;
            double e[3] = {least == 0, least == 1, least == 2};
            cross(p, e, w);
        } else {
            w[0] = w[1] = w[2] = 0;
            w[axis] = 1;
        }
        double length = sqrt(cells_dot(w, w));
        for (int i = 0; i < 3; i++)
            w[i] /= length > 0 ? length : 1;
        known[axis] = true;
    }
}

/* inverse[k] is the reciprocal vector: fractional coordinate k of p is cells_dot(inverse[k], p).
 * False when the periodic vectors span no volume. */
static bool invert_cell(double vector[3][3], double inverse[3][3]) {
    cross(vector[1], vector[2], inverse[0]);
    cross(vector[2], vector[0], inverse[1]);
    cross(vector[0], vector[1], inverse[2]);
    double volume = cells_dot(vector[0], inverse[0]);
    double scale = sqrt(cells_dot(vector[0], vector[0]) * cells_dot(vector[1], vector[1]) *
                        cells_dot(vector[2], vector[2]));
    if (!(fabs(volume) > 1e-10 * scale) || !isfinite(volume))
        return false;
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < 3; i++)
            inverse[k][i] /= volume;
    return true;
}

/* What it takes to tell how far a bin is from a centre. */
static void measure_bins(cells_grid *grid, double inverse[3][3], const double low[3],
                         const double extent[3]) {
    for (int k = 0; k < 3; k++) {
        double length = sqrt(cells_dot(inverse[k], inverse[k]));
        for (int i = 0; i < 3; i++)
            grid->normal[k][i] = inverse[k][i] / length;
        grid->thick[k] = extent[k] / (length * (double)grid->bins[k]);
        grid->origin[k] = grid->periodic[k] ? 0 : low[k] / length;
    }
    grid->square = fabs(cells_dot(grid->normal[0], grid->normal[1])) < 1e-12;
}

/* Number of bins for each axis from the extent (in fractions of the cell vector) that they cover,
 * and how many of them lie within the cutoff. Bins are about half a cutoff wide. */
static bool choose_bins(cells_grid *grid, double inverse[3][3], const double extent[3],
                        double cutoff) {
    double height[3];
    for (int k = 0; k < 3; k++) {
        height[k] = extent[k] / sqrt(cells_dot(inverse[k], inverse[k]));
        double wanted = floor(2 * height[k] / cutoff);
        grid->bins[k] = wanted < 1                   ? 1
                        : wanted > MAX_BINS_PER_AXIS ? MAX_BINS_PER_AXIS
                                                     : (long)wanted;
    }
    double limit = 4.0 * (double)grid->n_atoms + 64;
    while ((double)grid->bins[0] * (double)grid->bins[1] * (double)grid->bins[2] > limit) {
        int largest = grid->bins[0] >= grid->bins[1] ? 0 : 1;
        if (grid->bins[2] > grid->bins[largest])
            largest = 2;
        grid->bins[largest] = (grid->bins[largest] + 1) / 2;
    }
    double product = 1;
    for (int k = 0; k < 3; k++) {
        /* the small addend keeps pairs exactly at the cutoff when both sit on bin walls */
        double reach = ceil(cutoff * (double)grid->bins[k] / height[k] + 1e-6);
        if (!grid->periodic[k] && !(reach < (double)grid->bins[k]))
            reach = (double)grid->bins[k];
        product *= 2 * reach + 1;
        if (!(product < MAX_REACH_PRODUCT))
            return false;
        grid->reach[k] = (long)reach;
    }
    return true;
}

static bool take_memory(cells_grid *grid) {
    size_t n = grid->n_atoms + 1;
    size_t n_bins = (size_t)(grid->bins[0] * grid->bins[1] * grid->bins[2]);
    grid->start = calloc(n_bins + 1, sizeof *grid->start);
    grid->atom = calloc(n, sizeof *grid->atom);
    grid->slot = calloc(n, sizeof *grid->slot);
    grid->bin = calloc(n, sizeof *grid->bin);
    grid->x = calloc(n, sizeof *grid->x);
    grid->y = calloc(n, sizeof *grid->y);
    grid->z = calloc(n, sizeof *grid->z);
    return grid->start && grid->atom && grid->slot && grid->bin && grid->x && grid->y && grid->z;
}

/* Where an atom goes: its bin, and its position moved into the cell along periodic axes. */
static size_t place(const cells_grid *grid, double inverse[3][3], const double low[3],
                    const double extent[3], const double p[3], double wrapped[3]) {
    size_t bin = 0;
    for (int i = 0; i < 3; i++)
        wrapped[i] = p[i];
    for (int k = 0; k < 3; k++) {
        double f = cells_dot(inverse[k], p);
        if (grid->periodic[k]) {
            double image = floor(f);
            f -= image;
            for (int i = 0; i < 3; i++)
                wrapped[i] -= image * grid->vector[k][i];
        } else {
            f = (f - low[k]) / extent[k];
        }
        double at = f * (double)grid->bins[k];
        double last = (double)(grid->bins[k] - 1);
        bin = bin * (size_t)grid->bins[k] + (size_t)(at > last ? last : at > 0 ? at : 0);
    }
    return bin;
}

/* Counting sort by bin; within a bin atoms stay in the order of the frame. */
static void sort_atoms(cells_grid *grid, double inverse[3][3], const double low[3],
                       const double extent[3], const double (*positions)[3]) {
    double wrapped[3];
    size_t n_bins = (size_t)(grid->bins[0] * grid->bins[1] * grid->bins[2]);
    for (size_t i = 0; i < grid->n_atoms; i++) {
        grid->slot[i] = place(grid, inverse, low, extent, positions[i], wrapped);
        grid->start[grid->slot[i] + 1]++;
    }
    for (size_t b = 0; b < n_bins; b++)
        grid->start[b + 1] += grid->start[b];
    for (size_t i = 0; i < grid->n_atoms; i++) {
        size_t bin = place(grid, inverse, low, extent, positions[i], wrapped);
        size_t slot = grid->start[bin]++;
        grid->atom[slot] = i;
        grid->slot[i] = slot;
        grid->bin[slot] = bin;
        grid->x[slot] = wrapped[0];
        grid->y[slot] = wrapped[1];
        grid->z[slot] = wrapped[2];
    }
    for (size_t b = n_bins; b > 0; b--)
        grid->start[b] = grid->start[b - 1];
    grid->start[0] = 0;
}

static rise_status measure(cells_grid *grid, double inverse[3][3], double low[3], double extent[3],
                           const double (*positions)[3], rise_error *err) {
    double high[3] = {0, 0, 0};
    for (size_t i = 0; i < grid->n_atoms; i++) {
        for (int k = 0; k < 3; k++) {
            double f = cells_dot(inverse[k], positions[i]);
            if (!(fabs(f) < 1e15))
                return rise_fail(err, RISE_E_DATA,
                                 "atom %zu lies at (%g, %g, %g): not a usable position", i,
                                 positions[i][0], positions[i][1], positions[i][2]);
            low[k] = i == 0 || f < low[k] ? f : low[k];
            high[k] = i == 0 || f > high[k] ? f : high[k];
        }
    }
    for (int k = 0; k < 3; k++)
        extent[k] = grid->periodic[k] || !(high[k] > low[k]) ? 1 : high[k] - low[k];
    return RISE_OK;
}

static rise_status build(cells_grid *grid, const double (*positions)[3], double cutoff,
                         rise_error *err) {
    double inverse[3][3], low[3] = {0, 0, 0}, extent[3];
    complete_cell(grid);
    if (!invert_cell(grid->vector, inverse)) {
        rise_fail(err, RISE_E_DATA, "the cell has no volume along its periodic axes");
        return rise_hint(err, "check the cell vectors, or mark axes without a box as not periodic");
    }
    rise_status status = measure(grid, inverse, low, extent, positions, err);
    if (status != RISE_OK)
        return status;
    if (!choose_bins(grid, inverse, extent, cutoff)) {
        rise_fail(err, RISE_E_DATA,
                  "the cell is too thin for a cutoff of %g: every atom would see "
                  "millions of images",
                  cutoff);
        return rise_hint(err, "check the cell vectors and their unit (Å)");
    }
    measure_bins(grid, inverse, low, extent);
    if (!take_memory(grid))
        return rise_fail_nomem(err, "neighbour cells");
    sort_atoms(grid, inverse, low, extent, positions);
    return RISE_OK;
}

rise_status cells_new(const rise_cell *cell, const double (*positions)[3], size_t n_atoms,
                      double cutoff, cells_grid **out, rise_error *err) {
    if (!(cutoff > 0) || !isfinite(cutoff))
        return rise_fail(err, RISE_E_BUG, "cells_new: cutoff %g is not a length", cutoff);
    cells_grid *grid = calloc(1, sizeof *grid);
    if (grid == NULL)
        return rise_fail_nomem(err, "neighbour cells");
    grid->cutoff2 = cutoff * cutoff;
    grid->n_atoms = n_atoms;
    for (int k = 0; k < 3; k++) {
        grid->periodic[k] = cell->periodic[k];
        for (int i = 0; i < 3; i++)
            grid->vector[k][i] = cell->vector[k][i];
    }
    rise_status status = build(grid, positions, cutoff, err);
    if (status != RISE_OK) {
        cells_free(grid);
        return status;
    }
    *out = grid;
    return RISE_OK;
}

void cells_free(cells_grid *grid) {
    if (grid == NULL)
        return;
    free(grid->start);
    free(grid->atom);
    free(grid->slot);
    free(grid->bin);
    free(grid->x);
    free(grid->y);
    free(grid->z);
    free(grid);
}

/* kit/cells.c: linked cells. Knows geometry only, nothing of elements or descriptors.
 *
 * Atoms are wrapped along periodic axes, sorted into bins (third axis fastest) and each centre
 * looks at the bins within reach. A run of bins along the third axis that belongs to one periodic
 * image is one contiguous stretch of the sorted arrays, so the inner loop is long and plain. */
#include "cells.h"

#include <math.h>
#include <stdlib.h>

/* Bins per axis stay below this, bins in all below a few per atom: sparse frames stay small. */
#define MAX_BINS_PER_AXIS 1024u
#define MAX_REACH_PRODUCT 2e7

struct cells_grid {
    double cutoff2;
    double vector[3][3]; /* rows; orthonormal complement on axes that are not periodic */
    bool periodic[3];
    long bins[3];
    long reach[3];       /* bins to look at on either side */
    double normal[3][3]; /* unit vectors at right angles to the walls of bins */
    double thick[3];     /* of one bin, along its normal */
    double origin[3];    /* where the first bin begins, along its normal */
    bool square;         /* the first two normals are at right angles */
    size_t n_atoms;
    size_t *start;     /* [bins + 1] first sorted slot of each bin */
    size_t *atom;      /* [slot] */
    size_t *slot;      /* [atom] */
    size_t *bin;       /* [slot] */
    double *x, *y, *z; /* [slot] wrapped position */
};

static void cross(const double a[3], const double b[3], double out[3]) {
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

static double dot(const double a[3], const double b[3]) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
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
        double length = sqrt(dot(w, w));
        for (int i = 0; i < 3; i++)
            w[i] /= length > 0 ? length : 1;
        known[axis] = true;
    }
}

/* inverse[k] is the reciprocal vector: fractional coordinate k of p is dot(inverse[k], p).
 * False when the periodic vectors span no volume. */
static bool invert_cell(double vector[3][3], double inverse[3][3]) {
    cross(vector[1], vector[2], inverse[0]);
    cross(vector[2], vector[0], inverse[1]);
    cross(vector[0], vector[1], inverse[2]);
    double volume = dot(vector[0], inverse[0]);
    double scale =
        sqrt(dot(vector[0], vector[0]) * dot(vector[1], vector[1]) * dot(vector[2], vector[2]));
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
        double length = sqrt(dot(inverse[k], inverse[k]));
        for (int i = 0; i < 3; i++)
            grid->normal[k][i] = inverse[k][i] / length;
        grid->thick[k] = extent[k] / (length * (double)grid->bins[k]);
        grid->origin[k] = grid->periodic[k] ? 0 : low[k] / length;
    }
    grid->square = fabs(dot(grid->normal[0], grid->normal[1])) < 1e-12;
}

/* Number of bins for each axis from the extent (in fractions of the cell vector) that they cover,
 * and how many of them lie within the cutoff. Bins are about half a cutoff wide. */
static bool choose_bins(cells_grid *grid, double inverse[3][3], const double extent[3],
                        double cutoff) {
    double height[3];
    for (int k = 0; k < 3; k++) {
        height[k] = extent[k] / sqrt(dot(inverse[k], inverse[k]));
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
        double f = dot(inverse[k], p);
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
            double f = dot(inverse[k], positions[i]);
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

/* Room for `more` neighbours; all arrays live in one block. */
static bool reserve(cells_list *list, size_t more) {
    if (list->n + more <= list->capacity)
        return true;
    size_t capacity = 2 * (list->n + more) + 64;
    double *block = malloc(capacity * (4 * sizeof(double) + sizeof(size_t)));
    if (block == NULL)
        return false;
    cells_list wider = {.n = list->n, .capacity = capacity, .x = block};
    wider.y = wider.x + capacity;
    wider.z = wider.y + capacity;
    wider.r2 = wider.z + capacity;
    wider.atom = (size_t *)(wider.r2 + capacity);
    for (size_t i = 0; i < list->n; i++) {
        wider.x[i] = list->x[i];
        wider.y[i] = list->y[i];
        wider.z[i] = list->z[i];
        wider.r2[i] = list->r2[i];
        wider.atom[i] = list->atom[i];
    }
    cells_list_free(list);
    *list = wider;
    return true;
}

void cells_list_free(cells_list *list) {
    free(list->x); /* the block they all live in */
    *list = (cells_list){0};
}

/* Slots first..last-1 as seen from `centre`, which already holds minus the image's shift. All are
 * written and only those within the cutoff stay: half of them do, which no branch could foresee. */
static bool scan(const cells_grid *grid, size_t first, size_t last, const double centre[3],
                 cells_list *list) {
    if (!reserve(list, last - first))
        return false;
    size_t n = list->n, *atom = list->atom;
    double *to_x = list->x, *to_y = list->y, *to_z = list->z, *to_r2 = list->r2;
    double cx = centre[0], cy = centre[1], cz = centre[2], cutoff2 = grid->cutoff2;
    for (size_t s = first; s < last; s++) {
        double x = grid->x[s] - cx, y = grid->y[s] - cy, z = grid->z[s] - cz;
        double r2 = x * x + y * y + z * z;
        atom[n] = grid->atom[s];
        to_x[n] = x;
        to_y[n] = y;
        to_z[n] = z;
        to_r2[n] = r2;
        n += r2 <= cutoff2;
    }
    list->n = n;
    return true;
}

/* A walk along an unbounded row of images of the bins of one axis. */
typedef struct walk {
    long n;      /* bins */
    long image;  /* cells away */
    long inside; /* bin within that cell */
    bool periodic;
} walk;

static walk walk_from(const cells_grid *grid, int axis, long at) {
    walk w = {.n = grid->bins[axis], .periodic = grid->periodic[axis]};
    w.image = at >= 0 ? at / w.n : -((w.n - 1 - at) / w.n);
    w.inside = at - w.image * w.n;
    return w;
}

static void walk_on(walk *w, long bins) {
    w->inside += bins;
    if (w->inside >= w->n) {
        w->inside -= w->n;
        w->image++;
    }
}

/* Whether there is anything. */
static bool walk_there(const walk *w) {
    return w->periodic || w->image == 0;
}

/* All bins within reach along the third axis, one run per image. */
static bool scan_row(const cells_grid *grid, size_t row, walk w, const double centre[3],
                     cells_list *list) {
    long left = 2 * grid->reach[2] + 1;
    while (left > 0) {
        long run = w.n - w.inside < left ? w.n - w.inside : left;
        if (walk_there(&w)) {
            double seen[3];
            for (int i = 0; i < 3; i++)
                seen[i] = centre[i] - (double)w.image * grid->vector[2][i];
            const size_t *start = grid->start + row * (size_t)w.n + (size_t)w.inside;
            if (!scan(grid, start[0], start[run], seen, list))
                return false;
        }
        walk_on(&w, run);
        left -= run;
    }
    return true;
}

/* Least distance from a centre, `inside` of its bin (in bins), to a bin d further on. */
static double gap(double thick, double inside, long d) {
    double bins = d > 0 ? (double)d - inside : d < 0 ? inside - (double)(d + 1) : 0;
    return bins > 0 ? bins * thick : 0;
}

rise_status cells_around(const cells_grid *grid, size_t atom, cells_list *list, rise_error *err) {
    size_t slot = grid->slot[atom];
    long n1 = grid->bins[1], n2 = grid->bins[2];
    long bin = (long)grid->bin[slot];
    const long *reach = grid->reach;
    walk first = walk_from(grid, 0, bin / (n1 * n2) - reach[0]);
    walk second_start = walk_from(grid, 1, bin / n2 % n1 - reach[1]);
    walk third = walk_from(grid, 2, bin % n2 - reach[2]);
    const double at[3] = {grid->x[slot], grid->y[slot], grid->z[slot]};
    double inside[2];
    for (int k = 0; k < 2; k++)
        inside[k] = (dot(grid->normal[k], at) - grid->origin[k]) / grid->thick[k] -
                    (double)(k == 0 ? bin / (n1 * n2) : bin / n2 % n1);
    /* a hair more, so that rounding loses nobody */
    double limit = grid->square ? grid->cutoff2 * (1 + 1e-6) : (double)INFINITY;
    list->n = 0;
    for (long d0 = -reach[0]; d0 <= reach[0]; d0++, walk_on(&first, 1)) {
        walk second = second_start;
        double gap0 = gap(grid->thick[0], inside[0], d0);
        for (long d1 = -reach[1]; d1 <= reach[1]; d1++, walk_on(&second, 1)) {
            double gap1 = gap(grid->thick[1], inside[1], d1);
            if (!walk_there(&first) || !walk_there(&second) || gap0 * gap0 + gap1 * gap1 > limit)
                continue;
            double centre[3] = {at[0], at[1], at[2]};
            for (int i = 0; i < 3; i++)
                centre[i] -= (double)first.image * grid->vector[0][i] +
                             (double)second.image * grid->vector[1][i];
            if (!scan_row(grid, (size_t)(first.inside * n1 + second.inside), third, centre, list))
                return rise_fail_nomem(err, "neighbour list");
        }
    }
    return RISE_OK;
}

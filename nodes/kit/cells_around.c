/* kit/cells_around.c: who is near an atom. Each centre looks at the bins within reach, less those
 * that are too far by their walls. A run of bins along the third axis that belongs to one periodic
 * image is one contiguous stretch of the sorted arrays, so the inner loop is long and plain. */
#include "cells_inner.h"

#include <math.h>
#include <stdlib.h>

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
    const double at[3] = {grid->x[slot], grid->y[slot], grid->z[slot]};
    const long home[3] = {bin / (n1 * n2), bin / n2 % n1, bin % n2};
    double inside[2];
    for (int k = 0; k < 2; k++)
        inside[k] =
            (cells_dot(grid->normal[k], at) - grid->origin[k]) / grid->thick[k] - (double)home[k];
    walk first = walk_from(grid, 0, home[0] - reach[0]);
    walk second_start = walk_from(grid, 1, home[1] - reach[1]);
    walk third = walk_from(grid, 2, home[2] - reach[2]);
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

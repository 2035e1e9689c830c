/* overview/closest.c: cells of the grid begin about as wide as an atom has room, and grow until
 * somebody is found: the nearest pair is then among them. */
#include "closest.h"

#include "kit/cells.h"
#include "kit/geometry.h"

#include <math.h>

static void look_around(const cells_list *list, size_t atom, closest *out) {
    for (size_t k = 0; k < list->n; k++) {
        bool itself = list->atom[k] == atom && list->r2[k] <= 0;
        double distance = sqrt(list->r2[k]);
        if (!itself && (!out->found || distance < out->distance))
            *out = (closest){true, distance, atom, list->atom[k]};
    }
}

static rise_status look_within(const rise_frame *frame, double radius, closest *out,
                               rise_error *err) {
    cells_grid *grid = NULL;
    cells_list list = {0};
    rise_status s = cells_new(&frame->cell, frame->positions, frame->n_atoms, radius, &grid, err);
    for (size_t i = 0; s == RISE_OK && i < frame->n_atoms; i++) {
        s = cells_around(grid, i, &list, err);
        if (s == RISE_OK)
            look_around(&list, i, out);
    }
    cells_list_free(&list);
    cells_free(grid);
    return s;
}

rise_status closest_find(const rise_frame *frame, closest *out, rise_error *err) {
    double volume = geometry_volume(&frame->cell), radius = 1;
    rise_status s = RISE_OK;
    *out = (closest){0};
    if (volume > 0 && frame->n_atoms > 0)
        radius = 0.9 * cbrt(volume / (double)frame->n_atoms);
    for (bool last = false; s == RISE_OK && !out->found && !last; radius *= 1.5) {
        last = radius >= CLOSEST_FAR;
        s = look_within(frame, last ? CLOSEST_FAR : radius, out, err);
    }
    return s;
}

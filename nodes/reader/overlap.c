/* reader/overlap.c: atoms at one place. Typical are atoms that stand both at 0 and at the other end
 * of the box, and files that were joined. */
#include "overlap.h"

#include "kit/cells.h"

#include <math.h>

static bool look_around(const cells_list *list, size_t atom, size_t *other, double *distance) {
    for (size_t j = 0; j < list->n; j++) {
        bool itself = list->atom[j] == atom && list->r2[j] <= 0;
        if (!itself && list->r2[j] < OVERLAP_DISTANCE * OVERLAP_DISTANCE) {
            *other = list->atom[j];
            *distance = sqrt(list->r2[j]);
            return true;
        }
    }
    return false;
}

bool overlap_find(const rise_frame *frame, size_t *atom, size_t *other, double *distance) {
    cells_grid *grid = NULL;
    cells_list list = {0};
    bool found = false;
    if (cells_new(&frame->cell, frame->positions, frame->n_atoms, OVERLAP_DISTANCE, &grid, NULL) !=
        RISE_OK)
        return false;
    for (size_t i = 0; i < frame->n_atoms && !found; i++) {
        *atom = i;
        if (cells_around(grid, i, &list, NULL) != RISE_OK)
            break;
        found = look_around(&list, i, other, distance);
    }
    cells_list_free(&list);
    cells_free(grid);
    return found;
}

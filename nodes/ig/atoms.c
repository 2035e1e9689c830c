/* ig/atoms.c: attributions of voxels handed on to the atoms in them. */
#include "ig.h"

#include "voxelizer/voxels.h"

#include <stdlib.h>

/* The voxels must hold these atoms and no others, as numbers or as marks. */
static rise_status check_voxels(const size_t *count, const float *voxels, size_t n,
                                rise_error *err) {
    for (size_t v = 0; v < n; v++) {
        float expected = (float)count[v];
        if (voxels[v] == expected || (count[v] > 0 && voxels[v] == 1.0f))
            continue;
        rise_fail(err, RISE_E_DATA, "structure: %zu atoms lie in voxel %zu, where the input has %g",
                  count[v], v, (double)voxels[v]);
        return rise_hint(err, "connect the frames that the voxelizer got");
    }
    return RISE_OK;
}

rise_status ig_atoms(const rise_frame *frame, const uint8_t *species, size_t n_species, size_t n,
                     const float *voxels, const float *attribution, double *atom, rise_error *err) {
    size_t n_voxels = n_species * n * n * n;
    size_t *at = calloc(frame->n_atoms + 1, sizeof *at);
    size_t *count = calloc(n_voxels, sizeof *count);
    rise_status status = at != NULL && count != NULL
                             ? voxels_places(frame, species, n_species, n, at, err)
                             : rise_fail_nomem(err, "places of atoms");
    for (size_t i = 0; i < frame->n_atoms && status == RISE_OK; i++)
        count[at[i]]++;
    if (status == RISE_OK)
        status = check_voxels(count, voxels, n_voxels, err);
    for (size_t i = 0; i < frame->n_atoms && status == RISE_OK; i++)
        atom[i] = (double)attribution[at[i]] / (double)count[at[i]];
    free(at);
    free(count);
    return status;
}

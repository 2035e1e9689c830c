/* ig/results.c: attributions as blocks, regions, atoms, and how complete they are. */
#include "run.h"

#include <math.h>

/* Blocks, and the most important of them. */
rise_status ig_put_blocks(rise_ctx *ctx, const ig_state *s, const rise_tensor *x,
                          const float *attribution, rise_error *err) {
    const size_t *n = s->model.net.blocks;
    const rise_dim dim[] = {{.name = "i", .size = n[0]},
                            {.name = "j", .size = n[1]},
                            {.name = "k", .size = n[2]}},
                   xyz = {.name = "xyz", .size = 3};
    rise_value *blocks = NULL, *region = NULL;
    void *sums = NULL, *data = NULL;
    rise_status status =
        rise_tensor_new(RISE_F64, 3, dim, s->model.info.target_unit, &blocks, &sums, err);
    if (status != RISE_OK)
        return status;
    ig_blocks(&s->model.net, attribution, s->absolute, sums);
    double f[3];
    ig_region(&s->model.net, sums, f);
    status = rise_output(ctx, "blocks", blocks, err);
    if (status == RISE_OK)
        status = rise_tensor_new(RISE_F64, 1, &xyz, x->n_cells > 0 ? "Å" : "voxels", &region, &data,
                                 err);
    if (status != RISE_OK)
        return status;
    double *at = data;
    for (int d = 0; d < 3; d++)
        at[d] = x->n_cells > 0 ? f[0] * x->cell[0].vector[0][d] + f[1] * x->cell[0].vector[1][d] +
                                     f[2] * x->cell[0].vector[2][d]
                               : f[d] * (double)s->model.net.shape.grid[d];
    if (x->n_cells > 0)
        status = rise_tensor_set_cells(region, x->cell, 1, err);
    if (status != RISE_OK) {
        rise_value_release(region);
        return status;
    }
    return rise_output(ctx, "regions", region, err);
}

/* Atomic numbers of the channels. */
static rise_status read_channels(const rise_tensor *x, uint8_t species[256], rise_error *err) {
    const rise_dim *channel = &x->dim[x->rank - 4];
    for (size_t c = 0; c < channel->size && channel->coords != NULL && c < 256; c++)
        species[c] = (uint8_t)channel->coords[c];
    if (channel->coords != NULL && channel->size < 256 && channel[1].size == channel[2].size &&
        channel[1].size == channel[3].size)
        return RISE_OK;
    rise_fail(err, RISE_E_DATA, "input: these voxels do not say which atoms they hold");
    return rise_hint(err, "`atoms` needs voxels from a node of type voxelizer");
}

rise_status ig_put_atoms(rise_ctx *ctx, const ig_state *s, const rise_tensor *x,
                         const float *voxels, const float *attribution, rise_error *err) {
    if (!rise_wanted(ctx, "atoms"))
        return RISE_OK;
    const rise_frame *frame = &rise_value_frames(rise_input(ctx, "structure"))->frame[0];
    const rise_dim dim = {.name = "atom", .size = frame->n_atoms};
    uint8_t species[256];
    rise_value *value = NULL;
    void *data = NULL;
    rise_error why = {0};
    rise_status status = read_channels(x, species, err);
    if (status == RISE_OK)
        status = rise_tensor_new(RISE_F64, 1, &dim, s->model.info.target_unit, &value, &data, err);
    if (status != RISE_OK)
        return status;
    status = ig_atoms(frame, species, s->model.net.shape.channels, s->model.net.shape.grid[0],
                      voxels, attribution, data, &why);
    if (status == RISE_OK)
        return rise_output(ctx, "atoms", value, err);
    rise_value_release(value);
    rise_fail(err, status, "%s: %s", rise_frame_name(ctx, rise_frame_index(ctx)), why.message);
    return why.hint[0] != 0 ? rise_hint(err, "%s", why.hint) : status;
}

rise_status ig_put_delta(rise_ctx *ctx, const ig_state *s, const ig_result *r, rise_error *err) {
    rise_value *value = NULL;
    void *data = NULL;
    double delta = r->sum - (r->value - r->baseline);
    double allowed = 0.01 * fmax(fabs(r->value - r->baseline), s->model.info.target_std / 100);
    if (fabs(delta) > allowed)
        rise_warn(ctx,
                  "frame %s: attributions sum to %.6g, but the output differs from that of the "
                  "empty box by %.6g; more steps bring them together",
                  rise_frame_name(ctx, rise_frame_index(ctx)), r->sum, r->value - r->baseline);
    rise_status status =
        rise_tensor_new(RISE_F64, 0, NULL, s->model.info.target_unit, &value, &data, err);
    if (status != RISE_OK)
        return status;
    *(double *)data = delta;
    return rise_output(ctx, "delta", value, err);
}

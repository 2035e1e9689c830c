/* vit/input.c: ports and parameters into a run. Everything that a user can get wrong about shapes,
 * boxes, labels and weights is found here, before any training. */
#include "run.h"

#include "kit/made.h"
#include "kit/statistics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *run_part_name(size_t part) {
    static const char *const name[RUN_PARTS] = {"train", "validation", "test"};
    return name[part];
}

static rise_status host_parallel(void *user, size_t n, rise_parallel_fn fn, void *arg,
                                 rise_error *err) {
    return rise_parallel(user, n, fn, arg, err);
}

static bool host_cancelled(void *user) {
    return rise_cancelled(user);
}

static void read_settings(vit_run *run) {
    rise_ctx *ctx = run->ctx;
    const char *schedule = rise_param_text(ctx, "schedule");
    vit_schedule kind = VIT_STEP;
    if (schedule != NULL && strcmp(schedule, "cosine") == 0)
        kind = VIT_COSINE;
    else if (schedule != NULL && strcmp(schedule, "constant") == 0)
        kind = VIT_CONSTANT;
    run->settings = (vit_settings){
        .epochs = (size_t)rise_param_int(ctx, "epochs"),
        .batch = (size_t)rise_param_int(ctx, "batch"),
        .rate = rise_param_real(ctx, "lr"),
        .schedule = kind,
        .step_size = (size_t)rise_param_int(ctx, "step_size"),
        .gamma = rise_param_real(ctx, "gamma"),
        .dropout = rise_param_real(ctx, "dropout"),
        .shuffle = rise_param_bool(ctx, "shuffle"),
        .seed = (uint64_t)rise_param_int(ctx, "seed"),
    };
    bool early = rise_param_set(ctx, "until");
    run->until = early ? (size_t)rise_param_int(ctx, "until") : run->settings.epochs;
}

/* ---- voxels and blocks ----------------------------------------------------------------------- */

static double volume_of(const rise_cell *cell) {
    const double *a = cell->vector[0], *b = cell->vector[1], *c = cell->vector[2];
    return fabs(a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2]) +
                a[2] * (b[0] * c[1] - b[1] * c[0]));
}

/* Side of a voxel, Å: the cube root of its volume, mean over the frames; 1 (voxel) without cells.
 * `*spread`: the largest relative deviation of a frame from it. */
static double voxel_side(const rise_tensor *x, double *spread) {
    *spread = 0;
    if (x->n_cells == 0)
        return 1;
    double n = (double)(x->dim[2].size * x->dim[3].size * x->dim[4].size), sum = 0;
    for (size_t f = 0; f < x->n_cells; f++)
        sum += cbrt(volume_of(&x->cell[f]) / n);
    double mean = sum / (double)x->n_cells;
    for (size_t f = 0; f < x->n_cells; f++)
        *spread = fmax(*spread, fabs(cbrt(volume_of(&x->cell[f]) / n) / mean - 1));
    return mean;
}

static rise_status choose_block(vit_run *run, const rise_tensor *x, vit_shape *shape,
                                rise_error *err) {
    rise_ctx *ctx = run->ctx;
    double asked = rise_param_real(ctx, "comm_length"), spread;
    double patch = (double)shape->patch * voxel_side(x, &spread);
    const char *unit = x->n_cells > 0 ? "Å" : "voxels";
    double r = round(asked / patch);
    size_t shortest = shape->grid[0];
    for (int d = 1; d < 3; d++)
        shortest = shape->grid[d] < shortest ? shape->grid[d] : shortest;
    shortest /= shape->patch;
    if (r < 1) {
        rise_fail_param(ctx, err, "comm_length", "%g %s is less than half a patch of %.4g %s",
                        asked, unit, patch, unit);
        return rise_hint(err, "the shortest length is one patch: %.4g %s", patch, unit);
    }
    if (r > (double)shortest) {
        rise_fail_param(ctx, err, "comm_length",
                        "%g %s makes blocks of %.0f patches, but the grid has only %zu", asked,
                        unit, r, shortest);
        return rise_hint(err, "the longest length is the box: %.4g %s", (double)shortest * patch,
                         unit);
    }
    if (spread * r > 0.5)
        rise_warn(ctx,
                  "boxes differ in size by %.0f %%: blocks of %.0f patches are %.4g %s only "
                  "in the mean",
                  100 * spread, r, r * patch, unit);
    shape->block = (size_t)r;
    run->length = round(r * patch * 1e9) / 1e9; /* cube roots leave crumbs */
    run->has_cells = x->n_cells > 0;
    return RISE_OK;
}

static rise_status check_voxels(vit_run *run, const rise_tensor *x, rise_error *err) {
    size_t n = run->n_frames * run->samples.volume;
    for (size_t i = 0; i < n && x->dtype != RISE_U8; i++) {
        if (!isfinite(rise_tensor_number(x, i)))
            return rise_fail(err, RISE_E_DATA, "input: frame %s has a voxel that is not finite",
                             rise_frame_name(run->ctx, i / run->samples.volume));
    }
    /* The voxelizer says so where its voxels count atoms. */
    if (x->dtype == RISE_U8 && strcmp(x->unit, "atoms") == 0 && run->n_frames > 0) {
        double atoms = 0;
        for (size_t i = 0; i < n; i++)
            atoms += ((const uint8_t *)x->data)[i];
        run->atoms = atoms / (double)run->n_frames;
    }
    return RISE_OK;
}

static rise_status read_input(vit_run *run, rise_error *err) {
    rise_ctx *ctx = run->ctx;
    const rise_tensor *x = rise_value_tensor(rise_input(ctx, "input"));
    if (x == NULL || x->rank != 5 || x->offsets != NULL || x->dim[0].size != run->n_frames ||
        (x->dtype != RISE_U8 && x->dtype != RISE_F32 && x->dtype != RISE_F64))
        return rise_fail(err, RISE_E_DATA,
                         "input: expected voxels [frame, channel, x, y, z] (u8, f32 or f64) of %zu "
                         "frames",
                         run->n_frames);
    if (run->n_frames == 0)
        return rise_fail(err, RISE_E_DATA, "input: there are no frames");
    vit_shape shape = {.channels = x->dim[1].size,
                       .grid = {x->dim[2].size, x->dim[3].size, x->dim[4].size},
                       .patch = (size_t)rise_param_int(ctx, "patch"),
                       .embedding = (size_t)rise_param_int(ctx, "embedding"),
                       .heads = (size_t)rise_param_int(ctx, "heads"),
                       .layers = (size_t)rise_param_int(ctx, "layers")};
    run->samples =
        (vit_samples){.voxels = x->data,
                      .dtype = x->dtype,
                      .volume = shape.channels * shape.grid[0] * shape.grid[1] * shape.grid[2]};
    for (int d = 0; d < 3; d++)
        if (shape.grid[d] % shape.patch != 0) {
            rise_fail_param(ctx, err, "patch",
                            "a grid of %zu x %zu x %zu voxels cannot be cut into patches of %zu",
                            shape.grid[0], shape.grid[1], shape.grid[2], shape.patch);
            return rise_hint(err, "choose a grid that is a multiple of the patch");
        }
    rise_status status = choose_block(run, x, &shape, err);
    if (status == RISE_OK)
        status = vit_net_init(&run->net, &shape, err);
    return status == RISE_OK ? check_voxels(run, x, err) : status;
}

/* ---- labels and parts ------------------------------------------------------------------------ */

static rise_status read_target(vit_run *run, rise_error *err) {
    const rise_tensor *t = rise_value_tensor(rise_input(run->ctx, "target"));
    if (t == NULL)
        return RISE_OK;
    if (t->rank != 1 || t->dim[0].size != run->n_frames)
        return rise_fail(err, RISE_E_DATA, "target: expected one number for each of %zu frames",
                         run->n_frames);
    run->has_target = true;
    snprintf(run->unit, sizeof run->unit, "%s", t->unit[0] ? t->unit : "eV");
    for (size_t f = 0; f < run->n_frames; f++) {
        run->target[f] = rise_tensor_number(t, f);
        if (!isfinite(run->target[f])) {
            rise_fail(err, RISE_E_DATA, "target: the label of frame %s is not finite",
                      rise_frame_name(run->ctx, f));
            return rise_hint(err, "leave the frame out, or mend its label");
        }
    }
    return RISE_OK;
}

static rise_status read_parts(vit_run *run, rise_error *err) {
    const rise_tensor *t = rise_value_tensor(rise_input(run->ctx, "split"));
    if (t != NULL && (t->rank != 1 || t->dim[0].size != run->n_frames))
        return rise_fail(err, RISE_E_DATA, "split: expected one part for each of %zu frames",
                         run->n_frames);
    if (t != NULL && strcmp(t->unit, "fold") == 0) {
        rise_fail(err, RISE_E_DATA, "split: folds were given, but parts are needed");
        return rise_hint(err, "use `ratio` of the split node in place of `folds`");
    }
    for (size_t f = 0; f < run->n_frames; f++) {
        double part = t != NULL ? rise_tensor_number(t, f) : 0;
        if (part != 0 && part != 1 && part != 2)
            return rise_fail(
                err, RISE_E_DATA,
                "split: frame %s is in part %g; known are 0 (training), 1 (validation) "
                "and 2 (test)",
                rise_frame_name(run->ctx, f), part);
        run->part[f] = (uint8_t)part; /* RUN_TRAIN, ... are these numbers */
        run->frame[run->part[f]][run->n_part[run->part[f]]++] = f;
    }
    return RISE_OK;
}

/* y = 0 and y = 1 stand for the lowest and the highest training label. */
static rise_status scale_target(vit_run *run, rise_error *err) {
    size_t n = run->n_part[RUN_TRAIN];
    run->low = run->init_info.target_min;
    run->high = run->init_info.target_max;
    run->scaled = run->init_info.scaled;
    run->std = run->init_info.target_std;
    if (run->settings.epochs == 0) {
        if (run->has_target && !run->scaled)
            rise_warn(run->ctx, "init carries no scaling of its target: outputs are compared with "
                                "the labels as they are");
        return RISE_OK;
    }
    if (n < 2) {
        rise_fail(err, RISE_E_DATA, "%zu training frame%s: nothing can be learnt from %s", n,
                  n == 1 ? "" : "s", n == 1 ? "one" : "none");
        return rise_hint(err, "give more frames, or a larger first number in `ratio` of the split");
    }
    double *y = rise_scratch(run->ctx, n * sizeof *y);
    if (y == NULL)
        return rise_fail_nomem(err, "labels");
    for (size_t i = 0; i < n; i++)
        y[i] = run->target[run->frame[RUN_TRAIN][i]];
    statistics_range(y, n, &run->low, &run->high);
    run->std = statistics_std(y, n, 0);
    if (!(run->high > run->low)) {
        rise_fail(err, RISE_E_DATA, "all %zu training labels are %.10g: there is nothing to learn",
                  n, run->low);
        return rise_hint(err, "check `target`");
    }
    run->scaled = true;
    for (size_t f = 0; f < run->n_frames; f++)
        run->scaled_target[f] = (float)((run->target[f] - run->low) / (run->high - run->low));
    return RISE_OK;
}

/* What the training frames allow of the moves that are asked for. */
static rise_status read_augment(vit_run *run, rise_error *err) {
    const char *kind = rise_param_text(run->ctx, "augment");
    if (kind == NULL || strcmp(kind, "none") == 0 || run->settings.epochs == 0)
        return RISE_OK;
    const rise_tensor *x = rise_value_tensor(rise_input(run->ctx, "input"));
    size_t n = run->n_part[RUN_TRAIN];
    bool shifts = strcmp(kind, "symmetries") != 0;
    vit_augment *a = &run->augment;
    vit_augment_allow(a, run->net.shape.channels, run->net.shape.grid,
                      x->n_cells > 0 ? x->cell : NULL, run->frame[RUN_TRAIN], n, shifts,
                      strcmp(kind, "shifts") != 0);
    run->augment_kind = kind;
    if (x->n_cells == 0)
        rise_warn(run->ctx, "augment: input has no boxes; the grid is taken for a periodic cuboid "
                            "of cubic voxels");
    if (!shifts || a->shifts[0] * a->shifts[1] * a->shifts[2] > 1)
        return RISE_OK;
    if (a->n_symmetries > 1) {
        rise_warn(run->ctx,
                  "augment: no axis is periodic in all %zu training frames: symmetries only", n);
        return RISE_OK;
    }
    rise_fail_param(run->ctx, err, "augment",
                    "no axis is periodic in all %zu training frames: there is nothing to shift "
                    "along",
                    n);
    return rise_hint(err, "`augment: symmetries`, or frames with periodic boxes (pbc=\"T T T\" in "
                          "extended XYZ)");
}

/* ---- weights --------------------------------------------------------------------------------- */

/* Weights that are used as they are must find what they were trained with. */
static rise_status check_use(vit_run *run, rise_error *err) {
    const vit_model_info *info = &run->init_info;
    const char *made = safetensors_metadata(run->init, VIT_KEY_MADE);
    if (info->complete && info->shape.block != run->net.shape.block) {
        rise_fail_param(run->ctx, err, "comm_length",
                        "blocks of %zu patches, but the weights were trained with %zu",
                        run->net.shape.block, info->shape.block);
        return rise_hint(err, "comm_length: %.6g", info->length);
    }
    return made_check(run->ctx, "input", "the weights", made, err);
}

static rise_status read_init(vit_run *run, rise_error *err) {
    const rise_file *file =
        rise_param_set(run->ctx, "init") ? rise_param_file(run->ctx, "init") : NULL;
    if (file == NULL) {
        vit_params_init(&run->net, run->settings.seed, run->state.params);
        return RISE_OK;
    }
    rise_error why = {0};
    rise_status status = safetensors_parse(file->bytes, file->size, &run->init, &why);
    if (status == RISE_OK)
        status = vit_model_info_read(run->init, &run->init_info, &why);
    if (status == RISE_OK)
        status = vit_params_load(&run->net, run->init, run->state.params, &why);
    if (status == RISE_OK)
        return run->settings.epochs == 0 ? check_use(run, err) : RISE_OK;
    rise_fail_at(err, status, file->path, 0, 0, "%s", why.message);
    return why.hint[0] != 0 ? rise_hint(err, "%s", why.hint) : status;
}

static rise_status allocate_labels(vit_run *run, rise_error *err) {
    size_t n = run->n_frames, epochs = run->settings.epochs;
    run->target = rise_scratch(run->ctx, n * sizeof *run->target);
    run->part = rise_scratch(run->ctx, n * sizeof *run->part);
    run->scaled_target = rise_scratch(run->ctx, n * sizeof *run->scaled_target);
    run->predicted = rise_scratch(run->ctx, n * sizeof *run->predicted);
    run->state.curve = rise_scratch(run->ctx, (epochs + 1) * VIT_CURVE * sizeof(double));
    bool ok = run->target != NULL && run->part != NULL && run->scaled_target != NULL &&
              run->predicted != NULL && run->state.curve != NULL;
    for (size_t p = 0; p < RUN_PARTS; p++) {
        run->frame[p] = rise_scratch(run->ctx, n * sizeof *run->frame[p]);
        ok = ok && run->frame[p] != NULL;
    }
    return ok ? RISE_OK : rise_fail_nomem(err, "labels");
}

static rise_status allocate_weights(vit_run *run, rise_error *err) {
    bool ok = true;
    float **array[] = {&run->state.params, &run->state.m, &run->state.v, &run->state.best};
    for (size_t i = 0; i < 4; i++) {
        *array[i] = rise_scratch(run->ctx, run->net.n_params * sizeof(float));
        ok = ok && *array[i] != NULL;
    }
    return ok ? RISE_OK : rise_fail_nomem(err, "weights");
}

rise_status run_begin(rise_ctx *ctx, vit_run *run, rise_error *err) {
    *run = (vit_run){.ctx = ctx,
                     .host = {ctx, host_parallel, host_cancelled, 0},
                     .n_frames = rise_frame_count(ctx)};
    read_settings(run);
    rise_status status = read_input(run, err);
    if (status == RISE_OK)
        status = allocate_labels(run, err);
    if (status == RISE_OK)
        status = read_target(run, err);
    if (status == RISE_OK)
        status = read_parts(run, err);
    if (status == RISE_OK)
        status = run_check_memory(run, err);
    if (status == RISE_OK)
        status = allocate_weights(run, err);
    if (status == RISE_OK)
        status = read_init(run, err);
    if (status == RISE_OK)
        status = scale_target(run, err);
    if (status == RISE_OK)
        status = read_augment(run, err);
    return status;
}

void run_end(vit_run *run) {
    safetensors_free(run->init);
}

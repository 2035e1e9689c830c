/* ig: which voxels a vit's predictions rest on. The glue: the model file, which frames, the check
 * of completeness. The integral is in ig.c, the network in vit/. */
#include <rise/node.h>

#include "run.h"

#include "kit/made.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_PLACES = 256 }; /* tasks of all frames at a time */

static const rise_port inputs[] = {{.name = "input",
                                    .kinds = RISE_KINDS(RISE_TENSOR),
                                    .mode = RISE_EACH,
                                    .shape = "[frame, channel, x, y, z]",
                                    .help = "voxels, as the model was trained with"},
                                   {.name = "model",
                                    .kinds = RISE_KINDS(RISE_MODEL),
                                    .mode = RISE_WHOLE,
                                    .help = "the model of a vit"},
                                   {.name = "structure",
                                    .kinds = RISE_KINDS(RISE_FRAMES),
                                    .mode = RISE_EACH,
                                    .flags = RISE_PORT_OPTIONAL,
                                    .help = "the frames that the voxelizer got; for `atoms`"},
                                   {0}};

static const rise_port outputs[] = {
    {.name = "attribution",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_EACH,
     .dtype = RISE_F32,
     .shape = "[frame, channel, x, y, z]",
     .help = "integrated gradients, in the unit of the model's target"},
    {.name = "blocks",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_EACH,
     .dtype = RISE_F64,
     .shape = "[frame, i, j, k]",
     .help = "importance of each block of the model, as `importance` says; blocks that wrap share "
             "voxels with others"},
    {.name = "atoms",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_EACH,
     .dtype = RISE_F64,
     .shape = "[frame, atom]",
     .flags = RISE_PORT_ON_DEMAND,
     .help =
         "attribution of each atom: that of its voxel, in equal shares where atoms of a species "
         "share it. Needs `structure`"},
    {.name = "regions",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_EACH,
     .dtype = RISE_F64,
     .shape = "[frame, xyz]",
     .help = "centre of the most important block (Å; in voxels where there is no box); carries the "
             "boxes"},
    {.name = "delta",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_EACH,
     .dtype = RISE_F64,
     .shape = "[frame]",
     .help = "sum of the attributions less the difference to the empty box: 0 if complete"},
    {0}};

static const rise_param params[] = {
    {.name = "method",
     .type = RISE_P_CHOICE,
     .def = "gauss-legendre",
     .choices = "gauss-legendre|midpoint|left|right|gradient",
     .help = "rule of the integral; gradient: input times gradient, without integral"},
    {.name = "steps",
     .type = RISE_P_INT,
     .def = "50",
     .min = 1,
     .max = 100000,
     .help = "points of the rule"},
    {.name = "importance",
     .type = RISE_P_CHOICE,
     .def = "absolute",
     .choices = "absolute|signed",
     .help = "blocks are ranked by the sum of |attribution| or of attribution"},
    {.name = "frames",
     .type = RISE_P_SLICE,
     .flags = RISE_PARAM_OPTIONAL | RISE_PARAM_SELECTS,
     .help = "START:STOP:STEP of the input's frames; default: all of `part`"},
    {.name = "part",
     .type = RISE_P_CHOICE,
     .def = "test",
     .choices = "test|train|validation|all",
     .flags = RISE_PARAM_SELECTS,
     .help = "frames of this part of the model's training; a model without parts: all"},
    {0}};

static void close_ig(void *state) {
    ig_state *s = state;
    if (s == NULL)
        return;
    vit_trained_close(&s->model);
    vit_pool_free(s->places);
    free(s->node);
    free(s->weight);
    free(s->chosen);
    free(s);
}

static rise_status read_model(rise_ctx *ctx, ig_state *s, rise_error *err) {
    const rise_blob *blob = rise_value_blob(rise_input(ctx, "model"));
    rise_status status = vit_trained_open(blob, &s->model, err);
    return status == RISE_OK ? made_check(ctx, "input", "the model",
                                          safetensors_metadata(s->model.file, VIT_KEY_MADE), err)
                             : status;
}

static rise_status read_rule(rise_ctx *ctx, ig_state *s, rise_error *err) {
    static const char *const names[] = {"gauss-legendre", "midpoint", "left", "right", "gradient"};
    const char *name = rise_param_text(ctx, "method");
    const char *importance = rise_param_text(ctx, "importance");
    size_t method = 0;
    while (method < IG_GRADIENT && (name == NULL || strcmp(name, names[method]) != 0))
        method++;
    s->absolute = importance == NULL || strcmp(importance, "signed") != 0;
    s->n_steps = method == IG_GRADIENT ? 1 : (size_t)rise_param_int(ctx, "steps");
    s->node = calloc(s->n_steps, sizeof *s->node);
    s->weight = calloc(s->n_steps, sizeof *s->weight);
    if (s->node == NULL || s->weight == NULL)
        return rise_fail_nomem(err, "steps");
    ig_rule((ig_method)method, s->n_steps, s->node, s->weight);
    return RISE_OK;
}

static rise_status read_chosen(rise_ctx *ctx, ig_state *s, rise_error *err) {
    const char *part = rise_param_text(ctx, "part");
    if (part == NULL || strcmp(part, "all") == 0)
        return RISE_OK;
    const char *key = strcmp(part, "test") == 0    ? VIT_KEY_TEST
                      : strcmp(part, "train") == 0 ? VIT_KEY_TRAIN
                                                   : VIT_KEY_VALIDATION;
    return vit_frames_read(s->model.file, key, &s->chosen, &s->n_chosen, err);
}

static rise_status make_places(rise_ctx *ctx, ig_state *s, rise_error *err) {
    s->memory = rise_memory(ctx);
    const vit_pool_plan plan = {.net = &s->model.net,
                                .n_places = MAX_PLACES,
                                .n_samples = vit_group_size(&s->model.net),
                                .backward = true,
                                .d_voxels = true,
                                .memory = s->memory};
    return vit_pool_new(&plan, &s->places, err);
}

static rise_status open_ig(rise_ctx *ctx, void **state, rise_error *err) {
    ig_state *s = calloc(1, sizeof *s);
    if (s == NULL)
        return rise_fail_nomem(err, "integrated gradients");
    rise_status status = read_model(ctx, s, err);
    if (status == RISE_OK)
        status = make_places(ctx, s, err);
    if (status == RISE_OK)
        status = read_rule(ctx, s, err);
    if (status == RISE_OK)
        status = read_chosen(ctx, s, err);
    if (status != RISE_OK) {
        close_ig(s);
        return status;
    }
    *state = s;
    return RISE_OK;
}

static bool keep_ig(rise_ctx *ctx, void *state, size_t frame, size_t n_frames, const rise_id *id) {
    const ig_state *s = state;
    if (rise_param_set(ctx, "frames")) {
        size_t start, step, count;
        rise_param_slice(ctx, "frames", n_frames, &start, &step, &count);
        if (frame < start || (frame - start) % step != 0 || (frame - start) / step >= count)
            return false;
    }
    return s->chosen == NULL || vit_frames_have(s->chosen, s->n_chosen, id);
}

/* ---- one frame ------------------------------------------------------------------------------- */

static rise_status host_parallel(void *user, size_t n, rise_parallel_fn fn, void *arg,
                                 rise_error *err) {
    return rise_parallel(user, n, fn, arg, err);
}

static bool host_cancelled(void *user) {
    return rise_cancelled(user);
}

/* This frame's voxels as floats, or NULL with the error told. */
static float *read_voxels(rise_ctx *ctx, const ig_state *s, const rise_tensor *x, rise_error *err) {
    const vit_shape *shape = &s->model.net.shape;
    float *voxels = rise_scratch(ctx, shape->channels * shape->grid[0] * shape->grid[1] *
                                          shape->grid[2] * sizeof *voxels);
    if (voxels == NULL)
        rise_fail_nomem(err, "voxels");
    return voxels != NULL && vit_trained_voxels(&s->model, x, voxels, err) == RISE_OK ? voxels
                                                                                      : NULL;
}

static rise_status attribute(rise_ctx *ctx, const ig_state *s, const float *voxels,
                             float *attribution, ig_result *result, rise_error *err) {
    const vit_host host = {ctx, host_parallel, host_cancelled, s->memory};
    const ig_plan plan = {.net = &s->model.net,
                          .weights = &s->model.weights,
                          .pool = s->places,
                          .scale = s->model.info.target_max - s->model.info.target_min,
                          .n_steps = s->n_steps,
                          .node = s->node,
                          .weight = s->weight};
    return ig_attribute(&plan, &host, voxels, attribution, result, err);
}

/* Who reads an output is known to a frame only; the integral is not begun in vain. */
static rise_status check_structure(rise_ctx *ctx, rise_error *err) {
    if (!rise_wanted(ctx, "atoms") || rise_connected(ctx, "structure"))
        return RISE_OK;
    rise_fail(err, RISE_E_GRAPH, "`atoms` is read, but no atoms are connected");
    return rise_hint(err, "structure: NODE, the frames that the voxelizer gets");
}

static rise_status map_ig(rise_ctx *ctx, void *state, rise_error *err) {
    const ig_state *s = state;
    const rise_tensor *x = rise_value_tensor(rise_input(ctx, "input"));
    rise_status status = check_structure(ctx, err);
    if (status != RISE_OK)
        return status;
    const float *voxels = read_voxels(ctx, s, x, err);
    if (voxels == NULL)
        return err != NULL ? err->status : RISE_E_DATA;
    const vit_shape *shape = &s->model.net.shape;
    const rise_dim dim[] = {
        {.name = "channel", .size = shape->channels, .coords = x->dim[x->rank - 4].coords},
        {.name = "x", .size = shape->grid[0]},
        {.name = "y", .size = shape->grid[1]},
        {.name = "z", .size = shape->grid[2]}};
    rise_value *value = NULL;
    void *attribution = NULL;
    status =
        rise_tensor_new(RISE_F32, 4, dim, s->model.info.target_unit, &value, &attribution, err);
    if (status != RISE_OK)
        return status;
    ig_result result;
    status = attribute(ctx, s, voxels, attribution, &result, err);
    if (status == RISE_OK && x->n_cells > 0)
        status = rise_tensor_set_cells(value, x->cell, 1, err);
    if (status == RISE_OK)
        status = ig_put_blocks(ctx, s, x, attribution, err);
    if (status == RISE_OK)
        status = ig_put_atoms(ctx, s, x, voxels, attribution, err);
    if (status == RISE_OK)
        status = ig_put_delta(ctx, s, &result, err);
    if (status != RISE_OK) {
        rise_value_release(value);
        return status;
    }
    return rise_output(ctx, "attribution", value, err);
}

const rise_node_type rise_node_ig = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "ig",
    .brief = "integrated gradients of a vit, and the block that matters most",
    .version = 2,
    .in = inputs,
    .out = outputs,
    .params = params,
    .fingerprint = vit_numerics,
    .open = open_ig,
    .close = close_ig,
    .keep = keep_ig,
    .map = map_ig,
    .flags = RISE_NODE_SEES_MADE,
};

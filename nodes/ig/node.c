/* ig: which voxels a vit's predictions rest on. The glue: the model file, which frames, the check
 * of completeness. The integral is in ig.c, the network in vit/. */
#include <rise/node.h>

#include "ig.h"
#include "vit/model.h"
#include "vit/pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WORK_BYTES ((size_t)1 << 30)

static const rise_port inputs[] = {{.name = "input",
                                    .kinds = RISE_KINDS(RISE_TENSOR),
                                    .mode = RISE_EACH,
                                    .shape = "[frame, channel, x, y, z]",
                                    .help = "voxels, as the model was trained with"},
                                   {.name = "model",
                                    .kinds = RISE_KINDS(RISE_MODEL),
                                    .mode = RISE_WHOLE,
                                    .help = "the model of a vit"},
                                   {0}};

static const rise_port outputs[] = {
    {.name = "attribution",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_EACH,
     .dtype = RISE_F32,
     .shape = "[frame, channel, x, y, z]",
     .help = "integrated gradients, in the unit of the model's target"},
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

typedef struct ig_state {
    safetensors *file;
    vit_model_info info;
    vit_net net;
    float *params, *transposed;
    vit_weights weights;
    double *node, *weight;
    size_t n_steps;
    bool absolute;
    rise_id *chosen; /* frames of the part, sorted; NULL: all */
    size_t n_chosen;
} ig_state;

static void close_ig(void *state) {
    ig_state *s = state;
    if (s == NULL)
        return;
    safetensors_free(s->file);
    free(s->params);
    free(s->transposed);
    free(s->node);
    free(s->weight);
    free(s->chosen);
    free(s);
}

static rise_status read_model(rise_ctx *ctx, ig_state *s, rise_error *err) {
    const rise_blob *blob = rise_value_blob(rise_input(ctx, "model"));
    if (blob == NULL || strcmp(blob->format, "safetensors") != 0)
        return rise_fail(err, RISE_E_DATA, "model: expected safetensors, found %s",
                         blob != NULL ? blob->format : "no model");
    rise_status status = safetensors_parse(blob->bytes, blob->size, &s->file, err);
    if (status == RISE_OK)
        status = vit_model_info_read(s->file, &s->info, err);
    if (status != RISE_OK)
        return status;
    if (!s->info.complete) {
        rise_fail(err, RISE_E_DATA, "model: its metadata do not say grid, heads and r");
        return rise_hint(err, "run the weights through a vit with `init: FILE` and `epochs: 0`");
    }
    status = vit_net_init(&s->net, &s->info.shape, err);
    if (status != RISE_OK)
        return status;
    s->params = calloc(s->net.n_params, sizeof *s->params);
    s->transposed = calloc(s->net.n_params, sizeof *s->transposed);
    if (s->params == NULL || s->transposed == NULL)
        return rise_fail_nomem(err, "weights");
    status = vit_params_load(&s->net, s->file, s->params, err);
    if (status == RISE_OK)
        vit_weights_set(&s->net, s->params, s->transposed, &s->weights);
    return status;
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
    return vit_frames_read(s->file, key, &s->chosen, &s->n_chosen, err);
}

static rise_status open_ig(rise_ctx *ctx, void **state, rise_error *err) {
    ig_state *s = calloc(1, sizeof *s);
    if (s == NULL)
        return rise_fail_nomem(err, "integrated gradients");
    rise_status status = read_model(ctx, s, err);
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

/* This frame's voxels as floats, or NULL with the error told. A frame dimension of one is fine. */
static float *read_voxels(rise_ctx *ctx, const ig_state *s, const rise_tensor *x, rise_error *err) {
    const vit_shape *shape = &s->net.shape;
    int lead = x != NULL && x->rank == 5 && x->dim[0].size == 1 ? 1 : 0;
    bool fits = x != NULL && x->rank == 4 + lead && x->dim[lead].size == shape->channels;
    for (int d = 0; d < 3 && fits; d++)
        fits = x->dim[lead + 1 + d].size == shape->grid[d];
    if (!fits || (x->dtype != RISE_U8 && x->dtype != RISE_F32 && x->dtype != RISE_F64)) {
        rise_fail(err, RISE_E_DATA,
                  "input: the model takes %zu channels of %zu x %zu x %zu voxels (u8, f32 or f64)",
                  shape->channels, shape->grid[0], shape->grid[1], shape->grid[2]);
        rise_hint(err, "use the voxels that the model was trained with");
        return NULL;
    }
    const vit_samples samples = {.voxels = x->data,
                                 .dtype = x->dtype,
                                 .volume = shape->channels * shape->grid[0] * shape->grid[1] *
                                           shape->grid[2]};
    float *voxels = rise_scratch(ctx, samples.volume * sizeof *voxels);
    if (voxels == NULL)
        rise_fail_nomem(err, "voxels");
    else
        vit_samples_copy(&samples, 0, voxels);
    return voxels;
}

static rise_status put_region(rise_ctx *ctx, const ig_state *s, const rise_tensor *x,
                              const float *attribution, rise_error *err) {
    const rise_dim dim = {.name = "xyz", .size = 3};
    rise_value *value = NULL;
    void *data = NULL;
    rise_status status =
        rise_tensor_new(RISE_F64, 1, &dim, x->n_cells > 0 ? "Å" : "voxels", &value, &data, err);
    if (status != RISE_OK)
        return status;
    double f[3], *at = data;
    ig_region(&s->net, attribution, s->absolute, f);
    for (int d = 0; d < 3; d++)
        at[d] = x->n_cells > 0 ? f[0] * x->cell[0].vector[0][d] + f[1] * x->cell[0].vector[1][d] +
                                     f[2] * x->cell[0].vector[2][d]
                               : f[d] * (double)s->net.shape.grid[d];
    if (x->n_cells > 0)
        status = rise_tensor_set_cells(value, x->cell, 1, err);
    if (status != RISE_OK) {
        rise_value_release(value);
        return status;
    }
    return rise_output(ctx, "regions", value, err);
}

static rise_status put_delta(rise_ctx *ctx, const ig_state *s, const ig_result *r,
                             rise_error *err) {
    rise_value *value = NULL;
    void *data = NULL;
    double delta = r->sum - (r->value - r->baseline);
    double allowed = 0.01 * fmax(fabs(r->value - r->baseline), s->info.target_std / 100);
    if (fabs(delta) > allowed)
        rise_warn(ctx,
                  "frame %s: attributions sum to %.6g, but the output differs from that of the "
                  "empty box by %.6g; more steps bring them together",
                  rise_frame_name(ctx, rise_frame_index(ctx)), r->sum, r->value - r->baseline);
    rise_status status =
        rise_tensor_new(RISE_F64, 0, NULL, s->info.target_unit, &value, &data, err);
    if (status != RISE_OK)
        return status;
    *(double *)data = delta;
    return rise_output(ctx, "delta", value, err);
}

static rise_status attribute(rise_ctx *ctx, const ig_state *s, const float *voxels,
                             float *attribution, ig_result *result, rise_error *err) {
    const vit_host host = {ctx, host_parallel, host_cancelled, WORK_BYTES};
    ig_plan plan = {.net = &s->net,
                    .weights = &s->weights,
                    .scale = s->info.target_max - s->info.target_min,
                    .n_steps = s->n_steps,
                    .node = s->node,
                    .weight = s->weight};
    const vit_pool_plan places = {.net = &s->net,
                                  .n_places = IG_MAX_TASKS,
                                  .n_samples = vit_group_size(&s->net),
                                  .backward = true,
                                  .d_voxels = true,
                                  .memory = host.memory,
                                  .stop = host_cancelled,
                                  .stop_user = ctx};
    rise_status status = vit_pool_new(&places, &plan.pool, err);
    if (status == RISE_OK)
        status = ig_attribute(&plan, &host, voxels, attribution, result, err);
    vit_pool_free(plan.pool);
    return status;
}

static rise_status map_ig(rise_ctx *ctx, void *state, rise_error *err) {
    const ig_state *s = state;
    const rise_tensor *x = rise_value_tensor(rise_input(ctx, "input"));
    const float *voxels = read_voxels(ctx, s, x, err);
    if (voxels == NULL)
        return err != NULL ? err->status : RISE_E_DATA;
    const vit_shape *shape = &s->net.shape;
    const rise_dim dim[] = {
        {.name = "channel", .size = shape->channels, .coords = x->dim[x->rank - 4].coords},
        {.name = "x", .size = shape->grid[0]},
        {.name = "y", .size = shape->grid[1]},
        {.name = "z", .size = shape->grid[2]}};
    rise_value *value = NULL;
    void *attribution = NULL;
    rise_status status =
        rise_tensor_new(RISE_F32, 4, dim, s->info.target_unit, &value, &attribution, err);
    if (status != RISE_OK)
        return status;
    ig_result result;
    status = attribute(ctx, s, voxels, attribution, &result, err);
    if (status == RISE_OK && x->n_cells > 0)
        status = rise_tensor_set_cells(value, x->cell, 1, err);
    if (status == RISE_OK)
        status = put_region(ctx, s, x, attribution, err);
    if (status == RISE_OK)
        status = put_delta(ctx, s, &result, err);
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
};

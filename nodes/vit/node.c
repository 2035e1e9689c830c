/* vit: predicts energies of whole samples from voxels. The glue: ports, parameters, order of work.
 * Inputs are gathered in input.c, epochs in epochs.c, results in results.c; the network is behind
 * net.h and knows no ports. */
#include <rise/node.h>

#include "run.h"

#include <math.h>

static const rise_port inputs[] = {
    {.name = "input",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_WHOLE,
     .shape = "[frame, channel, x, y, z]",
     .help = "voxels, one channel per species"},
    {.name = "target",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_WHOLE,
     .shape = "[frame]",
     .flags = RISE_PORT_OPTIONAL,
     .help = "what to predict: the energy of the whole frame (eV). Without it only `init` and "
             "`epochs: 0` make sense"},
    {.name = "split",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_WHOLE,
     .shape = "[frame]",
     .flags = RISE_PORT_OPTIONAL,
     .help = "0 training, 1 validation, 2 test. Without it, or without validation frames, all "
             "epochs are judged by their training loss"},
    {0}};

static const rise_port outputs[] = {
    {.name = "predictions",
     .kinds = RISE_KINDS(RISE_TABLE) | RISE_KINDS(RISE_TENSOR),
     .mode = RISE_WHOLE,
     .help = "frame, part, target, predicted, length (side of a block, where the box is known): "
             "one row per frame. Without a target: a tensor [frame]"},
    {.name = "metrics",
     .kinds = RISE_KINDS(RISE_TABLE),
     .mode = RISE_WHOLE,
     .help = "part, n, rmse, mae, r2, rmse_per_atom (where the voxels count atoms), length, r: one "
             "row per part"},
    {.name = "model",
     .kinds = RISE_KINDS(RISE_MODEL),
     .mode = RISE_WHOLE,
     .help = "safetensors: the weights of the best epoch, and what is needed to use them again"},
    {.name = "curve",
     .kinds = RISE_KINDS(RISE_TABLE),
     .mode = RISE_WHOLE,
     .help = "epoch, lr, train_loss, validation_loss (mean squares of the scaled target)"},
    {0}};

static const rise_param params[] = {
    {.name = "comm_length",
     .type = RISE_P_REAL,
     .min = 0,
     .max = INFINITY,
     .unit = "Å",
     .flags = RISE_PARAM_OPEN_MIN | RISE_PARAM_OPEN_MAX,
     .help = "communication length: side of the blocks that attention is confined to, rounded to "
             "whole patches. In voxels where the input has no box"},
    {.name = "patch",
     .type = RISE_P_INT,
     .def = "2",
     .min = 1,
     .max = 64,
     .help = "side of a patch in voxels"},
    {.name = "embedding",
     .type = RISE_P_INT,
     .def = "64",
     .min = 1,
     .max = 4096,
     .help = "numbers per token"},
    {.name = "heads",
     .type = RISE_P_INT,
     .def = "2",
     .min = 1,
     .max = 256,
     .help = "heads of attention; a divisor of embedding"},
    {.name = "layers",
     .type = RISE_P_INT,
     .def = "2",
     .min = 1,
     .max = 64,
     .help = "encoder layers"},
    {.name = "epochs",
     .type = RISE_P_INT,
     .def = "40",
     .min = 0,
     .max = 100000,
     .help = "passes over the training frames; 0 uses `init` as it is"},
    {.name = "until",
     .type = RISE_P_INT,
     .min = 1,
     .max = 100000,
     .flags = RISE_PARAM_OPTIONAL,
     .help = "the last epoch that is trained, the schedule being that of all `epochs`. Epochs that "
             "were trained before are not trained again"},
    {.name = "batch",
     .type = RISE_P_INT,
     .def = "32",
     .min = 1,
     .max = 1000000,
     .help = "samples per step; the short last batch is kept"},
    {.name = "lr",
     .type = RISE_P_REAL,
     .def = "1e-3",
     .min = 0,
     .max = INFINITY,
     .flags = RISE_PARAM_OPEN_MIN | RISE_PARAM_OPEN_MAX,
     .help = "learning rate of Adam"},
    {.name = "schedule",
     .type = RISE_P_CHOICE,
     .def = "step",
     .choices = "step|cosine|constant",
     .help = "step: times gamma every step_size epochs; cosine: down to 0 at the last epoch"},
    {.name = "step_size",
     .type = RISE_P_INT,
     .def = "20",
     .min = 1,
     .max = 100000,
     .help = "epochs between steps"},
    {.name = "gamma",
     .type = RISE_P_REAL,
     .def = "0.1",
     .min = 0,
     .max = 1,
     .flags = RISE_PARAM_OPEN_MIN,
     .help = "factor of a step"},
    {.name = "dropout",
     .type = RISE_P_REAL,
     .def = "0.1",
     .min = 0,
     .max = 0.9,
     .help = "share of activations dropped while training"},
    {.name = "shuffle",
     .type = RISE_P_BOOL,
     .def = "true",
     .help = "a new order of the training frames in each epoch"},
    {.name = "augment",
     .type = RISE_P_CHOICE,
     .def = "none",
     .choices = "none|shifts|symmetries|all",
     .help = "training samples are moved anew in each epoch, for targets that such moves leave as "
             "they are. shifts: by whole voxels along periodic axes; symmetries: axes exchanged "
             "and turned round as far as the boxes of all training frames look the same "
             "afterwards (48 ways for cubes)"},
    {.name = "seed",
     .type = RISE_P_INT,
     .def = "0",
     .min = 0,
     .max = 9007199254740992.0,
     .help = "of the first weights, the order, dropout and moves"},
    {.name = "init",
     .type = RISE_P_FILE,
     .flags = RISE_PARAM_OPTIONAL,
     .help = "weights to begin with (.safetensors), in place of random ones"},
    {0}};

static rise_status check_vit(rise_ctx *ctx, rise_error *err) {
    bool target = rise_connected(ctx, "target"), init = rise_param_set(ctx, "init");
    int64_t epochs = rise_param_int(ctx, "epochs");
    int64_t embedding = rise_param_int(ctx, "embedding"), heads = rise_param_int(ctx, "heads");
    rise_check_output(ctx, "predictions", target ? RISE_TABLE : RISE_TENSOR);
    if (embedding % heads != 0) {
        rise_fail_param(ctx, err, "heads", "%lld heads cannot share an embedding of %lld",
                        (long long)heads, (long long)embedding);
        return rise_hint(err, "heads must divide embedding");
    }
    if (!target && epochs > 0) {
        rise_fail_param(ctx, err, "epochs", "%lld epochs of training, but no target is connected",
                        (long long)epochs);
        return rise_hint(err, "connect `target`, or give `init` and `epochs: 0` to predict only");
    }
    if (epochs > 0 && rise_param_set(ctx, "until") && rise_param_int(ctx, "until") > epochs) {
        rise_fail_param(ctx, err, "until", "epoch %lld is past the last of %lld epochs",
                        (long long)rise_param_int(ctx, "until"), (long long)epochs);
        return rise_hint(err, "raise `epochs`, or leave `until` out");
    }
    if (epochs == 0 && !init) {
        rise_fail_param(ctx, err, "epochs", "no epochs of training and no weights to use");
        return rise_hint(err, "give `init: FILE.safetensors`, or train");
    }
    return RISE_OK;
}

static rise_status whole_vit(rise_ctx *ctx, rise_error *err) {
    vit_run run;
    rise_status status = run_begin(ctx, &run, err);
    if (status == RISE_OK)
        status = run_train(&run, err);
    if (status == RISE_OK)
        status = run_results(&run, err);
    run_end(&run);
    return status;
}

const rise_node_type rise_node_vit = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "vit",
    .brief = "vision transformer over blocks of voxels: trains on energies, or predicts them",
    .version = 2,
    .in = inputs,
    .out = outputs,
    .params = params,
    .fingerprint = vit_numerics,
    .check = check_vit,
    .whole = whole_vit,
    .flags = RISE_NODE_SEES_MADE,
};

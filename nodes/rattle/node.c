/* rattle: every frame replaced by displaced copies of itself. The glue. */
#include <rise/node.h>

#include "rattle.h"

#include <math.h>

static const rise_port inputs[] = {{.name = "input",
                                    .kinds = RISE_KINDS(RISE_FRAMES),
                                    .mode = RISE_WHOLE,
                                    .help = "the frames to displace"},
                                   {0}};

static const rise_port outputs[] = {
    {.name = "frames",
     .kinds = RISE_KINDS(RISE_FRAMES),
     .mode = RISE_WHOLE,
     .help = "displaced copies in place of each original, in its order; originals are left out"},
    {0}};

static const rise_param params[] = {
    {.name = "copies",
     .type = RISE_P_INT,
     .def = "1",
     .min = 1,
     .max = 1000000,
     .help = "displaced copies of each frame"},
    {.name = "stdev",
     .type = RISE_P_REAL,
     .def = "0.01",
     .min = 0,
     .max = INFINITY,
     .unit = "Å",
     .flags = RISE_PARAM_OPEN_MAX,
     .help = "standard deviation of the displacement along each Cartesian axis"},
    {.name = "seed", .type = RISE_P_INT, .def = "0", .help = "of the displacements"},
    {0}};

static rise_status displace(rise_ctx *ctx, const rise_frames *in, size_t copies, rise_frame *frame,
                            rise_error *err) {
    double stdev = rise_param_real(ctx, "stdev");
    uint64_t seed = (uint64_t)rise_param_int(ctx, "seed");
    for (size_t f = 0; f < in->n_frames; f++) {
        const rise_frame *original = &in->frame[f];
        if (rise_cancelled(ctx)) {
            return rise_fail(err, RISE_E_INTERRUPTED, "interrupted at frame %zu", f);
        }
        for (size_t c = 0; c < copies; c++) {
            double(*moved)[3] = rise_scratch(ctx, (original->n_atoms + 1) * sizeof *moved);
            if (!moved) {
                return rise_fail_nomem(err, "displaced positions");
            }
            rattle_positions(original, seed, (uint32_t)c, stdev, moved);
            frame[f * copies + c] = *original;
            frame[f * copies + c].positions = (const double(*)[3])moved;
        }
    }
    return RISE_OK;
}

static rise_status rattle_whole(rise_ctx *ctx, rise_error *err) {
    const rise_frames *in = rise_value_frames(rise_input(ctx, "input"));
    size_t copies = (size_t)rise_param_int(ctx, "copies");
    rise_frame *frame = rise_scratch(ctx, (in->n_frames * copies + 1) * sizeof *frame);
    if (!frame) {
        return rise_fail_nomem(err, "displaced frames");
    }
    rise_status status = displace(ctx, in, copies, frame, err);
    if (status != RISE_OK) {
        return status;
    }
    rise_value *out = NULL;
    status = rise_frames_new(frame, in->n_frames * copies, &out, err);
    return status == RISE_OK ? rise_output(ctx, "frames", out, err) : status;
}

const rise_node_type rise_node_rattle = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "rattle",
    .brief = "displaced copies of frames, for tests of robustness",
    .version = 1,
    .in = inputs,
    .out = outputs,
    .params = params,
    .whole = rattle_whole,
};

/* vit/budget.c: what the memory leaves for workspaces. A training that it cannot hold is refused
 * before it begins. */
#include "run.h"

#include <math.h>

#define MIB 1048576.0

static double mebibytes(size_t bytes) {
    return ceil((double)bytes / MIB);
}

rise_status run_check_memory(vit_run *run, rise_error *err) {
    bool trains = run->settings.epochs > 0;
    const vit_need need =
        trains ? vit_train_need(&run->net, run->settings.batch, run->n_part[RUN_TRAIN])
               : vit_predict_need(&run->net);
    size_t voxels = run->n_frames * run->samples.volume * rise_dtype_size(run->samples.dtype);
    size_t state = 4 * run->net.n_params * sizeof(float); /* see vit_state */
    size_t budget = rise_memory(run->ctx);
    size_t all = voxels + state + need.weights + need.workspace + need.storing;
    if (all <= budget) {
        run->host.memory = budget - (all - need.workspace);
        return RISE_OK;
    }
    rise_fail_param(run->ctx, err, "comm_length",
                    "%s needs %.0f MiB (voxels of %zu frames %.1f, weights and gradients %.1f, one "
                    "workspace %.1f), but may take %.*f MiB",
                    trains ? "training" : "predicting", mebibytes(all), run->n_frames,
                    (double)voxels / MIB, (double)(state + need.weights) / MIB,
                    (double)need.workspace / MIB, budget < 10 * (size_t)MIB ? 2 : 0,
                    (double)budget / MIB);
    return rise_hint(err,
                     "the least that works: `memory: %.0f MiB` at this node, or --memory %.0fMiB; "
                     "other blocks, a smaller embedding or fewer layers need less",
                     mebibytes(all), mebibytes(all));
}

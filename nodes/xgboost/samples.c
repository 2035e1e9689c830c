/* Gathers the samples of each part from features, targets and split. Knows tensors, no trees. */
#include "job.h"

#include <math.h>
#include <string.h>

const char *job_part_name(size_t part) {
    static const char *const names[JOB_PARTS] = {"train", "validation", "test"};
    return names[part];
}

static rise_status check_shapes(rise_ctx *ctx, const rise_tensor *x, const rise_tensor *y,
                                const rise_tensor *split, rise_error *err) {
    size_t n = rise_frame_count(ctx);
    if (x->rank != 2 || x->offsets || x->dim[0].size != n) {
        return rise_fail(err, RISE_E_DATA,
                         "input: a tensor of rank %d with %zu rows, expected [frame, feature] of "
                         "%zu frames",
                         x->rank, x->rank ? x->dim[0].size : 0, n);
    }
    if (y->rank != 1 || y->dim[0].size != n || split->rank != 1 || split->dim[0].size != n) {
        return rise_fail(err, RISE_E_DATA, "%zu targets and %zu split parts for %zu frames",
                         rise_tensor_count(y), rise_tensor_count(split), n);
    }
    if (split->dtype != RISE_I32) {
        return rise_fail(err, RISE_E_DATA, "split: %s, expected i32 from a node of type split",
                         rise_dtype_name(split->dtype));
    }
    if (strcmp(split->unit, "fold") == 0) {
        rise_fail(err, RISE_E_DATA, "split: numbers of folds, expected parts");
        return rise_hint(err, "connect a split node without folds");
    }
    return RISE_OK;
}

static rise_status read_targets(job *j, const rise_tensor *y, rise_error *err) {
    j->target = rise_scratch(j->ctx, (j->n_frames + 1) * sizeof *j->target);
    if (!j->target) {
        return rise_fail_nomem(err, "targets");
    }
    for (size_t f = 0; f < j->n_frames; f++) {
        j->target[f] = rise_tensor_number(y, f);
        if (!isfinite(j->target[f])) {
            return rise_fail(err, RISE_E_DATA, "target of frame %zu (%s) is not a finite number", f,
                             rise_frame_name(j->ctx, f));
        }
        if (j->split[f] < 0 || j->split[f] >= JOB_PARTS) {
            return rise_fail(err, RISE_E_DATA,
                             "split: frame %zu has part %d, expected 0 (training), 1 (validation) "
                             "or 2 (test)",
                             f, (int)j->split[f]);
        }
    }
    return RISE_OK;
}

static rise_status gather_row(const job *j, const rise_tensor *x, size_t f, float *row,
                              rise_error *err) {
    for (size_t k = 0; k < j->n_features; k++) {
        row[k] = (float)rise_tensor_number(x, f * j->n_features + k);
        if (!isfinite(row[k])) {
            return rise_fail(err, RISE_E_DATA,
                             "input: feature %zu of frame %zu (%s) is not a finite number", k, f,
                             rise_frame_name(j->ctx, f));
        }
    }
    return RISE_OK;
}

static rise_status gather(job *j, const rise_tensor *x, int32_t part, rise_error *err) {
    size_t n = 0;
    for (size_t f = 0; f < j->n_frames; f++) {
        n += j->split[f] == part;
    }
    size_t *frame = rise_scratch(j->ctx, (n + 1) * sizeof *frame);
    double *target = rise_scratch(j->ctx, (n + 1) * sizeof *target);
    float *row = rise_scratch(j->ctx, (n * j->n_features + 1) * sizeof *row);
    j->predicted[part] = rise_scratch(j->ctx, (n + 1) * sizeof *target);
    if (!frame || !target || !row || !j->predicted[part]) {
        return rise_fail_nomem(err, "samples");
    }
    j->frame[part] = frame;
    j->part[part] = (booster_samples){n, j->n_features, row, target};
    for (size_t f = 0, at = 0; f < j->n_frames; f++) {
        if (j->split[f] == part) {
            rise_status status = gather_row(j, x, f, row + at * j->n_features, err);
            if (status != RISE_OK) {
                return status;
            }
            target[at] = j->target[f];
            frame[at++] = f;
        }
    }
    return RISE_OK;
}

rise_status job_prepare(job *j, rise_error *err) {
    const rise_tensor *x = rise_value_tensor(rise_input(j->ctx, "input"));
    const rise_tensor *y = rise_value_tensor(rise_input(j->ctx, "target"));
    const rise_tensor *split = rise_value_tensor(rise_input(j->ctx, "split"));
    rise_status status = check_shapes(j->ctx, x, y, split, err);
    if (status != RISE_OK) {
        return status;
    }
    j->n_frames = rise_frame_count(j->ctx);
    j->n_features = x->dim[1].size;
    j->split = split->data;
    j->unit = y->unit[0] ? y->unit : "eV";
    status = read_targets(j, y, err);
    for (int32_t part = 0; status == RISE_OK && part < JOB_PARTS; part++) {
        status = gather(j, x, part, err);
        if (status == RISE_OK && part < 2 && j->part[part].n_samples == 0) {
            rise_fail(err, RISE_E_DATA, "no %s samples among %zu frames",
                      job_part_name((size_t)part), j->n_frames);
            status = rise_hint(err, "more frames, or other ratios in the split node");
        }
    }
    return status;
}

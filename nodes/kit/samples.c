/* Gathers samples from features, targets and a split. Knows tensors, no models. */
#include "kit/samples.h"

#include <math.h>
#include <string.h>

const char *samples_part_name(size_t part) {
    static const char *const names[SAMPLES_PARTS] = {"train", "validation", "test"};
    return names[part];
}

static rise_status check_shapes(size_t n, const rise_tensor *x, const rise_tensor *y,
                                const rise_tensor *split, rise_error *err) {
    if (x->rank < 2 || x->offsets || x->dim[0].size != n) {
        rise_fail(err, RISE_E_DATA,
                  "input: a tensor of rank %d with %zu rows, expected [frame, feature] of %zu "
                  "frames",
                  x->rank, x->rank ? x->dim[0].size : 0, n);
        return rise_hint(err,
                         "one row of features for each frame, such as ule-cluster.frequencies");
    }
    if (y->rank != 1 || y->dim[0].size != n || split->rank != 1 || split->dim[0].size != n) {
        rise_fail(err, RISE_E_DATA, "%zu targets and %zu split parts for %zu frames",
                  rise_tensor_count(y), rise_tensor_count(split), n);
        return rise_hint(err, "one of each per frame: take all inputs from the same frames");
    }
    if (split->dtype != RISE_I32) {
        rise_fail(err, RISE_E_DATA, "split: %s, expected i32", rise_dtype_name(split->dtype));
        return rise_hint(err, "connect a node of type split");
    }
    return RISE_OK;
}

static rise_status check_parts(const samples *s, rise_error *err) {
    for (size_t f = 0; f < s->n_frames; f++) {
        if (s->split[f] < 0 || (!s->folds && s->split[f] >= SAMPLES_PARTS)) {
            rise_fail(err, RISE_E_DATA,
                      "split: frame %zu has part %d, expected 0 (training), 1 (validation) or 2 "
                      "(test)",
                      f, (int)s->split[f]);
            return rise_hint(err, "connect a node of type split");
        }
    }
    return RISE_OK;
}

static rise_status count_models(samples *s, rise_error *err) {
    s->n_models = 1;
    if (!s->folds) {
        return RISE_OK;
    }
    for (size_t f = 0; f < s->n_frames; f++) {
        size_t fold = (size_t)s->split[f] + 1;
        s->n_models = fold > s->n_models ? fold : s->n_models;
    }
    if (s->n_models < 3) {
        rise_fail(err, RISE_E_DATA,
                  "split: %zu folds, but one tests, one validates and the others train",
                  s->n_models);
        return rise_hint(err, "folds: 3 or more in the split node, or a ratio");
    }
    return RISE_OK;
}

static rise_status read_targets(rise_ctx *ctx, samples *s, const rise_tensor *y, rise_error *err) {
    double *target = rise_scratch(ctx, (s->n_frames + 1) * sizeof *target);
    if (!target) {
        return rise_fail_nomem(err, "targets");
    }
    for (size_t f = 0; f < s->n_frames; f++) {
        target[f] = rise_tensor_number(y, f);
        if (!isfinite(target[f])) {
            rise_fail(err, RISE_E_DATA, "target of frame %zu (%s) is not a finite number", f,
                      rise_frame_name(ctx, f));
            return rise_hint(err, "mend the file of labels, or leave the frame out");
        }
    }
    s->target = target;
    return RISE_OK;
}

static rise_status check_features(rise_ctx *ctx, const samples *s, rise_error *err) {
    for (size_t f = 0; f < s->n_frames; f++) {
        for (size_t k = 0; k < s->n_features; k++) {
            if (!isfinite((float)rise_tensor_number(s->x, f * s->n_features + k))) {
                rise_fail(err, RISE_E_DATA,
                          "input: feature %zu of frame %zu (%s) is not a finite number", k, f,
                          rise_frame_name(ctx, f));
                return rise_hint(err, "features must be numbers of float32, below 3.4e38 in size");
            }
        }
    }
    return RISE_OK;
}

static size_t part_of(const samples *s, size_t model, size_t frame) {
    size_t number = (size_t)s->split[frame];
    if (!s->folds) {
        return number;
    }
    if (number == model) {
        return SAMPLES_TEST;
    }
    return number == (model + 1) % s->n_models ? SAMPLES_VALIDATION : SAMPLES_TRAIN;
}

static rise_status check_sizes(const samples *s, rise_error *err) {
    for (size_t model = 0; model < s->n_models; model++) {
        size_t n[SAMPLES_PARTS] = {0};
        for (size_t f = 0; f < s->n_frames; f++) {
            n[part_of(s, model, f)]++;
        }
        for (size_t part = 0; part <= SAMPLES_VALIDATION; part++) {
            if (n[part] == 0) {
                rise_fail(err, RISE_E_DATA, "no %s samples among %zu frames",
                          samples_part_name(part), s->n_frames);
                return rise_hint(err, s->folds ? "more frames, or fewer folds in the split node"
                                               : "more frames, or other ratios in the split node");
            }
        }
    }
    return RISE_OK;
}

rise_status samples_read(rise_ctx *ctx, samples *s, rise_error *err) {
    const rise_tensor *x = rise_value_tensor(rise_input(ctx, "input"));
    const rise_tensor *y = rise_value_tensor(rise_input(ctx, "target"));
    const rise_tensor *split = rise_value_tensor(rise_input(ctx, "split"));
    rise_status status = check_shapes(rise_frame_count(ctx), x, y, split, err);
    if (status != RISE_OK) {
        return status;
    }
    size_t n_features = 1;
    for (int d = 1; d < x->rank; d++) {
        n_features *= x->dim[d].size;
    }
    *s = (samples){.n_frames = rise_frame_count(ctx),
                   .n_features = n_features,
                   .coords = x->rank == 2 ? x->dim[1].coords : NULL,
                   .folds = strcmp(split->unit, "fold") == 0,
                   .x = x,
                   .split = split->data,
                   .unit = y->unit[0] ? y->unit : "eV"};
    status = read_targets(ctx, s, y, err);
    status = status == RISE_OK ? check_parts(s, err) : status;
    status = status == RISE_OK ? check_features(ctx, s, err) : status;
    status = status == RISE_OK ? count_models(s, err) : status;
    return status == RISE_OK ? check_sizes(s, err) : status;
}

rise_status samples_parts(rise_ctx *ctx, const samples *s, size_t model,
                          samples_part part[SAMPLES_PARTS], rise_error *err) {
    for (size_t p = 0; p < SAMPLES_PARTS; p++) {
        size_t n = 0;
        for (size_t f = 0; f < s->n_frames; f++) {
            n += part_of(s, model, f) == p;
        }
        part[p] = (samples_part){.frame = rise_scratch(ctx, (n + 1) * sizeof *part->frame),
                                 .target = rise_scratch(ctx, (n + 1) * sizeof *part->target),
                                 .predicted = rise_scratch(ctx, (n + 1) * sizeof *part->predicted)};
        if (!part[p].frame || !part[p].target || !part[p].predicted) {
            return rise_fail_nomem(err, "samples");
        }
    }
    for (size_t f = 0; f < s->n_frames; f++) {
        samples_part *p = &part[part_of(s, model, f)];
        p->frame[p->n] = f;
        p->target[p->n++] = s->target[f];
    }
    return RISE_OK;
}

void samples_rows_f32(const samples *s, const size_t *frame, size_t n, float *row) {
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < s->n_features; k++) {
            *row++ = (float)rise_tensor_number(s->x, frame[i] * s->n_features + k);
        }
    }
}

void samples_rows_f64(const samples *s, const size_t *frame, size_t n, double *row) {
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < s->n_features; k++) {
            *row++ = rise_tensor_number(s->x, frame[i] * s->n_features + k);
        }
    }
}

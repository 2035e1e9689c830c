/* split: which frames train, validate and test. The glue; the ranking is in split.c.
 *
 * Only the ids of the frames are read, never their atoms. */
#include <rise/node.h>

#include "split.h"

#include "kit/texts.h"

#include <math.h>
#include <string.h>

static const rise_port inputs[] = {
    {.name = "input",
     .kinds = RISE_KINDS(RISE_FRAMES),
     .mode = RISE_WHOLE,
     .help = "the frames to deal out"},
    {.name = "group",
     .kinds = RISE_KINDS(RISE_TENSOR) | RISE_KINDS(RISE_TABLE),
     .mode = RISE_WHOLE,
     .shape = "[frame]",
     .flags = RISE_PORT_OPTIONAL,
     .help = "label of each frame: the ratios hold within every group (a table: column `group`)"},
    {0}};

static const rise_port outputs[] = {
    {.name = "parts",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_WHOLE,
     .dtype = RISE_I32,
     .shape = "[frame]",
     .help = "0 training, 1 validation, 2 test; with folds: number of the fold, unit `fold`"},
    {0}};

static const rise_param params[] = {
    {.name = "ratio",
     .type = RISE_P_REALS,
     .def = "[3, 1, 1]",
     .min = 0,
     .max = INFINITY,
     .help = "shares of training, validation and test"},
    {.name = "folds",
     .type = RISE_P_INT,
     .def = "0",
     .min = 0,
     .max = 1000,
     .help =
         "deal into this many equal folds instead (0: by ratio), for out-of-fold predictions of "
         "every frame: 3 or more where a model needs validation"},
    {.name = "seed", .type = RISE_P_INT, .def = "0", .help = "another seed, another ranking"},
    {0}};

static const char RATIO_HINT[] = "training, validation, test, as in [3, 1, 1]";

static rise_status split_check(rise_ctx *ctx, rise_error *err) {
    size_t n = rise_param_count(ctx, "ratio");
    if (n != 3) {
        rise_fail_param(ctx, err, "ratio", "ratio has %zu values, expected 3", n);
        return rise_hint(err, "%s", RATIO_HINT);
    }
    double total = 0;
    for (size_t i = 0; i < n; i++) {
        double share = rise_param_real_at(ctx, "ratio", i);
        if (!isfinite(share)) {
            rise_fail_param(ctx, err, "ratio", "ratio %zu is not a finite number", i + 1);
            return rise_hint(err, "%s", RATIO_HINT);
        }
        total += share;
    }
    if (!(total > 0 && isfinite(total))) {
        rise_fail_param(ctx, err, "ratio", "the ratios sum to %g, expected a positive number",
                        total);
        return rise_hint(err, "%s", RATIO_HINT);
    }
    if (rise_param_int(ctx, "folds") == 1) {
        rise_fail_param(ctx, err, "folds", "one fold leaves nothing to predict out of fold");
        return rise_hint(err, "0 (no folds), or 2 and more");
    }
    return RISE_OK;
}

/* -0 and 0 are one group. */
static int64_t label_of_real(double real) {
    int64_t label = 0;
    real += 0.0;
    memcpy(&label, &real, sizeof label);
    return label;
}

static rise_status labels_of_table(rise_ctx *ctx, const rise_table *table, size_t n, int64_t *label,
                                   rise_error *err) {
    const rise_column *column = rise_table_find(table, "group");
    if (!column || table->n_rows != n) {
        rise_fail(err, RISE_E_DATA, "group: a table of %zu rows %s, but there are %zu frames",
                  table->n_rows, column ? "with" : "without a column `group`", n);
        return rise_hint(err, "one row per frame, labels in the column `group`");
    }
    if (column->text) {
        const char **different = rise_scratch(ctx, (n + 1) * sizeof *different);
        if (!different) {
            return rise_fail_nomem(err, "group labels");
        }
        texts_rank(column->text, n, different, label);
        return RISE_OK;
    }
    for (size_t f = 0; f < n; f++) {
        if (column->i64) {
            label[f] = column->i64[f];
        } else {
            label[f] = label_of_real(column->f64[f]);
        }
    }
    return RISE_OK;
}

static rise_status labels_of_tensor(const rise_tensor *tensor, size_t n, int64_t *label,
                                    rise_error *err) {
    if (tensor->rank != 1 || tensor->dim[0].size != n) {
        rise_fail(err, RISE_E_DATA, "group: %zu labels of rank %d for %zu frames",
                  rise_tensor_count(tensor), tensor->rank, n);
        return rise_hint(err, "one label per frame, in a tensor [frame]");
    }
    for (size_t f = 0; f < n; f++) {
        switch (tensor->dtype) {
        case RISE_I32:
            label[f] = ((const int32_t *)tensor->data)[f];
            break;
        case RISE_I64:
            label[f] = ((const int64_t *)tensor->data)[f];
            break;
        case RISE_U8:
            label[f] = ((const uint8_t *)tensor->data)[f];
            break;
        case RISE_F32:
        case RISE_F64:
            label[f] = label_of_real(rise_tensor_number(tensor, f));
            break;
        case RISE_TEXT:
            return rise_fail(err, RISE_E_BUG, "group: a tensor of texts");
        }
    }
    return RISE_OK;
}

static rise_status read_groups(rise_ctx *ctx, size_t n, const int64_t **group, rise_error *err) {
    const rise_value *value = rise_input(ctx, "group");
    if (!value) {
        *group = NULL;
        return RISE_OK;
    }
    int64_t *label = rise_scratch(ctx, (n ? n : 1) * sizeof *label);
    if (!label) {
        return rise_fail_nomem(err, "group labels");
    }
    *group = label;
    return rise_value_kind(value) == RISE_TABLE
               ? labels_of_table(ctx, rise_value_table(value), n, label, err)
               : labels_of_tensor(rise_value_tensor(value), n, label, err);
}

static void warn_of_empty(rise_ctx *ctx, const int32_t *part, size_t n, const double *weight,
                          size_t n_parts, bool folds) {
    static const char *const names[] = {"training", "validation", "test"};
    for (size_t p = 0; p < n_parts; p++) {
        size_t f = 0;
        while (f < n && (size_t)part[f] != p) {
            f++;
        }
        if (f < n || weight[p] <= 0) {
            continue;
        }
        if (folds) {
            rise_warn(ctx, "fold %zu is empty: too few frames", p);
        } else {
            rise_warn(ctx, "no frame falls to %s: too few frames, or groups too small", names[p]);
        }
    }
}

static rise_status split_whole(rise_ctx *ctx, rise_error *err) {
    size_t n = rise_frame_count(ctx);
    size_t folds = (size_t)rise_param_int(ctx, "folds");
    size_t n_parts = folds ? folds : 3;
    if (folds > n) {
        rise_fail_param(ctx, err, "folds", "%zu folds, but only %zu frames", folds, n);
        return rise_hint(err, "at most as many folds as frames");
    }
    double *weight = rise_scratch(ctx, n_parts * sizeof *weight);
    if (!weight) {
        return rise_fail_nomem(err, "shares");
    }
    for (size_t p = 0; p < n_parts; p++) {
        weight[p] = folds ? 1.0 : rise_param_real_at(ctx, "ratio", p);
    }
    const int64_t *group = NULL;
    rise_status status = read_groups(ctx, n, &group, err);
    if (status != RISE_OK) {
        return status;
    }
    rise_value *value = NULL;
    void *data = NULL;
    const rise_dim dim = {.name = "frame", .size = n};
    /* The unit tells fold numbers from parts, so that nobody trains on "part 0" of five folds. */
    status = rise_tensor_new(RISE_I32, 1, &dim, folds ? "fold" : "", &value, &data, err);
    if (status != RISE_OK) {
        return status;
    }
    const split_rule rule = {rise_param_int(ctx, "seed"), weight, n_parts, folds > 0};
    status = split_assign(rise_frame_ids(ctx), group, n, &rule, data, err);
    if (status != RISE_OK) {
        rise_value_release(value);
        return status;
    }
    warn_of_empty(ctx, data, n, weight, n_parts, folds > 0);
    return rise_output(ctx, "parts", value, err);
}

const rise_node_type rise_node_split = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "split",
    .brief = "deals frames into training, validation and test parts, or into folds",
    .version = 2,
    .in = inputs,
    .out = outputs,
    .params = params,
    .check = split_check,
    .whole = split_whole,
};

/* Node `ule-cluster`: finds the unique local environments of a stream of atom vectors. Glue only;
 * the rule is in cluster.c, the geometry in kit/leaders. */
#include "cluster.h"

#include <rise/node.h>

#include <stdlib.h>
#include <string.h>

static const rise_port in[] = {
    {.name = "input",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_STREAM,
     .shape = "[frame, atom, feature]",
     .help = "vector of every atom; only its direction counts"},
    {.name = "split",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_WHOLE,
     .shape = "[frame]",
     .flags = RISE_PORT_OPTIONAL,
     .help = "part of every frame; only part 0, the training frames, is searched. No folds: "
             "leaders never see the target"},
    {0}};

static const rise_port out[] = {
    {.name = "leaders",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_WHOLE,
     .shape = "[leader, feature]",
     .help = "vectors of the leading atoms as they came, in the order found; the coordinate of "
             "every leader is the threshold"},
    {.name = "origins",
     .kinds = RISE_KINDS(RISE_TABLE),
     .mode = RISE_WHOLE,
     .help = "where each leader was found: leader, frame (position in the data set), atom"},
    {.name = "summary",
     .kinds = RISE_KINDS(RISE_TABLE),
     .mode = RISE_WHOLE,
     .help = "one row: leaders (how many there are), frames (how many were searched)"},
    {0}};

static const rise_param params[] = {
    {.name = "threshold",
     .type = RISE_P_REAL,
     .def = "0.83",
     .min = 0,
     .max = 1,
     .flags = RISE_PARAM_OPEN_MIN | RISE_PARAM_OPEN_MAX,
     .help = "similarity 1 - sqrt(1 - p.q) of unit vectors above which two environments are one"},
    {.name = "fraction",
     .type = RISE_P_REAL,
     .def = "0.4",
     .min = 0,
     .max = 1,
     .flags = RISE_PARAM_OPEN_MIN,
     .help = "share of the (training) frames that is searched"},
    {.name = "order",
     .type = RISE_P_CHOICE,
     .def = "shuffled",
     .choices = "shuffled|given",
     .help = "order of the frames; atoms always come in the order of the file"},
    {.name = "seed", .type = RISE_P_INT, .def = "0", .help = "of the shuffled order"},
    {0}};

/* ---- host of cluster.c ----------------------------------------------------------------------- */
static rise_status draw(void *user, const size_t *frame, size_t n, rise_frame_tile_fn fn,
                        void *fn_user, rise_error *err) {
    return rise_stream_frames(user, "input", frame, n, fn, fn_user, err);
}

static bool is_cancelled(void *user) {
    return rise_cancelled(user);
}

static void tell(void *user, size_t n_frames, size_t n_all, size_t n_leaders) {
    rise_progress(user, (double)n_frames, (double)n_all, "%zu leaders", n_leaders);
}

/* ---- inputs ---------------------------------------------------------------------------------- */
/* NULL in *part: not connected. */
static rise_status read_split(rise_ctx *ctx, size_t n_frames, int32_t **part, rise_error *err) {
    *part = NULL;
    if (!rise_connected(ctx, "split")) {
        return RISE_OK;
    }
    const rise_tensor *t = rise_value_tensor(rise_input(ctx, "split"));
    if (!t || t->rank != 1 || t->dim[0].size != n_frames) {
        rise_fail(err, RISE_E_DATA, "split has not one number for each of the %zu frames",
                  n_frames);
        return rise_hint(err, "take a `split` of the same frames");
    }
    if (t->dtype != RISE_I32 && t->dtype != RISE_I64 && t->dtype != RISE_U8) {
        return rise_fail(err, RISE_E_DATA, "split holds %s, expected integers (0: training)",
                         rise_dtype_name(t->dtype));
    }
    if (strcmp(t->unit, "fold") == 0) {
        rise_fail(
            err, RISE_E_DATA,
            "split numbers folds, which all train in turn; no part of it is the training part");
        return rise_hint(err, "leaders never see the target: leave `split` out, and all frames are "
                              "searched");
    }
    *part = rise_scratch(ctx, (n_frames ? n_frames : 1) * sizeof **part);
    if (!*part) {
        return rise_fail_nomem(err, "split");
    }
    for (size_t f = 0; f < n_frames; f++) {
        int64_t value = t->dtype == RISE_I32   ? ((const int32_t *)t->data)[f]
                        : t->dtype == RISE_I64 ? ((const int64_t *)t->data)[f]
                                               : ((const uint8_t *)t->data)[f];
        (*part)[f] = value == 0 ? 0 : 1;
    }
    return RISE_OK;
}

static rise_status find_order(rise_ctx *ctx, size_t **order, size_t *n_order, rise_error *err) {
    size_t n_frames = rise_frame_count(ctx);
    int32_t *part;
    rise_status status = read_split(ctx, n_frames, &part, err);
    if (status != RISE_OK) {
        return status;
    }
    *order = rise_scratch(ctx, (n_frames ? n_frames : 1) * sizeof **order);
    if (!*order) {
        return rise_fail_nomem(err, "order of frames");
    }
    bool shuffled = rise_param_text(ctx, "order")[0] == 's';
    status = cluster_order(rise_frame_ids(ctx), part, n_frames, rise_param_real(ctx, "fraction"),
                           shuffled, rise_param_int(ctx, "seed"), *order, n_order, err);
    if (status == RISE_OK && *n_order == 0) {
        rise_fail(err, RISE_E_DATA,
                  part ? "none of the %zu frames is in part 0 (training) of split"
                       : "%zu frames to search",
                  n_frames);
        status = rise_hint(err, part ? "raise the first number of its `ratio`"
                                     : "give the reader files with frames");
    }
    return status;
}

/* ---- outputs --------------------------------------------------------------------------------- */
static rise_status put_leaders(rise_ctx *ctx, const cluster_result *found, double threshold,
                               rise_error *err) {
    size_t n = leaders_count(found->set), n_features = leaders_features(found->set);
    double *coords = rise_scratch(ctx, n * sizeof *coords);
    if (!coords) {
        return rise_fail_nomem(err, "leaders");
    }
    for (size_t i = 0; i < n; i++) {
        coords[i] = threshold;
    }
    const rise_dim dim[] = {{.name = "leader", .size = n, .coords = coords},
                            {.name = "feature", .size = n_features}};
    rise_value *value;
    void *data;
    rise_status status = rise_tensor_new(found->dtype, 2, dim, "", &value, &data, err);
    if (status != RISE_OK) {
        return status;
    }
    for (size_t i = 0; i < n; i++) {
        const double *x = leaders_vector(found->set, i);
        for (size_t k = 0; k < n_features; k++) {
            if (found->dtype == RISE_F32) {
                ((float *)data)[i * n_features + k] = (float)x[k]; /* exact: it was one */
            } else {
                ((double *)data)[i * n_features + k] = x[k];
            }
        }
    }
    if (rise_made(ctx, "input")[0]) { /* those who compare others with them can tell if they may */
        status = rise_tensor_set_note(value, rise_made(ctx, "input"), err);
    }
    if (status != RISE_OK) {
        rise_value_release(value);
        return status;
    }
    return rise_output(ctx, "leaders", value, err);
}

static rise_status put_origins(rise_ctx *ctx, const cluster_result *found, rise_error *err) {
    static const rise_column column[] = {{.name = "leader", .dtype = RISE_I64},
                                         {.name = "frame", .dtype = RISE_I64},
                                         {.name = "atom", .dtype = RISE_I64}};
    size_t n = leaders_count(found->set);
    rise_value *table;
    rise_status status = rise_table_new(column, 3, n, &table, err);
    if (status != RISE_OK) {
        return status;
    }
    for (size_t i = 0; i < n; i++) {
        rise_table_i64(table, 0)[i] = (int64_t)i;
        rise_table_i64(table, 1)[i] = (int64_t)found->origin[i].frame;
        rise_table_i64(table, 2)[i] = (int64_t)found->origin[i].atom;
    }
    return rise_output(ctx, "origins", table, err);
}

static rise_status put_summary(rise_ctx *ctx, size_t n_leaders, size_t n_frames, rise_error *err) {
    static const rise_column column[] = {{.name = "leaders", .dtype = RISE_I64},
                                         {.name = "frames", .dtype = RISE_I64}};
    rise_value *table;
    rise_status status = rise_table_new(column, 2, 1, &table, err);
    if (status != RISE_OK) {
        return status;
    }
    rise_table_i64(table, 0)[0] = (int64_t)n_leaders;
    rise_table_i64(table, 1)[0] = (int64_t)n_frames;
    return rise_output(ctx, "summary", table, err);
}

static rise_status whole(rise_ctx *ctx, rise_error *err) {
    size_t *order, n_order;
    rise_status status = find_order(ctx, &order, &n_order, err);
    if (status != RISE_OK) {
        return status;
    }
    const cluster_host host = {
        .user = ctx, .draw = draw, .cancelled = is_cancelled, .progress = tell};
    double threshold = rise_param_real(ctx, "threshold");
    cluster_result found = {0};
    status = cluster_run(&host, leaders_limit(threshold), order, n_order, &found, err);
    if (status == RISE_OK) {
        status = put_leaders(ctx, &found, threshold, err);
    }
    if (status == RISE_OK) {
        status = put_origins(ctx, &found, err);
    }
    if (status == RISE_OK) {
        status = put_summary(ctx, leaders_count(found.set), n_order, err);
    }
    cluster_free(&found);
    return status;
}

const rise_node_type rise_node_ule_cluster = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "ule-cluster",
    .brief = "unique local environments: leaders of the atom vectors by similarity",
    .version = 3,
    .in = in,
    .out = out,
    .params = params,
    .whole = whole,
    .flags = RISE_NODE_SEES_MADE};

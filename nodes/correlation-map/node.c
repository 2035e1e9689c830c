/* correlation-map: do models of different reach look at the same places? The glue: which frames all
 * points share, which points have a place at all. The mathematics is in correlation.c. */
#include <rise/node.h>

#include "correlation.h"
#include "kit/match.h"
#include "kit/statistics.h"

#include <math.h>
#include <string.h>

static const rise_port inputs[] = {
    {.name = "input",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_WHOLE,
     .shape = "[frame, xyz]",
     .flags = RISE_PORT_OVER,
     .help = "the most important region of each frame (Å, with the boxes), over one axis"},
    {0}};

static const rise_port outputs[] = {
    {.name = "map",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_WHOLE,
     .dtype = RISE_F64,
     .shape = "[i, j]",
     .help = "mean distance of the regions of i and j over half the longest body diagonal; "
             "coordinates: the axis. Blocks as large as the box have no place and are left out"},
    {.name = "error",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_WHOLE,
     .dtype = RISE_F64,
     .shape = "[i, j]",
     .help =
         "standard error of each cell of the map: standard deviation of its mean over bootstrap "
         "resamples of the frames, the same resamples for all cells; 0 with one frame alone"},
    {0}};

static const rise_param params[] = {
    {.name = "resamples",
     .type = RISE_P_INT,
     .def = "1000",
     .min = 2,
     .max = 100000,
     .help = "of the frames, drawn with replacement, for the errors"},
    {.name = "seed",
     .type = RISE_P_INT,
     .def = "0",
     .min = 0,
     .max = 9007199254740992,
     .help = "of the resamples"},
    {0}};

/* The points that take part. */
typedef struct job {
    rise_ctx *ctx;
    size_t n_points;
    size_t *point;             /* [n_points], their places in the port */
    const rise_tensor **value; /* [n_points], f64 or f32 */
    const rise_id **ids;       /* [n_points] */
    size_t *n_ids;             /* [n_points] */
    size_t *rows;              /* (point, common frame), stride n_ids[0] */
    size_t n_common;
    size_t axis;
    bool numeric;     /* the axis has numbers */
    double *distance; /* (pair, common frame) */
    size_t n_pairs;
} job;

static rise_status check_value(const rise_tensor *t, size_t n_frames, const char *where,
                               rise_error *err) {
    bool real = t->dtype == RISE_F32 || t->dtype == RISE_F64;
    if (t->rank != 2 || t->offsets || t->dim[1].size != 3 || !real || t->dim[0].size != n_frames) {
        rise_fail(err, RISE_E_DATA,
                  "input of %s: expected regions [frame, xyz] of %zu frames, found rank %d", where,
                  n_frames, t->rank);
        return rise_hint(err, "connect `regions` of nodes of type ig");
    }
    if (!t->cell || t->n_cells != n_frames) {
        rise_fail(err, RISE_E_DATA, "input of %s: %zu boxes for %zu frames", where, t->n_cells,
                  n_frames);
        return rise_hint(err, "regions need the boxes they live in; the node ig gives them");
    }
    return RISE_OK;
}

/* A block that fills the box has no place: the node ig writes NaN for it, or, where a value must be
 * finite, the middle of the box for every frame. */
static bool has_place(const rise_tensor *t) {
    bool centred = true;
    for (size_t f = 0; f < t->dim[0].size; f++) {
        const rise_cell *cell = &t->cell[f];
        double off = 0;
        for (size_t k = 0; k < 3; k++) {
            double x = rise_tensor_number(t, 3 * f + k);
            if (!isfinite(x)) {
                return false;
            }
            double middle = (cell->vector[0][k] + cell->vector[1][k] + cell->vector[2][k]) / 2;
            off = fmax(off, fabs(x - middle));
        }
        centred = centred && off < 1e-5 * correlation_half_diagonal(cell);
    }
    return !(centred && t->dim[0].size > 1);
}

static rise_status read_points(job *j, rise_error *err) {
    size_t n = rise_over_count(j->ctx, "input");
    j->point = rise_scratch(j->ctx, (n + 1) * sizeof *j->point);
    j->value = rise_scratch(j->ctx, (n + 1) * sizeof *j->value);
    j->ids = rise_scratch(j->ctx, (n + 1) * sizeof *j->ids);
    j->n_ids = rise_scratch(j->ctx, (n + 1) * sizeof *j->n_ids);
    if (!j->point || !j->value || !j->ids || !j->n_ids) {
        return rise_fail_nomem(err, "regions");
    }
    for (size_t i = 0; i < n; i++) {
        const rise_point *p = rise_over_point(j->ctx, "input", i);
        const rise_tensor *t = rise_value_tensor(rise_over_input(j->ctx, "input", i));
        const rise_id *ids = NULL;
        size_t n_ids = rise_over_frames(j->ctx, "input", i, &ids);
        rise_status status = check_value(t, n_ids, p->reference, err);
        if (status != RISE_OK) {
            return status;
        }
        if (!has_place(t)) {
            rise_warn(j->ctx, "%s = %s left out of the map: its block fills the box",
                      p->n_axes ? p->axis[j->axis] : "point",
                      p->n_axes ? p->text[j->axis] : p->reference);
            continue;
        }
        j->point[j->n_points] = i;
        j->value[j->n_points] = t;
        j->ids[j->n_points] = ids;
        j->n_ids[j->n_points++] = n_ids;
    }
    return RISE_OK;
}

/* One axis with several values; more would need more than two indices. */
static rise_status find_axis(job *j, rise_error *err) {
    size_t n = rise_over_count(j->ctx, "input");
    if (n == 0) {
        rise_fail(err, RISE_E_DATA, "input: no regions");
        return rise_hint(err, "connect `regions` of nodes of type ig");
    }
    const rise_point *p = rise_over_point(j->ctx, "input", 0);
    size_t wide = 0;
    for (size_t a = 0; a < p->n_axes; a++) {
        if (p->size[a] > 1) {
            j->axis = wide++ ? j->axis : a;
        }
    }
    if (wide > 1 && p->size[j->axis] != n) {
        rise_fail(err, RISE_E_DATA, "input: %zu axes at once, a map has one", wide);
        return rise_hint(err, "name one in `over`");
    }
    j->numeric = p->n_axes > 0;
    for (size_t i = 0; i < n && j->numeric; i++) {
        j->numeric = isfinite(rise_over_point(j->ctx, "input", i)->number[j->axis]);
    }
    return RISE_OK;
}

static rise_status match_frames(job *j, rise_error *err) {
    if (j->n_points == 0) {
        rise_fail(err, RISE_E_DATA, "input: no point has regions with a place in the box");
        return rise_hint(err, "one length of the axis at least must be shorter than the box");
    }
    j->rows = rise_scratch(j->ctx, (j->n_points * j->n_ids[0] + 1) * sizeof *j->rows);
    if (!j->rows) {
        return rise_fail_nomem(err, "frames");
    }
    rise_status status = match_ids(j->ids, j->n_ids, j->n_points, j->rows, &j->n_common, err);
    if (status == RISE_OK && j->n_common == 0) {
        rise_fail(err, RISE_E_DATA, "input: the %zu points have no frame in common", j->n_points);
        status = rise_hint(err, "take the regions of the same frames at every point");
    }
    return status;
}

static rise_status measure(job *j, rise_error *err) {
    size_t n = j->n_common;
    j->n_pairs = correlation_pairs(j->n_points);
    double *region = rise_scratch(j->ctx, j->n_points * n * 3 * sizeof *region);
    rise_cell *cell = rise_scratch(j->ctx, n * sizeof *cell);
    j->distance = rise_scratch(j->ctx, (j->n_pairs * n + 1) * sizeof *j->distance);
    if (!region || !cell || !j->distance) {
        return rise_fail_nomem(err, "regions");
    }
    for (size_t i = 0; i < j->n_points; i++) {
        const size_t *row = j->rows + i * j->n_ids[0];
        for (size_t s = 0; s < n; s++) {
            for (size_t k = 0; k < 3; k++) {
                region[3 * (i * n + s) + k] = rise_tensor_number(j->value[i], 3 * row[s] + k);
            }
        }
    }
    for (size_t s = 0; s < n; s++) {
        cell[s] = j->value[0]->cell[j->rows[s]];
    }
    return correlation_distances(region, cell, j->n_points, n, j->distance, err);
}

/* ---- errors ---------------------------------------------------------------------------------- */
enum { CHUNKS = 64 }; /* calls of the parallel loop at most, whatever the threads */

typedef struct bootstrap {
    const job *j;
    uint64_t seed;
    size_t n_resamples, chunk; /* resamples of one call */
    size_t *item;              /* (chunk, common frame) */
    double *mean;              /* (resample, pair) */
} bootstrap;

static rise_status draw_chunk(void *user, size_t chunk, rise_error *err) {
    const bootstrap *b = user;
    const job *j = b->j;
    size_t *item = b->item + chunk * j->n_common;
    size_t first = chunk * b->chunk, rest = b->n_resamples - first;
    size_t end = first + (b->chunk < rest ? b->chunk : rest);
    for (size_t k = first; k < end; k++) {
        if (rise_cancelled(j->ctx)) {
            return rise_fail(err, RISE_E_INTERRUPTED, "interrupted");
        }
        statistics_bootstrap(b->seed, 0, (uint32_t)k, j->n_common, item);
        correlation_resampled(j->distance, j->n_pairs, j->n_common, item, b->mean + k * j->n_pairs);
    }
    return RISE_OK;
}

static rise_status find_errors(job *j, double *matrix, rise_error *err) {
    bootstrap b = {.j = j,
                   .seed = (uint64_t)rise_param_int(j->ctx, "seed"),
                   .n_resamples = (size_t)rise_param_int(j->ctx, "resamples")};
    b.chunk = (b.n_resamples + CHUNKS - 1) / CHUNKS;
    size_t n_chunks = (b.n_resamples + b.chunk - 1) / b.chunk;
    if (j->n_common < 2) {
        rise_warn(j->ctx, "errors of the map are 0: the points have one frame in common, a "
                          "bootstrap needs two");
        return RISE_OK; /* new tensors are zero */
    }
    double *error = rise_scratch(j->ctx, (j->n_pairs + 1) * sizeof *error);
    b.mean = rise_scratch(j->ctx, (b.n_resamples * j->n_pairs + 1) * sizeof *b.mean);
    b.item = rise_scratch(j->ctx, n_chunks * j->n_common * sizeof *b.item);
    if (!error || !b.mean || !b.item) {
        return rise_fail_nomem(err, "resamples");
    }
    rise_status status = rise_parallel(j->ctx, n_chunks, draw_chunk, &b, err);
    if (status == RISE_OK) {
        correlation_deviation(b.mean, j->n_pairs, b.n_resamples, error);
        correlation_spread(error, j->n_points, matrix);
    }
    return status;
}

/* ---- outputs --------------------------------------------------------------------------------- */
static rise_status new_matrix(job *j, rise_value **value, double **data, rise_error *err) {
    double *coords = rise_scratch(j->ctx, j->n_points * sizeof *coords);
    if (!coords) {
        return rise_fail_nomem(err, "coordinates");
    }
    for (size_t i = 0; i < j->n_points; i++) {
        coords[i] = j->numeric ? rise_over_point(j->ctx, "input", j->point[i])->number[j->axis] : 0;
    }
    const rise_dim dim[2] = {
        {.name = "i", .size = j->n_points, .coords = j->numeric ? coords : NULL},
        {.name = "j", .size = j->n_points, .coords = j->numeric ? coords : NULL}};
    void *place = NULL;
    rise_status status = rise_tensor_new(RISE_F64, 2, dim, "", value, &place, err);
    *data = place;
    return status;
}

static rise_status put_map(job *j, rise_error *err) {
    rise_value *value = NULL;
    double *map = NULL;
    rise_status status = new_matrix(j, &value, &map, err);
    if (status != RISE_OK) {
        return status;
    }
    correlation_map(j->distance, j->n_points, j->n_common, map);
    return rise_output(j->ctx, "map", value, err);
}

static rise_status put_errors(job *j, rise_error *err) {
    rise_value *value = NULL;
    double *matrix = NULL;
    rise_status status = new_matrix(j, &value, &matrix, err);
    if (status != RISE_OK) {
        return status;
    }
    status = find_errors(j, matrix, err);
    if (status != RISE_OK) {
        rise_value_release(value);
        return status;
    }
    return rise_output(j->ctx, "error", value, err);
}

static rise_status correlation_whole(rise_ctx *ctx, rise_error *err) {
    job j = {.ctx = ctx};
    rise_status status = find_axis(&j, err);
    if (status == RISE_OK) {
        status = read_points(&j, err);
    }
    if (status == RISE_OK) {
        status = match_frames(&j, err);
    }
    if (status == RISE_OK) {
        status = measure(&j, err);
    }
    if (status == RISE_OK) {
        status = put_map(&j, err);
    }
    if (status == RISE_OK && rise_wanted(ctx, "error")) {
        status = put_errors(&j, err);
    }
    return status;
}

const rise_node_type rise_node_correlation_map = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "correlation-map",
    .brief = "how far apart the most important regions of different models lie",
    .version = 2,
    .in = inputs,
    .out = outputs,
    .params = params,
    .whole = correlation_whole,
};

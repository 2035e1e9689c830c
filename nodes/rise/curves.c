/* Reads predictions, leaders and S2 over axes into curves over lengths. Knows ports and tables,
 * decides nothing. */
#include "curves.h"

#include "kit/match.h"
#include "kit/statistics.h"

#include <math.h>
#include <string.h>

/* ---- the grid of a port ---------------------------------------------------------------------- */

static bool numeric_axis(rise_ctx *ctx, const char *port, size_t n, size_t axis) {
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(rise_over_point(ctx, port, i)->number[axis])) {
            return false;
        }
    }
    return true;
}

/* The first numeric axis with several values, else the first numeric one. */
static bool find_length_axis(rise_ctx *ctx, const char *port, size_t n, size_t *axis) {
    const rise_point *p = rise_over_point(ctx, port, 0);
    bool found = false;
    for (size_t a = 0; a < p->n_axes; a++) {
        if (!numeric_axis(ctx, port, n, a)) {
            continue;
        }
        if (p->size[a] > 1) {
            *axis = a;
            return true;
        }
        if (!found) {
            *axis = a;
            found = true;
        }
    }
    return found;
}

/* Where a point stands among the axes other than `axis`; *n_seeds: how many such places. */
static size_t seed_place(const rise_point *p, size_t axis, size_t *n_seeds) {
    size_t place = 0;
    *n_seeds = 1;
    for (size_t a = 0; a < p->n_axes; a++) {
        if (a != axis) {
            place = place * p->size[a] + p->index[a];
            *n_seeds *= p->size[a];
        }
    }
    return place;
}

/* Lengths ascending, points (length, seed) along with them; insertion, as there are few lengths. */
static void sort_lengths(curves_grid *g) {
    for (size_t i = 1; i < g->n_lengths; i++) {
        for (size_t j = i; j > 0 && g->length[j] < g->length[j - 1]; j--) {
            double length = g->length[j];
            g->length[j] = g->length[j - 1];
            g->length[j - 1] = length;
            for (size_t k = 0; k < g->n_seeds; k++) {
                size_t *a = &g->point[j * g->n_seeds + k], *b = a - g->n_seeds, point = *a;
                *a = *b;
                *b = point;
            }
        }
    }
}

rise_status curves_grid_read(rise_ctx *ctx, const char *port, curves_grid *g, rise_error *err) {
    size_t n = rise_over_count(ctx, port), axis = 0;
    *g = (curves_grid){.port = port};
    if (n == 0 || !find_length_axis(ctx, port, n, &axis)) {
        rise_fail(err, RISE_E_DATA, "%s: no axis of lengths", port);
        return rise_hint(err, "connect a node that depends on an axis of numbers, such as $r_cut");
    }
    const rise_point *first = rise_over_point(ctx, port, 0);
    seed_place(first, axis, &g->n_seeds);
    g->axis = first->axis[axis];
    g->n_lengths = first->size[axis];
    if (g->n_lengths * g->n_seeds != n) {
        rise_fail(err, RISE_E_DATA, "%s: %zu points are not a grid of %zu lengths and %zu seeds",
                  port, n, g->n_lengths, g->n_seeds);
        return rise_hint(err, "axes that run together with the lengths belong into `over` of "
                              "another verdict");
    }
    g->length = rise_scratch(ctx, g->n_lengths * sizeof *g->length);
    g->point = rise_scratch(ctx, n * sizeof *g->point);
    if (!g->length || !g->point) {
        return rise_fail_nomem(err, "grid of points");
    }
    for (size_t i = 0; i < n; i++) {
        const rise_point *p = rise_over_point(ctx, port, i);
        size_t n_seeds, seed = seed_place(p, axis, &n_seeds);
        g->length[p->index[axis]] = p->number[axis];
        g->point[p->index[axis] * g->n_seeds + seed] = i;
    }
    sort_lengths(g);
    return RISE_OK;
}

/* ---- predictions ----------------------------------------------------------------------------- */

/* The test rows of one point. */
typedef struct points {
    size_t n;
    rise_id *id;
    double *target, *predicted;
} points;

typedef struct columns {
    const rise_column *frame, *part, *target, *predicted;
} columns;

static rise_status find_columns(const rise_table *t, const char *port, columns *c,
                                rise_error *err) {
    *c = (columns){rise_table_find(t, "frame"), rise_table_find(t, "part"),
                   rise_table_find(t, "target"), rise_table_find(t, "predicted")};
    if (!c->frame || !c->frame->i64 || !c->part || !c->part->text || !c->target ||
        !c->target->f64 || !c->predicted || !c->predicted->f64) {
        rise_fail(err, RISE_E_DATA, "%s: a table without frame, part, target and predicted", port);
        return rise_hint(err, "connect the `predictions` of xgboost or of a trained vit");
    }
    return RISE_OK;
}

/* Identity of a row: the frame's id where the engine knows it, else its number. */
static rise_id identity(const rise_id *ids, size_t n_ids, int64_t frame) {
    rise_id id = {{0}};
    if (frame >= 0 && (size_t)frame < n_ids) {
        return ids[frame];
    }
    memcpy(id.byte, &frame, sizeof frame);
    return id;
}

static rise_status read_point(rise_ctx *ctx, const char *port, size_t i, bool by_id, points *p,
                              rise_error *err) {
    const rise_table *t = rise_value_table(rise_over_input(ctx, port, i));
    const rise_id *ids = NULL;
    size_t n_ids = by_id ? rise_over_frames(ctx, port, i, &ids) : 0;
    columns c;
    rise_status status = find_columns(t, port, &c, err);
    if (status != RISE_OK) {
        return status;
    }
    p->id = rise_scratch(ctx, (t->n_rows + 1) * sizeof *p->id);
    p->target = rise_scratch(ctx, (t->n_rows + 1) * sizeof *p->target);
    p->predicted = rise_scratch(ctx, (t->n_rows + 1) * sizeof *p->predicted);
    if (!p->id || !p->target || !p->predicted) {
        return rise_fail_nomem(err, "predictions");
    }
    p->n = 0;
    for (size_t r = 0; r < t->n_rows; r++) {
        if (strcmp(c.part->text[r], "test") == 0) {
            p->id[p->n] = identity(ids, n_ids, c.frame->i64[r]);
            p->target[p->n] = c.target->f64[r];
            p->predicted[p->n++] = c.predicted->f64[r];
        }
    }
    return RISE_OK;
}

/* Ids serve only if every table of every port has them. */
static bool ids_everywhere(rise_ctx *ctx, const curves_grid *const grid[2]) {
    for (int g = 0; g < 2; g++) {
        size_t n = rise_over_count(ctx, grid[g]->port);
        for (size_t i = 0; i < n; i++) {
            const rise_table *t = rise_value_table(rise_over_input(ctx, grid[g]->port, i));
            const rise_column *frame = rise_table_find(t, "frame");
            const rise_id *ids = NULL;
            size_t n_ids = rise_over_frames(ctx, grid[g]->port, i, &ids);
            for (size_t r = 0; frame && frame->i64 && r < t->n_rows; r++) {
                if (frame->i64[r] < 0 || (size_t)frame->i64[r] >= n_ids) {
                    return false;
                }
            }
        }
    }
    return true;
}

/* Squares of one curve; lists first .. of rows are its points in the order (length, seed). */
static rise_status fill_curve(rise_ctx *ctx, const curves_grid *g, const points *point,
                              const points *reference, const size_t *rows, size_t first,
                              size_t stride, size_t n, verdict_curve *curve, rise_error *err) {
    size_t n_points = g->n_lengths * g->n_seeds;
    double *square = rise_scratch(ctx, (n_points * n + 1) * sizeof *square);
    if (!square) {
        return rise_fail_nomem(err, "squared errors");
    }
    for (size_t i = 0; i < n_points; i++) {
        const size_t *row = rows + (first + i) * stride;
        for (size_t s = 0; s < n; s++) {
            double t = point[i].target[row[s]], t0 = reference->target[rows[s]];
            double miss = t - point[i].predicted[row[s]];
            /* float32 on the way of a target is no other target */
            if (!(fabs(t - t0) <= 1e-6 * fmax(1, fabs(t0)))) {
                rise_fail(err, RISE_E_DATA,
                          "%s: the target of a test frame is %.9g here and %.9g elsewhere", g->port,
                          t, t0);
                return rise_hint(err, "both models must predict the same label");
            }
            square[i * n + s] = miss * miss;
        }
    }
    double mean = 0, variance = 0;
    for (size_t s = 0; s < n; s++) {
        mean += reference->target[rows[s]] / (double)n;
    }
    for (size_t s = 0; s < n; s++) {
        double d = reference->target[rows[s]] - mean;
        variance += d * d / (double)n;
    }
    *curve = (verdict_curve){g->n_lengths, g->n_seeds, g->length, square, sqrt(variance)};
    return RISE_OK;
}

/* A column `length`, if there is one, says the physical length that a model really used. */
static rise_status physical_lengths(rise_ctx *ctx, curves_grid *g, rise_error *err) {
    for (size_t l = 0; l < g->n_lengths; l++) {
        for (size_t k = 0; k < g->n_seeds; k++) {
            size_t i = g->point[l * g->n_seeds + k];
            const rise_table *t = rise_value_table(rise_over_input(ctx, g->port, i));
            const rise_column *length = rise_table_find(t, "length");
            if (!length || !length->f64 || t->n_rows == 0) {
                return RISE_OK;
            }
            if (k > 0 && length->f64[0] != g->length[l]) {
                return rise_fail(err, RISE_E_DATA, "%s: lengths %.6g and %.6g Å at one point",
                                 g->port, g->length[l], length->f64[0]);
            }
            g->length[l] = length->f64[0];
        }
    }
    sort_lengths(g);
    for (size_t l = 1; l < g->n_lengths; l++) {
        if (g->length[l] == g->length[l - 1]) {
            rise_fail(err, RISE_E_DATA, "%s: two values of the axis give the same length, %.6g Å",
                      g->port, g->length[l]);
            return rise_hint(err,
                             "a block is a whole number of patches: leave one of the values out");
        }
    }
    return RISE_OK;
}

rise_status curves_read(rise_ctx *ctx, curves_grid *reductionist, curves_grid *emergentist,
                        verdict_curve curve[2], size_t *n_samples, rise_error *err) {
    curves_grid *const grid[2] = {reductionist, emergentist};
    const size_t n_points[2] = {reductionist->n_lengths * reductionist->n_seeds,
                                emergentist->n_lengths * emergentist->n_seeds};
    size_t n_lists = n_points[0] + n_points[1], list = 0;
    points *point = rise_scratch(ctx, n_lists * sizeof *point);
    const rise_id **ids = rise_scratch(ctx, n_lists * sizeof *ids);
    size_t *n_ids = rise_scratch(ctx, n_lists * sizeof *n_ids);
    if (!point || !ids || !n_ids) {
        return rise_fail_nomem(err, "predictions");
    }
    bool by_id = ids_everywhere(ctx, (const curves_grid *const[2]){reductionist, emergentist});
    rise_status status = RISE_OK;
    for (int g = 0; g < 2; g++) {
        status = physical_lengths(ctx, grid[g], err);
        for (size_t i = 0; status == RISE_OK && i < n_points[g]; i++, list++) {
            status = read_point(ctx, grid[g]->port, grid[g]->point[i], by_id, &point[list], err);
            ids[list] = point[list].id;
            n_ids[list] = point[list].n;
        }
        if (status != RISE_OK) {
            return status;
        }
    }
    size_t *rows = rise_scratch(ctx, (n_lists * n_ids[0] + 1) * sizeof *rows);
    if (!rows) {
        return rise_fail_nomem(err, "test samples");
    }
    status = match_ids(ids, n_ids, n_lists, rows, n_samples, err);
    if (status == RISE_OK && *n_samples == 0) {
        rise_fail(err, RISE_E_DATA, "no test sample is predicted at every point of both curves");
        status = rise_hint(err, "give both models the same split, with a test part");
    }
    if (status == RISE_OK && *n_samples < n_ids[0]) {
        rise_warn(ctx, "%zu of %zu test samples are not predicted at every point and left out",
                  n_ids[0] - *n_samples, n_ids[0]);
    }
    for (size_t g = 0, first = 0; status == RISE_OK && g < 2; first += n_points[g++]) {
        status = fill_curve(ctx, grid[g], point + first, &point[0], rows, first, n_ids[0],
                            *n_samples, &curve[g], err);
    }
    return status;
}

/* ---- leaders and S2 -------------------------------------------------------------------------- */

typedef rise_status (*measure)(const rise_value *value, const char *port, double *x,
                               rise_error *err);

static rise_status mean_over_seeds(rise_ctx *ctx, const curves_grid *g, measure fn, double *series,
                                   rise_error *err) {
    for (size_t l = 0; l < g->n_lengths; l++) {
        series[l] = 0;
        for (size_t k = 0; k < g->n_seeds; k++) {
            double x = 0;
            size_t i = g->point[l * g->n_seeds + k];
            rise_status status = fn(rise_over_input(ctx, g->port, i), g->port, &x, err);
            if (status != RISE_OK) {
                return status;
            }
            series[l] += x / (double)g->n_seeds;
        }
    }
    return RISE_OK;
}

static rise_status count_leaders(const rise_value *value, const char *port, double *x,
                                 rise_error *err) {
    const rise_tensor *t = rise_value_tensor(value);
    const rise_table *table = rise_value_table(value);
    if (!table && (!t || t->rank < 1)) {
        return rise_fail(err, RISE_E_DATA, "%s: expected leaders, one row each", port);
    }
    *x = (double)(table ? table->n_rows : t->dim[0].size);
    return RISE_OK;
}

static void widen(double x, double *min, double *max) {
    *min = fmin(*min, x);
    *max = fmax(*max, x);
}

/* Groups of a table without members, and atoms without a leader (-1), are no environments. */
static void range_of_table(const rise_table *t, const rise_column *mean, double *min, double *max) {
    const rise_column *n = rise_table_find(t, "n"), *group = rise_table_find(t, "group");
    for (size_t r = 0; r < t->n_rows; r++) {
        bool empty = n && n->i64 && n->i64[r] <= 0;
        bool unmatched = (group && group->i64 && group->i64[r] < 0) ||
                         (group && group->f64 && group->f64[r] < 0);
        if (!empty && !unmatched && isfinite(mean->f64[r])) {
            widen(mean->f64[r], min, max);
        }
    }
}

static rise_status range_of_s2(const rise_value *value, const char *port, double *x,
                               rise_error *err) {
    const rise_tensor *t = rise_value_tensor(value);
    const rise_table *table = rise_value_table(value);
    const rise_column *mean = table ? rise_table_find(table, "mean") : NULL;
    double min = INFINITY, max = -INFINITY;
    if (mean && mean->f64) {
        range_of_table(table, mean, &min, &max);
    } else if (t && (t->dtype == RISE_F32 || t->dtype == RISE_F64)) {
        size_t n = rise_tensor_count(t);
        for (size_t i = 0; i < n; i++) {
            widen(rise_tensor_number(t, i), &min, &max);
        }
    } else {
        rise_fail(err, RISE_E_DATA, "%s: expected S2 of each environment", port);
        return rise_hint(err, "a table of the node statistics (column `mean`), or a real tensor");
    }
    *x = max > min ? max - min : 0;
    return RISE_OK;
}

rise_status curves_leaders(rise_ctx *ctx, const curves_grid *g, double *series, rise_error *err) {
    return mean_over_seeds(ctx, g, count_leaders, series, err);
}

rise_status curves_s2(rise_ctx *ctx, const curves_grid *g, double *series, rise_error *err) {
    return mean_over_seeds(ctx, g, range_of_s2, series, err);
}

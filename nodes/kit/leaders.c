/* The set of leaders and its exact answers. Takes intervals from the screening (leaders_screen.c)
 * and settles what they leave open in float64. Knows nothing of frames or nodes. */
#include "leaders_inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double leaders_limit(double threshold) {
    return 1 - (1 - threshold) * (1 - threshold);
}

double leaders_similarity(double dot) {
    return 1 - sqrt(dot < 1 ? 1 - dot : 0);
}

rise_status leaders_new(size_t n_features, double limit, leaders **out, rise_error *err) {
    leaders *set = n_features > 0 ? calloc(1, sizeof *set) : NULL;
    if (!set) {
        return n_features > 0 ? rise_fail_nomem(err, "leaders")
                              : rise_fail(err, RISE_E_DATA, "vectors without features");
    }
    set->n_features = n_features;
    set->n_padded = (n_features + LEADERS_LANES - 1) / LEADERS_LANES * LEADERS_LANES;
    set->limit = limit;
    set->kernel = leaders_kernels_pick();
    *out = set;
    return RISE_OK;
}

void leaders_free(leaders *set) {
    if (set) {
        free(set->vector);
        free(set->norm);
        free(set->direction);
        free(set->screen);
        free(set->residual);
        free(set);
    }
}

size_t leaders_count(const leaders *set) {
    return set->count;
}

size_t leaders_features(const leaders *set) {
    return set->n_features;
}

const double *leaders_vector(const leaders *set, size_t leader) {
    return set->vector + leader * set->n_padded;
}

/* ---- growth ---------------------------------------------------------------------------------- */
/* A larger zeroed copy, 64-byte aligned. */
static bool regrow(void *array, size_t old_bytes, size_t new_bytes) {
    void *old, *new = aligned_alloc(64, (new_bytes + 63) / 64 * 64);
    if (!new) {
        return false;
    }
    memcpy(&old, array, sizeof old);
    if (old_bytes > 0) {
        memcpy(new, old, old_bytes);
    }
    memset((char *)new + old_bytes, 0, new_bytes - old_bytes);
    free(old);
    memcpy(array, &new, sizeof new);
    return true;
}

static rise_status reserve(leaders *set, rise_error *err) {
    if (set->count < set->capacity) {
        return RISE_OK;
    }
    size_t was = set->capacity, will = was ? 2 * was : 4 * LEADERS_PANEL;
    size_t row = set->n_padded * sizeof(double), screen = (set->n_directions + 1) * sizeof(float);
    if (will > SIZE_MAX / 2 / row || !regrow(&set->vector, was * row, will * row) ||
        !regrow(&set->norm, was * sizeof(double), will * sizeof(double)) ||
        !regrow(&set->screen, was * screen, will * screen) ||
        !regrow(&set->residual, was * sizeof(float), will * sizeof(float))) {
        return rise_fail_nomem(err, "leaders");
    }
    set->capacity = will;
    return RISE_OK;
}

static rise_status add(leaders *set, const rise_tile *tile, size_t row, double norm,
                       leaders_work *w, rise_error *err) {
    rise_status status = reserve(set, err);
    if (status != RISE_OK) {
        return status;
    }
    leaders_widen(set, tile, row, set->vector + set->count * set->n_padded);
    set->norm[set->count] = norm;
    leaders_screen_one(set, set->count, w);
    set->count++;
    return RISE_OK;
}

/* Also refuses norms whose products would overflow or vanish. */
static bool norm_is_good(double norm) {
    return norm > 1e-150 && norm < 1e150;
}

static double norm_of_row(const leaders *set, const rise_tile *tile, size_t row, double *wide) {
    leaders_widen(set, tile, row, wide);
    return sqrt(set->kernel->dot(set->n_padded, wide, wide));
}

rise_status leaders_take(leaders *set, const rise_tile *tile, size_t *bad, rise_error *err) {
    void *work = aligned_alloc(64, leaders_work_bytes(set));
    if (!work) {
        return rise_fail_nomem(err, "leaders");
    }
    leaders_work w = leaders_work_carve(set, work);
    rise_status status = RISE_OK;
    *bad = tile->n_rows;
    for (size_t r = 0; r < tile->n_rows && status == RISE_OK; r++) {
        double norm = norm_of_row(set, tile, r, w.wide);
        if (!norm_is_good(norm)) {
            *bad = r;
            status = rise_fail(err, RISE_E_DATA, "leader %zu is zero or not finite", r);
        } else {
            status = add(set, tile, r, norm, &w, err);
        }
    }
    free(work);
    return status;
}

/* ---- one row against one leader -------------------------------------------------------------- */
/* The row of a tile under examination, widened when it is first needed. */
typedef struct row_view {
    const leaders *set;
    const rise_tile *tile;
    size_t row;
    double norm;
    double *wide;
    bool widened;
} row_view;

static double row_dot(row_view *v, size_t leader) {
    if (!v->widened) {
        leaders_widen(v->set, v->tile, v->row, v->wide);
        v->widened = true;
    }
    double sum = v->set->kernel->dot(v->set->n_padded, v->wide, leaders_vector(v->set, leader));
    return sum / (v->norm * v->set->norm[leader]);
}

static size_t measure_rows(const leaders *set, const rise_tile *tile, leaders_work *w) {
    for (size_t r = 0; r < tile->n_rows; r++) {
        w->norm[r] = norm_of_row(set, tile, r, w->wide);
        if (!norm_is_good(w->norm[r])) {
            return r;
        }
    }
    return tile->n_rows;
}

/* ---- is any leader near? --------------------------------------------------------------------- */
/* Leaders that the bounds leave in doubt, the most promising first. `upper` is used up. */
static bool match_row(row_view *v, size_t first, float *upper, double residual) {
    const leaders *set = v->set;
    for (size_t j = first; j < set->count; j++) {
        double lower = (double)upper[j] - 2 * residual * (double)set->residual[j] - set->margin;
        if (lower > set->limit) {
            return true;
        }
    }
    for (;;) {
        size_t best = first;
        for (size_t j = first + 1; j < set->count; j++) {
            best = upper[j] > upper[best] ? j : best;
        }
        if ((double)upper[best] + set->margin <= set->limit) {
            return false;
        }
        if (row_dot(v, best) > set->limit) {
            return true;
        }
        upper[best] = -INFINITY;
    }
}

static void test_rows(const leaders *set, size_t first, const rise_tile *tile, leaders_work *w,
                      bool *matched) {
    memset(matched, 0, tile->n_rows * sizeof *matched);
    if (first >= set->count) {
        return;
    }
    size_t length = set->n_directions + 1, columns = leaders_columns(set);
    for (size_t at = 0; at < tile->n_rows; at += LEADERS_GROUP) {
        size_t left = tile->n_rows - at, n = left < LEADERS_GROUP ? left : LEADERS_GROUP;
        leaders_project(set, tile, w->norm, at, n, w);
        leaders_bound(set, first / LEADERS_PANEL, n, w);
        for (size_t r = 0; r < n; r++) {
            row_view v = {set, tile, at + r, w->norm[at + r], w->wide, false};
            double residual = (double)w->projected[r * length + length - 1];
            matched[at + r] = match_row(&v, first, w->upper + r * columns, residual);
        }
    }
}

size_t leaders_test(const leaders *set, size_t first, const rise_tile *tile, void *work,
                    bool *matched) {
    leaders_work w = leaders_work_carve(set, work);
    size_t good = measure_rows(set, tile, &w);
    if (good == tile->n_rows) {
        test_rows(set, first, tile, &w, matched);
    }
    return good;
}

rise_status leaders_absorb(leaders *set, size_t first, const rise_tile *tile, void *work,
                           size_t *made, size_t *n_made, size_t *bad, rise_error *err) {
    leaders_work w = leaders_work_carve(set, work);
    bool matched[LEADERS_TILE_ROWS];
    *n_made = 0;
    *bad = measure_rows(set, tile, &w);
    if (*bad < tile->n_rows) {
        return rise_fail(err, RISE_E_DATA, "row %zu has no direction", *bad);
    }
    test_rows(set, first, tile, &w, matched);
    /* What the leaders so far do not match competes with the leaders made on the way. */
    size_t before = set->count > first ? set->count : first;
    for (size_t r = 0; r < tile->n_rows; r++) {
        row_view v = {set, tile, r, w.norm[r], w.wide, false};
        for (size_t j = before; j < set->count && !matched[r]; j++) {
            matched[r] = row_dot(&v, j) > set->limit;
        }
        if (!matched[r]) {
            rise_status status = add(set, tile, r, w.norm[r], &w, err);
            if (status != RISE_OK) {
                return status;
            }
            made[(*n_made)++] = r;
        }
    }
    return RISE_OK;
}

/* ---- which leader is nearest? ---------------------------------------------------------------- */
/* The leader whose lower bound exceeds the limit (unless nearest) and every other upper bound. */
static bool certain_leader(const leaders *set, const float *upper, double residual, bool nearest,
                           size_t *leader) {
    size_t best = 0;
    for (size_t j = 1; j < set->count; j++) {
        best = upper[j] > upper[best] ? j : best;
    }
    float second = -INFINITY;
    for (size_t j = 0; j < set->count; j++) {
        second = j != best && upper[j] > second ? upper[j] : second;
    }
    double lower = (double)upper[best] - 2 * residual * (double)set->residual[best] - set->margin;
    *leader = best;
    return lower > (double)second + set->margin && (nearest || lower > set->limit);
}

/* Largest dot above `floor`, ties to the lowest leader; set->count when there is none. */
static size_t nearest_leader(row_view *v, float *upper, double floor, double *dot) {
    const leaders *set = v->set;
    size_t found = set->count;
    for (double best_dot = floor;;) {
        size_t best = 0;
        for (size_t j = 1; j < set->count; j++) {
            best = upper[j] > upper[best] ? j : best;
        }
        /* Below the best it cannot win; at the best it may tie and be the lower leader. */
        if (isinf(upper[best]) || (double)upper[best] + set->margin < best_dot) {
            *dot = best_dot;
            return found;
        }
        double d = row_dot(v, best);
        if (d > best_dot || (d == best_dot && found < set->count && best < found)) {
            best_dot = d;
            found = best;
        }
        upper[best] = -INFINITY;
    }
}

static int32_t assign_row(row_view *v, leaders_choice choice, float *upper, double residual,
                          double *dot) {
    const leaders *set = v->set;
    size_t leader;
    if (!choice.dots && certain_leader(set, upper, residual, choice.nearest, &leader)) {
        return (int32_t)leader;
    }
    bool all = choice.dots || choice.nearest;
    double best;
    leader = nearest_leader(v, upper, all ? -INFINITY : set->limit, &best);
    if (choice.dots) {
        *dot = best;
    }
    bool drop = leader == set->count || (!choice.nearest && !(best > set->limit));
    return drop ? -1 : (int32_t)leader;
}

size_t leaders_assign(const leaders *set, const rise_tile *tile, leaders_choice choice, void *work,
                      int32_t *label, double *dot) {
    leaders_work w = leaders_work_carve(set, work);
    size_t good = measure_rows(set, tile, &w);
    size_t length = set->n_directions + 1, columns = leaders_columns(set);
    for (size_t at = 0; at < good && good == tile->n_rows; at += LEADERS_GROUP) {
        size_t n = good - at < LEADERS_GROUP ? good - at : LEADERS_GROUP;
        leaders_project(set, tile, w.norm, at, n, &w);
        leaders_bound(set, 0, n, &w);
        for (size_t r = 0; r < n; r++) {
            row_view v = {set, tile, at + r, w.norm[at + r], w.wide, false};
            double residual = (double)w.projected[r * length + length - 1];
            label[at + r] = assign_row(&v, choice, w.upper + r * columns, residual,
                                       choice.dots ? &dot[at + r] : NULL);
        }
    }
    return good;
}

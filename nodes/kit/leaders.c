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
    if (n_features == 0 || n_features > UINT32_MAX) {
        return rise_fail(err, RISE_E_DATA, "vectors of %zu features", n_features);
    }
    leaders *set = calloc(1, sizeof *set);
    if (!set) {
        return rise_fail_nomem(err, "leaders");
    }
    set->n_features = n_features;
    set->n_padded = (n_features + LEADERS_LANES - 1) / LEADERS_LANES * LEADERS_LANES;
    set->limit = limit;
    set->kernel = leaders_kernels_pick();
    *out = set;
    return RISE_OK;
}

void leaders_level_free(leaders_level *level) {
    free(level->kept);
    free(level->direction);
    free(level->screen);
    free(level->residual);
}

void leaders_free(leaders *set) {
    if (set) {
        free(set->vector);
        free(set->norm);
        leaders_level_free(&set->few);
        leaders_level_free(&set->all);
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

static bool regrow_level(leaders_level *level, size_t was, size_t will) {
    size_t row = (level->n + 1) * sizeof *level->screen;
    return regrow(&level->screen, was * row, will * row) &&
           regrow(&level->residual, was * sizeof(float), will * sizeof(float));
}

static rise_status reserve(leaders *set, rise_error *err) {
    if (set->count < set->capacity) {
        return RISE_OK;
    }
    size_t was = set->capacity, will = was ? 2 * was : 4 * LEADERS_PANEL;
    size_t row = set->n_padded * sizeof(double);
    if (will > SIZE_MAX / 2 / row || !regrow(&set->vector, was * row, will * row) ||
        !regrow(&set->norm, was * sizeof(double), will * sizeof(double)) ||
        !regrow_level(&set->few, was, will) || !regrow_level(&set->all, was, will)) {
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
    leaders_screen(set, set->count, 1, w);
    set->count++;
    return RISE_OK;
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
        rise_tile one = *tile;
        one.n_rows = 1;
        one.rows = (const char *)tile->rows + r * tile->stride * rise_dtype_size(tile->dtype);
        double norm = leaders_norm(set, &one, 0, &w);
        if (!leaders_norm_is_good(norm)) {
            *bad = r;
            status = rise_fail(err, RISE_E_DATA, "leader %zu is zero or not finite", r);
        } else {
            status = add(set, &one, 0, norm, &w, err);
        }
    }
    free(work);
    return status;
}

/* ---- one row against one leader -------------------------------------------------------------- */
/* The row of a tile under examination, and what screening says of it. Widened when that is first
 * needed, into the scratch that all rows share. */
typedef struct row_view {
    const leaders *set;
    const leaders_level *level; /* that `upper` and `residual` are of */
    const rise_tile *tile;
    size_t row;
    leaders_work *w;
    float *upper;    /* by leader; used up */
    double residual; /* e of the row */
    bool widened;
} row_view;

static row_view view_of(const leaders *set, const leaders_level *level, const rise_tile *tile,
                        size_t row, size_t slot, leaders_work *w) {
    const float *projected = w->projected + slot * (level->n + 1);
    return (row_view){.set = set,
                      .level = level,
                      .tile = tile,
                      .row = row,
                      .w = w,
                      .upper = w->upper + slot * leaders_columns(set),
                      .residual = (double)projected[level->n]};
}

static double row_dot(row_view *v, size_t leader) {
    const leaders *set = v->set;
    if (!v->widened) {
        if (v->w->exact[v->row]) {
            leaders_widen(set, v->tile, v->row, v->w->wide);
        } else {
            leaders_norm(set, v->tile, v->row, v->w);
        }
        v->widened = true;
    }
    double sum = set->kernel->dot(set->n_padded, v->w->wide, leaders_vector(set, leader));
    return sum / (v->w->norm[v->row] * set->norm[leader]);
}

/* The most promising leader by `upper`, and the bound of the next. */
static size_t most_promising(const row_view *v, double *second) {
    float next;
    size_t best = v->set->kernel->largest(leaders_columns(v->set), v->upper, &next);
    *second = (double)next + v->level->margin;
    return best;
}

static double upper_of(const row_view *v, size_t leader) {
    return (double)v->upper[leader] + v->level->margin;
}

static double lower_of(const row_view *v, size_t leader) {
    return (double)v->upper[leader] - 2 * v->residual * (double)v->level->residual[leader] -
           v->level->margin;
}

/* ---- is any leader near? --------------------------------------------------------------------- */
typedef enum nearness { FAR, NEAR, IN_DOUBT } nearness;

/* By the bounds, and where they are not enough by the most promising leader. */
static nearness glance(row_view *v) {
    double second, limit = v->set->limit;
    size_t best = most_promising(v, &second);
    if (upper_of(v, best) <= limit) {
        return FAR;
    }
    if (lower_of(v, best) > limit || row_dot(v, best) > limit) {
        return NEAR;
    }
    return second <= limit ? FAR : IN_DOUBT;
}

/* Leaders that the bounds leave in doubt, the most promising first. */
static bool look_closely(row_view *v, size_t first) {
    for (size_t j = first; j < v->set->count; j++) {
        if (lower_of(v, j) > v->set->limit) {
            return true;
        }
    }
    for (;;) {
        double second;
        size_t best = most_promising(v, &second);
        if (upper_of(v, best) <= v->set->limit) {
            return false;
        }
        if (row_dot(v, best) > v->set->limit) {
            return true;
        }
        v->upper[best] = -INFINITY;
    }
}

/* The rows row[0..n-1] at one level; those left in doubt take their place. Returns how many. */
static size_t glance_at_rows(const leaders *set, size_t first, const rise_tile *tile, size_t *row,
                             size_t n, leaders_work *w, bool *matched) {
    size_t n_doubtful = 0;
    for (size_t at = 0; at < n; at += LEADERS_GROUP) {
        size_t n_group = n - at < LEADERS_GROUP ? n - at : LEADERS_GROUP;
        leaders_project(set, &set->few, tile, row + at, n_group, w);
        leaders_bound(set, &set->few, first, n_group, w);
        for (size_t i = 0; i < n_group; i++) {
            row_view v = view_of(set, &set->few, tile, row[at + i], i, w);
            nearness is = glance(&v);
            matched[v.row] = is == NEAR;
            if (is == IN_DOUBT) {
                row[n_doubtful++] = v.row;
            }
        }
    }
    return n_doubtful;
}

static void test_rows(const leaders *set, size_t first, const rise_tile *tile, leaders_work *w,
                      bool *matched) {
    memset(matched, 0, tile->n_rows * sizeof *matched);
    if (first >= set->count) {
        return;
    }
    size_t row[LEADERS_TILE_ROWS], n = tile->n_rows;
    for (size_t r = 0; r < n; r++) {
        row[r] = r;
    }
    n = glance_at_rows(set, first, tile, row, n, w, matched);
    for (size_t at = 0; at < n; at += LEADERS_GROUP) {
        size_t n_group = n - at < LEADERS_GROUP ? n - at : LEADERS_GROUP;
        leaders_project(set, &set->all, tile, row + at, n_group, w);
        leaders_bound(set, &set->all, first, n_group, w);
        for (size_t i = 0; i < n_group; i++) {
            row_view v = view_of(set, &set->all, tile, row[at + i], i, w);
            matched[v.row] = look_closely(&v, first);
        }
    }
}

size_t leaders_test(const leaders *set, size_t first, const rise_tile *tile, void *work,
                    bool *matched) {
    leaders_work w = leaders_work_carve(set, work);
    size_t good = leaders_measure(set, tile, &w);
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
    *bad = leaders_measure(set, tile, &w);
    if (*bad < tile->n_rows) {
        return rise_fail(err, RISE_E_DATA, "row %zu has no direction", *bad);
    }
    test_rows(set, first, tile, &w, matched);
    /* What the leaders so far do not match competes with the leaders made on the way. */
    size_t before = set->count > first ? set->count : first;
    for (size_t r = 0; r < tile->n_rows; r++) {
        row_view v = {.set = set, .tile = tile, .row = r, .w = &w};
        for (size_t j = before; j < set->count && !matched[r]; j++) {
            matched[r] = row_dot(&v, j) > set->limit;
        }
        if (!matched[r]) {
            double norm = w.exact[r] ? w.norm[r] : leaders_norm(set, tile, r, &w);
            rise_status status = add(set, tile, r, norm, &w, err);
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
static bool certain_leader(const row_view *v, bool nearest, size_t *leader) {
    double second;
    *leader = most_promising(v, &second);
    double lower = lower_of(v, *leader);
    return lower > second && (nearest || lower > v->set->limit);
}

/* Largest dot above `floor`, ties to the lowest leader; set->count when there is none. */
static size_t nearest_leader(row_view *v, double floor, double *dot) {
    size_t found = v->set->count;
    for (double best_dot = floor;;) {
        double second;
        size_t best = most_promising(v, &second);
        /* Below the best it cannot win; at the best it may tie and be the lower leader. */
        if (isinf(v->upper[best]) || upper_of(v, best) < best_dot) {
            *dot = best_dot;
            return found;
        }
        double d = row_dot(v, best);
        if (d > best_dot || (d == best_dot && found < v->set->count && best < found)) {
            best_dot = d;
            found = best;
        }
        v->upper[best] = -INFINITY;
    }
}

static int32_t assign_row(row_view *v, leaders_choice choice, double *dot) {
    const leaders *set = v->set;
    size_t leader;
    if (!choice.dots && certain_leader(v, choice.nearest, &leader)) {
        return (int32_t)leader;
    }
    bool all = choice.dots || choice.nearest;
    double best;
    leader = nearest_leader(v, all ? -INFINITY : set->limit, &best);
    if (choice.dots) {
        *dot = best;
    }
    bool drop = leader == set->count || (!choice.nearest && !(best > set->limit));
    return drop ? -1 : (int32_t)leader;
}

size_t leaders_assign(const leaders *set, const rise_tile *tile, leaders_choice choice, void *work,
                      int32_t *label, double *dot) {
    leaders_work w = leaders_work_carve(set, work);
    size_t good = leaders_measure(set, tile, &w), row[LEADERS_GROUP];
    for (size_t at = 0; at < good && good == tile->n_rows; at += LEADERS_GROUP) {
        size_t n = good - at < LEADERS_GROUP ? good - at : LEADERS_GROUP;
        for (size_t i = 0; i < n; i++) {
            row[i] = at + i;
        }
        leaders_project(set, &set->all, tile, row, n, &w);
        leaders_bound(set, &set->all, 0, n, &w);
        for (size_t i = 0; i < n; i++) {
            row_view v = view_of(set, &set->all, tile, at + i, i, &w);
            label[at + i] = assign_row(&v, choice, choice.dots ? &dot[at + i] : NULL);
        }
    }
    return good;
}

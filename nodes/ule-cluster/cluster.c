/* The sequential leader rule over batches of frames. Knows tiles, frame positions and sets of
 * leaders; not where rows come from. */
#include "cluster.h"

#include <stdlib.h>
#include <string.h>

/* Frames of the second, third, ... batch. Few while much is still unmatched; fixed, so that the
 * work is the same for any number of threads. */
static const size_t batch_sizes[] = {4, 8, 16, 32};
enum { N_BATCH_SIZES = 4, BATCH_MAX = 32 };

/* What remains of one frame of a batch. Only one thread at a time fills it. */
typedef struct slot {
    void *work;   /* scratch of leaders_* */
    void *rows;   /* [capacity][n_features], 64-byte aligned */
    size_t *atom; /* [capacity] */
    size_t n, capacity;
    bool overflowed; /* more remained than may be kept: the frame is drawn again */
} slot;

typedef struct cluster {
    const cluster_host *host;
    double limit;
    cluster_result *out;
    const size_t *frame; /* of the batch at work, by slot */
    slot *slots;         /* [BATCH_MAX] */
    size_t keep_rows;    /* of one slot */
} cluster;

/* Messages do not name the frame: whoever draws it knows its name better. */
static rise_status bad_vector(size_t atom, rise_error *err) {
    rise_fail(err, RISE_E_DATA,
              "the vector of atom %zu is zero or not finite; a similarity needs a direction", atom);
    return rise_hint(err, "look at that atom in the file; `soap` itself gives no such vectors");
}

static rise_status check_tile(const cluster *c, const rise_tile *tile, rise_error *err) {
    if (c->host->cancelled(c->host->user)) {
        return rise_fail(err, RISE_E_INTERRUPTED, "interrupted");
    }
    const cluster_result *out = c->out;
    if (out->set && (tile->n_columns != leaders_features(out->set) || tile->dtype != out->dtype)) {
        return rise_fail(err, RISE_E_DATA, "vectors of %zu features (%s) after %zu (%s)",
                         tile->n_columns, rise_dtype_name(tile->dtype), leaders_features(out->set),
                         rise_dtype_name(out->dtype));
    }
    if (tile->n_rows > LEADERS_TILE_ROWS) {
        return rise_fail(err, RISE_E_BUG, "a tile of %zu rows", tile->n_rows);
    }
    return RISE_OK;
}

/* ---- the rule -------------------------------------------------------------------------------- */
static rise_status note_origins(cluster_result *out, size_t frame, const size_t *atom,
                                const size_t *made, size_t n_made, rise_error *err) {
    size_t count = leaders_count(out->set);
    if (count > out->origin_capacity) {
        size_t capacity = 2 * count;
        cluster_origin *grown = realloc(out->origin, capacity * sizeof *grown);
        if (!grown) {
            return rise_fail_nomem(err, "origins of leaders");
        }
        out->origin = grown;
        out->origin_capacity = capacity;
    }
    for (size_t i = 0; i < n_made; i++) {
        out->origin[count - n_made + i] = (cluster_origin){frame, atom[made[i]]};
    }
    return RISE_OK;
}

/* Rows of one tile, atom[row], through the rule; leaders below `first` match none of them. */
static rise_status absorb(cluster *c, size_t frame, size_t first, const rise_tile *tile,
                          const size_t *atom, rise_error *err) {
    leaders *set = c->out->set;
    void *work = aligned_alloc(64, leaders_work_bytes(set));
    if (!work) {
        return rise_fail_nomem(err, "leaders");
    }
    size_t made[LEADERS_TILE_ROWS], n_made, bad = tile->n_rows;
    rise_status status = leaders_absorb(set, first, tile, work, made, &n_made, &bad, err);
    free(work);
    if (bad < tile->n_rows) {
        return bad_vector(atom[bad], err);
    }
    if (status == RISE_OK) {
        status = note_origins(c->out, frame, atom, made, n_made, err);
    }
    return status == RISE_OK ? leaders_refine(set, err) : status;
}

/* ---- a frame on its own ---------------------------------------------------------------------- */
static rise_status take_tile(void *user, size_t at, const rise_tile *tile, rise_error *err) {
    cluster *c = user;
    size_t frame = c->frame[at];
    rise_status status = check_tile(c, tile, err);
    if (status == RISE_OK && !c->out->set) {
        c->out->dtype = tile->dtype;
        status = leaders_new(tile->n_columns, c->limit, &c->out->set, err);
    }
    if (status != RISE_OK) {
        return status;
    }
    size_t atom[LEADERS_TILE_ROWS];
    for (size_t r = 0; r < tile->n_rows; r++) {
        atom[r] = tile->first_row + r;
    }
    return absorb(c, frame, 0, tile, atom, err);
}

static rise_status run_alone(cluster *c, const size_t *frame, rise_error *err) {
    c->frame = frame;
    return c->host->draw(c->host->user, frame, 1, take_tile, c, err);
}

/* ---- a batch --------------------------------------------------------------------------------- */
static rise_status keep_row(cluster *c, slot *s, const rise_tile *tile, size_t row,
                            rise_error *err) {
    size_t element = rise_dtype_size(tile->dtype), bytes = tile->n_columns * element;
    if (s->n == c->keep_rows) {
        s->overflowed = true;
        return RISE_OK;
    }
    if (s->n == s->capacity) {
        size_t capacity = s->capacity ? 2 * s->capacity : 16;
        void *rows = aligned_alloc(64, (capacity * bytes + 63) / 64 * 64);
        size_t *atom = realloc(s->atom, capacity * sizeof *atom);
        s->atom = atom ? atom : s->atom;
        if (!rows || !atom) {
            free(rows);
            return rise_fail_nomem(err, "unmatched rows");
        }
        if (s->n > 0) {
            memcpy(rows, s->rows, s->n * bytes);
        }
        free(s->rows);
        s->rows = rows;
        s->capacity = capacity;
    }
    memcpy((char *)s->rows + s->n * bytes, (const char *)tile->rows + row * tile->stride * element,
           bytes);
    s->atom[s->n++] = tile->first_row + row;
    return RISE_OK;
}

static rise_status sift_tile(void *user, size_t at, const rise_tile *tile, rise_error *err) {
    cluster *c = user;
    slot *s = &c->slots[at];
    rise_status status = check_tile(c, tile, err);
    if (status != RISE_OK || s->overflowed) {
        return status;
    }
    bool matched[LEADERS_TILE_ROWS];
    size_t bad = leaders_test(c->out->set, 0, tile, s->work, matched);
    if (bad < tile->n_rows) {
        return bad_vector(tile->first_row + bad, err);
    }
    for (size_t r = 0; r < tile->n_rows && status == RISE_OK && !s->overflowed; r++) {
        if (!matched[r]) {
            status = keep_row(c, s, tile, r, err);
        }
    }
    return status;
}

/* The kept rows of a slot through the rule. */
static rise_status settle_slot(cluster *c, size_t frame, const slot *s, size_t first,
                               rise_error *err) {
    size_t n_columns = leaders_features(c->out->set);
    size_t bytes = n_columns * rise_dtype_size(c->out->dtype);
    rise_status status = RISE_OK;
    for (size_t at = 0; at < s->n && status == RISE_OK; at += LEADERS_TILE_ROWS) {
        size_t left = s->n - at;
        const rise_tile tile = {.n_rows = left < LEADERS_TILE_ROWS ? left : LEADERS_TILE_ROWS,
                                .n_columns = n_columns,
                                .stride = n_columns,
                                .dtype = c->out->dtype,
                                .rows = (const char *)s->rows + at * bytes};
        status = absorb(c, frame, first, &tile, s->atom + at, err);
    }
    return status;
}

static rise_status run_batch(cluster *c, const size_t *frame, size_t n, rise_error *err) {
    size_t first = leaders_count(c->out->set), bytes = leaders_work_bytes(c->out->set);
    c->frame = frame;
    for (size_t i = 0; i < n; i++) {
        free(c->slots[i].work);
        c->slots[i].work = aligned_alloc(64, bytes);
        c->slots[i].n = 0;
        c->slots[i].overflowed = false;
        if (!c->slots[i].work) {
            return rise_fail_nomem(err, "leaders");
        }
    }
    rise_status status = c->host->draw(c->host->user, frame, n, sift_tile, c, err);
    for (size_t i = 0; i < n && status == RISE_OK; i++) {
        status = c->slots[i].overflowed ? run_alone(c, &frame[i], err)
                                        : settle_slot(c, frame[i], &c->slots[i], first, err);
    }
    return status;
}

static size_t rows_to_keep(const cluster *c) {
    size_t bytes = leaders_features(c->out->set) * rise_dtype_size(c->out->dtype);
    size_t keep = c->host->keep_bytes ? c->host->keep_bytes : (size_t)256 << 20;
    keep /= BATCH_MAX * bytes;
    return keep ? keep : 1;
}

static rise_status run_all(cluster *c, const size_t *order, size_t n_order, rise_error *err) {
    rise_status status = RISE_OK;
    size_t batch = 0;
    for (size_t done = 0, n; done < n_order && status == RISE_OK; done += n) {
        if (!c->out->set) { /* frames without atoms may come first */
            n = 1;
            status = run_alone(c, order + done, err);
        } else {
            n = batch_sizes[batch < N_BATCH_SIZES ? batch : N_BATCH_SIZES - 1];
            n = n < n_order - done ? n : n_order - done;
            batch++;
            c->keep_rows = rows_to_keep(c);
            status = run_batch(c, order + done, n, err);
        }
        if (status == RISE_OK && c->host->progress) {
            size_t found = c->out->set ? leaders_count(c->out->set) : 0;
            c->host->progress(c->host->user, done + n, n_order, found);
        }
    }
    return status;
}

rise_status cluster_run(const cluster_host *host, double limit, const size_t *order, size_t n_order,
                        cluster_result *out, rise_error *err) {
    cluster c = {.host = host, .limit = limit, .out = out};
    c.slots = calloc(BATCH_MAX, sizeof *c.slots);
    if (!c.slots) {
        return rise_fail_nomem(err, "leaders");
    }
    rise_status status = run_all(&c, order, n_order, err);
    for (size_t i = 0; i < BATCH_MAX; i++) {
        free(c.slots[i].work);
        free(c.slots[i].rows);
        free(c.slots[i].atom);
    }
    free(c.slots);
    if (status == RISE_OK && !out->set) {
        rise_fail(err, RISE_E_DATA, "the %zu frames to search hold no atoms", n_order);
        status = rise_hint(err, "leave empty frames out, with `frames` of the reader");
    }
    return status;
}

void cluster_free(cluster_result *result) {
    leaders_free(result->set);
    free(result->origin);
    *result = (cluster_result){0};
}

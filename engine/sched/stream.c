/* sched/stream: rows on their way from the node that makes them to the node that uses them, on one
 * thread, while they are in cache. With `cache: always` the rows of a frame are also kept as one
 * tensor. */
#include "sched/run.h"

#include <stdlib.h>
#include <string.h>

enum { TILE_ROWS = 64 };

static rise_status check_tile(instance *it, tile_sink *sink, const rise_tile *tile,
                              rise_error *err) {
    bool rows = tile->n_rows > 0 && tile->n_rows <= TILE_ROWS && tile->first_row == sink->next_row;
    bool shape = tile->n_columns > 0 && tile->stride >= tile->n_columns &&
                 (tile->dtype == RISE_F32 || tile->dtype == RISE_F64);
    if (!rows || !shape)
        return rise_fail(err, RISE_E_BUG,
                         "%s: a tile of rows %zu..+%zu, %zu columns is out of order", it->name,
                         tile->first_row, tile->n_rows, tile->n_columns);
    sink->next_row += tile->n_rows;
    return RISE_OK;
}

rise_status rise_tile_put(rise_ctx *ctx, const char *port, const rise_tile *tile, rise_error *err) {
    job *j = (job *)ctx;
    size_t output = graph_find_output(j->it->node, port);
    if (output == SIZE_MAX || j->it->node->output[output].port->mode != RISE_STREAM)
        return rise_fail(err, RISE_E_BUG, "%s has no stream output `%s`", j->it->name, port);
    if (job_cancelled(j))
        return rise_fail(err, RISE_E_INTERRUPTED, "interrupted");
    if (!j->sink || !j->want || !j->want[output])
        return RISE_OK;
    rise_status s = check_tile(j->it, j->sink, tile, err);
    if (s != RISE_OK)
        return s;
    instance *before = account_enter(j->sink->consumer);
    s = j->sink->fn(j->sink->user, tile, err);
    account_leave(before);
    j->reader_stopped = s == RISE_E_INTERRUPTED;
    return s;
}

/* ---- rows on a tape -------------------------------------------------------------------------- */
static bool tape_of(const stream_tape *tape, const instance *from, size_t output, size_t frame) {
    return tape && tape->from == from && tape->output == output && tape->frame == frame;
}

static void tape_drop(stream_tape *tape) {
    tape->from = NULL;
    tape->n_rows = 0;
}

void tape_free(stream_tape *tape) {
    free(tape->rows);
    *tape = (stream_tape){0};
}

static bool tape_room(stream_tape *tape, size_t bytes) {
    if (bytes <= tape->capacity)
        return true;
    size_t capacity = bytes > tape->limit / 2 ? tape->limit : 2 * bytes;
    char *rows = bytes <= tape->limit ? aligned_alloc(64, (capacity + 63) / 64 * 64) : NULL;
    if (!rows)
        return false;
    if (tape->rows)
        memcpy(rows, tape->rows, tape->capacity);
    free(tape->rows);
    tape->rows = rows;
    tape->capacity = capacity;
    return true;
}

/* Short of room, or of rows like those before: the frame is not taped, the others read it anew. */
static void tape_tile(stream_tape *tape, const rise_tile *tile) {
    size_t row = tile->stride * rise_dtype_size(tile->dtype), at = tape->n_rows * row;
    bool alike = tape->n_rows == 0 || (tape->dtype == tile->dtype && tape->stride == tile->stride &&
                                       tape->n_columns == tile->n_columns);
    if (!alike || !tape_room(tape, at + tile->n_rows * row)) {
        tape_drop(tape);
        return;
    }
    memcpy(tape->rows + at, tile->rows, (tile->n_rows - 1) * row);
    memcpy(tape->rows + at + (tile->n_rows - 1) * row,
           (const char *)tile->rows + (tile->n_rows - 1) * row,
           tile->n_columns * rise_dtype_size(tile->dtype));
    tape->dtype = tile->dtype;
    tape->stride = tile->stride;
    tape->n_columns = tile->n_columns;
    tape->n_rows += tile->n_rows;
}

typedef struct taping {
    stream_tape *tape;
    rise_tile_fn fn;
    void *user;
} taping;

static rise_status tape_and_pass(void *user, const rise_tile *tile, rise_error *err) {
    taping *t = user;
    if (t->tape->from)
        tape_tile(t->tape, tile);
    return t->fn(t->user, tile, err);
}

/* ---- rows kept as a tensor ------------------------------------------------------------------- */
typedef struct collector {
    rise_dtype dtype;
    size_t n_rows, n_columns;
    buffer bytes;
    rise_tile_fn fn; /* passed on to, or NULL */
    void *user;
} collector;

static rise_status collect_tile(void *user, const rise_tile *tile, rise_error *err) {
    collector *c = user;
    size_t width = rise_dtype_size(tile->dtype);
    c->dtype = tile->dtype;
    c->n_columns = tile->n_columns;
    for (size_t r = 0; r < tile->n_rows; r++)
        buffer_add(&c->bytes, (const char *)tile->rows + r * tile->stride * width,
                   tile->n_columns * width);
    c->n_rows += tile->n_rows;
    if (c->bytes.failed)
        return rise_fail_nomem(err, "the rows of a frame");
    return c->fn ? c->fn(c->user, tile, err) : RISE_OK;
}

static rise_status collected(collector *c, const rise_port *port, rise_value **out,
                             rise_error *err) {
    rise_dim dim[2] = {{.name = "atom", .size = c->n_rows},
                       {.name = "feature", .size = c->n_columns}};
    void *data = NULL;
    if (c->n_rows == 0)
        return rise_fail(err, RISE_E_DATA, "a frame without rows");
    rise_status s = rise_tensor_new(c->dtype, 2, dim, port->unit, out, &data, err);
    if (s == RISE_OK)
        memcpy(data, c->bytes.bytes, c->bytes.size);
    return s;
}

/* Runs the producer for one frame into `fn`; with `out` the rows are also collected. */
static rise_status produce(instance *from, size_t output, size_t frame, instance *consumer,
                           rise_tile_fn fn, void *user, rise_value **out, rise_error *err) {
    bool want[GRAPH_MAX_OUTPUTS] = {0};
    rise_value *result[GRAPH_MAX_OUTPUTS] = {0};
    collector c = {.fn = fn, .user = user};
    tile_sink sink = {out ? collect_tile : fn, out ? (void *)&c : user, consumer, 0};
    want[output] = true;
    rise_status s = map_frame(from, frame, want, result, &sink, NULL, err);
    for (size_t o = 0; o < from->node->n_outputs; o++)
        rise_value_release(result[o]);
    if (s == RISE_OK && out)
        s = collected(&c, from->node->output[output].port, out, err);
    buffer_free(&c.bytes);
    return s;
}

static void keep_rows(instance *from, size_t output, size_t frame, rise_value *rows) {
    if (from->tainted)
        return;
    store_output record_output[GRAPH_MAX_OUTPUTS] = {0};
    uint64_t stored = 0;
    record_output[output].digest = rise_value_digest(rows);
    record_output[output].bytes = rise_value_bytes(rows);
    store_record record = {.key = instance_frame_key(from, frame),
                           .n_outputs = (uint32_t)from->node->n_outputs,
                           .output = record_output};
    if (store_put(from->run->store, rows, &stored) && store_add(from->run->store, &record, false))
        atomic_fetch_add(&from->act->stored_bytes, stored);
}

/* all: rows as one tile that may be longer than any tile. */
static rise_status replay_rows(const rise_tile *all, rise_tile_fn fn, void *user, rise_error *err) {
    size_t row = all->stride * rise_dtype_size(all->dtype);
    rise_status s = RISE_OK;
    for (size_t r = 0; s == RISE_OK && r < all->n_rows; r += TILE_ROWS) {
        rise_tile tile = *all;
        tile.first_row = r;
        tile.n_rows = all->n_rows - r < TILE_ROWS ? all->n_rows - r : TILE_ROWS;
        tile.rows = (const char *)all->rows + r * row;
        s = fn(user, &tile, err);
    }
    return s;
}

static rise_status replay(rise_value *rows, rise_tile_fn fn, void *user, rise_error *err) {
    const rise_tensor *t = rise_value_tensor(rows);
    if (!t || t->rank != 2)
        return rise_fail(err, RISE_E_BUG, "stored rows are no matrix");
    size_t columns = t->dim[1].size;
    rise_tile all = {0, t->dim[0].size, columns, columns, t->dtype, t->data};
    return replay_rows(&all, fn, user, err);
}

static rise_status replay_tape(const stream_tape *tape, rise_tile_fn fn, void *user,
                               rise_error *err) {
    rise_tile all = {0, tape->n_rows, tape->n_columns, tape->stride, tape->dtype, tape->rows};
    return replay_rows(&all, fn, user, err);
}

static rise_value *stored_rows(instance *from, size_t output, size_t frame) {
    rise_id key = instance_frame_key(from, frame);
    const store_record *record = store_find(from->run->store, &key);
    rise_value *rows = NULL;
    rise_error ignored;
    if (!record || output >= record->n_outputs || id_is_zero(&record->output[output].digest) ||
        store_get(from->run->store, &record->output[output].digest, &rows, &ignored) != RISE_OK)
        return NULL;
    return rows;
}

static void count_frame(instance *from, size_t frame, double started) {
    if (from->ran_frame && atomic_exchange(&from->ran_frame[frame], 1) == 0)
        atomic_fetch_add(&from->frames_ran, 1);
    pthread_mutex_lock(&from->act->lock);
    if (from->act->started == 0 || started < from->act->started)
        from->act->started = started;
    from->act->ended = clock_wall();
    pthread_mutex_unlock(&from->act->lock);
    int idle = RISE_NOT_NEEDED;
    atomic_compare_exchange_strong(&from->status, &idle, RISE_RAN);
}

/* The rows of a frame from where they are kept, else from the node that makes them. */
static rise_status fresh_rows(instance *from, size_t output, size_t frame, instance *consumer,
                              rise_tile_fn fn, void *user, rise_error *err) {
    bool keep = from->node->cache == CACHE_ALWAYS;
    rise_value *rows = keep ? stored_rows(from, output, frame) : NULL;
    rise_status s;
    if (rows) {
        s = replay(rows, fn, user, err);
    } else {
        double started = clock_wall();
        s = produce(from, output, frame, consumer, fn, user, keep ? &rows : NULL, err);
        if (s == RISE_OK)
            count_frame(from, frame, started);
        if (s == RISE_OK && rows)
            keep_rows(from, output, frame, rows);
    }
    rise_value_release(rows);
    return s;
}

rise_status stream_frame(const feed *f, size_t frame, instance *consumer, rise_tile_fn fn,
                         void *user, stream_tape *tape, rise_error *err) {
    instance *from = f->from;
    size_t at = f->align ? f->align[frame] : frame;
    rise_status s;
    if (tape_of(tape, from, f->output, at) && tape->complete) {
        s = replay_tape(tape, fn, user, err);
    } else if (tape_of(tape, from, f->output, at)) {
        taping t = {tape, fn, user};
        double start = clock_thread();
        tape->n_rows = 0;
        s = fresh_rows(from, f->output, at, consumer, tape_and_pass, &t, err);
        tape->complete = s == RISE_OK && tape->from;
        tape->made_s = clock_thread() - start;
    } else {
        s = fresh_rows(from, f->output, at, consumer, fn, user, err);
    }
    return s;
}

/* A stream read by an ordinary port: the rows of a frame as one tensor. */
rise_status stream_tensor(instance *from, size_t output, size_t frame, rise_value **out,
                          rise_error *err) {
    double started = clock_wall();
    rise_status s = produce(from, output, frame, from, NULL, NULL, out, err);
    if (s == RISE_OK)
        count_frame(from, frame, started);
    if (s == RISE_OK && from->node->cache == CACHE_ALWAYS)
        keep_rows(from, output, frame, *out);
    return s;
}

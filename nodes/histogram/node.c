/* Node `histogram`: how often each unique local environment occurs in a frame. Every atom goes to
 * its nearest leader (kit/leaders); this file counts. */
#include "kit/leaders.h"
#include "kit/made.h"

#include <rise/node.h>

#include <stdlib.h>
#include <string.h>

static const rise_port in[] = {
    {.name = "input",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_STREAM,
     .shape = "[frame, atom, feature]",
     .help = "vector of every atom, made as those of the leaders were"},
    {.name = "leaders",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_WHOLE,
     .shape = "[leader, feature]",
     .help = "as ule-cluster gives them; coordinates of `leader`: the threshold"},
    {0}};

static const rise_port out[] = {
    {.name = "frequencies",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_EACH,
     .dtype = RISE_F64,
     .shape = "[frame, leader]",
     .help = "share of each leader among the assigned atoms; zeros where none is assigned"},
    {.name = "labels",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_EACH,
     .dtype = RISE_I32,
     .shape = "[frame, atom]",
     .help = "leader of each atom, -1 where none is near enough"},
    {.name = "similarity",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_EACH,
     .dtype = RISE_F32,
     .shape = "[frame, atom]",
     .help = "1 - sqrt(1 - p.q) to the nearest leader, near enough or not"},
    {.name = "unmatched",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_EACH,
     .dtype = RISE_I64,
     .shape = "[frame]",
     .help = "number of atoms that were left out"},
    {0}};

static const rise_param params[] = {
    {.name = "unmatched",
     .type = RISE_P_CHOICE,
     .def = "drop",
     .choices = "drop|nearest",
     .help = "atoms that no leader is near enough to: left out, or given to the nearest"},
    {.name = "threshold",
     .type = RISE_P_REAL,
     .min = 0,
     .max = 1,
     .flags = RISE_PARAM_OPTIONAL | RISE_PARAM_OPEN_MIN | RISE_PARAM_OPEN_MAX,
     .help = "similarity that is near enough; default: the one the leaders were found with"},
    {0}};

/* ---- what all frames share ------------------------------------------------------------------- */
typedef struct state {
    leaders *set;
    bool nearest;
} state;

/* The coordinates of the leaders are the threshold they were found with. */
static rise_status find_threshold(rise_ctx *ctx, const rise_tensor *t, double *threshold,
                                  rise_error *err) {
    if (rise_param_set(ctx, "threshold")) {
        *threshold = rise_param_real(ctx, "threshold");
        return RISE_OK;
    }
    const double *coords = t->dim[0].coords;
    bool known = coords && coords[0] > 0 && coords[0] < 1;
    for (size_t i = 1; known && i < t->dim[0].size; i++) {
        known = coords[i] >= coords[0] && coords[i] <= coords[0];
    }
    if (!known) {
        (void)rise_fail_param(ctx, err, "threshold",
                              "the leaders do not say which threshold they were found with");
        (void)rise_hint(err, "give histogram the parameter `threshold`, say 0.83");
        return RISE_E_GRAPH;
    }
    *threshold = coords[0];
    return RISE_OK;
}

static rise_status check_leaders(const rise_tensor *t, rise_error *err) {
    if (!t || t->rank != 2 || (t->dtype != RISE_F32 && t->dtype != RISE_F64)) {
        return rise_fail(err, RISE_E_DATA,
                         "leaders are no [leader, feature] of f32 or f64 numbers");
    }
    if (t->dim[0].size == 0 || t->dim[1].size == 0 || t->dim[0].size > INT32_MAX) {
        return rise_fail(err, RISE_E_DATA, "%zu leaders of %zu features", t->dim[0].size,
                         t->dim[1].size);
    }
    return RISE_OK;
}

static void close_state(void *pointer) {
    state *s = pointer;
    if (s) {
        leaders_free(s->set);
        free(s);
    }
}

static rise_status open_state(rise_ctx *ctx, void **out_state, rise_error *err) {
    const rise_tensor *t = rise_value_tensor(rise_input(ctx, "leaders"));
    double threshold = 0;
    rise_status status = check_leaders(t, err);
    if (status == RISE_OK) {
        status = made_check(ctx, "input", "the leaders", t->note, err);
    }
    if (status == RISE_OK) {
        status = find_threshold(ctx, t, &threshold, err);
    }
    if (status != RISE_OK) {
        return status;
    }
    state *s = calloc(1, sizeof *s);
    if (!s) {
        return rise_fail_nomem(err, "leaders");
    }
    s->nearest = strcmp(rise_param_text(ctx, "unmatched"), "nearest") == 0;
    const rise_tile all = {.n_rows = t->dim[0].size,
                           .n_columns = t->dim[1].size,
                           .stride = t->dim[1].size,
                           .dtype = t->dtype,
                           .rows = t->data};
    size_t bad;
    status = leaders_new(t->dim[1].size, leaders_limit(threshold), &s->set, err);
    if (status == RISE_OK) {
        status = leaders_take(s->set, &all, &bad, err);
    }
    if (status == RISE_OK) {
        status = leaders_refine(s->set, err);
    }
    if (status != RISE_OK) {
        close_state(s);
        return status;
    }
    *out_state = s;
    return RISE_OK;
}

/* ---- one frame ------------------------------------------------------------------------------- */
typedef struct counting {
    rise_ctx *ctx;
    const state *state;
    leaders_choice choice;
    void *work;
    size_t n_atoms, capacity;
    int32_t *label;    /* [capacity] */
    float *similarity; /* [capacity] */
} counting;

static rise_status make_room(counting *c, size_t n_more, rise_error *err) {
    if (c->n_atoms + n_more <= c->capacity) {
        return RISE_OK;
    }
    size_t capacity = 2 * (c->n_atoms + n_more) + 1024;
    int32_t *label = realloc(c->label, capacity * sizeof *label);
    c->label = label ? label : c->label;
    float *similarity = label ? realloc(c->similarity, capacity * sizeof *similarity) : NULL;
    c->similarity = similarity ? similarity : c->similarity;
    if (!similarity) {
        return rise_fail_nomem(err, "labels of atoms");
    }
    c->capacity = capacity;
    return RISE_OK;
}

static rise_status take_tile(void *user, const rise_tile *tile, rise_error *err) {
    counting *c = user;
    const leaders *set = c->state->set;
    if (tile->n_columns != leaders_features(set)) {
        (void)rise_fail(err, RISE_E_DATA, "vectors of %zu features, leaders of %zu",
                        tile->n_columns, leaders_features(set));
        (void)rise_hint(err, "both must come from `soap` with the same parameters and species");
        return RISE_E_DATA;
    }
    if (tile->n_rows > LEADERS_TILE_ROWS) {
        return rise_fail(err, RISE_E_BUG, "a tile of %zu rows", tile->n_rows);
    }
    rise_status status = make_room(c, tile->n_rows, err);
    if (status != RISE_OK) {
        return status;
    }
    double dot[LEADERS_TILE_ROWS] = {0};
    size_t good = leaders_assign(set, tile, c->choice, c->work, c->label + c->n_atoms, dot);
    if (good < tile->n_rows) {
        rise_fail(err, RISE_E_DATA,
                  "the vector of atom %zu is zero or not finite; a similarity needs a direction",
                  tile->first_row + good);
        return rise_hint(err, "look at that atom in the file; `soap` itself gives no such vectors");
    }
    for (size_t r = 0; r < tile->n_rows; r++) {
        c->similarity[c->n_atoms + r] = (float)leaders_similarity(dot[r]);
    }
    c->n_atoms += tile->n_rows;
    return RISE_OK;
}

static rise_status put_rows(rise_ctx *ctx, const char *port, rise_dtype dtype, const void *rows,
                            size_t n, rise_error *err) {
    const rise_dim dim = {.name = "atom", .size = n};
    rise_value *value;
    void *data;
    rise_status status = rise_tensor_new(dtype, 1, &dim, "", &value, &data, err);
    if (status != RISE_OK) {
        return status;
    }
    if (n > 0) {
        memcpy(data, rows, n * rise_dtype_size(dtype));
    }
    return rise_output(ctx, port, value, err);
}

static rise_status put_frequencies(counting *c, int64_t *n_unmatched, rise_error *err) {
    const rise_dim dim = {.name = "leader", .size = leaders_count(c->state->set)};
    rise_value *value;
    void *data;
    rise_status status = rise_tensor_new(RISE_F64, 1, &dim, "", &value, &data, err);
    if (status != RISE_OK) {
        return status;
    }
    double *frequency = data;
    size_t n_assigned = 0;
    for (size_t i = 0; i < c->n_atoms; i++) {
        if (c->label[i] >= 0) {
            frequency[c->label[i]] += 1;
            n_assigned++;
        }
    }
    for (size_t j = 0; j < dim.size && n_assigned > 0; j++) {
        frequency[j] /= (double)n_assigned;
    }
    *n_unmatched = (int64_t)(c->n_atoms - n_assigned);
    if (n_assigned == 0) {
        rise_warn(c->ctx, "%s: none of %zu atoms is near enough to a leader; its frequencies are 0",
                  rise_frame_name(c->ctx, rise_frame_index(c->ctx)), c->n_atoms);
    }
    return rise_output(c->ctx, "frequencies", value, err);
}

static rise_status put_unmatched(rise_ctx *ctx, int64_t n_unmatched, rise_error *err) {
    rise_value *value;
    void *data;
    rise_status status = rise_tensor_new(RISE_I64, 0, NULL, "", &value, &data, err);
    if (status != RISE_OK) {
        return status;
    }
    *(int64_t *)data = n_unmatched;
    return rise_output(ctx, "unmatched", value, err);
}

static rise_status put_all(counting *c, rise_error *err) {
    int64_t n_unmatched = 0;
    rise_status status = put_frequencies(c, &n_unmatched, err);
    if (status == RISE_OK) {
        status = put_rows(c->ctx, "labels", RISE_I32, c->label, c->n_atoms, err);
    }
    if (status == RISE_OK && c->choice.dots) {
        status = put_rows(c->ctx, "similarity", RISE_F32, c->similarity, c->n_atoms, err);
    }
    return status == RISE_OK ? put_unmatched(c->ctx, n_unmatched, err) : status;
}

static rise_status map(rise_ctx *ctx, void *pointer, rise_error *err) {
    counting c = {.ctx = ctx, .state = pointer};
    c.choice.nearest = c.state->nearest;
    c.choice.dots = rise_wanted(ctx, "similarity");
    c.work = rise_scratch(ctx, leaders_work_bytes(c.state->set));
    if (!c.work) {
        return rise_fail_nomem(err, "leaders");
    }
    rise_status status = rise_stream_pull(ctx, "input", take_tile, &c, err);
    if (status == RISE_OK) {
        status = put_all(&c, err);
    }
    free(c.label);
    free(c.similarity);
    return status;
}

const rise_node_type rise_node_histogram = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "histogram",
    .brief = "frequencies of unique local environments in every frame",
    .version = 1,
    .in = in,
    .out = out,
    .params = params,
    .open = open_state,
    .close = close_state,
    .map = map,
    .flags = RISE_NODE_SEES_MADE};

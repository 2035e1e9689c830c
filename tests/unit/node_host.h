/* tests/unit/node_host.h: a host for one node, made for tests: ports, parameters, outputs, memory,
 * sub-results. Included once by a test program that is linked with values and nodes only. */
#ifndef TESTS_UNIT_NODE_HOST_H
#define TESTS_UNIT_NODE_HOST_H

#include <rise/node.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the host -------------------------------------------------------------------------------- */
enum { MAX_IN = 4, MAX_POINTS = 40, MAX_OUT = 6, MAX_SCRATCH = 4096, N = 90, FEATURES = 3 };
enum { MAX_GIVEN = 16, MAX_MEMOS = 400, MEMO_KEY = 512 };

typedef struct inlet {
    const char *port;
    size_t n;
    rise_value *value[MAX_POINTS];
    rise_point point[MAX_POINTS];
} inlet;

struct rise_ctx {
    const rise_node_type *type;
    inlet in[MAX_IN];
    const char *given[MAX_GIVEN][2]; /* parameter, text */
    size_t n_given, n_frames;
    const char *unwanted[2];
    rise_value *out[MAX_OUT];
    void *scratch[MAX_SCRATCH];
    size_t n_scratch;
    char warning[256];
    size_t n_polls, cancel_after; /* 0: never */
    size_t memory;                /* 0: no limit */
    const char *made;             /* how the rows of all inputs were made; NULL: not known */
};

static rise_id ids[N];

/* Sub-results outlive a run, as in a store. */
static struct {
    uint8_t key[MEMO_KEY];
    size_t size;
    rise_value *value;
} memo[MAX_MEMOS];
static size_t n_memos;

static inline void forget(void) {
    for (size_t i = 0; i < n_memos; i++) {
        rise_value_release(memo[i].value);
    }
    n_memos = 0;
}

static inline void name_frames(void) {
    for (size_t f = 0; f < N; f++) {
        ids[f].byte[0] = (uint8_t)(f + 1);
        ids[f].byte[31] = (uint8_t)(7 * f);
    }
}

static inline void clean(rise_ctx *c) {
    for (size_t o = 0; o < MAX_OUT; o++) {
        rise_value_release(c->out[o]);
    }
    for (size_t i = 0; i < MAX_IN; i++) {
        for (size_t k = 0; k < c->in[i].n; k++) {
            rise_value_release(c->in[i].value[k]);
        }
    }
    for (size_t i = 0; i < c->n_scratch; i++) {
        free(c->scratch[i]);
    }
    *c = (rise_ctx){0};
}

static inline rise_status work(rise_ctx *c, rise_error *err) {
    *err = (rise_error){0};
    rise_status status = c->type->check ? c->type->check(c, err) : RISE_OK;
    return status == RISE_OK ? c->type->whole(c, err) : status;
}

static inline void works(rise_ctx *c) {
    rise_error err;
    if (work(c, &err) != RISE_OK) {
        fail_msg("%s: %s", c->type->name, err.message);
    }
}

static inline void fails(rise_ctx *c, const char *message) {
    rise_error err;
    rise_status status = work(c, &err);
    if (status == RISE_OK || !strstr(err.message, message)) {
        fail_msg("%s: '%s', expected '..%s..'", c->type->name, err.message, message);
    }
    if (!err.hint[0]) {
        fail_msg("%s: '%s' comes without a hint", c->type->name, err.message);
    }
}

static inline const rise_value *result(const rise_ctx *c, const char *port) {
    for (size_t o = 0; c->type->out[o].name; o++) {
        if (strcmp(c->type->out[o].name, port) == 0) {
            return c->out[o];
        }
    }
    fail_msg("no port %s", port);
    return NULL;
}

/* Takes over the value. */
static inline rise_point *connect(rise_ctx *c, const char *port, rise_value *value) {
    size_t i = 0;
    while (c->in[i].port && strcmp(c->in[i].port, port) != 0) {
        i++;
    }
    assert_true(i < MAX_IN);
    inlet *in = &c->in[i];
    assert_true(in->n < MAX_POINTS);
    in->port = port;
    in->value[in->n] = value;
    in->point[in->n].reference = port;
    return &in->point[in->n++];
}

static inline void set(rise_ctx *c, const char *name, const char *text) {
    assert_true(c->n_given < MAX_GIVEN);
    c->given[c->n_given][0] = name;
    c->given[c->n_given++][1] = text;
}

/* In place of what was set before. */
static inline void reset(rise_ctx *c, const char *name, const char *text) {
    size_t i = 0;
    while (i < c->n_given && strcmp(c->given[i][0], name) != 0) {
        i++;
    }
    assert_true(i < c->n_given);
    c->given[i][1] = text;
}

static inline const inlet *find(rise_ctx *c, const char *port) {
    for (size_t i = 0; i < MAX_IN; i++) {
        if (c->in[i].port && strcmp(c->in[i].port, port) == 0) {
            return &c->in[i];
        }
    }
    return NULL;
}

const rise_value *rise_input(rise_ctx *c, const char *port) {
    const inlet *in = find(c, port);
    return in ? in->value[0] : NULL;
}
bool rise_connected(rise_ctx *c, const char *port) {
    return find(c, port) != NULL;
}
size_t rise_over_count(rise_ctx *c, const char *port) {
    const inlet *in = find(c, port);
    return in ? in->n : 0;
}
const rise_value *rise_over_input(rise_ctx *c, const char *port, size_t i) {
    return find(c, port)->value[i];
}
const rise_point *rise_over_point(rise_ctx *c, const char *port, size_t i) {
    return &find(c, port)->point[i];
}
/* Tensors over frames hold the last frames, so that points with fewer overlap at their ends. */
size_t rise_over_frames(rise_ctx *c, const char *port, size_t i, const rise_id **out) {
    const rise_tensor *t = rise_value_tensor(find(c, port)->value[i]);
    size_t n = t && strcmp(t->dim[0].name, "frame") == 0 ? t->dim[0].size : 0;
    *out = n ? ids + (N - n) : NULL;
    return n;
}
size_t rise_frame_count(rise_ctx *c) {
    return c->n_frames;
}
const rise_id *rise_frame_ids(rise_ctx *c) {
    (void)c;
    return ids;
}
const char *rise_frame_name(rise_ctx *c, size_t f) {
    (void)c, (void)f;
    return "frame";
}

static inline const char *text_of(rise_ctx *c, const char *name) {
    for (size_t i = 0; i < c->n_given; i++) {
        if (strcmp(c->given[i][0], name) == 0) {
            return c->given[i][1];
        }
    }
    for (const rise_param *p = c->type->params; p->name; p++) {
        if (strcmp(p->name, name) == 0) {
            return p->def;
        }
    }
    fail_msg("%s has no parameter %s", c->type->name, name);
    return NULL;
}
bool rise_param_set(rise_ctx *c, const char *name) {
    return text_of(c, name) != NULL;
}
int64_t rise_param_int(rise_ctx *c, const char *name) {
    return strtoll(text_of(c, name), NULL, 10);
}
double rise_param_real(rise_ctx *c, const char *name) {
    return strtod(text_of(c, name), NULL);
}
const char *rise_param_text(rise_ctx *c, const char *name) {
    return text_of(c, name);
}
size_t rise_param_count(rise_ctx *c, const char *name) {
    size_t n = 1;
    for (const char *p = text_of(c, name); *p; p++) {
        n += *p == ',';
    }
    return n;
}
double rise_param_real_at(rise_ctx *c, const char *name, size_t i) {
    const char *p = text_of(c, name) + 1; /* "[3, 1, 1]" */
    for (; i > 0; i--) {
        p = strchr(p, ',') + 1;
    }
    return strtod(p, NULL);
}
bool rise_param_bool(rise_ctx *c, const char *name) {
    return strcmp(text_of(c, name), "true") == 0;
}
/* Maps of one entry, "key: value". */
const char *rise_param_key_at(rise_ctx *c, const char *name, size_t i) {
    static char key[64];
    assert_int_equal(i, 0);
    snprintf(key, sizeof key, "%.*s", (int)strcspn(text_of(c, name), ":"), text_of(c, name));
    return key;
}
const char *rise_param_text_at(rise_ctx *c, const char *name, size_t i) {
    assert_int_equal(i, 0);
    return strchr(text_of(c, name), ':') + 2;
}
rise_status rise_fail_param(rise_ctx *c, rise_error *err, const char *name, const char *fmt, ...) {
    va_list args;
    (void)text_of(c, name);
    va_start(args, fmt);
    vsnprintf(err->message, sizeof err->message, fmt, args);
    va_end(args);
    return err->status = RISE_E_GRAPH;
}

bool rise_wanted(rise_ctx *c, const char *port) {
    for (size_t i = 0; i < 2; i++) {
        if (c->unwanted[i] && strcmp(c->unwanted[i], port) == 0) {
            return false;
        }
    }
    return true;
}
rise_status rise_output(rise_ctx *c, const char *port, rise_value *value, rise_error *err) {
    (void)err;
    for (size_t o = 0; c->type->out[o].name; o++) {
        const rise_port *p = &c->type->out[o];
        if (strcmp(p->name, port) == 0) {
            const rise_tensor *t = rise_value_tensor(value);
            assert_null(c->out[o]);
            assert_true(p->kinds & RISE_KINDS(rise_value_kind(value)));
            assert_true(!t || !p->dtype || p->dtype == t->dtype);
            c->out[o] = value;
            return RISE_OK;
        }
    }
    fail_msg("no port %s", port);
    return RISE_E_BUG;
}
void *rise_scratch(rise_ctx *c, size_t bytes) {
    assert_true(c->n_scratch < MAX_SCRATCH);
    return c->scratch[c->n_scratch++] = calloc(1, bytes);
}
size_t rise_memory(rise_ctx *c) {
    return c->memory > 0 ? c->memory : SIZE_MAX;
}
bool rise_cancelled(rise_ctx *c) {
    c->n_polls++;
    return c->cancel_after > 0 && c->n_polls >= c->cancel_after;
}
void rise_progress(rise_ctx *c, double done, double total, const char *fmt, ...) {
    (void)c, (void)done, (void)total, (void)fmt;
}
void rise_warn(rise_ctx *c, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    vsnprintf(c->warning, sizeof c->warning, fmt, args);
    va_end(args);
}

/* Last item first: nothing may depend on the order of items. */
rise_status rise_parallel(rise_ctx *c, size_t n, rise_parallel_fn fn, void *user, rise_error *err) {
    rise_status status = RISE_OK;
    (void)c;
    for (size_t i = n; i-- > 0;) {
        rise_status s = fn(user, i, err);
        status = s == RISE_OK ? status : s;
    }
    return status;
}
rise_status rise_memo_get(rise_ctx *c, const void *key, size_t size, rise_value **out) {
    (void)c;
    for (size_t i = 0; i < n_memos; i++) {
        if (memo[i].size == size && memcmp(memo[i].key, key, size) == 0) {
            *out = rise_value_retain(memo[i].value);
            return RISE_OK;
        }
    }
    return RISE_E_MISS;
}
void rise_memo_put(rise_ctx *c, const void *key, size_t size, const rise_value *value) {
    (void)c;
    assert_true(n_memos < MAX_MEMOS && size <= MEMO_KEY);
    memcpy(memo[n_memos].key, key, size);
    memo[n_memos].size = size;
    memo[n_memos++].value = rise_value_retain((rise_value *)(uintptr_t)value);
}
rise_id rise_input_digest(rise_ctx *c, const char *port) {
    return rise_value_digest(find(c, port)->value[0]);
}
const char *rise_made(rise_ctx *c, const char *port) {
    (void)port;
    return c->made ? c->made : "";
}

/* ---- values ---------------------------------------------------------------------------------- */
static inline rise_value *new_tensor(rise_dtype dtype, const char *a, size_t na, const char *b,
                                     size_t nb, void **data) {
    rise_dim dim[2] = {{.size = na}, {.size = nb}};
    rise_value *value = NULL;
    snprintf(dim[0].name, sizeof dim[0].name, "%s", a);
    snprintf(dim[1].name, sizeof dim[1].name, "%s", b ? b : "");
    assert_int_equal(rise_tensor_new(dtype, b ? 2 : 1, dim, "", &value, data, NULL), RISE_OK);
    return value;
}

static inline double wave(size_t i) {
    return sin(12.9898 * (double)(i + 1)) * cos(3.77 * (double)i);
}

static inline const rise_column *column(const rise_value *table, const char *name) {
    const rise_column *c = rise_table_find(rise_value_table(table), name);
    if (!c) {
        fail_msg("no column %s", name);
    }
    return c;
}

#endif

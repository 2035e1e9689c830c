/* select: the columns of a matrix that a ranking puts first. */
#include <rise/node.h>

#include "kit/statistics.h"

#include <stdlib.h>
#include <string.h>

static const rise_port inputs[] = {
    {.name = "input",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_EACH,
     .shape = "[frame, *]",
     .help = "columns to choose from, such as frequencies"},
    {.name = "rank",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_WHOLE,
     .shape = "[*]",
     .help = "one number for each column, the greatest first, such as xgboost.importance"},
    {0}};

static const rise_port outputs[] = {
    {.name = "selected",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_EACH,
     .shape = "[frame, *]",
     .help = "the chosen columns as they are, in the order of the input; coordinates: those of the "
             "input, or where it has none the positions there"},
    {0}};

static const rise_param params[] = {
    {.name = "fraction",
     .type = RISE_P_REAL,
     .def = "1",
     .min = 0,
     .max = 1,
     .flags = RISE_PARAM_OPEN_MIN,
     .help = "share of the columns that is taken, rounded up; of equal ranks the first"},
    {0}};

typedef struct ranked {
    double value;
    size_t column;
} ranked;

static int best_first(const void *a, const void *b) {
    const ranked *p = a, *q = b;
    if (p->value > q->value || p->value < q->value) {
        return p->value > q->value ? -1 : 1;
    }
    return (p->column > q->column) - (p->column < q->column);
}

static int by_column(const void *a, const void *b) {
    const ranked *p = a, *q = b;
    return (p->column > q->column) - (p->column < q->column);
}

/* Shared by all frames, read only. */
typedef struct choice {
    size_t n_columns, n;
    ranked *column; /* [n], by column */
} choice;

static void close_choice(void *state) {
    choice *c = state;
    if (c) {
        free(c->column);
        free(c);
    }
}

static rise_status open_choice(rise_ctx *ctx, void **state, rise_error *err) {
    const rise_tensor *rank = rise_value_tensor(rise_input(ctx, "rank"));
    size_t n = rank->dim[0].size;
    if (rank->rank != 1 || n == 0) {
        rise_fail(err, RISE_E_DATA, "rank: %zu numbers in %d dimensions, expected one list",
                  rise_tensor_count(rank), rank->rank);
        return rise_hint(err, "one number for each column, such as xgboost.importance");
    }
    choice *c = calloc(1, sizeof *c);
    ranked *column = calloc(n, sizeof *column);
    if (!c || !column) {
        free(c);
        free(column);
        return rise_fail_nomem(err, "ranks");
    }
    for (size_t i = 0; i < n; i++) {
        column[i] = (ranked){rise_tensor_number(rank, i), i};
    }
    *c = (choice){n, statistics_share(rise_param_real(ctx, "fraction"), n), column};
    qsort(column, n, sizeof *column, best_first);
    qsort(column, c->n, sizeof *column, by_column);
    *state = c;
    return RISE_OK;
}

static rise_status map_select(rise_ctx *ctx, void *state, rise_error *err) {
    const choice *c = state;
    const rise_tensor *t = rise_value_tensor(rise_input(ctx, "input"));
    if (t->rank != 1 || t->dim[0].size != c->n_columns) {
        rise_fail(err, RISE_E_DATA, "input has %zu columns, rank has %zu numbers",
                  t->rank == 1 ? t->dim[0].size : 0, c->n_columns);
        return rise_hint(err, "the ranking must be of a model of these very columns");
    }
    rise_dim dim = t->dim[0];
    double *coords = rise_scratch(ctx, c->n * sizeof *coords);
    if (!coords) {
        return rise_fail_nomem(err, "columns");
    }
    for (size_t i = 0; i < c->n; i++) {
        size_t column = c->column[i].column;
        coords[i] = t->dim[0].coords ? t->dim[0].coords[column] : (double)column;
    }
    dim.size = c->n;
    dim.coords = coords;
    rise_value *value = NULL;
    void *data = NULL;
    rise_status status = rise_tensor_new(t->dtype, 1, &dim, t->unit, &value, &data, err);
    if (status != RISE_OK) {
        return status;
    }
    size_t size = rise_dtype_size(t->dtype);
    for (size_t i = 0; i < c->n; i++) {
        memcpy((char *)data + i * size, (const char *)t->data + c->column[i].column * size, size);
    }
    return rise_output(ctx, "selected", value, err);
}

const rise_node_type rise_node_select = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "select",
    .brief = "the columns that a ranking puts first",
    .version = 1,
    .in = inputs,
    .out = outputs,
    .params = params,
    .open = open_choice,
    .close = close_choice,
    .map = map_select,
};

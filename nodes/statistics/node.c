/* statistics: how the numbers of each group are distributed. The glue: numbers are dealt to their
 * groups, each group is described on whatever thread is free. */
#include <rise/node.h>

#include "groups.h"
#include "labels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const rise_port inputs[] = {
    {.name = "input",
     .kinds = RISE_KINDS(RISE_TENSOR) | RISE_KINDS(RISE_TABLE),
     .mode = RISE_WHOLE,
     .help = "numbers: a tensor, or a column of a table"},
    {.name = "by",
     .kinds = RISE_KINDS(RISE_TENSOR) | RISE_KINDS(RISE_TABLE),
     .mode = RISE_WHOLE,
     .flags = RISE_PORT_OPTIONAL,
     .help = "group of each number (equal shape) or of each frame: whole numbers, negative ones "
             "left out; texts; real numbers, with `edges`. Default: one group"},
    {0}};

static const rise_port outputs[] = {
    {.name = "table",
     .kinds = RISE_KINDS(RISE_TABLE),
     .mode = RISE_WHOLE,
     .help = "group, n, mean, std (n - 1), min, q1, median, q3, max, range: one row for each group "
             "that occurs, ascending"},
    {0}};

static const rise_param params[] = {
    {.name = "column",
     .type = RISE_P_TEXT,
     .flags = RISE_PARAM_OPTIONAL,
     .help = "of a table `input`; default: the first of numbers"},
    {.name = "by_column",
     .type = RISE_P_TEXT,
     .flags = RISE_PARAM_OPTIONAL,
     .help = "of a table `by`; default: group, else the first"},
    {.name = "edges",
     .type = RISE_P_REALS,
     .flags = RISE_PARAM_OPTIONAL,
     .help = "ascending ends of bins for `by`: each takes its lower end, the last both; numbers "
             "beyond are left out"},
    {0}};

static rise_status check(rise_ctx *ctx, rise_error *err) {
    size_t n = rise_param_set(ctx, "edges") ? rise_param_count(ctx, "edges") : 0;
    if (rise_param_set(ctx, "edges") && n < 2) {
        rise_fail_param(ctx, err, "edges", "%zu edge%s no bin", n, n == 1 ? " makes" : "s make");
        return rise_hint(err, "two or more, as in [0, 1, 2]");
    }
    for (size_t i = 1; i < n; i++) {
        double low = rise_param_real_at(ctx, "edges", i - 1);
        double high = rise_param_real_at(ctx, "edges", i);
        if (!(low < high)) {
            rise_fail_param(ctx, err, "edges", "edges must ascend: %g is not below %g", low, high);
            return rise_hint(err, "from the lowest to the highest, as in [0, 1, 2]");
        }
    }
    if (n > 0 && !rise_connected(ctx, "by")) {
        rise_fail_param(ctx, err, "edges", "edges are for the numbers of `by`");
        return rise_hint(err, "connect `by`, or leave `edges` out");
    }
    if (rise_param_set(ctx, "by_column") && !rise_connected(ctx, "by")) {
        rise_fail_param(ctx, err, "by_column", "by_column is a column of `by`");
        return rise_hint(err, "connect `by`, or leave `by_column` out");
    }
    return RISE_OK;
}

typedef struct job {
    rise_ctx *ctx;
    series values;
    labels labels;
    groups groups;
    double *x;     /* numbers, group after group */
    size_t *first; /* [groups + 1] */
    groups_row *row;
} job;

/* Polls now and then while elements go by. */
static rise_status poll(const job *j, size_t i, rise_error *err) {
    return i % 65536 == 0 && rise_cancelled(j->ctx)
               ? rise_fail(err, RISE_E_INTERRUPTED, "interrupted")
               : RISE_OK;
}

static const char *why_none(const job *j) {
    if (j->values.n == 0) {
        return "`input` holds no numbers";
    }
    return j->labels.n_edges > 0 ? "all of `by` lie beyond the edges: take wider ones"
                                 : "labels below 0 are left out: one or more must be 0 or above";
}

static rise_status count(job *j, rise_error *err) {
    size_t frame = 0, n_left = 0;
    rise_status status = RISE_OK;
    for (size_t i = 0; i < j->values.n && status == RISE_OK; i++) {
        int64_t key = labels_key(&j->labels, i, &frame);
        status = poll(j, i, err);
        if (status == RISE_OK && !isfinite(series_number(&j->values, i))) {
            rise_fail(err, RISE_E_DATA, "input: number %zu is not finite", i);
            return rise_hint(err, "mend what it comes from: statistics need every number");
        }
        n_left += key == LABELS_NONE;
        if (status == RISE_OK && key != LABELS_NONE) {
            status = groups_add(&j->groups, key, err);
        }
    }
    if (status == RISE_OK && n_left > 0 && j->labels.n_edges > 0) {
        rise_warn(j->ctx, "%zu of %zu numbers lie beyond the edges and are left out", n_left,
                  j->values.n);
    }
    if (status == RISE_OK && j->groups.n == 0) {
        rise_fail(err, RISE_E_DATA, "none of %zu numbers belongs to a group", j->values.n);
        return rise_hint(err, "%s", why_none(j));
    }
    return status;
}

static rise_status deal(job *j, rise_error *err) {
    size_t n_groups = j->groups.n, frame = 0;
    j->first = rise_scratch(j->ctx, (n_groups + 1) * sizeof *j->first);
    size_t *next = rise_scratch(j->ctx, (n_groups + 1) * sizeof *next);
    j->row = rise_scratch(j->ctx, n_groups * sizeof *j->row);
    if (!j->first || !next || !j->row) {
        return rise_fail_nomem(err, "groups");
    }
    for (size_t g = 0; g < n_groups; g++) {
        j->first[g + 1] = next[g + 1] = j->first[g] + j->groups.size[g];
    }
    j->x = malloc(j->first[n_groups] * sizeof *j->x);
    if (!j->x) {
        return rise_fail_nomem(err, "numbers by group");
    }
    for (size_t i = 0; i < j->values.n; i++) {
        int64_t key = labels_key(&j->labels, i, &frame);
        if (key != LABELS_NONE) {
            j->x[next[groups_find(&j->groups, key)]++] = series_number(&j->values, i);
        }
        rise_status status = poll(j, i, err);
        if (status != RISE_OK) {
            return status;
        }
    }
    return RISE_OK;
}

static rise_status describe(void *user, size_t g, rise_error *err) {
    const job *j = user;
    (void)err;
    groups_describe(j->x + j->first[g], j->groups.size[g], &j->row[g]);
    return RISE_OK;
}

enum { GROUP, N, FIRST_NUMBER, N_COLUMNS = FIRST_NUMBER + 8 };

static rise_status put_table(job *j, rise_error *err) {
    static const char *const names[N_COLUMNS] = {"group", "n",      "mean", "std", "min",
                                                 "q1",    "median", "q3",   "max", "range"};
    bool named = labels_name(j->ctx, &j->labels, j->groups.key[0]) != NULL;
    rise_column column[N_COLUMNS] = {{.name = ""}};
    for (int c = 0; c < N_COLUMNS; c++) {
        snprintf(column[c].name, sizeof column[c].name, "%s", names[c]);
        column[c].dtype = c == N || (c == GROUP && !named) ? RISE_I64 : RISE_F64;
        if (c >= FIRST_NUMBER) {
            snprintf(column[c].unit, sizeof column[c].unit, "%s", j->values.unit);
        }
    }
    if (named) {
        column[GROUP].dtype = RISE_TEXT;
    }
    rise_value *table = NULL;
    rise_status status = rise_table_new(column, N_COLUMNS, j->groups.n, &table, err);
    for (size_t g = 0; g < j->groups.n && status == RISE_OK; g++) {
        const groups_row *r = &j->row[g];
        const double number[] = {r->mean,   r->std, r->min, r->q1,
                                 r->median, r->q3,  r->max, r->max - r->min};
        rise_table_i64(table, N)[g] = (int64_t)r->n;
        for (size_t k = 0; k < sizeof number / sizeof *number; k++) {
            rise_table_f64(table, FIRST_NUMBER + k)[g] = number[k];
        }
        if (named) {
            status = rise_table_set_text(table, GROUP, g,
                                         labels_name(j->ctx, &j->labels, j->groups.key[g]), err);
        } else {
            rise_table_i64(table, GROUP)[g] = j->groups.key[g];
        }
    }
    if (status != RISE_OK) {
        rise_value_release(table);
        return status;
    }
    return rise_output(j->ctx, "table", table, err);
}

static rise_status statistics_whole(rise_ctx *ctx, rise_error *err) {
    job j = {.ctx = ctx};
    rise_status status = series_read(ctx, "input", "column", NULL, true, &j.values, err);
    if (status == RISE_OK) {
        status = labels_read(ctx, &j.values, &j.labels, err);
    }
    if (status == RISE_OK) {
        status = count(&j, err);
    }
    if (status == RISE_OK) {
        status = deal(&j, err);
    }
    if (status == RISE_OK) {
        status = rise_parallel(ctx, j.groups.n, describe, &j, err);
    }
    if (status == RISE_OK) {
        status = put_table(&j, err);
    }
    groups_free(&j.groups);
    free(j.x);
    return status;
}

const rise_node_type rise_node_statistics = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "statistics",
    .brief = "mean, spread and quartiles of numbers, group by group",
    .version = 1,
    .in = inputs,
    .out = outputs,
    .params = params,
    .check = check,
    .whole = statistics_whole,
};

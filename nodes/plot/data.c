/* Columns, rows and groups of the tables, elements of the tensors that are to be drawn. */
#include "plot.h"

#include "kit/columns.h"
#include "kit/draw/number.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUGGEST_MAX 64 /* longest name compared */

/* Edit distance (insert, delete, replace), case ignored. */
static size_t distance(const char *a, const char *b) {
    size_t n = strlen(a), m = strlen(b), line[SUGGEST_MAX + 1];
    if (n > SUGGEST_MAX || m > SUGGEST_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= m; j++)
        line[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = line[0];
        line[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t up = line[j];
            size_t best = diagonal + ((a[i - 1] | 32) != (b[j - 1] | 32));
            best = up + 1 < best ? up + 1 : best;
            line[j] = line[j - 1] + 1 < best ? line[j - 1] + 1 : best;
            diagonal = up;
        }
    }
    return line[m];
}

const char *plot_nearest(const char *name, const char *const *candidate, size_t n) {
    const char *best = NULL;
    size_t least = strlen(name) / 3 + 2;
    for (size_t i = 0; i < n; i++) {
        size_t d = distance(name, candidate[i]);
        if (d < least) {
            least = d;
            best = candidate[i];
        }
    }
    return best;
}

static rise_status no_column(const rise_table *table, const char *reference, const char *name,
                             rise_error *err) {
    char list[400];
    const char *names[64];
    size_t n = 0;
    for (; n < table->n_columns && n < 64; n++)
        names[n] = table->column[n].name;
    (void)rise_fail(err, RISE_E_DATA, "plot: %s has no column '%s'; it has %s", reference, name,
                    columns_list(table, false, list, sizeof list));
    const char *near = plot_nearest(name, names, n);
    return near ? rise_hint(err, "did you mean '%s'?", near) : RISE_E_DATA;
}

rise_status plot_column(const rise_table *table, const char *reference, const char *name,
                        bool numeric, const rise_column **column, rise_error *err) {
    const rise_column *found = rise_table_find(table, name);
    if (!found)
        return no_column(table, reference, name, err);
    if (numeric && found->dtype == RISE_TEXT)
        return rise_fail(err, RISE_E_DATA, "plot: column '%s' of %s holds texts, not numbers", name,
                         reference);
    *column = found;
    return RISE_OK;
}

bool plot_elsewhere(const plot_job *job, size_t source, const char *name) {
    for (size_t i = 0; i < job->n_sources; i++) {
        const rise_table *t = rise_value_table(job->source[i].value);
        if (i != source && t && rise_table_find(t, name))
            return true;
    }
    return false;
}

const rise_column *plot_first_number(const rise_table *table, const rise_column *skip) {
    for (size_t i = 0; i < table->n_columns; i++)
        if (table->column[i].dtype != RISE_TEXT && &table->column[i] != skip)
            return &table->column[i];
    return NULL;
}

double plot_number(const rise_column *c, size_t row) {
    return c->dtype == RISE_F64 ? c->f64[row] : c->dtype == RISE_I64 ? (double)c->i64[row] : NAN;
}

const char *plot_cell(plot_pool *pool, const rise_column *c, size_t row) {
    char number[DRAW_NUMBER_MAX];
    if (c->dtype == RISE_TEXT)
        return plot_text(pool, "%s", c->text[row]);
    draw_number_general(number, plot_number(c, row), 6);
    return plot_text(pool, "%s", number);
}

/* ---- where ----------------------------------------------------------------------------------- */
typedef struct condition {
    const rise_column *column;
    char op[3];
    const char *text;
    double number;
} condition;

/* c->column stays NULL where another input has the column: the condition is for that one. */
static rise_status read_condition(const plot_job *job, const char *where, size_t source,
                                  condition *c, rise_error *err) {
    const rise_table *table = rise_value_table(job->source[source].value);
    const char *reference = job->source[source].reference;
    size_t at = strcspn(where, "=<>!"), n = strspn(where + at, "=<>!"), end = at;
    char name[RISE_NAME_MAX] = "";
    while (end > 0 && where[end - 1] == ' ')
        end--;
    bool known = n == 1 ? strchr("=<>", where[at]) != NULL : n == 2 && where[at + 1] == '=';
    if (end == 0 || end >= sizeof name || !known) {
        (void)rise_fail(err, RISE_E_DATA, "plot: where: '%s' is no condition", where);
        return rise_hint(err, "write column=value; != < <= > >= are understood too");
    }
    memcpy(name, where, end);
    memcpy(c->op, where + at, n);
    c->op[n] = '\0';
    c->text = where + at + n + strspn(where + at + n, " ");
    char *rest = NULL;
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0); /* whatever the host has set */
    if (!plain)
        return rise_fail_nomem(err, "plot");
    c->number = strtod_l(c->text, &rest, plain);
    freelocale(plain);
    if (!rise_table_find(table, name) && plot_elsewhere(job, source, name))
        return RISE_OK;
    rise_status status = plot_column(table, reference, name, false, &c->column, err);
    if (status || c->column->dtype == RISE_TEXT)
        return status;
    if (rest == c->text || *rest)
        return rise_fail(err, RISE_E_DATA, "plot: where: '%s': column '%s' of %s holds numbers",
                         where, name, reference);
    return RISE_OK;
}

static bool holds(const condition *c, size_t row) {
    double order;
    if (c->column->dtype == RISE_TEXT)
        order = strcmp(c->column->text[row], c->text);
    else {
        double v = plot_number(c->column, row);
        if (isnan(v))
            return false;
        double near = 1e-9 * fmax(fabs(v), fabs(c->number)); /* 4.1 as text and as computed */
        order = fabs(v - c->number) <= near ? 0 : v - c->number;
    }
    switch (c->op[0]) {
    case '=':
        return order == 0;
    case '!':
        return order != 0;
    case '<':
        return order < 0 || (c->op[1] && order == 0);
    default:
        return order > 0 || (c->op[1] && order == 0);
    }
}

rise_status plot_rows(plot_job *job, size_t source, size_t **row, size_t *n, rise_error *err) {
    const rise_table *table = rise_value_table(job->source[source].value);
    const char *reference = job->source[source].reference;
    condition *c = plot_alloc(job->pool, job->o->n_where + 1, sizeof *c);
    *row = plot_alloc(job->pool, table->n_rows + 1, sizeof **row);
    *n = 0;
    if (!c || !*row)
        return rise_fail_nomem(err, "plot");
    if (table->n_rows == 0)
        return rise_fail(err, RISE_E_DATA, "plot: %s has no rows", reference);
    for (size_t i = 0; i < job->o->n_where; i++) {
        rise_status status = read_condition(job, job->o->where[i], source, &c[i], err);
        if (status)
            return status;
    }
    for (size_t r = 0; r < table->n_rows; r++) {
        bool all = true;
        for (size_t i = 0; i < job->o->n_where && all; i++)
            all = !c[i].column || holds(&c[i], r);
        if (all)
            (*row)[(*n)++] = r;
    }
    if (*n > 0)
        return RISE_OK;
    (void)rise_fail(err, RISE_E_DATA, "plot: none of the %zu rows of %s meets `where`",
                    table->n_rows, reference);
    return rise_hint(err, "the first condition is '%s'", job->o->where[0]);
}

/* ---- groups ---------------------------------------------------------------------------------- */
static int part_rank(const char *name) {
    static const char *const parts[] = {"train", "validation", "test"};
    for (int i = 0; i < 3; i++)
        if (strcmp(name, parts[i]) == 0)
            return i;
    return 3;
}

/* Stable: a group moves in front of those that it precedes. */
static void order_groups(plot_group *g, size_t n) {
    for (size_t i = 1; i < n; i++)
        for (size_t j = i; j > 0; j--) {
            bool numbers = !isnan(g[j].number) && !isnan(g[j - 1].number);
            bool before = numbers ? g[j].number < g[j - 1].number
                                  : part_rank(g[j].name) < part_rank(g[j - 1].name);
            if (!before)
                break;
            plot_group t = g[j];
            g[j] = g[j - 1];
            g[j - 1] = t;
        }
}

#define GROUPS_MAX 1000

rise_status plot_groups(plot_job *job, size_t source, const rise_column *by, plot_group **group,
                        size_t *n_groups, rise_error *err) {
    size_t n_rows, *row, n = 0;
    rise_status status = plot_rows(job, source, &row, &n_rows, err);
    if (status)
        return status;
    plot_group *g = plot_alloc(job->pool, GROUPS_MAX + 1, sizeof *g);
    size_t *of = plot_alloc(job->pool, n_rows, sizeof *of);
    if (!g || !of)
        return rise_fail_nomem(err, "plot");
    for (size_t i = 0; i < n_rows; i++) {
        const char *key = by ? plot_cell(job->pool, by, row[i]) : "";
        size_t k = 0;
        if (!key)
            return rise_fail_nomem(err, "plot");
        while (k < n && strcmp(g[k].name, key) != 0)
            k++;
        if (k == GROUPS_MAX)
            return rise_fail(err, RISE_E_DATA, "plot: column '%s' has more than %d values",
                             by->name, GROUPS_MAX);
        if (k == n) {
            g[n++].name = key;
            g[k].number = by ? plot_number(by, row[i]) : NAN;
        }
        of[i] = k;
        g[k].n++;
    }
    for (size_t k = 0; k < n; k++) {
        g[k].row = plot_alloc(job->pool, g[k].n, sizeof *g[k].row);
        if (!g[k].row)
            return rise_fail_nomem(err, "plot");
        g[k].n = 0;
    }
    for (size_t i = 0; i < n_rows; i++)
        g[of[i]].row[g[of[i]].n++] = row[i];
    if (by)
        order_groups(g, n);
    else
        g[0].name = NULL;
    *group = g;
    *n_groups = n;
    return RISE_OK;
}

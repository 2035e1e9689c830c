/* cli/metrics: the numbers that a run was made for, found by one rule that knows no node: a small
 * table with one row, or whose texts tell its rows apart (`part`: train, validation, test), holds
 * metrics; each other cell is one of them,
 *
 *     energy_r[r_cut=5].metrics.test.rmse
 *
 * Tables along an axis or of a training repeat such texts, and are none. Nothing is computed or
 * read for long: what is not at hand is left out. */
#include "record.h"

#include <string.h>

enum { MOST_ROWS = 8, MOST_BYTES = 16384, MOST_METRICS = 5000 };

typedef struct metrics {
    json_out *o;
    size_t n, left_out;
} metrics;

static bool same_texts(const rise_table *t, size_t a, size_t b) {
    for (size_t c = 0; c < t->n_columns; c++)
        if (t->column[c].dtype == RISE_TEXT &&
            strcmp(t->column[c].text[a], t->column[c].text[b]) != 0)
            return false;
    return true;
}

static bool tells(const rise_table *t) {
    if (t->n_rows == 0 || t->n_rows > MOST_ROWS)
        return false;
    for (size_t a = 0; a < t->n_rows; a++)
        for (size_t b = a + 1; b < t->n_rows; b++)
            if (same_texts(t, a, b))
                return false;
    return true;
}

/* "test." where the row is one of several. */
static void row_name(const rise_table *t, size_t row, char *text, size_t size) {
    size_t n = 0;
    text[0] = 0;
    for (size_t c = 0; t->n_rows > 1 && c < t->n_columns && n < size; c++)
        if (t->column[c].dtype == RISE_TEXT)
            n += (size_t)snprintf(text + n, size - n, "%s.", t->column[c].text[row]);
}

static void put_cell(metrics *m, const rise_table *t, size_t row, size_t column,
                     const char *before) {
    const rise_column *c = &t->column[column];
    char name[1024], where[256];
    if (c->dtype == RISE_TEXT && t->n_rows > 1)
        return; /* it names the row */
    if (m->n == MOST_METRICS) {
        m->left_out++;
        return;
    }
    row_name(t, row, where, sizeof where);
    snprintf(name, sizeof name, "%s.%s%s", before, where, c->name);
    if (m->n++ > 0)
        json_newline(m->o);
    json_key(m->o, name);
    if (c->dtype == RISE_F64)
        json_put_real(m->o, c->f64[row]);
    else if (c->dtype == RISE_I64)
        json_put_int(m->o, c->i64[row]);
    else
        json_put_text(m->o, c->text[row]);
}

static void put_table(metrics *m, const rise_table *t, const char *before) {
    for (size_t row = 0; row < t->n_rows && tells(t); row++)
        for (size_t c = 0; c < t->n_columns; c++)
            put_cell(m, t, row, c, before);
}

static void put_instance(metrics *m, const record *r, size_t i, const rise_instance *it) {
    const rise_node_type *type = rise_host_find(r->host, it->type);
    for (const rise_port *port = type ? type->out : NULL; port && port->name; port++) {
        rise_value *value = NULL;
        char before[700];
        if (!(port->kinds & RISE_KINDS(RISE_TABLE)) || port->mode != RISE_WHOLE ||
            rise_run_at_hand(r->run, i, port->name, MOST_BYTES, &value, NULL) != RISE_OK)
            continue;
        snprintf(before, sizeof before, "%s.%s", it->name, port->name);
        if (rise_value_kind(value) == RISE_TABLE)
            put_table(m, rise_value_table(value), before);
        rise_value_release(value);
    }
}

void metrics_put(const record *r, json_out *o) {
    metrics m = {.o = o};
    json_key(o, "metrics");
    json_open(o, '{');
    for (size_t i = 0; i < rise_run_instances(r->run); i++) {
        rise_instance it;
        rise_run_instance(r->run, i, &it);
        if (it.status == RISE_RAN || it.status == RISE_CACHED)
            put_instance(&m, r, i, &it);
    }
    json_close(o, '}');
    if (m.left_out > 0) {
        json_key(o, "metrics_left_out");
        json_put_int(o, (int64_t)m.left_out);
    }
}

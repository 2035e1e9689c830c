/* cli/watch_same: which nodes of a graph an edit left as they were. */
#include "chart.h"
#include "watch.h"

#include <stdlib.h>
#include <string.h>

/* Rows of a table that belong to one node follow each other, in the order of the nodes. */
typedef struct span {
    size_t first, end;
} span;

static span rows_of(const rise_table *t, const char *column, size_t node, size_t from) {
    const int64_t *of = rise_table_find(t, column)->i64;
    span s = {from, from};
    while (s.first < t->n_rows && (size_t)of[s.first] < node)
        s.first++;
    for (s.end = s.first; s.end < t->n_rows && (size_t)of[s.end] == node;)
        s.end++;
    return s;
}

static bool same_rows(const rise_table *a, span x, const rise_table *b, span y,
                      const char *const *column, size_t n_columns) {
    if (x.end - x.first != y.end - y.first)
        return false;
    for (size_t c = 0; c < n_columns; c++) {
        const char *const *p = rise_table_find(a, column[c])->text;
        const char *const *q = rise_table_find(b, column[c])->text;
        for (size_t i = x.first, k = y.first; i < x.end; i++, k++)
            if (strcmp(p[i], q[k]) != 0)
                return false;
    }
    return true;
}

typedef struct place {
    const char *name;
    size_t box;
    span params, links;
} place;

static int by_name(const void *a, const void *b) {
    return strcmp(((const place *)a)->name, ((const place *)b)->name);
}

/* Where each node's rows are; NULL: memory is short. */
static place *places_of(const chart *c) {
    const rise_table *params = rise_value_table(c->table[2]),
                     *links = rise_value_table(c->table[1]);
    place *all = calloc(c->n_boxes + 1, sizeof *all);
    span p = {0}, l = {0};
    for (size_t i = 0; all && i < c->n_boxes; i++) {
        p = rows_of(params, "node_row", i, p.end);
        l = rows_of(links, "to_row", i, l.end);
        all[i] = (place){c->box[i].name, i, p, l};
    }
    return all;
}

static bool same_node(const chart *a, const place *x, const chart *b, const place *y) {
    static const char *const of_param[] = {"parameter", "value", "axis"};
    static const char *const of_link[] = {"from", "output", "input", "point"};
    const chart_box *p = &a->box[x->box], *q = &b->box[y->box];
    return strcmp(p->type, q->type) == 0 && strcmp(p->axes, q->axes) == 0 &&
           same_rows(rise_value_table(a->table[2]), x->params, rise_value_table(b->table[2]),
                     y->params, of_param, 3) &&
           same_rows(rise_value_table(a->table[1]), x->links, rise_value_table(b->table[1]),
                     y->links, of_link, 4);
}

static bool among(const char *name, const char *const *list, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

static void mark(const chart *a, const chart *b, const place *in_a, place *in_b,
                 const char *const *edited, size_t n_edited, bool *same) {
    const rise_table *links = rise_value_table(a->table[1]);
    const int64_t *from = rise_table_find(links, "from_row")->i64;
    qsort(in_b, b->n_boxes, sizeof *in_b, by_name);
    for (size_t i = 0; i < a->n_boxes; i++) {
        const place *other = bsearch(&in_a[i], in_b, b->n_boxes, sizeof *in_b, by_name);
        same[i] =
            other && same_node(a, &in_a[i], b, other) && !among(in_a[i].name, edited, n_edited);
        for (size_t k = in_a[i].links.first; same[i] && k < in_a[i].links.end; k++)
            same[i] = same[from[k]]; /* what a node reads from comes before it */
    }
}

rise_status same_nodes(const rise_graph *before, const rise_graph *after,
                       const char *const *edited_nodes, size_t n_edited, bool *same, bool *all,
                       rise_error *err) {
    chart a = {0}, b = {0};
    rise_status s = chart_make(before, &a, err);
    if (s == RISE_OK)
        s = chart_make(after, &b, err);
    place *in_a = s == RISE_OK ? places_of(&a) : NULL, *in_b = in_a ? places_of(&b) : NULL;
    if (s == RISE_OK && !in_b)
        s = rise_fail_nomem(err, "what was edited");
    if (s == RISE_OK) {
        mark(&a, &b, in_a, in_b, edited_nodes, n_edited, same);
        *all = a.n_boxes == b.n_boxes;
        for (size_t i = 0; i < a.n_boxes; i++)
            *all = *all && same[i];
    }
    free(in_a);
    free(in_b);
    chart_free(&a);
    chart_free(&b);
    return s;
}

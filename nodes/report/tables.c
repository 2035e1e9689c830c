/* Tables as HTML. Rows of several points become one table, led by the axes. */
#include "report.h"
#include "kit/draw/number.h"

#include <math.h>
#include <string.h>

#define ROWS_OPEN 24 /* longer tables are folded */
#define ROWS_MAX 200 /* rows that are shown at all */

void report_where(report_text *page, const rise_point *p) {
    for (size_t a = 0; a < p->n_axes; a++) {
        if (a)
            report_put(page, ", ");
        report_escape(page, p->axis[a]);
        report_put(page, " = ");
        report_escape(page, p->text[a]);
    }
}

static double number_at(const rise_column *c, size_t row) {
    return c->dtype == RISE_I64 ? (double)c->i64[row] : c->f64[row];
}

/* Decimals that all rows of a column share over all tables; none where all numbers are whole. */
static int column_decimals(const report_item *item, size_t n_items, size_t column) {
    double low = INFINITY, high = -INFINITY;
    bool whole = true;
    for (size_t i = 0; i < n_items; i++) {
        const rise_table *t = rise_value_table(item[i].value);
        const rise_column *c = &t->column[column];
        if (c->dtype == RISE_TEXT)
            return 0;
        for (size_t r = 0; r < t->n_rows; r++) {
            double v = number_at(c, r);
            if (isfinite(v)) {
                low = fmin(low, v);
                high = fmax(high, v);
                whole = whole && v == floor(v);
            }
        }
    }
    if (whole)
        return 0;
    int decimals = low <= high ? draw_number_decimals(low, high) : 0;
    return decimals > 4 && fmax(fabs(low), fabs(high)) >= 0.01 ? 4 : decimals;
}

static void cell(report_text *page, const rise_column *c, size_t row, int decimals) {
    char text[DRAW_NUMBER_MAX];
    if (c->dtype == RISE_TEXT) {
        report_escape(page, c->text[row]);
        return;
    }
    double v = number_at(c, row);
    if (!isfinite(v)) {
        report_put(page, "<span title=\"no finite value\">–</span>");
        return;
    }
    if (c->dtype == RISE_I64)
        draw_number_fixed(text, v, 0);
    else if (decimals < 0)
        draw_number_general(text, v, 5);
    else
        draw_number_fixed(text, v, decimals);
    report_put(page, text);
}

static void column_name(report_text *page, const rise_column *c) {
    report_escape(page, c->name);
    if (c->unit[0]) {
        report_put(page, " <small>");
        report_escape(page, c->unit);
        report_put(page, "</small>");
    }
}

static void head(report_text *page, const rise_point *p, const rise_table *t) {
    report_put(page, "<thead><tr>");
    for (size_t a = 0; a < p->n_axes; a++) {
        report_put(page, "<th class=\"axis\" scope=\"col\">");
        report_escape(page, p->axis[a]);
        report_put(page, "</th>");
    }
    for (size_t c = 0; c < t->n_columns; c++) {
        report_put(page, t->column[c].dtype == RISE_TEXT ? "<th class=\"text\" scope=\"col\">"
                                                         : "<th scope=\"col\">");
        column_name(page, &t->column[c]);
        report_put(page, "</th>");
    }
    report_put(page, "</tr></thead>\n");
}

static void row(report_text *page, const report_item *item, size_t r, const int *decimals,
                size_t n_decimals) {
    const rise_table *t = rise_value_table(item->value);
    report_put(page, "<tr>");
    for (size_t a = 0; a < item->point->n_axes; a++) {
        report_put(page, "<td class=\"axis\">");
        report_escape(page, item->point->text[a]);
        report_put(page, "</td>");
    }
    for (size_t c = 0; c < t->n_columns; c++) {
        report_put(page, t->column[c].dtype == RISE_TEXT ? "<td class=\"text\">" : "<td>");
        cell(page, &t->column[c], r, c < n_decimals ? decimals[c] : -1);
        report_put(page, "</td>");
    }
    report_put(page, "</tr>\n");
}

#define DECIMALS_MAX 64

static void one_table(report_text *page, const report_item *item, size_t n_items) {
    const rise_table *first = rise_value_table(item->value);
    int decimals[DECIMALS_MAX];
    size_t n_decimals = first->n_columns < DECIMALS_MAX ? first->n_columns : DECIMALS_MAX;
    size_t total = 0, shown = 0;
    for (size_t c = 0; c < n_decimals; c++)
        decimals[c] = column_decimals(item, n_items, c);
    for (size_t i = 0; i < n_items; i++)
        total += rise_value_table(item[i].value)->n_rows;
    if (total > ROWS_OPEN) {
        report_put(page, "<details><summary>");
        report_size(page, total);
        report_put(page, " rows</summary>\n");
    }
    report_put(page, "<div class=\"wide\"><table>");
    head(page, item->point, first);
    report_put(page, "<tbody>\n");
    for (size_t i = 0; i < n_items; i++)
        for (size_t r = 0; r < rise_value_table(item[i].value)->n_rows && shown < ROWS_MAX; r++) {
            row(page, &item[i], r, decimals, n_decimals);
            shown++;
        }
    report_put(page, "</tbody></table></div>\n");
    if (shown < total) {
        report_put(page, "<p class=\"quiet\">The first ");
        report_size(page, shown);
        report_put(page, " of ");
        report_size(page, total);
        report_put(page, " rows; <code>export</code> writes them all.</p>\n");
    }
    if (total > ROWS_OPEN)
        report_put(page, "</details>\n");
}

/* A verdict of one row reads better as a list of name and value. */
static void as_list(report_text *page, const rise_table *t) {
    report_put(page, "<dl>");
    for (size_t c = 0; c < t->n_columns; c++) {
        bool sentence = t->column[c].dtype == RISE_TEXT && strlen(t->column[c].text[0]) > 28;
        report_put(page, sentence ? "<div class=\"long\"><dt>" : "<div><dt>");
        report_escape(page, t->column[c].name);
        report_put(page, "</dt><dd>");
        cell(page, &t->column[c], 0, -1);
        if (t->column[c].unit[0]) {
            report_put(page, " ");
            report_escape(page, t->column[c].unit);
        }
        report_put(page, "</dd></div>\n");
    }
    report_put(page, "</dl>\n");
}

static bool same_shape(const report_item *a, const report_item *b) {
    const rise_table *s = rise_value_table(a->value), *t = rise_value_table(b->value);
    bool same = s->n_columns == t->n_columns && a->point->n_axes == b->point->n_axes;
    for (size_t c = 0; c < s->n_columns && same; c++)
        same = strcmp(s->column[c].name, t->column[c].name) == 0 &&
               strcmp(s->column[c].unit, t->column[c].unit) == 0 &&
               s->column[c].dtype == t->column[c].dtype;
    return same;
}

void report_tables(report_text *page, const report_item *item, size_t n, bool verdict) {
    const rise_table *t = rise_value_table(item->value);
    if (verdict && n == 1 && t->n_rows == 1) {
        as_list(page, t);
        return;
    }
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && same_shape(&item[i], &item[j]); j++) {
        }
        one_table(page, item + i, j - i);
    }
}

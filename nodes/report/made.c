/* What the page was made from: every input with its kind, size and content digest. */
#include "report.h"
#include "kit/draw/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define INPUTS_OPEN 12 /* a longer list is folded */

static void count(report_text *page, size_t n, const char *what) {
    report_size(page, n);
    report_put(page, " ");
    report_put(page, what);
    report_put(page, n == 1 ? "" : "s");
}

static void describe_tensor(report_text *page, const rise_tensor *t) {
    report_put(page, "tensor ");
    report_put(page, rise_dtype_name(t->dtype));
    report_put(page, " [");
    for (int d = 0; d < t->rank; d++) {
        report_put(page, d ? ", " : "");
        report_escape(page, t->dim[d].name);
        report_put(page, " ");
        if (t->offsets && d == 1)
            report_put(page, "*");
        else
            report_size(page, t->dim[d].size);
    }
    report_put(page, "]");
    if (t->unit[0]) {
        report_put(page, " ");
        report_escape(page, t->unit);
    }
}

static void describe_frames(report_text *page, const rise_frames *f) {
    bool seen[256] = {false};
    size_t atoms = 0, least = SIZE_MAX, most = 0;
    for (size_t i = 0; i < f->n_frames; i++) {
        size_t n = f->frame[i].n_atoms;
        atoms += n;
        least = n < least ? n : least;
        most = n > most ? n : most;
        for (size_t a = 0; a < n; a++)
            seen[f->frame[i].species[a]] = true;
    }
    count(page, f->n_frames, "frame");
    if (f->n_frames == 0)
        return;
    report_put(page, least == most ? " of " : ", ");
    count(page, least == most ? least : atoms, "atom");
    report_put(page, least == most ? "" : " in all");
    const char *before = " (";
    for (int z = 1; z < 119; z++)
        if (seen[z]) {
            report_put(page, before);
            report_put(page, rise_element_symbol(z));
            before = ", ";
        }
    report_put(page, before[0] == ',' ? ")" : "");
}

void report_describe(report_text *page, const rise_value *v) {
    const rise_blob *blob = rise_value_blob(v);
    if (rise_value_table(v)) {
        report_put(page, "table, ");
        count(page, rise_value_table(v)->n_rows, "row");
        report_put(page, ", ");
        count(page, rise_value_table(v)->n_columns, "column");
    } else if (rise_value_tensor(v))
        describe_tensor(page, rise_value_tensor(v));
    else if (rise_value_frames(v))
        describe_frames(page, rise_value_frames(v));
    else if (blob) {
        report_put(page, rise_kind_name(rise_value_kind(v)));
        report_put(page, " ");
        report_escape(page, blob->format);
        report_put(page, ", ");
        count(page, blob->size, "byte");
    }
}

static void digest(report_text *page, const rise_value *v) {
    rise_id id = rise_value_digest(v);
    char hex[65];
    for (size_t i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", id.byte[i]);
    report_put(page, "<code class=\"digest\">");
    report_put(page, hex);
    report_put(page, "</code>");
}

/* The graph that led here: columns node, type, inputs, parameters. */
static void graph_rows(report_text *page, const rise_table *t) {
    report_put(page, "<div class=\"wide\"><table class=\"made\"><thead><tr>");
    for (size_t c = 0; c < t->n_columns; c++) {
        report_put(page, "<th class=\"text\">");
        report_escape(page, t->column[c].name);
        report_put(page, "</th>");
    }
    report_put(page, "</tr></thead><tbody>\n");
    for (size_t r = 0; r < t->n_rows; r++) {
        report_put(page, "<tr>");
        for (size_t c = 0; c < t->n_columns; c++) {
            report_put(page, "<td class=\"text\">");
            report_escape(page, t->column[c].dtype == RISE_TEXT ? t->column[c].text[r] : "");
            report_put(page, "</td>");
        }
        report_put(page, "</tr>\n");
    }
    report_put(page, "</tbody></table></div>\n");
}

void report_made(report_text *page, const report_options *o, const report_item *item, size_t n) {
    report_put(page, "<section><h2>How this was made</h2>\n<p>Every number above comes from the "
                     "values listed here. The digest is the SHA-256 of a value's content: equal "
                     "digests mean equal content, on any machine.</p>\n");
    const rise_table *graph = o->graph ? rise_value_table(o->graph) : NULL;
    if (graph) {
        report_put(page, "<h3>Graph and parameters</h3>\n");
        graph_rows(page, graph);
        report_put(page, "<h3>Values</h3>\n");
    }
    if (n > INPUTS_OPEN) {
        report_put(page, "<details><summary>");
        count(page, n, "input");
        report_put(page, "</summary>\n");
    }
    report_put(page,
               "<div class=\"wide\"><table class=\"made\"><thead><tr><th class=\"text\">input"
               "</th><th class=\"text\">at</th><th class=\"text\">what</th><th class=\"text\">"
               "digest</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < n; i++) {
        report_put(page, "<tr><td class=\"text\"><code>");
        report_escape(page, item[i].point->reference);
        report_put(page, "</code></td><td class=\"text\">");
        report_where(page, item[i].point);
        report_put(page, "</td><td class=\"text\">");
        report_describe(page, item[i].value);
        report_put(page, "</td><td class=\"text\">");
        digest(page, item[i].value);
        report_put(page, "</td></tr>\n");
    }
    report_put(page, "</tbody></table></div>\n");
    if (n > INPUTS_OPEN)
        report_put(page, "</details>\n");
    report_put(page, "</section>\n");
}

/* The page: verdict first, then figures, tables, what else there is, and how it was made. Knows
 * values and references, not the graph. */
#include "report.h"
#include "kit/draw/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum place { VERDICT, FIGURE, TABLE, OTHER, N_PLACES } place;

static const char *output_name(const char *reference) {
    const char *dot = strrchr(reference, '.');
    return dot ? dot + 1 : "";
}

static bool drawing(const rise_blob *b) {
    return strcmp(b->format, "svg") == 0 || strcmp(b->format, "png") == 0;
}

static place place_of(const report_item *item) {
    const char *output = output_name(item->point->reference);
    bool table = rise_value_kind(item->value) == RISE_TABLE;
    if (rise_value_kind(item->value) == RISE_DOCUMENT) {
        const rise_blob *b = rise_value_blob(item->value);
        if (drawing(b))
            return FIGURE;
        return strcmp(b->format, "text") == 0 && strcmp(output, "text") == 0 ? VERDICT : OTHER;
    }
    return !table ? OTHER : strcmp(output, "verdict") == 0 ? VERDICT : TABLE;
}

/* Same reference and same place: shown together. */
static bool together(const report_item *a, const report_item *b) {
    return strcmp(a->point->reference, b->point->reference) == 0 && place_of(a) == place_of(b);
}

static void heading(report_text *page, const report_item *item) {
    report_put(page, "<h3><code>");
    report_escape(page, item->point->reference);
    report_put(page, "</code></h3>\n");
}

/* ---- verdict --------------------------------------------------------------------------------- */
/* The sentence that says it stands out: the line that begins with "Verdict", else the first. */
static const char *lead_line(const char *text) {
    const char *line = text;
    for (const char *next; line; line = next ? next + 1 : NULL) {
        next = strchr(line, '\n');
        if (strncmp(line, "Verdict", 7) == 0)
            return line;
    }
    return text;
}

static void one_line(report_text *page, const char *tag, const char *line, size_t n) {
    if (n == 0)
        return;
    report_put(page, tag);
    report_escape_bytes(page, (const uint8_t *)line, n);
    report_put(page, "</p>\n");
}

static void statement(report_text *page, const report_item *item) {
    const rise_blob *b = rise_value_blob(item->value);
    char *text = calloc(b->size + 1, 1);
    if (!text) {
        page->short_of = true;
        return;
    }
    memcpy(text, b->bytes, b->size);
    if (item->point->n_axes > 0) {
        report_put(page, "<p class=\"quiet\">");
        report_where(page, item->point);
        report_put(page, "</p>\n");
    }
    const char *lead = lead_line(text);
    one_line(page, "<p class=\"lead\">", lead, strcspn(lead, "\n"));
    for (const char *line = text; *line; line += strspn(line, "\n")) {
        size_t n = strcspn(line, "\n");
        if (line != lead)
            one_line(page, "<p>", line, n);
        line += n;
    }
    free(text);
}

/* What is said before what it rests on. */
static void verdict(report_text *page, const report_item *item, const size_t *first, size_t n) {
    for (int tables = 0; tables < 2; tables++)
        for (size_t i = 0; i + 1 < n; i++) {
            const report_item *it = &item[first[i]];
            size_t count = first[i + 1] - first[i];
            if (place_of(it) != VERDICT || (rise_value_table(it->value) != NULL) != tables)
                continue;
            for (size_t k = 0; k < count && !tables; k++)
                statement(page, it + k);
            if (tables)
                report_tables(page, it, count, true);
        }
}

/* ---- the rest -------------------------------------------------------------------------------- */
static void summary_of_numbers(report_text *page, const rise_tensor *t) {
    double low = INFINITY, high = -INFINITY;
    size_t n = rise_tensor_count(t), finite = 0;
    for (size_t i = 0; i < n; i++) {
        double v = t->dtype == RISE_F32   ? (double)((const float *)t->data)[i]
                   : t->dtype == RISE_F64 ? ((const double *)t->data)[i]
                   : t->dtype == RISE_I32 ? ((const int32_t *)t->data)[i]
                   : t->dtype == RISE_I64 ? (double)((const int64_t *)t->data)[i]
                                          : ((const uint8_t *)t->data)[i];
        if (!isfinite(v))
            continue;
        low = fmin(low, v);
        high = fmax(high, v);
        finite++;
    }
    if (finite == 0)
        return;
    char text[DRAW_NUMBER_MAX];
    report_put(page, ", from ");
    draw_number_general(text, low, 6);
    report_put(page, text);
    report_put(page, " to ");
    draw_number_general(text, high, 6);
    report_put(page, text);
}

static void other(report_text *page, const report_item *item) {
    const rise_blob *b = rise_value_blob(item->value);
    report_put(page, "<p>");
    if (item->point->n_axes > 0) {
        report_where(page, item->point);
        report_put(page, ": ");
    }
    report_describe(page, item->value);
    if (rise_value_tensor(item->value))
        summary_of_numbers(page, rise_value_tensor(item->value));
    report_put(page, "</p>\n");
    if (b && strcmp(b->format, "text") == 0) {
        report_put(page, "<pre>");
        report_escape_bytes(page, b->bytes, b->size);
        report_put(page, "</pre>\n");
    }
}

static bool any(const report_item *item, size_t n, place where) {
    for (size_t i = 0; i < n; i++)
        if (place_of(&item[i]) == where)
            return true;
    return false;
}

static void sections(report_text *page, const report_item *item, size_t n_items,
                     const size_t *first, size_t n) {
    size_t number = 0;
    if (any(item, n_items, VERDICT)) {
        report_put(page, "<section class=\"verdict\" aria-label=\"Verdict\">\n");
        verdict(page, item, first, n);
        report_put(page, "</section>\n");
    }
    if (any(item, n_items, FIGURE)) {
        report_put(page, "<section><h2>Figures</h2>\n<div class=\"figures\">\n");
        for (size_t i = 0; i < n_items; i++)
            if (place_of(&item[i]) == FIGURE)
                report_figure(page, &item[i], ++number);
        report_put(page, "</div></section>\n");
    }
    if (any(item, n_items, TABLE)) {
        report_put(page, "<section><h2>Tables</h2>\n");
        for (size_t i = 0; i + 1 < n; i++)
            if (place_of(&item[first[i]]) == TABLE) {
                heading(page, &item[first[i]]);
                report_tables(page, &item[first[i]], first[i + 1] - first[i], false);
            }
        report_put(page, "</section>\n");
    }
    if (any(item, n_items, OTHER)) {
        report_put(page, "<section><h2>Further values</h2>\n");
        for (size_t i = 0; i + 1 < n; i++) {
            if (place_of(&item[first[i]]) != OTHER)
                continue;
            report_put(page, "<details><summary><code>");
            report_escape(page, item[first[i]].point->reference);
            report_put(page, "</code></summary>\n");
            for (size_t k = first[i]; k < first[i + 1]; k++)
                other(page, &item[k]);
            report_put(page, "</details>\n");
        }
        report_put(page, "</section>\n");
    }
}

/* The style comes first, nothing is fetched, nothing runs. */
static void open_page(report_text *page, const char *title) {
    report_put(page, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                     "style-src 'unsafe-inline'; img-src data:\">\n<title>");
    report_escape(page, title);
    report_put(page, "</title>\n<style>\n");
    report_put(page, report_style);
    report_put(page, "</style>\n</head>\n<body>\n<main>\n<h1>");
    report_escape(page, title);
    report_put(page, "</h1>\n");
}

/* Items of one reference side by side, in the order of first appearance. Values that share a
 * reference but not a place (a text and a figure) count as two. */
static size_t gather(const report_item *item, size_t n, report_item *sorted, size_t *first,
                     bool *taken) {
    size_t at = 0, n_first = 0;
    for (size_t i = 0; i < n; i++) {
        if (taken[i])
            continue;
        first[n_first++] = at;
        for (size_t k = i; k < n; k++)
            if (!taken[k] && together(&item[i], &item[k])) {
                taken[k] = true;
                sorted[at++] = item[k];
            }
    }
    first[n_first++] = at;
    return n_first;
}

rise_status report_build(const report_options *o, const report_item *item, size_t n,
                         report_text *page, rise_error *err) {
    report_item *sorted = calloc(n + 1, sizeof *sorted);
    size_t *first = calloc(n + 2, sizeof *first);
    bool *taken = calloc(n + 1, sizeof *taken);
    if (!sorted || !first || !taken)
        page->short_of = true;
    else {
        size_t n_first = gather(item, n, sorted, first, taken);
        open_page(page, o->title);
        for (size_t i = 0; i < o->n_notes; i++) {
            report_put(page, "<p>");
            report_escape(page, o->notes[i]);
            report_put(page, "</p>\n");
        }
        sections(page, sorted, n, first, n_first);
        report_made(page, o, sorted, n);
        report_put(page, "</main>\n</body>\n</html>\n");
    }
    free(sorted);
    free(first);
    free(taken);
    return page->short_of ? rise_fail_nomem(err, "report") : RISE_OK;
}

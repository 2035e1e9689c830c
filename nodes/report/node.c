/* report: one self-contained page of verdict, figures and tables. This is the glue; the page is
 * built in page.c and beside it. */
#include "report.h"

#include <stdlib.h>
#include <string.h>

static const rise_port in[] = {
    {"input", RISE_ANY_KIND, RISE_WHOLE, 0, NULL, NULL, RISE_PORT_MANY | RISE_PORT_OVER,
     "what the page shows: verdict, figures, tables, anything else in brief"},
    {.name = NULL}};

static const rise_port out[] = {
    {"page", RISE_KINDS(RISE_DOCUMENT), RISE_WHOLE, 0, NULL, NULL, 0, "the page as HTML"},
    {.name = NULL}};

static const rise_param params[] = {
    {.name = "title", .type = RISE_P_TEXT, .def = "Report", .help = "above everything"},
    {.name = "path", .type = RISE_P_OUTPUT, .def = "report.html", .help = "file to write"},
    {.name = "notes",
     .type = RISE_P_TEXTS,
     .flags = RISE_PARAM_OPTIONAL,
     .help = "paragraphs under the title"},
    {.name = NULL}};

static rise_status check(rise_ctx *ctx, rise_error *err) {
    const char *path = rise_param_text(ctx, "path"), *dot = path ? strrchr(path, '.') : NULL;
    if (path && (!dot || (strcmp(dot, ".html") != 0 && strcmp(dot, ".htm") != 0)))
        return rise_fail_param(ctx, err, "path", "a report is written as .html, not as '%s'", path);
    return RISE_OK;
}

static rise_status put_page(rise_ctx *ctx, const report_text *page, rise_error *err) {
    const char *path = rise_param_text(ctx, "path");
    rise_value *value;
    rise_status status = rise_blob_new(RISE_DOCUMENT, "html", page->bytes, page->size, &value, err);
    if (!status)
        status = rise_output(ctx, "page", value, err);
    if (!status && path)
        status = rise_write_file(ctx, path, page->bytes, page->size, err);
    return status;
}

static rise_status whole(rise_ctx *ctx, rise_error *err) {
    size_t n = rise_over_count(ctx, "input");
    size_t n_notes = rise_param_set(ctx, "notes") ? rise_param_count(ctx, "notes") : 0;
    report_item *item = rise_scratch(ctx, (n + 1) * sizeof *item);
    const char **notes = rise_scratch(ctx, (n_notes + 1) * sizeof *notes);
    if (!item || !notes)
        return rise_fail_nomem(err, "report");
    for (size_t i = 0; i < n; i++)
        item[i] = (report_item){rise_over_input(ctx, "input", i), rise_over_point(ctx, "input", i)};
    for (size_t i = 0; i < n_notes; i++)
        notes[i] = rise_param_text_at(ctx, "notes", i);
    report_options options = {rise_param_text(ctx, "title"), n_notes, notes, rise_graph_table(ctx)};
    report_text page = {0};
    rise_status status = report_build(&options, item, n, &page, err);
    if (!status)
        status = put_page(ctx, &page, err);
    free(page.bytes);
    return status;
}

const rise_node_type rise_node_report = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "report",
    .brief = "one self-contained HTML page: verdict, figures, tables, origins",
    .version = 2,
    .in = in,
    .out = out,
    .params = params,
    .check = check,
    .whole = whole,
    .flags = RISE_NODE_SEES_GRAPH,
};

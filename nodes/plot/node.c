/* plot: a figure from tables or tensors, as SVG on its port and as SVG, PNG or PDF in a file. This
 * is the glue; what is drawn is decided in build.c and beside it, how in kit/draw. */
#include "plot.h"

#include <rise/node.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const rise_port in[] = {
    {"input", RISE_KINDS(RISE_TABLE) | RISE_KINDS(RISE_TENSOR), RISE_WHOLE, 0, NULL, NULL,
     RISE_PORT_MANY | RISE_PORT_OPTIONAL,
     "tables or tensors; several give one series each, or one column each. heat: a second tensor "
     "holds the errors of the first"},
    {"regions", RISE_KINDS(RISE_TENSOR), RISE_WHOLE, 0, "[frame, *]", NULL,
     RISE_PORT_OVER | RISE_PORT_OPTIONAL,
     "kind regions: the most important regions of ig, over one axis of lengths (Å)"},
    {.name = NULL}};

static const rise_port out[] = {
    {"figure", RISE_KINDS(RISE_DOCUMENT), RISE_WHOLE, 0, NULL, NULL, 0, "the figure as SVG"},
    {.name = NULL}};

#define OPTIONAL(name_, type_, help_)                                                              \
    { .name = name_, .type = type_, .flags = RISE_PARAM_OPTIONAL, .help = help_ }

static const rise_param params[] = {
    {.name = "kind",
     .type = RISE_P_CHOICE,
     .def = "curve",
     .choices = "curve|parity|heat|histogram|distribution|bars|regions",
     .help = "what to draw"},
    OPTIONAL("path", RISE_P_OUTPUT,
             "file to write: .svg, .png or .pdf; without an extension .svg and .png"),
    OPTIONAL("title", RISE_P_TEXT, "above the figure"),
    OPTIONAL("x", RISE_P_TEXT,
             "column; curve: the first of numbers, parity: target, bars: the first"),
    OPTIONAL(
        "y", RISE_P_TEXTS,
        "column(s), of every input that has it, or as node.column of one; curve: rmse, else the "
        "second of numbers, parity: predicted"),
    OPTIONAL("y2", RISE_P_TEXT, "curve: a column on a second axis, on the right"),
    OPTIONAL("minus", RISE_P_TEXT,
             "histogram, distribution: column taken from y, as predicted minus target"),
    OPTIONAL("y_error", RISE_P_TEXT, "column with the half length of error bars"),
    OPTIONAL("by", RISE_P_TEXT,
             "column (or dimension of a tensor) that gives the series; default: part if there"),
    OPTIONAL("value", RISE_P_TEXT, "heat of a table: column that gives the colour"),
    OPTIONAL("where", RISE_P_TEXTS, "rows to take, as part=test; also != < <= > >="),
    OPTIONAL("labels", RISE_P_TEXTS, "legend texts in drawing order"),
    OPTIONAL("lines", RISE_P_TEXTS,
             "curve: lines of reference, each node.column of an input: the mean of its rows"),
    OPTIONAL("line_labels", RISE_P_TEXTS, "their names; default: the nodes"),
    OPTIONAL("x_label", RISE_P_TEXT, "_{} lowers and ^{} raises, as in r_{cut} (Å)"),
    OPTIONAL("y_label", RISE_P_TEXT, "default: the column and its unit"),
    OPTIONAL("y2_label", RISE_P_TEXT, "default: the column y2 and its unit"),
    OPTIONAL("value_label", RISE_P_TEXT, "beside the colour bar"),
    OPTIONAL("x2_label", RISE_P_TEXT, "of the second axis on top"),
    {.name = "x2_scale",
     .type = RISE_P_REAL,
     .flags = RISE_PARAM_OPTIONAL,
     .help = "a second axis on top shows x2_scale * x, such as 0.6204 for equivalent radii"},
    {.name = "width",
     .type = RISE_P_REAL,
     .min = DRAW_MIN_MM,
     .max = DRAW_MAX_MM,
     .unit = "mm",
     .flags = RISE_PARAM_OPTIONAL,
     .help = "default: one column of a journal, 85 to 90"},
    {.name = "height",
     .type = RISE_P_REAL,
     .min = DRAW_MIN_MM,
     .max = DRAW_MAX_MM,
     .unit = "mm",
     .flags = RISE_PARAM_OPTIONAL,
     .help = "default: by kind"},
    {.name = "log_x", .type = RISE_P_BOOL, .def = "false", .help = "logarithmic x"},
    {.name = "log_y", .type = RISE_P_BOOL, .def = "false", .help = "logarithmic y"},
    {.name = "log_y2", .type = RISE_P_BOOL, .def = "false", .help = "logarithmic y2"},
    {.name = "error",
     .type = RISE_P_CHOICE,
     .def = "std",
     .choices = "std|se|range",
     .help = "curve: error bars where an x occurs several times, as for several seeds: standard "
             "deviation (n - 1), standard error of the mean, or least and greatest"},
    {.name = "mark",
     .type = RISE_P_CHOICE,
     .def = "none",
     .choices = "none|min|max",
     .help = "heat: frames the least or the greatest cell"},
    {.name = "band", .type = RISE_P_BOOL, .def = "false", .help = "errors as a shaded band"},
    {.name = "bins",
     .type = RISE_P_INT,
     .min = 1,
     .max = 1000,
     .flags = RISE_PARAM_OPTIONAL,
     .help =
         "histogram: default Freedman and Diaconis; parity: counts in so many cells each way, in "
         "place of points"},
    {.name = "top",
     .type = RISE_P_INT,
     .min = 1,
     .max = 400,
     .flags = RISE_PARAM_OPTIONAL,
     .help = "bars: only the highest"},
    {.name = "frame",
     .type = RISE_P_INT,
     .def = "0",
     .min = 0,
     .max = 1e9,
     .help = "regions: the sample that is drawn, its number among those of the regions"},
    {.name = "colour_map",
     .type = RISE_P_CHOICE,
     .def = "viridis",
     .choices = "viridis|grey|balance",
     .help = "of a heat map; balance: for signed numbers, white at zero"},
    {.name = NULL}};

static size_t choice(const char *text, const char *const *names, size_t n) {
    for (size_t i = 0; text && i < n; i++)
        if (strcmp(text, names[i]) == 0)
            return i;
    return 0;
}

/* The part of a path after its last dot; "" where there is none. */
static const char *extension(const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    return dot && dot != name ? dot : "";
}

static const struct {
    const char *extension;
    draw_format format;
    bool unasked; /* written where a path has no extension */
} formats[] = {{".svg", DRAW_SVG, true}, {".png", DRAW_PNG, true}, {".pdf", DRAW_PDF, false}};
enum { N_FORMATS = sizeof formats / sizeof *formats };

static size_t format_of(const char *path) {
    size_t k = 0;
    while (k < N_FORMATS && strcmp(extension(path), formats[k].extension) != 0)
        k++;
    return k;
}

static rise_status check(rise_ctx *ctx, rise_error *err) {
    const char *path = rise_param_text(ctx, "path");
    if (path && extension(path)[0] && format_of(path) == N_FORMATS) {
        (void)rise_fail_param(ctx, err, "path",
                              "a figure is written as .svg, .png or .pdf, not as '%s'",
                              extension(path));
        return rise_hint(err, "without an extension .svg and .png are written");
    }
    static const char *const of_kinds[][3] = {
        {"y2", "curve", "curve"}, {"minus", "histogram", "distribution"}, {"mark", "heat", "heat"}};
    const char *kind = rise_param_text(ctx, "kind");
    for (size_t i = 0; i < sizeof of_kinds / sizeof *of_kinds; i++) {
        const char *const *k = of_kinds[i], *given = rise_param_text(ctx, k[0]);
        if (given && strcmp(given, "none") != 0 && strcmp(kind, k[1]) != 0 &&
            strcmp(kind, k[2]) != 0) {
            (void)rise_fail_param(ctx, err, k[0], "`%s` goes with kind %s, not with %s", k[0], k[1],
                                  kind);
            return rise_hint(err, "leave it out, or take `kind: %s`", k[1]);
        }
    }
    if (rise_param_set(ctx, "lines") && strcmp(kind, "curve") != 0) {
        (void)rise_fail_param(ctx, err, "lines", "`lines` goes with kind curve, not with %s", kind);
        return rise_hint(err, "leave it out, or take `kind: curve`");
    }
    bool regions = strcmp(kind, "regions") == 0;
    const char *port = regions ? "regions" : "input";
    if (!rise_connected(ctx, port)) {
        (void)rise_fail_param(ctx, err, "kind", "a figure of kind %s needs the port `%s`", kind,
                              port);
        return rise_hint(err, "add `%s: NODE`", port);
    }
    if (rise_connected(ctx, regions ? "input" : "regions")) {
        (void)rise_fail_param(ctx, err, "kind", "a figure of kind %s does not read the port `%s`",
                              kind, regions ? "input" : "regions");
        return rise_hint(err, "leave it out");
    }
    if (rise_param_set(ctx, "x2_scale") && rise_param_real(ctx, "x2_scale") == 0) {
        (void)rise_fail_param(ctx, err, "x2_scale", "x2_scale is 0, a second axis needs another");
        return rise_hint(err, "one unit of x is so many of the second axis; or leave it out");
    }
    return RISE_OK;
}

static rise_status texts(rise_ctx *ctx, plot_pool *pool, const char *name, size_t *n,
                         const char *const **list, rise_error *err) {
    *n = rise_param_set(ctx, name) ? rise_param_count(ctx, name) : 0;
    const char **text = plot_alloc(pool, *n, sizeof *text);
    if (!text)
        return rise_fail_nomem(err, "plot");
    for (size_t i = 0; i < *n; i++)
        text[i] = rise_param_text_at(ctx, name, i);
    *list = text;
    return RISE_OK;
}

static double real_or_0(rise_ctx *ctx, const char *name) {
    return rise_param_set(ctx, name) ? rise_param_real(ctx, name) : 0;
}

static rise_status read_options(rise_ctx *ctx, plot_pool *pool, plot_options *o, rise_error *err) {
    static const char *const kinds[] = {"curve",        "parity", "heat",   "histogram",
                                        "distribution", "bars",   "regions"};
    static const char *const errors[] = {"std", "se", "range"};
    static const char *const marks[] = {"none", "min", "max"};
    static const char *const maps[] = {"viridis", "grey", "balance"};
    *o = (plot_options){
        .kind =
            (plot_kind)choice(rise_param_text(ctx, "kind"), kinds, sizeof kinds / sizeof *kinds),
        .map = (draw_map)choice(rise_param_text(ctx, "colour_map"), maps, 3),
        .title = rise_param_text(ctx, "title"),
        .x = rise_param_text(ctx, "x"),
        .error = (plot_error)choice(rise_param_text(ctx, "error"), errors, 3),
        .mark = (plot_mark)choice(rise_param_text(ctx, "mark"), marks, 3),
        .y2 = rise_param_text(ctx, "y2"),
        .y2_label = rise_param_text(ctx, "y2_label"),
        .log_y2 = rise_param_bool(ctx, "log_y2"),
        .minus = rise_param_text(ctx, "minus"),
        .y_error = rise_param_text(ctx, "y_error"),
        .by = rise_param_text(ctx, "by"),
        .value = rise_param_text(ctx, "value"),
        .x_label = rise_param_text(ctx, "x_label"),
        .y_label = rise_param_text(ctx, "y_label"),
        .value_label = rise_param_text(ctx, "value_label"),
        .x2_label = rise_param_text(ctx, "x2_label"),
        .x2_scale = real_or_0(ctx, "x2_scale"),
        .width_mm = real_or_0(ctx, "width"),
        .height_mm = real_or_0(ctx, "height"),
        .log_x = rise_param_bool(ctx, "log_x"),
        .log_y = rise_param_bool(ctx, "log_y"),
        .band = rise_param_bool(ctx, "band"),
        .bins = rise_param_set(ctx, "bins") ? (size_t)rise_param_int(ctx, "bins") : 0,
        .frame = (size_t)rise_param_int(ctx, "frame"),
        .top = rise_param_set(ctx, "top") ? (size_t)rise_param_int(ctx, "top") : 0,
    };
    rise_status status = texts(ctx, pool, "y", &o->n_y, &o->y, err);
    if (!status)
        status = texts(ctx, pool, "where", &o->n_where, &o->where, err);
    if (!status)
        status = texts(ctx, pool, "labels", &o->n_labels, &o->labels, err);
    if (!status)
        status = texts(ctx, pool, "lines", &o->n_lines, &o->lines, err);
    if (!status)
        status = texts(ctx, pool, "line_labels", &o->n_line_labels, &o->line_labels, err);
    return status;
}

static rise_status write_as(rise_ctx *ctx, const draw_figure *figure, draw_format format,
                            const char *path, rise_error *err) {
    uint8_t *bytes;
    size_t size;
    rise_status status = draw_render(figure, format, &bytes, &size, err);
    if (status)
        return status;
    status = rise_write_file(ctx, path, bytes, size, err);
    free(bytes);
    return status;
}

static rise_status write_files(rise_ctx *ctx, plot_pool *pool, const draw_figure *figure,
                               rise_error *err) {
    const char *path = rise_param_text(ctx, "path");
    rise_status status = RISE_OK;
    if (path && extension(path)[0])
        return write_as(ctx, figure, formats[format_of(path)].format, path, err);
    for (size_t k = 0; path && k < N_FORMATS && !status; k++) {
        if (!formats[k].unasked)
            continue;
        const char *name = plot_text(pool, "%s%s", path, formats[k].extension);
        status = name ? write_as(ctx, figure, formats[k].format, name, err)
                      : rise_fail_nomem(err, "plot");
    }
    return status;
}

static rise_status put_figure(rise_ctx *ctx, const draw_figure *figure, rise_error *err) {
    uint8_t *bytes;
    size_t size;
    rise_value *value;
    rise_status status = draw_render(figure, DRAW_SVG, &bytes, &size, err);
    if (status)
        return status;
    status = rise_blob_new(RISE_DOCUMENT, "svg", bytes, size, &value, err);
    free(bytes);
    return status ? status : rise_output(ctx, "figure", value, err);
}

static rise_status work(rise_ctx *ctx, plot_pool *pool, rise_error *err) {
    plot_options options;
    draw_figure figure;
    const char *port = rise_connected(ctx, "regions") ? "regions" : "input";
    size_t n = rise_over_count(ctx, port), left_out = 0;
    plot_source *source = plot_alloc(pool, n, sizeof *source);
    plot_point *point = plot_alloc(pool, n, sizeof *point);
    if (!source || !point)
        return rise_fail_nomem(err, "plot");
    for (size_t i = 0; i < n; i++) {
        const rise_point *p = rise_over_point(ctx, port, i);
        source[i] = (plot_source){rise_over_input(ctx, port, i), p->reference};
        point[i] = (plot_point){p->n_axes == 1 ? p->text[0] : NULL,
                                p->n_axes == 1 ? p->number[0] : NAN, NULL};
        (void)rise_over_frames(ctx, port, i, &point[i].ids);
    }
    rise_status status = read_options(ctx, pool, &options, err);
    options.point = point;
    if (!status)
        status = plot_build(&options, source, n, pool, &figure, &left_out, err);
    if (!status && left_out)
        rise_warn(ctx, "%zu value%s not finite and left out of the figure", left_out,
                  left_out == 1 ? " is" : "s are");
    if (!status)
        status = put_figure(ctx, &figure, err);
    return status ? status : write_files(ctx, pool, &figure, err);
}

static rise_status whole(rise_ctx *ctx, rise_error *err) {
    plot_pool pool = {0};
    rise_status status = work(ctx, &pool, err);
    plot_pool_free(&pool);
    return status;
}

const rise_node_type rise_node_plot = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "plot",
    .brief = "a figure fit to print: curve, parity, heat, histogram, distribution, bars, regions",
    .version = 5,
    .in = in,
    .out = out,
    .params = params,
    .fingerprint = draw_version,
    .check = check,
    .whole = whole,
};

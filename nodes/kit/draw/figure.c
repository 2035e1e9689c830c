/* A figure, checked, laid out and drawn to SVG, PNG or PDF. Nothing that is not a number gets past
 * the check. */
#include "draw_inner.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POINTS_PER_MM (72.0 / 25.4)
#define PNG_DPI 300.0

const char *draw_version(void) {
    return CAIRO_VERSION_STRING;
}

/* ---- check ----------------------------------------------------------------------------------- */
static rise_status bad(rise_error *err, const draw_figure *f, size_t series, const char *what,
                       size_t i, double value) {
    const char *label = f->series[series].label;
    if (isfinite(value))
        return rise_fail(err, RISE_E_DATA,
                         "figure: series %zu (%s): %s of point %zu is %g, which a logarithmic axis "
                         "cannot show",
                         series + 1, label ? label : "unnamed", what, i, value);
    return rise_fail(err, RISE_E_DATA, "figure: series %zu (%s): %s of point %zu is not finite",
                     series + 1, label ? label : "unnamed", what, i);
}

static rise_status check_numbers(const draw_figure *f, size_t series, const char *what,
                                 const double *v, size_t n, bool log_scale, rise_error *err) {
    for (size_t i = 0; v && i < n; i++)
        if (!isfinite(v[i]) || (log_scale && v[i] <= 0))
            return bad(err, f, series, what, i, v[i]);
    return RISE_OK;
}

static rise_status check_series(const draw_figure *f, size_t k, rise_error *err) {
    const draw_series *s = &f->series[k];
    bool steps = s->style & DRAW_STEPS, log_y = (s->right ? f->y2.log : f->y.log) && !steps;
    if (s->n == 0 || !s->y || (steps ? !s->edges : !s->x) || !s->low != !s->high ||
        ((s->style & DRAW_BOXES) && (!s->q1 || !s->q3 || !s->low)) ||
        (s->right && (s->style & (DRAW_STEPS | DRAW_BARS | DRAW_BOXES))))
        return rise_fail(err, RISE_E_DATA, "figure: series %zu (%s) has no data", k + 1,
                         s->label ? s->label : "unnamed");
    rise_status status = check_numbers(f, k, "x", steps ? NULL : s->x, s->n, f->x.log, err);
    if (!status)
        status = check_numbers(f, k, "y", s->y, s->n, log_y, err);
    if (!status)
        status = check_numbers(f, k, "the lower end", s->low, s->n, log_y, err);
    if (!status)
        status = check_numbers(f, k, "the upper end", s->high, s->n, log_y, err);
    if (!status && steps)
        status = check_numbers(f, k, "the edge", s->edges, s->n + 1, f->x.log, err);
    if (!status && (s->style & DRAW_BOXES)) {
        status = check_numbers(f, k, "the quartile", s->q1, s->n, log_y, err);
        if (!status)
            status = check_numbers(f, k, "the quartile", s->q3, s->n, log_y, err);
        if (!status)
            status = check_numbers(f, k, "the mean", s->mean, s->n, log_y, err);
    }
    for (size_t i = 0; !status && steps && i < s->n; i++)
        if (s->edges[i] >= s->edges[i + 1])
            return rise_fail(err, RISE_E_DATA, "figure: bin %zu is empty or reversed", i);
    return status;
}

static rise_status check_lines(const draw_figure *f, rise_error *err) {
    if (f->n_lines > DRAW_LINES_MAX)
        return rise_fail(err, RISE_E_DATA, "figure: %zu lines across it, at most %d can be named",
                         f->n_lines, DRAW_LINES_MAX);
    for (size_t i = 0; i < f->n_lines; i++)
        if (!f->lines[i].label || !isfinite(f->lines[i].y) || (f->y.log && f->lines[i].y <= 0))
            return rise_fail(err, RISE_E_DATA, "figure: a line at %g cannot be drawn",
                             f->lines[i].y);
    return RISE_OK;
}

static rise_status check_heat(const draw_figure *f, rise_error *err) {
    const draw_heat *h = f->heat;
    bool any = false;
    if (h->counts && !(f->x.low < f->x.high && f->y.low < f->y.high))
        return rise_fail(err, RISE_E_DATA, "figure: counts need the limits of both axes");
    for (size_t i = 0; i < h->n_rows * h->n_columns; i++) {
        bool shown = !isnan(h->cell[i]) && !(h->counts && h->cell[i] == 0);
        if (isinf(h->cell[i]) || (h->error && isinf(h->error[i])) ||
            (shown && h->log && h->cell[i] <= 0))
            return rise_fail(err, RISE_E_DATA, "figure: cell %zu, %zu of %g cannot be shown",
                             i / h->n_columns, i % h->n_columns, h->cell[i]);
        any = any || shown;
    }
    return any ? RISE_OK : rise_fail(err, RISE_E_DATA, "figure: no cell has a value");
}

static rise_status check(const draw_figure *f, rise_error *err) {
    if (!(f->width_mm >= DRAW_MIN_MM && f->width_mm <= DRAW_MAX_MM && f->height_mm >= DRAW_MIN_MM &&
          f->height_mm <= DRAW_MAX_MM))
        return rise_fail(err, RISE_E_DATA, "figure of %g x %g mm: each side has to be %g..%g mm",
                         f->width_mm, f->height_mm, DRAW_MIN_MM, DRAW_MAX_MM);
    if (!isfinite(f->x2_scale) || !!f->heat + !!f->n_series + !!f->box != 1)
        return rise_fail(err, RISE_E_DATA, "figure: nothing to draw");
    if (f->box)
        return draw_box_check(f->box, err);
    rise_status status = f->heat ? check_heat(f, err) : RISE_OK;
    if (!status)
        status = check_lines(f, err);
    for (size_t k = 0; k < f->n_series && !status; k++)
        status = check_series(f, k, err);
    if (status)
        return status;
    const draw_axis *const axes[] = {&f->x, &f->y, &f->y2};
    for (int k = 0; k < 3; k++) {
        const draw_axis *a = axes[k];
        if (a->low < a->high &&
            (!isfinite(a->low) || !isfinite(a->high) || (a->log && a->low <= 0)))
            return rise_fail(err, RISE_E_DATA, "figure: limits %g..%g of %s cannot be drawn",
                             a->low, a->high, k ? k == 2 ? "y2" : "y" : "x");
    }
    return RISE_OK;
}

/* ---- draw ------------------------------------------------------------------------------------ */
static void title(cairo_t *cr, const draw_layout *l) {
    cairo.set_source_rgb(cr, 0.13, 0.13, 0.13);
    draw_text_bold(cr, true);
    for (size_t i = 0; i < l->n_title; i++)
        draw_text_show(cr, l->title[i], DRAW_TITLE_SIZE, l->width / 2,
                       4 + DRAW_TITLE_SIZE * (0.85 + 1.25 * (double)i), 0.5);
    draw_text_bold(cr, false);
}

static void note(cairo_t *cr, const draw_layout *l) {
    char text[DRAW_TEXT_MAX];
    if (!l->note[0])
        return;
    cairo.set_source_rgb(cr, 0.38, 0.38, 0.38);
    draw_text_fit(cr, l->note, DRAW_NOTE_SIZE, l->width - 8, text);
    draw_text_show(cr, text, DRAW_NOTE_SIZE, 4, l->height - 5, 0);
}

/* What is left between title and note. */
static void box_panel(cairo_t *cr, const draw_figure *f, draw_layout *l) {
    if (f->title && f->title[0]) {
        draw_text_bold(cr, true);
        l->n_title = draw_text_wrap(cr, f->title, DRAW_TITLE_SIZE, l->width - 8, l->title);
        draw_text_bold(cr, false);
    }
    double top = 4 + (double)l->n_title * 1.25 * DRAW_TITLE_SIZE;
    snprintf(l->note, sizeof l->note, "%s", f->note ? f->note : "");
    double below = l->note[0] ? DRAW_NOTE_SIZE + 8 : 4;
    draw_box_show(cr, f->box, (draw_rect){4, top, l->width - 8, l->height - top - below});
}

static rise_status panel(cairo_t *cr, const draw_figure *f, draw_layout *l, rise_error *err) {
    if (f->box) {
        box_panel(cr, f, l);
        return RISE_OK;
    }
    rise_status status = draw_layout_make(cr, f, l, err);
    if (status)
        return status;
    if (!f->heat || f->heat->counts)
        draw_grid(cr, f, l);
    if (f->heat)
        draw_heat_cells(cr, f, l);
    else
        draw_marks(cr, f, l);
    draw_axes(cr, f, l);
    if (f->heat)
        draw_heat_bar(cr, f, l);
    draw_lines_name(cr, f, l);
    draw_legend_show(cr, f, l);
    return RISE_OK;
}

static rise_status draw_all(cairo_t *cr, const draw_figure *f, double width, double height,
                            rise_error *err) {
    draw_layout *l = calloc(1, sizeof *l);
    if (!l)
        return rise_fail_nomem(err, "figure");
    l->width = width;
    l->height = height;
    draw_text_options(cr);
    cairo.set_source_rgb(cr, 1, 1, 1);
    cairo.paint(cr);
    rise_status status = panel(cr, f, l, err);
    if (!status) {
        title(cr, l);
        note(cr, l);
    }
    free(l);
    return status;
}

typedef struct sink {
    uint8_t *bytes;
    size_t size, room;
} sink;

static cairo_status_t sink_write(void *user, const unsigned char *data, unsigned int n) {
    sink *s = user;
    if (s->size + n > s->room) {
        size_t room = s->room ? s->room : 1 << 14;
        while (room < s->size + n)
            room *= 2;
        uint8_t *grown = realloc(s->bytes, room);
        if (!grown)
            return CAIRO_STATUS_NO_MEMORY;
        s->bytes = grown;
        s->room = room;
    }
    memcpy(s->bytes + s->size, data, n);
    s->size += n;
    return CAIRO_STATUS_SUCCESS;
}

/* cairo counts surfaces per process and writes the count into the file ("surface17"): equal figures
 * would differ in bytes. Renumbered in the order of appearance; up to nine, so no text grows. */
static void renumber(sink *s) {
    static const char mark[] = "surface";
    const size_t n_mark = sizeof mark - 1;
    unsigned long seen[9], n_seen = 0;
    size_t to = 0;
    for (size_t from = 0; from < s->size;) {
        bool here = from + n_mark < s->size && memcmp(s->bytes + from, mark, n_mark) == 0 &&
                    from > 0 && (s->bytes[from - 1] == '"' || s->bytes[from - 1] == '#');
        size_t digits = 0;
        unsigned long id = 0, k = 0;
        while (here && from + n_mark + digits < s->size && digits < 18 &&
               s->bytes[from + n_mark + digits] >= '0' && s->bytes[from + n_mark + digits] <= '9')
            id = id * 10 + (unsigned long)(s->bytes[from + n_mark + digits++] - '0');
        while (k < n_seen && seen[k] != id)
            k++;
        if (digits == 0 || k == 9) {
            s->bytes[to++] = s->bytes[from++];
            continue;
        }
        if (k == n_seen)
            seen[n_seen++] = id;
        memcpy(s->bytes + to, mark, n_mark);
        s->bytes[to + n_mark] = (uint8_t)('1' + k);
        to += n_mark + 1;
        from += n_mark + digits;
    }
    s->size = to;
}

rise_status draw_render(const draw_figure *f, draw_format format, uint8_t **bytes, size_t *size,
                        rise_error *err) {
    rise_status status = check(f, err);
    if (!status)
        status = cairo_load(err);
    if (status)
        return status;
    double width = f->width_mm * POINTS_PER_MM, height = f->height_mm * POINTS_PER_MM;
    double dots = PNG_DPI / 72;
    sink out = {0};
    cairo_surface_t *surface =
        format == DRAW_PNG ? cairo.image_surface_create(CAIRO_FORMAT_RGB24, (int)ceil(width * dots),
                                                        (int)ceil(height * dots))
        : format == DRAW_PDF ? cairo.pdf_surface_create_for_stream(sink_write, &out, width, height)
                             : cairo.svg_surface_create_for_stream(sink_write, &out, width, height);
    if (format == DRAW_PDF) { /* without a date equal figures are equal bytes */
        cairo.pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, NULL);
        cairo.pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, f->title);
    }
    cairo_t *cr = cairo.create(surface);
    if (format == DRAW_PNG)
        cairo.scale(cr, dots, dots);
    status = draw_all(cr, f, width, height, err);
    cairo_status_t drawn = cairo.status(cr);
    cairo.destroy(cr);
    if (!status && !drawn && format == DRAW_PNG)
        drawn = cairo.surface_write_to_png_stream(surface, sink_write, &out);
    cairo.surface_finish(surface);
    if (!drawn)
        drawn = cairo.surface_status(surface);
    cairo.surface_destroy(surface);
    if (!status && drawn)
        status = drawn == CAIRO_STATUS_NO_MEMORY
                     ? rise_fail_nomem(err, "figure")
                     : rise_fail(err, RISE_E_SYSTEM, "figure: %s", cairo.status_to_string(drawn));
    if (status) {
        free(out.bytes);
        return status;
    }
    if (format == DRAW_SVG)
        renumber(&out);
    *bytes = out.bytes;
    *size = out.size;
    return RISE_OK;
}

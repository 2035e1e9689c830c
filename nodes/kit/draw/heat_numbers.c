/* The numbers in the cells of a heat map, alone or with their errors, dark on light cells and light
 * on dark ones. */
#include "draw_inner.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define READABLE 5.5 /* points */
#define SMALLEST 4.5
#define MANY 400 /* more cells have no numbers */
#define LINE 1.2 /* of the type size, value to error below it */

static size_t n_cells(const draw_figure *f) {
    return f->heat->n_rows * f->heat->n_columns;
}

static void number_text(double v, int decimals, char text[DRAW_NUMBER_MAX]) {
    if (decimals < 0)
        draw_number_general(text, v, 3);
    else
        draw_number_fixed(text, v, decimals);
}

/* ---- errors ---------------------------------------------------------------------------------- */
/* How numbers with errors are written: all with the same decimals. */
typedef struct style {
    int decimals; /* -1: there are no errors to write */
    bool stacked; /* the error below its value */
    double size;  /* 0: they do not fit */
} style;

/* Noise of rounding is no error. */
static bool has_error(const draw_figure *f, const draw_layout *l, size_t k) {
    double most = fmax(fabs(l->heat_low), fabs(l->heat_high));
    return f->heat->error && !isnan(f->heat->cell[k]) && f->heat->error[k] > 1e-12 * most;
}

/* One digit, two where the first is a 1. */
static int decimals_of(double error) {
    int power = (int)floor(log10(error));
    return (error < 1.95 * pow(10, power)) - power;
}

/* The smallest error decides, as long as the largest does not get more than two digits too many. */
static int error_decimals(const draw_figure *f, const draw_layout *l) {
    double low = INFINITY, high = 0;
    for (size_t k = 0; k < n_cells(f); k++)
        if (has_error(f, l, k)) {
            low = fmin(low, f->heat->error[k]);
            high = fmax(high, f->heat->error[k]);
        }
    if (high == 0)
        return -1;
    int most = decimals_of(high) + 1, decimals = decimals_of(low);
    decimals = decimals < most ? decimals : most;
    return decimals < 0 ? 0 : decimals > 9 ? 9 : decimals;
}

/* `part` 0: the value, 1: the error, 2: both on a line. */
static void part_text(const draw_figure *f, const draw_layout *l, size_t k, int decimals, int part,
                      char text[3 * DRAW_NUMBER_MAX]) {
    char value[DRAW_NUMBER_MAX], error[DRAW_NUMBER_MAX];
    bool both = has_error(f, l, k);
    draw_number_fixed(value, f->heat->cell[k], decimals);
    draw_number_minus(value);
    draw_number_fixed(error, both ? f->heat->error[k] : 0, decimals);
    snprintf(text, 3 * DRAW_NUMBER_MAX, "%s%s%s", part == 1 ? "" : value,
             both && part ? part == 1 ? "±" : " ± " : "", both && part ? error : "");
}

/* The type size at which all of them fit their cells. */
static double size_that_fits(cairo_t *cr, const draw_figure *f, const draw_layout *l, int decimals,
                             bool stacked) {
    const double size = DRAW_TICK_SIZE;
    char text[3 * DRAW_NUMBER_MAX];
    double widest = 0;
    for (size_t k = 0; k < n_cells(f); k++)
        for (int part = stacked ? 0 : 2; part < (stacked ? 2 : 3) && !isnan(f->heat->cell[k]);
             part++) {
            part_text(f, l, k, decimals, part, text);
            widest = fmax(widest, draw_text_width(cr, text, size));
        }
    draw_rect c = draw_heat_cell(f, l, 0);
    double lines = stacked ? 1 + LINE : 1;
    return size * fmin(1, fmin((c.w - 3) / widest, (c.h - 2) / (lines * size)));
}

static style error_style(cairo_t *cr, const draw_figure *f, const draw_layout *l) {
    style s = {.decimals = f->heat->error ? error_decimals(f, l) : -1};
    if (s.decimals < 0 || n_cells(f) > MANY)
        return s;
    double line = size_that_fits(cr, f, l, s.decimals, false);
    double stack = size_that_fits(cr, f, l, s.decimals, true);
    s.stacked = line < READABLE && stack > line;
    s.size = s.stacked ? stack : line;
    s.size = s.size < SMALLEST ? 0 : s.size;
    return s;
}

bool draw_heat_errors_fit(cairo_t *cr, const draw_figure *f, const draw_layout *l) {
    if (!f->heat || !f->heat->error)
        return true;
    style s = error_style(cr, f, l);
    return s.decimals < 0 || s.size > 0;
}

static void ink(cairo_t *cr, const draw_figure *f, const draw_layout *l, double v) {
    double t = draw_heat_share(f, l, v);
    bool dark = draw_luminance(draw_map_colour(f->heat->map, t)) < 0.2;
    cairo.set_source_rgb(cr, dark, dark, dark);
}

static void with_errors(cairo_t *cr, const draw_figure *f, const draw_layout *l, style s) {
    char text[3 * DRAW_NUMBER_MAX];
    for (size_t k = 0; k < n_cells(f); k++) {
        draw_rect c = draw_heat_cell(f, l, k);
        if (isnan(f->heat->cell[k]))
            continue;
        ink(cr, f, l, f->heat->cell[k]);
        double x = c.x + c.w / 2, y = c.y + c.h / 2 + 0.36 * s.size;
        bool two = s.stacked && has_error(f, l, k);
        part_text(f, l, k, s.decimals, s.stacked ? 0 : 2, text);
        draw_text_show(cr, text, s.size, x, y - (two ? LINE / 2 * s.size : 0), 0.5);
        if (!two)
            continue;
        part_text(f, l, k, s.decimals, 1, text);
        draw_text_show(cr, text, s.size, x, y + LINE / 2 * s.size, 0.5);
    }
}

/* ---- numbers alone --------------------------------------------------------------------------- */
/* The type size at which all numbers fit their cells. */
static double number_size(cairo_t *cr, const draw_figure *f, const draw_layout *l, int decimals) {
    char text[DRAW_NUMBER_MAX];
    double widest = 0, size = DRAW_TICK_SIZE;
    for (size_t k = 0; k < n_cells(f); k++)
        if (!isnan(f->heat->cell[k])) {
            number_text(f->heat->cell[k], decimals, text);
            widest = fmax(widest, draw_text_width(cr, text, size));
        }
    draw_rect c = draw_heat_cell(f, l, 0);
    return size * fmin(1, fmin((c.w - 3) / widest, (c.h - 2) / size));
}

/* All with the same decimals, as large as fits, to three digits of their range where that can be
 * read, else to two; nothing below the smallest size. */
static void alone(cairo_t *cr, const draw_figure *f, const draw_layout *l) {
    int digits = draw_number_decimals(l->heat_low, l->heat_high), decimals = digits;
    double size = 0;
    for (int less = 1; less <= 2 && size < READABLE; less++) {
        decimals = digits > less ? digits - less : digits < 0 ? digits : 0;
        size = number_size(cr, f, l, decimals);
    }
    if (size < SMALLEST)
        return;
    char text[DRAW_NUMBER_MAX];
    for (size_t k = 0; k < n_cells(f); k++) {
        double v = f->heat->cell[k];
        draw_rect c = draw_heat_cell(f, l, k);
        if (isnan(v))
            continue;
        ink(cr, f, l, v);
        number_text(v, decimals, text);
        draw_number_minus(text);
        draw_text_show(cr, text, size, c.x + c.w / 2, c.y + c.h / 2 + 0.36 * size, 0.5);
    }
}

void draw_heat_numbers(cairo_t *cr, const draw_figure *f, const draw_layout *l) {
    style s = error_style(cr, f, l);
    if (s.size > 0)
        with_errors(cr, f, l, s);
    else if (n_cells(f) <= MANY)
        alone(cr, f, l);
}

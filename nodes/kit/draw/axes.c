/* Frames, ticks, grid, axis labels. */
#include "draw_inner.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TICK 3.0
#define TICK_MINOR 1.6
#define GAP 2.5         /* between a tick and its text */
#define CAP_HEIGHT 0.36 /* half the height of digits, of the size: centres text on a line */

static void ink(cairo_t *cr) {
    cairo.set_source_rgb(cr, 0.13, 0.13, 0.13);
    cairo.set_line_width(cr, 0.7);
}

static void stroke_line(cairo_t *cr, double x0, double y0, double x1, double y1) {
    cairo.move_to(cr, x0, y0);
    cairo.line_to(cr, x1, y1);
    cairo.stroke(cr);
}

void draw_axis_label(const char *label, int exponent, char out[DRAW_TEXT_MAX]) {
    char power[DRAW_NUMBER_MAX];
    const char *text = label ? label : "", *open = strrchr(text, '(');
    size_t n = strlen(text);
    if (exponent == 0) {
        snprintf(out, DRAW_TEXT_MAX, "%s", text);
        return;
    }
    draw_superscript(exponent, power);
    if (open && n > 0 && text[n - 1] == ')')
        snprintf(out, DRAW_TEXT_MAX, "%.*s(10%s %s", (int)(open - text), text, power, open + 1);
    else
        snprintf(out, DRAW_TEXT_MAX, "%s%s(10%s)", text, n ? " " : "", power);
}

void draw_grid(cairo_t *cr, const draw_figure *f, const draw_layout *l) {
    cairo.set_source_rgb(cr, 0.91, 0.91, 0.91);
    cairo.set_line_width(cr, 0.5);
    for (size_t i = 0; i < l->y_ticks.n; i++) {
        double y = draw_scale_at(&l->y, l->y_ticks.at[i]);
        stroke_line(cr, l->panel.x, y, l->panel.x + l->panel.w, y);
    }
    for (size_t i = 0; i < l->x_ticks.n && !f->x.names; i++) {
        double x = draw_scale_at(&l->x, l->x_ticks.at[i]);
        stroke_line(cr, x, l->panel.y, x, l->panel.y + l->panel.h);
    }
}

static void numeric_x(cairo_t *cr, const draw_scale *scale, const draw_ticks *t, double edge,
                      double side) {
    for (size_t i = 0; i < t->n_minor; i++) {
        double x = draw_scale_at(scale, t->minor[i]);
        stroke_line(cr, x, edge, x, edge + side * TICK_MINOR);
    }
    for (size_t i = 0; i < t->n; i++) {
        double x = draw_scale_at(scale, t->at[i]);
        double up = side > 0 ? TICK + GAP + 2 * CAP_HEIGHT * DRAW_TICK_SIZE : -TICK - GAP;
        stroke_line(cr, x, edge, x, edge + side * TICK);
        draw_text_show(cr, t->text[i], DRAW_TICK_SIZE, x, edge + up, 0.5);
    }
}

static void named_x(cairo_t *cr, const draw_figure *f, const draw_layout *l, double edge) {
    char text[DRAW_TEXT_MAX];
    for (size_t i = 0; i < f->x.n_names; i += l->name_step) {
        double x = draw_scale_at(&l->x, (double)i);
        draw_text_fit(cr, f->x.names[i], DRAW_TICK_SIZE, l->name_room, text);
        stroke_line(cr, x, edge, x, edge + TICK);
        if (!l->names_upright) {
            draw_text_show(cr, text, DRAW_TICK_SIZE, x,
                           edge + TICK + GAP + 2 * CAP_HEIGHT * DRAW_TICK_SIZE, 0.5);
            continue;
        }
        cairo.save(cr);
        cairo.translate(cr, x + CAP_HEIGHT * DRAW_TICK_SIZE, edge + TICK + GAP);
        cairo.rotate(cr, -M_PI / 2);
        draw_text_show(cr, text, DRAW_TICK_SIZE, 0, 0, 1);
        cairo.restore(cr);
    }
}

/* `side` -1: on the left of `edge`, 1: on its right. */
static void numeric_y(cairo_t *cr, const draw_scale *scale, const draw_ticks *t, double edge,
                      double side) {
    double shift = CAP_HEIGHT * DRAW_TICK_SIZE;
    for (size_t i = 0; i < t->n_minor; i++) {
        double y = draw_scale_at(scale, t->minor[i]);
        stroke_line(cr, edge, y, edge + side * TICK_MINOR, y);
    }
    for (size_t i = 0; i < t->n; i++) {
        double y = draw_scale_at(scale, t->at[i]);
        stroke_line(cr, edge, y, edge + side * TICK, y);
        draw_text_show(cr, t->text[i], DRAW_TICK_SIZE, edge + side * (TICK + GAP), y + shift,
                       side < 0);
    }
}

/* With two axes of y each has the colour of its series, where it has but one. */
static void ink_of_side(cairo_t *cr, const draw_figure *f, bool right) {
    size_t n = 0, index = 0;
    for (size_t i = 0; i < f->n_series; i++) {
        if (f->series[i].right == right) {
            n++;
            index = i;
        }
    }
    ink(cr);
    if (n == 1 && draw_right_wanted(f))
        draw_set_colour(cr, draw_series_colour(index), 1);
}

static void y_axis(cairo_t *cr, const draw_figure *f, const draw_layout *l) {
    double edge = l->panel.x, shift = CAP_HEIGHT * DRAW_TICK_SIZE;
    ink_of_side(cr, f, false);
    numeric_y(cr, &l->y, &l->y_ticks, edge, -1);
    ink_of_side(cr, f, true);
    numeric_y(cr, &l->y2, &l->y2_ticks, edge + l->panel.w, 1);
    ink(cr);
    size_t step = (size_t)ceil(DRAW_TICK_SIZE * 1.2 * (double)f->y.n_names / l->panel.h);
    for (size_t i = 0; i < f->y.n_names; i += step ? step : 1) {
        char text[DRAW_TEXT_MAX];
        double y = draw_scale_at(&l->y, (double)i);
        draw_text_fit(cr, f->y.names[i], DRAW_TICK_SIZE, l->y_tick_width, text);
        stroke_line(cr, edge - TICK, y, edge, y);
        draw_text_show(cr, text, DRAW_TICK_SIZE, edge - TICK - GAP, y + shift, 1);
    }
}

static void frame(cairo_t *cr, const draw_figure *f, const draw_layout *l) {
    double right = l->panel.x + l->panel.w, bottom = l->panel.y + l->panel.h;
    cairo.set_line_cap(cr, CAIRO_LINE_CAP_SQUARE);
    stroke_line(cr, l->panel.x, bottom, right, bottom);
    stroke_line(cr, l->panel.x, l->panel.y, l->panel.x, bottom);
    if (f->equal || f->heat || f->x2_scale != 0)
        stroke_line(cr, l->panel.x, l->panel.y, right, l->panel.y);
    if (f->equal || f->heat || l->y2_ticks.n)
        stroke_line(cr, right, l->panel.y, right, bottom);
    cairo.set_line_cap(cr, CAIRO_LINE_CAP_BUTT);
}

static void upright_label(cairo_t *cr, const draw_layout *l, const char *label, int exponent,
                          double x) {
    char whole[DRAW_TEXT_MAX], text[DRAW_TEXT_MAX];
    draw_axis_label(label, exponent, whole);
    draw_text_fit(cr, whole, DRAW_LABEL_SIZE, l->panel.h * 1.15, text);
    cairo.save(cr);
    cairo.translate(cr, x, l->panel.y + l->panel.h / 2);
    cairo.rotate(cr, -M_PI / 2);
    draw_text_show(cr, text, DRAW_LABEL_SIZE, 0, 0, 0.5);
    cairo.restore(cr);
}

static void labels(cairo_t *cr, const draw_figure *f, const draw_layout *l) {
    char label[DRAW_TEXT_MAX], text[DRAW_TEXT_MAX];
    double middle = l->panel.x + l->panel.w / 2, bottom = l->panel.y + l->panel.h;
    draw_axis_label(f->x.label, l->x_ticks.exponent, label);
    draw_text_fit(cr, label, DRAW_LABEL_SIZE, l->panel.w + l->y_tick_width, text);
    draw_text_show(cr, text, DRAW_LABEL_SIZE, middle,
                   bottom + l->x_tick_height + DRAW_LABEL_SIZE * 1.25, 0.5);
    ink_of_side(cr, f, false);
    upright_label(cr, l, f->y.label, l->y_ticks.exponent,
                  l->panel.x - TICK - GAP - l->y_tick_width - 5);
    ink_of_side(cr, f, true);
    if (l->y2_ticks.n)
        upright_label(cr, l, f->y2.label, l->y2_ticks.exponent,
                      l->panel.x + l->panel.w + TICK + GAP + l->y2_tick_width + 5 +
                          DRAW_LABEL_SIZE * 0.8);
    ink(cr);
    if (f->x2_scale == 0)
        return;
    draw_axis_label(f->x2_label, l->x2_ticks.exponent, label);
    draw_text_fit(cr, label, DRAW_LABEL_SIZE, l->panel.w + l->y_tick_width, text);
    draw_text_show(cr, text, DRAW_LABEL_SIZE, middle,
                   l->panel.y - TICK - GAP - DRAW_TICK_SIZE - 3.5, 0.5);
}

void draw_axes(cairo_t *cr, const draw_figure *f, const draw_layout *l) {
    double bottom = l->panel.y + l->panel.h;
    ink(cr);
    frame(cr, f, l);
    if (f->x.names)
        named_x(cr, f, l, bottom);
    else
        numeric_x(cr, &l->x, &l->x_ticks, bottom, 1);
    if (f->x2_scale != 0) {
        draw_scale top = l->x;
        double a = l->x.low * f->x2_scale, b = l->x.high * f->x2_scale;
        top.low = fmin(a, b);
        top.high = fmax(a, b);
        if (a > b)
            top.from = l->x.to, top.to = l->x.from;
        numeric_x(cr, &top, &l->x2_ticks, l->panel.y, -1);
    }
    y_axis(cr, f, l);
    labels(cr, f, l);
}

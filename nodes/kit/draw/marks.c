/* What stands for the data of a series: lines, markers, bars, steps, boxes, error bars, bands. */
#include "draw_inner.h"

#include <math.h>
#include <stdlib.h>

#define LINE_WIDTH 1.2
#define CAP 2.0 /* half width of an error bar's cap */

#define MANY 2000
#define GROUP 0.8 /* share of a category that its bars take */

static double at_x(const draw_layout *l, double v) {
    return draw_scale_at(&l->x, v);
}

static double at_y(const draw_layout *l, double v) {
    return draw_scale_at(&l->y, v);
}

static const draw_scale *scale_of(const draw_series *s, const draw_layout *l) {
    return s->right ? &l->y2 : &l->y;
}

void draw_set_colour(cairo_t *cr, draw_rgb c, double alpha) {
    cairo.set_source_rgba(cr, c.r, c.g, c.b, alpha);
}

static void polygon(cairo_t *cr, double x, double y, double radius, int n, double turn) {
    for (int i = 0; i < n; i++) {
        double a = turn + 2 * M_PI * i / n;
        cairo.line_to(cr, x + radius * cos(a), y + radius * sin(a));
    }
    cairo.close_path(cr);
}

/* Areas look alike: radii are scaled by shape. */
static void marker_path(cairo_t *cr, size_t series, double x, double y, double r) {
    cairo.new_sub_path(cr);
    switch (series % 5) {
    case 0:
        cairo.arc(cr, x, y, r, 0, 2 * M_PI);
        cairo.close_path(cr);
        break;
    case 1:
        polygon(cr, x, y, r * 1.25, 4, M_PI / 4);
        break;
    case 2:
        polygon(cr, x, y, r * 1.4, 3, -M_PI / 2);
        break;
    case 3:
        polygon(cr, x, y, r * 1.25, 4, 0);
        break;
    default:
        polygon(cr, x, y, r * 1.4, 3, M_PI / 2);
    }
}

void draw_marker(cairo_t *cr, size_t series, double x, double y, double radius) {
    marker_path(cr, series, x, y, radius);
    cairo.fill(cr);
}

void draw_series_dash(cairo_t *cr, const draw_series *s, size_t index) {
    static const double dash[4][4] = {
        {1, 0, 0, 0}, {4, 2, 4, 2}, {1.5, 1.5, 1.5, 1.5}, {6, 2, 1.5, 2}};
    bool marked = (s->style & DRAW_POINTS) && s->n <= DRAW_FEW;
    if (marked || index % 4 == 0)
        cairo.set_dash(cr, NULL, 0, 0);
    else
        cairo.set_dash(cr, dash[index % 4], 4, 0);
}

void draw_hatch(cairo_t *cr, draw_rect a, size_t pattern, double gap) {
    cairo.save(cr);
    cairo.rectangle(cr, a.x, a.y, a.w, a.h);
    cairo.clip(cr);
    cairo.set_line_width(cr, 0.6);
    for (double d = -a.h; d <= a.w; d += gap) { /* from lower left to upper right */
        if (pattern % 3 != 1)
            cairo.move_to(cr, a.x + d, a.y + a.h), cairo.line_to(cr, a.x + d + a.h, a.y);
        if (pattern % 3 != 0)
            cairo.move_to(cr, a.x + d, a.y), cairo.line_to(cr, a.x + d + a.h, a.y + a.h);
    }
    cairo.stroke(cr);
    cairo.restore(cr);
}

static void error_bar(cairo_t *cr, const draw_scale *y, double x, double low, double high) {
    double y0 = draw_scale_at(y, low), y1 = draw_scale_at(y, high);
    cairo.move_to(cr, x, y0);
    cairo.line_to(cr, x, y1);
    cairo.move_to(cr, x - CAP, y0);
    cairo.line_to(cr, x + CAP, y0);
    cairo.move_to(cr, x - CAP, y1);
    cairo.line_to(cr, x + CAP, y1);
}

static void band(cairo_t *cr, const draw_series *s, const draw_layout *l, size_t index) {
    const draw_scale *y = scale_of(s, l);
    for (size_t i = 0; i < s->n; i++)
        cairo.line_to(cr, at_x(l, s->x[i]), draw_scale_at(y, s->high[i]));
    for (size_t i = s->n; i-- > 0;)
        cairo.line_to(cr, at_x(l, s->x[i]), draw_scale_at(y, s->low[i]));
    cairo.close_path(cr);
    draw_set_colour(cr, draw_series_colour(index), 0.2);
    cairo.fill(cr);
}

static void curve(cairo_t *cr, const draw_series *s, const draw_layout *l, size_t index) {
    const draw_scale *y = scale_of(s, l);
    draw_set_colour(cr, draw_series_colour(index), 1);
    if (s->low && !(s->style & DRAW_BAND)) {
        cairo.set_line_width(cr, 0.8);
        for (size_t i = 0; i < s->n; i++)
            error_bar(cr, y, at_x(l, s->x[i]), s->low[i], s->high[i]);
        cairo.stroke(cr);
    }
    if (s->style & DRAW_LINE) {
        cairo.set_line_width(cr, LINE_WIDTH);
        draw_series_dash(cr, s, index);
        for (size_t i = 0; i < s->n; i++)
            cairo.line_to(cr, at_x(l, s->x[i]), draw_scale_at(y, s->y[i]));
        cairo.stroke(cr);
        cairo.set_dash(cr, NULL, 0, 0);
    }
    if (!(s->style & DRAW_POINTS) || ((s->style & DRAW_LINE) && s->n > DRAW_FEW && s->n != 1))
        return;
    bool cloud = !(s->style & DRAW_LINE); /* overlapping points: let the density show */
    double radius = cloud ? s->n > 400 ? 1.3 : 1.8 : 2.2;
    draw_set_colour(cr, draw_series_colour(index), cloud ? 0.75 : 1);
    for (size_t i = 0; i < s->n; i++) {
        marker_path(cr, index, at_x(l, s->x[i]), draw_scale_at(y, s->y[i]), radius);
        if (s->n <= MANY)
            cairo.fill(cr);
    }
    cairo.fill(cr);
}

static void steps(cairo_t *cr, const draw_series *s, const draw_layout *l, size_t index) {
    double base = at_y(l, l->y.log ? l->y.low : 0);
    cairo.move_to(cr, at_x(l, s->edges[0]), base);
    for (size_t i = 0; i < s->n; i++) {
        double y = l->y.log && s->y[i] <= 0 ? base : at_y(l, s->y[i]);
        cairo.line_to(cr, at_x(l, s->edges[i]), y);
        cairo.line_to(cr, at_x(l, s->edges[i + 1]), y);
    }
    cairo.line_to(cr, at_x(l, s->edges[s->n]), base);
    draw_set_colour(cr, draw_series_colour(index), 0.3);
    cairo.fill_preserve(cr);
    draw_set_colour(cr, draw_series_colour(index), 1);
    cairo.set_line_width(cr, 1);
    cairo.set_line_join(cr, CAIRO_LINE_JOIN_MITER);
    cairo.stroke(cr);
    cairo.set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
}

/* `slot` of `n_slots` side by side within a category. */
static void bars(cairo_t *cr, const draw_series *s, const draw_layout *l, size_t index, size_t slot,
                 size_t n_slots) {
    double unit = fabs(at_x(l, 1) - at_x(l, 0)), wide = unit * GROUP / (double)n_slots;
    double base = at_y(l, l->y.log ? l->y.low : 0);
    for (size_t i = 0; i < s->n; i++) {
        double left = at_x(l, s->x[i]) - unit * GROUP / 2 + wide * (double)slot;
        double y = at_y(l, s->y[i]), top = fmin(y, base);
        draw_rect bar = {left + wide * 0.04, top, wide * 0.92, fabs(base - y)};
        cairo.rectangle(cr, bar.x, bar.y, bar.w, bar.h);
        draw_set_colour(cr, draw_series_colour(index), 1);
        cairo.fill(cr);
        if (slot > 0 && bar.w > 3 && bar.h > 1) {
            cairo.set_source_rgba(cr, 1, 1, 1, 0.6);
            draw_hatch(cr, bar, slot - 1, 4);
        }
        if (s->low) {
            cairo.set_source_rgb(cr, 0.15, 0.15, 0.15);
            cairo.set_line_width(cr, 0.8);
            error_bar(cr, &l->y, left + wide / 2, s->low[i], s->high[i]);
            cairo.stroke(cr);
        }
    }
}

static void boxes(cairo_t *cr, const draw_series *s, const draw_layout *l, size_t index,
                  size_t slot, size_t n_slots) {
    double unit = fabs(at_x(l, 1) - at_x(l, 0)), wide = unit * GROUP / (double)n_slots;
    double half = fmin(wide * 0.42, 14);
    for (size_t i = 0; i < s->n; i++) {
        double x = at_x(l, s->x[i]) + wide * ((double)slot - 0.5 * (double)(n_slots - 1));
        double top = at_y(l, s->q3[i]), low = at_y(l, s->q1[i]), middle = at_y(l, s->y[i]);
        draw_set_colour(cr, draw_series_colour(index), 1);
        cairo.set_line_width(cr, 0.8);
        error_bar(cr, &l->y, x, s->low[i], s->q1[i]);
        error_bar(cr, &l->y, x, s->q3[i], s->high[i]);
        cairo.stroke(cr);
        cairo.rectangle(cr, x - half, top, 2 * half, low - top);
        cairo.set_source_rgb(cr, 1, 1, 1);
        cairo.fill_preserve(cr);
        draw_set_colour(cr, draw_series_colour(index), 0.3);
        cairo.fill_preserve(cr);
        draw_set_colour(cr, draw_series_colour(index), 1);
        cairo.stroke(cr);
        cairo.set_line_width(cr, 1.6);
        cairo.move_to(cr, x - half, middle);
        cairo.line_to(cr, x + half, middle);
        cairo.stroke(cr);
        if (!s->mean)
            continue;
        marker_path(cr, 3, x, at_y(l, s->mean[i]), 2);
        cairo.set_source_rgb(cr, 1, 1, 1);
        cairo.fill_preserve(cr);
        draw_set_colour(cr, draw_series_colour(index), 1);
        cairo.set_line_width(cr, 0.7);
        cairo.stroke(cr);
    }
}

static void diagonal(cairo_t *cr, const draw_layout *l) {
    double low = fmax(l->x.low, l->y.low), high = fmin(l->x.high, l->y.high);
    cairo.move_to(cr, at_x(l, low), at_y(l, low));
    cairo.line_to(cr, at_x(l, high), at_y(l, high));
    cairo.set_source_rgb(cr, 0.45, 0.45, 0.45);
    cairo.set_line_width(cr, 0.8);
    cairo.stroke(cr);
}

void draw_marks(cairo_t *cr, const draw_figure *f, const draw_layout *l) {
    const unsigned side_by_side = DRAW_BARS | DRAW_BOXES;
    size_t n_slots = 0, slot = 0;
    for (size_t i = 0; i < f->n_series; i++)
        n_slots += (f->series[i].style & side_by_side) != 0;
    cairo.save(cr);
    cairo.rectangle(cr, l->panel.x, l->panel.y, l->panel.w, l->panel.h);
    cairo.clip(cr);
    cairo.set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    if (f->equal)
        diagonal(cr, l);
    draw_lines(cr, f, l);
    for (size_t i = 0; i < f->n_series; i++)
        if ((f->series[i].style & DRAW_BAND) && f->series[i].low)
            band(cr, &f->series[i], l, i);
    for (size_t i = 0; i < f->n_series; i++) {
        const draw_series *s = &f->series[i];
        if (s->style & DRAW_STEPS)
            steps(cr, s, l, i);
        else if (s->style & DRAW_BARS)
            bars(cr, s, l, i, slot++, n_slots);
        else if (s->style & DRAW_BOXES)
            boxes(cr, s, l, i, slot++, n_slots);
        else
            curve(cr, s, l, i);
    }
    cairo.restore(cr);
}

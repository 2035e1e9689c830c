/* Where everything goes: limits, ticks that fit, margins as measured, the legend in or below the
 * panel. Draws nothing. */
#include "draw_inner.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MARGIN 4.0
#define TICK_ROOM 5.5 /* a tick and the gap to its text */
#define BAR_WIDTH 8.0
#define BAR_GAP 8.0
#define ERRORS_LEFT_OUT "errors do not fit the cells: make the figure wider"

static void grow(double v, double *low, double *high) {
    *low = fmin(*low, v);
    *high = fmax(*high, v);
}

static void series_range(const draw_series *s, bool log_y, double x[2], double y[2]) {
    for (size_t i = 0; i < s->n; i++) {
        if (s->style & DRAW_STEPS) {
            grow(s->edges[i], &x[0], &x[1]);
            grow(s->edges[i + 1], &x[0], &x[1]);
            if (log_y && s->y[i] <= 0)
                continue;
        } else
            grow(s->x[i], &x[0], &x[1]);
        grow(s->y[i], &y[0], &y[1]);
        if (s->low)
            grow(s->low[i], &y[0], &y[1]), grow(s->high[i], &y[0], &y[1]);
        if ((s->style & DRAW_BOXES) && s->mean)
            grow(s->mean[i], &y[0], &y[1]);
    }
}

static void set_limits(const draw_axis *axis, double low, double high, bool from_zero, bool tight,
                       draw_scale *scale) {
    bool at_zero_low = from_zero && low >= 0, at_zero_high = from_zero && high <= 0;
    scale->log = axis->log;
    if (axis->names) {
        low = -0.5;
        high = (double)axis->n_names - 0.5;
    } else if (axis->low < axis->high) {
        low = axis->low;
        high = axis->high;
    } else {
        if (from_zero && !axis->log)
            grow(0, &low, &high);
        draw_range_pad(&low, &high, axis->log, tight ? 0.02 : 0.05);
        if (at_zero_low && !axis->log)
            low = 0;
        if (at_zero_high && !axis->log)
            high = 0;
    }
    scale->low = low;
    scale->high = high;
}

static void heat_range(const draw_heat *h, draw_layout *l) {
    double low = INFINITY, high = -INFINITY;
    l->n_missing = 0;
    for (size_t i = 0; i < h->n_rows * h->n_columns; i++) {
        if (isnan(h->cell[i]))
            l->n_missing++;
        else if (!h->counts || h->cell[i] > 0)
            grow(h->cell[i], &low, &high);
    }
    if (h->map == DRAW_BALANCE) {
        high = fmax(fabs(low), fabs(high));
        low = -high;
    }
    if (high - low <= 1e-12 * fmax(fabs(low), fabs(high)))
        draw_range_pad(&low, &high, h->log, 0.05);
    l->heat_low = low;
    l->heat_high = high;
}

bool draw_right_wanted(const draw_figure *f) {
    for (size_t i = 0; i < f->n_series; i++)
        if (f->series[i].right)
            return true;
    return false;
}

void draw_ranges(const draw_figure *f, draw_layout *l) {
    double x[2] = {INFINITY, -INFINITY}, y[2] = {INFINITY, -INFINITY};
    double y2[2] = {INFINITY, -INFINITY};
    unsigned styles = 0;
    if (f->heat && f->heat->counts) {
        heat_range(f->heat, l);
        l->x = (draw_scale){.low = f->x.low, .high = f->x.high};
        l->y = (draw_scale){.low = f->y.low, .high = f->y.high};
        return;
    }
    if (f->heat) {
        heat_range(f->heat, l);
        l->x = (draw_scale){.low = -0.5, .high = (double)f->heat->n_columns - 0.5};
        l->y = (draw_scale){.low = -0.5, .high = (double)f->heat->n_rows - 0.5};
        return;
    }
    for (size_t i = 0; i < f->n_series; i++) {
        series_range(&f->series[i], f->y.log, x, f->series[i].right ? y2 : y);
        styles |= f->series[i].style;
    }
    for (size_t i = 0; i < f->n_lines; i++)
        grow(f->lines[i].y, &y[0], &y[1]);
    if (y[0] > y[1]) /* a histogram of nothing but zeros on a logarithmic axis, or all is right */
        y[0] = y[1] = 1;
    if (draw_right_wanted(f))
        set_limits(&f->y2, y2[0], y2[1], false, false, &l->y2);
    if (f->equal) {
        grow(y[0], &x[0], &x[1]);
        grow(y[1], &x[0], &x[1]);
        y[0] = x[0];
        y[1] = x[1];
    }
    set_limits(&f->x, x[0], x[1], false, styles & DRAW_STEPS, &l->x);
    set_limits(&f->y, y[0], y[1], styles & (DRAW_BARS | DRAW_STEPS), false, &l->y);
}

/* As many ticks as leave air between their texts. */
static void fit_x_ticks(cairo_t *cr, double low, double high, bool log_scale, double width,
                        draw_ticks *t) {
    for (size_t max = 9; max >= 2; max--) {
        draw_scale scale = {log_scale, low, high, 0, width};
        draw_ticks_make(low, high, log_scale, max, t);
        double end = -INFINITY;
        bool fits = true;
        for (size_t i = 0; i < t->n; i++) {
            double half = draw_text_width(cr, t->text[i], DRAW_TICK_SIZE) / 2;
            double at = draw_scale_at(&scale, t->at[i]);
            fits = fits && at - half > end + 0.8 * DRAW_TICK_SIZE;
            end = at + half;
        }
        if (fits)
            return;
    }
}

static double widest_name(cairo_t *cr, const draw_axis *axis) {
    double widest = 0;
    for (size_t i = 0; i < axis->n_names; i++)
        widest = fmax(widest, draw_text_width(cr, axis->names[i], DRAW_TICK_SIZE));
    return widest;
}

static void fit_names(cairo_t *cr, const draw_figure *f, draw_layout *l) {
    double unit = l->panel.w / (double)f->x.n_names, widest = widest_name(cr, &f->x);
    double line = DRAW_TICK_SIZE * 1.2;
    l->names_upright = widest + 4 > unit && (widest > 24 || unit > line);
    double need = l->names_upright ? line : widest + 4;
    l->name_step = (size_t)fmax(1, ceil(need / unit - 1e-9));
    l->name_room = l->names_upright ? fmin(widest, l->height * 0.35) : widest;
    l->name_room += 0.01;
    l->x_tick_height = TICK_ROOM + (l->names_upright ? l->name_room : DRAW_TICK_SIZE * 0.75);
}

/* Ticks and label of the axis on the right. */
static double y2_room(const draw_figure *f, const draw_layout *l) {
    if (l->y2_ticks.n == 0)
        return 0;
    bool labelled = (f->y2.label && f->y2.label[0]) || l->y2_ticks.exponent;
    return TICK_ROOM + l->y2_tick_width + (labelled ? DRAW_LABEL_SIZE * 1.15 + 5 : 0);
}

static double y_label_room(const draw_figure *f, const draw_layout *l) {
    bool labelled = (f->y.label && f->y.label[0]) || l->y_ticks.exponent;
    return labelled ? DRAW_LABEL_SIZE * 1.15 + 5 : 0;
}

/* Space right of the panel: the colour bar, or half of the last tick's text. */
static double right_room(cairo_t *cr, const draw_figure *f, const draw_layout *l) {
    double room = MARGIN + y2_room(f, l), widest = 0;
    if (f->heat) {
        for (size_t i = 0; i < l->heat_ticks.n; i++)
            widest = fmax(widest, draw_text_width(cr, l->heat_ticks.text[i], DRAW_TICK_SIZE));
        return MARGIN + BAR_GAP + BAR_WIDTH + 4.5 + widest + 4 + DRAW_LABEL_SIZE * 1.1;
    }
    for (int k = 0; k < 2 && !f->x.names; k++) {
        const draw_ticks *t = k ? &l->x2_ticks : &l->x_ticks;
        if (t->n == 0)
            continue;
        double half = draw_text_width(cr, t->text[t->n - 1], DRAW_TICK_SIZE) / 2;
        double limit = k ? l->x.high * f->x2_scale : l->x.high;
        draw_scale s = {l->x.log, k ? l->x.low * f->x2_scale : l->x.low, limit, 0, l->panel.w};
        room = fmax(room, MARGIN + half - (l->panel.w - draw_scale_at(&s, t->at[t->n - 1])));
    }
    return room;
}

static void square(const draw_figure *f, draw_rect *panel) {
    double ratio = f->heat ? (double)f->heat->n_columns / (double)f->heat->n_rows : 1;
    if (!(f->equal || (f->heat && ratio >= 0.5 && ratio <= 2)))
        return;
    double h = fmin(panel->h, panel->w / ratio), w = h * ratio;
    panel->x += (panel->w - w) / 2;
    panel->w = w;
    panel->y += (panel->h - h) / 2;
    panel->h = h;
}

/* One pass: panel from the margins known so far, then ticks that fit it. */
static void place_panel(cairo_t *cr, const draw_figure *f, double below, draw_layout *l) {
    double top = MARGIN + (double)l->n_title * DRAW_TITLE_SIZE * 1.25 + (l->n_title ? 4 : 0);
    top += f->x2_scale != 0 ? TICK_ROOM + DRAW_TICK_SIZE + 3.5 + DRAW_LABEL_SIZE : 3;
    double label = f->x.label && f->x.label[0] ? DRAW_LABEL_SIZE * 1.6 : 2;
    double bottom = l->height - MARGIN - below - l->x_tick_height - label;
    double left = MARGIN + y_label_room(f, l) + l->y_tick_width + TICK_ROOM;
    double right = l->width - right_room(cr, f, l);
    l->panel = (draw_rect){left, top, fmax(right - left, 1), fmax(bottom - top, 1)};
    square(f, &l->panel);
    double per_tick = DRAW_TICK_SIZE * (f->equal ? 3.2 : 2.6);
    size_t max = (size_t)fmin(9, fmax(3, l->panel.h / per_tick));
    l->y_tick_width = 0;
    memset(&l->y_ticks, 0, sizeof l->y_ticks);
    if (f->y.names)
        l->y_tick_width = fmin(widest_name(cr, &f->y), l->width * 0.3) + 0.01;
    else
        draw_ticks_make(l->y.low, l->y.high, l->y.log, max, &l->y_ticks);
    for (size_t i = 0; i < l->y_ticks.n; i++)
        l->y_tick_width =
            fmax(l->y_tick_width, draw_text_width(cr, l->y_ticks.text[i], DRAW_TICK_SIZE));
    l->y2_tick_width = 0;
    if (draw_right_wanted(f))
        draw_ticks_make(l->y2.low, l->y2.high, l->y2.log, max, &l->y2_ticks);
    for (size_t i = 0; i < l->y2_ticks.n; i++)
        l->y2_tick_width =
            fmax(l->y2_tick_width, draw_text_width(cr, l->y2_ticks.text[i], DRAW_TICK_SIZE));
    l->x_tick_height = TICK_ROOM + DRAW_TICK_SIZE * 0.75;
    if (f->x.names)
        fit_names(cr, f, l);
    else
        fit_x_ticks(cr, l->x.low, l->x.high, l->x.log, l->panel.w, &l->x_ticks);
    if (f->equal && l->x_ticks.n >= 3) /* the same numbers on both axes */
        l->y_ticks = l->x_ticks;
    if (f->x2_scale != 0) {
        double a = l->x.low * f->x2_scale, b = l->x.high * f->x2_scale;
        fit_x_ticks(cr, fmin(a, b), fmax(a, b), l->x.log, l->panel.w, &l->x2_ticks);
    }
    if (f->heat) {
        double most = fmin(8, fmax(3, l->panel.h / (DRAW_TICK_SIZE * 2.6)));
        if (f->heat->counts && !f->heat->log) /* whole numbers */
            most = fmin(most, fmax(2, floor(l->heat_high - l->heat_low + 1)));
        draw_ticks_make(l->heat_low, l->heat_high, f->heat->log, (size_t)most, &l->heat_ticks);
    }
}

static void place(cairo_t *cr, const draw_figure *f, double below, draw_layout *l) {
    for (int pass = 0; pass < 4; pass++)
        place_panel(cr, f, below, l);
    l->x.from = l->panel.x;
    l->x.to = l->panel.x + l->panel.w;
    l->y.from = l->panel.y + l->panel.h;
    l->y.to = l->panel.y;
    l->y2.from = l->y.from;
    l->y2.to = l->y.to;
    l->bar = (draw_rect){l->panel.x + l->panel.w + BAR_GAP, l->panel.y, BAR_WIDTH, l->panel.h};
}

/* Below the axis label, in as many columns as fit. */
static void legend_below(cairo_t *cr, const draw_figure *f, double note, draw_layout *l) {
    double w = 0, h = 0, room = l->width - 2 * MARGIN;
    size_t columns = 1;
    draw_legend_size(cr, f, 1, room, &w, &h);
    for (size_t c = 2; c <= f->n_series; c++) {
        double wide, high;
        draw_legend_size(cr, f, c, INFINITY, &wide, &high);
        if (wide <= room && high < h) /* fewer columns when more save no row */
            columns = c, w = wide, h = high;
    }
    place(cr, f, note + h + 2, l);
    l->legend_inside = false;
    l->legend_columns = columns;
    double x = l->panel.x + l->panel.w / 2 - w / 2;
    x = fmax(MARGIN, fmin(x, l->width - MARGIN - w));
    l->legend = (draw_rect){x, l->height - MARGIN - note - h, w, h};
}

rise_status draw_layout_make(cairo_t *cr, const draw_figure *f, draw_layout *l, rise_error *err) {
    double note = f->note && f->note[0] ? DRAW_NOTE_SIZE * 1.6 : 0, w, h;
    snprintf(l->note, sizeof l->note, "%s", f->note ? f->note : "");
    l->x_tick_height = TICK_ROOM + DRAW_TICK_SIZE;
    l->name_step = 1;
    draw_ranges(f, l);
    draw_text_bold(cr, true);
    if (f->title && f->title[0])
        l->n_title = draw_text_wrap(cr, f->title, DRAW_TITLE_SIZE, l->width - 2 * MARGIN, l->title);
    draw_text_bold(cr, false);
    place(cr, f, note, l);
    if (!draw_heat_errors_fit(cr, f, l)) {
        snprintf(l->note, sizeof l->note, "%s%s%s", ERRORS_LEFT_OUT, note > 0 ? "; " : "",
                 f->note ? f->note : "");
        note = DRAW_NOTE_SIZE * 1.6;
        place(cr, f, note, l);
    }
    if (draw_legend_wanted(f)) {
        bool found = false;
        draw_legend_size(cr, f, 1, l->panel.w, &w, &h);
        rise_status status = draw_legend_place(f, l, w, h, &l->legend, &found, err);
        if (status)
            return status;
        l->legend_inside = found;
        l->legend_columns = 1;
        if (!found)
            legend_below(cr, f, note, l);
    }
    if (f->n_lines) {
        rise_status status = draw_lines_place(cr, f, l, err);
        if (status)
            return status;
    }
    if (l->panel.w < 20 || l->panel.h < 20) {
        (void)rise_fail(err, RISE_E_DATA, "figure of %.0f x %.0f mm leaves no room for the data",
                        f->width_mm, f->height_mm);
        return rise_hint(err, "make it larger, or shorten titles, labels and names");
    }
    return RISE_OK;
}

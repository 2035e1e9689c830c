/* Lines of reference across a panel: dashed, each named beside it where nothing else is. */
#include "draw_inner.h"

#include <math.h>

#define GAP 1.6    /* line to text */
#define MARGIN 3.0 /* text to the sides of the panel */
#define STEPS 48   /* places tried along a line */

static double height_of(const draw_layout *l, double y) {
    return draw_scale_at(&l->y, y);
}

void draw_lines(cairo_t *cr, const draw_figure *f, const draw_layout *l) {
    const double dash[2] = {3, 2};
    cairo.set_source_rgb(cr, 0.3, 0.3, 0.3);
    cairo.set_line_width(cr, 0.8);
    cairo.set_dash(cr, dash, 2, 0);
    for (size_t i = 0; i < f->n_lines; i++) {
        double y = height_of(l, f->lines[i].y);
        cairo.move_to(cr, l->panel.x, y);
        cairo.line_to(cr, l->panel.x + l->panel.w, y);
    }
    cairo.stroke(cr);
    cairo.set_dash(cr, NULL, 0, 0);
}

static bool overlap(draw_rect a, draw_rect b) {
    return a.w > 0 && b.w > 0 && a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h &&
           b.y < a.y + a.h;
}

/* Points that a name at `r` would cover; SIZE_MAX: it may not be there at all. */
static size_t covered(const draw_layout *l, const draw_mask *m, size_t n_placed, draw_rect r) {
    const draw_rect p = l->panel;
    if (r.y < p.y || r.y + r.h > p.y + p.h || (l->legend_inside && overlap(r, l->legend)))
        return SIZE_MAX;
    for (size_t i = 0; i < n_placed; i++)
        if (overlap(r, l->line_label[i]))
            return SIZE_MAX;
    return draw_mask_covered(m, r);
}

/* From right to left, above the line before below it; where no place is free, the emptiest. */
rise_status draw_lines_place(cairo_t *cr, const draw_figure *f, draw_layout *l, rise_error *err) {
    draw_mask m;
    rise_status status = draw_mask_make(f, l, &m, err);
    if (status)
        return status;
    for (size_t i = 0; i < f->n_lines; i++) {
        double y = height_of(l, f->lines[i].y), h = DRAW_LINE_SIZE * 1.05;
        double room = l->panel.w - 2 * MARGIN;
        double w = fmin(draw_text_width(cr, f->lines[i].label, DRAW_LINE_SIZE), room);
        size_t least = SIZE_MAX;
        l->line_label[i] = (draw_rect){l->panel.x + MARGIN, y - GAP - h, w, h};
        for (int k = 0; k < 2 * (STEPS + 1) && least > 0; k++) {
            double x = l->panel.x + MARGIN + (room - w) * (1 - (k / 2) / (double)STEPS);
            draw_rect r = {x, k % 2 ? y + GAP : y - GAP - h, w, h};
            size_t n = covered(l, &m, i, r);
            if (n < least) {
                least = n;
                l->line_label[i] = r;
            }
        }
        l->line_covers[i] = least > 0;
    }
    draw_mask_free(&m);
    return RISE_OK;
}

void draw_lines_name(cairo_t *cr, const draw_figure *f, const draw_layout *l) {
    for (size_t i = 0; i < f->n_lines; i++) {
        const draw_rect r = l->line_label[i];
        char text[DRAW_TEXT_MAX];
        if (l->line_covers[i]) {
            cairo.set_source_rgba(cr, 1, 1, 1, 0.85);
            cairo.rectangle(cr, r.x - 1, r.y, r.w + 2, r.h);
            cairo.fill(cr);
        }
        cairo.set_source_rgb(cr, 0.2, 0.2, 0.2);
        draw_text_fit(cr, f->lines[i].label, DRAW_LINE_SIZE, r.w + 0.01, text);
        draw_text_show(cr, text, DRAW_LINE_SIZE, r.x, r.y + r.h / 2 + 0.36 * DRAW_LINE_SIZE, 0);
    }
}

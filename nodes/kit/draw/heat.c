/* A matrix as coloured cells, and the bar that explains the colours. Row 0 is at the bottom. */
#include "draw_inner.h"

#include <math.h>

draw_rect draw_heat_cell(const draw_figure *f, const draw_layout *l, size_t k) {
    double w = l->panel.w / (double)f->heat->n_columns, h = l->panel.h / (double)f->heat->n_rows;
    size_t row = k / f->heat->n_columns, column = k % f->heat->n_columns;
    return (draw_rect){l->panel.x + w * (double)column,
                       l->panel.y + l->panel.h - h * (double)(row + 1), w, h};
}

double draw_heat_share(const draw_figure *f, const draw_layout *l, double v) {
    draw_scale scale = {f->heat->log, l->heat_low, l->heat_high, 0, 1};
    return draw_scale_at(&scale, v);
}

static void fill(cairo_t *cr, const draw_figure *f, const draw_layout *l, bool few) {
    for (size_t k = 0; k < f->heat->n_rows * f->heat->n_columns; k++) {
        double v = f->heat->cell[k];
        draw_rect c = draw_heat_cell(f, l, k);
        if (few) /* a white seam; many cells overlap instead, or hairlines would show */
            c = (draw_rect){c.x + 0.3, c.y + 0.3, c.w - 0.6, c.h - 0.6};
        else
            c = (draw_rect){c.x, c.y - 0.3, c.w + 0.3, c.h + 0.3};
        if (isnan(v)) {
            cairo.set_source_rgb(cr, 0.6, 0.6, 0.6);
            draw_hatch(cr, c, 0, 3);
            continue;
        }
        if (f->heat->counts && v == 0)
            continue;
        draw_set_colour(cr, draw_map_colour(f->heat->map, draw_heat_share(f, l, v)), 1);
        cairo.rectangle(cr, c.x, c.y, c.w, c.h);
        cairo.fill(cr);
    }
}

/* Dark within white: seen on any colour. */
static void frame_cell(cairo_t *cr, const draw_figure *f, const draw_layout *l) {
    size_t k = *f->heat->framed;
    draw_rect c = draw_heat_cell(f, l, k);
    for (int pass = 0; pass < 2; pass++) {
        cairo.set_source_rgb(cr, !pass, !pass, !pass);
        cairo.set_line_width(cr, pass ? 1.2 : 3);
        cairo.rectangle(cr, c.x + 1, c.y + 1, c.w - 2, c.h - 2);
        cairo.stroke(cr);
    }
}

void draw_heat_cells(cairo_t *cr, const draw_figure *f, const draw_layout *l) {
    cairo.save(cr);
    cairo.rectangle(cr, l->panel.x, l->panel.y, l->panel.w, l->panel.h);
    cairo.clip(cr);
    bool few = f->heat->n_rows <= 32 && f->heat->n_columns <= 32;
    fill(cr, f, l, few && !f->heat->counts);
    if (f->heat->counts)
        draw_density_over(cr, f, l);
    else
        draw_heat_numbers(cr, f, l);
    if (f->heat->framed)
        frame_cell(cr, f, l);
    cairo.restore(cr);
}

void draw_heat_bar(cairo_t *cr, const draw_figure *f, const draw_layout *l) {
    draw_rect b = l->bar;
    cairo_pattern_t *ramp = cairo.pattern_create_linear(0, b.y + b.h, 0, b.y);
    for (int i = 0; i <= 32; i++) {
        draw_rgb c = draw_map_colour(f->heat->map, i / 32.0);
        cairo.pattern_add_color_stop_rgb(ramp, i / 32.0, c.r, c.g, c.b);
    }
    cairo.rectangle(cr, b.x, b.y, b.w, b.h);
    cairo.set_source(cr, ramp);
    cairo.fill(cr);
    cairo.pattern_destroy(ramp);
    cairo.set_source_rgb(cr, 0.15, 0.15, 0.15);
    cairo.set_line_width(cr, 0.6);
    cairo.rectangle(cr, b.x, b.y, b.w, b.h);
    double widest = 0;
    for (size_t i = 0; i < l->heat_ticks.n; i++) {
        double y = b.y + b.h * (1 - draw_heat_share(f, l, l->heat_ticks.at[i]));
        cairo.move_to(cr, b.x + b.w, y);
        cairo.line_to(cr, b.x + b.w + 2.5, y);
        cairo.stroke(cr);
        draw_text_show(cr, l->heat_ticks.text[i], DRAW_TICK_SIZE, b.x + b.w + 4.5,
                       y + 0.36 * DRAW_TICK_SIZE, 0);
        widest = fmax(widest, draw_text_width(cr, l->heat_ticks.text[i], DRAW_TICK_SIZE));
    }
    cairo.rectangle(cr, b.x, b.y, b.w, b.h);
    cairo.stroke(cr);
    char label[DRAW_TEXT_MAX], fitting[DRAW_TEXT_MAX];
    draw_axis_label(f->heat->label, l->heat_ticks.exponent, label);
    draw_text_fit(cr, label, DRAW_LABEL_SIZE, b.h, fitting);
    cairo.save(cr);
    cairo.translate(cr, b.x + b.w + 4.5 + widest + 4 + DRAW_LABEL_SIZE * 0.8, b.y + b.h / 2);
    cairo.rotate(cr, -M_PI / 2);
    draw_text_show(cr, fitting, DRAW_LABEL_SIZE, 0, 0, 0.5);
    cairo.restore(cr);
}

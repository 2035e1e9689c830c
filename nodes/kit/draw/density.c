/* What lies over the cells of a two-dimensional histogram: the line y = x and its texts. */
#include "draw_inner.h"

#include <math.h>

#define PAD 3.0
#define LINE 1.35 /* of the type size */

/* Dark within white: seen on any colour. */
static void diagonal(cairo_t *cr, const draw_layout *l) {
    double low = fmax(l->x.low, l->y.low), high = fmin(l->x.high, l->y.high);
    for (int pass = 0; pass < 2; pass++) {
        cairo.move_to(cr, draw_scale_at(&l->x, low), draw_scale_at(&l->y, low));
        cairo.line_to(cr, draw_scale_at(&l->x, high), draw_scale_at(&l->y, high));
        if (pass)
            cairo.set_source_rgb(cr, 0.25, 0.25, 0.25);
        else
            cairo.set_source_rgba(cr, 1, 1, 1, 0.75);
        cairo.set_line_width(cr, pass ? 0.7 : 1.8);
        cairo.stroke(cr);
    }
}

static double counted(const draw_figure *f, const draw_layout *l, draw_rect r) {
    double sum = 0;
    for (size_t k = 0; k < f->heat->n_rows * f->heat->n_columns; k++) {
        draw_rect c = draw_heat_cell(f, l, k);
        if (c.x < r.x + r.w && r.x < c.x + c.w && c.y < r.y + r.h && r.y < c.y + c.h)
            sum += f->heat->cell[k];
    }
    return sum;
}

static void texts(cairo_t *cr, const draw_figure *f, const draw_layout *l) {
    const double size = DRAW_LEGEND_SIZE, room = l->panel.w - 2 * PAD - 6;
    char line[2][DRAW_TEXT_MAX];
    double widest = 0;
    size_t n = 0;
    for (size_t i = 0; i < 2; i++) {
        if (!f->heat->text[i] || !f->heat->text[i][0])
            continue;
        draw_text_fit(cr, f->heat->text[i], size, room, line[n]);
        widest = fmax(widest, draw_text_width(cr, line[n++], size));
    }
    if (n == 0)
        return;
    draw_rect r = {l->panel.x + 3, l->panel.y + 3, widest + 2 * PAD,
                   (double)n * size * LINE + 2 * PAD - size * (LINE - 1)};
    draw_rect other = r;
    other.x = l->panel.x + l->panel.w - 3 - r.w;
    other.y = l->panel.y + l->panel.h - 3 - r.h;
    if (counted(f, l, other) < counted(f, l, r))
        r = other;
    cairo.set_source_rgba(cr, 1, 1, 1, 0.85);
    cairo.rectangle(cr, r.x, r.y, r.w, r.h);
    cairo.fill(cr);
    cairo.set_source_rgb(cr, 0.13, 0.13, 0.13);
    for (size_t i = 0; i < n; i++)
        draw_text_show(cr, line[i], size, r.x + PAD, r.y + PAD + size * (0.86 + LINE * (double)i),
                       0);
}

void draw_density_over(cairo_t *cr, const draw_figure *f, const draw_layout *l) {
    if (f->equal)
        diagonal(cr, l);
    texts(cr, f, l);
}

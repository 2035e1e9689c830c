/* The legend: its size, a place where it covers nothing, its drawing. */
#include "draw_inner.h"

#include <math.h>
#include <string.h>

#define PAD 3.0
#define SAMPLE 16.0 /* width of the drawn sample */
#define SPACE 4.0   /* sample to text */
#define COLUMN_GAP 10.0
#define LINE 1.35 /* of the type size */
#define DETAIL 0.86

bool draw_legend_wanted(const draw_figure *f) {
    for (size_t i = 0; i < f->n_series; i++)
        if (f->series[i].label)
            return true;
    return false;
}

static double entry_height(const draw_series *s) {
    double lines = s->detail ? 1 + DETAIL : 1;
    return DRAW_LEGEND_SIZE * LINE * lines;
}

static double entry_width(cairo_t *cr, const draw_series *s, double room) {
    char text[DRAW_TEXT_MAX];
    draw_text_fit(cr, s->label, DRAW_LEGEND_SIZE, room, text);
    double width = draw_text_width(cr, text, DRAW_LEGEND_SIZE);
    if (s->detail) {
        draw_text_fit(cr, s->detail, DRAW_LEGEND_SIZE * DETAIL, room, text);
        width = fmax(width, draw_text_width(cr, text, DRAW_LEGEND_SIZE * DETAIL));
    }
    return width;
}

static double text_room(double room, size_t columns) {
    return (room - 2 * PAD - COLUMN_GAP * (double)(columns - 1)) / (double)columns - SAMPLE - SPACE;
}

/* Entries fill row by row; all columns are as wide as the widest entry. */
void draw_legend_size(cairo_t *cr, const draw_figure *f, size_t columns, double room, double *width,
                      double *height) {
    double widest = 0, row = 0;
    size_t k = 0;
    *height = 2 * PAD;
    for (size_t i = 0; i < f->n_series; i++) {
        const draw_series *s = &f->series[i];
        if (!s->label)
            continue;
        if (k++ % columns == 0) {
            *height += row;
            row = 0;
        }
        widest = fmax(widest, entry_width(cr, s, text_room(room, columns)));
        row = fmax(row, entry_height(s));
    }
    *height += row;
    *width =
        2 * PAD + (double)columns * (SAMPLE + SPACE + widest) + COLUMN_GAP * (double)(columns - 1);
}

rise_status draw_legend_place(const draw_figure *f, const draw_layout *l, double width,
                              double height, draw_rect *place, bool *found, rise_error *err) {
    const double gap = 3;
    double free_w = l->panel.w - width - 2 * gap, free_h = l->panel.h - height - 2 * gap;
    *found = false;
    if (free_w < 0 || free_h < 0)
        return RISE_OK;
    draw_mask m;
    rise_status status = draw_mask_make(f, l, &m, err);
    if (status)
        return status;
    /* corners first, then along the upper and the lower edge, then along the sides */
    for (int k = 0; k < 4 + 4 * 17 && !*found; k++) {
        double t = k < 4 ? 0 : ((k - 4) / 4) / 16.0;
        static const double corner[4][2] = {{1, 0}, {0, 0}, {1, 1}, {0, 1}};
        double u = corner[k % 4][0], v = corner[k % 4][1];
        if (k >= 4 && k % 4 < 2) /* upper and lower edge */
            u = 1 - t, v = k % 4;
        else if (k >= 4) /* right and left side */
            u = k % 4 == 2, v = t;
        *place = (draw_rect){l->panel.x + gap + u * free_w, l->panel.y + gap + v * free_h, width,
                             height};
        *found = draw_mask_covered(&m, *place) == 0;
    }
    draw_mask_free(&m);
    return RISE_OK;
}

static void sample(cairo_t *cr, const draw_series *s, size_t index, size_t slot, double x,
                   double y) {
    draw_rgb colour = draw_series_colour(index);
    draw_rect box = {x + 2, y - 3, SAMPLE - 4, 6};
    draw_set_colour(cr, colour, 1);
    if (s->style & (DRAW_BARS | DRAW_STEPS | DRAW_BOXES)) {
        cairo.rectangle(cr, box.x, box.y, box.w, box.h);
        if (!(s->style & DRAW_BARS))
            draw_set_colour(cr, colour, 0.3);
        cairo.fill(cr);
        cairo.set_line_width(cr, 0.9);
        draw_set_colour(cr, colour, 1);
        cairo.rectangle(cr, box.x, box.y, box.w, box.h);
        if (!(s->style & DRAW_BARS))
            cairo.stroke(cr);
        cairo.new_path(cr);
        if ((s->style & DRAW_BARS) && slot > 0) {
            cairo.set_source_rgba(cr, 1, 1, 1, 0.6);
            draw_hatch(cr, box, slot - 1, 4);
        }
        return;
    }
    if (s->style & DRAW_LINE) {
        cairo.set_line_width(cr, 1.2);
        draw_series_dash(cr, s, index);
        cairo.move_to(cr, x, y);
        cairo.line_to(cr, x + SAMPLE, y);
        cairo.stroke(cr);
        cairo.set_dash(cr, NULL, 0, 0);
    }
    if ((s->style & DRAW_POINTS) && (!(s->style & DRAW_LINE) || s->n <= DRAW_FEW))
        draw_marker(cr, index, x + SAMPLE / 2, y, 2.2);
}

void draw_legend_show(cairo_t *cr, const draw_figure *f, const draw_layout *l) {
    if (l->legend.w == 0)
        return;
    double column = (l->legend.w - 2 * PAD + COLUMN_GAP) / (double)l->legend_columns;
    double room = column - COLUMN_GAP - SAMPLE - SPACE + 0.01;
    double y = l->legend.y + PAD, row = 0;
    size_t k = 0, slot = 0;
    cairo.set_source_rgba(cr, 1, 1, 1, 0.85); /* no grid line through the texts */
    cairo.rectangle(cr, l->legend.x, l->legend.y, l->legend.w, l->legend.h);
    cairo.fill(cr);
    for (size_t i = 0; i < f->n_series; i++) {
        const draw_series *s = &f->series[i];
        char text[DRAW_TEXT_MAX];
        size_t my_slot = slot;
        slot += (s->style & DRAW_BARS) != 0;
        if (!s->label)
            continue;
        if (k % l->legend_columns == 0) {
            y += row;
            row = 0;
        }
        double x = l->legend.x + PAD + column * (double)(k++ % l->legend_columns);
        double line = DRAW_LEGEND_SIZE * LINE;
        row = fmax(row, entry_height(s));
        sample(cr, s, i, my_slot, x, y + line / 2);
        cairo.set_source_rgb(cr, 0.13, 0.13, 0.13);
        draw_text_fit(cr, s->label, DRAW_LEGEND_SIZE, room, text);
        draw_text_show(cr, text, DRAW_LEGEND_SIZE, x + SAMPLE + SPACE,
                       y + line / 2 + 0.36 * DRAW_LEGEND_SIZE, 0);
        if (!s->detail)
            continue;
        cairo.set_source_rgb(cr, 0.38, 0.38, 0.38);
        draw_text_fit(cr, s->detail, DRAW_LEGEND_SIZE * DETAIL, room, text);
        draw_text_show(cr, text, DRAW_LEGEND_SIZE * DETAIL, x + SAMPLE + SPACE,
                       y + line * (1 + DETAIL / 2) + 0.36 * DRAW_LEGEND_SIZE * DETAIL, 0);
    }
}

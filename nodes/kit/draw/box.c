/* kit/draw/box.c: a periodic box and blocks in it, in parallel projection: no axes, a legend beside
 * it. Blocks are translucent and drawn from the farthest to the nearest; a line from each to the
 * floor tells where it is. */
#include "draw_inner.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define AZIMUTH 0.55   /* rad, of the view about the third axis */
#define ELEVATION 0.38 /* rad, above the plane of the others */
#define MARGIN 16.0    /* points around the box, for the names of its edges */
#define SWATCH 8.0

/* From lengths to points: rows right, down and towards the viewer. */
typedef struct view {
    double row[3][3], scale, x, y;
} view;

typedef struct spot {
    double x, y, depth; /* depth grows towards the viewer */
} spot;

rise_status draw_box_check(const draw_box *box, rise_error *err) {
    const double(*e)[3] = box->edge;
    double volume = e[0][0] * (e[1][1] * e[2][2] - e[1][2] * e[2][1]) +
                    e[0][1] * (e[1][2] * e[2][0] - e[1][0] * e[2][2]) +
                    e[0][2] * (e[1][0] * e[2][1] - e[1][1] * e[2][0]);
    if (!isfinite(volume) || volume == 0 || box->n == 0)
        return rise_fail(err, RISE_E_DATA, "figure: a box without volume or without blocks");
    for (size_t i = 0; i < box->n; i++)
        for (int k = 0; k < 3; k++)
            if (!isfinite(box->block[i].centre[k]))
                return rise_fail(err, RISE_E_DATA, "figure: the place of block %zu is not finite",
                                 i);
    return RISE_OK;
}

static view look(void) {
    double ca = cos(AZIMUTH), sa = sin(AZIMUTH), ce = cos(ELEVATION), se = sin(ELEVATION);
    return (view){.row = {{ca, sa, 0}, {sa * se, -ca * se, -ce}, {sa * ce, -ca * ce, se}},
                  .scale = 1};
}

static spot project(const view *v, const double r[3]) {
    double p[3];
    for (int i = 0; i < 3; i++)
        p[i] = v->row[i][0] * r[0] + v->row[i][1] * r[1] + v->row[i][2] * r[2];
    return (spot){v->x + v->scale * p[0], v->y + v->scale * p[1], p[2]};
}

/* Corner number c of a parallelepiped: bit k set takes edge k. */
static spot corner(const view *v, const double origin[3], const double edge[3][3], int c) {
    double r[3];
    for (int d = 0; d < 3; d++)
        r[d] = origin[d] + (c & 1 ? edge[0][d] : 0) + (c & 2 ? edge[1][d] : 0) +
               (c & 4 ? edge[2][d] : 0);
    return project(v, r);
}

static void block_origin(const draw_block *b, double origin[3]) {
    for (int d = 0; d < 3; d++)
        origin[d] = b->centre[d] - 0.5 * (b->edge[0][d] + b->edge[1][d] + b->edge[2][d]);
}

/* ---- placing --------------------------------------------------------------------------------- */

static void stretch(const view *v, const double origin[3], const double edge[3][3], double low[2],
                    double high[2]) {
    for (int c = 0; c < 8; c++) {
        spot s = corner(v, origin, edge, c);
        low[0] = fmin(low[0], s.x);
        high[0] = fmax(high[0], s.x);
        low[1] = fmin(low[1], s.y);
        high[1] = fmax(high[1], s.y);
    }
}

/* The view that puts box and blocks into the middle of the area. */
static view fit(const draw_box *box, draw_rect area) {
    view v = look();
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    stretch(&v, (double[3]){0}, box->edge, low, high);
    for (size_t i = 0; i < box->n; i++) {
        double origin[3];
        block_origin(&box->block[i], origin);
        stretch(&v, origin, box->block[i].edge, low, high);
    }
    double w = high[0] - low[0], h = high[1] - low[1];
    v.scale = fmin((area.w - 2 * MARGIN) / w, (area.h - 2 * MARGIN) / h);
    v.x = area.x + area.w / 2 - v.scale * (low[0] + w / 2);
    v.y = area.y + area.h / 2 - v.scale * (low[1] + h / 2);
    return v;
}

/* ---- drawing --------------------------------------------------------------------------------- */

/* The corner that is farthest away, or nearest. */
static int end_corner(const view *v, const double origin[3], const double edge[3][3], bool near) {
    int best = 0;
    for (int c = 1; c < 8; c++) {
        double d = corner(v, origin, edge, c).depth - corner(v, origin, edge, best).depth;
        best = (near ? d > 0 : d < 0) ? c : best;
    }
    return best;
}

static void line(cairo_t *cr, spot a, spot b) {
    cairo.move_to(cr, a.x, a.y);
    cairo.line_to(cr, b.x, b.y);
    cairo.stroke(cr);
}

/* Edges that meet the farthest corner are hidden ones. */
static void edges(cairo_t *cr, const view *v, const double origin[3], const double edge[3][3],
                  bool hidden) {
    int far = end_corner(v, origin, edge, false);
    for (int c = 0; c < 8; c++)
        for (int k = 0; k < 3; k++) {
            int d = c ^ (1 << k);
            if (c < d && (c == far || d == far) == hidden)
                line(cr, corner(v, origin, edge, c), corner(v, origin, edge, d));
        }
}

/* The three faces at the nearest corner, the more in the light the paler. */
static void faces(cairo_t *cr, const view *v, const double origin[3], const double edge[3][3],
                  draw_rgb colour) {
    static const double light[3] = {0.62, 0.5, 0.38};
    int near = end_corner(v, origin, edge, true);
    for (int k = 0; k < 3; k++) {
        int a = 1 << (k + 1) % 3, b = 1 << (k + 2) % 3;
        const int loop[4] = {near, near ^ a, near ^ a ^ b, near ^ b};
        for (int i = 0; i < 4; i++) {
            spot s = corner(v, origin, edge, loop[i]);
            if (i == 0)
                cairo.move_to(cr, s.x, s.y);
            else
                cairo.line_to(cr, s.x, s.y);
        }
        cairo.close_path(cr);
        draw_set_colour(cr, colour, light[k]);
        cairo.fill(cr);
    }
}

/* From the middle of a block down the third edge of the box to its floor. */
static void plumb(cairo_t *cr, const view *v, const draw_box *box, const draw_block *b) {
    const double(*e)[3] = box->edge;
    const double normal[3] = {e[0][1] * e[1][2] - e[0][2] * e[1][1],
                              e[0][2] * e[1][0] - e[0][0] * e[1][2],
                              e[0][0] * e[1][1] - e[0][1] * e[1][0]};
    double up = 0, height = 0, foot[3];
    for (int d = 0; d < 3; d++) {
        up += normal[d] * b->centre[d];
        height += normal[d] * e[2][d];
    }
    for (int d = 0; d < 3; d++)
        foot[d] = b->centre[d] - up / height * e[2][d];
    spot top = project(v, b->centre), floor_ = project(v, foot);
    static const double dash[2] = {1.2, 1.6};
    cairo.set_dash(cr, dash, 2, 0);
    line(cr, top, floor_);
    cairo.set_dash(cr, NULL, 0, 0);
    cairo.arc(cr, floor_.x, floor_.y, 1.4, 0, 2 * M_PI);
    cairo.fill(cr);
}

static void show_block(cairo_t *cr, const view *v, const draw_box *box, size_t i) {
    const draw_block *b = &box->block[i];
    draw_rgb colour = draw_series_colour(i);
    double origin[3];
    block_origin(b, origin);
    cairo.set_line_width(cr, 0.8);
    draw_set_colour(cr, colour, 1);
    plumb(cr, v, box, b);
    cairo.set_line_width(cr, 0.4);
    edges(cr, v, origin, b->edge, true);
    faces(cr, v, origin, b->edge, colour);
    cairo.set_line_width(cr, 0.9);
    draw_set_colour(cr, colour, 1);
    edges(cr, v, origin, b->edge, false);
}

typedef struct order {
    size_t block;
    double depth;
} order;

static int farther_first(const void *a, const void *b) {
    const order *x = a, *y = b;
    if (x->depth != y->depth)
        return x->depth < y->depth ? -1 : 1;
    return x->block < y->block ? -1 : x->block > y->block;
}

/* Middle of the edge along k that lies lowest in the figure, for the third axis farthest left. */
static spot outer_edge(const view *v, const draw_box *box, int k) {
    static const double zero[3] = {0};
    double best = -INFINITY;
    spot middle = {0};
    for (int c = 0; c < 8; c++) {
        if (c >> k & 1)
            continue;
        spot s = corner(v, zero, box->edge, c), t = corner(v, zero, box->edge, c | 1 << k);
        double place = k < 2 ? s.y + t.y : -(s.x + t.x);
        if (place > best) {
            best = place;
            middle = (spot){(s.x + t.x) / 2, (s.y + t.y) / 2, 0};
        }
    }
    return middle;
}

/* "a = 32.43 Å" beside these. */
static void edge_names(cairo_t *cr, const view *v, const draw_box *box) {
    spot a = outer_edge(v, box, 0), b = outer_edge(v, box, 1);
    for (int k = 0; k < 3; k++) {
        const double *e = box->edge[k];
        spot at = outer_edge(v, box, k);
        char number[DRAW_NUMBER_MAX], text[DRAW_TEXT_MAX];
        draw_number_general(number, sqrt(e[0] * e[0] + e[1] * e[1] + e[2] * e[2]), 4);
        snprintf(text, sizeof text, "%c = %s %s", "abc"[k], number, box -> unit ? box -> unit : "");
        cairo.save(cr);
        cairo.translate(cr, at.x, at.y);
        if (k == 2) {
            cairo.rotate(cr, -M_PI / 2);
            draw_text_show(cr, text, DRAW_TICK_SIZE, 0, -4, 0.5);
        } else {
            bool left = k == 0 ? a.x < b.x : b.x < a.x;
            draw_text_show(cr, text, DRAW_TICK_SIZE, left ? -3 : 3, DRAW_TICK_SIZE + 3, left);
        }
        cairo.restore(cr);
    }
}

static double legend_width(cairo_t *cr, const draw_box *box) {
    double widest = 0;
    for (size_t i = 0; i < box->n; i++)
        if (box->block[i].label)
            widest = fmax(widest, draw_text_width(cr, box->block[i].label, DRAW_LEGEND_SIZE));
    return widest > 0 ? widest + SWATCH + 10 : 0;
}

static void legend(cairo_t *cr, const draw_box *box, double x, double y) {
    for (size_t i = 0; i < box->n; i++, y += DRAW_LEGEND_SIZE * 1.6) {
        if (!box->block[i].label)
            continue;
        cairo.rectangle(cr, x, y - SWATCH + 1.2, SWATCH, SWATCH);
        draw_set_colour(cr, draw_series_colour(i), 0.5);
        cairo.fill_preserve(cr);
        draw_set_colour(cr, draw_series_colour(i), 1);
        cairo.set_line_width(cr, 0.9);
        cairo.stroke(cr);
        cairo.set_source_rgb(cr, 0.13, 0.13, 0.13);
        draw_text_show(cr, box->block[i].label, DRAW_LEGEND_SIZE, x + SWATCH + 4, y, 0);
    }
}

void draw_box_show(cairo_t *cr, const draw_box *box, draw_rect area) {
    static const double zero[3] = {0};
    double beside = legend_width(cr, box);
    view v = fit(box, (draw_rect){area.x, area.y, area.w - beside, area.h});
    order *by_depth = calloc(box->n, sizeof *by_depth);
    cairo.set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo.set_source_rgb(cr, 0.6, 0.6, 0.6);
    cairo.set_line_width(cr, 0.6);
    edges(cr, &v, zero, box->edge, true);
    for (size_t i = 0; i < box->n && by_depth; i++)
        by_depth[i] = (order){i, project(&v, box->block[i].centre).depth};
    if (by_depth)
        qsort(by_depth, box->n, sizeof *by_depth, farther_first);
    for (size_t i = 0; i < box->n; i++)
        show_block(cr, &v, box, by_depth ? by_depth[i].block : i);
    free(by_depth);
    cairo.set_source_rgb(cr, 0.25, 0.25, 0.25);
    cairo.set_line_width(cr, 0.9);
    edges(cr, &v, zero, box->edge, false);
    cairo.set_source_rgb(cr, 0.13, 0.13, 0.13);
    edge_names(cr, &v, box);
    legend(cr, box, area.x + area.w - beside + 6,
           area.y + area.h / 2 - (double)box->n * DRAW_LEGEND_SIZE * 0.8 + SWATCH);
}

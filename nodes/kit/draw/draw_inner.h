/* kit/draw/draw_inner.h: shared by the files of this room only. Lengths in points, y downwards. */
#ifndef KIT_DRAW_INNER_H
#define KIT_DRAW_INNER_H

#include "cairo_calls.h"
#include "draw.h"
#include "number.h"

#define DRAW_TICKS_MAX 16
#define DRAW_MINOR_MAX 96
#define DRAW_TEXT_MAX 512
#define DRAW_FEW 25 /* a line with more points than this shows no markers */

/* Type sizes in points, as printed at the figure's own size. */
#define DRAW_TITLE_SIZE 9.0
#define DRAW_LABEL_SIZE 8.0
#define DRAW_TICK_SIZE 7.0
#define DRAW_LEGEND_SIZE 7.0
#define DRAW_NOTE_SIZE 6.0
#define DRAW_LINE_SIZE 6.5 /* names of lines across the panel */

typedef struct draw_rgb {
    double r, g, b; /* 0..1, sRGB */
} draw_rgb;

typedef struct draw_rect {
    double x, y, w, h;
} draw_rect;

/* ---- palette.c ------------------------------------------------------------------------------- */
draw_rgb draw_series_colour(size_t series);
draw_rgb draw_map_colour(draw_map map, double t); /* t clipped to 0..1 */
double draw_luminance(draw_rgb colour);           /* relative luminance (WCAG 2), 0..1 */

/* ---- scale.c: no cairo ----------------------------------------------------------------------- */
typedef struct draw_scale {
    bool log;
    double low, high; /* data units, low < high; > 0 when log */
    double from, to;  /* points */
} draw_scale;

typedef struct draw_ticks {
    size_t n;
    double at[DRAW_TICKS_MAX];
    char text[DRAW_TICKS_MAX][DRAW_NUMBER_MAX]; /* with a true minus sign */
    size_t n_minor;
    double minor[DRAW_MINOR_MAX];
    int exponent; /* texts give value / 10^exponent; 0: plain */
} draw_ticks;

double draw_scale_at(const draw_scale *scale, double value);
/* Limits with some air around low..high; equal ends are spread. */
void draw_range_pad(double *low, double *high, bool log, double share);
/* At most `max` (2..DRAW_TICKS_MAX) ticks at round values within low..high, at least 2 where the
 * range allows it. */
void draw_superscript(int value, char *out); /* at most 3 bytes a digit or sign, and the 0 */
void draw_ticks_make(double low, double high, bool log, size_t max, draw_ticks *ticks);

/* ---- text.c ---------------------------------------------------------------------------------- */
double draw_text_width(cairo_t *cr, const char *text, double size);
/* `across` 0: begins at x, 0.5: centred, 1: ends at x; y is the baseline. */
void draw_text_show(cairo_t *cr, const char *text, double size, double x, double y, double across);
void draw_text_bold(cairo_t *cr, bool bold);
/* The text, or as much of it as fits with an ellipsis. */
void draw_text_fit(cairo_t *cr, const char *text, double size, double width,
                   char out[DRAW_TEXT_MAX]);
/* Breaks at blanks into at most two lines (the second elided); returns how many. */
size_t draw_text_wrap(cairo_t *cr, const char *text, double size, double width,
                      char line[2][DRAW_TEXT_MAX]);
void draw_text_options(cairo_t *cr); /* face and metrics, equal for SVG and PNG */

/* ---- box.c: a panel without axes ------------------------------------------------------------- */
rise_status draw_box_check(const draw_box *box, rise_error *err);
void draw_box_show(cairo_t *cr, const draw_box *box, draw_rect area);

/* ---- layout.c -------------------------------------------------------------------------------- */
typedef struct draw_layout {
    double width, height;
    draw_rect panel;
    draw_scale x, y, y2;
    draw_ticks x_ticks, y_ticks, x2_ticks, y2_ticks; /* y2: none without a series on the right */
    size_t name_step;    /* categories of x: every how many-th is named */
    bool names_upright;  /* they are turned by 90 degrees */
    double name_room;    /* points that a name of x may take */
    double y_tick_width; /* widest label of y */
    double y2_tick_width;
    double x_tick_height;
    size_t n_title;
    char title[2][DRAW_TEXT_MAX];
    bool legend_inside;
    draw_rect legend; /* w == 0: no legend */
    size_t legend_columns;
    double heat_low, heat_high; /* limits of the colours */
    draw_ticks heat_ticks;
    draw_rect bar;    /* colour bar */
    size_t n_missing; /* heat cells without a value */
    char note[DRAW_TEXT_MAX];
    draw_rect line_label[DRAW_LINES_MAX];
    bool line_covers[DRAW_LINES_MAX]; /* no free place: it lies over marks */
} draw_layout;

bool draw_right_wanted(const draw_figure *figure); /* does a series lie on y2? */
/* Ranges from checked data. */
void draw_ranges(const draw_figure *figure, draw_layout *layout);
rise_status draw_layout_make(cairo_t *cr, const draw_figure *figure, draw_layout *layout,
                             rise_error *err);

/* ---- marks.c, heat.c ------------------------------------------------------------------------- */
void draw_marks(cairo_t *cr, const draw_figure *figure, const draw_layout *layout);
void draw_marker(cairo_t *cr, size_t series, double x, double y, double radius);
void draw_set_colour(cairo_t *cr, draw_rgb colour, double alpha);
void draw_series_dash(cairo_t *cr, const draw_series *series, size_t index);
void draw_hatch(cairo_t *cr, draw_rect area, size_t pattern, double gap);
void draw_heat_cells(cairo_t *cr, const draw_figure *figure, const draw_layout *layout);
void draw_heat_bar(cairo_t *cr, const draw_figure *figure, const draw_layout *layout);
draw_rect draw_heat_cell(const draw_figure *figure, const draw_layout *layout, size_t cell);
double draw_heat_share(const draw_figure *figure, const draw_layout *layout, double value);

/* ---- heat_numbers.c, density.c --------------------------------------------------------------- */
void draw_heat_numbers(cairo_t *cr, const draw_figure *figure, const draw_layout *layout);
/* Do the errors fit their cells? True where there are none. */
bool draw_heat_errors_fit(cairo_t *cr, const draw_figure *figure, const draw_layout *layout);
/* What lies over the cells of a density: the diagonal, the texts. */
void draw_density_over(cairo_t *cr, const draw_figure *figure, const draw_layout *layout);

/* ---- mask.c ---------------------------------------------------------------------------------- */
/* Sums over rectangles: sum[y][x] counts marked pixels (one a point) above and left of it. */
typedef struct draw_mask {
    size_t w, h;
    uint32_t *sum; /* [h + 1][w + 1] */
} draw_mask;
rise_status draw_mask_make(const draw_figure *figure, const draw_layout *layout, draw_mask *mask,
                           rise_error *err);
size_t draw_mask_covered(const draw_mask *mask, draw_rect area); /* SIZE_MAX: beyond the paper */
void draw_mask_free(draw_mask *mask);

/* ---- lines.c --------------------------------------------------------------------------------- */
void draw_lines(cairo_t *cr, const draw_figure *figure, const draw_layout *layout);
rise_status draw_lines_place(cairo_t *cr, const draw_figure *figure, draw_layout *layout,
                             rise_error *err);
void draw_lines_name(cairo_t *cr, const draw_figure *figure, const draw_layout *layout);

/* ---- legend.c, axes.c ------------------------------------------------------------------------ */

bool draw_legend_wanted(const draw_figure *figure);
/* Width and height with `columns` entries side by side, texts elided to `room`. */
void draw_legend_size(cairo_t *cr, const draw_figure *figure, size_t columns, double room,
                      double *width, double *height);
/* A place inside the panel that covers no mark; false: there is none. */
rise_status draw_legend_place(const draw_figure *figure, const draw_layout *layout, double width,
                              double height, draw_rect *place, bool *found, rise_error *err);
void draw_legend_show(cairo_t *cr, const draw_figure *figure, const draw_layout *layout);
void draw_axes(cairo_t *cr, const draw_figure *figure, const draw_layout *layout);
void draw_grid(cairo_t *cr, const draw_figure *figure, const draw_layout *layout);
/* Joins the power of ten to the unit: "label (×10⁻³ Å)", or adds it: "label (×10⁻³)". */
void draw_axis_label(const char *label, int exponent, char out[DRAW_TEXT_MAX]);

#endif

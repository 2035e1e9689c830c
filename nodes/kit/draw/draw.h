/* kit/draw/draw.h: figures fit to print, drawn on cairo.
 *
 * A figure is plain data that the caller owns: views of arrays, nothing is copied or kept. The same
 * figure gives the same picture as SVG (glyphs as outlines: it looks alike on every machine), as
 * PNG (300 dpi) and as PDF (one page of the figure's size, fonts in it, no date). Lengths of a
 * figure are millimetres; inside, everything is in points (1/72 inch).
 *
 * Texts are UTF-8. In them _{cut} lowers and ^{2} raises: "r_{cut} (Å)"; a bare _ or ^ is itself.
 * Colours are those of Okabe and Ito (2008); series also differ in marker, dash or hatching. */
#ifndef KIT_DRAW_H
#define KIT_DRAW_H

#include <rise/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum draw_format { DRAW_SVG, DRAW_PNG, DRAW_PDF } draw_format;

/* Colour maps for heat: viridis (CC0) and grey, perceptually uniform; balance: blue, white,
 * vermilion, for signed numbers, limits symmetric about zero. */
typedef enum draw_map { DRAW_VIRIDIS, DRAW_GREY, DRAW_BALANCE } draw_map;

enum {
    DRAW_LINE = 1u,
    DRAW_POINTS = 2u,
    DRAW_BARS = 4u,   /* on a category axis, side by side with the other series of bars */
    DRAW_STEPS = 8u,  /* a filled outline over `edges` (histograms) */
    DRAW_BOXES = 16u, /* box: q1..q3, line: y (median), whiskers: low..high, diamond: mean */
    DRAW_BAND = 32u   /* low..high as a shaded band instead of error bars */
};

typedef struct draw_series {
    const char *label;  /* legend; NULL: not listed */
    const char *detail; /* a second, grey line in the legend; NULL: none */
    unsigned style;
    size_t n;
    const double *x, *y;      /* [n], finite; DRAW_STEPS: x is not read */
    const double *low, *high; /* NULL or [n]: ends of error bars, band or whiskers, in units of y */
    const double *edges;      /* DRAW_STEPS: [n + 1], ascending */
    const double *q1, *q3;    /* DRAW_BOXES: [n] */
    const double *mean;       /* DRAW_BOXES: NULL or [n] */
    bool right;               /* lines and points: y is read on the axis y2 */
} draw_series;

typedef struct draw_axis {
    const char *label;
    bool log;
    double low, high; /* limits; low >= high: from the data */
    size_t n_names;
    const char *const *names; /* categories, at 0, 1, ...; NULL: a numeric axis */
} draw_axis;

typedef struct draw_heat {
    size_t n_rows, n_columns;
    const double *cell; /* [row][column]; NaN: no value, drawn hatched and noted */
    const char *label;  /* of the colour bar */
    draw_map map;
    const size_t *framed; /* NULL or the cell (row * n_columns + column) that stands out */
    const double *error;  /* NULL or [row][column]: written as ± error; 0 and NaN are not */
    bool counts;          /* cells over the limits of numeric axes; no numbers, 0 stays white */
    bool log;             /* logarithmic colours: cells are positive, or 0 where they are counts */
    const char *text[2];  /* counts: NULL or lines in the emptier corner off the diagonal */
} draw_heat;              /* row and column names: categories of y and x; row 0 is at the bottom */

/* Dashed across the panel at a height of y, named beside it. */
typedef struct draw_line {
    const char *label;
    double y;
} draw_line;

#define DRAW_LINES_MAX 8

/* A parallelepiped within a box. */
typedef struct draw_block {
    const char *label;
    double centre[3];
    double edge[3][3];
} draw_block;

/* The simulation box and blocks in it, seen from above and aside in parallel projection. */
typedef struct draw_box {
    double edge[3][3]; /* cell vectors; one corner is the origin */
    const char *unit;  /* of all lengths */
    size_t n;
    const draw_block *block;
} draw_box;

typedef struct draw_figure {
    const char *title; /* NULL or "": none */
    const char *note;  /* small, below everything; NULL or "": none */
    double width_mm, height_mm;
    draw_axis x, y;
    draw_axis
        y2; /* on the right, drawn where a series is `right`; numeric, `low`, `high` as in y */
    double x2_scale; /* 0: none; else a second axis on top shows x2_scale * x */
    const char *x2_label;
    bool equal; /* parity: square panel, equal limits, the line y = x */
    size_t n_series;
    const draw_series *series;
    size_t n_lines; /* at most DRAW_LINES_MAX */
    const draw_line *lines;
    const draw_heat *heat; /* NULL or the panel's content, without series */
    const draw_box *box;   /* the same */
} draw_figure;

#define DRAW_MIN_MM 30.0
#define DRAW_MAX_MM 1000.0

/* `*bytes` is owned by the caller (free). RISE_E_DATA: nothing to draw, a number that is not finite
 * (or not positive on a logarithmic axis), a size out of bounds; the message names the series. */
rise_status draw_render(const draw_figure *figure, draw_format format, uint8_t **bytes,
                        size_t *size, rise_error *err) RISE_MUST_USE;

/* What besides its data determines a figure's bytes: the version of the drawing library. */
const char *draw_version(void);

#endif

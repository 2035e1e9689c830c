/* cli/layout: where the boxes of a drawing go. Boxes stand in layers, from top to bottom, each
 * below all that it reads from. A line that passes layers has a knot in each of them; lines from
 * one port share their knots. Sizes and places in pixels. */
#ifndef CLI_LAYOUT_H
#define CLI_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

/* A box, or a knot of a line. */
typedef struct layout_spot {
    size_t layer, order; /* order: its place in the layer */
    double width;        /* of a knot: 0 */
    double x;            /* its middle */
} layout_spot;

/* From one layer to the next. Offsets say where at the box it begins and ends, from its middle. */
typedef struct layout_line {
    size_t from, to; /* spots */
    double from_offset, to_offset;
    size_t port; /* of the links that it belongs to */
    size_t link; /* the link that ends here; SIZE_MAX: goes on at a knot */
} layout_line;

typedef struct layout {
    size_t n_boxes, n_spots, n_lines, n_layers;
    layout_spot *spot; /* boxes first */
    layout_line *line;
    size_t *line_first; /* [layer + 1]: where the lines that begin in a layer begin in `line` */
    size_t *first;      /* [layer + 1]: where a layer begins in `by_layer` */
    size_t *by_layer;   /* spots, layer by layer, in order */
} layout;               /* zero-initialised is empty */

typedef struct layout_link {
    size_t from, to; /* from < to */
    size_t port;     /* links from one port of one box share their knots */
} layout_link;

/* Layers and knots; links are ordered by `to`; widths and offsets are the caller's to fill in then.
 * False: memory is short, or the drawing would have more than a million knots. */
bool layout_build(layout *l, size_t n_boxes, const layout_link *link, size_t n_links);
/* The order within layers, so that few lines cross. False: memory is short. */
bool layout_order(layout *l);
/* x of all spots: lines upright where they can be, nothing closer than `gap`. May be called again
 * when offsets have changed. False: memory is short. */
bool layout_place(layout *l, double gap);
void layout_free(layout *l);

#endif

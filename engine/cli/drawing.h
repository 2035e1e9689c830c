/* cli/drawing: a chart with all sizes and places, in pixels, ready to be written as SVG. */
#ifndef CLI_DRAWING_H
#define CLI_DRAWING_H

#include "chart.h"
#include "layout.h"

/* Where lines leave a box at its lower edge, or arrive at its upper one. */
typedef struct drawing_port {
    size_t box;
    bool arrives;
    const char *name, *point; /* the label; both may be "" */
    double width;             /* room for the label */
    double offset;            /* from the middle of the box */
    double pull;              /* mean x of what is at the other ends */
    size_t n_lines;
    size_t next; /* the next port of this box; SIZE_MAX: none */
} drawing_port;

typedef struct drawing {
    const chart *c;
    layout l;
    size_t n_ports;
    drawing_port *port;
    size_t *box_port;         /* [box]: its first port; SIZE_MAX: none */
    size_t *leaves, *arrives; /* [link]: ports */
    double *height;           /* [box], with what stands out below it */
    double *top, *bottom;     /* [layer] */
    double width, total_height;
} drawing; /* zero-initialised is empty */

/* Letters, all of one width: 0.602 of their size. */
#define NAME_SIZE 13.0
#define SMALL_SIZE 11.0
#define LABEL_SIZE 10.0
#define LINE_HEIGHT 15.0
#define PADDING 9.0
#define STACK 4.0 /* how far the second card of a stack stands out */

/* RISE_E_USAGE: too large to be drawn. */
rise_status drawing_make(const chart *c, drawing *out, rise_error *err) RISE_MUST_USE;
void drawing_free(drawing *d);

#endif

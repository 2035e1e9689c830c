/* cli/drawing: ports, sizes and places. */
#include "drawing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double text_width(const char *text, double size) {
    return 0.602 * size * (double)text_columns(text);
}

/* ---- ports ----------------------------------------------------------------------------------- */
static size_t find_port(drawing *d, size_t box, bool arrives, const char *name, const char *point) {
    for (size_t p = d->box_port[box]; p != SIZE_MAX; p = d->port[p].next)
        if (d->port[p].arrives == arrives && strcmp(d->port[p].name, name) == 0 &&
            strcmp(d->port[p].point, point) == 0)
            return p;
    double label = text_width(name, LABEL_SIZE) + text_width(point, LABEL_SIZE);
    d->port[d->n_ports] = (drawing_port){.box = box,
                                         .arrives = arrives,
                                         .name = name,
                                         .point = point,
                                         .width = label > 0 ? label + 12 : 18,
                                         .next = d->box_port[box]};
    d->box_port[box] = d->n_ports;
    return d->n_ports++;
}

static bool find_ports(drawing *d) {
    const chart *c = d->c;
    d->port = calloc(2 * c->n_links + 1, sizeof *d->port);
    d->box_port = malloc((c->n_boxes + 1) * sizeof *d->box_port);
    d->leaves = calloc(c->n_links + 1, sizeof *d->leaves);
    d->arrives = calloc(c->n_links + 1, sizeof *d->arrives);
    if (!d->port || !d->box_port || !d->leaves || !d->arrives)
        return false;
    for (size_t i = 0; i < c->n_boxes; i++)
        d->box_port[i] = SIZE_MAX;
    for (size_t i = 0; i < c->n_links; i++) {
        const chart_link *k = &c->link[i];
        d->leaves[i] = find_port(d, k->from, false, k->output, "");
        d->arrives[i] = find_port(d, k->to, true, k->input, k->point);
    }
    return true;
}

/* Ports of one edge side by side, in the order of what pulls at them. */
static void spread_ports(drawing *d, size_t box, bool arrives) {
    double total = 0;
    for (size_t p = d->box_port[box]; p != SIZE_MAX; p = d->port[p].next)
        total += d->port[p].arrives == arrives ? d->port[p].width : 0;
    for (size_t p = d->box_port[box]; p != SIZE_MAX; p = d->port[p].next) {
        drawing_port *port = &d->port[p];
        double left = 0;
        if (port->arrives != arrives)
            continue;
        for (size_t q = d->box_port[box]; q != SIZE_MAX; q = d->port[q].next) {
            const drawing_port *other = &d->port[q];
            bool before = other->pull < port->pull || (other->pull <= port->pull && q < p);
            left += other->arrives == arrives && before ? other->width : 0;
        }
        port->offset = left + port->width / 2 - total / 2;
    }
}

static size_t port_at(const drawing *d, const layout_line *line, bool arrives) {
    if (arrives)
        return line->link == SIZE_MAX ? SIZE_MAX : d->arrives[line->link];
    return line->from < d->c->n_boxes ? line->port : SIZE_MAX;
}

static void pull(drawing *d, size_t port, double x) {
    if (port == SIZE_MAX)
        return;
    drawing_port *p = &d->port[port];
    p->pull = (p->pull * (double)p->n_lines + x) / (double)(p->n_lines + 1);
    p->n_lines++;
}

static void arrange_ports(drawing *d) {
    layout *l = &d->l;
    for (size_t p = 0; p < d->n_ports; p++)
        d->port[p].n_lines = 0;
    for (size_t i = 0; i < l->n_lines; i++) {
        pull(d, port_at(d, &l->line[i], false), l->spot[l->line[i].to].x);
        pull(d, port_at(d, &l->line[i], true), l->spot[l->line[i].from].x);
    }
    for (size_t b = 0; b < d->c->n_boxes; b++) {
        spread_ports(d, b, false);
        spread_ports(d, b, true);
    }
    for (size_t i = 0; i < l->n_lines; i++) {
        size_t from = port_at(d, &l->line[i], false), to = port_at(d, &l->line[i], true);
        l->line[i].from_offset = from == SIZE_MAX ? 0 : d->port[from].offset;
        l->line[i].to_offset = to == SIZE_MAX ? 0 : d->port[to].offset;
    }
}

/* ---- sizes ----------------------------------------------------------------------------------- */
static bool find_sizes(drawing *d) {
    const chart *c = d->c;
    d->height = calloc(c->n_boxes + 1, sizeof *d->height);
    for (size_t b = 0; d->height && b < c->n_boxes; b++) {
        const chart_box *box = &c->box[b];
        double name = text_width(box->name, NAME_SIZE), type = text_width(box->type, SMALL_SIZE);
        double axes = text_width(box->axes, SMALL_SIZE);
        d->l.spot[b].width = fmax(fmax(name, type), axes);
        d->height[b] = (box->axes[0] ? 3 : 2) * LINE_HEIGHT;
    }
    for (size_t i = 0; d->height && i < c->n_files; i++) {
        layout_spot *spot = &d->l.spot[c->file[i].box];
        spot->width = fmax(spot->width,
                           text_width(c->file[i].path, SMALL_SIZE) + text_width("> ", SMALL_SIZE));
        d->height[c->file[i].box] += LINE_HEIGHT;
    }
    for (size_t b = 0; d->height && b < c->n_boxes; b++) {
        double edge[2] = {0, 0};
        for (size_t p = d->box_port[b]; p != SIZE_MAX; p = d->port[p].next)
            edge[d->port[p].arrives] += d->port[p].width;
        d->l.spot[b].width = fmax(d->l.spot[b].width + 2 * PADDING, fmax(edge[0], edge[1]));
        d->height[b] += 2 * PADDING + (c->box[b].instances > 1 ? STACK : 0);
    }
    return d->height != NULL;
}

/* Between two layers: more where lines go far to the side, and room for the labels. */
static double space_below(const drawing *d, size_t layer) {
    const layout *l = &d->l;
    double far = 0, labels = 0;
    for (size_t i = l->line_first[layer]; i < l->line_first[layer + 1]; i++) {
        const layout_line *line = &l->line[i];
        size_t from = port_at(d, line, false), to = port_at(d, line, true);
        bool below = from != SIZE_MAX && d->port[from].name[0];
        bool above = to != SIZE_MAX && (d->port[to].name[0] || d->port[to].point[0]);
        labels = fmax(labels, 12 * (below + above));
        far = fmax(far, fabs(l->spot[line->from].x - l->spot[line->to].x));
    }
    return 34 + labels + fmin(60, far * 0.07);
}

static bool find_places(drawing *d) {
    layout *l = &d->l;
    d->top = calloc(l->n_layers + 1, sizeof *d->top);
    d->bottom = calloc(l->n_layers + 1, sizeof *d->bottom);
    if (!d->top || !d->bottom)
        return false;
    double y = 0, left = INFINITY, right = -INFINITY;
    for (size_t k = 0; k < l->n_layers; k++) {
        d->top[k] = d->bottom[k] = y;
        for (size_t i = l->first[k]; i < l->first[k + 1]; i++)
            if (l->by_layer[i] < d->c->n_boxes)
                d->bottom[k] = fmax(d->bottom[k], y + d->height[l->by_layer[i]]);
        y = d->bottom[k] + (k + 1 < l->n_layers ? space_below(d, k) : 0);
    }
    for (size_t i = 0; i < l->n_spots; i++) {
        left = fmin(left, l->spot[i].x - l->spot[i].width / 2);
        right = fmax(right, l->spot[i].x + l->spot[i].width / 2);
    }
    for (size_t i = 0; i < l->n_spots; i++)
        l->spot[i].x -= left;
    d->width = l->n_spots ? right - left : 0;
    d->total_height = y;
    return true;
}

/* ---- all together ---------------------------------------------------------------------------- */
static rise_status build(drawing *d, rise_error *err) {
    const chart *c = d->c;
    layout_link *link = calloc(c->n_links + 1, sizeof *link);
    bool built = link != NULL && find_ports(d);
    for (size_t i = 0; built && i < c->n_links; i++)
        link[i] = (layout_link){c->link[i].from, c->link[i].to, d->leaves[i]};
    built = built && layout_build(&d->l, c->n_boxes, link, c->n_links);
    free(link);
    if (built)
        return RISE_OK;
    return rise_fail(err, RISE_E_USAGE,
                     "a graph of %zu nodes and %zu links is too large to be drawn", c->n_boxes,
                     c->n_links);
}

rise_status drawing_make(const chart *c, drawing *out, rise_error *err) {
    enum { GAP = 26 };
    drawing d = {.c = c};
    rise_status s = build(&d, err);
    bool room = s != RISE_OK || (find_sizes(&d) && layout_order(&d.l));
    /* Offsets depend on places and places on offsets: twice is enough to see no more change. */
    for (int i = 0; i < 3 && room && s == RISE_OK; i++) {
        room = layout_place(&d.l, GAP);
        if (room && i < 2)
            arrange_ports(&d);
    }
    room = room && (s != RISE_OK || find_places(&d));
    if (!room)
        s = rise_fail_nomem(err, "the drawing");
    if (s == RISE_OK)
        *out = d;
    else
        drawing_free(&d);
    return s;
}

void drawing_free(drawing *d) {
    layout_free(&d->l);
    free(d->port);
    free(d->box_port);
    free(d->leaves);
    free(d->arrives);
    free(d->height);
    free(d->top);
    free(d->bottom);
    *d = (drawing){0};
}

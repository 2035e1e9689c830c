/* cli/layout: layers, and the knots of lines that pass them. */
#include "layout.h"

#include <stdint.h>
#include <stdlib.h>

enum { MAX_SPOTS = 1000000 };

typedef struct degrees {
    size_t in, out;
} degrees;

/* As high as it can be; then whatever feeds more than it reads goes down to where it is read: its
 * lines are shorter, and there are more of them. */
static bool find_layers(layout *l, const layout_link *link, size_t n_links) {
    size_t *lowest = malloc((l->n_boxes + 1) * sizeof *lowest);
    degrees *degree = calloc(l->n_boxes + 1, sizeof *degree);
    for (size_t i = 0; degree && lowest && i < n_links; i++) {
        const layout_spot *from = &l->spot[link[i].from];
        layout_spot *to = &l->spot[link[i].to];
        to->layer = to->layer > from->layer ? to->layer : from->layer + 1;
        degree[link[i].from].out++;
        degree[link[i].to].in++;
    }
    for (size_t b = 0; lowest && b < l->n_boxes; b++)
        lowest[b] = SIZE_MAX;
    size_t at = n_links;
    for (size_t b = l->n_boxes; degree && lowest && b-- > 0;) {
        if (degree[b].out > degree[b].in && lowest[b] != SIZE_MAX)
            l->spot[b].layer = lowest[b];
        for (; at > 0 && link[at - 1].to == b; at--) {
            size_t from = link[at - 1].from, above = l->spot[b].layer - 1;
            lowest[from] = above < lowest[from] ? above : lowest[from];
        }
    }
    bool done = degree && lowest;
    free(degree);
    free(lowest);
    return done;
}

/* ---- knots ----------------------------------------------------------------------------------- */
typedef struct sorted {
    const layout_link *link;
    const layout_spot *spot;
} sorted;

/* Links of one port together, short ones first. */
static int by_port(const void *a, const void *b, void *user) {
    const sorted *what = user;
    size_t ia = *(const size_t *)a, ib = *(const size_t *)b;
    const layout_link *p = &what->link[ia], *q = &what->link[ib];
    if (p->from != q->from)
        return p->from < q->from ? -1 : 1;
    if (p->port != q->port)
        return p->port < q->port ? -1 : 1;
    size_t lp = what->spot[p->to].layer, lq = what->spot[q->to].layer;
    if (lp != lq)
        return lp < lq ? -1 : 1;
    return ia < ib ? -1 : ia > ib;
}

static size_t *links_by_port(const layout *l, const layout_link *link, size_t n_links) {
    size_t *order = malloc((n_links + 1) * sizeof *order);
    for (size_t i = 0; order && i < n_links; i++)
        order[i] = i;
    sorted what = {link, l->spot};
    if (order && n_links > 0)
        qsort_r(order, n_links, sizeof *order, by_port, &what);
    return order;
}

/* Walks over all links with their knots; without room it only counts. */
static void walk_links(layout *l, const layout_link *link, const size_t *order, size_t n_links,
                       bool room) {
    size_t last = 0, layer = 0;
    l->n_spots = l->n_boxes;
    l->n_lines = 0;
    for (size_t i = 0; i < n_links; i++) {
        const layout_link *k = &link[order[i]], *before = i ? &link[order[i - 1]] : NULL;
        if (!before || before->from != k->from || before->port != k->port) {
            last = k->from;
            layer = l->spot[k->from].layer;
        }
        for (; layer + 1 < l->spot[k->to].layer; layer++) {
            if (room) {
                l->spot[l->n_spots] = (layout_spot){.layer = layer + 1};
                l->line[l->n_lines] = (layout_line){
                    .from = last, .to = l->n_spots, .port = k->port, .link = SIZE_MAX};
            }
            last = l->n_spots++;
            l->n_lines++;
        }
        if (room)
            l->line[l->n_lines] =
                (layout_line){.from = last, .to = k->to, .port = k->port, .link = order[i]};
        l->n_lines++;
    }
}

static bool make_room(layout *l) {
    layout_spot *spot = realloc(l->spot, (l->n_spots + 1) * sizeof *spot);
    if (spot)
        l->spot = spot;
    l->line = calloc(l->n_lines + 1, sizeof *l->line);
    l->by_layer = calloc(l->n_spots + 1, sizeof *l->by_layer);
    return spot && l->line && l->by_layer;
}

static bool fill_layers(layout *l) {
    for (size_t i = 0; i < l->n_spots; i++)
        l->n_layers = l->spot[i].layer + 1 > l->n_layers ? l->spot[i].layer + 1 : l->n_layers;
    l->first = calloc(l->n_layers + 2, sizeof *l->first);
    if (!l->first)
        return false;
    for (size_t i = 0; i < l->n_spots; i++)
        l->first[l->spot[i].layer + 1]++;
    for (size_t k = 0; k < l->n_layers; k++)
        l->first[k + 1] += l->first[k];
    size_t *next = calloc(l->n_layers + 1, sizeof *next);
    for (size_t i = 0; next && i < l->n_spots; i++) {
        size_t layer = l->spot[i].layer;
        l->spot[i].order = next[layer];
        l->by_layer[l->first[layer] + next[layer]++] = i;
    }
    free(next);
    return next != NULL;
}

/* Lines that begin in one layer together. */
static bool sort_lines(layout *l) {
    layout_line *sorted = calloc(l->n_lines + 1, sizeof *sorted);
    size_t *next = calloc(l->n_layers + 2, sizeof *next);
    l->line_first = calloc(l->n_layers + 2, sizeof *l->line_first);
    bool room = sorted && next && l->line_first;
    for (size_t i = 0; room && i < l->n_lines; i++)
        l->line_first[l->spot[l->line[i].from].layer + 1]++;
    for (size_t k = 0; room && k < l->n_layers; k++)
        next[k + 1] = l->line_first[k + 1] += l->line_first[k];
    for (size_t i = 0; room && i < l->n_lines; i++)
        sorted[next[l->spot[l->line[i].from].layer]++] = l->line[i];
    free(next);
    free(room ? l->line : sorted);
    if (room)
        l->line = sorted;
    return room;
}

bool layout_build(layout *l, size_t n_boxes, const layout_link *link, size_t n_links) {
    *l = (layout){.n_boxes = n_boxes};
    l->spot = calloc(n_boxes + 1, sizeof *l->spot);
    bool built = l->spot && find_layers(l, link, n_links);
    size_t *order = built ? links_by_port(l, link, n_links) : NULL;
    if (order)
        walk_links(l, link, order, n_links, false);
    built = order && l->n_spots < MAX_SPOTS && make_room(l);
    if (built)
        walk_links(l, link, order, n_links, true);
    free(order);
    built = built && fill_layers(l) && sort_lines(l);
    if (!built)
        layout_free(l);
    return built;
}

void layout_free(layout *l) {
    free(l->spot);
    free(l->line);
    free(l->line_first);
    free(l->first);
    free(l->by_layer);
    *l = (layout){0};
}

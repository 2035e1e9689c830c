/* cli/layout_place: x of boxes and knots. Each wants to stand where its lines would be upright;
 * within a layer, with the order and the least distances given, the places nearest to all wishes in
 * the sense of least squares are found exactly, by pooling neighbours that are in each other's way
 * (isotonic regression). */
#include "layout.h"

#include <stdlib.h>

enum { ROUNDS = 61 }; /* odd: the last one goes down, so that single lines end upright */

typedef struct wish {
    double sum, weight;
} wish;

/* Neighbours that stand as close as they may, and move as one. */
typedef struct pool {
    size_t n;
    double sum, weight;
} pool;

typedef struct placer {
    layout *l;
    double gap;
    wish *wish;    /* [spot] */
    pool *pools;   /* [spot] */
    double *start; /* [spot]: x in its layer if all stood as close as they may */
} placer;

static bool is_box(const layout *l, size_t spot) {
    return spot < l->n_boxes;
}

/* A long line that is not upright is worse than a short one. */
static double weight_of(const layout *l, const layout_line *line) {
    int boxes = is_box(l, line->from) + is_box(l, line->to);
    return boxes == 2 ? 1 : boxes == 1 ? 2 : 8;
}

/* `line` ends or begins at `spot`; where that would be if the line were upright. */
static void add_wish(placer *w, const layout_line *line, size_t spot) {
    const layout *l = w->l;
    double weight = weight_of(l, line), shift = line->from_offset - line->to_offset;
    double x = spot == line->to ? l->spot[line->from].x + shift : l->spot[line->to].x - shift;
    w->wish[spot].sum += weight * x;
    w->wish[spot].weight += weight;
}

static void gather_wishes(placer *w, size_t layer, bool above, bool below) {
    layout *l = w->l;
    for (size_t i = l->first[layer]; i < l->first[layer + 1]; i++)
        w->wish[l->by_layer[i]] = (wish){0};
    if (above && layer > 0)
        for (size_t i = l->line_first[layer - 1]; i < l->line_first[layer]; i++)
            add_wish(w, &l->line[i], l->line[i].to);
    if (below)
        for (size_t i = l->line_first[layer]; i < l->line_first[layer + 1]; i++)
            add_wish(w, &l->line[i], l->line[i].from);
}

static double distance(const placer *w, size_t a, size_t b) {
    const layout *l = w->l;
    bool knots = !is_box(l, a) && !is_box(l, b);
    return (l->spot[a].width + l->spot[b].width) / 2 + (knots ? w->gap / 2 : w->gap);
}

static void settle(placer *w, size_t layer) {
    layout *l = w->l;
    size_t first = l->first[layer], n = l->first[layer + 1] - first, n_pools = 0;
    for (size_t i = 0; i < n; i++) {
        size_t spot = l->by_layer[first + i];
        w->start[i] = i ? w->start[i - 1] + distance(w, l->by_layer[first + i - 1], spot) : 0;
        bool wants = w->wish[spot].weight > 0;
        double weight = wants ? w->wish[spot].weight : 0.01;
        double x = wants ? w->wish[spot].sum / weight : l->spot[spot].x;
        w->pools[n_pools++] = (pool){1, weight * (x - w->start[i]), weight};
        for (; n_pools > 1; n_pools--) {
            pool *a = &w->pools[n_pools - 2], *b = a + 1;
            if (a->sum * b->weight <= b->sum * a->weight)
                break;
            *a = (pool){a->n + b->n, a->sum + b->sum, a->weight + b->weight};
        }
    }
    for (size_t p = 0, i = 0; p < n_pools; p++)
        for (size_t k = 0; k < w->pools[p].n; k++, i++)
            l->spot[l->by_layer[first + i]].x = w->start[i] + w->pools[p].sum / w->pools[p].weight;
}

/* Down, up, down, ...: a layer sees the places that its neighbour just got. */
static void place(placer *w) {
    layout *l = w->l;
    for (int round = 0; round < ROUNDS; round++) {
        bool down = round % 2 == 0, both = round >= ROUNDS / 2;
        for (size_t k = 0; k < l->n_layers; k++) {
            size_t layer = down ? k : l->n_layers - 1 - k;
            gather_wishes(w, layer, both || down, both || !down);
            settle(w, layer);
        }
    }
}

bool layout_place(layout *l, double gap) {
    placer w = {.l = l,
                .gap = gap,
                .wish = calloc(l->n_spots + 1, sizeof *w.wish),
                .pools = calloc(l->n_spots + 1, sizeof *w.pools),
                .start = calloc(l->n_spots + 1, sizeof *w.start)};
    bool room = w.wish && w.pools && w.start;
    if (room)
        place(&w);
    free(w.wish);
    free(w.pools);
    free(w.start);
    return room;
}

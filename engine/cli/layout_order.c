/* cli/layout_order: which spot of a layer stands left of which. Sweeps down and up put each spot at
 * the mean place of its neighbours in the layer before (Sugiyama, Tagawa and Toda 1981); of all
 * orders seen the one with the fewest crossings stays. */
#include "layout.h"

#include <stdlib.h>
#include <string.h>

enum { SWEEPS = 24 };

typedef struct rank {
    size_t spot, order;
    double mean;
} rank;

typedef struct sweeper {
    layout *l;
    double *sum;  /* [spot]: places of the neighbours */
    size_t *n;    /* [spot]: how many */
    rank *ranks;  /* [spot] */
    size_t *best; /* [spot]: by_layer of the best order */
    size_t *tree; /* [spot + 1]: counts by place, for crossings */
} sweeper;

static int by_mean(const void *a, const void *b) {
    const rank *p = a, *q = b;
    if (p->mean != q->mean)
        return p->mean < q->mean ? -1 : 1;
    return p->order < q->order ? -1 : p->order > q->order;
}

static void settle_layer(sweeper *w, size_t layer) {
    layout *l = w->l;
    size_t first = l->first[layer], n = l->first[layer + 1] - first;
    for (size_t i = 0; i < n; i++) {
        size_t spot = l->by_layer[first + i];
        double mean = w->n[spot] ? w->sum[spot] / (double)w->n[spot] : (double)i;
        w->ranks[i] = (rank){spot, i, mean};
    }
    if (n > 1)
        qsort(w->ranks, n, sizeof *w->ranks, by_mean);
    for (size_t i = 0; i < n; i++) {
        l->by_layer[first + i] = w->ranks[i].spot;
        l->spot[w->ranks[i].spot].order = i;
    }
}

static void sweep(sweeper *w, bool down) {
    layout *l = w->l;
    memset(w->sum, 0, l->n_spots * sizeof *w->sum);
    memset(w->n, 0, l->n_spots * sizeof *w->n);
    for (size_t k = 1; k < l->n_layers; k++) {
        size_t above = down ? k - 1 : l->n_layers - 1 - k;
        for (size_t i = l->line_first[above]; i < l->line_first[above + 1]; i++) {
            const layout_line *line = &l->line[i];
            size_t moved = down ? line->to : line->from, fixed = down ? line->from : line->to;
            w->sum[moved] += (double)l->spot[fixed].order;
            w->n[moved]++;
        }
        settle_layer(w, down ? above + 1 : above);
    }
}

/* ---- crossings ------------------------------------------------------------------------------- */
static int by_places(const void *a, const void *b, void *user) {
    const layout_line *p = a, *q = b;
    const layout_spot *spot = user;
    size_t pu = spot[p->from].order, qu = spot[q->from].order;
    size_t pv = spot[p->to].order, qv = spot[q->to].order;
    if (pu != qu)
        return pu < qu ? -1 : 1;
    return pv < qv ? -1 : pv > qv;
}

/* Lines already seen whose lower end stands right of `place`; then this one is seen too. */
static size_t seen_right_of(size_t *tree, size_t n, size_t place, size_t seen) {
    size_t left = 0;
    for (size_t i = place + 1; i > 0; i &= i - 1)
        left += tree[i];
    for (size_t i = place + 1; i <= n; i += i & (~i + 1))
        tree[i]++;
    return seen - left;
}

static size_t count_crossings(sweeper *w) {
    layout *l = w->l;
    size_t crossings = 0;
    for (size_t k = 0; k + 1 < l->n_layers; k++) {
        size_t first = l->line_first[k], n = l->line_first[k + 1] - first;
        size_t below = l->first[k + 2] - l->first[k + 1];
        if (n > 1)
            qsort_r(l->line + first, n, sizeof *l->line, by_places, l->spot);
        memset(w->tree, 0, (below + 1) * sizeof *w->tree);
        for (size_t i = 0; i < n; i++)
            crossings += seen_right_of(w->tree, below, l->spot[l->line[first + i].to].order, i);
    }
    return crossings;
}

/* ---- all together ---------------------------------------------------------------------------- */
static void take_order(layout *l, const size_t *by_layer) {
    memcpy(l->by_layer, by_layer, l->n_spots * sizeof *by_layer);
    for (size_t k = 0; k < l->n_layers; k++)
        for (size_t i = l->first[k]; i < l->first[k + 1]; i++)
            l->spot[by_layer[i]].order = i - l->first[k];
}

static void find_order(sweeper *w) {
    layout *l = w->l;
    size_t fewest = count_crossings(w);
    memcpy(w->best, l->by_layer, l->n_spots * sizeof *w->best);
    for (int i = 0; i < SWEEPS && fewest > 0; i++) {
        sweep(w, i % 2 == 0);
        size_t crossings = count_crossings(w);
        if (crossings >= fewest)
            continue;
        fewest = crossings;
        memcpy(w->best, l->by_layer, l->n_spots * sizeof *w->best);
    }
    take_order(l, w->best);
}

bool layout_order(layout *l) {
    size_t n = l->n_spots + 2;
    sweeper w = {.l = l,
                 .sum = calloc(n, sizeof *w.sum),
                 .n = calloc(n, sizeof *w.n),
                 .ranks = calloc(n, sizeof *w.ranks),
                 .best = calloc(n, sizeof *w.best),
                 .tree = calloc(n, sizeof *w.tree)};
    bool room = w.sum && w.n && w.ranks && w.best && w.tree;
    if (room)
        find_order(&w);
    free(w.sum);
    free(w.n);
    free(w.ranks);
    free(w.best);
    free(w.tree);
    return room;
}

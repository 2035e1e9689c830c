/* graph/order.c: sources first, ties in the order of the file; cycles are told as a path. */
#include "graph/load.h"

#include <stdio.h>
#include <string.h>

/* ---- a heap of positions in the file: the smallest comes out first --------------------------- */
static void heap_push(size_t *heap, size_t *n, size_t value) {
    size_t i = (*n)++;
    for (; i && heap[(i - 1) / 2] > value; i = (i - 1) / 2) {
        heap[i] = heap[(i - 1) / 2];
    }
    heap[i] = value;
}

static size_t heap_pop(size_t *heap, size_t *n) {
    size_t top = heap[0], last = heap[--*n], i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child + 1 < *n && heap[child + 1] < heap[child]) {
            child++;
        }
        if (child >= *n || heap[child] >= last) {
            break;
        }
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = last;
    return top;
}

/* ---- cycles ---------------------------------------------------------------------------------- */
static const graph_ref *waiting_for(const raw_node *r, const size_t *missing) {
    for (size_t i = 0; i < r->node.n_inputs; i++) {
        for (size_t k = 0; k < r->node.input[i].n_refs; k++) {
            const graph_ref *ref = &r->node.input[i].ref[k];
            if (missing[ref->node]) {
                return ref;
            }
        }
    }
    return NULL;
}

/* `path` holds a walk from consumer to source whose last member feeds path[0]. */
static void tell_cycle(loader *L, const size_t *path, size_t n, const size_t *missing) {
    size_t first = 0;
    for (size_t i = 1; i < n; i++) {
        first = path[i] < path[first] ? i : first;
    }
    enum { SHOWN = 12 }; /* as many names as a message holds */
    char text[480];
    size_t used = (size_t)snprintf(text, sizeof text, "%.30s", L->raw[path[first]].node.name);
    for (size_t i = 1; i <= n; i++) {
        if (n > SHOWN && i == SHOWN / 2) {
            used += (size_t)snprintf(text + used, sizeof text - used, " -> ...");
            i = n - SHOWN / 2;
        }
        size_t at = path[(first + n - i % n) % n];
        used +=
            (size_t)snprintf(text + used, sizeof text - used, " -> %.28s", L->raw[at].node.name);
    }
    const raw_node *r = &L->raw[path[first]];
    const graph_ref *ref = waiting_for(r, missing);
    spot at = r->at;
    for (size_t i = 0; i < r->node.n_inputs; i++) {
        for (size_t k = 0; k < r->node.input[i].n_refs; k++) {
            if (&r->node.input[i].ref[k] == ref) {
                at = r->ref[i][k].at;
            }
        }
    }
    load_error(L, at, "a node cannot wait for itself: cut one of these references", "cycle: %s",
               text);
}

/* Every node left waits for another one that is left: following that leads into a cycle. */
static void find_cycles(loader *L, const size_t *missing) {
    size_t *walk = LOAD_NEW(L, size_t, L->n_raw); /* number of the walk that came by; 0: none */
    size_t *path = LOAD_NEW(L, size_t, L->n_raw);
    if (!walk || !path) {
        return;
    }
    for (size_t start = 0; start < L->n_raw; start++) {
        size_t at = start, n = 0;
        while (missing[at] && !walk[at]) {
            walk[at] = start + 1;
            path[n++] = at;
            at = waiting_for(&L->raw[at], missing)->node;
        }
        if (n && walk[at] == start + 1) {
            size_t begin = 0;
            while (path[begin] != at) {
                begin++;
            }
            tell_cycle(L, path + begin, n - begin, missing);
        }
    }
}

void order_nodes(loader *L) {
    size_t n = L->n_raw, n_edges = 0;
    size_t *missing = LOAD_NEW(L, size_t, n); /* references whose source is not placed yet */
    size_t *first = LOAD_NEW(L, size_t, n + 1);
    size_t *heap = LOAD_NEW(L, size_t, n);
    L->order = LOAD_NEW(L, size_t, n);
    if (L->nomem) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < L->raw[i].node.n_inputs; j++) {
            const graph_input *in = &L->raw[i].node.input[j];
            missing[i] += in->n_refs;
            for (size_t k = 0; k < in->n_refs; k++) {
                first[in->ref[k].node]++;
            }
        }
        n_edges += missing[i];
    }
    size_t *reader = LOAD_NEW(L, size_t, n_edges);
    if (!reader) {
        return;
    }
    size_t total = 0; /* first[i]: where the readers of i begin, filled from behind */
    for (size_t i = 0; i <= n; i++) {
        total += first[i];
        first[i] = total;
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t j = 0; j < L->raw[i].node.n_inputs; j++) {
            const graph_input *in = &L->raw[i].node.input[j];
            for (size_t k = 0; k < in->n_refs; k++) {
                reader[--first[in->ref[k].node]] = i;
            }
        }
    }
    size_t waiting = 0;
    for (size_t i = 0; i < n; i++) {
        if (!missing[i]) {
            heap_push(heap, &waiting, i);
        }
    }
    while (waiting) {
        size_t i = heap_pop(heap, &waiting);
        L->order[L->n_ordered++] = i;
        for (size_t e = first[i]; e < first[i + 1]; e++) {
            if (!--missing[reader[e]]) {
                heap_push(heap, &waiting, reader[e]);
            }
        }
    }
    if (L->n_ordered < n) {
        find_cycles(L, missing);
    }
}

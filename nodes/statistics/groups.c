/* A sorted list of keys with counts, and the numbers that describe a sample. */
#include "groups.h"

#include "kit/statistics.h"

#include <stdlib.h>
#include <string.h>

/* The first place whose key is not below `key`. */
static size_t place(const groups *g, int64_t key) {
    size_t low = 0, high = g->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (g->key[middle] < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static rise_status grow(groups *g, rise_error *err) {
    size_t room = g->room ? 2 * g->room : 64;
    int64_t *key = realloc(g->key, room * sizeof *key);
    g->key = key ? key : g->key;
    size_t *size = key ? realloc(g->size, room * sizeof *size) : NULL;
    if (!size) {
        return rise_fail_nomem(err, "groups");
    }
    g->size = size;
    g->room = room;
    return RISE_OK;
}

rise_status groups_add(groups *g, int64_t key, rise_error *err) {
    size_t at = place(g, key);
    if (at < g->n && g->key[at] == key) {
        g->size[at]++;
        return RISE_OK;
    }
    if (g->n == GROUPS_MAX) {
        rise_fail(err, RISE_E_DATA, "by: more than %d groups", GROUPS_MAX);
        return rise_hint(err, "labels of few values are expected, such as those of histogram");
    }
    if (g->n == g->room && grow(g, err) != RISE_OK) {
        return RISE_E_NOMEM;
    }
    memmove(g->key + at + 1, g->key + at, (g->n - at) * sizeof *g->key);
    memmove(g->size + at + 1, g->size + at, (g->n - at) * sizeof *g->size);
    g->key[at] = key;
    g->size[at] = 1;
    g->n++;
    return RISE_OK;
}

size_t groups_find(const groups *g, int64_t key) {
    return place(g, key);
}

void groups_free(groups *g) {
    free(g->key);
    free(g->size);
    *g = (groups){0};
}

void groups_describe(double *x, size_t n, groups_row *row) {
    statistics_sort(x, n);
    *row = (groups_row){.n = n,
                        .mean = statistics_mean(x, n),
                        .std = statistics_std(x, n, 1),
                        .min = x[0],
                        .q1 = statistics_quantile(x, n, 0.25),
                        .median = statistics_quantile(x, n, 0.5),
                        .q3 = statistics_quantile(x, n, 0.75),
                        .max = x[n - 1]};
}

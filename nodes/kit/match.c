/* Which frames do several lists have in common? Knows ids and places, nothing else. */
#include "kit/match.h"

#include <stdlib.h>
#include <string.h>

typedef struct place {
    rise_id id;
    size_t row;
} place;

static int by_id(const void *pa, const void *pb) {
    const place *a = pa, *b = pb;
    return memcmp(a->id.byte, b->id.byte, sizeof a->id.byte);
}

static int by_id_and_row(const void *pa, const void *pb) {
    const place *a = pa, *b = pb;
    int order = by_id(pa, pb);
    return order ? order : (a->row < b->row ? -1 : a->row > b->row);
}

/* Sorted, each id once; returns how many. */
static size_t index_ids(const rise_id *ids, size_t n, place *sorted) {
    for (size_t r = 0; r < n; r++) {
        sorted[r] = (place){ids[r], r};
    }
    qsort(sorted, n, sizeof *sorted, by_id_and_row);
    size_t kept = 0;
    for (size_t r = 0; r < n; r++) {
        if (kept == 0 || by_id(&sorted[r], &sorted[kept - 1]) != 0) {
            sorted[kept++] = sorted[r];
        }
    }
    return kept;
}

/* Keep of the first n columns of rows (lists 0..l-1 filled) those that list l has as well. */
static size_t join(const rise_id *first, const place *sorted, size_t n_sorted, size_t l,
                   size_t stride, size_t *rows, size_t n) {
    size_t kept = 0;
    for (size_t c = 0; c < n; c++) {
        place wanted = {first[rows[c]], 0};
        const place *found = bsearch(&wanted, sorted, n_sorted, sizeof *sorted, by_id);
        /* In list 0 this drops repetitions: an id is found at its first place only. */
        if (!found || (l == 0 && found->row != rows[c])) {
            continue;
        }
        for (size_t k = 0; k < l; k++) {
            rows[k * stride + kept] = rows[k * stride + c];
        }
        rows[l * stride + kept++] = found->row;
    }
    return kept;
}

rise_status match_ids(const rise_id *const *ids, const size_t *n_ids, size_t n_lists, size_t *rows,
                      size_t *n_common, rise_error *err) {
    size_t most = 1;
    for (size_t l = 0; l < n_lists; l++) {
        most = n_ids[l] > most ? n_ids[l] : most;
    }
    place *sorted = calloc(most, sizeof *sorted);
    if (!sorted) {
        return rise_fail_nomem(err, "frame ids");
    }
    size_t n = n_lists ? n_ids[0] : 0;
    for (size_t c = 0; c < n; c++) {
        rows[c] = c;
    }
    for (size_t l = 0; l < n_lists; l++) {
        size_t n_sorted = index_ids(ids[l], n_ids[l], sorted);
        n = join(ids[0], sorted, n_sorted, l, n_ids[0], rows, n);
    }
    free(sorted);
    *n_common = n;
    return RISE_OK;
}

/* Counts distances by pair of species and divides by what an ideal gas would have. */
#include "pairs.h"

#include <math.h>

size_t pairs_number(const pairs_grid *g) {
    return 1 + g->n_species * (g->n_species + 1) / 2;
}

size_t pairs_row(const pairs_grid *g, size_t a, size_t b) {
    size_t low = a < b ? a : b, high = a < b ? b : a;
    return 1 + low * g->n_species - low * (low + 1) / 2 + high;
}

bool pairs_present(const size_t *n, size_t a, size_t b) {
    return n[a] > 0 && n[b] > 0;
}

rise_status pairs_count(const pairs_grid *g, const cells_grid *cells, const uint8_t *kind,
                        size_t first, size_t last, int64_t *count, rise_error *err) {
    double r2_max = g->r_max * g->r_max, per_length = (double)g->n_bins / g->r_max;
    cells_list list = {0};
    rise_status status = RISE_OK;
    for (size_t i = first; i < last && status == RISE_OK; i++) {
        status = cells_around(cells, i, &list, err);
        for (size_t j = 0; status == RISE_OK && j < list.n; j++) {
            if (!(list.r2[j] < r2_max) || (list.atom[j] == i && list.r2[j] <= 0)) {
                continue;
            }
            size_t bin = (size_t)(sqrt(list.r2[j]) * per_length);
            bin = bin < g->n_bins ? bin : g->n_bins - 1; /* rounding just below r_max */
            count[bin]++;
            count[pairs_row(g, kind[i], kind[list.atom[j]]) * g->n_bins + bin]++;
        }
    }
    cells_list_free(&list);
    return status;
}

/* Ordered pairs per volume of shell -> g; `ordered` is how many there are in all. */
static void divide(const pairs_grid *g, double ordered, double volume, const int64_t *count,
                   double *out) {
    double width = g->r_max / (double)g->n_bins;
    double unit = 4.0 / 3.0 * M_PI * width * width * width; /* shell k: unit (3k^2 + 3k + 1) */
    for (size_t k = 0; k < g->n_bins; k++) {
        double shell = unit * (3 * (double)k * ((double)k + 1) + 1);
        out[k] = (double)count[k] * volume / (ordered * shell);
    }
}

void pairs_distribution(const pairs_grid *g, const size_t *n, double volume, const int64_t *count,
                        double *out) {
    double all = 0;
    for (size_t s = 0; s < g->n_species; s++) {
        all += (double)n[s];
    }
    divide(g, all * all, volume, count, out);
    for (size_t a = 0; a < g->n_species; a++) {
        for (size_t b = a; b < g->n_species; b++) {
            size_t row = pairs_row(g, a, b) * g->n_bins;
            if (pairs_present(n, a, b)) {
                double ordered = (a == b ? 1 : 2) * (double)n[a] * (double)n[b];
                divide(g, ordered, volume, count + row, out + row);
            }
        }
    }
}

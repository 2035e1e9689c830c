/* quench/start.c: where atoms are before they are melted. Places are drawn one after the other, and
 * drawn again where an atom is too near: random sequential addition of spheres that fill a quarter
 * of the cube, far below the 38 % at which no place is left. There is no lattice to forget and no
 * overlap to push apart. */
#include "quench.h"

#include "kit/elements.h"
#include "kit/rng.h"

#include <math.h>
#include <stdlib.h>

enum { STREAM_PLACES = 2 };
static const double FILLED = 0.25;
static const double PI = 3.14159265358979323846;

double quench_closest(double side, size_t n_atoms) {
    return side * cbrt(6 * FILLED / (PI * (double)n_atoms));
}

/* The atoms of each cell as a list; cells are no smaller than the spheres. */
typedef struct cells {
    double side, closest;
    size_t m;      /* cells along an axis */
    int64_t *head; /* [m*m*m], -1: none */
    int64_t *next; /* [n_atoms] */
} cells;

static size_t cell_of(const cells *c, double x) {
    size_t i = (size_t)(x / c->side * (double)c->m);
    return i < c->m ? i : c->m - 1;
}

static bool near_by(const cells *c, const double a[3], const double b[3]) {
    double r2 = 0;
    for (int k = 0; k < 3; k++) {
        double d = fabs(a[k] - b[k]);
        d = fmin(d, c->side - d);
        r2 += d * d;
    }
    return r2 < c->closest * c->closest;
}

static bool is_free(const cells *c, const double (*position)[3], const double x[3]) {
    size_t at[3] = {cell_of(c, x[0]), cell_of(c, x[1]), cell_of(c, x[2])};
    for (int shift = 0; shift < 27; shift++) {
        size_t i = (at[0] + (size_t)(shift % 3) + c->m - 1) % c->m;
        size_t j = (at[1] + (size_t)(shift / 3 % 3) + c->m - 1) % c->m;
        size_t k = (at[2] + (size_t)(shift / 9) + c->m - 1) % c->m;
        for (int64_t a = c->head[(i * c->m + j) * c->m + k]; a >= 0; a = c->next[a])
            if (near_by(c, position[a], x))
                return false;
    }
    return true;
}

static void add(cells *c, const double x[3], size_t atom) {
    int64_t *head =
        &c->head[(cell_of(c, x[0]) * c->m + cell_of(c, x[1])) * c->m + cell_of(c, x[2])];
    c->next[atom] = *head;
    *head = (int64_t)atom;
}

bool quench_place(const quench_plan *plan, size_t number, double (*position)[3]) {
    cells c = {.side = plan->side, .closest = quench_closest(plan->side, plan->n_atoms)};
    c.m = (size_t)(c.side / c.closest);
    c.m = c.m ? c.m : 1;
    c.head = malloc(c.m * c.m * c.m * sizeof *c.head);
    c.next = malloc(plan->n_atoms * sizeof *c.next);
    bool ok = c.head && c.next;
    for (size_t i = 0; ok && i < c.m * c.m * c.m; i++)
        c.head[i] = -1;
    const rng_stream places = {(uint64_t)plan->seed, {STREAM_PLACES, (uint32_t)number, 0}};
    uint64_t drawn = 0;
    for (size_t a = 0; ok && a < plan->n_atoms; a++) {
        do {
            for (int k = 0; k < 3; k++)
                position[a][k] = rng_uniform(&places, drawn++) * c.side;
        } while (!is_free(&c, (const double(*)[3])position, position[a]));
        add(&c, position[a], a);
    }
    free(c.head);
    free(c.next);
    return ok;
}

static void add_side(byte_buffer *out, double side, const char *names) {
    bytes_add_text(out, "0 ");
    bytes_add_f64(out, side);
    bytes_add_text(out, names);
}

void quench_write_start(const quench_plan *plan, const double (*position)[3], byte_buffer *out) {
    bytes_add_text(out, "start\n\n");
    bytes_add_i64(out, (int64_t)plan->n_atoms);
    bytes_add_text(out, " atoms\n");
    bytes_add_i64(out, (int64_t)plan->mix.n);
    bytes_add_text(out, " atom types\n");
    add_side(out, plan->side, " xlo xhi\n");
    add_side(out, plan->side, " ylo yhi\n");
    add_side(out, plan->side, " zlo zhi\n\nMasses\n\n");
    for (size_t t = 0; t < plan->mix.n; t++) {
        bytes_add_i64(out, (int64_t)t + 1);
        bytes_add_text(out, " ");
        bytes_add_f64(out, elements_weight(plan->mix.number[t]));
        bytes_add_text(out, "\n");
    }
    bytes_add_text(out, "\nAtoms # atomic\n\n");
    for (size_t t = 0, a = 0; t < plan->mix.n; t++)
        for (size_t i = 0; i < plan->mix.count[t]; i++, a++) {
            bytes_add_i64(out, (int64_t)a + 1);
            bytes_add_text(out, " ");
            bytes_add_i64(out, (int64_t)t + 1);
            for (int k = 0; k < 3; k++) {
                bytes_add_text(out, " ");
                bytes_add_f64(out, position[a][k]);
            }
            bytes_add_text(out, "\n");
        }
}

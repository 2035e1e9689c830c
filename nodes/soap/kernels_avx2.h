/* soap/kernels_avx2.h: the kernels for vectors of LANES elements, included once for each element
 * type by a file that says in which words they are spoken.
 *
 * Degrees l are outermost: radial functions and harmonics of one l are made for all neighbours of
 * the chunk, used, and forgotten, so that they hardly leave the first cache.
 *
 * A pair is two harmonics of one neighbour side by side, those of m and -m (Y_l0 and 0 at m = 0);
 * pairs follow the same recurrence in both places. Radial functions are written twice each, n n n'
 * n' ..., so that one multiply-add with a pair serves m and -m, and one load is enough for many. A
 * whole vector of n becomes two of these; the last n, where they fill at most half a vector, one
 * (the tail).
 */

#include "kernels_avx2_power.h"

#define RADIAL_L 2u /* degrees whose radial functions are made together */
#define AT_ONCE 4u  /* neighbours: their pairs fill one vector of float, two of double */

/* How the n_max columns of one neighbour are divided. */
typedef struct columns {
    size_t whole;  /* vectors */
    bool tail;     /* half a vector */
    size_t stride; /* of all, written twice */
} columns;

static columns columns_of(const soap_shape *shape) {
    size_t whole = shape->n_max / LANES, rest = shape->n_max % LANES;
    bool tail = whole > 0 && rest > 0 && rest <= LANES / 2;
    whole += rest > 0 && !tail;
    return (columns){whole, tail, (2 * whole + tail) * LANES};
}

/* The room of one expansion, in this order, and what is known of its chunk. */
typedef struct scratch {
    size_t n;      /* neighbours */
    size_t steps;  /* n rounded up to a multiple of AT_ONCE with some that weigh nothing */
    size_t stride; /* from one m to the next, 2 steps */
    const REAL *row[SOAP_CHUNK]; /* of the table, l = 0 */
    REAL *weight;                /* [SOAP_WEIGHTS][SOAP_CHUNK] */
    REAL *xyz[3];                /* [SOAP_CHUNK] pairs of equal numbers */
    REAL *radial[RADIAL_L];      /* [SOAP_CHUNK][columns.stride] of l modulo RADIAL_L */
    REAL *pair[2];               /* [m][steps] pairs of l and l - 1, in turn */
} scratch;

static scratch divide_room(const soap_shape *shape, void *room) {
    scratch s = {.weight = room};
    REAL *next = s.weight + SOAP_WEIGHTS * SOAP_CHUNK;
    for (int i = 0; i < 3; i++, next += 2 * SOAP_CHUNK)
        s.xyz[i] = next;
    for (size_t i = 0; i < RADIAL_L; i++, next += SOAP_CHUNK * columns_of(shape).stride)
        s.radial[i] = next;
    for (int i = 0; i < 2; i++, next += 2 * SOAP_CHUNK * (shape->l_max + 1))
        s.pair[i] = next;
    return s;
}

static size_t room_avx2(const soap_shape *shape) {
    size_t expand = SOAP_CHUNK * (SOAP_WEIGHTS + 6 + RADIAL_L * columns_of(shape).stride +
                                  4 * (shape->l_max + 1));
    size_t power = power_room(shape);
    return expand > power ? expand : power;
}

static void take_chunk(const soap_table *table, soap_chunk *chunk, scratch *s) {
    soap_places places;
    const double *from[3] = {places.x, places.y, places.z};
    s->n = chunk->n;
    s->steps = soap_place_chunk(table, chunk, AT_ONCE, &places);
    s->stride = 2 * s->steps;
    for (size_t j = 0; j < s->steps; j++)
        s->row[j] = (const REAL *)table->rows + places.row[j] * table->width;
    for (size_t k = 0; k <= table->degree; k++)
        for (size_t j = 0; j < s->steps; j++)
            s->weight[k * SOAP_CHUNK + j] = (REAL)places.weight[k][j];
    for (int i = 0; i < 3; i++)
        for (size_t j = 0; j < s->steps; j++)
            s->xyz[i][2 * j] = s->xyz[i][2 * j + 1] = (REAL)from[i][j];
}

/* Radial functions of L degrees from l on: V whole vectors and T tails of columns from `column` on.
 * The weights of a neighbour are loaded once for all L. */
INLINE void radial_rows(const int L, const size_t degree, const int V, const int T,
                        const soap_table *table, size_t l, size_t column, size_t stride,
                        const scratch *s) {
    size_t per_l = table->n_rows * table->width, width = table->width, n = s->n;
    size_t offset = l * per_l + column;
    const REAL *weight = s->weight;
    REAL *to = s->radial[l % RADIAL_L] + 2 * column;
    for (size_t j = 0; j < n; j++, weight++, to += stride) {
        VECTOR w[SOAP_WEIGHTS];
        const REAL *first_row = s->row[j] + offset;
        UNROLL
        for (size_t k = 0; k <= degree; k++) {
            w[k] = LOAD_ONE(weight + k * SOAP_CHUNK);
            KEEP(w[k]);
        }
        UNROLL
        for (int i = 0; i < L; i++) {
            const REAL *row = first_row + (size_t)i * per_l;
            REAL *here = to + (size_t)i * SOAP_CHUNK * stride;
            VECTOR sum[3];
            HALF tail = HALF_ZERO();
            UNROLL
            for (size_t k = 0; k <= degree; k++, row += width) {
                UNROLL
                for (int v = 0; v < V; v++) {
                    VECTOR r = LOAD(row + v * (int)LANES);
                    sum[v] = k == 0 ? MULTIPLY(w[k], r) : MULTIPLY_ADD(w[k], r, sum[v]);
                }
                if (T) {
                    HALF r = HALF_LOAD(row + V * (int)LANES);
                    tail = k == 0 ? HALF_MULTIPLY(LOWER(w[k]), r)
                                  : HALF_MULTIPLY_ADD(LOWER(w[k]), r, tail);
                }
            }
            UNROLL
            for (int v = 0; v < V; v++) {
                STORE(here + 2 * v * (int)LANES, TWICE_EVEN(sum[v]));
                STORE(here + (2 * v + 1) * (int)LANES, TWICE_ODD(sum[v]));
            }
            if (T)
                STORE(here + 2 * V * (int)LANES, TWICE(tail));
        }
    }
}

/* Pairs of l from those of l - 1 and l - 2; those with m = l from m = l - 1 by a turn. */
static void harmonic(const soap_harmonics *constants, size_t l, const scratch *s) {
    REAL *now = s->pair[l % 2]; /* holds those of l - 2 */
    const REAL *one = s->pair[(l + 1) % 2];
    const REAL *x = s->xyz[0], *y = s->xyz[1], *z = s->xyz[2];
    size_t end = 2 * s->steps;
    if (l == 0) {
        for (size_t i = 0; i < end; i += 2) {
            now[i] = constants->CONSTANT(diagonal)[0];
            now[i + 1] = 0;
        }
        return;
    }
    for (size_t m = 0; m + 1 < l; m++) {
        VECTOR up = LOAD_ONE(&constants->CONSTANT(up)[l][m]),
               back = LOAD_ONE(&constants->CONSTANT(back)[l][m]);
        size_t at = m * s->stride;
        for (size_t i = 0; i < end; i += LANES) {
            VECTOR up_z = MULTIPLY(up, LOAD(z + i));
            VECTOR older = MULTIPLY(back, LOAD(now + at + i));
            STORE(now + at + i, MULTIPLY_SUBTRACT(up_z, LOAD(one + at + i), older));
        }
    }
    size_t at = (l - 1) * s->stride, top = at + s->stride;
    VECTOR up = LOAD_ONE(&constants->CONSTANT(up)[l][l - 1]);
    VECTOR ratio = LOAD_ONE(&constants->CONSTANT(turn)[l]);
    for (size_t i = 0; i < end; i += LANES) {
        VECTOR old = LOAD(one + at + i), turned = MULTIPLY(ratio, old);
        STORE(now + at + i, MULTIPLY(MULTIPLY(up, LOAD(z + i)), old));
        VECTOR across = MULTIPLY(EXCHANGE(turned), LOAD(y + i));
        STORE(now + top + i, MULTIPLY_TURN(turned, LOAD(x + i), across));
    }
}

/* What one block of the expansion works on: some pairs of one l, some columns n. */
typedef struct block {
    size_t n; /* neighbours */
    const REAL *radial;
    size_t radial_stride;
    const REAL *pair; /* of the first m */
    size_t pair_stride;
    REAL *plus, *minus; /* c of that m and -m, at the first column */
    size_t stride;      /* of c: up for plus, down for minus */
    bool first;
} block;

INLINE void put_whole(REAL *c, VECTOR sum, bool first) {
    STORE(c, first ? sum : ADD(LOAD(c), sum));
}

INLINE void put_half(REAL *c, HALF sum, bool first) {
    HALF_STORE(c, first ? sum : HALF_ADD(HALF_LOAD(c), sum));
}

/* One neighbour: D vectors of radial functions by P pairs. The fewer of both stay in registers, the
 * others are loaded one by one. */
INLINE void expand_step(const int P, const int D, const REAL *radial, const REAL *pairs,
                        size_t pair_stride, VECTOR sum[6][6]) {
    VECTOR kept[6];
    UNROLL
    for (int i = 0; i < (D <= P ? D : P); i++)
        kept[i] =
            D <= P ? LOAD(radial + i * (int)LANES) : LOAD_PAIR(pairs + (size_t)i * pair_stride);
    UNROLL
    for (int k = 0; k < (D <= P ? P : D); k++) {
        VECTOR next =
            D <= P ? LOAD_PAIR(pairs + (size_t)k * pair_stride) : LOAD(radial + k * (int)LANES);
        UNROLL
        for (int i = 0; i < (D <= P ? D : P); i++) {
            VECTOR *to = D <= P ? &sum[k][i] : &sum[i][k];
            *to = MULTIPLY_ADD(kept[i], next, *to);
            SETTLE(*to);
        }
    }
}

/* P pairs by V whole vectors and T tails, over all neighbours. At m = 0 the second of the pair adds
 * nothing to the row of the first. */
INLINE void expand_block(const int P, const int V, const int T, const block *b) {
    VECTOR sum[6][6];
    UNROLL
    for (int p = 0; p < P; p++) {
        UNROLL
        for (int v = 0; v < 2 * V + T; v++)
            sum[p][v] = ZERO();
    }
    const REAL *radial = b->radial, *pairs = b->pair;
    size_t n = b->n, radial_stride = b->radial_stride, pair_stride = b->pair_stride;
    for (size_t j = 0; j < n; j++, radial += radial_stride, pairs += 2)
        expand_step(P, 2 * V + T, radial, pairs, pair_stride, sum);
    UNROLL
    for (int p = 0; p < P; p++) {
        REAL *up = b->plus + (size_t)p * b->stride, *down = b->minus - (size_t)p * b->stride;
        UNROLL
        for (int v = 0; v < V; v++) {
            VECTOR even = sum[p][2 * v], odd = sum[p][2 * v + 1];
            put_whole(down + v * (int)LANES, SECONDS(even, odd), b->first);
            put_whole(up + v * (int)LANES, FIRSTS(even, odd), b->first);
        }
        if (T) {
            VECTOR parted = PART(sum[p][2 * V]);
            put_half(down + V * (int)LANES, UPPER(parted), b->first);
            put_half(up + V * (int)LANES, LOWER(parted), b->first);
        }
    }
}

/* Columns are done in groups: one vector, one vector and a tail, two vectors, three; pairs as many
 * at a time as the registers hold. */
#define PAIRS(P, V, T)                                                                             \
    case P:                                                                                        \
        expand_block(P, V, T, b);                                                                  \
        break;

#define GROUP(NAME, V, T, CASES)                                                                   \
    static void expand_##NAME(size_t pairs, const block *b) {                                      \
        switch (pairs) { CASES }                                                                   \
    }                                                                                              \
    static void radial_##NAME(const soap_table *table, size_t l, size_t n_l, size_t column,        \
                              size_t stride, const scratch *s) {                                   \
        if (table->degree == 3 && n_l == 2)                                                        \
            radial_rows(2, 3, V, T, table, l, column, stride, s);                                  \
        else if (table->degree == 3)                                                               \
            radial_rows(1, 3, V, T, table, l, column, stride, s);                                  \
        else if (n_l == 2)                                                                         \
            radial_rows(2, 5, V, T, table, l, column, stride, s);                                  \
        else                                                                                       \
            radial_rows(1, 5, V, T, table, l, column, stride, s);                                  \
    }

GROUP(one, 1, 0,
      PAIRS(1, 1, 0) PAIRS(2, 1, 0) PAIRS(3, 1, 0) PAIRS(4, 1, 0) PAIRS(5, 1, 0) PAIRS(6, 1, 0))
GROUP(one_tail, 1, 1, PAIRS(1, 1, 1) PAIRS(2, 1, 1) PAIRS(3, 1, 1) PAIRS(4, 1, 1))
GROUP(two, 2, 0, PAIRS(1, 2, 0) PAIRS(2, 2, 0) PAIRS(3, 2, 0))
GROUP(three, 3, 0, PAIRS(1, 3, 0) PAIRS(2, 3, 0))

typedef struct group {
    size_t most; /* pairs at a time */
    size_t vectors;
    void (*expand)(size_t pairs, const block *b);
    void (*radial)(const soap_table *table, size_t l, size_t n_l, size_t column, size_t stride,
                   const scratch *s);
} group;

static const group ONE = {6, 1, expand_one, radial_one};
static const group ONE_TAIL = {4, 1, expand_one_tail, radial_one_tail};
static const group TWO = {3, 2, expand_two, radial_two};
static const group THREE = {2, 3, expand_three, radial_three};

/* The next group of columns, with `whole` vectors and perhaps a tail still to do; the tail goes
 * with the last vector. */
static const group *next_group(size_t whole, bool tail) {
    if (tail && whole == 1)
        return &ONE_TAIL;
    whole -= tail;
    if (whole == 3 || whole > 4)
        return &THREE;
    return whole >= 2 ? &TWO : &ONE;
}

/* All pairs of one l by one group of columns. */
static void expand_group(const soap_shape *shape, const group *g, const scratch *s, size_t l,
                         size_t column, size_t radial_stride, bool first, REAL *c) {
    size_t stride = shape->coefficient_stride, pairs = l + 1;
    size_t blocks = (pairs + g->most - 1) / g->most;
    for (size_t i = 0; i < blocks; i++) {
        size_t begin = i * pairs / blocks, end = (i + 1) * pairs / blocks;
        block b = {.n = s->n,
                   .radial = s->radial[l % RADIAL_L] + 2 * column,
                   .radial_stride = radial_stride,
                   .pair = s->pair[l % 2] + begin * s->stride,
                   .pair_stride = s->stride,
                   .plus = c + (l * l + l + begin) * stride + column,
                   .minus = c + (l * l + l - begin) * stride + column,
                   .stride = stride,
                   .first = first};
        g->expand(end - begin, &b);
    }
}

static void expand_avx2(const soap_shape *shape, const soap_table *table,
                        const soap_harmonics *constants, soap_chunk *chunk, size_t species,
                        bool first, void *room, void *coefficient) {
    columns of = columns_of(shape);
    scratch s = divide_room(shape, room);
    REAL *c = (REAL *)coefficient + species * shape->n_max;
    take_chunk(table, chunk, &s);
    for (size_t l = 0; l <= shape->l_max; l++) {
        harmonic(constants, l, &s);
        for (size_t done = 0; done < of.whole;) {
            const group *g = next_group(of.whole - done, of.tail);
            if (l % RADIAL_L == 0)
                g->radial(table, l, l < shape->l_max ? 2 : 1, done * LANES, of.stride, &s);
            expand_group(shape, g, &s, l, done * LANES, of.stride, first, c);
            done += g->vectors;
        }
    }
}

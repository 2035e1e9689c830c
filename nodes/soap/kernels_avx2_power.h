/* soap/kernels_avx2_power.h: the power spectrum for vectors of LANES elements; included by
 * kernels_avx2.h for each element type. */
#include "kernels_avx2_common.h"

static size_t gram_stride(const soap_shape *shape) {
    return (shape->n_channels + 7) / 8 * 8 + 8;
}

/* Room of two Gram matrices, with rows that stick out. */
static size_t power_room(const soap_shape *shape) {
    return 2 * (shape->n_channels + 8) * gram_stride(shape);
}

/* R rows by V vectors of gram = C^T C, over the n_m components of one l. */
INLINE void gram_block(const int R, const int V, size_t n_m, const REAL *rows, const REAL *columns,
                       size_t stride, REAL *gram, size_t to) {
    VECTOR sum[8][3];
    UNROLL
    for (int i = 0; i < R; i++) {
        UNROLL
        for (int v = 0; v < V; v++)
            sum[i][v] = ZERO();
    }
    for (size_t m = 0; m < n_m; m++, rows += stride, columns += stride) {
        VECTOR column[3];
        UNROLL
        for (int v = 0; v < V; v++)
            column[v] = LOAD(columns + v * (int)LANES);
        UNROLL
        for (int i = 0; i < R; i++) {
            VECTOR row = LOAD_ONE(rows + i);
            UNROLL
            for (int v = 0; v < V; v++) {
                sum[i][v] = MULTIPLY_ADD(row, column[v], sum[i][v]);
                SETTLE(sum[i][v]);
            }
        }
    }
    UNROLL
    for (int i = 0; i < R; i++, gram += to) {
        UNROLL
        for (int v = 0; v < V; v++)
            STORE(gram + v * (int)LANES, sum[i][v]);
    }
}

/* Four rows by up to three of the vectors. */
static void gram_rows(size_t vectors, size_t n_m, const REAL *rows, const REAL *columns,
                      size_t stride, REAL *gram, size_t to) {
    if (vectors >= 3)
        gram_block(4, 3, n_m, rows, columns, stride, gram, to);
    else if (vectors == 2)
        gram_block(4, 2, n_m, rows, columns, stride, gram, to);
    else
        gram_block(4, 1, n_m, rows, columns, stride, gram, to);
}

/* Upper triangle of C_l^T C_l in blocks that begin on the diagonal: the fewer columns are left, the
 * more rows at once. What is computed left of the diagonal or beyond the last channel is rubbish
 * that nobody reads. */
static void gram_of(const soap_shape *shape, size_t l, const REAL *coefficient, REAL *gram) {
    size_t stride = shape->coefficient_stride, to = gram_stride(shape), n = shape->n_channels;
    const REAL *c = coefficient + l * l * stride;
    size_t n_m = 2 * l + 1;
    for (size_t i = 0; i < n;) {
        size_t vectors = (n - i + LANES - 1) / LANES;
        REAL *corner = gram + i * to + i;
        if (vectors == 1) {
            gram_block(8, 1, n_m, c + i, c + i, stride, corner, to);
            i += 8;
        } else if (vectors == 2) {
            gram_block(6, 2, n_m, c + i, c + i, stride, corner, to);
            i += 6;
        } else {
            for (size_t v = 0; v < vectors; v += 3)
                gram_rows(vectors - v, n_m, c + i, c + i + v * LANES, stride, corner + v * LANES,
                          to);
            i += 4;
        }
    }
}

/* n elements; up to a vector behind them is spoilt, to be written later. */
INLINE void copy_loosely(REAL *to, const REAL *from, size_t n) {
    STORE(to, LOAD(from));
    for (size_t i = LANES; i < n; i += LANES)
        STORE(to + i, LOAD(from + i));
}

INLINE void copy_exactly(REAL *to, const REAL *from, size_t n) {
    for (size_t i = 0; i < n; i++)
        to[i] = from[i];
}

static void copy_features(const soap_shape *shape, size_t l, const REAL *gram, REAL *feature) {
    size_t n = shape->n_max, stride = gram_stride(shape), left = shape->l_max - l;
    for (size_t z = 0; z < shape->n_species; z++) {
        for (size_t z2 = z; z2 < shape->n_species; z2++) {
            size_t per_l = z == z2 ? n * (n + 1) / 2 : n * n;
            bool loose = left * per_l >= LANES;
            REAL *p = feature + soap_block(shape, z, z2) + l * per_l;
            const REAL *row = gram + z * n * stride + z2 * n;
            for (size_t i = 0; i < n; i++, row += stride) {
                size_t from = z == z2 ? i : 0;
                if (loose)
                    copy_loosely(p, row + from, n - from);
                else
                    copy_exactly(p, row + from, n - from);
                p += n - from;
            }
        }
    }
}

/* Each Gram matrix is copied while the next is being computed: what was stored as whole vectors and
 * is read across them must have left the store buffer, or every row waits. */
static void power_avx2(const soap_shape *shape, const void *coefficient, void *room, void *out) {
    REAL *gram[2] = {room, (REAL *)room + (shape->n_channels + 8) * gram_stride(shape)};
    for (size_t l = 0; l <= shape->l_max; l++) {
        gram_of(shape, l, coefficient, gram[l % 2]);
        if (l > 0)
            copy_features(shape, l - 1, gram[(l - 1) % 2], out);
    }
    copy_features(shape, shape->l_max, gram[shape->l_max % 2], out);
}

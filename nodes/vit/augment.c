/* vit/augment.c: see augment.h. Knows no network. */
#include "augment.h"

#include "kit/rng.h"

#include <math.h>
#include <string.h>

#define AUGMENT_STREAM 0xFFFFFFFDu /* no dropout has this number, see vit/call.c */
#define METRIC_TOLERANCE 1e-5      /* of |a_i| |a_j|: boxes are read from decimal text */

vit_move vit_symmetry(size_t number) {
    static const uint8_t order[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                        {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    vit_move move = {.shift = {0}};
    for (size_t d = 0; d < 3; d++) {
        move.axis[d] = order[number / 8][d];
        move.flip[d] = number >> d & 1;
    }
    return move;
}

/* ---- what is allowed ------------------------------------------------------------------------- */

static double dot(const double a[3], const double b[3]) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static bool keeps_grid(const vit_move *move, const size_t grid[3]) {
    for (size_t d = 0; d < 3; d++)
        if (grid[move->axis[d]] != grid[d])
            return false;
    return true;
}

/* P^T G P = G, and periodic axes stay periodic ones. */
static bool keeps_cell(const vit_move *move, const rise_cell *cell) {
    for (size_t i = 0; i < 3; i++) {
        if (cell->periodic[move->axis[i]] != cell->periodic[i])
            return false;
        for (size_t j = 0; j < 3; j++) {
            const double *a = cell->vector[move->axis[i]], *b = cell->vector[move->axis[j]];
            double sign = move->flip[i] == move->flip[j] ? 1 : -1;
            double was = dot(cell->vector[i], cell->vector[j]), is = sign * dot(a, b);
            double scale =
                sqrt(dot(cell->vector[i], cell->vector[i]) * dot(cell->vector[j], cell->vector[j]));
            if (!(fabs(is - was) <= METRIC_TOLERANCE * scale))
                return false;
        }
    }
    return true;
}

void vit_augment_allow(vit_augment *a, size_t channels, const size_t grid[3], const rise_cell *cell,
                       const size_t *frame, size_t n, bool shifts, bool symmetries) {
    *a = (vit_augment){.channels = channels};
    for (size_t d = 0; d < 3; d++) {
        a->grid[d] = grid[d];
        bool periodic = shifts;
        for (size_t f = 0; f < n && cell != NULL; f++)
            periodic = periodic && cell[frame[f]].periodic[d];
        a->shifts[d] = periodic ? grid[d] : 1;
    }
    for (size_t s = 0; s < (symmetries ? VIT_SYMMETRIES : 1); s++) {
        const vit_move move = vit_symmetry(s);
        bool allowed = s == 0 || keeps_grid(&move, grid);
        for (size_t f = 0; f < n && cell != NULL && s > 0 && allowed; f++)
            allowed = keeps_cell(&move, &cell[frame[f]]);
        if (allowed)
            a->symmetry[a->n_symmetries++] = (uint8_t)s;
    }
}

vit_move vit_augment_draw(const vit_augment *a, uint64_t seed, uint32_t epoch, uint32_t sample) {
    const rng_stream stream = {seed, {epoch, sample, AUGMENT_STREAM}};
    vit_move move = vit_symmetry(a->symmetry[rng_below(&stream, 0, a->n_symmetries)]);
    for (size_t d = 0; d < 3; d++) /* the sides of exchanged axes are equal */
        move.shift[d] = (size_t)rng_below(&stream, 1 + d, a->shifts[d]);
    return move;
}

/* ---- the copy -------------------------------------------------------------------------------- */

/* How an axis of the result walks through the source: two stretches of one step each. */
typedef struct walk {
    size_t n, first;    /* the first stretch has n - first voxels, the second `first` */
    ptrdiff_t at, step; /* element of t = 0 on this axis, and from t to t + 1 */
} walk;

static ptrdiff_t place(const walk *w, size_t i) {
    size_t t = i + w->first;
    return w->at + w->step * (ptrdiff_t)(t < w->n ? t : t - w->n);
}

static void make_walks(const vit_augment *a, const vit_move *move, walk w[3]) {
    const size_t stride[3] = {a->grid[1] * a->grid[2], a->grid[2], 1};
    for (size_t d = 0; d < 3; d++) {
        size_t from = move->axis[d], n = a->grid[from];
        ptrdiff_t step = (ptrdiff_t)stride[from];
        w[d] = (walk){.n = n,
                      .first = move->shift[d],
                      .at = move->flip[d] ? step * (ptrdiff_t)(n - 1) : 0,
                      .step = move->flip[d] ? -step : step};
    }
}

/* One function for each type of voxel; the step of one is apart so that it becomes wide loads. */
#define COPY(name, type)                                                                           \
    static void name##_stretch(float *to, const type *from, ptrdiff_t step, size_t n) {            \
        if (step == 1)                                                                             \
            for (size_t i = 0; i < n; i++)                                                         \
                to[i] = (float)from[i];                                                            \
        else                                                                                       \
            for (size_t i = 0; i < n; i++)                                                         \
                to[i] = (float)from[(ptrdiff_t)i * step];                                          \
    }                                                                                              \
    static float *name(float *to, const type *channel, const walk w[3]) {                          \
        size_t rest = w[2].n - w[2].first;                                                         \
        for (size_t i = 0; i < w[0].n; i++)                                                        \
            for (size_t j = 0; j < w[1].n; j++, to += w[2].n) {                                    \
                const type *row = channel + place(&w[0], i) + place(&w[1], j);                     \
                name##_stretch(to, row + place(&w[2], 0), w[2].step, rest);                        \
                name##_stretch(to + rest, row + w[2].at, w[2].step, w[2].first);                   \
            }                                                                                      \
        return to;                                                                                 \
    }

COPY(copy_u8, uint8_t)
COPY(copy_f32, float)
COPY(copy_f64, double)

void vit_augment_copy(const vit_augment *a, const vit_move *move, const vit_samples *samples,
                      size_t frame, float *voxels) {
    walk w[3];
    make_walks(a, move, w);
    size_t one = a->grid[0] * a->grid[1] * a->grid[2], first = frame * samples->volume;
    for (size_t c = 0; c < a->channels; c++, first += one) {
        if (samples->dtype == RISE_U8)
            voxels = copy_u8(voxels, (const uint8_t *)samples->voxels + first, w);
        else if (samples->dtype == RISE_F32)
            voxels = copy_f32(voxels, (const float *)samples->voxels + first, w);
        else
            voxels = copy_f64(voxels, (const double *)samples->voxels + first, w);
    }
}

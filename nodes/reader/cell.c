/* reader/cell.c: the box of a frame, checked. Knows nothing of file formats. */
#include "cell.h"

#include <math.h>

/* A cell flatter than this share of the box of its edge lengths has no usable volume. */
#define FLAT 1e-9

rise_status cell_check(const char *path, long line, size_t frame, const rise_cell *cell,
                       rise_error *err) {
    const double(*v)[3] = cell->vector;
    double length[3];
    for (int i = 0; i < 3; i++) {
        length[i] = sqrt(v[i][0] * v[i][0] + v[i][1] * v[i][1] + v[i][2] * v[i][2]);
        if (!isfinite(length[i]))
            return rise_fail_at(err, RISE_E_DATA, path, line, 0,
                                "frame %zu: cell vector %c is not finite: %g %g %g", frame, 'a' + i,
                                v[i][0], v[i][1], v[i][2]);
    }
    bool periodic = cell->periodic[0] || cell->periodic[1] || cell->periodic[2];
    if (!periodic && length[0] == 0.0 && length[1] == 0.0 && length[2] == 0.0)
        return RISE_OK;
    double det = v[0][0] * (v[1][1] * v[2][2] - v[1][2] * v[2][1]) -
                 v[0][1] * (v[1][0] * v[2][2] - v[1][2] * v[2][0]) +
                 v[0][2] * (v[1][0] * v[2][1] - v[1][1] * v[2][0]);
    if (fabs(det) > FLAT * length[0] * length[1] * length[2])
        return RISE_OK;
    rise_fail_at(
        err, RISE_E_DATA, path, line, 0,
        "frame %zu: the cell has no volume: a = (%g %g %g), b = (%g %g %g), c = (%g %g %g)", frame,
        v[0][0], v[0][1], v[0][2], v[1][0], v[1][1], v[1][2], v[2][0], v[2][1], v[2][2]);
    return rise_hint(err,
                     "three vectors that span a volume are needed, along non-periodic axes too");
}

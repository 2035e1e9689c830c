/* Where the marks of a figure leave the paper empty: they are drawn once on a small mask, so that
 * whatever marks can do, texts placed by it never lie over them. */
#include "draw_inner.h"

#include <math.h>
#include <stdlib.h>

rise_status draw_mask_make(const draw_figure *f, const draw_layout *l, draw_mask *m,
                           rise_error *err) {
    m->w = (size_t)ceil(l->width);
    m->h = (size_t)ceil(l->height);
    m->sum = calloc((m->w + 1) * (m->h + 1), sizeof *m->sum);
    if (!m->sum)
        return rise_fail_nomem(err, "figure");
    cairo_surface_t *surface = cairo.image_surface_create(CAIRO_FORMAT_A8, (int)m->w, (int)m->h);
    cairo_t *cr = cairo.create(surface);
    draw_marks(cr, f, l);
    bool drawn = cairo.status(cr) == CAIRO_STATUS_SUCCESS;
    cairo.destroy(cr);
    cairo.surface_flush(surface);
    const unsigned char *pixel = cairo.image_surface_get_data(surface);
    size_t stride = (size_t)cairo.image_surface_get_stride(surface);
    for (size_t y = 0; drawn && pixel && y < m->h; y++)
        for (size_t x = 0; x < m->w; x++) {
            uint32_t *s = m->sum + (y + 1) * (m->w + 1) + x + 1;
            s[0] = (pixel[y * stride + x] > 0) + s[-1] + s[-(ptrdiff_t)(m->w + 1)] -
                   s[-(ptrdiff_t)(m->w + 2)];
        }
    cairo.surface_destroy(surface);
    if (drawn && pixel)
        return RISE_OK;
    free(m->sum);
    return rise_fail_nomem(err, "figure");
}

size_t draw_mask_covered(const draw_mask *m, draw_rect r) {
    if (r.x < 0 || r.y < 0 || ceil(r.x + r.w) > (double)m->w || ceil(r.y + r.h) > (double)m->h)
        return SIZE_MAX;
    size_t x0 = (size_t)floor(r.x), y0 = (size_t)floor(r.y);
    size_t x1 = (size_t)ceil(r.x + r.w), y1 = (size_t)ceil(r.y + r.h), row = m->w + 1;
    return m->sum[y1 * row + x1] + m->sum[y0 * row + x0] - m->sum[y0 * row + x1] -
           m->sum[y1 * row + x0];
}

void draw_mask_free(draw_mask *m) {
    free(m->sum);
}

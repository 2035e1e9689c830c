/* The most important region of one sample for each point of an axis, as blocks in the box. */
#include "plot.h"

#include <math.h>
#include <string.h>

#define FULL 0.975 /* of the box: lengths are rounded to whole patches, this one has no place */

static rise_status check_source(const plot_job *job, size_t i, rise_error *err) {
    const plot_source *s = &job->source[i];
    const plot_point *p = &job->o->point[i], *first = job->o->point;
    const rise_tensor *t = rise_value_tensor(s->value);
    size_t frame = job->o->frame;
    if (!t || t->rank != 2 || t->offsets || t->dim[1].size != 3 || t->n_cells != t->dim[0].size) {
        (void)rise_fail(err, RISE_E_DATA, "plot: %s is no list of regions with boxes",
                        s->reference);
        return rise_hint(err, "connect `regions` of a node of type ig");
    }
    if (!p->text || !isfinite(p->number) || p->number <= 0) {
        (void)rise_fail(err, RISE_E_DATA, "plot: the side of the blocks of %s is not known",
                        s->reference);
        return rise_hint(err, "the regions have to lie over one axis of lengths (Å)");
    }
    if (frame >= t->dim[0].size) {
        (void)rise_fail(err, RISE_E_DATA, "plot: frame %zu of %s, which has %zu", frame,
                        s->reference, t->dim[0].size);
        return rise_hint(err, "frames are counted from 0");
    }
    if (p->ids && first->ids &&
        memcmp(&p->ids[frame], &first->ids[frame], sizeof p->ids[frame]) != 0) {
        (void)rise_fail(err, RISE_E_DATA, "plot: frame %zu of %s is another sample at %s", frame,
                        s->reference, p->text);
        return rise_hint(err, "take the regions of the same frames at every point");
    }
    return RISE_OK;
}

static double volume(const rise_cell *cell) {
    const double *a = cell->vector[0], *b = cell->vector[1], *c = cell->vector[2];
    return fabs(a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2]) +
                a[2] * (b[0] * c[1] - b[1] * c[0]));
}

/* A block takes the same share of each edge of the box. */
static bool place_block(plot_job *job, size_t i, const rise_cell *cell, draw_block *block) {
    const rise_tensor *t = rise_value_tensor(job->source[i].value);
    double share = job->o->point[i].number / cbrt(volume(cell));
    if (share > FULL)
        return false;
    for (size_t k = 0; k < 3; k++) {
        block->centre[k] = rise_tensor_number(t, 3 * job->o->frame + k);
        for (size_t d = 0; d < 3; d++)
            block->edge[k][d] = share * cell->vector[k][d];
    }
    return true;
}

static rise_status set_blocks(plot_job *job, draw_box *box, draw_block *block, rise_error *err) {
    const rise_cell *cell = &rise_value_tensor(job->source[0].value)->cell[job->o->frame];
    const char *full = NULL;
    for (size_t i = 0; i < job->n_sources; i++) {
        const char *length = job->o->point[i].text;
        if (!place_block(job, i, cell, &block[box->n])) {
            full = full ? plot_text(job->pool, "%s, %s", full, length) : length;
            continue;
        }
        block[box->n].label = box->n < job->o->n_labels ? job->o->labels[box->n]
                                                        : plot_text(job->pool, "%s Å", length);
        if (!block[box->n++].label)
            return rise_fail_nomem(err, "plot");
    }
    if (box->n == 0) {
        (void)rise_fail(err, RISE_E_DATA, "plot: every block fills the box, none has a place");
        return rise_hint(err, "one length of the axis at least must be shorter than the box");
    }
    job->figure->note = full ? plot_text(job->pool, "%s Å fills the box: no place", full) : NULL;
    return full && !job->figure->note ? rise_fail_nomem(err, "plot") : RISE_OK;
}

rise_status plot_regions(plot_job *job, rise_error *err) {
    draw_box *box = plot_alloc(job->pool, 1, sizeof *box);
    draw_block *block = plot_alloc(job->pool, job->n_sources, sizeof *block);
    if (!box || !block)
        return rise_fail_nomem(err, "plot");
    for (size_t i = 0; i < job->n_sources; i++) {
        rise_status status = check_source(job, i, err);
        if (status)
            return status;
    }
    const rise_cell *cell = &rise_value_tensor(job->source[0].value)->cell[job->o->frame];
    memcpy(box->edge, cell->vector, sizeof box->edge);
    box->unit = "Å";
    box->block = block;
    job->figure->box = box;
    return set_blocks(job, box, block, err);
}

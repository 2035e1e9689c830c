/* sched/align: which frames an instance works on, and where each input keeps them. The first
 * connected input with frames gives the order; the others are joined to it by frame id. */
#include "sched/run.h"

#include <stdlib.h>

static frame_list *feed_frames(const feed *f) {
    return f->from->out[f->output].frames;
}

/* A map aligns its `each` and `stream` inputs, a whole node all inputs that have frames. */
static bool takes_part(const instance *it, const inlet *in) {
    if (in->many || in->n == 0 || !feed_frames(&in->feed[0]))
        return false;
    return !it->node->type->map || in->port->mode != RISE_WHOLE;
}

static void mark_missing(bool *drop, const size_t *align, size_t n) {
    for (size_t i = 0; i < n; i++)
        drop[i] = drop[i] || align[i] == SIZE_MAX;
}

/* Frames of the first list that every input has; warns of what is left out. */
static rise_status join(instance *it, rise_error *err) {
    frame_list *list = NULL;
    bool *drop = NULL;
    size_t dropped = 0;
    rise_status s = RISE_OK;
    for (size_t k = 0; s == RISE_OK && k < it->node->n_inputs; k++) {
        inlet *in = &it->inlet[k];
        if (!takes_part(it, in))
            continue;
        frame_list *have = feed_frames(&in->feed[0]);
        if (!list) {
            list = have;
            drop = calloc(list->n + 1, sizeof *drop);
            s = drop ? RISE_OK : rise_fail_nomem(err, "the list of frames");
        } else if (have != list) {
            size_t missing = 0;
            size_t *align = frame_list_match(list, have, &missing);
            if (!align) {
                s = rise_fail_nomem(err, "the list of frames");
            } else if (missing > 0) {
                mark_missing(drop, align, list->n);
                run_warn(it->run, "%s: %zu of %zu frames have no `%s` and are left out", it->name,
                         missing, list->n, in->port->name);
            }
            free(align);
        }
    }
    if (s == RISE_OK && list) {
        size_t *keep = calloc(list->n + 1, sizeof *keep), n = 0;
        for (size_t i = 0; keep && i < list->n; i++)
            if (!drop[i])
                keep[n++] = i;
        dropped = list->n - n;
        it->frames =
            dropped ? (keep ? frame_list_take(list, keep, n) : NULL) : frame_list_retain(list);
        free(keep);
        if (!it->frames)
            s = rise_fail_nomem(err, "the list of frames");
        else if (n == 0)
            s = rise_fail(err, RISE_E_DATA, "%s: no frame is common to all inputs", it->name);
    }
    free(drop);
    return s;
}

static rise_status align_feed(instance *it, feed *f, rise_error *err) {
    frame_list *have = feed_frames(f);
    free(f->align);
    f->align = NULL;
    if (have == it->frames)
        return RISE_OK;
    size_t missing = 0;
    f->align = frame_list_match(it->frames, have, &missing);
    if (!f->align)
        return rise_fail_nomem(err, "the list of frames");
    if (missing)
        return rise_fail(err, RISE_E_BUG, "%s: frames lost in a join", it->name);
    return RISE_OK;
}

rise_status instance_align(instance *it, rise_error *err) {
    frame_list_release(it->frames);
    it->frames = NULL;
    rise_status s = join(it, err);
    for (size_t k = 0; s == RISE_OK && k < it->node->n_inputs; k++) {
        inlet *in = &it->inlet[k];
        for (size_t i = 0; in->many && i < in->n; i++) {
            frame_list_release(in->feed[i].own);
            in->feed[i].own = frame_list_retain(feed_frames(&in->feed[i]));
        }
        if (s == RISE_OK && takes_part(it, in))
            s = align_feed(it, &in->feed[0], err);
    }
    if (s == RISE_OK && it->node->type->map && !it->frames)
        s = rise_fail(err, RISE_E_DATA, "%s: its inputs have no frames to go through", it->name);
    return s;
}

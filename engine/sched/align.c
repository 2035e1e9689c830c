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

/* Where the frames of `list` are in the input; what is missing there is marked in *drop, which is
 * made when something is. */
static rise_status match_feed(instance *it, inlet *in, const frame_list *list, bool **drop,
                              rise_error *err) {
    feed *f = &in->feed[0];
    size_t missing = 0;
    if (feed_frames(f) == list)
        return RISE_OK;
    f->align = frame_list_match(list, feed_frames(f), &missing);
    if (f->align && missing > 0 && !*drop)
        *drop = calloc(list->n + 1, sizeof **drop);
    if (!f->align || (missing > 0 && !*drop))
        return rise_fail_nomem(err, "the list of frames");
    for (size_t i = 0; missing > 0 && i < list->n; i++)
        (*drop)[i] = (*drop)[i] || f->align[i] == SIZE_MAX;
    if (missing > 0)
        run_warn(it->run, "%s: %zu of %zu frames have no `%s` and are left out", it->name, missing,
                 list->n, in->port->name);
    return RISE_OK;
}

rise_status instance_narrow(instance *it, const size_t *keep, size_t n, rise_error *err) {
    frame_list *list = frame_list_take(it->frames, keep, n);
    if (!list)
        return rise_fail_nomem(err, "the list of frames");
    for (size_t k = 0; k < it->node->n_inputs; k++) {
        inlet *in = &it->inlet[k];
        if (!takes_part(it, in))
            continue;
        size_t *align = calloc(n + 1, sizeof *align);
        if (!align) {
            frame_list_free(list);
            return rise_fail_nomem(err, "the list of frames");
        }
        for (size_t i = 0; i < n; i++)
            align[i] = in->feed[0].align ? in->feed[0].align[keep[i]] : keep[i];
        free(in->feed[0].align);
        in->feed[0].align = align;
    }
    run_keep_frames(it->run, list);
    it->frames = list;
    return RISE_OK;
}

static rise_status leave_out(instance *it, const bool *drop, rise_error *err) {
    size_t *keep = calloc(it->frames->n + 1, sizeof *keep), n = 0;
    if (!keep)
        return rise_fail_nomem(err, "the list of frames");
    for (size_t i = 0; i < it->frames->n; i++)
        if (!drop[i])
            keep[n++] = i;
    rise_status s = RISE_OK;
    if (n == 0)
        s = rise_fail(err, RISE_E_DATA, "%s: no frame is common to all inputs", it->name);
    else
        s = instance_narrow(it, keep, n, err);
    free(keep);
    return s;
}

/* The frames of the first input that has any, as far as every other input has them too. */
static rise_status join(instance *it, rise_error *err) {
    bool *drop = NULL;
    rise_status s = RISE_OK;
    for (size_t k = 0; s == RISE_OK && k < it->node->n_inputs; k++) {
        inlet *in = &it->inlet[k];
        if (!takes_part(it, in))
            continue;
        if (!it->frames)
            it->frames = feed_frames(&in->feed[0]);
        else
            s = match_feed(it, in, it->frames, &drop, err);
    }
    if (s == RISE_OK && it->frames && (drop || it->frames->n == 0))
        s = leave_out(it, drop, err);
    free(drop);
    return s;
}

rise_status instance_align(instance *it, rise_error *err) {
    rise_status s = join(it, err);
    for (size_t k = 0; s == RISE_OK && k < it->node->n_inputs; k++) {
        inlet *in = &it->inlet[k];
        for (size_t i = 0; in->many && i < in->n; i++) {
            frame_list *own = feed_frames(&in->feed[i]);
            in->feed[i].own = own;
            in->feed[i].point->by_position = own && own->ordinal;
        }
    }
    if (s == RISE_OK && it->node->type->map && !it->frames)
        s = rise_fail(err, RISE_E_DATA, "%s: its inputs have no frames to go through", it->name);
    return s;
}

/* sched/key_inputs: what arrives at an input, as it stands in keys. */
#include "sched/run.h"

#include <string.h>

/* A frame taken from a whole value is known by its content where that is frames, else by its place.
 */
rise_id feed_frame_identity(const feed *f, size_t frame) {
    const offer *o = &f->from->out[f->output];
    size_t at = f->align ? f->align[frame] : frame;
    if (o->each)
        return o->frame_identity[at];
    rise_id place = {{0}}, out;
    if (f->from->node->output[f->output].kind == RISE_FRAMES) {
        key_combine("slice of frames", &o->frames->id[at], &place, &out);
    } else {
        uint64_t k = at;
        memcpy(place.byte, &k, sizeof k);
        key_combine("slice", &o->identity, &place, &out);
    }
    return out;
}

static void add_point(hash_state *h, const feed *f) {
    for (size_t a = 0; a < f->point->n_axes; a++) {
        hash_add(h, f->point->axis[a], strlen(f->point->axis[a]) + 1);
        hash_add(h, f->point->text[a], strlen(f->point->text[a]) + 1);
    }
    hash_add(h, f->point->reference, strlen(f->point->reference) + 1);
}

/* Frames of a whole value are known by their content: as frame_list_digest has it. */
static rise_id contents_of(const feed *f, size_t n) {
    frame_list *list = f->from->out[f->output].frames;
    if (!f->align)
        return frame_list_digest(list);
    rise_id digest;
    hash_state h;
    hash_begin(&h);
    for (size_t i = 0; i < n; i++)
        hash_add(&h, list->id[f->align[i]].byte, 32);
    hash_end(&h, &digest);
    return digest;
}

/* Rows of other whole values are known by where they stand in it; in order goes without saying. */
static void add_places(hash_state *h, const feed *f, size_t n) {
    size_t straight = 0;
    while (f->align && straight < n && f->align[straight] == straight)
        straight++;
    for (size_t i = 0; f->align && straight < n && i < n; i++) {
        uint64_t at = f->align[i];
        hash_add(h, &at, sizeof at);
    }
}

static void add_feed(hash_state *h, const instance *it, const inlet *in, const feed *f) {
    const offer *o = &f->from->out[f->output];
    if (in->many)
        add_point(h, f);
    for (size_t i = 0; in->many && o->frames && i < o->frames->n; i++)
        hash_add(h, o->frames->id[i].byte, 32);
    if (!o->frames || in->many || (it->node->type->map && in->port->mode == RISE_WHOLE)) {
        hash_add(h, o->identity.byte, 32);
        return;
    }
    rise_id list = frame_list_digest(it->frames);
    hash_add(h, list.byte, 32);
    if (o->each) {
        for (size_t i = 0; i < it->frames->n; i++)
            hash_add(h, o->frame_identity[f->align ? f->align[i] : i].byte, 32);
    } else if (f->from->node->output[f->output].kind == RISE_FRAMES) {
        list = contents_of(f, it->frames->n);
        hash_add(h, list.byte, 32);
    } else {
        hash_add(h, o->identity.byte, 32);
        add_places(h, f, it->frames->n);
    }
}

void inlet_identify(const instance *it, inlet *in) {
    hash_state h;
    hash_begin(&h);
    for (size_t i = 0; i < in->n; i++)
        add_feed(&h, it, in, &in->feed[i]);
    hash_end(&h, &in->identity);
}

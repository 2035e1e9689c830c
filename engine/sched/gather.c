/* sched/gather: which maps start together. Rows of a stream are made anew for every reader, unless
 * several read at the same time (company.c). So a map that is ready to read a stream waits for the
 * other maps that read it: while all threads have other work, and after that only for those that
 * will be ready soon. */
#include "sched/run.h"

const feed *map_stream(const instance *it) {
    for (size_t k = 0; it->node->type->map && k < it->node->n_inputs; k++) {
        const inlet *in = &it->inlet[k];
        if (in->n != 1 || in->port->mode != RISE_STREAM)
            continue;
        const instance *from = in->feed[0].from;
        bool made = from->node->output[in->feed[0].output].port->mode == RISE_STREAM;
        return made && from->node->type->map ? &in->feed[0] : NULL;
    }
    return NULL;
}

void gather_expect(const instance *it) {
    const feed *f = map_stream(it);
    if (f)
        f->from->n_listening++;
}

void gather_init(run *r) {
    for (size_t i = 0; i < r->n_instances; i++)
        if (r->instance[i].needed)
            gather_expect(&r->instance[i]);
}

static instance *release(run *r, instance *from) {
    instance *first = from->gathered;
    from->gathered = NULL;
    instance **at = &r->gathering;
    while (*at && *at != from)
        at = &(*at)->next_gathering;
    if (*at)
        *at = from->next_gathering;
    return first;
}

instance *gather_ready(run *r, instance *it) {
    const feed *f = map_stream(it);
    if (!f)
        return it;
    instance *from = f->from;
    it->with = from->gathered;
    if (it->with && it->with->priority > it->priority)
        it->priority = it->with->priority; /* the first stands for all */
    from->gathered = it;
    if (--from->n_listening == 0)
        return release(r, from);
    if (!it->with) {
        from->next_gathering = r->gathering;
        r->gathering = from;
    }
    return NULL;
}

/* Nothing that it waits for has yet to wait itself. */
static bool ready_soon(const instance *it) {
    for (size_t k = 0; k < it->node->n_inputs; k++)
        for (size_t i = 0; i < it->inlet[k].n; i++) {
            const instance *source = it->inlet[k].feed[i].from;
            if (!source->over && !source->submitted)
                return false;
        }
    return true;
}

static bool worth_waiting(const instance *from) {
    for (size_t i = 0; i < from->n_next; i++) {
        const instance *it = from->next[i];
        const feed *f = map_stream(it);
        if (f && f->from == from && it->needed && !it->over && it->waiting > 0 && ready_soon(it))
            return true;
    }
    return false;
}

instance *gather_idle(run *r) {
    for (instance *from = r->gathering; from; from = from->next_gathering)
        if (r->n_live == 0 || !worth_waiting(from))
            return release(r, from);
    return NULL;
}

/* sched/settle: one instance, from settled sources to settled offers. Maps: company.c. */
#include "sched/run.h"

#include <string.h>

/* In a plan nothing runs, so what follows a node that would run cannot know its inputs. */
static const instance *unsettled_source(const instance *it) {
    for (size_t k = 0; k < it->node->n_inputs; k++)
        for (size_t i = 0; i < it->inlet[k].n; i++)
            if (it->inlet[k].feed[i].from->would_run)
                return it->inlet[k].feed[i].from;
    return NULL;
}

rise_status instance_identify(instance *it, rise_error *err) {
    if (it->identified) /* it was put off since */
        return RISE_OK;
    const instance *before = it->run->options.plan_only ? unsettled_source(it) : NULL;
    if (before) {
        const char *why = arena_format(run_memory(it->run), "%s runs before it", before->name);
        it->reason = why ? why : "something before it runs";
        it->would_run = true;
        return RISE_OK;
    }
    rise_status s = it->node->type->source ? RISE_OK : instance_align(it, err);
    bool keep = it->node->type->source || it->run->options.plan_only || it->run->sees_made;
    if (s == RISE_OK)
        s = instance_make_key(it, keep, err);
    it->identified = s == RISE_OK;
    return s;
}

/* Of several processes one reads the files; the others find what it read. */
static rise_status settle_source(instance *it, rise_error *err) {
    lease *unit = NULL;
    rise_status s = RISE_OK;
    if (run_shares(it->run)) {
        (void)share_news(it->run);
        rise_id key; /* its files are no part of its own */
        id_of(it->name, strlen(it->name), &key);
        key_combine("source", &it->base_key, &key, &key);
        s = share_whole(it, &key, false, true, &unit, err);
    }
    if (s != RISE_OK || it->put_off)
        return s;
    s = source_settle(it, err);
    if (unit)
        share_end(it, unit, s, err);
    return s;
}

void instance_drop_parts(instance *it) {
    it->part = NULL;
    it->n_parts = 0;
    it->part_passes = false;
    arena_reset(run_passing(it->run));
}

/* Who was known is done with the parts of its key; who ran, failed or is in a plan is asked for
 * them. */
static void settle_parts(instance *it) {
    bool known = atomic_load(&it->status) == RISE_CACHED && !it->run->options.plan_only;
    if (known)
        instance_drop_parts(it);
    else
        arena_join(run_memory(it->run), run_passing(it->run));
    it->part_passes = false;
}

rise_status instance_settle(instance *it, rise_error *err) {
    it->part_passes = !it->node->type->source;
    rise_status s = instance_identify(it, err);
    if (s == RISE_OK && !it->would_run)
        s = it->node->type->source ? settle_source(it, err) : whole_settle(it, err);
    if (it->part_passes)
        settle_parts(it);
    return s;
}

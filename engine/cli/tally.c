/* cli/tally: what its instances came to, in one walk over them: a run may have very many. */
#include "record.h"

#include <math.h>
#include <string.h>
#include <xxhash.h>

static void add_key(XXH3_state_t *h, rise_run *run, size_t i, const rise_instance *it) {
    struct {
        rise_id key;
        uint64_t frames;
    } part = {.frames = it->frames_total};
    if (it->status == RISE_SKIPPED || !rise_run_key(run, i, &part.key))
        part.key = (rise_id){{0}};
    XXH3_64bits_update(h, &part, sizeof part);
}

rise_status tally_take(rise_run *run, chart *c, tally *out, rise_error *err) {
    size_t box = 0; /* instances come node by node, in the order of the boxes */
    const char *last = NULL;
    XXH3_state_t *h = XXH3_createState();
    if (!h)
        return rise_fail_nomem(err, "the keys of the run");
    XXH3_64bits_reset(h);
    *out = (tally){0};
    for (size_t i = 0; i < rise_run_instances(run); i++) {
        rise_instance it;
        rise_run_instance(run, i, &it);
        if (it.node != last)
            XXH3_64bits_update(h, it.node, strlen(it.node) + 1);
        box += last && it.node != last;
        last = it.node;
        if (box < c->n_boxes)
            c->box[box].status[it.status]++;
        out->n[it.status]++;
        out->cpu_s += it.cpu_s;
        out->length_s = fmax(out->length_s, fmax(it.settled_s, it.ended_s));
        add_key(h, run, i, &it);
    }
    snprintf(out->keys, sizeof out->keys, "%016llx", (unsigned long long)XXH3_64bits_digest(h));
    XXH3_freeState(h);
    return RISE_OK;
}

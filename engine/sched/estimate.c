/* sched/estimate: what a plan would cost: what its nodes cost when they last ran, for as many
 * frames as they would run now. What never ran is unknown, and nothing is guessed. */
#include "sched/run.h"

#include <math.h>
#include <stdlib.h>

/* Frames that its readers would pull; 0: not known. */
static size_t n_pulled(const instance *it) {
    size_t most = 0;
    for (size_t k = 0; k < it->n_next; k++) {
        const instance *reader = it->next[k];
        if (reader->would_run && (!reader->node->type->map || reader->n_planned == 0))
            return 0;
        if (reader->would_run && reader->n_planned > most)
            most = reader->n_planned;
    }
    return most;
}

static bool is_pulled(const instance *it) {
    for (size_t k = 0; k < it->n_next; k++)
        if (it->next[k]->would_run)
            return true;
    return false;
}

/* Of a node that works frame by frame, how many times what it last cost: not known, it is all of
 * its frames. */
static double share(const instance *it, const last_cost *last, size_t n_planned) {
    if (it->node->type->whole || last->ran == 0)
        return 1;
    return (double)(n_planned      ? n_planned
                    : last->frames ? last->frames
                                   : last->ran) /
           (double)last->ran;
}

bool instance_estimate(const instance *it, rise_estimate *out) {
    bool rows = gives_rows_only(it);
    last_cost last;
    *out = (rise_estimate){0};
    if (!(rows ? is_pulled(it) : atomic_load(&it->would_run)))
        return false;
    if (cost_read(it, &last)) {
        size_t pulled = rows ? n_pulled(it) : 0; /* not known: as many as last time */
        double times = rows && !pulled ? 1 : share(it, &last, rows ? pulled : it->n_planned);
        out->cpu_s = last.cpu_s * times;
        out->wall_s = last.wall_s * times;
        out->peak_bytes = last.peak_bytes;
        out->n_known = 1;
    } else if (!rows && instance_is_known(it)) {
        out->n_small = 1;
    } else {
        out->n_unknown = 1;
    }
    return true;
}

/* ---- all of it ------------------------------------------------------------------------------- */
/* How long it takes at the least. Frames are dealt out to all threads; how well a whole node uses
 * them shows in the last run. */
static double length(const instance *it, const rise_estimate *e, unsigned jobs) {
    double alone = e->cpu_s / jobs;
    return it->node->type->map ? alone : fmax(alone, fmin(e->cpu_s, e->wall_s));
}

static int largest_first(const void *a, const void *b) {
    uint64_t p = *(const uint64_t *)a, q = *(const uint64_t *)b;
    return p > q ? -1 : p < q;
}

rise_status run_estimate(const run *r, rise_estimate *out, rise_error *err) {
    double *path = calloc(r->n_instances + 1, sizeof *path), longest = 0;
    uint64_t *peak = calloc(r->n_instances + 1, sizeof *peak);
    if (!path || !peak) {
        free(path);
        free(peak);
        return rise_fail_nomem(err, "an estimate");
    }
    *out = (rise_estimate){0};
    for (size_t i = r->n_instances; i-- > 0;) { /* who reads comes after what is read */
        const instance *it = &r->instance[i];
        rise_estimate e;
        for (size_t k = 0; k < it->n_next; k++)
            path[i] = fmax(path[i], path[it->next[k]->number]);
        if (!instance_estimate(it, &e))
            continue;
        path[i] += length(it, &e, r->options.jobs);
        longest = fmax(longest, path[i]);
        peak[i] = e.peak_bytes;
        out->cpu_s += e.cpu_s;
        out->n_known += e.n_known;
        out->n_small += e.n_small;
        out->n_unknown += e.n_unknown;
    }
    qsort(peak, r->n_instances, sizeof *peak, largest_first);
    for (size_t i = 0; i < r->options.jobs && i < r->n_instances; i++)
        out->peak_bytes += peak[i];
    out->wall_s = fmax(longest, out->cpu_s / r->options.jobs);
    free(path);
    free(peak);
    return RISE_OK;
}

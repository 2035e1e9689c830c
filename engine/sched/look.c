/* sched/look: an instance as it is seen from outside, also while it is at work. */
#include "sched/run.h"

#include <string.h>

/* Guarded while workers are at it. */
static void take_said(instance *it, rise_instance *out) {
    said *told = it->active ? it->act->said : NULL;
    if (told) {
        out->done = told->done;
        out->total = told->total;
        memcpy(told->shown, told->message, sizeof told->shown);
    }
    out->message = told ? told->shown : "";
    out->error = it->error;
}

static void take_costs(const run *r, activity *act, rise_instance *out) {
    if (act->started > 0) {
        out->started_s = act->started - r->start;
        out->ended_s = (act->ended > 0 ? act->ended : clock_wall()) - r->start;
        out->wall_s = out->ended_s - out->started_s;
    }
    out->cpu_s = (double)atomic_load(&act->cpu_ns) * 1e-9;
    out->stored_bytes = atomic_load(&act->stored_bytes);
    out->peak_bytes = atomic_load(&act->peak_bytes);
}

void instance_look(instance *it, rise_instance *out) {
    run *r = it->run;
    int status = atomic_load(&it->status);
    bool ran = status == RISE_RAN || status == RISE_NODE_FAILED;
    memset(out, 0, sizeof *out);
    out->node = it->node->name;
    out->name = it->name;
    out->type = it->node->type->name;
    out->n_axes = it->n_axes;
    out->axis = it->axis;
    out->value = it->value;
    out->status = (rise_instance_status)status;
    if (it->would_run)
        out->status = RISE_WAITING;
    out->reason = ran || it->would_run ? it->reason : "";
    if (ran && !it->reason[0]) /* a stream known before: only its rows are not kept */
        out->reason = "its rows are read by a node that runs";
    out->frames_ran = atomic_load(&it->frames_ran);
    out->frames_cached = atomic_load(&it->frames_cached);
    out->frames_total = status > RISE_RUNNING && it->frames ? it->frames->n : 0;
    out->settled_s = it->settled > 0 ? it->settled - r->start : 0;
    if (atomic_load(&it->active))
        take_costs(r, it->act, out);
    if (!r->finished)
        uv_mutex_lock(&r->lock);
    take_said(it, out);
    if (!r->finished)
        uv_mutex_unlock(&r->lock);
}

/* sched/share: the work of a run shared with other processes that have the same store and nothing
 * else in common (store/lease.h). What another is at is put off: the loop takes it up again later,
 * and meanwhile there is other work. */
#include "sched/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A unit is to last about so long, the first one of a node whose cost is not known much less. Near
 * the end, where others would wait for the last one, it is an eighth of what is left. */
static const double UNIT_S = 90, LEAST_S = 2;
/* Looking at what others have recorded takes a hundredth of the time at most. */
static const double DEAR = 100;

bool run_shares(const run *r) {
    return r->leases != NULL;
}

/* Files may be read by whoever needs what is in them. */
bool instance_is_for_others(const instance *it) {
    const rise_run_options *o = &it->run->options;
    const char *its = it->node->pilot ? it->node->pilot : "", *ours = o->pilot ? o->pilot : "";
    return o->worker && !it->node->type->source && strcmp(its, ours) != 0;
}

void instance_put_off(instance *it) {
    it->put_off = true;
    atomic_store(&it->status, RISE_WAITING);
}

bool share_begin(run *r) {
    unsigned none = 0;
    if (!r->options.worker || atomic_compare_exchange_strong(&r->n_taken, &none, 1))
        return true;
    if (!atomic_exchange(&r->spare, false))
        return false;
    atomic_fetch_add(&r->n_taken, 1);
    return true;
}

void share_over(run *r) {
    if (r->options.worker)
        atomic_fetch_sub(&r->n_taken, 1);
}

void share_undo(run *r) {
    if (r->options.worker && atomic_fetch_sub(&r->n_taken, 1) > 1)
        atomic_store(&r->spare, true);
}

bool share_has_room(run *r) {
    return atomic_load(&r->n_taken) == 0 || atomic_load(&r->spare);
}

/* Between two loops of a training its threads rest for a moment, which is not idleness. */
void share_see_threads(run *r) {
    enum { TICKS = 5 };
    bool idle = atomic_load(&r->n_taken) > 0 && pool_idle(r->pool) > 0;
    r->idle_ticks = idle ? r->idle_ticks + 1 : 0;
    if (r->idle_ticks < TICKS)
        return;
    r->idle_ticks = 0;
    atomic_store(&r->spare, true);
}

void share_want_news(const instance *it) {
    last_cost last;
    if (cost_read(it, &last) && last.wall_s > DEAR * atomic_load(&it->run->news_took_s))
        atomic_store(&it->run->news_due, true);
}

bool share_news(run *r) {
    double now = clock_wall(), age_s = DEAR * atomic_load(&r->news_took_s);
    uv_mutex_lock(&r->lock);
    bool due = atomic_exchange(&r->news_due, false) || now - r->news_s >= age_s;
    if (due)
        r->news_s = now;
    uv_mutex_unlock(&r->lock);
    if (!due)
        return false;
    uint64_t look = leases_look(r->leases);
    store_refresh(r->store);
    leases_fresh(r->leases, look);
    atomic_store(&r->news_took_s, clock_wall() - now);
    return true;
}

/* A lease that has expired is found soon, unless there are so many workers that looking is dear. */
double share_pause(run *r, double before_s) {
    double pause = before_s * 1.5 + 0.1, most = 0.5;
    double dear = DEAR * atomic_load(&r->news_took_s), late = r->options.lease_s;
    most = dear > most ? dear : most;
    most = late < most ? late : most;
    return pause < most ? pause : most;
}

void share_mix(run *r) {
    for (size_t i = 0; i < r->n_instances; i++)
        r->instance[i].priority *= 0.9 + 0.2 * leases_chance(r->leases);
}

double share_patience(const run *r, double now) {
    double least = 60, share = (now - r->start) / 10;
    if (r->options.idle_s > 0)
        return r->options.idle_s;
    return share > least ? share : least;
}

/* ---- units ----------------------------------------------------------------------------------- */
/* In a lease a failure is its status and its message. */
static rise_status fail_as_told(const char *text, rise_error *err) {
    char *message = NULL;
    long status = strtol(text, &message, 10);
    if (status > RISE_E_FAILED || status < RISE_E_MISS)
        status = RISE_E_FAILED;
    rise_fail(err, (rise_status)status, "%s",
              *message == ' ' ? message + 1 : "it failed in another worker");
    return (rise_status)status;
}

static rise_status answered(instance *it, lease_answer answer, const char *text, rise_error *err) {
    switch (answer) {
    case LEASE_OURS:
        instance_say(it, "");
        return RISE_OK;
    case LEASE_BUSY:
        instance_say(it, "another process computes it");
        return RISE_OK;
    case LEASE_FAILED:
        return fail_as_told(text, err);
    case LEASE_DEADLY:
        rise_fail(err, RISE_E_SYSTEM, "%s: %d workers died at it, the last was %s", it->name,
                  LEASE_DEATHS, text);
        return rise_hint(err, "memory was too short? give the workers more of it");
    case LEASE_FREE:
    case LEASE_OVER:
    case LEASE_OFF:
        break;
    }
    return RISE_OK;
}

rise_status share_whole(instance *it, const rise_id *key, bool again, bool room, lease **unit,
                        rise_error *err) {
    char text[LEASE_TEXT] = "";
    lease_answer answer = LEASE_BUSY;
    unsigned how = (again ? LEASE_AGAIN : 0u) | (room ? 0u : LEASE_LOOK);
    *unit = NULL;
    if (!instance_is_for_others(it))
        answer = lease_whole(it->run->leases, key, how, clock_wall(), unit, text);
    if (answer == LEASE_BUSY || answer == LEASE_FREE)
        instance_put_off(it);
    it->held_back = answer == LEASE_FREE;
    return answered(it, answer, text, err);
}

rise_status share_slice(instance *it, const map_work *w, unsigned level, size_t near, lease **unit,
                        lease_range *range, rise_error *err) {
    char text[LEASE_TEXT] = "";
    rise_id frames = frame_list_digest(it->frames), key;
    key_combine("slices", &it->base_key, &frames, &key);
    lease_answer answer = LEASE_BUSY;
    *unit = NULL;
    *range = (lease_range){0, it->frames->n};
    if (!instance_is_for_others(it))
        answer = lease_slice(it->run->leases, &key, w->missing, w->n, level, near, clock_wall(),
                             unit, range, text);
    if (answer == LEASE_OFF) /* no leases can be made here: alone */
        *range = (lease_range){0, it->frames->n};
    else if (answer != LEASE_OURS)
        range->n = 0;
    return answered(it, answer, text, err);
}

void share_end(instance *it, lease *unit, rise_status status, const rise_error *err) {
    char text[LEASE_TEXT] = "";
    store_hand_over(it->run->store); /* before others are told that it is there */
    if (!unit)
        return;
    bool stopped = status == RISE_E_INTERRUPTED || status == RISE_E_TERMINATED;
    lease_end_state how = store_writing(it->run->store) ? LEASE_DONE : LEASE_LEFT;
    if (status != RISE_OK)
        how = stopped ? LEASE_LEFT : LEASE_BROKEN;
    if (how == LEASE_BROKEN)
        snprintf(text, sizeof text, "%d %s", (int)status, err->message);
    lease_end(it->run->leases, unit, how, text);
    if (status == RISE_OK)
        atomic_fetch_add(&it->run->n_units, 1);
}

unsigned share_level(unsigned threads, size_t free, double frame_s) {
    double frames = threads;
    if (frame_s > 0) {
        double least = LEAST_S / frame_s, share = (double)free / 8;
        frames = UNIT_S / frame_s;
        frames = frames > share ? share : frames;
        frames = frames < least ? least : frames;
    }
    unsigned level = 0;
    while (level < 40 && (double)(UINT64_C(2) << level) <= frames)
        level++;
    return level;
}

/* sched/company_share: a company whose frames are shared out among processes, slice by slice. Its
 * members have slices of their own, around the same frames where these are free, so that they still
 * read a stream together. */
#include "sched/company.h"

#include <stdlib.h>
#include <string.h>

/* Seconds of this process for a frame of all members, after their last runs; 0: not known. */
static double guess(const company *c) {
    double cpu_s = 0;
    for (size_t i = 0; i < c->n; i++) {
        const instance *it = c->member[i].it;
        const feed *f = map_stream(it);
        last_cost own, rows;
        if (!c->member[i].working)
            continue;
        if (!cost_read(it, &own) || !own.ran)
            return 0;
        cpu_s += own.cpu_s / (double)own.ran;
        if (f && cpu_s > 0 && i == 0 && cost_read(f->from, &rows) && rows.ran)
            cpu_s += rows.cpu_s / (double)rows.ran;
    }
    return cpu_s / pool_size(c->run->pool);
}

/* What others have recorded is left out; who has nothing left is done. */
static void review(company *c) {
    for (size_t i = 0; i < c->n; i++) {
        member *m = &c->member[i];
        if (!m->working)
            continue;
        map_review(m->it, &m->work);
        if (m->work.n == 0) {
            m->working = false;
            member_finish(c, m);
        }
    }
}

/* A slice for each member; how many frames that are. */
static size_t take(company *c, double frame_s) {
    size_t near = SIZE_MAX, n = 0;
    for (size_t i = 0; i < c->n; i++) {
        member *m = &c->member[i];
        lease_range range;
        m->from = m->to = 0;
        if (!m->working)
            continue;
        unsigned level = share_level(pool_size(c->run->pool), m->work.n, frame_s);
        m->status = share_slice(m->it, &m->work, level, near, &m->unit, &range, &m->error);
        if (m->status == RISE_OK && range.n > 0) {
            m->from = sorted_place(m->work.missing, m->work.n, range.first);
            m->to = sorted_place(m->work.missing, m->work.n, range.first + range.n);
            near = m->work.missing[m->from];
            if (member_begin(m))
                n += m->to - m->from;
        }
        m->working = m->status == RISE_OK;
    }
    return n;
}

static void end_unit(company *c, member *m) {
    size_t n = m->to - m->from;
    share_end(m->it, m->unit, m->status, &m->error);
    m->unit = NULL;
    if (m->status == RISE_OK) {
        atomic_fetch_add(&c->run->units_n_frames, n);
        memmove(m->work.missing + m->from, m->work.missing + m->to,
                (m->work.n - m->to) * sizeof *m->work.missing);
        m->work.n -= n;
    }
    m->from = m->to = 0;
    m->working = m->status == RISE_OK && m->work.n > 0;
    if (!m->working)
        member_finish(c, m);
}

/* Others are at what is left, or may be. */
static void put_off(company *c, member *m) {
    m->it->unfinished = malloc(sizeof m->work);
    if (!m->it->unfinished) {
        m->status = rise_fail_nomem(&m->error, "the frames of a node");
        return;
    }
    *m->it->unfinished = m->work;
    if (m->begun)
        map_end(m->it);
    m->over = true;
    instance_put_off(m->it);
    c->end(m->it, RISE_OK, &m->error);
}

static void share_frames(company *c) {
    run *r = c->run;
    double frame_s = guess(c);
    while (!atomic_load(&r->stopping)) {
        (void)share_news(r);
        review(c); /* also of what another thread has read */
        size_t n = take(c, frame_s);
        double start = clock_wall();
        if (n > 0)
            company_run(c);
        bool any = false;
        for (size_t i = 0; i < c->n; i++)
            if (!c->member[i].over && (c->member[i].to || c->member[i].status != RISE_OK)) {
                any = any || c->member[i].to;
                end_unit(c, &c->member[i]);
            }
        if (!any)
            break;
        if (n > 0)
            frame_s = (clock_wall() - start) / (double)n * (double)(c->n > 1 ? c->n : 1);
    }
}

void company_share(company *c) {
    bool room = share_begin(c->run);
    if (room) {
        share_frames(c);
        share_over(c->run);
    }
    for (size_t i = 0; i < c->n; i++)
        if (c->member[i].working && !c->member[i].over) {
            c->member[i].it->held_back = !room;
            put_off(c, &c->member[i]);
        }
}

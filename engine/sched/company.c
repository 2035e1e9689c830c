/* sched/company: maps are settled in company. Those that read the same stream go through its frames
 * together: the first of them has a frame's rows made and taped, the others read the tape. A map
 * that reads no stream is a company of one. */
#include "sched/company.h"

#include <stdlib.h>
#include <string.h>

enum { TAPE_BYTES = 256 << 20 }; /* a longer frame is made anew for each reader */

/* ---- who does which frame -------------------------------------------------------------------- */
static int by_frame(const void *pa, const void *pb) {
    const item *a = pa, *b = pb;
    if (a->frame != b->frame)
        return a->frame < b->frame ? -1 : 1;
    return a->member < b->member ? -1 : a->member > b->member;
}

static bool deal(company *c) {
    size_t n = 0;
    for (size_t m = 0; m < c->n; m++)
        n += c->member[m].begun ? c->member[m].to - c->member[m].from : 0;
    c->n_items = c->n_groups = 0;
    c->item = calloc(n + 1, sizeof *c->item);
    c->group = calloc(n + 1, sizeof *c->group);
    if (!c->item || !c->group)
        return false;
    for (size_t m = 0; m < c->n; m++) {
        const member *who = &c->member[m];
        const feed *f = map_stream(who->it);
        for (size_t i = who->from; who->begun && i < who->to; i++) {
            size_t frame = who->work.missing[i];
            c->item[c->n_items++] = (item){m, i, f && f->align ? f->align[frame] : frame};
        }
    }
    qsort(c->item, n, sizeof *c->item, by_frame);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || c->item[i].frame != c->item[i - 1].frame)
            c->group[c->n_groups++] = i;
    c->group[c->n_groups] = n;
    return true;
}

/* ---- the frames ------------------------------------------------------------------------------ */
static stream_tape take_tape(company *c, const feed *f, size_t frame) {
    stream_tape tape = {0};
    uv_mutex_lock(&c->run->lock);
    if (c->n_tapes > 0)
        tape = c->tape[--c->n_tapes];
    uv_mutex_unlock(&c->run->lock);
    uint64_t share = c->run->options.memory / (8 * pool_size(c->run->pool));
    tape.limit = share < TAPE_BYTES ? (size_t)share : TAPE_BYTES;
    tape.from = f->from;
    tape.output = f->output;
    tape.frame = frame;
    tape.complete = false;
    tape.n_rows = 0;
    return tape;
}

static void give_tape(company *c, stream_tape *tape) {
    uv_mutex_lock(&c->run->lock);
    bool room = c->n_tapes < pool_size(c->run->pool);
    if (room)
        c->tape[c->n_tapes++] = *tape;
    uv_mutex_unlock(&c->run->lock);
    if (!room)
        tape_free(tape);
}

/* Frames are dealt out in order, so those before the lowest that failed were all started. */
static void run_member(member *m, size_t i, size_t group, stream_tape *tape) {
    pthread_mutex_lock(&m->it->act->lock);
    bool failed = m->failed_at < group;
    pthread_mutex_unlock(&m->it->act->lock);
    if (failed)
        return;
    rise_error err = {0};
    rise_status s = map_run(m->it, &m->work, i, tape, &err);
    if (s == RISE_OK)
        return;
    pthread_mutex_lock(&m->it->act->lock);
    if (group < m->failed_at) {
        m->failed_at = group;
        m->status = s;
        m->error = err;
    }
    pthread_mutex_unlock(&m->it->act->lock);
}

/* A failure is its member's own; the others go on. */
static rise_status run_group(void *user, size_t g, rise_error *err) {
    (void)err;
    company *c = user;
    size_t first = c->group[g], end = c->group[g + 1];
    const feed *f = map_stream(c->member[c->item[first].member].it);
    bool shared = f && end - first > 1;
    stream_tape tape = {0};
    if (shared)
        tape = take_tape(c, f, c->item[first].frame);
    for (size_t i = first; i < end; i++)
        run_member(&c->member[c->item[i].member], c->item[i].i, g, shared ? &tape : NULL);
    if (shared)
        give_tape(c, &tape);
    return RISE_OK;
}

void company_run(company *c) {
    rise_error err = {0};
    c->tape = calloc(pool_size(c->run->pool), sizeof *c->tape);
    bool room = c->tape && deal(c);
    if (room)
        (void)pool_group(c->run->pool, c->n_groups, run_group, c, &err);
    for (size_t m = 0; m < c->n && !room; m++)
        if (c->member[m].begun)
            c->member[m].status = rise_fail_nomem(&c->member[m].error, "the frames of a node");
    for (size_t i = 0; i < c->n_tapes; i++)
        tape_free(&c->tape[i]);
    c->n_tapes = 0;
    free(c->tape);
    free(c->item);
    free(c->group);
    c->item = NULL;
    c->group = NULL;
}

/* ---- the members ----------------------------------------------------------------------------- */
/* Where it was put off before, what was left to do is known; what others did since, company_share
 * finds. */
static rise_status find_work(member *m) {
    instance *it = m->it;
    if (it->unfinished) {
        m->work = *it->unfinished;
        free(it->unfinished);
        it->unfinished = NULL;
        return RISE_OK;
    }
    rise_status s = instance_identify(it, &m->error);
    return s == RISE_OK && !it->would_run ? map_prepare(it, &m->work, &m->error) : s;
}

static void prepare(member *m) {
    instance *it = m->it;
    if (instance_cancelled(it))
        m->status = rise_fail(&m->error, RISE_E_INTERRUPTED, "interrupted");
    else
        m->status = find_work(m);
    m->working = m->status == RISE_OK && !it->would_run && m->work.n > 0;
    m->to = m->work.n;
}

bool member_begin(member *m) {
    if (!m->begun)
        m->status = map_begin(m->it, &m->error);
    m->begun = m->status == RISE_OK;
    if (!m->begun) {
        map_end(m->it);
        m->working = false;
    }
    return m->begun;
}

void member_finish(company *c, member *m) {
    if (m->begun)
        map_end(m->it);
    if (m->status == RISE_OK && m->work.missing)
        map_seal(m->it);
    free(m->work.missing);
    m->over = true;
    c->end(m->it, m->status, &m->error);
}

/* Who has nothing to run does not wait for the frames of the others. Returns the first that has. */
static member *finish_idle(company *c) {
    member *first = NULL;
    for (size_t m = c->n; m-- > 0;)
        if (c->member[m].working)
            first = &c->member[m];
    for (size_t m = 0; m < c->n; m++)
        if (!c->member[m].working && !c->member[m].over)
            member_finish(c, &c->member[m]);
    return first;
}

/* All at once, after another process if that is at the same frames. What others have recorded
 * meanwhile is left out. */
static void settle_at_once(company *c, const rise_id *key) {
    for (size_t i = 0; i < c->n; i++) {
        member *m = &c->member[i];
        if (!m->working)
            continue;
        map_review(m->it, &m->work);
        m->to = m->work.n;
        m->working = m->work.n > 0;
        if (m->working)
            (void)member_begin(m); /* its failure is told when it is finished */
    }
    if (finish_idle(c))
        company_run(c);
    store_unclaim(c->run->store, key);
}

static void settle_members(company *c) {
    for (size_t m = 0; m < c->n; m++)
        prepare(&c->member[m]);
    member *first = finish_idle(c);
    if (!first)
        return;
    run_hand_over(c->run);
    if (run_shares(c->run)) {
        company_share(c);
    } else {
        rise_id key =
            instance_frame_key(first->it, 0); /* processes with the same frames meet there */
        instance_claim(first->it, &key);
        settle_at_once(c, &key);
    }
    for (size_t m = 0; m < c->n; m++)
        if (!c->member[m].over)
            member_finish(c, &c->member[m]);
}

void company_settle(instance *first, company_end end) {
    company c = {.run = first->run, .end = end};
    for (instance *it = first; it; it = it->with)
        c.n++;
    c.member = calloc(c.n, sizeof *c.member);
    size_t m = 0;
    for (instance *it = first, *next; it; it = next) {
        next = it->with;
        rise_error err = {0};
        if (c.member)
            c.member[m++] = (member){.it = it, .failed_at = SIZE_MAX};
        else
            end(it, rise_fail_nomem(&err, "the instances of the graph"), &err);
    }
    if (c.member)
        settle_members(&c);
    free(c.member);
}

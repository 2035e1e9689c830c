/* cli/slurm_head: the process that waits for pilots. All that it knows it has from the cache and
 * from Slurm, so another one can go on where it was ended. */
#include "slurm_head.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- signals --------------------------------------------------------------------------------- */
static atomic_int signalled;

static void on_signal(int number) {
    int none = 0;
    if (!atomic_compare_exchange_strong(&signalled, &none, number))
        _exit(128 + number);
}

static void catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

bool slurm_interrupted(void) {
    return atomic_load(&signalled) != 0;
}

void slurm_rest(double seconds) {
    for (; seconds > 0 && !slurm_interrupted(); seconds -= 0.1)
        nanosleep(&(struct timespec){0, seconds < 0.1 ? (long)(seconds * 1e9) : 100000000}, NULL);
}

/* ---- looking --------------------------------------------------------------------------------- */
bool head_owns(const head *h, const worker *w) {
    bool found = false;
    for (size_t i = 0; i < h->j.n; i++)
        found = found || strcmp(w->job, h->j.item[i].number) == 0;
    return found;
}

static rise_status look_at_workers(head *h, rise_error *err) {
    workers_free(&h->w);
    rise_status s = workers_read(h->cache, h->j.graph_id, &h->w, err);
    h->done = h->ended = 0;
    for (size_t i = 0; i < h->j.n; i++)
        h->ended += h->j.item[i].over;
    for (size_t i = 0; s == RISE_OK && i < h->w.n; i++) {
        const worker *w = &h->w.item[i];
        if (!head_owns(h, w))
            continue;
        h->done += worker_units(w);
        h->ended += strcmp(w->state, "done") == 0;
    }
    return s;
}

/* A controller that does not answer is asked less and less often, up to every ten minutes. */
static rise_status look_at_queue(head *h, rise_error *err) {
    double now = process_seconds(), poll_s = slurm_poll_s(h->e.poll_s);
    bool answered = true;
    if (now < h->next_look)
        return RISE_OK;
    rise_status s = slurm_look(&h->j, &answered, err);
    h->silent = answered ? 0 : h->silent + 1;
    if (h->silent == 1)
        head_warn(h, "Slurm does not answer; asking again");
    for (unsigned i = 0; i < h->silent && poll_s < 600; i++)
        poll_s *= 2;
    h->next_look = process_seconds() + poll_s;
    return s == RISE_OK && answered ? jobs_save(&h->j, err) : s;
}

/* A plan reads much of the cache: it is made when pilots did something, and rarely. */
static bool plan_is_due(const head *h) {
    bool news = h->done != h->done_planned && process_seconds() >= h->next_plan;
    return news || h->ended != h->ended_planned || jobs_over(&h->j);
}

static rise_status plan(head *h, rise_error *err) {
    double before = process_seconds();
    rise_status s = executor_plan(h->host, h->graph, h->o, &h->e, err);
    double cost = process_seconds() - before, poll_s = slurm_poll_s(h->e.poll_s);
    h->next_plan = process_seconds() + (20 * cost > poll_s ? 20 * cost : poll_s);
    h->done_planned = h->done;
    h->ended_planned = h->ended;
    return s;
}

/* ---- waiting --------------------------------------------------------------------------------- */
static rise_status stopped(const head *h, rise_error *err) {
    (void)err;
    head_tell_follow(h);
    return atomic_load(&signalled) == SIGINT ? RISE_E_INTERRUPTED : RISE_E_TERMINATED;
}

/* One step; *done: nothing is left. */
static rise_status step(head *h, bool *done, rise_error *err) {
    rise_status failure = RISE_OK;
    rise_status s = look_at_queue(h, err);
    if (s == RISE_OK)
        s = look_at_workers(h, err);
    if (s != RISE_OK)
        return s;
    bool over = jobs_over(&h->j), failed = false;
    for (size_t i = 0; i < h->w.n; i++)
        failed = failed || (head_owns(h, &h->w.item[i]) && worker_failures(&h->w.item[i]) > 0);
    if (failed && (over || !h->o->run.keep_going)) {
        slurm_cancel(&h->j);
        head_tell_failures(h, &failure);
        return failure;
    }
    if (!plan_is_due(h))
        return RISE_OK;
    s = plan(h, err);
    *done = s == RISE_OK && h->e.left == 0;
    if (*done && !over)
        slurm_cancel(&h->j); /* what waits in the queue has nothing to do */
    return s == RISE_OK && !*done ? head_submit(h, err) : s;
}

static rise_status wait_for_pilots(head *h, bool *done, rise_error *err) {
    double rest = slurm_poll_s(h->e.poll_s) / 6;
    for (;;) {
        if (slurm_interrupted())
            return stopped(h, err);
        rise_status s = step(h, done, err);
        if (s != RISE_OK || *done)
            return s;
        head_tell_state(h);
        slurm_rest(rest < 5 ? rest : 5);
    }
}

/* ---- from the beginning ---------------------------------------------------------------------- */
/* To the jobs that a head submitted before, as far as they are still there. */
static rise_status attach(head *h, rise_error *err) {
    bool answered = true;
    rise_error none = {0};
    rise_status s = jobs_load(&h->j, &none);
    if (s == RISE_E_MISS)
        return RISE_OK;
    if (s == RISE_OK && !jobs_over(&h->j))
        s = slurm_look(&h->j, &answered, err);
    jobs_drop_over(&h->j);
    if (s == RISE_OK && h->j.n > 0)
        head_tell_attached(h);
    return s;
}

static rise_status run(head *h, bool *done, rise_error *err) {
    rise_status s = executor_of(h->graph, &h->e, err);
    if (s == RISE_OK)
        s = rise_cache_folder(h->o->run.cache, h->cache, sizeof h->cache, err);
    if (s == RISE_OK)
        s = jobs_place(h->o, &h->j, err);
    if (s == RISE_OK)
        s = executor_plan(h->host, h->graph, h->o, &h->e, err);
    *done = s == RISE_OK && h->e.left == 0;
    if (s != RISE_OK || *done)
        return s;
    s = attach(h, err);
    if (s == RISE_OK)
        s = head_submit(h, err);
    if (s == RISE_OK && h->o->detach)
        head_tell_follow(h);
    else if (s == RISE_OK)
        s = wait_for_pilots(h, done, err);
    return s;
}

rise_status slurm_run(rise_host *host, const rise_graph *graph, const cli_options *o, bool *done,
                      rise_error *err) {
    head h = {.host = host, .graph = graph, .o = o};
    catch_signals();
    rise_status s = run(&h, done, err);
    workers_free(&h.w);
    jobs_free(&h.j);
    return s;
}

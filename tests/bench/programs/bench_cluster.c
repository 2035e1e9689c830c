/* The full study on many nodes, in virtual time: the engine's own claiming of units (store/lease.h,
 * share_level) by as many workers as there are nodes, on a folder in memory, with a clock that
 * jumps from event to event. What is assumed is here: costs of nodes (docs/benchmarks.md), what an
 * operation on a name costs, how many of them the metadata server does in a second.
 *
 *     bench_cluster NODES [MS-PER-OPERATION [OPERATIONS-PER-SECOND [KILLS]]]
 *
 * A node has 16 cores; one worker has all of them, with 0.8 of what its cores could do. It does one
 * unit at a time, and looks meanwhile at the wholes that others are at. Trees take one core. */
#include "sched/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ALLOYS = 4, FRAMES = 10000, TESTED = 2000, SEEDS = 5 };
enum { CORES = 16, MAX_JOBS = 4096 };
static const double TRAINING = 6000, EPOCHS = 40, ATOMS = 2000, EFFICIENCY = 0.8, PATIENCE_S = 30,
                    IDLE_S = 60;

/* µs an atom for SOAP at 3, 3.5, 4, 4.5, 5, 6 and 7 Å; 2.4 for the leaders of one seed. */
static const double SOAP_US[] = {7.1, 8.4, 9.7, 11.3, 12.8, 18.2, 25.3}, MATCH_US = 2.4,
                    SEARCH_US = 0.8;
/* ms for a sample in a training step, at sixteen lengths between those that were measured. */
static const double VIT_MS[] = {56, 25, 59,  22,  27,  31,  36,  45,
                                60, 80, 100, 125, 150, 180, 210, 235};
static const double IG_S = 0.85 / 22e-3, TREES_S = 60; /* attributions: for each second of a step */

typedef struct work {
    rise_id key;
    const char *what;
    size_t n;        /* frames, 0: a whole */
    double cost_s;   /* of the node, for a frame or the whole */
    int after;       /* what must be done before, -1: nothing */
    double tail_s;   /* the longest way from here to the end */
    double *done_at; /* [n or 1] */
    unsigned *by;    /* [n or 1] which worker */
    size_t left;
    double complete_at;
} work;

typedef struct unit {
    int job;
    lease *lease;
    lease_range range;
    double known; /* the news that it had when it took the unit */
} unit;

typedef struct node {
    leases *l;
    unsigned seed;
    double news, news_took, pause, look_s, frame_s[MAX_JOBS];
    unit unit; /* it is at this one */
    bool busy;
    double began, useful; /* when it last had a unit */
    double busy_until, names_s, next_beat;
} node;

static work task[MAX_JOBS];
static int n_jobs;
static double op_s, server_rate, server_free, event_s; /* event_s: the clock of all */
static atomic_ullong n_ops;
static size_t n_units, n_twice, n_news;

static int add(const char *what, size_t n, double cost_s, int after) {
    work *j = &task[n_jobs];
    id_of(&n_jobs, sizeof n_jobs, &j->key);
    j->what = what;
    j->n = n;
    j->cost_s = cost_s;
    j->after = after;
    j->left = n ? n : 1;
    j->done_at = malloc(j->left * sizeof *j->done_at);
    j->by = calloc(j->left, sizeof *j->by);
    for (size_t i = 0; i < j->left; i++)
        j->done_at[i] = INFINITY;
    j->complete_at = INFINITY;
    return n_jobs++;
}

static void make_study(void) {
    double all = (double)CORES * EFFICIENCY;
    for (int a = 0; a < ALLOYS; a++) {
        for (size_t r = 0; r < sizeof SOAP_US / sizeof *SOAP_US; r++) {
            double soap = ATOMS * SOAP_US[r] * 1e-6;
            int fold =
                add("leaders", 0, 0.4 * TRAINING * (soap + ATOMS * SEARCH_US * 1e-6) / all, -1);
            int map = add("frequencies", FRAMES,
                          (soap + (double)SEEDS * ATOMS * MATCH_US * 1e-6) / all, fold);
            for (int s = 0; s < SEEDS; s++)
                (void)add("trees", 0, TREES_S, map);
        }
        for (size_t l = 0; l < sizeof VIT_MS / sizeof *VIT_MS; l++)
            for (int s = 0; s < SEEDS; s++) {
                int vit = add("training", 0, TRAINING * EPOCHS * VIT_MS[l] * 1e-3 / all, -1);
                (void)add("attributions", TESTED, IG_S * VIT_MS[l] * 1e-3 / all, vit);
            }
    }
    for (int i = n_jobs; i-- > 0;) {
        task[i].tail_s += task[i].n ? 90 : task[i].cost_s;
        if (task[i].after >= 0 && task[task[i].after].tail_s < task[i].tail_s)
            task[task[i].after].tail_s = task[i].tail_s;
    }
}

/* ---- time ------------------------------------------------------------------------------------ */
/* So many operations on names, one after the other, by a server that does only so many a second. */
static double names(double now, unsigned long long n) {
    double alone = now + (double)n * op_s;
    server_free = (server_free > event_s ? server_free : event_s) + (double)n / server_rate;
    return alone > server_free ? alone : server_free;
}

static bool knows(const node *w, const work *j, size_t frame) {
    return j->done_at[frame] <= w->news || j->by[frame] == w->seed;
}

/* All of it, by what it did itself and what others had done when it read of them. */
static bool knows_all(const node *w, const work *j) {
    return j->complete_at <= w->news || (!j->n && knows(w, j, 0));
}

static double read_news(node *w, double now, size_t n_nodes) {
    uint64_t look = leases_look(w->l);
    double end = names(now, 1 + n_nodes);
    n_news++;
    w->news = now;
    w->news_took = end - now;
    leases_fresh(w->l, look);
    return end;
}

/* ---- a worker -------------------------------------------------------------------------------- */
static double chance(const node *w, int i) {
    uint64_t x = ((uint64_t)w->seed << 32 | (unsigned)i) * UINT64_C(0x9e3779b97f4a7c15);
    x ^= x >> 29;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    return (double)(x >> 40) / (double)(1 << 24);
}

static lease_answer take(node *w, int i, unsigned how, double now, size_t *missing, unit *out) {
    work *j = &task[i];
    char text[LEASE_TEXT];
    *out = (unit){.job = i, .known = w->news};
    if (!j->n)
        return lease_whole(w->l, &j->key, LEASE_AGAIN | how, now, &out->lease, text);
    size_t n = 0;
    for (size_t f = 0; f < j->n; f++)
        if (!knows(w, j, f))
            missing[n++] = f;
    unsigned level = share_level(CORES, n, w->frame_s[i]);
    return n ? lease_slice(w->l, &j->key, missing, n, level, SIZE_MAX, now, &out->lease,
                           &out->range, text)
             : LEASE_BUSY;
}

static double cost_of(node *w, const unit *u) {
    work *j = &task[u->job];
    size_t n = 0;
    if (!j->n)
        return j->cost_s;
    for (size_t f = u->range.first; f < u->range.first + u->range.n && f < j->n; f++)
        n += !knows(w, j, f);
    w->frame_s[u->job] = j->cost_s;
    return (double)n * j->cost_s;
}

static void begin_unit(node *w, const unit *u, double now) {
    w->unit = *u;
    w->busy = true;
    w->busy_until = now + cost_of(w, u);
    w->useful = w->busy_until;
}

static void end_unit(node *w, double now) {
    const unit *u = &w->unit;
    work *j = &task[u->job];
    size_t from = j->n ? u->range.first : 0, to = j->n ? from + u->range.n : 1;
    for (size_t f = from; f < to && f < (j->n ? j->n : 1); f++) {
        n_twice += j->done_at[f] <= now && j->done_at[f] > u->known && j->by[f] != w->seed;
        if (j->done_at[f] <= now)
            continue;
        j->done_at[f] = now;
        j->by[f] = w->seed;
        if (--j->left == 0)
            j->complete_at = now;
    }
    lease_end(w->l, u->lease, LEASE_DONE, "");
    w->pause = 0;
    w->busy = false;
    n_units++;
}

/* The most urgent task that can be worked on and was not put off; -1: none. */
static int most_urgent(const node *w, const bool *put_off) {
    int best = -1;
    double most = -1;
    for (int i = 0; i < n_jobs; i++) {
        const work *j = &task[i];
        bool ready = j->after < 0 || knows_all(w, &task[j->after]);
        double urgent = j->tail_s * (0.9 + 0.2 * chance(w, i));
        if (ready && !put_off[i] && !knows_all(w, j) && urgent > most) {
            best = i;
            most = urgent;
        }
    }
    return best;
}

static void lengthen_pause(node *w, double now) {
    double most = 100 * w->news_took > 0.5 ? 100 * w->news_took : 0.5;
    w->pause = w->pause * 1.5 + 0.1;
    w->pause = w->pause < most ? w->pause : most;
    w->pause = w->pause < PATIENCE_S ? w->pause : PATIENCE_S;
    w->look_s = now + w->pause;
}

/* Takes the next thing to do, or decides when to look again, or to leave. */
static void go_on(node *w, double now, size_t n_nodes, size_t *missing, bool *put_off) {
    double start = now;
    if (w->pause > 0 || now - w->news >= 100 * w->news_took)
        now = read_news(w, now, n_nodes);
    memset(put_off, 0, (size_t)n_jobs * sizeof *put_off);
    for (int best; (best = most_urgent(w, put_off)) >= 0; put_off[best] = true) {
        unsigned long long before = atomic_load(&n_ops);
        unit u;
        lease_answer answer = take(w, best, 0, now, missing, &u);
        now = names(now, atomic_load(&n_ops) - before);
        if (answer == LEASE_OURS) {
            w->names_s += now - start;
            begin_unit(w, &u, now);
            return;
        }
    }
    lengthen_pause(w, now);
    w->names_s += now - start;
    double patient = IDLE_S > (now - w->began) / 10 ? IDLE_S : (now - w->began) / 10;
    w->busy_until = now - w->useful > patient ? INFINITY : w->look_s;
}

/* While it is at a unit: are the owners of other wholes alive? */
static void glance(node *w, double now, size_t n_nodes) {
    if (now < w->look_s)
        return;
    if (now - w->news >= 100 * w->news_took)
        (void)read_news(w, now, n_nodes);
    lengthen_pause(w, now);
    for (int i = 0; i < n_jobs; i++) {
        const work *j = &task[i];
        bool ready = j->after < 0 || knows_all(w, &task[j->after]);
        unsigned long long before = atomic_load(&n_ops);
        unit u;
        if (j->n || !ready || knows_all(w, j))
            continue;
        (void)take(w, i, LEASE_LOOK, now, NULL, &u);
        (void)names(now, atomic_load(&n_ops) - before);
    }
}

static void begin(node *w, const char *folder, unsigned seed, double now) {
    lease_options options = {.patience_s = PATIENCE_S, .who = "node", .n_metadata = &n_ops};
    w->l = leases_open(folder, &options);
    w->busy = false;
    w->seed = seed;
    w->news = -1e9;
    w->pause = 0;
    w->began = w->useful = now;
    memset(w->frame_s, 0, sizeof w->frame_s);
}

static bool all_done(void) {
    for (int i = 0; i < n_jobs; i++)
        if (task[i].left)
            return false;
    return true;
}

/* Of a training what its last epoch left stays. */
static void save_epochs(const node *w, double now) {
    work *j = &task[w->unit.job];
    double part = j->n ? 0 : 1 - (w->busy_until - now) / j->cost_s;
    if (part > 0 && strcmp(j->what, "training") == 0)
        j->cost_s *= 1 - floor(part * EPOCHS) / EPOCHS;
}

/* Its lease is never beaten again; another node begins a minute later. */
static void kill_node(node *w, const char *folder, unsigned seed, double now) {
    save_epochs(w, now);
    begin(w, folder, seed, now);
    w->busy_until = now + 60;
    w->next_beat = INFINITY;
}

static node *soonest(node *w, size_t n, double *now) {
    node *first = NULL;
    for (size_t i = 0; i < n; i++) {
        double t = w[i].busy_until < w[i].next_beat ? w[i].busy_until : w[i].next_beat;
        if (isfinite(t) && (!first || t < *now)) {
            *now = t;
            first = &w[i];
        }
    }
    return first;
}

/* Until all is done; when that was. */
static double simulate(node *w, size_t n, const char *folder, size_t kills, double ideal) {
    size_t *missing = malloc(FRAMES * sizeof *missing), killed = 0;
    bool *put_off = malloc(MAX_JOBS * sizeof *put_off);
    double now = 0;
    while (!all_done()) {
        node *x = soonest(w, n, &now);
        if (!x)
            return INFINITY; /* the last one never leaves before all is done */
        event_s = now;
        bool beats = x->next_beat < x->busy_until;
        double due = (double)(killed + 1) * ideal / (double)n / (double)(kills + 1);
        if (beats && killed < kills && now >= due && x->busy) {
            kill_node(x, folder, (unsigned)(n + ++killed), now);
            continue;
        }
        if (beats) {
            leases_beat(x->l, now);
            glance(x, now, n);
        } else {
            if (x->busy)
                end_unit(x, now);
            go_on(x, now, n, missing, put_off);
        }
        x->next_beat = x->busy ? now + PATIENCE_S / 6 + 0.01 : INFINITY;
    }
    free(missing);
    free(put_off);
    return now;
}

static void report(node *w, size_t n, double now, double ideal, double longest) {
    double spent = 0;
    size_t n_left = 0;
    for (size_t i = 0; i < n; i++) {
        n_left += isinf(w[i].busy_until) != 0;
        spent += w[i].names_s;
    }
    printf(
        "%5zu nodes: %8.0f s, %5.1f times one node, %3.0f %% of them work; longest chain %.0f s\n",
        n, now, ideal / now, 100 * ideal / now / (double)n, longest);
    printf(
        "    %zu units, %zu frames or wholes twice; %.1f operations a unit, %.0f a second, %.2f %% "
        "of the time; %zu nodes had left\n",
        n_units, n_twice, (double)atomic_load(&n_ops) / (double)n_units,
        (double)atomic_load(&n_ops) / now, 100 * spent / now / (double)n, n_left);
}

int main(int argc, char **argv) {
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 10;
    op_s = argc > 2 ? atof(argv[2]) * 1e-3 : 1e-3;
    server_rate = argc > 3 ? atof(argv[3]) : 20000;
    size_t kills = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
    char folder[] = "/dev/shm/rise-cluster-XXXXXX", remove[128];
    if (n < 1 || n > 4096 || !mkdtemp(folder))
        return 1;
    make_study();
    node *w = calloc(n, sizeof *w);
    double ideal = 0, longest = 0;
    for (int i = 0; i < n_jobs; i++) {
        ideal += task[i].cost_s * (double)(task[i].n ? task[i].n : 1);
        longest = task[i].tail_s > longest ? task[i].tail_s : longest;
    }
    for (size_t i = 0; i < n; i++) {
        begin(&w[i], folder, (unsigned)i + 1, 0);
        w[i].busy_until = 1e-3 * (double)i; /* a scheduler does not start all at once */
        w[i].next_beat = INFINITY;
    }
    report(w, n, simulate(w, n, folder, kills, ideal), ideal, longest);
    snprintf(remove, sizeof remove, "rm -rf %s", folder);
    return system(remove) != 0;
}

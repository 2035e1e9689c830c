/* Finds settings by cross-validation: random points first, then those that a Gaussian process of
 * the trials so far expects to improve most (Jones, Schonlau and Welch 1998).
 *
 * Each model is tuned on its own training samples, so what is tested has no part in it: with folds
 * there is one search per fold. Searches go on side by side, trial by trial. A trial is decided by
 * the trials before it and the seed alone, and each of its folds is kept as a sub-result: asking
 * for more trials, or going on after an interruption, repeats none. */
#include "tune.h"

#include "kit/gp.h"
#include "kit/maximize.h"
#include "kit/rng.h"
#include "kit/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STREAM_POINT = 1, STREAM_CANDIDATE, STREAM_SAMPLES };
enum { CANDIDATES = 2000, CLIMBS = 3 };

/* What is least worth having, in standard deviations of the trials. */
static const double XI = 1e-3;

static rng_stream stream_of(const tuning *t, uint32_t kind, size_t trial, size_t model) {
    return (rng_stream){t->seed, {kind, (uint32_t)trial, (uint32_t)model}};
}

/* ---- samples ----------------------------------------------------------------------------------*/

/* The tuning set of a model in shuffled order: every folds-th sample of it is held out together. */
static rise_status draw_samples(tuning *t, size_t model, rise_error *err) {
    job *j = t->j;
    search *of = &t->search[model];
    const samples_part *train = &j->part[model][SAMPLES_TRAIN];
    size_t n = statistics_share(rise_param_real(j->ctx, "tune_share"), train->n);
    if (n < 2 * t->n_folds) {
        rise_fail(err, RISE_E_DATA, "tuning: %zu samples for %zu folds, expected %zu at least", n,
                  t->n_folds, 2 * t->n_folds);
        return rise_hint(err,
                         "more frames, a larger tune_share (of %zu training samples), or "
                         "fewer folds",
                         train->n);
    }
    size_t *order = rise_scratch(j->ctx, train->n * sizeof *order);
    of->frame = rise_scratch(j->ctx, n * sizeof *of->frame);
    of->target = rise_scratch(j->ctx, n * sizeof *of->target);
    if (!order || !of->frame || !of->target) {
        return rise_fail_nomem(err, "tuning");
    }
    rng_stream stream = stream_of(t, STREAM_SAMPLES, 0, model);
    rng_permutation(&stream, train->n, order);
    for (size_t i = 0; i < n; i++) {
        of->frame[i] = train->frame[order[i]];
        of->target[i] = train->target[order[i]];
    }
    of->n = n;
    double spread = statistics_std(of->target, n, 0);
    return ranges_read(j->ctx, n - (n + t->n_folds - 1) / t->n_folds, spread * spread, &of->box,
                       err);
}

/* ---- choosing a point -------------------------------------------------------------------------*/

typedef struct acquisition {
    rise_ctx *ctx;
    const gp *process;
    double *work; /* [trials] */
} acquisition;

static bool cancelled(void *user) {
    return rise_cancelled(user);
}

static double improvement_at(void *user, const double *point) {
    acquisition *a = user;
    double mean = 0, deviation = 0;
    if (rise_cancelled(a->ctx)) {
        return -1; /* whoever asked is about to give up */
    }
    gp_predict(a->process, point, a->work, &mean, &deviation);
    return gp_expected_improvement(mean, deviation, gp_best(a->process), XI);
}

/* The best of seeded candidates, then a climb from the best few of them. */
static rise_status most_promising(acquisition *a, const rng_stream *stream, double *point,
                                  rise_error *err) {
    static const double low[RANGES] = {0}, high[RANGES] = {1, 1, 1, 1, 1, 1};
    double start[CLIMBS][RANGES] = {{0}}, value[CLIMBS], best = -1;
    for (size_t c = 0; c < CLIMBS; c++) {
        value[c] = -1;
    }
    for (size_t i = 0; i < CANDIDATES; i++) {
        double at[RANGES];
        for (size_t k = 0; k < RANGES; k++) {
            at[k] = rng_uniform(stream, i * RANGES + k);
        }
        double v = improvement_at(a, at);
        size_t c = CLIMBS;
        for (; c > 0 && v > value[c - 1]; c--) {
            if (c < CLIMBS) {
                value[c] = value[c - 1];
                memcpy(start[c], start[c - 1], sizeof at);
            }
        }
        if (c < CLIMBS) {
            value[c] = v;
            memcpy(start[c], at, sizeof at);
        }
    }
    rise_status status = RISE_OK;
    for (size_t c = 0; status == RISE_OK && c < CLIMBS; c++) {
        double reached = 0;
        status = maximize_climb(improvement_at, a, RANGES, low, high, start[c], &reached, err);
        if (status == RISE_OK && reached > best) {
            best = reached;
            memcpy(point, start[c], sizeof start[c]);
        }
    }
    return status == RISE_OK && rise_cancelled(a->ctx)
               ? rise_fail(err, RISE_E_INTERRUPTED, "interrupted")
               : status;
}

static rise_status guided_point(tuning *t, size_t model, size_t trial, double *point,
                                rise_error *err) {
    search *of = &t->search[model];
    double *x = malloc(trial * (RANGES + 2) * sizeof *x);
    if (!x) {
        return rise_fail_nomem(err, "tuning");
    }
    double *y = x + trial * RANGES;
    for (size_t i = 0; i < trial; i++) {
        memcpy(x + i * RANGES, of->trial[i].point, sizeof of->trial[i].point);
        y[i] = -of->trial[i].rmse;
    }
    gp *process = NULL;
    rise_status status = gp_fit(x, y, trial, RANGES, cancelled, t->j->ctx, &process, err);
    if (status == RISE_OK) {
        acquisition a = {t->j->ctx, process, y + trial};
        rng_stream stream = stream_of(t, STREAM_CANDIDATE, trial, model);
        status = most_promising(&a, &stream, point, err);
    }
    gp_free(process);
    free(x);
    return status;
}

/* Item of a loop over models. */
static rise_status choose_point(void *user, size_t model, rise_error *err) {
    tuning *t = user;
    tune_trial *trial = &t->search[model].trial[t->n_done];
    rise_status status = RISE_OK;
    if (t->n_done < t->n_random) {
        rng_stream stream = stream_of(t, STREAM_POINT, t->n_done, 0);
        for (size_t k = 0; k < RANGES; k++) {
            trial->point[k] = rng_uniform(&stream, k);
        }
    } else {
        status = guided_point(t, model, t->n_done, trial->point, err);
    }
    ranges_settle(&t->search[model].box, trial->point, trial->value);
    return status;
}

/* ---- trials -----------------------------------------------------------------------------------*/

/* Pools the squared errors of the folds, in their order. */
static void conclude(const tuning *t, search *of, size_t number) {
    tune_trial *trial = &of->trial[number];
    statistics_sum square = {0}, rounds = {0};
    for (size_t f = 0; f < t->n_folds; f++) {
        const booster_found *found = &trial->found[f];
        double held = (double)tune_held(t, of, f);
        statistics_add(&square, held * found->rmse * found->rmse);
        statistics_add(&rounds, (double)found->best_iteration);
    }
    trial->rmse = sqrt(statistics_total(&square) / (double)of->n);
    trial->best_iteration = statistics_total(&rounds) / (double)t->n_folds;
    of->best = number == 0 || trial->rmse < of->trial[of->best].rmse ? number : of->best;
    trial->best = of->trial[of->best].rmse;
}

/* The next n trials, whose points need nothing of each other. */
static rise_status run_trials(tuning *t, size_t n, rise_error *err) {
    job *j = t->j;
    size_t first = t->n_done;
    rise_status status = RISE_OK;
    for (size_t i = 0; status == RISE_OK && i < n; i++, t->n_done++) {
        status = rise_parallel(j->ctx, j->s.n_models, choose_point, t, err);
    }
    t->n_done = first;
    t->n_at_work = n;
    if (status == RISE_OK) {
        status = rise_parallel(j->ctx, n * j->s.n_models * t->n_folds, tune_fold, t, err);
    }
    double best = 0;
    for (size_t i = 0; status == RISE_OK && i < n; i++, t->n_done++) {
        best = 0;
        for (size_t m = 0; m < j->s.n_models; m++) {
            conclude(t, &t->search[m], t->n_done);
            best += t->search[m].trial[t->n_done].best / (double)j->s.n_models;
        }
    }
    if (status == RISE_OK) {
        rise_progress(j->ctx, (double)t->n_done, (double)t->n_trials,
                      "trial %zu of %zu: best RMSE %.4g %s", t->n_done, t->n_trials, best,
                      j->s.unit);
    }
    return status;
}

static rise_status prepare(tuning *t, rise_error *err) {
    job *j = t->j;
    rise_status status = RISE_OK;
    t->search = rise_scratch(j->ctx, j->s.n_models * sizeof *t->search);
    if (!t->search) {
        return rise_fail_nomem(err, "tuning");
    }
    for (size_t m = 0; status == RISE_OK && m < j->s.n_models; m++) {
        search *of = &t->search[m];
        of->trial = rise_scratch(j->ctx, t->n_trials * sizeof *of->trial);
        booster_found *found = rise_scratch(j->ctx, t->n_trials * t->n_folds * sizeof *found);
        if (!of->trial || !found) {
            return rise_fail_nomem(err, "tuning");
        }
        for (size_t i = 0; i < t->n_trials; i++) {
            of->trial[i].found = found + i * t->n_folds;
        }
        status = draw_samples(t, m, err);
    }
    return status;
}

rise_status job_tune(job *j, rise_error *err) {
    rise_ctx *ctx = j->ctx;
    tuning t = {.j = j};
    if (!rise_param_bool(ctx, "tune")) {
        return tune_put_trials(&t, err);
    }
    t.n_trials = (size_t)rise_param_int(ctx, "trials");
    t.n_random = (size_t)rise_param_int(ctx, "initial");
    t.n_random = t.n_random < t.n_trials ? t.n_random : t.n_trials;
    t.n_folds = (size_t)rise_param_int(ctx, "folds");
    t.seed = (uint64_t)rise_param_int(ctx, "seed");
    tune_identify(&t);
    rise_status status = prepare(&t, err);
    status = status == RISE_OK ? run_trials(&t, t.n_random, err) : status;
    while (status == RISE_OK && t.n_done < t.n_trials) {
        status = run_trials(&t, 1, err);
    }
    for (size_t m = 0; status == RISE_OK && m < j->s.n_models; m++) {
        const search *of = &t.search[m];
        ranges_apply(of->trial[of->best].value, &j->settings[m]);
    }
    return status == RISE_OK ? tune_put_trials(&t, err) : status;
}

/* Radii, paired bootstrap and the rules of decision. Knows curves of errors, nothing of their
 * origin. */
#include "verdict.h"

#include "kit/draw/number.h"
#include "kit/statistics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DRAW_SEEDS = 0, DRAW_SAMPLES = 1 };

double verdict_sphere(double side) {
    return cbrt(3 / (4 * 3.14159265358979323846)) * side;
}

const char *verdict_name(verdict_word word) {
    static const char *const names[] = {"agree", "disagree", "undecided"};
    return names[word];
}

/* ---- curves ---------------------------------------------------------------------------------- */

/* rmse[length] when seed k counts seed_times[k] and sample s sample_times[s] times. */
static void weighted_rmse(const verdict_curve *c, size_t n_samples, const double *seed_times,
                          const double *sample_times, double *rmse) {
    for (size_t l = 0; l < c->n_lengths; l++) {
        double sum = 0, weight = 0;
        for (size_t k = 0; k < c->n_seeds; k++) {
            if (!(seed_times[k] > 0)) {
                continue;
            }
            const double *square = c->square + (l * c->n_seeds + k) * n_samples;
            double part = 0, part_weight = 0;
            for (size_t s = 0; s < n_samples; s++) {
                part += sample_times[s] * square[s];
                part_weight += sample_times[s];
            }
            sum += seed_times[k] * part;
            weight += seed_times[k] * part_weight;
        }
        rmse[l] = sqrt(sum / weight);
    }
}

static size_t lowest(const double *rmse, size_t n) {
    size_t best = 0;
    for (size_t l = 1; l < n; l++) {
        best = rmse[l] < rmse[best] ? l : best;
    }
    return best;
}

/* The first length whose RMSE is at most the limit set by the best one. */
static size_t first_good(const double *rmse, size_t n, double se, const verdict_settings *s) {
    double best = rmse[lowest(rmse, n)];
    double limit = s->by_percent ? best * (1 + s->percent / 100) : best + se;
    size_t l = 0;
    while (l + 1 < n && rmse[l] > limit) {
        l++;
    }
    return l;
}

/* ---- bootstrap ------------------------------------------------------------------------------- */

/* Of one resampling: counts instead of indices, RMSE of every resample. */
typedef struct work {
    size_t *index;        /* [max(n_samples, n_seeds)] */
    double *sample_times; /* [n_samples] */
    double *seed_times;   /* [n_seeds of the curve with more] */
    double *rmse[2];      /* (resample, length) of both curves */
    double *column;       /* [resamples] */
} work;

static void draw_times(const verdict_settings *s, uint32_t stream, size_t resample, size_t n,
                       size_t *index, double *times) {
    statistics_bootstrap(s->seed, stream, (uint32_t)resample, n, index);
    memset(times, 0, n * sizeof *times);
    for (size_t i = 0; i < n; i++) {
        times[index[i]] += 1;
    }
}

static rise_status resample(const verdict_curve *const curve[2], size_t n_samples,
                            const verdict_settings *s, verdict_poll poll, void *user, work *w,
                            rise_error *err) {
    for (size_t b = 0; b < s->resamples; b++) {
        if (poll && !poll(user, b, s->resamples)) {
            return rise_fail(err, RISE_E_INTERRUPTED, "interrupted at resample %zu", b);
        }
        draw_times(s, DRAW_SAMPLES, b, n_samples, w->index, w->sample_times);
        for (int c = 0; c < 2; c++) {
            /* The same stream for both: equal numbers of seeds give the same seeds. */
            draw_times(s, DRAW_SEEDS, b, curve[c]->n_seeds, w->index, w->seed_times);
            weighted_rmse(curve[c], n_samples, w->seed_times, w->sample_times,
                          w->rmse[c] + b * curve[c]->n_lengths);
        }
    }
    return RISE_OK;
}

/* Standard deviation over resamples of the RMSE at length l. */
static double standard_error(const double *rmse, size_t n_lengths, size_t l, size_t n, double *x) {
    for (size_t b = 0; b < n; b++) {
        x[b] = rmse[b * n_lengths + l];
    }
    return statistics_std(x, n, 1);
}

/* 2.5 and 97.5 % of places, as order statistics: 2000 resamples leave out 50 at either end. */
static void interval(double *place, size_t n, verdict_radius *r) {
    size_t out = n * 25 / 1000;
    statistics_sort(place, n);
    r->low_at = (size_t)place[out];
    r->high_at = (size_t)place[n - 1 - out];
}

static void find_r1(const double *rmse, size_t n_lengths, const verdict_settings *s, double *x,
                    verdict_radius *r) {
    r->at = r->best_at = lowest(r->rmse, n_lengths);
    r->se = standard_error(rmse, n_lengths, r->best_at, s->resamples, x);
    for (size_t b = 0; b < s->resamples; b++) {
        x[b] = (double)lowest(rmse + b * n_lengths, n_lengths);
    }
    interval(x, s->resamples, r);
}

static void find_r2(const double *rmse, size_t n_lengths, const verdict_settings *s, double *x,
                    verdict_radius *r) {
    r->best_at = lowest(r->rmse, n_lengths);
    r->se = standard_error(rmse, n_lengths, r->best_at, s->resamples, x);
    r->at = first_good(r->rmse, n_lengths, r->se, s);
    for (size_t b = 0; b < s->resamples; b++) {
        x[b] = (double)first_good(rmse + b * n_lengths, n_lengths, r->se, s);
    }
    interval(x, s->resamples, r);
}

/* ---- decision -------------------------------------------------------------------------------- */

static void add_reason(verdict *v, const char *clause) {
    size_t used = strlen(v->reason);
    snprintf(v->reason + used, sizeof v->reason - used, "%s%s", used ? "; " : "", clause);
}

/* `name` is r1 (r_cut) or r2 (l); lengths are told as tested. */
static void doubt(verdict *v, const char *name, const verdict_curve *c, const verdict_radius *r) {
    char text[256], low[DRAW_NUMBER_MAX], high[DRAW_NUMBER_MAX];
    size_t last = c->n_lengths - 1, steps = r->high_at - r->low_at;
    draw_number_general(low, c->length[r->low_at], 4);
    draw_number_general(high, c->length[r->high_at], 4);
    if (r->low_at == 0 || r->high_at == last) {
        const char *end = r->low_at > 0       ? "the largest tested value"
                          : r->high_at < last ? "the smallest tested value"
                                              : "both ends of the tested range";
        snprintf(text, sizeof text, "the interval of %s, %s to %s Å, touches %s", name, low, high,
                 end);
        add_reason(v, text);
    }
    if (steps > VERDICT_MAX_STEPS) {
        snprintf(text, sizeof text, "the interval of %s, %s to %s Å, spans %zu grid steps", name,
                 low, high, steps);
        add_reason(v, text);
    }
}

/* A curve of a model that has learned nothing has no radius, however flat or narrow it is. */
static void doubt_skill(verdict *v, const char *name, const verdict_curve *c,
                        const verdict_radius *r) {
    char text[256], rmse[DRAW_NUMBER_MAX], spread[DRAW_NUMBER_MAX];
    double best = r->rmse[r->best_at];
    if (c->spread <= 0 || best + r->se < c->spread)
        return;
    draw_number_general(rmse, best, 4);
    draw_number_general(spread, c->spread, 4);
    snprintf(
        text, sizeof text,
        "the %s model predicts no better than the mean: RMSE %s eV, spread of the energies %s eV",
        name, rmse, spread);
    add_reason(v, text);
}

/* A tested value stands for what lies nearer to it than to its neighbours: between the midpoints.
 */
static double lower_edge(const verdict_curve *c, size_t at) {
    return at > 0 ? (c->length[at - 1] + c->length[at]) / 2 : c->length[at];
}

static double upper_edge(const verdict_curve *c, size_t at) {
    return at + 1 < c->n_lengths ? (c->length[at] + c->length[at + 1]) / 2 : c->length[at];
}

static void decide(const verdict_curve *reductionist, const verdict_curve *emergentist,
                   size_t n_samples, verdict *v) {
    char text[128];
    if (n_samples < VERDICT_MIN_SAMPLES) {
        snprintf(text, sizeof text, "%zu test sample%s, at least %d are needed", n_samples,
                 n_samples == 1 ? "" : "s", VERDICT_MIN_SAMPLES);
        add_reason(v, text);
    }
    doubt_skill(v, "reductionist", reductionist, &v->r1);
    doubt_skill(v, "emergentist", emergentist, &v->r2);
    doubt(v, "r_cut", reductionist, &v->r1);
    doubt(v, "l", emergentist, &v->r2);
    if (v->reason[0]) {
        v->word = VERDICT_UNDECIDED;
        return;
    }
    bool overlap = lower_edge(reductionist, v->r1.low_at) <=
                       verdict_sphere(upper_edge(emergentist, v->r2.high_at)) &&
                   verdict_sphere(lower_edge(emergentist, v->r2.low_at)) <=
                       upper_edge(reductionist, v->r1.high_at);
    v->word = overlap ? VERDICT_AGREE : VERDICT_DISAGREE;
    add_reason(v, overlap ? "the 95 % intervals of r1 and r2 overlap within the tested grid"
                          : "the 95 % intervals of r1 and r2 do not overlap");
}

/* ---- the whole ------------------------------------------------------------------------------- */

static rise_status check_curve(const verdict_curve *c, const char *name, rise_error *err) {
    if (c->n_lengths == 0 || c->n_seeds == 0) {
        return rise_fail(err, RISE_E_DATA, "%s: an empty curve", name);
    }
    for (size_t l = 1; l < c->n_lengths; l++) {
        if (!(c->length[l] > c->length[l - 1])) {
            return rise_fail(err, RISE_E_DATA, "%s: lengths %g and %g Å are not ascending", name,
                             c->length[l - 1], c->length[l]);
        }
    }
    return RISE_OK;
}

static bool take_memory(const verdict_curve *const curve[2], size_t n_samples, size_t resamples,
                        work *w) {
    size_t n_seeds = curve[0]->n_seeds > curve[1]->n_seeds ? curve[0]->n_seeds : curve[1]->n_seeds;
    w->index = calloc(n_samples > n_seeds ? n_samples : n_seeds, sizeof *w->index);
    w->sample_times = calloc(n_samples, sizeof *w->sample_times);
    w->seed_times = calloc(n_seeds, sizeof *w->seed_times);
    w->column = calloc(resamples, sizeof *w->column);
    for (int c = 0; c < 2; c++) {
        w->rmse[c] = calloc(resamples * curve[c]->n_lengths, sizeof *w->rmse[c]);
    }
    return w->index && w->sample_times && w->seed_times && w->column && w->rmse[0] && w->rmse[1];
}

static void give_memory(work *w) {
    free(w->index);
    free(w->sample_times);
    free(w->seed_times);
    free(w->column);
    free(w->rmse[0]);
    free(w->rmse[1]);
}

/* RMSE on all seeds and samples, each once. */
static void plain_curve(const verdict_curve *c, size_t n_samples, work *w, double *rmse) {
    for (size_t k = 0; k < c->n_seeds; k++) {
        w->seed_times[k] = 1;
    }
    for (size_t s = 0; s < n_samples; s++) {
        w->sample_times[s] = 1;
    }
    weighted_rmse(c, n_samples, w->seed_times, w->sample_times, rmse);
}

rise_status verdict_find(const verdict_curve *reductionist, const verdict_curve *emergentist,
                         size_t n_samples, const verdict_settings *settings, verdict_poll poll,
                         void *user, verdict *out, rise_error *err) {
    const verdict_curve *const curve[2] = {reductionist, emergentist};
    work w = {0};
    verdict v = {.word = VERDICT_UNDECIDED};
    rise_status status = check_curve(reductionist, "reductionist", err);
    if (status == RISE_OK) {
        status = check_curve(emergentist, "emergentist", err);
    }
    if (status == RISE_OK && n_samples == 0) {
        status = rise_fail(err, RISE_E_DATA, "no test samples");
    }
    if (status != RISE_OK) {
        return status;
    }
    v.r1.rmse = calloc(reductionist->n_lengths, sizeof *v.r1.rmse);
    v.r2.rmse = calloc(emergentist->n_lengths, sizeof *v.r2.rmse);
    if (!v.r1.rmse || !v.r2.rmse || !take_memory(curve, n_samples, settings->resamples, &w)) {
        status = rise_fail_nomem(err, "resamples");
    } else {
        plain_curve(reductionist, n_samples, &w, v.r1.rmse);
        plain_curve(emergentist, n_samples, &w, v.r2.rmse);
        status = resample(curve, n_samples, settings, poll, user, &w, err);
    }
    if (status == RISE_OK) {
        find_r1(w.rmse[0], reductionist->n_lengths, settings, w.column, &v.r1);
        find_r2(w.rmse[1], emergentist->n_lengths, settings, w.column, &v.r2);
        decide(reductionist, emergentist, n_samples, &v);
        *out = v;
    } else {
        verdict_free(&v);
    }
    give_memory(&w);
    return status;
}

void verdict_free(verdict *v) {
    free(v->r1.rmse);
    free(v->r2.rmse);
    v->r1.rmse = v->r2.rmse = NULL;
}

/* quench/whole.c: all samples, on whatever threads are free. */
#include "quench.h"

#include "kit/digest.h"

#include <stdlib.h>

static quench_plan read_plan(rise_ctx *ctx) {
    quench_plan p = {
        .n_atoms = (size_t)rise_param_int(ctx, "atoms"),
        .at_pressure = rise_param_set(ctx, "pressure"),
        .style = rise_param_text(ctx, "pair_style"),
        .melt = rise_param_real(ctx, "melt"),
        .end = rise_param_real(ctx, "end"),
        .melt_time = rise_param_real(ctx, "melt_time"),
        .anneal_time = rise_param_real(ctx, "anneal_time"),
        .timestep = rise_param_real(ctx, "timestep"),
        .energy_tolerance = rise_param_real(ctx, "energy_tolerance"),
        .force_tolerance = rise_param_real(ctx, "force_tolerance"),
        .seed = rise_param_int(ctx, "seed"),
    };
    size_t n_rates = rise_param_count(ctx, "rate");
    p.anneal = rise_param_set(ctx, "anneal") ? rise_param_real(ctx, "anneal") : p.end;
    p.pressure = p.at_pressure ? rise_param_real(ctx, "pressure") : 0;
    p.rate[0] = rise_param_real_at(ctx, "rate", 0);
    p.rate[1] = rise_param_real_at(ctx, "rate", n_rates - 1);
    return p;
}

static bool is_left_out(rise_ctx *ctx, size_t number) {
    for (size_t i = 0; i < rise_param_count(ctx, "leave_out"); i++)
        if (rise_param_int_at(ctx, "leave_out", i) == (int64_t)number)
            return true;
    return false;
}

static rise_status prepare(quench_work *w, rise_error *err) {
    rise_ctx *ctx = w->ctx;
    size_t n = (size_t)rise_param_int(ctx, "samples");
    w->plan = read_plan(ctx);
    w->potential = rise_param_file(ctx, "potential");
    w->lmp = rise_param_text(ctx, "lmp");
    rise_status s = quench_formula(rise_param_text(ctx, "composition"), &w->plan.mix, err);
    if (s != RISE_OK)
        return s;
    quench_deal(&w->plan.mix, w->plan.n_atoms);
    w->plan.side = rise_param_set(ctx, "box")
                       ? rise_param_real(ctx, "box")
                       : quench_side(&w->plan.mix, rise_param_real(ctx, "density"));
    digest_bytes(w->potential->bytes, w->potential->size, w->plan.potential.byte);
    w->sample = rise_scratch(ctx, n * sizeof *w->sample);
    w->result = rise_scratch(ctx, n * sizeof *w->result);
    w->failed = rise_scratch(ctx, n * sizeof *w->failed);
    if (!w->sample || !w->result || !w->failed)
        return rise_fail_nomem(err, "the samples");
    for (size_t i = 0; i < n; i++)
        if (!is_left_out(ctx, i))
            w->sample[w->n++] = quench_draw(&w->plan, i);
    if (w->n == 0)
        return rise_fail_param(ctx, err, "leave_out", "all %zu samples are left out", n);
    for (size_t i = 0; i < w->n; i++)
        for (quench_phase p = QUENCH_MELT; p < QUENCH_PHASES; p++)
            w->n_steps += w->sample[i].steps[p];
    return quench_check_potential(&w->plan.mix, w->plan.style, w->potential, err);
}

/* The first one tells what is wrong, the others that they exist. */
static rise_status judge(const quench_work *w, rise_error *err) {
    size_t n = 0;
    const rise_error *first = NULL;
    for (size_t i = w->n; i-- > 0;)
        if (w->failed[i].status != RISE_OK) {
            n++;
            first = &w->failed[i];
        }
    if (!first)
        return RISE_OK;
    *err = *first;
    if (n > 1) {
        rise_fail(err, first->status, "%zu of %zu samples failed; %.440s", n, w->n, first->message);
        rise_hint(err, "%s", first->hint);
    }
    return first->status;
}

rise_status quench_whole(rise_ctx *ctx, rise_error *err) {
    quench_work w = {.ctx = ctx};
    rise_status s = prepare(&w, err);
    if (s == RISE_OK)
        s = rise_parallel(ctx, w.n, quench_make, &w, err);
    if (s == RISE_OK)
        s = judge(&w, err);
    if (s == RISE_OK)
        s = quench_put(&w, err);
    for (size_t i = 0; i < w.n; i++)
        free(w.result[i].position);
    return s;
}

/* quench/results.c: what comes out: frames, numbers of each, and a table of how they were made. */
#include "quench.h"

#include <stdlib.h>

static double volume_of(const quench_result *r) {
    return r->cell[0] * r->cell[1] * r->cell[2];
}

static rise_status put_frames(const quench_work *w, rise_error *err) {
    rise_frame *frame = rise_scratch(w->ctx, w->n * sizeof *frame);
    uint8_t *species = rise_scratch(w->ctx, w->plan.n_atoms);
    if (!frame || !species)
        return rise_fail_nomem(err, "the samples");
    for (size_t t = 0, a = 0; t < w->plan.mix.n; t++)
        for (size_t i = 0; i < w->plan.mix.count[t]; i++)
            species[a++] = (uint8_t)w->plan.mix.number[t];
    for (size_t i = 0; i < w->n; i++) {
        const quench_result *r = &w->result[i];
        frame[i] = (rise_frame){.n_atoms = w->plan.n_atoms,
                                .positions = (const double(*)[3])r->position,
                                .species = species};
        for (int k = 0; k < 3; k++) {
            frame[i].cell.vector[k][k] = r->cell[k];
            frame[i].cell.periodic[k] = true;
        }
    }
    rise_value *value = NULL;
    rise_status s = rise_frames_new(frame, w->n, &value, err);
    return s == RISE_OK ? rise_output(w->ctx, "frames", value, err) : s;
}

/* ps, as whole steps */
static double quench_time(const quench_work *w, size_t i) {
    return (double)w->sample[i].steps[QUENCH_COOL] * w->plan.timestep;
}

static double energy(const quench_work *w, size_t i) {
    return w->result[i].energy;
}

static rise_status put_numbers(const quench_work *w, const char *port, const char *unit,
                               double (*number)(const quench_work *w, size_t i), rise_error *err) {
    const rise_dim dim = {.name = "frame", .size = w->n};
    rise_value *value = NULL;
    void *data = NULL;
    rise_status s = rise_tensor_new(RISE_F64, 1, &dim, unit, &value, &data, err);
    if (s != RISE_OK)
        return s;
    for (size_t i = 0; i < w->n; i++)
        ((double *)data)[i] = number(w, i);
    return rise_output(w->ctx, port, value, err);
}

/* ---- the table ------------------------------------------------------------------------------- */
enum { SAMPLE, SEED, RATE, QUENCH, ENERGY, PER_ATOM, DENSITY, TEMPERATURE, ITERATIONS, LAMMPS };

static const rise_column columns[] = {{.name = "sample", .dtype = RISE_I64},
                                      {.name = "seed", .dtype = RISE_I64},
                                      {.name = "rate", .unit = "K/ps", .dtype = RISE_F64},
                                      {.name = "quench", .unit = "ps", .dtype = RISE_F64},
                                      {.name = "energy", .unit = "eV", .dtype = RISE_F64},
                                      {.name = "energy_per_atom", .unit = "eV", .dtype = RISE_F64},
                                      {.name = "density", .unit = "g/cm3", .dtype = RISE_F64},
                                      {.name = "temperature", .unit = "K", .dtype = RISE_F64},
                                      {.name = "iterations", .dtype = RISE_I64},
                                      {.name = "lammps", .dtype = RISE_TEXT}};

static rise_status put_table(const quench_work *w, rise_error *err) {
    rise_value *table = NULL;
    rise_status s = rise_table_new(columns, sizeof columns / sizeof *columns, w->n, &table, err);
    for (size_t i = 0; s == RISE_OK && i < w->n; i++) {
        const quench_sample *sample = &w->sample[i];
        const quench_result *r = &w->result[i];
        rise_table_i64(table, SAMPLE)[i] = (int64_t)sample->number;
        rise_table_i64(table, SEED)[i] = sample->seed;
        rise_table_f64(table, RATE)[i] = sample->rate;
        rise_table_f64(table, QUENCH)[i] = quench_time(w, i);
        rise_table_f64(table, ENERGY)[i] = r->energy;
        rise_table_f64(table, PER_ATOM)[i] = r->energy / (double)w->plan.n_atoms;
        rise_table_f64(table, DENSITY)[i] = quench_density(&w->plan.mix, volume_of(r));
        rise_table_f64(table, TEMPERATURE)[i] = r->temperature;
        rise_table_i64(table, ITERATIONS)[i] = r->iterations;
        s = rise_table_set_text(table, LAMMPS, i, r->lammps, err);
    }
    if (s == RISE_OK)
        return rise_output(w->ctx, "samples", table, err);
    rise_value_release(table);
    return s;
}

rise_status quench_put(const quench_work *w, rise_error *err) {
    rise_status s = RISE_OK;
    if (rise_wanted(w->ctx, "frames"))
        s = put_frames(w, err);
    if (s == RISE_OK && rise_wanted(w->ctx, "energy"))
        s = put_numbers(w, "energy", "eV", energy, err);
    if (s == RISE_OK && rise_wanted(w->ctx, "quench"))
        s = put_numbers(w, "quench", "ps", quench_time, err);
    if (s == RISE_OK && rise_wanted(w->ctx, "samples"))
        s = put_table(w, err);
    return s;
}

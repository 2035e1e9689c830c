/* quench/script.c: the input of LAMMPS for one sample. What determines a sample stands in it,
 * beside the potential: it is the name under which the sample is kept. A change here is a new
 * version of the node. */
#include "quench.h"

#include "kit/rng.h"

#include <math.h>
#include <string.h>

enum { STREAM_RATE = 0, STREAM_VELOCITIES = 1 };
enum { THERMO_STEPS = 100, MINIMISE_STEPS = 1000 };
static const double DAMP_STEPS = 50, BOX_DAMP_STEPS = 1000; /* of thermostat and barostat */

static const char *const names[QUENCH_PHASES] = {"begin", "melt", "cool", "anneal", "minimise"};

const char *quench_phase_name(quench_phase phase) {
    return names[phase];
}

quench_sample quench_draw(const quench_plan *plan, size_t number) {
    const rng_stream rate = {(uint64_t)plan->seed, {STREAM_RATE, (uint32_t)number, 0}};
    const rng_stream velocities = {(uint64_t)plan->seed, {STREAM_VELOCITIES, (uint32_t)number, 0}};
    quench_sample s = {.number = number};
    /* LAMMPS takes any positive int */
    s.seed = 1 + (int64_t)rng_below(&velocities, 0, 900000000);
    s.rate = plan->rate[0] * pow(plan->rate[1] / plan->rate[0], rng_uniform(&rate, 0));
    double cool = (plan->melt - plan->end) / s.rate;
    s.steps[QUENCH_MELT] = llround(plan->melt_time / plan->timestep);
    s.steps[QUENCH_COOL] = llround(cool / plan->timestep);
    s.steps[QUENCH_ANNEAL] = llround(plan->anneal_time / plan->timestep);
    s.steps[QUENCH_MINIMISE] = MINIMISE_STEPS;
    return s;
}

/* ---- lines ----------------------------------------------------------------------------------- */
static void add_f64(byte_buffer *out, const char *before, double value, const char *after) {
    bytes_add_text(out, before);
    bytes_add_f64(out, value);
    bytes_add_text(out, after);
}

static void add_i64(byte_buffer *out, const char *before, int64_t value, const char *after) {
    bytes_add_text(out, before);
    bytes_add_i64(out, value);
    bytes_add_text(out, after);
}

/* What the start of the atoms hangs on, which the script itself does not need. */
static void add_title(const quench_plan *plan, const quench_sample *sample, byte_buffer *out) {
    add_i64(out, "# sample ", (int64_t)sample->number, "");
    add_i64(out, " of seed ", plan->seed, ":");
    for (size_t t = 0; t < plan->mix.n; t++) {
        bytes_add_text(out, t ? ", " : " ");
        bytes_add_text(out, rise_element_symbol(plan->mix.number[t]));
        add_i64(out, " ", (int64_t)plan->mix.count[t], "");
    }
    add_f64(out, " in a cube of ", plan->side, " A\n");
}

static void add_forces(const quench_plan *plan, byte_buffer *out) {
    /* the same sums, faster, where LAMMPS has its package OPT */
    bytes_add_text(out, "suffix opt\n"
                        "units metal\n"
                        "atom_style atomic\n"
                        "boundary p p p\n"
                        "read_data " QUENCH_START "\n"
                        "pair_style ");
    bytes_add_text(out, plan->style);
    bytes_add_text(out, "\npair_coeff * * " QUENCH_POTENTIAL);
    for (size_t t = 0; t < plan->mix.n; t++) {
        bytes_add_text(out, " ");
        bytes_add_text(out, rise_element_symbol(plan->mix.number[t]));
    }
    add_f64(out,
            "\nneighbor 2 bin\n"
            "neigh_modify delay 0 every 1 check yes\n"
            "timestep ",
            plan->timestep, "\n");
    add_i64(out, "thermo ", THERMO_STEPS, "\n");
    bytes_add_text(out, "thermo_style custom step temp pe vol press\n"
                        "thermo_modify lost error flush yes\n"
                        "min_style cg\n");
}

static void add_dynamics(const quench_plan *plan, quench_phase phase, double from, double to,
                         int64_t steps, byte_buffer *out) {
    if (steps == 0)
        return;
    bytes_add_text(out, "print \"rise: ");
    bytes_add_text(out, names[phase]);
    bytes_add_text(out, "\"\nreset_timestep 0\nfix move all ");
    bytes_add_text(out, plan->at_pressure ? "npt" : "nvt");
    add_f64(out, " temp ", from, " ");
    add_f64(out, "", to, " ");
    add_f64(out, "", DAMP_STEPS * plan->timestep, "");
    if (plan->at_pressure) {
        add_f64(out, " iso ", plan->pressure, " ");
        add_f64(out, "", plan->pressure, " ");
        add_f64(out, "", BOX_DAMP_STEPS * plan->timestep, "");
    }
    add_i64(out, "\nrun ", steps, "\nunfix move\n");
}

static void add_end(const quench_plan *plan, byte_buffer *out) {
    bytes_add_text(out, "print \"rise: minimise\"\nreset_timestep 0\n");
    add_f64(out, "minimize ", plan->energy_tolerance, " ");
    add_f64(out, "", plan->force_tolerance,
            " 100000 1000000\n"
            "print \"rise: energy $(pe:%.17g)\"\n"
            "print \"rise: iterations $(step:%.0f)\"\n"
            "write_dump all custom " QUENCH_FINAL " id type x y z modify sort id format float "
            "%.17g\n");
}

void quench_write_script(const quench_plan *plan, const quench_sample *sample, byte_buffer *out) {
    add_title(plan, sample, out);
    add_forces(plan, out);
    /* the steepest of the random start goes before anything moves */
    bytes_add_text(out, "minimize 0 0.1 100 1000\n");
    add_f64(out, "velocity all create ", plan->melt, " ");
    add_i64(out, "", sample->seed, " mom yes rot no dist gaussian\n");
    const int64_t *steps = sample->steps;
    add_dynamics(plan, QUENCH_MELT, plan->melt, plan->melt, steps[QUENCH_MELT], out);
    add_dynamics(plan, QUENCH_COOL, plan->melt, plan->end, steps[QUENCH_COOL], out);
    add_dynamics(plan, QUENCH_ANNEAL, plan->anneal, plan->anneal, steps[QUENCH_ANNEAL], out);
    add_end(plan, out);
}

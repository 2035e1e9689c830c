/* quench/quench.h: what the files of this node share. A sample is made by one run of LAMMPS: atoms
 * placed at random, melted, cooled, annealed if asked, minimised. All that determines it stands in
 * its script and in the potential. */
#ifndef QUENCH_QUENCH_H
#define QUENCH_QUENCH_H

#include <rise/node.h>

#include "kit/bytes.h"

/* ---- formula.c ------------------------------------------------------------------------------- */
enum { QUENCH_ELEMENTS = 16 };
typedef struct quench_mix {
    size_t n;                      /* elements, by atomic number */
    int number[QUENCH_ELEMENTS];   /* atomic numbers */
    double share[QUENCH_ELEMENTS]; /* they sum to 1 */
    size_t count[QUENCH_ELEMENTS]; /* atoms, once they are dealt */
} quench_mix;

/* "Zr44Cu56": each element once, with its share; without a number the share is 1. RISE_E_USAGE:
 * the message says what is wrong. */
rise_status quench_formula(const char *text, quench_mix *mix, rise_error *err) RISE_MUST_USE;
/* Atoms by share, by the largest remainder; ties go to the lower atomic number. */
void quench_deal(quench_mix *mix, size_t n_atoms);
double quench_mass(const quench_mix *mix); /* u, of all atoms */
/* Side of the cube in Å that has this density in g/cm3. */
double quench_side(const quench_mix *mix, double density);
double quench_density(const quench_mix *mix, double volume); /* g/cm3, of a volume in Å3 */

/* ---- what is asked for ----------------------------------------------------------------------- */
typedef struct quench_plan {
    quench_mix mix;
    size_t n_atoms;
    double side;      /* Å */
    bool at_pressure; /* the box follows the pressure; else it stays */
    double pressure;  /* bar */
    const char *style;
    rise_id potential;             /* digest of its bytes */
    double melt, end, anneal;      /* K */
    double melt_time, anneal_time; /* ps */
    double rate[2];                /* K/ps: each sample has one between, drawn by its logarithm */
    double timestep;               /* ps */
    double energy_tolerance;       /* of the minimisation, relative */
    double force_tolerance;        /* eV/Å */
    int64_t seed;
} quench_plan;

typedef enum quench_phase {
    QUENCH_BEGIN = 0, /* reading, until the first step */
    QUENCH_MELT,
    QUENCH_COOL,
    QUENCH_ANNEAL,
    QUENCH_MINIMISE,
    QUENCH_PHASES
} quench_phase;
const char *quench_phase_name(quench_phase phase);

typedef struct quench_sample {
    size_t number;
    int64_t seed;                 /* of its velocities */
    double rate;                  /* K/ps */
    int64_t steps[QUENCH_PHASES]; /* of molecular dynamics; minimising, a guess for progress */
} quench_sample;

quench_sample quench_draw(const quench_plan *plan, size_t number);

/* ---- start.c --------------------------------------------------------------------------------- */
/* Atoms at random places of the cube, none nearer than spheres that fill a quarter of it; a pure
 * function of seed and sample. [n_atoms]; false: memory is short. */
bool quench_place(const quench_plan *plan, size_t number, double (*position)[3]);
double quench_closest(double side, size_t n_atoms); /* Å: what those spheres measure */
/* The LAMMPS data file: elements in the order of the mix, atoms element by element. */
void quench_write_start(const quench_plan *plan, const double (*position)[3], byte_buffer *out);

/* ---- script.c -------------------------------------------------------------------------------- */
#define QUENCH_POTENTIAL "potential"
#define QUENCH_START "start.data"
#define QUENCH_FINAL "final.dump"
#define QUENCH_SCRIPT "in.quench"
void quench_write_script(const quench_plan *plan, const quench_sample *sample, byte_buffer *out);

/* ---- potential.c ----------------------------------------------------------------------------- */
/* Whether the ending of a potential's name says another style than `style`; NULL: it does not. */
const char *quench_other_style(const char *path, const char *style);
/* Whether the elements of the mix stand in the potential, where its format tells them. */
rise_status quench_check_potential(const quench_mix *mix, const char *style, const rise_file *file,
                                   rise_error *err) RISE_MUST_USE;

/* ---- log.c: what LAMMPS says ----------------------------------------------------------------- */
enum { QUENCH_LINES = 4, QUENCH_LINE = 120 };
typedef struct quench_log {
    quench_phase phase;
    int64_t step;       /* of the phase */
    double temperature; /* K, as last told */
    double energy;      /* eV, at the end */
    int64_t iterations; /* of the minimisation */
    bool has_energy, has_iterations;
    char version[64];
    char line[QUENCH_LINES][QUENCH_LINE]; /* the last ones, a ring */
    size_t n_lines;
    int after_error; /* lines since the one that told an error, itself included; 0: none yet */
} quench_log;        /* zeroed is empty */

void quench_log_line(quench_log *log, const char *text);
/* The last lines in their order, "a | b | c"; those of an error, where there was one. */
void quench_log_tail(const quench_log *log, char *text, size_t size);

/* ---- dump.c ---------------------------------------------------------------------------------- */
/* One frame, as the script asks for it: cell (Å) and positions relative to its corner. RISE_E_DATA:
 * it is another. */
rise_status quench_read_dump(const rise_file *file, const quench_mix *mix, double cell[3],
                             double (*position)[3], rise_error *err) RISE_MUST_USE;

/* ---- sample.c: one sample -------------------------------------------------------------------- */
typedef struct quench_result {
    double cell[3];
    double (*position)[3]; /* [n_atoms] Å; malloc'ed */
    double energy, temperature;
    int64_t iterations;
    char lammps[64]; /* its version */
} quench_result;

/* What is being made: shared by all samples. */
typedef struct quench_work {
    rise_ctx *ctx;
    quench_plan plan;
    const rise_file *potential;
    const char *lmp;
    size_t n;
    quench_sample *sample; /* [n] */
    quench_result *result; /* [n] */
    rise_error *failed;    /* [n] status RISE_OK where nothing failed */
    int64_t n_steps;       /* of all samples */
    _Atomic int64_t steps_done;
    _Atomic size_t n_done;
} quench_work;

/* For rise_parallel: sample i from the store, or made and kept there. A run of LAMMPS that fails at
 * work is told in failed[i]; what would fail for all samples is returned. */
rise_status quench_make(void *user, size_t i, rise_error *err);

/* ---- results.c ------------------------------------------------------------------------------- */
rise_status quench_put(const quench_work *w, rise_error *err) RISE_MUST_USE;

/* ---- whole.c --------------------------------------------------------------------------------- */
rise_status quench_whole(rise_ctx *ctx, rise_error *err);

#endif

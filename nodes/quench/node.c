/* quench: samples of a glass, made by LAMMPS. The rows, and what they say together. */
#include "quench.h"

#include <math.h>
#include <string.h>

static const rise_port outputs[] = {
    {.name = "frames",
     .kinds = RISE_KINDS(RISE_FRAMES),
     .mode = RISE_WHOLE,
     .help = "minimised structures, one for each sample"},
    {.name = "energy",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_WHOLE,
     .dtype = RISE_F64,
     .shape = "[frame]",
     .unit = "eV",
     .help = "potential energy of each, of all atoms together"},
    {.name = "quench",
     .kinds = RISE_KINDS(RISE_TENSOR),
     .mode = RISE_WHOLE,
     .dtype = RISE_F64,
     .shape = "[frame]",
     .unit = "ps",
     .help = "time in which each was cooled"},
    {.name = "samples",
     .kinds = RISE_KINDS(RISE_TABLE),
     .mode = RISE_WHOLE,
     .help = "of each sample: number, seed of its velocities, rate, quench time, energy, density, "
             "temperature before the minimisation, iterations of that, version of LAMMPS"},
    {0}};

static const rise_param params[] = {
    {.name = "composition",
     .type = RISE_P_TEXT,
     .help = "elements and their shares, as Zr44Cu56, Pd80Si20 or Si"},
    {.name = "atoms",
     .type = RISE_P_INT,
     .def = "2000",
     .min = 8,
     .max = 10000000,
     .help = "in each sample, dealt to the elements by their shares"},
    {.name = "potential",
     .type = RISE_P_FILE,
     .help = "file of the potential. LAMMPS is told pair_coeff * * FILE ELEMENT..."},
    {.name = "pair_style",
     .type = RISE_P_TEXT,
     .help = "style of the potential as LAMMPS calls it, with its settings if it has any: eam/fs, "
             "eam/alloy, sw, tersoff, ... Units are metal"},
    {.name = "box",
     .type = RISE_P_REAL,
     .min = 0,
     .max = INFINITY,
     .unit = "Å",
     .flags = RISE_PARAM_OPTIONAL | RISE_PARAM_OPEN_MIN | RISE_PARAM_OPEN_MAX,
     .help = "side of the cube, periodic. This or `density`"},
    {.name = "density",
     .type = RISE_P_REAL,
     .min = 0,
     .max = INFINITY,
     .unit = "g/cm3",
     .flags = RISE_PARAM_OPTIONAL | RISE_PARAM_OPEN_MIN | RISE_PARAM_OPEN_MAX,
     .help = "from which the side of the cube follows"},
    {.name = "pressure",
     .type = RISE_P_REAL,
     .min = -INFINITY,
     .max = INFINITY,
     .unit = "bar",
     .flags = RISE_PARAM_OPTIONAL | RISE_PARAM_OPEN_MIN | RISE_PARAM_OPEN_MAX,
     .help = "the cube follows this pressure until the minimisation; without it the cube stays"},
    {.name = "melt",
     .type = RISE_P_REAL,
     .def = "2000",
     .min = 0,
     .max = 1e6,
     .unit = "K",
     .flags = RISE_PARAM_OPEN_MIN,
     .help = "temperature of the liquid"},
    {.name = "melt_time",
     .type = RISE_P_REAL,
     .def = "4",
     .min = 0,
     .max = 1e9,
     .unit = "ps",
     .help = "in the liquid, from atoms at random places"},
    {.name = "rate",
     .type = RISE_P_REALS,
     .def = "[150, 5000]",
     .min = 0,
     .max = INFINITY,
     .unit = "K/ps",
     .flags = RISE_PARAM_OPEN_MIN | RISE_PARAM_OPEN_MAX,
     .help = "of cooling. Two: each sample has one between, its logarithm drawn uniformly"},
    {.name = "end",
     .type = RISE_P_REAL,
     .def = "300",
     .min = 0,
     .max = 1e6,
     .unit = "K",
     .flags = RISE_PARAM_OPEN_MIN,
     .help = "temperature down to which it is cooled"},
    {.name = "anneal",
     .type = RISE_P_REAL,
     .min = 0,
     .max = 1e6,
     .unit = "K",
     .flags = RISE_PARAM_OPTIONAL | RISE_PARAM_OPEN_MIN,
     .help = "temperature at which it is held after cooling. Default: `end`"},
    {.name = "anneal_time",
     .type = RISE_P_REAL,
     .def = "0",
     .min = 0,
     .max = 1e9,
     .unit = "ps",
     .help = "how long it is held"},
    {.name = "timestep",
     .type = RISE_P_REAL,
     .def = "0.002",
     .min = 0,
     .max = 0.1,
     .unit = "ps",
     .flags = RISE_PARAM_OPEN_MIN,
     .help = "of the molecular dynamics"},
    {.name = "energy_tolerance",
     .type = RISE_P_REAL,
     .def = "1e-12",
     .min = 0,
     .max = 1,
     .help = "relative change of energy at which the minimisation (conjugate gradients) ends"},
    {.name = "force_tolerance",
     .type = RISE_P_REAL,
     .def = "1e-4",
     .min = 0,
     .max = INFINITY,
     .unit = "eV/Å",
     .flags = RISE_PARAM_OPEN_MAX,
     .help = "norm of all forces at which it ends"},
    {.name = "samples",
     .type = RISE_P_INT,
     .def = "100",
     .min = 1,
     .max = 1000000,
     .help = "how many. More of them later cost the new ones only"},
    {.name = "seed",
     .type = RISE_P_INT,
     .def = "1",
     .help = "of places, velocities and rates; each sample draws its own from it"},
    {.name = "leave_out",
     .type = RISE_P_INTS,
     .min = 0,
     .max = 1000000,
     .flags = RISE_PARAM_OPTIONAL,
     .help = "numbers of samples that are not made, counted from 0"},
    {.name = "lmp",
     .type = RISE_P_TEXT,
     .def = "lmp",
     .flags = RISE_PARAM_NO_RESULT,
     .help =
         "the program: a name that is looked for on PATH, or an absolute path. Which version it "
         "is stands in `samples` and in no key: a data set that was made stays"},
    {0}};

/* ---- what the rows say together -------------------------------------------------------------- */
static rise_status check_style(rise_ctx *ctx, rise_error *err) {
    const char *style = rise_param_text(ctx, "pair_style");
    const rise_file *file = rise_param_file(ctx, "potential");
    /* it becomes a line of a script */
    if (!style[0] ||
        strspn(style, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/.+- ") !=
            strlen(style))
        return rise_fail_param(ctx, err, "pair_style",
                               "`%.40s` is no style: expected letters, digits, blanks and _/.+-",
                               style);
    const char *other = file ? quench_other_style(file->path, style) : NULL;
    if (other) {
        rise_fail_param(ctx, err, "pair_style",
                        "the potential is a file for %s by its name, not %s", other, style);
        return rise_hint(err, "`pair_style: %s`", other);
    }
    return RISE_OK;
}

static rise_status check_quench(rise_ctx *ctx, rise_error *err) {
    quench_mix mix;
    rise_error why;
    if (quench_formula(rise_param_text(ctx, "composition"), &mix, &why) != RISE_OK) {
        rise_fail_param(ctx, err, "composition", "%s", why.message);
        return rise_hint(err, "as Zr44Cu56, Pd80Si20 or Si");
    }
    bool box = rise_param_set(ctx, "box"), density = rise_param_set(ctx, "density");
    if (box == density) {
        rise_fail_param(ctx, err, box ? "density" : "composition",
                        box ? "either `box` or `density`, not both"
                            : "neither `box` nor `density` says how large it is");
        return rise_hint(err, "`box` is a side in Å, `density` is in g/cm3");
    }
    if (rise_param_count(ctx, "rate") > 2 || rise_param_count(ctx, "rate") < 1)
        return rise_fail_param(ctx, err, "rate", "expected one rate, or two between which it lies");
    if (rise_param_real(ctx, "end") > rise_param_real(ctx, "melt"))
        return rise_fail_param(ctx, err, "end", "%g K is above `melt`, %g K",
                               rise_param_real(ctx, "end"), rise_param_real(ctx, "melt"));
    if (rise_param_set(ctx, "anneal") && !(rise_param_real(ctx, "anneal_time") > 0)) {
        rise_fail_param(ctx, err, "anneal", "it is held for no time");
        return rise_hint(err, "`anneal_time` says how long, in ps");
    }
    return check_style(ctx, err);
}

const rise_node_type rise_node_quench = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "quench",
    .brief = "samples of a glass: melted, cooled and minimised by LAMMPS",
    .version = 1,
    .out = outputs,
    .params = params,
    .check = check_quench,
    .whole = quench_whole,
};

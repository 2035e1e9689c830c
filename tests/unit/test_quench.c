/* quench: compositions, the random start, the script for LAMMPS, and what is read of its answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quench/quench.h"

/* ---- composition ----------------------------------------------------------------------------- */
static quench_mix mix_of(const char *formula, size_t n_atoms) {
    quench_mix mix;
    rise_error err;
    if (quench_formula(formula, &mix, &err) != RISE_OK) {
        fail_msg("%s: %s", formula, err.message);
    }
    quench_deal(&mix, n_atoms);
    return mix;
}

static void formulas_are_read(void **unused) {
    (void)unused;
    quench_mix mix = mix_of("Zr44Cu56", 2000);
    assert_int_equal(mix.n, 2);
    assert_int_equal(mix.number[0], 29); /* by atomic number, however it is written */
    assert_int_equal(mix.count[0], 1120);
    assert_int_equal(mix.count[1], 880);
    mix = mix_of("Zr46.25Cu46.25Al7.5", 2000);
    assert_int_equal(mix.number[0], 13);
    assert_int_equal(mix.count[0], 150);
    assert_int_equal(mix.count[1], 925);
    assert_int_equal(mix.count[2], 925);
    mix = mix_of("Si", 64);
    assert_int_equal(mix.count[0], 64);
    mix = mix_of("SiO2", 96);
    assert_int_equal(mix.number[0], 8);
    assert_int_equal(mix.count[0], 64);
}

/* Largest remainder; all atoms are dealt, whatever the shares. */
static void atoms_are_dealt(void **unused) {
    (void)unused;
    quench_mix mix = mix_of("Zr44Cu56", 108); /* 60.48 and 47.52 */
    assert_int_equal(mix.count[0], 60);
    assert_int_equal(mix.count[1], 48);
    mix = mix_of("LiBeB", 8);
    assert_int_equal(mix.count[0], 3);
    assert_int_equal(mix.count[1], 3);
    assert_int_equal(mix.count[2], 2);
    for (size_t n = 8; n < 400; n++) {
        mix = mix_of("Zr46.5Cu45.1Al8.4", n);
        assert_int_equal(mix.count[0] + mix.count[1] + mix.count[2], n);
    }
}

static void formulas_are_refused(void **unused) {
    (void)unused;
    static const char *const wrong[][2] = {
        {"", "names no element"},    {"zr44", "`zr` is no element"}, {"Xx", "`Xx` is no element"},
        {"Zr44Cu56Zr", "twice"},     {"Zr0", "is no share"},         {"Zr1.2.3", "is no share"},
        {"Zr44 Cu56", "no element"}, {"Zr-1", "no element"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        quench_mix mix;
        rise_error err = {0};
        assert_int_equal(quench_formula(wrong[i][0], &mix, &err), RISE_E_USAGE);
        if (!strstr(err.message, wrong[i][1])) {
            fail_msg("%s: %s", wrong[i][0], err.message);
        }
    }
}

/* 2000 atoms of Zr44Cu56 in 32.43 Å weigh 7.3735 g/cm3; and back. */
static void density_and_side_agree(void **unused) {
    (void)unused;
    quench_mix mix = mix_of("Zr44Cu56", 2000);
    double density = quench_density(&mix, 32.43 * 32.43 * 32.43);
    assert_true(fabs(density - 7.3734991) < 1e-4);
    assert_true(fabs(quench_side(&mix, density) - 32.43) < 1e-9);
}

/* ---- the start ------------------------------------------------------------------------------- */
static quench_plan plan_of(size_t n_atoms, double side) {
    return (quench_plan){.mix = mix_of("Zr44Cu56", n_atoms),
                         .n_atoms = n_atoms,
                         .side = side,
                         .style = "eam/fs",
                         .melt = 2000,
                         .end = 300,
                         .anneal = 300,
                         .melt_time = 10,
                         .rate = {150, 5000},
                         .timestep = 0.002,
                         .energy_tolerance = 1e-12,
                         .force_tolerance = 1e-4,
                         .seed = 7};
}

static double closest(const quench_plan *p, const double (*x)[3]) {
    double least = INFINITY;
    for (size_t a = 0; a < p->n_atoms; a++) {
        for (size_t b = 0; b < a; b++) {
            double r2 = 0;
            for (int k = 0; k < 3; k++) {
                double d = x[a][k] - x[b][k];
                d -= p->side * round(d / p->side);
                r2 += d * d;
            }
            least = fmin(least, sqrt(r2));
        }
    }
    return least;
}

static void atoms_stand_apart(void **unused) {
    (void)unused;
    static double x[2000][3], again[2000][3];
    static const size_t sizes[] = {8, 27, 108, 2000};
    for (size_t i = 0; i < 4; i++) {
        quench_plan p = plan_of(sizes[i], 32.43 * cbrt((double)sizes[i] / 2000));
        assert_true(quench_place(&p, 3, x));
        double least = closest(&p, (const double(*)[3])x);
        assert_true(least >= quench_closest(p.side, p.n_atoms) && least < p.side);
        for (size_t a = 0; a < p.n_atoms; a++) {
            for (int k = 0; k < 3; k++) {
                assert_true(x[a][k] >= 0 && x[a][k] < p.side);
            }
        }
        assert_true(quench_place(&p, 3, again));
        assert_memory_equal(x, again, sizes[i] * sizeof *x);
        assert_true(quench_place(&p, 4, again));
        assert_memory_not_equal(x, again, sizes[i] * sizeof *x);
    }
}

static char *text_of(byte_buffer *b) {
    bytes_add(b, "", 1);
    assert_false(b->failed);
    return (char *)b->data;
}

static void the_start_is_a_data_file(void **unused) {
    (void)unused;
    static const double x[2][3] = {{0.5, 1, 1.25}, {3, 2, 0.1}};
    quench_plan p = plan_of(8, 4);
    p.mix = mix_of("ZrCu", 2);
    p.n_atoms = 2;
    byte_buffer out = {0};
    quench_write_start(&p, x, &out);
    assert_string_equal(text_of(&out), "start\n\n2 atoms\n2 atom types\n0 4 xlo xhi\n0 4 ylo yhi\n"
                                       "0 4 zlo zhi\n\nMasses\n\n1 63.546\n2 91.224\n\n"
                                       "Atoms # atomic\n\n1 1 0.5 1 1.25\n2 2 3 2 0.1\n");
    bytes_free(&out);
}

/* ---- the script ------------------------------------------------------------------------------ */
static const char golden[] = "# sample 5 of seed 7: Cu 60, Zr 48 in a cube of 12.25 A\n"
                             "suffix opt\n"
                             "units metal\n"
                             "atom_style atomic\n"
                             "boundary p p p\n"
                             "read_data start.data\n"
                             "pair_style eam/fs\n"
                             "pair_coeff * * potential Cu Zr\n"
                             "neighbor 2 bin\n"
                             "neigh_modify delay 0 every 1 check yes\n"
                             "timestep 0.002\n"
                             "thermo 100\n"
                             "thermo_style custom step temp pe vol press\n"
                             "thermo_modify lost error flush yes\n"
                             "min_style cg\n"
                             "minimize 0 0.1 100 1000\n"
                             "velocity all create 2000 4711 mom yes rot no dist gaussian\n"
                             "print \"rise: melt\"\n"
                             "reset_timestep 0\n"
                             "fix move all nvt temp 2000 2000 0.1\n"
                             "run 5000\n"
                             "unfix move\n"
                             "print \"rise: cool\"\n"
                             "reset_timestep 0\n"
                             "fix move all nvt temp 2000 300 0.1\n"
                             "run 850\n"
                             "unfix move\n"
                             "print \"rise: minimise\"\n"
                             "reset_timestep 0\n"
                             "minimize 1e-12 0.0001 100000 1000000\n"
                             "print \"rise: energy $(pe:%.17g)\"\n"
                             "print \"rise: iterations $(step:%.0f)\"\n"
                             "write_dump all custom final.dump id type x y z modify sort id format "
                             "float %.17g\n";

static void the_script_is_golden(void **unused) {
    (void)unused;
    quench_plan p = plan_of(108, 12.25);
    quench_sample s = {.number = 5, .seed = 4711, .rate = 1000};
    s.steps[QUENCH_MELT] = 5000;
    s.steps[QUENCH_COOL] = 850;
    byte_buffer out = {0};
    quench_write_script(&p, &s, &out);
    assert_string_equal(text_of(&out), golden);
    bytes_free(&out);

    out = (byte_buffer){0};
    p.at_pressure = true;
    p.anneal = 600;
    s.steps[QUENCH_ANNEAL] = 50;
    quench_write_script(&p, &s, &out);
    assert_non_null(
        strstr(text_of(&out), "fix move all npt temp 2000 300 0.1 iso 0 0 2\nrun 850\n"));
    assert_non_null(
        strstr((char *)out.data, "fix move all npt temp 600 600 0.1 iso 0 0 2\nrun 50\n"));
    bytes_free(&out);
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Logarithms uniform between the two rates; a sample's draw hangs on seed and number alone. */
static void rates_are_drawn(void **unused) {
    (void)unused;
    enum { N = 2000 };
    static double at[N];
    quench_plan p = plan_of(108, 12.25);
    for (size_t i = 0; i < N; i++) {
        quench_sample s = quench_draw(&p, i);
        assert_true(s.rate >= 150 && s.rate <= 5000 && s.seed >= 1 && s.seed < 2147483647);
        assert_int_equal(s.steps[QUENCH_MELT], 5000);
        assert_int_equal(s.steps[QUENCH_COOL], llround(1700 / s.rate / 0.002));
        at[i] = log(s.rate / 150) / log(5000.0 / 150);
    }
    qsort(at, N, sizeof *at, by_value);
    for (size_t i = 0; i < N; i++) { /* Kolmogorov and Smirnov: 1 % at 1.63 / sqrt(N) */
        assert_true(fabs(at[i] - (double)i / (double)N) < 1.63 / sqrt((double)N));
    }
    p.rate[1] = 150;
    quench_sample s = quench_draw(&p, 9);
    assert_true(fabs(s.rate - 150) < 1e-9);
}

/* ---- what LAMMPS says ------------------------------------------------------------------------ */
static void hear(quench_log *log, const char *text) {
    char line[256];
    for (size_t n; *text; text += n + (text[n] == '\n')) {
        n = strcspn(text, "\n");
        snprintf(line, sizeof line, "%.*s", (int)n, text);
        quench_log_line(log, line);
    }
}

static void a_log_is_followed(void **unused) {
    (void)unused;
    quench_log log = {0};
    hear(&log, "LAMMPS (29 Sep 2021 - Update 2)\n"
               "  using 1 OpenMP thread(s) per MPI task\n"
               "Step Temp PotEng Volume Press \n"
               "       0            0   -400   1842.7   123456 \n"
               "      42            0   -500   1842.7   12345 \n");
    assert_string_equal(log.version, "29 Sep 2021 - Update 2");
    assert_int_equal(log.phase, QUENCH_BEGIN);
    hear(&log, "rise: melt\n       0         2000   -500   1842.7   12345 \n"
               "     300    1987.1234   -480.1   1842.7   12345 \n");
    assert_int_equal(log.phase, QUENCH_MELT);
    assert_int_equal(log.step, 300);
    hear(&log, "rise: cool\n");
    assert_int_equal(log.step, 0);
    hear(&log,
         "     146    312.5   -501   1842.7   -3.2 \nLoop time of 0.06 on 1 procs\n"
         "Nlocal:        108.000 ave         108 max         108 min\n"
         "Histogram: 1 0 0 0 0 0 0 0 0 0\n"
         "rise: minimise\n 0    312.5   -501   1842.7   -3.2 \n 140 312.5 -504 1842.7 1e3 \n");
    assert_int_equal(log.phase, QUENCH_MINIMISE);
    assert_true(fabs(log.temperature - 312.5) < 1e-12);
    assert_false(log.has_energy);
    hear(&log, "rise: energy -504.4309294422577\nrise: iterations 140\nTotal wall time: 0:00:01\n");
    assert_true(log.has_energy && log.has_iterations);
    assert_true(fabs(log.energy + 504.4309294422577) < 1e-13);
    assert_int_equal(log.iterations, 140);
    assert_int_equal(log.after_error, 0);
}

static void an_error_is_kept(void **unused) {
    (void)unused;
    quench_log log = {0};
    char tail[400];
    hear(&log, "one\ntwo\n\nthree\nfour\nfive\n");
    quench_log_tail(&log, tail, sizeof tail);
    assert_string_equal(tail, "two | three | four | five");
    hear(&log, "rise: melt\nERROR: Lost atoms: original 108 current 31 (src/thermo.cpp:439)\n"
               "Last command: run 20\n"
               "--------------------------------------------------------------------------\n"
               "MPI_ABORT was invoked on rank 0 in communicator MPI_COMM_WORLD\n");
    quench_log_tail(&log, tail, sizeof tail);
    assert_string_equal(tail, "ERROR: Lost atoms: original 108 current 31 (src/thermo.cpp:439) | "
                              "Last command: run 20");
    char narrow[20]; /* cut, not overrun */
    quench_log_tail(&log, narrow, sizeof narrow);
    assert_string_equal(narrow, "ERROR: Lost atoms: ");
    quench_log empty = {0};
    quench_log_tail(&empty, tail, sizeof tail);
    assert_string_equal(tail, "");
}

/* ---- the dump -------------------------------------------------------------------------------- */
static rise_file file_of(const char *name, const char *text) {
    return (rise_file){name, (const uint8_t *)text, strlen(text)};
}

#define DUMP_HEAD "ITEM: TIMESTEP\n140\nITEM: NUMBER OF ATOMS\n2\n"
#define DUMP_BOX                                                                                   \
    "ITEM: BOX BOUNDS pp pp pp\n-1.0000000000000000e+00 9.0000000000000000e+00\n"                  \
    "0.0 10\n0.5 10.5\n"
#define DUMP_ATOMS "ITEM: ATOMS id type x y z \n"

static void a_dump_is_read(void **unused) {
    (void)unused;
    quench_mix mix = mix_of("ZrCu", 2);
    double cell[3], x[2][3];
    rise_error err = {0};
    rise_file good =
        file_of("d", DUMP_HEAD DUMP_BOX DUMP_ATOMS "1 1 0.10000000000000001 2 3\n2 2 -1 0 0.5\n");
    assert_int_equal(quench_read_dump(&good, &mix, cell, x, &err), RISE_OK);
    const double expected[2][3] = {{1.1, 2, 2.5}, {0, 0, 0}};
    for (int k = 0; k < 3; k++) {
        assert_true(fabs(cell[k] - 10) < 1e-15);
        assert_true(fabs(x[0][k] - expected[0][k]) < 1e-15 && fabs(x[1][k]) < 1e-15);
    }
    static const char *const wrong[] = {
        "",
        DUMP_HEAD,
        DUMP_HEAD DUMP_BOX DUMP_ATOMS "1 1 0 0 0\n",            /* one is missing */
        DUMP_HEAD DUMP_BOX DUMP_ATOMS "1 1 0 0 0\n1 2 0 0 0\n", /* twice */
        DUMP_HEAD DUMP_BOX DUMP_ATOMS "1 1 0 0 0\n2 1 0 0 0\n", /* another element */
        DUMP_HEAD DUMP_BOX DUMP_ATOMS "1 1 0 0 0\n2 2 0 0\n",   /* a number is missing */
        DUMP_HEAD DUMP_BOX DUMP_ATOMS "1 1 0 0 0\n2 2 0 0 0\n3 2 0 0 0\n",
        DUMP_HEAD "ITEM: BOX BOUNDS pp pp pp\n1 1\n0 1\n0 1\n" DUMP_ATOMS "1 1 0 0 0\n2 2 0 0 0\n",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        rise_file file = file_of("d", wrong[i]);
        assert_int_equal(quench_read_dump(&file, &mix, cell, x, &err), RISE_E_DATA);
    }
}

/* ---- potentials ------------------------------------------------------------------------------ */
static void elements_are_looked_for(void **unused) {
    (void)unused;
    rise_error err = {0};
    rise_file fs = file_of("p", "a\nb\nc\n  2 Cu Zr\n1 2 3\n");
    quench_mix zrcu = mix_of("ZrCu", 8), zr = mix_of("Zr", 8), nizr = mix_of("NiZr", 8);
    assert_int_equal(quench_check_potential(&zrcu, "eam/fs", &fs, &err), RISE_OK);
    assert_int_equal(quench_check_potential(&zr, "eam/alloy", &fs, &err), RISE_OK);
    assert_int_equal(quench_check_potential(&nizr, "eam/fs", &fs, &err), RISE_E_DATA);
    assert_non_null(strstr(err.message, "Ni is not in this potential"));
    assert_int_equal(quench_check_potential(&nizr, "sw", &fs, &err), RISE_OK); /* tells nothing */
    rise_file text = file_of("p", "not\na\npotential\nat all\n");
    assert_int_equal(quench_check_potential(&zr, "eam/fs", &text, &err), RISE_E_DATA);
    rise_file brief = file_of("p", "a\nb\n");
    assert_int_equal(quench_check_potential(&zr, "eam/fs", &brief, &err), RISE_E_DATA);
}

static void names_tell_styles(void **unused) {
    (void)unused;
    assert_string_equal(quench_other_style("a/CuZr_mm.eam.fs", "eam/alloy"), "eam/fs");
    assert_string_equal(quench_other_style("x.eam.alloy.zst", "eam/fs"), "eam/alloy");
    assert_null(quench_other_style("CuZr_mm.eam.fs", "eam/fs"));
    assert_null(quench_other_style("Si.tersoff", "tersoff/mod"));
    assert_null(quench_other_style("mine.set", "eam/alloy"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formulas_are_read),    cmocka_unit_test(atoms_are_dealt),
        cmocka_unit_test(formulas_are_refused), cmocka_unit_test(density_and_side_agree),
        cmocka_unit_test(atoms_stand_apart),    cmocka_unit_test(the_start_is_a_data_file),
        cmocka_unit_test(the_script_is_golden), cmocka_unit_test(rates_are_drawn),
        cmocka_unit_test(a_log_is_followed),    cmocka_unit_test(an_error_is_kept),
        cmocka_unit_test(a_dump_is_read),       cmocka_unit_test(elements_are_looked_for),
        cmocka_unit_test(names_tell_styles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

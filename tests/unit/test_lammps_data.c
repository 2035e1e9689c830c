/* LAMMPS data files: what is taken, and what every refused file is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reader/lammps_data.h"

#include "support/bad_files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From a copy without a final NUL, so that ASan sees a step too far. */
static rise_status parse(const char *text, const char *style, const species_map *map,
                         lammps_data *out, rise_error *err) {
    size_t size = strlen(text);
    char *copy = bad_files_copy(text, size);
    *err = (rise_error){0};
    *out = (lammps_data){0};
    rise_status status = lammps_data_parse("a.data", copy, size, style, map, out, err);
    free(copy);
    return status;
}

static void parse_good(const char *text, const char *style, lammps_data *out) {
    static const char *const type[] = {"1", "2"};
    static const uint8_t number[] = {40, 29};
    const species_map map = {2, type, number};
    rise_error err;
    if (parse(text, style, &map, out, &err) != RISE_OK)
        bad_files_refused(text, &err);
}

static void check_atom(const lammps_data *d, size_t i, int z, double x, double y, double zz) {
    const double *p = d->positions[i];
    if (d->species[i] != z || fabs(p[0] - x) > 1e-12 || fabs(p[1] - y) > 1e-12 ||
        fabs(p[2] - zz) > 1e-12)
        fail_msg("atom %zu: found %d at %.15g %.15g %.15g, expected %d at %.15g %.15g %.15g", i,
                 d->species[i], p[0], p[1], p[2], z, x, y, zz);
}

#define HEAD2 "title\n\n2 atoms\n2 atom types\n0 10 xlo xhi\n0 10 ylo yhi\n0 10 zlo zhi\n\n"

/* As write_data of LAMMPS leaves it: ids unsorted, image flags, velocities, a box off the origin.
 */
static void test_write_data(void **state) {
    (void)state;
    lammps_data d;
    parse_good(
        "LAMMPS data file via write_data, version 29 Sep 2021, timestep = 42, units = metal\n\n"
        "3 atoms\n2 atom types\n\n-1.5 8.5 xlo xhi\n-1 9 ylo yhi\n0 1.2e1 zlo zhi\n\n"
        "Masses\n\n1 91.224\n2 63.546\n\nPair Coeffs # eam/fs\n\n1 1\n2 1\n\n"
        "Atoms # atomic\n\n3 2 0 0 0 0 -1 2\n1 1 -1.5 -1 0 0 0 0\n2 2 8.5 9 12 1 0 0\n\n"
        "Velocities\n\n3 0 0 0\n1 0 0 0\n2 0 0 0\n",
        NULL, &d);
    assert_int_equal(d.n_atoms, 3);
    assert_string_equal(d.units, "metal");
    check_atom(&d, 0, 40, 0, 0, 0);
    check_atom(&d, 1, 29, 10, 10, 12);
    check_atom(&d, 2, 29, 1.5, 1, 0);
    assert_true(d.cell.vector[0][0] == 10 && d.cell.vector[2][2] == 12 && d.cell.periodic[1]);
    lammps_data_free(&d);
}

static void test_triclinic(void **state) {
    (void)state;
    lammps_data d;
    /* tilt before the bounds, comments in the header, CRLF */
    parse_good("t\r\n\r\n1 atoms # one\r\n2 atom types\r\n1 2 3 xy xz yz\r\n1 11 xlo xhi\r\n"
               "0 10 ylo yhi\r\n0 10 zlo zhi\r\n\r\nAtoms\r\n\r\n1 1 2 3 4 # here\r\n",
               NULL, &d);
    assert_true(d.cell.vector[1][0] == 1 && d.cell.vector[2][0] == 2 && d.cell.vector[2][1] == 3);
    assert_true(d.cell.vector[0][0] == 10);
    check_atom(&d, 0, 40, 1, 3, 4);
    lammps_data_free(&d);
    parse_good("t\n1 atoms\n2 atom types\n0 1 1 abc origin\n5 1 0 avec\n0 5 1 bvec\n1 0 5 cvec\n\n"
               "Atoms # charge\n\n1 2 0.5 1 2 3\n",
               NULL, &d);
    assert_true(d.cell.vector[0][1] == 1 && d.cell.vector[2][0] == 1);
    check_atom(&d, 0, 29, 1, 1, 2);
    lammps_data_free(&d);
}

static void test_styles(void **state) {
    (void)state;
    static const struct {
        const char *style, *rows;
    } cases[] = {{"atomic", "1 2 1 2 3\n2 1 4 5 6\n"},
                 {"charge", "1 2 0 1 2 3\n2 1 -0.5 4 5 6\n"},
                 {"charge", "1 2 0 1 2 3 0 0 -1\n2 1 -0.5 4 5 6\n"},
                 {"bond", "1 7 2 1 2 3\n2 7 1 4 5 6\n"},
                 {"molecular", "2 7 1 4 5 6 0 0 0\n1 7 2 1 2 3 0 0 0\n"},
                 {"full", "1 7 2 0.5 1 2 3\n2 7 1 0.5 4 5 6\n"},
                 {"sphere", "1 2 1 1 1 2 3\n2 1 1 1 4 5 6\n"},
                 {"dipole", "1 2 0 1 2 3 0 0 1\n2 1 0 4 5 6 0 0 1\n"},
                 {"line", "1 7 2 0 1 1 2 3\n2 7 1 0 1 4 5 6\n"},
                 {"hybrid", "1 2 1 2 3 9 9\n2 1 4 5 6 9 9\n"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int by_hint = 0; by_hint < 2; by_hint++) {
            char text[400];
            lammps_data d;
            snprintf(text, sizeof text, HEAD2 "Atoms # %s\n\n%s",
                     by_hint ? cases[i].style : "nonsense that is not read", cases[i].rows);
            parse_good(text, by_hint ? NULL : cases[i].style, &d);
            check_atom(&d, 0, 29, 1, 2, 3);
            check_atom(&d, 1, 40, 4, 5, 6);
            lammps_data_free(&d);
        }
}

/* Elements from type labels and from comments in Masses, whose ids are out of order. */
static void test_elements(void **state) {
    (void)state;
    lammps_data d;
    rise_error err;
    const char *by_mass = HEAD2 "Masses\n\n2 63.546 # Cu\n1 91.224 # Zr (from the potential)\n\n"
                                "Atoms\n\n1 1 1 2 3\n2 2 4 5 6\n";
    assert_int_equal(parse(by_mass, NULL, NULL, &d, &err), RISE_OK);
    check_atom(&d, 0, 40, 1, 2, 3);
    check_atom(&d, 1, 29, 4, 5, 6);
    lammps_data_free(&d);
    const char *by_label = HEAD2 "Atom Type Labels\n\n1 Si\n2 O\n\nMasses\n\nO 16\nSi 28\n\n"
                                 "Atoms # atomic\n\n1 Si 1 2 3\n2 O 4 5 6\n";
    assert_int_equal(parse(by_label, NULL, NULL, &d, &err), RISE_OK);
    check_atom(&d, 0, 14, 1, 2, 3);
    check_atom(&d, 1, 8, 4, 5, 6);
    lammps_data_free(&d);
    /* the user's word goes first; Masses may follow Atoms */
    const char *const type[] = {"Si"};
    const uint8_t number[] = {32};
    const species_map map = {1, type, number};
    assert_int_equal(parse(by_label, NULL, &map, &d, &err), RISE_OK);
    check_atom(&d, 0, 32, 1, 2, 3);
    lammps_data_free(&d);
    const char *late = HEAD2 "Atoms\n\n1 1 1 2 3\n2 2 4 5 6\n\nMasses\n\n1 1 # H\n2 16 # O\n";
    assert_int_equal(parse(late, NULL, NULL, &d, &err), RISE_OK);
    check_atom(&d, 1, 8, 4, 5, 6);
    lammps_data_free(&d);
}

typedef struct bad_case {
    const char *text;
    long line, col;
    const char *message;
} bad_case;

#define BOX3 "0 10 xlo xhi\n0 10 ylo yhi\n0 10 zlo zhi\n"

static const bad_case bad_cases[] = {
    {"", 0, 0, "there is no Atoms section"},
    {"just a title\n", 1, 0, "there is no Atoms section"},
    {"2 atoms\n2 atom types\n" BOX3 "\nAtoms\n\n1 1 1 2 3\n2 1 1 2 4\n", 7, 1,
     "the header has no 'N atoms' line"},
    {"t\n2 atoms\n" BOX3 "\nAtoms\n\n1 1 1 2 3\n", 7, 1, "the header has no 'N atom types' line"},
    {"t\nmany atoms\n", 2, 1, "neither a header line nor a section: 'many atoms'"},
    {"t\n2.5 atoms\n", 2, 1, "expected a count of at least 1, found '2.5'"},
    {"t\n0 atoms\n", 2, 1, "expected a count of at least 1, found '0'"},
    {"t\n1 atoms\n1 atom types\n0 10 xlo xhi\n0 10 zlo zhi\n\nAtoms\n\n1 1 1 2 3\n", 7, 0,
     "the header has no ylo yhi line"},
    {"t\n1 atoms\n1 atom types\n1 0 0 avec\n0 1 0 bvec\n\nAtoms\n\n1 1 1 2 3\n", 7, 0,
     "the header has no cvec line"},
    {"t\n10 0 xlo xhi\n", 2, 1, "xhi 0 is not above xlo 10"},
    {"t\n0 ten xlo xhi\n", 2, 3, "expected a finite number in the header, found 'ten'"},
    {"t\n1 atoms\n1 atom types\n1 0 0 avec\n0 1 0 bvec\n1 1 0 cvec\n\nAtoms\n\n1 1 1 2 3\n", 8, 0,
     "frame 0: the cell has no volume: a = (1 0 0), b = (0 1 0), c = (1 1 0)"},
    {HEAD2 "Atom\n\n1 1 1 2 3\n", 9, 1, "neither a header line nor a section: 'Atom'"},
    {HEAD2 "Atoms\n1 1 1 2 3\n2 1 4 5 6\n", 10, 1,
     "expected a blank line after 'Atoms', found '1 1 1 2 3'"},
    {HEAD2 "Atoms\n\n1 1 1 2 3\n", 11, 0,
     "Atoms has 1 rows, the header announces 2 atoms (byte offset 85)"},
    {HEAD2 "Atoms\n\n1 1 1 2 3\n\nVelocities\n\n1 0 0 0\n", 13, 0,
     "Atoms has 1 rows, the header announces 2 atoms (byte offset 97)"},
    {HEAD2 "Atoms # atomic\n\n1 1 1 2 3\n2 1 4 5", 12, 1,
     "the file is truncated: it ends within this row (byte offset 101)"},
    {HEAD2 "Atoms\n\n1 1 1 2 3\n2 1 4 5 6\n3 1 7 8 9\n", 13, 1,
     "more rows in Atoms than the 2 atoms of the header"},
    {HEAD2 "Atoms\n\n1 1 1 2 3\n1 1 4 5 6\n", 12, 1, "atom id 1 is given twice, also in line 11"},
    {HEAD2 "Atoms\n\n1 1 1 2 3\n2 3 4 5 6\n", 12, 3,
     "expected an atom type of 1..2 or a type label, found '3'"},
    {HEAD2 "Atoms\n\n1 1 1 2 3\nx 1 4 5 6\n", 12, 1, "expected an atom id, found 'x'"},
    {HEAD2 "Atoms\n\n1 1 1 2 3\n2 1 4 five 6\n", 12, 7, "expected a coordinate, found 'five'"},
    {HEAD2 "Atoms\n\n1 1 1 2 3\n2 1 4 nan 6\n", 12, 7, "expected a finite coordinate, found 'nan'"},
    {HEAD2 "Atoms\n\n1 1 1 2 3 0\n", 11, 1,
     "the atom style is not clear: 6 columns may be charge, bond, angle, molecular, dpd, mdpd"},
    {HEAD2 "Atoms\n\n1 1 1 2 3 0 0\n", 11, 1,
     "the atom style is not clear: 7 columns may be full, sphere, ellipsoid, peri, edpd, body"},
    {HEAD2 "Atoms\n\n1 1 1 2 3 1 1 0.5\n", 11, 1,
     "the atom style is not clear: 8 columns may be atomic, bpm/sphere, electron, line, tri"},
    {HEAD2 "Atoms # mine\n\n1 1 1 2 3\n", 9, 9, "atom style 'mine' after 'Atoms #' is not known"},
    {HEAD2 "Atoms # charge\n\n1 1 1 2 3\n", 11, 1,
     "expected 6 columns for style charge, or 9 with image flags, found 5"},
    {HEAD2 "Atoms # atomic\n\n1 1 1 2 3 0 0 0.5\n", 11, 1,
     "expected 5 columns for style atomic, or 8 with image flags, found 8 but the last three are "
     "no "
     "integers"},
    {HEAD2 "Masses\n\n3 1.0\n\nAtoms\n\n1 1 1 2 3\n2 1 4 5 6\n", 11, 1,
     "Masses: expected an atom type of 1..2, found '3'"},
    {HEAD2 "Atoms\n\n1 1 1 2 3\n2 1 4 5 6\n\nAtoms\n\n", 14, 1, "a second Atoms section"},
    {HEAD2 "Atoms\n\n1 1 1 2 3\n2 2 4 5 6\n", 11, 0,
     "which element is atom type 1? Neither a type label nor a comment in Masses says"},
    {HEAD2 "Atom Type Labels\n\n1 Zr\n2 Cu\n\nMasses\n\n1 1 # Cu\n2 1 # Cu\n\n"
           "Atoms\n\n1 1 1 2 3\n2 2 4 5 6\n",
     21, 0, "atom type 1: the type label says Zr, the comment in Masses says Cu"},
    {"t\n99999999999 atoms\n1 atom types\n" BOX3 "\nAtoms\n\n1 1 1 2 3\n", 8, 1,
     "the file is truncated: 99999999999 atoms of 1 types are announced, only 11 bytes follow "
     "(byte "
     "offset 90)"}};

static void test_bad(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad_cases / sizeof bad_cases[0]; i++) {
        const bad_case *c = &bad_cases[i];
        lammps_data d;
        rise_error err;
        rise_status status = parse(c->text, NULL, NULL, &d, &err);
        if (status != RISE_E_DATA || err.line != c->line || err.col != c->col ||
            strcmp(err.message, c->message) != 0 || strcmp(err.file, "a.data") != 0)
            fail_msg(
                "case %zu, status %d\n%s\nfound    %s:%ld:%ld: %s\nexpected a.data:%ld:%ld: %s", i,
                (int)status, c->text, err.file, err.line, err.col, err.message, c->line, c->col,
                c->message);
        assert_null(d.positions);
    }
}

/* Never taken, only told: what the file says otherwise, else the one element of that mass. */
static void test_masses_are_a_hint(void **state) {
    (void)state;
#define ROWS "\n\nAtoms\n\n1 1 1 2 3\n2 2 4 5 6\n"
    static const struct {
        const char *text, *hint;
    } cases[] = {
        {HEAD2 "Masses\n\n2 63.55\n1 91.224" ROWS,
         "after their masses they may be, if you agree: species: {1: Zr, 2: Cu}"},
        {HEAD2 "Atoms\n\n1 1 1 2 3\n2 2 4 5 6\n\nMasses\n\n1 16\n2 63 # Cu\n",
         "after their masses they may be, if you agree: species: {1: O, 2: Cu}"},
        /* 40 is argon or calcium, 75.5 nothing, and 1 the mass of who needs none */
        {HEAD2 "Masses\n\n1 40\n2 58.6934" ROWS,
         "after their masses they may be, if you agree: species: {1: ELEMENT, 2: Ni}"},
        {HEAD2 "Masses\n\n1 40\n2 75.5" ROWS, "species: {1: ELEMENT}, for each type of the file"},
        {HEAD2 "Masses\n\n1 1.0\n2 1" ROWS, "species: {1: ELEMENT}, for each type of the file"},
        {HEAD2 "Masses\n\n1 x\n2" ROWS, "species: {1: ELEMENT}, for each type of the file"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        lammps_data d;
        rise_error err;
        assert_int_equal(parse(cases[i].text, NULL, NULL, &d, &err), RISE_E_DATA);
        assert_non_null(strstr(err.message, "which element is atom type 1?"));
        assert_string_equal(err.hint, cases[i].hint);
    }
}

static void many_masses(void **state) {
    (void)state;
    char text[4096];
    int n = snprintf(text, sizeof text,
                     "t\n\n1 atoms\n99 atom types\n0 9 xlo xhi\n0 9 ylo yhi\n0 9 zlo zhi\n\n"
                     "Atoms # atomic\n\n1 1 1 2 3\n\nMasses\n\n");
    for (int i = 1; i < 100; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%d 91.224\n", i);
    lammps_data d;
    rise_error err;
    assert_int_equal(parse(text, NULL, NULL, &d, &err), RISE_E_DATA);
    assert_non_null(strstr(err.hint, "{1: Zr, 2: Zr,"));
    assert_string_equal(err.hint + strlen(err.hint) - 6, ", ...}");
}

static void test_looks_like(void **state) {
    (void)state;
    const char *good = HEAD2, *bad = "2\n\nCu 0 0 0\nCu 1 1 1\n", *first = "2 atoms\n\n";
    assert_true(lammps_data_looks_like(good, strlen(good)));
    assert_false(lammps_data_looks_like(bad, strlen(bad)));
    assert_false(lammps_data_looks_like(first, strlen(first))); /* the title is no header */
    assert_false(lammps_data_looks_like("", 0));
}

/* Cut or damaged anywhere: refused or read, never a crash. */
static void test_damage(void **state) {
    (void)state;
    const char *whole = HEAD2 "Atom Type Labels\n\n1 Zr\n2 Cu\n\nMasses\n\n1 91 # Zr\n2 63 # Cu\n\n"
                              "Atoms # full\n\n2 1 1 0 1 2 3 0 0 0\n1 1 2 0 4 5 6 0 0 0\n";
    const char alphabet[] = "0 1\n\t#-eTd.A";
    size_t n = strlen(whole);
    uint64_t seed = 5;
    for (int round = 0; round < 20000; round++) {
        char text[400];
        memcpy(text, whole, n + 1);
        for (int k = 0; k < round % 5; k++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            text[(seed >> 33) % n] = alphabet[(seed >> 20) % (sizeof alphabet - 1)];
        }
        if (round % 5 == 0)
            text[(size_t)round / 5 % (n + 1)] = '\0';
        lammps_data d;
        rise_error err;
        rise_status status = parse(text, NULL, NULL, &d, &err);
        assert_true(status == RISE_OK || status == RISE_E_DATA);
        lammps_data_free(&d);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_data), cmocka_unit_test(test_triclinic),
        cmocka_unit_test(test_styles),     cmocka_unit_test(test_elements),
        cmocka_unit_test(test_bad),        cmocka_unit_test(test_masses_are_a_hint),
        cmocka_unit_test(many_masses),     cmocka_unit_test(test_looks_like),
        cmocka_unit_test(test_damage)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

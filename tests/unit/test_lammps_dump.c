/* LAMMPS dumps: what is taken beside what tests/golden/test_readers.c reads, and what every refused
 * file is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reader/lammps_dump.h"

#include "support/bad_files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ATOMS = 8 };

typedef struct result {
    size_t n_frames;
    bool cut;
    dump_frame last;
    double x[MAX_ATOMS][3];
    uint8_t z[MAX_ATOMS];
} result;

static const char *const mapped[] = {"1", "2"};
static const uint8_t elements[] = {40, 29};
static const species_map zr_cu = {2, mapped, elements};

static rise_status read_size(const char *text, size_t size, bool leave_out, const species_map *map,
                             result *out, rise_error *err) {
    char *copy = bad_files_copy(text, size);
    lammps_dump dump;
    bool more = true;
    rise_status status = RISE_OK;
    *out = (result){0};
    *err = (rise_error){0};
    lammps_dump_open(&dump, "a.dump", copy, size);
    dump.leave_out = leave_out;
    while (status == RISE_OK && more) {
        status = lammps_dump_next(&dump, &out->last, &more, err);
        if (status != RISE_OK || !more)
            break;
        assert_true(out->last.n_atoms <= MAX_ATOMS);
        status = lammps_dump_atoms(&dump, &out->last, map, out->x, out->z, err);
        out->n_frames += status == RISE_OK;
    }
    out->cut = dump.cut;
    free(copy);
    return status;
}

static rise_status read_text(const char *text, const species_map *map, result *out,
                             rise_error *err) {
    return read_size(text, strlen(text), false, map, out, err);
}

static void read_good(const char *text, const species_map *map, result *out) {
    rise_error err;
    if (read_text(text, map, out, &err) != RISE_OK)
        bad_files_refused(text, &err);
}

#define BEGIN(n) "ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n" n "\n"
#define BOX "ITEM: BOX BOUNDS pp pp ff\n-1 9\n0 10\n0 20\n"
#define HEAD BEGIN("2") BOX

/* As the documentation of LAMMPS has them: avec, bvec, cvec and the origin. */
static void test_general_triclinic(void **state) {
    (void)state;
    result r;
    read_good(BEGIN("1") "ITEM: BOX BOUNDS abc origin pp pp pp\n5 0 1 -1\n0 6 0 -2\n0 2 7 -3\n"
                         "ITEM: ATOMS id element x y z\n1 Cu 1 2 3\n",
              NULL, &r);
    assert_true(r.last.cell.vector[0][2] == 1 && r.last.cell.vector[2][1] == 2);
    assert_true(r.x[0][0] == 2 && r.x[0][1] == 4 && r.x[0][2] == 6);
    read_good(BEGIN("1") "ITEM: BOX BOUNDS abc origin pp pp pp\n5 0 1 -1\n0 6 0 -2\n0 2 7 -3\n"
                         "ITEM: ATOMS id element xs ys zs\n1 Cu 0.5 0.5 1\n",
              NULL, &r);
    assert_true(r.x[0][0] == 2.5 && r.x[0][1] == 5 && r.x[0][2] == 7.5);
}

static void test_rows(void **state) {
    (void)state;
    result r;
    read_good(HEAD "ITEM: ATOMS id type x y z\n2 2 0 0 0\n1 1 8.5 1e0 1.5D1\n", &zr_cu, &r);
    assert_true(r.z[0] == 40 && r.z[1] == 29); /* by id */
    assert_true(r.x[0][0] == 9.5 && r.x[0][1] == 1 && r.x[0][2] == 15);
    assert_true(r.last.cell.periodic[1] && !r.last.cell.periodic[2] && r.last.says_periodic);
    /* wrapped where there are both; CRLF; an old dump that says nothing of directions */
    read_good(BEGIN("1") "ITEM: BOX BOUNDS\n0 9\n0 9\n0 9\n"
                         "ITEM: ATOMS xu yu zu type x y z \r\n10 1 1 2 1 1 1\r\n",
              &zr_cu, &r);
    assert_true(r.x[0][0] == 1 && r.z[0] == 29 && !r.last.says_periodic);
    assert_true(r.last.cell.periodic[2]);
    /* type labels stand in the column type */
    read_good(HEAD "ITEM: ATOMS id type x y z\n1 Zr 0 0 0\n2 Cu 1 1 1\n", NULL, &r);
    assert_true(r.z[0] == 40 && r.z[1] == 29);
    /* element and type say the same */
    read_good(HEAD "ITEM: ATOMS id type element x y z\n1 1 Zr 0 0 0\n2 2 Cu 1 1 1\n", &zr_cu, &r);
    assert_true(r.z[0] == 40 && r.z[1] == 29);
    /* carbon that is meant: one type, or one of several */
    read_good(HEAD "ITEM: ATOMS id type element x y z\n1 1 C 0 0 0\n2 1 C 1 1 1\n", NULL, &r);
    assert_true(r.z[0] == 6 && r.z[1] == 6);
    read_good(HEAD "ITEM: ATOMS id type element x y z\n1 1 C 0 0 0\n2 2 H 1 1 1\n", NULL, &r);
    assert_true(r.z[0] == 6 && r.z[1] == 1);
}

/* Frames of different numbers of atoms, types and units. */
static void test_frames(void **state) {
    (void)state;
    result r;
    read_good("ITEM: UNITS\nmetal\nITEM: TIME\n0.5\n" HEAD
              "ITEM: ATOMS id type x y z\n1 1 0 0 0\n2 2 1 1 1\n" BEGIN("1") BOX
              "ITEM: ATOMS element type z y x\nHf 3 3 2 1\n \n\n",
              &zr_cu, &r);
    assert_int_equal(r.n_frames, 2);
    assert_true(r.z[0] == 72 && r.x[0][0] == 2 && r.x[0][2] == 3);
    assert_string_equal(r.last.units, "metal");
}

static void test_columns(void **state) {
    (void)state;
    char text[8192] = HEAD "ITEM: ATOMS id type";
    result r;
    for (int k = 0; k < 200; k++) /* as descriptors make them */
        sprintf(text + strlen(text), " c_b[%d]", k);
    strcat(text, " x y z\n");
    for (int atom = 1; atom <= 2; atom++) {
        sprintf(text + strlen(text), "%d %d", atom, atom);
        for (int k = 0; k < 200; k++)
            strcat(text, " 0.5");
        strcat(text, " 1 2 3\n");
    }
    read_good(text, &zr_cu, &r);
    assert_true(r.last.n_columns == 205 && r.x[1][2] == 3 && r.x[1][0] == 2);
}

#define COLUMNS "dump ID GROUP custom N FILE id type element x y z"
#define ROWS "ITEM: ATOMS id type x y z\n"
#define STOPPED                                                                                    \
    "LAMMPS was stopped while it wrote: incomplete: leave-out takes the frames before it"
static const bad_file bad_cases[] = {
    {"ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n1e18\n", 4, 1,
     "frame 0: expected a number of atoms, found '1e18'", ""},
    {BEGIN("1000000000000000000") BOX ROWS "1 1 0 0 0\n", 1, 1,
     "frame 0 is not complete: the file ends within it (byte offset 136)", STOPPED},
    {BEGIN("-1"), 4, 1, "frame 0: expected a number of atoms, found '-1'", ""},
    {BEGIN("0"), 4, 1, "frame 0 has no atoms", ""},
    {BEGIN("1") "ITEM: BOX BOUNDS pp pp\n", 5, 1,
     "frame 0: expected ITEM: BOX BOUNDS, xy xz yz for a tilted box, and pp, ff, ... for x, y and "
     "z, found 'ITEM: BOX BOUNDS pp pp'",
     ""},
    {BEGIN("1") "ITEM: BOX BOUNDS pp pp pp\n0 9\n0\n0 9\n", 7, 1,
     "frame 0: expected two bounds of the box, found '0'", ""},
    {BEGIN("1") "ITEM: BOX BOUNDS xy xz yz pp pp pp\n0 9 1\n0 9 1\n0 9\n0\n", 8, 1,
     "frame 0: expected two bounds of the box and a tilt, found '0 9'", ""},
    {BEGIN("1") "ITEM: BOX BOUNDS pp pp pp\n0 9\n0 nan\n0 9\n", 7, 1,
     "frame 0: expected finite numbers, found '0 nan'", ""},
    {BEGIN("1") "ITEM: BOX BOUNDS pp pp pp\n0 9\n0 9\n9 9\n", 8, 1,
     "frame 0: the box has no extent along z", ""},
    {"ITEM: TIMESTEP\n0\n" ROWS, 3, 1,
     "frame 0: expected ITEM: NUMBER OF ATOMS, found 'ITEM: ATOMS id type x y z'", ""},
    {BEGIN("1") ROWS, 5, 1, "frame 0: expected ITEM: BOX BOUNDS, found 'ITEM: ATOMS id type x y z'",
     ""},
    {HEAD "ITEM: ATOMS id type x y\n", 9, 1,
     "frame 0 has no columns x y z, xs ys zs, xu yu zu or xsu ysu zsu", COLUMNS},
    {HEAD "ITEM: ATOMS id x y z\n", 9, 1, "frame 0 has no column type or element", COLUMNS},
    {HEAD ROWS "1 1 0 0 0\n2 1 0 0\n", 11, 8, "frame 0: expected 5 columns, found fewer",
     "the columns are those that ITEM: ATOMS names"},
    {HEAD ROWS "1 1 0 0 0 0\n2 1 0 0 0\n", 10, 11, "frame 0: expected 5 columns, found more",
     "the columns are those that ITEM: ATOMS names"},
    {HEAD ROWS "1 1 0 0 0\n1 2 1 1 1\n", 11, 1,
     "frame 0: atom id 1 is given twice, also in line 10", ""},
    {HEAD ROWS "a 1 0 0 0\n2 2 1 1 1\n", 10, 1, "frame 0: expected an atom id, found 'a'", ""},
    {HEAD ROWS "1 1 0 nan 0\n2 2 1 1 1\n", 10, 7,
     "frame 0: expected a finite coordinate, found 'nan'", ""},
    {HEAD ROWS "1 1 0 1x 0\n2 2 1 1 1\n", 10, 7,
     "frame 0: expected a finite coordinate, found '1x'", ""},
    {HEAD ROWS "1 3 0 0 0\n2 2 1 1 1\n", 10, 3,
     "which element is atom type 3? The dump has no column element",
     "species: {3: ELEMENT}, for each type of the file"},
    {HEAD "ITEM: ATOMS id type element x y z\n1 3 Xx 0 0 0\n2 2 Cu 1 1 1\n", 10, 5,
     "frame 0: expected an element, found 'Xx'", "say which element it is: species: {3: ELEMENT}"},
    {HEAD "ITEM: ATOMS id element x y z\n1 Xx 0 0 0\n2 Cu 1 1 1\n", 10, 3,
     "frame 0: expected an element, found 'Xx'", "say which element it is: species: {Xx: ELEMENT}"},
    {HEAD "ITEM: ATOMS id type element x y z\n1 1 Cu 0 0 0\n2 2 Cu 1 1 1\n", 10, 5,
     "frame 0: the column element says Cu, the parameter species says Zr for type 1",
     "leave type 1 out of species, or say there what Cu is"},
    {HEAD "ITEM: ATOMS id type element x y z\n1 3 C 0 0 0\n2 4 C 1 1 1\n", 10, 1,
     "frame 0: the column element says C for every type, which LAMMPS also does where it was not "
     "told the elements",
     "say which they are: species: {1: ELEMENT, 2: ELEMENT}"},
    {HEAD ROWS "1 1 0 0 0\n2 2 1 1 1\n3 1 2 2 2\n", 12, 1,
     "frame 1: expected an ITEM of a dump of atoms, found '3 1 2 2 2'",
     "does the frame before it have more rows than it announces?"},
    {"ITEM: TIMESTEP\n0\nITEM: NUMBER OF ENTRIES\n1\n", 3, 1,
     "frame 0: expected an ITEM of a dump of atoms, found 'ITEM: NUMBER OF ENTRIES'", ""},
    {HEAD ROWS "1 1 0 0 0\n2 2 1 1 1", 1, 1,
     "frame 0 is not complete: the file ends within it (byte offset 127)", STOPPED},
};

static rise_status read_bad(const char *text, rise_error *err) {
    result r;
    return read_text(text, &zr_cu, &r, err);
}

static void test_bad(void **state) {
    (void)state;
    bad_files_check(bad_cases, sizeof bad_cases / sizeof bad_cases[0], read_bad);
}

/* Wherever a job died: an error that says so, or the frames before it, and never half of one. */
static void test_cut_anywhere(void **state) {
    (void)state;
    static const char one[] = HEAD ROWS "1 1 0 0 0\n2 2 1 1 1\n";
    static const char text[] =
        HEAD ROWS "1 1 0 0 0\n2 2 1 1 1\n" HEAD ROWS "1 1 0 0 0\n2 2 12.25 1 1.5\n";
    size_t first = sizeof one - 1;
    for (size_t size = first + 1; size < sizeof text - 1; size++) {
        result r;
        rise_error err;
        assert_int_equal(read_size(text, size, false, &zr_cu, &r, &err), RISE_E_DATA);
        if (!strstr(err.message, "is not complete"))
            fail_msg("%zu bytes: %s", size, err.message);
        assert_int_equal(read_size(text, size, true, &zr_cu, &r, &err), RISE_OK);
        assert_true(r.n_frames == 1 && r.cut);
    }
    result r;
    rise_error err;
    assert_int_equal(read_size(text, sizeof text - 1, true, &zr_cu, &r, &err), RISE_OK);
    assert_true(r.n_frames == 2 && !r.cut);
}

static void test_looks_like(void **state) {
    (void)state;
    assert_true(lammps_dump_looks_like(HEAD, sizeof HEAD - 1));
    assert_false(lammps_dump_looks_like("ITEM:", 5));
    assert_false(lammps_dump_looks_like("2\nITEM: \n", 9));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_general_triclinic),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_looks_like),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

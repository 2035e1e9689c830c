/* POSCAR and XDATCAR: what is taken beside what tests/golden/test_readers.c reads, and what every
 * refused file is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reader/vasp.h"

#include "support/bad_files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ATOMS = 8 };

typedef struct result {
    size_t n_frames;
    bool cut;
    vasp_head head;
    double x[MAX_ATOMS][3];
    uint8_t z[MAX_ATOMS];
} result;

static rise_status read_size(const char *text, size_t size, bool leave_out, const species_map *map,
                             result *out, rise_error *err) {
    char *copy = bad_files_copy(text, size);
    vasp_reader vasp;
    vasp_frame frame;
    bool more = true;
    rise_status status = RISE_OK;
    *out = (result){0};
    *err = (rise_error){0};
    vasp_open(&vasp, "POSCAR", copy, size);
    vasp.leave_out = leave_out;
    while (status == RISE_OK && more) {
        status = vasp_next(&vasp, &frame, &more, err);
        if (status != RISE_OK || !more)
            break;
        assert_true(vasp.head.n_atoms <= MAX_ATOMS);
        status = vasp_atoms(&vasp, &frame, map, out->x, out->z, err);
        out->n_frames += status == RISE_OK;
        out->head = vasp.head;
    }
    out->cut = vasp.cut;
    free(copy);
    return status;
}

static void read_good(const char *text, const species_map *map, result *out) {
    rise_error err;
    if (read_size(text, strlen(text), false, map, out, &err) != RISE_OK)
        bad_files_refused(text, &err);
}

#define CUBE "2 0 0\n0 2 0\n0 0 2\n"
#define HEAD "title\n1\n" CUBE "Zr Cu\n1 1\n"
#define ROWS "0 0 0\n0.5 0.25 1\n"

static void check_atom(const result *r, size_t i, int z, double x, double y, double zz) {
    if (r->z[i] != z || fabs(r->x[i][0] - x) > 1e-12 || fabs(r->x[i][1] - y) > 1e-12 ||
        fabs(r->x[i][2] - zz) > 1e-12)
        fail_msg("atom %zu: %d at %.15g %.15g %.15g, expected %d at %.15g %.15g %.15g", i, r->z[i],
                 r->x[i][0], r->x[i][1], r->x[i][2], z, x, y, zz);
}

static void test_poscar(void **state) {
    (void)state;
    result r;
    read_good(HEAD "Direct\n" ROWS, NULL, &r);
    assert_true(r.n_frames == 1 && r.head.cell.periodic[2]);
    check_atom(&r, 0, 40, 0, 0, 0);
    check_atom(&r, 1, 29, 1, 0.5, 2);
    /* a factor also scales Cartesian coordinates; rows may say more; velocities follow */
    read_good("title\n2.0\n" CUBE "Zr Cu\n1 1\nSelective dynamics\nkartesisch\n0 0 0 T T F\n"
              "0.5 0.25 1 F F F # site\n\n1 1 1\n2 2 2\n",
              NULL, &r);
    assert_int_equal(r.n_frames, 1);
    check_atom(&r, 1, 29, 1, 0.5, 2);
    assert_true(r.head.cell.vector[1][1] == 4);
    /* minus a volume: 8 times as much is twice the edge */
    read_good("title\n-64\n" CUBE "Zr Cu\n1 1\nCart\n" ROWS, NULL, &r);
    check_atom(&r, 1, 29, 1, 0.5, 2);
    assert_true(fabs(r.head.cell.vector[0][0] - 4) < 1e-12);
    read_good("title\n1 2 3\n" CUBE "Zr Cu\n1 1\nC\n" ROWS, NULL, &r);
    check_atom(&r, 1, 29, 0.5, 0.5, 3);
    assert_true(r.head.cell.vector[1][1] == 4 && r.head.cell.vector[2][2] == 6);
    /* a remark after the numbers, CRLF, no final line end, a kind without atoms */
    read_good("title\r\n1\r\n2 0 0\r\n0 2 0\r\n0 0 2\r\nZr O Cu\r\n1 0 1 ! atoms\r\nDirect\r\n0 0 0"
              "\r\n0.5 0.5 0.5",
              NULL, &r);
    check_atom(&r, 1, 29, 1, 1, 1);
}

static void test_names(void **state) {
    (void)state;
    static const char *const names[] = {"1", "2", "M"};
    static const uint8_t numbers[] = {14, 8, 12};
    const species_map map = {3, names, numbers};
    result r;
    read_good("t\n1\n" CUBE "Fe_pv Si/0a1b2c3d\n1 1\nD\n" ROWS, NULL, &r);
    assert_true(r.z[0] == 26 && r.z[1] == 14);
    /* numbers of kinds are asked for only where the file has no symbols */
    read_good("t\n1\n" CUBE "1 1\nD\n" ROWS, &map, &r);
    assert_true(r.z[0] == 14 && r.z[1] == 8);
    read_good("t\n1\n" CUBE "Zr M\n1 1\nD\n" ROWS, &map, &r);
    assert_true(r.z[0] == 40 && r.z[1] == 12);
    /* one element twice */
    read_good("t\n1\n" CUBE "Cu Zr Cu\n1 0 1\nD\n" ROWS, NULL, &r);
    assert_true(r.z[0] == 29 && r.z[1] == 29);
}

#define FIRST "Direct configuration=     1\n" ROWS
#define SECOND "Direct configuration=     2\n0.5 0 0\n0 0 0.125\n"

static void test_xdatcar(void **state) {
    (void)state;
    result r;
    read_good(HEAD FIRST SECOND, NULL, &r);
    assert_int_equal(r.n_frames, 2);
    check_atom(&r, 0, 40, 1, 0, 0);
    check_atom(&r, 1, 29, 0, 0, 0.25);
    /* a lattice that changes, and comes with kinds of its own */
    read_good(HEAD FIRST "title\n2\n" CUBE "Cu\n1\nDirect configuration=     2\n0.5 0 0\n\n", NULL,
              &r);
    assert_true(r.n_frames == 2 && r.head.n_atoms == 1 && r.head.cell.vector[0][0] == 4);
    check_atom(&r, 0, 29, 2, 0, 0);
}

static const bad_file bad_cases[] = {
    {"", 1, 0, "frame 0: the file ends before the lattice", ""},
    {"title\n", 2, 0, "frame 0: the file ends before the scale", ""},
    {"title\nx\n", 2, 1, "frame 0: expected a scale, or three, found 'x'", ""},
    {"title\n0\n", 2, 1, "frame 0: expected a scale above 0, or minus a volume, found '0'", ""},
    {"title\n1 -1 1\n", 2, 1, "frame 0: expected three scales above 0, found '1 -1 1'", ""},
    {"title\n1\n2 0 0\n0 2\n", 4, 1, "frame 0: expected a lattice vector, found '0 2'", ""},
    {"title\n1\n2 0 0\n0 2 0\n", 5, 0, "frame 0: the file ends before the end of the lattice", ""},
    {"title\n1\n2 0 0\n0 2 0\n2 2 0\nZr\n1\n", 2, 0,
     "frame 0: the cell has no volume: a = (2 0 0), b = (0 2 0), c = (2 2 0)",
     "three vectors that span a volume are needed, along non-periodic axes too"},
    {"title\n1\n" CUBE "\n1\n", 6, 1, "frame 0: expected the symbols of the atoms, found ''", ""},
    {"title\n1\n" CUBE "Zr Cu\n1\nDirect\n", 7, 1, "frame 0: 1 numbers of atoms for 2 symbols", ""},
    {"title\n1\n" CUBE "Zr Cu\n-1 1\nDirect\n", 7, 1,
     "frame 0: expected numbers of atoms, found '-1 1'", ""},
    {"title\n1\n" CUBE "Zr Cu\n0 0\nDirect\n", 7, 1, "frame 0 has no atoms", ""},
    {"title\n1\n" CUBE "Zr Cu\n1 1\n0 0 0\n", 8, 1,
     "frame 0: expected Direct or Cartesian, found '0 0 0'",
     "one number of atoms for each symbol, then Direct or Cartesian"},
    {HEAD "Direct\n0 0 0\n", 1, 0,
     "frame 0 is not complete: the file ends within it (byte offset 49)",
     "VASP was stopped while it wrote: incomplete: leave-out takes the frames before it"},
    {HEAD "Direct\n0 0 0\n0 0\n", 10, 4, "frame 0: expected a finite coordinate, found ''", ""},
    {HEAD "Direct\n0 0 0\n0 0 0.5x\n", 10, 5, "frame 0: expected a finite coordinate, found '0.5x'",
     ""},
    {"title\n1\n" CUBE "1 1\nDirect\n" ROWS, 6, 1,
     "frame 0: the file does not say which elements its 2 kinds of atoms are (the format of VASP "
     "4)",
     "species: {1: ELEMENT, 2: ELEMENT}, in the order of the numbers"},
    {"title\n1\n" CUBE "Zr Qq\n1 1\nDirect\n" ROWS, 6, 0, "frame 0: 'Qq' is no element",
     "species: {Qq: ELEMENT}"},
};

static rise_status read_bad(const char *text, rise_error *err) {
    result r;
    return read_size(text, strlen(text), false, NULL, &r, err);
}

static void test_bad(void **state) {
    (void)state;
    bad_files_check(bad_cases, sizeof bad_cases / sizeof bad_cases[0], read_bad);
}

/* Wherever VASP was stopped: the configurations before, or an error. */
static void test_cut_anywhere(void **state) {
    (void)state;
    static const char one[] = HEAD FIRST, two[] = HEAD FIRST SECOND;
    static const char changing[] = HEAD FIRST HEAD SECOND;
    static const struct {
        const char *text;
        size_t size;
    } texts[] = {{two, sizeof two - 1}, {changing, sizeof changing - 1}};
    for (size_t t = 0; t < 2; t++)
        for (size_t size = sizeof one; size < texts[t].size; size++) {
            result r;
            rise_error err;
            rise_status s = read_size(texts[t].text, size, false, NULL, &r, &err);
            if (s != RISE_E_DATA)
                fail_msg("%zu bytes of text %zu: %d frames are taken", size, t, (int)r.n_frames);
            s = read_size(texts[t].text, size, true, NULL, &r, &err);
            if (s != RISE_OK || r.n_frames != 1 || !r.cut)
                fail_msg("%zu bytes of text %zu: %s", size, t, err.message);
        }
}

static void test_looks_like(void **state) {
    (void)state;
    static const char xyz[] = "2\n1.0\nCu 0 0 0\nCu 1 1 1\nCu 2 2 2\n";
    static const char data[] = "title\n\n2 atoms\n1 atom types\n0 1 xlo xhi\n";
    assert_true(vasp_looks_like(HEAD, sizeof HEAD - 1));
    assert_false(vasp_looks_like(xyz, sizeof xyz - 1));
    assert_false(vasp_looks_like(data, sizeof data - 1));
    assert_false(vasp_looks_like("", 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_poscar),       cmocka_unit_test(test_names),
        cmocka_unit_test(test_xdatcar),      cmocka_unit_test(test_bad),
        cmocka_unit_test(test_cut_anywhere), cmocka_unit_test(test_looks_like),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Extended XYZ: what is taken, and what every refused file is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reader/comment.h"
#include "reader/extxyz.h"

#include "support/bad_files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ATOMS 16

typedef struct result {
    size_t n_frames;
    extxyz_frame last;
    double positions[MAX_ATOMS][3];
    uint8_t species[MAX_ATOMS];
} result;

static rise_status read_all(const char *text, const species_map *map, result *out,
                            rise_error *err) {
    size_t size = strlen(text);
    char *copy = bad_files_copy(text, size);
    *out = (result){0};
    *err = (rise_error){0};
    extxyz_reader xyz;
    extxyz_open(&xyz, "a.xyz", copy, size);
    bool more = true;
    rise_status status = RISE_OK;
    while (status == RISE_OK && more) {
        status = extxyz_next(&xyz, &out->last, &more, err);
        if (status != RISE_OK || !more)
            break;
        assert_true(out->last.n_atoms <= MAX_ATOMS);
        status = extxyz_atoms(&xyz, &out->last, map, out->positions, out->species, err);
        out->n_frames += status == RISE_OK;
    }
    free(copy);
    return status;
}

static void read_good(const char *text, result *out) {
    rise_error err;
    if (read_all(text, NULL, out, &err) != RISE_OK)
        bad_files_refused(text, &err);
}

static void test_plain(void **state) {
    (void)state;
    result r;
    read_good("2\nAtoms. Timestep: 0\nCu 1 2 3\n Zr\t-1.5e0 0.25 1.0D+00 9 9 extra\n", &r);
    assert_int_equal(r.n_frames, 1);
    assert_true(r.last.plain);
    assert_int_equal(r.species[0], 29);
    assert_int_equal(r.species[1], 40);
    assert_true(r.positions[1][0] == -1.5 && r.positions[1][1] == 0.25 && r.positions[1][2] == 1.0);
    assert_false(r.last.cell.periodic[0]);
    assert_true(r.last.cell.vector[0][0] == 0.0);
    read_good("1\n\nH 0 0 0", &r); /* no comment, no final line end */
    assert_int_equal(r.n_frames, 1);
    read_good("\xEF\xBB\xBF 1 \r\n\r\nH 0 0 0\r\n\r\n", &r); /* BOM, CRLF */
    assert_int_equal(r.n_frames, 1);
    read_good("", &r);
    assert_int_equal(r.n_frames, 0);
}

static void test_extended(void **state) {
    (void)state;
    result r;
    read_good("2\nLattice=\"5 0 0 0.5 6 0 0 0 7\" Properties=species:S:1:pos:R:3 energy=-1.5\n"
              "Si 0 0 0\nO 1 1 1\n",
              &r);
    assert_true(r.last.cell.periodic[0] && r.last.cell.periodic[2]);
    assert_true(r.last.cell.vector[1][0] == 0.5 && r.last.cell.vector[1][1] == 6.0);
    assert_false(r.last.plain);
    /* columns anywhere, extra columns, :: in names, other types */
    read_good("2\nProperties=id:I:1:forces:R:3:pos:R:3:mtt::aux::q:R:2:move:L:1:species:S:1 "
              "Lattice=[[5, 0, 0], [0, 6, 0], [0, 0, 7]] pbc=[T, F, T]\n"
              "1 9 9 9 1 2 3 0.1 0.2 T Zr\n2 9 9 9 4 5 6 0.1 0.2 F Cu\n",
              &r);
    assert_int_equal(r.species[0], 40);
    assert_true(r.positions[1][2] == 6.0);
    assert_true(r.last.cell.periodic[0] && !r.last.cell.periodic[1] && r.last.cell.periodic[2]);
    assert_true(r.last.cell.vector[2][2] == 7.0);
    /* old arrays, three-vector, spaces round '=', escapes, keys in quotes, words without value */
    read_good("1\n  Lattice = {4 5 6}  \"a \\\"key\\\"\" = \"b \\\\ c\" done Properties = "
              "species:S:1:pos:R:3 pbc = 'T T F' \nH 0 0 0\n",
              &r);
    assert_true(r.last.cell.vector[1][1] == 5.0 && r.last.cell.vector[1][0] == 0.0);
    assert_true(r.last.cell.periodic[1] && !r.last.cell.periodic[2]);
    /* Lattice without Properties: the four columns of plain XYZ */
    read_good("1\nLattice=\"5 0 0 0 5 0 0 0 5\" pbc=F\nH 0 0 0 7\n", &r);
    assert_true(r.last.plain && r.last.cell.vector[0][0] == 5.0 && !r.last.cell.periodic[0]);
    /* a left-handed cell is a cell */
    read_good("1\nLattice=\"5 0 0 0 0 5 0 5 0\"\nH 0 0 0\n", &r);
}

static void test_many_frames(void **state) {
    (void)state;
    result r;
    read_good("1\nProperties=species:S:1:pos:R:3 e=1\nH 0 0 0\n"
              "2\nProperties=pos:R:3:species:S:1 e=2\n1 2 3 O\n4 5 6 C\n"
              "1\nplain\nN 7 8 9\n\n \n\t\n",
              &r);
    assert_int_equal(r.n_frames, 3);
    assert_int_equal(r.species[0], 7);
    assert_true(r.positions[0][2] == 9.0);
}

static void test_species(void **state) {
    (void)state;
    result r;
    rise_error err;
    read_good("2\nProperties=Z:I:1:pos:R:3\n29 0 0 0\n40 1 1 1\n", &r);
    assert_int_equal(r.species[1], 40);
    assert_false(r.last.saw_numbers);
    read_good("2\nProperties=species:S:1:pos:R:3:Z:I:1\nCu 0 0 0 29\n40 1 1 1 40\n", &r);
    assert_int_equal(r.species[0], 29);
    assert_true(r.last.saw_numbers);
    const char *const type[] = {"1", "2", "Fe_pv"};
    const uint8_t number[] = {40, 29, 26};
    const species_map map = {3, type, number};
    assert_int_equal(read_all("3\n\n1 0 0 0\n2 1 1 1\nFe_pv 2 2 2\n", &map, &r, &err), RISE_OK);
    assert_memory_equal(r.species, number, 3);
    assert_false(r.last.saw_numbers);
}

static void test_twenty_species(void **state) {
    (void)state; /* more names than the cache holds, some longer than eight bytes */
    char text[2048] = "16\n\n";
    result r;
    for (int z = 1; z <= 16; z++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s 0 0 %d\n", rise_element_symbol(z), z);
    }
    for (int f = 0; f < 2; f++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "2\n\n%s 0 0 0\n%s 0 0 1\n",
                 f > 0 ? "Uuo_a_long_name" : "Pd", f > 0 ? "Uuo_a_long_name" : "Og");
    }
    const char *const type[] = {"Uuo_a_long_name"};
    const uint8_t number[] = {118};
    const species_map map = {1, type, number};
    rise_error err;
    assert_int_equal(read_all(text, &map, &r, &err), RISE_OK);
    assert_int_equal(r.n_frames, 3);
    assert_int_equal(r.species[0], 118);
    assert_int_equal(r.species[1], 118);
}

typedef struct bad_case {
    const char *text;
    long line, col;
    const char *message;
} bad_case;

#define HEAD "Properties=species:S:1:pos:R:3"
#define BOX "Lattice=\"5 0 0 0 5 0 0 0 5\" "

static const bad_case bad_cases[] = {
    {"x\n\n", 1, 1, "frame 0: expected a number of atoms alone on its line, found 'x'"},
    {"2 atoms\n\n", 1, 1, "frame 0: expected a number of atoms alone on its line, found '2 atoms'"},
    {"-2\n\n", 1, 1, "frame 0: expected a number of atoms alone on its line, found '-2'"},
    {"1\n\nH 0 0 0\nH 1 1 1\n", 4, 1,
     "frame 1: expected a number of atoms alone on its line, found 'H 1 1 1'"},
    {"\n1\n\nH 0 0 0\n", 1, 1, "frame 0: expected a number of atoms, found a blank line"},
    {"1\n\nH 0 0 0\n\n1\n\nH 0 0 0\n", 4, 1,
     "frame 1: expected a number of atoms, found a blank line"},
    {"0\n\n", 1, 1, "frame 0 has no atoms"},
    {"1000000000000000000\n\nH 0 0 0\n", 1, 1,
     "frame 0 is truncated: 1000000000000000000 atoms are announced, the file ends after 1 (byte "
     "offset 29)"},
    {"99999999999999999999\n\nH 0 0 0\n", 1, 1,
     "frame 0: expected a number of atoms alone on its line, found '99999999999999999999'"},
    {"1\n\nH 0 0 0\n3\n\nH 0 0 0\nH 1 1 1\n", 4, 1,
     "frame 1 is truncated: 3 atoms are announced, the file ends after 2 (byte offset 30)"},
    {"3", 1, 1,
     "frame 0 is truncated: 3 atoms are announced, the file ends after 0 (byte offset 1)"},
    {"3\nabc", 1, 1,
     "frame 0 is truncated: 3 atoms are announced, the file ends after 0 (byte offset 5)"},
    {"2\n\nH 0 0 0\nH 1 1", 4, 6,
     "frame 0, atom 1: expected at least 4 columns, found 3; the file ends here (byte offset 16)"},
    {"2\n\nH 0 0 0\n1\n\nH 0 0 0\n", 4, 2, "frame 0, atom 1: expected at least 4 columns, found 1"},
    {"1\n" HEAD "\nH 0 0\n", 3, 6, "frame 0, atom 0: expected 4 columns, found 3"},
    {"1\n" HEAD "\nH 0 0 0 1\n", 3, 9, "frame 0, atom 0: expected 4 columns, found more than 4"},
    {"1\n\nH 0 zero 0\n", 3, 5, "frame 0, atom 0: expected a coordinate, found 'zero'"},
    {"1\n\nH 0 1.5x 0\n", 3, 5, "frame 0, atom 0: expected a coordinate, found '1.5x'"},
    {"1\n\nH 0 0 nan\n", 3, 7, "frame 0, atom 0: expected a finite coordinate, found 'nan'"},
    {"1\n\nH 0 1e999 0\n", 3, 5, "frame 0, atom 0: expected a finite coordinate, found '1e999'"},
    {"2\n\nH 0 0 0\nQq 0 0 0\n", 4, 1, "frame 0, atom 1: unknown species 'Qq'"},
    {"1\n\nCU 0 0 0\n", 3, 1, "frame 0, atom 0: unknown species 'CU'"},
    {"1\n\n119 0 0 0\n", 3, 1, "frame 0, atom 0: unknown species '119'"},
    {"1\nProperties=species:S:1:pos:R:2\nH 0 0\n", 2, 24,
     "frame 0: Properties must have pos:R:3 once: 'pos:R:2'"},
    {"1\nProperties=species:S:1:pos:X:3\nH 0 0\n", 2, 24,
     "frame 0: Properties is not name:TYPE:COUNT: 'pos:X:3'"},
    {"1\nProperties=species:S:1\nH\n", 2, 12, "frame 0: Properties has no pos:R:3: 'species:S:1'"},
    {"1\nProperties=pos:R:3\n0 0 0\n", 2, 12,
     "frame 0: Properties has no species:S:1 and no Z:I:1: 'pos:R:3'"},
    {"1\nProperties=species:S:0:pos:R:3\nH 0 0 0\n", 2, 12,
     "frame 0: Properties is not name:TYPE:COUNT: 'species:S:0:pos:R:3'"},
    {"1\nProperties=\nH 0 0 0\n", 2, 12,
     "frame 0: the comment line has Properties but is broken: no value after '=', at ''"},
    {"1\nProperties=\"species:S:1:pos:R:3 e=1\nH 0 0 0\n", 2, 12,
     "frame 0: the comment line has Properties but is broken: a quote is never closed, at "
     "'\"species:S:1:pos:R:3 e=1'"},
    {"1\n=3 " HEAD "\nH 0 0 0\n", 2, 1,
     "frame 0: the comment line has Properties but is broken: no key before '=', at "
     "'=3 Properties=species:S:1:pos:R:3'"},
    {"1\n" HEAD " " HEAD "\nH 0 0 0\n", 2, 32, "frame 0: 'Properties' is given twice"},
    {"1\nlattice=\"5 0 0 0 5 0 0 0 5\"\nH 0 0 0\n", 2, 1,
     "frame 0: key 'lattice' must be spelled 'Lattice'"},
    {"1\nLattice=\"5 0 0 0 5 0 0 0\"\nH 0 0 0\n", 2, 10,
     "frame 0: expected nine numbers in Lattice, found '5 0 0 0 5 0 0 0'"},
    {"1\nLattice=\"5 0 0 0 5 0 0 0 x\"\nH 0 0 0\n", 2, 10,
     "frame 0: expected nine numbers in Lattice, found '5 0 0 0 5 0 0 0 x'"},
    {"1\nLattice=[[5,0,0],[0,5],[0,0,5]]\nH 0 0 0\n", 2, 10,
     "frame 0: expected nine numbers in Lattice, found '[5,0,0],[0,5],[0,0,5]'"},
    {"1\nLattice=\"5 0 0 0 5 0 5 5 0\"\nH 0 0 0\n", 2, 0,
     "frame 0: the cell has no volume: a = (5 0 0), b = (0 5 0), c = (5 5 0)"},
    {"1\nLattice=\"0 0 0 0 0 0 0 0 0\"\nH 0 0 0\n", 2, 0,
     "frame 0: the cell has no volume: a = (0 0 0), b = (0 0 0), c = (0 0 0)"},
    {"1\nLattice=\"inf 0 0 0 5 0 0 0 5\"\nH 0 0 0\n", 2, 0,
     "frame 0: cell vector a is not finite: inf 0 0"},
    {"1\n" BOX "pbc=\"T maybe F\"\nH 0 0 0\n", 2, 34,
     "frame 0: expected three of T and F in pbc, found 'T maybe F'"},
    {"1\n" BOX "pbc=\"T F\"\nH 0 0 0\n", 2, 34,
     "frame 0: expected three of T and F in pbc, found 'T F'"},
    {"1\n" HEAD " pbc=\"T T T\"\nH 0 0 0\n", 2, 32,
     "frame 0: pbc says periodic, but there is no Lattice"},
    {"1\n\nH \x01\x02 0 0\n", 3, 3, "frame 0, atom 0: expected a coordinate, found '?\?'"}};

static void test_bad(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad_cases / sizeof bad_cases[0]; i++) {
        const bad_case *c = &bad_cases[i];
        result r;
        rise_error err;
        rise_status status = read_all(c->text, NULL, &r, &err);
        if (status != RISE_E_DATA || err.line != c->line || err.col != c->col ||
            strcmp(err.message, c->message) != 0 || strcmp(err.file, "a.xyz") != 0)
            fail_msg("case %zu, status %d\n%s\nfound    %s:%ld:%ld: %s\nexpected a.xyz:%ld:%ld: %s",
                     i, (int)status, c->text, err.file, err.line, err.col, err.message, c->line,
                     c->col, c->message);
    }
}

static void test_hints(void **state) {
    (void)state;
    result r;
    rise_error err;
    read_all("ITEM: TIMESTEP\n0\n", NULL, &r, &err);
    assert_string_equal(err.hint,
                        "extended XYZ, XYZ, LAMMPS data files and dumps, POSCAR and XDATCAR are "
                        "read; convert others (CIF), for example with `ase convert`");
    read_all("1\n\nCU 0 0 0\n", NULL, &r, &err);
    assert_string_equal(err.hint, "did you mean Cu? then add species: {CU: Cu}");
    read_all("1\n\nQq 0 0 0\n", NULL, &r, &err);
    assert_string_equal(err.hint, "say which element it is: species: {Qq: ELEMENT}");
    read_all("2\n\nH 0 0 0\n1\n\nH 0 0 0\n", NULL, &r, &err);
    assert_string_equal(err.hint, "does frame 0 have fewer rows than the 2 it announces?");
}

/* No line is longer than 16 MiB, whatever it says. */
static void test_long_comment(void **state) {
    (void)state;
    enum { LIMIT = 16 << 20 };
    static const char end[] = "\nH 0 0 0\n";
    char *text = malloc(LIMIT + 64);
    assert_non_null(text);
    for (int more = 0; more < 2; more++) {
        memcpy(text, "1\n", 2);
        memset(text + 2, 'x', LIMIT + 1);
        memcpy(text + 2 + LIMIT + more, end, sizeof end);
        result r;
        rise_error err;
        rise_status status = read_all(text, NULL, &r, &err);
        assert_int_equal(status, more ? RISE_E_DATA : RISE_OK);
        if (more) {
            assert_string_equal(err.message,
                                "frame 0: the comment line is longer than 16777216 bytes");
            assert_true(err.line == 2 && err.col == 1);
        }
    }
    free(text);
}

static rise_status read_label(const char *text, const char *key, double *value, rise_error *err) {
    extxyz_reader xyz;
    extxyz_frame frame;
    bool more;
    *err = (rise_error){0};
    extxyz_open(&xyz, "a.xyz", text, strlen(text));
    rise_status status = extxyz_next(&xyz, &frame, &more, err);
    assert_int_equal(status, RISE_OK);
    assert_true(more);
    return extxyz_label(&xyz, &frame, key, value, err);
}

static void test_labels(void **state) {
    (void)state;
    static const char *const good[] = {
        "1\n" HEAD " energy=-1.5\nH 0 0 0\n", "1\n" HEAD " energy = \"-1.5\"\nH 0 0 0\n",
        "1\n" HEAD " energy={-1.5} free_energy=9\nH 0 0 0\n",
        "1\n" HEAD " energy=[-1.5]\nH 0 0 0\n", "1\n\"energy\"=-1.5D0\nH 0 0 0\n"};
    rise_error err;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        double value = 0.0;
        assert_int_equal(read_label(good[i], "energy", &value, &err), RISE_OK);
        assert_true(value == -1.5);
    }
    static const bad_case bad[] = {
        {"1\n" HEAD " E=1 note=\"a b\" x\nH 0 0 0\n", 2, 1,
         "frame 0 has no key 'energy' in its comment line; it has Properties, E, note"},
        {"1\nmelt at 2000 K\nH 0 0 0\n", 2, 1,
         "frame 0 has no key 'energy' in its comment line; it has none"},
        {"1\nenergy=high\nH 0 0 0\n", 2, 8, "frame 0: label 'energy' is not a number: 'high'"},
        {"1\nenergy=T\nH 0 0 0\n", 2, 8, "frame 0: label 'energy' is not a number: 'T'"},
        {"1\nenergy=nan\nH 0 0 0\n", 2, 8, "frame 0: label 'energy' is not a finite number: 'nan'"},
        {"1\nenergy=\"1 2 3\"\nH 0 0 0\n", 2, 9,
         "frame 0: label 'energy' is an array, not one number: '1 2 3'"},
        {"1\nenergy=1 energy=2\nH 0 0 0\n", 2, 10, "frame 0: key 'energy' is given 2 times"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        double value = 7.0;
        assert_int_equal(read_label(bad[i].text, "energy", &value, &err), RISE_E_DATA);
        assert_string_equal(err.message, bad[i].message);
        assert_int_equal(err.line, bad[i].line);
        assert_int_equal(err.col, bad[i].col);
        assert_true(value == 7.0);
    }
}

/* Cut anywhere, a file is refused or gives whole frames only: never a crash or half a frame. */
static void test_every_cut(void **state) {
    (void)state;
    const char *whole = "2\n" BOX HEAD ":f:R:1 e=1\nCu 0 0 0 1\nZr 1 1 1 2\n"
                        "1\nLattice=[[5,0,0],[0,5,0],[0,0,5]]\nO 0 0 0\n";
    size_t n = strlen(whole);
    char cut[512];
    for (size_t k = 0; k <= n; k++) {
        memcpy(cut, whole, k);
        cut[k] = '\0';
        result r;
        rise_error err;
        rise_status status = read_all(cut, NULL, &r, &err);
        assert_true(status == RISE_OK || (status == RISE_E_DATA && err.line > 0));
        if (k < 60)
            assert_int_equal(r.n_frames, 0);
    }
}

/* Random damage to a sound file: no crash, and errors always have a place. */
static void test_damage(void **state) {
    (void)state;
    const char *whole = "2\n" BOX HEAD " pbc=\"T T F\" e=[1, 2] k={a b}\nCu 0 0 0\nZr 1 1 1\n";
    const char alphabet[] = "0 1\n\t\"'{}[]=:,\\.-eTdNH";
    size_t n = strlen(whole);
    uint64_t seed = 9;
    for (int round = 0; round < 20000; round++) {
        char text[256];
        memcpy(text, whole, n + 1);
        for (int k = 0; k < 1 + round % 4; k++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            text[(seed >> 33) % n] = alphabet[(seed >> 20) % (sizeof alphabet - 1)];
        }
        extxyz_reader xyz;
        extxyz_frame f;
        rise_error err = {0};
        bool more = true;
        double positions[64][3], label;
        uint8_t species[64];
        extxyz_open(&xyz, "a.xyz", text, n);
        while (more) {
            rise_status status = extxyz_next(&xyz, &f, &more, &err);
            if (status == RISE_OK && more && f.n_atoms <= 64) {
                status = extxyz_label(&xyz, &f, "e", &label, &err);
                status = extxyz_atoms(&xyz, &f, NULL, positions, species, &err);
            }
            if (status != RISE_OK) {
                assert_true(err.line > 0);
                break;
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),          cmocka_unit_test(test_extended),
        cmocka_unit_test(test_many_frames),    cmocka_unit_test(test_species),
        cmocka_unit_test(test_twenty_species), cmocka_unit_test(test_bad),
        cmocka_unit_test(test_hints),          cmocka_unit_test(test_labels),
        cmocka_unit_test(test_every_cut),      cmocka_unit_test(test_long_comment),
        cmocka_unit_test(test_damage)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

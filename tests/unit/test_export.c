/* What export writes, byte for byte where it is text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "export/input.h"
#include "kit/npy.h"
#include "reader/extxyz.h"
#include "reader/group.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static rise_value *make_tensor(rise_dtype dtype, int rank, const char *const *names,
                               const size_t *sizes, const void *data) {
    rise_dim dim[RISE_MAX_RANK] = {0};
    size_t count = 1;
    for (int d = 0; d < rank; d++) {
        snprintf(dim[d].name, sizeof dim[d].name, "%s", names[d]);
        dim[d].size = sizes[d];
        count *= sizes[d];
    }
    rise_value *value = NULL;
    void *room = NULL;
    assert_int_equal(rise_tensor_new(dtype, rank, dim, "eV", &value, &room, NULL), RISE_OK);
    memcpy(room, data, count * rise_dtype_size(dtype));
    return value;
}

/* Two frames of 2 and 1 atoms, two numbers an atom. */
static rise_value *make_ragged(void) {
    rise_dim dim[3] = {{.name = "frame", .size = 2}, {.name = "atom"}, {.name = "k", .size = 2}};
    const int64_t offsets[3] = {0, 2, 3};
    const double data[6] = {1, 2, 3, 4, 5, 6.5};
    rise_value *value = NULL;
    void *room = NULL;
    assert_int_equal(rise_tensor_new_ragged(RISE_F64, 3, dim, offsets, "", &value, &room, NULL),
                     RISE_OK);
    memcpy(room, data, sizeof data);
    return value;
}

static rise_value *make_table(void) {
    const rise_column column[3] = {{.name = "part", .dtype = RISE_TEXT},
                                   {.name = "n", .dtype = RISE_I64},
                                   {.name = "rmse", .unit = "eV", .dtype = RISE_F64}};
    rise_value *value = NULL;
    assert_int_equal(rise_table_new(column, 3, 2, &value, NULL), RISE_OK);
    assert_int_equal(rise_table_set_text(value, 0, 0, "train, all", NULL), RISE_OK);
    assert_int_equal(rise_table_set_text(value, 0, 1, "test", NULL), RISE_OK);
    rise_table_i64(value, 1)[0] = 257;
    rise_table_i64(value, 1)[1] = -1;
    rise_table_f64(value, 2)[0] = 0.1;
    rise_table_f64(value, 2)[1] = 1.0 / 3.0;
    return value;
}

static rise_value *make_frames(void) {
    const double first[2][3] = {{0, 0.1, -1e-7}, {1.0 / 3.0, 32.2817, 5}},
                 second[1][3] = {{1, 2, 3}};
    const uint8_t species[2] = {40, 29};
    rise_frame frame[2] = {{.n_atoms = 2, .positions = first, .species = species},
                           {.n_atoms = 1, .positions = second, .species = species}};
    frame[0].cell = (rise_cell){{{32.43, 0, 0}, {0.5, 6, 0}, {0, 0, 7}}, {true, true, false}};
    rise_value *value = NULL;
    assert_int_equal(rise_frames_new(frame, 2, &value, NULL), RISE_OK);
    return value;
}

static void check_text(const byte_buffer *found, const char *expected) {
    if (found->size != strlen(expected) || memcmp(found->data, expected, found->size) != 0)
        fail_msg("found\n%.*s\nexpected\n%s", (int)found->size, (const char *)found->data,
                 expected);
}

static void test_csv(void **state) {
    (void)state;
    static const char *const names[] = {"frame", "leader"};
    const size_t sizes[] = {2, 2};
    const float x[4] = {0.1f, 2, 3, -4.5f};
    export_input in[3] = {{"m.metrics", "metrics", make_table(), NULL, 0},
                          {"f.freq", "freq", make_tensor(RISE_F32, 2, names, sizes, x), NULL, 0},
                          {"r.s2", "s2", make_ragged(), NULL, 0}};
    byte_buffer out = {0};
    rise_error err = {0};
    assert_int_equal(export_csv(in, 2, &out, &err), RISE_OK);
    check_text(&out, "part,n,rmse,freq_0,freq_1\n\"train, all\",257,0.1,0.1,2\n"
                     "test,-1,0.3333333333333333,3,-4.5\n");
    bytes_free(&out);
    assert_int_equal(export_csv(in + 2, 1, &out, &err), RISE_OK);
    check_text(&out, "frame,atom,s2_0,s2_1\n0,0,1,2\n0,1,3,4\n1,0,5,6.5\n");
    bytes_free(&out);
    assert_int_equal(export_csv(in + 1, 2, &out, &err), RISE_E_GRAPH);
    assert_string_equal(err.message, "export: f.freq has 2 rows, r.s2 has 3");
    bytes_free(&out);
    for (size_t i = 0; i < 3; i++)
        rise_value_release(in[i].value);
}

static void test_json(void **state) {
    (void)state;
    export_input in[2] = {{"m.metrics", "metrics", make_table(), NULL, 0},
                          {"r.s2", "s2", make_ragged(), NULL, 0}};
    byte_buffer out = {0};
    assert_int_equal(export_json(in, 2, &out, NULL), RISE_OK);
    json_t *root = json_loadb((const char *)out.data, out.size, 0, NULL);
    assert_non_null(root);
    json_t *column =
        json_array_get(json_object_get(json_object_get(root, "m.metrics"), "columns"), 2);
    assert_string_equal(json_string_value(json_object_get(column, "unit")), "eV");
    assert_true(json_real_value(json_array_get(json_object_get(column, "values"), 1)) == 1.0 / 3.0);
    json_t *values = json_object_get(json_object_get(root, "r.s2"), "values");
    assert_int_equal(json_array_size(values), 2);
    assert_int_equal(json_array_size(json_array_get(values, 0)), 2);
    json_t *last = json_array_get(json_array_get(values, 1), 0);
    assert_true(json_real_value(json_array_get(last, 1)) == 6.5);
    json_decref(root);
    bytes_free(&out);
    const double scalar = -2.5;
    export_input one = {"x", "x", make_tensor(RISE_F64, 0, NULL, NULL, &scalar), NULL, 0};
    assert_int_equal(export_json(&one, 1, &out, NULL), RISE_OK);
    check_text(&out, "{\"kind\":\"tensor\",\"dtype\":\"f64\",\"unit\":\"eV\",\"dims\":[],"
                     "\"values\":-2.5}\n");
    bytes_free(&out);
    rise_value_release(one.value);
    for (size_t i = 0; i < 2; i++)
        rise_value_release(in[i].value);
}

static void test_arrays(void **state) {
    (void)state;
    export_input in[2] = {{"m.metrics", "metrics", make_table(), NULL, 0},
                          {"r.s2", "s2", make_ragged(), NULL, 0}};
    byte_buffer rows = {0}, offsets = {0}, zip = {0};
    npy_array a;
    rise_error err = {0};
    assert_int_equal(export_npy(in + 1, 1, &rows, &offsets, NULL), RISE_OK);
    assert_int_equal(npy_parse("r.npy", rows.data, rows.size, &a, NULL), RISE_OK);
    assert_int_equal(a.rank, 2);
    assert_int_equal(a.shape[0], 3);
    assert_int_equal(npy_parse("o.npy", offsets.data, offsets.size, &a, NULL), RISE_OK);
    int64_t o[3];
    assert_int_equal(a.count, 3);
    npy_copy(&a, o);
    assert_true(o[0] == 0 && o[1] == 2 && o[2] == 3);
    bytes_free(&rows);
    bytes_free(&offsets);
    assert_int_equal(export_npy(in, 1, &rows, &offsets, &err), RISE_E_GRAPH);
    assert_string_equal(err.message,
                        "export: m.metrics is a value of kind table, a .npy holds a tensor");
    assert_string_equal(err.hint, "tables go to .csv, .json or .npz");
    assert_int_equal(export_npz(in, 2, &zip, NULL), RISE_OK);
    static const char *const members[] = {"m.metrics.part.npy", "m.metrics.n.npy",
                                          "m.metrics.rmse.npy", "r.s2.npy", "r.s2_offsets.npy"};
    for (size_t i = 0; i < 5; i++)
        assert_non_null(memmem(zip.data, zip.size, members[i], strlen(members[i])));
    bytes_free(&zip);
    for (size_t i = 0; i < 2; i++)
        rise_value_release(in[i].value);
}

static void test_extxyz(void **state) {
    (void)state;
    static const char *const names[] = {"frame"};
    const size_t sizes[] = {2};
    const double energy[2] = {-9298.746875, 1e-20};
    rise_error err = {0};
    export_input in[3] = {
        {"r.s2", "s2", make_ragged(), NULL, 0},
        {"g.frames", "frames", make_frames(), NULL, 0},
        {"g.energy", "energy", make_tensor(RISE_F64, 1, names, sizes, energy), NULL, 0}};
    byte_buffer out = {0};
    size_t n_left_out = 9;
    assert_int_equal(export_extxyz(in, 3, &out, &n_left_out, &err), RISE_OK);
    assert_int_equal(n_left_out, 0);
    check_text(&out, "2\nLattice=\"32.43 0 0 0.5 6 0 0 0 7\" pbc=\"T T F\" "
                     "Properties=species:S:1:pos:R:3:s2:R:2 energy=-9298.746875\n"
                     "Zr 0 0.1 -1e-07 1 2\nCu 0.3333333333333333 32.2817 5 3 4\n"
                     "1\npbc=\"F F F\" Properties=species:S:1:pos:R:3:s2:R:2 energy=1e-20\n"
                     "Zr 1 2 3 5 6.5\n");
    /* and back, bit for bit */
    extxyz_reader xyz;
    extxyz_frame f;
    bool more = true;
    double positions[2][3], label;
    uint8_t species[2];
    const rise_frames *frames = rise_value_frames(in[1].value);
    extxyz_open(&xyz, "a.extxyz", out.data, out.size);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(extxyz_next(&xyz, &f, &more, NULL), RISE_OK);
        assert_int_equal(extxyz_atoms(&xyz, &f, NULL, positions, species, NULL), RISE_OK);
        assert_memory_equal(positions, frames->frame[i].positions, f.n_atoms * sizeof *positions);
        assert_memory_equal(&f.cell.vector, &frames->frame[i].cell.vector, sizeof f.cell.vector);
        assert_int_equal(extxyz_label(&xyz, &f, "energy", &label, NULL), RISE_OK);
        assert_true(label == energy[i]);
    }
    bytes_free(&out);
    assert_int_equal(export_extxyz(in, 1, &out, &n_left_out, &err), RISE_E_GRAPH);
    assert_string_equal(err.message,
                        "export: a .extxyz needs one input of frames, 0 are connected");
    rise_value_release(in[2].value);
    const size_t three[] = {3};
    const double e3[3] = {1, 2, 3};
    in[2].value = make_tensor(RISE_F64, 1, names, three, e3);
    assert_int_equal(export_extxyz(in, 3, &out, &n_left_out, &err), RISE_E_GRAPH);
    assert_string_equal(err.message,
                        "export: g.energy (3 rows) is not about the frames of g.frames (2)");
    bytes_free(&out);
    for (size_t i = 0; i < 3; i++)
        rise_value_release(in[i].value);
}

/* Numbers for some of the frames, in an order of their own: by id, the others are left out. */
static void test_extxyz_of_some_frames(void **state) {
    (void)state;
    static const char *const names[] = {"frame"};
    const size_t one[] = {1};
    const double delta[1] = {0.25};
    const rise_id ids[2] = {{{1}}, {{2}}}, other[1] = {{{3}}};
    rise_error err = {0};
    export_input in[2] = {
        {"g.frames", "frames", make_frames(), ids, 2},
        {"i.delta", "delta", make_tensor(RISE_F64, 1, names, one, delta), &ids[1], 1}};
    byte_buffer out = {0};
    size_t n_left_out = 0;
    assert_int_equal(export_extxyz(in, 2, &out, &n_left_out, &err), RISE_OK);
    assert_int_equal(n_left_out, 1);
    check_text(&out, "1\npbc=\"F F F\" Properties=species:S:1:pos:R:3 delta=0.25\nZr 1 2 3\n");
    bytes_free(&out);
    in[1].ids = other;
    assert_int_equal(export_extxyz(in, 2, &out, &n_left_out, &err), RISE_E_GRAPH);
    assert_string_equal(err.message,
                        "export: i.delta (1 rows) is not about the frames of g.frames (2)");
    bytes_free(&out);
    for (size_t i = 0; i < 2; i++)
        rise_value_release(in[i].value);
}

/* Rows of tables as keys; names that are taken or come twice go by their nodes; texts in quotes. */
static void test_extxyz_names(void **state) {
    (void)state;
    const rise_column column[3] = {{.name = "pbc", .dtype = RISE_TEXT},
                                   {.name = "s2", .dtype = RISE_I64},
                                   {.name = "a.b", .dtype = RISE_F64}};
    rise_value *table = NULL;
    assert_int_equal(rise_table_new(column, 3, 2, &table, NULL), RISE_OK);
    assert_int_equal(rise_table_set_text(table, 0, 0, "say \"a\\b\"", NULL), RISE_OK);
    assert_int_equal(rise_table_set_text(table, 0, 1, "plain", NULL), RISE_OK);
    rise_table_i64(table, 1)[1] = -7;
    rise_table_f64(table, 2)[0] = 0.5;
    export_input in[5] = {{"g.frames", "frames", make_frames(), NULL, 0},
                          {"r.s2", "s2", make_ragged(), NULL, 0},
                          {"pos", "pos", make_ragged(), NULL, 0},
                          {"q.s2[r_cut=4]", "s2", make_ragged(), NULL, 0},
                          {"t.metrics", "metrics", table, NULL, 0}};
    byte_buffer out = {0};
    size_t n_left_out = 0;
    rise_error err = {0};
    assert_int_equal(export_extxyz(in, 5, &out, &n_left_out, &err), RISE_OK);
    check_text(&out, "2\nLattice=\"32.43 0 0 0.5 6 0 0 0 7\" pbc=\"T T F\" Properties=species:S:1:"
                     "pos:R:3:r_s2:R:2:pos_value:R:2:q_s2:R:2 t_pbc=\"say \\\"a\\\\b\\\"\" s2=0 "
                     "a_b=0.5\nZr 0 0.1 -1e-07 1 2 1 2 1 2\n"
                     "Cu 0.3333333333333333 32.2817 5 3 4 3 4 3 4\n"
                     "1\npbc=\"F F F\" Properties=species:S:1:pos:R:3:r_s2:R:2:pos_value:R:2:"
                     "q_s2:R:2 t_pbc=plain s2=-7 a_b=0\nZr 1 2 3 5 6.5 5 6.5 5 6.5\n");
    bytes_free(&out);
    export_input twice[3] = {in[0], in[1], in[1]};
    assert_int_equal(export_extxyz(twice, 3, &out, &n_left_out, &err), RISE_OK);
    out.data[out.size - 1] = 0;
    assert_non_null(strstr((const char *)out.data, ":r_s2_1:R:2:r_s2_2:R:2"));
    bytes_free(&out);
    for (size_t i = 0; i < 5; i++)
        rise_value_release(in[i].value);
}

/* The reader's patterns on paths. */
static void test_group(void **state) {
    (void)state;
    static const struct {
        const char *pattern, *path, *group; /* NULL: no match */
    } cases[] = {{"Cooling*/*/Sort/*.txt", "/data/Cooling10_1a/500/Sort/ML_1.txt", "10_1a"},
                 {"Cooling*/{group}/Sort/*.txt", "/data/Cooling10_1a/500/Sort/ML_1.txt", "500"},
                 {"Cooling*/*/Sort/*.txt", "Cooling10_1a/500/Sort/ML_1.txt", "10_1a"},
                 {"ML*_{group}_*.txt", "a/ML10_500_7.txt", "500"},
                 {"*.xyz", "a/b.xyz", "b"},
                 {"*.xyz", "a/b.xyz.zst", NULL},
                 {"a/*.xyz", "ba/c.xyz", NULL},
                 {"a*b*c.xyz", "x/aXbYbZc.xyz", "X"},
                 {"*", "x/y", "y"},
                 {"x/{group}", "x/", ""},
                 {"a*", "b/c", NULL},
                 {"*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL},
                 {"*aab", "aaab", "a"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *text = NULL;
        size_t size = 0;
        bool found = group_match(cases[i].pattern, cases[i].path, &text, &size);
        if (found != (cases[i].group != NULL) ||
            (found && (size != strlen(cases[i].group) || memcmp(text, cases[i].group, size) != 0)))
            fail_msg("%s on %s: found %.*s, expected %s", cases[i].pattern, cases[i].path,
                     (int)(found ? size : 7), found ? text : "nothing",
                     cases[i].group != NULL ? cases[i].group : "nothing");
    }
    assert_false(group_pattern_ok("a/b"));
    assert_true(group_pattern_ok("a/{group}"));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_csv),
                                       cmocka_unit_test(test_json),
                                       cmocka_unit_test(test_arrays),
                                       cmocka_unit_test(test_extxyz),
                                       cmocka_unit_test(test_extxyz_of_some_frames),
                                       cmocka_unit_test(test_extxyz_names),
                                       cmocka_unit_test(test_group)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

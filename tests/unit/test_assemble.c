/* Assembling per-frame values, cutting them out again, restricting to frames. */
#include "value/value.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), RISE_OK)

enum { N = 4 };

static void same(const rise_value *a, const rise_value *b) {
    rise_id x = rise_value_digest(a), y = rise_value_digest(b);
    assert_true(id_equal(&x, &y));
}

static void release_all(rise_value **part, size_t n) {
    for (size_t f = 0; f < n; f++)
        rise_value_release(part[f]);
}

/* What frame f gives, in five forms. */
enum { RAGGED, DENSE, SCALAR, FRAMES, TABLE, N_FORMS };

static rise_value *make_part(int form, size_t f) {
    static const size_t n_atoms[N] = {3, 0, 2, 3};
    static const double coords[2] = {1.5, 2.5};
    rise_value *v = NULL;
    void *data = NULL;
    if (form == RAGGED || form == DENSE || form == SCALAR) {
        const rise_dim dim[2] = {{.name = "atom", .size = form == RAGGED ? n_atoms[f] : 2},
                                 {.name = "feature", .size = 2, .coords = coords}};
        OK(rise_tensor_new(RISE_F32, form == SCALAR ? 0 : 2, dim, "eV", &v, &data, NULL));
        size_t n = rise_tensor_count(rise_value_tensor(v));
        for (size_t i = 0; i < n; i++)
            ((float *)data)[i] = (float)(100 * f + i);
        const rise_cell cell = {{{(double)f + 1, 0, 0}}, {true, false, false}};
        if (form != DENSE)
            OK(rise_tensor_set_cells(v, &cell, 1, NULL));
    } else if (form == FRAMES) {
        double positions[3][3] = {{(double)f, 1, 2}};
        const uint8_t species[3] = {(uint8_t)(f + 1), 40, 29};
        const rise_frame frame = {
            .n_atoms = n_atoms[f], .positions = (const double(*)[3])positions, .species = species};
        OK(rise_frames_new(&frame, 1, &v, NULL));
    } else {
        const rise_column column[] = {{.name = "element", .dtype = RISE_TEXT},
                                      {.name = "s2", .unit = "kB", .dtype = RISE_F64},
                                      {.name = "n", .dtype = RISE_I64}};
        OK(rise_table_new(column, 3, 1, &v, NULL));
        OK(rise_table_set_text(v, 0, 0, rise_element_symbol((int)f + 1), NULL));
        rise_table_f64(v, 1)[0] = -(double)f;
        rise_table_i64(v, 2)[0] = (int64_t)f;
    }
    return v;
}

static void test_there_and_back(void **state) {
    (void)state;
    for (int form = 0; form < N_FORMS; form++) {
        rise_value *part[N], *whole = NULL;
        for (size_t f = 0; f < N; f++)
            part[f] = make_part(form, f);
        OK(value_assemble((const rise_value *const *)part, N, &whole, NULL));
        assert_int_equal(value_frame_count(whole), form == TABLE ? 0 : N);
        for (size_t f = 0; f < N; f++) {
            rise_value *cut = NULL;
            OK(value_slice(whole, f, &cut, NULL));
            same(cut, part[f]);
            rise_value_release(cut);
        }
        rise_value *cut = NULL;
        rise_error err;
        assert_int_equal(value_slice(whole, N, &cut, &err), RISE_E_BUG);

        /* a restriction is the assembly of what remains, ragged or not */
        const size_t keep[][3] = {{3, 0, 2}, {3, 0, 0}, {1, 1, 1}};
        for (size_t k = 0; k < 3; k++) {
            const rise_value *chosen[3];
            rise_value *taken = NULL, *expected = NULL;
            for (size_t i = 0; i < 3; i++)
                chosen[i] = part[keep[k][i]];
            OK(value_take(whole, keep[k], 3, &taken, NULL));
            OK(value_assemble(chosen, 3, &expected, NULL));
            same(taken, expected);
            rise_value_release(taken);
            rise_value_release(expected);
        }
        rise_value *none = NULL;
        OK(value_take(whole, NULL, 0, &none, NULL));
        assert_int_equal(value_frame_count(none), 0);
        rise_value_release(none);
        assert_int_equal(value_take(whole, (size_t[]){0, N}, 2, &none, &err), RISE_E_BUG);
        release_all(part, N);
        rise_value_release(whole);
    }
}

static void test_forms(void **state) {
    (void)state;
    rise_value *part[N], *whole = NULL;
    for (size_t f = 0; f < N; f++)
        part[f] = make_part(RAGGED, f);
    OK(value_assemble((const rise_value *const *)part, N, &whole, NULL));
    const rise_tensor *t = rise_value_tensor(whole);
    assert_int_equal(t->rank, 3);
    assert_string_equal(t->dim[0].name, "frame");
    assert_string_equal(t->dim[1].name, "atom");
    assert_int_equal(t->dim[0].size, N);
    const int64_t offsets[] = {0, 3, 3, 5, 8};
    assert_non_null(t->offsets);
    assert_memory_equal(t->offsets, offsets, sizeof offsets);
    assert_true(t->dim[2].coords[1] == 2.5);
    assert_int_equal(t->n_cells, N);
    assert_true(t->cell[2].vector[0][0] == 3);
    assert_true(((const float *)t->data)[6] == 200);
    assert_string_equal(t->unit, "eV");
    rise_value_release(whole);
    release_all(part, N);

    for (size_t f = 0; f < N; f++)
        part[f] = make_part(DENSE, f);
    OK(value_assemble((const rise_value *const *)part, N, &whole, NULL));
    t = rise_value_tensor(whole);
    assert_null(t->offsets);
    assert_int_equal(t->dim[1].size, 2);
    assert_int_equal(t->n_cells, 0);
    rise_value_release(whole);
    release_all(part, N);

    for (size_t f = 0; f < N; f++)
        part[f] = make_part(SCALAR, f);
    OK(value_assemble((const rise_value *const *)part, N, &whole, NULL));
    assert_int_equal(rise_value_tensor(whole)->rank, 1);
    rise_value_release(whole);
    release_all(part, N);

    /* frames of one value keep their ids when they are joined */
    for (size_t f = 0; f < N; f++)
        part[f] = make_part(FRAMES, f);
    OK(value_assemble((const rise_value *const *)part, N, &whole, NULL));
    for (size_t f = 0; f < N; f++)
        assert_true(id_equal(&rise_value_frames(whole)->frame[f].id,
                             &rise_value_frames(part[f])->frame[0].id));
    rise_value_release(whole);
    release_all(part, N);
}

/* Two values that do not fit; the message names frame 1. */
static void refused(rise_value *a, rise_value *b, const char *expected) {
    const rise_value *part[2] = {a, b};
    rise_value *whole = NULL;
    rise_error err;
    rise_status status = value_assemble(part, 2, &whole, &err);
    assert_int_equal(status, RISE_E_FAILED);
    assert_null(whole);
    assert_non_null(strstr(err.message, "frame 1"));
    if (!strstr(err.message, expected))
        fail_msg("'%s' does not say '%s'", err.message, expected);
    rise_value_release(a);
    rise_value_release(b);
}

static rise_value *vector(rise_dtype dtype, const char *name, size_t n, const double *coords,
                          const char *unit, size_t n_cells) {
    rise_dim dim = {.size = n, .coords = coords};
    strncpy(dim.name, name, sizeof dim.name - 1);
    const rise_cell cell[2] = {{{{1}}, {true}}};
    rise_value *v = NULL;
    OK(rise_tensor_new(dtype, 1, &dim, unit, &v, NULL, NULL));
    OK(rise_tensor_set_cells(v, cell, n_cells, NULL));
    return v;
}

static void test_refusals(void **state) {
    (void)state;
    const double x[] = {1, 2}, y[] = {1, 3};
    refused(vector(RISE_F32, "bin", 2, NULL, "", 0), make_part(FRAMES, 0), "frames");
    refused(vector(RISE_F32, "bin", 2, NULL, "", 0), vector(RISE_F64, "bin", 2, NULL, "", 0),
            "f64");
    refused(vector(RISE_F32, "bin", 2, NULL, "", 0), vector(RISE_F32, "bin", 2, NULL, "eV", 0),
            "eV");
    refused(vector(RISE_F32, "bin", 2, NULL, "", 0), vector(RISE_F32, "bin", 3, NULL, "", 0),
            "3 along 'bin'");
    refused(vector(RISE_F32, "bin", 2, NULL, "", 0), vector(RISE_F32, "leader", 2, NULL, "", 0),
            "leader");
    refused(vector(RISE_F32, "bin", 2, x, "", 0), vector(RISE_F32, "bin", 2, y, "", 0),
            "coordinates");
    refused(vector(RISE_F32, "bin", 2, x, "", 0), vector(RISE_F32, "bin", 2, NULL, "", 0),
            "coordinates");
    refused(vector(RISE_F32, "bin", 2, NULL, "", 1), vector(RISE_F32, "bin", 2, NULL, "", 0),
            "box");

    rise_value *whole = NULL, *model = NULL;
    rise_error err;
    OK(rise_blob_new(RISE_MODEL, "safetensors", "x", 1, &model, NULL));
    assert_int_equal(value_assemble((const rise_value *const[]){model}, 1, &whole, &err),
                     RISE_E_BUG);
    assert_int_equal(value_take(model, (size_t[]){0}, 0, &whole, &err), RISE_E_BUG);
    assert_int_equal(value_assemble(NULL, 0, &whole, &err), RISE_E_BUG);
    rise_value *bins = vector(RISE_F32, "bin", 2, NULL, "", 0);
    assert_int_equal(value_frame_count(bins), 0);
    assert_int_equal(value_slice(bins, 0, &whole, &err), RISE_E_BUG);
    assert_int_equal(value_take(bins, NULL, 0, &whole, &err), RISE_E_BUG);
    rise_value_release(bins);
    rise_value_release(model);

    const rise_column one = {.name = "a", .dtype = RISE_F64},
                      two = {.name = "b", .dtype = RISE_F64};
    rise_value *a, *b;
    OK(rise_table_new(&one, 1, 1, &a, NULL));
    OK(rise_table_new(&two, 1, 1, &b, NULL));
    refused(a, b, "'b'");

    rise_dim six[RISE_MAX_RANK];
    memset(six, 0, sizeof six);
    for (int d = 0; d < RISE_MAX_RANK; d++)
        six[d].size = 1;
    OK(rise_tensor_new(RISE_U8, RISE_MAX_RANK, six, "", &a, NULL, NULL));
    assert_int_equal(value_assemble((const rise_value *const[]){a}, 1, &whole, &err),
                     RISE_E_FAILED);
    assert_null(whole);
    rise_value_release(a);
}

/* A tensor over [frame, bin] with a time for each frame and a length for each bin. */
static void coordinates_come_along(void **state) {
    (void)state;
    const double times[3] = {0.5, 1, 2}, lengths[2] = {3, 4};
    const rise_dim dim[2] = {{.name = "frame", .size = 3, .coords = times},
                             {.name = "bin", .size = 2, .coords = lengths}};
    rise_value *v = NULL, *taken = NULL, *cut = NULL;
    void *data = NULL;
    OK(rise_tensor_new(RISE_I64, 2, dim, "", &v, &data, NULL));
    for (int i = 0; i < 6; i++)
        ((int64_t *)data)[i] = i;
    OK(value_take(v, (size_t[]){2, 0}, 2, &taken, NULL));
    const rise_tensor *t = rise_value_tensor(taken);
    assert_int_equal(t->dim[0].size, 2);
    assert_memory_equal(t->dim[0].coords, ((double[]){2, 0.5}), 2 * sizeof(double));
    assert_memory_equal(t->dim[1].coords, lengths, sizeof lengths);
    assert_memory_equal(t->data, ((int64_t[]){4, 5, 0, 1}), 4 * sizeof(int64_t));
    OK(value_slice(v, 1, &cut, NULL));
    assert_int_equal(rise_value_tensor(cut)->rank, 1);
    assert_memory_equal(rise_value_tensor(cut)->dim[0].coords, lengths, sizeof lengths);
    assert_memory_equal(rise_value_tensor(cut)->data, ((int64_t[]){2, 3}), 2 * sizeof(int64_t));
    rise_value_release(cut);
    rise_value_release(taken);
    rise_value_release(v);
}

/* Coordinates of atoms stand for the same atoms in all frames, or are dropped. */
static void coordinates_of_atoms(void **state) {
    (void)state;
    const double x[] = {1, 2, 3}, y[] = {1, 2, 4};
    static const struct {
        size_t n[2];
        bool given[2], other, kept;
        const char *says;
    } cases[] = {
        {{3, 3}, {true, true}, false, true, NULL},
        {{3, 2}, {true, true}, false, false, NULL},
        {{3, 2}, {true, false}, false, false, NULL},
        {{0, 0}, {true, true}, true, true, NULL},
        {{3, 3}, {true, true}, true, false, "other coordinates along 'atom'"},
        {{3, 3}, {false, true}, false, false, "other coordinates along 'atom'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rise_value *whole = NULL, *part[2];
        for (int f = 0; f < 2; f++)
            part[f] = vector(RISE_F64, "atom", cases[i].n[f],
                             !cases[i].given[f]         ? NULL
                             : f == 1 && cases[i].other ? y
                                                        : x,
                             "", 0);
        if (cases[i].says) {
            refused(part[0], part[1], cases[i].says);
            continue;
        }
        OK(value_assemble((const rise_value *const *)part, 2, &whole, NULL));
        const rise_tensor *t = rise_value_tensor(whole);
        assert_int_equal(t->offsets != NULL, cases[i].n[0] != cases[i].n[1]);
        assert_int_equal(t->dim[1].coords != NULL, cases[i].kept);
        rise_value_release(whole);
        release_all(part, 2);
    }
}

static rise_value *table(size_t n, const rise_column *column) {
    rise_value *v = NULL;
    OK(rise_table_new(column, n, 1, &v, NULL));
    return v;
}

static void columns_must_agree(void **state) {
    (void)state;
    static const rise_column plain[] = {{.name = "a", .dtype = RISE_F64},
                                        {.name = "b", .dtype = RISE_I64}};
    static const rise_column with_unit[] = {{.name = "a", .unit = "eV", .dtype = RISE_F64},
                                            {.name = "b", .dtype = RISE_I64}};
    static const rise_column text[] = {{.name = "a", .dtype = RISE_F64},
                                       {.name = "b", .dtype = RISE_TEXT}};
    refused(table(2, plain), table(1, plain), "has a table of 1 columns, frame 0 of 2");
    refused(table(2, plain), table(2, with_unit),
            "column 0 is 'a' (f64, 'eV'), in frame 0 'a' "
            "(f64, '')");
    refused(table(2, plain), table(2, text), "column 1 is 'b' (text, ''), in frame 0 'b' (i64");
}

/* What a map gives for one frame may not be what it gives for all. */
static void values_of_many_frames(void **state) {
    (void)state;
    const rise_dim dim[2] = {{.name = "frame", .size = 2}, {.name = "atom"}};
    const int64_t offsets[3] = {0, 1, 3};
    rise_value *ragged = NULL, *whole = NULL, *page = NULL;
    rise_value *one = vector(RISE_F32, "atom", 2, NULL, "", 0);
    rise_value *boxes = vector(RISE_F32, "frame", 2, NULL, "", 2);
    rise_error err;
    OK(rise_tensor_new_ragged(RISE_F32, 2, dim, offsets, "", &ragged, NULL, NULL));
    assert_int_equal(value_assemble((const rise_value *const[]){one, ragged}, 2, &whole, &err),
                     RISE_E_BUG);
    assert_string_equal(err.message, "frame 1: the value already spans several frames");
    assert_int_equal(value_assemble((const rise_value *const[]){boxes}, 1, &whole, &err),
                     RISE_E_BUG);
    assert_string_equal(err.message, "frame 0: the value already spans several frames");
    OK(rise_blob_new(RISE_DOCUMENT, "svg", "x", 1, &page, NULL));
    assert_int_equal(value_assemble((const rise_value *const[]){page}, 1, &whole, &err),
                     RISE_E_BUG);
    assert_string_equal(err.message, "a document belongs to no frame and cannot be assembled");
    assert_int_equal(value_frame_count(page), 0);
    rise_value *scalar = make_part(SCALAR, 0);
    assert_int_equal(value_frame_count(scalar), 0);
    assert_int_equal(value_take(scalar, NULL, 0, &whole, &err), RISE_E_BUG);
    assert_string_equal(err.message, "this tensor does not run over frames");
    refused(vector(RISE_F32, "bin", 2, NULL, "", 0), make_part(SCALAR, 0),
            "tensor of 0 dimensions");
    refused(vector(RISE_F32, "bin", 2, NULL, "", 0), vector(RISE_F32, "bin", 2, NULL, "", 1),
            "has a box, frame 0 has none");
    assert_null(whole);
    rise_value_release(scalar);
    rise_value_release(page);
    rise_value_release(boxes);
    rise_value_release(one);
    rise_value_release(ragged);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),   cmocka_unit_test(test_forms),
        cmocka_unit_test(test_refusals),         cmocka_unit_test(coordinates_come_along),
        cmocka_unit_test(coordinates_of_atoms),  cmocka_unit_test(columns_must_agree),
        cmocka_unit_test(values_of_many_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

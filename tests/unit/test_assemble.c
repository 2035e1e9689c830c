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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Values: building, views, identities, canonical bytes and what is refused as such. */
#include "value/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), RISE_OK)

static rise_value *make_frames(void) {
    static const double a[3][3] = {{0, -0.0, 1.5}, {2, 3, 4}, {-1e-3, 0.1, 7}};
    static const double b[1][3] = {{1, 2, 3}};
    static const uint8_t species_a[] = {40, 29, 29}, species_b[] = {14};
    rise_frame frame[3] = {{.cell = {{{5, 0, 0}, {1, 6, 0}, {0, -0.0, 7}}, {true, true, false}},
                            .n_atoms = 3,
                            .positions = a,
                            .species = species_a},
                           {.n_atoms = 1, .positions = b, .species = species_b},
                           {.n_atoms = 0}};
    rise_value *v = NULL;
    OK(rise_frames_new(frame, 3, &v, NULL));
    return v;
}

static rise_value *make_tensor(rise_dtype dtype) {
    static const double coords[] = {0.5, -0.0};
    const rise_dim dim[] = {{.name = "frame", .size = 2, .coords = coords},
                            {.name = "atom", .size = 3},
                            {.name = "xyz", .size = 2}};
    rise_value *v = NULL;
    void *data = NULL;
    OK(rise_tensor_new(dtype, 3, dim, "Å", &v, &data, NULL));
    assert_int_equal((uintptr_t)data % 64, 0);
    for (size_t i = 0; i < 12 * rise_dtype_size(dtype); i++)
        assert_int_equal(((uint8_t *)data)[i], 0);
    for (size_t i = 0; i < 12; i++) {
        if (dtype == RISE_F32)
            ((float *)data)[i] = (float)i / 3;
        if (dtype == RISE_F64)
            ((double *)data)[i] = i == 3 ? -0.0 : (double)i / 3;
        if (dtype == RISE_I32)
            ((int32_t *)data)[i] = -(int32_t)i;
        if (dtype == RISE_I64)
            ((int64_t *)data)[i] = -(int64_t)i;
        if (dtype == RISE_U8)
            ((uint8_t *)data)[i] = (uint8_t)i;
    }
    const rise_cell cell[2] = {{{{1, 2, 3}, {4, 5, 6}, {7, 8, 10}}, {true, false, true}}};
    OK(rise_tensor_set_cells(v, cell, 2, NULL));
    return v;
}

static rise_value *make_ragged(void) {
    const rise_dim dim[] = {{.name = "frame", .size = 3},
                            {.name = "atom", .size = 99}, /* ignored: it varies */
                            {.name = "feature", .size = 2}};
    const int64_t offsets[] = {0, 2, 2, 5};
    rise_value *v = NULL;
    void *data = NULL;
    OK(rise_tensor_new_ragged(RISE_F32, 3, dim, offsets, "", &v, &data, NULL));
    for (size_t i = 0; i < 10; i++)
        ((float *)data)[i] = (float)i;
    return v;
}

static rise_value *make_scalar(void) {
    rise_value *v = NULL;
    void *data = NULL;
    OK(rise_tensor_new(RISE_F64, 0, NULL, "eV", &v, &data, NULL));
    *(double *)data = -3.25;
    return v;
}

static rise_value *make_table(void) {
    const rise_column column[] = {{.name = "part", .dtype = RISE_TEXT},
                                  {.name = "target", .unit = "eV", .dtype = RISE_F64},
                                  {.name = "frame", .dtype = RISE_I64},
                                  {.name = "note", .dtype = RISE_TEXT}};
    rise_value *v = NULL;
    OK(rise_table_new(column, 4, 3, &v, NULL));
    OK(rise_table_set_text(v, 0, 0, "train", NULL));
    OK(rise_table_set_text(v, 0, 2, "tëst", NULL));
    OK(rise_table_set_text(v, 3, 1, "", NULL));
    for (size_t r = 0; r < 3; r++) {
        rise_table_f64(v, 1)[r] = r == 1 ? (double)NAN : (double)r;
        rise_table_i64(v, 2)[r] = INT64_MIN + (int64_t)r;
    }
    return v;
}

static rise_value *make_blob(void) {
    rise_value *v = NULL;
    OK(rise_blob_new(RISE_MODEL, "xgboost-json", "{\"a\":\0 1}", 9, &v, NULL));
    return v;
}

static rise_value *make_empty_table(void) {
    rise_value *v = NULL;
    OK(rise_table_new(NULL, 0, 7, &v, NULL));
    return v;
}

static rise_value *make_empty_tensor(void) {
    const rise_dim dim[] = {{.name = "frame", .size = 0}, {.name = "bin", .size = SIZE_MAX / 16}};
    rise_value *v = NULL;
    OK(rise_tensor_new(RISE_U8, 2, dim, NULL, &v, NULL, NULL));
    return v;
}

/* Of the digest as well: another note, another value. */
static rise_value *make_noted(void) {
    rise_value *v = make_scalar();
    OK(rise_tensor_set_note(v, "soap r_cut 5 Å\n", NULL));
    return v;
}

enum { N_SAMPLES = 13 };

static rise_value *sample(int i) {
    static const rise_dtype dtype[] = {RISE_F32, RISE_F64, RISE_I32, RISE_I64, RISE_U8};
    switch (i) {
    case 5:
        return make_frames();
    case 6:
        return make_ragged();
    case 7:
        return make_scalar();
    case 8:
        return make_table();
    case 9:
        return make_blob();
    case 10:
        return make_empty_table();
    case 11:
        return make_empty_tensor();
    case 12:
        return make_noted();
    default:
        return make_tensor(dtype[i]);
    }
}

static buffer encoded(const rise_value *v) {
    buffer b = {0};
    OK(value_encode(v, &b, NULL));
    return b;
}

static void test_round_trip(void **state) {
    (void)state;
    for (int i = 0; i < N_SAMPLES; i++) {
        rise_value *v = sample(i), *w = NULL;
        buffer a = encoded(v);
        rise_error err;
        if (value_decode(a.bytes, a.size, &w, &err) != RISE_OK)
            fail_msg("sample %d: %s", i, err.message);
        buffer b = encoded(w);
        assert_int_equal(a.size, b.size);
        assert_memory_equal(a.bytes, b.bytes, a.size);
        rise_id of_value = rise_value_digest(v), of_bytes, of_copy = rise_value_digest(w);
        id_of(a.bytes, a.size, &of_bytes);
        assert_true(id_equal(&of_value, &of_bytes));
        assert_true(id_equal(&of_value, &of_copy));
        assert_int_equal(rise_value_kind(v), rise_value_kind(w));
        if (i == 12)
            assert_string_equal(rise_value_tensor(w)->note, rise_value_tensor(v)->note);
        size_t payload, element;
        value_layout(a.bytes, a.size, &payload, &element);
        assert_int_equal(payload % 64, 0);
        assert_true(payload <= a.size && (a.size - payload) % element == 0);
        buffer_free(&a);
        buffer_free(&b);
        rise_value_release(v);
        rise_value_release(w);
    }
}

static void test_views(void **state) {
    (void)state;
    rise_value *v = make_table();
    const rise_table *t = rise_value_table(v);
    assert_null(rise_value_tensor(v));
    assert_null(rise_value_frames(v));
    assert_null(rise_value_blob(v));
    assert_string_equal(t->column[0].text[0], "train");
    assert_string_equal(t->column[0].text[1], "");
    assert_string_equal(t->column[0].text[2], "tëst");
    assert_ptr_equal(rise_table_find(t, "target"), &t->column[1]);
    assert_null(rise_table_find(t, "Target"));
    assert_null(rise_table_f64(v, 0));
    assert_null(rise_table_i64(v, 1));
    assert_null(rise_table_f64(v, 9));
    rise_error err;
    assert_int_equal(rise_table_set_text(v, 1, 0, "x", &err), RISE_E_BUG);
    assert_int_equal(rise_table_set_text(v, 0, 3, "x", &err), RISE_E_BUG);
    assert_int_equal(rise_table_set_text(v, 0, 0, "\xff", &err), RISE_E_DATA);
    rise_value *again = rise_value_retain(v);
    assert_ptr_equal(again, v);
    rise_value_release(v);
    assert_string_equal(rise_value_table(again)->column[0].text[0], "train");
    assert_true(rise_value_bytes(again) > 3 * 4 * 8);
    rise_value_release(again);
    rise_value_release(NULL);

    v = make_ragged();
    const rise_tensor *r = rise_value_tensor(v);
    assert_int_equal(rise_tensor_count(r), 10);
    assert_int_equal(r->dim[1].size, 0);
    rise_value_release(v);
    v = make_scalar();
    assert_int_equal(rise_tensor_count(rise_value_tensor(v)), 1);
    rise_value_release(v);
    v = make_blob();
    assert_int_equal(rise_value_blob(v)->size, 9);
    assert_string_equal(rise_value_blob(v)->format, "xgboost-json");
    rise_value_release(v);
    for (int k = 1; k <= 5; k++)
        assert_string_not_equal(rise_kind_name((rise_kind)k), "unknown kind");
    for (int k = 1; k <= 6; k++)
        assert_string_not_equal(rise_dtype_name((rise_dtype)k), "unknown dtype");
}

static void test_misuse(void **state) {
    (void)state;
    rise_value *v = NULL;
    rise_error err;
    rise_dim dim[RISE_MAX_RANK + 1] = {{.name = "frame", .size = 2}, {.name = "atom", .size = 3}};
    assert_int_equal(rise_tensor_new(RISE_F32, 7, dim, "", &v, NULL, &err), RISE_E_BUG);
    assert_int_equal(rise_tensor_new(RISE_F32, -1, dim, "", &v, NULL, &err), RISE_E_BUG);
    assert_int_equal(rise_tensor_new(RISE_TEXT, 1, dim, "", &v, NULL, &err), RISE_E_BUG);
    char long_unit[60];
    memset(long_unit, 'm', sizeof long_unit);
    long_unit[59] = '\0';
    assert_int_equal(rise_tensor_new(RISE_F32, 1, dim, long_unit, &v, NULL, &err), RISE_E_BUG);
    memset(dim[0].name, 'n', RISE_NAME_MAX); /* not terminated */
    assert_int_equal(rise_tensor_new(RISE_F32, 1, dim, "", &v, NULL, &err), RISE_E_BUG);
    memcpy(dim[0].name, "frame", 6);
    dim[0].size = SIZE_MAX / 2;
    assert_int_equal(rise_tensor_new(RISE_F64, 2, dim, "", &v, NULL, &err), RISE_E_NOMEM);
    dim[0].size = 2;
    assert_int_equal(
        rise_tensor_new_ragged(RISE_F32, 1, dim, (int64_t[]){0, 1, 2}, "", &v, NULL, &err),
        RISE_E_BUG);
    assert_int_equal(
        rise_tensor_new_ragged(RISE_F32, 2, dim, (int64_t[]){0, 3, 2}, "", &v, NULL, &err),
        RISE_E_BUG);
    assert_int_equal(
        rise_tensor_new_ragged(RISE_F32, 2, dim, (int64_t[]){1, 2, 3}, "", &v, NULL, &err),
        RISE_E_BUG);
    assert_int_equal(rise_tensor_new_ragged(RISE_F32, 2, dim, NULL, "", &v, NULL, &err),
                     RISE_E_BUG);
    const rise_column column = {.name = "x", .dtype = RISE_F32};
    assert_int_equal(rise_table_new(&column, 1, 2, &v, &err), RISE_E_BUG);
    assert_int_equal(rise_blob_new(RISE_TABLE, "svg", "", 0, &v, &err), RISE_E_BUG);
    const rise_frame frame = {.n_atoms = 2};
    assert_int_equal(rise_frames_new(&frame, 1, &v, &err), RISE_E_BUG);
    rise_value *blob = make_blob();
    assert_int_equal(rise_tensor_set_cells(blob, NULL, 0, &err), RISE_E_BUG);
    rise_value_release(blob);
    assert_null(v); /* outputs untouched on failure */
}

/* The bytes that frames.c documents, put together by hand. */
static void test_frame_identity(void **state) {
    (void)state;
    rise_value *v = make_frames();
    const rise_frame *frame = rise_value_frames(v)->frame;
    const double cell[9] = {5, 0, 0, 1, 6, 0, 0, 0, 7};
    const double positions[9] = {0, 0, 1.5, 2, 3, 4, -1e-3, 0.1, 7};
    buffer b = {0};
    buffer_add(&b, "rise frame 1\0\0\0\0", 16);
    buffer_u64(&b, 3);
    for (int i = 0; i < 9; i++)
        buffer_f64(&b, cell[i]);
    buffer_add(&b, "\1\1\0", 3);
    buffer_add(&b, "\x28\x1d\x1d", 3);
    for (int i = 0; i < 9; i++)
        buffer_f64(&b, positions[i]);
    rise_id expected;
    id_of(b.bytes, b.size, &expected);
    assert_true(id_equal(&expected, &frame[0].id));
    buffer_free(&b);
    assert_false(signbit(frame[0].positions[0][1])); /* -0 is gone */
    assert_false(signbit(frame[0].cell.vector[2][1]));
    assert_int_equal((uintptr_t)frame[1].positions % 64, 0);

    /* whatever moves, the id moves */
    for (int change = 0; change < 5; change++) {
        double p[3][3];
        uint8_t s[3];
        memcpy(p, frame[0].positions, sizeof p);
        memcpy(s, frame[0].species, sizeof s);
        rise_frame other = frame[0];
        other.positions = (const double(*)[3])p;
        other.species = s;
        if (change == 1)
            p[2][1] = nextafter(p[2][1], 1);
        if (change == 2)
            s[0] = 41;
        if (change == 3)
            other.cell.periodic[2] = true;
        if (change == 4)
            other.cell.vector[0][0] += 1e-12;
        rise_value *w = NULL;
        OK(rise_frames_new(&other, 1, &w, NULL));
        assert_int_equal(id_equal(&rise_value_frames(w)->frame[0].id, &frame[0].id), change == 0);
        rise_value_release(w);
    }
    rise_value_release(v);
}

static void test_digest_is_kept(void **state) {
    (void)state;
    rise_value *v = make_scalar();
    rise_id digest = rise_value_digest(v), other = {{1}};
    value_set_digest(v, &other); /* too late */
    rise_id again = rise_value_digest(v);
    assert_true(id_equal(&digest, &again));
    rise_value_release(v);
    v = make_scalar();
    value_set_digest(v, &other);
    again = rise_value_digest(v);
    assert_true(id_equal(&other, &again));
    rise_value_release(v);
    /* numbers keep their bits: -0 and 0 are different tensors */
    v = make_tensor(RISE_F64);
    digest = rise_value_digest(v);
    rise_value *w = make_tensor(RISE_F64);
    ((double *)rise_value_tensor(w)->data)[3] = 0.0;
    other = rise_value_digest(w);
    assert_false(id_equal(&digest, &other));
    rise_value_release(v);
    rise_value_release(w);
}

/* Bytes in memory of their exact size, so that a checker sees every read beyond them. Whatever is
 * accepted must be canonical: encoding gives the same bytes back. */
static bool decode_exactly(const uint8_t *bytes, size_t size) {
    uint8_t *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    if (size)
        memcpy(copy, bytes, size);
    rise_value *v = NULL;
    rise_error err = {0};
    rise_status status = value_decode(copy, size, &v, &err);
    if (status == RISE_OK) {
        buffer again = encoded(v);
        assert_int_equal(again.size, size);
        assert_memory_equal(again.bytes, copy, size);
        buffer_free(&again);
        rise_value_release(v);
    } else {
        assert_true(status == RISE_E_DATA || status == RISE_E_NOMEM);
        assert_null(v);
        assert_true(err.message[0] != '\0');
    }
    free(copy);
    return status == RISE_OK;
}

static void test_truncations(void **state) {
    (void)state;
    for (int i = 0; i < N_SAMPLES; i++) {
        rise_value *v = sample(i);
        buffer b = encoded(v);
        for (size_t n = 0; n < b.size; n++)
            if (decode_exactly(b.bytes, n))
                fail_msg("sample %d passed with %zu bytes", i, n);
        buffer_u8(&b, 0);
        assert_false(decode_exactly(b.bytes, b.size));
        buffer_free(&b);
        rise_value_release(v);
    }
}

static void test_bit_flips(void **state) {
    (void)state;
    for (int i = 0; i < N_SAMPLES; i++) {
        rise_value *v = sample(i);
        buffer b = encoded(v);
        size_t payload, element, accepted = 0;
        value_layout(b.bytes, b.size, &payload, &element);
        for (size_t bit = 0; bit < 8 * b.size; bit++) {
            b.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            accepted += decode_exactly(b.bytes, b.size);
            b.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        assert_true(accepted < 8 * b.size - 8 * 40); /* the head at least is refused */
        buffer_free(&b);
        rise_value_release(v);
    }
}

/* Whole bytes and words set to what breaks multiplications. */
static void test_hostile_counts(void **state) {
    (void)state;
    static const uint64_t hostile[] = {0,          1,         UINT64_MAX,        UINT64_MAX / 8 + 1,
                                       UINT32_MAX, INT64_MAX, UINT64_C(1) << 61, UINT64_C(1) << 32};
    for (int i = 0; i < N_SAMPLES; i++) {
        rise_value *v = sample(i);
        buffer b = encoded(v);
        for (size_t at = 0; at + 8 <= b.size; at++) {
            uint8_t before[8];
            memcpy(before, b.bytes + at, 8);
            for (size_t k = 0; k < sizeof hostile / sizeof *hostile; k++) {
                memcpy(b.bytes + at, &hostile[k], 8);
                decode_exactly(b.bytes, b.size);
            }
            memcpy(b.bytes + at, before, 8);
        }
        buffer_free(&b);
        rise_value_release(v);
    }
}

static void test_finite(void **state) {
    (void)state;
    size_t where = 77;
    for (int i = 0; i < N_SAMPLES; i++) {
        rise_value *v = sample(i);
        assert_int_equal(value_finite(v, &where), i != 8); /* the table has a NaN */
        assert_int_equal(where, i < 8 ? 77 : 4);
        rise_value_release(v);
    }
    const rise_dim dim = {.name = "bin", .size = 5000};
    for (int dtype = RISE_F32; dtype <= RISE_F64; dtype++)
        for (size_t bad = 0; bad < dim.size; bad += 833) {
            rise_value *v = NULL;
            void *data;
            OK(rise_tensor_new((rise_dtype)dtype, 1, &dim, "", &v, &data, NULL));
            if (dtype == RISE_F32)
                ((float *)data)[bad] = bad % 2 ? -INFINITY : (float)NAN;
            else
                ((double *)data)[bad] = bad % 2 ? INFINITY : (double)NAN;
            assert_false(value_finite(v, &where));
            assert_int_equal(where, bad);
            assert_false(value_finite(v, NULL));
            rise_value_release(v);
        }
}

static void test_shapes(void **state) {
    (void)state;
    char why[256];
    rise_value *t = make_tensor(RISE_F32), *s = make_scalar(), *b = make_blob(), *r = make_ragged();
    assert_null(value_shape_mismatch(t, "[frame, atom, xyz]", false, why));
    assert_null(value_shape_mismatch(t, "[frame,atom,*]", false, why));
    assert_null(value_shape_mismatch(t, "[...]", false, why));
    assert_null(value_shape_mismatch(t, "[frame, ...]", false, why));
    assert_null(value_shape_mismatch(t, "[..., xyz]", false, why));
    assert_null(value_shape_mismatch(t, "[frame, ..., atom, ..., xyz]", false, why));
    assert_null(value_shape_mismatch(t, "[frame, frame, atom, xyz]", true, why));
    assert_null(value_shape_mismatch(t, NULL, false, why));
    assert_null(value_shape_mismatch(b, "[frame]", false, why)); /* shapes speak of tensors */
    assert_null(value_shape_mismatch(s, "[]", false, why));
    assert_null(value_shape_mismatch(s, "[frame]", true, why));
    assert_null(value_shape_mismatch(r, "[frame, atom, feature]", false, why));
    assert_non_null(value_shape_mismatch(s, "[frame]", false, why));
    assert_non_null(value_shape_mismatch(t, "[frame, atom]", false, why));
    assert_non_null(value_shape_mismatch(t, "[frame, atom, xyz, *]", false, why));
    assert_non_null(value_shape_mismatch(t, "[frame, atom, xyz]", true, why));
    assert_non_null(value_shape_mismatch(t, "[..., feature]", false, why));
    assert_non_null(value_shape_mismatch(t, "frame", false, why)); /* a port's own mistake */
    assert_non_null(value_shape_mismatch(r, "[frame, bin]", false, why));
    assert_string_equal(why, "expected [frame, bin], found [frame: 3, atom: varying, feature: 2]");
    rise_value_release(t);
    rise_value_release(s);
    rise_value_release(b);
    rise_value_release(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),     cmocka_unit_test(test_views),
        cmocka_unit_test(test_misuse),         cmocka_unit_test(test_frame_identity),
        cmocka_unit_test(test_digest_is_kept), cmocka_unit_test(test_truncations),
        cmocka_unit_test(test_bit_flips),      cmocka_unit_test(test_hostile_counts),
        cmocka_unit_test(test_finite),         cmocka_unit_test(test_shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

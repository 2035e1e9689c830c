/* What it takes to use a model again: a tensor in a file and back to the same value, digests of
 * files, and whether rows are made as others were. */
#include "support/cases.h"

#include "kit/digest.h"
#include "kit/made.h"
#include "kit/tensor_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char made[] = "soap version 2\nsoap r_cut 5\n";

static rise_value *make_leaders(const char *note) {
    const double threshold[2] = {0.83, 0.83};
    const rise_dim dim[2] = {{.name = "leader", .size = 2, .coords = threshold},
                             {.name = "feature", .size = 3}};
    rise_value *value = NULL;
    void *data = NULL;
    assert_int_equal(rise_tensor_new(RISE_F32, 2, dim, "Å", &value, &data, NULL), RISE_OK);
    for (size_t i = 0; i < 6; i++)
        ((float *)data)[i] = (float)i / 7;
    if (note != NULL)
        assert_int_equal(rise_tensor_set_note(value, note, NULL), RISE_OK);
    return value;
}

static void same_value(void **state) {
    (void)state;
    const char *const notes[] = {made, "", NULL};
    for (size_t i = 0; i < 3; i++) {
        rise_value *value = make_leaders(notes[i]), *again = NULL;
        void *bytes = NULL;
        size_t size = 0;
        safetensors *file = NULL;
        rise_error err = {0};
        assert_int_equal(tensor_file_write(rise_value_tensor(value), "ule", &bytes, &size, &err),
                         RISE_OK);
        assert_int_equal(safetensors_parse(bytes, size, &file, &err), RISE_OK);
        assert_true(tensor_file_is(file));
        assert_int_equal(tensor_file_read(file, &again, &err), RISE_OK);
        rise_id one = rise_value_digest(value), other = rise_value_digest(again);
        assert_memory_equal(&one, &other, sizeof one);
        safetensors_free(file);
        free(bytes);
        rise_value_release(value);
        rise_value_release(again);
    }
}

static void other_tensors_are_refused(void **state) {
    (void)state;
    const rise_dim dim[2] = {{.name = "frame", .size = 1}, {.name = "atom"}};
    const int64_t offsets[2] = {0, 2};
    rise_value *ragged = NULL;
    void *data = NULL, *bytes = NULL;
    size_t size = 0;
    rise_error err = {0};
    assert_int_equal(rise_tensor_new_ragged(RISE_I32, 2, dim, offsets, "", &ragged, &data, &err),
                     RISE_OK);
    assert_int_equal(tensor_file_write(rise_value_tensor(ragged), "x", &bytes, &size, &err),
                     RISE_E_GRAPH);
    assert_non_null(strstr(err.hint, ".npz"));
    rise_value_release(ragged);
    rise_error none = {0};
    rise_value *value = make_leaders(NULL);
    assert_int_equal(rise_tensor_set_note(value, "\xff", &none), RISE_E_DATA);
    assert_int_equal(rise_tensor_set_note(value, NULL, &none), RISE_E_BUG);
    rise_value_release(value);
}

/* Metadata that do not fit their array, one case each. */
static void wrong_metadata(void **state) {
    (void)state;
    const double coords[3] = {1, 2, 3}, infinite[2] = {INFINITY, 0};
    const float rows[2] = {1, 2};
    const struct {
        const char *dims;
        const double *coords;
        size_t n_coords;
        const double *data; /* NULL: rows */
    } wrong[] = {{"leader", NULL, 0, NULL},
                 {"leader feature more", NULL, 0, NULL},
                 {"", NULL, 0, NULL},
                 {"leader ", NULL, 0, NULL},
                 {"leader feature", coords, 3, NULL},
                 {"leader feature", NULL, 0, infinite}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const safetensors_entry entry[] = {
            {.name = "x",
             .dtype = wrong[i].data != NULL ? RISE_F64 : RISE_F32,
             .rank = 2,
             .shape = {2, 1},
             .data = wrong[i].data != NULL ? (const void *)wrong[i].data : (const void *)rows},
            {.name = "coords.0",
             .dtype = RISE_F64,
             .rank = 1,
             .shape = {wrong[i].n_coords},
             .data = wrong[i].coords}};
        const safetensors_pair pair[] = {{"rise_tensor", "x"}, {"dims", wrong[i].dims}};
        void *bytes = NULL;
        size_t size = 0;
        safetensors *file = NULL;
        rise_value *value = NULL;
        rise_error err = {0};
        assert_int_equal(
            safetensors_write(entry, wrong[i].coords != NULL ? 2 : 1, pair, 2, &bytes, &size, &err),
            RISE_OK);
        assert_int_equal(safetensors_parse(bytes, size, &file, &err), RISE_OK);
        if (tensor_file_read(file, &value, &err) != RISE_E_DATA || err.message[0] == '\0')
            fail_msg("case %zu is accepted, or nothing is said", i);
        safetensors_free(file);
        free(bytes);
    }
}

static rise_file text_file(const char *path, const char *text) {
    return (rise_file){.path = path, .bytes = (const uint8_t *)text, .size = strlen(text)};
}

/* The digest of "abc" is in the standard (FIPS 180-4). */
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void digests(void **state) {
    (void)state;
    const rise_file file = text_file("models/a.json", "abc"), other = text_file("a.json", "abd");
    byte_buffer line = {0};
    digest_line("abc", 3, "models/a.json", &line);
    bytes_add(&line, "", 1);
    assert_string_equal((const char *)line.data, ABC "  a.json\n");
    bytes_free(&line);
    const char *const good[] = {ABC "  a.json\n", ABC, ABC " *other/a.json\r\n",
                                "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"
                                "  A.JSON\n",
                                "\n" ABC "  a.json\n" ABC "  b.json\n"};
    const char *const bad[] = {"", "abc\n", ABC "0  a.json\n", "a.json " ABC "\n",
                               ABC "  b.json\n" ABC "  c.json\n"};
    rise_error err = {0};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const rise_file list = text_file("a.json.sha256", good[i]);
        if (digest_check(&file, &list, &err) != RISE_OK)
            fail_msg("case %zu: %s", i, err.message);
        assert_int_equal(digest_check(&other, &list, &err), RISE_E_DATA);
        assert_non_null(strstr(err.message, "its SHA-256 is"));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const rise_file list = text_file("a.json.sha256", bad[i]);
        assert_int_equal(digest_check(&file, &list, &err), RISE_E_DATA);
        assert_string_equal(err.file, "a.json.sha256");
    }
}

static void rows_made_otherwise(void **state) {
    (void)state;
    static const char digest[] = ABC, one[] =
                                          "5a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410f"
                                          "f61f20015ad";
    char leaders[2][200];
    snprintf(leaders[0], sizeof leaders[0], "histogram leaders %s\n", digest);
    snprintf(leaders[1], sizeof leaders[1], "histogram leaders %s\n", one);
    const char *const cases[][4] = {
        {made, "soap version 2\nsoap r_cut 4\n",
         "input: made with soap r_cut 4, but the model with 5",
         "give the soap that leads here `r_cut: 5`"},
        {made, "soap version 3\nsoap r_cut 5\n",
         "input: made with soap version 3, but the model with 2", "train again"},
        {"a b -\n", "a b 7\n", "input: made with a b 7, but the model with unset",
         "leave `b` of the a that leads here out"},
        {made, "soap version 2\nsoap r_cut 5\nsoap sigma 1\n",
         "made with soap sigma 1, but the model with nothing more", "by the same nodes"},
        {made, "soap version 2\n", "made with nothing more, but the model with soap r_cut 5",
         "by the same nodes"},
        {"voxelizer grid 32\n", made,
         "made with soap version 2, but the model with voxelizer grid 32", "by the same nodes"},
        {leaders[0], leaders[1],
         "made with histogram leaders 5a7816bf, but the model with ba7816bf",
         "connect the `leaders` that were written together with the model"}};
    rise_error err = {0};
    assert_int_equal(made_compare("input", "the model", made, made, &err), RISE_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(made_compare("input", "the model", cases[i][0], cases[i][1], &err),
                         RISE_E_DATA);
        if (strstr(err.message, cases[i][2]) == NULL || strstr(err.hint, cases[i][3]) == NULL)
            fail_msg("case %zu: %s (%s)", i, err.message, err.hint);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_value),
                                       cmocka_unit_test(other_tensors_are_refused),
                                       cmocka_unit_test(wrong_metadata), cmocka_unit_test(digests),
                                       cmocka_unit_test(rows_made_otherwise)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
